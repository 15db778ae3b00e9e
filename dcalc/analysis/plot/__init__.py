"""f, and f' beside it, over a range: broken at poles and jumps, with kinks and stationary points marked.

That curves are joined, and marks certified, is proved by enclosures and verdicts.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from dcalc.analysis.plot.features import Feature, classify_gap, find_stationary, is_one_place
from dcalc.analysis.plot.oracle import Oracle
from dcalc.analysis.plot.survey import NARROW, Cell, Gap, cell_ends, cells_for, choose_range, survey_range
from dcalc.analysis.toolkit import Over, Range, read_box
from dcalc.errors import UsageError
from dcalc.expr import likely_arguments, walk
from dcalc.finding import Cell as Value
from dcalc.finding import Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.notation import write
from dcalc.shapes import Curve, Mark, Picture

_OUTER = 0.05
"""A picture with poles shows all heights but this part of the highest and of the lowest."""
_PAD = 0.04
"""Room above and below the curve, relative to its height."""
_UNMARKED = ("edge", "oscillation")
_TITLE = 60
"""Characters of an expression that fit in a title."""
_MARK = {
    "kind": Field("string", "maximum, minimum, inflection, stationary, hole, kink, pole, break, edge, jump and so on"),
    "x": Field("number", "where"),
    "between": Field("[number]", "doubles around it, equal where it is one"),
    "f": Field("number | null", "f there"),
    "left": Field("number | null", "the slope from the left"),
    "right": Field("number | null", "the slope from the right"),
    "certified": Field("boolean", "whether the kind is proved"),
    "text": Field("string", "the reason, as a verdict gives it"),
}
RECORD = {
    "over": Field("{[number]}", "the range by variable"),
    "points": Field("[{number | null}]", "the points of the curves from left to right: the variable, f and derivative"),
    "marks": Field("[object]", "places worth a mark, from left to right", _MARK),
}


class CurvePoint(NamedTuple):
    """A point of the curves: f and its slope are nan where the curve is broken."""

    x: float
    f: float
    slope: float


def find(subject: Subject, over: Over | None = None, derivative: bool = False) -> Finding:
    """The curve of a function of one variable, right to the last digit at each of its points.

    Raises UsageError for several variables. Cost: some hundreds of enclosures and values, and about fifty
    per mark.
    """
    if len(subject.names) > 1:
        drawn = (likely_arguments(subject.names) or subject.names)[0]
        fixed = " ".join([f"--let '{name}=1'" for name in subject.names if name != drawn][:2])
        raise UsageError(
            f"plot draws one variable, and the expression has {len(subject.names)}", help=f"fix the others: {fixed}"
        )
    name = subject.names[0] if subject.names else "x"
    ends = read_box(over, (name,), {})[name] if over else choose_range(subject.root, name)
    if math.isinf(ends[1] - ends[0]):
        raise UsageError("the range is longer than the largest double", help="write --over -1e300:1e300")
    return _Plot(Oracle(subject.root, name), ends, derivative).finding(subject)


class _Plot:
    """One function over one range."""

    def __init__(self, oracle: Oracle, ends: Range, derivative: bool) -> None:
        self.oracle = oracle
        self.ends = ends
        self.width = ends[1] - ends[0]
        self.derivative = derivative and oracle.enclosures.has_slopes
        self.places = cell_ends(*ends, cells_for(sum(1 for _ in walk(oracle.root))))
        self.survey = survey_range(oracle.enclosures, self.places)
        self.window = self._window()
        self.features = self._features()
        self.turns = find_stationary(oracle, self.survey, self.width, len(self.places))
        self.rows = list(self._rows())

    def _window(self) -> Range | None:
        """The heights to show: all, or with poles those of most values; None where f has no values."""
        cut = bool(self.survey.gaps)
        heights = _value_range([self.oracle.value(0, x) for x in self.places], cut)
        if heights is None:
            return None
        low, high = heights
        if self.derivative and (slopes := _value_range([self.oracle.value(1, x) for x in self.places], cut)):
            room = high - low if cut and high > low else math.inf  # f' has steeper poles than f
            low, high = min(low, max(slopes[0], low - room)), max(high, min(slopes[1], high + room))
        pad = _PAD * (high - low)
        return low - pad, high + pad

    def _features(self) -> dict[Gap, Feature]:
        """The feature in each narrow gap that has one."""
        if self.window is None:
            return {}
        height = self.window[1] - self.window[0]
        widest = self.width * NARROW
        narrow = [gap for gap in self.survey.gaps if not gap.void and gap.high - gap.low <= widest]
        features = {gap: classify_gap(self.oracle, gap, height, self.width) for gap in narrow}
        return {gap: feature for gap, feature in features.items() if feature is not None}

    def _rows(self) -> Iterator[CurvePoint]:
        """The points of the curves from left to right, broken at every gap that is not joined."""
        pieces: list[Cell | Gap] = sorted([*self.survey.cells, *self.survey.gaps], key=lambda piece: piece.low)
        last: float | None = None
        for piece in pieces:
            if isinstance(piece, Cell):
                if piece.low != last:
                    yield self._at(piece.low)
                yield self._at(piece.high)
                last = piece.high
                continue
            feature = self.features.get(piece)
            last = None
            yield from self._across(piece, feature)

    def _at(self, x: float) -> CurvePoint:
        return CurvePoint(x, self.oracle.value(0, x), self.oracle.value(1, x) if self.derivative else math.nan)

    def _across(self, gap: Gap, feature: Feature | None) -> Iterator[CurvePoint]:
        """The points drawn in a gap: its feature, broken off from curves that it does not join."""
        nothing = CurvePoint(gap.low / 2 + gap.high / 2, math.nan, math.nan)
        if feature is None and not gap.void and gap.high - gap.low > self.width * NARROW:
            # A wide gap was not resolved: its points are drawn but not joined.
            for x in self.places[bisect_left(self.places, gap.low) : bisect_right(self.places, gap.high)]:
                yield from (nothing, self._at(x), nothing)
        elif feature is None or feature.f is None:
            yield nothing
        elif feature.joined:
            yield CurvePoint(feature.x, feature.f, math.nan)
        elif feature.kind == "edge" and not math.isnan(self.oracle.value(0, gap.low)):
            yield from (CurvePoint(feature.x, feature.f, math.nan), nothing)
        else:
            yield from (nothing, CurvePoint(feature.x, feature.f, math.nan), nothing)

    # --- the finding ------------------------------------------------------------------------

    def finding(self, subject: Subject) -> Finding:
        """The record, the table of marks, the picture."""
        marked = sorted(
            [*(feature for feature in self.features.values() if feature.kind), *self.turns.points],
            key=lambda feature: feature.x,
        )
        name, drawn = self.oracle.name, self.window is not None
        low, high = self.ends
        lack = "no value of f is known" if self.oracle.is_open else "f has no value"
        return Finding(
            "plot",
            expression=subject.root,
            wrt=(name,),
            status="ok" if drawn else "unresolved" if self.oracle.is_open else "undefined",
            record={
                "over": {name: [low, high]},
                "points": [self._record(row) for row in self.rows],
                "marks": [_mark_record(feature) for feature in marked],
            },
            facts=(Fact("over", f"{name} from {low!r} to {high!r}"),),
            sheets=(_marks_sheet(marked),) if marked else (),
            pictures=(self._picture(marked),) if drawn else (),
            data=self._data(),
            plain=None if drawn else [],
            sentence=_summarize(marked) if drawn else f"{lack} from {low!r} to {high!r}",
            code=0 if drawn else 3,
            notes=tuple(self._notes()),
        )

    def _record(self, row: CurvePoint) -> dict[str, float]:
        slope = {"derivative": row.slope} if self.derivative else {}
        return {self.oracle.name: row.x, "f": row.f, **slope}

    def _data(self) -> Sheet:
        columns = [Column("x", self.oracle.name, "number"), Column("f", "f", "number")]
        if self.derivative:
            columns.append(Column("derivative", "derivative", "number"))
        rows: list[dict[Key, Value]] = [{"x": row.x, "f": row.f, "derivative": row.slope} for row in self.rows]
        return Sheet(tuple(columns), rows)

    def _picture(self, marked: Sequence[Feature]) -> Picture:
        curves = [Curve("f", [(row.x, row.f) for row in self.rows])]
        if self.derivative:
            curves.append(Curve("f'", [(row.x, row.slope) for row in self.rows]))
        marks = [
            Mark(feature.x, math.nan if feature.f is None else feature.f, feature.kind)
            for feature in marked
            if feature.kind not in _UNMARKED
        ]
        text = write(self.oracle.root)
        title = text if len(text) <= _TITLE else "f"
        return Picture(tuple(curves), title, self.oracle.name, "", marks=tuple(marks), window=self.window)

    def _notes(self) -> Iterator[str]:
        if not self.oracle.enclosures.has_slopes:
            yield "f' has no closed form here, so no points are joined"
        if self.oracle.work.refused:
            yield "f or f' is not known at all places of this range, as that would take too long: ask for a shorter one"
        if not self.survey.complete:
            yield "too much happens in this range to follow all of it: ask for a shorter one"
        unsettled = sorted(gap for gap, feature in self.features.items() if _is_unsettled(gap, feature, self.width))
        if unsettled:
            more = f", and at {len(unsettled) - 1} other places" if len(unsettled) > 1 else ""
            low, high = unsettled[0].low, unsettled[0].high
            yield f"it is not known whether f is smooth between {low!r} and {high!r}{more}"
        if not self.turns.complete:
            yield "the range could not be searched completely for stationary points: ask for a shorter one"
        for low, high in self.turns.flat[:1]:
            yield f"f looks flat from {low!r} to {high!r}: f' is 0 wherever it was tried"
        if self.turns.open:
            low, high = self.turns.open[0]
            more = f", and at {len(self.turns.open) - 1} other places" if len(self.turns.open) > 1 else ""
            yield f"it is not known whether f' is 0 between {low!r} and {high!r}{more}"


def _is_unsettled(gap: Gap, feature: Feature, width: float) -> bool:
    """Whether nothing was found in a gap that is more than one place, or in which f is not shown to be joined."""
    return not feature.kind and not feature.certified and not (feature.joined and is_one_place(gap, width))


def _value_range(values: Sequence[float], cut: bool) -> Range | None:
    """From the least to the greatest value, or with ``cut`` the range of most of them; None without values."""
    sorted_values = sorted(value for value in values if math.isfinite(value))
    if not sorted_values:
        return None
    if not cut:
        return sorted_values[0], sorted_values[-1]
    outer = int(_OUTER * len(sorted_values))
    low, high = sorted_values[outer], sorted_values[-1 - outer]
    return max(sorted_values[0], low - (high - low)), min(sorted_values[-1], high + (high - low))


def _mark_record(feature: Feature) -> dict[str, object]:
    return {
        "kind": feature.kind,
        "x": feature.x,
        "between": list(feature.between),
        "f": feature.f,
        "left": feature.left,
        "right": feature.right,
        "certified": feature.certified,
        "text": feature.text,
    }


def _marks_sheet(marked: Sequence[Feature]) -> Sheet:
    columns = (
        Column("kind", "mark", "code"),
        Column("x", "x", "number", right=True),
        Column("f", "f", "brief", 1, "f", right=True),
        Column("left", "slope left", "brief", 3, "slope left", right=True),
        Column("right", "slope right", "brief", 3, "slope right", right=True),
        Column("certified", "certified", "code", 2),
    )
    rows: list[dict[Key, Value]] = [
        {
            "kind": feature.kind,
            "x": feature.x,
            "f": feature.f,
            "left": feature.left,
            "right": feature.right,
            "certified": "yes" if feature.certified else "",
        }
        for feature in marked
    ]
    return Sheet(columns, rows, "Marks")


def _summarize(marked: Sequence[Feature]) -> str:
    """`2 poles, 1 minimum`."""
    counts = Counter(feature.kind for feature in marked)
    return ", ".join(f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in counts.items())


def _plural(kind: str) -> str:
    return {"maximum": "maxima", "minimum": "minima"}.get(kind, kind + "s").replace("_", " ")
