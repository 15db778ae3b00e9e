"""The simplest form of an expression that holds wherever the expression is defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.analysis.answers import Cells, Entry, Titles, headings, status_facts
from dcalc.analysis.conditions import note_lost_conditions
from dcalc.errors import LimitError, UsageError
from dcalc.expr import Expr, exact, variables, walk
from dcalc.finding import Column, Fact, Field, Finding, Formula, Subject
from dcalc.numbers.real import evaluate
from dcalc.problem import Result
from dcalc.simplify import simplify, style
from dcalc.simplify.cost import Costs
from dcalc.simplify.shorten import shorten
from dcalc.solver import undefined_constant
from dcalc.unknown import unknown_functions

if TYPE_CHECKING:
    from dcalc.proof.polynomials import Form

_MOST_NODES = 200
"""Of expressions whose polynomials are tried, too."""
_ROUNDING = 1e-6
"""What rounding may make of a constant: far more than usual, as a false alarm costs only time."""
RECORD = {"result": Field("string | null", "the simplified expression; null where f has no value anywhere")}


_MOST_TERMS = 200
"""Of polynomials that are made only to see whether they are shorter."""
_MOST_ROUNDS = 4


def find(subject: Subject, *, form: Form | None = None, collect: str | None = None) -> Finding:
    """A subject's expression, simplified, or in a form that is asked for; undefined where a constant part has no value.

    ``collect`` names the variable whose powers are put together. A note says where the result has a value and the
    expression has a hole or a pole. Raises LimitError where a polynomial would be too long, UsageError for a name that
    the expression lacks.
    """
    root = subject.root
    if reason := undefined_constant(root):
        return finding(subject, (Result(status="undefined", reason=reason),))
    if collect is not None:
        result = _collect(root, collect)
    elif form is not None:
        from dcalc.proof.polynomials import rewrite  # which loads flint

        result = rewrite(root, form)
    else:
        result = find_simplest(root)
    return finding(subject, (Result(derivative=result, notes=note_lost_conditions(root, result)),))


def _collect(root: Expr, name: str) -> Expr:
    known = variables(root)
    if name not in known:
        names = ", ".join(known) or "none"
        raise UsageError(f"the expression has no variable {name}", help=f"its variables: {names}")
    from dcalc.proof.polynomials import collect  # as above

    return collect(root, name)


def find_simplest(root: Expr) -> Expr:
    """The shortest form known: by rules, by polynomials, or the number that it is proved to be. The same again for
    the result. Linear in nodes for large expressions."""
    simplest = shorten(simplify(root))
    if exact(simplest) is None and _looks_constant(simplest):
        from dcalc.proof import prove_number  # which loads flint, and is for the few that look constant

        value = prove_number(simplest)
        if value is not None:
            return style(root).number(value)
    costs = Costs()
    for _ in range(_MOST_ROUNDS):
        shorter = min([simplest, *_polynomial_forms(simplest)], key=costs)
        if costs(shorter) >= costs(simplest):
            break
        simplest = shorter
    return simplest


def _polynomial_forms(root: Expr) -> list[Expr]:
    """The forms over flint's polynomials, made short; none where nothing in the expression is a sum."""
    nodes = walk(root)
    if len(nodes) > _MOST_NODES or not any(node.op is table.ADD for node in nodes):
        return []
    from dcalc.proof.polynomials import FORMS, rewrite  # as above

    forms = []
    for form in FORMS:
        with suppress(LimitError):
            forms.append(shorten(rewrite(root, form, _MOST_TERMS)))
    return forms


def _looks_constant(root: Expr) -> bool:
    """Whether an expression has about the same value at two points of no particular kind."""
    if unknown_functions(node.op for node in walk(root)):
        from dcalc.opaque import hide_calls  # few expressions have any

        (root,) = hide_calls(root)
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
