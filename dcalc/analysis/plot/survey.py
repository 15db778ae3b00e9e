"""Where f is smooth on an interval, proved by enclosures: cells, and what is left between them."""

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
"""Cells to begin with."""
_FEWEST = 80
_USUAL = 200
"""Nodes of an expression for which that many are no effort; larger ones get fewer."""
_FINEST = 2.0**-54
"""Of the whole range: cells are halved down to this, or to neighbouring doubles."""
NARROW = 1e-5
"""Of the whole range: gaps no wider than this are looked into."""
_MOST = 15
"""Times the first cells are looked at in all."""


class Cell(NamedTuple):
    """An interval on which f is proved to be smooth, with bounds of f'."""

    low: float
    high: float
    slope: Bounds


class Gap(NamedTuple):
    """An interval where this is not proved; ``void``: f is proved to have no value anywhere in it."""

    low: float
    high: float
    void: bool = False


class Survey(NamedTuple):
    """All cells and gaps of a range, in order; ``complete`` unless there were too many."""

    cells: list[Cell]
    gaps: list[Gap]
    complete: bool


def cells_for(nodes: int) -> int:
    """How many cells to begin with, for an expression of that many nodes."""
    return max(_FEWEST, min(CELLS, CELLS * _USUAL // nodes))


def cell_ends(low: float, high: float, count: int) -> list[float]:
    """The ends of equal cells, each once."""
    return sorted({*(low + (high - low) * (k / count) for k in range(count)), high})


def survey_range(spans: Enclosures, places: Sequence[float]) -> Survey:
    """Cells between the places, halved where f is not proved smooth until it is, or they are tiny.

    The widest come first, so that where there are too many all of the range is known equally well.
    """
    if not spans.has_slopes:
        return Survey([], [Gap(places[0], places[-1])], True)
    width = places[-1] - places[0]
    most = _MOST * len(places)
    cells: list[Cell] = []
    gaps: list[Gap] = []
    level = list(pairwise(places))
    looked = 0
    while level:
        halves: list[tuple[float, float]] = []
        for low, high in level:
            looked += 1
            slope = spans.over(1, low, high)
            middle = low / 2 + high / 2
            if slope is not None:
                cells.append(Cell(low, high, slope))
            elif spans.is_void(low, high):
                gaps.append(Gap(low, high, void=True))
            elif high - low <= width * _FINEST or not low < middle < high or looked > most:
                gaps.append(Gap(low, high))
            else:
                halves += [(low, middle), (middle, high)]
        level = halves
    joined = _join_gaps(sorted(gaps))
    wide = any(gap.high - gap.low > width * NARROW for gap in joined if not gap.void)
    return Survey(sorted(cells), joined, looked <= most or not wide)


def _join_gaps(gaps: Iterable[Gap]) -> list[Gap]:
    """Gaps that touch and are of one kind as one."""
    found: list[Gap] = []
    for gap in gaps:
        if found and found[-1].high == gap.low and found[-1].void == gap.void:
            gap = Gap(found.pop().low, gap.high, gap.void)
        found.append(gap)
    return found


# --- A range to draw where none is given: around what is nearest to 0 of roots, turns and edges.

_PLAIN = 5.0
_DECADES = (-2, 4)
_STEPS = 24  # a decade
_EACH_SIDE = 2
_MARGIN = 1.6
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


def choose_range(root: Expr, name: str) -> tuple[float, float]:
    """The range, from values in doubles: it only chooses what is looked at. Within 5 of 0 where
    nothing happens; a side without values is left out."""
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
    """The first places outward from 0 where f begins or ends, changes its sign or turns."""
    found, before = [], 0
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
            found.append(y)
    return found[:_EACH_SIDE]


def _round_up(size: float) -> float:
    """The next round number."""
    unit = 10.0 ** math.floor(math.log10(size))
    return unit * next(step for step in _ROUND if step * unit >= size * (1 - 1e-9))
