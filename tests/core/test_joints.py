"""Texts of derivatives at points where several choices change: they have there what the derivative has."""

from __future__ import annotations

import pytest

from dcalc.derive import derivative, gradient, holds_at_ties
from dcalc.notation import write
from dcalc.parser import parse
from dcalc.problem import Problem
from dcalc.solver import solve, solve_all

ALONG_X = (
    # Each of these functions is written out beside it; the derivative follows.
    ("relu(x) - relu(-x)", "1"),  # x
    ("max(0, x) + min(0, x)", "1"),  # x
    ("x - 2*relu(x) + abs(x)", "0"),  # 0
    ("x*sign(x)**2", "1"),  # x
    ("relu(x - y) - relu(y - x)", "1"),  # x - y
    ("relu(x**2 - 2) - relu(2 - x**2)", "2*x*step(x**2 - 2) + 2*x*where(2 - x**2 > 0, 1, 0)"),  # x**2 - 2
    ("relu(sin(x)) - relu(-sin(x))", "cos(x)*step(sin(x)) + cos(x)*where(-sin(x) > 0, 1, 0)"),  # sin(x)
    # x - y + relu(x + y): along y = -x all three choices meet
    ("relu(x-y) - relu(y-x) + relu(x+y)", "step(x - y) + step(x + y) + where(y - x > 0, 1, 0)"),
    ("x*sign(x)*sign(x - y)", "where(x - y >= 0, 1, -1)*where(x >= 0, 1, -1)"),  # of x = y = 0 it is x
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
    assert text == "-2*step(y)*where(x - y > 0, 1, 0)"


def test_a_value_that_neither_side_has_is_that_of_a_side() -> None:
    # At x = 0 the sides have y**2 + y and 0, the point 5*y: f has a derivative there for y = 0 and y = -1 alone.
    text = "where(not x > 0, where(x - x**2 < 0, x*y + y*y*x, 5*x*y), x*y*x)"
    assert write(derivative(parse(text).root, ("x",))).startswith("where(x == 0, 0, ")


UNPROVED = (
    # Each text has another value than the derivative at the point, which is worked out beside it.
    ("max(max(x + y, 0)*min(y*x, 0), y/2)", "y,x"),  # y/2 around (1, 0)
    ("abs(y*(x - y))", "y,y"),  # y**2 where x = 0
    ("min(relu(x*y), max(0, -y))", "x"),  # 0 for all x where y = 1/2
    ("v*relu(w*x + b) + u*relu(s*x + t)", "x"),  # x where v = w = 1, u = s = -1 and b = t = 0
    ("max(x*y, 3*x) - where(x*y <= 3*x, y, x + y)", "x"),  # 3*x - y where y = 3: nothing is turned there
    ("x*(ceil(x) - floor(x))*y", "x"),  # x where y = 1, at 0 too
    ("x*round(x)*y - 2*y*relu(x - 1/2) + relu(x)", "x"),
    ("mod(x, y)*x", "x"),
)
PROVED = (
    ("max(x, y, z)", "x"),
    ("huber(x, y)", "x"),
    ("huber(x, y)", "x,y"),
    ("relu(w*x + b)", "w"),
    ("clip(x, -1, 1)*y", "x"),
    ("abs(x - y) + abs(x + y)", "x"),
    ("where(x > 0 and y > 0, x*y, 0)", "x"),
    ("x*floor(x)*y", "x"),
    ("gelu(x)*abs(y)", "x"),
    ("exp(x)*y", "x,y"),
)


@pytest.mark.parametrize(("text", "names"), UNPROVED)
def test_texts_that_may_fail_where_choices_meet_are_marked(text: str, names: str) -> None:
    problem = Problem(parse(text).root, tuple(names.split(",")))
    assert not holds_at_ties(problem.root, problem.wrt)
    assert any("several choices change" in note for note in solve(problem).notes)


@pytest.mark.parametrize(("text", "names"), PROVED)
def test_texts_whose_choices_take_one_side_are_not_marked(text: str, names: str) -> None:
    problem = Problem(parse(text).root, tuple(names.split(",")))
    assert holds_at_ties(problem.root, problem.wrt) and not solve(problem).notes


def test_gradients_mark_the_partials_that_may_fail() -> None:
    root = parse("relu(x*y - 1)*abs(x) + z").root
    partials = solve_all(Problem(root, ("x", "y", "z"), gradient=True))
    assert [bool(partial.notes) for partial in partials] == [True, False, False]
