"""The derivative as a limit: difference quotients while h shrinks, and their errors against the truth."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import combinations
from statistics import median
from typing import NamedTuple

from dcalc.analysis.toolkit import certificate, require_point
from dcalc.backends import load
from dcalc.backends.complex import Step
from dcalc.backends.finite import STENCILS, Sampler, Stencil, difference_quotient, extrapolated
from dcalc.errors import Unsupported, UsageError
from dcalc.finding import Best, Cell, Column, Fact, Field, Finding, Key, Look, Mood, Sheet, Subject
from dcalc.problem import REFERENCE, VALUED, Point, Problem, Result
from dcalc.shapes import Curve, Mark, Picture
from dcalc.solver import score, sharpen

_BEST = {"h": Field("number", "the step"), "error": Field("number", "the absolute error there")}
_SLOPES = {
    "truncation": Field("number | null", "the power of h with which the error falls above the best step"),
    "rounding": Field("number | null", "that with which it grows below"),
}
RECORD = {
    "kind": Field("string | null", "why there is no derivative: kink, jump, vertical_tangent, boundary, oscillation"),
    "rows": Field("[{any}]", "one per step: h, and by scheme value and absolute error"),
    "best": Field("{object | null}", "the best step by scheme", _BEST),
    "slopes": Field("{object}", "how errors behave by scheme, on log-log scale", _SLOPES),
    "left": Field("number | null", "the limit from the left"),
    "right": Field("number | null", "the limit from the right"),
    "value": Field("number | null", "the derivative"),
}


def find(subject: Subject, scheme: Sequence[str] | None = None) -> Finding:
    """The quotients of each scheme at sixteen steps, their errors, and the limit.

    Where there is no derivative there are quotients without errors. Raises UsageError for higher orders and
    mixed partials, and without a point. Cost: about a thousand evaluations of f.
    """
    if subject.order != 1:
        raise UsageError("quotient takes one derivative by one variable", help=f"write --wrt {subject.wrt[0]}")
    at = require_point(subject, "quotient")
    problem = Problem(subject.root, subject.wrt, at, max(subject.digits, Problem.digits))
    truth = load(REFERENCE).differentiate(problem)
    quotients, sharp = Quotients(problem), sharpen(truth)
    courses = [follow_scheme(name, quotients, sharp) for name in scheme or SCHEMES]
    return _make_finding(subject, at, truth, courses)


def _make_finding(subject: Subject, at: Point, truth: Result, courses: Sequence[Course]) -> Finding:
    left, right = _one_sided_limits(truth)
    limits: list[tuple[str, float | None, Mood]] = [("limit", truth.value, "strong")]
    if truth.value is None:
        limits = [
            (f"from the {side}", value, "") for side, value in (("left", left), ("right", right)) if value is not None
        ]
    unable = all(course.note for course in courses)
    return Finding(
        "quotient",
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
        facts=(*(Fact(*limit, wraps=False) for limit in limits), *certificate([truth])),
        sheets=(_values_sheet(courses), *([_errors_sheet(courses), _schemes_sheet(courses)] if truth.decimal else [])),
        pictures=(_draw_errors(courses),) if truth.decimal else (),
        data=_data_sheet(courses),
        sentence=courses[0].note if unable else _describe(truth, courses),
        code=4 if unable else 0 if truth.status in VALUED else 3,
        notes=(*truth.notes, *_unusable_notes(courses)),
    )


def _one_sided_limits(truth: Result) -> tuple[float | None, float | None]:
    """The limits of the quotients from the left and from the right, None where there is none."""
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


def _steps_sheet(courses: Sequence[Course], what: str, look: Look, title: str) -> Sheet:
    """One row per step, one column per scheme; the best of each is marked."""
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
    """Values and errors in one table, for programs."""
    values, errors = _values_sheet(courses), _errors_sheet(courses)
    pairs = zip(values.columns[1:], errors.columns[1:], strict=True)
    rows = [{**value, **error} for value, error in zip(values.rows, errors.rows, strict=True)]
    return Sheet((values.columns[0], *(column for pair in pairs for column in pair)), rows)


def _schemes_sheet(courses: Sequence[Course]) -> Sheet:
    """The best step of each scheme, and how its errors behave."""
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
        sentences = [truth.note or truth.status, *_describe_tendency(truth, courses)]
        return "; ".join(sentences)
    able = [course for course in _usable(courses) if course.best]
    if not able:
        return f"the difference quotient tends to {truth.value!r}"
    winner = min(able, key=lambda course: course.best.error if course.best and course.best.error else 0.0)
    best = winner.best
    off = "exact" if best is None or not best.error else f"off by {best.error:.1e}"
    nearest = f"nearest is {winner.name} at h = {best.h if best else 0:g}, {off}"
    return f"the difference quotient tends to {truth.value!r}; {nearest}"


def _describe_tendency(truth: Result, courses: Sequence[Course]) -> list[str]:
    """What the quotients tend to where they have no common limit."""
    limits = {1: truth.right, -1: truth.left}
    sentences = []
    for course in _usable(courses):
        side = SCHEMES[course.name].side
        if side and limits[side] is not None:
            sentences.append(f"{course.name} tends to {limits[side]!r}")
    both = [course.name for course in _usable(courses) if not SCHEMES[course.name].side]
    if both and truth.kind == "kink" and truth.left is not None and truth.right is not None:
        mean = truth.left / 2 + truth.right / 2
        sentences.append(f"{', '.join(both)} to their mean {mean!r}, which is not a derivative")
    return sentences


# --- one scheme as its step shrinks -------------------------------------------------------

ROWS = tuple(float(f"1e-{k}") for k in range(1, 17))
_BETWEEN = 4
"""Steps per decade on which slopes are measured; those of ROWS are among them."""
_SMOOTH = 2
"""Neighbours on either side in the running median that finds the least error."""
_CLEAR = 4.0
"""Slopes are measured where errors exceed this multiple of the least: nearer, both kinds of error mix."""
_FEWEST = 3
"""Errors that show a slope."""


class Try(NamedTuple):
    """A quotient at a step (nan where f has no number) and its absolute error (None where unknown)."""

    h: float
    value: float
    error: float | None


class Course(NamedTuple):
    """A scheme over all steps: ``rows`` are those of the table.

    ``truncation`` and ``rounding`` are slopes observed on log-log scale: the power of h with which the error
    goes above and below the best step, None where too few errors show one.
    """

    name: str
    rows: tuple[Try, ...]
    best: Try | None = None
    truncation: float | None = None
    rounding: float | None = None
    note: str = ""


def step_sizes() -> list[float]:
    """The steps from 1e-1 to 1e-16, the widest first."""
    count = (len(ROWS) - 1) * _BETWEEN
    return [ROWS[k // _BETWEEN] if not k % _BETWEEN else 10.0 ** (-1 - k / _BETWEEN) for k in range(count + 1)]


def follow_scheme(name: str, quotients: Quotients, truth: Result) -> Course:
    """The course of a scheme towards the truth; with a note alone where the scheme does not apply."""
    quotient = SCHEMES[name].quotient
    try:
        fine = tuple(_try_step(h, quotient(quotients, h), truth) for h in step_sizes())
    except Unsupported as error:
        return Course(name, (), note=error.message)
    rows = fine[::_BETWEEN]
    measured = [row for row in rows if row.error is not None]
    best = min(measured, key=_error) if measured else None  # the widest step of equal ones
    imaginary = SCHEMES[name].imaginary
    fitted = [one for one in fine if imaginary or quotients.moves(one.h)]
    return Course(name, rows, best, *_fit_slopes(fitted))


def _try_step(h: float, value: float, truth: Result) -> Try:
    error = score(Result("", value), truth).abs_error if math.isfinite(value) else None
    return Try(h, value, error)


def _error(one: Try) -> float:
    return math.inf if one.error is None else one.error


def _fit_slopes(course: Sequence[Try]) -> tuple[float | None, float | None]:
    """The slopes above and below the least running median of the errors: a single lucky hit does not count."""
    errors = [_error(one) for one in course]
    smooth = [median(errors[max(0, k - _SMOOTH) : k + _SMOOTH + 1]) for k in range(len(errors))]
    if not smooth:
        return None, None
    bottom = smooth.index(min(smooth))
    clear = _CLEAR * smooth[bottom]
    return _fit_slope(course[:bottom], clear), _fit_slope(course[bottom + 1 :], clear)


def _fit_slope(side: Sequence[Try], clear: float) -> float | None:
    """The median of the slopes between all pairs (Theil 1950, Sen 1968), which stray errors do not bend."""
    places = [(math.log10(one.h), math.log10(error)) for one in side if clear < (error := _error(one)) < math.inf]
    if len(places) < _FEWEST:
        return None
    return median((b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(places, 2))


# --- the quotients ------------------------------------------------------------------------

_FORWARD: Stencil = ((1, 1.0), (0, -1.0))
_BACKWARD: Stencil = ((0, 1.0), (-1, -1.0))
_FIVE: Stencil = ((2, -1.0), (1, 8.0), (-1, -8.0), (-2, 1.0))


class Quotients:
    """The quotients of one problem in doubles; nan where f has no number."""

    def __init__(self, problem: Problem) -> None:
        self.f = Sampler(problem)

    @cached_property
    def imaginary(self) -> Step:
        """The complex step; calling it raises Unsupported where f is not analytic."""
        f = self.f
        return Step(f.root, f.name, f.inputs)

    def moves(self, h: float) -> bool:
        """Whether a step of that size changes the point in doubles."""
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
    """A quotient, the power of h with which its truncation error falls, and its formula.

    ``side`` is 1 or -1 for one-sided quotients. An ``imaginary`` step is never lost in the rounding of x + h.
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
