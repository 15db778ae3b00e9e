"""Branches of `where` that are not taken, and make the gradients of other frameworks nan all the same.

JAX and PyTorch compute both branches and multiply the derivative of the one that is not taken by 0; where it is
infinite that is nan. A harmless argument in that branch is the cure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from dcalc import functions as table
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, make, number, variables, walk
from dcalc.notation import write
from dcalc.numbers import real
from dcalc.numbers.adjoint import Sweep
from dcalc.numbers.real import evaluate_all
from dcalc.reasons import short
from dcalc.targets.common.blocks import guard

_MOST_NODES = 2_000
_SURE = frozenset((
    table.NUMBER, table.SYMBOL, table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW, table.SQRT, table.LOG,
    table.EXP, table.SIN, table.COS, table.ABS, table.PI, table.E,
))  # fmt: skip
"""Rows of which both frameworks multiply 0 by the infinite derivative; some others have exceptions."""


class Poison(NamedTuple):
    """A branch that is not taken and has an infinite derivative, and the expression with a harmless one, if known."""

    branch: Expr
    name: str
    cure: Expr | None

    @property
    def sentence(self) -> str:
        """What other frameworks do, and what to write instead."""
        verb = "is" if all(node.op in _SURE for node in walk(self.branch)) else "may be"
        what = (
            f"the gradient {verb} nan in JAX and PyTorch: they compute the branch {short(self.branch)}, which is not "
            f"taken, and 0 times its derivative by {self.name}, which is not finite, is nan"
        )
        return what if self.cure is None else f"{what}; write {write(self.cure)}"


def find_poison(root: Expr, wrt: Sequence[str], at: Mapping[str, float]) -> Poison | None:
    """The first branch that is not taken at a point and has no finite derivative there; None where there is none.

    Large expressions are not looked at. Cost: a derivative of each branch.
    """
    if len(walk(root)) > _MOST_NODES:
        return None
    for branch, name in _infinite_branches(root, wrt, at):
        (cure,) = guard((root,))
        is_cured = cure is not root and not any(_infinite_branches(cure, wrt, at))
        return Poison(branch, name, cure if is_cured else None)
    return None


def _infinite_branches(root: Expr, wrt: Sequence[str], at: Mapping[str, float]) -> Iterator[tuple[Expr, str]]:
    choices = [node for node in walk(root) if node.op is table.WHERE]
    if not choices:
        return
    holds = evaluate_all([make(table.WHERE, choice.args[0], number(1), number(0)) for choice in choices], at)
    for choice, held in zip(choices, holds, strict=True):
        branch = choice.args[2 if held else 1]
        for name in wrt:
            if name in variables(branch) and not _is_finite(branch, name, at):
                yield branch, name


def _is_finite(branch: Expr, name: str, at: Mapping[str, float]) -> bool:
    """By a sweep through the branch alone, as the frameworks go through it."""
    try:
        sweep = Sweep(branch, frozenset((name,)))
        values = sweep.values(dict(at), real.constant, real.evaluator)
        return math.isfinite(sweep.adjoints(values, 1.0).get(name, 0.0))
    except (Unsupported, LimitError):  # nothing is claimed of it
        return True
