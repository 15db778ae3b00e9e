"""Functions at the points where their Taylor series end: poles, logarithms, edges of domains.

A rule takes the arguments on one side of the point. It gives None where the limit is an
ordinary point, raises Undefined where the side lies outside of the domain, Undecidable
where the function has no series in powers and logarithms.
"""

from __future__ import annotations

from fractions import Fraction
from math import factorial, prod

from flint import arb

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.verdict.compose import limit_at_infinity, logarithm, to_power
from dcalc.verdict.constant import ONE, ZERO, Constant, function, of, pi
from dcalc.verdict.distances import Rule, inside, limit_of, named, off, rational_terms
from dcalc.verdict.gammas import beta, digamma, gamma, lower_gamma, polygamma, upper_gamma, zeta
from dcalc.verdict.integrals import cosine_integral, ei, elliptic_e, expint, expint_order, li
from dcalc.verdict.powers import analytic_at, power
from dcalc.verdict.series import UNIT, Series, add, constant_term, monomial, multiply, negative, scale
from dcalc.verdict.taylor import analytic
from dcalc.verdict.terms import FLAT, Undecidable


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
        first = function("rgamma", (order + ONE,), (order.ball + 1).rgamma())

        def smooth(count: int) -> list[Constant]:
            out, value = [], first
            for k in range(count):
                out.append(ZERO if k % 2 else value)
                if k % 2:
                    step = (k + 1) // 2
                    value = (value * (order + of(step)).inverse()).times(Fraction(sign, step))
            return out

        return multiply(to_power(half, order, reach), analytic_at(smooth, half, reach), reach)

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
        bessel = named("besselj", 2)
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


RULES: dict[Row, Rule] = {
    table.GAMMA: gamma,
    table.DIGAMMA: digamma,
    table.ERF: _erf,
    table.ERFC: _erf,
    table.ASINH: _asinh,
    table.LAMBERTW: _lambertw,
    named("polygamma", 2): polygamma,
    named("beta", 2): beta,
    named("lowergamma", 2): lower_gamma,
    named("uppergamma", 2): upper_gamma,
    named("zeta", 1): zeta,
    named("zeta", 2): zeta,
    named("ei", 1): ei,
    named("expint", 1): expint,
    named("li", 1): li,
    named("ci", 1): cosine_integral(-1),
    named("chi", 1): cosine_integral(1),
    named("elliptic_e", 1): elliptic_e,
    named("elliptic_k", 1): _edges((1, -1)),
    named("besselj", 2): _bessel(-1),
    named("besseli", 2): _bessel(1),
    named("sphericalbesselj", 2): _spherical,
    named("bessely", 2): _edges((0, 1)),
    named("besselk", 2): _edges((0, 1)),
    named("erfinv", 1): _edges((-1, 1), (1, -1)),
    named("erfcinv", 1): _edges((0, 1), (2, -1)),
    named("expint", 2): expint_order,
}
_POLES = (gamma, digamma, polygamma, beta, zeta, _spherical)
MEROMORPHIC = frozenset(row for row, rule in RULES.items() if rule in _POLES)
"""Rows whose singular points are poles, so that one series holds on both sides."""
