"""Which part of the expression is at fault."""

from __future__ import annotations

from dcalc.expr import Expr, is_leaf, walk
from dcalc.verdict.choices import Germ
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.outcomes import Missing
from dcalc.verdict.series import Series


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
