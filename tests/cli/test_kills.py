"""Runs that are ended at any moment: a file is the old or the new one, and nothing else is left after the next run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.cli.conftest import Start

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals"),
    pytest.mark.skipif(sys.gettrace() is not None, reason="under a debugger there is no process beside"),
]

MOMENTS = 20
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
OLD = b"what was there before\n"


class Scene(NamedTuple):
    """A run that reads ``data`` and writes ``name``."""

    name: str
    arguments: tuple[str, ...]
    data: Callable[[], str]


def rows(count: int) -> str:
    return "x,y\n" + "".join(f"{k / 1000},{k % 7}\n" for k in range(1, count))


def lines(form: str, count: int) -> str:
    return "".join(f"{form.format(k)}\n" for k in range(count))


SCENES = {
    "map": Scene("out.csv", ("map", "x**2*sin(y)", "--in", "DATA", "--out"), lambda: rows(60_000)),
    "map to jsonl": Scene("out.jsonl", ("map", "x**2*sin(y)", "--in", "DATA", "--out"), lambda: rows(20_000)),
    "fit": Scene(
        "out.json", ("fit", "a + b*sin(3*x) + c*x", "--data", "DATA", "--target", "y", "-o"), lambda: rows(300)
    ),
    "stream": Scene("out.txt", ("diff", "x**2*sin(x)", "--at", "-", "-o"), lambda: lines("{}", 80_000)),
    "problems": Scene("out.txt", ("diff", "-", "-o"), lambda: lines("sin({}*x)", 1_500)),
}  # fmt: skip


@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
@pytest.mark.parametrize("scene", SCENES)
def test_whatever_ends_a_run_the_file_is_whole(
    start: Start, tmp_path: Path, scene: str, number: signal.Signals
) -> None:
    name, arguments, write_data = SCENES[scene]
    data, folder = tmp_path / "data.csv", tmp_path / "out"
    data.write_text(write_data())
    folder.mkdir()
    target = folder / name
    command = [str(data) if argument == "DATA" else argument for argument in arguments]

    def begin() -> subprocess.Popen[bytes]:
        with data.open("rb") as stdin:
            return start(*command, str(target), stdin=stdin, stderr=subprocess.DEVNULL)

    begun = time.monotonic()
    assert begin().wait(60) == 0
    length = time.monotonic() - begun
    new = target.read_bytes()
    assert new not in (b"", OLD)

    random = Random(f"{scene} {number}")
    whole = 0
    for _ in range(MOMENTS):
        target.write_bytes(OLD)
        child = begin()
        time.sleep(random.uniform(0, 1.2 * length))
        child.send_signal(number)
        code = child.wait(60)
        # Python itself ends with 1 where Ctrl-C comes while it starts.
        assert code in (0, 1, -number, 130)
        written = target.read_bytes()
        assert written in (OLD, new)
        assert code or written == new
        whole += written == new
        if number != signal.SIGKILL:
            assert os.listdir(folder) == [name]
    assert whole < MOMENTS  # some were in time
    assert begin().wait(60) == 0
    assert target.read_bytes() == new
    assert os.listdir(folder) == [name]
