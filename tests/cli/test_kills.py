"""Runs that are ended at any moment: a file is the old or the new one, and nothing else is left after the next run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from tests.cli.conftest import Start
from tests.waiting import PATIENCE, PROC, is_alive, processes_below, wait_for_end, wait_until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no such signals"),
]

MOMENTS = 12
"""One in each part of a run, so that no part goes without; left to chance alone it takes twenty for gaps as short."""
SIGNALS = [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT]
IN_TURN = [[signal.SIGKILL], [signal.SIGTERM, signal.SIGHUP], [signal.SIGINT]]
"""SIGTERM and SIGHUP are answered by the same lines, so that each part of a run meets one of them."""
OLD = b"what was there before\n"


class Scene(NamedTuple):
    """A run that reads ``data`` and writes ``name``; with ``keeps_best`` Ctrl-C has it write how far it had come."""

    name: str
    arguments: tuple[str, ...]
    data: Callable[[], str]
    keeps_best: bool = False


def rows(count: int) -> str:
    return "x,y\n" + "".join(f"{k / 1000},{k % 7}\n" for k in range(1, count))


def lines(form: str, count: int) -> str:
    return "".join(f"{form.format(k)}\n" for k in range(count))


SCENES = {
    "map": Scene("out.csv", ("map", "x**2*sin(y)", "--in", "DATA", "--out"), lambda: rows(60_000)),
    "map to jsonl": Scene("out.jsonl", ("map", "x**2*sin(y)", "--in", "DATA", "--out"), lambda: rows(20_000)),
    "fit": Scene(
        "out.json", ("fit", "a + b*sin(3*x) + c*x", "--data", "DATA", "--target", "y", "-o"), lambda: rows(300),
        keeps_best=True,
    ),
    "duckdb": Scene(
        "out.parquet", ("map", "x**2*sin(y)", "--in", "DATA", "--engine", "duckdb", "--out"), lambda: rows(60_000)
    ),
    "stream": Scene("out.txt", ("diff", "x**2*sin(x)", "--at", "-", "-o"), lambda: lines("{}", 80_000)),
    "shared map": Scene(
        "out.csv", ("map", "lgamma(x)*y", "--certify", "-j", "2", "--in", "DATA", "--out"), lambda: rows(2_000)
    ),
    "problems": Scene("out.txt", ("diff", "-", "-o"), lambda: lines("sin({}*x)", 1_500)),
}  # fmt: skip


@pytest.mark.parametrize("numbers", IN_TURN, ids=lambda numbers: "-".join(number.name for number in numbers))
@pytest.mark.parametrize("scene", SCENES)
def test_whatever_ends_a_run_the_file_is_whole(
    start: Start, tmp_path: Path, scene: str, numbers: list[signal.Signals]
) -> None:
    name, arguments, write_data, keeps_best = SCENES[scene]
    data, folder = tmp_path / "data.csv", tmp_path / "out"
    data.write_text(write_data())
    folder.mkdir()
    target = folder / name
    command = [str(data) if argument == "DATA" else argument for argument in arguments]

    def begin() -> subprocess.Popen[bytes]:
        with data.open("rb") as stdin:
            return start(*command, str(target), stdin=stdin, stderr=subprocess.DEVNULL)

    begun = time.monotonic()
    assert begin().wait(PATIENCE) == 0
    length = time.monotonic() - begun
    new = target.read_bytes()
    assert new not in (b"", OLD)

    random = Random(f"{scene} {numbers}")
    whole = 0
    for part in range(MOMENTS):
        number = numbers[part % len(numbers)]
        target.write_bytes(OLD)
        child = begin()
        time.sleep(random.uniform(part, part + 1) / MOMENTS * 1.2 * length)
        child.send_signal(number)
        code = child.wait(PATIENCE)
        # Python itself ends with 1 where Ctrl-C comes while it starts.
        assert code in (0, 1, -number, 130)
        written = target.read_bytes()
        if keeps_best and number == signal.SIGINT and written not in (OLD, new):
            (record,) = json.loads(written)["records"]
            assert (record["status"], code) == ("interrupted", 130)
        else:
            assert written in (OLD, new)
        assert code or written == new
        whole += written == new
        if number != signal.SIGKILL:
            assert os.listdir(folder) == [name]
    assert whole < MOMENTS  # some were in time
    assert begin().wait(PATIENCE) == 0
    assert target.read_bytes() == new
    assert os.listdir(folder) == [name]


def await_workers(child: subprocess.Popen[bytes]) -> list[int]:
    """The processes that share the work of a call, once there are two."""
    wait_until(lambda: len(processes_below(child.pid)) == 3)
    return processes_below(child.pid)[1:]  # the first is the one that computes


needs_proc = pytest.mark.skipif(not (PROC / "self/task").exists(), reason="no /proc")


@needs_proc
@pytest.mark.parametrize(
    "arguments",
    [("map", "lgamma(x)*y", "--in", "DATA", "--out", "OUT"), ("diff", "lgamma(x)", "--at", "-", "-o", "OUT")],
)
def test_a_call_that_loses_a_process_says_so(start: Start, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    data, folder = tmp_path / "data.csv", tmp_path / "out"
    data.write_text(rows(80_000))
    folder.mkdir()
    places = {"DATA": str(data), "OUT": str(folder / "out.csv")}
    command = [places.get(argument, argument) for argument in arguments]
    with data.open("rb") as stdin:
        child = start(*command, "--certify", "-j", "2", stdin=stdin, stderr=subprocess.PIPE)
    first, second = await_workers(child)
    os.kill(first, signal.SIGKILL)
    _, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 2
    assert said.decode() == (
        "error: the system ended a process that shared the work, most likely for want of memory\n"
        "help: ask for fewer with -j\n"
    )
    assert os.listdir(folder) == []
    assert not is_alive(second)


@needs_proc
@pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)
def test_no_process_is_left_alone(start: Start, tmp_path: Path, number: signal.Signals) -> None:
    data = tmp_path / "data.csv"
    data.write_text(rows(80_000))
    with data.open("rb") as stdin:
        child = start("diff", "lgamma(x)", "--at", "-", "--certify", "-j", "2", stdin=stdin, stderr=subprocess.DEVNULL)
    workers = await_workers(child)
    child.send_signal(number)
    assert child.wait(PATIENCE) in (-number, 130)
    wait_for_end(workers, 0.5)
