"""One-sided series: terms, errors, growth, oscillation."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from flint import arb, ctx

from dcalc.parser import parse
from dcalc.proof.constant import MINUS_ONE, ONE, rational
from dcalc.verdict import constant_of_double
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.one_sided import read_derivatives
from dcalc.verdict.scale import FLAT, NeedMoreTerms, Undecidable
from dcalc.verdict.series import NoValue, Series, add, monomial, multiply, negate, subtract

T = monomial(ONE, 1)


def germ(text: str, side: str = "right", reach: int = 8) -> Series:
    """The series of an expression on one side of 0."""
    with ctx.workprec(128):
        found = Evaluation(parse(text, variables=("x",)).root, "x", {"x": constant_of_double(arb(0))}, reach).run()
        series = getattr(found, side)
    assert isinstance(series, Series), series
    return series


def terms(series: Series) -> list[tuple[Any, Any, Any]]:
    """(a, b, coefficient) of each term, None for a coefficient that is not exact."""
    return [(a, b, None if c.exact is None else Fraction(int(c.exact.p), int(c.exact.q))) for (a, b), c in series.terms]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("x**2 - x", [(1, 0, -1), (2, 0, 1)]),
        ("sqrt(x)*sqrt(x)", [(1, 0, 1)]),  # a whole order again, and not 1/2 + 1/2
        ("cbrt(x)*cbrt(x**2)", [(1, 0, 1)]),
        ("x**(3/2)/x", [(Fraction(1, 2), 0, 1)]),
        ("1/x", [(-1, 0, 1)]),
        ("x*log(x)", [(1, 1, -1)]),
        ("1/log(x)", [(0, -1, -1)]),
        ("sqrt(-x**2*log(x))", [(1, Fraction(1, 2), 1)]),
        ("exp(2*log(x))", [(2, 0, 1)]),
        ("(x**2 - 1)/(x - 1)", [(0, 0, 1), (1, 0, 1)]),  # a division without a rest is exact
        ("max(x, -x) - abs(x)", []),
        ("sin(x) - sin(x)", []),
    ],
)
def test_exact_terms(text: str, wanted: list[tuple[object, object, object]]) -> None:
    series = germ(text)
    assert terms(series) == wanted
    assert series.error is None


def test_taylor_series_are_known_to_an_order() -> None:
    series = germ("sin(x)/x", reach=6)
    assert terms(series)[:3] == [(0, 0, 1), (2, 0, Fraction(-1, 6)), (4, 0, Fraction(1, 120))]
    assert series.error is not None
    assert series.error >= 5


def test_sides_mirror_each_other() -> None:
    left, right = germ("exp(x)", "left"), germ("exp(x)")
    assert [(a, c if not a % 2 else -c) for a, _, c in terms(left)] == [(a, c) for a, _, c in terms(right)]


def test_growth_dominates_whatever_has_less_of_it() -> None:
    assert germ("exp(-1/x)").growth_sign() == -1
    assert germ("exp(1/x) - exp(1/x**2) + 5").sign() == -1
    assert germ("x**9 - exp(-1/x)").sign() == 1
    assert germ("tanh(1/x)").error == FLAT
    assert germ("exp(-exp(1/x))").growth_sign() == -1


def test_what_is_smaller_than_every_power_is_not_dropped() -> None:
    assert germ("x + exp(-1/x) - x").sign() == 1
    assert germ("1 - exp(exp(-1/x)) + exp(-1/x)").sign() == -1
    with pytest.raises(Undecidable):
        germ("1 - erf(1/x)").sign()  # erf is known to be flat beside 1 there, and no more


def test_cancelled_terms_are_no_zero() -> None:
    series = subtract(germ("sin(x)"), germ("sin(x)"))  # two objects: nothing says that they are one function
    with pytest.raises(NeedMoreTerms):
        series.leading()


def test_a_series_and_its_contrary_add_up_to_nothing() -> None:
    series = germ("sin(x)")
    assert add(series, negate(series)).is_exact_zero
    assert negate(negate(series)) is series
    assert subtract(series, series).is_exact_zero


@pytest.mark.parametrize(
    ("text", "order", "fails"),
    [
        ("sin(1/x)", 0, "oscillation"),
        ("x*sin(1/x)", 0, ""),
        ("x*sin(1/x)", 1, "oscillation"),
        ("x**3*sin(1/x)", 2, "oscillation"),  # each derivative of sin(1/x) costs x**2
        ("x**4*sin(1/x)", 2, ""),
        ("x**4*sin(1/x**2)", 2, "oscillation"),  # and of sin(1/x**2), x**3
        ("x**3*sin(log(x))", 2, ""),
        ("x**2*sin(log(x))", 2, "oscillation"),
        ("sqrt(x) + x*sin(1/x)", 1, "infinite"),
        ("sin(x*sin(1/x))", 1, "oscillation"),
        ("cos(x*sin(1/x))", 1, ""),  # 1 - x**2*sin(1/x)**2/2
        ("cos(x*sin(1/x))", 2, "oscillation"),
        ("1/(2 + cos(1/x))", 0, "oscillation"),
        ("x**2*abs(sin(1/x))", 1, ""),
        ("exp(-1/x)*sin(1/x)", 3, ""),
        ("exp(1/x)*sin(1/x)", 0, "oscillation"),
        ("1/x**2 + sin(1/x)/x", 0, "infinite"),
    ],
)
def test_oscillations(text: str, order: int, fails: str) -> None:
    with ctx.workprec(128):
        assert read_derivatives(germ(text), order).fails == fails


def test_an_oscillation_beyond_the_known_terms_is_not_lost() -> None:
    series = add(germ("exp(x)", reach=5), germ("x**9*sin(1/x)"))
    assert series.oscillation is not None
    with ctx.workprec(128), pytest.raises(NeedMoreTerms):
        read_derivatives(series, 5)


def test_abs_of_an_oscillation_has_no_second_derivative_to_speak_of() -> None:
    with ctx.workprec(128), pytest.raises(Undecidable):
        read_derivatives(germ("abs(x**9*sin(1/x))"), 2)


def test_products_of_many_terms_are_cut_off_and_say_so() -> None:
    long = Series(tuple(term for k in range(20) for term in monomial(ONE, k).terms))
    assert multiply(long, long, 10).error == 10
    assert multiply(T, long, 10).error is None


def test_where_a_side_has_no_value_it_is_missing() -> None:
    with ctx.workprec(128):
        found = Evaluation(parse("sqrt(x)").root, "x", {"x": constant_of_double(arb(0))}, 5).run()
    assert isinstance(found.left, NoValue)
    assert found.value.exact == 0
    assert terms(found.right) == [(Fraction(1, 2), 0, 1)]


def test_multiples_keep_what_they_are_of() -> None:
    assert terms(multiply(monomial(rational(Fraction(1, 2))), add(T, monomial(MINUS_ONE)), 4)) == [
        (0, 0, Fraction(-1, 2)),
        (1, 0, Fraction(1, 2)),
    ]
