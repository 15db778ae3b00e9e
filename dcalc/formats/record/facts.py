"""What is said of one problem before any table: a label and a text a line."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dcalc.expr import variables
from dcalc.figures import elide, number
from dcalc.formats.record import norm
from dcalc.formats.record.cells import verdict
from dcalc.formats.record.texts import AT_A_POINT, ORDER_AT_A_POINT, names, notes, point

if TYPE_CHECKING:
    from dcalc.formats import Style
    from dcalc.formats.record.texts import Texts
    from dcalc.problem import Report, Result

SHOWN = 2_000
"""Characters of an expression that a person is shown."""
HINT = " in all; --format plain shows them"


class Fact(NamedTuple):
    """One thing to say; ``wraps`` unless it is a number, ``mood`` how to colour it."""

    label: str
    text: str
    mood: str = ""
    wraps: bool = True


def facts(report: Report, style: Style, texts: Texts) -> list[Fact]:
    """Everything to say of a report that is no failure, in order."""
    found = [Fact("expression", shown(texts.expression(report)))]
    if report.command in ("diff", "compare"):
        found += _variable(report)
    if report.command != "grad":
        found += _single(report, style, texts)
    else:
        found += _gradient(report, style)
    return found + [Fact("note", note) for note in notes(report)]


def shown(text: str) -> str:
    """The text of an expression, without its middle where it is too long for a person."""
    return elide(text, SHOWN, HINT)


def _variable(report: Report) -> list[Fact]:
    """What is differentiated by, where that does not go without saying."""
    wrt = ", ".join(names(report.wrt))
    if report.order != 1:
        return [Fact("wrt", f"{wrt} (order {report.order})" if wrt else f"(order {report.order})")]
    known = variables(report.expression) if report.expression is not None else []
    return [Fact("wrt", wrt)] if len(known) > 1 else []


def _single(report: Report, style: Style, texts: Texts) -> list[Fact]:
    answer = report.answers[0]
    found = []
    if report.command != "eval":
        label = "result" if report.command == "simplify" else "derivative"
        text = texts.derivative(report, answer)
        if text is not None:
            found.append(Fact(label, shown(text), "" if report.at else "strong"))
        elif answer.derivative is not None:
            found.append(Fact(label, _too_long(report), "dim"))
    if report.at is not None:
        found += _at(report)
        if answer.f is not None and report.command != "eval":
            found.append(Fact("f", number(answer.f, style.digits), wraps=False))
    return found + _answer(report, answer, style, texts)


def _too_long(report: Report) -> str:
    if report.order > ORDER_AT_A_POINT:
        return f"(not written out above order {ORDER_AT_A_POINT})"
    return f"(over {AT_A_POINT:,} characters; shown where no point is given)"


def _at(report: Report) -> list[Fact]:
    return [Fact("at", point(report, named=True).replace(",", ", ").replace("=", " = "))] if report.at else []


def _answer(report: Report, answer: Result, style: Style, texts: Texts) -> list[Fact]:
    found = []
    if report.at is not None or report.command == "eval":
        value = texts.value(answer)
        if value is not None:
            found.append(Fact("value", value, "strong", wraps=False))
        found += _reference(answer, style)
        found += _status(answer)
    elif answer.status != "ok":
        found += _status(answer)
    return found


def _reference(answer: Result, style: Style) -> list[Fact]:
    """The digits behind the double, unless they are what was printed as the value."""
    reference = answer.reference
    if reference is None or not reference.decimal:
        return []
    shown = answer.value is not None and style.digits is not None
    sure = Fact("certified", f"all {reference.precision} digits" if reference.certified else "no")
    return [sure] if shown else [Fact("reference", reference.decimal, wraps=False), sure]


def _status(answer: Result) -> list[Fact]:
    """The verdict in words, then each side, then why."""
    found = [Fact("status", verdict(answer, sentence=False).partition(",")[0], _mood(answer))]
    for side, value in (("left", answer.left), ("right", answer.right)):
        if value is not None:
            found.append(Fact(side, number(value), wraps=False))
    return found + ([Fact("why", answer.reason)] if answer.reason else [])


def _gradient(report: Report, style: Style) -> list[Fact]:
    """The table beneath holds the partial derivatives; here is what belongs to all of them."""
    found = _at(report)
    if report.at is not None:
        values = [answer.f for answer in report.answers if answer.f is not None]
        found += [Fact("f", number(values[0], style.digits), wraps=False)] if values else []
        length = norm(report)
        found += [Fact("norm", number(length), wraps=False)] if length is not None else []
    wrong = [(n, a) for n, a in zip(report.wrt, report.answers, strict=True) if a.status != "ok"]
    found += [Fact("status", f"{name}: {verdict(answer)}", _mood(answer)) for name, answer in wrong]
    return found if wrong or report.at is None else [*found, Fact("status", "ok", "good")]


def _mood(answer: Result) -> str:
    return {"ok": "good", "removable": "warn"}.get(answer.status, "bad")
