"""Enclosures over intervals hold what mpmath finds inside of them."""

from __future__ import annotations

import math

import mpmath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.analysis.plot.oracle import Oracle
from dcalc.parser import parse

FUNCTIONS = [
    ("x**3 - 3*x", lambda x: x**3 - 3 * x),
    ("x**7", lambda x: x**7),
    ("exp(sin(x))", lambda x: mpmath.exp(mpmath.sin(x))),
    ("1/(x - 20)", lambda x: 1 / (x - 20)),
    ("tanh(x)*x**2", lambda x: mpmath.tanh(x) * x**2),
    ("besselj(0, x)", lambda x: mpmath.besselj(0, x)),
    ("gamma(x)", mpmath.gamma),
    ("sqrt(x)", mpmath.sqrt),
    ("erf(x)", mpmath.erf),
]


@pytest.mark.parametrize(("text", "f"), FUNCTIONS)
@given(low=st.floats(-6, 6), width=st.floats(1e-9, 1.0), part=st.floats(0, 1))
@settings(max_examples=25, deadline=None)
def test_what_is_inside_is_enclosed(text, f, low, width, part):
    spans = Oracle(parse(text).root, "x").enclosures
    high = low + width
    x = min(low + part * width, high)
    mpmath.mp.dps = 40
    for order in (0, 1, 2):
        bounds = spans.over(order, low, high)
        if bounds is not None:
            value = mpmath.diff(f, mpmath.mpf(x), order) if order else f(mpmath.mpf(x))
            slack = 1e-12 * (1 + abs(value))  # of mpmath's numerical derivative
            assert bounds.low - slack <= value <= bounds.high + slack
    slopes = spans.slopes(low, high)
    if slopes is not None:
        slope = mpmath.diff(f, mpmath.mpf(x))
        assert slopes.low - 1e-12 * (1 + abs(slope)) <= slope <= slopes.high + 1e-12 * (1 + abs(slope))
        assert spans.over(1, low, high) is not None


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("abs(x)", -1, 1),
        ("floor(x)", 0.5, 1.5),
        ("1/x", -1, 1),
        ("sqrt(x)", 0, 1),
        ("log(x)", -1, 1),
        ("gamma(x)", -1.1, -0.9),
    ],
)
def test_no_slope_is_claimed_over_a_kink_or_a_break(text, low, high):
    spans = Oracle(parse(text).root, "x").enclosures
    assert spans.over(1, low, high) is None and spans.slopes(low, high) is None


@pytest.mark.parametrize(("text", "void"), [("log(x)", True), ("sqrt(x)", True), ("abs(x)", False), ("1/(x-9)", False)])
def test_where_f_has_no_values(text, void):
    assert Oracle(parse(text).root, "x").enclosures.is_void(-2.0, -1.0) is void


def test_bounds_of_wide_balls():
    """Whole powers around 0, and gamma left of it, where flint's own balls are no use."""
    assert Oracle(parse("x**3").root, "x").enclosures.over(0, -0.5, 0.5) == pytest.approx((-0.125, 0.125), rel=1e-6)
    for pole in (-1, -2, -3):
        bounds = Oracle(parse("gamma(x)").root, "x").enclosures.over(1, pole + 1e-6, pole + 1.25e-6)
        assert bounds is not None and bounds.sign


def test_the_mean_value_form_is_tighter():
    spans = Oracle(parse("x*(x - 1)*(x - 2)*(x - 3)").root, "x").enclosures
    plain, tight = spans.over(1, 1.45, 1.6), spans.slopes(1.45, 1.6)
    assert plain is not None and tight is not None
    assert plain.low <= tight.low <= tight.high <= plain.high and tight.height < 0.7 * plain.height


@pytest.mark.parametrize(
    ("text", "order", "x", "value"),
    [
        ("sin(x)", 0, 1.0, math.sin(1.0)),
        ("x**2", 1, 3.0, 6.0),
        ("1/x", 0, 0.0, None),
        ("abs(x)", 1, 0.0, None),
        ("0*x", 1, 1.0, 0.0),
    ],
)
def test_values_at_points(text, order, x, value):
    assert Oracle(parse(text).root, "x").enclosures.value(order, x) == value


def test_where_a_derivative_has_no_closed_form_nothing_is_claimed():
    spans = Oracle(parse("sphericalbesselj(x, 2)").root, "x").enclosures
    assert spans.over(1, 1.0, 1.1) is None and spans.value(1, 1.0) is None
