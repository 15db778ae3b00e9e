"""Gamma, beta, polygamma, incomplete gamma and zeta functions at their poles and edges."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.algebra.ball_gamma import MAX_ORDER
from dcalc.errors import Undefined
from dcalc.functions import Row
from dcalc.verdict.closed import bernoulli, closed
from dcalc.verdict.compose import exponential, limit_at_infinity, log_value, logarithm, parts, to_power
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, function, of, pi
from dcalc.verdict.distances import inside, limit_of, named, off
from dcalc.verdict.exponents import logarithmic
from dcalc.verdict.powers import analytic_at, power
from dcalc.verdict.series import Series, add, constant_term, monomial, multiply, scale, subtract
from dcalc.verdict.taylor import analytic, coefficient
from dcalc.verdict.terms import FLAT, Undecidable

_MAX_SHIFT = 60
_STIRLING = 6
"""Terms of Stirling's series."""
_EXACT_FACTORIALS = 400


def reciprocal_gamma(series: Series, reach: int) -> Series:
    """1/gamma, which has no poles: an exact zero at 0, -1, -2, ..."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("gamma at infinity")
    limit = limit.snapped()
    whole = limit.whole() if limit.exact is not None else None
    known = closed(table.GAMMA, (limit,))
    first = None if known is None else known.inverse()
    if whole is not None and 0 < whole < _EXACT_FACTORIALS:
        first = of(Fraction(1, factorial(whole - 1)))

    def coefficients(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([limit.ball, arb(1)], prec=max(count, 2)).rgamma()
            known = [coefficient(table.GAMMA, (limit, MINUS_ONE), k, values[k]) for k in range(count)]
            return known if first is None else [first, *known[1:]][:count]
        finally:
            ctx.cap = cap

    return analytic_at(coefficients, small, reach)


def gamma(_row: Row, args: list[Series], reach: int) -> Series | None:
    """Through 1/gamma, which is entire; at infinity by Stirling's series."""
    if limit_at_infinity(args[0]) > 0:
        return _stirling(args[0], reach)
    below = reciprocal_gamma(args[0], reach)
    if below.is_exact_zero:
        raise Undefined("a pole")
    return power(below, Fraction(-1), reach)


def _stirling(s: Series, reach: int) -> Series:
    """exp of (s - 1/2)*log(s) - s + log(2*pi)/2 + 1/(12*s) - ...; DLMF 5.11.1."""
    inverse = power(s, Fraction(-1), reach)
    square = multiply(inverse, inverse, reach)
    total = subtract(multiply(subtract(s, monomial(of(Fraction(1, 2)))), logarithm(s, reach), reach), s)
    total = add(total, monomial(log_value(pi().times(2)).times(Fraction(1, 2))))
    for k in range(1, _STIRLING + 1):
        total = add(total, scale(inverse, of(bernoulli(2 * k) / (2 * k * (2 * k - 1)))))
        inverse = multiply(inverse, square, reach)
    rest = inverse.top()
    return exponential(add(total, Series((), FLAT if rest.a == FLAT else logarithmic(rest.a, rest.b))), reach)


def beta(row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(a)*gamma(b)/gamma(a + b)."""
    product = multiply(_known(gamma(row, args[:1], reach)), _known(gamma(row, args[1:], reach)), reach)
    return multiply(product, reciprocal_gamma(add(*args), reach), reach)


def _known(series: Series | None) -> Series:
    assert series is not None
    return series


def _pole(series: Series, row: Row) -> tuple[int, Series] | None:
    """(m, s + m) for a series s that tends to the pole -m of gamma."""
    limit = limit_of(series)
    whole = None if limit is None or limit.ball > 0 else limit.whole()
    if whole is None or whole > 0:
        return None
    if whole < -_MAX_SHIFT:
        raise Undecidable(f"{row.name} at a far pole")
    found = off(series, of(whole), row)
    return None if found is None else (-whole, found[0])


def digamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """The polygamma function of order 0."""
    return polygamma(row, [Series(()), *args], reach)


def polygamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """psi_n(s) = psi_n(s + m + 1) - (-1)**n*n! * sum of (s + j)**(-n-1), j = 0..m; DLMF 5.15.5."""
    order = constant_term(args[0])
    found = _pole(args[1], row)
    n = None if order is None else order.whole()
    if found is None or n is None or n < 0:
        return None
    if n > MAX_ORDER:
        raise Undecidable(f"{row.name} of a far order")
    shift = monomial(of(found[0] + 1))
    arguments = [add(args[1], shift)] if row is table.DIGAMMA else [args[0], add(args[1], shift)]
    total = analytic(row, arguments, len(arguments) - 1, reach)
    factor = of((-1) ** (n + 1) * factorial(n))
    for j in range(found[0] + 1):
        part = power(add(args[1], monomial(of(j))), Fraction(-n - 1), reach)
        total = add(total, scale(part, factor))
    return total


def lower_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """x**s * sum of (-x)**k/(k!*(s + k)), s > 0; DLMF 8.7.1."""
    order, found = constant_term(args[0]), off(args[1], ZERO, row)
    if order is None or found is None or order.whole() is not None:
        return None
    x, s = inside(found, 1), order

    def smooth(count: int) -> list[Constant]:
        return [(s + of(k)).inverse().times(Fraction((-1) ** k, factorial(k))) for k in range(count)]

    return multiply(to_power(x, s, reach), analytic_at(smooth, x, reach), reach)


def upper_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(s) less the lower function, s > 0."""
    order = constant_term(args[0])
    lower = lower_gamma(row, args, reach) if order is not None and order.sign() > 0 else None
    if lower is None:
        if (found := off(args[1], ZERO, row)) is not None and (order is None or order.sign() <= 0):
            inside(found, 1)
            raise Undecidable("uppergamma at 0")
        return None
    assert order is not None
    return subtract(monomial(function("gamma", (order,), order.ball.gamma())), lower)


def zeta(row: Row, args: list[Series], reach: int) -> Series | None:
    """Of Riemann, and of Hurwitz for a > 0: 1/(s - 1) and an entire function. Hurwitz's poles in a are
    those of a polygamma function; DLMF 25.11.12."""
    second = constant_term(args[1]) if len(args) > 1 else ONE
    if second is None or not second.ball > 0:
        return _zeta_of_two(row, args, reach)
    found = off(args[0], ONE, row)
    if found is None:
        return None

    def smooth(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([arb(1), arb(1)], prec=max(count, 2)).zeta(second.ball, True)
            return [function("stieltjes", (second, of(k)), values[k]) for k in range(count)]
        finally:
            ctx.cap = cap

    return add(power(found[0], Fraction(-1), reach), analytic_at(smooth, found[0], reach))


def _zeta_of_two(row: Row, args: list[Series], reach: int) -> Series | None:
    order = constant_term(args[0])
    n = None if order is None else order.whole()
    if order is not None and n is not None and n >= 2:
        series = polygamma(named("polygamma", 2), [monomial(of(n - 1)), args[1]], reach)
        return None if series is None else scale(series, of(Fraction((-1) ** n, factorial(n - 1))))
    first, second = (limit_of(arg) for arg in args)
    whole = None if second is None or second.ball > 0 else second.whole()
    if (first is not None and (first - ONE).is_zero()) or (whole is not None and whole <= 0):
        raise Undecidable(f"{row.name} at a pole")
    return None
