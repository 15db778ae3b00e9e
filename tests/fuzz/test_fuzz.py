"""A few hostile calls, the same each time; ``python -m tests.fuzz`` makes many others."""

from __future__ import annotations

import os
from random import Random

import pytest

from tests.fuzz.calls import Call, draw_call
from tests.fuzz.runner import Outcome, run_as_process, run_in_process

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="calls are made by a fork"),
    pytest.mark.filterwarnings("ignore:os.fork:RuntimeWarning"),  # of JAX, where another test has loaded it
]


def draw_calls(count: int, seed: int) -> list[Call]:
    random = Random(seed)
    return [draw_call(random) for _ in range(count)]


def test_hostile_calls_end_in_words() -> None:
    faults = [str(outcome) for outcome in run_in_process(draw_calls(60, 11)) if outcome.fault]
    assert not faults


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_more_hostile_calls_end_in_words(seed: int) -> None:
    faults = [str(outcome) for outcome in run_in_process(draw_calls(500, seed)) if outcome.fault]
    assert not faults


@pytest.mark.slow
def test_hostile_processes_end_in_words() -> None:
    faults = [str(outcome) for outcome in map(run_as_process, draw_calls(40, 12)) if outcome.fault]
    assert not faults


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
