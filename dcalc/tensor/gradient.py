"""Derivatives by reverse mode on the graph of Einstein sums.

An adjoint has the axes of the output first and those of its node after them, so that gradients, Jacobians and
derivatives of any order are one algorithm: the derivative of an array of shape S by a variable of shape V has the
shape S + V.
"""

from __future__ import annotations

from collections.abc import Sequence

from dcalc.tensor import linear
from dcalc.tensor.elementwise import partial_by
from dcalc.tensor.nodes import Factor, Kind, Node, add, factors_of, number, product, walk
from dcalc.tensor.sizes import Size


def differentiate(root: Node, by: Sequence[Node]) -> list[Node]:
    """The derivative of a node by each of some variables, by one sweep from the root to the leaves.

    Raises Unsupported where a function has no closed form. Cost: linear in nodes, times the factors of a product.
    """
    names = list(by)
    moving = set(names)
    nodes = walk(root)
    for node in nodes:
        if any(arg in moving for arg in node.args):
            moving.add(node)
    lead = root.rank
    labels = tuple(range(lead))
    adjoints: dict[Node, list[Node]] = {}
    if root in moving:
        adjoints[root] = [product(1, [], labels * 2, dict(enumerate(root.shape)))]
    results: dict[Node, Node] = {}
    for node in reversed(nodes):
        parts = adjoints.pop(node, None)
        if parts is None:
            continue
        adjoint = add(parts)
        if node in names:
            results[node] = adjoint
            continue
        for arg, part in _contributions(node, adjoint, lead, moving):
            adjoints.setdefault(arg, []).append(part)
    return [results.get(node) or number(0, root.shape + node.shape) for node in names]


def _contributions(node: Node, adjoint: Node, lead: int, moving: set[Node]) -> list[tuple[Node, Node]]:
    """The arguments that depend on a variable, each with what it gets of a node's adjoint."""
    if node.kind is Kind.SUM:
        return [(arg, adjoint) for arg in node.args if arg in moving]
    if node.kind is Kind.PRODUCT:
        return _of_product(node, adjoint, lead, moving)
    if node.kind is not Kind.APPLY:
        return [(node.args[0], linear.pull_back(node, adjoint, lead))]
    parts = []
    axes = tuple(range(adjoint.rank))
    for place, arg in enumerate(node.args):
        if arg in moving:
            slope = partial_by(node, place)
            factors = [Factor(adjoint, axes), Factor(slope, axes[lead:])]
            parts.append((arg, product(1, factors, axes, dict(enumerate(adjoint.shape)))))
    return parts


def _of_product(node: Node, adjoint: Node, lead: int, moving: set[Node]) -> list[tuple[Node, Node]]:
    """The adjoint times all other factors, for each factor that moves: Einstein sums differentiate like products."""
    network = node.network
    factors = factors_of(node)
    first = len(network.sizes)  # the labels of the output come after those of the network
    head = tuple(range(first, first + lead))
    sizes: dict[int, Size] = dict(enumerate(network.sizes))
    sizes.update(zip(head, adjoint.shape[:lead], strict=True))
    whole = Factor(adjoint, (*head, *network.out))
    parts = []
    for place, (arg, labels, exponent) in enumerate(factors):
        if arg not in moving:
            continue
        others = [factor for k, factor in enumerate(factors) if k != place]
        if exponent != 1:
            others.append(Factor(arg, labels, exponent - 1))
        part = product(network.coefficient * exponent, [whole, *others], (*head, *labels), sizes)
        parts.append((arg, part))
    return parts
