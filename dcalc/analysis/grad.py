"""The gradient: the first derivative of an expression by each of its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import get_args

from dcalc.analysis.answers import (
    BACKEND_KEYS,
    KIND,
    Cells,
    Entry,
    Titles,
    fact_mood,
    headings,
    norm,
    partial_names,
    point_facts,
    table_columns,
    verdict,
)
from dcalc.analysis.diff import check_point, note_conditions
from dcalc.expr import Expr
from dcalc.finding import AnyStatus, Cell, Column, Fact, Field, Finding, Sheet, Subject
from dcalc.numbers.rounding import finite_or_none, format_number
from dcalc.problem import Problem, Result, Status
from dcalc.solver import apply_convention, solve_all

_COMPONENT = {
    "status": Field("string", "what is known of it", values=get_args(Status)),
    "kind": KIND,
    "left": Field("number | null", "the one-sided derivative from the left; null where it is infinite or missing"),
    "right": Field("number | null", "the one-sided derivative from the right"),
}
_MOST_NAMED = 10
"""Variables whose partial derivative has no value; of more than these only the number is told."""

RECORD = {
    "order": Field("integer", "1: derivatives are first ones", optional=True),
    "along": Field("{number | [number | [number]]}", "the direction of --along, arrays as nested lists", optional=True),
    "derivative": Field(
        "{string | null} | string | null",
        "the derivatives as expressions, by variable; at a point null where one is too long; with --along the one",
    ),
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "kind": KIND,
    "f": Field("number | null", "the value of f; null without a point", optional=True),
    "value": Field(
        "{number | null | [number | null | [number | null]]} | number | null",
        "the derivatives at the point, by variable, by an array in its shape; with --along the one",
    ),
    "bound": Field(
        "{number | null}", "of arrays: how far values are off at most; null where digits are certified", optional=True
    ),
    "norm": Field("number | null", "the length of the gradient; null where a part has no value", optional=True),
    "components": Field("{object}", "what is true of each derivative, by variable", _COMPONENT, optional=True),
    "left": Field("number | null", "with --along, the one-sided derivative from the left", optional=True),
    "right": Field("number | null", "with --along, the one-sided derivative from the right", optional=True),
    "reference": Field("any", "the digits behind each value, by variable; null without a point"),
    "backends": Field(
        "[object]",
        "the backends that were asked for, of each variable in turn",
        {"wrt": Field("string", "the variable"), **BACKEND_KEYS},
        optional=True,
    ),
}


def find(subject: Subject, at_kink: str | None = None) -> Finding:
    """The partial derivatives of a subject; ``at_kink`` is the value where there is none.

    Raises as diff does. Cost: where f is smooth at the point, linear in nodes and variables.
    """
    if subject.at is None:
        check_point(subject)
    problem = Problem(subject.root, subject.wrt, subject.at, subject.digits, gradient=True, dtype=subject.dtype)
    answers: Sequence[Result] = solve_all(problem, subject.backends, expression=subject.written)
    if subject.at is None:
        answers = [_note_conditions(subject.root, *pair) for pair in zip(subject.wrt, answers, strict=True)]
    if at_kink is not None:
        answers = [apply_convention(answer, at_kink) for answer in answers]
    return finding(subject, answers)


def _note_conditions(root: Expr, name: str, answer: Result) -> Result:
    """An answer with the conditions that its text does not show."""
    notes = note_conditions(root, (name,), answer)
    return answer.replace(notes=(*answer.notes, *(f"by {name}: {note}" for note in notes))) if notes else answer


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of a gradient, an answer for each name in ``wrt``."""
    return _Gradient(subject, answers).finding()


def row_titles(subject: Subject) -> tuple[str, ...]:
    """The titles of the columns that a row of points gains: `df_dx`, `df_dy`."""
    return tuple(f"df_d{name}" for name in subject.wrt)


class _Gradient(Entry):
    """An answer for each variable."""

    command = "grad"
    several = True

    def lacking(self) -> Sequence[tuple[AnyStatus, str]]:
        """Of many variables only some are named."""
        place = "by {}: " if len(self.answers) > 1 else ""
        parts = [(name, one) for name, one in self.parts() if one.code and not one.chosen]
        named = [(one.status, place.format(name) + (one.reason or one.status)) for name, one in parts[:_MOST_NAMED]]
        if len(parts) > _MOST_NAMED:
            rest = f"{len(parts) - _MOST_NAMED:,} more partial derivatives have no value"
            named.append((parts[_MOST_NAMED][1].status, rest))
        return named

    def parts(self) -> list[tuple[str, Result]]:
        return list(zip(self.subject.wrt, self.answers, strict=False))

    # --- for programs ----------------------------------------------------------------------

    def question(self) -> Mapping[str, object]:
        derivatives = {name: self.formula(answer) for name, answer in self.parts()}
        return {"order": self.subject.order, "derivative": derivatives}

    def record(self) -> Mapping[str, object]:
        pointed, parts = self.subject.at is not None, self.parts()
        return {
            "kind": self.worst.kind,
            "f": next((answer.f for answer in self.answers if finite_or_none(answer.f) is not None), None),
            "value": {name: finite_or_none(answer.value) for name, answer in parts} if pointed else None,
            "norm": norm(self.answers) if pointed else None,
            "components": {name: component(answer) for name, answer in parts},
            "reference": {name: answer.reference for name, answer in parts} if pointed else None,
            "backends": [{"wrt": name, **self.backend(score)} for name, answer in parts for score in answer.scores],
        }

    def plain(self) -> Sequence[Sequence[Cell]]:
        """A line in a batch, a name and its value a line otherwise."""
        if self.has_scores:
            return self.score_lines()
        cells = [self.result(answer) or "" for answer in self.answers]
        setting = self.subject.setting
        if setting.sweep and self.subject.at is not None:
            return ((*cells, *(() if all(cells) else (self.worst.status,))),)
        if setting.batch:
            return (cells,) if all(cells) else self.place_held(self.worst)
        if not any(cells):
            return ()
        pairs = zip(self.parts(), cells, strict=True)
        return [(name, cell) if cell else (name, "", answer.status) for (name, answer), cell in pairs]

    def titles(self, coordinates: tuple[str, ...]) -> Titles:
        return headings((), coordinates, ("f",), partial_names(self.subject), ("norm", "status", "kind"))

    def data_rows(self) -> list[Cells]:
        return [{**self.question_cells(), **self.wide_cells()}]

    # --- for people ------------------------------------------------------------------------

    def facts(self) -> list[Fact]:
        """What belongs to all partial derivatives, which stand in the table beneath."""
        facts = [Fact("expression", self.subject.root)]
        at = self.subject.at
        if at is not None:
            facts += point_facts(at)
            facts += [Fact("f", self.f(), wraps=False)] if self.f() else []
            length = norm(self.answers)
            facts += [Fact("norm", format_number(length), wraps=False)] if length is not None else []
        wrong = [(name, answer) for name, answer in self.parts() if answer.status != "ok"]
        facts += [Fact("status", f"{name}: {verdict(answer)}", fact_mood(answer.status)) for name, answer in wrong]
        return facts if wrong or at is None else [*facts, Fact("status", "ok", "good")]

    def certificate(self) -> list[Fact]:
        """How many digits are proved in each part, and the length of the gradient."""
        if self.subject.at is None:
            return []
        length = norm(self.answers)
        words = [] if length is None else [f"norm {format_number(length)}"]
        references = [one.reference for one in self.answers if one.value is not None and not one.chosen]
        if references and all(one is not None and one.certified for one in references):
            digits = min(one.precision for one in references if one is not None)
            words = [f"certified to {digits} digits", *words]
        return [Fact("", "; ".join(words), "dim")] if words else []

    def sheets(self) -> list[Sheet]:
        """The partial derivatives, and how far each backend is off."""
        partials = self.answer_columns(*table_columns(self.subject))
        rows = [{**self.question_cells(), **row} for row in self.long_rows()]
        return [Sheet(partials, rows), *super().sheets()]

    def entry_rows(self) -> list[Cells]:
        rows = [self.wide_cells()] if self.is_wide() else self.long_rows()
        return [{**self.question_cells(), **row} for row in rows]

    def is_wide(self) -> bool:
        """Whether a gradient is a row, a column for each partial derivative: at several points of one expression."""
        return self.subject.setting.sweep and not self.subject.setting.batch

    def answer_columns(self, which: tuple[Column, ...], points: tuple[Column, ...]) -> tuple[Column, ...]:
        subject, setting = self.subject, self.subject.setting
        if self.is_wide():
            partials = [Column(("d", name), f"df/d{name}", "number") for name in partial_names(subject)]
            return (*which, *partials, Column("verdict", "status"))
        pointed = subject.at is not None
        derivative = Column("derivative", "derivative", "code", 1 if pointed else 0, "derivative")
        return (
            *(which if setting.batch else ()),
            Column("variable", "variable", "code"),
            *(() if setting.batch and pointed else (derivative,)),
            *((Column("value", "value", "number"),) if pointed else ()),
            *((Column("verdict", "status"),) if pointed or setting.batch else ()),
        )

    # --- cells -----------------------------------------------------------------------------

    def wide_cells(self) -> Cells:
        """A gradient in one row: a cell a partial derivative."""
        worst = self.worst
        cells: Cells = {("d", name): self.result(answer) for name, answer in self.parts()}
        length = norm(self.answers) if self.subject.at is not None else None
        words = verdict(worst) if self.answers else ""
        mood = "bad" if worst.code else ""
        return {
            **cells,
            "f": next((answer.f for answer in self.answers if answer.f is not None), None),
            "norm": length,
            "status": worst.status,
            "kind": worst.kind or "",
            "verdict": words,
            "mood": mood,
        }

    def long_rows(self) -> list[Cells]:
        """A gradient in a row a variable."""
        return [{**self.answer_cells(answer), "variable": name} for name, answer in self.parts()]


def component(answer: Result) -> dict[str, object]:
    """What a record says of one partial derivative."""
    return {
        "status": answer.status,
        "kind": answer.kind,
        "left": finite_or_none(answer.left),
        "right": finite_or_none(answer.right),
    }
