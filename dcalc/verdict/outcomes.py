"""What can be said of a node at a point: values, sides, and why there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.algebra.ball_common import nearest_whole
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.verdict.constant import ZERO, Constant
from dcalc.verdict.series import FLAT, Series, Term, Undecidable


class Missing(NamedTuple):
    """There is no value: why, and of which node."""

    reason: str
    node: Expr


class Open(NamedTuple):
    """A question that could not be decided, carried until somebody needs the answer."""

    reason: str
    node: Expr


class Germ(NamedTuple):
    """A node at the point; conditions have bools for value and sides."""

    value: Any
    left: Any
    right: Any
    joint: bool
    cont_left: bool
    cont_right: bool

    @property
    def smooth(self) -> bool:
        """One two-sided series that tends to the value: nothing happens here."""
        return self.joint and self.cont_left and self.cont_right


def reflected(series: Series) -> Series:
    """The series with t -> -t: whole exponents only."""
    terms = tuple(Term(rank, -c if rank.a % 2 else c) for rank, c in series.terms)
    return Series(terms, series.err)


def two_sided(series: Any) -> bool:
    """Whether a side's series makes sense for t < 0 as well."""
    if not isinstance(series, Series) or series.growth is not None or series.osc is not None or series.err == FLAT:
        return False
    return all(type(rank.a) is int and not rank.b for rank, _ in series.terms)


def exact_constant(series: Series) -> Constant | None:
    """The constant that a series is, if it is one exactly."""
    if series.err is not None or series.osc is not None or series.growth is not None:
        return None
    if not series.terms:
        return ZERO
    return series.terms[0].c if len(series.terms) == 1 and series.terms[0].rank == (0, 0) else None


def floor(c: Constant) -> int:
    """The largest integer that is at most a constant."""
    whole = c.whole()
    below = nearest_whole(c.ball.floor()) if whole is None else whole
    if below is None:
        raise Undecidable("floor of a number that is too large")
    return below


RELATIONS: dict[Row, Callable[[int], bool]] = {
    table.LT: lambda sign: sign < 0,
    table.LE: lambda sign: sign <= 0,
    table.GT: lambda sign: sign > 0,
    table.GE: lambda sign: sign >= 0,
    table.EQ: lambda sign: sign == 0,
    table.NE: lambda sign: sign != 0,
}
LOGIC: dict[Row, Callable[..., Any]] = {
    table.AND: lambda _e, _n, args: args[0] and args[1],
    table.OR: lambda _e, _n, args: args[0] or args[1],
    table.NOT: lambda _e, _n, args: not args[0],
}
