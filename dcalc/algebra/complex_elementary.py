"""Elementary functions on complex numbers near the real axis, where `cmath` lacks or loses them.

The imaginary part must be right to its own last bits, however small it is beside the real
part: no form may add what cancels in it. Arguments are inside of the real domain.
"""

import cmath
import math

from dcalc.algebra import real_elementary as real
from dcalc.algebra.complex_arithmetic import div

# --- exponentials and logarithms ------------------------------------------------------


def expm1(x: complex) -> complex:
    """exp(z) - 1."""
    half = math.sin(x.imag / 2)
    return complex(math.expm1(x.real) * math.cos(x.imag) - 2 * half * half, math.exp(x.real) * math.sin(x.imag))


def log1p(x: complex) -> complex:
    """log(1 + z)."""
    return complex(math.log1p(x.real) if abs(x.imag) < 1e-30 else math.log(abs(1 + x)), math.atan2(x.imag, 1 + x.real))


def log2(x: complex) -> complex:
    """The logarithm to base 2."""
    return cmath.log(x) / math.log(2)


# --- trigonometric functions ----------------------------------------------------------


def sec(x: complex) -> complex:
    """1/cos(z)."""
    return div(1, cmath.cos(x))


def csc(x: complex) -> complex:
    """1/sin(z)."""
    return div(1, cmath.sin(x))


def cot(x: complex) -> complex:
    """1/tan(z)."""
    return div(1, cmath.tan(x))


def sinpi(x: complex) -> complex:
    """sin(pi*z), the real part reduced exactly."""
    side = math.pi * x.imag
    return complex(real.sinpi(x.real) * math.cosh(side), real.cospi(x.real) * math.sinh(side))


def cospi(x: complex) -> complex:
    """cos(pi*z), the real part reduced exactly."""
    side = math.pi * x.imag
    return complex(real.cospi(x.real) * math.cosh(side), -real.sinpi(x.real) * math.sinh(side))


def acsc(x: complex) -> complex:
    """asin(1/z), accurate near 1 and -1."""
    return -acsc(-x) if x.real < 0 else cmath.atan(div(1, _leg(x)))


def asec(x: complex) -> complex:
    """acos(1/z), accurate near 1."""
    return math.pi - asec(-x) if x.real < 0 else cmath.atan(_leg(x))


def _leg(x: complex) -> complex:
    """sqrt(z**2 - 1) right of 1, without overflow."""
    return cmath.sqrt(x - 1) * cmath.sqrt(x + 1)


def acot(x: complex) -> complex:
    """atan(1/z)."""
    return cmath.atan(div(1, x))


def atan2(y: complex, x: complex) -> complex:
    """The angle of the point (x, y), continued from where it is real."""
    if x.real > 0:
        return cmath.atan(y / x)
    if y.real:
        return math.copysign(math.pi / 2, y.real) - cmath.atan(x / y)
    return math.pi + cmath.atan(div(y, x))


# --- hyperbolic functions -------------------------------------------------------------

_FAR = 300.0


def sech(x: complex) -> complex:
    """1/cosh(z), far out through exp(-abs(z))."""
    return 1 / cmath.cosh(x) if abs(x.real) < _FAR else 2 * cmath.exp(-x if x.real > 0 else x)


def csch(x: complex) -> complex:
    """1/sinh(z), far out through exp(-abs(z))."""
    if abs(x.real) < _FAR:
        return div(1, cmath.sinh(x))
    return -csch(-x) if x.real < 0 else 2 * cmath.exp(-x)


def coth(x: complex) -> complex:
    """1/tanh(z)."""
    return div(1, cmath.tanh(x))


def acsch(x: complex) -> complex:
    """asinh(1/z)."""
    return cmath.asinh(div(1, x))


def asech(x: complex) -> complex:
    """acosh(1/z), accurate near 1."""
    return cmath.acosh(1 / x) if x.real < 0.5 else 2 * cmath.atanh(cmath.sqrt((1 - x) / (1 + x)))


def acoth(x: complex) -> complex:
    """atanh(1/z), accurate near 1 and -1."""
    return -acoth(-x) if x.real < 0 else 0.5 * log1p(2 / (x - 1))


# --- exponentials and logarithms combined ---------------------------------------------


def sigmoid(x: complex) -> complex:
    """1/(1 + exp(-z)), by the exponential that is small."""
    if x.real >= 0:
        return 1 / (1 + cmath.exp(-x))
    q = cmath.exp(x)
    return q / (1 + q)


def softplus(x: complex) -> complex:
    """log(1 + exp(z))."""
    return x + log1p(cmath.exp(-x)) if x.real > 0 else log1p(cmath.exp(x))


def logit(p: complex) -> complex:
    """log(z/(1 - z))."""
    return cmath.log(p / (1 - p))


def logsumexp(*z: complex) -> complex:
    """The logarithm of the sum of all exp(z), about the largest real part."""
    top = max(part.real for part in z)
    return top + cmath.log(sum(cmath.exp(part - top) for part in z))


def logsubexp(u: complex, v: complex) -> complex:
    """log(abs(exp(u) - exp(v)))."""
    return u + log1mexp(v - u) if u.real > v.real else v + log1mexp(u - v)


def log1mexp(x: complex) -> complex:
    """log(1 - exp(z)), left of 0."""
    return cmath.log(-expm1(x)) if x.real > -math.log(2) else log1p(-cmath.exp(x))


def log2mexp(x: complex) -> complex:
    """log(2 - exp(z)); near that edge through the distance to it."""
    if x.real < 0.5:
        return log1p(-expm1(x))
    return math.log(2) + cmath.log(-expm1(x - math.log(2) - real.LOG2_REST))


def logexpm1(x: complex) -> complex:
    """log(exp(z) - 1), right of 0."""
    return cmath.log(expm1(x)) if x.real < 1 else x + log1p(-cmath.exp(-x))


def log1pmx(x: complex) -> complex:
    """log(1 + z) - z; near 0 by the series of log(1 + z) in r = z/(2 + z)."""
    if not -0.5 < x.real < 1:
        return log1p(x) - x
    r = x / (2 + x)
    square = r * r
    tail = 0j
    for k in range(41, 1, -2):
        tail = (tail + 1 / k) * square
    return r * (2 * tail - x)


def logmxp1(x: complex) -> complex:
    """log(z) - z + 1."""
    return log1pmx(x - 1) if 0.5 < x.real < 2 else cmath.log(x) - x + 1


def xlogx(x: complex) -> complex:
    """z*log(z)."""
    return x * cmath.log(x)


def xlogy(x: complex, y: complex) -> complex:
    """x*log(y)."""
    return x * cmath.log(y) if y else 0j


def xlog1py(x: complex, y: complex) -> complex:
    """x*log(1 + y)."""
    return x * log1p(y) if y != -1 else 0j
