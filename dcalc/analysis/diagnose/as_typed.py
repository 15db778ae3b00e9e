"""Simplified expressions as one would type them: with quotients, roots and differences, in the same order."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import ONE, Expr, exact, is_leaf, make, number, walk


def as_typed(root: Expr) -> Expr:
    """The expression with quotients and signs as one would type them, in the same order of evaluation."""
    images: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            negative = node.op is table.NUMBER and node.args[0] < 0
            images[node.id] = make(table.NEG, number(-node.args[0])) if negative else node
            continue
        args = tuple(images[arg.id] for arg in node.args)
        if node.op is table.MUL:
            images[node.id] = _typed_product(node, args)
        elif node.op is table.POW and _negative_power(node):
            images[node.id] = make(table.DIV, ONE, _typed_power(node, args[0]))
        elif node.op is table.ADD:
            total = args[0]
            for arg in args[1:]:
                less = arg.op is table.NEG
                total = make(table.SUB, total, arg.args[0]) if less else make(table.ADD, total, arg)
            images[node.id] = total
        else:
            images[node.id] = make(node.op, *args)
    return images[root.id]


def _negative_power(node: Expr) -> bool:
    power = exact(node.args[1])
    return power is not None and power < 0


def _typed_power(node: Expr, base: Expr) -> Expr:
    power = -Fraction(exact(node.args[1]) or 0)
    if power == 1:
        return base
    if power == Fraction(1, 2):
        return make(table.SQRT, base)
    if power.denominator == 1:
        return make(table.POW, base, number(int(power)))
    return make(table.POW, base, make(table.DIV, number(power.numerator), number(power.denominator)))


def _typed_product(node: Expr, args: Sequence[Expr]) -> Expr:
    total: Expr | None = None
    negative = False
    for own, arg in zip(node.args, args, strict=True):
        if own.op is table.NUMBER and own.args[0] < 0:
            negative = not negative
            arg = arg.args[0]
        if arg is ONE:
            continue
        if own.op is table.POW and _negative_power(own):
            total = make(table.DIV, total or ONE, arg.args[1])
        else:
            total = arg if total is None else make(table.MUL, total, arg)
    total = total or ONE
    return make(table.NEG, total) if negative else total
