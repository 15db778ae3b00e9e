"""The simplest form of an expression that holds wherever the expression is defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.analysis.answers import Cells, Entry, Titles, headings, status_facts
from dcalc.expr import Expr, exact, variables
from dcalc.finding import Column, Fact, Field, Finding, Formula, Subject
from dcalc.numbers.real import evaluate
from dcalc.problem import Result
from dcalc.simplify import simplify, style
from dcalc.solve import undefined_constant

_ROUNDING = 1e-6
"""What rounding may make of a constant: far more than usual, as a false alarm costs only time."""
RECORD = {"result": Field("string | null", "the simplified expression; null where f has no value anywhere")}


def find(subject: Subject) -> Finding:
    """A subject's expression, simplified; undefined where a constant part has no value."""
    if reason := undefined_constant(subject.root):
        return finding(subject, (Result(status="undefined", reason=reason),))
    return finding(subject, (Result(derivative=_find_simplest(subject.root)),))


def _find_simplest(root: Expr) -> Expr:
    """The expression simplified; the number that it is proved to be, where rewriting does not show one."""
    simplest = simplify(root)
    if exact(simplest) is None and _looks_constant(simplest):
        from dcalc.proof import prove_number  # which loads flint, and is for the few that look constant

        value = prove_number(simplest)
        return simplest if value is None else style(root).number(value)
    return simplest


def _looks_constant(root: Expr) -> bool:
    """Whether an expression has about the same value at two points of no particular kind."""
    names = variables(root)
    first, second = (
        evaluate(root, {name: start + step * place for place, name in enumerate(names)})
        for start, step in ((0.734, 0.161), (1.229, 0.083))
    )
    return abs(first - second) <= _ROUNDING * max(1.0, abs(first))


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of a result; without one, what stands at the head of an empty table."""
    return Rewriting(subject, answers or (Result(),)).finding()


class Rewriting(Entry):
    """An expression in the place of a derivative."""

    command = "simplify"
    differentiates = False

    def result(self, answer: Result) -> Formula | str | None:
        """The expression, whether a point is given or not."""
        return self.formula(answer)

    def question(self) -> Mapping[str, object]:
        """The question is the expression alone."""
        return {}

    def record(self) -> Mapping[str, object]:
        """The keys of the record behind `status`."""
        return {"result": self.result(self.answers[0])}

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        """The columns of the table for programs."""
        return headings((), coordinates, (), (), ("result", "status", "kind"))

    def facts(self) -> list[Fact]:
        """The expression, the result, and why there is none."""
        answer = self.answers[0]
        text = self.result(answer)
        result = [Fact("result", text, "strong")] if text is not None else []
        status = status_facts(answer) if answer.status != "ok" else []
        return [Fact("expression", self.subject.root), *result, *status]

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        """The columns for people."""
        setting = self.subject.setting
        status = (Column("verdict", "status"),) if setting.batch or setting.sweep else ()
        return (*which, Column("result", "result", "code"), *status)

    def answer_cells(self, answer: Result) -> Cells:
        """The cells of the one row."""
        return {**super().answer_cells(answer), "result": self.result(answer)}
