"""Where a function may have kinks and jumps: the places at which arguments of choices and steps change sign.

Each row of the table names in `kinks` what vanishes there. Breaks are looked for among them, and nothing is said
of a place before germs have judged it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from flint import arb, ctx

from dcalc import functions as table
from dcalc import rules
from dcalc.derive import derivative
from dcalc.errors import LimitError, Undecided, Undefined, Unsupported
from dcalc.expr import Expr, exact, make, number, substitute, variables, walk
from dcalc.numbers import ball, enclosure
from dcalc.numbers.rounding import midpoint
from dcalc.simplify import simplify
from dcalc.tape import lower, run

_BITS = 512
_STEPS = 8
"""Newton steps to a zero that lies close by: precision doubles with each."""
_CLOSE = arb(2) ** -400
_MOST_DENOMINATOR = 10**30
"""Zeros that are rational numbers with larger denominators are not seen to be; doubles near 1 have less."""
_ROUNDED = range(7)
"""Digits after the point to which an end is rounded, to find breaks that Newton's method reaches slowly."""


def list_kinks(root: Expr, *names: str) -> list[Expr]:
    """The expressions in some of the names whose zeros are the kinks and jumps of the parts of f."""
    kinks: dict[int, Expr] = {}
    for node in lower(root).nodes:
        if node.op.kinks and not {*names}.isdisjoint(variables(node)):
            kink = rules.fill(node.op.kinks, node.op.args, dict(zip(node.op.args, node.args, strict=False)))
            kinks[kink.id] = kink
    return list(kinks.values())


def list_edges(root: Expr, name: str) -> list[Expr]:
    """The expressions in a name whose zeros are the edges of domains at which parts of f have values."""
    edges: dict[int, Expr] = {}
    for node in lower(root).nodes:
        if enclosure.is_closed(node.op) and name in variables(node):
            domain = rules.fill(node.op.domain, node.op.args, dict(zip(node.op.args, node.args, strict=False)))
            for part in walk(domain):
                if part.op in (table.GE, table.LE):
                    edge = make(table.SUB, *part.args)
                    edges[edge.id] = edge
    return [edge for edge in edges.values() if name in variables(edge)]


def may_cross(columns: Sequence[Sequence[arb]]) -> bool:
    """Whether one of the expressions of `list_kinks` may vanish in a box, given its balls over that, row by row.

    One that is 0 exactly is so in all of the box: nothing is crossed.
    """
    return any(0 in value and not value.is_exact() for column in columns for value in column)


def find_breaks(root: Expr, name: str, at: Mapping[str, float], window: float) -> list[Fraction]:
    """Rational places within a distance of the point along ``name`` at which a part of f may break, nearest first.

    Cost: some evaluations at 512 bits for each part.
    """
    here = Fraction(at[name])
    fixed = {key: number(Fraction(value)) for key, value in at.items() if key != name}
    places: set[Fraction] = set()
    for kink in (*list_kinks(root, name), *list_edges(root, name)):
        line = substitute(kink, fixed)
        if (place := _find_zero(line, name, here)) is not None:
            places.add(place)
        for digits in _ROUNDED:
            rounded = round(here, digits)
            if abs(rounded - here) <= window and exact(simplify(substitute(line, {name: number(rounded)}))) == 0:
                places.add(rounded)
    return sorted((place for place in places if abs(place - here) <= window), key=lambda place: abs(place - here))


def _find_zero(line: Expr, name: str, here: Fraction) -> Fraction | None:
    """The rational to which Newton's method leads; None where it leads to none."""
    try:
        slope = derivative(line, (name,))
        tape = lower(line, slope)
        with ctx.workprec(_BITS):
            x = enclosure.constant(here)
            for _ in range(_STEPS):
                values = run(tape, {name: x}, enclosure.constant, ball.evaluator)
                step = values[tape.place(line)] / values[tape.place(slope)]
                x = (x - step).mid()
                if not x.is_finite():
                    return None
            if not abs(step) <= _CLOSE * (1 + abs(x)):
                return None
            return _to_rational(x)
    except (Unsupported, LimitError, Undefined, Undecided, ArithmeticError, ValueError):
        return None  # another part has no values or no slope there, so no break is found by this one


def _to_rational(x: arb) -> Fraction | None:
    simple = midpoint(x).limit_denominator(_MOST_DENOMINATOR)
    return simple if abs(enclosure.constant(simple) - x) <= _CLOSE * (1 + abs(x)) else None
