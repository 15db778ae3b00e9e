"""Nodes entry by entry: from Einstein sums to the graph of scalar expressions, which every other part knows.

`lower` gives the entries of a node as expressions in the entries of its variables. Certified values, verdicts and
other languages follow from these, since nothing about them is special to arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import product as cross
from math import prod

from dcalc import functions as table
from dcalc.errors import UsageError
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, make, number, symbol
from dcalc.functions import Row
from dcalc.numerals import terminates
from dcalc.records import NamedTuple
from dcalc.tensor.nodes import Kind, Node, walk
from dcalc.tensor.sizes import Dim, Shape, Size


class Array(NamedTuple):
    """The entries of a node, the last axis fastest, and the lengths of its axes."""

    entries: list[Expr]
    shape: tuple[int, ...]


def entry_names(name: str, shape: Sequence[int]) -> list[str]:
    """The names of the entries of a variable, the last axis fastest: `x[0]`, `A[0, 1]`; a scalar keeps its own."""
    if not shape:
        return [name]
    return [f"{name}[{', '.join(map(str, index))}]" for index in cross(*map(range, shape))]


def fix_shape(shape: Shape, sizes: Mapping[str, int]) -> tuple[int, ...]:
    """A shape in numbers. Raises UsageError for a length that ``sizes`` lacks, or that comes out below 1."""
    return tuple(_fix_size(size, sizes) for size in shape)


def _fix_size(size: Size, sizes: Mapping[str, int]) -> int:
    if isinstance(size, Dim):
        if size.name not in sizes:
            raise UsageError(
                f"the length {size.name} is not known", help="give the shapes as numbers, or values: --shape 'x: 3'"
            )
        size = sizes[size.name] + size.offset
        if size < 1:
            raise UsageError("an axis comes out empty", help="make the arrays longer")
    return size


def lower(
    roots: Sequence[Node], sizes: Mapping[str, int], entries: Mapping[str, Sequence[Expr]] | None = None
) -> list[Array]:
    """The entries of each node as scalar expressions.

    ``sizes`` are lengths by name. A variable is the nodes in ``entries``, the last axis fastest; one that is not
    there is one symbol for each entry, named by `entry_names`. Raises UsageError for a length that is not known.
    Cost: the products that the arrays need, contracted two at a time; n**4 for a determinant or an inverse.
    """
    given = entries or {}
    arrays: dict[Node, Array] = {}
    for node in walk(*roots):
        shape = fix_shape(node.shape, sizes)
        arrays[node] = Array(_entries(node, shape, [arrays[arg] for arg in node.args], sizes, given), shape)
    return [arrays[root] for root in roots]


def _entries(
    node: Node, shape: tuple[int, ...], args: list[Array], sizes: Mapping[str, int], given: Mapping[str, Sequence[Expr]]
) -> list[Expr]:
    if node.kind is Kind.VARIABLE:
        name = str(node.data)
        if name in given:
            return list(given[name])
        return [symbol(entry) for entry in entry_names(name, shape)]
    if node.kind is Kind.PRODUCT:
        return _contract(node, args, sizes)
    if node.kind is Kind.SUM:
        return [_add(terms) for terms in zip(*(arg.entries for arg in args), strict=True)]
    if node.kind is Kind.APPLY:
        row = node.data
        assert isinstance(row, Row)
        if not args:
            return [make(row)]
        return [make(row, *values) for values in zip(*(arg.entries for arg in args), strict=True)]
    if not args:
        return constant_entries(node, shape, sizes)
    if node.kind in (Kind.DET, Kind.LOGDET, Kind.INVERSE):
        return _of_matrix(node, args[0])
    return _reduce(node, args[0])


def constant_entries(node: Node, shape: tuple[int, ...], sizes: Mapping[str, int]) -> list[Expr]:
    """The entries of a node without arguments."""
    data = node.data
    if node.kind is Kind.SIZE:
        return [number(_fix_size(Dim(str(data)), sizes))]
    if node.kind is Kind.ENTRIES:
        assert isinstance(data, tuple)
        return [_rational(value) for value in data]
    if node.kind is Kind.RANGE:
        assert isinstance(data, int)
        return [number(data + k) for k in range(shape[0])]
    if node.kind is Kind.UNIT:
        assert isinstance(data, int)
        return [ONE if k == data % shape[0] else ZERO for k in range(shape[0])]
    if node.kind is Kind.SELECT:
        assert isinstance(data, tuple)
        first, step = data
        return [ONE if k == first + row * step else ZERO for row, k in cross(*map(range, shape))]
    assert node.kind is Kind.TRIANGLE
    return [ONE if row >= k else ZERO for row, k in cross(*map(range, shape))]


# --- arithmetic that leaves out what is 0 or 1 --------------------------------------------------


def _rational(value: int | Fraction) -> Expr:
    """A number, or the quotient of two where no decimal is that number: only decimals can be written as numbers."""
    if type(value) is int or terminates(Fraction(value)):
        return number(value)
    return make(table.DIV, number(value.numerator), number(value.denominator))


def _add(terms: Sequence[Expr]) -> Expr:
    kept = [term for term in terms if term is not ZERO]
    if len(kept) < 2:
        return kept[0] if kept else ZERO
    return make(table.ADD, *kept)


def _multiply(first: Expr, second: Expr) -> Expr:
    if first is ZERO or second is ZERO:
        return ZERO
    if first is ONE:
        return second
    return first if second is ONE else make(table.MUL, first, second)


def _negate(node: Expr) -> Expr:
    return node if node is ZERO else make(table.MUL, MINUS_ONE, node)


def _subtract(first: Expr, second: Expr) -> Expr:
    return _add((first, _negate(second)))


# --- products ----------------------------------------------------------------------------------


class _Operand(NamedTuple):
    entries: list[Expr]
    labels: tuple[int, ...]


def _contract(node: Node, args: list[Array], sizes: Mapping[str, int]) -> list[Expr]:
    """The entries of a product: the two factors whose product is smallest are joined first."""
    network = node.network
    lengths = [_fix_size(size, sizes) for size in network.sizes]
    scalar = _rational(network.coefficient)
    operands = []
    for arg, labels, exponent in zip(args, network.labels, network.exponents, strict=True):
        entries = arg.entries
        if exponent != 1:
            power = _rational(exponent)
            entries = [make(table.POW, entry, power) for entry in entries]
        if labels:
            operands.append(_Operand(entries, labels))
        else:
            scalar = _multiply(scalar, entries[0])
    out = tuple(dict.fromkeys(network.out))
    while len(operands) > 1:
        first, second, kept = _choose_pair(operands, out, lengths)
        pair = [operands[first], operands[second]]
        operands = [operand for k, operand in enumerate(operands) if k not in (first, second)]
        operands.append(_join(pair, kept, lengths))
    whole = _join(operands, out, lengths).entries
    if scalar is not ONE:
        whole = [_multiply(scalar, entry) for entry in whole]
    return whole if out == network.out else _repeat(whole, out, network.out, lengths)


def _choose_pair(
    operands: list[_Operand], out: tuple[int, ...], lengths: list[int]
) -> tuple[int, int, tuple[int, ...]]:
    best: tuple[int, int, int, tuple[int, ...]] | None = None
    for second in range(1, len(operands)):
        for first in range(second):
            others = {label for k, one in enumerate(operands) if k not in (first, second) for label in one.labels}
            together = dict.fromkeys(operands[first].labels + operands[second].labels)
            kept = tuple(label for label in together if label in others or label in out)
            size = prod(lengths[label] for label in kept)
            if best is None or size < best[0]:
                best = size, first, second, kept
    assert best is not None
    return best[1:]


def _join(operands: list[_Operand], kept: tuple[int, ...], lengths: list[int]) -> _Operand:
    """The product of one or two operands, summed over all labels but those ``kept``."""
    used = dict.fromkeys(label for operand in operands for label in operand.labels)
    summed = tuple(label for label in used if label not in kept)
    strides = [_strides(operand, lengths) for operand in operands]
    inner = [tuple(sum(index[k] * stride.get(label, 0) for k, label in enumerate(summed)) for stride in strides)
             for index in cross(*(range(lengths[label]) for label in summed))]  # fmt: skip
    entries: list[Expr] = []
    for index in cross(*(range(lengths[label]) for label in kept)):
        start = [sum(at * stride.get(label, 0) for at, label in zip(index, kept, strict=True)) for stride in strides]
        if not operands:
            entries.append(ONE)
        elif len(operands) == 1:
            (values,), (begin,) = (operand.entries for operand in operands), start
            entries.append(_add([values[begin + offset] for (offset,) in inner]))
        else:
            left, right = operands[0].entries, operands[1].entries
            i, j = start
            entries.append(_add([_multiply(left[i + a], right[j + b]) for a, b in inner]))
    return _Operand(entries, kept)


def _strides(operand: _Operand, lengths: list[int]) -> dict[int, int]:
    """How far apart entries are along each label; a label that stands twice walks along the diagonal."""
    strides: dict[int, int] = {}
    step = 1
    for label in reversed(operand.labels):
        strides[label] = strides.get(label, 0) + step
        step *= lengths[label]
    return strides


def _repeat(entries: list[Expr], have: tuple[int, ...], out: tuple[int, ...], lengths: list[int]) -> list[Expr]:
    """Entries on a diagonal, where a label stands twice in the result; 0 beside it."""
    strides = _strides(_Operand(entries, have), lengths)
    result = []
    for index in cross(*(range(lengths[label]) for label in out)):
        at: dict[int, int] = {}
        on_diagonal = all(at.setdefault(label, k) == k for label, k in zip(out, index, strict=True))
        result.append(entries[sum(k * strides[label] for label, k in at.items())] if on_diagonal else ZERO)
    return result


# --- what is not a product ------------------------------------------------------------------------


def _reduce(node: Node, arg: Array) -> list[Expr]:
    """A reduction over axes, or softmax along them."""
    axes = node.data
    assert isinstance(axes, tuple)
    groups: dict[tuple[int, ...], list[int]] = {}
    keys = []
    for place, index in enumerate(cross(*map(range, arg.shape))):
        key = tuple(at for axis, at in enumerate(index) if axis not in axes)
        groups.setdefault(key, []).append(place)
        keys.append(key)
    values = {key: [arg.entries[place] for place in places] for key, places in groups.items()}
    if node.kind is Kind.SOFTMAX:
        sums = {key: make(table.LOGSUMEXP, *group) for key, group in values.items()}
        return [make(table.EXP, _subtract(entry, sums[key])) for entry, key in zip(arg.entries, keys, strict=True)]
    rows = {Kind.PROD: table.MUL, Kind.MAXIMUM: table.MAX, Kind.MINIMUM: table.MIN, Kind.LOGSUMEXP: table.LOGSUMEXP}
    row = rows[node.kind]
    return [group[0] if len(group) == 1 else make(row, *group) for group in values.values()]


def _of_matrix(node: Node, arg: Array) -> list[Expr]:
    """The determinant, its logarithm, or the inverse.

    By the method of Faddeev and LeVerrier, which divides by whole numbers alone: no pivot can be 0.
    """
    size = arg.shape[0]
    matrix = [arg.entries[row * size : (row + 1) * size] for row in range(size)]
    adjugate, determinant = _adjugate(matrix)
    if node.kind is Kind.DET:
        return [determinant]
    if node.kind is Kind.LOGDET:
        return [make(table.LOG, determinant)]
    return [make(table.DIV, entry, determinant) for row in adjugate for entry in row]


Rows = list[list[Expr]]


def _adjugate(matrix: Rows) -> tuple[Rows, Expr]:
    """The adjugate of a square matrix, and its determinant."""
    size = len(matrix)
    if size == 1:
        return [[ONE]], matrix[0][0]
    if size == 2:
        (a, b), (c, d) = matrix
        return [[d, _negate(b)], [_negate(c), a]], _subtract(_multiply(a, d), _multiply(b, c))
    power: Rows = [[ONE if row == column else ZERO for column in range(size)] for row in range(size)]
    coefficient: Expr = ONE
    for k in range(1, size + 1):
        if k > 1:
            power = _matrix_product(matrix, power)
            for place in range(size):
                power[place][place] = _add((power[place][place], coefficient))
        trace = _add([_multiply(matrix[row][inner], power[inner][row]) for row in range(size) for inner in range(size)])
        coefficient = _negate(trace) if k == 1 else make(table.DIV, _negate(trace), number(k))
    if size % 2:
        return power, _negate(coefficient)
    return [[_negate(entry) for entry in row] for row in power], coefficient


def _matrix_product(first: Rows, second: Rows) -> Rows:
    columns = list(zip(*second, strict=True))
    return [[_add([_multiply(a, b) for a, b in zip(row, column, strict=True)]) for column in columns] for row in first]
