"""Complex numbers near the real axis: imaginary parts of every row, and what is refused."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
from mpmath import mp, mpf

from dcalc import backends
from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import make, number, symbol
from dcalc.functions import Row
from dcalc.parser import parse
from dcalc.problem import Problem, Result
from tests.truths import TRUTHS, Point, derivatives

ROWS = [row for row in table.ROWS if row.key in TRUTHS and row.args and row is not table.WHERE]
ORDERS = {"polygamma", "besselj", "bessely", "besseli", "besselk", "sphericalbesselj", "expint/2", "uppergamma",
          "lowergamma", "gammap", "gammaq", "besseljx", "besselyx", "besselix", "besselkx", "softmax",
          "cross_entropy", "polylog", "legendre", "chebyshevt", "chebyshevu", "gegenbauer", "hermite", "laguerre",
          "laguerre/3", "lambertw/2"}  # fmt: skip
"""Rows whose first argument is a parameter: few of these have a derivative by it in mpmath's reach."""


def asked(text: str, at: float, order: int = 1, name: str = "complex") -> Result:
    return backends.load(name).differentiate(Problem(parse(text).root, ("x",) * order, {"x": at}))


def at_place(row: Row, point: Point, place: int) -> Problem:
    whole = row.chooses
    args = [number(int(x) if whole and not k else Fraction(x)) for k, x in enumerate(point)]
    args[place] = symbol("x")
    return Problem(make(row, *args), ("x",), {"x": float(point[place])})


def places(row: Row, point: Point) -> range:
    return range(1 if row.key in ORDERS else 0, len(point))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_the_step_finds_the_slope_of_every_function(row):
    """At points of moderate size: extreme ones have steps that no double holds beside them."""
    for point in TRUTHS[row.key].points:
        if any(0 < abs(x) < 1e-200 for x in point):
            continue
        for place in places(row, point):
            estimate = _answer(at_place(row, point, place))
            if estimate is None or estimate.value is None:
                assert _at_an_edge(row, point), (point, place, estimate)
                continue

            def f(x: Any, place: int = place, point: Point = point, row: Row = row) -> Any:
                return TRUTHS[row.key].f(*[x if k == place else mpf(v) for k, v in enumerate(point)])

            with mp.workdps(60):
                truth = derivatives(f, point[place], 1)[1]
                assert abs(estimate.value - truth) <= abs(truth) * mpf("1e-13") + mpf("1e-40"), (point, place)


def _answer(question: Problem) -> Result | None:
    try:
        return backends.load("complex").differentiate(question)
    except Unsupported:
        return None


def _at_an_edge(row: Row, point: Point) -> bool:
    """A negative base whose exponent or degree moves; a shifted zeta whose order does."""
    return row.key in ("**", "pow", "root", "zeta/2", "beta", "logbeta") and min(point) < 0


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("abs(x)", 0.0, "abs(x): not analytic there"),
        ("sqrt(x**2)", 0.0, "sqrt(x**2): not analytic there"),
        ("max(0, x)", 0.0, "max(0, x): not analytic there"),
        ("floor(x)", 1.0, "floor(x): not analytic there"),
        ("sqrt(x)", 0.0, "sqrt(x): not analytic there"),
        ("x*sqrt(x)", 0.0, "sqrt(x): not analytic there"),
        ("asin(x)", 1.0, "asin(x): not analytic there"),
        ("x**x", 0.0, "x**x: not analytic there"),
        ("x**1.5", 0.0, "x**1.5: not analytic there"),
        ("where(x < 1, x, x**2)", 1.0, "x < 1: both sides are equal there"),
        ("where(x > 0 and x < 1, x, x**2)", 1.0, "x < 1: both sides are equal there"),
        ("sin(abs(x) + 1)*2", 0.0, "abs(x): not analytic there"),
    ],
)
def test_what_is_not_analytic_is_refused_by_name(text, at, message):
    with pytest.raises(Unsupported) as caught:
        asked(text, at)
    assert caught.value.message == message


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("abs(x)", -3.0, -1.0),
        ("max(x, x**2)", 3.0, 6.0),
        ("floor(x)*x", 2.5, 2.0),
        ("sign(x)*x", -2.0, -1.0),
        ("where(x > 0, x, abs(x - x))", 3.0, 1.0),
        ("where(x < 1 or x == 3, x, x**2)", 0.5, 1.0),
        ("where(2 <= 2, 3*x, x)", 0.5, 3.0),
        ("abs(0)*x", 1.0, 0.0),
        ("x**2", 0.0, 0.0),
        ("x**3", -2.0, 12.0),
        ("(x**x**x**x)**0", 2.53125, 0.0),
        ("x**(-3)", -2.0, -3 / 16),
        ("tanh(x)", 25.0, 7.714999391855671e-22),
        ("tanh(x)", 300.0, 4 * math.exp(-600)),
        ("sech(x)", 400.0, -2 * math.exp(-400)),
        ("x - sin(x)", 1e-7, 5e-15),
    ],
)
def test_on_a_branch_the_function_is_what_it_is_there(text, at, value):
    assert asked(text, at).value == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize(("text", "at"), [("log(x)", -1.0), ("asin(x)", 2.0), ("1/x", 0.0), ("gamma(x)", -2.0)])
def test_outside_of_the_domain_there_is_no_number(text, at):
    """A logarithm would go on into the complex plane."""
    assert (asked(text, at).status, asked(text, at).value) == ("undefined", None)


@pytest.mark.parametrize(("text", "at", "order"), [("exp(x)", 1000.0, 1), ("10**x*1e300", 20.0, 6), ("1/x", 5e-324, 6)])
def test_beyond_a_double_it_overflows(text, at, order):
    assert (asked(text, at, order).status, asked(text, at, order).value) == ("overflow", None)


@pytest.mark.parametrize(("text", "at"), [("cbrt(x)", 0.0), ("log(x)", 1e-300), ("sqrt(x)", 1e-307)])
def test_a_quotient_that_depends_on_the_step_is_not_given(text, at):
    estimate = asked(text, at)
    assert (estimate.status, estimate.value, estimate.note) == ("unresolved", None, "the quotient depends on the step")


def test_a_slope_by_the_order_of_a_bessel_function():
    """mpmath's own numerical derivative; no partial of the table says it."""
    with mp.workdps(40):
        truth = mp.diff(lambda n: mp.besselj(n, mpf(2)), mpf("0.5"))
        assert abs(asked("besselj(x, 2)", 0.5).value - truth) < 1e-14
