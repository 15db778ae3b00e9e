"""Batches of solve, study, tangent, implicit and propagate: one function or equation per line, or a JSON problem."""

from __future__ import annotations

import json

import pytest

BATCHES = [
    ("solve", (), 'x^2 - 4\ncos(x) = x\n\n# a comment\nx*y\n{"expr": "sin(x)", "over": "1:4", "id": 7}\nf(x) = x + 1\n',
     ["x**2 - 4\t-2.0", "x**2 - 4\t2.0", "x**2 - 4\t2 zeros, and no others: proved",
      "cos(x) = x\t0.7390851332151607", "cos(x) = x\t1 solution, and no others: proved",
      "# error: solve takes a function of one variable, and this one has 2",
      "sin(x)\t3.141592653589793", "sin(x)\t1 zero, and no others: proved",
      "x + 1\t-1.0", "x + 1\t1 zero, and no others: proved"]),
    ("implicit", ("--at", "x=3,y=4"), 'x^2 + y^2 = 25\nx*y = 12\n'
     '{"expr": "x^2 + z^2 = 25", "of": "x", "wrt": "z", "at": {"x": 4, "z": 3}}\n',
     ["-0.75", "-1.3333333333333333", "-0.75"]),
    ("implicit", (), "x^2 + y^2 = 25\nx^2\n",
     ["-x/y", "# error: an equation is asked for"]),
    ("tangent", ("--at", "1"), "x^2\nabs(x - 1)\n",
     ["x**2\ttangent\ty = 2*x - 1", "x**2\tnormal\ty = 3/2 - x/2", "abs(x - 1)\tleft tangent\ty = 1 - x",
      "abs(x - 1)\tright tangent\ty = x - 1"]),
    ("propagate", ("--samples", "100"), '{"expr": "2*x", "at": "x=1±0.1"}\nx\n{"expr": "x", "at": {"x": 1}}\n',
     ["2*x\tvalue\t2.0", "2*x\tuncertainty\t0.2", "2*x\ttext\t2.00(20)", "2*x\tpercent x\t100.0"]),
    ("study", (), "1/x\n", ["1/x\tdomain\t(-inf, 0), (0, inf)"]),
]  # fmt: skip


@pytest.mark.parametrize(("command", "options", "lines", "expected"), BATCHES)
def test_one_per_line(run, command, options, lines, expected) -> None:
    answer = run(command, "-", *options, stdin=lines.encode())
    assert answer.out.splitlines()[: len(expected)] == expected


def test_the_sides_of_an_equation_are_shown(run) -> None:
    answer = run("solve", "-", "--format", "csv", stdin=b"cos(x) = x\n")
    assert answer.out.splitlines()[1].startswith("1,,cos(x) = x,0.739")
    assert "cos(x) = x" in run("solve", "cos(x) = x", "--format", "markdown").out
    table = run("solve", "-", "--format", "table", stdin=b"x^2 = 2\n").out
    assert "sqrt(2)" in table
    (record,) = json.loads(run("solve", "-", "--json", stdin=b"cos(x) = x\n").out)["records"]
    assert record["expression"] == ["cos(x)", "x"]


@pytest.mark.parametrize("over", ["3", "[3]", '{"x": 1}'])
def test_a_range_in_json_is_text(run, over) -> None:
    answer = run("study", "-", stdin=b'{"expr": "x", "over": %s}\n' % over.encode())
    assert '"over" must be text' in answer.err


def test_values_with_uncertainties_are_text(run) -> None:
    answer = run("propagate", "-", stdin=b'{"expr": "x", "at": {"x": 1}}\nx\n')
    assert 'line 1: "at" must be text' in answer.err
    assert "line 2: no value is given for x" in answer.err
