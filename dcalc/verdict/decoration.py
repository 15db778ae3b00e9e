"""Germs with their decorations: what is known of a node beside its value and its two series.

Decorations travel with every operation, as those of interval arithmetic do (IEEE 1788-2015, 8.8): ``joint``
says that both sides are one two-sided series, ``cont`` that a side tends to the value. They are true by
construction, so that a smooth node needs no zero test, which could not always decide. Most operations keep
them; choices and steps may not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.proof.constant import Constant, Retry
from dcalc.verdict.series import Series, constant_term


class NoValue:
    """There is no value: why, and of which node."""

    __slots__ = ("node", "reason")

    def __init__(self, reason: str, node: Expr) -> None:
        self.reason = reason
        self.node = node


class OpenQuestion:
    """A question that could not be decided, carried until somebody needs the answer: a branch may not be taken.

    ``retry`` is what to raise then, where more terms or more bits may decide. ``oscillates``: the answer
    changes again and again, close to the point.
    """

    __slots__ = ("node", "oscillates", "reason", "retry")

    def __init__(self, reason: str, node: Expr, retry: Retry | None = None, oscillates: bool = False) -> None:
        self.reason = reason
        self.node = node
        self.retry = retry
        self.oscillates = oscillates


Value: TypeAlias = Constant | bool | NoValue | OpenQuestion
"""A node at the point; of a condition whether it holds."""
SideValue: TypeAlias = Series | bool | NoValue | OpenQuestion
"""A node on one side of the point."""


class Germ(NamedTuple):
    """A node at and around the point; conditions have bools for value and sides.

    ``joint``: both sides are one two-sided series. ``cont_left``, ``cont_right``: that side
    tends to the value by construction. ``still``: the node does not depend on the variable.
    """

    value: Value
    left: SideValue
    right: SideValue
    joint: bool
    cont_left: bool
    cont_right: bool
    still: bool = False

    def side(self, sign: int) -> SideValue:
        """The left side of a negative sign, the right one of a positive sign."""
        return self.left if sign < 0 else self.right

    @property
    def smooth(self) -> bool:
        """One two-sided series that tends to the value: nothing happens here."""
        return self.joint and self.cont_left and self.cont_right


Decoration = Callable[[list[Germ], Value, SideValue, SideValue], Germ]
"""The germ of an operation from those of its arguments, its value, and its sides."""


def decorate(args: list[Germ], value: Value, left: SideValue, right: SideValue, joint: bool) -> Germ:
    """An operation that is continuous where it has a value."""
    has_value = isinstance(value, Constant)
    cont_left = has_value and isinstance(left, Series) and all(arg.cont_left for arg in args)
    cont_right = has_value and isinstance(right, Series) and all(arg.cont_right for arg in args)
    return Germ(value, left, right, joint, cont_left, cont_right)


def decorate_power(args: list[Germ], value: Value, left: SideValue, right: SideValue, joint: bool) -> Germ:
    """A power is not continuous at 0**0 where the exponent varies."""
    base, exponent = args
    germ = decorate(args, value, left, right, joint)
    if exponent.still or not isinstance(base.value, Constant) or base.value.ball > 0:
        return germ
    return germ._replace(cont_left=False, cont_right=False)


def keep_continuity(germ: Germ, argument: Germ) -> Germ:
    """A germ that is continuous where its argument is."""
    has_value = isinstance(germ.value, Constant)
    cont_left = germ.cont_left or (has_value and argument.cont_left and isinstance(germ.left, Series))
    cont_right = germ.cont_right or (has_value and argument.cont_right and isinstance(germ.right, Series))
    return germ._replace(cont_left=cont_left, cont_right=cont_right)


def _decorate_extreme(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """max, min: joint where both sides took the same joint argument; always continuous."""
    joint = any(arg.joint and left is arg.left and right is arg.right for arg in args)
    return decorate(args, value, left, right, joint)


def _decorate_abs(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """abs: joint where the argument has the same sign on both sides, so that nothing was flipped alone."""
    (arg,) = args
    is_kept = left is arg.left and right is arg.right
    has_series = isinstance(left, Series) and isinstance(right, Series)
    is_flipped = has_series and left is not arg.left and right is not arg.right
    return decorate(args, value, left, right, arg.joint and (is_kept or is_flipped))


def _decorate_where(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """where: joint where both sides took one joint branch; cont where a side took the value's branch."""
    condition, first, second = args
    flags = [part for part in (condition.value, condition.left, condition.right) if isinstance(part, bool)]
    if len(flags) < 3:
        return Germ(value, left, right, False, False, False)
    at, on_left, on_right = (first if flag else second for flag in flags)
    joint = on_left is on_right and on_left.joint
    return Germ(value, left, right, joint, at is on_left and at.cont_left, at is on_right and at.cont_right)


def _decorate_floor(_args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """floor: constant on each side, so equal constants make it joint, and the value continuous."""
    if not (isinstance(left, Series) and isinstance(right, Series)):
        return Germ(value, left, right, False, False, False)
    a, b = (None if (step := constant_term(side)) is None else step.exact for side in (left, right))
    own = value.exact if isinstance(value, Constant) else None
    joint = a is not None and a == b
    return Germ(value, left, right, joint, own is not None and a == own, own is not None and b == own)


def _decorate_condition(_args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    return Germ(value, left, right, left is right and isinstance(left, bool), value is left, value is right)


DECORATIONS: dict[Row, Decoration] = {
    table.ABS: _decorate_abs,
    table.MAX: _decorate_extreme,
    table.MIN: _decorate_extreme,
    table.WHERE: _decorate_where,
    table.FLOOR: _decorate_floor,
    **dict.fromkeys(table.CONDITIONS, _decorate_condition),
}
"""Operations that choose or step; all others keep what their arguments have."""
