"""Texts of derivatives at points where several choices change: they have there what the derivative has."""

from __future__ import annotations

import pytest

from dcalc.derive import derivative, gradient
from dcalc.notation import write
from dcalc.parser import parse

ALONG_X = (
    # Each of these functions is written out beside it; the derivative follows.
    ("relu(x) - relu(-x)", "1"),  # x
    ("max(0, x) + min(0, x)", "1"),  # x
    ("x - 2*relu(x) + abs(x)", "0"),  # 0
    ("x*sign(x)**2", "1"),  # x
    ("relu(x - y) - relu(y - x)", "1"),  # x - y
    # 0 for x >= 0; for x < 0 the smaller of -x and x**3, which is x**3: at 0 both sides have slope 0
    ("min(relu(-x), x**3)", "where(x == 0, 0, where(relu(-x) <= x**3, -step(-x), 3*x**2))"),
    # One choice: where f has a derivative, both branches have it, so the text stays as it is.
    ("abs(x)", "sign(x)"),
    ("x*abs(x)", "abs(x) + x*sign(x)"),
    ("abs(x)*y", "y*sign(x)"),
    ("where(x >= 0, x**2, 0)", "where(x >= 0, 2*x, 0)"),
    ("huber(x - y, 0, d)", "where(abs(x - y) <= d, x - y, d*sign(x - y))"),
)


@pytest.mark.parametrize(("text", "expected"), ALONG_X)
def test_both_sides_decide_at_a_point_where_choices_meet(text: str, expected: str) -> None:
    root = parse(text).root
    assert write(derivative(root, ("x",))) == expected
    assert write(gradient(root, ["x"])[0]) == expected


def test_choices_that_meet_for_one_value_of_another_variable() -> None:
    # (x - y)*y for 0 < y < x, else 0: at x = 0 it is 0 for all y.
    text = write(derivative(parse("relu(x - y)*relu(y)").root, ("y", "y")))
    assert text == "where(y == 0 and x == 0, 0, -2*step(x - y)*step(y))"


def test_a_value_that_neither_side_has_is_that_of_a_side() -> None:
    # At x = 0 the sides have y**2 + y and 0, the point 5*y: f has a derivative there for y = 0 and y = -1 alone.
    text = "where(not x > 0, where(x - x**2 < 0, x*y + y*y*x, 5*x*y), x*y*x)"
    assert write(derivative(parse(text).root, ("x",))).startswith("where(x == 0, 0, ")
