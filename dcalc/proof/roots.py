"""Real zeros of polynomials with rational coefficients, in order: exactly where they are rational or square roots."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from math import gcd, isqrt
from typing import NamedTuple

from flint import acb, arb, fmpq, fmpq_mpoly, fmpz_poly

from dcalc.expr import Expr, make, number
from dcalc.functions import ADD, DIV, MUL, NEG, POW, SUB
from dcalc.simplify import simplify

_MOST_DEGREE = 60
_MOST_SQUARE = 1 << 200


class Zero(NamedTuple):
    """A real zero: two rationals around it, which are equal where it is rational, and its expression.

    ``expression`` is None where the zero has no expression in rationals and square roots. Zeros of one ``key``
    are the same.
    """

    low: Fraction
    high: Fraction
    expression: Expr | None
    key: tuple[str, int]

    def is_same(self, other: Zero) -> bool:
        """Whether two zeros are the same number, in which case they are so of the same polynomial."""
        return self.key == other.key or self.low == self.high == other.low == other.high

    @property
    def middle(self) -> Fraction:
        """A rational near the zero, or the zero."""
        return (self.low + self.high) / 2


def univariate(poly: fmpq_mpoly, place: int) -> fmpz_poly | None:
    """A polynomial in one generator, times a number that makes its coefficients whole; None where it has others."""
    degrees: dict[int, fmpq] = {}
    for powers, value in poly.to_dict().items():
        if any(power for index, power in enumerate(powers) if index != place):
            return None
        degrees[int(powers[place])] = fmpq(value)
    if not degrees or max(degrees) > _MOST_DEGREE:
        return None
    scale = 1
    for value in degrees.values():
        scale *= int(value.q)
    return fmpz_poly([int((degrees.get(k, fmpq(0)) * scale).p) for k in range(max(degrees) + 1)])


def real_zeros(poly: fmpz_poly) -> list[Zero]:
    """The different real zeros of a polynomial that is not 0, in ascending order."""
    zeros = [zero for factor, _ in poly.factor()[1] for zero in _zeros_of(factor)]
    return sorted(zeros, key=lambda zero: zero.middle)


def _zeros_of(poly: fmpz_poly) -> Iterator[Zero]:
    """The real zeros of a polynomial without factors."""
    degree = poly.degree()
    if degree < 1:
        return
    if degree == 1:
        rational = Fraction(-int(poly[0]), int(poly[1]))
        yield Zero(rational, rational, rational_expression(rational), (str(poly), 0))
        return
    # flint writes the real zeros first, in ascending order, with imaginary parts that are exactly 0
    real = [root.real for root, _ in _complex_roots(poly) if root.imag == 0]
    for index, root in enumerate(real):
        middle, radius = _to_fraction(root.mid()), _to_fraction(root.rad())
        expression = _square_root(poly, 1 if index else -1) if degree == 2 else None
        yield Zero(middle - radius, middle + radius, expression, (str(poly), index))


def _complex_roots(poly: fmpz_poly) -> list[tuple[acb, int]]:
    return poly.complex_roots()  # type: ignore[return-value]  # pairs, which the stubs do not know


def rational_expression(value: Fraction) -> Expr:
    """A rational as it can be typed: number nodes are decimals, and 1/3 is none."""
    return simplify(make(DIV, number(value.numerator), number(value.denominator)))


def _to_fraction(ball: arb) -> Fraction:
    """An exact ball as a rational."""
    whole, exponent = ball.man_exp()
    return Fraction(int(whole)) * Fraction(2) ** int(exponent)


def _square_root(poly: fmpz_poly, sign: int) -> Expr | None:
    """A zero of a quadratic: (-b + sign*sqrt(b**2 - 4*a*c))/(2*a), with a > 0."""
    c, b, a = (int(poly[k]) for k in range(3))
    if a < 0:
        a, b, c = -a, -b, -c
    whole, square = _split_square(b * b - 4 * a * c)
    common = gcd(b, square, 2 * a)
    term = make(POW, number(whole), rational_expression(Fraction(1, 2)))
    if square > common:
        term = make(MUL, number(square // common), term)
    if b:
        above = make(ADD if sign > 0 else SUB, number(-b // common), term)
    else:
        above = term if sign > 0 else make(NEG, term)
    return above if 2 * a == common else make(DIV, above, number(2 * a // common))


def _split_square(value: int) -> tuple[int, int]:
    """(r, s) with value = r*s**2, for small factors of s."""
    square = 1
    if value < _MOST_SQUARE:
        for factor in range(2, min(isqrt(value), 1000) + 1):
            while value % (factor * factor) == 0:
                value //= factor * factor
                square *= factor
    return value, square
