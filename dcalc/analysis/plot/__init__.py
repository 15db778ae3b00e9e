"""f, and f' beside it, over a range: broken at poles and jumps, with zeros, kinks and stationary points marked.

That curves are joined, and marks certified, is proved by enclosures and verdicts.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Literal, NamedTuple

from dcalc.analysis.plot.features import Feature, classify_gap, find_stationary, is_one_place
from dcalc.analysis.plot.figure import MOST_DRAWN, Span, draw_curve, draw_marks, find_swings, find_zeros
from dcalc.analysis.plot.marks import Joints, add_marks, cut_curve, find_marks
from dcalc.analysis.plot.oracle import WORK, Oracle
from dcalc.analysis.plot.survey import NARROW, Cell, Gap, cell_ends, cells_for, choose_range, survey_range
from dcalc.analysis.toolkit import Over, Range, read_box
from dcalc.errors import UsageError
from dcalc.expr import Expr, likely_arguments, walk
from dcalc.finding import Brief, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.finding import Cell as Value
from dcalc.isolate.curve import Curve as IsolatedCurve
from dcalc.notation import write
from dcalc.shapes import Curve, Mark, Picture
from dcalc.text import count_noun, join_words, shorten

_OUTER = 0.05
"""A picture with poles shows all heights but this part of the highest and of the lowest."""
_PAD = 0.04
"""Room above and below the curve, relative to its height."""
_NAME = 60
"""Characters of an expression in a legend and a table."""
_TITLE = 300
"""Characters of an expression in a title."""
_MOST_ZEROS = 40
_MOST_ROWS = 20
"""Marks that a terminal lists; files and pipes get all."""
_DECADES = 1e4
"""How far a logarithmic axis goes down where no range was asked for."""
_MARK = {
    "kind": Field("string", "maximum, minimum, zero, inflection, stationary, hole, kink, pole, break, edge, jump, ..."),
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
    "curves": Field(
        "[object]",
        "of several expressions each one; `points` and `marks` beside it are those of the first",
        {
            "expression": Field("string", "the expression"),
            "points": Field("[{number | null}]", "its points"),
            "marks": Field("[object]", "its marks", _MARK),
        },
        optional=True,
    ),
}
Axis = Literal["x", "y"]


class PlotOptions(NamedTuple):
    """How to draw.

    ``window`` is the range of heights to show, ``log`` the logarithmic axes, ``width`` and ``height`` the size.
    """

    over: Over | None = None
    derivative: bool = False
    window: Range | None = None
    log: frozenset[Axis] = frozenset()
    width: int | None = None
    height: int | None = None


class CurvePoint(NamedTuple):
    """A point of the curves: f and its slope are nan where the curve is broken."""

    x: float
    f: float
    slope: float


def find(
    subject: Subject,
    over: Over | None = None,
    derivative: bool = False,
    *,
    window: Range | None = None,
    log: frozenset[Axis] = frozenset(),
    width: int | None = None,
    height: int | None = None,
) -> Finding:
    """The curves of functions of one variable, right to the last digit at each of their points.

    Raises UsageError for several variables. Cost: some hundreds of enclosures and values per curve, and about fifty
    per mark.
    """
    if len(subject.names) > 1:
        drawn = (likely_arguments(subject.names) or subject.names)[0]
        fixed = " ".join([f"--let '{name}=1'" for name in subject.names if name != drawn][:2])
        whose = "expressions have" if subject.more else "expression has"
        raise UsageError(
            f"plot draws one variable, and the {whose} {len(subject.names)}", help=f"fix the others: {fixed}"
        )
    options = PlotOptions(over, derivative, window, log, width, height)
    name = subject.names[0] if subject.names else "x"
    roots = (subject.root, *subject.more)
    ends = _choose_ends(roots, name, options)
    plots = [_Plot(Oracle(root, name, WORK // len(roots)), ends, options) for root in roots]
    return plots[0].finding(subject) if len(plots) == 1 else _join(subject, plots, options)


def _choose_ends(roots: Sequence[Expr], name: str, options: PlotOptions) -> Range:
    """The range as asked for, else one that shows what the functions do near 0. Raises UsageError."""
    if options.over:
        low, high = read_box(options.over, (name,), {})[name]
    else:
        chosen = [choose_range(root, name) for root in roots]
        low, high = min(ends[0] for ends in chosen), max(ends[1] for ends in chosen)
        if "x" in options.log and high > 0:
            low = max(low, high / _DECADES)
    if math.isinf(high - low):
        raise UsageError("the range is longer than the largest double", help="write --over -1e300:1e300")
    if "x" in options.log and low <= 0:
        raise UsageError("a logarithmic axis begins above 0", help="write --over 0.01:100")
    return low, high


class _Plot:
    """One function over one range."""

    def __init__(self, oracle: Oracle, ends: Range, options: PlotOptions) -> None:
        self.oracle = oracle
        self.ends = ends
        self.options = options
        self.width = ends[1] - ends[0]
        self.derivative = options.derivative and oracle.enclosures.has_slopes
        count = cells_for(sum(1 for _ in walk(oracle.root)))
        self.places = cell_ends(*ends, count, log="x" in options.log)
        self.survey = survey_range(oracle.enclosures, self.places)
        self.window = self._window()
        self.features = self._features()
        height = self.window[1] - self.window[0] if self.window is not None else math.inf
        self.turns = find_stationary(oracle, self.survey, self.width, len(self.places), height)
        self.window = self._widen(self.window)
        self.spans = self._spans()
        cells = [cell for cell in self.survey.cells if not self.swings(cell.low, cell.high)]
        self.zeros, self.has_all_zeros = find_zeros(oracle, cells, _MOST_ZEROS)
        if self.window is not None and oracle.enclosures.has_slopes:
            self._settle()
        self.rows = list(self._rows())

    @cached_property
    def curve(self) -> IsolatedCurve:
        """The curve as isolation cuts it."""
        return cut_curve(self.oracle, self.ends)

    def _settle(self) -> None:
        """Add what isolation proves: zeros that f touches, and stationary points where enclosures do not decide."""
        marks = find_marks(self.oracle, self.curve)
        if self.has_all_zeros:
            self.zeros = list(add_marks(self.zeros, marks.zeros, self.width))
        self.turns = self.turns._replace(
            points=sorted(add_marks(self.turns.points, marks.turns, self.width), key=lambda point: point.x),
            open=[(low, high) for low, high in self.turns.open if marks.may_turn(low, high)],
            complete=self.turns.complete or not marks.open_turns,
        )

    def _widen(self, window: Range | None) -> Range | None:
        """The heights with those of peaks between two places, where no pole sets limits to them."""
        peaks = [turn.f for turn in self.turns.points if turn.f is not None and math.isfinite(turn.f)]
        if window is None or self.options.window is not None or not peaks:
            return window
        if self.survey.gaps or window[0] <= min(peaks) <= max(peaks) <= window[1]:
            return window
        return _pad(min(window[0], *peaks), max(window[1], *peaks))

    def _spans(self) -> list[list[Span]]:
        """Where f, and f' if it is drawn, leave the line between two places."""
        if self.window is None:
            return []
        height = self.window[1] - self.window[0]
        orders = (0, 1) if self.derivative else (0,)
        return [find_swings(self.oracle, order, self.survey, self.places, height) for order in orders]

    def swings(self, low: float, high: float) -> bool:
        """Whether f is drawn as an envelope in an interval."""
        bands = [span for span in (self.spans[0] if self.spans else ()) if span.band is not None]
        place = bisect_right(bands, low, key=lambda span: span.low) - 1
        return place >= 0 and high <= bands[place].high

    def _window(self) -> Range | None:
        """The heights to show: all, or with poles those of most values; None where f has no values."""
        if self.options.window is not None and any(math.isfinite(self.oracle.value(0, x)) for x in self.places):
            return self.options.window
        cut = bool(self.survey.gaps)
        heights = _value_range([self.oracle.value(0, x) for x in self.places], cut)
        if heights is None:
            return None
        low, high = heights
        if self.derivative and (slopes := _value_range([self.oracle.value(1, x) for x in self.places], cut)):
            room = high - low if cut and high > low else math.inf  # f' has steeper poles than f
            low, high = min(low, max(slopes[0], low - room)), max(high, min(slopes[1], high + room))
        return _pad(low, high)

    def _features(self) -> dict[Gap, Feature]:
        """The feature in each narrow gap that has one."""
        if self.window is None:
            return {}
        height = self.window[1] - self.window[0]
        widest = self.width * NARROW
        narrow = [gap for gap in self.survey.gaps if not gap.void and gap.high - gap.low <= widest]
        if not narrow:
            return {}
        joints = Joints(self.oracle, self.curve)
        features = {gap: joints.explain(gap, self.width) or classify_gap(self.oracle, gap, height) for gap in narrow}
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

    def marked(self) -> list[Feature]:
        """All places worth a mark, from left to right."""
        zeros = self.zeros if self.has_all_zeros else []
        named = [feature for feature in self.features.values() if feature.kind]
        return sorted([*named, *self.turns.points, *zeros], key=lambda feature: feature.x)

    def finding(self, subject: Subject) -> Finding:
        """The record, the table of marks, the picture."""
        marked = self.marked()
        name, drawn = self.oracle.name, self.window is not None
        low, high = self.ends
        lack = "no value of f is known" if self.oracle.is_open else "f has no value"
        sentence = _summarize(marked) if drawn else f"{lack} from {low!r} to {high!r}"
        sheets = (_marks_sheet([("", feature) for feature in marked]),) if marked else ()
        return Finding(
            "plot",
            expression=subject.root,
            wrt=(name,),
            status="ok" if drawn else "unresolved" if self.oracle.is_open else "undefined",
            record={
                "over": {name: [low, high]},
                "points": self.points(),
                "marks": [_mark_record(feature) for feature in marked],
            },
            facts=(Fact("over", f"{name} from {low!r} to {high!r}"),),
            brief=Brief(() if drawn else (Fact("", sentence, "bad"),), sheets),
            sheets=sheets,
            pictures=(self._picture(marked),) if drawn else (),
            data=self._data(),
            plain=None if drawn else [],
            sentence=sentence,
            code=0 if drawn else 3,
            notes=tuple(self.notes(marked)),
        )

    def points(self) -> list[dict[str, float]]:
        """The points of the curves as a record has them."""
        return [self._record(row) for row in self.rows]

    def _record(self, row: CurvePoint) -> dict[str, float]:
        slope = {"derivative": row.slope} if self.derivative else {}
        return {self.oracle.name: row.x, "f": row.f, **slope}

    def columns(self) -> tuple[Column, ...]:
        """The columns of the table of points."""
        slope = (Column("derivative", "derivative", "number"),) if self.derivative else ()
        return (Column("x", self.oracle.name, "number"), Column("f", "f", "number"), *slope)

    def _data(self) -> Sheet:
        rows: list[dict[Key, Value]] = [{"x": row.x, "f": row.f, "derivative": row.slope} for row in self.rows]
        return Sheet(self.columns(), rows)

    def curves(self, name: str = "f") -> Iterator[Curve]:
        """The curve of f and, where it was asked for, that of its derivative, with their envelopes."""
        for order, (points, spans) in enumerate(zip(self._points_by_order(), self.spans, strict=True)):
            yield from draw_curve(name if not order else f"{name}'" if name == "f" else f"({name})'", points, spans)

    def marks(self, marked: Sequence[Feature]) -> Iterator[Mark]:
        """The marks of the picture: those that an envelope does not hide."""
        return draw_marks(self.oracle, [one for one in marked if one.f is None or not self.swings(one.x, one.x)])

    def _points_by_order(self) -> list[list[tuple[float, float]]]:
        slopes = [[(row.x, row.slope) for row in self.rows]] if self.derivative else []
        return [[(row.x, row.f) for row in self.rows], *slopes]

    def _picture(self, marked: Sequence[Feature]) -> Picture:
        title = shorten(write(self.oracle.root), _TITLE)
        return _frame(
            tuple(self.curves()), title, self.oracle.name, tuple(self.marks(marked)), self.window, self.options
        )

    def notes(self, marked: Sequence[Feature]) -> Iterator[str]:
        """What is not known of the curve, or not drawn."""
        counts = Counter(feature.kind for feature in marked)
        if crowded := [f"{count} {_plural(kind)}" for kind, count in counts.items() if count > MOST_DRAWN]:
            yield f"the picture does not mark the {join_words(crowded, 'and')}, which would hide the curve"
        if hidden := sum(one.f is not None and self.swings(one.x, one.x) for one in marked):
            lie = "lies" if hidden == 1 else "lie"
            yield f"{count_noun(hidden, 'more mark')} {lie} where f swings faster than can be drawn"
        if not self.has_all_zeros:
            yield f"f has more than {len(self.zeros)} zeros here, and none is marked: ask for a shorter range"
        if "y" in self.options.log and any(row.f <= 0 for row in self.rows):
            yield "a logarithmic axis shows no values that are 0 or negative"
        if not self.oracle.enclosures.has_slopes:
            yield "f' has no closed form here, so no points are joined"
        if self.oracle.work.refused:
            yield "f or f' is not known at all places of this range, as that would take too long: ask for a shorter one"
        if not self.survey.complete:
            yield "too much happens in this range to follow all of it: ask for a shorter one"
        yield from self._doubts()

    def _doubts(self) -> Iterator[str]:
        """Where it is not known whether f is smooth, or turns."""
        unsettled = sorted(gap for gap, feature in self.features.items() if _is_unsettled(gap, feature, self.width))
        if unsettled:
            more = f", and at {count_noun(len(unsettled) - 1, 'other place')}" if len(unsettled) > 1 else ""
            low, high = unsettled[0].low, unsettled[0].high
            yield f"it is not known whether f is smooth between {low!r} and {high!r}{more}"
        if not self.turns.complete:
            yield "the range could not be searched completely for stationary points: ask for a shorter one"
        for low, high in self.turns.flat[:1]:
            yield f"f looks flat from {low!r} to {high!r}: f' is 0 wherever it was tried"
        if self.turns.open:
            low, high = self.turns.open[0]
            more = f", and at {count_noun(len(self.turns.open) - 1, 'other place')}" if len(self.turns.open) > 1 else ""
            yield f"it is not known whether f' is 0 between {low!r} and {high!r}{more}"


def _join(subject: Subject, plots: Sequence[_Plot], options: PlotOptions) -> Finding:
    """The finding on several functions: their curves in one picture."""
    drawn = [plot for plot in plots if plot.window is not None]
    low, high = plots[0].ends
    name = plots[0].oracle.name
    texts = {plot: shorten(write(plot.oracle.root), _NAME) for plot in plots}
    marked = {plot: plot.marked() for plot in plots}
    windows = [plot.window for plot in drawn if plot.window is not None]
    window = options.window or (min(w[0] for w in windows), max(w[1] for w in windows)) if drawn else None
    curves = [curve for plot in drawn for curve in plot.curves(texts[plot])]
    marks = [mark for plot in drawn for mark in plot.marks(marked[plot])]
    sheets = (_marks_sheet([(texts[plot], feature) for plot in plots for feature in marked[plot]]),)
    lack = f"no expression has a value from {low!r} to {high!r}"
    summaries = [f"{texts[plot]}: {_summarize(marked[plot])}" for plot in drawn if marked[plot]]
    rows: list[dict[Key, Value]] = [
        {"expression": plot.oracle.root, "x": row.x, "f": row.f, "derivative": row.slope}
        for plot in plots
        for row in plot.rows
    ]
    columns = (Column("expression", "expression", "code"), *plots[0].columns())
    first, *rest = [
        {
            "expression": plot.oracle.root,
            "points": plot.points(),
            "marks": [_mark_record(feature) for feature in marked[plot]],
        }
        for plot in plots
    ]
    picture = _frame(tuple(curves), "", name, tuple(dict.fromkeys(marks)), window, options)
    return Finding(
        "plot",
        expression=(subject.root, *subject.more),
        wrt=(name,),
        status="ok" if drawn else "undefined",
        record={
            "over": {name: [low, high]},
            "points": first["points"],
            "marks": first["marks"],
            "curves": [first, *rest],
        },
        facts=(Fact("over", f"{name} from {low!r} to {high!r}"),),
        brief=Brief(() if drawn else (Fact("", lack, "bad"),), sheets),
        sheets=sheets,
        pictures=(picture,) if drawn else (),
        data=Sheet(columns, rows),
        plain=None if drawn else [],
        sentence="; ".join(summaries) if drawn else lack,
        code=0 if drawn else 3,
        notes=tuple(f"{texts[plot]}: {note}" for plot in plots for note in plot.notes(marked[plot])),
    )


def _frame(
    curves: tuple[Curve, ...],
    title: str,
    name: str,
    marks: tuple[Mark, ...],
    window: Range | None,
    options: PlotOptions,
) -> Picture:
    """The curves on the axes that were asked for."""
    log_x, log_y = "x" in options.log, "y" in options.log
    if log_y and options.window is None:
        window = None  # heights from the least positive one
    return Picture(curves, title, name, "", log_x, log_y, marks, window, options.width, options.height)


def _pad(low: float, high: float) -> Range:
    """The heights with some room above and below."""
    pad = _PAD * (high - low)
    return low - pad, high + pad


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


def _marks_sheet(marked: Sequence[tuple[str, Feature]]) -> Sheet:
    """The marks, each with the function that it belongs to where there are several."""
    several = any(name for name, _ in marked)
    columns = (
        *((Column("of", "of", "code"),) if several else ()),
        Column("kind", "mark", "code"),
        Column("x", "x", "number", right=True),
        Column("f", "f", "brief", 1, "f", right=True),
        Column("left", "slope left", "brief", 3, "slope left", right=True),
        Column("right", "slope right", "brief", 3, "slope right", right=True),
        Column("certified", "certified", "code", 2),
    )
    rows: list[dict[Key, Value]] = [
        {
            "of": name,
            "kind": feature.kind.replace("_", " "),
            "x": feature.x,
            "f": feature.f,
            "left": feature.left,
            "right": feature.right,
            "certified": "yes" if feature.certified else "no",
        }
        for name, feature in marked
    ]
    return Sheet(columns, rows, most=_MOST_ROWS)


def _summarize(marked: Sequence[Feature]) -> str:
    """`2 poles, 1 minimum`."""
    counts = Counter(feature.kind for feature in marked)
    return ", ".join(f"{count} {_plural(kind) if count > 1 else kind}" for kind, count in counts.items())


def _plural(kind: str) -> str:
    return {"maximum": "maxima", "minimum": "minima"}.get(kind, kind + "s").replace("_", " ")
