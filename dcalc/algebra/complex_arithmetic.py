"""Operators, choices and roots on complex numbers near the real axis.

A choice is made by the real part, and continued analytically from there: abs(z) is z or -z.
Whether there is one, `complex.values` sees to. Powers and roots keep an imaginary part that is far
below the last bit of the real one, as all evaluators must.
"""

import cmath
import math

from dcalc.algebra import real_arithmetic as real

NAN = complex(math.nan, math.nan)


def add(*values: complex) -> complex:
    """The sum of any number of values, from left to right."""
    total, *rest = values
    for value in rest:
        total += value
    return total


def sub(u: complex, v: complex) -> complex:
    """u - v."""
    return u - v


def mul(*values: complex) -> complex:
    """The product of any number of values, from left to right."""
    total, *rest = values
    for value in rest:
        total *= value
    return total


def div(u: complex, v: complex) -> complex:
    """u/v; nan for v = 0."""
    return u / v if v else NAN


def neg(u: complex) -> complex:
    """-u."""
    return -u


def power(u: complex, v: complex) -> complex:
    """u**v by modulus and angle, so that a small angle stays exact; a negative base only where v is
    a whole number."""
    if not u or not v:
        return complex(real.power(u.real, v.real))
    if u.real < 0:
        whole = power(-u, v)
        return -whole if v.real % 2 else whole
    angle = math.atan2(u.imag, u.real)
    size, turn = real.power(abs(u), v.real), v.real * angle
    if v.imag:
        size *= math.exp(-v.imag * angle)
        turn += v.imag * math.log(abs(u))
    return cmath.rect(size, turn) if math.isfinite(size) and math.isfinite(turn) else complex(size, math.nan)


def sqrt(x: complex) -> complex:
    """The square root."""
    return cmath.sqrt(x)


def cbrt(x: complex) -> complex:
    """The real cube root, continued."""
    return root(x, 3 + 0j)


def root(x: complex, n: complex) -> complex:
    """The real n-th root, continued: of x < 0 where n is odd."""
    return -root(-x, n) if x.real < 0 else power(x, div(1, n))


def hypot(u: complex, v: complex) -> complex:
    """sqrt(u**2 + v**2), scaled against overflow."""
    scale = max(abs(u.real), abs(v.real)) or 1.0
    return scale * cmath.sqrt((u / scale) ** 2 + (v / scale) ** 2)


# --- choices, by the real part --------------------------------------------------------


def abs_(x: complex) -> complex:
    """z right of 0, -z left of it."""
    return -x if x.real < 0 else x


def sign(x: complex) -> complex:
    """-1 or 1."""
    return complex(real.sign(x.real))


def step(x: complex) -> complex:
    """0 or 1."""
    return complex(real.step(x.real))


def floor(x: complex) -> complex:
    """The constant that it is around the point."""
    return complex(real.floor(x.real))


def ceil(x: complex) -> complex:
    """The constant that it is around the point."""
    return complex(real.ceil(x.real))


def round_(x: complex) -> complex:
    """The constant that it is around the point."""
    return complex(real.round_(x.real))


def trunc(x: complex) -> complex:
    """The constant that it is around the point."""
    return complex(real.trunc(x.real))


def frac(x: complex) -> complex:
    """z less a constant."""
    return x - floor(x)


def mod(x: complex, y: complex) -> complex:
    """u - v*floor(u/v); its real part as that of floats."""
    value = x - y * floor(div(x, y))
    return complex(real.mod(x.real, y.real), value.imag)


def max_(u: complex, v: complex) -> complex:
    """The argument whose real part is larger."""
    return u if u.real >= v.real or u != u else v


def min_(u: complex, v: complex) -> complex:
    """The argument whose real part is smaller."""
    return u if u.real <= v.real or u != u else v


def relu(x: complex) -> complex:
    """z right of 0, 0 left of it."""
    return max_(x, 0j)
