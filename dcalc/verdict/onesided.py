"""The derivatives of one side of a point, read off its series."""

from __future__ import annotations

from math import factorial
from typing import NamedTuple

from dcalc.verdict.constant import ZERO, Constant
from dcalc.verdict.series import Series
from dcalc.verdict.terms import MoreTerms, Order, Oscillation, Rank, Undecidable


class Side(NamedTuple):
    """A side's derivatives of order 0 to n: constants, or the order and way in which they fail."""

    values: list[Constant]
    fails: str = ""  # "", oscillation, infinite, unbounded: infinite along some steps at least
    sampled: bool = False  # whether values are those along some steps, not proved to be limits


def side_of(series: Series, order: int) -> Side:
    """f and its first derivatives, as t grows from 0 in the direction of the side.

    Raises MoreTerms where the series is not known far enough, Undecidable where it does not say.
    """
    if series.growth is not None:
        return _beyond_powers(series, order)
    values: list[Constant] = []
    for k in range(order + 1):
        if series.osc is not None and (failed := _oscillating(series, series.osc, k)):
            return Side(values, failed)
        if _infinite(series, k):
            return Side(values, "infinite")
        if series.err is not None and series.err <= _known_from(series, k):
            raise MoreTerms
        values.append(_coefficient(series, k))
    return Side(values)


def _beyond_powers(series: Series, order: int) -> Side:
    """exp(P): flat, or larger than every power."""
    if series.grows() < 0:
        if series.osc is not None and order > 1 and series.osc.speed == float("inf"):
            raise Undecidable("an oscillation of unknown speed")
        return Side([ZERO] * (order + 1))
    if series.osc is None:
        return Side([ZERO] * (order + 1)) if series.leading() is None else Side([], "infinite")
    if any(term.rank.a < series.osc.a and not term.c.is_zero() for term in series.terms):
        return Side([], "infinite")
    if not series.osc.pure:
        raise Undecidable("an oscillation of unknown size")
    return Side([], "oscillation")


def _known_from(series: Series, k: int) -> Order | float:
    """The order beyond which terms are no matter to the k-th derivative."""
    if series.osc is None or k < 2:
        return k
    return 1 + (k - 1) * series.osc.speed


def _oscillating(series: Series, osc: Oscillation, k: int) -> str:
    """How the oscillating part makes the k-th derivative fail; empty where it does not.

    f**(k-1) has one of size t**size; the quotient of its difference, one of t**(size - 1).
    """
    size = osc.a if k < 2 else osc.a - (k - 1) * osc.speed
    room = size - min(k, 1)
    if room > 0:
        return ""
    for (a, b), c in series.terms:
        larger = (a - max(k - 1, 0), -b) < (size, 0)
        if larger and not _regular(Rank(a, b), k) and not c.is_zero():
            return "infinite"
    if not osc.pure or (k > 1 and (osc.speed == float("inf") or (not room and not osc.firm))):
        raise Undecidable("an oscillation of unknown size")
    return "oscillation"


def _regular(rank: Rank, k: int) -> bool:
    """Whether a term has a k-th derivative, taken from the side."""
    if type(rank.a) is int and rank.a >= 0 and not rank.b:
        return True
    return rank.a > k or (rank.a == k and rank.b < 0)


def _infinite(series: Series, k: int) -> bool:
    """Whether derivative k is the first that a broken power or a logarithm makes infinite."""
    return any(not _regular(rank, k) and not c.is_zero() for rank, c in series.terms)


def _coefficient(series: Series, k: int) -> Constant:
    for rank, c in series.terms:
        if rank == (k, 0):
            return c.times(factorial(k))
    return ZERO
