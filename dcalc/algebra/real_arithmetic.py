"""Constants, operators, choices and roots on floats."""

import math

from dcalc.algebra.real_common import NAN

# --- constants and operators ----------------------------------------------------------


def e() -> float:
    """The base of natural logarithms."""
    return math.e


def pi() -> float:
    """The circumference of a circle over its diameter."""
    return math.pi


def add(*values: float) -> float:
    """The sum of any number of values, from left to right."""
    if len(values) == 2:  # by far the most
        return values[0] + values[1]
    total, *rest = values
    for value in rest:
        total += value
    return total


def sub(u: float, v: float) -> float:
    """u - v."""
    return u - v


def mul(*values: float) -> float:
    """The product of any number of values, from left to right."""
    if len(values) == 2:  # by far the most
        return values[0] * values[1]
    total, *rest = values
    for value in rest:
        total *= value
    return total


def div(u: float, v: float) -> float:
    """u/v; nan for v = 0."""
    return u / v if v else NAN


def neg(u: float) -> float:
    """-u."""
    return -u


def power(u: float, v: float) -> float:
    """u**v: any u where v is a whole number (0**0 is 1), else u >= 0."""
    if u != u or v != v:
        return NAN
    try:
        return math.pow(u, v)
    except ValueError:
        return NAN
    except OverflowError:
        return -math.inf if u < 0 and v % 2 == 1 else math.inf


def lt(u: float, v: float) -> bool:
    """u < v."""
    return u < v


def le(u: float, v: float) -> bool:
    """u <= v."""
    return u <= v


def gt(u: float, v: float) -> bool:
    """u > v."""
    return u > v


def ge(u: float, v: float) -> bool:
    """u >= v."""
    return u >= v


def eq(u: float, v: float) -> bool:
    """u == v."""
    return u == v


def ne(u: float, v: float) -> bool:
    """u != v."""
    return u != v


def and_(u: bool, v: bool) -> bool:
    """Both conditions hold."""
    return u and v


def or_(u: bool, v: bool) -> bool:
    """One of the conditions holds."""
    return u or v


def not_(u: bool) -> bool:
    """The condition does not hold."""
    return not u


# --- kinks, jumps and choices ---------------------------------------------------------


def abs_(x: float) -> float:
    """The absolute value."""
    return abs(x)


def sign(x: float) -> float:
    """-1, 0 or 1."""
    return float((x > 0) - (x < 0)) if x == x else x


def step(x: float) -> float:
    """1 where x >= 0, else 0."""
    return NAN if x != x else float(x >= 0)


def floor(x: float) -> float:
    """The largest integer that is at most x."""
    return float(math.floor(x)) if math.isfinite(x) else x


def ceil(x: float) -> float:
    """The smallest integer that is at least x."""
    return float(math.ceil(x)) if math.isfinite(x) else x


def round_(x: float) -> float:
    """The nearest integer, the even one of two."""
    return float(round(x)) if math.isfinite(x) else x


def trunc(x: float) -> float:
    """x rounded toward 0."""
    return float(math.trunc(x)) if math.isfinite(x) else x


def frac(x: float) -> float:
    """x - floor(x)."""
    return x - floor(x)


def mod(x: float, y: float) -> float:
    """x - y*floor(x/y); nan for y = 0."""
    return x % y if y else NAN


def max_(u: float, v: float) -> float:
    """The larger of two values; nan where one of them is."""
    return u if u >= v or u != u else v


def min_(u: float, v: float) -> float:
    """The smaller of two values; nan where one of them is."""
    return u if u <= v or u != u else v


def where(condition: bool, a: float, b: float) -> float:
    """a where the condition holds, else b."""
    return a if condition else b


def relu(x: float) -> float:
    """max(x, 0)."""
    return max_(x, 0.0)


# --- roots ----------------------------------------------------------------------------


def cbrt(x: float) -> float:
    """The real cube root, exact where it is an integer."""
    return root(x, 3.0)


def hypot(u: float, v: float) -> float:
    """sqrt(u**2 + v**2) without overflow."""
    return math.hypot(u, v) if u == u and v == v else NAN


def root(x: float, n: float) -> float:
    """The real n-th root: of x < 0 where n is odd, else of x >= 0."""
    if not n:
        return NAN
    if x < 0 and n % 2 == 1:
        return -root(-x, n)
    y = power(x, 1 / n)
    if not n.is_integer() or not 0 < y < math.inf:
        return y
    slope = power(y, n - 1)  # one step of Newton's method makes up for the rounding of 1/n
    return y - (y - x / slope) / n if 0 < slope < math.inf else y
