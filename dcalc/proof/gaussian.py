"""Arctangents of rationals as sums of those of Gaussian primes, by which every linear relation among them is seen.

atan(p/q) is the argument of q + i*p. Gaussian integers have unique factors, so that it is a sum of pi/4, the argument
of 1 + i, and of those of primes a + i*b with a > b > 0, which are independent of pi and of each other over the
rationals (Conway and Guy, The Book of Numbers, 1996, chapter 8, on Størmer's numbers).
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from math import atan, isqrt, pi
from typing import NamedTuple

from flint import fmpz

_MOST_NORM = 1 << 64
"""Sums of squares up to this are split into primes in microseconds."""


class Angles(NamedTuple):
    """``turns*pi``, and the tangents, between 0 and 1, of what is added, with the multiples of their angles."""

    turns: Fraction
    parts: tuple[tuple[Fraction, int], ...]


@lru_cache(maxsize=256)
def split_arctangent(value: Fraction) -> Angles | None:
    """atan of a rational; None where its numbers are large."""
    p, q = value.numerator, value.denominator
    norm = p * p + q * q
    if norm > _MOST_NORM:
        return None
    turns, parts, rest = Fraction(0), [], atan(value)
    for prime, times in fmpz(norm).factor():
        if prime == 2:
            turns += Fraction(1, 4)  # once, since p and q have no common factor
            rest -= pi / 4
            continue
        a, b = _split_prime(int(prime))
        # a + i*b is a factor of q + i*p where the product with a - i*b is a multiple of the prime; else a - i*b is.
        sign = 1 if (q * a + p * b) % prime == 0 and (p * a - q * b) % prime == 0 else -1
        parts.append((Fraction(b, a), sign * int(times)))
        rest -= sign * int(times) * atan(b / a)
    return Angles(turns + Fraction(round(rest / (pi / 2)), 2), tuple(parts))


def _split_prime(prime: int) -> tuple[int, int]:
    """(a, b), a > b > 0, with a**2 + b**2 a prime that leaves 1 when divided by 4, as Cornacchia found them."""
    base = next(base for base in range(2, prime) if pow(base, (prime - 1) // 2, prime) == prime - 1)
    a, b = prime, pow(base, (prime - 1) // 4, prime)
    while b > isqrt(prime):
        a, b = b, a % b
    a, b = b, a % b
    return max(a, b), min(a, b)
