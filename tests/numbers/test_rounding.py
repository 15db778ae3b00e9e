"""Balls to doubles and decimals: correctly rounded, or not at all."""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

import pytest
from flint import arb, ctx, fmpq, fmpz
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp

from dcalc.numbers.rounding import as_decimal, as_double, rational_as_decimal, rough

LARGEST = 2.0**1023 * (2 - 2.0**-52)


def power(exponent: int) -> Fraction:
    return Fraction(2) ** exponent


def ball(value: Fraction | int, bits: int = 3_000) -> arb:
    """An exact ball, for a dyadic rational."""
    value = Fraction(value)
    with ctx.workprec(bits):
        exact = arb(fmpz(value.numerator)) / arb(fmpz(value.denominator))
    assert exact.is_exact()
    return exact


def around(value: Fraction | int, radius: Fraction) -> arb:
    """A ball with that midpoint and at least that radius."""
    with ctx.workprec(3_000):
        return arb(ball(value), ball(radius))


def nearest(value: Fraction) -> float:
    """The double nearest to a rational, ties to even: Python's own division of integers."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def rounded(what: arb) -> float | None:
    """`as_double` at a working precision that shows the ends of the ball as they are."""
    with ctx.workprec(3_000):
        return as_double(what)


EDGES = {
    "one": (Fraction(1), 1.0),
    "a tie down to even": (1 + power(-53), 1.0),
    "a tie up to even": (1 + power(-52) + power(-53), 1 + 2.0**-51),
    "just above a tie": (1 + power(-53) + power(-900), 1 + 2.0**-52),
    "just below a tie": (1 + power(-53) - power(-900), 1.0),
    "a negative tie": (-1 - power(-53), -1.0),
    "the smallest normal": (power(-1022), 2.0**-1022),
    "the largest subnormal": (power(-1022) - power(-1074), 2.0**-1022 - 2.0**-1074),
    "between the two": (power(-1022) - power(-1075), 2.0**-1022),
    "the smallest subnormal": (power(-1074), 2.0**-1074),
    "a tie of subnormals to even": (3 * power(-1075), 2.0**-1073),
    "a subnormal tie down": (5 * power(-1075), 2.0**-1073),
    "rounded once, not twice": (power(-1022) + power(-1074) / 2 - power(-1200), 2.0**-1022),
    "half of the smallest, to 0": (power(-1075), 0.0),
    "a hair above half of the smallest": (power(-1075) + power(-2000), 2.0**-1074),
    "far below the smallest": (power(-1500), 0.0),
    "far below the smallest, negative": (-power(-1500), -0.0),
    "the largest": (Fraction(LARGEST), LARGEST),
    "a hair below the bound of overflow": (power(1024) - power(970) - 1, LARGEST),
    "the bound of overflow": (power(1024) - power(970), math.inf),
    "beyond": (power(1024), math.inf),
    "far beyond, negative": (-power(2000), -math.inf),
    "zero": (Fraction(0), 0.0),
}


@pytest.mark.parametrize(("value", "expected"), EDGES.values(), ids=EDGES)
def test_exact_balls_round_to_the_nearest_even_double(value, expected):
    found = rounded(ball(value))
    assert found == expected
    assert math.copysign(1, found) == math.copysign(1, expected)
    assert found == nearest(value)


@pytest.mark.parametrize(
    ("value", "radius"),
    [
        (1 + power(-53), power(-200)),
        (1 + power(-52) + power(-53), power(-200)),
        (3 * power(-1075), power(-1300)),
        (power(-1075), power(-1300)),
        (power(1024) - power(970), power(500)),
        (Fraction(0), power(-2000)),
        (power(-1500), power(-1500)),
        (Fraction(1), power(-52)),
        (Fraction(1, 4), Fraction(1)),
    ],
)
def test_a_ball_over_an_edge_is_undecided(value, radius):
    assert rounded(around(value, radius)) is None


@pytest.mark.parametrize(
    ("value", "radius", "expected"),
    [
        (Fraction(1), power(-55), 1.0),
        (Fraction(1), power(-200), 1.0),
        (power(-1500), power(-1501), 0.0),
        (-power(-1500), power(-1501), -0.0),
        (power(1030), power(1000), math.inf),
        (-power(1030), power(1000), -math.inf),
        (Fraction(LARGEST), power(968), LARGEST),
    ],
)
def test_a_ball_within_the_same_double_is_decided(value, radius, expected):
    found = rounded(around(value, radius))
    assert found == expected
    assert math.copysign(1, found) == math.copysign(1, expected)


@pytest.mark.parametrize("text", ["nan", "[+/- inf]", "[1 +/- 1e400]"])
def test_balls_that_are_no_finite_numbers_are_undecided(text):
    assert as_decimal(arb(text), 30) is None
    assert rounded(arb(text)) is None


@given(st.integers(-(2**80), 2**80), st.integers(-1_200, 1_100))
def test_any_dyadic_number_rounds_as_python_rounds_it(mantissa, exponent):
    value = mantissa * power(exponent)
    assert rounded(ball(value)) == nearest(value)


@given(st.fractions(max_denominator=10**30), st.integers(60, 300))
def test_an_inexact_ball_rounds_rightly_or_not_at_all(value, bits):
    with ctx.workprec(bits):
        found = as_double(arb(fmpq(value.numerator, value.denominator)))
    assert found is None or found == nearest(value)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_double_is_itself(value):
    assert rounded(arb(value)) == value


# --- decimals -----------------------------------------------------------------------------


def decimal_of(value: Fraction, digits: int) -> Decimal:
    """The rational in that many significant digits, ties to even, by the standard library."""
    return Context(prec=digits, rounding=ROUND_HALF_EVEN).divide(Decimal(value.numerator), Decimal(value.denominator))


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (Fraction(1), 5, "1.0000"),
        (Fraction(1, 4), 5, "0.25000"),
        (Fraction(5, 2), 1, "2"),
        (Fraction(7, 2), 1, "4"),
        (Fraction(-5, 2), 1, "-2"),
        (Fraction(999_999), 3, "1000000"),
        (Fraction(0), 5, "0"),
        (Fraction(123_456_789), 3, "123000000"),
    ],
)
def test_exact_decimals(value, digits, text):
    found = as_decimal(ball(value), digits)
    assert Decimal(found) == Decimal(text)


@given(st.fractions(max_denominator=10**40), st.integers(1, 60))
def test_a_decimal_is_correctly_rounded_or_not_given(value, digits):
    with ctx.workprec(400):
        found = as_decimal(arb(fmpq(value.numerator, value.denominator)), digits)
    if found is not None:
        assert Decimal(found) == decimal_of(value, digits)


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=10**6, max_denominator=10**6), st.integers(1, 60))
def test_a_decimal_with_room_to_spare_is_given(value, digits):
    """400 bits hold 120 digits; only a tie within the last of them may be left open."""
    with ctx.workprec(400):
        found = as_decimal(arb(fmpq(value.numerator, value.denominator)), digits)
    doubled = 2 * value * 10 ** (digits - 1 - decimal_of(value, digits).adjusted())
    assert found is not None or doubled.denominator == 1


@pytest.mark.parametrize("name", ["pi", "e", "log2", "sqrt"])
@pytest.mark.parametrize("digits", [1, 15, 30, 100, 1_000])
def test_constants_have_the_digits_of_mpmath(name, digits):
    with ctx.workprec(8_000):
        found = {"pi": arb.pi, "e": lambda: arb(1).exp(), "log2": lambda: arb(2).log(), "sqrt": lambda: arb(2).sqrt()}
        text = as_decimal(found[name](), digits)
    with mp.workdps(digits + 20):
        truth = {"pi": +mp.pi, "e": +mp.e, "log2": mp.log(2), "sqrt": mp.sqrt(2)}[name]
        assert Decimal(text) == Context(prec=digits).plus(Decimal(mp.nstr(truth, digits + 15)))
    assert len(text.replace(".", "").lstrip("0")) == digits


@pytest.mark.parametrize("bits", [64, 90, 100])
def test_a_ball_with_too_few_digits_is_undecided(bits):
    with ctx.workprec(bits):
        assert as_decimal(arb.pi(), 40) is None
        assert as_decimal(arb.pi(), 10) is not None


def test_a_ball_over_a_tie_is_undecided_and_its_neighbours_are_not():
    tie = Fraction(10**29 * 2 + 1, 2)  # 30 digits, then a half
    with ctx.workprec(3_000):
        assert as_decimal(around(tie, power(-2_000)), 30) is None
        assert as_decimal(around(tie + power(-60), power(-2_000)), 30) == plain(10**29 + 1)
        assert as_decimal(around(tie - power(-60), power(-2_000)), 30) == plain(10**29)


def test_a_ball_that_holds_zero_is_undecided():
    assert as_decimal(around(Fraction(0), power(-2_000)), 30) is None


def plain(value: int) -> str:
    return rational_as_decimal(Fraction(value), 30)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2.50", "2.50"),
        ("0.0001", "0.0001"),
        ("0.00001", "1e-5"),
        ("123456789012345.5", "123456789012345.5"),
        ("1234567890123456", "1234567890123456"),
        ("1.5E+16", "1.5e16"),
        ("-1.5E-40", "-1.5e-40"),
        ("1E+434", "1e434"),
        ("0", "0"),
    ],
)
def test_decimals_are_positional_where_that_is_short(value, text):
    assert rational_as_decimal(Fraction(value), len(Decimal(value).as_tuple().digits)) == text


def test_a_rough_bound_is_a_text_with_its_radius():
    text = rough(around(Fraction(0), power(-40)))
    assert "+/-" in text
