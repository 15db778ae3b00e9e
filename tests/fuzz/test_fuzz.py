"""A few hostile calls, the same each time; ``python -m tests.fuzz`` makes many others."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.fuzz.calls import Call
from tests.fuzz.runner import ROOT, Outcome

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="calls are made by a fork")


def run_fuzz(seed: int, *, count: int = 0, processes: int = 0, budget: float | None = None) -> str:
    """The faults of calls in a process of its own: this one has loaded too much to be forked within their memory."""
    options = ["--count", str(count), "--processes", str(processes), "--seed", str(seed)]
    options += ["--budget", str(budget)] if budget is not None else []
    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz", *options],
        capture_output=True, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert f"{count:,} calls in process, {processes:,} as processes" in done.stdout, done.stderr
    return done.stdout if done.returncode else ""


def test_hostile_calls_end_in_words() -> None:
    assert not run_fuzz(11, count=60)


@pytest.mark.slow
@pytest.mark.parametrize(("seed", "budget"), [(0, None), (1, 1), (2, 1), (3, 1)])
def test_more_hostile_calls_end_in_words(seed: int, budget: float | None) -> None:
    """By the limit of the command line, and by a shorter one, which is met more often and takes half of the time."""
    assert not run_fuzz(seed, count=500, budget=budget)


@pytest.mark.slow
def test_hostile_processes_end_in_words() -> None:
    assert not run_fuzz(12, processes=40)


@pytest.mark.parametrize(
    ("outcome", "fault"),
    [
        (Outcome(Call(()), 70, 0.1, 0.0, "error: x"), "ends with 70"),
        (Outcome(Call(()), 2, 0.1, 0.0, "error: internal error: x"), "ends in an internal error"),
        (Outcome(Call(()), 2, 0.1, 0.0, ""), "ends with 2 and without a word"),
        (Outcome(Call(()), 0, 5.5, 0.0, ""), "takes 5.5 seconds"),
        (Outcome(Call((), b"1\n2\n"), 0, 5.5, 0.0, ""), None),
        (Outcome(Call((), b"1\n2\n"), 0, 10.5, 0.0, ""), "takes 10.5 seconds"),
        (Outcome(Call(("diff", "x", "--at", "0:1:0.1")), 0, 10.5, 0.0, ""), None),
        (Outcome(Call(()), 0, 0.5, 2000.0, ""), "takes 2000 MB"),
        (Outcome(Call(()), None, 0.5, 0.0, ""), "does not end within 60 seconds"),
        (Outcome(Call(()), 3, 0.5, 0.0, "error: x"), None),
    ],
)
def test_faults_are_seen(outcome: Outcome, fault: str | None) -> None:
    assert outcome.fault == fault
