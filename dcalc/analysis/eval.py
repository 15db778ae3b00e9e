"""The value of an expression, right to the last digit that is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.analysis.answers import REFERENCE_KEYS, Cells, Entry, Titles, headings, point_facts
from dcalc.errors import UnknownVariable
from dcalc.finding import Column, Fact, Field, Finding, Subject
from dcalc.point import suggest_values
from dcalc.problem import Problem, Result
from dcalc.solver import solve
from dcalc.text import join_words, some

RECORD = {
    "value": Field("number | null | [any]", "the value, of an array in nested lists; null where there is none"),
    "reference": Field("object | null", "the digits behind the value", REFERENCE_KEYS),
}


def find(subject: Subject) -> Finding:
    """The value of a subject at its point. Raises UnknownVariable without one, and LimitError."""
    if subject.at is None and subject.names:
        names = join_words(some(subject.names), "and")
        raise UnknownVariable(f"no value is given for {names}", help=suggest_values(subject.names))
    problem = Problem(subject.root, (), subject.at or {}, subject.digits)
    return finding(subject, (solve(problem, expression=False),))


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of a value; without one, what stands at the head of an empty table."""
    return _Value(subject, answers or (Result(),)).finding()


class _Value(Entry):
    """A value, which needs no point where there are no variables."""

    command = "eval"
    differentiates = False

    def has_value(self) -> bool:
        return True

    def result(self, answer: Result) -> str:
        return self.value(answer)

    def question(self) -> Mapping[str, object]:
        return {}

    def record(self) -> Mapping[str, object]:
        answer = self.answers[0]
        return {"value": answer.value, "reference": answer.reference}

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        return headings((), coordinates, (), (), ("value", "status", "kind"))

    def facts(self) -> list[Fact]:
        subject, answer = self.subject, self.answers[0]
        at = point_facts(subject.at) if subject.at else []
        return [Fact("expression", subject.root), *at, *self.value_facts(answer)]

    def formulas(self) -> None:
        """None: a number is shown in a table, even without a point."""

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        setting = self.subject.setting
        alone = points if not (setting.batch or setting.sweep) else ()
        return (*which, *alone, Column("value", "value", "number"), Column("verdict", "status"))

    def answer_cells(self, answer: Result) -> Cells:
        return {**super().answer_cells(answer), "derivative": None}
