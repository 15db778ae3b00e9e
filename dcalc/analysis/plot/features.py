"""What happens where f is not smooth: found out at the place itself where that is a simple number,
else from the values at the nearest doubles on either side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.plot.survey import CELLS, Cell, Gap
from dcalc.analysis.toolkit import Range
from dcalc.problem import VALUED

_SIMPLE = 1_000_000
"""The largest denominator of a place that is tried exactly."""
_TINY = 1e-3
"""Of the height of the picture: f is joined where it is proved to move by no more."""
_HUGE = 1e6
"""Times that height: what lies beyond on both sides of a gap is taken for a pole."""
_APART = 1e-6
"""Relative difference of slopes that is taken for a kink."""


class Feature(NamedTuple):
    """A place worth a mark.

    ``between`` are doubles around it, equal where it is one. ``certified`` tells that the kind is
    proved; otherwise it is read from values at the two ends. ``joined``: f is proved to have no
    break there that the picture would show.
    """

    kind: str
    x: float
    between: tuple[float, float]
    f: float | None = None
    left: float | None = None
    right: float | None = None
    certified: bool = False
    joined: bool = False
    text: str = ""


def classify_gap(oracle: Oracle, gap: Gap, height: float) -> Feature | None:
    """What is in a gap; None where nothing is: it is smooth after all, or has no values at all."""
    place = simplest_rational(gap.low, gap.high)
    if place.denominator <= _SIMPLE:
        found = _classify_at(oracle, gap, place)
        if found is not None:
            return found
    return _classify_between(oracle, gap, height)


def simplest_rational(low: float, high: float) -> Fraction:
    """The rational of least denominator in the interval, by continued fractions."""
    a, b = Fraction(low), Fraction(high)
    if a <= 0 <= b:
        return Fraction(0)
    if b < 0:
        return -simplest_rational(-high, -low)
    terms: list[int] = []
    while True:
        whole = a.numerator // a.denominator
        if a == whole or b >= whole + 1:
            terms.append(whole if a == whole else whole + 1)
            break
        terms.append(whole)
        a, b = 1 / (b - whole), 1 / (a - whole)
    found = Fraction(terms.pop())
    while terms:
        found = terms.pop() + 1 / found
    return found


def _classify_at(oracle: Oracle, gap: Gap, place: Fraction) -> Feature | None:
    """The verdict at an exact place; None where it says nothing of the gap."""
    x = float(place)
    where: float | Fraction = x if Fraction(x) == place else place
    slope, value = oracle.verdict(1, where), oracle.verdict(0, where)
    between = (
        (x, x)
        if where == x
        else (max(gap.low, math.nextafter(x, -math.inf)), min(gap.high, math.nextafter(x, math.inf)))
    )
    kind: str | None = slope.kind if slope.status == "not_differentiable" else None
    text, joined = slope.note, False
    if slope.status == "ok":
        return Feature("", x, between, value.value, certified=True, joined=True)
    if value.status == "removable":
        kind, joined = "hole", True
    elif kind == "boundary":
        kind = "edge"
    elif slope.status == "undefined":
        kind = _name_undefined(oracle, gap, where)
    elif kind in ("kink", "vertical_tangent", "oscillation"):
        joined = True
    if kind is None:
        return None
    f = value.value if value.status in VALUED else None
    return Feature(kind, x, between, f, slope.left, slope.right, True, joined, text)


def _name_undefined(oracle: Oracle, gap: Gap, place: float | Fraction) -> str | None:
    """A pole, the edge of the domain, or another break at a place without a value."""
    if oracle.is_pole(place):
        return "pole"
    x = float(place)
    ends = (min(gap.low, math.nextafter(x, -math.inf)), max(gap.high, math.nextafter(x, math.inf)))
    sides = [math.isnan(oracle.value(0, end)) for end in ends]
    if all(sides):
        return None
    return "edge" if any(sides) else "break"


def _classify_between(oracle: Oracle, gap: Gap, height: float) -> Feature | None:
    """What the values at the ends of a gap show, where its place is no simple number."""
    ends = (gap.low, gap.high)
    x = gap.low / 2 + gap.high / 2
    before, after = (oracle.value(0, end) for end in ends)
    if math.isnan(before) and math.isnan(after):
        return None
    if math.isnan(before) or math.isnan(after):
        x = _find_edge(oracle, *(ends if math.isnan(after) else ends[::-1]))
        return Feature("edge", x, ends, oracle.value(0, x))
    bounds = oracle.spans.over(0, *ends)
    if bounds is not None and bounds.height <= _TINY * height:
        return _make_kink(oracle, gap, x)
    if min(abs(before), abs(after)) > _HUGE * height:
        return Feature("pole", x, ends)
    return Feature("break", x, ends, None)


def _find_edge(oracle: Oracle, inside: float, outside: float) -> float:
    """The last double on the way outside at which f has a value, by halving."""
    while (middle := inside / 2 + outside / 2) not in (inside, outside):
        inside, outside = (middle, outside) if math.isfinite(oracle.value(0, middle)) else (inside, middle)
    return inside


def _make_kink(oracle: Oracle, gap: Gap, x: float) -> Feature:
    """A place where f is joined: a kink, unless its slopes on both sides agree."""
    left, right = oracle.value(1, gap.low), oracle.value(1, gap.high)
    apart = abs(left - right) > _APART * (abs(left) + abs(right))
    kind = "kink" if apart else ""
    return Feature(kind, x, (gap.low, gap.high), oracle.value(0, x), left, right, False, True)


# --- Stationary points: every place in smooth cells where f' is proved to change its sign, or is 0.

_MOST = 2_000
"""Intervals that are looked at in all after a full survey; fewer, by the square, after a coarse one."""
_MARKS = 100
_NEAR = 2.0**-11
"""Of the whole range: cells smaller than this are only found beside a gap, nearer than a picture can show."""
_FINEST = 2.0**-52
"""Of the whole range: intervals are halved down to this where f' may or may not be 0."""
_KINDS = {(1, -1): "maximum", (-1, 1): "minimum", (1, 1): "inflection", (-1, -1): "inflection"}


class StationaryPoints(NamedTuple):
    """The points in order; the intervals where it is not known whether f' is 0; those where it is 0
    wherever one looks; and whether all of the range was looked at."""

    points: list[Feature]
    open: list[Range]
    flat: list[Range]
    complete: bool


def find_stationary(oracle: Oracle, cells: Sequence[Cell], width: float, places: int) -> StationaryPoints:
    """The stationary points inside of the cells; pieces where f' is proved to be 0 all along have none.

    ``width`` and ``places`` are the length of the range and the places of its survey.
    Nearer to a gap than a picture can show they are not looked for.
    """
    search = _Search(oracle, width, int(_MOST * (places / CELLS) ** 2))
    search.run([(cell.low, cell.high) for cell in cells if _may_turn(cell, width)])
    found = [_make_extremum(oracle, bracket) for bracket in sorted(search.brackets)]
    left = []
    for doubt in _join_intervals(search.doubts):
        point = _resolve_doubt(oracle, doubt)
        if point is None:
            left.append(doubt)
        else:
            found.append(point)
    return StationaryPoints(
        sorted(found, key=lambda point: point.x), left, _join_intervals(search.flat), search.complete
    )


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
            self.brackets.add(_narrow(self.oracle, low, high))
        self.brackets |= {(x, x) for x, sign in ((low, before), (high, after)) if sign == 0}
        return True


def _join_intervals(intervals: list[Range]) -> list[Range]:
    """Intervals that touch as one."""
    found: list[Range] = []
    for low, high in sorted(intervals):
        if found and found[-1][1] == low:
            low = found.pop()[0]
        found.append((low, high))
    return found


def _narrow(oracle: Oracle, low: float, high: float) -> Range:
    """Neighbouring doubles between which f' changes its sign, or the one where it is 0, by halving."""
    before = oracle.sign(low)
    while (middle := low / 2 + high / 2) not in (low, high):
        sign = oracle.sign(middle)
        if sign == 0:
            return middle, middle
        low, high = (middle, high) if sign == before else (low, middle)
    return low, high


def _make_extremum(oracle: Oracle, bracket: Range) -> Feature:
    """The extremum in a bracket; its place is the end where the slope is less."""
    low, high = bracket
    x = min(bracket, key=lambda end: abs(oracle.value(1, end)))
    around = (low, high) if low < high else (math.nextafter(low, -math.inf), math.nextafter(low, math.inf))
    kind = _KINDS.get((oracle.sign(around[0]) or 0, oracle.sign(around[1]) or 0), "stationary")
    return Feature(kind, x, bracket, oracle.value(0, x), certified=True, joined=True)


def _resolve_doubt(oracle: Oracle, doubt: Range) -> Feature | None:
    """What a doubtful interval holds, by the signs at its ends and the simplest number inside; None
    where it stays open."""
    low, high = doubt
    signs = (oracle.sign(low) or 0, oracle.sign(high) or 0)
    place = simplest_rational(low, high)
    x = float(place)
    exact = Fraction(x) == place and oracle.sign(x) == 0
    if exact or signs in ((1, -1), (-1, 1)):
        kind = _KINDS.get(signs, "stationary")
        x = x if exact else low / 2 + high / 2
        return Feature(kind, x, (x, x) if exact else doubt, oracle.value(0, x), certified=True, joined=True)
    return None
