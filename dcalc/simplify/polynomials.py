"""Exact division of short sums and their common divisors, by arithmetic of its own: flint would cost a program's start
for a few terms."""

from __future__ import annotations

from fractions import Fraction
from math import gcd, lcm, prod

from dcalc.expr import Number

_MOST_STEPS = 24
_MOST_MONOMIALS = 200
"""Polynomials that may have more terms, by their bases and degrees, are not searched for common divisors."""
_MOST_POINTS = 3
Monomial = tuple[Number, ...]
"""The exponents of the bases, in an order that all polynomials of a question have in common."""
Polynomial = dict[Monomial, Number]


def divide(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """The quotient by the first monomial in lexical order; None where a rest is left. Quadratic in the terms."""
    lead, top = max(divisor), max(dividend)
    last, bottom = min(divisor), min(dividend)
    if any(a < b for a, b in zip(top, lead, strict=True)) or any(a < b for a, b in zip(bottom, last, strict=True)):
        return None
    if any(count < 0 for side in (dividend, divisor) for monomial in side for count in monomial):
        return None
    scale = Fraction(1) / divisor[lead]
    rest = dict(dividend)
    quotient: Polynomial = {}
    while rest:
        top = max(rest)
        step = tuple([a - b for a, b in zip(top, lead, strict=True)])
        if len(quotient) > _MOST_STEPS or any(count < 0 for count in step):
            return None
        value = quotient[step] = rest[top] * scale
        for monomial, part in divisor.items():
            place = tuple([a + b for a, b in zip(monomial, step, strict=True)])
            left = rest.get(place, 0) - value * part
            if left:
                rest[place] = left
            else:
                rest.pop(place, None)
    return quotient


def common_divisor(first: Polynomial, second: Polynomial) -> Polynomial | None:
    """The greatest polynomial with whole coefficients that divides both; None where that is a monomial, or where they
    have large or negative exponents.

    By the heuristic algorithm of Char, Geddes and Gonnet (J. Symbolic Comput. 7, 1989): the divisor of the values where
    the bases are large numbers, read as digits to them. Divisions decide whether it is one.
    """
    columns = list(zip(*first, *second, strict=True))
    if any(count < 0 for counts in columns for count in counts):
        return None
    roots = [lcm(*[count.denominator for count in counts]) for counts in columns]
    degrees = [int(max(counts) * root) for counts, root in zip(columns, roots, strict=True)]
    if prod(degree + 1 for degree in degrees) > _MOST_MONOMIALS:
        return None
    pair = [_clear_denominators(polynomial, roots) for polynomial in (first, second)]
    least = 2 * min(max(map(abs, polynomial.values())) for polynomial in pair) + 29
    for _ in range(_MOST_POINTS):
        point = [least]
        for degree in degrees[:-1]:
            point.append(point[-1] ** (degree + 1) + 1)
        values = [
            sum(value * prod(map(pow, point, monomial)) for monomial, value in polynomial.items())
            for polynomial in pair
        ]
        digits = _read_digits(gcd(*values), point)
        if len(digits) < 2:
            return None
        divisor: Polynomial = {tuple(map(Fraction, monomial, roots)): digit for monomial, digit in digits.items()}
        if divide(first, divisor) is not None and divide(second, divisor) is not None:
            return divisor
        least = least * 73 // 27
    return None


def _clear_denominators(polynomial: Polynomial, roots: list[int]) -> dict[tuple[int, ...], int]:
    """A multiple in whole numbers that have no common divisor, in roots of the bases in which exponents are whole."""
    scale = lcm(*[value.denominator for value in polynomial.values()])
    content = gcd(*[int(value * scale) for value in polynomial.values()])
    return {
        tuple([int(count * root) for count, root in zip(monomial, roots, strict=True)]): int(value * scale) // content
        for monomial, value in polynomial.items()
    }


def _read_digits(value: int, point: list[int]) -> dict[tuple[int, ...], int]:
    """The polynomial with small coefficients that has a value at a point, each number of which is larger than what
    those before can make; its coefficients without a common divisor, the first in lexical order positive."""
    parts: dict[tuple[int, ...], int] = {(): value}
    for base in reversed(point):
        digits: dict[tuple[int, ...], int] = {}
        for monomial, part in parts.items():
            place = 0
            while part:
                digit = (part + base // 2) % base - base // 2
                part = (part - digit) // base
                if digit:
                    digits[place, *monomial] = digit
                place += 1
        parts = digits
    content = gcd(*parts.values()) if parts[max(parts)] > 0 else -gcd(*parts.values())
    return {monomial: digit // content for monomial, digit in parts.items()}
