"""Points where derivatives fail to exist, hide, cancel or overflow, with truths found by hand.

Each truth follows from the expansion or the definition that stands beside it; the long
decimals are those of mpmath at 60 digits, rounded.
"""

from __future__ import annotations

import math
from typing import NamedTuple

PI = math.pi
ROOT2 = math.sqrt(2)


class Point(NamedTuple):
    """A problem and its verdict: ``status`` is the kind where f is not differentiable."""

    text: str
    at: float
    order: int
    status: str
    value: float | None = None
    left: float | None = None
    right: float | None = None


KINKS = [  # one-sided slopes differ
    Point("abs(x)", 0, 1, "kink", None, -1, 1),
    Point("x*abs(x)", 0, 1, "ok", 0),  # x**2 and -x**2
    Point("x*abs(x)", 0, 2, "kink", None, -2, 2),
    Point("abs(x)**3", 0, 2, "ok", 0),
    Point("abs(x)**3", 0, 3, "kink", None, -6, 6),
    Point("sqrt(x**2)", 0, 1, "kink", None, -1, 1),
    Point("sqrt(x*x)", 0, 1, "kink", None, -1, 1),
    Point("sqrt(x**4)", 0, 2, "ok", 2),  # x**2
    Point("sqrt(sin(x)**2)", 0, 1, "kink", None, -1, 1),
    Point("max(0, x)", 0, 1, "kink", None, 0, 1),
    Point("relu(x)", 0, 1, "kink", None, 0, 1),
    Point("relu(x)**2", 0, 1, "ok", 0),
    Point("relu(x)**2", 0, 2, "kink", None, 0, 2),
    Point("max(x, 2*x)", 0, 1, "kink", None, 1, 2),
    Point("max(x, x, x)", 0, 1, "ok", 1),
    Point("max(x, 0, -x)", 0, 1, "kink", None, -1, 1),
    Point("min(x, x**2, 0)", 0, 1, "kink", None, 1, 0),
    Point("max(x, -x) - abs(x)", 0, 1, "ok", 0),
    Point("max(x, 1 - x, 0)", 0.5, 1, "kink", None, -1, 1),
    Point("clip(x, 0, 1)", 1, 1, "kink", None, 1, 0),
    Point("leaky_relu(x)", 0, 1, "kink", None, 0.01, 1),
    Point("mae(x, 0)", 0, 1, "kink", None, -1, 1),
    Point("huber(x, 0)", 1, 1, "ok", 1),  # x**2/2 and x - 1/2
    Point("huber(x, 0)", 1, 2, "kink", None, 1, 0),
    Point("huber(x, 0)", -1, 1, "ok", -1),
    Point("elu(x)", 0, 1, "ok", 1),
    Point("elu(x)", 0, 2, "kink", None, 1, 0),
    Point("gelu(x)", 0, 1, "ok", 0.5),  # x*Phi(x), Phi(0) = 1/2
    Point("swish(x)", 0, 1, "ok", 0.5),
    Point("logsumexp(x, 0)", 0, 2, "ok", 0.25),  # s*(1 - s) with s = 1/2
    Point("where(x <= 0, x**2, x**3)", 0, 2, "kink", None, 2, 0),
    Point("where(not x > 0, x, 2*x)", 0, 1, "kink", None, 1, 2),
    Point("where(x < 0 or x > 0, x**2, 0)", 0, 2, "ok", 2),
    Point("where(x > 0 and log(x) > 0, 1, 2)", 0, 1, "ok", 0),  # False and ... is False
    Point("where(x <= 0, 0, exp(-1/x))", 0, 1, "ok", 0),  # flat on the right
    Point("sqrt(1 - cos(x))", 0, 1, "kink", None, -math.sqrt(0.5), math.sqrt(0.5)),  # |x|/sqrt(2)
    Point("asin(1 - x**2)", 0, 1, "kink", None, ROOT2, -ROOT2),  # pi/2 - sqrt(2)*|x|
    Point("acos(1 - x**4)", 0, 2, "ok", 2 * ROOT2),  # sqrt(2)*x**2
    Point("hypot(x, 0)", 0, 1, "kink", None, -1, 1),
    Point("hypot(x, x)", 0, 1, "kink", None, -ROOT2, ROOT2),
    Point("hypot(x**2, x)", 0, 1, "kink", None, -1, 1),
    Point("erf(abs(x))", 0, 1, "kink", None, -2 / math.sqrt(PI), 2 / math.sqrt(PI)),
    Point("cosh(sqrt(abs(x)))", 0, 1, "kink", None, -0.5, 0.5),  # 1 + |x|/2
    Point("abs(x)*sin(pi/6) - abs(x)/2", 0, 1, "ok", 0),  # sin(pi/6) is 1/2, exactly
    Point("where(x == 0, 0, x**2)*abs(x - 1)", 1, 1, "kink", None, -1, 1),
    Point("abs(x)*abs(x)", 0, 2, "ok", 2),
    Point("x*sign(x)", 0, 1, "kink", None, -1, 1),
    Point("abs(sin(pi*x))", 1, 1, "kink", None, -PI, PI),  # sin(pi) is 0
    Point("abs(sinpi(x))", 3, 1, "kink", None, -PI, PI),
    Point("asin(sin(pi*x/2))", 1, 1, "kink", None, PI / 2, -PI / 2),  # a triangle wave
    Point("acos(cos(pi*x))", 1, 1, "kink", None, PI, -PI),
    Point("abs(asin(x) - pi/6)", 0.5, 1, "kink", None, -2 / math.sqrt(3), 2 / math.sqrt(3)),  # asin(1/2) = pi/6
    Point("abs(exp(x) - e**2)", 2, 1, "kink", None, -math.exp(2), math.exp(2)),
    Point("abs(gamma(x) - 24)", 5, 1, "kink", None, -36.146824042363214, 36.146824042363214),  # 24*digamma(5)
    # points are doubles, literals are exact
    Point("abs(sin(x))", PI, 1, "ok", -1),
    Point("abs(x - 0.1)", 0.1, 1, "ok", 1),
    Point("floor(10*x)", 0.1, 1, "ok", 0),  # 10 times the double 0.1 is above 1
    Point("acos(cos(x))", PI, 1, "ok", 1),  # the double pi is below pi
]

HOLES = [
    Point("sin(x)/x", 0, 0, "removable", 1),
    Point("sin(x)/x", 0, 1, "removable", 0),
    Point("sin(x)/x", 0, 2, "removable", -1 / 3),
    Point("sin(x)/x + erfcx(x)", 0, 1, "removable", -2 / math.sqrt(PI)),
    Point("(exp(x) - 1 - x)/x**2", 0, 1, "removable", 1 / 6),
    Point("x/(exp(x) - 1)", 0, 2, "removable", 1 / 6),  # 1 - x/2 + x**2/12
    Point("exp(-1/x**2)", 0, 3, "removable", 0),
    Point("exp(-1/x**2)/x**5", 0, 2, "removable", 0),
    Point("x**2*sin(1/x)", 0, 1, "removable", 0),  # squeezed
    Point("(x**2 - 1)/(x - 1)", 1, 1, "removable", 1),
    Point("(x - 1)/(x - 1)", 1, 1, "removable", 0),
    Point("besselj(1, x)/x", 0, 2, "removable", -1 / 8),  # 1/2 - x**2/16
    Point("gamma(x)*x", 0, 1, "removable", -0.5772156649015329),  # gamma(1 + x): minus Euler's constant
    Point("log(1 + x)/x", 0, 1, "removable", -0.5),
    Point("log(x)/(x - 1)", 1, 1, "removable", -0.5),
    Point("log(x)/log(x)", 1, 1, "removable", 0),
    Point("log(sin(x)/x)", 0, 2, "removable", -1 / 3),  # -x**2/6
    Point("1/x - 1/sin(x)", 0, 1, "removable", -1 / 6),
    Point("1/log(1 + x) - 1/x", 0, 1, "removable", -1 / 12),  # Gregory's coefficients
    Point("(tan(x) - sin(x))/x**3", 0, 1, "removable", 0),
    Point("(sin(tan(x)) - tan(sin(x)))/x**7", 0, 0, "removable", -1 / 30),
    Point("(1 + x)**(1/x)", 0, 1, "removable", -math.e / 2),
    Point("(1 + x)**(1/x)", 0, 2, "removable", 11 * math.e / 12),
    Point("cos(x)**(1/x**2)", 0, 1, "removable", 0),  # exp(-1/2 - x**2/12)
    Point("atan(1/x**2)", 0, 1, "removable", 0),  # pi/2 - x**2
    Point("abs(tanh(1/x))", 0, 1, "removable", 0),  # 1, but for something flat
    Point("max(sin(x)/x, 2)", 0, 1, "removable", 0),
    Point("x/abs(x)", 0, 1, "undefined"),
    Point("abs(x)**3/x", 0, 1, "removable", 0),  # x*abs(x)
    Point("abs(x)**3/x", 0, 2, "undefined"),  # the extension has a kink
    Point("x**2/abs(x)", 0, 1, "undefined"),
    Point("sin(1/x)", 0, 1, "undefined"),
    Point("x*sin(1/x)", 0, 1, "undefined"),
    Point("x**3*sin(1/x)", 0, 2, "undefined"),  # the slope 3*x**2*sin - x*cos has none at 0
    Point("atan(1/x)", 0, 1, "undefined"),  # the limits are pi/2 and -pi/2
    Point("x*atan(1/x)", 0, 1, "undefined"),
    Point("exp(1/x)", 0, 1, "undefined"),
    Point("1/(1 + exp(1/x))", 0, 1, "undefined"),
    Point("x*log(abs(x))", 0, 1, "undefined"),  # the extension has a vertical tangent
    Point("(x - x)/(x - x)", 1, 1, "undefined"),
    Point("log(x)", -1, 1, "undefined"),
    Point("log(abs(x))", 0, 1, "undefined"),
    Point("1/x", 0, 1, "undefined"),
    Point("x**(1/3)", -8, 1, "undefined"),
    Point("(-2)**x", 0.5, 1, "undefined"),
    Point("tan(pi*x/2)", 1, 1, "undefined"),
    Point("atan(tan(pi*x/2))", 1, 1, "undefined"),
    Point("cot(pi*x)", 1, 1, "undefined"),
    Point("1/cospi(x)", 0.5, 1, "undefined"),
    Point("tand(x)", 90, 1, "undefined"),
    Point("1/(exp(x) - e**2)", 2, 1, "undefined"),
    Point("x*log(x)", 0, 1, "undefined"),  # a hole at the edge of the domain
    Point("sqrt(x)/sqrt(x)", 0, 1, "undefined"),
]

EDGES = [
    Point("sqrt(x)", 0, 1, "boundary"),
    Point("x*sqrt(x)", 0, 1, "boundary", None, None, 0),
    Point("x**(3/2) + erfcx(x)", 0, 1, "boundary", None, None, -2 / math.sqrt(PI)),
    Point("x**(5/2)", 0, 2, "boundary", None, None, 0),
    Point("x**(5/2)", 0, 3, "boundary"),
    Point("asin(x)", 1, 1, "boundary"),
    Point("acos(x)", -1, 1, "boundary"),
    Point("acosh(x)", 1, 1, "boundary"),
    Point("asec(x)", -1, 1, "boundary"),
    Point("asech(x)", 1, 1, "boundary"),
    Point("(x - 1)*acosh(x)", 1, 1, "boundary", None, None, 0),
    Point("x**x", 0, 1, "boundary"),
    Point("x**x", -1, 1, "boundary"),  # an isolated value
    Point("(-2)**x", 2, 1, "boundary"),
    Point("(-2)**(x**2)", 0, 1, "boundary"),
    Point("x**(x**2)", 0, 1, "boundary", None, None, 0),  # 1 + x**2*log(x)
    Point("0**x", 0, 1, "boundary"),  # 1 at 0, 0 on the right
    Point("sqrt(-x**2)", 0, 1, "boundary"),
    Point("sqrt(x**3)", 0, 1, "boundary", None, None, 0),
    Point("xlogx(x)", 0, 1, "boundary"),
    Point("xlogy(x, x)", 0, 1, "boundary"),
    Point("root(x, 4)", 0, 1, "boundary"),
    Point("x**(4/3)", 0, 1, "boundary", None, None, 0),
    Point("sqrt(x)*sqrt(x)", 0, 1, "boundary", None, None, 1),
    Point("sqrt(x)*sqrt(x)", 0, 2, "boundary", None, None, 0),
    Point("where(x > 0, x, sqrt(x))", 0, 1, "boundary", None, None, 1),
]

JUMPS = [
    Point("floor(x)", 1, 1, "jump", None, None, 0),
    Point("floor(x)", 0.5, 1, "ok", 0),
    Point("floor(2 - x**2)", 0, 1, "jump"),
    Point("floor(x)**2", 0, 1, "jump", None, None, 0),
    Point("abs(floor(x) + 1/2)", 0, 1, "ok", 0),  # 1/2 on both sides
    Point("ceil(x)", 0, 1, "jump", None, 0, None),
    Point("sign(x)", 0, 1, "jump"),
    Point("sign(x)**2", 0, 1, "jump"),  # 0 at 0, 1 elsewhere
    Point("step(x)", 0, 1, "jump", None, None, 0),
    Point("step(x)*x", 0, 1, "kink", None, 0, 1),
    Point("round(x)", 0.5, 1, "jump", None, 0, None),  # 1/2 rounds to 0
    Point("round(x)", 1.5, 1, "jump", None, None, 0),  # 3/2 rounds to 2
    Point("trunc(x)", 0, 1, "ok", 0),
    Point("trunc(x)", -1, 1, "jump", None, 0, None),
    Point("frac(x)", -1, 1, "jump", None, None, 1),
    Point("x*floor(x)", 1, 1, "jump", None, None, 1),
    Point("mod(x, 1)", 2, 1, "jump", None, None, 1),
    Point("mod(x, 2)", 3, 1, "ok", 1),
    Point("mod(1, x)", 0.5, 1, "jump", None, -2, None),  # 1 - 2*x up to 1/2
    Point("mod(-x, 3)", 3, 1, "jump", None, -1, None),
    Point("floor(log(x)/log(2))", 8, 1, "jump", None, None, 0),  # log(8)/log(2) is 3
    Point("where(x == 0, 1, x)", 0, 1, "jump"),
    Point("where(x**2 == 0, 1, x)", 0, 1, "jump"),
    Point("where(x**2 <= 0, 1, x)", 0, 1, "jump"),
    Point("where(x > 0, 1/x, 0)", 0, 1, "jump", None, 0, None),
    Point("where(x != 0, sin(x)/x, 0)", 0, 1, "jump"),
    Point("where(1 - cos(x) != 0, sin(1 - cos(x))/(1 - cos(x)), 0)*x", 0, 1, "ok", 1),
    Point("where(x == 0, 1, sin(x)/x)", 0, 2, "ok", -1 / 3),
    Point("atan2(x, -1)", 0, 1, "jump", None, None, -1),  # the branch cut
    Point("0**abs(x)", 0, 1, "jump"),  # 1 at 0
]

TANGENTS = [
    Point("cbrt(x)", 0, 1, "vertical_tangent"),
    Point("abs(x)**(1/2)", 0, 1, "vertical_tangent"),
    Point("root(x, 5)", 0, 1, "vertical_tangent"),
    Point("lgamma(log(3 + cbrt(x)))", 0, 1, "vertical_tangent"),
    Point("cos(cbrt(x)**2)", 0, 1, "ok", 0),  # 1 - abs(x)**(4/3)/2
    Point("cbrt(x)**3", 0, 1, "ok", 1),
    Point("cbrt(x)*cbrt(x**2)", 0, 2, "ok", 0),  # x
    Point("cbrt(x)**4", 0, 1, "ok", 0),
    Point("cbrt(x)**4", 0, 2, "vertical_tangent"),
    Point("abs(x)**x", 0, 1, "vertical_tangent"),
    Point("where(x == 0, 0, x*log(abs(x)))", 0, 1, "vertical_tangent"),
    Point("where(x == 0, 0, x**2*log(abs(x)))", 0, 1, "ok", 0),
    Point("where(x == 0, 0, x**2*log(abs(x)))", 0, 2, "vertical_tangent"),
    Point("where(x <= 0, 0, x*sin(1/x))", 0, 1, "oscillation", None, 0, None),
    Point("where(x == 0, 0, sin(1/x))", 0, 1, "oscillation"),
    Point("where(x == 0, 0, x**2*sin(1/x))", 0, 1, "ok", 0),
    Point("where(x == 0, 0, x**2*sin(1/x))", 0, 2, "oscillation"),
    Point("where(x == 0, 0, x**3*sin(1/x))", 0, 2, "oscillation"),  # f' is of size x
    Point("where(x == 0, 0, x**4*sin(1/x))", 0, 2, "ok", 0),  # f' is of size x**2
    Point("where(x == 0, 0, x**4*cos(1/x**2))", 0, 2, "oscillation"),
    Point("exp(x) + where(x == 0, 0, x**9*sin(1/x))", 0, 5, "oscillation"),
    Point("exp(x) + where(x == 0, 0, x**9*sin(1/x))", 0, 4, "ok", 1),
    Point("where(x == 0, 0, x*log(3 + cos(1/x)))", 0, 1, "oscillation"),
    Point("where(x == 0, 0, exp(-1/x**2)*sin(1/x))", 0, 2, "ok", 0),
    Point("where(x <= 0, 0, exp(1/x)*sin(1/x))", 0, 1, "oscillation", None, 0, None),
]

ORDINARY = [  # points that doubles get wrong
    Point("tanh(x)", 25, 1, "ok", 7.714999391855671e-22),
    Point("log(1 + exp(x))", 800, 1, "ok", 1),
    Point("(1 - cos(x))/x**2", 1e-6, 1, "ok", -8.333333333332778e-08),
    Point("sin(x)", 1e22, 1, "ok", 0.5232147853951389),
    Point("tan(x)", PI / 2, 1, "ok", 2.6670937881135714e32),
    Point("lgamma(x)", -0.5, 1, "ok", 0.03648997397857652),
    Point("exp(x)", 1000, 1, "overflow"),
    Point("3*x + exp(800)", 1, 1, "ok", 3),  # f overflows, its derivative does not
    Point("1/(1 + exp(-x))", -750, 1, "ok", 0.0),  # below the least subnormal
    Point("softmax(0, x, 1)", 0, 1, "ok", 0.19661193324148188),  # sigmoid(x - 1): s*(1 - s) at -1
    Point("floor(x/7)", 1e300, 1, "ok", 0),
    Point("x**0", 0, 1, "ok", 0),
    Point("cosh(x)**2 - sinh(x)**2", 0.3, 1, "ok", 0),
]

POINTS = KINKS + HOLES + EDGES + JUMPS + TANGENTS + ORDINARY
