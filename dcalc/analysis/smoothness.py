"""Whether f is twice differentiable at a point in all variables together, which second partials alone do not show."""

from __future__ import annotations

from typing import Any

from flint import ctx

from dcalc import functions as table
from dcalc.backends.reference import is_analytic
from dcalc.coordinates import constants
from dcalc.expr import Expr, variables
from dcalc.finding import Subject
from dcalc.numbers.enclosure import BallSystem, Fault, carrying, constant
from dcalc.problem import Problem
from dcalc.solve import solve
from dcalc.tape import lower

_BITS = 192


def is_twice_differentiable(subject: Subject) -> bool:
    """Whether f is proved to be so at the point, given that all its second partials exist.

    In one variable these are the same. In several f is so where it is analytic, and where it is an analytic
    function of parts that are analytic or depend on one variable alone, by which they have a second derivative.
    Cost: one evaluation in balls, and a verdict on each such part.
    """
    at = subject.at or {}
    if len(subject.wrt) == 1 or is_analytic(subject.root, subject.wrt, at):
        return True
    parts = _find_rough_parts(subject)
    return parts is not None and all(
        part.op not in table.CONDITIONS and solve(Problem(part, (name, name), at), expression=False).status == "ok"
        for part, name in parts
    )


def _find_rough_parts(subject: Subject) -> list[tuple[Expr, str]] | None:
    """The largest parts in one variable that are not proved to be analytic; None where one is in several."""
    tape = lower(subject.root)
    rough: dict[int, str] = {}
    parts: dict[int, str] = {}
    with ctx.workprec(_BITS):
        point = constants(subject.at or {})
        system = BallSystem(constant, carrying)
        values: list[Any] = []
        for place, (op, args) in enumerate(tape.rows):
            if op is table.NUMBER or op is table.SYMBOL:
                values.append(constant(args[0]) if op is table.NUMBER else point[args[0]]())
                continue
            names = [name for name in variables(tape.nodes[place]) if name in subject.wrt]
            inputs = [values[i] for i in args]
            varies = [any(name in subject.wrt for name in variables(tape.nodes[i])) for i in args]
            is_rough = any(i in rough for i in args)
            value = system.interior(op, inputs, varies)
            if len(names) == 1 and (is_rough or type(value) is Fault):
                rough[place] = names[0]
                value = carrying(op)(*inputs)
            elif is_rough:
                parts.update((i, rough[i]) for i in args if i in rough)
            values.append(value)
    root = tape.place(subject.root)
    if root in rough:
        parts[root] = rough[root]
    return None if type(values[root]) is Fault else [(tape.nodes[place], name) for place, name in parts.items()]
