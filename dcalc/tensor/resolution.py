"""Name resolution of a text with arrays: which names are variables, lengths, constants, functions or indices.

Rows of a text are values or say something of others: the length in `eye(n)`, the axis in `sum(A, axis=0)`, a subscript.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from dcalc import functions as table
from dcalc.errors import ArityError, DcalcError, ParseError, UnknownFunction
from dcalc.parser.array_syntax import Item, Op, Slice, Text
from dcalc.records import NamedTuple
from dcalc.tensor import linear
from dcalc.tensor.libraries import AXIS_SECOND, Body, rewrite_calls
from dcalc.tensor.losses import mean
from dcalc.tensor.nodes import Factor, Node, product, raise_to, total
from dcalc.tensor.operations import OPERATIONS, Operation
from dcalc.tensor.sizes import Declared, Dim, Shape, Size

# --- indices that a text binds -----------------------------------------------------------------
# Indices that a text binds: `sum(i, 1, n, x^i)`, `prod(i, 0, n - 1, x[i])`, `[i, j]: x[i]*y[j]`.
#
# Inside of its scope an index is one more axis, in front of all others: a sum over it is a sum over an axis, an entry
# `x[i]` is x along that axis. So only the reading of a text knows of indices.


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


# --- names -------------------------------------------------------------------------------------


class Resolved(NamedTuple):
    """The rows of a text whose names are resolved.

    ``bodies`` are the calls of libraries that mean an expression in their arguments, ``scopes`` the indices by key,
    ``skipped`` the rows that are not values: lengths, axes, subscripts. ``lengths`` are names of lengths, of which the
    text itself gives the ``flexible`` ones; ``numbers`` are those that are known. ``variables`` have the number of
    their axes, None where it is not known.
    """

    source: str
    items: tuple[Item, ...]
    bodies: Mapping[int, Body]
    scopes: Mapping[str, Scope]
    skipped: frozenset[int]
    declared: Mapping[str, Declared]
    lengths: frozenset[str]
    flexible: frozenset[str]
    numbers: Mapping[str, int]
    variables: Mapping[str, int | None]


def resolve_names(text: Text, declared: Mapping[str, Declared]) -> Resolved:
    """The rows of a text with its names resolved. Linear in the text.

    Raises ParseError, UnknownFunction or ArityError with the span of a call or an index that is wrong.
    """
    rewritten = rewrite_calls(text.items)
    bound = bind_indices(rewritten.items)
    numbers = {name: one.length for name, one in declared.items() if one.length is not None}
    declared = {name: one for name, one in declared.items() if name not in numbers}
    sizes = {size.name for one in declared.values() for size in one.shape if isinstance(size, Dim)}
    lengths = (sizes | set(numbers)) - set(declared)
    indices = {scope.name for scope in bound.scopes.values()}
    named = _list_lengths(bound.items, bound.unused) - indices - set(declared)
    flexible = named - lengths
    lengths |= named
    skipped = bound.unused | rewritten.unused
    skipped |= _check_rows(bound.items, skipped, rewritten.bodies)
    values = [item for place, item in enumerate(bound.items) if place not in skipped]
    return Resolved(
        text.source,
        bound.items,
        rewritten.bodies,
        bound.scopes,
        frozenset(skipped),
        declared,
        frozenset(lengths),
        frozenset(flexible),
        numbers,
        _list_variables(values, text.source, declared, lengths),
    )


def find_operation(item: Item) -> Operation | None:
    """The function of whole arrays that a call means, None for one that is applied entry by entry."""
    operation = OPERATIONS.get(str(item.value))
    return operation if operation is not None and operation.takes(len(item.args)) else None


def list_slices(item: Item) -> tuple[Slice, ...]:
    """The subscripts of an INDEX row, one for each axis that they name or add."""
    assert isinstance(item.value, tuple)
    return item.value


def _list_lengths(items: Sequence[Item], places: Iterable[int]) -> set[str]:
    """The names among the rows that say how far an index runs, and among the arguments of zeros, ones and eye."""
    names = {str(items[place].value) for place in places if items[place].op is Op.NAME}
    for item in items:
        if item.op is Op.CALL and item.value in ("zeros", "ones", "eye", "arange", "one_hot"):
            args = item.args[1:] if item.value == "one_hot" else item.args
            rows = (row for arg in args for row in items[items[arg].first : arg + 1])
            names |= {str(row.value) for row in rows if row.op is Op.NAME}
    return names


def _check_rows(items: Sequence[Item], skipped: set[int], bodies: Mapping[int, Body]) -> set[int]:
    """The rows, besides those ``skipped`` already, that are arguments of calls or subscripts and no values.

    Raises ParseError, UnknownFunction or ArityError where a call is wrong.
    """
    skipped = set(skipped)
    for place, item in enumerate(items):
        if place in skipped:
            continue
        rows: Iterable[int] = ()
        if item.op is Op.CALL and place not in bodies and item.value != "einsum":
            rows = _check_call(item, items)
        elif item.op is Op.INDEX:
            rows = (row for part in list_slices(item) for row in part.places)
        for row in rows:
            skipped.update(range(items[row].first, row + 1))
    return skipped


def _check_call(item: Item, items: Sequence[Item]) -> list[int]:
    """The arguments of a call that are not values. Raises ParseError, UnknownFunction or ArityError."""
    name = str(item.value)
    operation = find_operation(item)
    if operation is None:
        row = table.find(name, len(item.args))
        if row is None:
            raise _unknown_call(item)
        if item.keywords:
            (word, place), *_ = item.keywords
            help = f"write {row.signature}, or the formula that it stands for with {word}"
            raise ParseError(f"{name} has no argument {word}", span=items[place].span, help=help)
        return []
    for word, place in item.keywords:
        if word not in operation.keywords:
            known = f"its arguments with a name: {', '.join(operation.keywords)}; else " if operation.keywords else ""
            help = f"{known}write the formula that it stands for with {word}"
            raise ParseError(f"{name.rpartition('.')[2]} has no argument {word}", span=items[place].span, help=help)
    places = [place for _, place in item.keywords]
    if operation.takes_lengths:
        places += item.args
    elif name in ("matrix_power", "one_hot"):
        places += item.args[1:]
    return places


def _unknown_call(item: Item) -> DcalcError:
    name = str(item.value)
    operation = OPERATIONS.get(name)
    if operation is not None:
        last = operation.most + (name in AXIS_SECOND and name not in ("max", "min"))
        plural = "s" if last > 1 else ""
        most = f" or {last}" if last > operation.least else ""
        return ArityError(
            f"{name} takes {operation.least}{most} argument{plural}, not {len(item.args)}",
            span=item.span, help=f"{name}: {operation.doc}",
        )  # fmt: skip
    if name in table.BY_NAME:
        row = table.BY_NAME[name][0]
        return ArityError(
            f"{name} is not called with {len(item.args)} arguments", span=item.span, help=f"write {row.signature}"
        )
    if len(name) == 1 and name.isalpha():
        return UnknownFunction(
            f"an unknown function, {name}, does not stand in arrays and sums over an index",
            span=item.sign, help=f"write the terms one by one: {name}(x) + {name}(2*x)",
        )  # fmt: skip
    from difflib import get_close_matches

    close = get_close_matches(name, [*OPERATIONS, *(row.name for row in table.functions())], 3)
    return UnknownFunction(
        f"no function named {name}",
        span=item.sign,
        help=f"did you mean {' or '.join(close)}?" if close else "see dcalc functions",
    )


_BOLD = r"\\(?:mathbf|boldsymbol|bm|vec|symbf)\s*\{?\s*\\?([A-Za-z]+)"
"""Vectors and matrices in LaTeX."""


def _list_variables(
    items: Sequence[Item], source: str, declared: Mapping[str, Declared], lengths: set[str]
) -> dict[str, int | None]:
    """The number of axes of each variable: a name of one upper-case letter is a matrix, a bold one a vector."""
    variables: dict[str, int | None] = {}
    has_entries = any(item.op is Op.INDEX for item in items)
    bold = set() if has_entries or "\\" not in source else set(re.findall(_BOLD, source))
    for item in items:
        if item.op is not Op.NAME:
            continue
        name = str(item.value)
        if name in declared:
            variables[name] = len(declared[name].shape)
        elif name in table.CONSTANTS or name in table.OTHER_CONSTANTS or name in lengths:
            continue
        elif (len(name) == 1 and name.isupper()) or re.fullmatch(r"[A-Z][0-9_]\w*", name):
            variables[name] = 2
        elif re.sub(r"_?\d+$", "", name) in bold:
            variables[name] = 2 if name[0].isupper() else 1
        else:
            variables.setdefault(name, None)
    return variables
