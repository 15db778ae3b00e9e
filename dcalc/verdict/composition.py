"""Functions of series: powers, exp, log, sin, cos, atan, tanh, floor, abs, and any other by its Taylor series.

All follow one plan: take the leading term, or what does not tend to 0, apart by the function's own law, and
put what is left, a series u that tends to 0, into a power series (`compose`). ``reach`` is how many orders
beyond the leading one are wanted.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from functools import partial
from math import ceil, factorial, lcm
from typing import Any, Literal

from flint import arb, arb_series, ctx, fmpq

from dcalc.errors import DcalcError, Undecided, Undefined
from dcalc.expr import make, symbol
from dcalc.functions import Row
from dcalc.numbers import ball, rational_jet
from dcalc.numbers.ball import nearest_whole
from dcalc.numbers.enclosure import Fault, constant
from dcalc.numbers.jet import Jets, Plan
from dcalc.proof.constant import (
    ONE,
    ZERO,
    Constant,
    NeedMoreBits,
    function_value,
    pi,
    rational,
    to_fraction,
)
from dcalc.proof.special_functions import closed_constant
from dcalc.proof.zero import multiple_of_pi
from dcalc.tape import System
from dcalc.verdict.scale import (
    FLAT,
    LOGARITHM_LOSS,
    ErrorOrder,
    Logarithmic,
    NeedMoreTerms,
    Order,
    Oscillation,
    Rank,
    Term,
    Undecidable,
    constant_of_order,
    logarithmic_order,
    normalise_order,
    order_of,
    require_products,
    smallest_order,
    spend_products,
)
from dcalc.verdict.series import (
    ONE_SERIES,
    SHORT,
    ZERO_SERIES,
    Series,
    add,
    collect,
    monomial,
    multiply,
    negate,
    scale,
    subtract,
)

Coefficients = Callable[[int], list[Constant]]
"""The first coefficients of a power series, as many as asked."""
_LOGARITHMIC = 10
"""Terms of a power series in something that vanishes like a power of 1/L: no number of them reaches the next power."""
_FLAT_POWERS = 5
"""Powers of a flat part that are kept: each is flat beside the one before."""
_PARTS_OF_PI = 120
"""An arctangent near a multiple of pi/120 is tested for being that multiple."""
_NARROW = arb(2) ** -64
"""A ball with this radius at most tells whether a rational may be its number."""
_SHARE = 16
"""Terms of a composition in flint that take as long as one product of terms."""
_SMALL = 64
"""Whole exponents up to this are multiplied out, so that what is exact stays exact."""

# --- powers -----------------------------------------------------------------------------------------


def power(series: Series, exponent: Fraction, reach: int) -> Series:
    """series**exponent for a series that is positive, or of a whole exponent, not zero.

    c*t**a*L**b*(1 + u) to the q is c**q * t**(a*q) * L**(b*q) times the binomial series in u.
    """
    if exponent == 1:
        return series
    if exponent.denominator == 1 and 0 < exponent <= _SMALL:
        return _integer_power(series, int(exponent), reach)
    lead = series.leading()
    if lead is None:
        assert exponent > 0
        return ZERO_SERIES
    outer = monomial(
        lead.c.power(exponent), normalise_order(lead.rank.a * exponent), normalise_order(lead.rank.b * exponent)
    )
    inner = compose(_binomial(exponent), divide_by_leading(series, lead), reach)
    result = multiply(outer, inner, reach)
    tail = result.tail if series.growth is None else None
    return Series(result.terms, result.error, _scaled_growth(series, exponent), result.oscillation, tail)


def _integer_power(series: Series, exponent: int, reach: int) -> Series:
    """A whole power by repeated squaring: exact where the series is. To the power 0 nothing oscillates or grows."""
    if not exponent:
        return ONE_SERIES
    result, square, left = ONE_SERIES, series.without_oscillation(), exponent
    while left:
        if left & 1:
            result = multiply(result, square, reach)
        left >>= 1
        if left:
            square = multiply(square, square, reach)
    if series.oscillation is None:
        return result
    growth = _scaled_growth(series, Fraction(exponent))
    return Series(result.terms, result.error, growth, _oscillation_of_power(series.oscillation, series, exponent))


def _oscillation_of_power(osc: Oscillation, series: Series, exponent: int) -> Oscillation:
    """The oscillation in a whole power, or in the term of that power in a power series.

    It is exact in size where the oscillating part leads, since the powers of numbers that
    fill an interval fill one, too; and where a power of t leads.
    """
    if exponent == 1:
        return osc
    first = next((term for term in series.terms if term.rank.a < osc.a), None)
    if first is None:
        if series.error is None or series.error > osc.a:
            return osc._replace(a=normalise_order(osc.a * exponent), size=None)
        bound = osc.a + (exponent - 1) * series.lowest_order() - exponent * LOGARITHM_LOSS
        return Oscillation(bound, False, osc.speed, False)  # type: ignore[arg-type]  # finite, as osc.a is
    exact = not first.rank.b and not first.c.is_zero()
    a = osc.a + (exponent - 1) * first.rank.a - (0 if exact else exponent * LOGARITHM_LOSS)
    return Oscillation(normalise_order(a), osc.exact_size and exact, osc.speed, osc.exact_speed and exact)


def _scaled_growth(series: Series, exponent: Fraction) -> Series | None:
    return None if series.growth is None else scale(series.growth, rational(exponent))


def exact_quotient(above: Series, below: Series, quotient: Series) -> Series:
    """A quotient of polynomials, as one where the division leaves no rest: it then is no longer cut off."""
    exact = above.error is None and below.error is None and above.is_plain and below.is_plain
    if not exact or quotient.error is None or len(below.terms) > len(above.terms) or not _are_rational(above, below):
        return quotient
    top = above.terms[-1].rank.a - below.terms[-1].rank.a
    candidate = Series(tuple(term for term in quotient.terms if term.rank.a <= top))
    rest = subtract(above, multiply(candidate, below, _SMALL))
    return candidate if rest.is_exact_zero else quotient


def _are_rational(*series: Series) -> bool:
    return all(c.exact is not None and not rank.b for part in series for rank, c in part.terms)


def divide_by_leading(series: Series, lead: Term) -> Series:
    """u in c*t**a*L**b*(1 + u), for a series with that leading term."""
    inverse = lead.c.inverse()
    terms = tuple(
        Term(
            Rank(normalise_order(rank.a - lead.rank.a), normalise_order(rank.b - lead.rank.b)),
            _ratio(c, lead.c, inverse),
        )
        for rank, c in series.terms
        if rank.is_below(lead.rank)
    )
    err = None if series.error is None else _divide_error(series.error, lead.rank)
    tail = series.tail if series.growth is None else None
    if tail is not None:
        tail = multiply(tail, monomial(inverse, -lead.rank.a, -lead.rank.b), 1)
        if not terms:
            return tail
    osc = series.oscillation
    if osc is not None:
        loss = LOGARITHM_LOSS if lead.rank.b else 0
        osc = Oscillation(
            normalise_order(osc.a - lead.rank.a - loss),
            osc.exact_size and not loss,
            osc.speed,
            osc.exact_speed and not loss,
        )
    return Series(terms, err, None, osc, tail)


def _ratio(c: Constant, lead: Constant, inverse: Constant) -> Constant:
    """c/lead: rational where both are multiples of one constant."""
    above, below = c.split_factor(), lead.split_factor()
    if above[1] is below[1]:
        return rational(above[0] / below[0])
    return c * inverse


def _divide_error(err: ErrorOrder, rank: Rank) -> ErrorOrder:
    if isinstance(err, float):
        return FLAT
    if isinstance(err, Logarithmic):
        return logarithmic_order(err.a - rank.a, err.b - rank.b)
    return normalise_order(err - rank.a)


def _binomial(exponent: Fraction) -> Coefficients:
    """The coefficients of (1 + u)**exponent, one after the other."""

    def coefficients(count: int) -> list[Constant]:
        value = Fraction(1)
        values = []
        for k in range(count):
            values.append(rational(value))
            value = value * (exponent - k) / (k + 1)
        return values

    return coefficients


# --- analytic functions of what tends to 0 ----------------------------------------------------------


def _compose_flat(coefficients: Coefficients, small: Series, reach: int) -> Series:
    """The value, and the first powers that follow: each is flat beside the one before."""
    total = Series((), FLAT, scale(small.growth, rational(_FLAT_POWERS)) if small.growth is not None else None)
    for k, c in reversed(list(enumerate(coefficients(_FLAT_POWERS)))):
        if not c.is_zero():
            total = add(scale(_integer_power(small, k, reach), c), total)
    return total


def compose(coefficients: Coefficients, u: Series, reach: int) -> Series:
    """sum of f_k * u**k for a small u, by Horner's rule; exact where u is zero."""
    if u.is_exact_zero:
        return monomial(coefficients(1)[0])
    if u.growth is not None:
        return _compose_flat(coefficients, u, reach)
    low, top = u.lowest_order(), u.dominant_rank()
    if not (low > 0 or (low == 0 and top.b < 0 and u.oscillation is None)):
        raise Undecidable("a part that does not vanish")
    count = 2 if low == FLAT else int(reach / low) + 2 if low > 0 else _LOGARITHMIC
    require_products(count // 2)  # beforehand: an argument that grows like x**1e-6 asks for millions of coefficients
    series = coefficients(count)
    omitted = FLAT if low == FLAT else low * count if low > 0 else logarithmic_order(0, top.b * count)
    if u.is_plain and u.tail is None and (composed := _compose_at_once(series, u, omitted)) is not None:
        return composed
    steady = u.without_oscillation()
    result = ZERO_SERIES
    for c in reversed(series):
        result = add(multiply(result, steady, reach), monomial(c))
    err = smallest_order(result.error, omitted)
    osc = None if u.oscillation is None else _oscillation_of_composition(series, u.oscillation, u)
    return Series(collect(result.terms, err), err, None, osc)


def _compose_at_once(series: list[Constant], u: Series, omitted: ErrorOrder) -> Series | None:
    """The same for powers of one term, and for series whose orders and coefficients are rational; None for others."""
    if len(u.terms) == 1 and u.error is None:
        ((rank, c),) = u.terms
        terms, power_of_c = [], ONE
        for k, factor in enumerate(series):
            if k:
                power_of_c = power_of_c * c
            if not factor.is_rational_zero:
                terms.append(Term(Rank(normalise_order(rank.a * k), normalise_order(rank.b * k)), factor * power_of_c))
        return Series(collect(terms, omitted), omitted)
    outer = [c.exact for c in series if c.exact is not None]
    inner = [(rank.a, c.exact) for rank, c in u.terms if isinstance(rank.a, (int, Fraction)) and c.exact is not None]
    is_rational = len(outer) == len(series) and len(inner) == len(u.terms) and _are_rational(u)
    if not is_rational or len(outer) * len(inner) < SHORT or not isinstance(omitted, (int, Fraction)):
        return None
    err: int | Fraction = omitted
    if u.error is not None:
        if not isinstance(u.error, (int, Fraction)):
            return None
        first = next((k for k, value in enumerate(outer) if k and value != 0), 1)
        err = min(err, u.error + (first - 1) * min(inner[0][0], u.error))
    return _compose_polynomials(outer, inner, err)


def _compose_polynomials(outer: list[fmpq], inner: list[tuple[int | Fraction, fmpq]], err: int | Fraction) -> Series:
    """The composition as a polynomial in t**(1/parts), up to an order."""
    parts = lcm(*(Fraction(order).denominator for order, _ in inner))
    length = ceil(err * parts)
    spend_products(length * len(outer) // _SHARE)
    dense = [fmpq(0)] * length
    for order, value in inner:
        if (place := int(order * parts)) < length:
            dense[place] = value
    composed = rational_jet.compose(outer, dense)
    terms = [
        Term(Rank(normalise_order(Fraction(k, parts)), 0), rational(value))
        for k, value in enumerate(composed.coeffs())
        if value != 0
    ]
    return Series(collect(terms, err), err)


def _oscillation_of_composition(series: list[Constant], osc: Oscillation, u: Series) -> Oscillation:
    """The oscillation of f(u): that of the first power of u which f has."""
    for k, c in enumerate(series):
        if k and not c.is_zero():
            return _oscillation_of_power(osc, u, k)
    return osc._replace(exact_size=False, exact_speed=False)


# --- taking a series apart --------------------------------------------------------------------------


def split(series: Series) -> tuple[Series, Constant, Series]:
    """(growing, constant, small): what tends to infinity, the limit of the rest, what vanishes.

    Raises NeedMoreTerms where even the constant is not known, Undecidable where the series
    oscillates without vanishing or carries exp(P) with a growing P.
    """
    if series.growth is not None:
        if series.growth_sign() > 0:
            raise Undecidable("growth beyond every power")
        return Series(()), ZERO, series
    if series.oscillation is not None and series.oscillation.a <= 0:
        raise Undecidable("an oscillating argument")
    if series.error is not None and series.error <= 0:
        raise NeedMoreTerms
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
    rest = Series(tuple(small), series.error, None, series.oscillation, series.tail)
    return Series(tuple(growing)), limit, rest if small or rest.tail is None else rest.tail


def sign_at_infinity(series: Series) -> int:
    """1 or -1 for a series that tends to infinity, 0 for one that does not."""
    if series.growth is not None:
        return series.sign() if series.growth_sign() > 0 else 0
    if series.lowest_order() >= 0 and not any(term.rank.b > 0 for term in series.terms[:1]):
        return 0
    growing, _, _ = split(series)
    return growing.sign() if growing.terms else 0


# --- exp and log ------------------------------------------------------------------------------------


def exponential(series: Series, reach: int) -> Series:
    """exp: powers of t come from multiples of L, the rest of what grows becomes P."""
    if series.growth_sign() > 0:  # beyond every power: all of it is P
        return Series((Term(Rank(0, 0), ONE),), None, series)
    growing, limit, small = split(series)
    shift: Order = Fraction(0)
    exponent = []
    for term in growing.terms:
        if term.rank == (0, 1):
            shift -= order_of(term.c)
        elif term.rank.a == 0 and term.rank.b < 1:
            raise Undecidable("growth between the powers")
        else:
            exponent.append(term)
    body = scale(compose(_exp_coefficients, small, reach), exp_value(limit))
    result = multiply(monomial(ONE, normalise_order(shift)), body, reach)
    growth = Series(tuple(exponent)) if exponent else None
    return Series(result.terms, result.error, growth, result.oscillation, None if growth else result.tail)


def constant_power(series: Series, exponent: Constant, reach: int) -> Series:
    """A positive series to a constant power."""
    if exponent.exact is not None:
        return power(series, to_fraction(exponent.exact), reach)
    return exponential(scale(logarithm(series, reach), exponent), reach)


def exp_value(c: Constant) -> Constant:
    """e to a constant."""
    return ONE if c.exact is not None and c.exact == 0 else function_value("exp", (c,), c.ball.exp())


def _exp_coefficients(count: int) -> list[Constant]:
    return [rational(Fraction(1, factorial(k))) for k in range(count)]


def tanh_value(c: Constant) -> Constant:
    """tanh at a constant, odd by construction."""
    if c.ball < 0:
        return -tanh_value(-c)
    square = exp_value(c.scale(-2))
    return (ONE - square) * (ONE + square).inverse()


def hyperbolic_tangent(series: Series, reach: int) -> Series:
    """tanh: 2/(1 + q) - 1 with q = exp(-2*s), which is small at infinity; odd by construction."""
    side = sign_at_infinity(series)
    if side < 0 or (not side and split(series)[1].ball < 0):
        return negate(hyperbolic_tangent(negate(series), reach))
    square = exponential(scale(series, rational(-2)), reach)
    return subtract(scale(power(add(ONE_SERIES, square), Fraction(-1), reach), rational(2)), ONE_SERIES)


def log_value(c: Constant) -> Constant:
    """The logarithm of a constant that is proved to be positive."""
    return ZERO if c.exact is not None and c.exact == 1 else function_value("log", (c,), c.ball.log())


def _log_coefficients(count: int) -> list[Constant]:
    return [ZERO, *(rational(Fraction((-1) ** (k - 1), k)) for k in range(1, count))]


def logarithm(series: Series, reach: int) -> Series:
    """log of a series that is finally positive: P + log(c) + a*log(t) + log(1 + u)."""
    lead = series.leading()
    assert lead is not None
    if lead.rank.b:
        raise Undecidable("the logarithm of a logarithm")
    result = add(monomial(log_value(lead.c)), compose(_log_coefficients, divide_by_leading(series, lead), reach))
    if lead.rank.a:
        result = add(result, Series((Term(Rank(0, 1), constant_of_order(-lead.rank.a)),)))
    return add(series.growth, result) if series.growth is not None else result


# --- sine and cosine --------------------------------------------------------------------------------


def sine_or_cosine(name: Literal["sin", "cos"], series: Series, reach: int) -> Series:
    """sin or cos; of a growing argument it oscillates with size 1."""
    if series.oscillation is None and series.growth_sign() > 0 and series.leading() is not None:
        return Series((), None, None, Oscillation(0, True, FLAT, False, arb(0, 1)))
    growing, limit, small = split(series)
    if (lead := growing.leading()) is not None:
        speed = max(1 - lead.rank.a, small.oscillation.speed if small.oscillation is not None else 0)
        exact_speed = small.oscillation is None and lead.rank.b == (0 if lead.rank.a else 1)
        return Series((), None, None, Oscillation(0, True, speed, exact_speed, arb(0, 1)))
    sine, cosine = sine_cosine(limit)
    if name == "cos":
        sine, cosine = cosine, -sine
    if sine.is_rational_zero or cosine.is_rational_zero or _are_rational(small):
        parts = [
            scale(compose(_even_or_odd(odd), small, reach), factor)
            for odd, factor in enumerate((sine, cosine))
            if not factor.is_rational_zero
        ]
        return add(*parts) if len(parts) > 1 else parts[0]
    turn = [sine, cosine, -sine, -cosine]

    def coefficients(count: int) -> list[Constant]:
        return [turn[k % 4].scale(Fraction(1, factorial(k))) for k in range(count)]

    return compose(coefficients, small, reach)


def _even_or_odd(odd: int) -> Coefficients:
    """The coefficients of cos, or of sin."""

    def coefficients(count: int) -> list[Constant]:
        return [
            ZERO if (k - odd) % 2 else rational(Fraction((-1) ** ((k - odd) // 2), factorial(k))) for k in range(count)
        ]

    return coefficients


def sine_cosine(c: Constant) -> tuple[Constant, Constant]:
    """sin(c) and cos(c), exact where c is a suitable multiple of pi."""
    if c.exact is not None and c.exact == 0:
        return ZERO, ONE
    sine, cosine = c.ball.sin_cos()
    if 0 in sine * cosine and c.exact is None:
        turns = multiple_of_pi(c)
        if turns is not None and (2 * turns).denominator == 1:
            return _sine_of_turns(turns), _sine_of_turns(turns + Fraction(1, 2))
    return function_value("sin", (c,), sine), function_value("cos", (c,), cosine)


def _sine_of_turns(turns: Fraction) -> Constant:
    """sin(turns*pi) for a multiple of 1/2."""
    return rational((0, 1, 0, -1)[int(2 * turns) % 4])


# --- arctangent -------------------------------------------------------------------------------------


def atan_value(c: Constant) -> Constant:
    """atan at a constant; a multiple of pi/120 where the tangent of one is proved to be the constant."""
    if c.exact is not None:
        quarters = to_fraction(c.exact)
        return pi().scale(quarters / 4) if quarters in (-1, 0, 1) else function_value("atan", (c,), c.ball.atan())
    ball = c.ball.atan()
    near = nearest_whole(ball * _PARTS_OF_PI / arb.pi())
    if near is not None and abs(near) < _PARTS_OF_PI / 2:
        angle = pi().scale(Fraction(near, _PARTS_OF_PI))
        sine, cosine = sine_cosine(angle)
        with suppress(NeedMoreBits):  # undecided: then the ball has to do
            if (sine * cosine.inverse() - c).is_zero():
                return angle
    return function_value("atan", (c,), ball)


def arctangent(series: Series, reach: int) -> Series:
    """atan; at infinity +-pi/2 - atan(1/s)."""
    side = sign_at_infinity(series)
    if side:
        inverse = power(series, Fraction(-1), reach)
        return subtract(monomial(pi().scale(Fraction(side, 2))), arctangent(inverse, reach))
    _, limit, small = split(series)

    def coefficients(count: int) -> list[Constant]:
        """atan' is 1/(1 + x**2), whose series about the limit has a recurrence of three terms."""
        inverse = (ONE + limit * limit).inverse()
        slopes: list[Constant] = []
        for k in range(count):
            total = ONE if k == 0 else ZERO
            if k >= 1:
                total = total - (limit * slopes[k - 1]).scale(2)
            if k >= 2:
                total = total - slopes[k - 2]
            slopes.append(total * inverse)
        return [atan_value(limit), *(slope.scale(Fraction(1, k + 1)) for k, slope in enumerate(slopes))][:count]

    return compose(coefficients, small, reach)


# --- steps and absolute values ----------------------------------------------------------------------


def floor(series: Series) -> Series:
    """floor: of a bounded series the whole number that it finally is; of a growing one the series
    less a part that runs through [0, 1) again and again."""
    if series.growth_sign() > 0:
        return Series(series.terms, smallest_order(series.error, FLAT), series.growth, series.oscillation)
    growing, limit, small = split(series)
    if growing.terms:
        if series.oscillation is not None:
            raise Undecidable("floor of a growing argument that oscillates")
        if growing.leading() is None:
            raise NeedMoreTerms
        swing = Oscillation(0, True, FLAT, False, arb(-0.5, 0.5))
        return add(series, Series((), None, None, swing))
    whole = limit.as_integer()
    if whole is None:
        return monomial(rational(limit.floor()))
    return monomial(rational(whole - (not small.is_exact_zero and small.sign() < 0)))


def magnitude(series: Series) -> Series:
    """The absolute value; the series itself where it does not change."""
    try:
        sign = series.sign()
    except Undecidable:
        if (
            series.oscillation is None
            or not series.oscillation.exact_size
            or (series.terms and series.terms[0].rank.a <= series.oscillation.a)
        ):
            raise
        # It has kinks where it passes 0, so that there is no second derivative around the point.
        return Series(
            (),
            series.oscillation.a,
            series.growth,
            series.oscillation._replace(speed=FLAT, exact_speed=False, size=None),
        )
    return negate(series) if sign < 0 else series


# --- any other function of the table: its value, and its Taylor series at a finite limit --------------


def row_value(row: Row, args: list[Constant]) -> Constant:
    """The value of a function at constants. Raises Undefined, Undecidable, NeedMoreBits."""
    args = [arg.snap_to_integer() for arg in args]
    return taylor_constant(row, tuple(args), 0, taylor_balls(row, [arg.ball for arg in args], 0, 1)[0])


def expand_taylor(row: Row, args: list[Series], moving: int, reach: int) -> Series:
    """A function whose argument at ``moving`` varies and whose others are constants.

    Raises Undefined outside of its domain, Undecidable at an edge or at infinity.
    """
    limits = []
    for arg in args:
        growing, limit, _ = split(arg)
        if growing.terms:
            raise Undecidable(f"{row.name} at infinity")
        limits.append(limit.snap_to_integer())
    _, _, small = split(args[moving])
    key = tuple(limits)

    def coefficients(count: int) -> list[Constant]:
        balls = taylor_balls(row, [limit.ball for limit in limits], moving, count)
        series = _name_rationals(
            row, key, moving, [taylor_constant(row, key, k, value) for k, value in enumerate(balls)]
        )
        if row.parity and key[moving].exact is not None and key[moving].exact == 0:
            vanishing = 0 if row.parity == "odd" else 1  # every second coefficient is 0, exactly
            return [ZERO if k % 2 == vanishing else c for k, c in enumerate(series)]
        return series

    return compose(coefficients, small, reach)


def _name_rationals(row: Row, key: tuple[Constant, ...], moving: int, series: list[Constant]) -> list[Constant]:
    """Taylor coefficients, exactly where they are rational: those of asinh at 0, whose balls do not tell."""
    if len(series) < 2 or any(limit.exact is None for limit in key) or all(c.exact is not None for c in series):
        return series
    names = [f"x{place}" for place in range(len(key))]
    at = {name: to_fraction(limit.exact) for name, limit in zip(names, key, strict=True) if limit.exact is not None}
    point = {name: partial(_ball_of, limit) for name, limit in zip(names, key, strict=True)}
    try:
        values = rational_jet.coefficients(make(row, *map(symbol, names)), names[moving], len(series) - 1, at, point)
    except DcalcError:
        return series
    return [
        c if value is None or not (c.ball.rad() < _NARROW and fmpq(value.numerator, value.denominator) in c.ball)
        else rational(value)
        for c, value in zip(series, values, strict=True)
    ]  # fmt: skip


def _ball_of(limit: Constant) -> arb:
    return limit.ball


def taylor_constant(row: Row, key: tuple[Constant, ...], k: int, value: arb) -> Constant:
    """The constant of a Taylor coefficient of a row at constants, exact where the ball is."""
    if value.is_zero():
        return ZERO
    if k == 0 and (constant := closed_constant(row, key)) is not None:
        return constant
    if value.is_exact() and value.is_integer() and (whole := nearest_whole(value)) is not None:
        return rational(whole)
    return function_value(row.key, key, value, k)


def taylor_balls(row: Row, at: list[arb], moving: int, count: int) -> list[arb]:
    """The first Taylor coefficients of a function in one argument, as balls."""
    try:
        if row.series or count == 1:
            return _by_series(row, at, moving, count)
        return _by_jets(row, at, moving, count)
    except Undecided as error:
        if all(value.is_exact() for value in at):
            raise Undecidable(f"{row.name}: {error.message}") from error
        raise NeedMoreBits from error
    except Undefined as error:
        if count > 1:  # a partial derivative lacks a value: the function itself has to lack one, too
            taylor_balls(row, at, moving, 1)
            raise Undecidable(f"{row.name}: {error.message}") from error
        raise
    except DcalcError as error:
        raise Undecidable(f"{row.name}: {error.message}") from error
    except (ArithmeticError, ValueError) as error:  # flint's own, of series whose leading term may be 0
        if all(value.is_exact() for value in at):
            raise Undecidable(f"{row.name}: {error}") from error
        raise NeedMoreBits from error


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
    jet = jets.jets[node.id]
    if any(isinstance(part, Fault) for part in jet):
        raise Undecided("a coefficient has no value")
    return jet
