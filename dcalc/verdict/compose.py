"""exp, log, sin, cos and atan of one-sided series, at any limit, infinite ones included."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from math import factorial

from flint import arb

from dcalc.algebra.ball_common import nearest_whole
from dcalc.verdict import atoms
from dcalc.verdict.constant import ONE, ZERO, Constant, MorePrecision, fraction, function, of, pi
from dcalc.verdict.exponents import as_constant, order_of
from dcalc.verdict.powers import Coefficients, analytic_at, over_leading, power, substitute
from dcalc.verdict.series import UNIT, Series, add, monomial, multiply, negative, scale, subtract
from dcalc.verdict.terms import FLAT, MoreTerms, Order, Oscillation, Rank, Term, Undecidable, least, tidy

# --- taking a series apart ------------------------------------------------------------


def parts(series: Series) -> tuple[Series, Constant, Series]:
    """(growing, constant, small): what tends to infinity, the limit of the rest, what vanishes.

    Raises MoreTerms where even the constant is not known, Undecidable where the series
    oscillates without vanishing or carries exp(P) with a growing P.
    """
    if series.growth is not None:
        if series.grows() > 0:
            raise Undecidable("growth beyond every power")
        return Series(()), ZERO, series
    if series.osc is not None and series.osc.a <= 0:
        raise Undecidable("an oscillating argument")
    if series.err is not None and series.err <= 0:
        raise MoreTerms
    growing, small = [], []
    limit = ZERO
    for term in series.terms:
        a, b = term.rank
        if a < 0 or (a == 0 and b > 0):
            if not term.c.is_zero():
                growing.append(term)
        elif a == 0 and b == 0:
            limit = term.c
        else:
            small.append(term)
    rest = Series(tuple(small), series.err, None, series.osc, series.tail)
    return Series(tuple(growing)), limit, rest if small or rest.tail is None else rest.tail


def limit_at_infinity(series: Series) -> int:
    """1 or -1 for a series that tends to infinity, 0 for one that does not."""
    if series.growth is not None:
        return series.sign() if series.grows() > 0 else 0
    if series.low() >= 0 and not any(term.rank.b > 0 for term in series.terms[:1]):
        return 0
    growing, _, _ = parts(series)
    return growing.sign() if growing.terms else 0


# --- exp and log ----------------------------------------------------------------------


def exponential(series: Series, reach: int) -> Series:
    """exp: powers of t come from multiples of L, the rest of what grows becomes P."""
    if series.grows() > 0:  # beyond every power: all of it is P
        return Series((Term(Rank(0, 0), ONE),), None, series)
    growing, limit, small = parts(series)
    shift: Order = Fraction(0)
    kept = []
    for term in growing.terms:
        if term.rank == (0, 1):
            shift -= order_of(term.c)
        elif term.rank.a == 0 and term.rank.b < 1:
            raise Undecidable("growth between the powers")
        else:
            kept.append(term)
    body = analytic_at(_exp_coefficients(limit), small, reach)
    result = multiply(monomial(ONE, tidy(shift)), body, reach)
    growth = Series(tuple(kept)) if kept else None
    return Series(result.terms, result.err, growth, result.osc, None if kept else result.tail)


def to_power(series: Series, exponent: Constant, reach: int) -> Series:
    """A positive series to a constant power."""
    if exponent.exact is not None:
        return power(series, fraction(exponent.exact), reach)
    return exponential(scale(logarithm(series, reach), exponent), reach)


def exp_value(c: Constant) -> Constant:
    """e to a constant."""
    return ONE if c.exact is not None and c.exact == 0 else function("exp", (c,), c.ball.exp())


def _exp_coefficients(c: Constant) -> Coefficients:
    def coefficients(count: int) -> list[Constant]:
        value = exp_value(c)
        return [value.times(Fraction(1, factorial(k))) for k in range(count)]

    return coefficients


def tangent_value(c: Constant) -> Constant:
    """tanh at a constant, odd by construction."""
    if c.ball < 0:
        return -tangent_value(-c)
    square = exp_value(c.times(-2))
    return (ONE - square) * (ONE + square).inverse()


def tangent(series: Series, reach: int) -> Series:
    """tanh: 2/(1 + q) - 1 with q = exp(-2*s), which is small at infinity; odd by construction."""
    side = limit_at_infinity(series)
    if side < 0 or (not side and parts(series)[1].ball < 0):
        return negative(tangent(negative(series), reach))
    square = exponential(scale(series, of(-2)), reach)
    return subtract(scale(power(add(UNIT, square), Fraction(-1), reach), of(2)), UNIT)


def log_value(c: Constant) -> Constant:
    """The logarithm of a constant that is proved to be positive."""
    return ZERO if c.exact is not None and c.exact == 1 else function("log", (c,), c.ball.log())


def _log_coefficients(count: int) -> list[Constant]:
    return [ZERO, *(of(Fraction((-1) ** (k - 1), k)) for k in range(1, count))]


def logarithm(series: Series, reach: int) -> Series:
    """log of a series that is finally positive: P + log(c) + a*log(t) + log(1 + u)."""
    lead = series.leading()
    assert lead is not None
    if lead.rank.b:
        raise Undecidable("the logarithm of a logarithm")
    result = add(monomial(log_value(lead.c)), substitute(_log_coefficients, over_leading(series, lead), reach))
    if lead.rank.a:
        result = add(result, Series((Term(Rank(0, 1), as_constant(-lead.rank.a)),)))
    return add(series.growth, result) if series.growth is not None else result


# --- sine and cosine ------------------------------------------------------------------


def circular(name: str, series: Series, reach: int) -> Series:
    """sin or cos; of a growing argument it oscillates with size 1."""
    if series.osc is None and series.grows() > 0 and series.leading() is not None:
        return Series((), None, None, Oscillation(0, True, FLAT, False, arb(0, 1)))
    growing, limit, small = parts(series)
    if (lead := growing.leading()) is not None:
        speed = max(1 - lead.rank.a, small.osc.speed if small.osc is not None else 0)
        firm = small.osc is None and lead.rank.b == (0 if lead.rank.a else 1)
        return Series((), None, None, Oscillation(0, True, speed, firm, arb(0, 1)))
    sine, cosine = sine_cosine(limit)
    turn = [sine, cosine, -sine, -cosine] if name == "sin" else [cosine, -sine, -cosine, sine]

    def coefficients(count: int) -> list[Constant]:
        return [turn[k % 4].times(Fraction(1, factorial(k))) for k in range(count)]

    return analytic_at(coefficients, small, reach)


def sine_cosine(c: Constant) -> tuple[Constant, Constant]:
    """sin(c) and cos(c), exact where c is a suitable multiple of pi."""
    if c.exact is not None and c.exact == 0:
        return ZERO, ONE
    sine, cosine = c.ball.sin_cos()
    if 0 in sine * cosine and c.exact is None:
        turns = atoms.turns(c)
        if turns is not None and (2 * turns).denominator == 1:
            return _sine_of_turns(turns), _sine_of_turns(turns + Fraction(1, 2))
    return function("sin", (c,), sine), function("cos", (c,), cosine)


def _sine_of_turns(turns: Fraction) -> Constant:
    """sin(turns*pi) for a multiple of 1/2."""
    return of((0, 1, 0, -1)[int(2 * turns) % 4])


_TURNS = 120

# --- arctangent -----------------------------------------------------------------------


def atan_value(c: Constant) -> Constant:
    """atan at a constant; a multiple of pi/120 where the tangent of one is proved to be the constant."""
    if c.exact is not None:
        return pi().times(fraction(c.exact) / 4) if c.exact in (-1, 0, 1) else function("atan", (c,), c.ball.atan())
    ball = c.ball.atan()
    near = nearest_whole(ball * _TURNS / arb.pi())
    if near is not None and abs(near) < _TURNS / 2:
        angle = pi().times(Fraction(near, _TURNS))
        sine, cosine = sine_cosine(angle)
        with suppress(MorePrecision):  # undecided: then the ball has to do
            if (sine * cosine.inverse() - c).is_zero():
                return angle
    return function("atan", (c,), ball)


def arctangent(series: Series, reach: int) -> Series:
    """atan; at infinity +-pi/2 - atan(1/s)."""
    side = limit_at_infinity(series)
    if side:
        inverse = power(series, Fraction(-1), reach)
        return subtract(monomial(pi().times(Fraction(side, 2))), arctangent(inverse, reach))
    _, limit, small = parts(series)

    def coefficients(count: int) -> list[Constant]:
        """atan' is 1/(1 + x**2), whose series about the limit has a recurrence of three terms."""
        inverse = (ONE + limit * limit).inverse()
        slopes: list[Constant] = []
        for k in range(count):
            total = ONE if k == 0 else ZERO
            if k >= 1:
                total = total - (limit * slopes[k - 1]).times(2)
            if k >= 2:
                total = total - slopes[k - 2]
            slopes.append(total * inverse)
        return [atan_value(limit), *(slope.times(Fraction(1, k + 1)) for k, slope in enumerate(slopes))][:count]

    return analytic_at(coefficients, small, reach)


# --- steps ------------------------------------------------------------------------------


def floor(series: Series) -> Series:
    """floor: of a bounded series the whole number that it finally is; of a growing one the series
    less a part that runs through [0, 1) again and again."""
    if series.grows() > 0:
        return Series(series.terms, least(series.err, FLAT), series.growth, series.osc)
    growing, limit, small = parts(series)
    if growing.terms:
        if series.osc is not None:
            raise Undecidable("floor of a growing argument that oscillates")
        if growing.leading() is None:
            raise MoreTerms
        swing = Oscillation(0, True, FLAT, False, arb(-0.5, 0.5))
        return add(series, Series((), None, None, swing))
    whole = limit.whole()
    if whole is None:
        return monomial(of(limit.floor()))
    return monomial(of(whole - (not small.is_exact_zero and small.sign() < 0)))


def magnitude(series: Series) -> Series:
    """The absolute value; the series itself where it does not change."""
    try:
        sign = series.sign()
    except Undecidable:
        if series.osc is None or not series.osc.pure or (series.terms and series.terms[0].rank.a <= series.osc.a):
            raise
        # It has kinks where it passes 0, so that there is no second derivative around the point.
        return Series((), series.osc.a, series.growth, series.osc._replace(speed=FLAT, firm=False, size=None))
    return negative(series) if sign < 0 else series
