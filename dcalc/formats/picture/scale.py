"""Axes: from numbers to the unit interval, and the round numbers to write beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

_STEPS = (1.0, 2.0, 5.0, 10.0)


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
        return (position - self.low) / (self.high - self.low)

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
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = 0.5 if log else max(abs(low) * 0.1, 1e-300) or 1.0
        room = room if low or log else 1.0
        low, high = low - room, high + room
    return Scale(low, high, log)


def label(value: float) -> str:
    """A tick as text: `0.5`, `1e-08`."""
    text = f"{value:.6g}"
    return "0" if text == "-0" else text
