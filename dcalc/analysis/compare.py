"""The backends held against the reference: at points, or over a whole range, and how long each takes."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from statistics import median
from typing import NamedTuple

from dcalc.analysis.answers import BACKEND_KEYS, DERIVATIVE_RECORD, TOLERANCE, Entry
from dcalc.analysis.toolkit import Over, Range, even_points, random_points, read_box
from dcalc.backends import names
from dcalc.coordinates import round_to_single
from dcalc.errors import LimitError, UsageError
from dcalc.finding import Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.problem import REFERENCE, VALUED, Problem, Result, Score
from dcalc.shapes import Curve, Picture
from dcalc.solver import is_off, solve
from dcalc.solver import score as score_of
from dcalc.text import count_noun

POINTS = 100
MOST = 100_000
_BINS = 120
"""Of the picture: in each the worst error is shown."""

_COURSE = {
    "backend": Field("string", "its name"),
    "answered": Field("integer", "the points at which it gave a number"),
    "unable": Field("integer", "the points at which it gave none where there is one"),
    "claimed": Field("integer", "the points at which it gave a number where there is no derivative"),
    "off": Field("integer", "the points at which its number is wrong, or is one where there is none"),
    "worst_ulps": Field("number | null", "its largest error in units of the last place"),
    "median_ulps": Field("number | null", "the median error"),
    "p99_ulps": Field("number | null", "the error that 99 % of the points do not exceed"),
    "worst_rel_error": Field("number | null", "the relative error where it is worst"),
    "worst_at": Field("{number} | null", "where it is worst"),
    "seconds": Field("number | null", "the median time of a point; of arrays the time of all entries"),
}
_ENTRIES = {
    "worst_entry": Field("string | null", "of arrays: the entry of the gradient where it is worst"),
}
RECORD = {
    **{name: field._replace(optional=True) for name, field in DERIVATIVE_RECORD.items()},
    "order": DERIVATIVE_RECORD["order"],
    "value": Field(
        "{number | null | [number | null | [number | null]]} | number | null",
        "the derivative at the point; of arrays the gradient, by variable, in its shape",
        optional=True,
    ),
    "entries": Field("integer", "of arrays: the number of entries of the gradient", optional=True),
    "bound": Field(
        "{number | null}", "of arrays: how far values are off at most; null where digits are certified", optional=True
    ),
    "over": Field("{[number]}", "over a range: its ends, by variable", optional=True),
    "points": Field("integer", "over a range: the number of points", optional=True),
    "spacing": Field("string", "over a range: how the points lie", values=("even", "random"), optional=True),
    "seed": Field("integer | null", "over a range: the seed of random points", optional=True),
    "with_value": Field(
        "integer", "over a range, or of arrays: the points or entries at which there is a derivative", optional=True
    ),
    "tol": Field(
        "number", "over a range, or of arrays: the relative error above which a backend is off", optional=True
    ),
    "backends": Field(
        "[object]",
        "each backend at the point, or over the range",
        {name: field._replace(optional=True) for name, field in {**BACKEND_KEYS, **_COURSE, **_ENTRIES}.items()},
    ),
}


class Tried(NamedTuple):
    """What one backend said at one point."""

    at: Mapping[str, float]
    score: Score
    off: bool
    claimed: bool
    """It gave a number where there is no derivative."""
    unable: bool
    """It gave none where there is one."""

    @property
    def ulps(self) -> float | None:
        """Its error in units of the last place; infinite where the truth is 0 and missed."""
        if self.score.abs_error is None or self.score.ulps is not None:
            return self.score.ulps
        return math.inf


class Course(NamedTuple):
    """One backend over all points."""

    name: str
    tried: list[Tried]

    def count(self, what: str) -> int:
        """At how many points it was `off`, `claimed` a number or was `unable`."""
        return sum(getattr(one, what) for one in self.tried)

    @property
    def worst(self) -> Tried | None:
        """Where its error is largest, in units of the last place."""
        known = [one for one in self.tried if one.ulps is not None]
        return max(known, key=lambda one: one.ulps or 0.0) if known else None

    def ulps(self) -> list[float]:
        """Its errors, sorted."""
        return sorted(ulps for one in self.tried if (ulps := one.ulps) is not None)

    @property
    def seconds(self) -> float:
        """The median time of a point."""
        return median(one.score.estimate.seconds for one in self.tried)


def find(subject: Subject) -> Finding:
    """Each backend at the point of a subject: its errors, ulps, right digits and time.

    Raises UsageError without a point, and LimitError. Cost: all backends that are asked for.
    """
    if subject.at is None:
        raise UsageError("compare needs a point", help="write --at 1, or --at x=1,y=2")
    problem = Problem(subject.root, subject.targets[0], subject.at, subject.digits, dtype=subject.dtype)
    answer = solve(problem, subject.backends or ("all",), expression=subject.written)
    return finding(subject, (answer,))


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of an answer with its scores; without one, what stands at the head of an empty table."""
    return _Comparison(subject, answers or (Result(),)).finding()


class _Comparison(Entry):
    """An answer whose backends matter as much as itself."""

    command = "compare"
    timed = True
    holds_backends = True

    def brief(self) -> None:
        """None: all of it is what was asked."""

    def __init__(self, subject: Subject, answers: Sequence[Result]) -> None:
        """The exit code is 1 where a backend is off, since that is what was asked."""
        super().__init__(subject, answers)
        tolerance = TOLERANCE if subject.tol is None else subject.tol
        if any(is_off(score, answers[0], tolerance) for score in answers[0].scores):
            self.code = 1


# --- over a range ---------------------------------------------------------------------------


def find_over_range(
    subject: Subject, points: int | None = None, over: Over | None = None, seed: int | None = None
) -> Finding:
    """The errors of each backend in ulps at points of a box: evenly spaced, or drawn where a seed is
    given or there are several variables; its ends are among them.

    Raises UsageError, UnknownVariable, LimitError. Cost: all backends at each point.
    """
    count = POINTS if points is None else points
    ranges = _ranges(subject, count, over)
    even = seed is None and len(ranges) == 1
    places = _places(ranges, count, None if even else seed or 0)
    tolerance = TOLERANCE if subject.tol is None else subject.tol
    chosen = names() if "all" in subject.backends or not subject.backends else list(dict.fromkeys(subject.backends))
    courses, answers = _run(subject, list(places), chosen, tolerance)
    return _finding(
        subject, ranges, "even" if even else "random", None if even else seed or 0, courses, answers, tolerance
    )


def _ranges(subject: Subject, count: int, over: Over | None) -> dict[str, Range]:
    """The range of each variable."""
    if subject.at is not None:
        raise UsageError("--at is a point, but --points and --over are a range", help="leave one of them out")
    if count < 2:
        raise UsageError("a range needs at least 2 points, its ends", help="write --points 100")
    if count > MOST:
        raise LimitError(f"more than {MOST:,} points", help="ask for fewer")
    every = subject.names or subject.wrt[:1]
    ranges = read_box(over, every, {})
    for name in every:
        if name not in ranges:
            given = ",".join(f"{name}=-1:1" for name in every)
            raise UsageError(f"no range is given for {name}", help=f"write --over {given}, or fix it: --let '{name}=1'")
    return {name: ranges[name] for name in every}


def _places(ranges: Mapping[str, Range], count: int, seed: int | None) -> Iterator[dict[str, float]]:
    if seed is not None:
        return random_points(ranges, count, seed)
    ((name, ends),) = ranges.items()
    return ({name: x} for x in even_points(ends, count))


def _run(
    subject: Subject, places: Sequence[dict[str, float]], chosen: Sequence[str], tolerance: float
) -> tuple[list[Course], list[Result]]:
    """Every backend at every point, and the reference's answers."""
    wrt = subject.wrt * subject.order if len(subject.wrt) == 1 else subject.wrt
    courses = {name: Course(name, []) for name in chosen}
    answers = []
    for at in places:
        point = at if subject.dtype == "float64" else {name: round_to_single(value) for name, value in at.items()}
        problem = Problem(subject.root, wrt, point, subject.digits, dtype=subject.dtype)
        answer = solve(problem, [*chosen, REFERENCE], expression=False)
        answers.append(answer)
        for score in _scores(answer):
            if (name := score.estimate.backend) in courses:
                courses[name].tried.append(_tried(at, score, answer, tolerance))
    return list(courses.values()), answers


def _scores(answer: Result) -> Sequence[Score]:
    """The scores of all; the reference asked alone has none but its own."""
    if answer.scores or answer.reference is None:
        return answer.scores
    return (score_of(answer.reference, answer.reference),)


def _tried(at: Mapping[str, float], score: Score, answer: Result, tolerance: float) -> Tried:
    says = score.estimate.value is not None and score.estimate.status in VALUED
    none = answer.value is None and answer.status not in ("unresolved", "overflow")
    off = is_off(score, answer, tolerance)
    return Tried(at, score, off, claimed=says and none, unable=not says and answer.value is not None)


# --- what is told ---------------------------------------------------------------------------


def _finding(
    subject: Subject,
    ranges: Mapping[str, Range],
    spacing: str,
    seed: int | None,
    courses: Sequence[Course],
    answers: Sequence[Result],
    tolerance: float,
) -> Finding:
    with_value = sum(answer.value is not None for answer in answers)
    how = "evenly spaced" if spacing == "even" else f"drawn with seed {seed}"
    bad = _complaints(courses, tolerance)
    every = f"no backend is off by more than {tolerance:g} at {len(answers)} points"
    return Finding(
        "compare",
        expression=subject.root,
        wrt=subject.wrt,
        record={
            "order": subject.order,
            "over": {name: list(ends) for name, ends in ranges.items()},
            "points": len(answers),
            "spacing": spacing,
            "seed": seed,
            "with_value": with_value,
            "tol": tolerance,
            "backends": [_record(course) for course in courses],
        },
        facts=(
            Fact("over", ", ".join(f"{name} from {low!r} to {high!r}" for name, (low, high) in ranges.items())),
            Fact("points", f"{len(answers)}, {how}, ends included; {with_value} have a derivative"),
        ),
        sheets=(_sheet(courses),),
        pictures=(_picture(courses, subject.wrt[0], ranges),) if any(max(c.ulps(), default=0) for c in courses) else (),
        data=_data(courses),
        sentence="; ".join(bad) or every,
        code=1 if bad else 0,
    )


def _complaints(courses: Sequence[Course], tolerance: float) -> list[str]:
    """What is wrong, said once of all backends of which it is true."""
    sentences: dict[tuple[str, ...], list[str]] = {}
    for course in courses:
        claimed, off = course.count("claimed"), course.count("off") - course.count("claimed")
        at_off, at_claimed = count_noun(off, "point"), count_noun(claimed, "point")
        claims = [(f"off by more than {tolerance:g} at {at_off}", "is", "are")] if off else []
        claims += [(f"a number at {at_claimed} where there is none", "gives", "give")] if claimed else []
        for what, one, many in claims:
            sentences.setdefault((what, one, many), []).append(course.name)
    return [
        f"{', '.join(names)} {many if len(names) > 1 else one} {what}" for (what, one, many), names in sentences.items()
    ]


def percentile(values: Sequence[float], part: float) -> float | None:
    """The least value that this part of all values does not exceed (nearest rank)."""
    return values[max(math.ceil(part * len(values)) - 1, 0)] if values else None


def _record(course: Course) -> dict[str, object]:
    ulps, worst = course.ulps(), course.worst
    return {
        "backend": course.name,
        "answered": sum(one.score.estimate.value is not None for one in course.tried),
        "unable": course.count("unable"),
        "claimed": course.count("claimed"),
        "off": course.count("off"),
        "worst_ulps": ulps[-1] if ulps else None,
        "median_ulps": median(ulps) if ulps else None,
        "p99_ulps": percentile(ulps, 0.99),
        "worst_rel_error": worst.score.rel_error if worst else None,
        "worst_at": dict(worst.at) if worst else None,
        "seconds": course.seconds,
    }


def _place(at: object) -> Cell:
    """A point as a cell: the number alone where there is one variable."""
    if not isinstance(at, dict):
        return None
    values = list(at.values())
    return values[0] if len(values) == 1 else ",".join(f"{name}={value!r}" for name, value in at.items())


def _rows(courses: Sequence[Course]) -> list[dict[Key, Cell]]:
    rows: list[dict[Key, Cell]] = []
    for course in courses:
        record = _record(course)
        mood = "bad" if course.count("off") else ""
        rows.append({**record, "worst_at": _place(record["worst_at"]), "mood": mood})  # type: ignore[dict-item]  # numbers all
    return rows


def _sheet(courses: Sequence[Course]) -> Sheet:
    columns = (
        Column("backend", "backend", "code"),
        Column("worst_ulps", "worst", "error"),
        Column("p99_ulps", "99 %", "error", 2, "99 %"),
        Column("median_ulps", "median", "error", 1, "median"),
        Column("worst_at", "worst at", "brief", 4, "worst at", right=True),
        Column("unable", "unable", "number", 6, "unable", right=True),
        Column("claimed", "claimed", "number", 5, "claimed", right=True),
        Column("off", "off", "number", 1, "off", right=True),
        Column("seconds", "a point", "time", 3, "a point"),
    )
    return Sheet(columns, _rows(courses), "Errors in ulps", apart=True)


def _data(courses: Sequence[Course]) -> Sheet:
    columns = tuple(Column(key, key) for key in _record(courses[0]))
    return Sheet(columns, _rows(courses))


def _picture(courses: Sequence[Course], name: str, ranges: Mapping[str, Range]) -> Picture:
    curves = tuple(Curve(course.name, list(_worst(course, name, ranges.get(name))), "dots") for course in courses)
    return Picture(curves, "Worst errors", name, "ulps", log_y=True)


def _worst(course: Course, name: str, ends: Range | None) -> Iterator[tuple[float, float]]:
    """The point of the largest error in each part of the range."""
    bins: dict[int, tuple[float, float]] = {}
    low, high = ends or (0.0, 1.0)
    for one in course.tried:
        x, ulps = one.at.get(name, 0.0), one.ulps
        if ulps is None:
            continue
        # Halves only where the ends lie further apart than the largest double: half the least one is 0.
        part = (x - low) / (high - low) if math.isfinite(high - low) else (x / 2 - low / 2) / (high / 2 - low / 2)
        k = int(part * _BINS)
        if k not in bins or ulps > bins[k][1]:
            bins[k] = (x, ulps)
    return iter([bins[k] for k in sorted(bins)])
