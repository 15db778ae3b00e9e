"""What is unhealthy at a node: overflow, underflow, saturation."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction

from dcalc import functions as table
from dcalc import rules
from dcalc.algebra.flow import Flow, Value
from dcalc.algebra.real import evaluate
from dcalc.expr import Expr, is_leaf, make, number

_FLAT = 1e-3
"""A local derivative below this, at an argument beyond 1 and around it: the function is flat there."""
_AROUND = (0.9, 1.1)
_OPERATORS = frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG, table.POW)) | table.CONDITIONS


def marks(made: Flow) -> dict[int, str]:
    """By row: overflow (beyond a double), underflow (not 0, but below the normal doubles), or
    saturated (a function that hardly moves with its argument)."""
    return dict(_found(made))


def _found(made: Flow) -> Iterator[tuple[int, str]]:
    for row, node in enumerate(made.tape.nodes):
        value = made.values[row]
        if value is not None and math.isinf(value):
            yield row, "overflow"
        elif row in made.tiny:
            yield row, "underflow"
        elif _is_saturated(made, row, node):
            yield row, "saturated"


def _is_saturated(made: Flow, row: int, node: Expr) -> bool:
    if is_leaf(node) or node.op in _OPERATORS or len(node.args) != 1 or node.op.tangent:
        return False
    partial, inside = made.partials[row][0], made.values[made.tape.rows[row][1][0]]
    if partial is None or inside is None or not _is_flat(partial) or not 1 < abs(inside) < math.inf:
        return False
    # Flat at a point alone is no saturation: sin is, at pi/2.
    return all(_is_flat(_partial_at(node, inside * factor)) for factor in _AROUND)


def _is_flat(partial: Value) -> bool:
    return partial is not None and abs(partial) < _FLAT


def _partial_at(node: Expr, inside: float) -> float:
    """The local derivative of a function at another argument, in doubles."""
    partial = rules.partial(make(node.op, number(Fraction(inside))), 0)
    return math.nan if partial is None else evaluate(partial)
