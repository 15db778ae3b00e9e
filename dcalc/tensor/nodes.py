"""Expressions with shapes as one interned graph, in which every product is an Einstein sum.

There is one kind of product: factors whose axes carry labels, a list of labels for the axes of the result, and a sum
over all other labels. Transposes, traces, diagonals, identity matrices, broadcasts and all products of matrix algebra
are ways to label axes, so that what they have in common needs no rules: labels are renamed and the rest follows.
Laue, Mitterreiter and Giesen describe such a calculus (NeurIPS 2018, AAAI 2020).

Equal means identical: labels are numbered in a canonical way. Children are older than their parents and have smaller
ids, so that every algorithm is a loop over `walk(root)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from fractions import Fraction
from itertools import count
from threading import local
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.records import NamedTuple
from dcalc.tensor.sizes import Dim, Shape, Size

if TYPE_CHECKING:
    from dcalc.functions import Row

Number = int | Fraction
MAX_BITS = 1 << 17
"""Powers of numbers that are longer are not multiplied out."""


class Kind(Enum):
    """What a node is; its ``data`` is told beside each."""

    VARIABLE = "variable"  # its name
    SIZE = "size"  # the name of a length, as a number
    ENTRIES = "entries"  # exact numbers, in the order of the last axis first
    RANGE = "range"  # the first of numbers that go up by 1
    SELECT = "select"  # (first, step): the matrix whose row k has a 1 at first + k*step
    UNIT = "unit"  # the place of the 1 in a vector of zeros
    TRIANGLE = "triangle"  # the square matrix with 1 on and below the diagonal
    PRODUCT = "product"  # an Einstein sum: a Network
    SUM = "sum"
    APPLY = "apply"  # a row of the table, applied to each entry
    INVERSE = "inverse"
    DET = "det"
    LOGDET = "logdet"
    PROD = "prod"  # the axes over which entries are multiplied
    MAXIMUM = "maximum"  # the axes
    MINIMUM = "minimum"  # the axes
    LOGSUMEXP = "logsumexp"  # the axes
    SOFTMAX = "softmax"  # the axes


class Factor(NamedTuple):
    """A node in a product: the labels of its axes, and the power that each entry is raised to."""

    node: Node
    labels: tuple[int, ...]
    exponent: Number = 1


class Network(NamedTuple):
    """What makes a product of its factors: a number, labels and powers of each, the labels of the result.

    ``sizes`` has the length of each label; labels count from 0, those of the result first.
    """

    coefficient: Number
    labels: tuple[tuple[int, ...], ...]
    exponents: tuple[Number, ...]
    out: tuple[int, ...]
    sizes: tuple[Size, ...]

    @property
    def is_pointwise(self) -> bool:
        """Whether nothing is summed and no label stands twice in the result."""
        return len(self.sizes) == len(self.out)


class Node:
    """A node: its kind, the nodes it is made of, what else it needs, and its shape."""

    __slots__ = ("__weakref__", "args", "data", "id", "is_symmetric", "kind", "shape")

    def __init__(self, kind: Kind, args: tuple[Node, ...], data: object, shape: Shape) -> None:
        self.kind = kind
        self.args = args
        self.data = data
        self.shape = shape
        self.id = next(_ids)
        self.is_symmetric = len(shape) == 2 and shape[0] == shape[1] and _is_symmetric(self)

    def __repr__(self) -> str:
        return f"<{self.id}: {self.kind.value} {self.data} {tuple(arg.id for arg in self.args)}>"

    @property
    def network(self) -> Network:
        """The data of a PRODUCT."""
        assert isinstance(self.data, Network)
        return self.data

    @property
    def rank(self) -> int:
        """The number of axes."""
        return len(self.shape)


_ids = count(1)


class Table(WeakValueDictionary[tuple[object, ...], Node]):
    """The nodes of one text and of what is derived from it: in each table equal nodes are identical.

    Every text begins a table of its own, since terms and factors are written in the order in which they were made:
    what a program asked before must not change that. ``has_decimals`` tells that numbers are written as decimals.
    """

    has_decimals = False


class _Current(local):
    """The table in use, one for each thread."""

    def __init__(self) -> None:
        self.table = Table()


_current = _Current()


def current_table() -> Table:
    """The table in which this thread makes nodes."""
    return _current.table


def use_table(table: Table) -> None:
    """Let the nodes that this thread makes from now on be in a table."""
    _current.table = table


def make(kind: Kind, args: tuple[Node, ...], data: object, shape: Shape) -> Node:
    """The one node of these parts, as they stand. Sums have their terms in the order in which they came first."""
    terms: tuple[Node, ...] = args
    if kind is Kind.SUM:
        terms = tuple(sorted(args, key=lambda node: node.id))
    key = (kind, terms, data, shape)
    nodes = _current.table
    node = nodes.get(key)
    if node is None:
        node = nodes.setdefault(key, Node(kind, args, data, shape))
    return node


def look_up(kind: Kind, args: Iterable[Node], data: object, shape: Shape) -> Node | None:
    """The node of these parts if there is one already."""
    terms = tuple(sorted(args, key=lambda node: node.id)) if kind is Kind.SUM else tuple(args)
    return _current.table.get((kind, terms, data, shape))


def walk(*roots: Node) -> list[Node]:
    """All nodes below the roots, each once, children before parents. Linear."""
    seen: dict[int, Node] = {}
    stack = list(roots)
    while stack:
        node = stack.pop()
        if node.id not in seen:
            seen[node.id] = node
            stack.extend(node.args)
    return [seen[key] for key in sorted(seen)]


def variables(*roots: Node) -> dict[str, Node]:
    """The variables below the roots, by name in order of their making."""
    return {str(node.data): node for node in walk(*roots) if node.kind is Kind.VARIABLE}


def list_lengths(*roots: Node) -> dict[str, int]:
    """The names of all lengths below the roots, each with the least number that is added to it anywhere."""
    lengths: dict[str, int] = {}
    for node in walk(*roots):
        if node.kind is Kind.SIZE:
            lengths.setdefault(str(node.data), 0)
        for size in (*node.shape, *(node.network.sizes if node.kind is Kind.PRODUCT else ())):
            if isinstance(size, Dim):
                lengths[size.name] = min(size.offset, lengths.get(size.name, 0))
    return lengths


# --- leaves ------------------------------------------------------------------------------------


def variable(name: str, shape: Shape, *, symmetric: bool = False) -> Node:
    """A variable. A ``symmetric`` matrix is one whose transpose is itself."""
    return make(Kind.VARIABLE, (), (name if not symmetric else Symmetric(name)), shape)


class Symmetric(str):
    """The name of a matrix that equals its transpose."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return type(other) is Symmetric and str.__eq__(self, other)

    def __hash__(self) -> int:
        return hash(("symmetric", str(self)))


def _is_symmetric(node: Node) -> bool:
    """Whether a square matrix is known to equal its transpose."""
    if node.kind is Kind.VARIABLE:
        return type(node.data) is Symmetric
    if node.kind is Kind.PRODUCT:
        return _parts_of(node) == _turned_parts_of(node)
    if node.kind is Kind.SUM:
        return set(map(_parts_of, node.args)) == set(map(_turned_parts_of, node.args))
    if node.kind is Kind.ENTRIES:
        assert isinstance(node.data, tuple)
        width = node.shape[1]
        assert isinstance(width, int)
        return all(node.data[i * width + k] == node.data[k * width + i] for i in range(width) for k in range(i))
    return node.kind in (Kind.INVERSE, Kind.APPLY) and all(arg.is_symmetric for arg in node.args)


_Parts = tuple[tuple["Node", ...], "Network"]


def _parts_of(node: Node) -> _Parts:
    """A matrix as a product."""
    if node.kind is Kind.PRODUCT:
        return node.args, node.network
    return _canonical(1, [Factor(node, (0, 1))], (0, 1), dict(enumerate(node.shape)))


def _turned_parts_of(node: Node) -> _Parts:
    """The transpose of a matrix as a product."""
    if node.kind is not Kind.PRODUCT:
        return _canonical(1, [Factor(node, (0, 1))], (1, 0), dict(enumerate(node.shape)))
    network = node.network
    return _canonical(network.coefficient, factors_of(node), network.out[::-1], dict(enumerate(network.sizes)))


def number(value: Number, shape: Shape = ()) -> Node:
    """A number in every entry of an array."""
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    rank = range(len(shape))
    return make(Kind.PRODUCT, (), Network(value, (), (), tuple(rank), shape), shape)


def size_node(size: Size) -> Node:
    """A length as a number."""
    if isinstance(size, int):
        return number(size)
    return add([make(Kind.SIZE, (), size.name, ()), number(size.offset)])


def eye(size: Size) -> Node:
    """The identity matrix."""
    return product(1, [], (0, 0), {0: size})


def as_number(node: Node) -> Number | None:
    """The number that stands in every entry, if that is all there is."""
    if node.kind is Kind.PRODUCT and not node.args and node.network.is_pointwise:
        return node.network.coefficient
    return None


def is_zero(node: Node) -> bool:
    """Whether all entries are known to be 0."""
    return node.kind is Kind.PRODUCT and node.network.coefficient == 0


# --- products ----------------------------------------------------------------------------------


class _Labels:
    """Labels of a product under construction; some turn out to be the same."""

    def __init__(self, sizes: Mapping[int, Size]) -> None:
        self.sizes = dict(sizes)
        self.parents: dict[int, int] = {}
        self.settled: set[int] = set()  # labels over which the sum is done
        self._next = max(sizes, default=-1) + 1

    def fresh(self, size: Size) -> int:
        label = self._next
        self._next += 1
        self.sizes[label] = size
        return label

    def find(self, label: int) -> int:
        while label in self.parents:
            label = self.parents[label]
        return label

    def join(self, first: int, second: int) -> None:
        first, second = self.find(first), self.find(second)
        if first != second:
            self.parents[max(first, second)] = min(first, second)


def product(coefficient: Number, factors: Iterable[Factor], out: Sequence[int], sizes: Mapping[int, Size]) -> Node:
    """The sum over all labels that are not in ``out`` of the product of the factors.

    ``sizes`` has the length of every label; one that no factor has is broadcast where it is in ``out``, and counts
    its length otherwise. Products inside are spread out, powers of equal factors joined, what is a scalar by itself
    becomes a factor of its own. Raises Undefined for 1/0.
    Cost: linear in factors, but for those that cannot be told apart.
    """
    labels = _Labels(sizes)
    coefficient, flat = _flatten(coefficient, factors, labels)
    result = tuple(map(labels.find, out))
    shape = tuple(labels.sizes[label] for label in result)
    powers: dict[tuple[Node, tuple[int, ...]], Number] = {}
    for node, axes, exponent in flat:
        axes = tuple(map(labels.find, axes))
        axes = _in_order(node, axes)
        powers[node, axes] = powers.get((node, axes), 0) + exponent
    parts = [Factor(node, axes, _whole(exponent)) for (node, axes), exponent in powers.items() if exponent]
    while (shorter := _shorten(parts, result, labels)) is not None:
        factor, parts, joined = shorter
        coefficient *= factor
        if joined is not None:
            labels.join(*joined)
            result = tuple(map(labels.find, result))
            parts = _joined(parts, labels)
    if coefficient == 0:
        return number(0, shape)
    coefficient, parts = _count_lengths(coefficient, parts, result, labels)
    coefficient, parts = _orient(coefficient, parts)
    parts = _close(parts, result, labels)
    if any(part.exponent < 0 or part.exponent != 1 for part in parts) or len(parts) > 1:
        parts = _join_named(parts)
    return _finish(coefficient, parts, result, labels.sizes, shape)


def _in_order(node: Node, labels: Iterable[int]) -> tuple[int, ...]:
    """The labels of a factor; those of a symmetric matrix have no order of their own."""
    return tuple(sorted(labels)) if node.is_symmetric else tuple(labels)


def _whole(value: Number) -> Number:
    return int(value) if value == int(value) else value


def _joined(parts: Iterable[Factor], labels: _Labels) -> list[Factor]:
    powers: dict[tuple[Node, tuple[int, ...]], Number] = {}
    for node, axes, exponent in parts:
        key = node, _in_order(node, map(labels.find, axes))
        powers[key] = powers.get(key, 0) + exponent
    return [Factor(node, axes, _whole(exponent)) for (node, axes), exponent in powers.items() if exponent]


def _flatten(coefficient: Number, factors: Iterable[Factor], labels: _Labels) -> tuple[Number, list[Factor]]:
    """The factors with products among them spread out."""
    flat: list[Factor] = []
    stack = list(factors)[::-1]
    while stack:
        factor = stack.pop()
        node, axes, exponent = factor
        if node.kind is not Kind.PRODUCT or not _spreads(node, exponent):
            root = _find_root(node, exponent)
            if root is not None:
                coefficient *= root
                stack.append(Factor(with_coefficient(node, 1), axes, exponent))
            elif pair := _split_power(factor):
                stack += pair
            else:
                flat.append(_without_axes(factor))
            continue
        network = node.network
        if network.coefficient == 0 and exponent < 0:
            raise Undefined("division by zero: this has no value anywhere", help="leave out what is divided by zero")
        coefficient *= Fraction(network.coefficient) ** int(exponent) if network.coefficient != 1 else 1
        names: dict[int, int] = {}
        for own, given in zip(network.out, axes, strict=True):
            if own in names:
                labels.join(names[own], given)
            else:
                names[own] = given
        for own, size in enumerate(network.sizes):
            if own not in names:
                names[own] = labels.fresh(size)
        inner = zip(node.args, network.labels, network.exponents, strict=True)
        stack += [Factor(arg, tuple(names[own] for own in its), e * exponent) for arg, its, e in inner][::-1]
    return _whole(coefficient), flat


def _find_root(node: Node, exponent: Number) -> Number | None:
    """What a root of a product has in front where its number has a root: 2 of sqrt(4*x). None where it stays inside."""
    value = node.network.coefficient if node.kind is Kind.PRODUCT else 1
    if value == 1 or value <= 0 or exponent == int(exponent):
        return None
    degree = exponent.denominator
    ends = [round(part ** (1 / degree)) for part in (value.numerator, value.denominator) if part < _LARGEST_SQUARE]
    if [end**degree for end in ends] != [value.numerator, value.denominator]:
        return None
    return Fraction(*ends) ** exponent.numerator


_LARGEST_SQUARE = 2**53
"""Below this the root of a power is the nearest whole number to that in doubles."""


def _split_power(factor: Factor) -> list[Factor] | None:
    """A quotient by a product with sums in it, as one by what is summed, and one by the rest; None where it is one.

    1/(y*(A@x)) is y**-1*(A@x)**-1, so that each may be joined with powers of its own.
    """
    node, axes, exponent = factor
    if node.kind is not Kind.PRODUCT or exponent >= 0 or exponent != int(exponent) or is_closed(node):
        return None
    network = node.network
    inner = [part for part in factors_of(node) if not set(part.labels) <= set(network.out)]
    if not inner or len(inner) == len(node.args):
        return None
    sizes = dict(enumerate(network.sizes))
    used = {label for part in inner for label in part.labels}
    kept = [place for place, label in enumerate(network.out) if label in used]
    summed = product(1, inner, [network.out[place] for place in kept], {label: sizes[label] for label in used})
    free = [part for part in factors_of(node) if set(part.labels) <= set(network.out)]
    rest = product(network.coefficient, free, network.out, {label: sizes[label] for label in network.out})
    return [Factor(summed, tuple(axes[place] for place in kept), exponent), Factor(rest, axes, exponent)]


def _without_axes(factor: Factor) -> Factor:
    """Powers of a number, or of what does not change along some axes, need no such axes."""
    value = as_number(factor.node)
    if value is not None:
        return factor if not factor.labels else Factor(number(value), (), factor.exponent)
    kept = sorted(covered_axes(factor.node)) if factor.node.kind is Kind.PRODUCT else factor.labels
    if len(kept) == len(factor.labels):
        return factor
    return Factor(drop_axes(factor.node, kept), tuple(factor.labels[axis] for axis in kept), factor.exponent)


def _spreads(node: Node, exponent: Number) -> bool:
    """Whether a power of a product is the product of the powers of its factors.

    What is a scalar by itself stays a factor, so that its powers are joined.
    """
    network = node.network
    if is_closed(node):
        return False
    if exponent == 1:
        return True
    if not network.is_pointwise or _has_huge_power(network.coefficient, exponent):
        return False
    if exponent == int(exponent):
        return True
    return network.coefficient == 1 and len(node.args) == 1 and network.exponents[0] in (1, -1)


def _has_huge_power(value: Number, exponent: Number) -> bool:
    """Whether a power of a number is too long to be written out."""
    longest = max(abs(value.numerator), value.denominator)
    return (longest.bit_length() - 1) * max(exponent, -exponent) > MAX_BITS


Shorter = tuple[Number, list[Factor], tuple[int, int] | None]
"""A number, the factors that are left, and two labels that are one now."""


def _shorten(parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> Shorter | None:
    """The parts without a matrix next to its inverse, or two unit vectors on one axis; None where there are none."""
    for place, factor in enumerate(parts):
        if factor.node.kind is Kind.INVERSE and factor.exponent == 1:
            shorter = _cancel_inverse(place, parts, out, labels)
        elif factor.node.kind is Kind.UNIT:
            shorter = _settle_unit(place, parts, out, labels)
        elif factor.node.kind in (Kind.SOFTMAX, Kind.SUM) and factor.exponent == 1:
            shorter = _settle_sum(place, parts, out, labels)
        elif factor.node.kind is Kind.PRODUCT and factor.exponent != 1 and factor.labels:
            shorter = _join_power(place, parts, out, labels)
        else:
            continue
        if shorter is not None:
            return shorter
    return None


def _cancel_inverse(place: int, parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> Shorter | None:
    """inv(A)@A is the identity: the labels at both ends are one."""
    node, axes, _ = parts[place]
    if axes[0] == axes[1]:
        return None
    for other, partner in enumerate(parts):
        if partner.node is not node.args[0] or partner.exponent != 1:
            continue
        for own, theirs in ((1, 0), (0, 1)):
            shared = axes[own]
            if shared not in partner.labels or (shared != partner.labels[theirs] and not node.is_symmetric):
                continue
            away = partner.labels[1 - partner.labels.index(shared)]
            rest = [part for k, part in enumerate(parts) if k not in (place, other)]
            if shared in out or shared == away or any(shared in part.labels for part in rest):
                continue
            labels.settled.add(shared)
            return 1, rest, (axes[1 - own], away)
    return None


def _join_power(place: int, parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> Shorter | None:
    """(A@x)*(A@x)**-2 is (A@x)**-1: a product whose factors stand among the parts is joined with its power."""
    node, axes, exponent = parts[place]
    network = node.network
    if network.is_pointwise or len(set(network.out)) < len(network.out):
        return None
    names = dict(zip(network.out, axes, strict=True))
    used = {place}
    for arg, its, power in zip(node.args, network.labels, network.exponents, strict=True):
        for k, part in enumerate(parts):
            if k in used or part.node is not arg or part.exponent != power:
                continue
            pairs = list(zip(its, part.labels, strict=True))
            if all(names.get(own, given) == given for own, given in pairs):
                names.update(pairs)
                used.add(k)
                break
        else:
            return None
    inner = {given for own, given in names.items() if own not in network.out}
    rest = [part for k, part in enumerate(parts) if k not in used]
    outside = {*out, *axes, *(label for part in rest for label in part.labels)}
    if inner & outside or len(set(names.values())) < len(names):
        return None
    labels.settled |= inner
    joined = [Factor(node, axes, exponent + 1)] if exponent != -1 else []
    return 1 / Fraction(network.coefficient), [*rest, *joined], None


def _settle_sum(place: int, parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> Shorter | None:
    """The entries of softmax add up to 1, distances from the mean to 0."""
    node, axes, _ = parts[place]
    if node.kind is Kind.SOFTMAX:
        assert isinstance(node.data, tuple)
        summed = {axes[axis] for axis in node.data}
    else:
        summed = set(axes)
    others = {label for k, part in enumerate(parts) if k != place for label in part.labels}
    if summed & (others | set(out)) or len(set(axes)) != len(axes):
        return None
    if node.kind is Kind.SOFTMAX:
        labels.settled.update(summed)
        return 1, [*parts[:place], *parts[place + 1 :]], None
    if not any(len(covered_axes(term)) < node.rank for term in node.args):
        return None
    return (0, [], None) if is_zero(add([total(term, range(node.rank)) for term in node.args])) else None


def _settle_unit(place: int, parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> Shorter | None:
    """Powers of a unit vector are itself, two different ones on one axis are 0, the sum of its entries is 1."""
    node, axes, exponent = parts[place]
    if exponent != 1:
        return 1, [*parts[:place], Factor(node, axes), *parts[place + 1 :]], None
    if any(part.node.kind is Kind.UNIT and part.labels == axes for part in parts[place + 1 :]):
        return 0, [], None
    for k, part in enumerate(parts):
        if part.node.kind is Kind.ENTRIES and part.labels == axes and type(part.exponent) is int:
            assert isinstance(part.node.data, tuple)
            assert isinstance(node.data, int)
            value = Fraction(part.node.data[node.data])
            if (value or part.exponent > 0) and not _has_huge_power(value, part.exponent):
                return value**part.exponent, [*parts[:k], *parts[k + 1 :]], None
    for k, part in enumerate(parts):
        if part.node.kind is Kind.SUM and part.labels == axes and _is_listed(part.node):
            size = {0: node.shape[0]}
            entry = add([product(1, [Factor(node, (0,)), Factor(term, (0,))], (), size) for term in part.node.args])
            return 1, [*parts[:k], *parts[k + 1 :], Factor(entry, (), part.exponent)], None
    if axes[0] not in out and not any(axes[0] in part.labels for k, part in enumerate(parts) if k != place):
        labels.settled.add(axes[0])
        return 1, [*parts[:place], *parts[place + 1 :]], None
    return None


def _is_listed(node: Node) -> bool:
    """Whether a sum is a vector that is written entry by entry."""
    return all(
        term.kind is Kind.UNIT or (term.kind is Kind.PRODUCT and any(arg.kind is Kind.UNIT for arg in term.args))
        for term in node.args
    )


def _count_lengths(
    coefficient: Number, parts: list[Factor], out: tuple[int, ...], labels: _Labels
) -> tuple[Number, list[Factor]]:
    """A sum over a label that nothing depends on is a factor."""
    used = {label for part in parts for label in part.labels}.union(out)
    for label in {labels.find(label) for label in labels.sizes} - used - labels.settled:
        size = labels.sizes[label]
        if isinstance(size, int):
            coefficient *= size
        else:
            node = size_node(size)
            match = [k for k, part in enumerate(parts) if part.node is node]
            old = parts.pop(match[0]).exponent if match else 0
            if old != -1:
                parts = [*parts, Factor(node, (), old + 1)]
    return coefficient, parts


def _orient(coefficient: Number, parts: list[Factor]) -> tuple[Number, list[Factor]]:
    """Sums of which the negative or the transpose was there first are replaced by it, so that equal products have
    equal factors."""
    turned: list[Factor] = []
    changed = False
    for node, axes, exponent in parts:
        if node.kind is Kind.SUM and node.rank == 2 and not node.is_symmetric:
            other = look_up(Kind.SUM, map(transpose, node.args), None, node.shape[::-1])
            if other is not None and other.id < node.id:
                node, axes, changed = other, axes[::-1], True
        if node.kind is Kind.SUM and type(exponent) is int:
            other = _better_sign(node)
            if other is not node:
                node = other
                changed = True
                if exponent % 2:
                    coefficient = -coefficient
        turned.append(Factor(node, axes, exponent))
    if not changed:
        return coefficient, parts
    powers: dict[tuple[Node, tuple[int, ...]], Number] = {}
    for node, axes, exponent in turned:
        powers[node, axes] = powers.get((node, axes), 0) + exponent
    return coefficient, [Factor(node, axes, e) for (node, axes), e in powers.items() if e]


def _better_sign(node: Node) -> Node:
    """Of a sum and its negative the one with fewer minus signs, else the one that was there first."""
    surplus = sum(1 if split_coefficient(term)[0] < 0 else -1 for term in node.args)
    if surplus > 0:
        return add([scale(term, -1) for term in node.args])
    other = _opposite(node) if surplus == 0 else None
    return other if other is not None and other.id < node.id else node


def _opposite(node: Node) -> Node | None:
    """The sum with all signs turned, if there is such a node."""
    terms = []
    for term in node.args:
        if term.kind is Kind.PRODUCT and not is_closed(term):
            network = term.network._replace(coefficient=-term.network.coefficient)
            if network.coefficient == 1 and _is_plain(network):
                terms.append(term.args[0])
                continue
            other = look_up(Kind.PRODUCT, term.args, network, term.shape)
            if other is None:
                return None
            terms.append(other)
        else:
            axes = tuple(range(term.rank))
            other = look_up(Kind.PRODUCT, (term,), Network(-1, (axes,), (1,), axes, term.shape), term.shape)
            if other is None:
                return None
            terms.append(other)
    return look_up(Kind.SUM, terms, None, node.shape)


def _is_plain(network: Network) -> bool:
    """Whether a network of coefficient 1 is its only factor as it stands."""
    return network.exponents == (1,) and network.labels[0] == network.out and network.is_pointwise


def _close(parts: list[Factor], out: tuple[int, ...], labels: _Labels) -> list[Factor]:
    """What has labels, but none that leads to the result, becomes a factor of its own: a scalar."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for part in parts:
        touched = [group for group in groups if group[0] & set(part.labels)]
        merged: tuple[set[int], list[Factor]] = (set(part.labels), [])
        for group in touched:
            merged[0].update(group[0])
            merged[1].extend(group[1])
            groups.remove(group)
        merged[1].append(part)
        groups.append(merged)
    if not out and len(groups) == 1:
        return parts
    kept: list[Factor] = []
    for names, members in groups:
        if not names or names & set(out):
            kept += members
        else:
            scalar = _finish(1, members, (), labels.sizes, ())
            kept.append(Factor(scalar, ()))
    if not any(not part.labels for part in kept):
        return kept
    powers: dict[tuple[Node, tuple[int, ...]], Number] = {}
    for node, axes, exponent in kept:
        powers[node, axes] = powers.get((node, axes), 0) + exponent
    return [Factor(node, axes, e) for (node, axes), e in powers.items() if e]


def _finish(
    coefficient: Number, parts: list[Factor], out: tuple[int, ...], sizes: Mapping[int, Size], shape: Shape
) -> Node:
    """The node of a product whose factors are in order."""
    coefficient = _whole(coefficient)
    if coefficient != 1 and not shape and any(part.labels for part in parts):
        parts = [Factor(_finish(1, parts, out, sizes, shape), ())]
    if coefficient == 1 and len(parts) == 1 and parts[0].exponent == 1:
        node, axes, _ = parts[0]
        is_turned = node.is_symmetric and axes == out[::-1]
        if (axes == out or is_turned) and len(set(axes)) == len(axes):
            return node
        if node.kind is Kind.SUM and len(axes) == 2 and axes == out[::-1] and axes[0] != axes[1]:
            return add(map(transpose, node.args))
    args, network = _canonical(coefficient, parts, out, sizes)
    return make(Kind.PRODUCT, args, network, shape)


def _join_named(parts: list[Factor]) -> list[Factor]:
    """Factors that together have a name of their own, under that name."""
    if not any(part.node.kind in (Kind.APPLY, Kind.SUM) for part in parts):
        return parts
    from dcalc.tensor.elementwise import join_exponentials  # it builds on all of this

    while (joined := join_exponentials(parts)) is not None:
        powers: dict[tuple[Node, tuple[int, ...]], Number] = {}
        for node, axes, exponent in joined:
            powers[node, axes] = powers.get((node, axes), 0) + exponent
        parts = [Factor(node, axes, e) for (node, axes), e in powers.items() if e]
    return parts


_MOST_TRIALS = 200
"""Orders of labels that are tried where nothing tells them apart."""


def _canonical(
    coefficient: Number, parts: Sequence[Factor], out: tuple[int, ...], sizes: Mapping[int, Size]
) -> tuple[tuple[Node, ...], Network]:
    """The factors in order, and labels numbered so that equal products have equal networks.

    Labels are told apart by where they stand, and by what the labels beside them are, until nothing more changes
    (colour refinement); of those that are still alike each is tried as the first, and the least network is taken.
    """
    used = dict.fromkeys(out)
    for part in parts:
        used.update(dict.fromkeys(part.labels))
    colours = {}
    for label in used:
        places = tuple(place for place, other in enumerate(out) if other == label)
        colours[label] = (places or (len(out),), str(sizes[label]))
    ranks = _rank(colours)
    best: tuple[tuple[object, ...], tuple[Node, ...], Network] | None = None
    stack = [_refine(ranks, parts)]
    trials = 0
    while stack and trials < _MOST_TRIALS:
        ranks = stack.pop()
        alike = _first_tie(ranks)
        if alike:
            stack += [
                _refine({k: 2 * v + (v == ranks[label] and k != label) for k, v in ranks.items()}, parts)
                for label in alike
            ]
            continue
        trials += 1
        order = sorted(used, key=ranks.__getitem__)
        names = {label: place for place, label in enumerate(order)}
        ordered = sorted(
            ((part.node, _in_order(part.node, map(names.__getitem__, part.labels)), part.exponent) for part in parts),
            key=lambda part: (part[0].id, part[2], part[1]),
        )
        key = tuple((node.id, exponent, axes) for node, axes, exponent in ordered)
        if best is None or key < best[0]:
            network = Network(
                coefficient,
                tuple(axes for _, axes, _ in ordered),
                tuple(exponent for _, _, exponent in ordered),
                tuple(names[label] for label in out),
                tuple(sizes[label] for label in order),
            )
            best = key, tuple(node for node, _, _ in ordered), network
    assert best is not None
    return best[1], best[2]


def _rank(colours: Mapping[int, tuple[object, ...]]) -> dict[int, int]:
    order = {colour: place for place, colour in enumerate(sorted(set(colours.values())))}
    return {label: order[colour] for label, colour in colours.items()}


def _refine(ranks: dict[int, int], parts: Sequence[Factor]) -> dict[int, int]:
    """Colours that tell labels apart by the factors and labels beside them."""
    while True:
        seen: dict[int, list[tuple[object, ...]]] = {label: [] for label in ranks}
        for node, axes, exponent in parts:
            beside = _in_order(node, (ranks[label] for label in axes))
            for place, label in enumerate(axes):
                seen[label].append((node.id, exponent, 0 if node.is_symmetric else place, beside))
        finer = _rank({label: (rank, tuple(sorted(seen[label]))) for label, rank in ranks.items()})
        if len(set(finer.values())) == len(set(ranks.values())):
            return finer
        ranks = finer


def _first_tie(ranks: Mapping[int, int]) -> list[int]:
    """The labels of the first colour that several have."""
    groups: dict[int, list[int]] = {}
    for label, rank in ranks.items():
        groups.setdefault(rank, []).append(label)
    return next((groups[rank] for rank in sorted(groups) if len(groups[rank]) > 1), [])


def factors_of(node: Node) -> list[Factor]:
    """The factors of a PRODUCT."""
    network = node.network
    return list(map(Factor, node.args, network.labels, network.exponents))


# --- sums --------------------------------------------------------------------------------------


def split_coefficient(node: Node) -> tuple[Number, Node]:
    """A node as a number times a node whose own number is 1."""
    if node.kind is not Kind.PRODUCT or node.network.coefficient == 1:
        return 1, node
    return node.network.coefficient, with_coefficient(node, 1)


def is_closed(node: Node) -> bool:
    """Whether a node is a product that is summed to a scalar, which is a factor of its own in every other product."""
    return node.kind is Kind.PRODUCT and not node.shape and bool(node.network.sizes)


def with_coefficient(node: Node, coefficient: Number) -> Node:
    """The same product with another number."""
    coefficient = _whole(coefficient)
    if is_closed(node):
        return node if coefficient == 1 else product(coefficient, [Factor(node, ())], (), {})
    network = node.network._replace(coefficient=coefficient)
    if coefficient == 1 and len(node.args) == 1 and _is_plain(network):
        return node.args[0]
    return make(Kind.PRODUCT, node.args, network, node.shape)


def scale(node: Node, by: Number) -> Node:
    """A number times a node."""
    if by == 1:
        return node
    if node.kind is Kind.PRODUCT and by:
        return with_coefficient(node, node.network.coefficient * by)
    axes = tuple(range(node.rank))
    return product(by, [Factor(node, axes)], axes, dict(enumerate(node.shape)))


def add(terms: Iterable[Node]) -> Node:
    """The sum of nodes of one shape: sums inside are spread out, equal terms counted."""
    counts: dict[Node, Number] = {}
    shape: Shape = ()
    for term in terms:
        shape = term.shape
        for sign, part in _terms_of(term):
            coefficient, node = split_coefficient(part)
            counts[node] = counts.get(node, 0) + sign * coefficient
    _join_choices(counts)
    _shift_range(counts)
    parts = [scale(node, _whole(coefficient)) for node, coefficient in counts.items() if coefficient]
    if not parts:
        return number(0, shape)
    if len(parts) == 1:
        return parts[0]
    if shape and len(axes := sorted(set().union(*map(covered_axes, parts)))) < len(shape):
        inner = add([drop_axes(part, axes) for part in parts])
        return product(1, [Factor(inner, tuple(axes))], range(len(shape)), dict(enumerate(shape)))
    return make(Kind.SUM, tuple(parts), None, shape)


def _shift_range(counts: dict[Node, Number]) -> None:
    """Numbers that count up, with a number added, are numbers that count up from another one."""
    ranges = [node for node in counts if node.kind is Kind.RANGE]
    if len(ranges) != 1 or not counts[ranges[0]]:
        return
    (node,) = ranges
    for one in [one for one in counts if as_number(one) is not None]:
        by = Fraction(counts[one]) * (as_number(one) or 0) / Fraction(counts[node])
        if by.denominator == 1:
            assert isinstance(node.data, int)
            counts.pop(one)
            shifted = make(Kind.RANGE, (), node.data + int(by), node.shape)
            counts[shifted] = counts.pop(node)
            node = shifted


def _join_choices(counts: dict[Node, Number]) -> None:
    """Join terms that choose between numbers by the same condition."""
    if sum(node.kind is Kind.APPLY for node in counts) < 2:
        return
    from dcalc.tensor.elementwise import join_choices  # it builds on all of this

    join_choices(counts)


def _terms_of(term: Node) -> list[tuple[int, Node]]:
    """The terms of a sum, and of a sum with a minus before it; else the node itself."""
    if term.kind is Kind.SUM:
        return [(1, part) for part in term.args]
    if term.kind is Kind.PRODUCT and term.network.coefficient == -1 and len(term.args) == 1:
        (inner,) = term.args
        if inner.kind is Kind.SUM and _is_plain(term.network):
            return [(-1, part) for part in inner.args]
    if is_zero(term):
        return []
    return [(1, term)]


# --- shapes of nodes ---------------------------------------------------------------------------


def broadcast(node: Node, shape: Shape) -> Node:
    """The node stretched to a shape by NumPy's rules: axes are added in front, those of length 1 repeated."""
    if node.shape == shape:
        return node
    first = len(shape) - node.rank
    sizes: dict[int, Size] = dict(enumerate(shape))
    labels = []
    for place, size in enumerate(node.shape):
        label = first + place
        if size == 1 and shape[label] != 1:
            label = len(shape) + place
            sizes[label] = 1
        labels.append(label)
    return product(1, [Factor(node, tuple(labels))], range(len(shape)), sizes)


def transpose(node: Node) -> Node:
    """The matrix with rows and columns exchanged; a vector is its own."""
    if node.rank < 2:
        return node
    first, second = node.shape
    return product(1, [Factor(node, (0, 1))], (1, 0), {0: first, 1: second})


def multiply(first: Node, second: Node) -> Node:
    """The products of entries of two nodes of one shape."""
    axes = tuple(range(first.rank))
    return product(1, [Factor(first, axes), Factor(second, axes)], axes, dict(enumerate(first.shape)))


def raise_to(node: Node, exponent: Number) -> Node:
    """Each entry to a constant power."""
    axes = tuple(range(node.rank))
    return product(1, [Factor(node, axes, exponent)], axes, dict(enumerate(node.shape)))


def matmul(first: Node, second: Node) -> Node:
    """The matrix product of vectors or matrices: the last axis of one with the first of the other."""
    left, right = list(range(first.rank)), list(range(first.rank - 1, first.rank - 1 + second.rank))
    shared = first.rank - 1
    sizes = {**dict(zip(right, second.shape, strict=True)), **dict(zip(left, first.shape, strict=True))}
    out = [label for label in (*left, *right) if label != shared]
    return product(1, [Factor(first, tuple(left)), Factor(second, tuple(right))], out, sizes)


def total(node: Node, axes: Sequence[int]) -> Node:
    """The sum over some axes."""
    labels = tuple(range(node.rank))
    out = [label for label in labels if label not in axes]
    return product(1, [Factor(node, labels)], out, dict(enumerate(node.shape)))


def is_condition(node: Node) -> bool:
    """Whether a node is a comparison, or made of comparisons."""
    return node.kind is Kind.APPLY and node.data in table.CONDITIONS


def covered_axes(node: Node) -> set[int]:
    """The axes along which a node may change."""
    if node.kind is not Kind.PRODUCT:
        return set(range(node.rank))
    network = node.network
    used = {label for labels in network.labels for label in labels}
    return {k for k, label in enumerate(network.out) if label in used or network.out.count(label) > 1}


def drop_axes(node: Node, kept: Sequence[int]) -> Node:
    """The node without axes along which it does not change."""
    if node.kind is not Kind.PRODUCT:
        return node
    network = node.network
    out = [network.out[axis] for axis in kept]
    factors = map(Factor, node.args, network.labels, network.exponents)
    gone = {label for axis, label in enumerate(network.out) if axis not in kept} - set(out)
    sizes = {label: size for label, size in enumerate(network.sizes) if label not in gone}
    return product(network.coefficient, factors, out, sizes)


def apply(row: Row, args: Sequence[Node]) -> Node:
    """A function of the table applied to each entry of nodes of one shape."""
    from dcalc.tensor.elementwise import apply_row  # it builds on all of this

    return apply_row(row, args)


def replace_args(node: Node, args: Sequence[Node]) -> Node:
    """A node of the same kind with other children, each of the shape of the one it replaces, in normal form."""
    if tuple(args) == node.args:
        return node
    if node.kind is Kind.SUM:
        return add(args)
    if node.kind is Kind.PRODUCT:
        network = node.network
        factors = map(Factor, args, network.labels, network.exponents)
        return product(network.coefficient, factors, network.out, dict(enumerate(network.sizes)))
    from dcalc.tensor import elementwise, linear

    if node.kind is Kind.APPLY:
        return elementwise.apply_row(node.data, args)  # type: ignore[arg-type]  # the data of an APPLY is a row
    return linear.rebuild(node, args)
