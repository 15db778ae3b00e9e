"""Functions that few languages have, in terms of what all have: one line each, in dcalc's own language.

A helper is written out as a function of the target, or in its place in a query. Each keeps to a few ulps where the
textbook formula does not, never overflows on the way, and refers to other helpers freely.
"""

from __future__ import annotations

from functools import cache
from math import prod
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.parser import parse


class Helper(NamedTuple):
    """The arguments of a helper, and what it is."""

    args: tuple[str, ...]
    root: Expr


_ROOT = "0.7071067811865476"
"""1/sqrt(2) as a double, which leaves 4.8e-17 of it out."""
_SPLIT = "(134217729*x - (134217729*x - x))"
_OFF = (
    f"((({_SPLIT}*0.7071067839860916 - x*{_ROOT}) + {_SPLIT}*-2.7995440410322203e-09) "
    f"+ (x - {_SPLIT})*0.7071067839860916 + (x - {_SPLIT})*-2.7995440410322203e-09)"
)
"""What rounding takes from the product with 1/sqrt(2), exactly: Dekker 1971."""
STEP = "trunc(16*x)/16"
"""What is squared without an error."""
_ODD_EXPM1 = "2*exp(x/2)*sinh(x/2)"
_ROOT_OF = (
    "where({0}**(1/n) > 0 and {0}**(1/n) < 1e300, {0}**(1/n) - {0}**(1/n)*(({0}**(1/n))**n/{0} - 1)/n, {0}**(1/n))"
)
"""The n-th root, and the step of Newton that takes the rounding of 1/n away."""
_HALVED = "(expm1(x - 0.6931471805599453) - 2.3190468138462996e-17*exp(x - 0.6931471805599453))"
"""exp(x)/2 - 1, with log(2) in two doubles; compilers that rewrite sums leave this as it is."""
_TURN = "abs(fmod(x, 360))"
_SIND = "where({0} <= 90, sin({0}*pi/180), sin((180 - {0})*pi/180))"
_COSD = "where({0} < 45, cos({0}*pi/180), where({0} <= 135, sin((90 - {0})*pi/180), -cos((180 - {0})*pi/180)))"
_TEXTS = {
    # --- exponentials and logarithms
    "expm1(x)": f"where(abs(x) < 1, {_ODD_EXPM1}, exp(x) - 1)",
    "log1p(x)": "where(abs(x) < 0.5, 2*atanh(x/(2 + x)), log(1 + x))",
    "exp2(x)": "2**x",
    "exp10(x)": "10**x",
    "log2(x)": "log(x)/log(2)",
    "log10(x)": "log(x)/log(10)",
    # --- powers
    "cbrt(x)": "where(x == 0, x, sign(x)*(abs(x)**(1/3) - (abs(x)**(1/3) - abs(x)/(abs(x)**(1/3))**2)/3))",
    "hypot(u, v)": "where(u == 0 and v == 0, 0, "
    "max(abs(u), abs(v))*sqrt(1 + (min(abs(u), abs(v))/max(abs(u), abs(v)))**2))",
    "root(x, n)": f"where(x < 0 and mod(n, 2) == 1, -{_ROOT_OF.format('(-x)')}, {_ROOT_OF.format('x')})",
    # --- trigonometry
    "csc(x)": "1/sin(x)",
    "sec(x)": "1/cos(x)",
    "cot(x)": "1/tan(x)",
    "acsc(x)": "sign(x)*atan2(1, sqrt(abs(x) - 1)*sqrt(abs(x) + 1))",
    "asec(x)": "atan2(sqrt(abs(x) - 1)*sqrt(abs(x) + 1), sign(x))",
    "acot(x)": "atan(1/x)",
    # --- degrees, reduced without an error
    "sind(x)": f"sign(x)*where({_TURN} <= 180, {_SIND.format(_TURN)}, -{_SIND.format(f'(360 - {_TURN})')})",
    "cosd(x)": f"where({_TURN} <= 180, {_COSD.format(_TURN)}, {_COSD.format(f'(360 - {_TURN})')})",
    "tand(x)": "sind(x)/cosd(x)",
    "secd(x)": "1/cosd(x)",
    "cscd(x)": "1/sind(x)",
    "cotd(x)": "cosd(x)/sind(x)",
    # --- hyperbolic functions
    "csch(x)": "where(abs(x) > 20, 2*sign(x)*exp(-abs(x)), 1/sinh(x))",
    "sech(x)": "2*exp(-abs(x))/(1 + exp(-2*abs(x)))",
    "coth(x)": "1/tanh(x)",
    "asinh(x)": "sign(x)*where(abs(x) > 1e8, log(abs(x)) + log(2), log1p(abs(x) + x**2/(1 + sqrt(1 + x**2))))",
    "acosh(x)": "where(x > 1e8, log(x) + log(2), log1p(x - 1 + sqrt((x - 1)*(x + 1))))",
    "atanh(x)": "sign(x)*log1p(2*abs(x)/(1 - abs(x)))/2",
    "acsch(x)": "asinh(1/x)",
    "asech(x)": "log1p((1 - x + sqrt((1 - x)*(1 + x)))/x)",
    "acoth(x)": "sign(x)*log1p(2/(abs(x) - 1))/2",
    "sinh(x)": "sign(x)*where(abs(x) > 1, exp(abs(x) - log(2))*(1 - exp(-2*abs(x))), "
    "(expm1(abs(x)) + expm1(abs(x))/(expm1(abs(x)) + 1))/2)",
    "cosh(x)": "(exp(abs(x)) + exp(-abs(x)))/2",
    "tanh(x)": "-sign(x)*expm1(-2*abs(x))/(1 + exp(-2*abs(x)))",
    # --- kinks, jumps and choices
    "sign(x)": "where(x > 0, 1, where(x < 0, -1, x))",
    "step(x)": "where(x >= 0, 1, 0*x)",
    "floor(x)": "where(trunc(x) > x, trunc(x) - 1, trunc(x))",
    "ceil(x)": "-floor(-x)",
    "trunc(x)": "where(x < 0, -floor(-x), floor(x))",
    "frac(x)": "x - floor(x)",
    "round(x)": "where(floor(x) + 1/2 == x, 2*floor(x/2 + 1/4), where(x - floor(x) < 1/2, floor(x), floor(x) + 1))",
    "mod(x, y)": "where((fmod(x, y) < 0 and y > 0) or (fmod(x, y) > 0 and y < 0), fmod(x, y) + y, fmod(x, y))",
    "min(a, b)": "where(a <= b, a, where(b == b, b, b))",
    "max(a, b)": "where(a >= b, a, where(b == b, b, b))",
    "relu(x)": "where(x > 0, x, 0*x)",
    # --- logarithms and exponentials combined
    "sigmoid(x)": "exp(min(x, 0))/(1 + exp(-abs(x)))",
    "softplus(x)": "where(x > 0, x, 0) + log1p(exp(-abs(x)))",
    "logit(p)": "where(p > 1/4 and p < 3/4, 2*atanh(2*p - 1), log(p/(1 - p)))",
    "logsubexp(u, v)": "where(u > v, u, v) + log1mexp(-abs(u - v))",
    "log1mexp(x)": "where(x > -0.6931471805599453, log(-expm1(x)), log1p(-exp(x)))",
    "log2mexp(x)": f"where(x > 0.4, log(2) + log(-{_HALVED}), log1p(-expm1(x)))",
    "logexpm1(x)": f"where(x > 37, x, where(x > 0.4 and x < 1, log1p(2*{_HALVED}), log(expm1(x))))",
    "log1psq(x)": "where(abs(x) > 1e10, 2*log(abs(x)), log1p(x**2))",
    "xlogx(x)": "where(x == 0, 0, x*log(x))",
    "xlogy(x, y)": "where(x == 0 and y >= 0, 0, x*log(y))",
    "xlog1py(x, y)": "where(x == 0 and y >= -1, 0, x*log1p(y))",
    # --- others
    "sinc(x)": "where(x == 0, 1, sin(x)/x)",
    "sinpi(x)": "where(abs(x - 2*round(x/2)) <= 1/4, sin(pi*(x - 2*round(x/2))), "
    "sign(x - 2*round(x/2))*where(abs(x - 2*round(x/2)) < 3/4, cos(pi*(1/2 - abs(x - 2*round(x/2)))), "
    "sin(pi*(1 - abs(x - 2*round(x/2))))))",
    "cospi(x)": "where(abs(x - 2*round(x/2)) <= 1/4, cos(pi*(x - 2*round(x/2))), "
    "where(abs(x - 2*round(x/2)) < 3/4, sin(pi*(1/2 - abs(x - 2*round(x/2)))), "
    "-cos(pi*(1 - abs(x - 2*round(x/2))))))",
    "erf(a, b)": "where(a > 1/2 and b > 1/2, erfc(a) - erfc(b), "
    "where(a < -1/2 and b < -1/2, erfc(-b) - erfc(-a), erf(b) - erf(a)))",
    "erfcx(x)": f"where(x < 10, exp(({STEP})**2)*exp((x - {STEP})*(x + {STEP}))*erfc(x), "
    "(1 + "
    + " + ".join(f"({(-1) ** k * prod(range(1, 2 * k, 2))}/{2**k})/x**{2 * k}" for k in range(1, 13))
    + ")/(x*sqrt(pi)))",
    "logerfc(x)": "where(x < 1/2, log1p(-erf(x)), log(erfcx(x)) - x**2)",
    "logerfcx(x)": "where(x < 1/2, x**2 + log1p(-erf(x)), log(erfcx(x)))",
    "lognormcdf(x)": "where(x > -1, log1p(-normcdf(-x)), log(erfcx(-x/sqrt(2))/2) - x**2/2)",
    "log1pmx(x)": "where(x > -1/2 and x < 1, 2*(x/(2 + x))**3*(1/3 + (x/(2 + x))**2/5 + (x/(2 + x))**4/7 + "
    + " + ".join(f"(x/(2 + x))**{2 * k}/{2 * k + 3}" for k in range(3, 18))
    + ") - x*(x/(2 + x)), log1p(x) - x)",
    "logmxp1(x)": "where(x > 1/2 and x < 2, log1pmx(x - 1), log(x) - (x - 1))",
    "gelu(x)": "x*normcdf(x)",
    "normcdf(x)": f"where(x > -1, erfc(-x/sqrt(2))/2, erfc(-x*{_ROOT})/2*(1 + ({_OFF} - x*4.833646656726457e-17)"
    f"*(sqrt((x*{_ROOT})**2 + 4/pi) - x*{_ROOT})))",
    "normpdf(x)": f"exp(-({STEP})**2/2)*exp(-(x - {STEP})*(x + {STEP})/2)/sqrt(2*pi)",
}
"""Helpers by their calls."""


def helpers() -> dict[Row, Helper]:
    """The helpers by row."""
    return read_helpers(tuple(_TEXTS.items()))


@cache
def read_helpers(texts: tuple[tuple[str, str], ...]) -> dict[Row, Helper]:
    """The helpers of calls and their texts, by row."""
    known: dict[Row, Helper] = {}
    for call, text in texts:
        head = parse(call, strict=False).root
        names = tuple(arg.args[0] for arg in head.args)
        known[head.op] = Helper(names, parse(text, variables=names, strict=False).root)
    return known


SIGN = table.get("sign", 1)
