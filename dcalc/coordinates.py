"""Where a derivative is asked for: the coordinates of a point as doubles, or as balls."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.expr import Expr, exact, number, substitute

if TYPE_CHECKING:
    from flint import arb

    from dcalc.numbers.enclosure import Constant
    from dcalc.problem import Point


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


@lru_cache(maxsize=256)
def _round_constant(value: Expr) -> float:
    rational = exact(value)
    if rational is not None:
        return _round_rational(Fraction(rational))
    from flint import arb, ctx

    from dcalc.numbers.rounding import as_double

    enclosed, ball = _enclosed(value), arb("nan")
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


def is_typed_exactly(value: float | Expr) -> bool:
    """Whether a coordinate is more than the double that its number reads as: an expression, or an exact decimal."""
    if not isinstance(value, Expr):
        return False
    return value.op is not table.NUMBER or is_exact_decimal(value)


def is_exact_decimal(value: float | Expr) -> bool:
    """Whether a coordinate is a decimal, and not the double that it reads as."""
    return isinstance(value, Expr) and value.op is table.NUMBER and nearest_double(value) != value.args[0]


def constants(point: Point) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    from flint import arb

    places = {}
    for name, value in point.items():
        places[name] = _fixed(arb(value)) if isinstance(value, float) else _enclosed(value)
    return places


def _fixed(value: arb) -> Constant:
    return lambda: value


@lru_cache(maxsize=64)
def _enclosed(node: Expr) -> Callable[[], arb]:
    from flint import arb

    from dcalc.numbers.enclosure import Encloser, Fault
    from dcalc.simplify import simplify

    encloser = Encloser(simplify(node), "", 0)

    def make() -> arb:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make
