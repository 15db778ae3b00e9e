"""Numbers halfway between two decimals or doubles, and parts that are one number all around a point.

A tie is a rational, and the truth beside each case is that rational; rounding is to nearest even.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parser import parse
from dcalc.problem import Problem

TINY = 2.0**-45
TIED = 2.0**-44  # with 31 digits, of which the last is 5


def rounded(value: Fraction, digits: int) -> Decimal:
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).divide(Decimal(value.numerator), Decimal(value.denominator))


def slope_of_ninth(x: Fraction) -> Fraction:
    """The derivative of -(17/16 + 21/16*x)**9/(9*17/16*x**9), by the quotient rule."""
    a, b, c = Fraction(17, 16), Fraction(21, 16), Fraction(17, 16)
    above, below = -((a + b * x) ** 9) / 9, c * x**9
    return (-((a + b * x) ** 8) * b * below - above * 9 * c * x**8) / below**2


TIES = [
    ("-1/9*(17/16 + 21/16*x)**9/(17/16*x**9)", 0.3125, 1, slope_of_ninth(Fraction(5, 16))),
    ("exp(2*log(x))", TINY, 1, 2 * Fraction(TINY)),
    ("exp(2*log(x))", TINY, 0, Fraction(TINY) ** 2),
    ("exp(3*log(x))", 0.7, 2, 6 * Fraction(0.7)),  # halfway between two doubles
    ("sqrt(x)**4", TINY, 1, 2 * Fraction(TINY)),
    ("exp(log(x)/2)**6", 0.7, 1, 3 * Fraction(0.7) ** 2),
    ("tan(asin(x))*sqrt(1 - x**2)", TIED, 0, Fraction(TIED)),
    ("gamma(x + 1)/gamma(x)", TIED, 0, Fraction(TIED)),
    ("gamma(x + 2)/gamma(x)", 3 * TINY, 1, 2 * Fraction(3 * TINY) + 1),
    ("x**pi/x**(pi - 1)", TIED, 0, Fraction(TIED)),
    ("sinh(asinh(x))", TIED, 0, Fraction(TIED)),
    ("where(x == 0, 0, exp(2*log(abs(x))))", TINY, 1, 2 * Fraction(TINY)),
]


@pytest.mark.parametrize(("text", "at", "order", "truth"), TIES)
def test_ties_round_to_even(text: str, at: float, order: int, truth: Fraction) -> None:
    answer = differentiate(Problem(parse(text).root, ("x",) * order, {"x": at}))
    assert (answer.status, answer.value) == ("ok", float(truth))
    assert answer.decimal is not None
    assert Decimal(answer.decimal) == rounded(truth, 30)
    assert answer.certified


def test_what_may_be_a_tie_keeps_its_double() -> None:
    # legendre's duplication makes the quotient 1, which no rule here knows: the value is the point itself
    text = "x*gamma(x)*gamma(x + 1/2)*2**(2*x - 1)/(sqrt(pi)*gamma(2*x))"
    answer = differentiate(Problem(parse(text).root, (), {"x": TIED}))
    assert (answer.status, answer.value, answer.precision) == ("ok", TIED, 29)
    assert answer.decimal is not None
    assert Decimal(answer.decimal) == rounded(Fraction(TIED), 29)
    assert answer.note == "digit 30 may be a tie: the decimal has 29"


ZEROS = [  # identities, whose proofs stand in DLMF 4.14 to 4.45, 5.5, 7.2 and 10.6
    "hypot(x, 0) - abs(x)",
    "sin(asin(x)) - x",
    "exp(log(x)) - x",
    "sinh(asinh(x)) - x",
    "atanh(tanh(x)) - x",
    "acosh(cosh(x)) - x",
    "asin(sin(x)) - x",
    "acos(cos(x)) - x",
    "atan(tan(x)) - x",
    "asin(cos(x)) + x - pi/2",
    "atan(x) + atan(1/x) - pi/2",
    "2*atan(exp(x)) - pi/2 - atan(sinh(x))",
    "log(x*x) - 2*log(x)",
    "sqrt(1 - sin(x)**2) - cos(x)",
    "tan(x/2) - sin(x)/(1 + cos(x))",
    "max(x, -x) - sqrt(x**2)",
    "gamma(x + 1) - x*gamma(x)",
    "log(gamma(x + 1)) - lgamma(x + 1)",
    "digamma(x + 1) - digamma(x) - 1/x",
    "besselj(2, x) - 2*besselj(1, x)/x + besselj(0, x)",
    "erf(x) + erfc(x) - 1",
    "erf(erfinv(x)) - x",
    "lambertw(x*exp(x)) - x",
    "atan2(x, 1) - atan(x)",
]


@pytest.mark.parametrize("zero", ZEROS)
@pytest.mark.parametrize("outer", ["abs", "sign"])
@pytest.mark.parametrize("order", [0, 1])
def test_a_zero_by_identity_has_no_kink(zero: str, outer: str, order: int) -> None:
    answer = differentiate(Problem(parse(f"{outer}({zero})").root, ("x",) * order, {"x": 0.3}))
    assert (answer.status, answer.value, answer.decimal) == ("ok", 0.0, "0"), answer


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("where(sin(asin(x)) == x, x, 2)", 0.3, 1.0),
        ("max(sin(x)**2 + cos(x)**2, 1) + x", 0.3, 1.0),
        ("floor(sin(x)**2 + cos(x)**2) + x", 0.3, 1.0),
        ("clip(2*cosh(x)**2 - 2*sinh(x)**2, 0, 2) + x", 0.3, 1.0),
        ("asin(sin(x))", 3.0, -1.0),  # pi - x
        ("acosh(cosh(x)) - x", 0.3, 0.0),
        ("acosh(cosh(x)) + x", -0.3, 0.0),
        ("abs(asin(sin(x)) - x)", 3.0, 2.0),  # 2*x - pi: no identity
        ("abs(lambertw(x*exp(x)) - x)", 1.0, 0.0),
    ],
)
def test_a_number_by_identity_decides_choices(text: str, at: float, value: float) -> None:
    answer = differentiate(Problem(parse(text).root, ("x",), {"x": at}))
    assert (answer.status, answer.value) == ("ok", value), answer


@pytest.mark.parametrize(
    ("text", "at", "kind"),
    [
        ("abs(sin(asin(x)) - 0.25)", 0.25, "kink"),
        ("sign(exp(log(x)) - 0.5)", 0.5, "jump"),
        ("abs(sin(asin(x)) - x)", 1.0, "boundary"),
        ("floor(exp(log(x)))", 2.0, "jump"),
    ],
)
def test_a_zero_at_the_point_alone_is_an_edge(text: str, at: float, kind: str) -> None:
    answer = differentiate(Problem(parse(text).root, ("x",), {"x": at}))
    assert answer.kind == kind, answer
