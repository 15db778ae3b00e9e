"""What a stream or a file is to be turned into: which derivatives, under which titles."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import TYPE_CHECKING, NamedTuple

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dcalc.cli.ask import Question


class Task(NamedTuple):
    """``names`` are the variables in the order of columns, ``targets`` what is computed of each row.

    ``titles`` head the columns of the targets, ``status`` that of the verdict.
    """

    command: str
    question: Question
    names: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]
    status: str
    prefix: str = ""

    def refuse_taken(self, present: Iterable[str]) -> None:
        """Raise UsageError where a column of the input bears the name of one to be made."""
        taken = set(present)
        for title in (*self.titles, self.status):
            if title in taken:
                raise taken_already(title)


def taken_already(title: str) -> UsageError:
    """For an input with a column that bears the name of a new one."""
    return UsageError(f"the input has a column {title} already", help="name the new columns otherwise: --prefix d_")


def of_diff(question: Question, names: tuple[str, ...], prefix: str) -> Task:
    """One derivative: `value`, `status`."""
    return Task("diff", question, names, question.targets, (f"{prefix}value",), f"{prefix}status", prefix)


def of_grad(question: Question, names: tuple[str, ...], prefix: str) -> Task:
    """The partial derivatives: `df_dx`, `df_dy`, `status`."""
    titles = tuple(f"{prefix}df_d{name}" for name in question.wrt)
    return Task("grad", question, names, question.targets, titles, f"{prefix}status", prefix)


def of_map(question: Question, names: tuple[str, ...], prefix: str, *, value: bool, hessian: bool) -> Task:
    """The gradient, after f where ``value``, before `d2f_dxdy` where ``hessian``."""
    targets: list[tuple[str, ...]] = [()] if value else []
    targets += [(name,) for name in question.wrt]
    targets += list(combinations_with_replacement(question.wrt, 2)) if hessian else []
    titles = tuple(prefix + _title(target) for target in targets)
    return Task("map", question, names, tuple(targets), titles, f"{prefix}status", prefix)


def _title(target: Sequence[str]) -> str:
    order = "" if len(target) == 1 else str(len(target))
    return f"d{order}f_" + "".join(f"d{name}" for name in target) if target else "f"
