"""What choices keep of joint and cont: where both sides took one branch, nothing happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.verdict.constant import Constant
from dcalc.verdict.outcomes import Germ, Missing, Open, exact_constant
from dcalc.verdict.series import Series


def _chosen(args: list[Germ], value: Any, left: Any, right: Any, branches: list[Germ]) -> Germ:
    """A choice is joint where both sides took the same joint branch; abs, max and min stay continuous."""
    joint = any(b.joint and left is b.left and right is b.right for b in branches)
    defined = isinstance(value, Constant)
    cont_left = defined and isinstance(left, Series) and all(arg.cont_left for arg in args)
    cont_right = defined and isinstance(right, Series) and all(arg.cont_right for arg in args)
    return Germ(value, left, right, joint, cont_left, cont_right)


def _choose_largest(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    return _chosen(args, value, left, right, args)


def _choose_sign(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """abs: joint where the argument has the same sign on both sides, so that nothing was flipped alone."""
    arg = args[0]
    plain = left is arg.left and right is arg.right
    flipped = left is not arg.left and right is not arg.right and isinstance(left, Series) and isinstance(right, Series)
    made = _chosen(args, value, left, right, [])
    return made._replace(joint=arg.joint and (plain or flipped))


def _choose_branch(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """where: joint where both sides took one joint branch; cont where a side took the value's branch."""
    condition, first, second = args
    taken = (first, second)
    if any(isinstance(part, (Missing, Open)) for part in (condition.value, condition.left, condition.right)):
        return Germ(value, left, right, False, False, False)
    at, on_left, on_right = (taken[not flag] for flag in (condition.value, condition.left, condition.right))
    joint = on_left is on_right and on_left.joint
    return Germ(value, left, right, joint, at is on_left and at.cont_left, at is on_right and at.cont_right)


def _choose_step(args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    """floor: constant on each side, so equal constants make it joint, and the value continuous."""
    if not (isinstance(left, Series) and isinstance(right, Series)):
        return Germ(value, left, right, False, False, False)
    steps = [exact_constant(side) for side in (left, right)]
    a, b = (None if step is None else step.exact for step in steps)
    own = value.exact if isinstance(value, Constant) else None
    return Germ(
        value, left, right, a is not None and a == b, own is not None and a == own, own is not None and b == own
    )


def _condition(_args: list[Germ], value: Any, left: Any, right: Any) -> Germ:
    return Germ(value, left, right, left is right and isinstance(left, bool), value is left, value is right)


CHOOSERS: dict[Row, Callable[..., Germ]] = {
    table.ABS: _choose_sign,
    table.MAX: _choose_largest,
    table.MIN: _choose_largest,
    table.WHERE: _choose_branch,
    table.FLOOR: _choose_step,
    **dict.fromkeys(table.CONDITIONS, _condition),
}
