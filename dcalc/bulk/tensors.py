"""Nodes over arrays of doubles, with a bound of the error of each entry.

For a product of numbers a_k that are known up to errors e_k, the computed sum of products is off by at most

    prod(|a_k| + e_k) - prod(|a_k|) + gamma(n)*prod(|a_k|),

summed over the same labels, where n counts the roundings on the way to one entry, in whatever order they are done
(Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3.1 and 4.2). Matrices are inverted, and their
determinants found, in ball arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any, cast

from dcalc import functions as table
from dcalc.bulk.bound import FUNCTION, LEAST, TINY, UNIT
from dcalc.bulk.inexact import Estimate, evaluate, find_smooth
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


def estimate(
    roots: Sequence[Node], sizes: Mapping[str, int], values: Mapping[str, Estimate]
) -> tuple[list[Estimate], bool]:
    """The entries of each node with bounds of their errors, and whether all operations are smooth there.

    ``sizes`` are lengths by name, ``values`` the arrays by the names of variables. Where a bound does not hold
    ``sure`` is False; smooth means that the table's partial derivatives hold all around the point.
    Cost: about four times that of NumPy's products.
    """
    arrays: dict[Node, Estimate] = {}
    magnitudes: dict[Node, Any] = {}
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
                arrays[node], fits = _multiply(node, arrays, magnitudes, sizes)
            elif node.kind is Kind.SUM:
                arrays[node], fits = _add([arrays[arg] for arg in node.args]), True
            elif not node.args:
                arrays[node], fits = _constant(node, shape, sizes), True
            else:
                arrays[node], fits = _reduce(node, arrays[node.args[0]])
            smooth = smooth and fits
    return [arrays[root] for root in roots], smooth


def exact_array(values: Any) -> Estimate:
    """An array of doubles that are what they are."""
    return Estimate(values, np.zeros(values.shape), np.isfinite(values))


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
    result = evaluate(root, names, flat)
    smooth = bool(find_smooth(root, names, flat).all())
    return Estimate(*(part.reshape(shape) for part in result)), smooth


# --- sums and products -------------------------------------------------------------------------


def _add(terms: Sequence[Estimate]) -> Estimate:
    values, errors, sure = terms[0]
    size = np.abs(values)
    for term in terms[1:]:
        values = values + term.values
        errors = errors + term.errors
        size = size + np.abs(term.values)
        sure = sure & term.sure
    errors = (errors + (len(terms) - 1) * UNIT * _SLACK * size) * _SLACK
    return Estimate(values, errors, sure & np.isfinite(values) & np.isfinite(errors))


def _multiply(
    node: Node, arrays: Mapping[Node, Estimate], magnitudes: dict[Node, Any], sizes: Mapping[str, int]
) -> tuple[Estimate, bool]:
    """An Einstein sum: values, and by the formula above their errors. ``magnitudes`` are kept for other products."""
    network = node.network
    lengths = fix_shape(network.sizes, sizes)
    kept = tuple(dict.fromkeys(network.out))
    factors: list[Estimate] = []
    sizes_of: list[Any] = []
    smooth = True
    for arg, exponent in zip(node.args, network.exponents, strict=True):
        if exponent == 1:
            if arg not in magnitudes:
                magnitudes[arg] = np.abs(arrays[arg].values)
            factors.append(arrays[arg])
            sizes_of.append(magnitudes[arg])
            continue
        root = make(table.POW, symbol("u0"), number(exponent))
        power, fits = _pointwise(root, ["u0"], [arrays[arg]], arrays[arg].values.shape)
        smooth = smooth and fits
        factors.append(power)
        sizes_of.append(np.abs(power.values))
    used = {label for labels in network.labels for label in labels}
    axes = [label for label in kept if label in used]
    contraction = Contraction(network.labels, axes, lengths)
    values = contraction.run([factor.values for factor in factors])
    errors, size = _bound_product(contraction, factors, sizes_of)
    coefficient, off = _round(network.coefficient)
    if coefficient != 1.0:
        values = values * coefficient
        errors = abs(coefficient) * errors + (off + UNIT * abs(coefficient)) * size
    errors = errors * _SLACK + TINY
    sure = np.isfinite(values) & np.isfinite(errors)
    for place, factor in enumerate(factors):
        if not factor.sure.all():
            ones = [np.ones_like(size) for size in sizes_of]
            ones[place] = (~factor.sure).astype(np.float64)
            sure = sure & (contraction.run(ones) == 0)
    whole = [place_axes(part, axes, kept, network.out, lengths) for part in (values, errors, sure)]
    if len(kept) < len(network.out):  # beside the diagonal stand zeros
        whole[2] = whole[2] | ~place_axes(np.ones_like(sure), axes, kept, network.out, lengths)
    return Estimate(*whole), smooth


def _bound_product(contraction: Contraction, factors: Sequence[Estimate], sizes: Sequence[Any]) -> tuple[Any, Any]:
    """The errors of a product of factors, and a bound of the sum of the sizes of its terms."""
    if not factors:
        return np.zeros(()), np.ones(())
    count = contraction.roundings
    gamma = count * UNIT / (1 - count * UNIT)
    inexact = [place for place, factor in enumerate(factors) if factor.errors.any()]
    # Rounding is an error of one more factor: it goes with that of the first one, so that one pass does for both.
    first = inexact[0] if inexact else 0
    parts = list(sizes)
    parts[first] = gamma * sizes[first] + factors[first].errors
    errors = contraction.run(parts)
    for place in inexact[1:]:
        grown = [size + factor.errors for size, factor in zip(sizes[:place], factors, strict=False)]
        errors = errors + contraction.run([*grown, factors[place].errors, *sizes[place + 1 :]])
    # What underflows is off by less than TINY, and other factors may multiply it.
    largest = [float((size + factor.errors).max(initial=0.0)) for size, factor in zip(sizes, factors, strict=True)]
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

    def run(self, arrays: Sequence[Any]) -> Any:
        """The result, its axes in the order of ``out``."""
        if not arrays:
            return np.ones(())
        operands = list(zip(arrays, self.labels, strict=True))
        while len(operands) > 1:
            first, second = self._choose(operands)
            pair = [operands.pop(second), operands.pop(first)][::-1]
            rest = {label for _, own in operands for label in own}.union(self.out)
            together = dict.fromkeys(pair[0][1] + pair[1][1])
            operands.append(self._join(pair, tuple(label for label in together if label in rest)))
        array, own = operands[0]
        return self._join([(array, own)], self.out)[0] if own != self.out else array

    def _choose(self, operands: Sequence[tuple[Any, tuple[int, ...]]]) -> tuple[int, int]:
        """The two whose product has the fewest labels to run over."""
        pairs = [(k, j) for j in range(1, len(operands)) for k in range(j)]
        return min(pairs, key=lambda p: prod(self.lengths[x] for x in {*operands[p[0]][1], *operands[p[1]][1]}))

    def _join(self, parts: Sequence[tuple[Any, tuple[int, ...]]], kept: tuple[int, ...]) -> tuple[Any, tuple[int, ...]]:
        """The product of one or two arrays, summed over all labels but those ``kept``."""
        summed = {label for _, own in parts for label in own}.difference(kept)
        longest = max(summed, key=self.lengths.__getitem__, default=None)
        if longest is None or self.lengths[longest] <= _PART + len(_halvings(self.lengths[longest])) + 1:
            return self._contract(parts, kept), kept
        sums = []
        for start in range(0, self.lengths[longest], _PART):
            block = slice(start, start + _PART)
            pieces = [
                (array[tuple(block if label == longest else slice(None) for label in own)], own) for array, own in parts
            ]
            sums.append(self._contract(pieces, kept))
        while len(sums) > 1:  # in pairs, as `_halvings` counts
            sums = [sums[k] + sums[k + 1] if k + 1 < len(sums) else sums[k] for k in range(0, len(sums), 2)]
        return sums[0], kept

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
