"""Axes: from numbers to the unit interval, and the round numbers to write beside them."""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Picture

Place = tuple[float, float]
"""A place of the unit square, the origin at the lower left."""

_STEPS = (1.0, 2.0, 5.0, 10.0)
_MOST_DIGITS = 8
"""Digits of a tick; where more are needed, an offset is set apart."""
_TICK_ERROR = 1e-3
"""How far the text of a tick may be off, relative to the distance between two ticks."""
_ROOM = 0.04
"""Room beyond the lowest and the highest dot, relative to their distance."""
_FLAT = 1e-13
"""An axis shorter than this part of its values shows nothing but their last digits, and is widened."""
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

    def widen(self) -> Scale:
        """The axis with some room at both ends, so that no dot stands on the edge."""
        room = _ROOM * self.high - _ROOM * self.low
        return self._replace(low=_to_finite(self.low - room), high=_to_finite(self.high + room))

    def ticks(self, count: int) -> list[float]:
        """Round values along the axis, about ``count`` of them."""
        if self.log:
            decades = max(1, round((self.high - self.low) / max(count, 1)))
            return [10.0**k for k in range(math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9) + 1, decades)]
        raw = self.high / max(count, 1) - self.low / max(count, 1)  # the difference itself may be beyond a double
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
    elif high - low <= max(_FLAT * max(abs(low), abs(high)), _NARROWEST):
        room = 0.5 if log else max(abs(low) * 0.1, _NARROWEST)
        low, high = _to_finite(low - room), _to_finite(high + room)
    return Scale(low, high, log)


def _to_finite(value: float) -> float:
    return min(max(value, -sys.float_info.max), sys.float_info.max)


def label(value: float, log: bool = False) -> str:
    """A tick as text: `0.5`, `1e-8`; on a logarithmic axis powers of ten alike."""
    if log and not 0.01 <= value <= 100:
        return f"1e{round(math.log10(value))}"
    mantissa, e, power = f"{value:.6g}".partition("e")
    return mantissa + e + (str(int(power)) if e else "") if value else "0"


class Ticks(NamedTuple):
    """The round values along an axis, each with its text; ``offset`` is to be added to all of them."""

    values: list[float]
    texts: list[str]
    offset: str = ""


def write_ticks(axis: Scale, count: int) -> Ticks:
    """About ``count`` ticks, in texts that tell each from the next.

    Where six digits do not tell them apart, a round number is set apart as an offset: `1000000010` is 10 beside
    `+1e9`.
    """
    values = axis.ticks(count)
    texts = [label(value, axis.log) for value in values]
    if axis.log or len(values) < 2 or _are_exact(values, texts):
        return Ticks(values, texts)
    for digits in range(7, _MOST_DIGITS + 1):
        longer = [_shortest(value, digits) for value in values]
        if _are_exact(values, longer):
            return Ticks(values, longer)
    unit = Fraction(10) ** math.ceil(math.log10(axis.high - axis.low))
    base = round((Fraction(axis.low) + Fraction(axis.high)) / 2 / unit) * unit
    step = values[1] - values[0]  # a few units of the last place: multiples of it are round again
    rest = [label(round(float(Fraction(value) - base) / step) * float(f"{step:.1g}")) for value in values]
    sign = "+" if base >= 0 else ""
    return Ticks(values, rest, sign + _shortest(float(base), 17))


def _are_exact(values: list[float], texts: list[str]) -> bool:
    """Whether no text is off by more than a small part of the distance between two ticks."""
    room = abs(values[1] - values[0]) * _TICK_ERROR
    return all(abs(float(text) - value) <= room for value, text in zip(values, texts, strict=True))


def _shortest(value: float, digits: int) -> str:
    """A number in as many digits, without zeros that say nothing: `1e9`, `100.0005`."""
    mantissa, e, power = f"{value:.{digits}g}".partition("e")
    text = mantissa + e + (str(int(power)) if e else "")
    scientific, _, exponent = f"{value:.{digits - 1}e}".partition("e")
    short = f"{scientific.rstrip('0').rstrip('.')}e{int(exponent)}"
    return min(text, short, key=len)


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


def bars(axes: Frame, band: Curve) -> Iterator[tuple[Place, Place]]:
    """The lower and the upper place of a band at each of its points, cut to the picture."""
    for (x, low), high in zip(band.points, band.top, strict=True):
        ends = axes.place(x, low), axes.place(x, high)
        if ends[0] is not None and ends[1] is not None and ends[0][1] <= 1 and ends[1][1] >= 0:
            yield (ends[0][0], max(ends[0][1], 0.0)), (ends[1][0], min(ends[1][1], 1.0))


def frame(picture: Picture) -> Frame:
    """The axes that hold all points of a picture, or its window."""
    points = [point for curve in picture.curves for point in curve.points]
    tops = [height for curve in picture.curves for height in curve.top]
    across = scale((x for x, _ in points), picture.log_x)
    up = scale(picture.window or [*(y for _, y in points), *tops], picture.log_y)
    has_dots = any(curve.look == "dots" for curve in picture.curves)
    return Frame(across, up.widen() if has_dots and picture.window is None else up)


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
