"""A report as rows of named cells, from which each tabular format picks its columns.

Keys are column names. What belongs to a variable is keyed by a pair, so that a variable
called `value` cannot be taken for the column of that name: ("at", "x"), ("d", "x").
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dcalc.figures import duration, number, places, short
from dcalc.finding import Key
from dcalc.formats.record import norm
from dcalc.formats.record.texts import coordinate, names, one_line, overall, point

if TYPE_CHECKING:
    from dcalc.formats import Style
    from dcalc.formats.record.texts import Texts
    from dcalc.problem import Report, Result, Score

Cells = dict[Key, str]

_NO_NUMBER = ("undefined", "not_differentiable", "overflow")
"""Statuses that are proofs that no double is right; `unresolved` is none."""


def rows(report: Report, style: Style, texts: Texts, wide: bool, reference: bool = False) -> list[Cells]:
    """The rows of one report: one, or one a backend; of a gradient one a variable unless ``wide``.

    With ``reference`` the rows of backends follow one of the reference itself.
    """
    common: Cells = {"line": _text(report.line), "id": _text(report.id)}
    if report.failure is not None:
        place = f" (line {report.line})" if report.line is not None else ""
        why = f"error{place}: {one_line(report.failure.message)}"
        return [{**common, "status": "error", "kind": report.failure.kind, "verdict": why, "remark": why}]
    common |= _question(report, texts)
    if (style.backends or report.command == "compare") and any(a.scores for a in report.answers):
        return [{**common, **cells} for cells in _scored(report, style, texts, reference)]
    if report.command == "grad":
        found = [_wide(report, texts)] if wide else _long(report, style, texts)
        return [{**common, **cells} for cells in found]
    return [{**common, **_answered(report, report.answers[0], style, texts)}]


def _text(value: object) -> str:
    """An id or line number: text as it is, anything else as JSON, nothing for null."""
    if isinstance(value, str):
        # JSON can spell half a character (\ud800), which no output can encode.
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    return "" if value is None else json.dumps(value)


def _question(report: Report, texts: Texts) -> Cells:
    cells: Cells = {
        "expression": texts.expression(report),
        "wrt": ",".join(names(report.wrt)),
        "order": str(report.order),
        "at": point(report, named=True),
    }
    for name, value in (report.at or {}).items():
        cells["at", name] = coordinate(value)
    return cells


def _answered(report: Report, answer: Result, style: Style, texts: Texts) -> Cells:
    """One answer: the number, the expression, and what is true at the point."""
    text = texts.derivative(report, answer) or ""
    pointed = report.at is not None or report.command == "eval"
    said = verdict(answer, sentence=style.batch)
    return {
        "derivative": text,
        "result": text,
        "f": number(answer.f, style.digits),
        "value": (texts.value(answer) or "") if pointed else "",
        "status": answer.status,
        "kind": answer.kind or "",
        "left": number(answer.left),
        "right": number(answer.right),
        "verdict": said,
        "remark": said,
    }


def _wide(report: Report, texts: Texts) -> Cells:
    """A gradient in one row: a cell a partial derivative."""
    cells: Cells = {("d", n): texts.result(report, a) or "" for n, a in _parts(report)}
    values = [number(answer.f) for answer in report.answers if answer.f is not None]
    cells |= {"f": values[0] if values else "", "status": "ok", "kind": ""}
    if report.at is not None:
        cells["norm"] = number(norm(report))
    if report.answers:
        worst = overall(report)
        cells |= {"status": worst.status, "kind": worst.kind or "", "verdict": verdict(worst)}
    return cells


def _long(report: Report, style: Style, texts: Texts) -> list[Cells]:
    """A gradient in a row a variable."""
    return [{**_answered(report, a, style, texts), "variable": n} for n, a in _parts(report)]


def _parts(report: Report) -> list[tuple[str, Result]]:
    return list(zip(report.wrt, report.answers, strict=True))


def _scored(report: Report, style: Style, texts: Texts, with_reference: bool) -> list[Cells]:
    """A row a backend, of each variable in turn."""
    variables = report.wrt if report.command == "grad" else ("",)
    found = []
    for name, answer in zip(variables, report.answers, strict=True):
        reference = answer.reference
        shared: Cells = {
            "variable": name,
            "derivative": texts.derivative(report, answer) or "",
            "f": number(answer.f, style.digits),
            "reference": reference.decimal or "" if reference is not None else "",
        }
        if name:
            shared["wrt"] = name
        if with_reference:
            found.append({**shared, **_reference(answer, texts)})
        found += [{**shared, **_scored_by(score, answer, style)} for score in answer.scores]
    return found


def _reference(answer: Result, texts: Texts) -> Cells:
    """The row that the backends are held against; none of them is called so."""
    truth = answer.reference
    value = (truth.decimal if truth is not None and truth.decimal else texts.value(answer)) or ""
    return {"backend": "truth", **_said(value, answer.status, answer.kind, answer.reason)}


def _said(value: str, status: str, kind: str | None, why: str, *remarks: str) -> Cells:
    """A number or the status in words, short enough to stand where a number would; beside it why."""
    words = status.replace("_", " ")
    what = (kind or "").replace("_", " ")
    more = [words if value and status != "ok" else "", *remarks, "" if what in why else what, why]
    return {"value": value, "said": value or words, "status": status, "remark": one_line("; ".join(filter(None, more)))}


def _scored_by(score: Score, answer: Result, style: Style) -> Cells:
    """What one backend said and how far it is off, both in full and in short."""
    estimate = score.estimate
    value = number(estimate.value, style.digits)
    phantom = bool(value) and answer.status in _NO_NUMBER
    error = score.abs_error if score.rel_error is None else score.rel_error
    remark = "a number where there is none" if phantom else ""
    return {
        **_said(value, estimate.status, estimate.kind, estimate.note, remark),
        "backend": estimate.backend,
        "abs_error": number(score.abs_error),
        "rel_error": number(score.rel_error),
        "ulps": number(score.ulps),
        "right_digits": number(score.right_digits),
        "error_bound": number(estimate.error_bound),
        "evaluations": str(estimate.evaluations),
        "seconds": number(estimate.seconds) if style.seconds else "",
        "kind": estimate.kind or "",
        "left": number(estimate.left),
        "right": number(estimate.right),
        "note": estimate.note,
        "short abs": short(score.abs_error),
        "short rel": short(score.rel_error),
        "short ulps": short(score.ulps),
        "short digits": places(score.right_digits),
        "time": duration(estimate.seconds) if estimate.seconds else "",
        "off": "yes" if phantom or (error is not None and not error <= style.tolerance) else "",
    }


def verdict(answer: Result, sentence: bool = True) -> str:
    """A status in words: `not differentiable (kink), left -1.0, right 1.0: why`."""
    words = _words(answer.status, answer.kind)
    for side, value in (("left", answer.left), ("right", answer.right)):
        if value is not None:
            words += f", {side} {number(value)}"
    return one_line(f"{words}: {answer.reason}" if sentence and answer.reason else words)


def _words(status: str, kind: str | None) -> str:
    words = status.replace("_", " ")
    return f"{words} ({kind.replace('_', ' ')})" if kind else words
