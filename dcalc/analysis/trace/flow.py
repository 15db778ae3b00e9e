"""All that a sweep computes: values, local partials, and what flows along each edge.

Every number is the nearest double of a ball, so that a table of them has no error of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache
from sys import float_info
from typing import Any

from flint import arb, ctx

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.expr import Expr, is_leaf
from dcalc.functions import Row
from dcalc.numbers.adjoint import Sweep
from dcalc.numbers.enclosure import Constant, Fault, carrying, constant
from dcalc.numbers.rounding import as_double
from dcalc.tape import Tape, lower

FIRST_BITS = 128
MOST_BITS = 4_096
"""Beyond this precision an undecided number is given to one ulp, or not at all."""
_ENOUGH = 60
"""Bits of accuracy with which the middle of a ball is its nearest double, short of a tie."""

Value = float | bool | None
"""None where there is no value; infinite beyond the doubles."""
Numbers = list[Value]


@dataclass(frozen=True, slots=True)
class Flow:
    """A sweep, row by row of the expression's own tape.

    ``values``    of the rows; conditions are True or False.
    ``partials``  of each row by each argument; None by one that no variable reaches.
    ``passed``    along the edge to each argument: adjoint or tangent times the partial.
    ``flowing``   the adjoints or tangents; 0 where nothing flows.
    ``tiny``      the rows whose value is not 0, but below the normal doubles.
    ``fault``     why the root has no value, and of which part.
    """

    root: Expr
    tape: Tape
    values: Numbers
    partials: list[list[Value]]
    passed: list[list[Value]]
    flowing: Numbers
    tiny: set[int]
    fault: Fault | None


def compute_flow(
    root: Expr, names: Collection[str], point: Mapping[str, Constant], seeds: Mapping[str, float] | None
) -> Flow:
    """The reverse sweep from the root; with ``seeds`` the forward sweep along that direction.

    Raises Unsupported where a partial has no closed form. Cost: linear in nodes, at up to six precisions.
    """
    trace = _Sweeper(root, names, seeds)
    bits = FIRST_BITS
    while True:
        with ctx.workprec(bits):
            flow, decided = trace.at(point, last=bits >= MOST_BITS)
        if decided or bits >= MOST_BITS:
            return flow
        bits *= 2


class _Sweeper:
    """One sweep, run at rising precision."""

    def __init__(self, root: Expr, names: Collection[str], seeds: Mapping[str, float] | None) -> None:
        self.root = root
        self.seeds = seeds
        self.sweep = Sweep(root, names)
        self.tape = lower(root)
        self.places = [self.sweep.tape.place(node) for node in self.tape.nodes]
        self.edges = dict(self.sweep.back)

    def at(self, point: Mapping[str, Constant], last: bool) -> tuple[Flow, bool]:
        """The flow at the working precision, and whether every number of it is decided."""
        sweep = self.sweep
        values = sweep.values({name: make() for name, make in point.items()}, constant, _evaluator)
        if self.seeds is None:
            flowing = sweep.back_through(values, arb(1))
        else:
            flowing = sweep.tangents(values, {name: arb(seed) for name, seed in self.seeds.items()})
        weights = [self._weights(place, values) for place in range(len(self.places))]
        passed = [
            [None if weight is None else self._passed(flowing, place, arg, weight) for arg, weight in row]
            for place, row in enumerate(weights)
        ]
        balls = Rounding(last)
        own = [values[place] for place in self.places]
        flow = Flow(
            self.root,
            self.tape,
            [balls.number(value) for value in own],
            [[balls.number(weight) for _, weight in row] for row in weights],
            [[balls.number(part) for part in row] for row in passed],
            [0.0 if flowing[place] is None else balls.number(flowing[place]) for place in self.places],
            {place for place, value in enumerate(own) if _is_tiny(value)},
            root if type(root := own[self.tape.place(self.root)]) is Fault else None,
        )
        return flow, balls.decided

    def _weights(self, place: int, values: list[Any]) -> list[tuple[int, Any]]:
        """(place in the sweep, local partial) for each argument of a row; None by one to which nothing flows."""
        args = self.tape.rows[place][1]
        if is_leaf(self.tape.nodes[place]):
            return []
        edges = iter(self.edges.get(self.places[place], ()))
        edge = next(edges, None)
        valueless = type(values[self.places[place]]) is Fault
        weights: list[tuple[int, Any]] = []
        for arg in args:
            there = self.places[arg]
            if edge is None or edge.place != there:
                weights.append((there, None))
                continue
            weight = arb(1) if edge.weight is None else values[edge.weight]
            # A node without a value has no partials, and nothing has one by a condition.
            weights.append((there, None if valueless or isinstance(values[there], bool) else weight))
            edge = next(edges, None)
        return weights

    def _passed(self, flowing: list[Any], place: int, arg: int, weight: Any) -> Any:
        source = flowing[self.places[place]] if self.seeds is None else flowing[arg]
        return arb(0) if source is None else source * weight


_TIES = {table.LT: False, table.LE: True, table.GT: False, table.GE: True, table.EQ: True, table.NE: False}
"""The comparison of a number with itself."""


@cache
def _evaluator(op: Row) -> Callable[..., Any]:
    """The evaluator on balls, in which a row equals itself, however wide its ball."""
    evaluate = carrying(op)
    if op not in _TIES:
        return evaluate
    return lambda u, v: _TIES[op] if u is v and type(u) is not Fault else evaluate(u, v)


class Rounding:
    """Rounds balls to doubles, and remembers whether all were decided."""

    def __init__(self, last: bool) -> None:
        self.last = last
        self.decided = True

    def number(self, value: Any) -> Value:
        """The nearest double; None where there is no value, or too little precision."""
        if value is None or isinstance(value, bool):
            return value
        if type(value) is Fault:
            self.decided = self.decided and isinstance(value.error, Undefined)
            return None
        double = as_double(value)
        if double is None and float(value.lower()) == 0.0 == float(value.upper()):
            return 0.0  # cannot be told from 0, and its double is 0 in any case
        if double is None:
            self.decided = False
            if self.last and value.rel_accuracy_bits() > _ENOUGH:
                return float(value.mid())
        return double


def _is_tiny(value: Any) -> bool:
    if not isinstance(value, arb) or 0 in value:
        return False
    return bool(abs(value) < arb(float_info.min))
