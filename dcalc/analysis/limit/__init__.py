"""The derivative as a limit: difference quotients while h shrinks, held against what is true."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.analysis import place_of
from dcalc.analysis.limit.course import ROWS, Course, follow
from dcalc.analysis.limit.schemes import SCHEMES, Quotients
from dcalc.backends import REFERENCE, load
from dcalc.compare import SCORE_DIGITS
from dcalc.errors import UsageError
from dcalc.finding import Best, Cell, Column, Curve, Finding, Key, Mark, Picture, Said, Sheet, Subject
from dcalc.problem import VALUED, Estimate, Point, Problem


def find(subject: Subject, scheme: Sequence[str] | None = None) -> Finding:
    """The quotients of each scheme at sixteen steps, their errors, and the limit.

    Without a derivative the quotients are there and their errors are not. Raises UsageError for a
    mixed partial, or without a point. Cost: some thousand evaluations of f.
    """
    if subject.order != 1:
        raise UsageError("limit takes one derivative by one variable", help=f"write --wrt {subject.wrt[0]}")
    at = place_of(subject, "limit")
    problem = Problem(subject.root, subject.wrt, at, max(subject.digits, SCORE_DIGITS))
    truth = load(REFERENCE).differentiate(problem)
    quotients = Quotients(problem)
    courses = [follow(name, quotients, truth) for name in scheme or SCHEMES]
    return _finding(subject, at, truth, courses)


def _finding(subject: Subject, at: Point, truth: Estimate, courses: Sequence[Course]) -> Finding:
    left, right = _sides(truth)
    said = (("limit", truth.value, "strong"), ("from the left", left, ""), ("from the right", right, ""))
    unable = all(course.note for course in courses)
    return Finding(
        "limit",
        expression=subject.root,
        wrt=subject.wrt,
        at=at,
        status="unsupported" if unable else truth.status,
        record={
            "kind": truth.kind,
            "rows": [_row(k, courses) for k in range(len(ROWS))],
            "best": {c.name: None if c.best is None else {"h": c.best.h, "error": c.best.error} for c in courses},
            "slopes": {c.name: {"truncation": c.truncation, "rounding": c.rounding} for c in courses},
            "left": left,
            "right": right,
            "value": truth.value,
        },
        said=tuple(Said(label, value, mood) for label, value, mood in said if value is not None),
        sheets=(_values(courses), *([_errors(courses), _schemes(courses)] if truth.text else [])),
        pictures=(_curves(courses),) if truth.text else (),
        data=_data(courses),
        sentence=courses[0].note if unable else _sentence(truth, courses),
        code=4 if unable else 0 if truth.status in VALUED else 3,
        notes=(*([truth.note] if truth.status in VALUED and truth.note else []), *_unable(courses)),
    )


def _sides(truth: Estimate) -> tuple[float | None, float | None]:
    """The limits of the quotients from either side, where they are."""
    return (truth.value, truth.value) if truth.status in VALUED else (truth.left, truth.right)


def _row(k: int, courses: Sequence[Course]) -> dict[str, object]:
    tries = {c.name: c.rows[k] if c.rows else None for c in courses}
    return {
        "h": ROWS[k],
        **{name: {"value": t.value if t else None, "error": t.error if t else None} for name, t in tries.items()},
    }


def _unable(courses: Sequence[Course]) -> list[str]:
    return [f"{course.name}: {course.note}" for course in courses if course.note]


# --- tables ---------------------------------------------------------------------------------


def _able(courses: Sequence[Course]) -> list[Course]:
    return [course for course in courses if course.rows]


def _table(courses: Sequence[Course], what: str, look: str, title: str) -> Sheet:
    """A row a step, a column a scheme; the best error of each is marked."""
    able = _able(courses)
    columns = [Column((course.name, what), course.name, look, right=True) for course in able]
    rows: list[dict[Key, Cell]] = []
    for k, h in enumerate(ROWS):
        cells: dict[Key, Cell] = {"h": h}
        for course in able:
            one = course.rows[k]
            value = one.value if what == "value" else one.error
            cells[course.name, what] = Best(value) if one is course.best and value is not None else value
        rows.append(cells)
    return Sheet((Column("h", "h", "number"), *columns), rows, title, apart=True)


def _values(courses: Sequence[Course]) -> Sheet:
    return _table(courses, "value", "brief", "Quotients")


def _errors(courses: Sequence[Course]) -> Sheet:
    return _table(courses, "error", "error", "Errors")


def _data(courses: Sequence[Course]) -> Sheet:
    """All of both in one table, for programs."""
    values, errors = _values(courses), _errors(courses)
    pairs = zip(values.columns[1:], errors.columns[1:], strict=True)
    rows = [{**value, **error} for value, error in zip(values.rows, errors.rows, strict=True)]
    return Sheet((values.columns[0], *(column for pair in pairs for column in pair)), rows)


def _schemes(courses: Sequence[Course]) -> Sheet:
    """What each scheme came to."""
    columns = (
        Column("scheme", "scheme", "code"),
        Column("h", "best h", "number", right=True),
        Column("error", "error", "error"),
        Column("truncation", "above", "error", 1, "above"),
        Column("rounding", "below", "error", 2, "below"),
        Column("formula", "quotient", "words", 3),
    )
    rows: list[dict[Key, Cell]] = [
        {
            "scheme": course.name,
            "h": course.best.h if course.best else None,
            "error": course.best.error if course.best else None,
            "truncation": course.truncation,
            "rounding": course.rounding,
            "formula": SCHEMES[course.name].formula,
        }
        for course in _able(courses)
    ]
    return Sheet(columns, rows, "Best steps, and the powers of h that errors go with above and below them")


# --- picture and verdict --------------------------------------------------------------------


def _curves(courses: Sequence[Course]) -> Picture:
    able = _able(courses)
    curves = [Curve(course.name, [(one.h, _shown(one.error)) for one in course.rows]) for course in able]
    marks = [Mark(c.best.h, c.best.error, "best h") for c in able if c.best and c.best.error]
    return Picture(tuple(curves), "Error by step", "h", "error", log_x=True, log_y=True, marks=tuple(marks))


def _shown(error: float | None) -> float:
    return float("nan") if error is None else error


def _sentence(truth: Estimate, courses: Sequence[Course]) -> str:
    if truth.status not in VALUED:
        said = [truth.note or truth.status, *_tendency(truth, courses)]
        return "; ".join(said)
    able = [course for course in _able(courses) if course.best]
    if not able:
        return f"the limit is {truth.value!r}"
    winner = min(able, key=lambda course: course.best.error if course.best and course.best.error else 0.0)
    best = winner.best
    off = "exact" if best is None or not best.error else f"off by {best.error:.1e}"
    return f"the limit is {truth.value!r}; nearest is {winner.name} at h = {best.h if best else 0:g}, {off}"


def _tendency(truth: Estimate, courses: Sequence[Course]) -> list[str]:
    """What the quotients tend to where they have no limit in common."""
    limits = {1: truth.right, -1: truth.left}
    found = []
    for course in _able(courses):
        side = SCHEMES[course.name].side
        if side and limits[side] is not None:
            found.append(f"{course.name} tends to {limits[side]!r}")
    both = [course.name for course in _able(courses) if not SCHEMES[course.name].side]
    if both and truth.kind == "kink" and truth.left is not None and truth.right is not None:
        mean = truth.left / 2 + truth.right / 2
        found.append(f"{', '.join(both)} to their mean {mean!r}, which is no derivative")
    return found
