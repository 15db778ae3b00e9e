"""Slopes as products: what is positive everywhere is set apart, since balls lose the sign of what is nearly 0.

The slope of `exp(-1000*x**2)` is `-2000*x` times an exponential, which over an interval is enclosed by a ball
around 0 even where it is positive. The sign of the slope, and where it changes, are those of `-2000*x`.
"""

from __future__ import annotations

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, Expr, exact, is_leaf, make, walk


def split_positive(root: Expr) -> tuple[Expr, Expr]:
    """(positive, rest) whose product is ``root`` wherever both have values; the first is positive there, or 1."""
    bounds = _bound_below(root)
    positive: list[Expr] = []
    rest: list[Expr] = []
    factors = [(root, False)]
    while factors:
        factor, below = factors.pop()
        if factor.op is table.MUL:
            factors += [(arg, below) for arg in factor.args]
        elif factor.op is table.NEG:
            rest.append(MINUS_ONE)
            factors.append((factor.args[0], below))
        elif factor.op is table.DIV:
            factors += [(factor.args[0], below), (factor.args[1], not below)]
        else:
            one = make(table.DIV, ONE, factor) if below else factor
            is_positive = bounds[factor.id] >= (_AT_LEAST_ZERO if below else _POSITIVE)
            (positive if is_positive and exact(factor) is None else rest).append(one)
    return _multiply(positive), _multiply(rest)


def _multiply(factors: list[Expr]) -> Expr:
    return ONE if not factors else factors[0] if len(factors) == 1 else make(table.MUL, *factors)


_ANY, _AT_LEAST_ZERO, _POSITIVE = range(3)
"""What is known of a value, wherever there is one."""


def _bound_below(root: Expr) -> dict[int, int]:
    """What is known of each node's value."""
    bounds: dict[int, int] = {}
    for node in walk(root):
        bounds[node.id] = _bound_node(node, [] if is_leaf(node) else [bounds[arg.id] for arg in node.args])
    return bounds


def _bound_node(node: Expr, args: list[int]) -> int:
    op = node.op
    value = exact(node)
    if value is not None:
        return _POSITIVE if value > 0 else _ANY if value else _AT_LEAST_ZERO
    if op is table.EXP or op is table.COSH:
        return _POSITIVE
    if op is table.ADD:
        return _ANY if _ANY in args else max(args)
    if op is table.MUL:
        return min(args)
    if op is table.SQRT:
        return max(args[0], _AT_LEAST_ZERO)
    if op is table.DIV:  # the divisor is not 0
        return args[0] if args[1] else _ANY
    if op is table.POW:
        return _bound_power(args[0], exact(node.args[1]))
    return _AT_LEAST_ZERO if op is table.ABS else _ANY


def _bound_power(base: int, exponent: object) -> int:
    if base == _POSITIVE:
        return _POSITIVE
    if isinstance(exponent, int) and exponent % 2 == 0:
        return _POSITIVE if exponent < 0 else _AT_LEAST_ZERO
    return _ANY
