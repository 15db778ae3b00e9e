"""Exponential, trigonometric and elliptic integrals where they have logarithms."""

from __future__ import annotations

from fractions import Fraction
from math import factorial

from flint import arb

from dcalc.functions import Row
from dcalc.verdict.compose import log_value, logarithm, to_power
from dcalc.verdict.constant import ONE, ZERO, Constant, function, of
from dcalc.verdict.distances import Rule, inside, off, positive, rational_terms
from dcalc.verdict.powers import analytic_at, power
from dcalc.verdict.series import UNIT, Series, add, constant_term, monomial, multiply, negative, scale, subtract
from dcalc.verdict.terms import Undecidable


def _euler() -> Constant:
    return function("euler", (), arb.const_euler())


def ei(row: Row, args: list[Series], reach: int) -> Series | None:
    """ei(x) = euler + log(abs(x)) + sum of x**k/(k*k!); DLMF 6.6.1."""
    found = off(args[0], ZERO, row)
    return None if found is None else _log_integral(found[0], positive(found), 1, reach)


def _log_integral(x: Series, size: Series, sign: int, reach: int) -> Series:
    smooth = rational_terms(lambda k: Fraction(sign**k, k * factorial(k)) if k else 0)
    start = add(monomial(_euler()), logarithm(size, reach))
    return add(start, analytic_at(smooth, x, reach))


def expint(row: Row, args: list[Series], reach: int) -> Series | None:
    """E1(x) = -ei(-x), x > 0; DLMF 6.6.2."""
    found = off(args[0], ZERO, row)
    if found is None:
        return None
    x = inside(found, 1)
    return negative(_log_integral(x, x, -1, reach))


def expint_order(row: Row, args: list[Series], reach: int) -> Series | None:
    """Of an order n, at 0: a power or a logarithm, and an entire function; DLMF 8.19.8, 8.19.10."""
    order, found = constant_term(args[0]), off(args[1], ZERO, row)
    if order is None or found is None:
        return None
    x, n = inside(found, 1), order.whole()
    if n is not None and n < 1:
        raise Undecidable("expint at 0")

    def smooth(count: int) -> list[Constant]:
        skip = n - 1 if n is not None else -1
        below = [order - of(1 + k) for k in range(count)]
        return [
            ZERO if k == skip else below[k].inverse().times(Fraction((-1) ** k, factorial(k))) for k in range(count)
        ]

    rest = analytic_at(smooth, x, reach)
    if n is None:
        front = monomial(function("gamma", (ONE - order,), (1 - order.ball).gamma()))
        return add(multiply(front, to_power(x, order - ONE, reach), reach), rest)
    psi = function("digamma", (order,), order.ball.digamma())
    front = scale(subtract(monomial(psi), logarithm(x, reach)), of(Fraction((-1) ** (n - 1), factorial(n - 1))))
    return add(multiply(power(x, Fraction(n - 1), reach) if n > 1 else UNIT, front, reach), rest)


def li(row: Row, args: list[Series], reach: int) -> Series | None:
    """li(x) = ei(log(x)); at 0 x/log(x) times the sum of k!/log(x)**k, an asymptotic series; DLMF 6.12.2."""
    if (found := off(args[0], ONE, row)) is not None:
        small = logarithm(args[0], reach)
        return _log_integral(small, positive((small, found[1])), 1, reach)
    if (found := off(args[0], ZERO, row)) is not None:
        x = inside(found, 1)
        inverse = power(logarithm(x, reach), Fraction(-1), reach)
        return multiply(x, multiply(inverse, analytic_at(rational_terms(factorial), inverse, reach), reach), reach)
    return None


def cosine_integral(sign: int) -> Rule:
    """ci and chi: euler + log(x) + sum of (sign*x**2)**k/(2*k*(2*k)!), x > 0; DLMF 6.6.6."""

    def rule(row: Row, args: list[Series], reach: int) -> Series | None:
        found = off(args[0], ZERO, row)
        if found is None:
            return None
        x = inside(found, 1)
        smooth = rational_terms(lambda k: Fraction(sign ** (k // 2), k * factorial(k)) if k and k % 2 == 0 else 0)
        return add(add(monomial(_euler()), logarithm(x, reach)), analytic_at(smooth, x, reach))

    return rule


def elliptic_e(row: Row, args: list[Series], reach: int) -> Series | None:
    """E(m) at 1; DLMF 19.12.2."""
    found = off(args[0], ONE, row)
    if found is None:
        return None
    x = negative(inside(found, -1))  # 1 - m
    # log(4/sqrt(x)), and what d(j) differs from d(0) = 2*log(2) in the coefficients
    front = add(monomial(log_value(of(4))), scale(logarithm(x, reach), of(Fraction(-1, 2))))
    weights = analytic_at(lambda count: [of(w) for w, _ in _elliptic_terms(count)], x, reach)
    rest = analytic_at(lambda count: [of(w * d) for w, d in _elliptic_terms(count)], x, reach)
    inner = add(multiply(weights, front, reach), rest)
    return add(UNIT, scale(multiply(x, inner, reach), of(Fraction(1, 2))))


def _elliptic_terms(count: int) -> list[tuple[Fraction, Fraction]]:
    """(1/2)_j*(3/2)_j/((2)_j*j!), and d(j) - d(0) - 1/((2*j + 1)*(2*j + 2))."""
    out = []
    weight, offset = Fraction(1), Fraction(0)
    for j in range(count):
        step = Fraction(1, (2 * j + 1) * (2 * j + 2))
        out.append((weight, offset - step))
        offset -= 2 * step
        weight *= (Fraction(1, 2) + j) * (Fraction(3, 2) + j) / ((2 + j) * (1 + j))
    return out
