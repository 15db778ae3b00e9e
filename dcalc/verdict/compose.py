"""Functions of one-sided series: exp, log, sin, cos, atan at any limit, the others at finite ones."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from dcalc.verdict import atoms
from dcalc.verdict.arithmetic import add, multiply, over_leading, power, scale, substitute
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, function, of, pi
from dcalc.verdict.series import (
    FLAT,
    Coefficients,
    MoreTerms,
    Oscillation,
    Rank,
    Series,
    Term,
    Undecidable,
    monomial,
)

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
    return Series(tuple(growing)), limit, Series(tuple(small), series.err, None, series.osc)


def limit_at_infinity(series: Series) -> int:
    """1 or -1 for a series that tends to infinity, 0 for one that does not."""
    if series.growth is not None and series.grows() > 0:
        return series.sign()
    if series.growth is not None:
        return 0
    growing, _, _ = parts(series)
    return growing.sign() if growing.terms else 0


# --- exp and log ----------------------------------------------------------------------


def exponential(series: Series, reach: int) -> Series:
    """exp: powers of t come from multiples of L, the rest of what grows becomes P."""
    if series.grows() > 0:  # beyond every power: all of it is P
        return Series((Term(Rank(0, 0), ONE),), None, series)
    growing, limit, small = parts(series)
    shift = Fraction(0)
    kept = []
    for term in growing.terms:
        if term.rank == (0, 1):
            if term.c.exact is None:
                raise Undecidable("an irrational power")
            shift -= Fraction(int(term.c.exact.p), int(term.c.exact.q))
        else:
            kept.append(term)
    body = small_composition(_exp_coefficients(limit), small, reach)
    result = multiply(monomial(ONE, _tidy(shift)), body, reach)
    growth = Series(tuple(kept)) if kept else None
    return Series(result.terms, result.err, growth, result.osc)


def _tidy(value: Fraction) -> Fraction | int:
    return value.numerator if value.denominator == 1 else value


def small_composition(coefficients: Coefficients, small: Series, reach: int) -> Series:
    """sum of f_k * u**k for a small u, a flat one included."""
    if small.growth is not None:  # flat: the value, and a part below every order
        return add(monomial(coefficients(1)[0]), Series((), FLAT))
    return substitute(coefficients, small, reach)


def exp_value(c: Constant) -> Constant:
    """e to a constant."""
    return ONE if c.exact is not None and c.exact == 0 else function("exp", (c,), c.ball.exp())


def _exp_coefficients(c: Constant) -> Coefficients:
    def coefficients(count: int) -> list[Constant]:
        value = exp_value(c)
        return [value.times(Fraction(1, factorial(k))) for k in range(count)]

    return coefficients


def log_value(c: Constant) -> Constant:
    """The logarithm of a constant that is proved to be positive."""
    return ZERO if c.exact is not None and c.exact == 1 else function("log", (c,), c.ball.log())


def logarithm(series: Series, reach: int) -> Series:
    """log of a series that is finally positive: P + log(c) + a*log(t) + log(1 + u)."""
    lead = series.leading()
    assert lead is not None
    if lead.rank.b:
        raise Undecidable("the logarithm of a logarithm")
    u = over_leading(series, lead)

    def coefficients(count: int) -> list[Constant]:
        return [ZERO, *(of(Fraction((-1) ** (k - 1), k)) for k in range(1, count))]

    result = add(monomial(log_value(lead.c)), substitute(coefficients, u, reach))
    if lead.rank.a:
        result = add(result, Series((Term(Rank(0, 1), of(-lead.rank.a)),)))
    return add(series.growth, result) if series.growth is not None else result


# --- sine and cosine ------------------------------------------------------------------


def circular(name: str, series: Series, reach: int) -> Series:
    """sin or cos; of a growing argument it oscillates with size 1."""
    growing, limit, small = parts(series)
    if growing.terms:
        return Series((), None, None, Oscillation(0, True))
    sine, cosine = sine_cosine(limit)
    turn = [sine, cosine, -sine, -cosine] if name == "sin" else [cosine, -sine, -cosine, sine]

    def coefficients(count: int) -> list[Constant]:
        return [turn[k % 4].times(Fraction(1, factorial(k))) for k in range(count)]

    return small_composition(coefficients, small, reach)


_SINES = {0: 0, Fraction(1, 6): Fraction(1, 2), Fraction(1, 2): 1, Fraction(5, 6): Fraction(1, 2)}


def sine_cosine(c: Constant) -> tuple[Constant, Constant]:
    """sin(c) and cos(c), exact where c is a suitable multiple of pi."""
    if c.exact is not None and c.exact == 0:
        return ZERO, ONE
    sine, cosine = c.ball.sin_cos()
    if 0 in sine * cosine:
        turns = _turns(c)
        if turns is not None:
            return _sine_of_turns(turns), _sine_of_turns(turns + Fraction(1, 2))
    return function("sin", (c,), sine), function("cos", (c,), cosine)


def _turns(c: Constant) -> Fraction | None:
    """c/pi where that is a multiple of 1/2."""
    form = atoms.form(c)
    if len(form) != 1 or len(atoms.form(pi())) != 1:
        return None
    (monomial_of_c, value), (monomial_of_pi, _) = next(iter(form.items())), next(iter(atoms.form(pi()).items()))
    return value if monomial_of_c == monomial_of_pi and (2 * value).denominator == 1 else None


def _sine_of_turns(turns: Fraction) -> Constant:
    """sin(turns*pi) for a multiple of 1/2."""
    return of((0, 1, 0, -1)[int(2 * turns) % 4])


# --- arctangent -----------------------------------------------------------------------


def atan_value(c: Constant) -> Constant:
    """atan at a constant, exact at -1, 0 and 1."""
    if c.exact is not None and c.exact in (-1, 0, 1):
        return pi().times(Fraction(int(c.exact), 4))
    return function("atan", (c,), c.ball.atan())


def arctangent(series: Series, reach: int) -> Series:
    """atan; at infinity +-pi/2 - atan(1/s)."""
    side = limit_at_infinity(series)
    if side:
        inverse = power(series, Fraction(-1), reach)
        return add(monomial(pi().times(Fraction(side, 2))), scale(arctangent(inverse, reach), MINUS_ONE))
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

    return small_composition(coefficients, small, reach)


def steps_to(series: Series) -> tuple[Constant, int]:
    """(limit, sign of what remains): what floor needs to know of a bounded argument."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("floor of a growing argument")
    return limit, 0 if small.is_exact_zero else small.sign()
