"""Where f is proved smooth, by enclosures: cells, the gaps between them, and which range to survey."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from dcalc.analysis.plot.oracle import Bounds, Enclosures
from dcalc.expr import Expr
from dcalc.numbers import real
from dcalc.tape import lower, run

CELLS = 400
"""Cells to begin with: two columns of pixels each on a picture 800 wide."""
_FEWEST = 80
_USUAL = 200
"""Nodes up to which an expression gets that many cells; larger ones get fewer, down to `_FEWEST`."""
_FINEST = 2.0**-54
"""Cells are halved down to this part of the range, or to neighbouring doubles."""
NARROW = 1e-5
"""Gaps up to this part of the range are classified; a picture cannot show what happens inside."""
_MOST = 15
"""The most intervals examined, as a multiple of the first cells."""


class Cell(NamedTuple):
    """An interval on which f is proved to be smooth, with bounds of f'."""

    low: float
    high: float
    slope: Bounds


class Gap(NamedTuple):
    """An interval on which f is not proved smooth; ``void`` if it is proved to have no value anywhere in it."""

    low: float
    high: float
    void: bool = False


class Survey(NamedTuple):
    """All cells and gaps of a range in order; ``complete`` unless there were too many to resolve."""

    cells: list[Cell]
    gaps: list[Gap]
    complete: bool


def cells_for(nodes: int) -> int:
    """How many cells an expression of that many nodes begins with."""
    return max(_FEWEST, min(CELLS, CELLS * _USUAL // nodes))


def cell_ends(low: float, high: float, count: int, *, log: bool = False) -> list[float]:
    """The ends of cells that are equal on the axis, each once."""
    if log:
        ratio = math.log(high) - math.log(low)
        inner = (low * math.exp(ratio * (k / count)) for k in range(1, count))
        return sorted({low, *(x for x in inner if low < x < high), high})
    return sorted({*(low + (high - low) * (k / count) for k in range(count)), high})


def survey_range(enclosures: Enclosures, places: Sequence[float]) -> Survey:
    """Cells between the places, halved until f is proved smooth on each or they are tiny.

    The widest are halved first, so that all of the range is known equally well where there are too many. At most
    half of the work of the plot is spent on it.
    """
    if not enclosures.has_slopes:
        return Survey([], [Gap(places[0], places[-1])], True)
    width = places[-1] - places[0]
    limit = _MOST * len(places)
    enough = enclosures.work.left // 2
    cells: list[Cell] = []
    gaps: list[Gap] = []
    level = list(pairwise(places))
    examined, ended = 0, False
    while level:
        halves: list[tuple[float, float]] = []
        for low, high in level:
            examined += 1
            ended = enclosures.work.left < enough
            slope = enclosures.over(1, low, high)
            middle = low / 2 + high / 2
            if slope is not None:
                cells.append(Cell(low, high, slope))
            elif enclosures.is_void(low, high):
                gaps.append(Gap(low, high, void=True))
            elif high - low <= width * _FINEST or not low < middle < high or examined > limit or ended:
                gaps.append(Gap(low, high))
            else:
                halves += [(low, middle), (middle, high)]
        level = halves
    joined = _join_gaps(sorted(gaps))
    wide = any(gap.high - gap.low > width * NARROW for gap in joined if not gap.void)
    return Survey(sorted(cells), joined, (examined <= limit and not ended) or not wide)


def _join_gaps(gaps: Iterable[Gap]) -> list[Gap]:
    """The gaps with neighbours of one kind joined."""
    joined: list[Gap] = []
    for gap in gaps:
        if joined and joined[-1].high == gap.low and joined[-1].void == gap.void:
            gap = Gap(joined.pop().low, gap.high, gap.void)
        joined.append(gap)
    return joined


# --- a range where none is given ----------------------------------------------------------

_PLAIN = 5.0
"""Half the range of a function without events."""
_DECADES = (-2, 4)
_STEPS = 24
"""Places per decade at which f is evaluated."""
_EACH_SIDE = 2
"""Events to show on either side of 0."""
_MARGIN = 1.6
"""The range reaches this many times as far as the farthest of them."""
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


def choose_range(root: Expr, name: str) -> tuple[float, float]:
    """A range that shows the roots, turns and edges of f nearest to 0.

    It is within 5 of 0 where there are none, and leaves out a side without values. Doubles are good enough to
    choose what is shown.
    """
    places = [10.0 ** (k / _STEPS) for k in range(_DECADES[0] * _STEPS, _DECADES[1] * _STEPS + 1)]
    tape = lower(root)
    at = {
        x: float(run(tape, {name: x}, real.constant, real.evaluator)[tape.place(root)])
        for x in [*(-x for x in places), 0.0, *places]
    }
    right, left = _find_events(at, places), _find_events(at, [-x for x in places])
    far = max((abs(x) for x in (*right, *left)), default=_PLAIN / _MARGIN)
    size = _round_up(_MARGIN * far)
    lives = [any(math.isfinite(y) for x, y in at.items() if 0 < side * x <= size) for side in (-1, 1)]
    low, high = (-size if lives[0] else 0.0), (size if lives[1] else 0.0)
    return (low, high) if low < high else (-_PLAIN, _PLAIN)


def _find_events(at: dict[float, float], places: list[float]) -> list[float]:
    """The first places outward from 0 at which f begins, ends, changes its sign or turns."""
    events, before = [], 0
    for x, y in pairwise(places):
        a, b = at[x], at[y]
        if math.isnan(a) or math.isnan(b):
            happens = math.isnan(a) != math.isnan(b)
            before = 0
        else:
            turn = (b > a) - (b < a)
            happens = (a < 0) != (b < 0) or before * turn < 0
            before = turn or before
        if happens:
            events.append(y)
    return events[:_EACH_SIDE]


def _round_up(size: float) -> float:
    """The next round number."""
    unit = 10.0 ** math.floor(math.log10(size))
    return unit * next(step for step in _ROUND if step * unit >= size * (1 - 1e-9))
