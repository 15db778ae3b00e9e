"""The texts that formats share: expressions, derivatives, values, points, one-line comments."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dcalc.errors import LimitError
from dcalc.expr import Expr
from dcalc.figures import number, rounded
from dcalc.notation import write
from dcalc.problem import Failure, Report

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dcalc.formats import Style
    from dcalc.problem import Point, Result

AT_A_POINT = 10_000
"""Beside a value, a derivative whose text is longer is left out."""
ORDER_AT_A_POINT = 10
"""Beside a value, a derivative of higher order is left out."""
ALONE = 1_000_000
"""A derivative on its own may be this long, or `_GROWTH` times its input."""
_GROWTH = 16

Made = TypeVar("Made")


class Texts:
    """Texts in one notation, kept from one report to the next.

    A sweep has the same root and derivative in every report, so their texts are made once;
    a report with another root drops them, so that a batch leaves nothing behind.
    """

    def __init__(self, style: Style, notation: str = "plain") -> None:
        self.style = style
        self.notation = notation
        self._root: Expr | None = None
        self._expression: str | None = None
        self._derivatives: dict[tuple[Expr, bool], str | None] = {}

    def expression(self, report: Report) -> str:
        """The function to differentiate."""
        assert report.expression is not None  # of a failure nothing is asked
        self._turn_to(report.expression)
        if self._expression is None:
            self._expression = self._write(report.expression, report.expression, None)
        return self._expression

    def derivative(self, report: Report, answer: Result) -> str | None:
        """The derivative; None where there is none, or it is too long beside a value.

        Raises LimitError where it is too long although it is all that is asked.
        """
        node, root = answer.derivative, report.expression
        pointed = report.at is not None
        if node is None or root is None or (pointed and report.order > ORDER_AT_A_POINT):
            return None
        self._turn_to(root)
        key = (node, pointed)
        if key not in self._derivatives:
            self._derivatives[key] = self._limited(node, root, pointed)
        return self._derivatives[key]

    def result(self, report: Report, answer: Result) -> str | None:
        """What a script reads: a number where a point is given, else an expression."""
        if report.command == "simplify" or (report.at is None and report.command != "eval"):
            return self.derivative(report, answer)
        return self.value(answer)

    def value(self, answer: Result) -> str | None:
        """The number with the asked digits; None where there is none."""
        digits, reference = self.style.digits, answer.reference
        if answer.value is not None and digits is not None and reference is not None and reference.decimal:
            return rounded(reference.decimal, digits)
        return answer.chosen if answer.chosen == "nan" else number(answer.value, digits) or None

    def _turn_to(self, root: Expr) -> None:
        if root is not self._root:
            self._root, self._expression = root, None
            self._derivatives.clear()

    def _limited(self, node: Expr, root: Expr, pointed: bool) -> str | None:
        inputs = self.style.inputs
        limit = AT_A_POINT if pointed else max(ALONE, _GROWTH * inputs)
        try:
            return self._write(node, root, limit)
        except LimitError:
            if pointed:
                return None
            # In a batch the length of the input is not known: measured only here, where it matters.
            longer = 0 if inputs else _GROWTH * len(write(root))
            if longer <= limit:
                raise
            return self._write(node, root, longer)

    def _write(self, node: Expr, root: Expr, limit: int | None) -> str:
        """The node; parts are named only where the input was not itself that long."""
        text = write(node, self.notation, against=self.style.inputs, limit=limit)
        if "=" in text and not self.style.inputs:
            text = write(node, self.notation, against=len(write(root)), limit=limit)
        return text


def coordinate(value: float | Expr) -> str:
    """A coordinate as text that reads back to the same number."""
    return write(value) if isinstance(value, Expr) else repr(float(value))


def point(report: Report, named: bool = False) -> str:
    """The point of a report: `0.1`, or `x=1.0,y=2.0` where there are several variables."""
    return place(report.at or {}, named)


def place(at: Point, named: bool = False) -> str:
    """A point: `0.1`, or `x=1.0,y=2.0` where there are several variables, or it is to be ``named``."""
    if len(at) == 1 and not named:
        return coordinate(next(iter(at.values())))
    return ",".join(f"{name}={coordinate(value)}" for name, value in at.items())


def names(wrt: Iterable[str]) -> list[str]:
    """The names differentiated by, one for a repeated one: order says how often."""
    listed = list(wrt)
    return listed[:1] if len(set(listed)) == 1 else listed


def overall(report: Report) -> Result:
    """The answer that speaks for a report: the first whose status is not ok, else the first."""
    for answer in report.answers:
        if answer.status != "ok":
            return answer
    return report.answers[0]


def notes(report: Report) -> list[str]:
    """The notes of a report and its answers, each once."""
    every = [*report.notes, *(note for answer in report.answers for note in answer.notes)]
    return list(dict.fromkeys(every))


def one_line(text: str) -> str:
    """The text with control characters spelled out: it can neither break a line nor a terminal."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def comment(status: str, sentence: str, mark: str = "#") -> str:
    """The line of a problem without a value, which a reader of expressions passes over."""
    return f"{mark} {status}: {one_line(sentence)}\n" if sentence else f"{mark} {status}\n"


def each(reports: Iterable[Report], style: Style, build: Callable[[Report], Made]) -> Iterator[Made]:
    """What ``build`` makes of every report, in order.

    A derivative too long to print ends the stream with LimitError, unless ``on_error``
    is there to be told: then its record is an error and the next one follows.
    """
    for report in reports:
        try:
            made = build(report)
        except LimitError as error:
            if style.on_error is None:
                raise
            style.on_error(report, error)
            made = build(_failed(report, error))
        yield made


def _failed(report: Report, error: LimitError) -> Report:
    failure = Failure(error.kind, error.message, help=error.help)
    return Report(report.command, wrt=report.wrt, failure=failure, line=report.line, id=report.id)
