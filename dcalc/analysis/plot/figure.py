"""From what is known of a curve to its picture: marks with their signs, envelopes of what swings too fast to draw.

A mark is drawn as proved only where it is: ends of jumps are one-sided limits, and a zero is one by the signs of f.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from dcalc.analysis.limit import solve_limit
from dcalc.analysis.plot.features import Feature
from dcalc.analysis.plot.oracle import Bounds, Oracle
from dcalc.analysis.plot.survey import NARROW, Cell, Survey
from dcalc.analysis.toolkit import Range
from dcalc.expr import Expr, number
from dcalc.shapes import Curve, Mark, Sign

_SIGNS: dict[str, Sign] = {
    "maximum": "up",
    "minimum": "down",
    "inflection": "diamond",
    "stationary": "square",
    "zero": "cross",
    "kink": "hollow",
    "vertical_tangent": "bar",
    "hole": "open",
}
_UNMARKED = ("edge", "oscillation")
_BREAKS = ("jump", "break")
MOST_DRAWN = 24
"""Marks of one kind; more would hide the curve."""
_SWING = 0.01
"""Values beyond the ends of an interval by this part of the height show in a picture."""
_INSIDE = (0.07, 0.2, 0.34, 0.47, 0.61, 0.78, 0.92)
"""Places inside of an interval at which a curve is looked at, as parts of it: uneven, as waves may be even."""
_TIGHT = 1.5
"""An enclosure is the envelope where it is no higher than this multiple of what was seen."""
_SEEN = 2.0**-11
"""An interval shorter than this part of the range has no width in a picture."""
_TURNS = 2
"""Turns inside of an interval from which on it is drawn as an envelope."""


# --- zeros --------------------------------------------------------------------------------


def find_zeros(oracle: Oracle, cells: Sequence[Cell], most: int) -> tuple[list[Feature], bool]:
    """Places in the cells between which f is proved to change its sign; and whether there are no more.

    Of a zero that f only touches, or that lies in a gap, nothing is said. Cost: some fifty values each.
    """
    zeros: list[Feature] = []
    last: Cell | None = None
    for cell in cells:
        before, after = oracle.value(0, cell.low), oracle.value(0, cell.high)
        zero: Feature | None = None
        if _are_opposite(before, after):
            zero = _narrow(oracle, cell, before, after)
        elif not before and last is not None and last.high == cell.low:
            crosses = _are_opposite(oracle.value(0, last.low), after) and _is_zero(oracle, cell.low)
            zero = Feature("zero", cell.low, (cell.low, cell.low), 0.0, None, None, True, True) if crosses else None
        last = cell
        if zero is None:
            continue
        if len(zeros) == most or oracle.work.left < 0:
            return zeros, False
        zeros.append(zero)
    return zeros, True


def _are_opposite(before: float, after: float) -> bool:
    return before < 0 < after or after < 0 < before


def _is_zero(oracle: Oracle, x: float) -> bool:
    """Whether f is proved to be 0 at a double where its value rounds to 0."""
    return oracle.verdict(0, x).decimal == "0"


def _narrow(oracle: Oracle, cell: Cell, before: float, after: float) -> Feature:
    """The zero between the ends of a cell, at which f has these values of opposite signs, by bisection."""
    low, high = cell.low, cell.high
    while (middle := low / 2 + high / 2) not in (low, high):
        value = oracle.value(0, middle)
        if not value:  # f is 0, or underflows, and then its sign is not known
            if _is_zero(oracle, middle):
                low, high, before, after = middle, middle, value, value
            break
        if _are_opposite(value, after):
            low, before = middle, value
        else:
            high, after = middle, value
    x, _ = min(((low, before), (high, after)), key=lambda end: abs(end[1]))
    return Feature("zero", x, (low, high), 0.0, certified=True, joined=True)


# --- envelopes ----------------------------------------------------------------------------


class Span(NamedTuple):
    """An interval with more places to draw in it, or the heights between which the curve swings there.

    These are ``proved`` to hold all of its values, or else are the least and the greatest of those that were tried.
    """

    low: float
    high: float
    points: list[tuple[float, float]]
    band: Range | None
    proved: bool = False


def find_swings(oracle: Oracle, order: int, survey: Survey, places: Sequence[float], height: float) -> list[Span]:
    """The intervals in which f, or f', leaves the line between their ends, in a picture of that height.

    Cost: some values in each interval where the sign of the slope is not known.
    """
    width = places[-1] - places[0]
    turning = [cell for cell in survey.cells if order or not (cell.slope.sign or cell.slope.is_zero)]
    intervals = [(cell.low, cell.high, True) for cell in turning if cell.high - cell.low > width * _SEEN]
    for gap in survey.gaps:
        if not gap.void and gap.high - gap.low > width * NARROW:
            inner = [gap.low, *(x for x in places if gap.low < x < gap.high), gap.high]
            intervals += [(low, high, False) for low, high in pairwise(inner)]
    spans = []
    enough = oracle.work.left // 2
    for low, high, smooth in sorted(intervals):
        if oracle.work.left < enough:
            break
        bounds = oracle.enclosures.over(order, low, high)
        if bounds is not None and bounds.high - bounds.low <= _SWING * height:
            continue
        if not order and oracle.enclosures.sign(low, high):
            continue
        inside = [low + (high - low) * part for part in _INSIDE]
        points = [(x, y) for x in inside if math.isfinite(y := oracle.value(order, x))]
        ends = [(x, y) for x in (low, high) if math.isfinite(y := oracle.value(order, x))]
        if points and ends and _leave_line(points, ends[0], ends[-1]) > _SWING * height:
            every = [y for _, y in sorted([*ends, *points])]
            swings = _count_turns(every) >= _TURNS
            if swings:
                spans.append(Span(low, high, [], *_choose_envelope(bounds, (min(every), max(every)))))
            elif smooth:  # elsewhere nothing may be joined
                spans.append(Span(low, high, points, None))
    return spans


def _leave_line(points: Sequence[tuple[float, float]], start: tuple[float, float], end: tuple[float, float]) -> float:
    """How far the points are from the line between two others."""
    slope = (end[1] - start[1]) / (end[0] - start[0]) if end[0] > start[0] else 0.0
    return max(abs(y - start[1] - slope * (x - start[0])) for x, y in points)


def _choose_envelope(bounds: Bounds | None, seen: Range) -> tuple[Range, bool]:
    """The heights between which the curve is proved to be, where that is close to those that were seen, else these."""
    if bounds is None or not bounds.high - bounds.low <= _TIGHT * (seen[1] - seen[0]):
        return seen, False
    return (bounds.low, bounds.high), True


def _count_turns(heights: Sequence[float]) -> int:
    """How many times the values go from rising to falling, or back."""
    steps = [after > before for before, after in pairwise(heights) if after != before]
    return sum(before != after for before, after in pairwise(steps))


def draw_curve(name: str, points: Sequence[tuple[float, float]], spans: Sequence[Span]) -> Iterator[Curve]:
    """The curve with the places of its spans, and its envelope where it swings too fast."""
    bands = [span for span in spans if span.band is not None]
    finer = list(_add_points(points, {span.low: span for span in spans if span.band is None}))
    yield Curve(name, list(_leave_out(finer, bands)) if bands else finer)
    texts = {
        True: f"range of {name}, which swings faster than can be drawn",
        False: f"values of {name} that were tried",
    }
    for proved, text in texts.items():
        if shown := [span for span in bands if span.proved is proved]:
            yield _draw_band(text, shown, proved=proved)


def _add_points(points: Sequence[tuple[float, float]], spans: Mapping[float, Span]) -> Iterator[tuple[float, float]]:
    """The points, in their order, with those of each span between its ends: nothing else is ever joined by them."""
    for point, following in pairwise([*points, (math.nan, math.nan)]):
        yield point
        span = spans.get(point[0])
        if span is not None and following[0] == span.high:
            yield from span.points


def _leave_out(points: Sequence[tuple[float, float]], bands: Sequence[Span]) -> Iterator[tuple[float, float]]:
    """The points, broken where bands are drawn in their place."""
    merged: list[Range] = []
    for span in bands:
        low = merged.pop()[0] if merged and merged[-1][1] == span.low else span.low
        merged.append((low, span.high))
    for x, y in points:
        at = bisect_right(merged, (x, math.inf)) - 1
        low, high = merged[at] if at >= 0 else (math.inf, -math.inf)
        yield x, math.nan if low < x < high else y
        if x == low:
            yield x, math.nan


def _draw_band(name: str, bands: Sequence[Span], *, proved: bool) -> Curve:
    points: list[tuple[float, float]] = []
    top: list[float] = []
    for span in bands:
        assert span.band is not None
        for k in range(5):  # more than one column of dots may lie in a span
            points.append((span.low + (span.high - span.low) * k / 4, span.band[0]))
            top.append(span.band[1])
    return Curve(name, points, "band" if proved else "loose band", top)


# --- marks --------------------------------------------------------------------------------


def draw_marks(oracle: Oracle, features: Sequence[Feature]) -> Iterator[Mark]:
    """The marks of a picture, but for kinds of which there are too many to be seen."""
    counts = Counter(feature.kind for feature in features)
    for feature in features:
        if feature.kind in _UNMARKED or counts[feature.kind] > MOST_DRAWN:
            continue
        if feature.kind in _BREAKS:
            yield from _draw_break(oracle, feature)
            continue
        text = feature.kind.replace("_", " ")
        height = math.nan if feature.f is None else feature.f
        yield Mark(feature.x, height, text, _SIGNS.get(feature.kind, "dot"), feature.certified)


def _draw_break(oracle: Oracle, feature: Feature) -> Iterator[Mark]:
    """The ends of a jump: open circles at the one-sided limits, a filled one at the value of f.

    Where a limit is not finite, or not known, the break is a line.
    """
    left, right = _find_sides(oracle, feature)
    ends = [side for side in (left, right) if side is not None and math.isfinite(side)]
    if len(ends) < 2:
        yield Mark(feature.x, math.nan, feature.kind, proved=feature.certified)
    for end in dict.fromkeys(ends):
        if end != feature.f:
            yield Mark(feature.x, end, "limit from one side", "open")
    if feature.f is not None:
        yield Mark(feature.x, feature.f, "value at a jump", "dot", feature.certified)


def _find_sides(oracle: Oracle, feature: Feature) -> tuple[float | None, float | None]:
    """What f tends to on both sides of an exact place; None where that is not known."""
    if feature.place is None:
        return None, None
    place = feature.place if isinstance(feature.place, Expr) else number(Fraction(feature.place))
    limit = solve_limit(oracle.root, oracle.name, {oracle.name: place})
    if limit.status in ("ok", "removable") and limit.left is limit.right is None:
        return limit.value, limit.value
    return limit.left, limit.right
