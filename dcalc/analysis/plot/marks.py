"""Marks that isolation proves: zeros, places where the slope is 0, and those where f is not smooth, as `dcalc study`
finds them."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dcalc.analysis.plot.features import Feature, is_one_place
from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.plot.places import is_simple
from dcalc.analysis.plot.survey import Gap as SurveyGap
from dcalc.analysis.toolkit import Range
from dcalc.isolate.curve import Curve, Joint
from dcalc.isolate.graph import Graph
from dcalc.isolate.smooth import SHARP, Place, Smooth, Work, at
from dcalc.isolate.zeros import Gap
from dcalc.numbers.rounding import as_double
from dcalc.problem import VALUED

_WORK = 40_000
"""What isolation may cost beside the rest of a plot: about a quarter of a second."""
_NEAR = 1e-9
"""The part of the range within which two marks of one kind are the same."""


class ProvedMarks(NamedTuple):
    """Zeros and stationary points, each proved, and the parts of the range where there may be others of the latter."""

    zeros: list[Feature]
    turns: list[Feature]
    open_turns: list[Gap]

    def may_turn(self, low: float, high: float) -> bool:
        """Whether the slope may be 0 somewhere in an interval, but for the stationary points that are known."""
        return any(gap.low.double <= high and low <= gap.high.double for gap in self.open_turns)


_JOINED = ("hole", "kink", "vertical_tangent", "oscillation")
"""Kinds of joints at which f has no break that a picture would show."""


def cut_curve(oracle: Oracle, ends: Range) -> Curve:
    """f over a range, for the others here. Cost: a quarter of a second at most, together."""
    return Curve(oracle.root, oracle.name, at(ends[0]), at(ends[1]), Work(_WORK))


class Joints:
    """The places where it is proved what f is like: where its pieces meet, and others that are tried."""

    def __init__(self, oracle: Oracle, curve: Curve) -> None:
        self.oracle = oracle
        self.graph = Graph(curve)
        self.known = [_make_joint(oracle, self.graph, joint) for joint in self.graph.joints if joint.kind != "unknown"]

    def explain(self, gap: SurveyGap, width: float) -> Feature | None:
        """The feature that is proved in a gap, with the kind "" where f is smooth; None where nothing explains it."""
        smooth: Feature | None = None
        for feature in self._list(gap):
            if feature.kind:
                return feature
            smooth = smooth or feature
        # That f is smooth at one place says nothing of the others, unless there are none that doubles show.
        return smooth if smooth is not None and is_one_place(gap, width) else None

    def _list(self, gap: SurveyGap) -> Iterator[Feature]:
        low, high = math.nextafter(gap.low, -math.inf), math.nextafter(gap.high, math.inf)
        first = bisect_left(self.known, low, key=lambda joint: joint.x)
        yield from self.known[first : bisect_right(self.known, high, key=lambda joint: joint.x)]
        for place in self.oracle.places.between(gap.low, gap.high):
            joint = self.graph.curve.judge(at(place))
            is_known = joint.kind != "unknown" and self.graph.shows(joint)
            if is_known and (joint.kind != "smooth" or is_simple(place)):
                yield _make_joint(self.oracle, self.graph, joint)


def _make_joint(oracle: Oracle, graph: Graph, joint: Joint) -> Feature:
    x, node = joint.place.double, joint.place.node
    kind = "" if joint.kind == "smooth" else joint.kind
    is_joined = not kind or kind in _JOINED
    if node is not None:
        value, slope = oracle.verdict(0, node), joint.verdict
        f = value.value if value.status in VALUED else None
        sides = (None, None) if slope is None else (slope.left, slope.right)
        between = (x, x) if joint.place.compare(at(x)) == 0 else _bracket(joint.place, x)
        return Feature(kind, x, between, f, *sides, True, is_joined, "" if slope is None else slope.note, node)
    height = None if joint.value is None else graph.height(joint.value, joint.place)
    before = next((piece.function for piece in graph.curve.pieces if piece.high is joint.place), None)
    after = next((piece.function for piece in graph.curve.pieces if piece.low is joint.place), None)
    return Feature(
        kind, x, _bracket(joint.place, x), None if height is None or height.is_infinite else height.double,
        _slope_at(before, joint.place), _slope_at(after, joint.place), True, is_joined,
    )  # fmt: skip


def _slope_at(function: Smooth | None, place: Place) -> float | None:
    """The slope of what f is on one side of a place; None where that is not smooth there."""
    slopes = None if function is None else function.coefficients(place.ball(SHARP[1]), 1, SHARP[1])
    return None if slopes is None else as_double(slopes[1])


def find_marks(oracle: Oracle, curve: Curve) -> ProvedMarks:
    """What is proved of the zeros and stationary points of f."""
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
    return ProvedMarks(
        [_make_mark(oracle, "zero", place) for place in zeros],
        [_make_mark(oracle, turn.kind, turn.place) for turn in turns],
        curve.gaps(1),
    )


def _make_mark(oracle: Oracle, kind: str, place: Place) -> Feature:
    x = place.double
    is_exact = place.node is not None and place.compare(at(x)) == 0
    between = (x, x) if is_exact else _bracket(place, x)
    f = 0.0 if kind == "zero" else oracle.value(0, x)
    return Feature(kind, x, between, f, certified=True, joined=True)


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
