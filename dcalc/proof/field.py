"""A field in which equal means proved equal: rational functions of atoms over the rationals.

An atom is a variable, a constant such as pi, or a function of elements of the field. Atoms count as
independent but for their relations (a root to its power, sin**2 + cos**2), so that a quotient whose
numerator reduces to 0 is 0 wherever all of its parts are defined. The converse does not hold: numbers
written differently may be equal without a relation that the field knows. Exponentials, sines and roots
of multiples of one quantity are powers of one atom: the reduction to kernels of Risch's algorithm
(Bronstein, Symbolic Integration I, 2nd ed., chapter 9).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from functools import cache
from math import lcm
from typing import TYPE_CHECKING, NamedTuple

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz, fmpz_poly

from dcalc.proof.budget import Budget

if TYPE_CHECKING:
    from collections.abc import Callable

    from flint import arb

_MOST_POWER = 64  # of a sum, and the most parts into which a quantity is divided where powers are multiplied out
_MOST_DEGREE = 100_000  # of a single term
_MOST_COMMON_DEGREE = 2_000  # of polynomials whose common factors are looked for: beyond it flint may take seconds
_MOST_FACTORED_DEGREE = 200  # which takes flint 0.1 s; 800 take 4 s
_MOST_FACTORED = 200  # terms
_MOST_BITS = 64  # of a whole number that is taken apart into primes; these take a millisecond at most
_SHORT_BITS = 1_024  # of a coefficient with which a product costs no more than with a small one
_BITS_PER_PRODUCT = 4  # that a reduction of longer ones costs as much time as a product of terms
_SMALL_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)


class TooLarge(Exception):
    """The field has no room for this element: nothing is proved then."""


class FinerScale(Exception):
    """A quantity is divided more finely than its atom: start again, the scales are mended."""


class MoreRoom(Exception):
    """All generators are taken by atoms: start again in a field with more of them."""


class Quotient(NamedTuple):
    """An element: polynomials without a common factor, the one below with leading coefficient 1."""

    above: fmpq_mpoly
    below: fmpq_mpoly

    @property
    def key(self) -> str:
        """The same text for the same element."""
        return f"({self.above})/({self.below})"


class Relation(NamedTuple):
    """atom**degree is a polynomial of lower degree in the atom, over a polynomial without it."""

    degree: int
    value: Quotient


class Limits(NamedTuple):
    """How large the elements of a field may become."""

    terms: int
    products: int
    degree: int
    finest: int


EXPRESSION_LIMITS = Limits(terms=4_000, products=200_000, degree=_MOST_DEGREE, finest=_MOST_POWER)
CONSTANT_LIMITS = Limits(terms=400, products=2_000, degree=1 << 200, finest=1 << 128)
"""Of constants, the doubles among which have denominators such as 2**60."""


@cache
def _context(size: int) -> fmpq_mpoly_ctx:
    """flint's ring of polynomials in this many generators, which all fields of that size share."""
    return fmpq_mpoly_ctx.get([f"a{i}" for i in range(size)], "lex")


class Field:
    """One field.

    ``scales`` says by quantity into how many parts its atom divides it; it is shared by the fields of one
    question, which start again where a finer scale is needed. ``places`` are those of atoms in fields
    before this one: the same polynomial has the same text in all of them, whatever was met first.
    """

    def __init__(
        self,
        scales: dict[str, int],
        places: Mapping[str, int] | None = None,
        size: int = 40,
        limits: Limits = EXPRESSION_LIMITS,
        budget: Budget | None = None,
    ) -> None:
        self.context = _context(size)
        self.size = size
        self.limits = limits
        self.budget = budget
        self.scales = scales
        self.atoms: dict[str, int] = {}
        self.places = dict(places or {})
        self.relations: dict[int, Relation] = {}
        self.positive: set[int] = set()
        self.logs: dict[int, Callable[[], Quotient]] = {}
        """How to get the logarithm of an atom that is an exponential or a root: few are asked for."""
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
        """(place, whether it is new): the atom of that key. Raises MoreRoom."""
        if key in self.atoms:
            return self.atoms[key], False
        place = self.places.setdefault(key, len(self.places))
        if place >= self.size:
            raise MoreRoom
        self.atoms[key] = place
        if positive:
            self.positive.add(place)
        return place, True

    def scale(self, key: str, parts: int, most: int = 0) -> int:
        """Into how many parts a quantity is divided, a multiple of ``parts``.

        Raises FinerScale where that is more than before, TooLarge beyond ``most`` or the limit of the field.
        """
        scale = self.scales.setdefault(key, parts)
        if scale % parts:
            finer = lcm(scale, parts)
            if finer > (most or self.limits.finest):
                raise TooLarge
            self.scales[key] = finer
            raise FinerScale
        return scale

    # --- arithmetic -------------------------------------------------------------------------

    def number(self, value: Fraction | int) -> Quotient:
        """A rational of Python's."""
        return self.rational(fmpq(value.numerator, value.denominator))

    def rational(self, value: fmpq) -> Quotient:
        """A rational of flint's."""
        return Quotient(self.context.constant(value), self.one.below)

    def constant(self, element: Quotient) -> Fraction | None:
        """The rational that an element is, or None."""
        if not (element.above.is_constant() and element.below.is_constant()):
            return None
        value = fmpq(element.above.leading_coefficient()) if not element.above.is_zero() else fmpq(0)
        return Fraction(int(value.p), int(value.q))

    def add(self, first: Quotient, second: Quotient) -> Quotient:
        """The sum."""
        if first.above.is_zero():
            return second
        if second.above.is_zero():
            return first
        if first.below == second.below:
            return self.normalise(first.above + second.above, first.below)
        a = self._product(first.above, second.below)
        b = self._product(second.above, first.below)
        return self.normalise(a + b, self._product(first.below, second.below))

    def subtract(self, first: Quotient, second: Quotient) -> Quotient:
        """The difference."""
        return self.add(first, self.negate(second))

    def multiply(self, first: Quotient, second: Quotient) -> Quotient:
        """The product."""
        if first is self.one:
            return second
        if second is self.one:
            return first
        return self.normalise(self._product(first.above, second.above), self._product(first.below, second.below))

    def negate(self, element: Quotient) -> Quotient:
        """The negative."""
        return Quotient(-element.above, element.below)

    def inverse(self, element: Quotient) -> Quotient:
        """1 over an element that is not 0; raises TooLarge for one that is."""
        if element.above.is_zero():
            raise TooLarge
        return self.normalise(element.below, element.above)

    def power(self, element: Quotient, exponent: int) -> Quotient:
        """A whole power: of single terms at once, of sums by squaring."""
        single = len(element.above) == len(element.below) == 1
        if abs(exponent) > (self.limits.degree if single else _MOST_POWER):
            raise TooLarge
        base = self.inverse(element) if exponent < 0 else element
        left = abs(exponent)
        if single and max(base.above.total_degree(), base.below.total_degree()) * left <= self.limits.degree:
            if left > _MOST_DEGREE and not _is_monic_term(base):
                raise TooLarge  # the coefficient would have millions of digits
            return self.normalise(base.above**left, base.below**left)
        result = self.one
        while left:
            if left & 1:
                result = self.multiply(result, base)
            left >>= 1
            if left:
                base = self.multiply(base, base)
        return result

    def _product(self, first: fmpq_mpoly, second: fmpq_mpoly) -> fmpq_mpoly:
        products = len(first) * len(second)
        if products > self.limits.products or (self.budget is not None and not self.budget.allows_proof(products)):
            raise TooLarge
        return first * second

    def normalise(self, above: fmpq_mpoly, below: fmpq_mpoly) -> Quotient:
        """The quotient in its normal form."""
        if self.budget is not None:
            self._spend_bits(self.budget, above)
        if self.relations:
            above, below = self._reduce(above, below)
        if below.is_one():
            if len(above) > self.limits.terms:
                raise TooLarge
            return Quotient(above, below)
        if below.is_zero():
            raise TooLarge
        if above.is_zero():
            return self.zero
        if len(above) > self.limits.terms or len(below) > self.limits.terms:
            raise TooLarge
        if not below.is_constant() and self._is_tame(above, below):
            common = above.gcd(below)
            if not common.is_one():
                above, below = above / common, below / common
        lead = below.leading_coefficient()
        return Quotient(above / lead, below / lead)

    @staticmethod
    def _spend_bits(budget: Budget, poly: fmpq_mpoly) -> None:
        """Count the length of the coefficients, which grow without terms in powers of a root of a double's square."""
        bits = 0 if poly.is_zero() else int(fmpq(poly.leading_coefficient()).p).bit_length()
        if bits > _SHORT_BITS and not budget.allows_proof(bits // _BITS_PER_PRODUCT):
            raise TooLarge

    def _is_tame(self, *polys: fmpq_mpoly) -> bool:
        """Whether common factors of polynomials are found at once. Where they stay in, quotients that are
        equal may differ; that a numerator is 0 shows all the same."""
        return all(len(poly) == 1 or max(poly.degrees()) <= _MOST_COMMON_DEGREE for poly in polys)

    def _reduce(self, above: fmpq_mpoly, below: fmpq_mpoly) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """The quotient with all powers of atoms below the degrees of their relations, the last atom first."""
        while (place := self._reducible(above)) is not None:
            above, factor = self._lower(above, place)
            below = below if factor.is_one() else self._product(below, factor)
        if below.is_one() or (place := self._reducible(below)) is None:
            return above, below
        while place is not None:
            below, factor = self._lower(below, place)
            above = above if factor.is_one() else self._product(above, factor)
            place = self._reducible(below)
        return self._reduce(above, below)

    def _reducible(self, poly: fmpq_mpoly) -> int | None:
        """The last atom whose power is as high as the degree of its relation, if there is one."""
        if poly.is_constant():
            return None
        degrees = poly.degrees()
        places = [place for place, relation in self.relations.items() if degrees[place] >= relation.degree]
        return max(places) if places else None

    def _lower(self, poly: fmpq_mpoly, place: int) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(p, d) with p/d the polynomial, each power of an atom replaced once by its relation."""
        degree, value = self.relations[place]
        if place in self.signs:
            self.cancelled[str(self.signs[place])] = self.signs[place]
        parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for powers, coefficient in poly.to_dict().items():
            times, rest = divmod(int(powers[place]), degree)
            parts.setdefault(times, {})[(*powers[:place], rest, *powers[place + 1 :])] = coefficient
        most = max(parts)
        single = len(value.above) == 1
        exponents_alone = single and value.below.is_one() and _is_monic_term(value)
        if most > (_MOST_DEGREE if single else _MOST_POWER) and not exponents_alone:
            raise TooLarge  # the coefficients would have millions of digits
        total = self.context.constant(0)
        for times, terms in parts.items():
            factor = value.above**times * value.below ** (most - times)
            total += self._product(self.context.from_dict(terms), factor)
        return total, value.below**most

    def polynomial(self, place: int, coefficients: fmpz_poly, times: Quotient) -> Quotient:
        """A polynomial in one atom, times an element."""
        empty = (0,) * self.size
        terms = {
            (*empty[:place], k, *empty[place + 1 :]): fmpq(value)
            for k, value in enumerate(coefficients.coeffs())
            if value != 0
        }
        return self.multiply(self.from_polynomial(self.context.from_dict(terms)), times)

    # --- taking apart -----------------------------------------------------------------------

    def terms(self, element: Quotient) -> Iterable[tuple[Quotient, Fraction]]:
        """The element as a sum of quantities, each with a rational coefficient."""
        if element.above.is_constant() and element.below.is_one():
            if rational := self.constant(element):
                yield self.one, rational
            return
        for powers, coefficient in element.above.to_dict().items():
            value = fmpq(coefficient)
            one = self.normalise(self.context.from_dict({powers: 1}), element.below)
            lead = fmpq(one.above.leading_coefficient())
            value *= lead
            yield Quotient(one.above / lead, one.below), Fraction(int(value.p), int(value.q))

    def factors(self, element: Quotient) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]]]:
        """(c, [(p, k), ...]): the element as c times powers of polynomials without factors."""
        scale, above = self._factor(element.above)
        unit, below = self._factor(element.below)
        value = fmpq(scale) / fmpq(unit)
        factors = []
        for poly, times in (*above, *((poly, -times) for poly, times in below)):
            lead = fmpq(poly.leading_coefficient())
            value *= lead ** int(times)
            factors.append((poly / lead, int(times)))
        return Fraction(int(value.p), int(value.q)), factors

    def _factor(self, poly: fmpq_mpoly) -> tuple[fmpq, list[tuple[fmpq_mpoly, int]]]:
        """(c, [(p, k), ...]) of a polynomial; single terms are taken apart here, as flint takes 0.1 ms for them."""
        if len(poly) == 1:
            powers = poly.monoms()[0]
            return fmpq(poly.leading_coefficient()), [
                (self.context.gen(place), int(power)) for place, power in enumerate(powers) if power
            ]
        if len(poly) > _MOST_FACTORED:
            raise TooLarge
        if max(poly.degrees()) > _MOST_FACTORED_DEGREE:
            return fmpq(1), [(poly, 1)]  # as if it had no factors, which is as true and tells less
        if self.budget is not None and not self.budget.allows_proof(len(poly) ** 2):
            raise TooLarge
        scale, factors = poly.factor()
        return fmpq(scale), factors

    def from_polynomial(self, poly: fmpq_mpoly) -> Quotient:
        """A polynomial as an element."""
        return Quotient(poly, self.one.below)

    def single(self, element: Quotient) -> int | None:
        """The place of the atom that an element is, or None."""
        if len(element.above) != 1 or not element.below.is_one() or element.above.leading_coefficient() != 1:
            return None
        powers = element.above.monoms()[0]
        places = [place for place, power in enumerate(powers) if power]
        return places[0] if len(places) == 1 and powers[places[0]] == 1 else None

    def is_positive(self, poly: fmpq_mpoly) -> bool:
        """Whether the polynomial is seen to be positive for all values of the atoms."""
        strict = False
        for powers, coefficient in poly.to_dict().items():
            if coefficient < 0 or any(k % 2 and i not in self.positive for i, k in enumerate(powers)):
                return False
            strict = strict or all(not k or i in self.positive for i, k in enumerate(powers))
        return strict

    def is_nonnegative(self, poly: fmpq_mpoly) -> bool:
        """Whether the polynomial is seen to be nowhere negative."""
        return all(
            coefficient > 0 and all(not k % 2 or i in self.positive for i, k in enumerate(powers))
            for powers, coefficient in poly.to_dict().items()
        )

    def primes(self, value: int) -> list[tuple[int, int]]:
        """A positive whole number as powers of primes; what is left of a long one counts as prime.

        Such a number is independent of others until proved otherwise, as every atom is.
        """
        if value.bit_length() <= _MOST_BITS:
            return [(int(prime), int(times)) for prime, times in fmpz(value).factor()]
        powers = []
        for prime in _SMALL_PRIMES:
            times = 0
            while value % prime == 0:
                value //= prime
                times += 1
            if times:
                powers.append((prime, times))
        if value.bit_length() <= _MOST_BITS:
            return powers + (self.primes(value) if value > 1 else [])
        return [*powers, (value, 1)]

    def evaluate(self, poly: fmpq_mpoly, ball_of: Callable[[int], arb]) -> arb:
        """The ball of a polynomial from those of its atoms, at the working precision."""
        from flint import arb

        total = arb(0)
        for powers, coefficient in poly.to_dict().items():
            term = arb(fmpq(coefficient))
            for place, power in enumerate(powers):
                if power:
                    term *= ball_of(place) ** int(power)
            total += term
        return total


def _is_monic_term(element: Quotient) -> bool:
    return bool(element.above.leading_coefficient() == 1)
