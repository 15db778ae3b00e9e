"""Nodes over arrays as functions that are called again and again, as a descent does: doubles without bounds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache
from typing import Any, Generic, TypeVar

from dcalc.bulk.contraction import EinsteinSum, Shared, look_up
from dcalc.bulk.inexact import evaluate_quickly
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import inline_conditions
from dcalc.expr import make, number, symbol
from dcalc.functions import POW
from dcalc.numbers import real
from dcalc.tensor.lower import constant_entries, fix_shape
from dcalc.tensor.nodes import Kind, Node, Number, walk

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
