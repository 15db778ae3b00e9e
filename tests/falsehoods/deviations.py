"""Least absolute deviations by trying all corners: exact, for lines through few points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations
from typing import TypeVar

from mpmath import mp, mpf

from tests.falsehoods.constants import DIGITS

Number = TypeVar("Number", Fraction, mpf)
_NEAR = ("1e-4", "1e-6")


def corners(rows: Sequence[tuple[Number, Number]], has_start: bool) -> Iterator[tuple[Number, Number]]:
    """(slope, start) of all lines on which as many points lie as there are parameters; one of them is best."""
    if not has_start:
        yield from ((y / x, 0 * y) for x, y in rows if x)
        return
    for (x0, y0), (x1, y1) in combinations(rows, 2):
        if x0 != x1:
            slope = (y1 - y0) / (x1 - x0)
            yield slope, y0 - slope * x0


def loss(rows: Sequence[tuple[Number, Number]], line: tuple[Number, Number]) -> Number:
    """The mean absolute deviation from a line."""
    slope, start = line
    return sum((abs(y - slope * x - start) for x, y in rows), 0 * start) / len(rows)


def slopes_along(rows: Sequence[tuple[float, float]], a: float, b: float, c: float) -> bool:
    """Whether a*exp(b*x) + c is not a local minimum: close by there is a b for which better a and c are.

    For each b the best a and c are those of a line in exp(b*x).
    """
    with mp.workdps(DIGITS):
        here = loss(_in_exponentials(rows, mpf(b)), (mpf(a), mpf(c)))
        for sign in (1, -1):
            moved = [mpf(b) * (1 + sign * mpf(step)) for step in _NEAR]
            if all(_best(rows, near) < here * (1 - mpf("1e-18")) for near in moved):
                return True
    return False


def _in_exponentials(rows: Sequence[tuple[float, float]], b: mpf) -> list[tuple[mpf, mpf]]:
    return [(mp.exp(b * mpf(x)), mpf(y)) for x, y in rows]


def _best(rows: Sequence[tuple[float, float]], b: mpf) -> mpf:
    pairs = _in_exponentials(rows, b)
    return min(loss(pairs, line) for line in corners(pairs, True))
