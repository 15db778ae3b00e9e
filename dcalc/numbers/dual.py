"""Dual numbers over any number system, dual numbers included: first order is all there is to know.

A dual is a + b*d with d*d = 0, its primal a and its tangent b; f(a + b*d) = f(a) + f'(a)*b*d
with the table's partial for f'. Duals over duals have a d of each level, and the coefficient
of all of them together is a second derivative, mixed if they belong to different variables.
See Griewank and Walther, Evaluating Derivatives, 2nd ed., ch. 3 and 10.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Unsupported
from dcalc.expr import ZERO, make, symbol
from dcalc.functions import Row
from dcalc.simplify import Build
from dcalc.tape import System, Tape, lower, run


class Dual(NamedTuple):
    """A number and its tangent, None where it does not vary."""

    primal: Any
    tangent: Any = None


class Duals(System):
    """The duals over an ``inner`` system."""

    def __init__(self, inner: System) -> None:
        super().__init__(lambda value: Dual(inner.constant(value)), cache(self._evaluator))
        self.inner = inner

    def _evaluator(self, op: Row) -> Callable[..., Any]:
        value = self.inner.evaluator(op)
        tangent = self._rule(op)

        def evaluate(*args: Any) -> Any:
            primals = [arg.primal if type(arg) is Dual else arg for arg in args]  # a condition is a bool
            result = value(*primals)
            if type(result) is bool:
                return result
            if all(type(arg) is not Dual or arg.tangent is None for arg in args):
                return Dual(result)
            return Dual(result, tangent(result, primals, args))

        return evaluate

    def _rule(self, op: Row) -> Callable[[Any, list[Any], Sequence[Any]], Any]:
        """What gives the tangent of a row from its value, its primals and its arguments."""
        if op is table.MUL:
            return self._product
        return self._choose(op) if op.tangent else self._chain(op)

    def _chain(self, op: Row) -> Callable[[Any, list[Any], Sequence[Any]], Any]:
        """The sum of partials times tangents."""

        def tangent(result: Any, primals: list[Any], args: Sequence[Any]) -> Any:
            terms = []
            for place, arg in enumerate(args):
                if arg.tangent is not None and (partial := self._partial(op, place, result, primals, args)) is not None:
                    terms.append(self.inner.evaluator(table.MUL)(partial, arg.tangent))
            return self._sum(terms)

        return tangent

    def _partial(self, op: Row, place: int, result: Any, primals: list[Any], args: Sequence[Any]) -> Any:
        """A partial derivative at the primals; None where it is 0 everywhere."""
        zeros = () if op.variadic else tuple(_is_zero(arg) for arg in args)
        tape, root = _partial_tape(op, place, zeros)
        if tape.rows[root] == (table.NUMBER, (0,)):
            return None
        names = dict(zip(op.args, primals, strict=False))
        if op.variadic:
            names[op.args[-1] + "_i"] = primals[place]
        return run(tape, {"y": result, **names}, self.inner.constant, self.inner.evaluator)[root]

    def _choose(self, op: Row) -> Callable[[Any, list[Any], Sequence[Any]], Any]:
        """A row with a tangent of its own, such as `where`: the branch that is not chosen is never evaluated."""
        template = rules.tangent_template(op)
        tape = lower(template)
        zero = self.inner.constant(0)

        def tangent(_found: Any, primals: list[Any], args: Sequence[Any]) -> Any:
            names = dict(zip(op.args, primals, strict=True))
            for name, arg in zip(op.args, args, strict=True):
                moves = type(arg) is Dual and arg.tangent is not None
                names["d" + name] = arg.tangent if moves else zero
            return run(tape, names, self.inner.constant, self.inner.evaluator)[tape.place(template)]

        return tangent

    def _product(self, _found: Any, primals: list[Any], args: Sequence[Any]) -> Any:
        terms = []
        for place, arg in enumerate(args):
            if arg.tangent is not None:
                others = [*primals[:place], *primals[place + 1 :]]
                terms.append(self.inner.evaluator(table.MUL)(*others, arg.tangent))
        return self._sum(terms)

    def _sum(self, terms: list[Any]) -> Any:
        """The sum of the terms; None for no terms."""
        if len(terms) < 2:
            return terms[0] if terms else None
        return self.inner.evaluator(table.ADD)(*terms)


def _is_zero(value: Any) -> bool:
    """Whether a number is 0 and varies at no level."""
    while type(value) is Dual:
        if value.tangent is not None:
            return False
        value = value.primal
    return bool(value == 0)


@cache
def _partial_tape(op: Row, place: int, zeros: tuple[bool, ...]) -> tuple[Tape, int]:
    """The tape of a partial in the names of the row, and the place of its value. Arguments that are
    0 for good are put in, so that 0*u**(0 - 1) never arises."""
    if any(zeros):
        call = make(op, *(ZERO if zero else symbol(name) for name, zero in zip(op.args, zeros, strict=True)))
        partial = rules.partial(call, place, Build().apply)
    else:
        partial = rules.partial_template(op, place)
    if partial is None:
        name = op.args[min(place, len(op.args) - 1)]
        raise Unsupported(f"{op.name}: no derivative by its argument {name} in closed form")
    tape = lower(partial)
    return tape, tape.place(partial)
