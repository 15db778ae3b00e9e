"""Where a derivative is asked for: a point in doubles, in balls, or in the decimals beside its doubles."""

from __future__ import annotations

import struct
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import UsageError
from dcalc.expr import Expr, exact, is_leaf, make, number, substitute, walk
from dcalc.numbers.rounding import as_double, is_beside
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcalc.problem import Coordinate, Point
    from dcalc.tape import Tape


_SHARP = (64, 256, 1024)
"""Bits of a constant, raised until its nearest double is decided; after the first it may be a number by identity."""


def at_doubles(point: Point | None) -> dict[str, float]:
    """The point in doubles, each nearest to its coordinate: the point of backends that compute in doubles."""
    return {name: value if isinstance(value, float) else nearest_double(value) for name, value in (point or {}).items()}


def nearest_double(value: float | Expr) -> float:
    """The double nearest to a coordinate; infinite beyond the doubles, nan where a constant has no value.

    Cost: one enclosure of a constant, and a proof where that does not decide.
    """
    return _round_constant(value) if isinstance(value, Expr) else float(value)


def round_to_single(value: float | Expr) -> float:
    """The number of single precision that is nearest to a coordinate. Raises UsageError beyond the largest."""
    nearest = nearest_double(value)
    try:
        return float(struct.unpack("<f", struct.pack("<f", nearest))[0])
    except OverflowError:
        raise UsageError(f"{nearest!r} is beyond float32", help="leave --dtype out") from None


@lru_cache(maxsize=256)
def _round_constant(value: Expr) -> float:
    rational = exact(value)
    if rational is not None:
        return _round_rational(Fraction(rational))
    from flint import arb, ctx

    from dcalc.numbers.enclosure import enclose_constant

    enclosed, ball = enclose_constant(value), arb("nan")
    for bits in _SHARP:
        with ctx.workprec(bits):
            ball = enclosed()
            nearest = as_double(ball)
        if nearest is not None:
            return nearest
        if bits == _SHARP[0]:
            from dcalc.proof import prove_number  # most constants do without proofs

            if (proved := prove_number(value)) is not None:
                return _round_rational(proved)
    return float(ball.mid())


def in_numbers(point: Point) -> Point:
    """The point as programs read it: decimals as they are, other constants as their nearest doubles."""
    return {name: value if _is_number(value) else nearest_double(value) for name, value in point.items()}


def _is_number(value: float | Expr) -> bool:
    return not isinstance(value, Expr) or value.op is table.NUMBER


def _round_rational(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")


def substitute_point(root: Expr, at: Point) -> Expr:
    """The value of an expression at a point as an exact, simplified constant: doubles are rationals."""
    from dcalc.simplify import simplify

    nodes = {name: number(Fraction(value)) if isinstance(value, float) else value for name, value in at.items()}
    return simplify(substitute(root, nodes))


def is_typed_exactly(value: Coordinate) -> bool:
    """Whether a coordinate is more than the double that its number reads as: an expression, or an exact decimal.

    An array is if one of its entries is.
    """
    if isinstance(value, list):
        return any(map(is_typed_exactly, value))
    if not isinstance(value, Expr):
        return False
    return value.op is not table.NUMBER or is_exact_decimal(value)


def is_exact_decimal(value: float | Expr) -> bool:
    """Whether a coordinate is a decimal, and not the double that it reads as."""
    return isinstance(value, Expr) and value.op is table.NUMBER and nearest_double(value) != value.args[0]


# --- Doubles and the decimals beside them: a point typed as 0.1 is a double, and an expression's 0.1 is 1/10. What is
# true at the one may be false at the other: `abs(x-0.1)` has a kink at 1/10 and none at the double. Here it is found
# out, for smooth points in microseconds, whether both have to be looked at.

_NEAR = 1e-9
"""The rounding of a point moves what stands at an edge, a pole, a kink or a jump by less, unless it is scaled up."""
_RELATIONS = table.CONDITIONS - {table.AND, table.OR, table.NOT}


def decimal_point(point: Point) -> Point:
    """The point as the decimals that its doubles print as."""
    return {name: number(Fraction(repr(value))) if is_beside(value) else value for name, value in point.items()}


def may_matter(root: Expr, point: Point) -> bool:
    """Whether f may behave in another way at the decimals beside a point.

    That is so where the expression holds one of them, and where an operation of it comes close to an edge or a
    break. Cost: an evaluation in doubles.
    """
    from dcalc.numbers import real
    from dcalc.tape import run

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
    from dcalc.tape import lower

    distances = list(dict.fromkeys(find_distances(root)))
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


def find_distances(root: Expr) -> Iterator[Expr]:
    """Expressions that are 0 where an operation is at a kink, a jump, a pole or the edge of its domain."""
    from dcalc.tape import lower

    moving: dict[int, bool] = {}
    for node in lower(root).nodes:
        texts = () if is_leaf(node) else tuple(filter(None, (node.op.kinks, node.op.domain)))
        if not texts or not _is_moving(node, moving) or _is_whole_power(node):
            continue
        for text in texts:
            yield from (part for part in _split(_fill(text, node)) if _is_moving(part, moving))


def _is_moving(node: Expr, known: dict[int, bool]) -> bool:
    """Whether a variable is in an expression; ``known`` tells it of nodes by id, and grows."""
    stack = [node]
    while stack:
        part = stack[-1]
        unknown = [] if is_leaf(part) else [arg for arg in part.args if arg.id not in known]
        if unknown and part.id not in known:
            stack += unknown
            continue
        stack.pop()
        known[part.id] = part.op is table.SYMBOL if is_leaf(part) else any(known[arg.id] for arg in part.args)
    return known[node.id]


def _is_whole_power(node: Expr) -> bool:
    exponent = exact(node.args[1]) if node.op is table.POW else None
    return exponent is not None and exponent >= 0 and Fraction(exponent).denominator == 1


def _fill(text: str, node: Expr) -> Expr:
    from dcalc.rules import fill, pairs

    call = pairs(node) if node.op.fold and len(node.args) > 2 else node
    return fill(text, node.op.args, dict(zip(node.op.args, call.args, strict=False)))


def _split(node: Expr) -> Iterator[Expr]:
    """The differences of both sides of all comparisons of a condition; an expression as it is."""
    if node.op not in table.CONDITIONS:
        yield node
        return
    stack = [node]
    while stack:
        part = stack.pop()
        if part.op in _RELATIONS:
            yield make(table.SUB, *part.args)
        elif part.op in table.CONDITIONS:
            stack += part.args
