"""Marks that isolation proves: every zero of f, and every place where its slope is 0, as `dcalc study` finds them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dcalc.analysis.plot.features import Feature
from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.toolkit import Range
from dcalc.isolate.curve import Curve
from dcalc.isolate.graph import Graph
from dcalc.isolate.smooth import Place, Work, at
from dcalc.isolate.zeros import Gap

_WORK = 40_000
"""What isolation may cost beside the rest of a plot: about a quarter of a second."""
_NEAR = 1e-9
"""The part of the range within which two marks of one kind are the same."""


class Settled(NamedTuple):
    """Zeros and stationary points, each proved, and the parts of the range where there may be others."""

    zeros: list[Feature]
    turns: list[Feature]
    open_zeros: list[Gap]
    open_turns: list[Gap]

    def may_turn(self, low: float, high: float) -> bool:
        """Whether the slope may be 0 somewhere in an interval, but for the stationary points that are known."""
        return any(gap.low.double <= high and low <= gap.high.double for gap in self.open_turns)


def find_settled(oracle: Oracle, ends: Range) -> Settled:
    """What is proved of f over a range. Cost: a quarter of a second at most."""
    curve = Curve(oracle.root, oracle.name, at(ends[0]), at(ends[1]), Work(_WORK))
    graph = Graph(curve)
    zeros = [
        zero
        for piece in curve.pieces
        if piece.function is not None
        for zero in curve.zeros(piece, 0).zeros
        if curve.holds(zero)
    ]
    zeros += [joint.place for joint in curve.joints if joint.kind == "smooth" and curve.is_zero_at(joint)]
    turns = [turn for turn in graph.turns if turn.is_level]
    return Settled(
        [_make_mark(oracle, "zero", place) for place in zeros],
        [_make_mark(oracle, turn.kind, turn.place) for turn in turns],
        curve.gaps(0),
        curve.gaps(1),
    )


def _make_mark(oracle: Oracle, kind: str, place: Place) -> Feature:
    x = place.double
    is_exact = place.node is not None and place.compare(at(x)) == 0
    between = (x, x) if is_exact else _bracket(place, x)
    return Feature(kind, x, between, oracle.value(0, x), certified=True, joined=True)


def _bracket(place: Place, x: float) -> Range:
    """Neighbouring doubles around a place next to one of them."""
    order = place.compare(at(x))
    return (math.nextafter(x, -math.inf), x) if order == -1 else (x, math.nextafter(x, math.inf))


def add_marks(known: Sequence[Feature], others: Iterable[Feature], width: float) -> Iterator[Feature]:
    """The known marks, and those of the others that are not among them."""
    yield from known
    for mark in others:
        if not any(abs(mark.x - own.x) <= _NEAR * width for own in known):
            yield mark
