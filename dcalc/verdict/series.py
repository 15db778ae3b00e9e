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

from dcalc.verdict.constant import MINUS_ONE, ONE, Constant, of

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


def same_growth(first: Series, second: Series) -> bool:
    """Whether two series have the same P, so that their terms may be added."""
    if first.growth is second.growth:
        return True
    if first.growth is None or second.growth is None:
        return False
    return add(first.growth, scale(second.growth, MINUS_ONE)).leading() is None


def add(first: Series, second: Series) -> Series:
    """The sum. Of two with different P the larger stays, the other is below every order."""
    if first.is_exact_zero:
        return second
    if second.is_exact_zero:
        return first
    if not same_growth(first, second):
        return _dominant(first, second)
    err = least(first.err, second.err)
    osc = _joined(first.osc, second.osc)
    if osc is not None and err is not None and osc.a >= err:
        osc = None
    return Series(collect((*first.terms, *second.terms), err), err, first.growth, osc)


def _joined(first: Oscillation | None, second: Oscillation | None) -> Oscillation | None:
    if first is None or second is None:
        return first or second
    if first.a == second.a:
        return Oscillation(first.a, False)
    return min(first, second, key=lambda osc: osc.a)


def _dominant(first: Series, second: Series) -> Series:
    difference = add(first.growth or ZERO, scale(second.growth or ZERO, MINUS_ONE))
    if difference.sign() < 0:
        first, second = second, first
    return Series(first.terms, least(first.err, FLAT), first.growth, first.osc)


def scale(series: Series, factor: Constant) -> Series:
    """The series times a constant that is not zero."""
    return Series(tuple(Term(rank, c * factor) for rank, c in series.terms), series.err, series.growth, series.osc)


MAX_PRODUCTS = 100_000
_spent = 0


def start_work() -> None:
    """A new question: what it may cost is counted from here."""
    global _spent
    _spent = 0


def _spend(products: int) -> None:
    global _spent
    _spent += products
    if _spent > MAX_PRODUCTS:
        raise Undecidable("it would take too long to find out")


def multiply(first: Series, second: Series, reach: int) -> Series:
    """The product, with terms up to ``reach`` beyond the leading order where it is not exact."""
    if first.is_exact_zero or second.is_exact_zero:
        return ZERO
    low_first, low_second = first.low(), second.low()
    err = least(
        None if first.err is None else first.err + low_second, None if second.err is None else second.err + low_first
    )
    if len(first.terms) * len(second.terms) > 64:
        err = least(err, low_first + low_second + reach)
    _spend(len(first.terms) * len(second.terms))
    products = [
        Term(Rank(_whole_or_fraction(x.rank.a + y.rank.a), x.rank.b + y.rank.b), x.c * y.c)
        for x in first.terms
        for y in second.terms
        if err is None or x.rank.a + y.rank.a < err
    ]
    growth = _sum_growth(first.growth, second.growth)
    osc = _product_osc(first, second)
    return Series(collect(products, err), err, growth, osc)


def _sum_growth(first: Series | None, second: Series | None) -> Series | None:
    if first is None or second is None:
        return first or second
    total = add(first, second)
    return None if total.leading() is None else total


def _product_osc(first: Series, second: Series) -> Oscillation | None:
    if first.osc is None and second.osc is None:
        return None
    if first.osc is not None and second.osc is not None:
        a = min(first.osc.a + second.low(), second.osc.a + first.low())
        return Oscillation(a, False)
    swinging, steady = (first, second) if first.osc is not None else (second, first)
    assert swinging.osc is not None
    lead = steady.leading()
    if lead is None or lead.rank.b:
        raise Undecidable("an oscillation times a logarithm")
    return Oscillation(swinging.osc.a + lead.rank.a, swinging.osc.pure)


def power(series: Series, exponent: Fraction, reach: int) -> Series:
    """series**exponent for a series that is positive, or of a whole exponent, not zero.

    c*t**a*(1 + u) to the q is c**q * t**(a*q) times the binomial series in u.
    """
    if exponent == 1:
        return series
    lead = series.leading()
    assert lead is not None
    if exponent.denominator == 1 and 0 < exponent <= 64:
        return _whole(series, int(exponent), reach)
    if lead.rank.b:
        if len(series.terms) > 1 or series.err is not None or exponent.denominator != 1:
            raise Undecidable("a power of a logarithm")
        rank = Rank(lead.rank.a * exponent, lead.rank.b * int(exponent))
        return Series((Term(_tidy(rank), lead.c.power(exponent)),), None, _scaled_growth(series, exponent))
    rest = over_leading(series, lead)
    outer = monomial(lead.c.power(exponent), _whole_or_fraction(lead.rank.a * exponent))
    inner = substitute(_binomial(exponent), rest, reach)
    result = multiply(outer, inner, reach)
    return Series(result.terms, result.err, _scaled_growth(series, exponent), result.osc)


def _whole(series: Series, exponent: int, reach: int) -> Series:
    """A whole power by repeated squaring: exact where the series is."""
    result, square = UNIT, series
    while exponent:
        if exponent & 1:
            result = multiply(result, square, reach)
        exponent >>= 1
        if exponent:
            square = multiply(square, square, reach)
    return result


def _tidy(rank: Rank) -> Rank:
    return Rank(_whole_or_fraction(rank.a), rank.b)


def _whole_or_fraction(value: Order) -> Order:
    return value.numerator if value.denominator == 1 else value


def _scaled_growth(series: Series, exponent: Fraction) -> Series | None:
    return None if series.growth is None else scale(series.growth, of(exponent))


def over_leading(series: Series, lead: Term) -> Series:
    """u in c*t**a*(1 + u)."""
    inverse = lead.c.inverse()
    terms = tuple(
        Term(Rank(_whole_or_fraction(rank.a - lead.rank.a), rank.b), c * inverse)
        for rank, c in series.terms
        if rank.below(lead.rank)
    )
    err = None if series.err is None else _minus(series.err, lead.rank.a)
    osc = None if series.osc is None else Oscillation(series.osc.a - lead.rank.a, series.osc.pure)
    return Series(terms, err, None, osc)


def _minus(order: Order | float, a: Order) -> Order | float:
    return order if order == FLAT else _whole_or_fraction(order - a)  # type: ignore[arg-type]  # a rational, as it is not FLAT


def _binomial(exponent: Fraction) -> Coefficients:
    """The coefficients of (1 + u)**exponent, one after the other."""

    def coefficients(count: int) -> list[Constant]:
        value = Fraction(1)
        out = []
        for k in range(count):
            out.append(of(value))
            value = value * (exponent - k) / (k + 1)
        return out

    return coefficients


def substitute(coefficients: Coefficients, u: Series, reach: int) -> Series:
    """sum of f_k * u**k for a small u, by Horner's rule; exact where u is zero."""
    if u.is_exact_zero:
        return monomial(coefficients(1)[0])
    low = u.low()
    if not low > 0:
        raise Undecidable("a part that does not vanish")
    count = 2 if low == FLAT else int(reach / low) + 2
    known = coefficients(count)
    result = ZERO
    for c in reversed(known):
        result = add(multiply(result, u, reach), monomial(c))
    err = least(result.err, FLAT if low == FLAT else low * count)
    osc = result.osc
    if osc is not None:
        osc = Oscillation(osc.a, osc.pure and not known[1].is_zero()) if err is None or osc.a < err else None
    return Series(collect(result.terms, err), err, None, osc)


def truncate(series: Series, reach: int) -> Series:
    """The series without terms more than ``reach`` beyond its first."""
    if not series.terms:
        return series
    limit = series.terms[0].rank.a + reach
    if series.terms[-1].rank.a < limit:
        return series
    err = least(series.err, limit)
    return Series(collect(series.terms, err), err, series.growth, series.osc)
