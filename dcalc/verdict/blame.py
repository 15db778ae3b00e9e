"""Which part of the expression is at fault, and whether a hole is one in all variables."""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, variables, walk
from dcalc.verdict.choices import Germ
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.outcomes import Missing
from dcalc.verdict.series import Series

_CONTINUOUS = frozenset((table.ADD, table.SUB, table.MUL, table.NEG, table.EXP, table.SIN, table.COS, table.ATAN))
_CONTINUOUS |= {table.ABS, table.MAX, table.MIN}


def blame(evaluation: Evaluation, status: str, kind: str | None) -> Expr | None:
    """The deepest node that is not smooth though all its operands are; of oscillations, the source."""
    if status != "not_differentiable":
        return None
    listed = _listed(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id not in listed or isinstance(germ.value, bool):
            continue
        if kind == "oscillation":
            if _oscillates(germ):
                return node
        elif not germ.smooth and all(_harmless(evaluation.germs.get(arg.id)) for arg in _operands(node)):
            return node
    return None


def _oscillates(germ: Germ) -> bool:
    return any(isinstance(side, Series) and side.osc is not None for side in (germ.left, germ.right))


def _harmless(germ: Germ | None) -> bool:
    """Whether an operand is smooth; one that was not needed is."""
    return germ is None or germ.smooth or isinstance(germ.value, bool)


def _listed(evaluation: Evaluation) -> set[int]:
    """The nodes of the expression itself, not of what a function was written out to."""
    return {part.id for part in walk(evaluation.root)}


def _operands(node: Expr) -> tuple[Expr, ...]:
    return () if is_leaf(node) else node.args


def owner(evaluation: Evaluation, lack: Missing) -> Expr | None:
    """The part of the expression itself that a missing value belongs to: sqrt(x), not x**(1/2)."""
    listed = _listed(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id in listed and any(part is lack for part in (germ.value, germ.left, germ.right)):
            return node
    return lack.node


def fills_in(evaluation: Evaluation) -> bool:
    """Whether a limit along one variable is one in all: the hole is a matter of that variable
    alone, and whatever depends on others is continuous there."""
    if variables(evaluation.root) in ([], [evaluation.name]):
        return True
    others: set[int] = set()
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if is_leaf(node):
            if node.op is table.SYMBOL and node.args[0] != evaluation.name:
                others.add(node.id)
        elif node.id in evaluation.meaning:
            if evaluation.meaning[node.id].id in others:
                others.add(node.id)
        elif any(arg.id in others for arg in node.args):
            others.add(node.id)
            lacking = [arg for arg in node.args if not _has_value(evaluation, arg)]
            if node.op not in _CONTINUOUS or (isinstance(germ.value, Missing) and not lacking):
                return False
    return True


def _has_value(evaluation: Evaluation, node: Expr) -> bool:
    return not isinstance(evaluation.germs[node.id].value, Missing)
