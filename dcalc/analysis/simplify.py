"""The simplest form of an expression that holds wherever the expression is defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.analysis.answers import Cells, Entry, Titles, headings, status_facts
from dcalc.finding import Column, Field, Finding, Formula, Said, Subject
from dcalc.problem import Result
from dcalc.simplify import simplify
from dcalc.wellformed import undefined_constant

RECORD = {"result": Field("string | null", "the simplified expression; null where f has no value anywhere")}


def find(subject: Subject) -> Finding:
    """A subject's expression, simplified; undefined where a constant part has no value."""
    if reason := undefined_constant(subject.root):
        return finding(subject, (Result(status="undefined", reason=reason),))
    return finding(subject, (Result(derivative=simplify(subject.root)),))


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of a result; without one, what stands at the head of an empty table."""
    return _Simplified(subject, answers or (Result(),)).finding()


class _Simplified(Entry):
    """An expression in the place of a derivative."""

    command = "simplify"

    def wrt(self) -> None:
        return None

    def result(self, answer: Result) -> Formula | None:
        return self.formula(answer)

    def asked(self) -> Mapping[str, object]:
        return {}

    def record(self) -> Mapping[str, object]:
        return {"result": self.formula(self.answers[0])}

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        return headings((), coordinates, (), (), ("result", "status", "kind"))

    def facts(self) -> list[Said]:
        answer = self.answers[0]
        formula = self.formula(answer)
        result = [Said("result", formula, "strong")] if formula is not None else []
        status = status_facts(answer) if answer.status != "ok" else []
        return [Said("expression", self.subject.root), *result, *status]

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        setting = self.subject.setting
        status = (Column("verdict", "status"),) if setting.batch or setting.sweep else ()
        return (*which, Column("result", "result", "code"), *status)

    def answer_cells(self, answer: Result) -> Cells:
        cells = super().answer_cells(answer)
        return {**cells, "result": cells["derivative"]}
