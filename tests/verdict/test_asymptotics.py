"""Expressions on an asymptotic scale: what stays open and says why, and the constructors below."""

from __future__ import annotations

from fractions import Fraction

import pytest
from flint import ctx

from dcalc import functions as table
from dcalc.analysis.limit import solve_limit, write_constant
from dcalc.errors import Undefined
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol
from dcalc.parser import parse
from dcalc.point import allow_infinity, read_points
from dcalc.proof.constant import Constant, function_value, rational
from dcalc.verdict.asymptotic_scale import Scale, Size, Swinging
from dcalc.verdict.asymptotics import Rewriting, limit_along
from dcalc.verdict.coefficients import (
    Expansion,
    Part,
    compose,
    constant,
    element_symbol,
    exp_of,
    is_positive,
    log_of,
    log_slopes,
    make_power,
    minus,
    multiply,
    plus,
    power,
    raised,
    split,
    times,
)
from dcalc.verdict.limit import run_away
from dcalc.verdict.scale import NeedMoreTerms, Undecidable

X, B = symbol("x"), element_symbol(7)
HALF = Fraction(1, 2)

OPEN = [  # what is not decided, and a part of the reason
    ("gamma(x)*log(log(-x))", "-inf", "gamma at -inf"),
    ("digamma(x)*log(log(-x))", "-inf", "digamma at -inf"),
    ("polygamma(1, x)*log(log(-x))", "-inf", "polygamma at infinity"),
    ("polygamma(1e30, x)", "inf", "polygamma of a far order"),
    ("zeta(x)*log(log(-x))", "-inf", "zeta at -inf"),
    ("airyaiprime(x)*log(log(-x))", "-inf", "slope of an Airy function"),
    ("elliptic_k(-log(log(x)))", "inf", "elliptic_k at infinity"),
    ("besselj(x, x)", "inf", "besselj at infinity"),
    ("besselj(1 + 1/log(log(x)), 1/log(log(x)))", "inf", "two arguments that vary"),
    ("gamma(1/log(log(x)) - 20)", "inf", "a far pole"),
    ("elliptic_k(1 - 1/log(log(x)))", "inf", "at the limit of its argument"),
    ("elliptic_k(sin(x)/2)*log(log(x))", "inf", ""),
    ("exp(sin(x)*log(log(x)))/exp(log(log(x)))", "inf", ""),
    ("tan(x)*log(log(x)) - tan(x)*log(log(x) + 0*x)", "inf", ""),
]


def ask(text: str, place: str):
    with allow_infinity():
        (point,) = read_points([place]).points(["x"], ["x"])
    return solve_limit(parse(text).root, "x", point)


@pytest.mark.parametrize(("text", "place", "reason"), OPEN)
def test_what_is_open_says_why(text: str, place: str, reason: str):
    result = ask(text, place)
    assert result.status in ("unresolved", "no_limit") and (result.status == "no_limit" or reason in result.reason)


def test_a_pole_of_gamma_that_stays_is_undefined():
    assert limit_along(parse("gamma(x - x)").root, "x", {}, run_away).tendency == "undefined"
    scale = Rewriting({})
    with pytest.raises(Undefined, match="a pole"):
        scale._gamma_at_pole(times(ZERO, scale.x), 0)


def test_powers_of_zero():
    scale = Rewriting({})
    assert scale.power(scale.x, ZERO) is ONE
    assert scale.power(ZERO, number(HALF)) is ZERO
    assert scale.power(ZERO, scale.x) is ZERO
    for base, exponent in ((ZERO, number(-HALF)), (ZERO, times(number(-1), scale.x)), (number(-1), scale.x)):
        with pytest.raises(Undefined):
            scale.power(base, exponent)
    with pytest.raises(Undefined, match="argument needs > 0"):
        scale.logarithm(ZERO)


def test_what_vanishes_has_no_size():
    scale = Rewriting({})
    sine, cosine = make(table.SIN, raised(scale.x, -1)), make(table.COS, raised(scale.x, -1))
    zero = plus(raised(sine, 2), raised(cosine, 2), number(-1))
    assert scale.is_zero(zero) and scale.sign(zero) == 0
    assert scale.size(times(scale.x, plus(symbol("a"), times(number(-1), symbol("a"))))) is None
    assert scale.limit(zero).value is ZERO


def test_an_exponent_that_swings_is_no_power():
    scale = Rewriting({})
    scale.exponential(scale.x)
    sine, _ = scale.sine_cosine(scale.x)
    with pytest.raises(Swinging):
        scale.order(sine)
    with pytest.raises(Swinging):
        scale.exponential(times(plus(number(2), sine), scale.x))
    assert scale.arctangent(scale.x) is not None
    assert scale.choose(scale.x, scale.x, largest=True) is scale.x


def test_sizes_are_ordered():
    scale = Scale({})
    (element,) = scale.elements
    larger, smaller = Size(((element, 2),), ONE), Size(((element, 1),), ONE)
    assert (scale.compare_sizes(larger, smaller), scale.compare_sizes(smaller, larger)) == (1, -1)
    assert scale.compare_sizes(larger, larger) == 0


def test_too_many_sizes_are_open():
    text = "x"
    for _ in range(20):
        text = f"exp({text})"
    assert "many sizes" in limit_along(parse(text).root, "x", {}, run_away).reason
    text = "x"
    for _ in range(20):
        text = f"log({text})"
    assert "many sizes" in limit_along(parse(text).root, "x", {}, run_away).reason


def never(_node: Expr) -> bool:
    return False


def test_expansions():
    one = Expansion((Part(0, ONE),))
    assert multiply(Expansion(()), one, 3) == Expansion(())
    assert Expansion(()).first(never) is None
    assert power(Expansion(()), HALF, never, 3) == Expansion(())
    with pytest.raises(ZeroDivisionError):
        power(Expansion(()), Fraction(-1), never, 3)
    with pytest.raises(NeedMoreTerms):
        Expansion((), 1).first(never)
    with pytest.raises(NeedMoreTerms):
        split(Expansion((), 0), never)
    with pytest.raises(ValueError, match="grows"):
        split(Expansion((Part(-1, ONE),)), never)
    assert compose(log_slopes, ONE, Expansion(()), 3) == constant(ZERO)
    small = compose(log_slopes, ONE, Expansion((Part(1, ONE),)), 3)
    assert small == Expansion((Part(1, ONE), Part(2, number(-HALF))), 3)


def test_coefficients():
    assert plus(X, times(number(-1), X)) is ZERO
    assert plus(times(number(2), X), X) is times(number(3), X)
    assert minus(X, plus(X, ONE)) is number(-1)
    assert times(raised(X, 2), raised(X, -2)) is ONE
    assert times(exp_of(X), exp_of(times(number(-1), X))) is ONE
    assert log_of(exp_of(X)) is X and exp_of(log_of(X)) is X and exp_of(ZERO) is ONE and log_of(ONE) is ZERO
    assert raised(number(Fraction(4, 9)), HALF) is number(Fraction(2, 3))
    assert raised(number(2), HALF) is make(table.POW, number(2), number(HALF))
    assert raised(number(-2), HALF).op is table.POW
    assert raised(times(B, X), HALF) is times(raised(B, HALF), raised(X, HALF))
    assert raised(times(X, symbol("y")), HALF).op is table.POW
    assert raised(times(B, exp_of(X)), HALF) is times(raised(B, HALF), exp_of(times(number(HALF), X)))
    assert raised(raised(B, 3), HALF) is raised(B, Fraction(3, 2))
    assert raised(raised(X, 2), HALF) is not X  # which may be negative
    assert times(number(2), make_power(number(2), number(HALF)), make_power(number(2), number(HALF))) is number(4)
    assert is_positive(B) and is_positive(raised(B, HALF)) and is_positive(exp_of(X)) and not is_positive(X)


def test_closed_forms_are_short_and_known():
    with ctx.workprec(128):
        assert write_constant(rational(Fraction(1, 3))) is parse("1/3").root or write_constant(rational(3)) is number(3)
        assert write_constant(rational(Fraction(1, 1 << 40))) is None
        unknown = function_value("euler", (), rational(1).ball)
        assert write_constant(unknown) is None
        long: Constant = function_value("exp", (rational(2),), rational(2).ball.exp())
        for _ in range(40):
            long = function_value("exp", (long + long * long,), rational(1).ball)
        assert write_constant(long) is None


def test_undecided_is_raised_where_an_argument_grows():
    scale = Rewriting({})
    with pytest.raises(Undecidable, match="grows"):
        scale.expansion(make(table.SIN, scale.x), scale.elements[-1], 3)
