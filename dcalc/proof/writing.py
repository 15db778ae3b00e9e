"""Constants as expressions: the closed form of a number that knows what it was made of."""

from __future__ import annotations

from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr, make, number, walk
from dcalc.proof.constant import Constant, to_fraction
from dcalc.simplify import simplify


def write_constant(value: Constant, *, in_full: bool = False) -> Expr | None:
    """A constant in closed form, simplified; None where it is made of what has none, or is long to read and not asked
    for ``in_full``. No recursion."""
    nodes: dict[int, Expr] = {}
    stack = [value]
    while stack:
        top = stack[-1]
        parts = [part for part in _parts(top) if id(part) not in nodes]
        if parts and len(nodes) + len(stack) < _MOST_PARTS:
            stack += parts
            continue
        stack.pop()
        node = None if parts else _write_part(top, [nodes[id(part)] for part in _parts(top)], in_full)
        if node is None:
            return None
        nodes[id(top)] = node
    root = simplify(nodes[id(value)])
    return root if in_full or len(walk(root)) <= _MOST_NODES else None


_MOST_PARTS = 60
_MOST_NODES = 12
"""Nodes of a closed form that is still worth reading beside the digits."""


_LARGEST = 1_000_000
"""Numerators and denominators below this are read at a glance."""


def _write_ratio(value: Fraction) -> Expr:
    """A rational as a quotient, never as a decimal."""
    return number(value) if value.denominator == 1 else make(table.DIV, *map(number, value.as_integer_ratio()))


def _parts(value: Constant) -> list[Constant]:
    if value.exact is not None:
        return []
    return list(value.args[1]) if value.op == "call" else [part for part in value.args if isinstance(part, Constant)]


def _write_part(value: Constant, args: list[Expr], in_full: bool) -> Expr | None:
    """A constant from what it was made of; None for what the table of functions does not know."""
    if value.exact is not None:
        ratio = to_fraction(value.exact)
        is_short = max(abs(ratio.numerator), ratio.denominator) < _LARGEST
        return _write_ratio(ratio) if in_full or is_short else None
    if value.op == "pi":
        return make(table.PI)
    if value.op == "pow":
        return make(table.POW, *args, _write_ratio(value.args[1]))
    if value.op == "inv":
        return make(table.POW, *args, number(-1))
    if value.op in ("+", "*"):
        return make(table.ADD if value.op == "+" else table.MUL, *args)
    name, _, order = value.args if value.op == "call" else ("", (), None)
    row = table.find(name, len(args)) if not order and args else None
    return None if row is None else make(row, *args)
