"""Bounds over an interval hold every value there, at the ends of the range of doubles, too."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations_with_replacement
from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc import functions as table
from dcalc.isolate.spans import Span, bound
from dcalc.parser import parse

RATIONAL = {
    "x*x": lambda x: x * x,
    "1/x": lambda x: 1 / x,
    "1/(x*x*x)": lambda x: 1 / x**3,
    "x**3": lambda x: x**3,
    "x**-3": lambda x: x**-3,
    "x + 1e308": lambda x: x + 10**308,
    "1e-400*x": lambda x: x / 10**400,
    "x*x - 1/x": lambda x: x * x - 1 / x,
    "(x + 1e-300)*x*1e-300": lambda x: (x + Fraction(1, 10**300)) * x / 10**300,
}
ends = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.slow_cases(fast_every=3)
@pytest.mark.parametrize("text", RATIONAL)
@given(ends, ends, st.fractions(0, 1).filter(lambda part: 0 < part < 1))
def test_exact_values_lie_within(text: str, first: float, second: float, part: Fraction) -> None:
    low, high = sorted((first, second))
    point = Fraction(low) + (Fraction(high) - Fraction(low)) * part
    if low == high or not point:
        return
    span = bound(parse(text).root, "x", Span(low, high, not low < 0 < high), {})
    value = RATIONAL[text](point)
    assert span.low == -inf or Fraction(span.low) <= value
    assert span.high == inf or value <= Fraction(span.high)
    assert not span.sign or value * span.sign > 0


LARGEST = 1.7976931348623157e308
EDGES = (-inf, -LARGEST, -3.0, -2.5, -5e-324, 0.0, 5e-324, 0.3, 1.0, 3.5, 1e22, LARGEST, inf)


@pytest.mark.parametrize("row", [row for row in table.functions() if row.minimum == 1], ids=lambda row: row.key)
def test_every_function_has_bounds_between_the_edges_of_doubles(row: table.Row) -> None:
    root = parse(f"{row.name}(x)").root
    for low, high in combinations_with_replacement(EDGES, 2):
        if low == high and low in (-inf, inf):
            continue
        span = bound(root, "x", Span(low, high, low > 0 or high < 0), {})
        assert span.low <= span.high
