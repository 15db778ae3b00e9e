"""Taylor polynomials in balls: certified coefficients, and a bound of what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from heapq import heappop, heappush
from math import inf, nextafter
from typing import NamedTuple

from flint import arb, ctx

from dcalc.algebra.enclose import Constant, Encloser, Fault
from dcalc.algebra.rounding import as_decimal, as_double
from dcalc.expr import Expr

_MOST_BITS = 8_192
_PIECES = 160
"""Intervals into which a range is cut, at most, each time that with the largest bound."""
_HELPS = 0.97
"""Twice as many pieces that leave more than this of the bound are the last."""
_NARROWEST = 2.0**-20
"""A part of the range this narrow that has no bound has a pole, a kink or an edge in it."""


class Coefficient(NamedTuple):
    """A certified coefficient: the nearest double, and its decimal."""

    value: float
    text: str


class Bound(NamedTuple):
    """An upper bound of the error; None with the reason, and near which place."""

    value: float | None
    reason: str = ""
    node: Expr | None = None
    near: float = 0.0


def coefficients(
    root: Expr, name: str, order: int, point: Mapping[str, Constant], digits: int
) -> list[Coefficient | None]:
    """The Taylor coefficients up to an order, None where a ball cannot decide. Cost: order**2 for each
    operation, at rising precision."""
    encloser = Encloser(root, name, order)
    bits = 128 + int(3.33 * digits) + 2 * order
    while True:
        with ctx.workprec(bits):
            balls = encloser.coefficients(point)
            found = [_rounded(ball, digits) for ball in balls]
        hopeless = all(isinstance(ball, Fault) for ball in balls)
        if None not in found or hopeless or bits >= _MOST_BITS:
            return found
        bits *= 2


def _rounded(ball: arb | Fault, digits: int) -> Coefficient | None:
    if isinstance(ball, Fault):
        return None
    value, text = as_double(ball), as_decimal(ball, digits)
    return None if value is None or text is None else Coefficient(value, text)


def remainder(
    root: Expr, name: str, order: int, point: Mapping[str, Constant], center: float, ends: tuple[float, float]
) -> Bound:
    """A bound of abs(f - its Taylor polynomial of that order at the center) between the ends.

    On each side, of the integral of abs(f^(n+1)(t))*abs(x-t)^n/n! from the center to the farthest x,
    over intervals that are cut where they matter most. Cost: a few hundred series.
    """
    encloser = Encloser(root, name, order + 1)
    with ctx.workprec(96 + 2 * order):
        worst = Bound(0.0)
        for end in ends:
            if end != center:
                side = _Side(encloser, dict(point), center, end).bound()
                if side.value is None:
                    return side
                worst = max(worst, side, key=lambda bound: bound.value or 0.0)
        return worst


class _Side:
    """From the center to one end."""

    def __init__(self, encloser: Encloser, point: dict[str, Constant], center: float, end: float) -> None:
        self.encloser = encloser
        self.point = point
        self.center = center
        self.end = end
        self.degree = encloser.order
        self.fault: Fault | None = None

    def bound(self) -> Bound:
        """The sum over all pieces of the bound of each, cut until that helps no more."""
        pieces: list[tuple[float, float, float]] = []
        self._push(pieces, self.center, self.end)
        before = inf
        for count in range(1, _PIECES + 1):
            if self._is_hopeless(pieces[0]):
                break
            if count & (count - 1) == 0:  # at each power of two
                total = self._total(pieces)
                if total < inf and total >= _HELPS * before:
                    break
                before = total
            _, start, stop = heappop(pieces)
            middle = start + (stop - start) / 2
            self._push(pieces, start, middle)
            self._push(pieces, middle, stop)
        value = self._total(pieces)
        if value < inf:
            return Bound(value)
        _, start, stop = pieces[0]
        if self.fault is None:
            return Bound(None, "the bound is beyond a double", None, start + (stop - start) / 2)
        return Bound(None, self.fault.error.message, self.fault.node, start + (stop - start) / 2)

    def _is_hopeless(self, piece: tuple[float, float, float]) -> bool:
        """Whether a piece without a bound is so narrow already that it holds what has none."""
        size, start, stop = piece
        return -size == inf and abs(stop - start) < _NARROWEST * abs(self.end - self.center)

    def _total(self, pieces: list[tuple[float, float, float]]) -> float:
        return _above(sum((arb(-size) for size, _, _ in pieces), arb(0)))

    def _push(self, pieces: list[tuple[float, float, float]], start: float, stop: float) -> None:
        heappush(pieces, (-self._size(start, stop), start, stop))

    def _size(self, start: float, stop: float) -> float:
        """sup abs(f^(n+1))/(n+1)! on a piece, times abs(end-start)^(n+1) - abs(end-stop)^(n+1)."""
        low, high = sorted((arb(start), arb(stop)), key=float)
        ball = ((low + high) / 2).union(low).union(high)
        top = self.encloser.coefficients({**self.point, self.encloser.name: lambda: ball})[self.degree]
        if isinstance(top, Fault):
            self.fault = top
            return inf
        far, near = abs(arb(self.end) - arb(start)), abs(arb(self.end) - arb(stop))
        return _above(abs(top) * (far**self.degree - near**self.degree))


def _above(value: arb) -> float:
    """A double that is at least as large as all of a ball."""
    upper = float(abs(value).upper())
    if not upper < inf:  # nan as well
        return inf
    return nextafter(upper, inf) if upper else 0.0
