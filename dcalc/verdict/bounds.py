"""Series of which less is known than of their parts: bounds, and ends cut off."""

from __future__ import annotations

from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.verdict.constant import Constant, fraction
from dcalc.verdict.products import collect
from dcalc.verdict.series import Series, add, subtract
from dcalc.verdict.terms import FLAT, LOGARITHM, Oscillation, Undecidable, least, tidy


def truncate(series: Series, reach: int) -> Series:
    """The series without terms more than ``reach`` beyond its first."""
    if not series.terms:
        return series
    limit = series.terms[0].rank.a + reach
    if series.terms[-1].rank.a < limit:
        return series
    err = least(series.err, limit)
    return Series(collect(series.terms, err), err, series.growth, series.osc)


def between(first: Series, second: Series) -> Series:
    """What is the one or the other, now this, now that: the first, and what it may be off by."""
    gap = subtract(second, first)
    if gap.is_exact_zero:
        return first
    if gap.growth is not None:
        raise Undecidable("an oscillating part decides")
    rank = gap.top()
    if rank.a == FLAT:
        return add(first, Series((), FLAT))
    a = rank.a - (LOGARITHM if rank.b > 0 else 0)
    return add(first.steady(), Series((), None, None, Oscillation(a, False, FLAT, False)))


def is_square(node: Expr) -> bool:
    """Whether a node cannot be negative by the way it is written: a sum of squares and absolute values."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.op in (table.ADD, table.MUL):
            stack += [] if part.op is table.MUL and len(set(part.args)) == 1 and len(part.args) == 2 else part.args
        elif part.op is table.POW:
            exponent = part.args[1]
            if exponent.op is not table.NUMBER or Fraction(exponent.args[0]) % 2:
                return False
        elif part.op not in (table.ABS, table.EXP, table.HYPOT):
            return False
    return True


def root_bound(base: Series, exponent: Constant) -> Series | None:
    """What is known of a root of a series whose sign or size swings: how large it is at most."""
    top = base.top()
    if base.growth is not None or exponent.exact is None or top.a == FLAT:
        return None
    a = (top.a - (LOGARITHM if top.b > 0 else 0)) * fraction(exponent.exact)
    return Series((), None, None, Oscillation(tidy(a), False, FLAT, False))
