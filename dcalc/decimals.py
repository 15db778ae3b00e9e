"""Doubles and the decimals beside them: a point typed as 0.1 is a double, and an expression's 0.1 is 1/10.

What is true at the one may be false at the other: `abs(x-0.1)` has a kink at 1/10 and none at the double. Here
it is found out, for smooth points in microseconds, whether both have to be looked at.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, exact, is_leaf, make, number, variables, walk
from dcalc.numbers import real
from dcalc.rules import fill, pairs
from dcalc.tape import Tape, lower, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcalc.problem import Point

_LONGEST = 15
"""Digits of a decimal that somebody may have typed; doubles with more of them are results of computations."""
_DYADIC = 2.0**20
"""Doubles that are whole multiples of its inverse are decimals themselves, such as 0.25."""
_NEAR = 1e-9
"""The rounding of a point moves what stands at an edge, a pole, a kink or a jump by less, unless it is scaled up."""
_RELATIONS = table.CONDITIONS - {table.AND, table.OR, table.NOT}


def decimal_point(point: Point) -> Point:
    """The point as the decimals that its doubles print as."""
    return {name: number(Fraction(repr(value))) if is_beside(value) else value for name, value in point.items()}


def is_beside(value: float | Expr) -> bool:
    """Whether a coordinate is a double beside a short decimal, and not that decimal itself."""
    if isinstance(value, Expr) or (value * _DYADIC).is_integer():
        return False
    text = repr(value)
    if len(text) <= _LONGEST and "e" not in text:
        return Decimal(text) != Decimal(value)
    digits = text.partition("e")[0].lstrip("-0.")
    return len(digits) <= _LONGEST + ("." in digits) and Decimal(text) != Decimal(value)


def may_matter(root: Expr, point: Point) -> bool:
    """Whether f may behave in another way at the decimals beside a point.

    That is so where the expression holds one of them, and where an operation of it comes close to an edge or a
    break. Cost: an evaluation in doubles.
    """
    site = _find_site(root)
    if site.distances is None and not site.literals:
        return False
    if site.literals and any(repr(abs(value)) in site.literals for value in point.values() if isinstance(value, float)):
        return True
    if site.distances is None or any(isinstance(value, Expr) for value in point.values()):
        return site.distances is not None
    values = run(site.distances, point, real.constant, real.evaluator)
    return any(abs(values[place]) < _NEAR for place in site.places)


class _Site(NamedTuple):
    """What an expression tells of such places: literals as doubles print them, and distances from edges and breaks.

    ``places`` are those of the distances among the rows of their tape; None where there are none.
    """

    literals: frozenset[str]
    distances: Tape | None
    places: tuple[int, ...]


@lru_cache(maxsize=64)
def _find_site(root: Expr) -> _Site:
    distances = list(dict.fromkeys(_find_distances(root)))
    tape = lower(*distances) if distances else None
    return _Site(
        frozenset(_find_literals(root)), tape, () if tape is None else tuple(tape.place(node) for node in distances)
    )


def _find_literals(root: Expr) -> Iterator[str]:
    """How doubles print that are near a literal of the expression, and differ from it."""
    for node in walk(root):
        if node.op is table.NUMBER and not isinstance(node.args[0], int):
            near = float(node.args[0])
            if Fraction(near) != node.args[0]:
                yield repr(near)


def _find_distances(root: Expr) -> Iterator[Expr]:
    """Expressions that are 0 where an operation is at a kink, a jump, a pole or the edge of its domain."""
    for node in lower(root).nodes:
        if is_leaf(node) or not variables(node) or _is_whole_power(node):
            continue
        for text in (node.op.kinks, node.op.domain):
            if text:
                filled = _fill(text, node)
                yield from (part for part in _split(filled) if variables(part))


def _is_whole_power(node: Expr) -> bool:
    exponent = exact(node.args[1]) if node.op is table.POW else None
    return exponent is not None and exponent >= 0 and Fraction(exponent).denominator == 1


def _fill(text: str, node: Expr) -> Expr:
    call = pairs(node) if node.op.fold and len(node.args) > 2 else node
    return fill(text, node.op.args, dict(zip(node.op.args, call.args, strict=False)))


def _split(node: Expr) -> Iterator[Expr]:
    """The differences of both sides of all comparisons of a condition; an expression as it is."""
    if node.op not in table.CONDITIONS:
        yield node
        return
    for part in walk(node):
        if part.op in _RELATIONS:
            yield make(table.SUB, *part.args)
