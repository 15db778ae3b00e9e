"""Stationary points: every place in smooth cells where f' is proved to change its sign, or is 0."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc.analysis import Range
from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.plot.special import Special, simplest
from dcalc.analysis.plot.survey import CELLS, Cell

_MOST = 2_000
"""Intervals that are looked at in all after a full survey; fewer, by the square, after a coarse one."""
_MARKS = 100
_NEAR = 2.0**-11
"""Of the whole range: cells smaller than this are only found beside a gap, nearer than a picture can show."""
_FINEST = 2.0**-52
"""Of the whole range: intervals are halved down to this where f' may or may not be 0."""
_KINDS = {(1, -1): "maximum", (-1, 1): "minimum", (1, 1): "inflection", (-1, -1): "inflection"}


class Found(NamedTuple):
    """The points in order; the intervals where it is not known whether f' is 0; those where it is 0
    wherever one looks; and whether all of the range was looked at."""

    points: list[Special]
    open: list[Range]
    flat: list[Range]
    complete: bool


def stationary(oracle: Oracle, cells: Sequence[Cell], width: float, places: int) -> Found:
    """The stationary points inside of the cells; pieces where f' is proved to be 0 all along have none.

    ``width`` and ``places`` are the length of the range and the places of its survey.
    Nearer to a gap than a picture can show they are not looked for.
    """
    search = _Search(oracle, width, int(_MOST * (places / CELLS) ** 2))
    search.run([(cell.low, cell.high) for cell in cells if _may_turn(cell, width)])
    found = [_point(oracle, bracket) for bracket in sorted(search.brackets)]
    left = []
    for doubt in _joined(search.doubts):
        point = _resolved(oracle, doubt)
        if point is None:
            left.append(doubt)
        else:
            found.append(point)
    return Found(sorted(found, key=lambda point: point.x), left, _joined(search.flat), search.complete)


def _may_turn(cell: Cell, width: float) -> bool:
    return not cell.slope.sign and not cell.slope.is_zero and cell.high - cell.low > width * _NEAR


class _Search:
    """Intervals taken apart until f' is proved to keep its sign, or to change it once."""

    def __init__(self, oracle: Oracle, width: float, most: int) -> None:
        self.oracle = oracle
        self.most = most
        self.finest = width * _FINEST
        self.brackets: set[Range] = set()
        self.doubts: list[Range] = []
        self.flat: list[Range] = []
        self.complete = True

    def run(self, level: list[Range]) -> None:
        """Look into the intervals, the widest first."""
        looked = 0
        while level:
            halves: list[Range] = []
            for low, high in level:
                looked += 1
                if self._decided(low, high):
                    continue
                middle = low / 2 + high / 2
                if high - low <= self.finest or not low < middle < high:
                    self.doubts.append((low, high))
                elif looked > self.most or len(self.brackets) > _MARKS:
                    self.complete = False
                else:
                    halves += [(low, middle), (middle, high)]
            level = halves

    def _decided(self, low: float, high: float) -> bool:
        """Whether it is known what f' does on an interval; a change of sign is noted."""
        slope = self.oracle.spans.slopes(low, high)
        if slope is not None and (slope.sign or slope.is_zero):
            return True
        before, after = self.oracle.sign(low), self.oracle.sign(high)
        if before == 0 == after:
            self.flat.append((low, high))
            return True
        bend = self.oracle.spans.over(2, low, high)
        if bend is None or not bend.sign or before is None or after is None:
            return False
        # f' is monotonic here, so it is 0 at one place at most.
        if before and after and before != after:
            self.brackets.add(_narrowed(self.oracle, low, high))
        self.brackets |= {(x, x) for x, sign in ((low, before), (high, after)) if sign == 0}
        return True


def _joined(intervals: list[Range]) -> list[Range]:
    """Intervals that touch as one."""
    found: list[Range] = []
    for low, high in sorted(intervals):
        if found and found[-1][1] == low:
            low = found.pop()[0]
        found.append((low, high))
    return found


def _narrowed(oracle: Oracle, low: float, high: float) -> Range:
    """Neighbouring doubles between which f' changes its sign, or the one where it is 0, by halving."""
    before = oracle.sign(low)
    while (middle := low / 2 + high / 2) not in (low, high):
        sign = oracle.sign(middle)
        if sign == 0:
            return middle, middle
        low, high = (middle, high) if sign == before else (low, middle)
    return low, high


def _point(oracle: Oracle, bracket: Range) -> Special:
    """The extremum in a bracket; its place is the end where the slope is less."""
    low, high = bracket
    x = min(bracket, key=lambda end: abs(oracle.value(1, end)))
    around = (low, high) if low < high else (math.nextafter(low, -math.inf), math.nextafter(low, math.inf))
    kind = _KINDS.get((oracle.sign(around[0]) or 0, oracle.sign(around[1]) or 0), "stationary")
    return Special(kind, x, bracket, oracle.value(0, x), certified=True, joined=True)


def _resolved(oracle: Oracle, doubt: Range) -> Special | None:
    """What a doubtful interval holds, by the signs at its ends and the simplest number inside; None
    where it stays open."""
    low, high = doubt
    signs = (oracle.sign(low) or 0, oracle.sign(high) or 0)
    place = simplest(low, high)
    x = float(place)
    exact = Fraction(x) == place and oracle.sign(x) == 0
    if exact or signs in ((1, -1), (-1, 1)):
        kind = _KINDS.get(signs, "stationary")
        x = x if exact else low / 2 + high / 2
        return Special(kind, x, (x, x) if exact else doubt, oracle.value(0, x), certified=True, joined=True)
    return None
