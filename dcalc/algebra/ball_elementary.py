"""Exponentials, logarithms and trigonometric functions on balls.

Only what can fail is tested for being finite: an exponential may overflow, a tangent be
near a pole; a logarithm that passed its guard has finite coefficients throughout.
"""

from flint import arb, arb_series

from dcalc.algebra.ball_common import (
    Ball,
    above,
    below,
    constant,
    finite,
    integrate,
    nonzero,
    reached,
    require,
)
from dcalc.errors import Undecided, Undefined

# --- exponentials and logarithms ------------------------------------------------------


def exp(x: Ball) -> Ball:
    """The exponential; of a number so large that flint has no ball for it, the whole line."""
    value = x.exp()
    if not constant(value) > 0 and constant(x) < 0:  # flint gives a bound alone; the inverse may be known
        inverse = (-x).exp()
        value = 1 / inverse if constant(inverse).is_finite() else value
    return value if isinstance(x, arb) else reached(value, x)


def expm1(x: Ball) -> Ball:
    """exp(x) - 1 without cancellation at 0."""
    return x.expm1() if isinstance(x, arb) else _at(x.exp(), x[0].expm1())


def log(x: Ball) -> Ball:
    """The natural logarithm, x > 0."""
    above(x, 0)
    return x.log()


def log1p(x: Ball) -> Ball:
    """log(1 + x), x > -1, without cancellation at 0."""
    above(x, -1)
    value = constant(x).log1p()
    return value if isinstance(x, arb) else integrate(value, lambda u: 1 / (1 + u), x)


def log2(x: Ball) -> Ball:
    """The logarithm to base 2, x > 0; exact at powers of 2."""
    return _log(x, 2)


def log10(x: Ball) -> Ball:
    """The logarithm to base 10, x > 0; exact at powers of 10."""
    return _log(x, 10)


def _log(x: Ball, base: int) -> Ball:
    above(x, 0)
    value = constant(x).log_base(base)
    return value if isinstance(x, arb) else _at(x.log() / arb(base).log(), value)


def _at(series: Ball, value: arb) -> arb_series:
    """The series with a constant term that is known better."""
    result = arb_series(series)
    result[0] = value
    return result


# --- trigonometric functions ----------------------------------------------------------


def sin(x: Ball) -> Ball:
    """The sine."""
    return x.sin()


def cos(x: Ball) -> Ball:
    """The cosine."""
    return x.cos()


def tan(x: Ball) -> Ball:
    """sin(x)/cos(x)."""
    return finite(x.tan())


def sec(x: Ball) -> Ball:
    """1/cos(x)."""
    return _reciprocal(x.cos(), "cosine of the argument")


def csc(x: Ball) -> Ball:
    """1/sin(x)."""
    return _reciprocal(x.sin(), "sine of the argument")


def cot(x: Ball) -> Ball:
    """cos(x)/sin(x)."""
    return x.cos() * _reciprocal(x.sin(), "sine of the argument")


def _reciprocal(x: Ball, name: str = "argument") -> Ball:
    nonzero(x, name)
    return 1 / x


def sinpi(x: Ball) -> Ball:
    """sin(pi*x), exact at whole and half numbers."""
    return x.sin_pi()


def cospi(x: Ball) -> Ball:
    """cos(pi*x), exact at whole and half numbers."""
    return x.cos_pi()


# --- their inverses -------------------------------------------------------------------


def asin(x: Ball) -> Ball:
    """The inverse sine, -1 <= x <= 1."""
    _at_most_one(x)
    return finite(x.asin())


def acos(x: Ball) -> Ball:
    """The inverse cosine, -1 <= x <= 1."""
    _at_most_one(x)
    return finite(x.acos())


def atan(x: Ball) -> Ball:
    """The inverse tangent."""
    return x.atan()


def acsc(x: Ball) -> Ball:
    """asin(1/x), abs(x) >= 1."""
    _at_least_one(x)
    return asin(1 / x)


def asec(x: Ball) -> Ball:
    """acos(1/x), abs(x) >= 1."""
    _at_least_one(x)
    return acos(1 / x)


def acot(x: Ball) -> Ball:
    """atan(1/x), x != 0."""
    return _reciprocal(x).atan()


def atan2(y: Ball, x: Ball) -> Ball:
    """The angle of the point (x, y), in (-pi, pi]; Undefined at the origin, and a jump of
    2*pi where y passes 0 at x < 0."""
    cy, cx = constant(y), constant(x)
    if cx > 0:
        return (y / x).atan()
    if 0 not in cy:
        quarter = arb.pi() / 2 if cy > 0 else -arb.pi() / 2
        return quarter - (x / y).atan()
    if isinstance(y, arb) and cy == 0:
        if isinstance(x, arb) and cx == 0:
            raise Undefined("both arguments are 0")
        if cx < 0:
            return arb.pi() if isinstance(x, arb) else arb_series([arb.pi()], prec=x.prec)
    raise Undecided("the point may lie on the cut, or be the origin")


def asinh(x: Ball) -> Ball:
    """The inverse hyperbolic sine."""
    value = constant(x).asinh()
    return value if isinstance(x, arb) else integrate(value, lambda u: (1 + u * u).rsqrt(), x)


def acosh(x: Ball) -> Ball:
    """The inverse hyperbolic cosine, x >= 1."""
    above(x, 1, closed=True)
    value = constant(x).acosh()
    return value if isinstance(x, arb) else integrate(value, lambda u: ((u - 1) * (u + 1)).rsqrt(), x)


def atanh(x: Ball) -> Ball:
    """The inverse hyperbolic tangent, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    value = constant(x).atanh()
    return value if isinstance(x, arb) else integrate(value, lambda u: 1 / ((1 - u) * (1 + u)), x)


def acsch(x: Ball) -> Ball:
    """asinh(1/x), x != 0."""
    return asinh(_reciprocal(x))


def asech(x: Ball) -> Ball:
    """acosh(1/x), 0 < x <= 1."""
    above(x, 0)
    below(x, 1, closed=True)
    return acosh(1 / x)


def acoth(x: Ball) -> Ball:
    """atanh(1/x), abs(x) > 1."""
    size = abs(constant(x))
    require(size > 1, size < 1 or (isinstance(x, arb) and size <= 1), "argument needs < -1 or > 1")
    return atanh(1 / x)


def _at_most_one(x: Ball) -> None:
    above(x, -1, closed=True)
    below(x, 1, closed=True)


def _at_least_one(x: Ball) -> None:
    size = abs(constant(x))
    inside = size >= 1 if isinstance(x, arb) else size > 1
    require(inside, size < 1, "argument needs <= -1 or >= 1")
