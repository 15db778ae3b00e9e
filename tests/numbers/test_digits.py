"""A thousand digits of every function of the table and of its slope.

Held against mpmath at 1,020 digits; where that takes seconds for a value, the value is held
against mpmath at 60 digits, and the slope against a quotient of balls, which knows of no series.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import arb, arb_series, ctx
from mpmath import mp, mpf

from dcalc import backends
from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol
from dcalc.functions import Row
from dcalc.numbers import ball
from dcalc.numbers.ball import constant
from dcalc.problem import Problem
from tests.truths import TRUTHS, Point

DIGITS = 1_000
SLOW = set(
    "erfinv erfcinv gamma lgamma digamma trigamma factorial invdigamma polygamma beta logbeta uppergamma zeta zeta/2 "
    "bessely besselk bessely0 bessely1 besselyx besselkx airyai airybi airyaiprime airybiprime airyaix "
    "airyaiprimex".split()
)
ROWS = [row for row in table.ROWS if row.key in TRUTHS and row.args and row is not table.WHERE]


def first_point(row: Row) -> Point:
    """The first point of the row's truths, which lies inside of its domain."""
    return TRUTHS[row.key].points[0]


def call(row: Row) -> Expr:
    """The function of its last argument x, the others as at the point."""
    *others, _ = first_point(row)
    whole = row.chooses
    fixed = [number(int(x) if whole and not k else Fraction(x)) for k, x in enumerate(others)]
    return make(row, *fixed, symbol("x"))


def asked(row: Row, order: int, digits: int, at: Any = None) -> str:
    point = {"x": float(first_point(row)[-1]) if at is None else at}
    estimate = backends.load("reference").differentiate(Problem(call(row), ("x",) * order, point, digits))
    assert estimate.status == "ok"
    assert estimate.certified
    assert estimate.decimal is not None
    return estimate.decimal


def is_near(text: str, truth: Any, digits: int) -> bool:
    """Whether a decimal is the truth, correctly rounded to that many digits."""
    found = mpf(text)
    return bool(abs(found - truth) <= abs(truth) * mpf(10) ** (1 - digits) * mpf("0.501"))


def at_place(row: Row, x: Any) -> Any:
    return TRUTHS[row.key].f(*[mpf(value) for value in first_point(row)[:-1]], x)


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in ROWS if row.key not in SLOW], ids=lambda row: row.key)
def test_a_thousand_digits_of_a_function_and_its_slope(row):
    x = mpf(first_point(row)[-1])
    with mp.workdps(DIGITS + 20):
        assert is_near(asked(row, 0, DIGITS), at_place(row, x), DIGITS)
    with mp.workdps(1_600):
        step = mpf(10) ** -515
        slope = (at_place(row, x + step) - at_place(row, x - step)) / (2 * step)
        assert is_near(asked(row, 1, DIGITS), slope, DIGITS)


@pytest.mark.parametrize("row", [row for row in ROWS if row.key in SLOW], ids=lambda row: row.key)
def test_a_thousand_digits_of_a_slope_are_those_of_a_quotient(row):
    x = first_point(row)[-1]
    with mp.workdps(80):
        assert is_near(asked(row, 0, 60), at_place(row, mpf(x)), 60)
    step = Fraction(1, 10**515)
    below, above = (asked(row, 0, 1_600, number(Fraction(x) + sign * step)) for sign in (-1, 1))
    with ctx.workprec(5_600):
        quotient = (arb(above) - arb(below)) / 2 * arb(10) ** 515
        assert abs(quotient - arb(asked(row, 1, DIGITS))) < abs(quotient) * arb(10) ** (1 - DIGITS)


def test_all_functions_have_a_truth():
    """What has none here is a leaf, a condition, a choice, a constant or logic."""
    assert {row.key for row in table.functions() if row.args and not row.body} - set(TRUTHS) <= {"where"}


@pytest.mark.parametrize("order", [50, 100, 200])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.key)
def test_high_orders_are_certified(row, order):
    problem = Problem(call(row), ("x",) * order, {"x": float(first_point(row)[-1])})
    estimate = backends.load("reference").differentiate(problem)
    assert estimate.status in ("ok", "overflow")
    assert estimate.certified


TERMS = 60
SHIFT = 40
"""Bits that the series is tried away from its centre."""


@pytest.mark.slow
@pytest.mark.parametrize("row", [row for row in ROWS if row.series], ids=lambda row: row.key)
def test_a_long_series_sums_up_to_the_function(row):
    """At 2**-SHIFT from the centre each of the terms shows in the sum, the last one included."""
    *others, x = first_point(row)
    saved = ctx.prec, ctx.cap
    ctx.prec, ctx.cap = SHIFT * TERMS + 2_000, TERMS
    try:
        evaluate = ball.evaluator(row)
        fixed = [arb(value) for value in others]
        series = arb_series(evaluate(*fixed, arb_series([arb(x), 1], prec=TERMS)))
        tiny = arb(2) ** -SHIFT
        rest = constant(evaluate(*fixed, arb(x) + tiny))
        for k in range(TERMS):
            rest -= series[k] * tiny**k
        last = sum((abs(series[k]).upper() for k in range(TERMS - 4, TERMS)), arb(0))
        assert abs(rest) <= last * tiny**TERMS * 2**20
    finally:
        ctx.prec, ctx.cap = saved
