"""Nodes of linear algebra and reductions that are no Einstein sums: inverse, determinant, products, largest entries."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from dcalc import functions as table
from dcalc.tensor.elementwise import apply_row
from dcalc.tensor.nodes import (
    Factor,
    Kind,
    Node,
    add,
    as_number,
    factors_of,
    look_up,
    make,
    number,
    product,
    raise_to,
    scale,
    size_node,
    transpose,
)
from dcalc.tensor.sizes import Shape, Size


def _power_of_size(base: Node, size: Size) -> Node:
    """A scalar to the power of a length."""
    if as_number(base) == 1:
        return base
    return raise_to(base, size) if isinstance(size, int) else apply_row(table.POW, (base, size_node(size)))


def _split(node: Node) -> tuple[Node, list[Node], list[Node]] | None:
    """A square matrix as scalar times a chain of square matrices, or times a diagonal: (scalar, chain, diagonal).

    None where it is neither.
    """
    if node.kind is not Kind.PRODUCT:
        return None
    network = node.network
    scalars = [Factor(f.node, (), f.exponent) for f in factors_of(node) if not f.labels]
    scalar = product(network.coefficient, scalars, (), {})
    rest = [f for f in factors_of(node) if f.labels]
    if network.out[0] == network.out[1]:
        if any(len(f.labels) != 1 for f in rest) or len(network.sizes) != 1:
            return None
        return scalar, [], [product(1, rest, (0,), {0: network.sizes[0]})]
    chain: list[Node] = []
    label, end = network.out
    size = node.shape[0]
    if any(f.exponent != 1 or len(f.labels) != 2 or f.node.shape != (size, size) for f in rest):
        return None
    while rest:
        step = [f for f in rest if label in f.labels]
        if len(step) != 1 or step[0].labels[0] == step[0].labels[1]:
            return None
        (factor,) = step
        rest.remove(factor)
        forward = factor.labels[0] == label
        chain.append(factor.node if forward else transpose(factor.node))
        label = factor.labels[1] if forward else factor.labels[0]
    return (scalar, chain, []) if label == end else None


def invert(node: Node) -> Node:
    """The inverse of a square matrix; that of a product is the product of the inverses in the other order."""
    if node.kind is Kind.INVERSE:
        return node.args[0]
    size = node.shape[0]
    parts = _split(node)
    if parts is not None:
        scalar, chain, diagonal = parts
        if diagonal:
            factors = [Factor(scalar, (), -1), Factor(diagonal[0], (0,), -1)]
            return product(1, factors, (0, 0), {0: size})
        if len(chain) > 1 or as_number(scalar) != 1:
            factors = [Factor(scalar, (), -1)]
            factors += [Factor(invert(one), (k, k + 1)) for k, one in enumerate(reversed(chain))]
            return product(1, factors, (0, len(chain)), dict.fromkeys(range(len(chain) + 1), size))
        return transpose(_inverse(node.args[0]))  # of a transpose
    return _inverse(node)


def _inverse(node: Node) -> Node:
    if node.kind is Kind.INVERSE:
        return node.args[0]
    own, is_turned = _older_of(Kind.INVERSE, node, node.shape)
    return transpose(own) if is_turned else own


def _older_of(kind: Kind, node: Node, shape: Shape) -> tuple[Node, bool]:
    """The node of a kind for a matrix or its transpose, whichever was there first; and whether it is the latter."""
    if not node.is_symmetric:
        other = look_up(kind, (transpose(node),), None, shape)
        if other is not None and look_up(kind, (node,), None, shape) is None:
            return other, True
    return make(kind, (node,), None, shape), False


def determinant(node: Node, *, splits: bool = False) -> Node:
    """The determinant of a square matrix; where it ``splits``, that of a product of square ones as a product."""
    size = node.shape[0]
    if node.kind is Kind.INVERSE:
        return raise_to(determinant(node.args[0]), -1)
    parts = _split(node)
    if parts is not None:
        scalar, chain, diagonal = parts
        power = Factor(_power_of_size(scalar, size), ())
        if diagonal:
            return product(1, [power, Factor(multiply_entries(diagonal[0], (0,)), ())], (), {})
        if splits and len(chain) > 1:
            return product(1, [power, *(Factor(determinant(one), ()) for one in chain)], (), {})
        if as_number(scalar) != 1:
            inner = product(1, [f for f in factors_of(node) if f.labels], node.network.out, _sizes(node))
            return product(1, [power, Factor(determinant(inner), ())], (), {})
    return _older_of(Kind.DET, node, ())[0]


def _sizes(node: Node) -> dict[int, Size]:
    return dict(enumerate(node.network.sizes))


def log_determinant(node: Node) -> Node:
    """The logarithm of the determinant, where that is positive."""
    if node.kind is Kind.INVERSE:
        return scale(log_determinant(node.args[0]), -1)
    return _older_of(Kind.LOGDET, node, ())[0]


def multiply_entries(node: Node, axes: Sequence[int]) -> Node:
    """The product of entries over some axes."""
    value = as_number(node)
    if value == 1:
        return number(1, _without(node.shape, axes))
    return _reduction(Kind.PROD, node, axes)


def largest(node: Node, axes: Sequence[int]) -> Node:
    """The largest entry over some axes."""
    return _reduction(Kind.MAXIMUM, node, axes)


def smallest(node: Node, axes: Sequence[int]) -> Node:
    """The smallest entry over some axes."""
    return _reduction(Kind.MINIMUM, node, axes)


def log_sum_exp(node: Node, axes: Sequence[int]) -> Node:
    """The logarithm of the sum of exponentials over some axes."""
    return _reduction(Kind.LOGSUMEXP, node, axes)


def softmax(node: Node, axes: Sequence[int]) -> Node:
    """The exponentials over their sum along some axes."""
    return make(Kind.SOFTMAX, (node,), tuple(axes), node.shape)


def _without(shape: Shape, axes: Sequence[int]) -> Shape:
    return tuple(size for place, size in enumerate(shape) if place not in axes)


def _reduction(kind: Kind, node: Node, axes: Sequence[int]) -> Node:
    if not axes:
        return node
    return make(kind, (node,), tuple(sorted(axes)), _without(node.shape, axes))


def entries(values: Sequence[int | Fraction], shape: Shape) -> Node:
    """An array of exact numbers, the last axis fastest."""
    if len(set(values)) == 1:
        return number(values[0], shape)
    return make(Kind.ENTRIES, (), tuple(values), shape)


def unit(size: Size, place: int) -> Node:
    """The vector with a 1 in one place and 0 elsewhere; a negative place counts from the end."""
    if isinstance(size, int) and place < 0:
        place += size
    return make(Kind.UNIT, (), place, (size,))


def select(size: Size, count: Size, first: int, step: int) -> Node:
    """The matrix that takes ``count`` entries out of ``size``, from ``first`` on in steps."""
    if first == 0 and step == 1 and size == count:
        return product(1, [], (0, 0), {0: size})
    return make(Kind.SELECT, (), (first, step), (count, size))


def triangle(size: Size) -> Node:
    """The square matrix with 1 on and below the diagonal: it sums up what comes before."""
    return make(Kind.TRIANGLE, (), None, (size, size))


def count_up(first: int, size: Size) -> Node:
    """The vector of numbers from ``first`` on."""
    return make(Kind.RANGE, (), first, (size,))


def one_hot(labels: Node, size: Size) -> Node:
    """1 at the place that each label tells, 0 elsewhere, along one more axis."""
    value = as_number(labels)
    if value is not None and not labels.rank:
        return unit(size, int(value))
    axes = tuple(range(labels.rank))
    sizes: dict[int, Size] = {**dict(enumerate(labels.shape)), labels.rank: size}
    out = (*axes, labels.rank)
    places = product(1, [Factor(count_up(0, size), (labels.rank,))], out, sizes)
    given = product(1, [Factor(labels, axes)], out, sizes)
    shape = (*labels.shape, size)
    return apply_row(table.WHERE, (apply_row(table.EQ, (places, given)), number(1, shape), number(0, shape)))


def rebuild(node: Node, args: Sequence[Node]) -> Node:
    """A node of this file with other children."""
    (arg,) = args
    axes = node.data
    assert isinstance(axes, tuple) or axes is None
    if node.kind is Kind.INVERSE:
        return invert(arg)
    if node.kind is Kind.DET:
        return determinant(arg)
    if node.kind is Kind.LOGDET:
        return log_determinant(arg)
    if node.kind is Kind.SOFTMAX:
        return softmax(arg, axes or ())
    return _reduction(node.kind, arg, axes or ())


def pull_back(node: Node, adjoint: Node, lead: int) -> Node:
    """What the only argument of a node of this file gets of the node's adjoint.

    The first ``lead`` axes of the adjoint are those of the output, the others those of the node.
    """
    (arg,) = node.args
    head = tuple(range(lead))
    sizes: dict[int, Size] = dict(enumerate(adjoint.shape[:lead]))
    axes = tuple(range(lead, lead + arg.rank))
    sizes.update(zip(axes, arg.shape, strict=True))
    if node.kind is Kind.INVERSE:
        # d inv(A) = -inv(A) dA inv(A)
        i, j = lead + 2, lead + 3
        sizes.update({i: arg.shape[0], j: arg.shape[0]})
        factors = [Factor(adjoint, (*head, i, j)), Factor(node, (i, axes[0])), Factor(node, (axes[1], j))]
        return product(-1, factors, (*head, *axes), sizes)
    if node.kind in (Kind.DET, Kind.LOGDET):
        factors = [Factor(adjoint, head), Factor(invert(arg), axes[::-1])]
        if node.kind is Kind.DET:
            factors.append(Factor(node, ()))
        return product(1, factors, (*head, *axes), sizes)
    over = node.data
    assert isinstance(over, tuple)
    rest = tuple(label for place, label in enumerate(axes) if place not in over)
    if node.kind is Kind.SOFTMAX:
        plain = [Factor(adjoint, (*head, *axes)), Factor(node, axes)]
        out = (*head, *axes)
        direct = product(1, plain, out, sizes)
        other = {label: label + arg.rank for place, label in enumerate(axes) if place in over}
        sizes.update({new: sizes[label] for label, new in other.items()})
        moved = tuple(other.get(label, label) for label in axes)
        mean = [Factor(adjoint, (*head, *moved)), Factor(node, moved), Factor(node, axes)]
        return add([direct, product(-1, mean, out, sizes)])
    factors = [Factor(adjoint, (*head, *rest))]
    if node.kind is Kind.PROD:
        factors += [Factor(node, rest), Factor(arg, axes, -1)]
    elif node.kind is Kind.LOGSUMEXP:
        factors.append(Factor(_shares(node, arg, over), axes))
    else:
        # One where the entry is the extreme one; entries that tie have no derivative.
        extreme = product(1, [Factor(node, rest)], axes, sizes)
        is_extreme = apply_row(table.EQ, (arg, extreme))
        ones, zeros = number(1, arg.shape), number(0, arg.shape)
        factors.append(Factor(apply_row(table.WHERE, (is_extreme, ones, zeros)), axes))
    return product(1, factors, (*head, *axes), sizes)


def _shares(node: Node, arg: Node, over: tuple[int, ...]) -> Node:
    """The exponentials of entries over their sum: softmax, which is along one axis."""
    if len(over) == 1:
        return softmax(arg, over)
    kept = tuple(axis for axis in range(arg.rank) if axis not in over)
    total = product(-1, [Factor(node, kept)], range(arg.rank), dict(enumerate(arg.shape)))
    return apply_row(table.EXP, (add([arg, total]),))


__all__ = [
    "count_up", "determinant", "entries", "invert", "largest", "log_determinant",
    "log_sum_exp", "multiply_entries", "one_hot", "pull_back", "rebuild", "select", "smallest", "softmax", "triangle",
    "unit",
]  # fmt: skip
