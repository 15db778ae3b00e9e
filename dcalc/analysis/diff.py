"""The derivative of an expression, of any order, or a mixed partial one: as an expression or at a point."""

from __future__ import annotations

from collections.abc import Sequence

from dcalc import functions as table
from dcalc.analysis.answers import DERIVATIVE_RECORD, Entry
from dcalc.errors import UsageError
from dcalc.expr import Expr, exact, walk
from dcalc.finding import Finding, Subject
from dcalc.problem import Problem, Result
from dcalc.solver import apply_convention, solve

RECORD = DERIVATIVE_RECORD


def find(subject: Subject, at_kink: str | None = None) -> Finding:
    """The derivative by the target of a subject; ``at_kink`` is the value where there is none.

    Raises UsageError where a backend needs a point, LimitError, and Unsupported where the one
    backend asked cannot. Cost: of the reference, and of the backends asked for.
    """
    if subject.at is None:
        check_point(subject)
    problem = Problem(subject.root, subject.targets[0], subject.at, subject.digits, dtype=subject.dtype)
    answer = solve(problem, subject.backends, expression=subject.written)
    if subject.at is None and (notes := note_conditions(subject.root, subject.targets[0], answer)):
        answer = answer.replace(notes=(*answer.notes, *notes))
    if at_kink is not None:
        answer = apply_convention(answer, at_kink, first=subject.order == 1)
    return Entry(subject, (answer,)).finding()


def note_conditions(root: Expr, names: Sequence[str], answer: Result) -> tuple[str, ...]:
    """Where the text of a derivative has a value and the function has none."""
    if answer.derivative is None or not any(map(_may_lack_values, walk(root))):
        return ()
    from dcalc.analysis.conditions import note_lost_derivative  # most calls do without

    return note_lost_derivative(root, names, answer.derivative)


def _may_lack_values(node: Expr) -> bool:
    """Whether a node has no value for some arguments, or may have none."""
    if node.op is table.POW:
        value = exact(node.args[1])
        return type(value) is not int or value < 0
    return bool(node.op.domain or node.op.body)


def finding(subject: Subject, answers: Sequence[Result]) -> Finding:
    """The record of an answer to a row of points; without one, what stands at the head of an empty table."""
    return Entry(subject, answers or (Result(),)).finding()


def row_titles(_subject: Subject) -> tuple[str, ...]:
    """The title of the column that a row of points gains."""
    return ("value",)


def check_point(subject: Subject) -> None:
    """Raise UsageError where, at no point, a backend was asked for that cannot do without one."""
    for name in subject.backends:
        if name != "symbolic":
            raise UsageError(f"backend {name} needs a point", help="write --at 1, or --at x=1,y=2")
