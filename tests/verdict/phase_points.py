"""Compositions of oscillations, of flat parts, of gamma at infinity, with truths found by hand.

There is no limit where two sequences of steps lead to different places: the phases or values
that do stand beside each.
"""

from __future__ import annotations

from tests.verdict.points import Point

SWING = "where(x <= 0, 0, x*sin(1/x))"
WAVE = "where(x == 0, 0, x**2*sin(1/x))"

NO_LIMIT = [
    Point(f"where(x <= 0, 0, x*log(x)) - {SWING}", 0, 1, "vertical_tangent", None, 0, None),  # log(t) - sin(1/t)
    Point(f"where(x <= 0, 0, x*log(x)) - {SWING}", 0, 2, "vertical_tangent", None, 0, None),
    Point("sign(x**2*sin(1/x))", 0, 1, "undefined"),  # 1 and -1
    Point(f"sign({SWING})", 0, 1, "oscillation", None, 0, None),
    Point(f"floor({SWING})", 0, 1, "oscillation", None, 0, None),  # 0 and -1
    Point("1/cos(1/x)", 0, 1, "undefined"),
    Point("sqrt(1 + cos(1/x)**2)", 0, 1, "undefined"),  # 1 and sqrt(2)
    Point("log(cos(1/x))", 0, 2, "undefined"),
    Point("where(x == 0, 0, sign(x*sin(pi/x)))", 0, 1, "oscillation"),
    Point("where(x == 0, 0, max(x*sin(pi/x), x*cos(pi/x)))", 0, 1, "oscillation"),
    Point("where(x <= 0, 0, sign(sin(exp(1/x))))", 0, 1, "oscillation", None, 0, None),
    Point("cbrt(x**2*sin(1/x))", 0, 1, "undefined"),  # quotients 0 and infinite
    Point(f"cbrt({WAVE})", 0, 1, "oscillation"),
    Point(f"min({SWING}, x)", 0, 1, "oscillation", None, 1, None),  # quotients min(sin, 1)
    Point(f"{SWING} + floor(x)", 0, 1, "jump"),
    Point("abs(x**2*sin(1/x))", 0, 1, "removable", 0),
    Point("abs(x**2*sin(1/x))", 0, 2, "undefined"),  # slopes -cos*sign(sin) over t
    Point(f"abs({WAVE})", 0, 1, "ok", 0),
    Point(f"abs({WAVE})", 0, 2, "oscillation"),
    Point("where(x <= 0, 0, where(sin(1/x) < 1/2, 0, x))", 0, 1, "oscillation", None, 0, None),
    Point("(x**2*sin(1/x))**(2/3)", 0, 1, "undefined"),  # no value where the sine is negative
    Point("where(x <= 0, 0, x*frac(1/x)**2)", 0, 1, "oscillation", None, 0, None),
    Point("where(x == 0, 0, x**2*sqrt(abs(sin(1/x))))", 0, 1, "ok", 0),  # squeezed
    Point(f"x**2*hypot({WAVE}, where(x <= 0, 0, x*log(x)))", 0, 1, "ok", 0),
]  # fmt: skip

FLAT = [
    Point("exp(-1/x**2)/(exp(exp(-1/x**2)) - 1)", 0, 2, "removable", 0),  # 1 - flat
    Point("(exp(exp(-1/x**2)) - 1 - exp(-1/x**2))/exp(-1/x**2)**2", 0, 1, "removable", 0),  # 1/2 + flat
    Point("acos(1 - exp(-1/x**2))", 0, 1, "removable", 0),  # sqrt(2*flat)
    Point("asin(1 + exp(-1/x**2))", 0, 1, "undefined"),
    Point("floor(tanh(1/x))", 0, 1, "undefined"),  # 0 and -1: tanh stays below 1
    Point("where(x == 0, 0, ceil(exp(-1/x**2)))", 0, 1, "jump"),
    Point("where(x <= 0, 0, x*exp(1/x)*(exp(exp(-1/x)) - 1))", 0, 1, "kink", None, 0, 1),
    Point("where(x <= 0, -1/2, exp(2/x)*(sqrt(1 + 2*exp(-1/x)) - 1 - exp(-1/x)))", 0, 1, "ok", 0),  # -1/2 + flat
    Point("where(x <= 0, -1/2, exp(2/x)*(sqrt(1 + 2*exp(-1/x) + exp(-2/x)) - 1 - exp(-1/x)))", 0, 1, "jump",
          None, 0, None),  # the root is 1 + exp(-1/x)
    Point("where(x <= 0, 0, where(exp(-1/x) + x**2 > x**2, x, 0))", 0, 1, "kink", None, 0, 1),
]  # fmt: skip

STIRLING = [  # DLMF 5.11.3: the quotient is 1 + t/12 + t**2/288 - ...
    Point("where(x <= 0, 1, gamma(1/x)/(sqrt(2*pi*x)*(1/(x*e))**(1/x)))", 0, 1, "kink", None, 0, 1 / 12),
    Point("where(x <= 0, 1, gamma(1/x)/(sqrt(2*pi*x)*(1/(x*e))**(1/x)))", 0, 2, "kink", None, 0, 1 / 144),
    Point("where(x <= 0, 1, x*gamma(1 + 1/x)/gamma(1/x))", 0, 1, "ok", 0),  # 1
    Point("where(x <= 0, 0, x**2*lgamma(1/x))", 0, 1, "vertical_tangent", None, 0, None),  # quotient -log(t)
    Point("lgamma(1/x)", 0, 1, "undefined"),
]

SAME = [  # two ways to write one function on a side
    Point("hypot(max(x**x, abs(x)**x), x)", 0, 1, "boundary"),
    Point("sinh(abs(x - 1)**(x - 1))**x", 1, 1, "vertical_tangent"),  # abs(t)**t is 1 + t*log(abs(t))
    Point("max(sin(x)**3, abs(sin(x))**3) - sin(x)**3", 3.141592653589793, 1, "ok", 0),
    Point("asin(1 + cbrt(x))", 0, 2, "boundary"),  # a long series in powers of t**(1/6)
]

STEPS = [  # f jumps at 1/n, by its factor of the floor: f' has no value on the way, and f'' is none
    Point("x**2*floor(1/x)", 0, 1, "removable", 1),  # x - x**2*frac(1/x)
    Point("x**2*floor(1/x)", 0, 2, "undefined"),
    Point("where(x == 0, 0, x**2*floor(1/x))", 0, 2, "jump"),
    Point("where(x == 0, 0, x**3*floor(1/x))", 0, 2, "jump"),
    Point("where(x == 0, 0, x**5*ceil(1/x))", 0, 2, "jump"),
    Point("x**5*round(1/x)", 0, 3, "undefined"),
    Point("x**5*mod(1, x**2)", 0, 2, "undefined"),
    Point("x**5*floor(1/x + 1/3)", 0, 2, "undefined"),
    Point("x**3*floor(1/x) - x**3*floor(1/x)", 0, 2, "removable", 0),
]

BOUNDED = [  # 1 + sin is at least 0, and at least 0 it stays where it touches
    Point("floor(0.1 + 0.1*sin(1/x))", 0, 0, "removable", 0),
    Point("floor(0.1 + 0.1*sin(1/x))", 0, 1, "removable", 0),
    Point("where(x == 0, 0, floor(1/4 - cos(1/x)/4))", 0, 2, "ok", 0),
    Point("floor(sin(1/x)**2/2)", 0, 1, "removable", 0),
    Point("floor(exp(sin(1/x))/3)", 0, 0, "removable", 0),  # below e/3
    Point("floor(0.2 - abs(sin(1/x))/(-4))", 0, 0, "removable", 0),
    Point("round(0.2*sin(1/x))", 0, 1, "removable", 0),
    Point("floor(0.9 + 0.1*sin(1/x))", 0, 0, "undefined"),  # 1 where the sine is 1
    Point("x**2*abs(1 + sin(1/x))", 0, 1, "removable", 0),
    Point("x**2*abs(-1 - sin(1/x))", 0, 1, "removable", 0),
]

POINTS = STEPS + BOUNDED + NO_LIMIT + FLAT + STIRLING + SAME
