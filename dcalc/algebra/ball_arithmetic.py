"""Operators on balls: arithmetic, powers and roots, comparisons, logic, constants."""

from flint import arb

from dcalc.algebra.ball_common import (
    Ball,
    above,
    constant,
    finite,
    is_number,
    like,
    nearest_whole,
    nonzero,
    reached,
    require,
    whole,
)
from dcalc.errors import Undecided, Undefined


def e() -> arb:
    """The base of natural logarithms."""
    return arb.const_e()


def pi() -> arb:
    """The circumference of a circle over its diameter."""
    return arb.pi()


def add(*values: Ball) -> Ball:
    """The sum of any number of values."""
    if len(values) == 2:  # by far the most
        return values[0] + values[1]
    total, *rest = values
    for value in rest:
        total = total + value
    return total


def sub(u: Ball, v: Ball) -> Ball:
    """u - v."""
    return u - v


def mul(*values: Ball) -> Ball:
    """The product of any number of values."""
    if len(values) == 2:  # by far the most
        return values[0] * values[1]
    total, *rest = values
    for value in rest:
        total = total * value
    return total


def neg(u: Ball) -> Ball:
    """-u."""
    return -u


def div(u: Ball, v: Ball) -> Ball:
    """u/v; Undefined where v is exactly 0, Undecided where it may be."""
    nonzero(v, "divisor")
    return u / v


def power(u: Ball, v: Ball) -> Ball:
    """u**v in the reals: any base where v is a whole number (0**0 is 1), else u > 0, or
    u = 0 < v."""
    exponent = whole(v)
    if exponent is not None:
        return _whole_power(u, exponent, v)
    base, c = constant(u), constant(v)
    if base > 0:
        return reached(u**v, u, v)
    if base < 0 and not c.contains_integer():
        raise Undefined("base is negative and the exponent is no whole number")
    if isinstance(u, arb) and base == 0 and c != 0:
        require(c > 0, c < 0, "0 needs an exponent >= 0")
        return like(v, 0)
    raise Undecided("base needs > 0")


def _whole_power(u: Ball, n: int, v: Ball) -> Ball:
    kind = v if isinstance(u, arb) else u
    if n == 0:
        return like(kind, 1)
    if n < 0:
        nonzero(u, "base")
    elif not isinstance(u, arb) and n >= u.prec and u[0].is_zero():
        return like(kind, 0)  # flint gives NaN where n is no machine word
    if n > 0 and isinstance(u, arb) and 0 in u:
        return finite(_product(u, n))  # flint takes the logarithm, which a ball around 0 has not
    return reached(u**n, u)


def _product(u: arb, n: int) -> arb:
    """u**n, n > 0, by squaring."""
    result, square = arb(1), u
    for bit in reversed(bin(n)[2:]):
        if bit == "1":
            result = result * square
        square = square * square
    return result


def sqrt(x: Ball) -> Ball:
    """The square root, x >= 0; exact where it is rational with a power of 2 below."""
    above(x, 0, closed=True)
    return x.sqrt()


def cbrt(x: Ball) -> Ball:
    """The real cube root of any x."""
    return _root(x, 3)


def root(x: Ball, n: Ball) -> Ball:
    """The real n-th root: of x < 0 where n is an odd whole number, else of x >= 0."""
    nonzero(n, "degree")
    degree = whole(n)
    if degree is None or degree % 2 == 0:
        above(x, 0, closed=True)
    if degree is None:
        return power(x, 1 / n)
    return _root(x, degree) if degree > 0 else div(arb(1), _root(x, -degree))


def _root(x: Ball, n: int) -> Ball:
    c = constant(x)
    if c > 0:
        return _positive_root(x, n)
    if c < 0:
        return -_positive_root(-x, n)
    if not isinstance(x, arb):
        raise Undecided("argument of a root may be 0")
    size = abs(c).upper()
    return _exact_root(size, n).union(-_exact_root(size, n)) if size > 0 else arb(0)


def _positive_root(x: Ball, n: int) -> Ball:
    value = _exact_root(constant(x), n)
    if isinstance(x, arb):
        return finite(value)
    series = x ** (arb(1) / n)
    series[0] = value
    return finite(series)


def _exact_root(c: arb, n: int) -> arb:
    """The n-th root of c > 0: an exact integer where it is one, so that floor(cbrt(8)) is 2."""
    value = c.root(n) if n < 1 << 63 else c ** (arb(1) / n)
    nearest = nearest_whole(value)
    return arb(nearest) if nearest is not None and arb(nearest) ** n == c else value


def hypot(u: Ball, v: Ball) -> Ball:
    """sqrt(u**2 + v**2)."""
    return sqrt(u * u + v * v)


# --- conditions -----------------------------------------------------------------------


def lt(u: Ball, v: Ball) -> bool:
    """u < v; Undecided where the balls overlap, or where series part from a tie."""
    a, b = constant(u), constant(v)
    tie_decides = is_number(u) and is_number(v)
    if a < b:
        return True
    if a > b or (tie_decides and a >= b):
        return False
    raise Undecided("the two sides of the comparison may be equal")


def gt(u: Ball, v: Ball) -> bool:
    """u > v, decided as `lt`."""
    return lt(v, u)


def le(u: Ball, v: Ball) -> bool:
    """u <= v, decided as `lt`."""
    return not lt(v, u)


def ge(u: Ball, v: Ball) -> bool:
    """u >= v, decided as `lt`."""
    return not lt(u, v)


def eq(u: Ball, v: Ball) -> bool:
    """u == v: decided where the balls are apart, or are the same exact number."""
    a, b = constant(u), constant(v)
    if a != b:
        return False
    if is_number(u) and is_number(v) and a == b:
        return True
    raise Undecided("the two sides of the comparison may be equal")


def ne(u: Ball, v: Ball) -> bool:
    """u != v, decided as `eq`."""
    return not eq(u, v)


# Bitwise, so that what is no bool (a part without a value) is a TypeError; `False and ...`
# is False whatever the other part is, and `True or ...` is True.


def and_(u: bool, v: bool) -> bool:
    """Both conditions hold."""
    return False if u is False or v is False else u & v


def or_(u: bool, v: bool) -> bool:
    """One of the conditions holds."""
    return True if u is True or v is True else u | v


def not_(u: bool) -> bool:
    """The condition does not hold."""
    return u ^ True
