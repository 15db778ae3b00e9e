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
from dcalc.expr import Expr, is_leaf, make, substitute, symbol, variables, walk
from dcalc.simplify import simplify


class Body(NamedTuple):
    """What a function is: its parameters, and an expression in them."""

    parameters: tuple[str, ...]
    root: Expr


def hide_calls(*roots: Expr) -> tuple[Expr, ...]:
    """The expressions with a new variable in the place of each call of an unknown function.

    Calls whose arguments simplify to the same are one variable, over all of the roots. Linear but for that.
    """
    nodes = walk(*roots)
    taken = set(variables(*roots))
    images: dict[int, Expr] = {}
    hidden: dict[int, Expr] = {}
    for node in nodes:
        if is_leaf(node):
            images[node.id] = node
        elif node.op.orders:
            call = make(node.op, *map(simplify, node.args))
            if call.id not in hidden:
                hidden[call.id] = _new_symbol(taken)
            images[node.id] = hidden[call.id]
        else:
            images[node.id] = make(node.op, *[images[arg.id] for arg in node.args])
    return tuple(images[root.id] for root in roots)


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
    images: dict[int, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            images[node.id] = node
            continue
        args = [images[arg.id] for arg in node.args]
        body = bodies.get(node.op.function) if node.op.orders else None
        if body is None:
            images[node.id] = make(node.op, *args)
            continue
        times = zip(body.parameters, node.op.orders, strict=True)
        wrt = tuple(name for name, order in times for _ in range(order))
        part = derivative(body.root, wrt) if wrt else body.root
        images[node.id] = substitute(part, dict(zip(body.parameters, args, strict=True)))
    return images[root.id]


def is_smooth(root: Expr) -> bool:
    """Whether an expression is made of operations without kinks, jumps and choices."""
    return not any(node.op.kinks or node.op in _CHOOSING or node.op.body for node in walk(root) if node.args)


_CHOOSING = frozenset((table.WHERE, table.MAX, table.MIN, *table.CONDITIONS))


def replace_node(root: Expr, node: Expr, by: Expr) -> Expr:
    """The expression with one node in the place of another. Linear."""
    images = {node.id: by}
    for part in walk(root):
        if part.id not in images:
            images[part.id] = part if is_leaf(part) else make(part.op, *[images[arg.id] for arg in part.args])
    return images[root.id]
