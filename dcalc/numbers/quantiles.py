"""Quantiles of the normal and of Student's distribution, right to the last digit.

Tails are enclosed in balls (DLMF 7.17, 8.17.2), and the doubles are searched by bisection, which needs no start and
no derivative.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache

from flint import arb, ctx

_PRECISIONS = (96, 192, 384, 768)
"""Bits, raised until it is decided on which side of a double the quantile lies."""
_INFINITY = 0x7FF0000000000000


@lru_cache(maxsize=64)
def student_half_width(level: float, freedom: int | None) -> float:
    """The t for which a variable of Student's distribution lies within -t and t with probability ``level``.

    ``freedom`` counts the degrees of freedom; None stands for the normal distribution. The nearest double.
    Domain: 0 < level < 1, freedom at least 1. Cost: some 70 incomplete beta functions, below 20 ms.
    """
    with ctx.workprec(1200):  # exact
        outside = 1 - arb(level)
    return _find_double(lambda t: _outside_normal(t) if freedom is None else _outside_student(t, freedom), outside)


def chance_above(chi_square: float, freedom: int) -> float:
    """The probability that a chi-square variable exceeds ``chi_square``, in doubles (DLMF 8.2.4)."""
    with ctx.workprec(128):
        return float((arb(chi_square) / 2).gamma_upper(arb(freedom) / 2, 1))


def _outside_normal(t: arb) -> arb:
    return (t / arb(2).sqrt()).erfc()


def _outside_student(t: arb, freedom: int) -> arb:
    whole, squared = arb(freedom), t * t
    if squared < whole:  # of an argument near 1 the function is lost
        return 1 - (squared / (whole + squared)).beta_lower(arb(1) / 2, whole / 2, 1)
    return (whole / (whole + squared)).beta_lower(whole / 2, arb(1) / 2, 1)


def _find_double(outside: Callable[[arb], arb], wanted: arb) -> float:
    """The double nearest to where a function that falls from 1 to 0 has the value ``wanted``."""
    low, high = 0, _INFINITY - 1  # bit patterns of positive doubles are ordered as the doubles are
    while high - low > 1:
        middle = (low + high) // 2
        if _is_above(outside, arb(_as_double(middle)), wanted):
            low = middle
        else:
            high = middle
    ends = _as_double(low), _as_double(high)
    with ctx.workprec(96):
        half = (arb(ends[0]) + arb(ends[1])) / 2
    return ends[1] if _is_above(outside, half, wanted) else ends[0]


def _is_above(outside: Callable[[arb], arb], t: arb, wanted: arb) -> bool:
    """Whether the function is above a value at t; equality that no precision decides counts as below."""
    for bits in _PRECISIONS:
        with ctx.workprec(bits):
            value = outside(t)
            if value > wanted:
                return True
            if value < wanted:
                return False
    return False


def _as_double(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value
