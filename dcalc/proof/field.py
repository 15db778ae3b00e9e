"""Rational functions of atoms over the rationals: arithmetic in which equal means proved equal.

An atom is a variable, a constant such as pi, or a function of what is in the field already.
Atoms count as independent but for their relations (a root to its power, sin**2 + cos**2), so
that a quotient whose numerator reduces to 0 is 0 wherever all of its parts are defined.
Exponentials, sines and roots of multiples of one quantity are powers of one atom.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import lcm
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz

MOST_ATOMS = 40
MOST_TERMS = 4_000
_MOST_PRODUCTS = 200_000
_MOST_POWER = 64
_MOST_DEGREE = 100_000  # of a single term
_MOST_BITS = 64  # of a constant that is taken apart into primes


class Beyond(Exception):
    """The field has no room for this: nothing is proved then."""


class Finer(Exception):
    """A quantity is divided more finely than its atom: start again, the scales are mended."""


class Quotient(NamedTuple):
    """An element: polynomials without a common factor, the one below with leading coefficient 1."""

    above: fmpq_mpoly
    below: fmpq_mpoly

    @property
    def key(self) -> str:
        """The same text for the same element."""
        return f"({self.above})/({self.below})"


def _is_monomial(element: Quotient) -> bool:
    return len(element.above) == len(element.below) == 1


class Field:
    """One field. ``scales`` says by quantity into how many parts its atom divides it.

    ``places`` are those of atoms in fields before this one: the same polynomial has the same text
    in all of them, whatever was met first.
    """

    def __init__(self, scales: dict[str, int], places: Mapping[str, int] | None = None) -> None:
        self.context = fmpq_mpoly_ctx.get([f"a{i}" for i in range(MOST_ATOMS)], "lex")
        self.scales = scales
        self.atoms: dict[str, int] = {}
        self.places = dict(places or {})
        self.relations: dict[int, tuple[int, Quotient]] = {}
        self.positive: set[int] = set()
        self.logs: dict[int, Quotient] = {}
        self.signs: dict[int, fmpq_mpoly] = {}
        self.cancelled: dict[str, fmpq_mpoly] = {}
        """What must not be 0 where a square of its sign was taken for 1."""
        self.one = Quotient(self.context.constant(1), self.context.constant(1))
        self.zero = Quotient(self.context.constant(0), self.context.constant(1))

    # --- atoms ------------------------------------------------------------------------------

    def generator(self, place: int) -> Quotient:
        """An atom as an element."""
        return Quotient(self.context.gen(place), self.one.below)

    def atom(self, key: str, *, positive: bool = False) -> tuple[int, bool]:
        """(place, new): the atom of that key."""
        if key in self.atoms:
            return self.atoms[key], False
        place = self.places.setdefault(key, len(self.places))
        if place >= MOST_ATOMS:
            raise Beyond
        self.atoms[key] = place
        if positive:
            self.positive.add(place)
        return place, True

    def divided(self, key: str, parts: int) -> int:
        """The scale of a quantity, which ``parts`` divides. Raises Finer."""
        known = self.scales.setdefault(key, parts)
        if known % parts:
            self.scales[key] = lcm(known, parts)
            if self.scales[key] > _MOST_POWER:
                raise Beyond
            raise Finer
        return known

    # --- arithmetic -------------------------------------------------------------------------

    def number(self, value: Fraction | int) -> Quotient:
        """A rational."""
        value = Fraction(value)
        return Quotient(self.context.constant(fmpq(value.numerator, value.denominator)), self.one.below)

    def constant(self, element: Quotient) -> Fraction | None:
        """The rational that an element is, or None."""
        if not (element.above.is_constant() and element.below.is_constant()):
            return None
        value = fmpq(element.above.leading_coefficient()) if not element.above.is_zero() else fmpq(0)
        return Fraction(int(value.p), int(value.q))

    def add(self, first: Quotient, second: Quotient) -> Quotient:
        """The sum."""
        if first.below == second.below:
            return self.made(first.above + second.above, first.below)
        a = self._product(first.above, second.below)
        b = self._product(second.above, first.below)
        return self.made(a + b, self._product(first.below, second.below))

    def mul(self, first: Quotient, second: Quotient) -> Quotient:
        """The product."""
        return self.made(self._product(first.above, second.above), self._product(first.below, second.below))

    def neg(self, element: Quotient) -> Quotient:
        """The negative."""
        return Quotient(-element.above, element.below)

    def inverse(self, element: Quotient) -> Quotient:
        """1 over an element that is not 0; raises Beyond for one that is."""
        if element.above.is_zero():
            raise Beyond
        return self.made(element.below, element.above)

    def power(self, element: Quotient, exponent: int) -> Quotient:
        """A whole power, by squaring."""
        if abs(exponent) > (_MOST_DEGREE if _is_monomial(element) else _MOST_POWER):
            raise Beyond
        base = self.inverse(element) if exponent < 0 else element
        result, left = self.one, abs(exponent)
        while left:
            if left & 1:
                result = self.mul(result, base)
            left >>= 1
            if left:
                base = self.mul(base, base)
        return result

    def _product(self, first: fmpq_mpoly, second: fmpq_mpoly) -> fmpq_mpoly:
        if len(first) * len(second) > _MOST_PRODUCTS:
            raise Beyond
        return first * second

    def made(self, above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
        """The quotient in its normal form."""
        for place in sorted(self.relations, reverse=True):
            above, below = self._reduced(above, below, place)
        if below.is_zero():
            raise Beyond
        if above.is_zero():
            return self.zero
        if len(above) > MOST_TERMS or len(below) > MOST_TERMS:
            raise Beyond
        if not below.is_constant():
            common = above.gcd(below)
            if not common.is_constant():
                above, below = above / common, below / common
        lead = below.leading_coefficient()
        return Quotient(above / lead, below / lead)

    def _reduced(self, above: fmpq_mpoly, below: fmpq_mpoly, place: int) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        degree, value = self.relations[place]
        while above.degrees()[place] >= degree:
            above, factor = self._lowered(above, place, degree, value)
            below = self._product(below, factor)
        while below.degrees()[place] >= degree:
            below, factor = self._lowered(below, place, degree, value)
            above = self._product(above, factor)
        return above, below

    def _lowered(self, poly: fmpq_mpoly, place: int, degree: int, value: Quotient) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(p, d) with p/d the polynomial, each power of an atom above ``degree`` replaced once."""
        if place in self.signs:
            self.cancelled[str(self.signs[place])] = self.signs[place]
        parts: dict[int, dict[tuple[int, ...], Any]] = {}
        for powers, coefficient in poly.to_dict().items():
            times, rest = divmod(powers[place], degree)
            parts.setdefault(times, {})[(*powers[:place], rest, *powers[place + 1 :])] = coefficient
        most = max(parts)
        total = self.context.constant(0)
        for times, terms in parts.items():
            factor = value.above**times * value.below ** (most - times)
            total += self._product(self.context.from_dict(terms), factor)
        return total, value.below**most

    # --- taking apart -----------------------------------------------------------------------

    def terms(self, element: Quotient) -> Iterable[tuple[Quotient, Fraction]]:
        """The element as a sum of quantities, each with a rational coefficient."""
        for powers, coefficient in element.above.to_dict().items():
            value = fmpq(coefficient)
            one = self.made(self.context.from_dict({powers: 1}), element.below)
            lead = fmpq(one.above.leading_coefficient())
            value *= lead
            yield Quotient(one.above / lead, one.below), Fraction(int(value.p), int(value.q))

    def factors(self, element: Quotient) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]]]:
        """(c, [(p, k), ...]): the element as c times powers of polynomials without factors."""
        if len(element.above) > 200 or len(element.below) > 200:
            raise Beyond
        scale, above = element.above.factor()
        unit, below = element.below.factor()
        value = fmpq(scale) / fmpq(unit)
        found = []
        for poly, times in (*above, *((poly, -times) for poly, times in below)):
            lead = fmpq(poly.leading_coefficient())
            value *= lead ** int(times)
            found.append((poly / lead, int(times)))
        return Fraction(int(value.p), int(value.q)), found

    def whole(self, poly: fmpq_mpoly) -> Quotient:
        """A polynomial as an element."""
        return Quotient(poly, self.one.below)

    def single(self, element: Quotient) -> int | None:
        """The place of the atom that an element is."""
        if not element.below.is_constant() or len(element.above) != 1:
            return None
        ((powers, coefficient),) = element.above.to_dict().items()
        places = [place for place, power in enumerate(powers) if power]
        return places[0] if coefficient == 1 and len(places) == 1 and powers[places[0]] == 1 else None

    def is_positive(self, poly: fmpq_mpoly) -> bool:
        """Whether the polynomial is seen to be positive for all values of the atoms."""
        strict = False
        for powers, coefficient in poly.to_dict().items():
            if coefficient < 0 or any(k % 2 and i not in self.positive for i, k in enumerate(powers)):
                return False
            strict = strict or all(not k or i in self.positive for i, k in enumerate(powers))
        return strict

    def primes(self, value: int) -> list[tuple[int, int]]:
        """A positive whole number as powers of primes; raises Beyond for a long one."""
        if value.bit_length() > _MOST_BITS:
            raise Beyond
        return [(int(prime), int(times)) for prime, times in fmpz(value).factor()]
