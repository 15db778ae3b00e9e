"""Powers, choices and special cases on balls: decided, undecided, undefined."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flint import arb, arb_series, ctx
from mpmath import mp, mpf

from dcalc import functions as table
from dcalc.errors import Undecided, Undefined, Unsupported
from dcalc.numbers import ball
from tests.numbers.balls import TERMS, holds, of, refined, room, variable
from tests.truths import derivatives, polygamma


@pytest.fixture(autouse=True)
def precision() -> Iterator[None]:
    with room():
        yield


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
    with pytest.raises(Unsupported):
        of("sphericalbesselj", 2)(variable(2.0), arb(1))


# A function, the same in mpmath, and where: all arguments vary as c + k*t - t**2, k = 1, 2, 3.
VARYING = [
    ("uppergamma", lambda s, x: mp.gammainc(s, x), (2.0, 1.5)),
    ("lowergamma", lambda s, x: mp.gammainc(s, 0, x), (2.0, 1.5)),
    ("gammap", lambda s, x: mp.gammainc(s, 0, x, regularized=True), (0.25, 3.0)),
    ("gammaq", lambda s, x: mp.gammainc(s, x, regularized=True), (30.0, 29.0)),
    ("betainc", lambda a, b, x: mp.betainc(a, b, 0, x, regularized=True), (2.0, 0.75, 0.25)),
    ("expint", mp.expint, (-1.0, 0.5)),
    ("zeta", mp.zeta, (2.5, 1.5)),
    ("polygamma", polygamma, (-2.5, 1.5)),
    ("besselj", mp.besselj, (3.0, 20.0)),
    ("bessely", mp.bessely, (0.0, 0.5)),
    ("besseli", mp.besseli, (-1.0, 2.0)),
    ("besselk", mp.besselk, (1.0, 2.0)),
]


@pytest.mark.parametrize(("name", "truth", "point"), VARYING, ids=[name for name, *_ in VARYING])
def test_all_arguments_vary_together(name: str, truth: Callable[..., Any], point: tuple[float, ...]) -> None:
    curves = [arb_series([arb(c), k + 1, -1], prec=TERMS) for k, c in enumerate(point)]
    found = of(name, len(point))(*curves)
    wanted = derivatives(lambda t: mp.re(truth(*[c + (k + 1) * t - t * t for k, c in enumerate(point)])), 0.0, 3)
    for k, derivative in enumerate(wanted):
        assert holds(found[k] * math.factorial(k), derivative, 20), (k, found)


@pytest.mark.parametrize("count", [2, 12, 60])
def test_series_in_an_order_at_any_length(count: int) -> None:
    """K is even in its order, and the integral of exp(-x*cosh(t))*cosh(n*t) (DLMF 10.32.9)."""
    with ball.orders(count):
        found = of("besselk", 2)(arb_series([0, 1], prec=count), arb(2))
    assert all(found[k].is_zero() for k in range(1, count, 2))
    for k in range(0, min(count, 12), 2):
        moment = mp.quad(lambda t, k=k: t**k * mp.exp(-2 * mp.cosh(t)), [0, 2, 4, 8])
        assert holds(found[k], moment / mp.factorial(k), 15), k


@pytest.mark.parametrize(
    ("name", "args"), [("besselj", (2.0, -1.0)), ("uppergamma", (2.0, -1.0)), ("gammaq", (1.0, -1.0))]
)
def test_functions_of_whole_orders_alone_do_not_vary(name: str, args: tuple[float, float]) -> None:
    with pytest.raises(Undecided):
        of(name, 2)(variable(args[0]), arb(args[1]))


def test_arguments_that_may_be_on_either_side() -> None:
    for name, args in (
        ("zeta", (variable(2.5), arb(-0.5))),
        ("zeta", (arb(2, 1e-9), arb(-0.5))),
        ("zeta", (arb(0.5), arb(0, 1e-9))),
        ("xlogy", (arb(0, 1e-9), arb(0, 1e-9))),
        ("uppergamma", (arb(2, 1e-9), arb(-0.5))),
        ("besselj", (arb(2, 1e-9), arb(-0.5))),
    ):
        with pytest.raises(Undecided):
            of(name, 2)(*args)
    with pytest.raises(Undecided):
        of("invdigamma", 1)(arb("0 +/- inf"))


def test_orders_are_whole_numbers() -> None:
    with pytest.raises(Undecided):
        of("polygamma", 2)(arb(1, 1e-9), arb(2))
    with pytest.raises(Undecided):
        of("polygamma", 2)(arb(1e9), arb(2))


@pytest.mark.parametrize("s", [10_001.0, 2.0**53, 1e16, 1e300])
def test_hurwitz_zeta_of_a_huge_order_left_of_zero(s: float) -> None:
    """Flint would need memory in proportion to s, and end the process."""
    with pytest.raises(Undecided):
        of("zeta", 2)(arb(s), arb(-2.5))


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


@pytest.mark.parametrize(("low", "high"), [("2", "3"), ("-1e10", "-1"), ("-5", "1000"), ("300", "300"), ("2e5", "2e5")])
def test_the_inverse_of_digamma_holds_both_ends(low: str, high: str) -> None:
    """By mpmath's digamma at the ends of what is returned, which rises: with more digits than exp(2e5) has."""
    ball = of("invdigamma", 1)(arb(low).union(arb(high)))
    with mp.workdps(200):
        ends = [mp.mpf(end.mid().str(150, radius=False)) for end in (ball.lower(), ball.upper())]
        assert ends[0] <= 0 or mp.digamma(ends[0]) <= mp.mpf(low)  # the inverse is positive
        assert mp.digamma(ends[1]) >= mp.mpf(high)
        if low == high:
            assert ends[1] - ends[0] <= ends[0] * mp.mpf(2) ** -50
