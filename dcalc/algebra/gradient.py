"""Enclosures of f and of all its first partial derivatives at a point: one sweep over balls."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

from flint import arb

from dcalc import functions as table
from dcalc.algebra import ball
from dcalc.algebra.adjoint import Sweep
from dcalc.algebra.enclose import BallSystem, Constant, Fault, carrying, constant, source
from dcalc.errors import Undecided, Undefined
from dcalc.expr import Expr, variables, walk
from dcalc.functions import Row

_SMOOTH = (table.ADD, table.SUB, table.MUL, table.NEG, table.DIV)
"""Rows that are analytic wherever they have a value."""


class Partials(NamedTuple):
    """f, and its derivative by each variable: a ball, or a Fault where the point may be no inner
    one for a part that the variable reaches.

    Where f itself is a Fault and nothing else is at fault, that is the ``only`` one, and the
    variables in the part that it belongs to are ``involved``.
    """

    f: arb | Fault
    by: dict[str, arb | Fault]
    only: Fault | None = None
    involved: frozenset[str] = frozenset()


class GradientEncloser:
    """Encloses the gradient of one expression, at any number of points and precisions.

    A ball stands for a derivative only where f is proved to be analytic in that variable around the
    point: every part that passes something on to it is inside of its domain, at no kink or jump.
    Raises Unsupported where a partial has no closed form. Cost: linear in nodes.
    """

    def __init__(self, root: Expr, names: Collection[str]) -> None:
        self.root = root
        self.sweep = Sweep(root, names)
        self.system = BallSystem(constant, carrying)
        self.doubtful = [place for place, _ in self.sweep.back if self._may_have_edges(place)]

    def _may_have_edges(self, place: int) -> bool:
        op, args = self.sweep.tape.rows[place]
        if op is table.POW:
            exponent = self.sweep.tape.nodes[args[1]]
            return exponent.op is not table.NUMBER or type(exponent.args[0]) is not int or exponent.args[0] < 0
        return op not in _SMOOTH

    def at(self, point: Mapping[str, Constant]) -> Partials:
        """The enclosures at a point, at flint's working precision."""
        inputs = {name: make() for name, make in point.items()}
        try:
            values = self.sweep.values(inputs, constant, _raising)
        except (Undefined, Undecided, ArithmeticError, ValueError):
            values = self.sweep.values(inputs, constant, carrying)
        blocked = self._blocked(values)
        f = values[self.sweep.tape.place(self.root)]
        if type(f) is Fault:
            return self._at_fault(f, values, blocked)
        return Partials(f, self.sweep.adjoints(values, arb(1), blocked))

    def _at_fault(self, fault: Fault, values: list[Any], blocked: Mapping[int, Fault]) -> Partials:
        fault.node = source(fault, self.root, self.sweep.tape, values)
        places = self.sweep.tape.places  # a body may leave out an argument: softmax(1, ...) is of the second
        own = [values[places[node.id]] for node in walk(self.root) if node.id in places]
        alone = all(values[place] is fault for place in blocked) and all(
            value is fault for value in own if type(value) is Fault
        )
        return Partials(fault, {}, fault if alone else None, frozenset(variables(fault.node)))

    def _blocked(self, values: list[Any]) -> dict[int, Fault]:
        """The rows that are not proved to be analytic, by place."""
        blocked: dict[int, Fault] = {}
        for place in self.doubtful:
            op, args = self.sweep.tape.rows[place]
            found = self.system.interior(op, [values[i] for i in args], [self.sweep.moves(i) for i in args])
            if type(found) is Fault:
                blocked[place] = found
        return blocked


def _raising(op: Row) -> Callable[..., Any]:
    return carrying(op) if op is table.WHERE else ball.evaluator(op)
