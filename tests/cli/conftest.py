"""Ways to run dcalc in tests: in this process, or as a process of its own."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from dcalc.cli.main import main
from tests.records import check_output
from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parents[2]


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


def environment(**changes: str) -> dict[str, str]:
    """That of the tests, without what changes how dcalc writes."""
    dropped = ("COLUMNS", "NO_COLOR", "FORCE_COLOR", "TERM")
    kept = {key: value for key, value in os.environ.items() if key not in dropped and not key.startswith("DCALC_")}
    return {**kept, "PYTHONPATH": str(ROOT), "TERM": "xterm", **changes}


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """dcalc in this process: `run("diff", "x**2", stdin=b"...")`."""
    for name in ("COLUMNS", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str, stdin: bytes = b"") -> Result:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        check_output(arguments, captured.out)
        return Result(code, captured.out, captured.err)

    return call


def process(*arguments: str, stdin: bytes = b"", **changes: str) -> Result:
    """`python -m dcalc` in pipes."""
    done = subprocess.run(
        [sys.executable, "-m", "dcalc", *arguments],
        input=stdin,
        capture_output=True,
        env=environment(**changes),
        timeout=PATIENCE,
        check=False,
    )
    check_output(arguments, done.stdout.decode())
    return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """`python -m dcalc` as a process that goes on; ended, and its pipes closed, with the test that started it.

    A test that fails half-way would otherwise leave its pipes open, and another test would be blamed for them.
    """
    with ExitStack() as stack:

        def call(
            *arguments: str, program: tuple[str, str] = ("-m", "dcalc"), **streams: object
        ) -> subprocess.Popen[bytes]:
            options = {
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "bufsize": 0,
                **streams,
            }
            child: subprocess.Popen[bytes] = stack.enter_context(
                subprocess.Popen([sys.executable, *program, *arguments], env=environment(), **options)  # type: ignore[call-overload]  # the options' types differ by key
            )
            stack.callback(child.kill)
            return child

        yield call
