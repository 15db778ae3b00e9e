"""`dcalc tangent`: lines by hand, and the verdict where there is none."""

from __future__ import annotations

import json
import math

import pytest

from dcalc.analysis.tangent import find
from dcalc.errors import UsageError
from dcalc.finding import Finding, Subject
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.point import read_points
from tests.cli.conftest import Run


def touch(text: str, at: str) -> Finding:
    """The finding of `dcalc tangent`."""
    root = parse(text).root
    (point,) = read_points([at]).points(["x"], (), lenient=False, order=("x",))
    return find(Subject(root=root, names=("x",), wrt=(), at=point))


LINES = [  # by the point-slope form, and the rule of the textbook for the slope
    ("x**2", "3", "y = 6*x - 9", "y = 19/2 - x/6"),
    ("x**3 - 3*x", "1", "y = -2", "x = 1.0"),
    ("exp(x)", "1", "y = e*x", "y = e - x*exp(-1) + exp(-1)"),
    ("log(x)", "e", "y = x*exp(-1)", "y = 1 - e*x + exp(2)"),
    ("sqrt(x)", "4", "y = x/4 + 1", "y = 18 - 4*x"),
    ("1/x", "2", "y = 1 - x/4", "y = 4*x - 15/2"),
    ("cos(x)", "0", "y = 1", "x = 0.0"),
    ("tan(x)", "pi/4", "y = 2*x - pi/2 + 1", "y = pi/8 - x/2 + 1"),
    ("cbrt(x)", "0", "x = 0.0", "y = 0"),
    ("sin(x)", "pi/3", "y = x/2 + sqrt(3)/2 - pi/6", "y = 2*pi/3 - 2*x + sqrt(3)/2"),
]


@pytest.mark.parametrize(("text", "at", "tangent", "normal"), LINES)
def test_lines_are_exact_where_the_point_is(text: str, at: str, tangent: str, normal: str) -> None:
    record = touch(text, at).record
    for key, truth in (("tangent", tangent), ("normal", normal)):
        name, _, line = record[key].partition(" = ")
        other, _, own = truth.partition(" = ")
        assert name == other
        gap = parse(f"({line}) - ({own})").root
        from dcalc.proof import prove_number

        assert prove_number(gap) == 0, (record[key], truth)
    assert all(line["exact"] for line in record["lines"])


def test_lines_at_a_decimal_are_rounded() -> None:
    record = touch("exp(x)", "0.1").record
    value = repr(math.exp(0.1))
    assert record["tangent"] == f"y = {value} + {value}*(x - 0.1)"
    assert not any(line["exact"] for line in record["lines"])


@pytest.mark.parametrize(
    ("text", "at", "lines", "words"),
    [
        ("abs(x)", "0", [("left tangent", "y = -x"), ("right tangent", "y = x")], "f has a kink at x=0.0"),
        ("max(x, x**2)", "1", [("left tangent", "y = x"), ("right tangent", "y = 2*x - 1")], "f has a kink"),
        ("sqrt(x)", "0", [], "there is no tangent: not differentiable: the domain of sqrt(x) ends here"),
        ("x*sqrt(x)", "0", [("right tangent", "y = 0")], "f ends at x=0.0: the tangent is one-sided"),
        ("1/x", "0", [], "undefined: 1/x: division by 0"),
        ("x*sin(1/x)", "0", [], "there is no tangent: undefined"),
    ],
)
def test_where_there_is_no_tangent(text: str, at: str, lines: list[tuple[str, str]], words: str) -> None:
    finding = touch(text, at)
    assert [(line["kind"], line["equation"]) for line in finding.record["lines"]] == lines
    assert (finding.record["tangent"], finding.code) == (None, 3)
    assert finding.sentence.startswith(words)


def test_a_hole_has_the_tangent_of_its_continuation() -> None:
    finding = touch("sin(x)/x", "0")
    assert finding.record["tangent"] == "y = 1"
    assert (finding.status, finding.sentence) == ("removable", "f has a hole there, which continuity fills")


def test_the_picture_has_the_curve_its_lines_and_the_point() -> None:
    (picture,) = touch("x**2", "1").pictures
    assert [curve.name for curve in picture.curves] == ["f", "tangent", "normal"]
    assert [(mark.x, mark.y) for mark in picture.marks] == [(1.0, 1.0)]
    (vertical,) = touch("cbrt(x)", "0").pictures
    assert [curve.name for curve in vertical.curves] == ["f", "normal"]
    assert math.isnan(vertical.marks[1].y)


def test_a_vertical_side_alone_makes_no_vertical_tangent() -> None:
    found = touch("where(x < 0, -sqrt(-x), x**2)", "0")  # -sqrt(-x) has the slope 1/(2*sqrt(-x)), x**2 has 2*x
    assert found.plain == [("left tangent", "x = 0.0"), ("right tangent", "y = 0")]
    assert found.sentence == "f has a kink at x=0.0, and so no tangent"


def test_a_point_and_one_variable_are_needed(run: Run) -> None:
    with pytest.raises(UsageError, match="tangent needs a point"):
        find(Subject(root=parse("x").root, names=("x",), wrt=()))
    with pytest.raises(UsageError, match="tangent takes a function of one variable, and this one has 2"):
        find(Subject(root=parse("x*y").root, names=("x", "y"), wrt=(), at={"x": 1.0}))
    result = run("tangent", "x**2", "--at", "3", "--json")
    (record,) = json.loads(result.out)["records"]
    assert (record["f"], record["slope"], record["tangent"]) == (9.0, 6.0, "y = 6*x - 9")
    assert write(parse("6*x - 9").root) == "6*x - 9"
