"""Whether f is analytic close to the point, though not at it: no choice changes, no step is met."""

from __future__ import annotations

from typing import Any

from dcalc import functions as table
from dcalc.algebra import domains
from dcalc.expr import Expr, is_leaf, operands, variables
from dcalc.verdict.compose import parts
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.series import Series, constant_term, subtract


def is_regular(line: Evaluation, name: str, side: str) -> bool:
    """Whether f is analytic in ``name`` at all points near by on a side of the line."""
    regular: dict[int, bool] = {}
    for node in line.order:
        sides = {part.id: getattr(line.germs[part.id], side) for part in (*operands(node), node)}
        inner = line.meaning.get(node.id)
        if inner is not None:
            regular[node.id] = regular[inner.id]
        elif is_leaf(node) or name not in variables(node):
            regular[node.id] = isinstance(sides[node.id], (Series, bool))
        else:
            regular[node.id] = _is_interior(node, [sides[arg.id] for arg in operands(node)], sides[node.id], regular)
    return regular[line.root.id]


def _is_interior(node: Expr, args: list[Any], value: Any, regular: dict[int, bool]) -> bool:
    """Whether a node is analytic in its arguments there, or a condition holds all around."""
    known = [regular[arg.id] for arg in node.args]
    if node.op in (table.AND, table.OR):
        decides = node.op is table.OR
        one = any(part is decides and sure for part, sure in zip(args, known, strict=True))
        return one or (value is not decides and all(known))
    if node.op is table.WHERE:
        return known[0] and isinstance(args[0], bool) and known[1 if args[0] else 2]
    if not all(known) or not isinstance(value, (Series, bool)):
        return False
    if node.op in _CHOICES:
        return all(subtract(arg, args[0]).leading() is not None for arg in args[1:])
    if node.op is table.ABS:
        return args[0].leading() is not None
    if node.op is table.FLOOR:
        return _is_between(args[0])
    if node.op is table.POW:
        exponent = constant_term(args[1])
        whole = None if exponent is None else exponent.whole()
        return whole is not None or args[0].leading() is not None
    return node.op in _ENTIRE or not domains.has_edges(node.op)


def _is_between(series: Series) -> bool:
    """Whether a series stays off whole numbers, close to the point."""
    growing, limit, small = parts(series)
    return not growing.terms and (limit.whole() is None or small.leading() is not None)


_CHOICES = frozenset((table.MAX, table.MIN, *table.CONDITIONS)) - {table.AND, table.OR, table.NOT}
_ENTIRE = frozenset((table.ADD, table.SUB, table.MUL, table.NEG, table.DIV, table.NOT, table.LOG))
"""Analytic, with all that they choose, wherever they have a value."""
