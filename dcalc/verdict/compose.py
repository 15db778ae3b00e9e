"""Functions of one-sided series: exp, log, sin, cos, atan at any limit, the others at finite ones."""

from __future__ import annotations

from fractions import Fraction
from math import factorial
from typing import Any

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.algebra import ball
from dcalc.algebra.ball_common import nearest_whole
from dcalc.algebra.enclose import Fault
from dcalc.algebra.jet import Jets, Plan, System
from dcalc.errors import DcalcError, Undecided, Undefined
from dcalc.expr import make, symbol
from dcalc.functions import Row
from dcalc.verdict import atoms
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, MorePrecision, function, of, pi, rational
from dcalc.verdict.series import (
    FLAT,
    Coefficients,
    MoreTerms,
    Oscillation,
    Rank,
    Series,
    Term,
    Undecidable,
    add,
    least,
    monomial,
    multiply,
    over_leading,
    power,
    scale,
    substitute,
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
    body = _analytic_at(_exp_coefficients(limit), small, reach)
    result = multiply(monomial(ONE, _tidy(shift)), body, reach)
    growth = Series(tuple(kept)) if kept else None
    return Series(result.terms, result.err, growth, result.osc)


def _tidy(value: Fraction) -> Fraction | int:
    return value.numerator if value.denominator == 1 else value


def _analytic_at(coefficients: Coefficients, small: Series, reach: int) -> Series:
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

    return _analytic_at(coefficients, small, reach)


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
        turned = add(monomial(pi().times(Fraction(side, 2))), scale(arctangent(inverse, reach), MINUS_ONE))
        return turned
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

    return _analytic_at(coefficients, small, reach)


# --- any other function of the table, at a finite limit --------------------------------


def analytic(row: Row, args: list[Series], moving: int, reach: int) -> Series:
    """A function whose argument at ``moving`` varies and whose others are constants.

    Raises Undefined outside of its domain, Undecidable at an edge or at infinity.
    """
    limits = []
    for place, arg in enumerate(args):
        growing, limit, _ = parts(arg)
        if growing.terms:
            raise Undecidable(f"{row.name} at infinity")
        if place != moving and len(arg.terms) > 1:
            raise Undecidable(f"{row.name} of two arguments that vary")
        limits.append(limit)
    _, _, small = parts(args[moving])
    key = tuple(limits)

    def coefficients(count: int) -> list[Constant]:
        balls = taylor(row, [limit.ball for limit in limits], moving, count)
        known = [coefficient(row, key, k, value) for k, value in enumerate(balls)]
        if row.parity and limits[moving].exact is not None and limits[moving].exact == 0:
            vanishing = 0 if row.parity == "odd" else 1  # every second coefficient is 0, exactly
            return [ZERO if k % 2 == vanishing else c for k, c in enumerate(known)]
        return known

    return _analytic_at(coefficients, small, reach)


def coefficient(row: Row, key: tuple[Constant, ...], k: int, value: arb) -> Constant:
    """The constant of a Taylor coefficient of a row at constants, exact where the ball is."""
    if value.is_zero():
        return ZERO
    whole = nearest_whole(value) if value.is_exact() and value.is_integer() else None
    if whole is not None:
        return rational(whole)
    return function(row.key, key, value, k)


def taylor(row: Row, at: list[arb], moving: int, count: int) -> list[arb]:
    """The first Taylor coefficients of a function in one argument, as balls."""
    try:
        if row.series or count == 1:
            return _by_series(row, at, moving, count)
        return _by_jets(row, at, moving, count)
    except Undecided as error:
        if all(value.is_exact() for value in at):
            raise Undecidable(f"{row.name}: {error.message}") from error
        raise MorePrecision from error
    except Undefined:
        raise
    except DcalcError as error:
        raise Undecidable(f"{row.name}: {error.message}") from error


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
    jets = Jets(
        plan,
        System(lambda value: arb(value.numerator) / value.denominator, ball.evaluator),
        dict(zip(names, at, strict=True)),
    )
    jets.grow(count - 1)
    out = jets.jets[node.id]
    if any(isinstance(value, Fault) for value in out):
        raise Undecided("a coefficient has no value")
    return out


def reciprocal_gamma(series: Series, reach: int) -> Series:
    """1/gamma, which has no poles: an exact zero at 0, -1, -2, ..."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("gamma at infinity")

    def coefficients(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([limit.ball, arb(1)], prec=max(count, 2)).rgamma()
            return [coefficient(table.GAMMA, (limit, MINUS_ONE), k, values[k]) for k in range(count)]
        finally:
            ctx.cap = cap

    return _analytic_at(coefficients, small, reach)


def steps_to(series: Series) -> tuple[Constant, int]:
    """(limit, sign of what remains): what floor needs to know of a bounded argument."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("floor of a growing argument")
    return limit, 0 if small.is_exact_zero else small.sign()


__all__ = [
    "analytic", "arctangent", "atan_value", "circular", "coefficient", "exp_value", "exponential", "least", "limit_at_infinity",
    "log_value", "logarithm", "parts", "pi", "reciprocal_gamma", "sine_cosine", "steps_to", "taylor",
]  # fmt: skip
