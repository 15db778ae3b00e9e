"""Conditions on blocks, decided with margin: where they hold at the point and all around it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from dcalc import functions as table
from dcalc.algebra.arrays.arithmetic import abs_, sub
from dcalc.algebra.arrays.bound import LIMIT, Arrays, Mask, Value
from dcalc.expr import Expr

_EXACT: dict[table.Row, Callable[[float, float], bool]] = {
    table.LT: operator.lt, table.LE: operator.le, table.GT: operator.gt, table.GE: operator.ge,
    table.EQ: operator.eq, table.NE: operator.ne,
}  # fmt: skip


_OPPOSITE = {
    table.LT: table.GE, table.LE: table.GT, table.GT: table.LE, table.GE: table.LT,
    table.EQ: table.NE, table.NE: table.EQ, table.AND: table.OR, table.OR: table.AND,
}  # fmt: skip


def surely(a: Arrays, condition: Expr, values: Mapping[int, Any], *, holds: bool = True) -> Mask:
    """Where a condition of comparisons, `and` and `or` surely holds (or surely does not), and goes
    on so when the point moves a little: `x >= 0` is x > 0 here, and `x == 0` holds for a constant
    at most."""
    found: dict[int, Mask] = {}
    for node in parts(condition):
        op = node.op if holds else _OPPOSITE[node.op]
        if op in _EXACT:
            found[node.id] = _compared(a, op, *[values[arg.id] for arg in node.args])
        else:
            join = a.both if op is table.AND else a.either
            found[node.id] = join(*[found[arg.id] for arg in node.args])
    return found[condition.id]


def parts(condition: Expr) -> list[Expr]:
    """The conditions that a condition is made of, inner ones first."""
    found: dict[Expr, None] = {}
    stack = [condition]
    while stack:
        node = stack.pop()
        if node.op in table.CONDITIONS:
            found[node] = None
            stack += node.args
    return sorted(found, key=lambda node: node.id)


def nonzero(a: Arrays, value: Value) -> Mask:
    """Where a value is surely not 0."""
    return a.both(_positive(a, abs_(a, value)), a.merged(value.sure))


def _positive(a: Arrays, value: Value) -> Mask:
    """Where a value is more than its error. A relative error alone cannot bring it to 0."""
    if value.own != 0.0 or value.abs != 0.0 or value.rel > LIMIT:
        return a.above(value.v, a.times(2.0, a.error(value)))
    return value.sign > 1 or a.above(value.v, 0.0)


def _compared(a: Arrays, op: table.Row, u: Value, v: Value) -> Mask:
    if isinstance(u.v, float) and isinstance(v.v, float) and a.error(u) == a.error(v) == 0.0:
        return _EXACT[op](u.v, v.v)
    if op is table.EQ:
        return False
    less, more = (u, v) if op in (table.LT, table.LE) else (v, u)
    gap = more if less.v == 0.0 and a.error(less) == 0.0 else sub(a, more, less)
    return a.both(_positive(a, abs_(a, gap) if op is table.NE else gap), a.merged(gap.sure))
