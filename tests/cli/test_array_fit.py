"""Fits of vectors of parameters. Truths are the normal equations, solved exactly, and the same models in scalars."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Run

ROWS = [(1, 2, 0, 5), (2, 1, 1, 6), (3, 5, 2, 17), (4, 1, 0, 7), (5, 2, 4, 15), (6, 3, 1, 14), (7, 1, 2, 13)]


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "data.csv"
    path.write_text("a,b,c,y\n" + "".join(",".join(map(str, row)) + "\n" for row in ROWS))
    return str(path)


def ask(run: Run, *arguments: str) -> dict[str, Any]:
    (record,) = json.loads(run("fit", *arguments, "--json").out)["records"]
    return record


def solve_normal_equations(design: list[list[int]], target: list[int]) -> list[Fraction]:
    """inv(X.T@X)@X.T@y by Gauss and Jordan in exact fractions."""
    size = len(design[0])
    rows = [
        [Fraction(sum(r[i] * r[j] for r in design)) for j in range(size)]
        + [Fraction(sum(r[i] * y for r, y in zip(design, target, strict=True)))]
        for i in range(size)
    ]
    for k in range(size):
        pivot = next(i for i in range(k, size) if rows[i][k])
        rows[k], rows[pivot] = rows[pivot], rows[k]
        rows[k] = [entry / rows[k][k] for entry in rows[k]]
        for i in range(size):
            if i != k:
                rows[i] = [a - rows[i][k] * b for a, b in zip(rows[i], rows[k], strict=True)]
    return [row[-1] for row in rows]


@pytest.mark.parametrize(
    ("arguments", "columns"),
    [
        (("y = X@w + k",), (0, 1, 2)),
        (("X@w + k", "--target", "y"), (0, 1, 2)),
        (("y ~ [b, a]@w + k",), (1, 0)),
        (("k + X@w", "--target", "y", "--shape", "w: 3"), (0, 1, 2)),
    ],
)
def test_a_linear_model_has_the_solution_of_the_normal_equations(
    run: Run, table: str, arguments: tuple[str, ...], columns: tuple[int, ...]
) -> None:
    text, *options = arguments
    record = ask(run, text, table, *options)
    truth = solve_normal_equations([[1, *(row[k] for k in columns)] for row in ROWS], [row[3] for row in ROWS])
    names = ["k", *(f"w{place}" for place in range(len(columns)))]
    assert [record["parameters"][name]["value"] for name in names] == [float(value) for value in truth]
    assert record["certified"]
    assert f"w is {', '.join(names[1:])}" in record["notes"]


def test_a_network_is_the_same_model_in_scalars(run: Run, table: str) -> None:
    start = "p0_0=0.1,p0_1=0.2,p1_0=-0.1,p1_1=0.3,p2_0=0.2,p2_1=-0.2,v0=1,v1=2"
    vectors = ask(run, "y = tanh(X@p)@v", table, "--shape", "p: 3 x 2", "--from", start, "--steps", "3")
    layers = [f"tanh(a*p0_{k} + b*p1_{k} + c*p2_{k})*v{k}" for k in (0, 1)]
    scalars = ask(run, f"y = {' + '.join(layers)}", table, "--from", start, "--steps", "3")
    assert vectors["parameters"].keys() == scalars["parameters"].keys()
    assert vectors["loss"] == pytest.approx(scalars["loss"], rel=1e-9)


def test_starts_are_arrays(run: Run, table: str) -> None:
    arguments = ("y = exp(X@w1/10)", table, "--steps", "1")
    assert "w1 is w1_0, w1_1, w1_2" in ask(run, *arguments, "--from", "w1=[1,2,3]")["notes"]
    first = ask(run, *arguments, "--from", "w1=[1,2,3]")["parameters"]
    assert first.keys() == {"w1_0", "w1_1", "w1_2"}
    assert run("fit", *arguments, "--from", "w1=zeros(2)").err.startswith("error: w1 is 3; its start is 2\n")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("X@w",), "no target is given"),
        (("y = X@w + X",), "the model of a row is a scalar; this is 3"),
        (("y = tanh(X@W)@v",), "the shape of W is not known"),
        (("y = [a, b]@w", "--shape", "w: 3"), "@ cannot multiply 2 by 3: 2 and 3 differ"),
        (("y = X@w + a*u + b*v + c*s",), "no column is left for X"),
    ],
)
def test_what_is_no_model_of_a_row_is_refused(run: Run, table: str, arguments: tuple[str, ...], message: str) -> None:
    text, *options = arguments
    result = run("fit", text, table, *options)
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: {message}\n")


def test_columns_need_names_and_models_data(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_text("sepal length,y\n1,2\n2,3\n3,5\n")
    assert run("fit", "y = X@w", str(path)).err.startswith("error: the column 'sepal length' has no name for a model\n")
    assert ask(run, "y = X@w", str(path), "--column", "x=sepal length")["parameters"]["w0"]["value"] == 23 / 14
    assert run("fit", "y = X@w").err.startswith("error: no data are given\n")
    assert run("fit", "X@w", "X@v", str(path)).err.startswith("error: a model with vectors is one expression\n")
