"""Features of a curve: what happens in its gaps, and its stationary points.

What isolation proves of the places in a gap is told by `settled`; a gap of which nothing is proved is classified from
the values at the doubles on either side.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from dcalc.analysis.plot.oracle import Oracle, Place
from dcalc.analysis.plot.places import simplest_rational
from dcalc.analysis.plot.survey import CELLS, Cell, Gap, Survey
from dcalc.analysis.toolkit import Range

_ONE = 2.0**-50
"""The part of the range up to which a gap is one place."""
_FEW = 16
"""Units of the last place up to which a gap is one place to doubles."""
_TINY = 1e-3
"""f is joined where it is proved to move by no more than this part of the height: less than a pixel."""
_HUGE = 1e6
"""Values beyond this multiple of the height, on both sides of a gap, are taken for a pole."""
_APART = 1e-6
"""Relative difference of slopes that is taken for a kink."""


class Feature(NamedTuple):
    """A place worth a mark; a feature without a kind is smooth after all.

    ``between`` holds doubles around it, equal where it is one. A kind that is not ``certified`` is read from
    the values at these. ``joined`` tells that f is proved to have no break there that a picture would show;
    ``place`` is the exact place, where it is known.
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
    place: Place | None = None


def is_one_place(gap: Gap, width: float) -> bool:
    """Whether a gap is as narrow as gaps become, so that there is one place in it to see."""
    return gap.high - gap.low <= max(width * _ONE, _FEW * math.ulp(max(abs(gap.low), abs(gap.high))))


def classify_gap(oracle: Oracle, gap: Gap, height: float) -> Feature | None:
    """The feature by the values at the ends of a gap in which nothing is proved; None if f is undefined throughout.

    The picture has that height. A feature without a kind is not settled.
    """
    ends = (gap.low, gap.high)
    x = gap.low / 2 + gap.high / 2
    before, after = (oracle.value(0, end) for end in ends)
    if math.isnan(before) and math.isnan(after):
        return None
    if math.isnan(before) or math.isnan(after):
        if oracle.verdict(0, ends[0] if math.isnan(before) else ends[1]).status != "undefined":
            return Feature("", x, ends)
        x = _find_edge(oracle, *(ends if math.isnan(after) else ends[::-1]))
        return Feature("edge", x, ends, oracle.value(0, x))
    bounds = oracle.enclosures.over(0, *ends)
    if bounds is not None and bounds.height <= _TINY * height:
        return _make_kink(oracle, gap, joined=True)
    if min(abs(before), abs(after)) > _HUGE * height:
        return Feature("pole", x, ends)
    if abs(before - after) <= _TINY * height:
        return _make_kink(oracle, gap, joined=False)
    return Feature("break", x, ends, None)


def _find_edge(oracle: Oracle, inside: float, outside: float) -> float:
    """The last double from inside to outside at which f has a value, by bisection."""
    while (middle := inside / 2 + outside / 2) not in (inside, outside):
        inside, outside = (middle, outside) if math.isfinite(oracle.value(0, middle)) else (inside, middle)
    return inside


def _make_kink(oracle: Oracle, gap: Gap, *, joined: bool) -> Feature:
    """A kink where the slopes on both sides of a place differ, found by bisection; without a kind where they agree.

    ``joined`` tells that f is proved to have no break there.
    """
    low, high = gap.low, gap.high
    left, right = before, after = oracle.value(1, low), oracle.value(1, high)
    while not math.isnan(left - right) and (middle := low / 2 + high / 2) not in (low, high):
        slope = oracle.value(1, middle)
        if math.isnan(slope):
            break
        if abs(slope - left) < abs(slope - right):
            low, left = middle, slope
        else:
            high, right = middle, slope
    # Slopes that come together are those of a curve that bends, as abs(x)**1.5 does at 0.
    apart = abs(left - right) > max(_APART * (abs(left) + abs(right)), abs(before - after) / 2)
    ends = (low, high) if apart else (gap.low, gap.high)
    x = ends[0] / 2 + ends[1] / 2
    return Feature("kink" if apart else "", x, ends, oracle.value(0, x), left, right, False, joined)


# --- stationary points --------------------------------------------------------------------

_MOST = 2_000
"""The most intervals examined after a full survey; after a coarse one fewer, by the square of its cells."""
_MARKS = 100
"""The most stationary points: a picture cannot show more."""
_NEAR = 2.0**-11
"""Cells up to this part of the range are narrower than a picture shows."""
_CLOSE = 2.0**-30
"""The part of the range within which a place beside a gap cannot be told from it."""
_FINEST = 2.0**-52
"""Undecided intervals are halved down to this part of the range."""
_KINDS = {(1, -1): "maximum", (-1, 1): "minimum", (1, 1): "inflection", (-1, -1): "inflection"}


class StationaryPoints(NamedTuple):
    """The stationary points in order, and what was not decided.

    ``open`` holds intervals in which f' may be 0, ``flat`` those on which it is 0 wherever it was tried;
    ``complete`` tells that all of the range was examined.
    """

    points: list[Feature]
    open: list[Range]
    flat: list[Range]
    complete: bool


def find_stationary(oracle: Oracle, survey: Survey, width: float, places: int, height: float) -> StationaryPoints:
    """Every place in the cells where f' is proved to change its sign, or is 0; none where f is constant.

    ``width`` is the length of the range, ``places`` the number of places of its survey, ``height`` that of the picture.
    What is not decided beside
    a gap, nearer to it than doubles can well tell and with one sign of f' at both ends, belongs to the gap.
    """
    search = _Search(oracle, width, int(_MOST * (places / CELLS) ** 2))
    turning = [(cell.low, cell.high) for cell in survey.cells if _may_turn(cell)]
    # What a picture shows comes first; cells that are narrower than that lie where f was hard to enclose.
    far = search.run([(low, high) for low, high in turning if high - low > width * _NEAR])
    near = search.run([(low, high) for low, high in turning if high - low <= width * _NEAR])
    edges = {end for gap in survey.gaps for end in (gap.low, gap.high)}
    points = [_make_extremum(oracle, bracket) for bracket in sorted(search.brackets)]
    undecided = []
    for doubt in _join_intervals(search.doubts):
        point = _resolve_doubt(oracle, doubt, height)
        if point is None:
            if not (edges & set(doubt) and _is_of_gap(oracle, doubt, width)):
                undecided.append(doubt)
        else:
            points.append(point)
    return StationaryPoints(
        sorted(points, key=lambda point: point.x),
        sorted([*undecided, *_join_intervals(near, width * _NEAR)]),
        _join_intervals(search.flat),
        not far,
    )


def _is_of_gap(oracle: Oracle, doubt: Range, width: float) -> bool:
    before, after = map(oracle.sign, doubt)
    return doubt[1] - doubt[0] <= width * _CLOSE and before is not None and before == after


def _may_turn(cell: Cell) -> bool:
    return not cell.slope.sign and not cell.slope.is_zero


class _Search:
    """Intervals halved until f' is proved to keep its sign or to change it once."""

    def __init__(self, oracle: Oracle, width: float, most: int) -> None:
        self.oracle = oracle
        self.most = most
        self.finest = width * _FINEST
        self.brackets: set[Range] = set()
        self.doubts: list[Range] = []
        self.flat: list[Range] = []

    def run(self, level: list[Range]) -> list[Range]:
        """Search the intervals, the widest first; those that there was no time for are returned."""
        examined, known = 0, len(self.brackets)
        rest: list[Range] = []
        while level:
            halves: list[Range] = []
            for low, high in level:
                examined += 1
                if self._decided(low, high):
                    continue
                middle = low / 2 + high / 2
                if high - low <= self.finest or not low < middle < high:
                    self.doubts.append((low, high))
                elif examined > self.most or self.oracle.work.left < 0 or len(self.brackets) - known > _MARKS:
                    rest.append((low, high))
                else:
                    halves += [(low, middle), (middle, high)]
            level = halves
        return rest

    def _decided(self, low: float, high: float) -> bool:
        """Whether the behaviour of f' on an interval is decided; a change of sign is recorded."""
        enclosures = self.oracle.enclosures
        if enclosures.sign(low, high):
            return True
        slope = enclosures.slopes(low, high)
        if slope is not None and (slope.sign or slope.is_zero):
            return True
        before, after = self.oracle.sign(low), self.oracle.sign(high)
        if before == 0 == after:
            self.flat.append((low, high))
            return True
        if before is None or after is None:
            return False
        bend = enclosures.over(2, low, high)
        if (bend is None or not bend.sign) and not enclosures.turns_once(low, high):
            return False
        # f', or what it is beside a positive factor, is monotonic here, so it is 0 at one place at most.
        if before and after and before != after:
            self.brackets.add(_narrow(self.oracle, low, high))
        self.brackets |= {(x, x) for x, sign in ((low, before), (high, after)) if sign == 0}
        return True


def _join_intervals(intervals: list[Range], apart: float = 0.0) -> list[Range]:
    """The intervals with neighbours joined that are at most so far apart."""
    joined: list[Range] = []
    for low, high in sorted(intervals):
        if joined and low - joined[-1][1] <= apart:
            low = joined.pop()[0]
        joined.append((low, high))
    return joined


def _narrow(oracle: Oracle, low: float, high: float) -> Range:
    """Neighbouring doubles between which f' changes its sign, or twice the one where it is 0, by bisection."""
    before = oracle.sign(low)
    while (middle := low / 2 + high / 2) not in (low, high):
        sign = oracle.sign(middle)
        if sign == 0:
            return middle, middle
        low, high = (middle, high) if sign == before else (low, middle)
    return low, high


def _make_extremum(oracle: Oracle, bracket: Range) -> Feature:
    """The stationary point in a bracket, at the end with the smaller slope."""
    low, high = bracket
    x = min(bracket, key=lambda end: abs(oracle.value(1, end)))
    around = (low, high) if low < high else (math.nextafter(low, -math.inf), math.nextafter(low, math.inf))
    kind = _KINDS.get((oracle.sign(around[0]) or 0, oracle.sign(around[1]) or 0), "stationary")
    return Feature(kind, x, bracket, oracle.value(0, x), certified=True, joined=True)


def _resolve_doubt(oracle: Oracle, doubt: Range, height: float) -> Feature | None:
    """The stationary point in a doubtful interval, by the signs at its ends and the simplest number inside.

    None where it stays undecided, as where f swings in it: there are points somewhere, but not at its middle.
    """
    low, high = doubt
    signs = (oracle.sign(low) or 0, oracle.sign(high) or 0)
    place = simplest_rational(low, high)
    x = float(place)
    exact = Fraction(x) == place and oracle.sign(x) == 0
    bounds = oracle.enclosures.over(0, low, high)
    is_level = bounds is not None and bounds.height <= _TINY * height
    if exact or (is_level and signs in ((1, -1), (-1, 1))):
        kind = _KINDS.get(signs, "stationary")
        x = x if exact else low / 2 + high / 2
        return Feature(kind, x, (x, x) if exact else doubt, oracle.value(0, x), certified=True, joined=True)
    return None
