"""What happens where f is not smooth: found out at the place itself where that is a simple number,
else from the values at the nearest doubles on either side."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import NamedTuple

from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.plot.survey import Gap
from dcalc.problem import VALUED

_SIMPLE = 1_000_000
"""The largest denominator of a place that is tried exactly."""
_TINY = 1e-3
"""Of the height of the picture: f is joined where it is proved to move by no more."""
_HUGE = 1e6
"""Times that height: what lies beyond on both sides of a gap is taken for a pole."""
_APART = 1e-6
"""Relative difference of slopes that is taken for a kink."""


class Special(NamedTuple):
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


def classify(oracle: Oracle, gap: Gap, height: float) -> Special | None:
    """What is in a gap; None where nothing is: it is smooth after all, or has no values at all."""
    place = simplest(gap.low, gap.high)
    if place.denominator <= _SIMPLE:
        found = _at(oracle, gap, place)
        if found is not None:
            return found
    return _between(oracle, gap, height)


def simplest(low: float, high: float) -> Fraction:
    """The rational of least denominator in the interval, by continued fractions."""
    a, b = Fraction(low), Fraction(high)
    if a <= 0 <= b:
        return Fraction(0)
    if b < 0:
        return -simplest(-high, -low)
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


def _at(oracle: Oracle, gap: Gap, place: Fraction) -> Special | None:
    """The verdict at an exact place; None where it says nothing of the gap."""
    x = float(place)
    where: float | Fraction = x if Fraction(x) == place else place
    slope, value = oracle.verdict(1, where), oracle.verdict(0, where)
    between = (
        (x, x)
        if where == x
        else (max(gap.low, math.nextafter(x, -math.inf)), min(gap.high, math.nextafter(x, math.inf)))
    )
    kind = slope.kind if slope.status == "not_differentiable" else None
    text, joined = slope.note, False
    if slope.status == "ok":
        return Special("", x, between, value.value, certified=True, joined=True)
    if value.status == "removable":
        kind, joined = "hole", True
    elif kind == "boundary":
        kind = "edge"
    elif slope.status == "undefined":
        kind = _undefined(oracle, gap, where)
    elif kind in ("kink", "vertical_tangent", "oscillation"):
        joined = True
    if kind is None:
        return None
    f = value.value if value.status in VALUED else None
    return Special(kind, x, between, f, slope.left, slope.right, True, joined, text)


def _undefined(oracle: Oracle, gap: Gap, place: float | Fraction) -> str | None:
    """A pole, the edge of the domain, or another break at a place without a value."""
    if oracle.is_pole(place):
        return "pole"
    x = float(place)
    ends = (min(gap.low, math.nextafter(x, -math.inf)), max(gap.high, math.nextafter(x, math.inf)))
    sides = [math.isnan(oracle.value(0, end)) for end in ends]
    if all(sides):
        return None
    return "edge" if any(sides) else "break"


def _between(oracle: Oracle, gap: Gap, height: float) -> Special | None:
    """What the values at the ends of a gap show, where its place is no simple number."""
    ends = (gap.low, gap.high)
    x = gap.low / 2 + gap.high / 2
    before, after = (oracle.value(0, end) for end in ends)
    if math.isnan(before) and math.isnan(after):
        return None
    if math.isnan(before) or math.isnan(after):
        x = _edge(oracle, *(ends if math.isnan(after) else ends[::-1]))
        return Special("edge", x, ends, oracle.value(0, x))
    bounds = oracle.spans.over(0, *ends)
    if bounds is not None and bounds.height <= _TINY * height:
        return _kink(oracle, gap, x)
    if min(abs(before), abs(after)) > _HUGE * height:
        return Special("pole", x, ends)
    return Special("break", x, ends, None)


def _edge(oracle: Oracle, inside: float, outside: float) -> float:
    """The last double on the way outside at which f has a value, by halving."""
    while (middle := inside / 2 + outside / 2) not in (inside, outside):
        inside, outside = (middle, outside) if math.isfinite(oracle.value(0, middle)) else (inside, middle)
    return inside


def _kink(oracle: Oracle, gap: Gap, x: float) -> Special:
    """A place where f is joined: a kink, unless its slopes on both sides agree."""
    left, right = oracle.value(1, gap.low), oracle.value(1, gap.high)
    apart = abs(left - right) > _APART * (abs(left) + abs(right))
    kind = "kink" if apart else ""
    return Special(kind, x, (gap.low, gap.high), oracle.value(0, x), left, right, False, True)
