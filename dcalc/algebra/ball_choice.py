"""Kinks, jumps and choices on balls: each is decided by the constant term.

Where that is undecided, a number may still have an enclosure (abs is continuous); a
series has none, since it would have to be two-sided.
"""

from flint import arb

from dcalc.algebra.ball_arithmetic import div
from dcalc.algebra.ball_common import Ball, constant, like
from dcalc.errors import Undecided

_ZERO = arb(0)


def abs_(x: Ball) -> Ball:
    """The absolute value."""
    c = constant(x)
    if isinstance(x, arb):
        return abs(c)
    if 0 in c:
        raise Undecided("argument may be 0, where abs has a kink")
    return x if c > 0 else -x


def sign(x: Ball) -> Ball:
    """-1, 0 or 1."""
    c = constant(x)
    if 0 not in c:
        return like(x, 1 if c > 0 else -1)
    if isinstance(x, arb) and c == 0:
        return _ZERO
    raise Undecided("argument may be 0, where sign jumps")


def step(x: Ball) -> Ball:
    """1 where x >= 0, else 0."""
    c = constant(x)
    if c > 0 or (isinstance(x, arb) and c >= 0):
        return like(x, 1)
    if c < 0:
        return like(x, 0)
    raise Undecided("argument may be 0, where step jumps")


def relu(x: Ball) -> Ball:
    """max(x, 0)."""
    return max_(x, _ZERO)


def floor(x: Ball) -> Ball:
    """The largest integer that is at most x."""
    return like(x, _floor(x, constant(x)))


def ceil(x: Ball) -> Ball:
    """The smallest integer that is at least x."""
    return like(x, -_floor(x, -constant(x)))


def round_(x: Ball) -> Ball:
    """The nearest integer, the even one of two."""
    moved = constant(x) + 0.5
    value = _floor(x, moved)
    if value == moved and not (value / 2).is_integer():
        value -= 1
    return like(x, value)


def trunc(x: Ball) -> Ball:
    """x rounded toward 0, where it does not jump."""
    c = constant(x)
    if abs(c) < 1:
        return like(x, 0)
    return floor(x) if c > 0 else ceil(x)


def _floor(x: Ball, c: arb) -> arb:
    """floor(c), where ``x`` tells whether a jump at c itself matters."""
    value = c.floor()
    if not value.is_exact() or (c == value and not isinstance(x, arb)):
        raise Undecided("argument may be at a jump")
    return value


def frac(x: Ball) -> Ball:
    """x - floor(x)."""
    return x - floor(x)


def mod(x: Ball, y: Ball) -> Ball:
    """x - y*floor(x/y), y != 0."""
    return x - y * floor(div(x, y))


def max_(u: Ball, v: Ball) -> Ball:
    """The larger of two values."""
    a, b = constant(u), constant(v)
    if a > b or u is v:
        return u
    if a < b:
        return v
    if isinstance(u, arb) and isinstance(v, arb):
        return u.max(v)
    raise Undecided("the arguments may be equal, where max has a kink")


def min_(u: Ball, v: Ball) -> Ball:
    """The smaller of two values."""
    return -max_(-u, -v) if u is not v else u


def where(condition: bool, a: Ball, b: Ball) -> Ball:
    """a where the condition holds, else b."""
    return a if condition else b
