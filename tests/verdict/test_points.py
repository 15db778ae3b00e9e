"""Points where derivatives fail to exist, hide, cancel or overflow, with truths found by hand.

Each truth follows from the expansion that stands beside it, or from the definition; the long
decimals are those of mpmath at 60 digits, rounded.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest

from dcalc.backends.reference import differentiate
from dcalc.parse import parse
from dcalc.problem import Problem


class Point(NamedTuple):
    text: str
    at: float
    order: int
    status: str
    value: float | None = None
    left: float | None = None
    right: float | None = None


INF = math.inf
POINTS = [
    # kinks: one-sided slopes differ
    Point("abs(x)", 0, 1, "kink", None, -1, 1),
    Point("x*abs(x)", 0, 1, "ok", 0),  # x**2 and -x**2
    Point("x*abs(x)", 0, 2, "kink", None, -2, 2),
    Point("abs(x)**3", 0, 2, "ok", 0),
    Point("abs(x)**3", 0, 3, "kink", None, -6, 6),
    Point("sqrt(x**2)", 0, 1, "kink", None, -1, 1),
    Point("max(0, x)", 0, 1, "kink", None, 0, 1),
    Point("relu(x)", 0, 1, "kink", None, 0, 1),
    Point("max(x, 2*x)", 0, 1, "kink", None, 1, 2),
    Point("max(x, -x) - abs(x)", 0, 1, "ok", 0),
    Point("max(x, 1 - x, 0)", 0.5, 1, "kink", None, -1, 1),
    Point("leaky_relu(x)", 0, 1, "kink", None, 0.01, 1),
    Point("huber(x, 0)", 1, 1, "ok", 1),  # x**2/2 and x - 1/2
    Point("huber(x, 0)", 1, 2, "kink", None, 1, 0),
    Point("elu(x)", 0, 1, "ok", 1),
    Point("elu(x)", 0, 2, "kink", None, 1, 0),
    Point("where(x <= 0, x**2, x**3)", 0, 2, "kink", None, 2, 0),
    Point("where(x <= 0, 0, exp(-1/x))", 0, 1, "ok", 0),  # flat on the right
    Point("sqrt(1 - cos(x))", 0, 1, "kink", None, -math.sqrt(0.5), math.sqrt(0.5)),  # |x|/sqrt(2)
    Point("asin(1 - x**2)", 0, 1, "kink", None, math.sqrt(2), -math.sqrt(2)),  # pi/2 - sqrt(2)*|x|
    Point("hypot(x, 0)", 0, 1, "kink", None, -1, 1),
    Point("erf(abs(x))", 0, 1, "kink", None, -2 / math.sqrt(math.pi), 2 / math.sqrt(math.pi)),
    Point("cosh(sqrt(abs(x)))", 0, 1, "kink", None, -0.5, 0.5),  # 1 + |x|/2
    # points are doubles, literals are exact
    Point("abs(sin(x))", math.pi, 1, "ok", -1),
    Point("abs(x - 0.1)", 0.1, 1, "ok", 1),
    Point("floor(10*x)", 0.1, 1, "ok", 0),  # 10 times the double 0.1 is above 1
    # holes
    Point("sin(x)/x", 0, 1, "removable", 0),
    Point("sin(x)/x", 0, 2, "removable", -1 / 3),
    Point("(exp(x) - 1 - x)/x**2", 0, 1, "removable", 1 / 6),
    Point("x/(exp(x) - 1)", 0, 2, "removable", 1 / 6),  # 1 - x/2 + x**2/12
    Point("exp(-1/x**2)", 0, 3, "removable", 0),
    Point("x**2*sin(1/x)", 0, 1, "removable", 0),  # squeezed
    Point("(x**2 - 1)/(x - 1)", 1, 1, "removable", 1),
    Point("besselj(1, x)/x", 0, 2, "removable", -1 / 8),  # 1/2 - x**2/16
    Point("gamma(x)*x", 0, 1, "removable", -0.5772156649015329),  # gamma(1 + x): minus Euler's constant
    Point("log(1 + x)/x", 0, 1, "removable", -0.5),
    Point("x/abs(x)", 0, 1, "undefined"),
    Point("sin(1/x)", 0, 1, "undefined"),
    Point("atan(1/x)", 0, 1, "undefined"),  # the limits are pi/2 and -pi/2
    Point("(x - x)/(x - x)", 1, 1, "undefined"),
    # no value
    Point("log(x)", -1, 1, "undefined"),
    Point("1/x", 0, 1, "undefined"),
    Point("gamma(x)", -1, 1, "undefined"),
    Point("x**(1/3)", -8, 1, "undefined"),
    Point("tan(pi*x/2)", 1, 1, "undefined"),
    Point("digamma(x)", -1, 1, "undefined"),
    Point("digamma(x) + 1/x", 0, 1, "removable", math.pi**2 / 6),  # psi(1 + x): trigamma(1)
    # edges
    Point("sqrt(x)", 0, 1, "boundary"),
    Point("x*sqrt(x)", 0, 1, "boundary", None, None, 0),
    Point("asin(x)", 1, 1, "boundary"),
    Point("acosh(x)", 1, 1, "boundary"),
    Point("x**x", 0, 1, "boundary"),
    Point("x**x", -1, 1, "boundary"),  # an isolated value
    Point("sqrt(-x**2)", 0, 1, "boundary"),
    Point("xlogx(x)", 0, 1, "boundary"),
    # jumps, cusps, oscillation
    Point("floor(x)", 1, 1, "jump", None, None, 0),
    Point("floor(2 - x**2)", 0, 1, "jump"),
    Point("sign(x)", 0, 1, "jump"),
    Point("step(x)*x", 0, 1, "kink", None, 0, 1),
    Point("x*floor(x)", 1, 1, "jump", None, None, 1),
    Point("mod(x, 1)", 2, 1, "jump", None, None, 1),
    Point("where(x == 0, 1, x)", 0, 1, "jump"),
    Point("where(x != 0, sin(x)/x, 0)", 0, 1, "jump"),
    Point("where(1 - cos(x) != 0, sin(1 - cos(x))/(1 - cos(x)), 0)*x", 0, 1, "ok", 1),
    Point("where(x == 0, 1, sin(x)/x)", 0, 2, "ok", -1 / 3),
    Point("sinc(x)", 0, 2, "ok", -1 / 3),
    Point("cbrt(x)", 0, 1, "vertical_tangent"),
    Point("abs(x)**(1/2)", 0, 1, "vertical_tangent"),
    Point("cbrt(x)**3", 0, 1, "ok", 1),
    Point("x**(4/3)", 0, 1, "boundary", None, None, 0),
    Point("cbrt(x)**4", 0, 2, "vertical_tangent"),
    Point("where(x == 0, 0, x*log(abs(x)))", 0, 1, "vertical_tangent"),
    Point("where(x <= 0, 0, x*sin(1/x))", 0, 1, "oscillation", None, 0, None),
    # ordinary points that doubles get wrong
    Point("tanh(x)", 25, 1, "ok", 7.714999391855671e-22),
    Point("log(1 + exp(x))", 800, 1, "ok", 1),
    Point("(1 - cos(x))/x**2", 1e-6, 1, "ok", -8.333333333332778e-08),
    Point("sin(x)", 1e22, 1, "ok", 0.5232147853951389),
    Point("tan(x)", math.pi / 2, 1, "ok", 2.6670937881135714e32),
    Point("lgamma(x)", -0.5, 1, "ok", 0.03648997397857652),
    Point("exp(x)", 1000, 1, "overflow"),
    Point("3*x + exp(800)", 1, 1, "ok", 3),  # f overflows, its derivative does not
    Point("1/(1 + exp(-x))", -750, 1, "ok", 0.0),  # below the least subnormal
    Point("softmax(0, x, 1)", 0, 1, "ok", 0.19661193324148188),  # sigmoid(x - 1): s*(1 - s) at -1
]


@pytest.mark.parametrize("point", POINTS, ids=lambda point: f"{point.text} at {point.at:g}, order {point.order}")
def test_point(point: Point) -> None:
    found = differentiate(Problem(parse(point.text).root, ("x",) * point.order, {"x": float(point.at)}))
    assert (found.kind or found.status) == point.status
    assert found.certified == (found.status in ("ok", "removable", "overflow"))
    for got, wanted in ((found.value, point.value), (found.left, point.left), (found.right, point.right)):
        assert (got is None) == (wanted is None), found
        assert wanted is None or got == pytest.approx(wanted, rel=2.3e-16, abs=0)


def test_a_double_beside_a_literal_is_told() -> None:
    beside = differentiate(Problem(parse("abs(x - 0.1)").root, ("x",), {"x": 0.1}))
    assert beside.note == "the point is a double; at exactly x = 0.1: kink in abs(x - 0.1)"
    assert differentiate(Problem(parse("abs(x - 0.25)").root, ("x",), {"x": 0.5})).note == ""


@pytest.mark.parametrize(
    ("text", "at", "sentence"),
    [
        ("x + abs(sin(x))", 0.0, "kink in abs(sin(x))"),
        ("exp(floor(x))", 1.0, "jump of floor(x)"),
        ("1 + cbrt(x)", 0.0, "vertical tangent of cbrt(x)"),
        ("x*sqrt(x)", 0.0, "the domain of sqrt(x) ends here: argument needs >= 0"),
        ("2*log(x)", -1.0, "log(x): argument is -1, needs > 0"),
        ("x**(1/3)", -8.0, "x**(1/3): base is -8, and the exponent is no whole number; cbrt(x) is defined there"),
        ("factorial(x)", -1.0, "factorial(x): a pole"),
    ],
)
def test_the_sentence_names_the_part_at_fault(text: str, at: float, sentence: str) -> None:
    assert differentiate(Problem(parse(text).root, ("x",), {"x": at})).note == sentence


@pytest.mark.parametrize(
    ("text", "at", "wanted"),
    [
        ("sqrt(x**2 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "kink", "y": "kink"}),
        ("abs(x) + y", {"x": 0.0, "y": 1.0}, {"x": "kink", "y": "ok"}),
        ("atan2(y, x)", {"x": -1.0, "y": 0.0}, {"x": "ok", "y": "jump"}),
        ("x*y/(x**2 + y**2)", {"x": 0.0, "y": 0.0}, {"x": "undefined", "y": "undefined"}),
        ("sin(x)/x + y", {"x": 0.0, "y": 2.0}, {"x": "removable", "y": "undefined"}),
    ],
)
def test_several_variables_are_judged_along_their_own_axes(
    text: str, at: dict[str, float], wanted: dict[str, str]
) -> None:
    root = parse(text).root
    found = {name: differentiate(Problem(root, (name,), at)) for name in at}
    assert {name: estimate.kind or estimate.status for name, estimate in found.items()} == wanted
