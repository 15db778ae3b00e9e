"""The table of values: functions at rational arguments that are a rational times a power of pi."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import comb, factorial
from typing import NamedTuple

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.proof.constant import Constant, pi, rational, to_fraction

_MAX = 200
"""Beyond it the rationals are long, and of little use."""


class PiMultiple(NamedTuple):
    """factor * pi**power."""

    factor: Fraction
    power: Fraction


def closed_form(row: Row, at: Fraction) -> PiMultiple | None:
    """The value of a function of one argument at a rational; None where it has none of that form."""
    rule = _RULES.get(row)
    return None if rule is None or abs(at) > _MAX else rule(at)


def closed_constant(row: Row, args: tuple[Constant, ...]) -> Constant | None:
    """The same of constants, as a constant that knows that it is made of pi and rationals alone."""
    if len(args) != 1 or args[0].exact is None:
        return None
    value = closed_form(row, to_fraction(args[0].exact))
    if value is None:
        return None
    return pi().power(value.power).scale(value.factor) if value.power else rational(value.factor)


def _gamma(at: Fraction) -> PiMultiple | None:
    """Gamma of a positive whole number, and of an odd multiple of 1/2; DLMF 5.4.1, 5.4.6 and 5.5.1."""
    if at.denominator == 1 and at > 0:
        return PiMultiple(Fraction(factorial(int(at) - 1)), Fraction(0))
    if at.denominator != 2:
        return None
    value = Fraction(1)
    while at > Fraction(1, 2):
        at -= 1
        value *= at
    while at < Fraction(1, 2):
        value /= at
        at += 1
    return PiMultiple(value, Fraction(1, 2))


def _zeta(at: Fraction) -> PiMultiple | None:
    """Zeta of an even whole number, and of one below 1; DLMF 25.6.1, 25.6.2, 25.6.3."""
    if at.denominator != 1 or at == 1 or (at > 0 and at % 2):
        return None
    n = int(at)
    if n <= 0:
        return PiMultiple(Fraction(-1, 2) if not n else -bernoulli_number(1 - n) / (1 - n), Fraction(0))
    return PiMultiple(abs(bernoulli_number(n)) * 2 ** (n - 1) / factorial(n), Fraction(n))


def bernoulli_number(n: int) -> Fraction:
    """B_n, n >= 2, by their recurrence; DLMF 24.5.3."""
    values = [Fraction(1)]
    for m in range(1, n + 1):
        values.append(-sum((comb(m + 1, k) * values[k] for k in range(m)), Fraction(0)) / (m + 1))
    return values[n]


def _arctangent(at: Fraction) -> PiMultiple | None:
    """atan(1) is pi/4; at other rationals it is 0 or no rational multiple of pi (Niven)."""
    return PiMultiple(at / 4, Fraction(1)) if abs(at) == 1 else None


def _arcsine(at: Fraction) -> PiMultiple | None:
    """asin at 1/2 and 1; at other rationals it is 0 or no rational multiple of pi (Niven)."""
    turns = {Fraction(1): Fraction(1, 2), Fraction(1, 2): Fraction(1, 6)}.get(abs(at))
    return None if turns is None else PiMultiple(turns if at > 0 else -turns, Fraction(1))


def _elliptic(at_one: Fraction | None) -> Callable[[Fraction], PiMultiple | None]:
    """K and E: pi/2 at 0, and at 1 E alone has a value; DLMF 19.6.1."""

    def rule(at: Fraction) -> PiMultiple | None:
        if at == 0:
            return PiMultiple(Fraction(1, 2), Fraction(1))
        return None if at != 1 or at_one is None else PiMultiple(at_one, Fraction(0))

    return rule


_RULES: dict[Row, Callable[[Fraction], PiMultiple | None]] = {
    table.GAMMA: _gamma,
    table.get("zeta", 1): _zeta,
    table.ATAN: _arctangent,
    table.ASIN: _arcsine,
    table.get("elliptic_k", 1): _elliptic(None),
    table.get("elliptic_e", 1): _elliptic(Fraction(1)),
}
