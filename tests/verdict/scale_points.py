"""Points between the powers: irrational orders, logarithms below, oscillations, steps without end.

Each truth follows from the limit of the difference quotient, by the expansion or the bound that
stands beside it.
"""

from __future__ import annotations

import math

from tests.verdict.points import Point

PI = math.pi

IRRATIONAL = [
    Point("abs(x)**pi", 0, 3, "ok", 0),  # each derivative is of size abs(x)**(pi - k)
    Point("abs(x)**pi", 0, 4, "vertical_tangent"),
    Point("x**pi", 0, 3, "boundary", None, None, 0),
    Point("x**sqrt(2)", 0, 2, "boundary"),
    Point("abs(x)**pi*abs(x)**(4 - pi)", 0, 4, "ok", 24),  # x**4
    Point("(abs(x)**sqrt(2))**sqrt(2)", 0, 2, "ok", 2),  # x**2
    Point("abs(x)**pi - abs(x)**(22/7)", 0, 3, "ok", 0),  # pi < 22/7, both above 3
    Point("log(abs(x)**pi) - pi*log(abs(x))", 0, 1, "removable", 0),
    Point("where(x == 0, 0, abs(x)**pi*sin(1/x))", 0, 2, "ok", 0),  # f' is of size abs(x)**(pi - 2)
    Point("where(x == 0, 0, abs(x)**e*sin(1/x))", 0, 2, "oscillation"),  # f'/x of size abs(x)**(e - 3)
    Point("where(x == 0, 0, abs(x)**pi*log(abs(x)))", 0, 3, "ok", 0),
    Point("where(x <= 0, 0, exp(-1/x**pi))", 0, 2, "ok", 0),
    Point("besselj(pi, x)", 0, 1, "boundary", None, None, 0),  # (x/2)**pi/gamma(1 + pi)
]

LOGARITHMIC = [  # L = log(abs(x)) tends to -infinity, slower than any power
    Point("where(x == 0, 0, 1/log(abs(x)))", 0, 1, "vertical_tangent"),
    Point("where(x == 0, 0, 1/(1 + log(abs(x))))", 0, 1, "vertical_tangent"),
    Point("where(x == 0, 0, x/(1 + log(abs(x))))", 0, 1, "ok", 0),  # quotient 1/(1 + L)
    Point("where(x == 0, 0, x*log(abs(x))/(1 + log(abs(x))))", 0, 1, "ok", 1),
    Point("where(x == 0, 0, x*log(abs(x))/(1 + log(abs(x))))", 0, 2, "vertical_tangent"),
    Point("where(x == 0, 0, x**3*log(abs(x))/(1 + log(abs(x))))", 0, 3, "ok", 6),
    Point("where(x == 0, 0, x*exp(1/log(abs(x))))", 0, 1, "ok", 1),
    Point("where(x == 0, 1, (log(abs(x)) - 1)/(log(abs(x)) + 1))", 0, 1, "vertical_tangent"),
    Point("where(x <= 0, 0, x*atan(log(x)))", 0, 1, "kink", None, 0, -PI / 2),
    Point("where(x == 0, 0, x**2*sqrt(1 + log(abs(x))**2))", 0, 1, "ok", 0),
    Point("where(x <= 0, 0, x**(1/log(x)))", 0, 1, "jump", None, 0, None),  # e
    Point("x/ei(x)", 0, 1, "removable", 0),  # ei is of size L: DLMF 6.6.1
    Point("li(x)", 0, 1, "boundary", None, None, 0),  # x/L*(1 + 1/L + ...): DLMF 6.12.2
    Point("li(abs(x))", 0, 2, "vertical_tangent"),  # li' = 1/L
]

OSCILLATIONS = [
    Point("where(x <= 0, 0, x*sin(exp(1/x)))", 0, 1, "oscillation", None, 0, None),
    Point("where(x <= 0, 0, x**2*sin(exp(1/x)))", 0, 1, "ok", 0),
    Point("where(x <= 0, 0, x**2*sin(exp(1/x)))", 0, 2, "oscillation", None, 0, None),
    Point("where(x <= 0, 0, exp(-1/x)*sin(exp(1/x)))", 0, 2, "oscillation", None, 0, None),  # f' ~ -cos(exp(1/x))/x**2
    Point("where(x <= 0, 0, exp(-2/x)*sin(exp(1/x)))", 0, 2, "ok", 0),  # f' ~ -exp(-1/x)*cos(exp(1/x))/x**2
    Point("where(x <= 0, 0, exp(-3/x)*sin(exp(1/x)))", 0, 4, "oscillation", None, 0, None),
    Point("where(x <= 0, 0, x**4*cos(1/x**2))", 0, 2, "oscillation", None, 0, None),  # f'/x ~ 2*sin(1/x**2)
    Point("where(x <= 0, x**2, x**4*sin(1/x))", 0, 2, "kink", None, 2, 0),
    Point("where(x == 0, 0, relu(x**3*sin(1/x)))", 0, 1, "ok", 0),  # squeezed
    Point("where(x == 0, 0, x**2*sign(sin(1/x)))", 0, 1, "ok", 0),
    Point("where(x == 0, 0, where(sin(1/x) > 0, x, x))", 0, 1, "ok", 1),
]

STEPS = [  # floor(1/x) = 1/x - frac(1/x), and frac runs through [0, 1)
    Point("where(x == 0, 0, x**2*floor(1/x))", 0, 1, "ok", 1),
    Point("where(x == 0, 1, x*floor(1/x))", 0, 1, "oscillation"),
    Point("where(x == 0, 0, x*floor(1/x))", 0, 1, "jump"),  # tends to 1
    Point("where(x == 0, 0, x**2*frac(1/x))", 0, 1, "ok", 0),
    Point("where(x <= 0, 0, x*mod(1/x, 1))", 0, 1, "oscillation", None, 0, None),
    Point("1/floor(1/x)", 0, 1, "removable", 1),  # x*(1 + O(x))
    Point("x**2*round(1/x)", 0, 1, "removable", 1),
    Point("x*floor(1/x)", 0, 1, "undefined"),
    Point("floor(1/x) - floor(1/x)", 0, 1, "removable", 0),
]

CLOSED = [  # DLMF 5.4.6, 5.5.1, 25.6; the slopes are those of mpmath
    Point("abs(gamma(x) - sqrt(pi))", 0.5, 1, "kink", None, -3.480230906913262, 3.480230906913262),
    Point("abs(gamma(x) + 2*sqrt(pi))", -0.5, 1, "kink", None, -0.12935358979554004, 0.12935358979554004),
    Point("abs(zeta(x) - pi**2/6)", 2, 1, "kink", None, -0.9375482543158438, 0.9375482543158438),
    Point("abs(zeta(x) + 1/12)", -1, 1, "kink", None, -0.16542114370045094, 0.16542114370045094),
    Point("xlogx(zeta(1 + x)*x)", 0, 1, "removable", 0.5772156649015329),  # zeta*x = 1 + euler*x
]

POINTS = IRRATIONAL + LOGARITHMIC + OSCILLATIONS + STEPS + CLOSED
OPEN = [
    ("where(x == 0, 0, x*exp(sqrt(abs(log(abs(x))))))", 1),  # growth between the powers and the logarithms
    ("where(x == 0, 0, x**6*abs(sin(1/x)))", 2),  # kinks accumulate: there is no f' around 0
    ("where(x == 0, 0, where(sin(1/x) > 0, x**4, 0))", 2),
    ("sin(pi*floor(1/x))", 1),  # 0, which a series that only knows bounds must not take for an oscillation
]
"""Answers that these series do not give: anything but a number is accepted."""
