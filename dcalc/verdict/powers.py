"""Powers of one-sided series, and analytic functions of small ones."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcalc.verdict.constant import Constant, of
from dcalc.verdict.exponents import Logarithmic, logarithmic
from dcalc.verdict.products import collect
from dcalc.verdict.series import UNIT, ZERO, Series, add, monomial, multiply, scale, subtract
from dcalc.verdict.terms import FLAT, Oscillation, Rank, Term, Undecidable, least, shifted, tidy

Coefficients = Callable[[int], list[Constant]]
"""The first coefficients of a power series, as many as asked."""
_LOGARITHMIC = 10
"""Terms of a power series in something that vanishes like a power of 1/L."""
_FLAT_POWERS = 5
_SMALL = 64
"""Whole exponents up to this are multiplied out, so that what is exact stays exact."""


def power(series: Series, exponent: Fraction, reach: int) -> Series:
    """series**exponent for a series that is positive, or of a whole exponent, not zero.

    c*t**a*L**b*(1 + u) to the q is c**q * t**(a*q) * L**(b*q) times the binomial series in u.
    """
    if exponent == 1:
        return series
    if exponent.denominator == 1 and 0 < exponent <= _SMALL:
        return _whole(series, int(exponent), reach)
    lead = series.leading()
    if lead is None:
        assert exponent > 0
        return ZERO
    outer = monomial(lead.c.power(exponent), tidy(lead.rank.a * exponent), tidy(lead.rank.b * exponent))
    inner = substitute(_binomial(exponent), over_leading(series, lead), reach)
    result = multiply(outer, inner, reach)
    tail = result.tail if series.growth is None else None
    return Series(result.terms, result.err, _scaled_growth(series, exponent), result.osc, tail)


def _whole(series: Series, exponent: int, reach: int) -> Series:
    """A whole power by repeated squaring: exact where the series is."""
    result, square, left = UNIT, series.steady(), exponent
    while left:
        if left & 1:
            result = multiply(result, square, reach)
        left >>= 1
        if left:
            square = multiply(square, square, reach)
    if series.osc is None:
        return result
    growth = _scaled_growth(series, Fraction(exponent))
    return Series(result.terms, result.err, growth, _swings(series.osc, series, exponent))


def _swings(osc: Oscillation, series: Series, exponent: int) -> Oscillation:
    """The oscillation in a whole power, or in the term of that power in a power series.

    It is exact in size where the oscillating part leads, since the powers of numbers that
    fill an interval fill one, too; and where a power of t leads.
    """
    if exponent == 1:
        return osc
    first = next((term for term in series.terms if term.rank.a < osc.a), None)
    if first is None:
        if series.err is None or series.err > osc.a:
            return osc._replace(a=tidy(osc.a * exponent), size=None)
        bound = osc.a + (exponent - 1) * series.low() - Fraction(exponent, 8)
        return Oscillation(bound, False, osc.speed, False)  # type: ignore[arg-type]  # finite, as osc.a is
    exact = not first.rank.b and not first.c.is_zero()
    a = osc.a + (exponent - 1) * first.rank.a - (0 if exact else Fraction(exponent, 8))
    return Oscillation(tidy(a), osc.pure and exact, osc.speed, osc.firm and exact)


def _scaled_growth(series: Series, exponent: Fraction) -> Series | None:
    return None if series.growth is None else scale(series.growth, of(exponent))


def exact_quotient(above: Series, below: Series, quotient: Series) -> Series:
    """A quotient of polynomials, as one where the division leaves no rest: it then is no longer cut off."""
    exact = above.err is None and below.err is None and above.is_plain and below.is_plain
    if not exact or quotient.err is None or len(below.terms) > len(above.terms) or not _rational(above, below):
        return quotient
    top = above.terms[-1].rank.a - below.terms[-1].rank.a
    candidate = Series(tuple(term for term in quotient.terms if term.rank.a <= top))
    rest = subtract(above, multiply(candidate, below, _SMALL))
    return candidate if rest.is_exact_zero else quotient


def _rational(*series: Series) -> bool:
    return all(c.exact is not None and not rank.b for part in series for rank, c in part.terms)


def over_leading(series: Series, lead: Term) -> Series:
    """u in c*t**a*L**b*(1 + u)."""
    inverse = lead.c.inverse()
    terms = tuple(
        Term(Rank(tidy(rank.a - lead.rank.a), tidy(rank.b - lead.rank.b)), c * inverse)
        for rank, c in series.terms
        if rank.below(lead.rank)
    )
    err = None if series.err is None else _less(series.err, lead.rank)
    tail = series.tail if series.growth is None else None
    if tail is not None:
        tail = multiply(tail, monomial(inverse, -lead.rank.a, -lead.rank.b), 1)
        if not terms:
            return tail
    osc = series.osc
    if osc is not None:
        loss = Fraction(1, 8) if lead.rank.b else 0
        osc = Oscillation(tidy(osc.a - lead.rank.a - loss), osc.pure and not loss, osc.speed, osc.firm and not loss)
    return Series(terms, err, None, osc, tail)


def _less(err: Any, rank: Rank) -> Any:
    if err == FLAT:
        return FLAT
    return shifted(err, Rank(-rank.a, -rank.b), -rank.a) if isinstance(err, Logarithmic) else tidy(err - rank.a)


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


def analytic_at(coefficients: Coefficients, small: Series, reach: int) -> Series:
    """An analytic function at its limit, plus something small."""
    return substitute(coefficients, small, reach)


def _of_flat(coefficients: Coefficients, small: Series, reach: int) -> Series:
    """The value, and the first powers that follow: each is flat beside the one before."""
    total = Series((), FLAT, scale(small.growth, of(_FLAT_POWERS)) if small.growth is not None else None)
    for k, c in reversed(list(enumerate(coefficients(_FLAT_POWERS)))):
        if not c.is_zero():
            total = add(scale(_whole(small, k, reach), c), total)
    return total


def substitute(coefficients: Coefficients, u: Series, reach: int) -> Series:
    """sum of f_k * u**k for a small u, by Horner's rule; exact where u is zero."""
    if u.is_exact_zero:
        return monomial(coefficients(1)[0])
    if u.growth is not None:
        return _of_flat(coefficients, u, reach)
    low, top = u.low(), u.top()
    if not (low > 0 or (low == 0 and top.b < 0 and u.osc is None)):
        raise Undecidable("a part that does not vanish")
    count = 2 if low == FLAT else int(reach / low) + 2 if low > 0 else _LOGARITHMIC
    known = coefficients(count)
    steady = u.steady()
    result = ZERO
    for c in reversed(known):
        result = add(multiply(result, steady, reach), monomial(c))
    beyond = FLAT if low == FLAT else low * count if low > 0 else logarithmic(0, top.b * count)
    err = least(result.err, beyond)
    osc = None if u.osc is None else _substituted(known, u.osc, u)
    return Series(collect(result.terms, err), err, None, osc)


def _substituted(known: list[Constant], osc: Oscillation, u: Series) -> Oscillation:
    """The oscillation of f(u): that of the first power of u which f has."""
    for k, c in enumerate(known):
        if k and not c.is_zero():
            return _swings(osc, u, k)
    return osc._replace(pure=False, firm=False)
