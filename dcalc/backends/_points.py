"""The point of a problem: as balls, as constants with a proof of zero, as the decimals that it prints as."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import lru_cache

from flint import arb

from dcalc import functions as table
from dcalc import verdict
from dcalc.algebra.enclose import Constant, Encloser, Fault
from dcalc.expr import Expr, number, walk
from dcalc.problem import Point, Problem
from dcalc.simplify import simplify


def decimal_point(problem: Problem) -> Point | None:
    """The point as the decimals that its doubles print as, where the expression holds one of them.

    Literals are exact and points are doubles: `abs(x-0.1)` at 0.1 is beside its kink.
    """
    literals = _decimals(problem.root)
    at = problem.at or {}
    if not literals or not any(repr(abs(v)) in literals for v in at.values() if isinstance(v, float)):
        return None
    return {name: number(Fraction(repr(v))) if isinstance(v, float) else v for name, v in at.items()}


@lru_cache(maxsize=64)
def _decimals(root: Expr) -> frozenset[str]:
    """How doubles print that are near a literal of the expression, and differ from it."""
    values = {node.args[0] for node in walk(root) if node.op is table.NUMBER and not isinstance(node.args[0], int)}
    return frozenset(repr(float(value)) for value in values if Fraction(float(value)) != value)


def constants(point: Point) -> dict[str, Constant]:
    """The point as balls, made anew at each precision: doubles are exact."""
    return {
        name: _exactly(arb(value)) if isinstance(value, float) else _constant(value) for name, value in point.items()
    }


def _exactly(value: arb) -> Constant:
    return lambda: value


def _constant(node: Expr) -> Callable[[], arb]:
    encloser = Encloser(simplify(node), "", 0)

    def make() -> arb:
        value = encloser.at({}).f
        return arb("nan") if isinstance(value, Fault) else value

    return make


def places(point: Point) -> dict[str, verdict.Constant]:
    """The point as constants that know whether they are zero."""
    return {
        name: verdict.point(arb(value)) if isinstance(value, float) else verdict.constant_of(value)
        for name, value in point.items()
    }
