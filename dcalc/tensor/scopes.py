"""Indices that a text binds: `sum(i, 1, n, x^i)`, `prod(i, 0, n - 1, x[i])`, `[i, j]: x[i]*y[j]`.

Inside of its scope an index is one more axis, in front of all others: a sum over it is a sum over an axis, an entry
`x[i]` is x along that axis. So only the reading of a text knows of indices.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dcalc.errors import ParseError
from dcalc.parser.array_syntax import Item, Op
from dcalc.tensor import linear
from dcalc.tensor.nodes import Factor, Node, product, raise_to, total
from dcalc.tensor.operations import mean
from dcalc.tensor.sizes import Shape, Size
from dcalc.tuples import NamedTuple


class Scope(NamedTuple):
    """An index: its name, the rows of its first and last value, None where its axis tells them."""

    key: str
    name: str
    first: int | None
    last: int | None


class Bound(NamedTuple):
    """The rows of a text in which indices are bound.

    A use of an index is a BOUND row, a sum or product over one an OVER row, with the key of the scope as its value.
    ``unused`` are rows that are not values any more.
    """

    items: tuple[Item, ...]
    scopes: dict[str, Scope]
    unused: set[int]


def bind_indices(items: Sequence[Item]) -> Bound:
    """The rows with their indices bound; inner scopes hide outer ones. Raises ParseError. Linear in rows and scopes."""
    rows = list(items)
    scopes: dict[str, Scope] = {}
    unused: set[int] = set()
    for place, item in enumerate(items):
        if item.op is Op.CALL and item.value in ("sum", "prod") and len(item.args) == 4 and not item.keywords:
            index, first, last, body = item.args
            name = _name_of(items[index])
            key = f"{place}"
            scopes[key] = Scope(key, name, first, last)
            unused.add(index)
            for bound in (first, last):
                unused.update(range(items[bound].first, bound + 1))
            _bind(rows, scopes[key], range(items[body].first, body + 1))
            rows[place] = rows[place]._replace(op=Op.OVER, args=(body,), value=f"{item.value} {key}")
        elif item.op is Op.ENTRIES:
            *indices, body = item.args
            keys: list[str] = []
            for index in indices:
                name = _name_of(items[index])
                if any(scopes[key].name == name for key in keys):
                    raise ParseError(
                        f"the index {name} stands twice", span=items[index].span, help="use another letter"
                    )
                key = f"{place}.{len(keys)}"
                scopes[key] = Scope(key, name, None, None)
                keys.append(key)
                unused.add(index)
                _bind(rows, scopes[key], range(items[body].first, body + 1))
            rows[place] = rows[place]._replace(args=(body,), value=" ".join(keys))
    return Bound(tuple(rows), scopes, unused)


def _name_of(item: Item) -> str:
    if item.op is not Op.NAME:
        raise ParseError("an index is a name", span=item.span, help="write sum(i, 1, n, ...)")
    return str(item.value)


def _bind(rows: list[Item], scope: Scope, places: range) -> None:
    for place in places:
        if rows[place].op is Op.NAME and rows[place].value == scope.name:
            rows[place] = rows[place]._replace(op=Op.BOUND, value=scope.key)


Keys = tuple[str, ...]


def merge_keys(parts: Sequence[Keys]) -> Keys:
    """The indices that any of some rows depends on, in a fixed order."""
    return tuple(sorted({key for part in parts for key in part}, key=_order))


def _order(key: str) -> tuple[int, ...]:
    return tuple(map(int, key.split(".")))


def lift(node: Node, own: Keys, keys: Keys, shape: Shape, sizes: Mapping[str, Size]) -> Node:
    """A node with the axes of some indices, stretched to more indices and to a shape behind them."""
    labels = {key: place for place, key in enumerate(keys)}
    out = tuple(range(len(keys) + len(shape)))
    lengths: dict[int, Size] = {labels[key]: sizes[key] for key in keys}
    lengths.update(zip(out[len(keys) :], shape, strict=True))
    rank = node.rank - len(own)
    axes = []
    for place, size in enumerate(node.shape[len(own) :]):
        label = len(out) - rank + place
        if size == 1 and lengths[label] != 1:
            label = len(out) + place
            lengths[label] = 1
        axes.append(label)
    return product(1, [Factor(node, (*(labels[key] for key in own), *axes))], out, lengths)


def reduce_over(kind: str, node: Node, axis: int) -> Node:
    """The sum or the product over the axis of an index."""
    return total(node, (axis,)) if kind == "sum" else linear.multiply_entries(node, (axis,))


def _norm(node: Node, axes: Sequence[int]) -> Node:
    from fractions import Fraction

    return raise_to(total(raise_to(node, 2), axes), Fraction(1, 2))


DOTS = ("dot", "inner")
"""Functions that are products of matrices."""

REDUCTIONS: dict[str, Callable[[Node, Sequence[int]], Node]] = {
    "sum": total,
    "mean": mean,
    "prod": linear.multiply_entries,
    "max": linear.largest,
    "min": linear.smallest,
    "logsumexp": linear.log_sum_exp,
    "norm": _norm,
    "vector_norm": _norm,
}
"""Functions of arrays that may stand inside of the scope of an index."""


def multiply_matrices(args: Sequence[tuple[Node, Keys]], keys: Keys) -> Node:
    """The matrix product for each value of the indices."""
    labels = {key: place for place, key in enumerate(keys)}
    (left, left_keys), (right, right_keys) = args
    start = len(keys)
    left_axes = tuple(range(start, start + left.rank - len(left_keys)))
    shared = left_axes[-1]
    right_axes = tuple(range(shared, shared + right.rank - len(right_keys)))
    first = (*(labels[key] for key in left_keys), *left_axes)
    second = (*(labels[key] for key in right_keys), *right_axes)
    sizes = {**dict(zip(second, right.shape, strict=True)), **dict(zip(first, left.shape, strict=True))}
    out = [*labels.values(), *(label for label in (*left_axes, *right_axes) if label != shared)]
    return product(1, [Factor(left, first), Factor(right, second)], out, sizes)


def turn(node: Node, count: int) -> Node:
    """The transpose for each value of the first ``count`` axes."""
    labels = tuple(range(node.rank))
    return product(1, [Factor(node, labels)], (*labels[:count], *labels[count:][::-1]), dict(enumerate(node.shape)))
