"""A report as the JSON record of its command: a dict, its keys in the documented order."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from dcalc.expr import Expr
from dcalc.figures import finite
from dcalc.formats.record.texts import Texts, names, notes, overall
from dcalc.functions import NUMBER
from dcalc.notation import write
from dcalc.numerals import exact_norm

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcalc.formats import Style
    from dcalc.problem import Failure, Point, Report, Result, Score

Record = dict[str, Any]


class Recorder:
    """Reports to records; one a stream, since it keeps the texts that repeat."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.texts = Texts(style)
        self._by_command: dict[str, Callable[[Report], Record]] = {
            "grad": self._grad,
            "eval": self._eval,
            "simplify": self._simplify,
        }

    def __call__(self, report: Report) -> Record:
        """The record of one report. Cost: 5 microseconds, beside texts not seen before."""
        if report.failure is not None:
            return {"id": report.id, "line": report.line, **failed(report.failure)}
        return self._by_command.get(report.command, self._diff)(report)

    def _diff(self, report: Report) -> Record:
        answer = report.answers[0]
        wrt = names(report.wrt)
        return {
            "id": report.id,
            "line": report.line,
            "expression": self.texts.expression(report),
            "wrt": wrt if len(wrt) > 1 else wrt[0] if wrt else None,
            "order": report.order,
            "derivative": self.texts.derivative(report, answer),
            "at": coordinates(report.at),
            "status": answer.status,
            "f": finite(answer.f),
            "value": finite(answer.value),
            "left": finite(answer.left),
            "right": finite(answer.right),
            "kind": answer.kind,
            "reference": digits_of(answer.reference),
            "backends": [self._backend(score) for score in answer.scores],
            "notes": notes(report),
        }

    def _grad(self, report: Report) -> Record:
        pairs = list(zip(report.wrt, report.answers, strict=True))
        pointed = report.at is not None
        first = overall(report) if pairs else None
        return {
            "id": report.id,
            "line": report.line,
            "expression": self.texts.expression(report),
            "wrt": list(report.wrt),
            "order": report.order,
            "derivative": {name: self.texts.derivative(report, answer) for name, answer in pairs},
            "at": coordinates(report.at),
            "status": first.status if first else "ok",
            "kind": first.kind if first else None,
            "f": next((answer.f for _, answer in pairs if finite(answer.f) is not None), None),
            "value": {name: finite(answer.value) for name, answer in pairs} if pointed else None,
            "norm": norm(report) if pointed else None,
            "components": {name: _component(answer) for name, answer in pairs},
            "reference": {name: digits_of(answer.reference) for name, answer in pairs} if pointed else None,
            "backends": [{"wrt": name, **self._backend(score)} for name, answer in pairs for score in answer.scores],
            "notes": notes(report),
        }

    def _eval(self, report: Report) -> Record:
        answer = report.answers[0]
        return {
            **self._head(report),
            "value": finite(answer.value),
            "reference": digits_of(answer.reference),
            "notes": notes(report),
        }

    def _simplify(self, report: Report) -> Record:
        result = self.texts.derivative(report, report.answers[0])
        return {**self._head(report), "result": result, "notes": notes(report)}

    def _head(self, report: Report) -> Record:
        return {
            "id": report.id,
            "line": report.line,
            "expression": self.texts.expression(report),
            "wrt": None,
            "at": coordinates(report.at),
            "status": report.answers[0].status,
        }

    def _backend(self, score: Score) -> Record:
        estimate = score.estimate
        return {
            "backend": estimate.backend,
            "status": estimate.status,
            "value": finite(estimate.value),
            "abs_error": finite(score.abs_error),
            "rel_error": finite(score.rel_error),
            "ulps": finite(score.ulps),
            "error_bound": finite(estimate.error_bound),
            "evaluations": estimate.evaluations,
            "seconds": finite(estimate.seconds) if self.style.seconds else None,
            "note": estimate.note,
        }


def failed(failure: Failure) -> Record:
    """The part of a record that says what is wrong: also what stderr shows with --json."""
    return {
        "status": "error",
        "error": {
            "kind": failure.kind,
            "message": failure.message,
            "column": failure.column,
            "end_column": failure.end_column,
            "help": failure.help,
        },
    }


def norm(report: Report) -> float | None:
    """The length of a gradient, never overflowing on the way; None where a part has no value.

    From the references where all parts have one, so that it is right to the last digit
    too; from the doubles otherwise, which may leave the last digit off by one.
    """
    values = [finite(answer.value) for answer in report.answers]
    if None in values:
        return None
    texts = [_reference_text(answer) for answer in report.answers]
    if None not in texts:
        return finite(exact_norm([text for text in texts if text is not None]))
    return finite(math.hypot(*(value for value in values if value is not None)))


def _reference_text(answer: Result) -> str | None:
    """The digits of a reference that is a number of a double's precision or more."""
    reference = answer.reference
    return reference.decimal if reference is not None and reference.precision >= 17 else None


def digits_of(found: Result | None) -> Record | None:
    """The digits of a reference; None where there are none."""
    if found is None or found.decimal is None:
        return None
    return {"value": found.decimal, "digits": found.precision, "certified": found.certified}


def _component(answer: Result) -> Record:
    return {
        "status": answer.status,
        "kind": answer.kind,
        "left": finite(answer.left),
        "right": finite(answer.right),
    }


def coordinates(at: Point | None) -> dict[str, float | str] | None:
    """The point as JSON shows it, by variable."""
    if at is None:
        return None
    return {name: _coordinate(value) for name, value in at.items()}


def _coordinate(value: float | Expr) -> float | str:
    """A JSON number where its text is exactly the coordinate, else the text of the constant."""
    if not isinstance(value, Expr):
        return float(value) if math.isfinite(value) else repr(float(value))
    if value.op is NUMBER:
        try:
            near = float(value.args[0])
        except OverflowError:
            return write(value)
        if Fraction(repr(near)) == value.args[0]:
            return near
    return write(value)
