"""What a function does: domain, zeros, poles, jumps, extrema, inflections, asymptotes, symmetry, period and range.

All of it is proved; what could not be settled is named as a part of the range.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cmp_to_key
from typing import get_args

from dcalc import functions as table
from dcalc.analysis.solve import (
    PLACE,
    Crossing,
    ExactOver,
    Solution,
    choose_window,
    exact_form,
    find_zeros,
    note_underflow,
    record_interval,
    record_place,
    show_place,
    write_end,
    write_gaps,
    write_interval,
    write_set,
    write_some,
)
from dcalc.expr import ZERO, make, symbol
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.isolate.curve import Curve, Joint, JointKind
from dcalc.isolate.graph import Asymptote, Graph, Interval, Turn, TurnKind
from dcalc.isolate.periods import Symmetry, find_period, find_symmetry
from dcalc.isolate.smooth import Place, at
from dcalc.isolate.zeros import Gap
from dcalc.notation import write
from dcalc.numbers.rounding import finite_or_none
from dcalc.simplify import simplify
from dcalc.text import join_words

_MOST_ROWS = 60
_HEIGHT = {
    "f": Field("number | null", "f there, null where it has no value"),
    "f_exact": Field("string | null", "f there in closed form, where one is proved"),
}
_POINT = {**PLACE, **_HEIGHT}
_JOINT = {
    **_POINT,
    "left": Field("number | null", "what f tends to from the left; null where that is infinite or not known"),
    "right": Field("number | null", "what f tends to from the right"),
}
_INTERVAL = {
    "low": Field("number | null", "the lower end, null for -inf"),
    "high": Field("number | null", "the upper end, null for inf"),
    "low_closed": Field("boolean", "whether the lower end belongs to it"),
    "high_closed": Field("boolean", "whether the upper end belongs to it"),
    "text": Field("string", "the interval as it is written, with ends in closed form"),
}
_SPANS = "[[number | null]]"
_WHATS = ("zeros", "slope", "bend", "asymptotes")
RECORD = {
    "over": Field(
        "{[number | null]} | null", "the range by variable, null for an infinite end; null for the whole line"
    ),
    "complete": Field("boolean", "whether all of it is settled"),
    "unsettled": Field(
        "[object]",
        "parts of the range of which something is not known",
        {
            "between": Field("[number | null]", "the ends of the part, null for an infinite one"),
            "of": Field("string", "what is not known there", values=_WHATS),
        },
    ),
    "domain": Field("[object]", "the intervals on which f has values", _INTERVAL),
    "scattered": Field(
        _SPANS, "intervals in which f has values at single places alone, told of by the zeros and by nothing else"
    ),
    "range": Field("[object] | null", "all values of f; null where they are not known", _INTERVAL),
    "symmetry": Field("string | null", "whether f is even or odd, where that is proved", values=get_args(Symmetry)),
    "period": Field("object | null", "the period of f; then all else is told of one period, from 0 on", PLACE),
    "zeros": Field(
        "[object]", "zeros", {**PLACE, "crossing": Field("string", "how f passes 0", values=get_args(Crossing))}
    ),
    "zero_throughout": Field(_SPANS, "intervals on which f is 0"),
    "extrema": Field(
        "[object]",
        "local extrema inside of the range",
        {**_POINT, "kind": Field("string", "which of both", values=("maximum", "minimum"))},
    ),
    "inflections": Field(
        "[object]",
        "places where f changes from convex to concave or back",
        {**_POINT, "level": Field("boolean", "whether f' is 0 there")},
    ),
    "stationary": Field("[object]", "other places where f' is 0", _POINT),
    "poles": Field("[object]", "places at which f is infinite on both sides", _JOINT),
    "holes": Field("[object]", "places that continuity fills, with that value", _JOINT),
    "jumps": Field("[object]", "places at which f jumps, or is infinite on one side", _JOINT),
    "kinks": Field("[object]", "kinks and vertical tangents", _JOINT),
    "edges": Field("[object]", "ends of the domain", _JOINT),
    "oscillations": Field("[object]", "places at which f oscillates without a limit", _JOINT),
    "rising": Field(_SPANS, "intervals on which f rises"),
    "falling": Field(_SPANS, "intervals on which f falls"),
    "constant": Field(_SPANS, "intervals on which f is constant"),
    "convex": Field(_SPANS, "intervals on which f is convex, its graph bending upward"),
    "concave": Field(_SPANS, "intervals on which f is concave, its graph bending downward"),
    "asymptotes": Field(
        "[object]",
        "lines that f comes close to",
        {
            "kind": Field("string", "how it lies", values=("vertical", "horizontal", "slant")),
            "line": Field("string", "its equation"),
            "x": Field("number | null", "where a vertical one stands"),
            "slope": Field("number | null", "the slope of another one"),
            "intercept": Field("number | null", "its height at 0"),
            "ends": Field("[string]", "at which ends or sides", values=("-inf", "inf", "left", "right")),
        },
    ),
    "marks": Field(
        "[object]",
        "all of these places from left to right, as `plot` marks them",
        {**_POINT, "kind": Field("string", "the kind")},
    ),
}
_GROUPS: dict[JointKind, str] = {
    "pole": "poles",
    "hole": "holes",
    "jump": "jumps",
    "break": "jumps",
    "kink": "kinks",
    "vertical_tangent": "kinks",
    "edge": "edges",
    "oscillation": "oscillations",
}
_LABELS: dict[JointKind, str] = {**_GROUPS, "vertical_tangent": "vertical tangents"}


def find(subject: Subject, over: ExactOver | str | None = None) -> Finding:
    """All that a function of one variable does in a range, or on the whole line.

    Raises UsageError for several variables. Cost: some milliseconds to two seconds; bounded.
    """
    window = choose_window("study", subject, subject.root, over)
    return window if isinstance(window, Finding) else Study(subject, *window).finding()


class Study:
    """One function over one range."""

    def __init__(self, subject: Subject, name: str, low: Place, high: Place) -> None:
        self.subject, self.name = subject, name
        self.ends = Gap(low, high)
        is_line = low.is_infinite and high.is_infinite
        self.period = find_period(subject.root, name) if is_line else None
        self.symmetry = find_symmetry(subject.root, name) if is_line else None
        if self.period is not None:
            low, high = at(ZERO), at(self.period)
        self.curve = Curve(subject.root, name, low, high)
        self.graph = Graph(self.curve, self.period)
        self.solution: Solution = find_zeros(self.curve, self.period)

    # --- what is not known -----------------------------------------------------------------------

    def gaps(self) -> list[tuple[Gap, str]]:
        """The parts of the range of which something is not known, and what."""
        known: list[tuple[Gap, str]] = [(gap, "zeros") for gap in self.solution.gaps]
        known += [(gap, "slope") for gap in self.curve.gaps(1)]
        known += [(gap, "bend") for gap in self.curve.gaps(2)]
        known += [(Gap(joint.place, joint.place), "slope") for joint in self.graph.joints if joint.kind == "unknown"]
        known += [(gap, "asymptotes") for gap in self.graph.open_ends]
        return known

    # --- records ---------------------------------------------------------------------------------

    def _point(self, place: Place, height: Place | None) -> dict[str, object]:
        is_known = height is not None and not height.is_infinite
        return {
            **record_place(place, self.subject.digits),
            "f": finite_or_none(height.double) if height is not None and is_known else None,
            "f_exact": exact_form(height) if height is not None and is_known else None,
        }

    def _turn(self, turn: Turn) -> dict[str, object]:
        return self._point(turn.place, self.graph.height(turn.function, turn.place))

    def _joint(self, joint: Joint) -> dict[str, object]:
        return {
            **self._point(joint.place, self._joint_height(joint)),
            "left": self._side(joint, -1),
            "right": self._side(joint, 1),
        }

    def _joint_height(self, joint: Joint) -> Place | None:
        if joint.value is None:
            return None
        if joint.kind == "hole":
            return self.graph.limit_height(joint)
        return self.graph.height(joint.value, joint.place)

    def _side(self, joint: Joint, side: int) -> float | None:
        height = self.graph.side_height(joint, side)
        return None if height is None or height.is_infinite else finite_or_none(height.double)

    def _record(self) -> dict[str, object]:
        graph = self.graph
        gaps = self.gaps()
        joints: dict[str, list[dict[str, object]]] = {group: [] for group in _GROUPS.values()}
        for joint in graph.joints:
            if joint.kind in _GROUPS:
                joints[_GROUPS[joint.kind]].append(self._joint(joint))
        is_line = self.ends.low.is_infinite and self.ends.high.is_infinite
        return {
            "over": None if is_line else {self.name: record_interval(self.ends)},
            "complete": not gaps,
            "unsettled": [{"between": record_interval(gap), "of": what} for gap, what in gaps],
            "domain": [_record_interval(part) for part in graph.domain],
            "scattered": [record_interval(gap) for gap in self.curve.scattered],
            "range": None if graph.range is None else [_record_interval(part) for part in graph.range],
            "symmetry": self.symmetry,
            "period": None if self.period is None else record_place(at(self.period), self.subject.digits),
            "zeros": [
                {**record_place(zero.place, self.subject.digits), "crossing": zero.crossing}
                for zero in self.solution.zeros
            ],
            "zero_throughout": [record_interval(part) for part in self.solution.intervals],
            "extrema": [
                {**self._turn(turn), "kind": turn.kind} for turn in graph.turns if turn.kind in ("maximum", "minimum")
            ],
            "inflections": [
                {**self._turn(turn), "level": turn.is_level} for turn in graph.turns if turn.kind == "inflection"
            ],
            "stationary": [self._turn(turn) for turn in graph.turns if turn.kind == "stationary"],
            **joints,
            "rising": [record_interval(gap) for gap in graph.intervals(1, 1)],
            "falling": [record_interval(gap) for gap in graph.intervals(1, -1)],
            "constant": [record_interval(gap) for gap in graph.intervals(1, 0)],
            "convex": [record_interval(gap) for gap in graph.intervals(2, 1)],
            "concave": [record_interval(gap) for gap in graph.intervals(2, -1)],
            "asymptotes": [_record_asymptote(line, self.name) for line in graph.asymptotes],
            "marks": [{"kind": kind, **self._point(place, height)} for kind, place, height in self.marks()],
        }

    def marks(self) -> list[_Mark]:
        """All places of note from left to right, each with its kind and the value of f."""
        marks: list[_Mark] = [("zero", zero.place, at(ZERO)) for zero in self.solution.zeros]
        marks += [(turn.kind, turn.place, self.graph.height(turn.function, turn.place)) for turn in self.graph.turns]
        marks += [
            (joint.kind, joint.place, self._joint_height(joint)) for joint in self.graph.joints if joint.kind in _GROUPS
        ]
        return sorted(marks, key=cmp_to_key(_compare_marks))

    # --- for people ------------------------------------------------------------------------------

    def finding(self) -> Finding:
        """The record, the facts, the table of places."""
        gaps = self.gaps()
        sheet = self._sheet()
        facts = [Fact(label, text) for label, text in self._describe()]
        rest = "all of it" if self.graph.range is not None else "all the rest"
        sentence = self._describe_gaps(gaps) if gaps else f"{rest} is proved"
        return Finding(
            "study",
            self.subject.root,
            (self.name,),
            status="ok" if not gaps else "unresolved",
            record=self._record,
            facts=tuple(facts),
            brief=Brief([*facts, Fact("", sentence, "good" if not gaps else "warn")], (sheet,) if sheet.rows else ()),
            sheets=(sheet,),
            plain=[(label, text) for label, text in self._describe()],
            sentence=sentence,
            code=0 if not gaps else 1,
            notes=tuple(note_underflow(spot for _, *spots in self.marks() for spot in spots if spot is not None)),
        )

    def _describe_gaps(self, gaps: list[tuple[Gap, str]]) -> str:
        """What is not settled, and where: things that are open in the same parts together."""
        things: dict[str, list[str]] = {}
        for what in _WHATS:
            own = [gap for gap, kind in gaps if kind == what]
            if own:
                things.setdefault(write_gaps(own, self.name), []).append(what)
        return "; ".join(f"{join_words(names, 'and')} not settled for {where}" for where, names in things.items())

    def _sheet(self) -> Sheet:
        columns = (
            Column("kind", "at", "words"),
            Column("x", self.name, "number", right=True),
            Column("exact", "exact", "code", 1),
            Column("f", "f", "number", right=True),
            Column("f_exact", "f exact", "code", 2),
        )
        rows: list[dict[Key, Cell]] = [
            {
                "kind": kind.replace("_", " "),
                "x": self._place_cell(place),
                "exact": exact_form(place),
                "f": None if height is None or height.is_infinite else self._place_cell(height),
                "f_exact": None if height is None or height.is_infinite else exact_form(height),
            }
            for kind, place, height in self.marks()
        ]
        return Sheet(columns, rows, most=_MOST_ROWS)

    def _place_cell(self, place: Place) -> Cell:
        return show_place(place, self.subject.shown)

    def _describe_sets(self) -> Iterator[tuple[str, str]]:
        """The range that is looked at, where f has values, and which ones."""
        graph = self.graph
        if self.period is not None:
            yield "over", f"one period, from 0 to {write(self.period)}"
        elif not (self.ends.low.is_infinite and self.ends.high.is_infinite):
            yield "over", write_interval(self.ends, self.name)
        domain = write_some(map(write_set, graph.domain))
        yield "domain", domain or "nowhere" if self.curve.is_cut else f"{domain} at least" if domain else "not known"
        if self.curve.scattered:
            spans = (write_interval(gap, self.name) for gap in self.curve.scattered)
            yield "left out", f"single values, for {write_some(spans)}"
        yield "range", "not known" if graph.range is None else write_some(map(write_set, graph.range)) or "none"

    def _describe(self) -> Iterator[tuple[str, str]]:
        """Each feature as a line: its name, and where."""
        graph = self.graph
        yield from self._describe_sets()
        if self.symmetry:
            yield "symmetry", self.symmetry
        if self.period is not None:
            yield "period", write(self.period)
        parts = [*map(write_set, self.solution.intervals), *(write_end(zero.place) for zero in self.solution.zeros)]
        yield "zeros", write_some(parts) or ("none known" if self.solution.gaps else "none")
        kinds: tuple[tuple[TurnKind, str], ...] = (
            ("maximum", "maxima"),
            ("minimum", "minima"),
            ("inflection", "inflections"),
            ("stationary", "stationary"),
        )
        for kind, label in kinds:
            turns = [
                f"({write_end(t.place)}, {write_end(graph.height(t.function, t.place))})"
                for t in graph.turns
                if t.kind == kind
            ]
            if turns:
                yield label, write_some(turns)
        for label in dict.fromkeys(_LABELS.values()):
            places = [write_end(joint.place) for joint in graph.joints if _LABELS.get(joint.kind) == label]
            if places:
                yield label, write_some(places)
        for label, order, trend in _TRENDS:
            gaps = [write_set(Interval(*gap)) for gap in graph.intervals(order, trend)]  # type: ignore[arg-type]  # orders and signs
            if gaps:
                yield label, write_some(gaps)
        for line in graph.asymptotes:
            yield f"{_kind_of(line)} asymptote", f"{_write_line(line, self.name)}{_write_ends(line)}"


_Mark = tuple[str, Place, Place | None]
"""The kind of a place, the place, and the value of f there."""


def _compare_marks(first: _Mark, second: _Mark) -> int:
    return first[1].compare(second[1]) or 0


_TRENDS = (("rises", 1, 1), ("falls", 1, -1), ("constant", 1, 0), ("convex", 2, 1), ("concave", 2, -1))


def _record_interval(part: Interval) -> dict[str, object]:
    low, high = record_interval(part)
    return {"low": low, "high": high, "low_closed": part.has_low, "high_closed": part.has_high, "text": write_set(part)}


def _kind_of(line: Asymptote) -> str:
    if line.slope is None:
        return "vertical"
    return "horizontal" if line.slope.node is ZERO else "slant"


def _write_line(line: Asymptote, name: str) -> str:
    if line.place is not None:
        return f"{name} = {write_end(line.place)}"
    assert line.start is not None
    assert line.slope is not None
    start = write_end(line.start)
    if line.slope.node is ZERO:
        return f"y = {start}"
    slope = (
        f"{write_end(line.slope)}*{name}"
        if line.slope.node is None
        else write(simplify(make(table.MUL, line.slope.node, symbol(name))))
    )
    return (
        f"y = {slope}"
        if start == "0"
        else f"y = {slope} {'-' if start.startswith('-') else '+'} {start.removeprefix('-')}"
    )


def _write_ends(line: Asymptote) -> str:
    """`at inf`, `on the left`."""
    if line.place is None:
        return f" at {join_words(['-inf' if end < 0 else 'inf' for end in line.ends], 'and')}"
    return "" if len(line.ends) > 1 else f" from the {'left' if line.ends[0] < 0 else 'right'}"


def _record_asymptote(line: Asymptote, name: str) -> dict[str, object]:
    words = ("left", "right") if line.place is not None else ("-inf", "inf")
    return {
        "kind": _kind_of(line),
        "line": _write_line(line, name),
        "x": None if line.place is None else line.place.double,
        "slope": None if line.slope is None else line.slope.double,
        "intercept": None if line.start is None else line.start.double,
        "ends": [words[end > 0] for end in line.ends],
    }
