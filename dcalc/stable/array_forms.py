"""Expressions of arrays in forms that keep their digits in doubles.

Normal form has names for what overflows when it is written out, such as logsumexp, softmax and logdet. What is done
entry by entry is one expression of scalars, for which the rules of `dcalc.stable` are known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol
from dcalc.functions import Row
from dcalc.stable import stable
from dcalc.tensor.elementwise import instantiate
from dcalc.tensor.nodes import Kind, Node, broadcast, is_condition, replace_args, walk

_MOST_NODES = 200
"""Nodes of a part that is done entry by entry, up to which it is looked at."""


Rewrite = Callable[[Expr, Mapping[str, Node]], Expr]
"""A better form of an expression in the entries of some nodes, by name; itself where there is none."""


def stabilise(root: Node, rewrite: Rewrite = lambda expression, _leaves: stable(expression)) -> Node:
    """A node equal to ``root`` wherever that is defined, in forms that lose fewer digits; itself where there are none.

    ``rewrite`` finds the form of each part that is done entry by entry. Cost: a few passes over each, or that of it.
    """
    nodes = walk(root)
    inner = {arg for node in nodes if _is_entrywise(node) for arg in node.args if arg.shape == node.shape}
    outer = {arg for node in nodes for arg in node.args if not (_is_entrywise(node) and arg.shape == node.shape)}
    images: dict[Node, Node] = {}
    for node in nodes:
        image = replace_args(node, [images[arg] for arg in node.args])
        if _is_entrywise(node) and (node not in inner or node in outer):
            image = _rewrite(node, images, rewrite) or image
        images[node] = image
    return images[root]


def _is_entrywise(node: Node) -> bool:
    """Whether each entry depends on the entries in the same place alone, and on scalars."""
    if node.kind is Kind.APPLY:
        return bool(node.args) and not is_condition(node)
    if node.kind is Kind.SUM:
        return True
    if node.kind is not Kind.PRODUCT or not node.args:
        return False
    network = node.network
    whole = tuple(range(node.rank))
    return network.is_pointwise and network.out == whole and all(own in (whole, ()) for own in network.labels)


def _rewrite(root: Node, images: Mapping[Node, Node], rewrite: Rewrite) -> Node | None:
    """The part above which nothing is done entry by entry, in a better form; None where there is none."""
    names: dict[str, Node] = {}
    parts: dict[Node, Expr] = {}
    inside = _inside(root)
    if len(inside) > _MOST_NODES:
        return None
    for node in inside:
        args = []
        for arg in node.args:
            if arg not in parts:
                name = f"u{len(names)}"
                names[name] = arg
                parts[arg] = symbol(name)
            args.append(parts[arg])
        parts[node] = _as_scalar(node, args)
    before = parts[root]
    after = rewrite(before, names)
    if after is before:
        return None
    leaves = {name: broadcast(images[node], root.shape) for name, node in names.items()}
    return instantiate(after, leaves, root.shape)


def _inside(root: Node) -> list[Node]:
    """The nodes below a part that are done entry by entry together with it, children before parents."""
    seen = {root}
    stack = [root]
    while stack:
        node = stack.pop()
        for arg in node.args:
            if arg not in seen and arg.shape == root.shape and _is_entrywise(arg):
                seen.add(arg)
                stack.append(arg)
    return sorted(seen, key=lambda node: node.id)


def _as_scalar(node: Node, args: list[Expr]) -> Expr:
    """What a node does to each entry."""
    if node.kind is Kind.SUM:
        return make(table.ADD, *args)
    if node.kind is Kind.APPLY:
        row = node.data
        assert isinstance(row, Row)
        return make(row, *args)
    network = node.network
    factors = [arg if exponent == 1 else make(table.POW, arg, number(Fraction(exponent)))
               for arg, exponent in zip(args, network.exponents, strict=True)]  # fmt: skip
    if network.coefficient != 1 or not factors:
        factors.insert(0, number(Fraction(network.coefficient)))
    return factors[0] if len(factors) == 1 else make(table.MUL, *factors)
