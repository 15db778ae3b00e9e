"""One-sided series: sums of c * t**a * L**b, L = log(1/t), times exp(P), as t -> 0+.

Exponents ``a`` are rational and ``b`` whole; ``P`` is a growing series or None. ``err`` is
the order from which terms are unknown: None where the series is exact, so that no terms
means zero; `FLAT` where what is missing is smaller than every power. ``osc`` is an
oscillating part of exact size t**a. Without it these germs lie in a Hardy field: each is
finally of one sign and may be differentiated term by term.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import NamedTuple

from dcalc.verdict.constant import ONE, Constant

Order = Fraction | int
Coefficients = Callable[[int], list[Constant]]
FLAT = math.inf
"""The order of an error that is smaller than every power of t."""


class Undecidable(Exception):
    """A question that these series do not answer; the sentence says what it is about."""


class MoreTerms(Exception):
    """All known terms cancelled: the question needs more of them."""


class Rank(NamedTuple):
    """How large t**a * L**b is as t -> 0: first by a, smaller is larger, then by b."""

    a: Order
    b: int

    def below(self, other: Rank) -> bool:
        """Whether this term is smaller than the other one."""
        return (self.a, -self.b) > (other.a, -other.b)


class Term(NamedTuple):
    """c * t**a * L**b."""

    rank: Rank
    c: Constant


class Oscillation(NamedTuple):
    """A part of size t**a without a limit of its own; ``pure`` where its amplitude is proved."""

    a: Order
    pure: bool


class Series:
    """A series as described above; immutable."""

    __slots__ = ("err", "growth", "osc", "terms")

    def __init__(
        self,
        terms: tuple[Term, ...],
        err: Order | float | None = None,
        growth: Series | None = None,
        osc: Oscillation | None = None,
    ) -> None:
        self.terms = terms
        self.err = err
        self.growth = growth
        self.osc = osc

    def __repr__(self) -> str:
        text = " + ".join(f"{term.c} t^{term.rank.a} L^{term.rank.b}" for term in self.terms) or "0"
        tail = "" if self.err is None else f" + O(t^{self.err})"
        return (
            f"{text}{tail}" + (f" * exp({self.growth})" if self.growth else "") + (f" {self.osc}" if self.osc else "")
        )

    @property
    def is_exact_zero(self) -> bool:
        """True only where the series is proved to be zero."""
        return not self.terms and self.err is None and self.osc is None

    def leading(self) -> Term | None:
        """The first term whose coefficient is proved not to be zero; None for an exact zero.

        Raises MoreTerms where all known terms vanish, MorePrecision where one is undecided,
        Undecidable where an oscillation may be as large.
        """
        for term in self.terms:
            if self.osc is not None and term.rank.a >= self.osc.a:
                break
            if not term.c.is_zero():
                return term
        if self.osc is not None:
            raise Undecidable("an oscillating part decides")
        if self.err is None:
            return None
        if self.err == FLAT:
            raise Undecidable("a part smaller than every power decides")
        raise MoreTerms

    def low(self) -> Order | float:
        """A lower bound of the order of all that the series holds."""
        bounds: list[Order | float] = [term.rank.a for term in self.terms[:1]]
        bounds += [self.err] if self.err is not None else []
        bounds += [self.osc.a] if self.osc is not None else []
        return min(bounds, default=FLAT)

    def sign(self) -> int:
        """The sign that the series finally has."""
        first = self.leading()
        return 0 if first is None else first.c.sign()

    def grows(self) -> int:
        """The sign of P at 0: 1 larger than every power, -1 flat, 0 where there is none."""
        return 0 if self.growth is None else self.growth.sign()


def collect(terms: Iterable[Term], err: Order | float | None) -> tuple[Term, ...]:
    """Terms in order, like ones added up, exact zeros and those beyond ``err`` dropped."""
    totals: dict[Rank, Constant] = {}
    for rank, c in terms:
        if err is None or rank.a < err:
            totals[rank] = totals[rank] + c if rank in totals else c
    kept = [Term(rank, c) for rank, c in totals.items() if c.exact is None or c.exact != 0]
    return tuple(sorted(kept, key=lambda term: (term.rank.a, -term.rank.b)))


def least(*orders: Order | float | None) -> Order | float | None:
    """The smallest of the orders that are given."""
    known = [order for order in orders if order is not None]
    return min(known) if known else None


def monomial(c: Constant, a: Order = 0, b: int = 0) -> Series:
    """The exact series of one term."""
    return Series((Term(Rank(a, b), c),)) if c.exact is None or c.exact != 0 else ZERO


ZERO = Series(())
UNIT = monomial(ONE)
