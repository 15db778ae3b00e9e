"""Functions of many variables from a shell: points by every road, long lines, many without a value."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

COUNT = 300
NAMES = [f"x{i}" for i in range(1, COUNT + 1)]
TEXT = "+".join(f"{i}*{name}**2" for i, name in enumerate(NAMES, 1))
AT = {name: (i % 5) / 4 for i, name in enumerate(NAMES)}
SLOPES = [2.0 * i * AT[name] for i, name in enumerate(NAMES, 1)]  # exact in doubles


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "f.txt"
    path.write_text(TEXT + "\n")
    return str(path)


def named() -> str:
    return ",".join(f"{name}={value}" for name, value in AT.items())


def columns(out: str) -> list[float]:
    return [float(line.partition("\t")[2]) for line in out.splitlines()]


@pytest.mark.parametrize("backend", [(), ("--backend", "reverse")])
def test_a_point_for_many_variables_in_one_option(run: Run, file: str, backend: tuple[str, ...]) -> None:
    result = run("grad", "-f", file, "--at", named(), *backend)
    assert (result.code, columns(result.out)) == (0, SLOPES)


def test_a_point_for_many_variables_an_option_each(run: Run, file: str) -> None:
    options = [word for name, value in AT.items() for word in ("--at", f"{name}={value}")]
    result = run("grad", "-f", file, *options)
    assert (result.code, columns(result.out)) == (0, SLOPES)


def test_a_point_for_many_variables_on_a_line_of_stdin(run: Run, file: str) -> None:
    result = run("grad", "-f", file, "--at", "-", stdin=(named() + "\n").encode() * 2)
    rows = [line.split("\t")[1:] for line in result.out.splitlines()]
    assert (result.code, rows) == (0, [[repr(slope) for slope in SLOPES]] * 2)


def test_a_problem_of_many_variables_as_json(run: Run) -> None:
    result = run("grad", "-", "--format", "jsonl", stdin=json.dumps({"expr": TEXT, "at": AT}).encode())
    record = json.loads(result.out)
    assert (result.code, record["status"], list(record["value"].values())) == (0, "ok", SLOPES)
    assert record["derivative"]["x7"] == "14*x7"


def test_the_derivatives_of_many_variables_as_text(run: Run, file: str) -> None:
    result = run("grad", "-f", file)
    assert result.out.splitlines() == [f"{name}\t{2 * i}*{name}" for i, name in enumerate(NAMES, 1)]


def test_a_line_of_json_may_be_longer_than_an_expression(run: Run) -> None:
    problem = {"expr": "x**2", "at": 3, "id": "a" * (6 << 20)}
    assert run("diff", "-", stdin=json.dumps(problem).encode() + b"\nx**3\n").out == "6.0\n3*x**2\n"


def test_of_many_without_a_value_the_first_are_told(run: Run, file: str) -> None:
    text = "+".join(f"log({name})" for name in NAMES[:40])
    result = run("grad", text, "--at", ",".join(f"{name}=-1" for name in NAMES[:40]))
    errors = result.err.splitlines()
    assert (result.code, len(errors)) == (3, 11)
    assert errors[0] == "error: by x1: log(x1): argument is -1, needs > 0"
    assert errors[-1] == "error: 30 more partial derivatives have no value"
