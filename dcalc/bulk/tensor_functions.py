"""Nodes over arrays as functions that are called again and again, as a descent does: doubles without bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from dcalc.bulk.inexact import evaluate_quickly
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import Contraction, inline_conditions, place_axes
from dcalc.expr import make, number, symbol
from dcalc.functions import POW
from dcalc.tensor.lower import constant_entries, fix_shape
from dcalc.tensor.nodes import Kind, Node, walk

Rule = Callable[[Sequence[Any]], Any]


class TensorFunction:
    """The values of some nodes, as a function of the arrays of their variables.

    ``sizes`` are lengths by name. Where a function has no value an entry is nan or infinite. Cost of a call: that of
    NumPy's operations, and some microseconds for each node.
    """

    def __init__(self, roots: Sequence[Node], sizes: Mapping[str, int]) -> None:
        order = walk(*roots)
        self.places = {node: place for place, node in enumerate(order)}
        self.roots = [self.places[root] for root in roots]
        self.names = {self.places[node]: str(node.data) for node in order if node.kind is Kind.VARIABLE}
        self.steps: list[tuple[int, Rule, list[int]]] = []
        self.constants: dict[int, Any] = {}
        for node in order:
            if node.kind is Kind.VARIABLE:
                continue
            rule, args = _make_rule(node, sizes)
            places = [self.places[arg] for arg in args]
            if all(place in self.constants for place in places):
                self.constants[self.places[node]] = rule([self.constants[place] for place in places])
            else:
                self.steps.append((self.places[node], rule, places))

    def __call__(self, values: Mapping[str, Any]) -> list[Any]:
        """The arrays of the nodes, in order."""
        arrays: dict[int, Any] = dict(self.constants)
        arrays.update((place, values[name]) for place, name in self.names.items())
        with np.errstate(all="ignore"):
            for place, rule, args in self.steps:
                arrays[place] = rule([arrays[arg] for arg in args])
        return [arrays[root] for root in self.roots]


def _make_rule(node: Node, sizes: Mapping[str, int]) -> tuple[Rule, Sequence[Node]]:
    """What computes a node, and the nodes whose values it takes."""
    shape = fix_shape(node.shape, sizes)
    if node.kind is Kind.APPLY:
        root, leaves = inline_conditions(node)
        names = list(leaves.values())
        if not names:
            return lambda _args: np.full(shape, evaluate_quickly(root, ["u"], [np.zeros(1)])[0]), ()
        return lambda args: evaluate_quickly(root, names, args), list(leaves)
    if node.kind is Kind.PRODUCT:
        return _make_product(node, sizes), node.args
    if node.kind is Kind.SUM:
        return lambda args: sum(args[1:], args[0]), node.args
    if not node.args:
        entries = np.array([float(Fraction(entry.args[0])) for entry in constant_entries(node, shape, sizes)])
        return lambda _args: entries.reshape(shape), ()
    return _make_reduction(node), node.args


def _make_product(node: Node, sizes: Mapping[str, int]) -> Rule:
    network = node.network
    lengths = fix_shape(network.sizes, sizes)
    kept = tuple(dict.fromkeys(network.out))
    used = {label for labels in network.labels for label in labels}
    axes = [label for label in kept if label in used]
    contraction = Contraction(network.labels, axes, lengths)
    coefficient = float(network.coefficient)
    powers = [None if exponent == 1 else make(POW, symbol("u"), number(exponent)) for exponent in network.exponents]
    is_plain = tuple(axes) == network.out

    def multiply(args: Sequence[Any]) -> Any:
        factors = [
            arg if power is None else evaluate_quickly(power, ["u"], [arg])
            for arg, power in zip(args, powers, strict=True)
        ]
        result = contraction.run(factors)
        if coefficient != 1.0:
            result = result * coefficient
        return result if is_plain else place_axes(result, axes, kept, network.out, lengths)

    return multiply


def _make_reduction(node: Node) -> Rule:
    if node.kind is Kind.INVERSE:
        return lambda args: _invert(args[0])
    if node.kind is Kind.DET:
        return lambda args: np.asarray(np.linalg.det(args[0]))
    if node.kind is Kind.LOGDET:
        return lambda args: _log_determinant(args[0])
    axes = node.data
    assert isinstance(axes, tuple)
    if node.kind in (Kind.LOGSUMEXP, Kind.SOFTMAX):
        return lambda args: _share(args[0], axes, node.kind is Kind.SOFTMAX)
    reduce = {Kind.PROD: "prod", Kind.MAXIMUM: "max", Kind.MINIMUM: "min"}[node.kind]
    return lambda args: getattr(args[0], reduce)(axis=axes)


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
