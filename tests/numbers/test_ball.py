"""The evaluators on balls against mpmath: they enclose the truth, or say why there is none."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from flint import arb, arb_series, ctx
from mpmath import mpf

from dcalc import functions as table
from dcalc.errors import Undecided, Undefined
from dcalc.functions import Row
from dcalc.numbers import ball
from tests.numbers.balls import TERMS, exact, holds, numbers, of, refined, room, variable
from tests.truths import OUTSIDE, TRUTHS, Point, derivatives

ROWS = {row.key: row for row in table.ROWS if row.key in TRUTHS and not row.body}
SERIES = {key: row for key, row in ROWS.items() if row.series and row.args and row is not table.WHERE}

# Arguments in which no series is known, or which no interval around the point allows.
FIXED = {
    (name, 0)
    for name in (
        *("sphericalbesselj", "legendre", "chebyshevt", "chebyshevu", "gegenbauer", "hermite", "laguerre/3"),
        "lambertw/2",
    )
}
_BY_ORDER = {
    "uppergamma",
    "lowergamma",
    "gammap",
    "gammaq",
    "polygamma",
    "besselj",
    "bessely",
    "besseli",
    "besselk",
    "zeta/2",
}


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with room():
        yield


# --- values ---------------------------------------------------------------------------


def test_every_row_without_a_body_has_an_evaluator() -> None:
    leaves = (table.NUMBER, table.SYMBOL)
    assert all(callable(ball.evaluator(row)) for row in table.ROWS if not row.body and row not in leaves)
    with pytest.raises(LookupError):
        ball.evaluator(table.TAU)


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
def test_values(row: Row) -> None:
    truth = TRUTHS[row.key]
    for point in truth.points:
        found = refined(
            lambda p=point: ball.evaluator(row)(*numbers(p)),
            lambda value: value.is_zero() or value.rel_accuracy_bits() > 170,
        )
        wanted = truth.f(*[x if isinstance(x, bool) else mpf(x) for x in point])
        # flint's Fresnel integrals count bits from 1, not from their value
        assert holds(found, wanted, 15 if row.name.startswith("fresnel") else 45), (point, found)


_LONG = ("polygamma", "polylog", "bessely")
"""Seconds each, nearly all of them for the truth."""


@pytest.mark.parametrize(
    "row",
    [pytest.param(row, marks=pytest.mark.slow if row.key in _LONG else (), id=key) for key, row in SERIES.items()],
)
def test_series_are_the_derivatives(row: Row) -> None:
    truth = TRUTHS[row.key]
    for point in truth.points:
        for place in range(len(point)):
            if (row.key, place) in FIXED or not _is_inside(row, point, place):
                continue
            count = 3 if point[place] == 0 or abs(point[place]) > 1e-9 else 1
            found = refined(lambda p=point, i=place: _series(row, p, i), lambda s, n=count: _is_sharp(s, n))
            wanted = derivatives(lambda x, p=point, i=place: truth.f(*_put(p, i, x)), point[place], count)
            for k, derivative in enumerate(wanted):
                error = mpf(10) ** -40 * min(mpf(point[place]) ** 2 or 1, 1)
                assert holds(found[k] * math.factorial(k), derivative, 20, error), (point, place, k, found)


def _is_inside(row: Row, point: Point, place: int) -> bool:
    """Whether the function has values on both sides of the point in that argument."""
    if row in (table.POW, table.ROOT):
        return place == 0 or point[0] > 0
    return place == 1 or row.key not in _BY_ORDER or point[1] > 0


def _series(row: Row, point: Point, place: int) -> arb_series:
    args = numbers(point)
    args[place] = variable(point[place])
    found = ball.evaluator(row)(*args)
    found = found if isinstance(found, arb_series) else arb_series([found], prec=TERMS)
    assert found.prec == TERMS
    return found


def _is_sharp(series: arb_series, count: int) -> bool:
    return all(series[k].is_zero() or series[k].rel_accuracy_bits() > 100 for k in range(count + 1))


def _put(point: Point, place: int, x: Any) -> list[Any]:
    args = [mpf(value) for value in point]
    args[place] = x
    return args


@pytest.mark.parametrize("row", [row for row in SERIES.values() if row.maximum == 1], ids=lambda row: row.key)
def test_series_of_a_curved_argument(row: Row) -> None:
    """f(c + 2*t - t**2 + t**3/2): every coefficient of the argument counts."""
    truth = TRUTHS[row.key]
    (x,) = truth.points[0]
    ctx.cap = TERMS
    found = ball.evaluator(row)(arb_series([arb(x), 2, -1, arb(0.5)], prec=TERMS))
    wanted = derivatives(lambda t: truth.f(x + 2 * t - t**2 + t**3 / 2), 0.0, 3)
    if not isinstance(found, arb_series):  # relu, where it is 0
        found = arb_series([found], prec=TERMS)
    for k, derivative in enumerate(wanted):
        assert holds(found[k] * math.factorial(k), derivative, 20, mpf(10) ** -50), (k, found)


@pytest.mark.parametrize("row", [row for row in SERIES.values() if row.maximum == 1], ids=lambda row: row.key)
def test_two_terms_are_the_first_of_more(row: Row) -> None:
    """The shortest series goes its own way, since most derivatives asked are first ones."""
    truth = TRUTHS[row.key]
    for (x,) in truth.points:
        point = arb_series([arb(x), 3], prec=2)
        found = refined(lambda s=point: ball.evaluator(row)(s), lambda s: isinstance(s, arb) or _is_sharp(s, 1))
        wanted = derivatives(lambda t, x=x: truth.f(x + 3 * t), 0.0, 1) if x == 0 or abs(x) > 1e-9 else []
        for k, derivative in enumerate(wanted if isinstance(found, arb_series) else []):
            assert found.prec == 2
            assert holds(found[k], derivative, 12, mpf(10) ** -40), (x, k, found)


@pytest.mark.parametrize("row", [row for row in ROWS.values() if row.maximum == 1], ids=lambda row: row.key)
def test_an_interval_holds_the_values_in_it(row: Row) -> None:
    truth = TRUTHS[row.key]
    for (x,) in truth.points:
        radius = min(abs(x), 1.0) * 1e-6
        try:
            found = ball.evaluator(row)(arb(x, radius))
        except Undecided:
            continue
        assert found.is_finite()
        for part in (-0.999, -0.3, 0.7, 0.999):
            assert found.overlaps(exact(truth.f(mpf(x) + part * mpf(radius)))), x


# --- where there is no value ----------------------------------------------------------


@pytest.mark.parametrize("key, point", [(key, point) for key, points in OUTSIDE.items() for point in points])
def test_outside_of_the_domain(key: str, point: Point) -> None:
    with pytest.raises(Undefined) as caught:
        ball.evaluator(ROWS[key])(*numbers(point))
    assert caught.value.message


EDGES = [
    ("log", 0.0), ("log1p", -1.0), ("sqrt", 0.0), ("cbrt", 0.0), ("asin", 1.0), ("acos", -1.0), ("acosh", 1.0),
    ("atanh", 1.0), ("asech", 1.0), ("asec", 1.0), ("acoth", -1.0), ("abs", 0.0), ("sign", 0.0), ("step", 0.0),
    ("floor", 2.0), ("ceil", -1.0), ("round", 0.5), ("trunc", 1.0), ("frac", 3.0), ("relu", 0.0), ("csc", 0.0),
    ("coth", 0.0), ("gamma", -2.0), ("lgamma", 0.0), ("digamma", -1.0), ("zeta", 1.0), ("ei", 0.0), ("li", 1.0),
    ("li", 0.0), ("ci", 0.0), ("elliptic_k", 1.0), ("elliptic_e", 1.0),
]  # fmt: skip


@pytest.mark.parametrize("name, edge", EDGES)
def test_a_series_is_never_decided_at_an_edge(name: str, edge: float) -> None:
    with pytest.raises(Undecided):
        of(name, 1)(variable(edge))


@pytest.mark.parametrize("name, edge", EDGES)
def test_a_ball_over_an_edge_is_undecided_or_enclosed(name: str, edge: float) -> None:
    over = arb(edge, 1e-20)
    try:
        found = of(name, 1)(over)
    except Undecided:
        return
    assert found.is_finite()
    assert found.contains(of(name, 1)(arb(edge)))


def test_numbers_at_closed_edges_have_values() -> None:
    one, zero = arb(1), arb(0)
    assert of("sqrt", 1)(zero).is_zero()
    assert of("abs", 1)(zero).is_zero()
    assert of("acosh", 1)(one).is_zero()
    assert of("li", 1)(zero).is_zero()
    assert of("xlogx", 1)(zero).is_zero()
    assert of("xlogy", 2)(zero, zero).is_zero()
    assert of("xlog1py", 2)(zero, -one).is_zero()
    assert of("sinc", 1)(zero) == 1
    assert of("elliptic_e", 1)(one) == 1
    assert of("besselj", 2)(arb(0.5), zero).is_zero()
    assert of("expint", 2)(arb(3), zero) == 0.5
    assert of("asec", 1)(one).is_zero()


def test_functions_that_are_exact_where_they_can_be() -> None:
    assert of("cbrt", 1)(arb(-27)) == -3
    assert of("root", 2)(arb(-8), arb(3)) == -2
    assert of("root", 2)(arb(1024), arb(10)) == 2
    assert of("log2", 1)(arb(8)) == 3
    assert of("log10", 1)(arb(1000)) == 3
    assert of("sinpi", 1)(arb(3)) == 0
    assert of("cospi", 1)(arb(2.5)) == 0
    assert of("gamma", 1)(arb(6)) == 120


@pytest.mark.parametrize("name, x", [("exp", 1e300), ("tan", 1e-400), ("sinh", 1e300), ("erfi", 1e200), ("ei", 1e300)])
def test_no_result_is_infinite_or_nan(name: str, x: float) -> None:
    for value in (arb(x), arb(x, 1e-3 * abs(x)), arb(1.0, 1e10), variable(x)):
        try:
            found = of(name, 1)(value)
        except Undecided:
            continue
        parts = found.coeffs() if isinstance(found, arb_series) else [found]
        if name == "exp" and isinstance(found, arb):  # a constant that cancels may be immense
            assert not found.is_nan()
        else:
            assert all(part.is_finite() for part in parts)


@pytest.mark.parametrize("name", ["besselj", "bessely", "besseli", "besselk"])
@pytest.mark.parametrize("order", [1e16, -1e16, 1e300])
def test_immense_orders_are_open_at_once(name: str, order: float) -> None:
    with pytest.raises(Undecided, match="the order is beyond 100,000,000"):
        of(name, 2)(arb(order), arb(1e9))
