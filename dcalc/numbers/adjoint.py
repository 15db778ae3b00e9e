"""Reverse mode over any number system: one sweep forward for values, one back for adjoints.

See Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3: all partial derivatives
together cost a small multiple of one evaluation, however many variables there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from fractions import Fraction
from itertools import accumulate
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Unsupported
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, is_leaf, make, number
from dcalc.functions import Row
from dcalc.simplify import Build
from dcalc.tape import Tape, in_order, lower, run


class Edge(NamedTuple):
    """From a row to one of its arguments: the place of the argument and that of the local partial.

    ``weight`` is None for a partial of 1. ``choice`` where a weight of 0 means that f, nearby, does not
    depend on this argument: nothing flows, not even nan. ``branch`` where it is not so much as evaluated.
    """

    place: int
    weight: int | None
    choice: bool
    branch: bool


class Sweep:
    """The tape of an expression and of its local partials, prepared for any number of points.

    Only what depends on ``names`` has adjoints. Raises Unsupported where a partial has no closed
    form. Cost: linear in nodes.
    """

    def __init__(self, root: Expr, names: Collection[str]) -> None:
        self.root = root
        self._build = Build()
        order, inner = in_order(root)
        self._moving = _dependent(order, inner, names)
        flowing = [node for node in order if node.id in self._moving and not is_leaf(node) and node.id not in inner]
        partials = {node.id: self._partials(node) for node in flowing}
        self.tape: Tape = lower(root, *[partial for row_partials in partials.values() for _, partial in row_partials])
        places = self.tape.places
        back = [(places[node.id], self._edges(node, partials[node.id])) for node in flowing]
        back.sort(reverse=True)
        self.back: list[tuple[int, list[Edge]]] = back
        self.symbols = {
            node.args[0]: places[node.id] for node in order if node.op is table.SYMBOL and node.id in self._moving
        }

    def moves(self, place: int) -> bool:
        """Whether one of the variables reaches a row."""
        return self.tape.nodes[place].id in self._moving

    def values(
        self, at: Mapping[str, Any], constant: Callable[[int | Fraction], Any], evaluator: Callable[[Row], Any]
    ) -> list[Any]:
        """The values of all rows at a point, partials included: the sweep forward."""
        return run(self.tape, at, constant, evaluator)

    def adjoints(self, values: list[Any], one: Any, blocked: Mapping[int, Any] | None = None) -> dict[str, Any]:
        """The derivative of the root by each variable to which something flows: the sweep back, where
        ``blocked`` is what `back_through` takes."""
        adjoints = self.back_through(values, one, blocked)
        by_name = {name: adjoints[place] for name, place in self.symbols.items()}
        return {name: adjoint for name, adjoint in by_name.items() if adjoint is not None}

    def back_through(self, values: list[Any], one: Any, blocked: Mapping[int, Any] | None = None) -> list[Any]:
        """The derivative of the root by each row, None where nothing flows.

        ``blocked`` has, by place, what all arguments get where a row is not smooth; it must absorb what
        it meets. With it a weight of 0 flows like any other to all that f evaluates, so that it is
        found wherever it is.
        """
        adjoints: list[Any] = [None] * len(values)
        adjoints[self.tape.place(self.root)] = one
        for place, edges in self.back:
            adjoint = adjoints[place]
            if adjoint is None:  # nothing flows here
                continue
            if blocked and place in blocked:
                adjoint = blocked[place]
            for arg, weight, choice, branch in edges:
                if weight is None:
                    part = adjoint
                elif choice and (branch or blocked is None) and values[weight] == 0:
                    continue
                else:
                    part = adjoint * values[weight]  # elsewhere 0*inf is nan, as it should be
                total = adjoints[arg]
                adjoints[arg] = part if total is None else total + part
        return adjoints

    def tangents(self, values: list[Any], seeds: Mapping[str, Any]) -> list[Any]:
        """The derivative of each row along a direction, given by variable; None where nothing flows."""
        tangents: list[Any] = [None] * len(values)
        for name, seed in seeds.items():
            if name in self.symbols:
                tangents[self.symbols[name]] = seed
        for place, edges in reversed(self.back):
            for arg, weight, choice, _ in edges:
                tangent = tangents[arg]
                if tangent is None or (choice and weight is not None and values[weight] == 0):
                    continue
                part = tangent if weight is None else values[weight] * tangent
                direction = tangents[place]
                tangents[place] = part if direction is None else direction + part
        return tangents

    def _edges(self, node: Expr, partials: Iterable[tuple[Expr, Expr]]) -> list[Edge]:
        places = self.tape.places
        choice = bool(node.op.tangent) and node.op is not table.MUL
        return [
            Edge(
                places[arg.id],
                None if partial is ONE else places[partial.id],
                choice or partial is ZERO,
                node.op is table.WHERE and arg.op not in table.CONDITIONS,
            )
            for arg, partial in partials
        ]

    def _partials(self, node: Expr) -> list[tuple[Expr, Expr]]:
        """(argument, local partial) for each argument that a variable reaches."""
        places = [place for place, arg in enumerate(node.args) if arg.id in self._moving]
        if node.op is table.MUL:
            return _others(node, places)
        return [(node.args[place], self._partial(node, place)) for place in places]

    def _partial(self, node: Expr, place: int) -> Expr:
        op = node.op
        if node.args[place].op in table.CONDITIONS:
            return ZERO
        if op is table.POW and not place:
            return self._lower_exponent(*node.args)
        base: Expr = node.args[0]
        if op is table.POW and base is ZERO:  # 0**v is 0 wherever it varies
            return ZERO
        if op.tangent:
            return rules.tangent(node, [number(int(k == place)) for k in range(len(node.args))])
        partial = rules.partial(node, place, self._build.apply)
        if partial is None:
            name = op.args[min(place, len(op.args) - 1)]
            raise Unsupported(f"{op.name}: no derivative by its argument {name} in closed form")
        return partial

    def _lower_exponent(self, base: Expr, exponent: Expr) -> Expr:
        """v*u**(v-1), the exponent simplified, so that 0*0**-1 never arises."""
        if exponent.op is table.NUMBER and exponent.args[0] == 2:  # by far the most common
            return make(table.MUL, exponent, base)
        return self._build.mul((exponent, self._build.power(base, self._build.add((exponent, MINUS_ONE)))))


def _dependent(order: Iterable[Expr], inner: Mapping[int, Expr], names: Collection[str]) -> set[int]:
    """The ids of the nodes that one of the variables reaches."""
    reached: set[int] = set()
    for node in order:
        if node.op is table.SYMBOL:
            hit = node.args[0] in names
        elif node.op is table.NUMBER:
            hit = False
        elif node.id in inner:
            hit = inner[node.id].id in reached
        else:
            hit = any(arg.id in reached for arg in node.args)
        if hit:
            reached.add(node.id)
    return reached


def _others(node: Expr, places: Iterable[int]) -> list[tuple[Expr, Expr]]:
    """(factor, product of all the others): from products of those before and of those behind,
    so that a long product costs no more than its length."""
    args = node.args
    before = [ONE, *accumulate(args[:-1], _times)]
    behind = [ONE, *accumulate(args[:0:-1], _times)][::-1]
    return [(args[place], _times(before[place], behind[place])) for place in places]


def _times(first: Expr, second: Expr) -> Expr:
    if first is ONE:
        return second
    return first if second is ONE else make(table.MUL, first, second)
