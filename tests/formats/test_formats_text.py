"""The small parts: numbers in few digits, lines that fit, columns that share."""

from __future__ import annotations

from decimal import Decimal
from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from dcalc.finding import Column
from dcalc.formats import comment
from dcalc.formats.common.tables import fit, needed, packed, wrap
from dcalc.numbers.rounding import format_duration, format_error, format_number, format_places, round_decimal
from dcalc.text import count_noun, escape_unprintable, shorten, text_width


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 ulps"), (1, "1 ulp"), (2_000, "2,000 ulps"), (1.0, "1 ulp"), (1.004, "1 ulp"), (1.5, "1.5 ulps")],
)
def test_nouns_are_counted(count, text):
    assert count_noun(count, "ulp") == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (0.0, "0"),
        (4.9e-16, "4.9e-16"),
        (2.2204e-16, "2.2e-16"),
        (1.1, "1.1"),
        (1.0, "1.0"),
        (15.9, "16"),
        (123.4, "123"),
        (9999.0, "1.0e4"),
        (1.4e7, "1.4e7"),
        (0.5, "0.50"),
        (0.0012, "0.0012"),
        (0.00012, "1.2e-4"),
        (5e-324, "4.9e-324"),
        (1e300, "1.0e300"),
        (inf, "inf"),
    ],
)
def test_errors_in_two_digits(value, text):
    assert format_error(value) == text


@pytest.mark.parametrize(("value", "text"), [(None, ""), (15.94, "15.9"), (0.0, "0.0"), (inf, "all")])
def test_right_digits(value, text):
    assert format_places(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (1e-9, "1.0 ns"),
        (9.96e-7, "996 ns"),
        (9.999e-7, "1.0 us"),
        (1.23e-5, "12 us"),
        (0.0024, "2.4 ms"),
        (2.5, "2.5 s"),
    ],
)
def test_durations(seconds, text):
    assert format_duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "digits", "text"),
    [
        (None, None, ""),
        (nan, None, ""),
        (-inf, 5, ""),
        (2.0, None, "2.0"),
        (-0.0, None, "-0.0"),
        (1e22, None, "1e+22"),
        (2.0, 3, "2.00"),
        (2.5, 1, "2"),  # a tie: to even
        (0.0, 3, "0.00"),
        (-0.00012345, 2, "-0.00012"),
        (0.000012345, 2, "0.000012"),
        (0.0000012345, 2, "1.2e-6"),
        (123456.0, 2, "120000"),
        (1e20, 3, "1.00e20"),
        (9.999, 2, "10"),
        (0.1, 17, "0.1"),
    ],
)
def test_doubles(value, digits, text):
    assert format_number(value, digits) == text


@pytest.mark.parametrize(
    ("text", "digits", "shown"),
    [
        ("2.22324427548393273070594125070", 30, "2.22324427548393273070594125070"),
        ("2.22324427548393273070594125070", 20, "2.2232442754839327307"),
        ("-0.000123456", 3, "-0.000123"),
        ("1.23456e+434", 3, "1.23e434"),
        ("1.23456e-434", 3, "1.23e-434"),
        ("2", 5, "2"),
        ("[+/- 1e-2466]", 2, "[+/- 1e-2466]"),
    ],
)
def test_rounding_a_reference(text, digits, shown):
    assert round_decimal(text, digits) == shown


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 16))
def test_asked_digits_are_the_nearest(value, digits):
    shown = Decimal(format_number(value, digits))
    step = Decimal(1).scaleb((shown or Decimal(1)).adjusted() - digits + 1)
    assert abs(shown - Decimal(value)) <= step / 2 or value == 0


@given(st.text(), st.integers(1, 60))
def test_wrapped_lines_fit_and_lose_nothing(text, width):
    text = escape_unprintable(text)
    lines = wrap(text, width)
    assert all(text_width(line) <= max(width, 2) for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("", 5, [""]),
        ("one two three", 7, ["one two", "three"]),
        ("2*x*sin(x) + x**2*cos(x)", 14, ["2*x*sin(x)", "+ x**2*cos(x)"]),
        ("sin(x)*1.25e-10*cos(x)", 12, ["sin(x)*", "1.25e-10*cos", "(x)"]),
        ("12345678901234567890123", 15, ["1234567890", "1234567890123"]),
        ("θθθθ", 2, ["θθ", "θθ"]),
        ("漢字漢字", 5, ["漢字", "漢字"]),
    ],
)
def test_wrap(text, width, lines):
    assert wrap(text, width) == lines


def test_packed_items_are_not_broken():
    assert packed(["abs 1.0e-16", "rel 2.0e-16", "ulps 1"], 24) == ["abs 1.0e-16, rel 2.0e-16", "ulps 1"]


def test_a_long_text_is_shown_by_its_ends():
    assert shorten("abc", 3) == "abc"
    assert shorten("a" * 50 + "b" * 50, 10) == "aaaaa ... [100 characters] ... bbbbb"
    assert shorten("a{0}" * 50, 4, "...") == "a{...0}"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"])))
def test_the_width_of_a_text_is_what_rich_says(text):
    assert text_width(text) == cell_len(text)


@given(st.text())
def test_what_is_spelled_out_stays_on_its_line(text):
    shown = escape_unprintable(text)
    assert all(char.isprintable() or char in "\u00a0\u3000" for char in shown)
    assert escape_unprintable(text, "ascii").isascii()
    assert shown == text or not text.isprintable()


COLUMNS = [
    Column("a", "a"),
    Column("b", "b", "number"),
    Column("c", "c", "number", rank=1, short="c"),
    Column("d", "d", rank=2),
]


@pytest.mark.parametrize(
    ("width", "shown", "folded", "widths"),
    [
        (80, [0, 1, 2, 3], [], [20, 5, 5, 9]),
        (40, [0, 1, 2, 3], [], [15, 5, 5, 9]),
        (30, [0, 1, 2], [], [16, 5, 5]),
        (24, [0, 1], [2], [17, 5]),
        (18, None, None, None),
    ],
)
def test_the_least_important_columns_go_first(width, shown, folded, widths):
    natural = needed(COLUMNS, [["w" * 20, "12345", "1.234", "x" * 9]])
    assert natural == [20, 5, 5, 9]
    layout = fit(COLUMNS, natural, width)
    assert (layout and (layout.shown, layout.folded, layout.widths)) == (shown and (shown, folded, widths))


def test_an_optional_column_without_cells_is_not_shown():
    assert needed(COLUMNS, [["w", "1", "", ""]]) == [1, 1, 0, 0]


def test_comments():
    assert comment("undefined", "") == "# undefined\n"
    assert comment("error", "two\nlines", "%") == "% error: two\\nlines\n"
