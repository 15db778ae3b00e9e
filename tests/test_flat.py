"""The derivative of a function that is constant on an interval is 0 there, whatever the chain rule is."""

from __future__ import annotations

import math

import pytest

from dcalc.derive import derivative
from dcalc.notation import write
from dcalc.numbers.real import evaluate
from dcalc.parser import parse

# Where the inner function is constant f is, so its derivative is 0; elsewhere the chain rule, by hand.
CUT = [
    ("sqrt(max(0, x))", "where(x >= 0, 1/(2*sqrt(x)), 0)"),
    ("sqrt(relu(x))", "where(x >= 0, 1/(2*sqrt(x)), 0)"),
    ("sqrt(max(x - y, 0))", "where(x - y >= 0, 1/(2*sqrt(x - y)), 0)"),
    ("sqrt(sqrt(relu(x)))", "where(x >= 0, 1/(4*x**(3/4)), 0)"),
    ("sqrt(where(x > 1, x - 1, 0))", "where(x >= 1, 1/(2*sqrt(x - 1)), 0)"),
    ("sqrt(relu(abs(x) - 1))", "where(x >= 1, 1/(2*sqrt(x - 1)), where(x <= -1, -1/(2*sqrt(-x - 1)), 0))"),
    ("acos(clip(x, -1, 1))", "where(x >= -1 and x <= 1, -1/sqrt(1 - x**2), 0)"),
    ("asin(min(x, 1))", "where(x <= 1, 1/sqrt(1 - x**2), 0)"),
    ("acosh(max(x, 1))", "where(x >= 1, 1/(sqrt(x + 1)*sqrt(x - 1)), 0)"),
    ("cbrt(relu(x))", "where(x >= 0, 1/(3*cbrt(x)**2), 0)"),
    ("cbrt(min(x, 0))", "where(x <= 0, 1/(3*cbrt(x)**2), 0)"),
    ("root(relu(x), 5)", "where(x >= 0, 1/(5*root(x, 5)**4), 0)"),
    ("relu(x)**(2/3)", "where(x >= 0, 2/(3*x**(1/3)), 0)"),
    ("hypot(relu(x), relu(y))", "where(x >= 0, x/hypot(x, relu(y)), 0)"),
    ("sqrt(relu(x)**2 + relu(y)**2)", "where(x >= 0, x/sqrt(x**2 + relu(y)**2), 0)"),
    ("exp(sqrt(relu(x)))", "exp(sqrt(relu(x)))*where(x >= 0, 1/(2*sqrt(x)), 0)"),
    (
        "airyaix(relu(x))",  # a function with a body, and without partials of its own
        "where(x >= 0, exp(2*x**(3/2)/3)*airyai(x)*sqrt(x) + exp(2*x**(3/2)/3)*airyaiprime(x), 0)",
    ),
    ("xlogx(relu(x))", "where(x >= 0, 1 + log(x), 0)"),
]
# Outer functions without infinite slope at what the inner one keeps, and those that have no value there.
WHOLE = [
    ("relu(x)**2", "2*step(x)*relu(x)"),
    ("exp(relu(x))", "exp(relu(x))*step(x)"),
    ("relu(x)**1.5", "1.5*step(x)*sqrt(relu(x))"),
    ("sqrt(1 + relu(x))", "step(x)/(2*sqrt(1 + relu(x)))"),
    ("sqrt(x**2 + abs(x))", "(2*x + sign(x))/(2*sqrt(x**2 + abs(x)))"),
    ("log(relu(x))", "step(x)/relu(x)"),
    ("acosh(relu(x))", "step(x)/(sqrt(1 + relu(x))*sqrt(relu(x) - 1))"),
    ("sqrt(max(x, y))", "where(x >= y, 1, 0)/(2*sqrt(max(x, y)))"),  # no value at all for x, y < 0
]


@pytest.mark.parametrize(("text", "expected"), CUT + WHOLE)
def test_the_outer_derivative_stands_inside_of_the_choice(text: str, expected: str) -> None:
    assert write(derivative(parse(text).root, ("x",))) == expected


@pytest.mark.parametrize(
    ("text", "order", "at", "expected"),
    [
        ("sqrt(x + abs(x))", 1, 2.0, 1 / (2 * math.sqrt(1.0))),  # sqrt(2*x)
        ("sqrt(x + abs(x))", 1, -2.0, 0),
        ("sqrt(abs(x) - x)", 1, 3.0, 0),
        ("sqrt(relu(x)*relu(1 - x))", 1, -1.0, 0),
        ("sqrt(relu(x)*relu(1 - x))", 1, 2.0, 0),
        ("sqrt(relu(x)*relu(1 - x))", 1, 0.2, 0.75),  # (1 - 2*x)/(2*sqrt(x*(1 - x)))
        ("sqrt(1 - cos(relu(x)))", 1, -1.0, 0),
        ("sqrt(relu(x))", 2, -1.0, 0),
        ("sqrt(relu(x))", 2, 1.0, -0.25),
        ("relu(x)**1.5", 2, -1.0, 0),
        ("x*sqrt(relu(x))", 1, -1.0, 0),
        ("sqrt(relu(x) + relu(-x - 3))", 1, -1.0, 0),  # flat from -3 to 0
        ("sqrt(relu(x) + relu(-x - 3))", 1, 4.0, 0.25),
        ("sqrt(relu(x) + relu(-x - 3))", 1, -7.0, -0.25),
    ],
)
def test_values_on_both_parts(text: str, order: int, at: float, expected: float) -> None:
    slope = derivative(parse(text).root, ("x",) * order)
    assert evaluate(slope, {"x": at}) == pytest.approx(expected, rel=1e-14)


def test_where_the_flat_part_ends_there_is_no_value() -> None:
    for text, at in (("sqrt(relu(x))", 0.0), ("acos(clip(x, -1, 1))", 1.0), ("cbrt(min(x, 0))", 0.0)):
        assert not math.isfinite(evaluate(derivative(parse(text).root, ("x",)), {"x": at}))
