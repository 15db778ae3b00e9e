"""Axes: from numbers to the unit interval, and the round numbers to write beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Picture

Place = tuple[float, float]
"""A place of the unit square, the origin at the lower left."""

_STEPS = (1.0, 2.0, 5.0, 10.0)
_NARROWEST = 1e-300
"""Of an axis: below, the distance between two ticks would have few digits, or be 0."""


class Scale(NamedTuple):
    """An axis from ``low`` to ``high``; of a logarithmic one these are powers of ten."""

    low: float
    high: float
    log: bool = False

    def place(self, value: float) -> float | None:
        """Where the value stands, 0 at the low end and 1 at the high one; None where it has no place."""
        if not math.isfinite(value) or (self.log and value <= 0):
            return None
        position = math.log10(value) if self.log else value
        # Halves, since the ends may lie further apart than the largest double.
        return (position / 2 - self.low / 2) / (self.high / 2 - self.low / 2)

    def ticks(self, count: int) -> list[float]:
        """Round values along the axis, about ``count`` of them."""
        if self.log:
            decades = max(1, round((self.high - self.low) / max(count, 1)))
            return [10.0**k for k in range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1, decades)]
        raw = (self.high - self.low) / max(count, 1)
        unit = 10.0 ** math.floor(math.log10(raw))
        step = unit * next(step for step in _STEPS if step * unit >= raw * (1 - 1e-9))
        first = math.ceil(self.low / step - 1e-9)
        return [step * k for k in range(first, math.floor(self.high / step + 1e-9) + 1)]


def scale(values: Iterable[float], log: bool = False) -> Scale:
    """The axis that holds all values which have a place on it, never of no length."""
    known = [value for value in values if math.isfinite(value) and (value > 0 or not log)]
    if not known:
        return Scale(0.0, 1.0, log)
    low, high = min(known), max(known)
    if log:
        low, high = math.log10(low), math.log10(high)
    if high == low == 0 and not log:
        low, high = -1.0, 1.0
    elif high - low <= max(1e-9 * max(abs(low), abs(high)), _NARROWEST):
        room = 0.5 if log else max(abs(low) * 0.1, _NARROWEST)
        low, high = low - room, high + room
    return Scale(low, high, log)


def label(value: float, log: bool = False) -> str:
    """A tick as text: `0.5`, `1e-8`; on a logarithmic axis powers of ten alike."""
    if log and not 0.01 <= value <= 100:
        return f"1e{round(math.log10(value))}"
    mantissa, e, power = f"{value:.6g}".partition("e")
    return mantissa + e + (str(int(power)) if e else "") if value else "0"


class Frame(NamedTuple):
    """The two axes of a picture."""

    across: Scale
    up: Scale

    def place(self, x: float, y: float) -> Place | None:
        """Where a point stands, inside of the unit square or not; None where it has no place."""
        over, above = self.across.place(x), self.up.place(y)
        return None if over is None or above is None else (over, above)

    def inside(self, x: float, y: float) -> Place | None:
        """Where a point stands, None where that is outside of the picture."""
        place = self.place(x, y)
        return place if place is not None and 0 <= place[0] <= 1 and 0 <= place[1] <= 1 else None

    def points(self, curve: Curve) -> Iterator[Place]:
        """The places of the points of a curve that are inside of the picture."""
        return (place for x, y in curve.points if (place := self.inside(x, y)) is not None)

    def strokes(self, curve: Curve) -> Iterator[list[Place]]:
        """The unbroken pieces of a curve, cut where they leave the picture; one place alone may be one."""
        piece: list[Place] = []
        last: Place | None = None
        for x, y in curve.points:
            place = self.place(x, y)
            part = None if place is None else _clipped(last or place, place)
            if part is None or (piece and piece[-1] != part[0]):
                yield from [piece] if piece else []
                piece = []
            if part is not None:
                piece += part if not piece and part[0] != part[1] else [part[1]]
            last = place
        yield from [piece] if piece else []


def frame(picture: Picture) -> Frame:
    """The axes that hold all points of a picture, or its window."""
    points = [point for curve in picture.curves for point in curve.points]
    across = scale((x for x, _ in points), picture.log_x)
    return Frame(across, scale(picture.window or (y for _, y in points), picture.log_y))


def _clipped(start: Place, end: Place) -> tuple[Place, Place] | None:
    """The part of a line inside of the unit square (Liang and Barsky 1984)."""
    first, last = 0.0, 1.0
    for a, b in zip(start, end, strict=True):
        for begin, finish in ((a, b), (1 - a, 1 - b)):  # distances inside of the lower and the upper edge
            if begin < 0 and finish < 0:
                return None
            if begin < 0:
                first = max(first, begin / (begin - finish))
            elif finish < 0:
                last = min(last, begin / (begin - finish))
    if first > last:
        return None
    return _between(start, end, first), _between(start, end, last)


def _between(start: Place, end: Place, part: float) -> Place:
    """A place on the line; its ends exactly."""
    if part in (0.0, 1.0):
        return end if part else start
    x, y = (a + (b - a) * part for a, b in zip(start, end, strict=True))
    return min(max(x, 0.0), 1.0), min(max(y, 0.0), 1.0)
