"""The evaluators on floats against mpmath: within a few ulps, and never an exception."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import pytest
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.numbers import real
from tests.truths import OUTSIDE, TRUTHS, Point

ROWS = {row.key: row for row in table.ROWS if row.key in TRUTHS and not row.body}
BY_RULE = {row.key for row in real.RULES.rules}
"""Rows that are computed in doubles; the others are rounded balls."""

# Ulps that the platform's libm may be off by; 4 suffices elsewhere.
LOOSE = {"gamma": 16, "lgamma": 16}

HOSTILE = (
    0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 5e-324, -5e-324, 1e308, -1e308, 1e22, 710.0, -710.5, 1e5,
    math.inf, -math.inf, math.nan,
)  # fmt: skip


@pytest.fixture(autouse=True)
def digits() -> Iterator[None]:
    with mp.workdps(60):
        yield


def of(name: str, count: int) -> Callable[..., Any]:
    row = table.find(name, count)
    assert row is not None
    return real.evaluator(row)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_values(row: Row) -> None:
    truth = TRUTHS[row.key]
    for point in truth.points:
        found = real.evaluator(row)(*point)
        wanted = truth.f(*[x if isinstance(x, bool) else mpf(x) for x in point])
        nearest = float(wanted)
        if row.key in BY_RULE:
            allowed = LOOSE.get(row.key, 4) * math.ulp(nearest)
            assert abs(mpf(found) - wanted) <= allowed or found == nearest, (point, found, nearest)
        else:
            assert found == nearest, point


@pytest.mark.parametrize("key, point", [(key, point) for key, points in OUTSIDE.items() for point in points])
def test_outside_of_the_domain(key: str, point: Point) -> None:
    assert math.isnan(real.evaluator(ROWS[key])(*point))


# Beyond these, flint takes seconds, and the answer is the same.
_SLOW = {"polygamma", "uppergamma", "lowergamma", "zeta/2", "sphericalbesselj", "invdigamma", "beta", "logbeta"}


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row is not table.WHERE], ids=lambda row: row.key)
def test_nothing_raises_and_nan_stays_nan(row: Row) -> None:
    values = HOSTILE if len(row.args) == 1 or row.key in BY_RULE else HOSTILE[::3]
    if row.key in _SLOW:
        values = (0.0, -0.0, 1.0, -1.5, 5e-324, math.inf, -math.inf, math.nan)
    for point in itertools.product(values, repeat=len(row.args)):
        found = real.evaluator(row)(*point)
        assert type(found) is (bool if row in table.CONDITIONS else float), point
        if any(map(math.isnan, point)) and row not in table.CONDITIONS:
            assert math.isnan(found), point


@pytest.mark.parametrize(
    "name, point, wanted",
    [
        ("exp", (1000.0,), math.inf),
        ("exp", (-1000.0,), 0.0),
        ("sinh", (-1000.0,), -math.inf),
        ("sinh", (1000.0,), math.inf),
        ("cosh", (-1000.0,), math.inf),
        ("expm1", (1000.0,), math.inf),
        ("gamma", (172.0,), math.inf),
        ("gamma", (-1e-309,), -math.inf),
        ("lgamma", (1e308,), math.inf),
        ("csch", (1000.0,), 0.0),
        ("csch", (-720.0,), float(mp.csch(-720))),
        ("sech", (720.0,), float(mp.sech(720))),
        ("hypot", (1e308, 1.5e308), math.inf),
        ("softplus", (1000.0,), 1000.0),
        ("sigmoid", (-1000.0,), 0.0),
        ("tanh", (1000.0,), 1.0),
        ("logsumexp", (math.inf, 1.0), math.inf),
        ("logsumexp", (-math.inf, 1.0), 1.0),
        ("acsch", (5e-324,), float(mp.acsch(5e-324))),
        ("asech", (5e-324,), float(mp.asech(5e-324).real)),
    ],
)
def test_far_out(name: str, point: Point, wanted: float) -> None:
    found = of(name, len(point))(*point)
    assert found == wanted or abs(found - wanted) <= 2 * math.ulp(wanted)


@pytest.mark.parametrize(
    "base, exponent, wanted",
    [
        (0.0, 0.0, 1.0),
        (-2.0, 3.0, -8.0),
        (-2.0, -1.0, -0.5),
        (10.0, 400.0, math.inf),
        (-10.0, 401.0, -math.inf),
        (-10.0, 400.0, math.inf),
        (0.0, 2.5, 0.0),
        (2.0, -2000.0, 0.0),
    ],
)
def test_powers(base: float, exponent: float, wanted: float) -> None:
    assert real.evaluator(table.POW)(base, exponent) == wanted


@pytest.mark.parametrize(
    "name, x, wanted",
    [
        ("sinpi", 1e15, 0.0),
        ("sinpi", -2.5, -1.0),
        ("cospi", 0.5, 0.0),
        ("cospi", 1e16, 1.0),
        ("cbrt", -27.0, -3.0),
        ("round", 2.5, 2.0),
        ("round", 3.5, 4.0),
        ("round", -0.5, 0.0),
        ("trunc", -1.75, -1.0),
        ("frac", -1.25, 0.75),
        ("step", 0.0, 1.0),
        ("step", -5e-324, 0.0),
        ("sign", 0.0, 0.0),
        ("relu", -1.0, 0.0),
        ("sinc", 0.0, 1.0),
        ("xlogx", 0.0, 0.0),
        ("log2", 8.0, 3.0),
        ("log1pmx", 0.0, 0.0),
    ],
)
def test_exact_values(name: str, x: float, wanted: float) -> None:
    assert of(name, 1)(x) == wanted


@pytest.mark.parametrize("x, n, wanted", [(-8.0, 3.0, -2.0), (32.0, 5.0, 2.0), (16.0, -4.0, 0.5), (-0.125, -3.0, -2.0)])
def test_roots(x: float, n: float, wanted: float) -> None:
    assert of("root", 2)(x, n) == wanted


def test_a_negative_zero_is_zero() -> None:
    assert of("atan2", 2)(-0.0, -1.0) == math.pi


def test_conditions() -> None:
    lt, eq, ne = (real.evaluator(op) for op in (table.LT, table.EQ, table.NE))
    assert lt(1.0, 2.0) is True and lt(2.0, 1.0) is False and lt(math.nan, 1.0) is False
    le, gt, ge = (real.evaluator(op) for op in (table.LE, table.GT, table.GE))
    assert le(1.0, 1.0) is True and gt(1.0, 1.0) is False and ge(1.0, 1.0) is True and ge(math.nan, 1.0) is False
    assert eq(1.0, 1.0) is True and ne(1.0, 1.0) is False and ne(math.nan, 1.0) is True
    assert real.evaluator(table.AND)(True, False) is False
    assert real.evaluator(table.OR)(True, False) is True
    assert real.evaluator(table.NOT)(True) is False
    assert of("where", 3)(True, 1.0, math.nan) == 1.0
    assert of("where", 3)(False, math.nan, 2.0) == 2.0


def test_constants() -> None:
    assert real.constant(Fraction(1, 10)) == 0.1
    assert real.constant(10**400) == math.inf
    assert real.constant(-(10**400)) == -math.inf


def test_rows_with_a_body_have_none() -> None:
    with pytest.raises(LookupError):
        real.evaluator(table.TAU)


def test_flint_is_left_as_it_was() -> None:
    from flint import ctx

    saved = ctx.prec
    assert of("dawson", 1)(0.5) == float(mp.sqrt(mp.pi) / 2 * mp.exp(-0.25) * mp.erfi(0.5))
    assert math.isnan(of("erfinv", 1)(2.0))
    assert ctx.prec == saved
