"""Nodes over arrays of doubles, with a bound of the error of each entry, or without bounds.

For a product of numbers a_k that are known up to errors e_k, the computed sum of products is off by at most

    prod(|a_k| + e_k) - prod(|a_k|) + gamma(n)*prod(|a_k|),

summed over the same labels, where n counts the roundings on the way to one entry, in whatever order they are done
(Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3.1 and 4.2). Matrices are inverted, and their
determinants found, in ball arithmetic.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from fractions import Fraction
from functools import cache
from math import prod
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from dcalc import functions as table
from dcalc.bulk.bound import FUNCTION, LEAST, TINY, UNIT
from dcalc.bulk.contraction import Contraction, EinsteinSum, Join, Shared, look_up
from dcalc.bulk.inexact import Estimate, evaluate_quickly, evaluate_smooth
from dcalc.bulk.lazy_numpy import np
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol
from dcalc.functions import POW, Row
from dcalc.numbers import real
from dcalc.tensor.lower import constant_entries, fix_shape
from dcalc.tensor.nodes import Kind, Node, Number, as_number, is_condition, walk

if TYPE_CHECKING:
    from flint import arb_mat


SLACK = 1.0 + 2.0**-40
"""Makes up for the roundings of the bounds themselves: some dozen in each, and sums are counted twice."""
_BITS = 212
"""Of matrices that are inverted: what is lost of them is lost of four times a double's digits."""


def estimate(
    roots: Sequence[Node],
    sizes: Mapping[str, int],
    values: Mapping[str, Estimate],
    shared: Shared | None = None,
) -> tuple[list[Estimate], bool]:
    """The entries of each node with bounds of their errors, and whether all operations are smooth there.

    ``sizes`` are lengths by name, ``values`` the arrays by the names of variables. Where a bound does not hold
    ``sure`` is False; smooth means that the table's partial derivatives hold all around the point. Errors that are
    alike along an axis may be a view without memory of their own.
    Products of two arrays that are ``shared`` are computed once. Cost: about four times that of NumPy's products.
    """
    arrays: dict[Node, Estimate] = {}
    products: Shared = {} if shared is None else shared
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
                arrays[node], fits = _multiply(node, arrays, products, sizes)
            elif node.kind is Kind.SUM:
                arrays[node], fits = _add([arrays[arg] for arg in node.args]), True
            elif not node.args:
                arrays[node], fits = estimate_constant(node, shape, sizes), True
            else:
                arrays[node], fits = reduce_estimate(node, arrays[node.args[0]])
            smooth = smooth and fits
    return [arrays[root] for root in roots], smooth


def exact_array(values: Any) -> Estimate:
    """An array of doubles that are what they are."""
    return Estimate(values, np.broadcast_to(0.0, values.shape), np.isfinite(values))


def collapse(array: Any) -> Any:
    """An array with length 1 on each axis along which it is a view of one entry."""
    if 0 not in array.strides:
        return array
    return array[tuple(slice(0, 1) if step == 0 else slice(None) for step in array.strides)]


def round_number(value: Number) -> tuple[float, float]:
    """The double nearest to a number, and how far it is off; infinite where no double is near."""
    nearest = real.constant(value)
    if np.isinf(nearest):
        return nearest, np.inf
    return nearest, 0.0 if Fraction(nearest) == value else abs(nearest) * UNIT + TINY


def estimate_constant(node: Node, shape: tuple[int, ...], sizes: Mapping[str, int]) -> Estimate:
    """The entries of a node without arguments."""
    pairs = [round_number(Fraction(entry.args[0])) for entry in constant_entries(node, shape, sizes)]
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
            if row.chooses and place == 0:  # the number of one of the others
                args.append(number(as_number(arg) or 0))
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
    errors = (errors + (len(terms) - 1) * UNIT * SLACK * size) * SLACK
    return Estimate(values, errors, sure & np.isfinite(values) & np.isfinite(errors))


def _multiply(
    node: Node, arrays: Mapping[Node, Estimate], shared: Shared, sizes: Mapping[str, int]
) -> tuple[Estimate, bool]:
    """An Einstein sum: values, and by the formula above their errors."""
    network = node.network
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
    contraction = EinsteinSum(network.labels, network.out, fix_shape(network.sizes, sizes))

    def join(step: Join, parts: Sequence[Any]) -> Any:
        return look_up(shared, step.key, parts, lambda: step.run(parts))

    values = contraction.run([factor.values for factor in factors], join) if factors else np.ones(())
    errors, size = _bound_product(contraction, factors)
    coefficient, off = round_number(network.coefficient)
    if coefficient != 1.0:
        values = values * coefficient
        errors = abs(coefficient) * errors + (off + UNIT * abs(coefficient)) * size
    errors = errors * SLACK + TINY
    sure = np.isfinite(errors)
    if not np.isfinite(values).all():
        sure = sure & np.isfinite(values)
    for place, factor in enumerate(factors):
        if not collapse(factor.sure).all():
            doubt = [np.ones_like(one.values) for one in factors]
            doubt[place] = (~factor.sure).astype(np.float64)
            sure = sure & (contraction.run(doubt) == 0)
    shape = values.shape
    whole = [contraction.place(np.broadcast_to(part, shape)) for part in (values, errors, sure)]
    if contraction.has_diagonal:  # beside it stand zeros
        whole[2] = whole[2] | ~contraction.place(np.ones_like(sure))
    return Estimate(*whole), smooth


def _bound_product(contraction: Contraction, factors: Sequence[Estimate]) -> tuple[Any, Any]:
    """The errors of a product of factors, and a bound of the sum of the sizes of its terms."""
    if not factors:
        return np.zeros(()), np.ones(())
    count = contraction.roundings + 2
    gamma = count * UNIT / (1 - count * UNIT)
    sizes = [np.abs(factor.values) for factor in factors]
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
    errors = errors * (1.0 + 2 * gamma) + count * TINY * prod(max(1.0, one) for one in largest)  # sums round, too
    return errors, errors / gamma


# --- reductions and matrices -------------------------------------------------------------------


def reduce_estimate(node: Node, arg: Estimate) -> tuple[Estimate, bool]:
    """A product or an extreme of entries, their softmax, or a function of a matrix; and whether it is smooth there."""
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
        errors = (bound - np.prod(size, axis=axes) + rounding) * SLACK
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
        return Estimate(*(part.squeeze(axis=axes) for part in (values, errors * SLACK, sure))), True
    exponents = arg.values - values
    doubt = (arg.errors + errors + UNIT * np.abs(exponents)) * SLACK
    results = np.exp(exponents)
    errors = results * (np.expm1(doubt) + FUNCTION) * SLACK * 2 + TINY
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
    return middle, float(abs(ball - middle).upper()) * SLACK


# --- functions without bounds ------------------------------------------------------------------
# Nodes over arrays as functions that are called again and again, as a descent does: doubles without bounds.


T = TypeVar("T")
Rule = Callable[[Sequence[T], Shared], T]
"""What computes a node from its arguments, and from what the nodes of one evaluation share."""


class NodeFunction(ABC, Generic[T]):
    """The values of some nodes, as a function of those of their variables; what is constant is computed once.

    ``sizes`` are lengths by name. Nodes that are ``known`` are given by name, as variables are.
    """

    def __init__(
        self, roots: Sequence[Node], sizes: Mapping[str, int], known: Mapping[Node, str] | None = None
    ) -> None:
        _keep_freed_memory()
        given = known or {}
        order = _walk_above(roots, given)
        places = {node: place for place, node in enumerate(order)}
        self.roots = [places[root] for root in roots]
        self.names = {places[node]: given[node] for node in order if node in given}
        self.names |= {places[node]: str(node.data) for node in order if node.kind is Kind.VARIABLE}
        self.steps: list[tuple[int, Rule[T], list[int]]] = []
        self.constants: dict[int, T] = {}
        for node in order:
            if places[node] in self.names:
                continue
            rule, args = self.make_rule(node, sizes)
            own = [places[arg] for arg in args]
            if all(place in self.constants for place in own):
                self.constants[places[node]] = rule([self.constants[place] for place in own], {})
            else:
                self.steps.append((places[node], rule, own))

    @abstractmethod
    def make_rule(self, node: Node, sizes: Mapping[str, int]) -> tuple[Rule[T], Sequence[Node]]:
        """What computes a node, and the nodes whose values it takes."""

    def run(self, values: Mapping[str, T], shared: Shared) -> list[T]:
        """The values of the nodes, in order."""
        results: dict[int, T] = dict(self.constants)
        results.update((place, values[name]) for place, name in self.names.items())
        with np.errstate(all="ignore"):
            for place, rule, args in self.steps:
                results[place] = rule([results[arg] for arg in args], shared)
        return [results[root] for root in self.roots]


@cache
def _keep_freed_memory() -> None:
    """Let the C library reuse the memory of arrays, rather than give it back and clear new pages with each call.

    That of GNU does so for all sizes up to the largest that was freed before, 32 MiB at most; this one is not touched.
    """
    np.empty(31 << 17)


def _walk_above(roots: Sequence[Node], leaves: Collection[Node]) -> list[Node]:
    """The nodes below the roots, each once, children before parents; what is below the leaves is left out."""
    needed = set(roots)
    for node in reversed(walk(*roots)):
        if node in needed and node not in leaves:
            needed.update(node.args)
    return sorted(needed, key=lambda node: node.id)


class TensorFunction(NodeFunction[Any]):
    """The values of some nodes, as a function of the arrays of their variables.

    Where a function has no value an entry is nan or infinite. Cost of a call: that of NumPy's operations, and some
    microseconds for each node.
    """

    def __call__(self, values: Mapping[str, Any]) -> list[Any]:
        """The arrays of the nodes, in order."""
        return self.run(values, {})

    def make_rule(self, node: Node, sizes: Mapping[str, int]) -> tuple[Rule[Any], Sequence[Node]]:
        """What computes a node, and the nodes whose values it takes."""
        shape = fix_shape(node.shape, sizes)
        if node.kind is Kind.APPLY:
            root, leaves = inline_conditions(node)
            names = list(leaves.values())
            if not names:
                return lambda _args, _: np.full(shape, evaluate_quickly(root, ["u"], [np.zeros(1)])[0]), ()
            return lambda args, _: evaluate_quickly(root, names, args), list(leaves)
        if node.kind is Kind.PRODUCT:
            return _make_product(node, sizes), node.args
        if node.kind is Kind.SUM:
            return lambda args, _: sum(args[1:], args[0]), node.args
        if not node.args:
            entries = np.array([real.constant(entry.args[0]) for entry in constant_entries(node, shape, sizes)])
            return lambda _args, _: entries.reshape(shape), ()
        reduce = _make_reduction(node)
        return lambda args, _: reduce(args[0]), node.args


def _make_product(node: Node, sizes: Mapping[str, int]) -> Rule[Any]:
    network = node.network
    contraction = EinsteinSum(network.labels, network.out, fix_shape(network.sizes, sizes))
    coefficient = real.constant(network.coefficient)

    def multiply(args: Sequence[Any], shared: Shared) -> Any:
        factors = [_raise(arg, power, shared) for arg, power in zip(args, network.exponents, strict=True)]
        result = contraction.run(factors, lambda join, parts: look_up(shared, join.key, parts, lambda: join.run(parts)))
        if coefficient != 1.0:
            result = result * coefficient
        return contraction.place(result)

    return multiply if contraction.labels else lambda _args, _: contraction.place(np.full((), coefficient))


def _raise(array: Any, exponent: Number, shared: Shared) -> Any:
    if exponent == 1:
        return array
    power = make(POW, symbol("u"), number(exponent))
    return look_up(shared, exponent, [array], lambda: evaluate_quickly(power, ["u"], [array]))


def _make_reduction(node: Node) -> Callable[[Any], Any]:
    if node.kind is Kind.INVERSE:
        return _invert
    if node.kind is Kind.DET:
        return lambda array: np.asarray(np.linalg.det(array))
    if node.kind is Kind.LOGDET:
        return _log_determinant
    axes = node.data
    assert isinstance(axes, tuple)
    if node.kind in (Kind.LOGSUMEXP, Kind.SOFTMAX):
        return lambda array: _share(array, axes, node.kind is Kind.SOFTMAX)
    reduce = {Kind.PROD: "prod", Kind.MAXIMUM: "max", Kind.MINIMUM: "min"}[node.kind]
    return lambda array: getattr(array, reduce)(axis=axes)


def _invert(matrix: Any) -> Any:
    try:
        return np.linalg.inv(matrix)
    except np.linalg.LinAlgError:
        return np.full(matrix.shape, np.nan)


def _log_determinant(matrix: Any) -> Any:
    sign, log = np.linalg.slogdet(matrix)
    return np.asarray(log if sign > 0 else np.nan)


def _share(array: Any, axes: tuple[int, ...], is_softmax: bool) -> Any:
    top = array.max(axis=axes, keepdims=True)
    shares = np.exp(array - top)
    total = shares.sum(axis=axes, keepdims=True)
    return shares / total if is_softmax else (top + np.log(total)).squeeze(axis=axes)
