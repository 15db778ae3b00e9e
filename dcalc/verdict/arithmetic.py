"""Arithmetic of one-sided series: sums, products, powers, and power series of them."""

from __future__ import annotations

from fractions import Fraction

from dcalc.verdict.constant import MINUS_ONE, Constant, of
from dcalc.verdict.series import (
    FLAT,
    UNIT,
    ZERO,
    Coefficients,
    Order,
    Oscillation,
    Rank,
    Series,
    Term,
    Undecidable,
    collect,
    least,
    monomial,
)


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
        bounds = (first.osc.a + second.low(), second.osc.a + first.low())
        return Oscillation(min(bound for bound in bounds if not isinstance(bound, float)), False)
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
