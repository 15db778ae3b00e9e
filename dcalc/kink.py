"""A number where there is no derivative, because a program asked for one: --at-kink.

The verdict stays: the number is a convention, and a note says which, and what others take.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from dcalc.expr import Expr
from dcalc.problem import Result


def _mean(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left / 2 + right / 2


_CHOICES: dict[str, Callable[[float | None, float | None], float | None]] = {
    "left": lambda left, right: left,
    "right": lambda left, right: right,
    "mean": _mean,
    "zero": lambda left, right: 0.0,
    "nan": lambda left, right: math.nan,
}
HOW = tuple(_CHOICES)
_LACKS = {
    "left": "there is no finite derivative from the left",
    "right": "there is no finite derivative from the right",
    "mean": "the derivatives from both sides are not finite",
}


def chosen(answer: Result, how: str, *, first: bool = True) -> Result:
    """The answer with the value that ``how`` means, where f is not differentiable.

    With a note on the choice and, of a ``first`` derivative, on what is known of other programs. Where the sides that
    it takes are not finite the answer stays without a value, and its sentence says so.
    """
    if answer.status != "not_differentiable" or answer.chosen:
        return answer
    value = _CHOICES[how](answer.left, answer.right)
    if value is None:
        return replace(answer, reason=f"{answer.reason}; --at-kink {how}: {_LACKS[how]}")
    found = None if math.isnan(value) else value
    said = f"{answer.reason or 'not differentiable'}: {how} is taken by --at-kink"
    node = answer.node if first else None
    return replace(answer, value=found, chosen=how, notes=(*answer.notes, said, *_elsewhere(node)))


def _elsewhere(node: Expr | None) -> tuple[str, ...]:
    """What other programs take for the slope of the function at fault."""
    if node is None or not node.op.elsewhere:
        return ()
    return (f"there the derivative of {node.op.name} is, by convention: {node.op.elsewhere}",)
