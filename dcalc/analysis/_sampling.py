"""Points of a box to try things at, its ends among them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from random import Random

from dcalc.analysis import Range


def evenly(ends: Range, count: int) -> Iterator[float]:
    """``count`` doubles at equal distances, each rounded once from the exact place."""
    low, high = map(Fraction, ends)
    return (float(low + (high - low) * k / (count - 1)) for k in range(count))


def drawn(ranges: Mapping[str, Range], count: int, seed: int) -> Iterator[dict[str, float]]:
    """``count`` points of a box, uniform from the seed but for the first and last, which are its
    lowest and highest corner; of one variable in order."""
    random = Random(seed)  # nothing is to be kept secret
    inner = [{name: random.uniform(*ends) for name, ends in ranges.items()} for _ in range(count - 2)]
    if len(ranges) == 1:
        inner.sort(key=lambda point: tuple(point.values()))
    corners = ({name: ends[k] for name, ends in ranges.items()} for k in (0, 1))
    yield next(corners)
    yield from inner
    yield next(corners)
