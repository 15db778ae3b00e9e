"""Which part of the expression is at fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dcalc.expr import Expr, operands, walk
from dcalc.verdict.choices import Germ
from dcalc.verdict.constant import Constant
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.outcomes import Missing
from dcalc.verdict.series import Series

KindOf = Callable[[Germ], str | None]
"""How a node of its own fails to be differentiable; None where it does not, or that is not known."""


def blame(evaluation: Evaluation, kind: str, kind_of: KindOf) -> Expr | None:
    """The deepest node that fails in that way; of oscillations, the source.

    Where that is not known, the deepest that is not smooth though all its operands are.
    """
    rough = [(node, germ) for node, germ in _own(evaluation) if not germ.smooth]
    if kind == "oscillation":
        return next((node for node, germ in rough if _oscillates(germ)), None)
    defined = [(node, germ) for node, germ in rough if isinstance(germ.value, Constant)]
    for node, germ in defined:
        if kind_of(germ) == kind:
            return node
    for node, _ in defined:
        if all(_harmless(evaluation.germs.get(arg.id)) for arg in operands(node)):
            return node
    return None


def _own(evaluation: Evaluation) -> Iterator[tuple[Expr, Germ]]:
    """The nodes of the expression itself with their germs, children first; no conditions."""
    listed = _listed(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id in listed and not isinstance(germ.value, bool):
            yield node, germ


def _oscillates(germ: Germ) -> bool:
    return any(isinstance(side, Series) and side.osc is not None for side in (germ.left, germ.right))


def _harmless(germ: Germ | None) -> bool:
    """Whether an operand is smooth; one that was not needed is."""
    return germ is None or germ.smooth or isinstance(germ.value, bool)


def _listed(evaluation: Evaluation) -> set[int]:
    """The nodes of the expression itself, not of what a function was written out to."""
    return {part.id for part in walk(evaluation.root)}


def owner(evaluation: Evaluation, lack: Missing) -> Expr | None:
    """The part of the expression itself that a missing value belongs to: sqrt(x), not x**(1/2)."""
    listed = _listed(evaluation)
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if node.id in listed and any(part is lack for part in (germ.value, germ.left, germ.right)):
            return node
    return lack.node
