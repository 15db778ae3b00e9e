"""Functions at the points where their Taylor series end: poles, logarithms, edges of domains.

A rule takes the arguments on one side of the point. It gives None where the limit is an
ordinary point, raises Undefined where the side lies outside of the domain, Undecidable
where the function has no series in powers and logarithms.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.functions import Row
from dcalc.verdict.compose import limit_at_infinity, logarithm, parts
from dcalc.verdict.constant import MINUS_ONE, ONE, ZERO, Constant, fraction, function, of, pi
from dcalc.verdict.distances import Rule, inside, limit_of, off, rational_terms
from dcalc.verdict.integrals import cosine_integral, ei, elliptic_e, expint, expint_order, li
from dcalc.verdict.powers import analytic_at, power
from dcalc.verdict.series import UNIT, Series, add, constant_term, monomial, multiply, negative, scale, subtract
from dcalc.verdict.taylor import analytic, coefficient
from dcalc.verdict.terms import FLAT, Undecidable

_MAX_SHIFT = 60
_EXACT_FACTORIALS = 400


# --- gamma and its kin ------------------------------------------------------------------------


def reciprocal_gamma(series: Series, reach: int) -> Series:
    """1/gamma, which has no poles: an exact zero at 0, -1, -2, ..."""
    growing, limit, small = parts(series)
    if growing.terms:
        raise Undecidable("gamma at infinity")
    limit = limit.snapped()
    whole = limit.whole() if limit.exact is not None else None
    first = of(Fraction(1, factorial(whole - 1))) if whole is not None and 0 < whole < _EXACT_FACTORIALS else None

    def coefficients(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([limit.ball, arb(1)], prec=max(count, 2)).rgamma()
            known = [coefficient(table.GAMMA, (limit, MINUS_ONE), k, values[k]) for k in range(count)]
            return known if first is None else [first, *known[1:]][:count]
        finally:
            ctx.cap = cap

    return analytic_at(coefficients, small, reach)


def _gamma(_row: Row, args: list[Series], reach: int) -> Series | None:
    below = reciprocal_gamma(args[0], reach)
    if below.is_exact_zero:
        raise Undefined("a pole")
    return power(below, Fraction(-1), reach)


def _beta(row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(a)*gamma(b)/gamma(a + b)."""
    product = multiply(_known(_gamma(row, args[:1], reach)), _known(_gamma(row, args[1:], reach)), reach)
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


def _digamma(row: Row, args: list[Series], reach: int) -> Series | None:
    return _polygamma(row, [Series(()), *args], reach)


def _polygamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """psi_n(s) = psi_n(s + m + 1) - (-1)**n*n! * sum of (s + j)**(-n-1), j = 0..m; DLMF 5.15.5."""
    order = constant_term(args[0])
    found = _pole(args[1], row)
    n = None if order is None else order.whole()
    if found is None or n is None or n < 0:
        return None
    shift = monomial(of(found[0] + 1))
    arguments = [add(args[1], shift)] if row is table.DIGAMMA else [args[0], add(args[1], shift)]
    total = analytic(row, arguments, len(arguments) - 1, reach)
    factor = of((-1) ** (n + 1) * factorial(n))
    for j in range(found[0] + 1):
        part = power(add(args[1], monomial(of(j))), Fraction(-n - 1), reach)
        total = add(total, scale(part, factor))
    return total


def _lower_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """x**s * sum of (-x)**k/(k!*(s + k)), s > 0; DLMF 8.7.1."""
    order, found = constant_term(args[0]), off(args[1], ZERO, row)
    if order is None or found is None or order.whole() is not None:
        return None
    x, s = inside(found, 1), order

    def smooth(count: int) -> list[Constant]:
        return [(s + of(k)).inverse().times(Fraction((-1) ** k, factorial(k))) for k in range(count)]

    if s.exact is None:
        raise Undecidable("an irrational power")
    front = power(x, fraction(s.exact), reach)
    return multiply(front, analytic_at(smooth, x, reach), reach)


def _upper_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(s) less the lower function, s > 0."""
    order = constant_term(args[0])
    lower = _lower_gamma(row, args, reach) if order is not None and order.sign() > 0 else None
    if lower is None:
        if (found := off(args[1], ZERO, row)) is not None and (order is None or order.sign() <= 0):
            inside(found, 1)
            raise Undecidable("uppergamma at 0")
        return None
    assert order is not None
    return subtract(monomial(function("gamma", (order,), order.ball.gamma())), lower)


def _zeta(row: Row, args: list[Series], reach: int) -> Series | None:
    """1/(s - 1) and an entire function."""
    found = off(args[0], ONE, row)
    if found is None:
        return None

    def smooth(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([arb(1), arb(1)], prec=max(count, 2)).zeta(1, True)
            return [function("stieltjes", (of(k),), values[k]) for k in range(count)]
        finally:
            ctx.cap = cap

    return add(power(found[0], Fraction(-1), reach), analytic_at(smooth, found[0], reach))


def _hurwitz(row: Row, args: list[Series], _reach: int) -> Series | None:
    """No series is known at s = 1 and at the poles in a."""
    first, second = (limit_of(arg) for arg in args)
    if first is None or second is None:
        return None
    whole = None if second.ball > 0 else second.whole()
    if (first - ONE).is_zero() or (whole is not None and whole <= 0):
        raise Undecidable(f"{row.name} at a pole")
    return None


# --- edges ------------------------------------------------------------------------------------


def _lambertw(row: Row, args: list[Series], reach: int) -> Series | None:
    """At -1/e a series in p = sqrt(2*(e*x + 1)); DLMF 4.13.6, coefficients by Corless et al. 1996, 4.22."""
    base = function("exp", (ONE,), arb.const_e())
    if constant_term(args[0]) is not None or limit_of(args[0]) is None:
        return None
    found = off(args[0], -base.inverse(), row)
    if found is None:
        return None
    p = power(scale(inside(found, 1), base.times(2)), Fraction(1, 2), reach)
    return analytic_at(_branch_coefficients, p, reach)


def _branch_coefficients(count: int) -> list[Constant]:
    """mu_k of W = sum of mu_k*p**k."""
    mu, alpha = [Fraction(-1), Fraction(1)], [Fraction(2), Fraction(-1)]
    for k in range(2, count):
        alpha.append(sum((mu[j] * mu[k + 1 - j] for j in range(2, k)), Fraction(0)))
        value = Fraction(k - 1, k + 1) * (mu[k - 2] / 2 + alpha[k - 2] / 4) - alpha[k] / 2 - mu[k - 1] / (k + 1)
        mu.append(value)
    return [of(value) for value in mu[:count]]


def _bessel(sign: int) -> Rule:
    """J and I of an order that is no whole number, at 0: (x/2)**n times an even series; DLMF 10.2.2, 10.25.2."""

    def rule(row: Row, args: list[Series], reach: int) -> Series | None:
        order, found = constant_term(args[0]), off(args[1], ZERO, row)
        if order is None or found is None or order.whole() is not None:
            return None
        half = scale(inside(found, 1), of(Fraction(1, 2)))
        if order.exact is None:
            raise Undecidable("an irrational power")
        first = function("rgamma", (order + ONE,), (order.ball + 1).rgamma())

        def smooth(count: int) -> list[Constant]:
            out, value = [], first
            for k in range(count):
                out.append(ZERO if k % 2 else value)
                if k % 2:
                    step = (k + 1) // 2
                    value = (value * (order + of(step)).inverse()).times(Fraction(sign, step))
            return out

        front = power(half, fraction(order.exact), reach)
        return multiply(front, analytic_at(smooth, half, reach), reach)

    return rule


def _spherical(row: Row, args: list[Series], reach: int) -> Series | None:
    """j_n: at 0 by its power series (DLMF 10.53.1), elsewhere through J of a half-integral order."""
    order = constant_term(args[0])
    n, limit = None if order is None else order.whole(), limit_of(args[1])
    if order is None or n is None or n < 0 or limit is None:
        return None
    sign = limit.sign()
    if sign:
        size = args[1] if sign > 0 else negative(args[1])
        bessel = _named("besselj", 2)
        found = analytic(bessel, [monomial(order + of(Fraction(1, 2))), size], 1, reach)
        front = power(scale(power(size, Fraction(-1), reach), pi().times(Fraction(1, 2))), Fraction(1, 2), reach)
        return scale(multiply(front, found, reach), of(sign**n))

    def smooth(k: int) -> Fraction:
        half, odd = divmod(k, 2)
        below = factorial(half) * 2**half * prod(range(1, 2 * n + 2 * half + 2, 2))
        return Fraction(0) if odd else Fraction((-1) ** half, below)

    front = power(args[1], Fraction(n), reach) if n else UNIT
    return multiply(front, analytic_at(rational_terms(smooth), args[1], reach), reach)


def _edges(*places: tuple[Fraction | int, int]) -> Rule:
    """Edges at which no series is known: (edge, side of the domain)."""

    def rule(row: Row, args: list[Series], _reach: int) -> Series | None:
        for edge, inner in places:
            if (found := off(args[-1], of(edge), row)) is not None:
                inside(found, inner)
                raise Undecidable(f"{row.name} at the edge of its domain")
        return None

    return rule


# --- at infinity --------------------------------------------------------------------------------


def _erf(row: Row, args: list[Series], _reach: int) -> Series | None:
    """erf tends to +-1 and erfc to 0 or 2, faster than any power."""
    side = limit_at_infinity(args[0])
    if not side:
        return None
    return add(monomial(of(side if row is table.ERF else 1 - side)), Series((), FLAT))


def _asinh(_row: Row, args: list[Series], reach: int) -> Series | None:
    """+-log(size + sqrt(size**2 + 1))."""
    side = limit_at_infinity(args[0])
    if not side:
        return None
    size = args[0] if side > 0 else negative(args[0])
    root = power(add(multiply(size, size, reach), UNIT), Fraction(1, 2), reach)
    return scale(logarithm(add(size, root), reach), of(side))


def _named(name: str, count: int) -> Row:
    row = table.find(name, count)
    assert row is not None
    return row


RULES: dict[Row, Rule] = {
    table.GAMMA: _gamma,
    table.DIGAMMA: _digamma,
    table.ERF: _erf,
    table.ERFC: _erf,
    table.ASINH: _asinh,
    table.LAMBERTW: _lambertw,
    _named("polygamma", 2): _polygamma,
    _named("beta", 2): _beta,
    _named("lowergamma", 2): _lower_gamma,
    _named("uppergamma", 2): _upper_gamma,
    _named("zeta", 1): _zeta,
    _named("zeta", 2): _hurwitz,
    _named("ei", 1): ei,
    _named("expint", 1): expint,
    _named("li", 1): li,
    _named("ci", 1): cosine_integral(-1),
    _named("chi", 1): cosine_integral(1),
    _named("elliptic_e", 1): elliptic_e,
    _named("elliptic_k", 1): _edges((1, -1)),
    _named("besselj", 2): _bessel(-1),
    _named("besseli", 2): _bessel(1),
    _named("sphericalbesselj", 2): _spherical,
    _named("bessely", 2): _edges((0, 1)),
    _named("besselk", 2): _edges((0, 1)),
    _named("erfinv", 1): _edges((-1, 1), (1, -1)),
    _named("erfcinv", 1): _edges((0, 1), (2, -1)),
    _named("expint", 2): expint_order,
}
_POLES = (_gamma, _digamma, _polygamma, _beta, _zeta, _spherical)
MEROMORPHIC = frozenset(row for row, rule in RULES.items() if rule in _POLES)
"""Rows whose singular points are poles, so that one series holds on both sides."""
