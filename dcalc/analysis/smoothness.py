"""Whether f is twice differentiable at a point in all variables together, which second partials alone do not show."""

from __future__ import annotations

from typing import Any

from flint import ctx

from dcalc import functions as table
from dcalc.backends.reference import is_analytic
from dcalc.derive import derivative
from dcalc.expr import MINUS_ONE, ZERO, Expr, exact, is_leaf, make, number, substitute, variables, walk
from dcalc.finding import Subject
from dcalc.numbers.enclosure import BallSystem, Fault, carrying, constant, constants
from dcalc.problem import Problem
from dcalc.simplify import Build, simplify
from dcalc.solver import solve
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


def drop_thin_branches(subject: Subject) -> Expr:
    """The expression without the branches that hold on a line alone, where they are what the other branch is.

    It equals f around the point: `where(x == y, x**2, x*y)` is x*y. Both branches must be analytic at the point,
    so that they have values around it. The same node where there are no such branches.
    """
    root = subject.root
    nodes = walk(root)
    if not any(node.op is table.WHERE for node in nodes):
        return root
    build = Build()
    images: dict[int, Expr] = {}
    for node in nodes:
        if is_leaf(node):
            images[node.id] = node
            continue
        args = [images[arg.id] for arg in node.args]
        is_same = all(image is arg for image, arg in zip(args, node.args, strict=True))
        images[node.id] = node if is_same else build.apply(node.op, tuple(args))
        if node.op is table.WHERE and (lines := _find_lines(args[0])) is not None:
            gaps, holds = lines
            thin, wide = args[1:] if holds else args[:0:-1]
            if all(_meet(thin, wide, gap, subject) for gap in gaps):
                images[node.id] = wide
    return images[root.id]


def _find_lines(condition: Expr) -> tuple[list[Expr], bool] | None:
    """What must be 0, any of it, for a condition to hold (True) or to fail (False); None for other conditions."""
    is_positive = True
    while condition.op is table.NOT:
        (condition,) = condition.args
        is_positive = not is_positive
    juncture, relation, holds = (
        (table.OR, table.EQ, True) if condition.op in (table.OR, table.EQ) else (table.AND, table.NE, False)
    )
    parts = [condition]
    while any(part.op is juncture for part in parts):
        parts = [inner for part in parts for inner in (part.args if part.op is juncture else (part,))]
    if any(part.op is not relation for part in parts):
        return None
    return [make(table.SUB, *part.args) for part in parts], holds is is_positive


def _meet(thin: Expr, wide: Expr, gap: Expr, subject: Subject) -> bool:
    """Whether both branches are analytic at the point, and equal wherever a gap, linear in a variable, is 0."""
    at = subject.at or {}
    for name in variables(gap):
        slope = exact(simplify(derivative(gap, (name,))))
        if name not in subject.wrt or not slope:
            continue
        rest = substitute(gap, {name: ZERO})
        on_line = {name: simplify(make(table.DIV, make(table.MUL, MINUS_ONE, rest), number(slope)))}
        difference = simplify(make(table.SUB, substitute(thin, on_line), substitute(wide, on_line)))
        return difference is ZERO and all(is_analytic(branch, subject.wrt, at) for branch in (thin, wide))
    return False


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
