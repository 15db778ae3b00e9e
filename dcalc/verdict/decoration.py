"""What a node keeps of ``joint`` and ``cont``: most operations all, choices and steps less."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.proof.constant import Constant
from dcalc.verdict.series import Series, constant_term


class Germ(NamedTuple):
    """A node at the point; conditions have bools for value and sides.

    ``joint``: both sides are one two-sided series. ``cont_left``, ``cont_right``: that side
    tends to the value by construction. ``still``: the node does not depend on the variable.
    """

    value: Any
    left: Any
    right: Any
    joint: bool
    cont_left: bool
    cont_right: bool
    still: bool = False

    @property
    def smooth(self) -> bool:
        """One two-sided series that tends to the value: nothing happens here."""
        return self.joint and self.cont_left and self.cont_right


Decoration = Callable[[list[Germ], Any, Any, Any], Germ]


def decorate(args: list[Germ], value: Any, left: Any, right: Any, joint: bool) -> Germ:
    """An operation that is continuous where it has a value."""
    defined = isinstance(value, Constant)
    cont_left = defined and isinstance(left, Series) and all(arg.cont_left for arg in args)
    cont_right = defined and isinstance(right, Series) and all(arg.cont_right for arg in args)
    return Germ(value, left, right, joint, cont_left, cont_right)


def decorate_power(args: list[Germ], value: Any, left: Any, right: Any, joint: bool) -> Germ:
    """A power is not continuous at 0**0 where the exponent varies."""
    base, exponent = args
    made = decorate(args, value, left, right, joint)
    if exponent.still or not isinstance(base.value, Constant) or base.value.ball > 0:
        return made
    return made._replace(cont_left=False, cont_right=False)


def _decorate_extreme(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """max, min: joint where both sides took the same joint argument; always continuous."""
    joint = any(arg.joint and left is arg.left and right is arg.right for arg in args)
    return decorate(args, value, left, right, joint)


def _decorate_abs(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """abs: joint where the argument has the same sign on both sides, so that nothing was flipped alone."""
    (arg,) = args
    keep_continuity = left is arg.left and right is arg.right
    series = isinstance(left, Series) and isinstance(right, Series)
    flipped = series and left is not arg.left and right is not arg.right
    return decorate(args, value, left, right, arg.joint and (keep_continuity or flipped))


def _decorate_where(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """where: joint where both sides took one joint branch; cont where a side took the value's branch."""
    condition, first, second = args
    if any(isinstance(part, (NoValue, OpenQuestion)) for part in (condition.value, condition.left, condition.right)):
        return Germ(value, left, right, False, False, False)
    at, on_left, on_right = ((second, first)[flag] for flag in (condition.value, condition.left, condition.right))
    joint = on_left is on_right and on_left.joint
    return Germ(value, left, right, joint, at is on_left and at.cont_left, at is on_right and at.cont_right)


def _decorate_floor(_args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """floor: constant on each side, so equal constants make it joint, and the value continuous."""
    if not (isinstance(left, Series) and isinstance(right, Series)):
        return Germ(value, left, right, False, False, False)
    a, b = (None if (step := constant_term(side)) is None else step.exact for side in (left, right))
    own = value.exact if isinstance(value, Constant) else None
    joint = a is not None and a == b
    return Germ(value, left, right, joint, own is not None and a == own, own is not None and b == own)


def _decorate_condition(_args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    return Germ(value, left, right, left is right and isinstance(left, bool), value is left, value is right)


def keep_continuity(germ: Germ, argument: Germ) -> Germ:
    """A germ that is continuous where its argument is."""
    defined = isinstance(germ.value, Constant)
    cont_left = germ.cont_left or (defined and argument.cont_left and isinstance(germ.left, Series))
    cont_right = germ.cont_right or (defined and argument.cont_right and isinstance(germ.right, Series))
    return germ._replace(cont_left=cont_left, cont_right=cont_right)


DECORATIONS: dict[Row, Decoration] = {
    table.ABS: _decorate_abs,
    table.MAX: _decorate_extreme,
    table.MIN: _decorate_extreme,
    table.WHERE: _decorate_where,
    table.FLOOR: _decorate_floor,
    **dict.fromkeys(table.CONDITIONS, _decorate_condition),
}


# --- What a node may be where it is no number: without a value, or an open question.


class NoValue:
    """There is no value: why, and of which node."""

    __slots__ = ("node", "reason")

    def __init__(self, reason: str, node: Expr) -> None:
        self.reason = reason
        self.node = node


class OpenQuestion:
    """A question that could not be decided, carried until somebody needs the answer.

    ``error`` is the exception to raise then, where more terms or more bits may decide.
    """

    __slots__ = ("error", "node", "reason", "swings")

    def __init__(self, reason: str, node: Expr, error: Exception | None = None, swings: bool = False) -> None:
        self.reason = reason
        self.node = node
        self.error = error
        self.swings = swings  # the answer changes again and again, close to the point
