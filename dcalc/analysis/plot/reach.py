"""A range to draw where none is given: around what is nearest to 0 of roots, turns and edges."""

from __future__ import annotations

import math
from itertools import pairwise

from dcalc.algebra import real
from dcalc.expr import Expr
from dcalc.tape import lower, run

_PLAIN = 5.0
_DECADES = (-2, 4)
_STEPS = 24  # a decade
_EACH_SIDE = 2
_MARGIN = 1.6
_ROUND = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)


def reach(root: Expr, name: str) -> tuple[float, float]:
    """The range, from values in doubles: it only chooses what is looked at. Within 5 of 0 where
    nothing happens; a side without values is left out."""
    places = [10.0 ** (k / _STEPS) for k in range(_DECADES[0] * _STEPS, _DECADES[1] * _STEPS + 1)]
    tape = lower(root)
    at = {
        x: float(run(tape, {name: x}, real.constant, real.evaluator)[tape.place(root)])
        for x in [*(-x for x in places), 0.0, *places]
    }
    right, left = _events(at, places), _events(at, [-x for x in places])
    far = max((abs(x) for x in (*right, *left)), default=_PLAIN / _MARGIN)
    size = _rounded(_MARGIN * far)
    lives = [any(math.isfinite(y) for x, y in at.items() if 0 < side * x <= size) for side in (-1, 1)]
    low, high = (-size if lives[0] else 0.0), (size if lives[1] else 0.0)
    return (low, high) if low < high else (-_PLAIN, _PLAIN)


def _events(at: dict[float, float], places: list[float]) -> list[float]:
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


def _rounded(size: float) -> float:
    """The next round number."""
    unit = 10.0 ** math.floor(math.log10(size))
    return unit * next(step for step in _ROUND if step * unit >= size * (1 - 1e-9))
