"""Decimal text to exact rationals and back, whatever the length."""

from __future__ import annotations

import time
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.numerals import decimal, digits, fraction, integer, rational, terminates


def ones(count: int) -> int:
    """The integer of so many ones, without a text."""
    return (10**count - 1) // 9


@pytest.mark.parametrize("count", [1, 17, 3_999, 4_000, 4_001, 4_300, 4_301, 5_000, 8_000, 12_001, 50_000])
def test_integers_of_any_length_there_and_back(count):
    value = ones(count)
    assert integer("1" * count) == value
    assert digits(value) == "1" * count
    assert digits(-value) == "-" + "1" * count
    assert rational("1" * count) == value


@pytest.mark.parametrize("count", [3_999, 4_000, 5_000, 50_000])
def test_zeros_inside_of_long_integers_are_kept(count):
    assert digits(10**count) == "1" + "0" * count
    assert digits(10**count + 7) == "1" + "0" * (count - 1) + "7"
    assert integer("0" * count + "7") == 7


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2", 2),
        ("0", 0),
        ("007", 7),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("0.10", Fraction(1, 10)),
        ("1_000", 1000),
        ("1_0.2_5", Fraction(41, 4)),
        ("2e3", 2000),
        ("2E3", 2000),
        ("2e+3", 2000),
        ("2.5e-1", Fraction(1, 4)),
        ("1e1_0", 10**10),
        ("6.674e-11", Fraction(6674, 10**14)),
        ("0e5", 0),
        ("0.0e-5", 0),
        ("1e-400", Fraction(1, 10**400)),
    ],
)
def test_decimals_are_exact(text, value):
    found = rational(text)
    assert found == value
    assert type(found) is (int if value == int(value) else Fraction)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (-7, "-7"),
        (Fraction(1, 2), "0.5"),
        (Fraction(-1, 8), "-0.125"),
        (Fraction(41, 4), "10.25"),
        (10**15, "1000000000000000"),
        (10**16, "1e16"),
        (10**100, "1e100"),
        (-25 * 10**99, "-2.5e100"),
        (Fraction(1, 1000), "0.001"),
        (Fraction(25, 10**13), "0.0000000000025"),
        (Fraction(25, 10**40), "2.5e-39"),
        (Fraction(6674, 10**14), "0.00000000006674"),
        (12345678901234567890, "12345678901234567890"),
        (299792458, "299792458"),
    ],
)
def test_the_text_is_short_and_plain_where_it_can_be(value, text):
    assert decimal(value) == text


rationals = st.builds(
    lambda mantissa, exponent: rational(f"{abs(mantissa)}e{exponent}") * (-1 if mantissa < 0 else 1),
    st.integers(-(10**25), 10**25),
    st.integers(-60, 60),
)


@given(rationals)
def test_the_text_of_a_decimal_reads_back(value):
    text = decimal(value)
    assert rational(text.removeprefix("-")) == abs(value)
    assert text.startswith("-") == (value < 0)


@given(rationals)
def test_no_text_is_longer_than_the_shorter_of_plain_and_scientific(value):
    """Plain decimals up to 16 characters are as people write them; longer ones take the shorter form."""
    number = Decimal(value.numerator).scaleb(0) if value.denominator == 1 else None
    text = decimal(abs(value))
    if len(text) > 16 and number is not None:
        scientific = f"{abs(number.normalize()):e}".replace("e+", "e").replace("E+", "e")
        assert len(text) <= min(len(str(abs(value.numerator))), len(scientific))


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_exact_value_of_a_double_reads_back(value):
    exact = Fraction(abs(value))
    assert rational(decimal(exact if exact.denominator > 1 else int(exact))) == exact


@given(st.decimals(allow_nan=False, allow_infinity=False, places=12, min_value=0, max_value=10**12))
def test_decimals_are_read_as_the_standard_library_reads_them(value):
    assert rational(f"{value:f}") == Fraction(value)


@pytest.mark.parametrize(
    ("value", "ends"),
    [
        (Fraction(1, 2), True),
        (Fraction(1, 3), False),
        (Fraction(7, 2**40), True),
        (Fraction(7, 5**40), True),
        (Fraction(7, 6), False),
        (Fraction(3, 1), True),
        (Fraction(1, 2**30 * 5**3 * 7), False),
    ],
)
def test_an_expansion_ends_where_the_denominator_has_twos_and_fives_alone(value, ends):
    assert terminates(value) is ends


@given(st.integers(0, 400), st.integers(0, 400), st.sampled_from([1, 3, 7, 11]))
def test_a_decimal_terminates_where_only_twos_and_fives_are_below(twos, fives, other):
    value = Fraction(1, 2**twos * 5**fives * other)
    assert terminates(value) is (other == 1)


@pytest.mark.parametrize("text", ["1e-100000", "1.234567e-99990", "7e-99999"])
def test_tiny_literals_are_read_and_written_in_a_moment(text):
    start = time.process_time()
    for _ in range(3):
        value = rational(text)
        assert terminates(value)
        assert decimal(value) == text
    assert time.process_time() - start < 2.0


@pytest.mark.parametrize("digits", [1, 5_000])
def test_a_decimal_of_any_length_is_a_fraction(digits: int) -> None:
    text = "0." + "3" * digits + "e-2"
    exact = Fraction(10**digits // 3, 10 ** (digits + 2))
    assert fraction(text) == fraction("+" + text) == exact
    assert fraction("-" + text) == -exact
