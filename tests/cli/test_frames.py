"""From a command to the call that computes is a short way, whose names say what they do."""

from __future__ import annotations

import traceback
from importlib import import_module

import pytest

from dcalc.problem import Problem, Result
from dcalc.solver import solve
from tests.cli.conftest import Run

CALLS = [
    ("diff", "solve", ("x**2", "--at", "1")),
    ("diff", "solve", ("x**2",)),
    ("eval", "solve", ("x**2", "--at", "1")),
    ("compare", "solve", ("x**2", "--at", "1")),
]


def list_frames(name: str) -> list[str]:
    """The functions from a command to the one that asks its caller for this, which is left out."""
    frames = [(frame.filename, frame.name) for frame in traceback.extract_stack()[:-2]]
    first = next(place for place, (file, _) in enumerate(frames) if f"commands/{name}.py" in file)
    return [function for _, function in frames[first:]]


@pytest.mark.parametrize(("name", "called", "arguments"), CALLS)
def test_a_command_computes_within_four_frames(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, called: str, arguments: tuple[str, ...]
) -> None:
    """And before anything is formatted: no format is on the way."""
    ways = []

    def watched(problem: Problem, *rest: object, **options: object) -> Result:
        ways.append(list_frames(name))
        return solve(problem, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(import_module(f"dcalc.analysis.{name}"), called, watched)
    assert run(name, *arguments).code == 0
    assert ways == [["command", "run", "find"]]


@pytest.mark.parametrize("name", ["diff", "eval"])
def test_the_reference_is_asked_within_four_frames(run: Run, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    ways = []

    def watched(problem: Problem) -> list[Result]:
        ways.append(list_frames(name))
        return [Result(value=2.0)]

    monkeypatch.setattr("dcalc.backends.reference.solve", watched)
    assert run(name, "x**2", "--at", "1").out == "2.0\n"
    assert ways == [["command", "run", "find", "solve", "solve_all"]]
