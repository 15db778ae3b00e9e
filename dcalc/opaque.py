"""Unknown functions taken as they are, or given a body: what can be said of them without knowing them.

To prove what holds for every function, its calls are hidden: each is a variable of its own, so that what is proved of
all values of these variables holds whatever the function is. To refute it, one function suffices: `instantiate`
puts its body in the place of every call, and the derivatives of that body in the places of its derivatives.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.expr import Expr, make, map_nodes, substitute, symbol, variables, walk
from dcalc.simplify import simplify


class Body(NamedTuple):
    """What a function is: its parameters, and an expression in them."""

    parameters: tuple[str, ...]
    root: Expr


def hide_calls(*roots: Expr) -> tuple[Expr, ...]:
    """The expressions with a new variable in the place of each call of an unknown function.

    Calls whose arguments simplify to the same are one variable, over all of the roots. Linear but for that.
    """
    taken = set(variables(*roots))
    hidden: dict[Expr, Expr] = {}

    def hide(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if not node.op.orders:
            return make(node.op, *args)
        call = make(node.op, *map(simplify, node.args))
        if call not in hidden:
            hidden[call] = _new_symbol(taken)
        return hidden[call]

    return map_nodes(hide, *roots)


def _new_symbol(taken: set[str]) -> Expr:
    number = 1
    while (name := f"c{number}") in taken:
        number += 1
    taken.add(name)
    return symbol(name)


def called_functions(*roots: Expr) -> dict[str, int]:
    """The unknown functions below the roots by name, in order, with the number of their arguments."""
    return dict(sorted((node.op.function, len(node.args)) for node in walk(*roots) if node.op.orders))


def instantiate(root: Expr, bodies: Mapping[str, Body]) -> Expr:
    """The expression with bodies in the places of calls, and their derivatives where calls are of derivatives.

    Raises what `derivative` raises. Linear in nodes, but for the derivatives.
    """

    def call(node: Expr, args: tuple[Expr, ...]) -> Expr:
        body = bodies.get(node.op.function) if node.op.orders else None
        if body is None:
            return make(node.op, *args)
        times = zip(body.parameters, node.op.orders, strict=True)
        wrt = tuple(name for name, order in times for _ in range(order))
        part = derivative(body.root, wrt) if wrt else body.root
        return substitute(part, dict(zip(body.parameters, args, strict=True)))

    return map_nodes(call, root)[0]


def is_smooth(root: Expr) -> bool:
    """Whether an expression is made of operations without kinks, jumps and choices."""
    return not any(node.op.kinks or node.op in _CHOOSING or node.op.body for node in walk(root) if node.args)


_CHOOSING = frozenset((table.WHERE, table.MAX, table.MIN, *table.CONDITIONS))
