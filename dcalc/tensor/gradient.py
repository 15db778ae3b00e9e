"""Derivatives by reverse mode on the graph of Einstein sums, as short as one would write them.

An adjoint has the axes of the output first and those of its node after them, so that gradients, Jacobians and
derivatives of any order are one algorithm: the derivative of an array of shape S by a variable of shape V has the
shape S + V.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import product as cross
from math import gcd, lcm, prod

from dcalc.records import NamedTuple
from dcalc.tensor import linear
from dcalc.tensor.elementwise import SIGMOID, partial_by
from dcalc.tensor.forms import Form
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Network,
    Node,
    Number,
    add,
    factors_of,
    is_closed,
    number,
    product,
    replace_args,
    scale,
    split_coefficient,
    walk,
)
from dcalc.tensor.plain import measure
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


# --- tidy forms --------------------------------------------------------------------------------
# Derivatives as short as one would write them: what terms share moves out of their sum.
#
# A term of a sum is taken apart at each of its factors: a scalar, what has only labels of the result, a matrix at
# either end of a chain. What several terms share there is pulled out where the text does not become longer.


_MOST_TERMS = 40
"""In longer sums nothing is looked for: each pair of terms would have to be compared."""

_MOST_ROUNDS = 10
Forms = dict[Node, Form]
"""How nodes are written that were measured before."""


def tidy(root: Node) -> Node:
    """The node with common factors moved out of all sums below it.

    Cost: for each sum some trials, each linear in its text.
    """
    sums: dict[Node, Node] = {}
    known: Forms = {}
    for _ in range(_MOST_ROUNDS):  # what is pulled out of a sum leaves another one
        images: dict[Node, Node] = {}
        for node in walk(root):
            image = replace_args(node, [images[arg] for arg in node.args])
            if image.kind is Kind.SUM:
                if image not in sums:
                    sums[image] = _shorten_sum(image, known)
                image = sums[image]
            images[node] = image
        if images[root] is root:
            break
        root = images[root]
    return root


def _shorten_sum(node: Node, known: Forms) -> Node:
    """A sum as it is, or multiplied out, whichever is shorter with its factors pulled out."""
    best = _factor(node, known)
    opposites = _opposite_sigmoids(node)
    turned = {other: part for part, other in opposites.items()}
    choices = [(opposites, True), (opposites, False), *([(turned, True), (turned, False)] if turned else [])]
    for pairs, only_inside in choices:
        spread = spread_out(node, pairs, only_inside=only_inside)
        if spread is not None and spread is not node:
            other = _factor(spread, known) if spread.kind is Kind.SUM else spread
            best = min(best, other, key=lambda one: measure(one, known))
    return best


_MOST_SPREAD = 24
"""Terms of a sum that is multiplied out on trial."""


def spread_out(node: Node, opposites: Mapping[Node, Node], *, only_inside: bool = False) -> Node | None:
    """A sum with the sums in its products multiplied out; None where it has none, or too many.

    ``opposites`` are sigmoids that are written as 1 less another one. With ``only_inside`` those sums alone that are in
    a scalar of a product, such as `sum(x - y)`.
    """
    terms: list[Node] = []
    is_new = False
    for term in node.args:
        parts = _spread_term(term, opposites, only_inside)
        is_new = is_new or len(parts) != 1
        terms += parts
        if len(terms) > _MOST_SPREAD:
            return None
    return add(terms) if is_new else None


def _opposite_sigmoids(node: Node) -> dict[Node, Node]:
    """Of sigmoid(u) and sigmoid(-u), both of which are in a sum, one with the other: it is 1 less that."""
    inside: dict[Node, Node] = {}
    for term in node.args:
        for part in term.args if term.kind is Kind.PRODUCT else (term,):
            if part.kind is Kind.APPLY and part.data is SIGMOID:
                inside[part.args[0]] = part
    pairs: dict[Node, Node] = {}
    for inner, part in inside.items():
        other = inside.get(scale(inner, -1))
        if other is not None and other not in pairs:
            pairs[part] = other
    return pairs


def _spread_term(term: Node, opposites: Mapping[Node, Node], only_inside: bool) -> list[Node]:
    """The terms of a product that is multiplied out, scalars that are sums themselves among its factors."""
    if term.kind is not Kind.PRODUCT:
        return [term]
    network = term.network
    sizes: dict[int, Size] = dict(enumerate(network.sizes))
    plain: list[Factor] = []
    sums: list[tuple[tuple[Node, ...], tuple[int, ...]]] = []
    coefficient = network.coefficient
    stack = factors_of(term)
    own = len(network.sizes)
    while stack:
        node, labels, exponent = stack.pop()
        if is_closed(node) and exponent == 1:
            inner = node.network
            first = max(sizes, default=-1) + 1
            sizes.update({first + label: size for label, size in enumerate(inner.sizes)})
            coefficient *= inner.coefficient
            stack += [Factor(n, tuple(first + label for label in its), e) for n, its, e in factors_of(node)]
        elif node.kind is Kind.SUM and exponent == 1 and not (only_inside and labels and min(labels) < own):
            sums.append((node.args, labels))
        elif node in opposites and exponent == 1:
            sums.append(((number(1, node.shape), scale(opposites[node], -1)), labels))
        else:
            plain.append(Factor(node, labels, exponent))
    if not sums or prod(len(terms) for terms, _ in sums) > _MOST_SPREAD:
        return [term]
    choices = cross(*([Factor(part, labels) for part in terms] for terms, labels in sums))
    return [product(coefficient, [*plain, *choice], network.out, sizes) for choice in choices]


def _factor(node: Node, known: Forms) -> Node:
    """A sum, factored as long as it becomes no longer."""
    if len(node.args) > _MOST_TERMS:
        return node
    size = measure(node, known)
    while True:
        best: tuple[int, Node] | None = None
        for candidate in _candidates(node):
            if candidate is node:
                continue
            length = measure(candidate, known)
            if length <= size and (best is None or length < best[0]):
                best = length, candidate
        if best is None:
            return node
        size, node = best
        if node.kind is not Kind.SUM:
            return node


def _candidates(node: Node) -> Iterator[Node]:
    """The sum with something pulled out of some of its terms."""
    ratio = _common_number(node)
    if ratio != 1:
        yield product_of(ratio, add([scale(term, 1 / Fraction(ratio)) for term in node.args]))
    pulls: dict[tuple[object, ...], list[_Pull]] = {}
    for place, term in enumerate(node.args):
        for pull in _pulls(term, place):
            pulls.setdefault(pull.key, []).append(pull)
    for group in pulls.values():
        by_term = {pull.place: pull for pull in group}
        if len(by_term) > 1:
            yield _pull_out(node, list(by_term.values()))


def product_of(coefficient: Number, node: Node) -> Node:
    """A number times a node."""
    axes = tuple(range(node.rank))
    return product(coefficient, [Factor(node, axes)], axes, dict(enumerate(node.shape)))


def _common_number(node: Node) -> Number:
    """The number that all terms are whole multiples of."""
    values = [Fraction(split_coefficient(term)[0]) for term in node.args]
    sign = -1 if all(value < 0 for value in values) else 1
    return sign * Fraction(gcd(*(value.numerator for value in values)), lcm(*(value.denominator for value in values)))


class _Pull(NamedTuple):
    """A way to take a term apart: what is pulled out, and the rest with the labels of its axes.

    ``factor`` and ``labels`` are what is pulled out; labels below the rank of the sum are its axes, one more is an
    axis that the rest has in its place.
    """

    key: tuple[object, ...]
    place: int
    factor: Node
    labels: tuple[int, ...]
    exponent: Number
    rest: Node
    rest_labels: tuple[int, ...]


def _pulls(term: Node, place: int) -> Iterator[_Pull]:
    if term.kind is not Kind.PRODUCT or is_closed(term):
        axes = tuple(range(term.rank))
        yield _Pull((term, axes, 1), place, term, axes, 1, number(1, term.shape), axes)
        return
    network = term.network
    out = network.out
    if len(set(out)) < len(out):
        return
    factors = factors_of(term)
    for k, factor in enumerate(factors):
        others = [other for j, other in enumerate(factors) if j != k]
        if set(factor.labels) <= set(out):
            yield _pull_entries(term, place, factor, others)
        elif factor.exponent == 1:
            yield from _pull_end(network, place, factor, others)


def _pull_entries(term: Node, place: int, factor: Factor, others: list[Factor]) -> _Pull:
    """A factor with no labels but those of the result, to the power 1 or -1 that all may share."""
    network = term.network
    node, labels, exponent = factor
    step: Number = exponent
    if exponent == int(exponent):
        step = 1 if exponent > 0 else -1
    elif abs(Fraction(exponent)) > 1:
        step = Fraction(1, 2) if exponent > 0 else Fraction(-1, 2)
    rest = product(
        network.coefficient,
        [*others, Factor(node, labels, exponent - step)],
        network.out,
        dict(enumerate(network.sizes)),
    )
    axes = tuple(range(len(network.out)))
    names = {label: axis for axis, label in enumerate(network.out)}
    here = tuple(names[label] for label in labels)
    return _Pull((node, here, step), place, node, here, step, rest, axes)


def _pull_end(network: Network, place: int, factor: Factor, others: list[Factor]) -> Iterator[_Pull]:
    """A matrix at an axis of the result, or the vector at the far end of a chain."""
    node, labels, _ = factor
    out = network.out
    sizes: dict[int, Size] = dict(enumerate(network.sizes))
    rank = len(out)
    names = {label: axis for axis, label in enumerate(out)}
    inner = [label for label in labels if label not in names]
    if len(inner) != 1 or len(set(labels)) != len(labels):
        return
    (new,) = inner
    used = [label for other in others for label in other.labels]
    if new not in used:
        return
    if len(labels) == 2:
        (old,) = (label for label in labels if label != new)
        if old in used:
            return
        axis = names[old]
        del sizes[old]
        rest_out = tuple(new if label == old else label for label in out)
        rest_labels = tuple(rank if label == old else names[label] for label in out)
    else:
        axis = -1
        if used.count(new) != 1 or rank != 1:
            return
        rest_out = (*out, new)
        rest_labels = (*range(rank), rank)
    here = tuple(rank if label == new else names[label] for label in labels)
    rest = product(network.coefficient, others, rest_out, sizes)
    yield _Pull((node, here, "end", axis), place, node, here, 1, rest, rest_labels)


def _pull_out(node: Node, pulls: list[_Pull]) -> Node:
    """The sum with a common factor pulled out of some terms."""
    first = pulls[0]
    places = {pull.place for pull in pulls}
    inner = add([pull.rest for pull in pulls])
    sizes: dict[int, Size] = dict(enumerate(node.shape))
    sizes.update(zip(first.labels, first.factor.shape, strict=True))
    factors = [Factor(first.factor, first.labels, first.exponent), Factor(inner, first.rest_labels)]
    pulled = product(1, factors, range(node.rank), sizes)
    return add([pulled, *(term for k, term in enumerate(node.args) if k not in places)])
