"""Expressions lowered to flat rows, to be run over any number system of `algebra`.

Lowering writes out bodies, folds and defaults, so that a number system needs an evaluator
for the other rows of the table only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr
from dcalc.functions import Row


class Tape(NamedTuple):
    """Rows in order of evaluation: (op, places of the arguments), leaves as (op, payload)."""

    rows: list[tuple[Row, tuple[Any, ...]]]
    nodes: list[Expr]
    places: dict[int, int]

    def place(self, root: Expr) -> int:
        """Where the value of a node that was lowered stands."""
        return self.places[root.id]


def written_out(node: Expr) -> Expr | None:
    """What a node stands for, where it has no evaluator of its own."""
    op = node.op
    if op.body:
        return rules.body(node)
    if op.fold and len(node.args) != 2:
        return rules.pairs(node)
    return None


def lower(*roots: Expr) -> Tape:
    """The tape of one or more nodes. Linear in nodes."""
    rows: list[tuple[Row, tuple[Any, ...]]] = []
    nodes: list[Expr] = []
    places: dict[int, int] = {}
    stack = list(roots)
    while stack:
        node = stack[-1]
        if node.id in places:
            stack.pop()
            continue
        op = node.op
        leaf = op is table.NUMBER or op is table.SYMBOL
        inner = None if leaf else written_out(node)
        needed = () if leaf else node.args if inner is None else (inner,)
        missing = [arg for arg in needed if arg.id not in places]
        if missing:
            stack += missing
            continue
        stack.pop()
        if inner is not None:
            places[node.id] = places[inner.id]
            continue
        places[node.id] = len(rows)
        rows.append((op, node.args if leaf else tuple([places[arg.id] for arg in node.args])))
        nodes.append(node)
    return Tape(rows, nodes, places)


def run(
    tape: Tape,
    inputs: Mapping[str, Any],
    constant: Callable[[int | Fraction], Any],
    evaluator: Callable[[Row], Callable[..., Any]],
) -> list[Any]:
    """The values of all rows over a number system, given its constants and evaluators."""
    values: list[Any] = []
    for op, args in tape.rows:
        if op is table.NUMBER:
            values.append(constant(args[0]))
        elif op is table.SYMBOL:
            values.append(inputs[args[0]])
        else:
            values.append(evaluator(op)(*[values[i] for i in args]))
    return values
