"""Several methods from the same starts: which of them are trapped in a local minimum, which leave it, at what cost.

A run is trapped where its end is a proved minimum and another run has ended lower: f is certified at both ends, and
what is left to fall at a minimum is known from its Hessian.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any, Literal, NamedTuple, get_args

from dcalc.analysis.descend.ending import describe_status
from dcalc.analysis.descend.report import Cost, End, make_finding
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Mood, Sheet, Subject
from dcalc.optimise.descent import EndStatus
from dcalc.optimise.methods import MethodName
from dcalc.shapes import Curve, Picture
from dcalc.text import join_words, some

Outcome = Literal["lowest", "trapped", "open"]
"""A run ends at the lowest end of all, or in a local minimum above that, or its end is neither of these."""
RUN = {
    "method": Field("string", "the method", values=get_args(MethodName)),
    "start": Field("{number}", "the start"),
    "end": Field("{number}", "the end"),
    "value": Field("number | null", "f at the end, certified where that is possible"),
    "gradient_norm": Field("number | null", "the length of the gradient at the end"),
    "status": Field("string", "the name of the end", values=get_args(EndStatus)),
    "outcome": Field(
        "string",
        "lowest: no other run has ended lower; trapped: in a proved local minimum above the end of another run; "
        "open: neither is known",
        values=get_args(Outcome),
    ),
    "message": Field("string", "what the end is worth"),
    "steps": Field("integer", "the number of steps"),
    "evaluations": Field("integer", "how often f was evaluated alone"),
    "gradients": Field("integer", "how often f was evaluated with its gradient"),
    "hessians": Field("integer", "how often the Hessian was evaluated"),
}
_ROUNDING = 1e-12
"""Two values of f are the same within this part of 1 + abs(f)."""
_MOST_CURVES = 10
"""Curves that a terminal can tell apart."""
_MOST_COORDINATES = 3
"""Coordinates of an end that a person is shown in the table; the records have all."""
_STEEP = 100
"""The largest height of f per the smallest above which the axis is logarithmic. Where runs are trapped it ends that
far below the lowest of them: what matters then is who gets lower, and not how much of the last digits."""
_MOODS: Mapping[Outcome, Mood] = {"lowest": "good", "trapped": "warn", "open": ""}


class _Entry(NamedTuple):
    """A run with its outcome and the number of its start, from 1."""

    end: End
    outcome: Outcome
    start: int


def compare_methods(
    subject: Subject, names: Sequence[str], fixed: Mapping[str, float], ends: list[End], best: End, *, path: bool
) -> Finding:
    """The finding of runs by several methods, whose answer is the ``best`` of their ends."""
    finding = make_finding(subject, names, fixed, [best], best, path=path)
    entries = _judge(ends)
    several = entries[-1].start > 1
    record = {**finding.record, "method": best.method, "runs": [_run_record(names, entry) for entry in entries]}
    shown = _sheet(names, entries, several=several, for_people=True)
    data = _sheet(names, entries, several=several, for_people=False)
    verdict = f"{best.method}{_name_start(entries, best, several)}: {describe_status(best.status)}: {best.message}"
    stories = [
        story
        for _, group in groupby(entries, key=lambda entry: entry.start)
        for story in _tell(list(group), several=several)
    ]
    lowest = [] if best.status != "converged" or len(entries) == 1 else [_describe_lowest(entries, best)]
    sentence = "; ".join([verdict, *lowest])
    interrupted = ends[-1].status == "interrupted"
    if interrupted:
        sentence += f"; interrupted in {ends[-1].method}{f' from start {entries[-1].start}' if several else ''}"
    mood: Mood = "good" if best.status == "converged" else "bad"
    lines = [
        Fact("", sentence, mood),
        *(Fact("", story) for story in stories),
        *(fact for fact in _answers(finding) if fact.label),
    ]
    steps = [sheet for sheet in finding.sheets if path]
    return finding.replace(
        record=record,
        brief=Brief(lines, [shown, *steps]), sheets=(shown, *finding.sheets),
        pictures=() if interrupted else (_draw(entries, several=several),),
        data=finding.sheets[0] if path else data,
        plain=finding.plain if path else [tuple(row.get(column.key) for column in data.columns) for row in data.rows],
        sentence="; ".join([sentence, *stories]),
        code=130 if interrupted else finding.code,
    )  # fmt: skip


def _answers(finding: Finding) -> Sequence[Fact]:
    brief = finding.brief
    assert brief is not None  # every descent has one
    return brief.lines


# --- outcomes -----------------------------------------------------------------------------


def _judge(ends: Sequence[End]) -> list[_Entry]:
    starts: list[tuple[float, ...]] = []
    entries = []
    floor = min((value for value in map(_value, ends) if value is not None), default=math.inf)
    for end in ends:
        first = tuple(end.run.path[0].x)
        if first not in starts:
            starts.append(first)
        entries.append(_Entry(end, _name_outcome(end, floor), starts.index(first) + 1))
    return entries


def _value(end: End) -> float | None:
    """The certified value at an end: doubles may be too small by what cancels in them."""
    return None if end.certified is None else end.certified.value


def _name_outcome(end: End, floor: float) -> Outcome:
    """What an end is beside the lowest value that any run has ended at."""
    value = _value(end)
    if end.status != "converged" or value is None:
        return "open"
    if value - _estimate_fall(end) > floor + _ROUNDING * (1 + abs(floor)):
        return "trapped" if end.is_minimum else "open"
    return "lowest"


def _estimate_fall(end: End) -> float:
    """How far f may still fall between an end and the minimum beside it: twice what a parabola has there, or a line."""
    length = end.numbers[1] or 0.0
    curvatures = [value for value in (end.shape.eigenvalues if end.shape is not None else ()) if value]
    bowl = length**2 / min(curvatures) if curvatures and min(curvatures) > 0 else 0.0
    return max(bowl, 2 * length * end.reach)


def _name_start(entries: Sequence[_Entry], end: End, several: bool) -> str:
    return f" from start {next(entry.start for entry in entries if entry.end is end)}" if several else ""


def _describe_lowest(entries: Sequence[_Entry], best: End) -> str:
    """How the best end stands among the others; no run tells of minima that none has met."""
    if next(entry.outcome for entry in entries if entry.end is best) == "lowest":
        return f"no lower end in {len(entries)} runs, which does not exclude one elsewhere"
    values = {entry.end.method: value for entry in entries if (value := _value(entry.end)) is not None}
    lower = min(values, key=values.__getitem__)
    return f"f is lower elsewhere: {lower} ends at {values[lower]:.6g}"


def _tell(group: Sequence[_Entry], *, several: bool) -> list[str]:
    """Which methods are trapped from a start, and which get lower from there."""
    trapped = [entry for entry in group if entry.outcome == "trapped"]
    if not trapped:
        return []
    free = [entry.end.method for entry in group if entry.outcome == "lowest"]
    ends = join_words([f"{entry.end.method} (f = {_value(entry.end):.6g})" for entry in trapped], "and")
    begin = f"from start {group[0].start} " if several else ""
    if len(trapped) == 1:
        sentence, them = f"{begin}{ends} is trapped in a local minimum", "it"
    else:
        sentence, them = f"{begin}{ends} are trapped in local minima", "them"
    if not free:
        return [f"{sentence}; no method leaves {them}"]
    return [f"{sentence}; {join_words(free, 'and')} {'leave' if len(free) > 1 else 'leaves'} {them}"]


# --- tables and the picture ---------------------------------------------------------------


def _cost(end: End) -> Cost:
    assert end.cost is not None  # every run counts what it takes
    return end.cost


def _run_record(names: Sequence[str], entry: _Entry) -> dict[str, Any]:
    end = entry.end
    evaluations = _cost(end).evaluations
    return {
        "method": end.method, "start": dict(zip(names, end.run.path[0].x, strict=True)),
        "end": dict(zip(names, end.run.end.x, strict=True)), "value": end.numbers[0], "gradient_norm": end.numbers[1],
        "status": end.status, "outcome": entry.outcome, "message": end.message, "steps": end.run.end.number,
        "evaluations": evaluations.values, "gradients": evaluations.gradients, "hessians": evaluations.hessians,
    }  # fmt: skip


def _sheet(names: Sequence[str], entries: Sequence[_Entry], *, several: bool, for_people: bool) -> Sheet:
    """A row per run; people see how a run ends in one word, and the time that it took."""
    has_hessians = not for_people or any(_cost(entry.end).evaluations.hessians for entry in entries)
    starts = [Column(("from", name), f"from {name}", "brief") for name in names]
    ends = [Column(("at", name), name, "brief") for name in names]
    columns = (
        Column("method", "method", "code"),
        *([Column("start", "start", "number", right=True)] if several and for_people else ()),
        *(() if for_people else starts),
        *([Column("end", "end", "words", 3, "end")] if for_people else ends),
        Column("value", "f", "brief"),
        *(() if for_people else (Column("gradient_norm", "gradient norm", "error"), Column("status", "status"))),
        Column("outcome", "outcome"),
        Column("steps", "steps", "number", 4, right=True),
        Column("evaluations", "f alone", "number", 1, "f alone", right=True),
        Column("gradients", "gradients", "number", 1, "gradients", right=True),
        *([Column("hessians", "Hessians", "number", 5, right=True)] if has_hessians else ()),
        *([Column("seconds", "time", "time", 2, "time")] if for_people else ()),
    )
    rows: list[dict[Key, Cell]] = []
    for entry in entries:
        end, cost = entry.end, _cost(entry.end)
        is_open = for_people and entry.outcome == "open"
        rows.append({
            "method": end.method, "start": entry.start,
            **{("from", name): value for name, value in zip(names, end.run.path[0].x, strict=True)},
            **{("at", name): value for name, value in zip(names, end.run.end.x, strict=True)},
            "end": _shorten(end.run.end.x), "value": end.numbers[0], "gradient_norm": end.numbers[1],
            "status": end.status,
            "outcome": describe_status(end.status).replace("_", " ") if is_open else entry.outcome,
            "steps": end.run.end.number, "evaluations": cost.evaluations.values,
            "gradients": cost.evaluations.gradients, "hessians": cost.evaluations.hessians, "seconds": cost.seconds,
            "mood": _MOODS[entry.outcome],
        })  # fmt: skip
    return Sheet(columns, rows, "Methods")


def _shorten(x: Sequence[float]) -> str:
    """The first coordinates of a point, to three digits."""
    return ", ".join(some([f"{value:.3g}" for value in x], _MOST_COORDINATES))


def _draw(entries: Sequence[_Entry], *, several: bool) -> Picture:
    """f against evaluations, a curve per run; of too many runs the lowest of each method.

    Where f spans decades its height above the lowest value is drawn.
    """
    title = "f against evaluations"
    if len(entries) > _MOST_CURVES:
        lowest: dict[str, _Entry] = {}
        for entry in sorted(entries, key=lambda entry: math.inf if (v := _value(entry.end)) is None else v):
            lowest.setdefault(entry.end.method, entry)
        entries = [entry for entry in entries if lowest[entry.end.method] is entry]
        title += ", the lowest run of each method"
    courses = {
        f"{entry.end.method} {entry.start}" if several else entry.end.method: [
            (x, y) for x, y in _cost(entry.end).course if math.isfinite(y)
        ]
        for entry in entries
    }
    values = [y for course in courses.values() for _, y in course]
    low = min(values, default=0.0)
    gaps = [value - low for value in values if value > low]
    is_steep = bool(gaps) and max(gaps) > _STEEP * min(gaps) and math.isfinite(max(gaps))
    label = "evaluations of f and its derivatives"
    if is_steep:
        title = title.replace("f ", "f above its lowest value ", 1)
    trapped = [value - low for entry in entries if entry.outcome == "trapped" and (value := _value(entry.end))]
    window = (min(trapped) / _STEEP, max(gaps)) if is_steep and trapped and min(trapped) > 0 else None
    curves = tuple(
        Curve(name, [(x, y - low) if is_steep else (x, y) for x, y in course]) for name, course in courses.items()
    )
    return Picture(curves, title, label, "f - min f" if is_steep else "f", True, is_steep, window=window)
