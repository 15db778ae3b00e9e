"""From a command to the call that computes is a short way, whose names say what they do."""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from importlib import import_module
from pathlib import Path

import pytest

import dcalc
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


COUNT = """
import os, sys
import dcalc
from dcalc.cli.main import main

PACKAGE = os.path.dirname(dcalc.__file__) + os.sep
NEW_LOCALS = 2  # the flag of functions, which the bodies of classes lack
functions, loading = set(), 0

def watch(frame, event, _):
    global loading
    code = frame.f_code
    if not code.co_filename.startswith(PACKAGE):
        return
    if code.co_name == "<module>":
        loading += {"call": 1, "return": -1}.get(event, 0)
    elif event == "call" and not loading and code.co_flags & NEW_LOCALS and not code.co_name.startswith("<"):
        functions.add((code.co_filename, code.co_qualname))

sys.setprofile(watch)
main(["diff", "x**2*sin(x)", "--at", "1.0"])
sys.setprofile(None)
print(len(functions), len({file for file, _ in functions}))
"""


def test_one_value_takes_few_functions_and_files(tmp_path: Path) -> None:
    """About 60 of the functions are the question's own: what the grammar does, arithmetic in balls, rounding.

    What runs while modules are loaded is not counted, and the tables of the grammar are there already.
    """
    environment = {**os.environ, "PYTHONPATH": str(Path(dcalc.__file__).parents[1]), "XDG_CACHE_HOME": str(tmp_path)}
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", COUNT], capture_output=True, text=True, env=environment, cwd=tmp_path, check=True
        )
    value, counts = done.stdout.splitlines()
    functions, files = map(int, counts.split())
    assert value == "2.2232442754839328"
    assert (functions <= 121, files <= 28) == (True, True), (functions, files)
