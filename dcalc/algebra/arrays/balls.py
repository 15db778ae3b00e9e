"""Rows of the table that no array library has: row by row, through balls or the evaluators on floats.

flint's precision belongs to the process and not to a thread: whoever works with balls while
others may run holds `FLINT`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache
from threading import RLock
from typing import Any

from dcalc import functions as table
from dcalc.algebra import real
from dcalc.algebra.arrays.bound import LEAST, MOST, UNIT, Arrays, Value
from dcalc.algebra.arrays.program import mapped
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.functions import Row

FLINT = RLock()
_BITS = 128
_UP = 1.0 + 2.0**-50
"""Makes up for the rounding of a bound to a double."""


def through_balls(a: Arrays, row: Row, args: tuple[Value, ...]) -> Value:
    """The value of a row that is found by its evaluator on balls, error included; on floats where
    no bound is asked."""
    numbers = tuple(arg.v for arg in args)
    if not a.bounded:
        return Value(a.program.step(_on_floats(row), numbers, (False,))[0])
    errors = tuple(a.times(_UP, a.error(arg)) for arg in args)
    v, error = a.program.step(_on_balls(row), (*numbers, *errors), (False, False))
    sure = a.need(a.program.op("isfinite", v))
    return Value(v, 0.0, 0.0, error, 0, sure.union(*[arg.sure for arg in args]))


@cache
def _on_floats(row: Row) -> Callable[..., None]:
    return mapped(real.evaluator(row))


@cache
def _on_balls(row: Row) -> Callable[..., None]:
    """A step that fills the middle and the radius of the row's ball; nan where it has none."""

    def over(*ins: Any, out: Any) -> None:
        from flint import arb, ctx

        from dcalc.algebra import ball

        evaluate = ball.evaluator(row)
        middles, radii = out
        columns = [part.tolist() if hasattr(part, "tolist") else [part] * len(middles) for part in ins]
        half = len(columns) // 2
        with FLINT, ctx.workprec(_BITS):
            for place, numbers in enumerate(zip(*columns, strict=True)):
                args = [arb(v, e) if e else arb(v) for v, e in zip(numbers[:half], numbers[half:], strict=True)]
                middles[place], radii[place] = _rounded(evaluate, args)

    return over


def _rounded(evaluate: Callable[..., Any], args: list[Any]) -> tuple[float, float]:
    try:
        return as_doubles(evaluate(*args))
    except (DcalcError, ArithmeticError, ValueError):
        return math.nan, math.inf


def as_doubles(found: Any) -> tuple[float, float]:
    """The double next to the middle of a ball, and a bound of its distance from all of the ball."""
    middle = float(found.mid())
    if not math.isfinite(middle):
        return math.nan, math.inf
    distance = abs(found - middle).upper()
    return middle, 0.0 if distance.is_zero() else float(distance) * _UP + 5e-324


def constant(node: Expr) -> Value:
    """The number that an expression without variables means; nan where it has none."""
    if node.op is table.NUMBER:
        v, exactly = real.constant(node.args[0]), node.args[0]
        if v == exactly or LEAST <= abs(v) <= MOST:
            return Value(v, 0.0 if v == exactly else UNIT, sign=2 * ((v > 0) - (v < 0)) or 1)
    from flint import ctx

    from dcalc.algebra.enclose import Encloser, Fault

    with FLINT, ctx.workprec(_BITS):
        found = Encloser(node, "", 0).at({}).f
        v, error = (math.nan, math.inf) if isinstance(found, Fault) else as_doubles(found)
    if v == 0.0 or not math.isfinite(v):
        return Value(v, 0.0, 0.0, error)
    return Value(v, error / abs(v) * _UP, sign=2 if v > 0 else -2)
