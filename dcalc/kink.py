"""A number where there is no derivative, because a program asked for one: --at-kink.

The verdict stays: the number is a convention, and a note says which, and what others take.
"""

from __future__ import annotations

import math
from collections.abc import Callable

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
CONVENTIONS = tuple(_CHOICES)
_LACKS = {
    "left": "there is no finite derivative from the left",
    "right": "there is no finite derivative from the right",
    "mean": "the derivatives from both sides are not finite",
}


def apply_convention(result: Result, how: str, *, first: bool = True) -> Result:
    """The result with the value that the convention ``how`` gives, where f is not differentiable.

    A note names the choice and, for a ``first`` derivative, what other programs take. If the sides that the
    convention needs are not finite, the result stays without a value and its reason says so.
    """
    if result.status != "not_differentiable" or result.chosen:
        return result
    value = _CHOICES[how](result.left, result.right)
    if value is None:
        return result.replace(reason=f"{result.reason}; --at-kink {how}: {_LACKS[how]}")
    note = f"{result.reason or 'not differentiable'}: {how} is taken by --at-kink"
    notes = (*result.notes, note, *_conventions_elsewhere(result.node if first else None))
    return result.replace(value=None if math.isnan(value) else value, chosen=how, notes=notes)


def _conventions_elsewhere(node: Expr | None) -> tuple[str, ...]:
    """What other programs take for the slope of the function at fault."""
    if node is None or not node.op.elsewhere:
        return ()
    return (f"there the derivative of {node.op.name} is, by convention: {node.op.elsewhere}",)
