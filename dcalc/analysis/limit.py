"""The derivative as a limit: difference quotients while h shrinks, held against what is true."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import combinations
from statistics import median
from typing import NamedTuple

from dcalc.analysis.toolkit import require_point
from dcalc.backends import load
from dcalc.backends.complex import Step
from dcalc.backends.finite import STENCILS, Sampler, Stencil, difference_quotient, extrapolated
from dcalc.errors import Unsupported, UsageError
from dcalc.finding import Best, Cell, Column, Curve, Finding, Key, Mark, Picture, Said, Sheet, Subject
from dcalc.problem import REFERENCE, VALUED, Point, Problem, Result
from dcalc.solve import SCORE_DIGITS, score


def find(subject: Subject, scheme: Sequence[str] | None = None) -> Finding:
    """The quotients of each scheme at sixteen steps, their errors, and the limit.

    Without a derivative the quotients are there and their errors are not. Raises UsageError for a
    mixed partial, or without a point. Cost: some thousand evaluations of f.
    """
    if subject.order != 1:
        raise UsageError("limit takes one derivative by one variable", help=f"write --wrt {subject.wrt[0]}")
    at = require_point(subject, "limit")
    problem = Problem(subject.root, subject.wrt, at, max(subject.digits, SCORE_DIGITS))
    truth = load(REFERENCE).differentiate(problem)
    quotients = Quotients(problem)
    courses = [follow_scheme(name, quotients, truth) for name in scheme or SCHEMES]
    return _make_finding(subject, at, truth, courses)


def _make_finding(subject: Subject, at: Point, truth: Result, courses: Sequence[Course]) -> Finding:
    left, right = _one_sided_limits(truth)
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
            "rows": [_row_record(k, courses) for k in range(len(ROWS))],
            "best": {c.name: None if c.best is None else {"h": c.best.h, "error": c.best.error} for c in courses},
            "slopes": {c.name: {"truncation": c.truncation, "rounding": c.rounding} for c in courses},
            "left": left,
            "right": right,
            "value": truth.value,
        },
        said=tuple(Said(label, value, mood) for label, value, mood in said if value is not None),
        sheets=(_values_sheet(courses), *([_errors_sheet(courses), _schemes_sheet(courses)] if truth.decimal else [])),
        pictures=(_draw_errors(courses),) if truth.decimal else (),
        data=_data_sheet(courses),
        sentence=courses[0].note if unable else _describe(truth, courses),
        code=4 if unable else 0 if truth.status in VALUED else 3,
        notes=(*([truth.note] if truth.status in VALUED and truth.note else []), *_unusable_notes(courses)),
    )


def _one_sided_limits(truth: Result) -> tuple[float | None, float | None]:
    """The limits of the quotients from either side, where they are."""
    return (truth.value, truth.value) if truth.status in VALUED else (truth.left, truth.right)


def _row_record(k: int, courses: Sequence[Course]) -> dict[str, object]:
    tries = {c.name: c.rows[k] if c.rows else None for c in courses}
    return {
        "h": ROWS[k],
        **{name: {"value": t.value if t else None, "error": t.error if t else None} for name, t in tries.items()},
    }


def _unusable_notes(courses: Sequence[Course]) -> list[str]:
    return [f"{course.name}: {course.note}" for course in courses if course.note]


# --- tables ---------------------------------------------------------------------------------


def _usable(courses: Sequence[Course]) -> list[Course]:
    return [course for course in courses if course.rows]


def _steps_sheet(courses: Sequence[Course], what: str, look: str, title: str) -> Sheet:
    """A row a step, a column a scheme; the best error of each is marked."""
    able = _usable(courses)
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


def _values_sheet(courses: Sequence[Course]) -> Sheet:
    return _steps_sheet(courses, "value", "brief", "Quotients")


def _errors_sheet(courses: Sequence[Course]) -> Sheet:
    return _steps_sheet(courses, "error", "error", "Errors")


def _data_sheet(courses: Sequence[Course]) -> Sheet:
    """All of both in one table, for programs."""
    values, errors = _values_sheet(courses), _errors_sheet(courses)
    pairs = zip(values.columns[1:], errors.columns[1:], strict=True)
    rows = [{**value, **error} for value, error in zip(values.rows, errors.rows, strict=True)]
    return Sheet((values.columns[0], *(column for pair in pairs for column in pair)), rows)


def _schemes_sheet(courses: Sequence[Course]) -> Sheet:
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
        for course in _usable(courses)
    ]
    return Sheet(columns, rows, "Best steps, and the powers of h that errors go with above and below them")


# --- picture and verdict --------------------------------------------------------------------


def _draw_errors(courses: Sequence[Course]) -> Picture:
    able = _usable(courses)
    curves = [Curve(course.name, [(one.h, _or_nan(one.error)) for one in course.rows]) for course in able]
    marks = [Mark(c.best.h, c.best.error, "best h") for c in able if c.best and c.best.error]
    return Picture(tuple(curves), "Error by step", "h", "error", log_x=True, log_y=True, marks=tuple(marks))


def _or_nan(error: float | None) -> float:
    return float("nan") if error is None else error


def _describe(truth: Result, courses: Sequence[Course]) -> str:
    if truth.status not in VALUED:
        said = [truth.note or truth.status, *_describe_tendency(truth, courses)]
        return "; ".join(said)
    able = [course for course in _usable(courses) if course.best]
    if not able:
        return f"the limit is {truth.value!r}"
    winner = min(able, key=lambda course: course.best.error if course.best and course.best.error else 0.0)
    best = winner.best
    off = "exact" if best is None or not best.error else f"off by {best.error:.1e}"
    return f"the limit is {truth.value!r}; nearest is {winner.name} at h = {best.h if best else 0:g}, {off}"


def _describe_tendency(truth: Result, courses: Sequence[Course]) -> list[str]:
    """What the quotients tend to where they have no limit in common."""
    limits = {1: truth.right, -1: truth.left}
    found = []
    for course in _usable(courses):
        side = SCHEMES[course.name].side
        if side and limits[side] is not None:
            found.append(f"{course.name} tends to {limits[side]!r}")
    both = [course.name for course in _usable(courses) if not SCHEMES[course.name].side]
    if both and truth.kind == "kink" and truth.left is not None and truth.right is not None:
        mean = truth.left / 2 + truth.right / 2
        found.append(f"{', '.join(both)} to their mean {mean!r}, which is no derivative")
    return found


# --- One quotient as its step shrinks: its errors, the best step, and the slopes on either side.

ROWS = tuple(float(f"1e-{k}") for k in range(1, 17))
_BETWEEN = 4
"""Steps a decade that slopes are measured on; every one of ROWS is among them."""
_SMOOTH = 2
"""Neighbours on either side that a median is taken over, to find the bottom between the slopes."""
_CLEAR = 4.0
"""A slope is measured where errors are this many times those of the bottom."""
_FEWEST = 3


class Try(NamedTuple):
    """A quotient at a step, and its absolute error; nan and None where there is none."""

    h: float
    value: float
    error: float | None


class Course(NamedTuple):
    """A scheme over all steps; ``rows`` those of the table, ``fine`` those between as well.

    ``truncation`` and ``rounding`` are observed slopes in log-log scale: the power of h that the error
    goes with, above and below the best step; None where too few errors show one.
    """

    name: str
    rows: tuple[Try, ...]
    fine: tuple[Try, ...]
    best: Try | None = None
    truncation: float | None = None
    rounding: float | None = None
    note: str = ""


def step_sizes() -> list[float]:
    """From 1e-1 to 1e-16, the widest first."""
    count = (len(ROWS) - 1) * _BETWEEN
    return [ROWS[k // _BETWEEN] if not k % _BETWEEN else 10.0 ** (-1 - k / _BETWEEN) for k in range(count + 1)]


def follow_scheme(name: str, quotients: Quotients, truth: Result) -> Course:
    """The course of a scheme towards the truth; a note where the scheme cannot be taken."""
    quotient = SCHEMES[name].quotient
    try:
        fine = tuple(_try_step(h, quotient(quotients, h), truth) for h in step_sizes())
    except Unsupported as error:
        return Course(name, (), (), note=error.message)
    rows = fine[::_BETWEEN]
    known = [row for row in rows if row.error is not None]
    best = min(known, key=_error) if known else None  # of equal ones the widest step
    imaginary = SCHEMES[name].imaginary
    fitted = [one for one in fine if imaginary or quotients.moves(one.h)]
    return Course(name, rows, fine, best, *_fit_slopes(fitted))


def _try_step(h: float, value: float, truth: Result) -> Try:
    error = score(Result("", value), truth).abs_error if math.isfinite(value) else None
    return Try(h, value, error)


def _error(one: Try) -> float:
    return math.inf if one.error is None else one.error


def _fit_slopes(course: Sequence[Try]) -> tuple[float | None, float | None]:
    """The slopes above and below the bottom, where a running median of the errors is least: one
    lucky hit does not count."""
    errors = [_error(one) for one in course]
    smooth = [median(errors[max(0, k - _SMOOTH) : k + _SMOOTH + 1]) for k in range(len(errors))]
    if not smooth:
        return None, None
    bottom = smooth.index(min(smooth))
    clear = _CLEAR * smooth[bottom]
    return _fit_slope(course[:bottom], clear), _fit_slope(course[bottom + 1 :], clear)


def _fit_slope(side: Sequence[Try], clear: float) -> float | None:
    """The median of the slopes between all pairs (Theil 1950, Sen 1968): stray errors do not bend it."""
    places = [(math.log10(one.h), math.log10(error)) for one in side if clear < (error := _error(one)) < math.inf]
    if len(places) < _FEWEST:
        return None
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(places, 2))


# --- The quotients whose limit the derivative is: what each takes of f, and how it errs.

_FORWARD: Stencil = ((1, 1.0), (0, -1.0))
_BACKWARD: Stencil = ((0, 1.0), (-1, -1.0))
_FIVE: Stencil = ((2, -1.0), (1, 8.0), (-1, -8.0), (-2, 1.0))


class Quotients:
    """The quotients of one problem in doubles; nan where f has no number."""

    def __init__(self, problem: Problem) -> None:
        self.f = Sampler(problem)

    @cached_property
    def imaginary(self) -> Step:
        """The complex step; raises Unsupported when it is taken and f is not analytic there."""
        f = self.f
        return Step(f.root, f.name, f.inputs)

    def moves(self, h: float) -> bool:
        """Whether a step of that size changes the point at all."""
        return self.f.center + h != self.f.center

    def forward(self, h: float) -> float:
        """(f(x + h) - f(x))/h."""
        return difference_quotient(self.f, _FORWARD, h, h)

    def backward(self, h: float) -> float:
        """(f(x) - f(x - h))/h."""
        return difference_quotient(self.f, _BACKWARD, h, h)

    def central(self, h: float) -> float:
        """(f(x + h) - f(x - h))/(2h)."""
        return difference_quotient(self.f, STENCILS[1], h, h)

    def five(self, h: float) -> float:
        """(-f(x + 2h) + 8f(x + h) - 8f(x - h) + f(x - 2h))/(12h); Abramowitz and Stegun 25.3.6."""
        return difference_quotient(self.f, _FIVE, h, 12 * h)

    def complex(self, h: float) -> float:
        """Im f(x + ih)/h."""
        return self.imaginary(h)

    def richardson(self, h: float) -> float:
        """Central quotients at h, h/2 and h/4, extrapolated twice."""
        coarse, middle, fine = (self.central(h / part) for part in (1, 2, 4))
        return extrapolated(extrapolated(fine, middle, 1), extrapolated(middle, coarse, 1), 2)


class Scheme(NamedTuple):
    """A quotient, the power of h that its truncation error falls with, and what it looks like.

    ``side`` is 1 or -1 where it looks to one side of the point alone; an ``imaginary`` step never
    drowns in the point.
    """

    quotient: Callable[[Quotients, float], float]
    order: int
    formula: str
    side: int = 0
    imaginary: bool = False


SCHEMES = {
    "forward": Scheme(Quotients.forward, 1, "(f(x+h) - f(x))/h", 1),
    "backward": Scheme(Quotients.backward, 1, "(f(x) - f(x-h))/h", -1),
    "central": Scheme(Quotients.central, 2, "(f(x+h) - f(x-h))/(2h)"),
    "five": Scheme(Quotients.five, 4, "(-f(x+2h) + 8f(x+h) - 8f(x-h) + f(x-2h))/(12h)"),
    "complex": Scheme(Quotients.complex, 2, "Im f(x+ih)/h", imaginary=True),
    "richardson": Scheme(Quotients.richardson, 6, "central at h, h/2, h/4, extrapolated twice"),
}
