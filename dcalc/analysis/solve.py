"""All zeros of a function, or all solutions of an equation, in a range or on the line: each proved, none left out.

What could not be settled is named as a part of the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from math import inf, isfinite
from typing import Literal, NamedTuple, get_args

from flint import ctx

from dcalc import functions as table
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import ZERO, Expr, likely_arguments, make
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.isolate.curve import Curve, Joint
from dcalc.isolate.graph import Interval
from dcalc.isolate.periods import find_period
from dcalc.isolate.smooth import Place, at
from dcalc.isolate.zeros import Gap, sort_places
from dcalc.notation import write
from dcalc.numbers.rounding import as_decimal, explain_underflow, finite_or_none
from dcalc.point import read_exact_ranges
from dcalc.solver import undefined_constant
from dcalc.text import count_noun

ExactOver = Sequence[tuple[str | None, tuple["float | Expr", "float | Expr"]]]
"""Ranges as --over gives them where their ends are exact; None stands for the only variable."""
Crossing = Literal["rises", "falls", "touches", "unknown"]
"""How f passes a zero; it touches 0 where it has one sign, or no value, on one of the sides."""
_MOST_ROWS = 40
_SHOWN_DIGITS = 17
"""Digits of places that no double comes near."""
_MOST_TOLD = 6
_TOLD_DIGITS = 7
"""Intervals and places in one line for people; records have all."""
PLACE = {
    "x": Field("number | null", "the nearest double, null where that is infinite"),
    "exact": Field("string | null", "the place in closed form, where one is proved"),
    "decimal": Field("string", "the place in the digits that were asked for, certified"),
}
RECORD = {
    "over": Field(
        "{[number | null]} | null", "the range by variable, null for an infinite end; null for the whole line"
    ),
    "zeros": Field(
        "[object]",
        "all zeros in order, those of one period where f has one",
        {**PLACE, "crossing": Field("string", "how f passes 0 there", values=get_args(Crossing))},
    ),
    "intervals": Field("[[number | null]]", "intervals on which f is 0 throughout, null for an infinite end"),
    "period": Field(
        "object | null", "the period by which all of it repeats, where f has one and no range is given", PLACE
    ),
    "unsettled": Field("[[number | null]]", "parts of the range where it is not known whether there are further zeros"),
    "complete": Field("boolean", "whether these are proved to be all zeros"),
}


class Zero(NamedTuple):
    """A zero of f and how f passes it."""

    place: Place
    crossing: Crossing


class Solution(NamedTuple):
    """All zeros of a curve; ``intervals`` on which f is 0, ``gaps`` of which nothing is known; all of it repeats by
    a ``period``."""

    zeros: list[Zero]
    intervals: list[Interval]
    gaps: list[Gap]
    period: Expr | None = None


def find(subject: Subject, over: ExactOver | str | None = None) -> Finding:
    """The zeros of a function of one variable; with two expressions, where these are equal.

    Raises UsageError for several variables. Cost: some milliseconds to a second; bounded.
    """
    root = make(table.SUB, subject.root, subject.more[0]) if subject.more else subject.root
    window = choose_window("solve", subject, root, over)
    if isinstance(window, Finding):
        return window
    name, low, high = window
    period = find_period(root, name) if low.is_infinite and high.is_infinite else None
    curve = Curve(root, name, at(ZERO), at(period)) if period is not None else Curve(root, name, low, high)
    solution = find_zeros(curve, period)
    return _Answer(subject, name, (low, high), solution).finding()


class Window(NamedTuple):
    """The variable of a function, and the ends of the range that is looked at."""

    name: str
    low: Place
    high: Place


def choose_window(command: str, subject: Subject, root: Expr, over: ExactOver | str | None) -> Window | Finding:
    """What is looked at; the finding where a function has no value anywhere.

    Raises UsageError for several variables, UnknownVariable for the range of another one.
    """
    name = find_variable(subject, command)
    if sentence := undefined_constant(root):
        return Finding(command, subject.root, (name,), status="undefined", sentence=sentence, plain=[], code=3)
    return Window(name, *read_range(over, name))


def find_variable(subject: Subject, command: str) -> str:
    """The only variable of the subject, x where it has none. Raises UsageError for several."""
    if len(subject.names) > 1:
        kept = (likely_arguments(subject.names) or subject.names)[0]
        fixed = " ".join([f"--let '{name}=1'" for name in subject.names if name != kept][:2])
        raise UsageError(
            f"{command} takes a function of one variable, and this one has {len(subject.names)}",
            help=f"fix the others: {fixed}",
        )
    return subject.names[0] if subject.names else "x"


def read_range(over: ExactOver | str | None, name: str) -> tuple[Place, Place]:
    """The ends of the range of a variable, those of the line where none is given; a line of a batch has it as text.

    Raises UnknownVariable, and what `dcalc.point.read_exact_ranges` raises.
    """
    ranges: ExactOver = read_exact_ranges(over) if isinstance(over, str) else over or ()
    if not (isinstance(ranges, Sequence) and all(isinstance(part, tuple) for part in ranges)):
        raise UsageError('"over" must be text', help='write "over": "0:2*pi"')
    for given, (low, high) in ranges:
        if given not in (None, name):
            raise UnknownVariable(f"the expression has no variable {given}", help="leave its range out")
        return at(low), at(high)
    return at(-inf), at(inf)


def find_zeros(curve: Curve, period: Expr | None = None) -> Solution:
    """The zeros of a curve, of one period where it is that of a periodic function: its right end is left out."""
    gaps = curve.gaps(0)
    inner = [zero for piece in curve.pieces for zero in curve.zeros(piece, 0).zeros]
    zeros = [zero for zero in (*inner, *curve.scattered_zeros.zeros) if curve.holds(zero)]
    for joint in curve.joints:
        is_zero = curve.is_zero_at(joint)
        if is_zero:
            zeros.append(joint.place)
        elif is_zero is None and not any(_is_in(joint.place, gap) for gap in gaps):
            gaps.append(Gap(joint.place, joint.place))
    if period is not None:
        zeros = [zero for zero in zeros if zero.compare(curve.high) == -1]
    intervals = _find_intervals(curve)
    zeros = [zero for zero in sort_places(zeros) if not any(_is_in(zero, part) for part in intervals)]
    crossings = _Crossings(curve)
    return Solution([Zero(zero, crossings.name(zero)) for zero in zeros], intervals, gaps, period)


def _inner(place: Place, end: Place, side: int) -> Place:
    """The one of two places that is farther inside."""
    return end if place.compare(end) == -side else place


def _find_intervals(curve: Curve) -> list[Interval]:
    """Intervals on which f is 0, with those joined that meet where it is 0, too."""
    joined: list[Interval] = []
    zeros = {joint.place.key for joint in curve.joints if curve.is_zero_at(joint)}
    for piece in curve.pieces:
        if piece.function is None or not curve.zeros(piece, 0).is_zero:
            continue
        low, high = _inner(piece.low, curve.low, 1), _inner(piece.high, curve.high, -1)
        if low.compare(high) == 0:
            continue  # the piece is beside the range
        # The piece goes on beyond an end of the range that is not one of its own.
        has_low = not low.is_infinite and (low is not piece.low or low.key in zeros)
        has_high = not high.is_infinite and (high is not piece.high or high.key in zeros)
        if joined and joined[-1].high.key == low.key and low.key in zeros:
            last = joined.pop()
            low, has_low = last.low, last.has_low
        joined.append(Interval(low, high, has_low, has_high))
    return joined


def _is_in(place: Place, gap: Gap | Interval) -> bool:
    return gap.low.compare(place) != 1 and gap.high.compare(place) != -1


class _Crossings:
    """The signs of f beside its zeros."""

    def __init__(self, curve: Curve) -> None:
        stretches = list(curve.stretches(0))
        self.before = {stretch.high.key: stretch.trend for stretch in stretches}
        self.after = {stretch.low.key: stretch.trend for stretch in stretches}
        self.joints: dict[object, Joint] = {joint.place.key: joint for joint in curve.joints}

    def name(self, zero: Place) -> Crossing:
        """How f passes a zero."""
        before, after = self.before.get(zero.key), self.after.get(zero.key)
        if before and after:
            return "touches" if before == after else "rises" if after > 0 else "falls"
        joint = self.joints.get(zero.key)
        return "touches" if joint is not None and joint.kind == "edge" and (before or after) else "unknown"


# --- the finding --------------------------------------------------------------------------


class _Answer:
    """The record, the table, the words."""

    def __init__(self, subject: Subject, name: str, ends: tuple[Place, Place], solution: Solution) -> None:
        self.subject = subject
        self.name = name
        self.ends = ends
        self.solution = solution

    def finding(self) -> Finding:
        """What is shown of it."""
        solution, subject = self.solution, self.subject
        is_complete = not solution.gaps
        sentence = self.sentence()
        sheets = (self._sheet(),) if solution.zeros else ()
        facts = [Fact("over", self._range())]
        if solution.period is not None:
            facts.append(Fact("general", f"{self.name} + k*({write(solution.period)}), k any whole number", "strong"))
        facts += [Fact("zero throughout", write_set(part)) for part in solution.intervals]
        facts += [Fact("unsettled", write_interval(gap, self.name), "warn") for gap in solution.gaps[:_MOST_ROWS]]
        lines = [Fact("", sentence, "good" if is_complete else "warn"), *facts[1:]]
        return Finding(
            "solve",
            expression=(subject.root, *subject.more) if subject.more else subject.root,
            wrt=(self.name,),
            status="ok" if is_complete else "unresolved",
            record=self._record,
            facts=tuple(facts),
            brief=Brief(lines, sheets),
            sheets=sheets,
            data=self._sheet(),
            plain=[(self.place_cell(zero.place),) for zero in solution.zeros],
            sides=bool(subject.more),
            sentence=sentence,
            code=0 if is_complete else 1,
            notes=tuple(self._notes()),
        )

    def _record(self) -> dict[str, object]:
        solution = self.solution
        is_line = self.ends[0].is_infinite and self.ends[1].is_infinite
        return {
            "over": None if is_line else {self.name: [finite_or_none(end.double) for end in self.ends]},
            "zeros": [
                {**record_place(zero.place, self.subject.digits), "crossing": zero.crossing} for zero in solution.zeros
            ],
            "intervals": [record_interval(part) for part in solution.intervals],
            "period": None if solution.period is None else record_place(at(solution.period), self.subject.digits),
            "unsettled": [record_interval(gap) for gap in solution.gaps],
            "complete": not solution.gaps,
        }

    def place_cell(self, place: Place) -> Cell:
        """A place as pipes read it: the double, or the digits that were asked for."""
        return show_place(place, self.subject.shown)

    def _sheet(self) -> Sheet:
        columns = (
            Column("x", self.name, "number", right=True),
            Column("exact", "exact", "code", 1),
            Column("crossing", "f there", "code", 2),
        )
        rows: list[dict[Key, Cell]] = [
            {"x": self.place_cell(zero.place), "exact": exact_form(zero.place), "crossing": zero.crossing}
            for zero in self.solution.zeros
        ]
        return Sheet(columns, rows, most=_MOST_ROWS)

    def _range(self) -> str:
        if self.solution.period is not None:
            return f"one period, {self.name} from 0 to {write(self.solution.period)}"
        return write_interval(Gap(*self.ends), self.name)

    def sentence(self) -> str:
        """How many zeros there are, and whether these are all."""
        solution = self.solution
        count = len(solution.zeros)
        what = "solution" if self.subject.more else "zero"
        counted = count_noun(count, what) if count else f"no {what}s"
        if solution.intervals:
            every = f"every {self.name} in {write_some(map(write_set, solution.intervals))}"
            counted = f"{counted} and {every}" if count else f"{every} is a {what}"
        where = f" in each period of {write(solution.period)}" if solution.period is not None else ""
        if not solution.gaps:
            return f"{counted}{where}, and no others: proved"
        return f"{counted}{where}; not settled for {write_gaps(solution.gaps, self.name)}"

    def _notes(self) -> Iterator[str]:
        yield from note_underflow(zero.place for zero in self.solution.zeros)
        if any(a == b for a, b in pairwise(self.place_cell(zero.place) for zero in self.solution.zeros)):
            yield "numbers that are printed alike are different zeros: --digits tells them apart"
        if any(gap.low.key == gap.high.key for gap in self.solution.gaps):
            yield "at a place that is not settled it is not known whether f has a value, or whether that is 0"


def exact_form(place: Place) -> Cell:
    """A place in closed form; None where it has none."""
    return None if place.sign else place.node


def record_place(place: Place, digits: int) -> dict[str, object]:
    """A place as records have it."""
    return {"x": place.double, "exact": exact_form(place), "decimal": write_decimal(place, digits)}


def record_interval(gap: Gap | Interval) -> list[float | None]:
    """The ends of an interval in doubles, None for an infinite one."""
    return [finite_or_none(gap.low.double), finite_or_none(gap.high.double)]


def show_place(place: Place, digits: int | None) -> Cell:
    """The double of a place, or that many digits of it; also where no double comes near."""
    double = place.double
    if digits is None and isfinite(double) and (double or place.node is ZERO):
        return double  # what is too small for one is not 0
    return write_decimal(place, digits or _SHOWN_DIGITS)


_SHORT_END = 6
"""A number of ten digits that is as short as this stands for itself, and for no other close to it."""


def write_decimal(place: Place, digits: int) -> str:
    """A place in that many digits, certified, or in those that are."""
    for bits in (4 * digits + 64, 8 * digits + 256):
        with ctx.workprec(bits):
            text = as_decimal(place.ball(bits), digits)
        if text is not None:
            return text
    return repr(place.double)


def note_underflow(places: Iterable[Place]) -> Iterator[str]:
    """A note for each place that is 0 as a double only."""
    for place in places:
        if place.double == 0 and (note := explain_underflow(place.double, write_decimal(place, _TOLD_DIGITS))):
            yield note


def write_end(place: Place) -> str:
    """An end of an interval for people: in closed form where that is short."""
    if place.sign:
        return "inf" if place.sign > 0 else "-inf"
    if place.node is not None:
        text = write(place.node)
        if len(text) < 18:
            return text
    double = place.double
    if not double or not isfinite(double):
        return write_decimal(place, 10)
    text = f"{double:.10g}"
    is_beside = float(text) != double and len(text) <= _SHORT_END
    return repr(double) if is_beside else text  # 1.000000000000841 is not 1, where a function may have no value


def write_set(part: Interval) -> str:
    """`(0, pi]`, or a number alone."""
    if part.low.key == part.high.key:
        return f"{{{write_end(part.low)}}}"
    return f"{'[' if part.has_low else '('}{write_end(part.low)}, {write_end(part.high)}{']' if part.has_high else ')'}"


def write_some(texts: Iterable[str]) -> str:
    """The texts joined by commas, of many the first ones with a count of the others."""
    known = list(texts)
    more = len(known) - _MOST_TOLD
    return ", ".join(known) if more <= 0 else f"{', '.join(known[:_MOST_TOLD])} and {more} more"


def write_gaps(gaps: Iterable[Gap], name: str) -> str:
    """Parts of the range that are not settled, each part of them once."""
    merged: list[Gap] = []
    for gap in sorted(gaps, key=lambda gap: (gap.low.double, gap.high.double)):
        if merged and gap.low.double <= merged[-1].high.double:
            last = merged.pop()
            gap = Gap(last.low, gap.high if gap.high.double > last.high.double else last.high)
        merged.append(gap)
    return write_some(write_interval(gap, name) for gap in merged)


def write_interval(gap: Gap, name: str) -> str:
    """`x from 0 to pi`, `x = 1`, `x above 3`, `all x`."""
    low, high = gap
    if low.sign and high.sign:
        return f"all {name}"
    if low.sign or high.sign:
        return f"{name} {'above' if high.sign else 'below'} {write_end(low if high.sign else high)}"
    if low.key == high.key:
        return f"{name} = {write_end(low)}"
    ends = [write_end(low), write_end(high)]
    if ends[0] == ends[1]:
        ends = [repr(low.double), repr(high.double)]
    return f"{name} from {ends[0]} to {ends[1]}"
