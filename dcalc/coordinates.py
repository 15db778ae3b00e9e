"""Where a derivative is asked for: the coordinates of a point as doubles, as balls, or as the decimals typed."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.expr import Expr, number, walk
from dcalc.numbers.real import evaluate

if TYPE_CHECKING:
    from flint import arb

    from dcalc.numbers.enclosure import Constant
    from dcalc.problem import Point


def at_doubles(point: Point | None) -> dict[str, float]:
    """The point in doubles; a constant expression is evaluated."""
    return {name: value if isinstance(value, float) else evaluate(value) for name, value in (point or {}).items()}


def constants(point: Point) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    from flint import arb

    places = {}
    for name, value in point.items():
        places[name] = _fixed(arb(value)) if isinstance(value, float) else _enclosed(value)
    return places


def _fixed(value: arb) -> Constant:
    return lambda: value


def _enclosed(node: Expr) -> Callable[[], arb]:
    from flint import arb

    from dcalc.numbers.enclosure import Encloser, Fault
    from dcalc.simplify import simplify

    encloser = Encloser(simplify(node), "", 0)

    def make() -> arb:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make


def decimal_point(root: Expr, point: Point) -> Point | None:
    """The point as the decimals that its doubles print as, where the expression holds one of them.

    Literals are exact and points are doubles: `abs(x-0.1)` at 0.1 is beside its kink.
    """
    literals = _decimals(root) if point else ()
    if not literals or not any(repr(abs(v)) in literals for v in point.values() if isinstance(v, float)):
        return None
    return {name: number(Fraction(repr(v))) if isinstance(v, float) else v for name, v in point.items()}


@lru_cache(maxsize=64)
def _decimals(root: Expr) -> frozenset[str]:
    """How doubles print that are near a literal of the expression, and differ from it."""
    texts = set()
    for node in walk(root):
        if node.op is table.NUMBER and not isinstance(node.args[0], int):
            near = float(node.args[0])
            if Fraction(near) != node.args[0]:
                texts.add(repr(near))
    return frozenset(texts)
