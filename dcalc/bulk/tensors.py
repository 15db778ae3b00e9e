"""Nodes over arrays of doubles, with a bound of the error of each entry.

For a product of numbers a_k that are known up to errors e_k, the computed sum of products is off by at most

    prod(|a_k| + e_k) - prod(|a_k|) + gamma(n)*prod(|a_k|),

summed over the same labels, where n counts the roundings on the way to one entry, in whatever order they are done
(Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3.1 and 4.2). Matrices are inverted, and their
determinants found, in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, cast

from dcalc import functions as table
from dcalc.bulk.bound import FUNCTION, LEAST, TINY, UNIT
from dcalc.bulk.inexact import Estimate, evaluate_smooth
from dcalc.bulk.lazy_numpy import np
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol
from dcalc.functions import Row
from dcalc.tensor.lower import constant_entries, fix_shape
from dcalc.tensor.nodes import Kind, Node, Number, is_condition, walk

if TYPE_CHECKING:
    from flint import arb_mat

_SLACK = 1.0 + 2.0**-40
"""Makes up for the roundings of the bounds themselves: some dozen in each, and sums are counted twice."""
_BITS = 212
"""Of matrices that are inverted: what is lost of them is lost of four times a double's digits."""


_LARGE = 1 << 15
"""Entries of a matrix beyond which its largest one stands for all in a bound, unless the bound is to be tight."""


class Workspace:
    """What evaluations of one point share: products of two arrays, and how large the entries of arrays are.

    A ``tight`` one takes the size of each entry of large matrices; else the largest stands for all, which spares a
    copy of the matrix and two products, and bounds come out some times larger.
    """

    def __init__(self, *, tight: bool = False) -> None:
        self.tight = tight
        self.products: dict[object, tuple[Any, Any, Any]] = {}
        self.largest: dict[int, tuple[Any, Any]] = {}

    def measure(self, array: Any) -> Any:
        """The absolute values of entries, or an upper bound of them that is one number."""
        if self.tight or array.size < _LARGE or array.ndim < 2:
            return np.abs(array)
        known = self.largest.get(id(array))
        if known is None:
            top = np.maximum(array.max(), -array.min())  # nan where there is one
            known = self.largest[id(array)] = array, top.reshape((1,) * array.ndim)
        return known[1]

    def multiply(self, key: object, parts: Sequence[Any], multiply: Callable[[], Any]) -> Any:
        """A product of two arrays, which is computed once; ``key`` tells how their axes go together."""
        full = (key, *map(id, parts))
        known = self.products.get(full)
        if known is None:
            known = self.products[full] = (parts[0], parts[1], multiply())
        return known[2]


def estimate(
    roots: Sequence[Node],
    sizes: Mapping[str, int],
    values: Mapping[str, Estimate],
    workspace: Workspace | None = None,
) -> tuple[list[Estimate], bool]:
    """The entries of each node with bounds of their errors, and whether all operations are smooth there.

    ``sizes`` are lengths by name, ``values`` the arrays by the names of variables. Where a bound does not hold
    ``sure`` is False; smooth means that the table's partial derivatives hold all around the point. Errors that are
    alike along an axis may be a view without memory of their own.
    Cost: about twice that of NumPy's products, four times with a tight ``workspace``.
    """
    arrays: dict[Node, Estimate] = {}
    own = workspace or Workspace(tight=True)
    smooth = True
    with np.errstate(all="ignore"):
        for node in walk(*roots):
            shape = fix_shape(node.shape, sizes)
            if node.kind is Kind.VARIABLE:
                arrays[node] = values[str(node.data)]
                continue
            if node.kind is Kind.APPLY:
                arrays[node], fits = _apply(node, shape, arrays)
            elif node.kind is Kind.PRODUCT:
                arrays[node], fits = _multiply(node, arrays, own, sizes)
            elif node.kind is Kind.SUM:
                arrays[node], fits = _add([arrays[arg] for arg in node.args]), True
            elif not node.args:
                arrays[node], fits = _constant(node, shape, sizes), True
            else:
                arrays[node], fits = _reduce(node, arrays[node.args[0]])
            smooth = smooth and fits
    return [arrays[root] for root in roots], smooth


def exact_array(values: Any, workspace: Workspace | None = None) -> Estimate:
    """An array of doubles that are what they are."""
    if workspace is not None and values.size >= _LARGE and values.ndim > 1:
        largest = workspace.measure(values).max() if not workspace.tight else values.sum()
        if np.isfinite(largest):
            return Estimate(values, np.broadcast_to(0.0, values.shape), np.broadcast_to(True, values.shape))
    return Estimate(values, np.broadcast_to(0.0, values.shape), np.isfinite(values))


def collapse(array: Any) -> Any:
    """An array with length 1 on each axis along which it is a view of one entry."""
    if 0 not in array.strides:
        return array
    return array[tuple(slice(0, 1) if step == 0 else slice(None) for step in array.strides)]


def _round(value: Number) -> tuple[float, float]:
    """The double nearest to a number, and how far it is off."""
    try:
        nearest = float(value)
    except OverflowError:
        return np.inf, np.inf
    return nearest, 0.0 if Fraction(nearest) == value else abs(nearest) * UNIT + TINY


def _constant(node: Node, shape: tuple[int, ...], sizes: Mapping[str, int]) -> Estimate:
    pairs = [_round(Fraction(entry.args[0])) for entry in constant_entries(node, shape, sizes)]
    values, errors = np.array(pairs, dtype=np.float64).reshape(-1, 2).T
    return Estimate(values.reshape(shape), errors.reshape(shape), np.isfinite(values).reshape(shape))


# --- entry by entry ----------------------------------------------------------------------------


def _apply(node: Node, shape: tuple[int, ...], arrays: Mapping[Node, Estimate]) -> tuple[Estimate, bool]:
    """A function of the table, applied to each entry."""
    root, leaves = inline_conditions(node)
    return _pointwise(root, list(leaves.values()), [arrays[leaf] for leaf in leaves], shape)


def inline_conditions(node: Node) -> tuple[Expr, dict[Node, str]]:
    """What an APPLY does to each entry, as an expression, and the names of the nodes in it.

    Conditions below it become part of what is applied; by themselves they are 1 or 0.
    """
    leaves: dict[Node, str] = {}
    expressions: dict[Node, Expr] = {}
    inner = [node]
    for part in inner:  # grows
        inner += [arg for arg in part.args if is_condition(arg)]
    for part in reversed(inner):
        row = part.data
        assert isinstance(row, Row)
        args = []
        for place, arg in enumerate(part.args):
            if arg in expressions:
                args.append(expressions[arg])
                continue
            leaf = symbol(leaves.setdefault(arg, f"u{len(leaves)}"))
            asks = row in (table.AND, table.OR, table.NOT) or (row is table.WHERE and place == 0)
            args.append(make(table.GT, leaf, _HALF) if asks else leaf)
        expressions[part] = make(row, *args)
    root = expressions[node]
    return (make(table.WHERE, root, ONE, ZERO) if is_condition(node) else root), leaves


_HALF = number(Fraction(1, 2))
"""Tells a condition that is 1 from one that is 0."""


def _pointwise(
    root: Expr, names: Sequence[str], args: Sequence[Estimate], shape: tuple[int, ...]
) -> tuple[Estimate, bool]:
    if not names:  # a constant such as pi
        names, args = ["u0"], [exact_array(np.zeros(shape))]
    flat = [Estimate(*(part.ravel() for part in arg)) for arg in args]
    result, smooth = evaluate_smooth(root, names, flat)
    return Estimate(*(part.reshape(shape) for part in result)), smooth


# --- sums and products -------------------------------------------------------------------------


def _add(terms: Sequence[Estimate]) -> Estimate:
    values, errors, sure = terms[0]
    size = np.abs(values)
    errors, sure = collapse(errors), collapse(sure)
    for term in terms[1:]:
        values = values + term.values
        errors = errors + collapse(term.errors)
        size = size + np.abs(term.values)
        sure = sure & collapse(term.sure)
    errors = (errors + (len(terms) - 1) * UNIT * _SLACK * size) * _SLACK
    return Estimate(values, errors, sure & np.isfinite(values) & np.isfinite(errors))


def _multiply(
    node: Node, arrays: Mapping[Node, Estimate], workspace: Workspace, sizes: Mapping[str, int]
) -> tuple[Estimate, bool]:
    """An Einstein sum: values, and by the formula above their errors."""
    network = node.network
    lengths = fix_shape(network.sizes, sizes)
    kept = tuple(dict.fromkeys(network.out))
    factors: list[Estimate] = []
    smooth = True
    for arg, exponent in zip(node.args, network.exponents, strict=True):
        if exponent == 1:
            factors.append(arrays[arg])
            continue
        root = make(table.POW, symbol("u0"), number(exponent))
        power, fits = _pointwise(root, ["u0"], [arrays[arg]], arrays[arg].values.shape)
        smooth = smooth and fits
        factors.append(power)
    used = {label for labels in network.labels for label in labels}
    axes = [label for label in kept if label in used]
    contraction = Contraction(network.labels, axes, lengths)
    values = contraction.run([factor.values for factor in factors], workspace)
    errors, size = _bound_product(contraction, factors, workspace)
    coefficient, off = _round(network.coefficient)
    if coefficient != 1.0:
        values = values * coefficient
        errors = abs(coefficient) * errors + (off + UNIT * abs(coefficient)) * size
    errors = errors * _SLACK + TINY
    sure = np.isfinite(errors)
    if not np.isfinite(values).all():
        sure = sure & np.isfinite(values)
    for place, factor in enumerate(factors):
        if not collapse(factor.sure).all():
            doubt = [np.ones_like(one.values) for one in factors]
            doubt[place] = (~factor.sure).astype(np.float64)
            sure = sure & (contraction.run(doubt) == 0)
    shape = values.shape
    whole = [
        place_axes(np.broadcast_to(part, shape), axes, kept, network.out, lengths) for part in (values, errors, sure)
    ]
    if len(kept) < len(network.out):  # beside the diagonal stand zeros
        whole[2] = whole[2] | ~place_axes(np.ones_like(sure), axes, kept, network.out, lengths)
    return Estimate(*whole), smooth


def _bound_product(contraction: Contraction, factors: Sequence[Estimate], workspace: Workspace) -> tuple[Any, Any]:
    """The errors of a product of factors, and a bound of the sum of the sizes of its terms."""
    if not factors:
        return np.zeros(()), np.ones(())
    count = contraction.roundings
    gamma = count * UNIT / (1 - count * UNIT)
    sizes = [workspace.measure(factor.values) for factor in factors]
    own = [collapse(factor.errors) for factor in factors]
    inexact = [place for place, errors in enumerate(own) if errors.any()]
    # Rounding is an error of one more factor: it goes with that of the first one, so that one pass does for both.
    first = inexact[0] if inexact else 0
    parts = list(sizes)
    parts[first] = gamma * sizes[first] + own[first]
    errors = contraction.run_sizes(parts)
    for place in inexact[1:]:
        grown = [size + error for size, error in zip(sizes[:place], own, strict=False)]
        errors = errors + contraction.run_sizes([*grown, own[place], *sizes[place + 1 :]])
    # What underflows is off by less than TINY, and other factors may multiply it.
    largest = [float(size.max(initial=0.0) + error.max(initial=0.0)) for size, error in zip(sizes, own, strict=True)]
    errors = errors + count * TINY * prod(max(1.0, one) for one in largest)
    return errors, errors / gamma


class Contraction:
    """The sum of products of arrays whose axes have labels, over the labels that are not in ``out``.

    Two at a time, those first that leave least. Long sums are done in parts, whose sums are added: so fewer roundings
    lie on the way of each term, and the bound is closer.
    """

    def __init__(self, labels: Sequence[tuple[int, ...]], out: Sequence[int], lengths: Sequence[int]) -> None:
        self.labels = [tuple(one) for one in labels]
        self.out = tuple(out)
        self.lengths = lengths
        self.roundings = len(labels) + 2
        for label in {label for one in labels for label in one}.difference(out):
            self.roundings += min(lengths[label], _PART + len(_halvings(lengths[label])) + 1)

    def run_sizes(self, arrays: Sequence[Any]) -> Any:
        """The result for arrays some of whose axes have length 1, along which their entries are alike.

        It has length 1 itself along axes on which nothing depends.
        """
        if not arrays:
            return np.ones(())
        labels: list[tuple[int, ...]] = []
        bare: list[Any] = []
        used: set[int] = set()
        for array, own in zip(arrays, self.labels, strict=True):
            whole = [k for k, label in enumerate(own) if array.shape[k] != 1 or self.lengths[label] == 1]
            bare.append(array.reshape([array.shape[k] for k in whole]))
            labels.append(tuple(own[k] for k in whole))
            used.update(labels[-1])
        every = {label for own in self.labels for label in own}
        scale = prod(self.lengths[label] for label in every - used - set(self.out))
        kept = tuple(label for label in self.out if label in used)
        result = Contraction(labels, kept, self.lengths).run(bare) * float(scale)
        return result.reshape([self.lengths[label] if label in used else 1 for label in self.out])

    def run(self, arrays: Sequence[Any], workspace: Workspace | None = None) -> Any:
        """The result, its axes in the order of ``out``."""
        if not arrays:
            return np.ones(())
        operands = list(zip(arrays, self.labels, strict=True))
        while len(operands) > 1:
            first, second = self._choose(operands)
            pair = [operands.pop(second), operands.pop(first)][::-1]
            rest = {label for _, own in operands for label in own}.union(self.out)
            together = dict.fromkeys(pair[0][1] + pair[1][1])
            kept = tuple(label for label in together if label in rest)
            operands.append((self._multiply_pair(pair, kept, workspace), kept))
        array, own = operands[0]
        return self._join([(array, own)], self.out)[0] if own != self.out else array

    def _multiply_pair(
        self, pair: Sequence[tuple[Any, tuple[int, ...]]], kept: tuple[int, ...], workspace: Workspace | None
    ) -> Any:
        """The product of two arrays, which a workspace keeps."""
        if workspace is None:
            return self._join(pair, kept)[0]
        names: dict[int, int] = {}
        key = tuple(tuple(names.setdefault(label, len(names)) for label in own) for _, own in pair)
        out = tuple(names[label] for label in kept)
        return workspace.multiply((key, out), [array for array, _ in pair], lambda: self._join(pair, kept)[0])

    def _choose(self, operands: Sequence[tuple[Any, tuple[int, ...]]]) -> tuple[int, int]:
        """The two whose product has the fewest labels to run over, and the fewest entries."""
        if len(operands) == 2:
            return 0, 1
        pairs = [(k, j) for j in range(1, len(operands)) for k in range(j)]

        def measure(pair: tuple[int, int]) -> tuple[int, int]:
            both = {*operands[pair[0]][1], *operands[pair[1]][1]}
            others = {x for k, (_, own) in enumerate(operands) if k not in pair for x in own}.union(self.out)
            return prod(self.lengths[x] for x in both), prod(self.lengths[x] for x in both & others)

        return min(pairs, key=measure)

    def _join(self, parts: Sequence[tuple[Any, tuple[int, ...]]], kept: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
        """The product of one or two arrays, summed over all labels but those ``kept``."""
        summed = {label for _, own in parts for label in own}.difference(kept)
        longest = max(summed, key=self.lengths.__getitem__, default=None)
        if longest is None or self.lengths[longest] <= _PART + len(_halvings(self.lengths[longest])) + 1:
            return self._contract(parts, kept), kept
        if (many := self._sum_parts(parts, kept, longest)) is not None:
            return many, kept
        sums: list[Any] = []
        for start in range(0, self.lengths[longest], _PART):
            block = slice(start, start + _PART)
            pieces = [
                (array[tuple(block if label == longest else slice(None) for label in own)], own) for array, own in parts
            ]
            sums.append(self._contract(pieces, kept))
        while len(sums) > 1:  # in pairs, as `_halvings` counts
            sums = [sums[k] + sums[k + 1] if k + 1 < len(sums) else sums[k] for k in range(0, len(sums), 2)]
        return sums[0], kept

    def _sum_parts(self, parts: Sequence[tuple[Any, tuple[int, ...]]], kept: tuple[int, ...], long: int) -> Any | None:
        """A long sum in parts by one call of NumPy: of one array, or of two that share this label alone.

        None for other sums.
        """
        free = [label for _, own in parts for label in own if label != long]
        if any(own.count(long) != 1 for _, own in parts) or len(set(free)) != len(free) or set(free) != set(kept):
            return None
        count = self.lengths[long] // _PART
        shape = [self.lengths[label] for label in free]
        if count * prod(shape) > _MOST_PARTIAL:
            return None
        fronts = [np.moveaxis(array, own.index(long), 0) for array, own in parts]
        whole = [front[: count * _PART].reshape(count, _PART, -1) for front in fronts]
        rest = [front[count * _PART :].reshape(len(front) - count * _PART, -1) for front in fronts]
        if len(parts) == 1:
            sums, last = whole[0].sum(axis=1), rest[0].sum(axis=0)
        else:
            sums = np.matmul(whole[0].transpose(0, 2, 1), whole[1]).reshape(count, -1)
            last = (rest[0].T @ rest[1]).reshape(-1)
        parted = [*sums, last]
        while len(parted) > 1:  # in pairs, as `_halvings` counts
            parted = [parted[k] + parted[k + 1] if k + 1 < len(parted) else parted[k] for k in range(0, len(parted), 2)]
        result = parted[0].reshape(shape)
        return result if tuple(free) == kept else result.transpose([free.index(label) for label in kept])

    def _contract(self, parts: Sequence[tuple[Any, tuple[int, ...]]], kept: tuple[int, ...]) -> Any:
        if len(parts) == 2:
            (left, first), (right, second) = parts
            shared = [label for label in first if label in second]
            unique = len(set(first)) == len(first) and len(set(second)) == len(second)
            free = [label for label in (*first, *second) if label not in shared]
            if unique and not set(shared).intersection(kept) and set(free) == set(kept):
                axes = [first.index(label) for label in shared], [second.index(label) for label in shared]
                result = np.tensordot(left, right, axes)
                return result if tuple(free) == kept else result.transpose([free.index(label) for label in kept])
        operands: list[Any] = []
        for array, own in parts:
            operands += [array, list(own)]
        return np.einsum(*operands, list(kept))


_PART = 512
"""Terms of a sum that are added in an order that NumPy chooses; their sums are added in pairs."""


_MOST_PARTIAL = 1 << 20
"""Entries of the sums of all parts that are kept at once."""


def _halvings(length: int) -> range:
    """One number for each time that the parts of a sum of this length are added in pairs."""
    return range((max(1, -(-length // _PART)) - 1).bit_length())


def place_axes(array: Any, axes: Sequence[int], kept: Sequence[int], out: Sequence[int], lengths: Sequence[int]) -> Any:
    """An array with the axes ``axes`` stretched to those ``kept``, and put on a diagonal where a label stands twice."""
    for place, label in enumerate(kept):
        if label not in axes:
            array = np.expand_dims(array, place)
    array = np.broadcast_to(array, [lengths[label] for label in kept])
    if len(kept) == len(out):
        return array
    whole = np.zeros([lengths[label] for label in out], dtype=array.dtype)
    np.einsum(whole, list(out), list(kept))[...] = array
    return whole


# --- reductions and matrices -------------------------------------------------------------------


def _reduce(node: Node, arg: Estimate) -> tuple[Estimate, bool]:
    if node.kind in (Kind.INVERSE, Kind.DET, Kind.LOGDET):
        return _of_matrix(node.kind, arg)
    axes = node.data
    assert isinstance(axes, tuple)
    sure = arg.sure.all(axis=axes)
    if node.kind is Kind.PROD:
        size = np.abs(arg.values)
        bound = np.prod(size + arg.errors, axis=axes)
        count = prod(arg.values.shape[axis] for axis in axes)
        rounding = 2 * count * UNIT * bound + count * TINY * np.maximum(1.0, bound)
        errors = (bound - np.prod(size, axis=axes) + rounding) * _SLACK
        values = np.prod(arg.values, axis=axes)
        smallest = np.where(size > 0, size, 1.0)
        within = np.prod(np.minimum(smallest, 1.0), axis=axes) >= LEAST  # else a partial product may underflow
        return Estimate(values, errors, sure & within & np.isfinite(errors)), True
    if node.kind in (Kind.MAXIMUM, Kind.MINIMUM):
        return _extreme(arg, axes, sure, sign=1 if node.kind is Kind.MAXIMUM else -1)
    top = arg.values.max(axis=axes, keepdims=True)
    gaps = arg.values - top
    shares = np.exp(gaps)
    count = prod(arg.values.shape[axis] for axis in axes)
    total = shares.sum(axis=axes, keepdims=True)
    # Each exponential is off by the rounding of its gap and its own error; the sum is at least 1.
    off = ((np.abs(gaps) * UNIT + FUNCTION) * shares).sum(axis=axes, keepdims=True) + count * (UNIT * total + TINY)
    log = np.log(total)
    values = top + log
    errors = (off / total + FUNCTION * log + UNIT * np.abs(values)) * 2 + arg.errors.max(axis=axes, keepdims=True)
    sure = arg.sure.all(axis=axes, keepdims=True) & np.isfinite(values) & np.isfinite(errors)
    if node.kind is Kind.LOGSUMEXP:
        return Estimate(*(part.squeeze(axis=axes) for part in (values, errors * _SLACK, sure))), True
    exponents = arg.values - values
    doubt = (arg.errors + errors + UNIT * np.abs(exponents)) * _SLACK
    results = np.exp(exponents)
    errors = results * (np.expm1(doubt) + FUNCTION) * _SLACK * 2 + TINY
    return Estimate(results, errors, np.broadcast_to(sure, results.shape) & np.isfinite(errors)), True


def _extreme(arg: Estimate, axes: tuple[int, ...], sure: Any, *, sign: int) -> tuple[Estimate, bool]:
    """The largest or smallest entry: smooth where the next one is surely another number."""
    numbers = sign * arg.values
    top = numbers.max(axis=axes, keepdims=True)
    rivals = (numbers + 2 * arg.errors >= (top - 2 * arg.errors.max(axis=axes, keepdims=True))).sum(axis=axes)
    return Estimate(sign * top.squeeze(axis=axes), arg.errors.max(axis=axes), sure), bool((rivals == 1).all())


def _of_matrix(kind: Kind, arg: Estimate) -> tuple[Estimate, bool]:
    from flint import arb, arb_mat, ctx

    size = arg.values.shape[0]
    pairs = zip(arg.values.ravel().tolist(), arg.errors.ravel().tolist(), strict=True)
    shape = (size, size) if kind is Kind.INVERSE else ()
    nothing = Estimate(np.zeros(shape), np.full(shape, np.inf), np.zeros(shape, dtype=bool))
    if not arg.sure.all():
        return nothing, False
    bits, ctx.prec = ctx.prec, _BITS
    try:
        matrix = arb_mat(size, size, [arb(value, error) for value, error in pairs])
        if kind is Kind.INVERSE:
            balls = _inverse_entries(matrix)
        else:
            determinant = matrix.det()
            if kind is Kind.LOGDET:
                determinant = determinant.log() if determinant > 0 else arb("nan")
            balls = [determinant]
        if balls is None or not all(ball.is_finite() for ball in balls):
            return nothing, False
        rounded = [_round_ball(ball) for ball in balls]
    finally:
        ctx.prec = bits
    values, errors = np.array(rounded).T
    return Estimate(values.reshape(shape), errors.reshape(shape), np.isfinite(errors).reshape(shape)), True


def _inverse_entries(matrix: arb_mat) -> list[Any] | None:
    try:
        return cast("list[Any]", matrix.inv().entries())
    except ZeroDivisionError:  # it may be singular
        return None


def _round_ball(ball: Any) -> tuple[float, float]:
    """The double in the middle of a ball, and how far the ball reaches from it."""
    middle = float(ball.mid())
    return middle, float(abs(ball - middle).upper()) * _SLACK
