"""Double-doubles: numbers as unevaluated sums of two doubles, with 106 bits, by NumPy over whole columns.

A number is a pair (high, low) of arrays, or of floats, in which high is the double nearest to the sum. Arithmetic is
that of Joldes, Muller and Popescu, Tight and rigorous error bounds for basic building blocks of double-word arithmetic
(ACM TOMS 44, 2017): their bounds are at most 15*2**-106, here `UNIT`. They hold as long as nothing overflows or
underflows, so that a result outside of `LEAST` to `MOST` becomes nan, but for a 0, which is exact.

Functions are within `FUNCTION` of the truth, relative. Each reduces its argument to the nearest of some hundred
points, at which the value is known from ball arithmetic, and adds a Taylor series in the rest, of at most 2**-9; its
first terms are double-doubles, and the others, below 2**-41 of the sum, doubles. Inverse functions begin with NumPy's
value, of which no accuracy is presumed, and are put right by one step with the remainder:
`log(x) = y + log1p((x - exp(y))/exp(y))` holds for every y, and where the second term is not small, the result is nan.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from typing import Any

from dcalc.bulk.lazy_numpy import np

Pair = tuple[Any, Any]
"""The high and the low part: arrays of doubles, or floats."""

UNIT = 2.0**-101
"""The relative error of +, -, *, / and the square root."""
FUNCTION = 2.0**-83
"""The relative error of functions; most are within 2**-88."""
POWER = 2.0**-79
"""That of a power, whose logarithm is up to 300 times the size of its error."""
LEAST, MOST = 2.0**-450, 2.0**450

# --- Arithmetic.


def two_sum(a: Any, b: Any) -> Pair:
    """The sum of two doubles, exact (Knuth)."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def _fast_two_sum(a: Any, b: Any) -> Pair:
    """The same where the first is the larger one (Dekker)."""
    total = a + b
    return total, b - (total - a)


def _split(a: Any) -> Pair:
    """Two halves of 26 bits (Veltkamp)."""
    scaled = 134217729.0 * a
    high = scaled - (scaled - a)
    return high, a - high


def two_product(a: Any, b: Any) -> Pair:
    """The product of two doubles, exact (Dekker)."""
    product = a * b
    a1, a2 = _split(a)
    b1, b2 = (a1, a2) if b is a else _split(b)
    return product, ((a1 * b1 - product) + a1 * b2 + a2 * b1) + a2 * b2


def keep(x: Pair) -> Pair:
    """The number, nan where the bounds do not hold for it."""
    size = np.abs(x[0])
    if np.min(size, initial=MOST) >= LEAST and np.max(size, initial=LEAST) <= MOST:
        return x
    good = ((size >= LEAST) & (size <= MOST)) | (size == 0.0)
    return np.where(good, x[0], math.nan), x[1]


def _sum(x: Pair, y: Pair) -> Pair:
    """Algorithm 6: within 3*2**-106."""
    s1, s2 = two_sum(x[0], y[0])
    t1, t2 = two_sum(x[1], y[1])
    v1, v2 = _fast_two_sum(s1, s2 + t1)
    return _fast_two_sum(v1, t2 + v2)


def _product(x: Pair, y: Pair) -> Pair:
    """Algorithm 10: within 7*2**-106."""
    p1, p2 = two_product(x[0], y[0])
    return _fast_two_sum(p1, p2 + (x[0] * y[1] + x[1] * y[0]))


def _scaled(x: Pair, factor: Any) -> Pair:
    """Algorithm 7, the product by a double: within 2*2**-106."""
    p1, p2 = two_product(x[0], factor)
    t1, t2 = _fast_two_sum(p1, x[1] * factor)
    return _fast_two_sum(t1, t2 + p2)


def _quotient(x: Pair, y: Pair) -> Pair:
    """Algorithm 17: within 15*2**-106."""
    first = x[0] / y[0]
    r1, r2 = _scaled(y, first)
    return _fast_two_sum(first, ((x[0] - r1) + (x[1] - r2)) / y[0])


def _root(x: Pair) -> Pair:
    """sqrt(x) = r*sqrt(1 + t) with t = x/r**2 - 1, at most 2**-51: r*(1 + t/2) leaves out 2**-105."""
    root = np.sqrt(x[0])
    rest = _sum(x, negative(two_product(root, root)))
    y = _fast_two_sum(root, rest[0] / (2.0 * root))
    none = x[0] == 0.0
    return (np.where(none, 0.0, y[0]), np.where(none, 0.0, y[1])) if np.any(none) else y


def negative(x: Pair) -> Pair:
    """-x, exact."""
    return -x[0], -x[1]


def absolute(x: Pair) -> Pair:
    """abs(x), exact."""
    return np.abs(x[0]), np.where(np.signbit(x[0]), -x[1], x[1])


def _less(x: Pair, y: Pair) -> Any:
    return (x[0] < y[0]) | ((x[0] == y[0]) & (x[1] < y[1]))


def _equal(x: Pair, y: Pair) -> Any:
    return (x[0] == y[0]) & (x[1] == y[1])


def _select(mask: Any, x: Pair, y: Pair) -> Pair:
    return np.where(mask, x[0], y[0]), np.where(mask, x[1], y[1])


def _maximum(x: Pair, y: Pair) -> Pair:
    return _select(np.isnan(x[0]) | _less(y, x), x, y)


def _minimum(x: Pair, y: Pair) -> Pair:
    return _select(np.isnan(x[0]) | _less(x, y), x, y)


def _copysign(x: Pair, y: Pair) -> Pair:
    size = absolute(x)
    return _select(np.signbit(y[0]), negative(size), size)


def _nearest_integer(x: Pair) -> Pair:
    """An integer at most a little more than 1/2 away."""
    high = np.rint(x[0])
    return _fast_two_sum(high, np.where(high == x[0], np.rint(x[1]), 0.0))


# --- Functions.

_FINE = 256.0
"""The points at which values are known are 1/256 apart."""
_LOG_REACH = 96  # over log(2)/2
_ANGLE_REACH = 208  # over pi/4
_MOST_EXPONENT = 300.0
_MOST_ANGLE = 2.0**20
_LEAST_ANGLE = 2.0**-25
"""Arguments of sine and cosine that are nearer to a multiple of pi/2 are nan: their remainder lacks digits."""
_CORRECTION = 2.0**-40
"""The largest correction of a value of NumPy's, relative, for which the series of two terms is good."""


def pair(ball: Any) -> Pair:
    """The double-double next to the middle of a ball of 200 bits or so."""
    high = float(ball.mid())
    return high, float((ball - high).mid())


@cache
def _constants() -> dict[str, Any]:
    """From balls: log(2) and pi/2 in parts of which the first have room for a factor, and values at the points."""
    from flint import arb, ctx

    from dcalc.numbers import FLINT

    def parts(number: Any, *bits: int) -> list[Any]:
        leading = []
        for place in bits:
            scale = 2**place
            leading.append(float((number * scale).floor().mid()) / scale)
            number = number - leading[-1]
        return [*leading, pair(number)]

    def column(pairs: list[Pair]) -> Pair:
        return np.array([high for high, _ in pairs]), np.array([low for _, low in pairs])

    with FLINT, ctx.workprec(320):
        angles = [arb(k) / 256 for k in range(-_ANGLE_REACH, _ANGLE_REACH + 1)]
        return {
            "log2": parts(arb(2).log(), 32),
            "quarter": parts(arb.pi() / 2, 32, 65),
            "pi/2": pair(arb.pi() / 2),
            "log2e": pair(1 / arb(2).log()),
            "log10e": pair(1 / arb(10).log()),
            "expm1": column([pair((arb(k) / 256).expm1()) for k in range(-_LOG_REACH, _LOG_REACH + 1)]),
            "sin": column([pair(angle.sin()) for angle in angles]),
            "cos": column([pair(angle.cos()) for angle in angles]),
            **{f"1/{n}": pair(1 / arb(n)) for n in (6, 24)},
        }


def _nearest_point(x: Pair, reach: int) -> tuple[Any, Pair]:
    """The place of the nearest point in a table, and the rest; out of its reach, nan."""
    steps = np.rint(np.asarray(x[0]) * _FINE)
    steps = np.where(np.abs(steps) <= reach, steps, 0.0)
    rest = _sum(x, (-steps / _FINE, 0.0))
    return (steps + reach).astype(np.intp), _limit(rest, 1.01 / (2 * _FINE))


def _limit(x: Pair, most: Any) -> Pair:
    """The number, nan where its size is over a limit."""
    return np.where(np.abs(x[0]) <= most, x[0], math.nan), x[1]


def _expm1_near(x: Pair) -> Pair:
    """exp(x) - 1 for abs(x) <= 0.37, within 2**-90.

    With x = c + s: T + p + T*p, T = expm1(c), p = expm1(s). The tail of p in doubles, from s**5/120 on, is 2**-42 of
    it, and its errors 2**-92; s**10/10!, which is left out, is 2**-102.
    """
    known = _constants()
    place, s = _nearest_point(x, _LOG_REACH)
    t = s[0]
    tail = 1 / 120 + t * (1 / 720 + t * (1 / 5040 + t * (1 / 40320 + t * (1 / 362880))))
    q = _sum(known["1/24"], _scaled(s, tail))
    q = _sum(known["1/6"], _product(s, q))
    q = _sum((0.5, 0.0), _product(s, q))
    p = _sum(s, _product(_product(s, s), q))
    base = known["expm1"][0][place], known["expm1"][1][place]
    return _sum(base, _sum(p, _product(base, p)))


def _sin_cos_near(x: Pair) -> tuple[Pair, Pair]:
    """sin(x), cos(x) for abs(x) <= 0.8, each within 2**-91.

    With x = c + s: sin(c)*cos(s) + cos(c)*sin(s), where cos(s) - 1 and sin(s) are series in z = s**2, at most 2**-18.
    In doubles are the terms from s**5/120 = 2**-42*s and s**6/720 = 2**-63 on.
    """
    known = _constants()
    place, s = _nearest_point(x, _ANGLE_REACH)
    z = _product(s, s)
    t = z[0]
    inner = _sum(negative(known["1/6"]), _scaled(z, 1 / 120 - t * (1 / 5040 - t * (1 / 362880))))
    sine = _sum(s, _product(_product(s, z), inner))
    inner = _sum(known["1/24"], _scaled(z, -1 / 720 + t * (1 / 40320)))
    fall = _product(z, _sum((-0.5, 0.0), _product(z, inner)))  # cos(s) - 1
    s0, c0 = ((known[name][0][place], known[name][1][place]) for name in ("sin", "cos"))
    return (
        _sum(s0, _sum(_product(s0, fall), _product(c0, sine))),
        _sum(c0, _sum(_product(c0, fall), negative(_product(s0, sine)))),
    )


def _halve_exponent(x: Pair) -> tuple[Any, Pair]:
    """k and r in x = k*log(2) + r, with abs(r) at most 0.35: k times the first part of log(2) is exact, so that the
    error of r is 2**-101 of what it is the difference of, at most 2**-101*(abs(r) + 2**-22)."""
    (first, rest) = _constants()["log2"]
    x = _limit(x, _MOST_EXPONENT)
    k = np.rint(np.nan_to_num(x[0]) / math.log(2))
    return k, _sum(_sum(x, (-k * first, 0.0)), _scaled(negative(rest), k))


def _shift(x: Pair, k: Any) -> Pair:
    power = k.astype(np.intc)
    return np.ldexp(x[0], power), np.ldexp(x[1], power)


def _exp(x: Pair) -> Pair:
    k, r = _halve_exponent(x)
    return _shift(_sum((1.0, 0.0), _expm1_near(r)), k)


def _expm1(x: Pair) -> Pair:
    """Within 2**-87: where k is not 0, abs(x) is over 0.34, and the difference at least a fifth of its parts."""
    k, r = _halve_exponent(x)
    near = _expm1_near(r)
    return _select(k == 0.0, near, _sum(_shift(_sum((1.0, 0.0), near), k), (-1.0, 0.0)))


def _log1p_near(x: Pair) -> Pair:
    """log(1 + x) for -0.3 <= x <= 0.42, within 2**-88: y + log1p(t), t = (x - expm1(y))/exp(y)."""
    start = np.log1p(x[0])
    grown = _expm1_near((start, np.zeros_like(start)))
    t = _sum(x, negative(grown))[0] / (1.0 + grown[0])
    t = np.where(np.abs(t) <= _CORRECTION * np.abs(start), t, math.nan)
    return _fast_two_sum(start, t - 0.5 * t * t)


def _log(x: Pair) -> Pair:
    """k*log(2) + log1p(m - 1) with x = m*2**k and m about 1: where k is not 0, a third of its parts at least."""
    first, rest = _constants()["log2"]
    mantissa, k = np.frexp(np.where(x[0] > 0.0, x[0], math.nan))
    k = k - (mantissa < math.sqrt(0.5))
    m = np.ldexp(x[0], -k), np.ldexp(x[1], -k)
    near = _log1p_near(_sum(m, (-1.0, 0.0)))
    steps = k.astype(np.float64)
    return _select(k == 0, near, _sum(_sum((steps * first, 0.0), _scaled(rest, steps)), near))


def _log1p(x: Pair) -> Pair:
    """Beside 0 as it is, elsewhere as log(1 + x), whose argument is within 2**-104 and whose value is over 0.34."""
    near = (x[0] > -0.29) & (x[0] < 0.41)
    inner = np.where(near, x[0], 0.0), np.where(near, x[1], 0.0)
    return _select(near, _log1p_near(inner), _log(_sum((1.0, 0.0), x)))


def _sin_cos(x: Pair) -> tuple[Pair, Pair]:
    """sin(x), cos(x), each within 2**-86.

    With x = k*pi/2 + r: k times the first two parts of pi/2, of 33 bits each, is exact. The error of r is 2**-102 of
    what it is the difference of, at most abs(r) + 2**-12: since abs(r) is at least 2**-25, 2**-88 of r.
    """
    first, second, third = _constants()["quarter"]
    x = _limit(x, _MOST_ANGLE)
    k = np.rint(np.nan_to_num(x[0]) / (math.pi / 2))
    r = _sum(_sum(x, (-k * first, 0.0)), (-k * second, 0.0))
    r = _sum(r, _scaled(negative(third), k))
    r = np.where((k == 0.0) | (np.abs(r[0]) >= _LEAST_ANGLE), r[0], math.nan), r[1]
    sine, cosine = _sin_cos_near(r)
    odd = k % 2.0 == 1.0
    low, high = k % 4.0 >= 2.0, (k + 1.0) % 4.0 >= 2.0
    first_one, second_one = _select(odd, cosine, sine), _select(odd, sine, cosine)
    return _select(low, negative(first_one), first_one), _select(high, negative(second_one), second_one)


def _corrected(start: Any, by: Pair) -> Pair:
    """A value of NumPy's with its correction, which is small enough that sine, tangent and itself are one."""
    by = _limit(by, _CORRECTION * np.abs(start))
    return _sum((start, np.zeros_like(start)), by)


def _arcsin(x: Pair) -> Pair:
    """y + asin(t), t = x*cos(y) - sin(y)*sqrt(1 - x**2)."""
    start = np.arcsin(x[0])
    sine, cosine = _sin_cos((start, np.zeros_like(start)))
    return _corrected(start, _sum(_product(x, cosine), negative(_product(sine, _edge(x)))))


def _arccos(x: Pair) -> Pair:
    """y + asin(t), t = sqrt(1 - x**2)*cos(y) - x*sin(y); around 0, where cos(y) lacks digits, pi/2 - asin(x)."""
    start = np.arccos(x[0])
    sine, cosine = _sin_cos((start, np.zeros_like(start)))
    outer = _corrected(start, _sum(_product(_edge(x), cosine), negative(_product(x, sine))))
    return _select(np.abs(x[0]) < 0.5, _sum(_constants()["pi/2"], negative(_arcsin(x))), outer)


def _edge(x: Pair) -> Pair:
    """sqrt(1 - x**2), by factors of which each is exact to its last digit."""
    return _root(_product(_sum((1.0, 0.0), x), _sum((1.0, 0.0), negative(x))))


def _arctan(x: Pair) -> Pair:
    """y + atan(t), t = (x*cos(y) - sin(y))/(cos(y) + x*sin(y))."""
    start = np.arctan(x[0])
    sine, cosine = _sin_cos((start, np.zeros_like(start)))
    above = _sum(_product(x, cosine), negative(sine))
    return _corrected(start, _quotient(above, _sum(cosine, _product(x, sine))))


def _sinh(x: Pair) -> Pair:
    """(e + e/(1 + e))/2, e = expm1(abs(x)): nothing cancels."""
    e = _expm1(absolute(x))
    whole = _sum(e, _quotient(e, _sum((1.0, 0.0), e)))
    return _copysign((0.5 * whole[0], 0.5 * whole[1]), x)


def _cosh(x: Pair) -> Pair:
    e = _exp(absolute(x))
    whole = _sum(e, _quotient((1.0, 0.0), e))
    return 0.5 * whole[0], 0.5 * whole[1]


def _tanh(x: Pair) -> Pair:
    """-e/(2 + e), e = expm1(-2*abs(x))."""
    size = absolute(x)
    e = _expm1((-2.0 * size[0], -2.0 * size[1]))
    return _copysign(_quotient(e, _sum((2.0, 0.0), e)), x)


def _arcsinh(x: Pair) -> Pair:
    """log1p(a + a**2/(1 + sqrt(1 + a**2))), a = abs(x)."""
    a = absolute(x)
    square = _product(a, a)
    below = _sum((1.0, 0.0), _root(_sum((1.0, 0.0), square)))
    return _copysign(_log1p(_sum(a, _quotient(square, below))), x)


def _arccosh(x: Pair) -> Pair:
    """log1p(w + sqrt(w*(w + 2))), w = x - 1."""
    w = _sum(x, (-1.0, 0.0))
    return _log1p(_sum(w, _root(_product(w, _sum(w, (2.0, 0.0))))))


def _arctanh(x: Pair) -> Pair:
    """log1p(2*a/(1 - a))/2, a = abs(x)."""
    a = absolute(x)
    whole = _log1p(_quotient((2.0 * a[0], 2.0 * a[1]), _sum((1.0, 0.0), negative(a))))
    return _copysign((0.5 * whole[0], 0.5 * whole[1]), x)


def _tan(x: Pair) -> Pair:
    return _quotient(*_sin_cos(x))


def _cbrt(x: Pair) -> Pair:
    """r*(1 + t)**(1/3) with t = x/r**3 - 1: r*(1 + t/3 - t**2/9) leaves out 2**-106 where t is at most 2**-34."""
    start = np.cbrt(x[0])
    cube = _scaled(two_product(start, start), start)
    t = _sum(x, negative(cube))[0] / cube[0]
    t = np.where(x[0] == 0.0, 0.0, np.where(np.abs(t) <= 2.0**-34, t, math.nan))
    return _fast_two_sum(start, start * (t / 3.0 - t * t / 9.0))


def _power(x: Pair, y: Pair) -> Pair:
    return _exp(_product(y, _log(x)))


def _hypot(x: Pair, y: Pair) -> Pair:
    return _root(_sum(_product(x, x), _product(y, y)))


def _checked(rule: Callable[..., Pair]) -> Callable[..., Pair]:
    return lambda *args: keep(rule(*args))


_RULES: dict[str, Callable[..., Pair]] = {
    "add": _sum, "subtract": lambda x, y: _sum(x, negative(y)), "multiply": _product, "divide": _quotient,
    "square": lambda x: _product(x, x), "sqrt": _root, "cbrt": _cbrt, "hypot": _hypot, "power": _power,
    "exp": _exp, "expm1": _expm1, "log": _log, "log1p": _log1p,
    "log2": lambda x: _product(_log(x), _constants()["log2e"]),
    "log10": lambda x: _product(_log(x), _constants()["log10e"]),
    "sin": lambda x: _sin_cos(x)[0], "cos": lambda x: _sin_cos(x)[1], "tan": _tan,
    "arcsin": _arcsin, "arccos": _arccos, "arctan": _arctan,
    "sinh": _sinh, "cosh": _cosh, "tanh": _tanh,
    "arcsinh": _arcsinh, "arccosh": _arccosh, "arctanh": _arctanh,
}  # fmt: skip
OPERATIONS: dict[str, Callable[..., Any]] = {
    **{name: _checked(rule) for name, rule in _RULES.items()},
    "negative": negative, "absolute": absolute, "copysign": _copysign, "rint": _nearest_integer,
    "sign": lambda x: (np.sign(x[0]), 0.0 * x[0]),
    "maximum": _maximum, "minimum": _minimum, "select": _select,
    "less": _less, "greater": lambda x, y: _less(y, x),
    "less_equal": lambda x, y: _less(x, y) | _equal(x, y), "greater_equal": lambda x, y: _less(y, x) | _equal(x, y),
    "equal": _equal, "not_equal": lambda x, y: (x[0] != y[0]) | (x[1] != y[1]),
    "isfinite": lambda x: np.isfinite(x[0]),
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_not": np.logical_not,
}  # fmt: skip
"""What stands for each ufunc of a program."""
