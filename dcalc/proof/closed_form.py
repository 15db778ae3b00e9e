"""Values of special functions in closed form: what lets them be told from the number they are."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial

from dcalc.functions import Row
from dcalc.proof.constant import Constant, fraction, of, pi

_MAX = 200


def closed(row: Row, args: tuple[Constant, ...]) -> Constant | None:
    """The value of a row at a rational argument, where it is one of pi, its root and rationals."""
    rule = _RULES.get(row.key)
    if rule is None or len(args) != 1 or args[0].exact is None or abs(args[0].exact) > _MAX:
        return None
    return rule(fraction(args[0].exact))


def gamma(at: Fraction) -> Constant | None:
    """Gamma of an odd multiple of 1/2; DLMF 5.4.6 and 5.5.1."""
    if at.denominator != 2:
        return None
    value = Fraction(1)
    while at > Fraction(1, 2):
        at -= 1
        value *= at
    while at < Fraction(1, 2):
        value /= at
        at += 1
    return pi().power(Fraction(1, 2)).times(value)


def _zeta(at: Fraction) -> Constant | None:
    """Zeta of an even whole number, and of one below 1; DLMF 25.6.1, 25.6.2, 25.6.3."""
    if at.denominator != 1 or at == 1 or (at > 0 and at % 2):
        return None
    n = int(at)
    if n <= 0:
        return of(Fraction(-1, 2) if not n else -bernoulli(1 - n) / (1 - n))
    factor = abs(bernoulli(n)) * 2 ** (n - 1) / factorial(n)
    return pi().power(Fraction(n)).times(factor)


def bernoulli(n: int) -> Fraction:
    """B_n, n >= 2, by their recurrence; DLMF 24.5.3."""
    values = [Fraction(1)]
    for m in range(1, n + 1):
        values.append(-sum((comb(m + 1, k) * values[k] for k in range(m)), Fraction(0)) / (m + 1))
    return values[n]


_RULES: dict[str, Callable[[Fraction], Constant | None]] = {"gamma": gamma, "zeta": _zeta}
