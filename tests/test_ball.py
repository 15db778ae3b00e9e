"""The evaluators on balls against mpmath: they enclose the truth, or say why there is none."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flint import arb, arb_series, ctx
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.algebra import ball
from dcalc.errors import Undecided, Undefined, Unsupported
from dcalc.functions import Row
from tests.truths import OUTSIDE, TRUTHS, Point, derivatives

ROWS = {row.key: row for row in table.ROWS if row.key in TRUTHS and not row.body}
SERIES = {key: row for key, row in ROWS.items() if row.series and row.args and row is not table.WHERE}
PRECISIONS = (128, 256, 512, 1024, 2048, 4096)
TERMS = 4

# Arguments in which no series is known, or which no interval around the point allows.
FIXED = {("uppergamma", 0), ("lowergamma", 0)}


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    """Room for the truths, and flint's settings put back."""
    saved = ctx.prec, ctx.cap
    ctx.prec = 256
    with mp.workdps(60):
        yield
    ctx.prec, ctx.cap = saved


def of(name: str, count: int) -> Callable[..., Any]:
    row = table.find(name, count)
    assert row is not None
    return ball.evaluator(row)


def refined(compute: Callable[[], Any], enough: Callable[[Any], bool]) -> Any:
    """What comes out at the first precision that is enough."""
    result: Any = None
    for bits in PRECISIONS:
        ctx.prec = bits
        try:
            result = compute()
        except Undecided as error:
            result = error
            continue
        if enough(result):
            break
    if isinstance(result, Exception):
        raise result
    return result


def numbers(point: Point) -> list[Any]:
    return [x if isinstance(x, bool) else arb(x) for x in point]


def exact(truth: Any) -> arb:
    """A truth as a ball, wide enough for its own rounding."""
    middle = arb(mp.nstr(truth, 55))
    return arb(middle, abs(middle).upper() * arb(10) ** -50)


def holds(enclosure: arb, truth: Any, digits: int, error: Any = 0) -> bool:
    """Whether the enclosure has the truth, known to that ``error``, to so many digits."""
    allowed = mpf(10) ** -digits * abs(truth) + error
    with ctx.workprec(400):
        return bool(abs(enclosure - exact(truth)) <= exact(allowed))


def variable(value: float) -> arb_series:
    ctx.cap = TERMS
    return arb_series([arb(value), arb(1)], prec=TERMS)


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


@pytest.mark.parametrize("row", SERIES.values(), ids=SERIES)
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
    return row.key != "zeta/2" or place == 1 or point[1] > 0


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
        assert all(part.is_finite() for part in parts)


# --- powers ---------------------------------------------------------------------------

power = ball.evaluator(table.POW)


def test_powers_of_whole_numbers() -> None:
    assert power(arb(0), arb(0)) == 1
    assert power(arb(-2), arb(3)) == -8
    assert power(arb(-2), arb(-1)) == -0.5
    assert power(variable(0.0), arb(0))[0] == 1
    assert [power(variable(0.0), arb(2))[k] for k in range(TERMS)] == [0, 0, 1, 0]
    assert power(variable(0.0), arb(10**30)).coeffs() == []
    assert [power(variable(-2.0), arb(3))[k] for k in range(TERMS)] == [-8, 12, -6, 1]


@pytest.mark.parametrize(
    "base, exponent", [(1.5, 10**9), (-1.5, 10**9 + 1), (1.000001, 10**12), (-0.999, -(10**8) - 1)]
)
def test_powers_with_huge_exponents(base: float, exponent: int) -> None:
    size = mp.log(abs(mpf(base))) * exponent
    sign = -1 if base < 0 and exponent % 2 else 1
    found = power(arb(base), arb(exponent))
    assert holds((sign * found).log(), size, 40)
    slope = power(variable(base), arb(exponent))[1]
    assert holds(slope / found, exponent / mpf(base), 40)


def test_powers_without_a_value() -> None:
    third = arb(1) / 3
    for base, exponent in ((arb(-8), third), (arb(0), arb(-2)), (arb(0), -third), (arb(-8), arb(0.5))):
        with pytest.raises(Undefined):
            power(base, exponent)
    for base, exponent in (
        (arb(0, 1e-9), -third),
        (arb(0, 1e-9), arb(-1)),
        (arb(-2), third * 3),
        (variable(0.0), third),
        (variable(0.0), arb(-1)),
        (variable(-2.0), variable(-2.0)),
    ):
        with pytest.raises(Undecided):
            power(base, exponent)


def test_powers_of_zero_and_with_a_variable_exponent() -> None:
    assert power(arb(0), arb(1) / 3).is_zero()
    assert power(arb(0), variable(2.5)).coeffs() == []
    found = power(arb(2), variable(3.0))
    assert holds(found[0], mpf(8), 30)
    assert holds(found[1], 8 * mp.log(2), 30)
    both = power(variable(2.0), variable(2.0))
    assert holds(both[1], 4 * (1 + mp.log(2)), 30)


# --- choices --------------------------------------------------------------------------


def test_comparisons() -> None:
    lt, le, eq, ne = (ball.evaluator(op) for op in (table.LT, table.LE, table.EQ, table.NE))
    gt, ge = ball.evaluator(table.GT), ball.evaluator(table.GE)
    one, two, third = arb(1), arb(2), arb(1) / 3
    assert lt(one, two) and not lt(two, one) and not lt(one, one)
    assert le(one, one) and not le(two, one) and ge(one, one) and gt(two, one)
    assert eq(one, one) and not eq(one, two) and ne(one, two) and not ne(one, one)
    assert lt(variable(1.0), two) and gt(two, variable(1.0)) and ne(variable(1.0), two)
    for compare in (lt, le, gt, ge, eq, ne):
        for pair in ((third, third), (third, one / 3), (variable(1.0), one), (one, variable(1.0))):
            with pytest.raises(Undecided):
                compare(*pair)


def test_logic() -> None:
    conjunction, either, negation = (ball.evaluator(op) for op in (table.AND, table.OR, table.NOT))
    assert conjunction(True, True) is True and conjunction(True, False) is False
    assert either(False, True) is True and either(False, False) is False
    assert negation(False) is True and negation(True) is False
    no_value = object()
    assert conjunction(False, no_value) is False and either(no_value, True) is True
    for call in (lambda: conjunction(True, no_value), lambda: either(no_value, False), lambda: negation(no_value)):
        with pytest.raises(TypeError):
            call()


@pytest.mark.parametrize(
    "x, rounded", [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (2.4999999, 2), (1e300, 1e300), (-0.75, -1)]
)
def test_round_goes_to_the_even_one_of_two(x: float, rounded: float) -> None:
    assert refined(lambda: of("round", 1)(arb(x)), lambda _: True) == rounded


def test_jumps_are_decided_by_numbers() -> None:
    assert of("floor", 1)(arb(2)) == 2 and of("ceil", 1)(arb(2)) == 2
    assert of("step", 1)(arb(0)) == 1 and of("sign", 1)(arb(0)) == 0
    assert of("trunc", 1)(variable(0.0)).coeffs() == []
    assert of("floor", 1)(variable(2.5)).coeffs() == [2]
    for name in ("floor", "ceil", "trunc"):
        with pytest.raises(Undecided):
            of(name, 1)(arb(2, 1e-30))


def test_largest_and_smallest() -> None:
    x, one = variable(2.0), arb(1)
    assert of("max", 2)(x, one) is x and of("max", 2)(one, x) is x and of("max", 2)(x, x) is x
    assert of("min", 2)(x, one) == 1 and of("min", 2)(x, x) is x
    assert of("max", 2)(arb(1, 0.5), arb(1)).contains(arb(1.25))
    with pytest.raises(Undecided):
        of("max", 2)(x, arb(2))


def test_angles_on_the_cut() -> None:
    atan2 = of("atan2", 2)
    assert holds(atan2(arb(0), arb(-1)), mp.pi, 30)
    assert holds(atan2(arb(0), variable(-1.0))[0], mp.pi, 30)
    for y, x in ((variable(0.0), arb(-1)), (arb(0, 1e-9), arb(-1)), (arb(0), arb(0, 1)), (arb(0), variable(0.0))):
        with pytest.raises(Undecided):
            atan2(y, x)


# --- the rest -------------------------------------------------------------------------


def test_parameters_that_may_not_vary() -> None:
    s = variable(2.0)
    for name in ("uppergamma", "lowergamma"):
        with pytest.raises(Unsupported):
            of(name, 2)(s, arb(1))
    with pytest.raises(Unsupported):
        of("zeta", 2)(s, s)


def test_orders_are_whole_numbers() -> None:
    with pytest.raises(Undecided):
        of("polygamma", 2)(arb(1, 1e-9), arb(2))
    with pytest.raises(Undecided):
        of("polygamma", 2)(arb(1e9), arb(2))


@pytest.mark.parametrize("s, x", [(25.5, 20.0), (1000.0, 1000.0), (1000.0, 500.0), (300.0, 290.0), (30.0, 100.0)])
def test_lowergamma_of_a_large_order(s: float, x: float) -> None:
    found = refined(lambda: of("lowergamma", 2)(arb(s), arb(x)), lambda value: value.rel_accuracy_bits() > 120)
    assert holds(found, mp.gammainc(mpf(s), 0, mpf(x)), 30)


@pytest.mark.parametrize("s", [0, -1, -2, -3])
def test_hurwitz_zeta_past_its_pole_in_the_second_argument(s: int) -> None:
    """zeta(-n, a) is a polynomial in a: -B_{n+1}(a)/(n + 1), DLMF 25.11.14."""
    found = of("zeta", 2)(arb(s), variable(0.75))
    wanted = derivatives(lambda a: -mp.bernpoly(1 - s, a) / (1 - s), 0.75, 3)
    for k, derivative in enumerate(wanted):
        assert holds(found[k] * math.factorial(k), derivative, 20, mpf(10) ** -40)


def test_flint_is_left_as_it_was() -> None:
    ctx.prec, ctx.cap = 99, 5
    for name in ("digamma", "elliptic_e", "elliptic_k"):
        of(name, 1)(arb_series([arb(0.5), 1], prec=3))
    of("polygamma", 2)(arb(2), arb(-0.5))
    assert (ctx.prec, ctx.cap) == (99, 5)
