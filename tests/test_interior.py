"""The branch of which a derivative is taken is the one around the point, not the one at the point alone."""

from __future__ import annotations

import math

import pytest

from dcalc.derive import derivative, gradient
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse

# Each function equals, or is beside the point, the smooth one whose derivative follows: by hand.
ALONE = [
    ("where(x == 0, 0, x)", "x", "1"),
    ("where(x != 0, x, 0)", "x", "1"),
    ("3*where(x == 2, 4, x**2) + x", "x", "6*x + 1"),
    ("where(x!=17, x**2, 289)", "x", "2*x"),
    ("where(x==17, 289, x**2)", "xx", "2"),
    ("where(x >= 1 and x <= 1, 1, x**3)", "x", "3*x**2"),
    ("where(not (x < 0 or x > 0), 0, 2*x)", "x", "2"),
    ("where(abs(x) <= 0, 0, x)", "x", "1"),
    ("where(relu(x) == 0, 0, x**2)", "x", "where(x < 0, 0, 2*x)"),
    ("where(sign(x) == 0, 0, x)", "x", "1"),
    ("where(floor(x) == x, x, 0)", "x", "0"),
    ("where(x**2 > 0, x, 0)", "x", "1"),
    ("where((x - 1)**2*(x - 2) >= 0, x**2, 0)", "x", "where(x - 2 >= 0, 2*x, 0)"),
    ("where(x**3 - 3*x + 2 > 0, x, 0)", "x", "where(x + 2 > 0, 1, 0)"),  # (x - 1)**2*(x + 2)
    ("where(cos(x) >= 1, 0, x)", "x", "where(cos(x) > 1, 0, 1)"),
    ("where(sin(x) == 0, 0, sin(x))", "x", "cos(x)"),
    ("where(x == 1, 1, where(x == 2, 4, x**2))", "x", "2*x"),
    ("where(x == 0, 1, x**3)*5*x", "x", "20*x**3"),
    ("where(x==y, 2*x, x + y)", "x", "1"),
    ("where(x<=y and x>=y, 5, x)", "x", "1"),
    ("where(y==0, 0, x*y)", "x", "where(y == 0, 0, y)"),
    ("where(x==0 or y==0, 0, x*y)", "x", "where(y == 0, 0, y)"),
    ("where(x==0 or y==0, 0, x*y)", "xy", "1"),
    ("where(x*y==0, 0, x**2*y)", "x", "where(y == 0, 0, 2*x*y)"),
    ("where(x**2 + y**2 == 0, 0, x)", "x", "1"),
    ("where(x**2 + y**2 <= 1, 0, x)", "x", "where(x**2 + y**2 < 1, 0, 1)"),  # at y = 1 it holds at x = 0 alone
    ("where(x>=0 and x<=y, x**2, 0)", "x", "where(x > 0 and x < y, 2*x, 0)"),  # at y = 0 it holds at x = 0 alone
]
# Conditions that change for good, or whose places cannot meet, are left as they are typed.
KEPT = [
    ("where(x > 0, x, -x)", "x", "where(x > 0, 1, -1)"),
    ("where(x >= 0 and x <= 1, x**2, 0)", "x", "where(x >= 0 and x <= 1, 2*x, 0)"),
    ("where(x >= 0 or x < 0, x**2, 0)", "x", "where(x >= 0 or x < 0, 2*x, 0)"),
    ("where(abs(x) <= 1, x**2, 2*abs(x) - 1)", "x", "where(abs(x) <= 1, 2*x, 2*sign(x))"),
    ("where(floor(x) == 0, x, 0)", "x", "where(floor(x) == 0, 1, 0)"),
    ("where(y == 0, x, 2*x)", "x", "where(y == 0, 1, 2)"),
    ("where(x**3 - x >= 0, x, -x)", "x", "where(x**3 - x >= 0, 1, -1)"),
    (
        "where((x - 1)*y > 0 or x < y, 0, y)",
        "y",
        "where(y == 0 and x == 0, 0, where(y*(x - 1) > 0 or x < y, 0, 1))",
    ),  # at x = 1 it is 0 for all y
    ("leaky_relu(x)", "x", "where(x >= 0, 1, 1/100)"),
]


@pytest.mark.parametrize(("text", "wrt", "expected"), ALONE + KEPT)
def test_the_condition_of_a_derivative_holds_on_intervals(text: str, wrt: str, expected: str) -> None:
    assert write(derivative(parse(text).root, tuple(wrt))) == expected


def test_a_hole_of_the_branch_around_the_point_stays_one() -> None:
    slope = derivative(parse("where(x != 0, sin(x)/x, 1)").root, ("x", "x"))
    assert math.isnan(evaluate(slope, {"x": 0.0}))  # the truth is -1/3, which the text does not reach
    series = -1 / 3 + 0.5**2 / 10 - 0.5**4 / 168 + 0.5**6 / 6480 - 0.5**8 / 443_520  # of sin(x)/x, twice
    assert evaluate(slope, {"x": 0.5}) == pytest.approx(series, rel=1e-8)


def test_equalities_that_hold_on_lines_are_told_apart_by_the_other_variables() -> None:
    slope = derivative(parse("where(sin(x*y) == 0, 3*x, x)").root, ("x",))
    assert [evaluate(slope, {"x": 2.0, "y": y}) for y in (0.0, 1.0)] == [3, 1]


def test_each_part_of_a_gradient_has_conditions_of_its_own() -> None:
    parts = gradient(parse("where(x == 0 or y == 0, 0, x*y)").root, ("x", "y"))
    assert [write(part) for part in parts] == ["where(y == 0, 0, y)", "where(x == 0, 0, x)"]
