"""Any other function of the table: its value and its Taylor series at a finite limit."""

from __future__ import annotations

from typing import Any

from flint import arb, arb_series, ctx

from dcalc.algebra import ball
from dcalc.algebra.ball_common import nearest_whole
from dcalc.algebra.enclose import Fault, constant
from dcalc.algebra.jet import Jets, Plan
from dcalc.algebra.system import System
from dcalc.errors import DcalcError, Undecided, Undefined
from dcalc.expr import make, symbol
from dcalc.functions import Row
from dcalc.verdict.closed import closed
from dcalc.verdict.compose import parts
from dcalc.verdict.constant import ZERO, Constant, MorePrecision, function, rational
from dcalc.verdict.powers import analytic_at
from dcalc.verdict.series import Series
from dcalc.verdict.terms import Undecidable


def value(row: Row, args: list[Constant]) -> Constant:
    """The value of a function at constants. Raises Undefined, Undecidable, MorePrecision."""
    args = [arg.snapped() for arg in args]
    return coefficient(row, tuple(args), 0, taylor(row, [arg.ball for arg in args], 0, 1)[0])


def analytic(row: Row, args: list[Series], moving: int, reach: int) -> Series:
    """A function whose argument at ``moving`` varies and whose others are constants.

    Raises Undefined outside of its domain, Undecidable at an edge or at infinity.
    """
    limits = []
    for arg in args:
        growing, limit, _ = parts(arg)
        if growing.terms:
            raise Undecidable(f"{row.name} at infinity")
        limits.append(limit.snapped())
    _, _, small = parts(args[moving])
    key = tuple(limits)

    def coefficients(count: int) -> list[Constant]:
        balls = taylor(row, [limit.ball for limit in limits], moving, count)
        known = [coefficient(row, key, k, value) for k, value in enumerate(balls)]
        if row.parity and key[moving].exact is not None and key[moving].exact == 0:
            vanishing = 0 if row.parity == "odd" else 1  # every second coefficient is 0, exactly
            return [ZERO if k % 2 == vanishing else c for k, c in enumerate(known)]
        return known

    return analytic_at(coefficients, small, reach)


def coefficient(row: Row, key: tuple[Constant, ...], k: int, value: arb) -> Constant:
    """The constant of a Taylor coefficient of a row at constants, exact where the ball is."""
    if value.is_zero():
        return ZERO
    if k == 0 and (known := closed(row, key)) is not None:
        return known
    if value.is_exact() and value.is_integer() and (whole := nearest_whole(value)) is not None:
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
    except Undefined as error:
        if count > 1:  # a partial derivative lacks a value: the function itself has to lack one, too
            taylor(row, at, moving, 1)
            raise Undecidable(f"{row.name}: {error.message}") from error
        raise
    except DcalcError as error:
        raise Undecidable(f"{row.name}: {error.message}") from error
    except (ArithmeticError, ValueError) as error:  # flint's own, of series whose leading term may be 0
        if all(value.is_exact() for value in at):
            raise Undecidable(f"{row.name}: {error}") from error
        raise MorePrecision from error


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
    jets = Jets(plan, System(constant, ball.evaluator), dict(zip(names, at, strict=True)))
    jets.grow(count - 1)
    out = jets.jets[node.id]
    if any(isinstance(part, Fault) for part in out):
        raise Undecided("a coefficient has no value")
    return out
