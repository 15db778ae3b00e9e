"""Functions of the table at a finite limit, by their Taylor coefficients there."""

from __future__ import annotations

from typing import Any

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.algebra import ball
from dcalc.algebra.ball_common import nearest_whole
from dcalc.algebra.enclose import Fault
from dcalc.algebra.jet import Jets, Plan, System
from dcalc.errors import DcalcError, Undecided, Undefined
from dcalc.expr import make, symbol
from dcalc.functions import Row
from dcalc.verdict.compose import parts, small_composition
from dcalc.verdict.constant import MINUS_ONE, ZERO, Constant, MorePrecision, function, rational
from dcalc.verdict.series import Series, Undecidable


def analytic(row: Row, args: list[Series], moving: int, reach: int) -> Series:
    """A function whose argument at ``moving`` varies and whose others are constants.

    Raises Undefined outside of its domain, Undecidable at an edge or at infinity.
    """
    limits = []
    for place, arg in enumerate(args):
        growing, limit, _ = parts(arg)
        if growing.terms:
            raise Undecidable(f"{row.name} at infinity")
        if place != moving and len(arg.terms) > 1:
            raise Undecidable(f"{row.name} of two arguments that vary")
        limits.append(limit)
    _, _, small = parts(args[moving])
    key = tuple(limits)

    def coefficients(count: int) -> list[Constant]:
        balls = taylor(row, [limit.ball for limit in limits], moving, count)
        known = [coefficient(row, key, k, value) for k, value in enumerate(balls)]
        if row.parity and limits[moving].exact is not None and limits[moving].exact == 0:
            vanishing = 0 if row.parity == "odd" else 1  # every second coefficient is 0, exactly
            return [ZERO if k % 2 == vanishing else c for k, c in enumerate(known)]
        return known

    return small_composition(coefficients, small, reach)


def coefficient(row: Row, key: tuple[Constant, ...], k: int, value: arb) -> Constant:
    """The constant of a Taylor coefficient of a row at constants, exact where the ball is."""
    if value.is_zero():
        return ZERO
    whole = nearest_whole(value) if value.is_exact() and value.is_integer() else None
    if whole is not None:
        return rational(whole)
    return function(row.key, key, value, k)


def taylor(row: Row, at: list[arb], moving: int, count: int) -> list[arb]:
    """The first Taylor coefficients of a function in one argument, as balls."""
    try:
        if row.series or count == 1:
            return _by_series(row, at, moving, count)
        return _by_jets(row, at, moving, count)
    except Undecided as error:
        if all(value.is_exact() for value in at):
            raise Undecidable(f"{row.name}: {error.message}") from error
        raise MorePrecision from error
    except Undefined:
        raise
    except DcalcError as error:
        raise Undecidable(f"{row.name}: {error.message}") from error


def _by_series(row: Row, at: list[arb], moving: int, count: int) -> list[arb]:
    evaluate = ball.evaluator(row)
    cap, ctx.cap = ctx.cap, count
    try:
        if count == 1:
            return [evaluate(*at)]
        args: list[Any] = list(at)
        args[moving] = arb_series([at[moving], arb(1)], prec=count)
        result = evaluate(*args)
        if result.prec < count:
            raise Undecided("terms of the series are lost")
        return [result[k] for k in range(count)]
    finally:
        ctx.cap = cap


def _by_jets(row: Row, at: list[arb], moving: int, count: int) -> list[arb]:
    names = [f"x{place}" for place in range(len(at))]
    node = make(row, *map(symbol, names))
    plan = Plan(node, names[moving], count - 1)
    jets = Jets(
        plan,
        System(lambda value: arb(value.numerator) / value.denominator, ball.evaluator),
        dict(zip(names, at, strict=True)),
    )
    jets.grow(count - 1)
    out = jets.jets[node.id]
    if any(isinstance(value, Fault) for value in out):
        raise Undecided("a coefficient has no value")
    return out


def reciprocal_gamma(series: Series, reach: int) -> Series:
    """1/gamma, which has no poles: an exact zero at 0, -1, -2, ..."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("gamma at infinity")

    def coefficients(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([limit.ball, arb(1)], prec=max(count, 2)).rgamma()
            return [coefficient(table.GAMMA, (limit, MINUS_ONE), k, values[k]) for k in range(count)]
        finally:
            ctx.cap = cap

    return small_composition(coefficients, small, reach)
