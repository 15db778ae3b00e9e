"""The table of relations: which atoms elementary functions are, and which identities join them.

Every identity used holds wherever its left side is defined. What an identity needs is handed to
`require`, so that expressions that are equal can be compared in their domains too; constants, whose
parts are known to have values, need nothing more.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from math import floor, lcm, prod
from typing import Literal, NamedTuple

from flint import arb, fmpq_mpoly, fmpz_poly

from dcalc.numerals import whole_root, write_ratio
from dcalc.proof.field import Field, Quotient, Relation, TooLarge
from dcalc.proof.gaussian import split_arctangent

_MOST_TIMES = 40
"""Larger multiples of an angle are angles of their own: sin(100*x) is a polynomial of degree 100 in sin(x)."""
_FINEST_ANGLE = 64
"""Angles divided more finely are angles of their own, too."""
_MOST_ANGLES = 6
"""Sums of more angles are angles of their own: each angle doubles the terms of the sine."""
_MOST_PARTS_OF_PI = 120
"""The cosine of pi/120 has degree 32 over the rationals."""
_MOST_REPEATS = 8
"""Multiples of an arcsine or arctangent up to this are turned step by step."""

Kind = Literal["nonzero", "positive", "nonnegative", "domain"]


class Condition(NamedTuple):
    """What must hold of an element, told by its key: that it is not 0, has a sign, or lies in a domain."""

    kind: Kind
    key: str


class Elementary(ABC):
    """The functions over one field.

    Subclasses say what is known of signs (`sign_of`), and what happens to requirements (`require`).
    """

    has_recurrences = False
    """Whether functions of arguments and orders moved by whole numbers are reduced to one of them."""

    def __init__(self, field: Field) -> None:
        self.field = field
        self.optional = False
        """Whether what is done now is done in a branch, which may not be taken."""
        self.cosines: dict[int, int] = {}
        """By place of a sine: that of the cosine of the same angle."""
        self.products: dict[int, Quotient] = {}
        """By place of an atom w: what w*exp(w) is."""
        self.zeros: dict[int, Quotient] = {}
        self.roots: list[int] = []
        """The places of roots, which are not negative."""
        """By place of an atom: what is 0 where the atom is."""
        self._logarithms: dict[int, Quotient] = {}  # by place: of what, up to its sign
        self._inverses: dict[int, Callable[[], tuple[Quotient, Quotient]]] = {}
        """By place of an arcsine or arctangent: its cosine and sine."""
        self.pi = self._atom("pi", lambda: arb.pi(), positive=True)

    # --- what subclasses say ----------------------------------------------------------------

    def sign_of(self, poly: fmpq_mpoly) -> int:
        """1 or -1 where a polynomial is known to have that sign, or be 0; else 0."""
        return 1 if self.field.is_nonnegative(poly) else 0

    @abstractmethod
    def require(self, kind: Kind, key: str, poly: fmpq_mpoly | None) -> None:
        """Take note of a condition under which what is done holds; ``poly`` where it is one of a polynomial alone."""

    @abstractmethod
    def exempt(self, element: Quotient) -> None:
        """Take note that what is done holds where an element is not 0; there it may hold, too."""

    @abstractmethod
    def unknown_sign(self, poly: fmpq_mpoly) -> Quotient:
        """The sign of a polynomial as an element. Raises TooLarge where it may be 0 throughout."""

    @abstractmethod
    def remember_ball(self, place: int, ball: Callable[[], arb]) -> None:
        """Take note of how to enclose a new atom."""

    def _atom(self, key: str, ball: Callable[[], arb], *, positive: bool = False) -> Quotient:
        place, new = self.field.atom(key, positive=positive)
        if new:
            self.remember_ball(place, ball)
        return self.field.generator(place)

    def enclose(self, _element: Quotient) -> arb:
        """The ball of an element at the working precision; not finite where those of its atoms are not known."""
        return arb("nan")

    # --- variables and unknown functions ----------------------------------------------------

    def symbol(self, name: str) -> Quotient:
        """A variable."""
        return self.field.generator(self.field.atom(f"symbol {name}")[0])

    def unknown(self, name: str, args: Iterable[Quotient], *, domain: bool = False) -> Quotient:
        """A function about which nothing else is known."""
        key = f"{name} {', '.join(arg.key for arg in args)}"
        if domain:
            self.require("domain", key, None)
        return self.field.generator(self.field.atom(key)[0])

    # --- signs and choices ------------------------------------------------------------------

    def abs(self, element: Quotient) -> Quotient:
        """The element times its sign."""
        return self.field.multiply(self._sign(element, even=False), element)

    def sign(self, element: Quotient) -> Quotient:
        """-1, 0 or 1."""
        return self._sign(element, even=True)

    def _sign(self, element: Quotient, even: bool) -> Quotient:
        """The product of the signs of all factors; those of squares count where ``even``."""
        field = self.field
        if element.above.is_zero():
            return field.zero
        scale, factors = field.factors(element)
        result = field.number(-1 if scale < 0 else 1)
        for poly, times in factors:
            if sign := self.sign_of(poly):
                result = field.multiply(result, field.number(sign if times % 2 else 1))
                if even and not field.is_positive(poly):
                    field.cancelled[str(poly)] = poly
            elif times % 2:
                place = field.single(field.from_polynomial(poly))  # a sign is its own sign
                sign_atom = field.generator(place) if place in field.signs and place is not None else None
                result = field.multiply(result, self.unknown_sign(poly) if sign_atom is None else sign_atom)
            elif even:
                field.cancelled[str(poly)] = poly
        return result

    def choice(self, kind: Literal["negative", "zero"], element: Quotient) -> Quotient:
        """1 where the element is ``kind``, else 0."""
        field = self.field
        value = field.constant(element)
        if value is not None:
            return field.number(int(value < 0 if kind == "negative" else value == 0))
        scale, factors = field.factors(element)
        odd = " ".join(sorted(f"{poly}^{times}" for poly, times in factors))
        place, new = field.atom(f"{kind} {'-' if scale < 0 and kind == 'negative' else ''}{odd}")
        if new:
            field.relations[place] = Relation(2, field.generator(place))
        return field.generator(place)

    # --- quotients and powers ---------------------------------------------------------------

    def divide(self, above: Quotient, below: Quotient) -> Quotient:
        """A quotient, which needs its divisor not to be 0."""
        self.require_nonzero(below)
        return self.field.multiply(above, self.field.inverse(below))

    def require_nonzero(self, element: Quotient) -> None:
        """Take note that an element must not be 0: none of its factors, nor what is 0 with one of them."""
        left = [element]
        while left:
            for poly, times in self.field.factors(left.pop())[1]:
                place = self.field.single(self.field.from_polynomial(poly))
                if place in self.zeros and place is not None:
                    left.append(self.zeros[place])
                elif place in self.cosines and place is not None:  # as 1 - cos**2 may stand for the square of a sine
                    for end in (1, -1):
                        edge = self.field.context.gen(self.cosines[place]) + end
                        self.require("nonzero", str(edge), edge)
                elif times > 0 and not self.field.is_positive(poly):
                    self.require("nonzero", str(poly), poly)

    def require_sign(self, kind: Literal["positive", "nonnegative"], element: Quotient) -> None:
        """Take note that an element must be positive, or at least not negative."""
        scale, odd = self._odd_factors(element)
        if odd or scale < 0:
            key = f"{'-' if scale < 0 else ''}({')*('.join(sorted(map(str, odd)))})"
            self.require(kind, key, odd[0] if len(odd) == 1 else None)
        if kind == "positive":
            self.require_nonzero(element)

    def _odd_factors(self, element: Quotient) -> tuple[Fraction, list[fmpq_mpoly]]:
        """A number and factors whose product has the sign of the element."""
        scale, factors = self.field.factors(element)
        odd = []
        for poly, times in factors:
            if times % 2:
                sign = self.sign_of(poly) or int(self.field.single(self.field.from_polynomial(poly)) in self.roots)
                scale *= sign or 1
                odd += [] if sign else [poly]
        return scale, odd

    def power(self, base: Quotient, exponent: Quotient) -> Quotient:
        """A power: whole, rational, or by exp of a logarithm of the size of the base."""
        field = self.field
        value = field.constant(exponent)
        if value is not None:
            return self.rational_power(base, value)
        constants = (part for quantity, part in field.terms(exponent) if field.constant(quantity) is not None)
        whole = floor(next(constants, Fraction(0)))
        rest = field.add(exponent, field.number(-whole))
        result = field.multiply(self.rational_power(base, Fraction(whole)), self._phase(base, rest))
        size = field.multiply(self.log(field.power(base, 2)), field.number(Fraction(1, 2)))
        return field.multiply(result, self.exp(field.multiply(rest, size)))

    def _phase(self, base: Quotient, exponent: Quotient) -> Quotient:
        """sign(base)**exponent: a negative base has powers too, where the exponent is a whole number.

        It is 1 or -1. Nothing more is known of it: x**(2*y) is x at y = 1/2, and not abs(x).
        """
        scale, odd = self._odd_factors(base)
        if not odd and scale > 0:
            return self.field.one
        key = f"{'-' if scale < 0 else ''}({')*('.join(sorted(map(str, odd)))}) ** {exponent.key}"
        self.require("domain", f"** {key}", None)
        place, new = self.field.atom(f"phase {key}")
        if new:
            self.field.relations[place] = Relation(2, self.field.one)
        return self.field.generator(place)

    def rational_power(self, base: Quotient, exponent: Fraction) -> Quotient:
        """A power with a rational exponent; a root needs its radicand not to be negative."""
        if exponent < 0:
            self.require_nonzero(base)
        if exponent.denominator == 1:
            return self.field.power(base, int(exponent))
        if base.above.is_zero():
            return self.field.zero
        self.require_sign("nonnegative", base)
        if exponent.denominator == 2 and (root := self._denest(base)) is not None:
            return self.field.power(root, exponent.numerator)
        return self._root(base, exponent)

    def _denest(self, base: Quotient) -> Quotient | None:
        """sqrt(A + B*sqrt(C)) as sqrt(U) + sqrt(V), or their distance where B < 0; None where that has no such form.

        U and V are (A + D)/2 and (A - D)/2 where A**2 - B**2*C is the square of D. Their sum is A and their
        product B**2*C/4, so that they are not negative where A is not; where A + B*sqrt(C) is not negative
        but A is, D is 0, and U and V are not real: there the right side has no value.
        """
        field, half = self.field, self.field.number(Fraction(1, 2))
        place = next((place for place in self.roots if base.above.degrees()[place] == 1), None)
        if place is None or not base.below.is_one() or field.relations[place].degree != 2:
            return None
        factor = field.from_polynomial(base.above.derivative(place))
        rest = field.subtract(base, field.multiply(factor, field.generator(place)))
        square = field.subtract(
            field.multiply(rest, rest), field.multiply(field.multiply(factor, factor), field.relations[place].value)
        )
        root, sign = self._exact_root(square), self._sign_of_all(factor)
        if root is None or not sign:
            return None
        first, second = (
            self._root(field.multiply(half, part), Fraction(1, 2))
            for part in (field.add(rest, root), field.subtract(rest, root))
        )
        if sign > 0:
            return field.add(first, second)
        distance = field.subtract(first, second)
        return distance if field.constant(root) is not None else self.abs(distance)

    def _exact_root(self, square: Quotient) -> Quotient | None:
        """The root of a square, not negative where it is a number; None where the element is 0, or not a square."""
        field = self.field
        if square.above.is_zero():
            return None
        scale, factors = field.factors(square)
        roots = [whole_root(part, 2) for part in (scale.numerator, scale.denominator)] if scale > 0 else [None]
        if None in roots or any(times % 2 for _, times in factors):
            return None
        result = field.number(Fraction(*(part for part in roots if part is not None)))
        for poly, times in factors:
            result = field.multiply(result, field.power(field.from_polynomial(poly), times // 2))
        return result

    def _sign_of_all(self, element: Quotient) -> int:
        """The sign of an element where those of its factors are known, else 0."""
        scale, factors = self.field.factors(element)
        return prod((self.sign_of(poly) if times % 2 else 1 for poly, times in factors), start=1 if scale > 0 else -1)

    def _root(self, base: Quotient, exponent: Fraction) -> Quotient:
        """The real root of what is not negative: even powers come out as absolute values."""
        field = self.field
        scale, factors = self._join_half_angles(*field.factors(base))
        result, radicand = field.one, field.number(-1 if scale < 0 else 1)
        for poly, times in factors:
            sign = self.sign_of(poly)
            inside = 0 if sign else times % 2
            if inside:
                radicand = field.multiply(radicand, field.from_polynomial(poly))
            if sign < 0 and times % 2:
                radicand = field.negate(radicand)
            if outside := (times - inside) * exponent:
                size = (
                    field.multiply(field.number(sign), field.from_polynomial(poly))
                    if sign
                    else self.abs(field.from_polynomial(poly))
                )
                result = field.multiply(result, self._fraction_of(size, outside))
        if field.constant(radicand) != 1:
            result = field.multiply(result, self._fraction_of(radicand, exponent))
        return field.multiply(result, self._constant_root(abs(scale), exponent))

    def _join_half_angles(
        self, scale: Fraction, factors: list[tuple[fmpq_mpoly, int]]
    ) -> tuple[Fraction, list[tuple[fmpq_mpoly, int]]]:
        """The factors with the square of a sine for (1 - cos)*(1 + cos): sqrt(1 - cos(x)) is sqrt(2)*abs(sin(x/2))."""
        gen, times = self.field.context.gen, {str(poly): (poly, count) for poly, count in factors}
        for sine, cosine in self.cosines.items():
            ends = [str(gen(cosine) + end) for end in (1, -1)]
            counts = {times[end][1] for end in ends if end in times}
            if len(counts) == 1 and all(end in times for end in ends):
                (count,) = counts
                times = {key: pair for key, pair in times.items() if key not in ends}
                scale = -scale if count % 2 else scale  # (cos + 1)*(cos - 1) is -sin**2
                own = str(gen(sine))
                times[own] = (gen(sine), (times[own][1] if own in times else 0) + 2 * count)
        return scale, list(times.values())

    def _constant_root(self, value: Fraction, exponent: Fraction) -> Quotient:
        """A root of a positive rational, in roots of primes."""
        field, result = self.field, self.field.one
        for part, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, times in field.primes(part):
                result = field.multiply(result, self._fraction_of(field.number(prime), times * sign * exponent))
        return result

    def _fraction_of(self, base: Quotient, exponent: Fraction) -> Quotient:
        """base**exponent as a power of one root of the base, which is not negative."""
        field = self.field
        if exponent.denominator == 1:
            return field.power(base, int(exponent))
        single = self.field.single(base)
        if single is not None and single in field.logs and single in field.positive:  # exp(u)**q is exp(q*u)
            return self.exp(field.multiply(field.logs[single](), field.number(exponent)))
        key = f"root {base.key}"
        parts = field.scale(key, exponent.denominator)
        value = field.constant(base)
        place, new = field.atom(key, positive=self.is_positive(base))
        if new:
            self.remember_ball(place, lambda: self.enclose(base).root(parts))
            field.relations[place] = Relation(parts, base)
            self.zeros[place] = base
            self.roots.append(place)
            if value is not None:
                field.logs[place] = lambda: self._log_of_root(place)
        return field.power(field.generator(place), int(exponent * parts))

    def is_positive(self, base: Quotient) -> bool:
        """Whether what a root is taken of, which is not negative, is seen to be positive."""
        return self.field.is_positive(base.above) and self.field.is_positive(base.below)

    def cube_root(self, base: Quotient) -> Quotient:
        """The real cube root, of any sign."""
        field = self.field
        scale, factors = field.factors(base) if not base.above.is_zero() else (Fraction(0), [])
        result = field.number(0 if not scale else -1 if scale < 0 else 1)
        for poly, times in factors:
            if sign := self.sign_of(poly):
                size = field.multiply(field.from_polynomial(poly), field.number(sign))
                result = field.multiply(result, self._fraction_of(size, Fraction(times, 3)))
                result = field.multiply(result, field.number(sign if times % 2 else 1))
                continue
            place, new = field.atom(f"cbrt {poly}")
            if new:
                field.relations[place] = Relation(3, field.from_polynomial(poly))
                self.zeros[place] = field.from_polynomial(poly)
            result = field.multiply(result, field.power(field.generator(place), times))
        return field.multiply(result, self._constant_root(abs(scale), Fraction(1, 3))) if scale else result

    # --- exponentials, logarithms -----------------------------------------------------------

    def exp(self, exponent: Quotient) -> Quotient:
        """exp of a sum is a product; exp of a whole multiple of a logarithm is a power."""
        field, result = self.field, self.field.one
        for quantity, coefficient in field.terms(exponent):
            result = field.multiply(result, self._exp_of(quantity, coefficient))
        return result

    def _exp_of(self, quantity: Quotient, coefficient: Fraction) -> Quotient:
        field = self.field
        single = self.field.single(quantity)
        size = self._logarithms.get(single) if single is not None else None
        if size is not None:
            return self._fraction_of(self.abs(size), coefficient)
        product = self.products.get(single) if single is not None else None
        if product is not None and coefficient.denominator == 1:
            self.exempt(product)
            return field.power(field.multiply(product, field.inverse(quantity)), int(coefficient))
        key = f"exp {quantity.key}"
        if coefficient.denominator > field.limits.finest:  # an exponential of its own
            key = f"exp {write_ratio(coefficient)} {quantity.key}"
            quantity, coefficient = field.multiply(quantity, field.number(coefficient)), Fraction(1)
        parts = field.scale(key, coefficient.denominator)
        place, new = field.atom(key, positive=True)
        if new:
            log = field.multiply(quantity, field.number(Fraction(1, parts)))
            field.logs[place] = lambda: log
            self.remember_ball(place, lambda: self.enclose(log).exp())
        return field.power(field.generator(place), int(coefficient * parts))

    def log(self, argument: Quotient) -> Quotient:
        """log of a product is the sum of the logarithms of the sizes of its factors."""
        field = self.field
        if argument.above.is_zero():
            raise TooLarge
        self.require_sign("positive", argument)
        scale, factors = field.factors(argument)
        result = field.zero
        for part, sign in ((abs(scale.numerator), 1), (scale.denominator, -1)):
            for prime, times in field.primes(part):
                result = field.add(result, self._log_of(field.number(prime), sign * times))
        for poly, times in factors:
            result = field.add(result, self._log_of(field.from_polynomial(poly), times))
        return result

    def _log_of(self, base: Quotient, times: int) -> Quotient:
        """times*log(abs(base)), of a base without factors."""
        field = self.field
        single = self.field.single(base)
        if single is not None and single in field.signs:
            return field.zero
        if single is not None and single in field.logs:
            return field.multiply(field.logs[single](), field.number(times))
        if single is not None and single in self.roots:
            return field.multiply(self._log_of_root(single), field.number(times))
        place, new = field.atom(f"log {base.key}")
        if new:
            self._logarithms[place] = base
            self.remember_ball(place, lambda: abs(self.enclose(base)).log())
        return field.multiply(field.generator(place), field.number(times))

    def _log_of_root(self, place: int) -> Quotient:
        """log of an atom that is a root: the logarithm of what it is taken of, over its degree."""
        relation = self.field.relations[place]
        return self.field.multiply(self.log(relation.value), self.field.number(Fraction(1, relation.degree)))

    # --- sines and cosines ------------------------------------------------------------------

    def arcsine(self, argument: Quotient) -> Quotient:
        """asin, whose own sine and cosine are algebraic."""
        field = self.field
        self.require_sign("nonnegative", field.subtract(field.one, field.multiply(argument, argument)))
        return self._inverse_angle(
            "asin",
            argument,
            lambda ball: ball.asin(),
            lambda u: (self.rational_power(field.subtract(field.one, field.multiply(u, u)), Fraction(1, 2)), u),
        )

    def arctangent(self, argument: Quotient) -> Quotient:
        """atan, whose own sine and cosine are algebraic; that of a rational is a sum of those of Gaussian primes."""
        field = self.field
        value = field.constant(argument)
        angles = None if value is None else split_arctangent(value)
        if angles is not None and angles.parts != ((value, 1),):
            total = field.multiply(self.pi, field.number(angles.turns))
            for tangent, times in angles.parts:
                part = self.arctangent(field.number(tangent))
                total = field.add(total, field.multiply(part, field.number(times)))
            return total

        def turn(u: Quotient) -> tuple[Quotient, Quotient]:
            cos = self.rational_power(field.add(field.one, field.multiply(u, u)), Fraction(-1, 2))
            return cos, field.multiply(u, cos)

        return self._inverse_angle("atan", argument, lambda ball: ball.atan(), turn)

    def _inverse_angle(
        self,
        name: str,
        argument: Quotient,
        ball: Callable[[arb], arb],
        turn: Callable[[Quotient], tuple[Quotient, Quotient]],
    ) -> Quotient:
        """An odd function as an atom at an argument whose leading coefficient is positive."""
        field = self.field
        if argument.above.is_zero():
            return field.zero
        negative = argument.above.leading_coefficient() < 0
        size = field.negate(argument) if negative else argument
        place, new = field.atom(f"{name} {size.key}")
        if new:
            self.remember_ball(place, lambda: ball(self.enclose(size)))
            self._inverses[place] = lambda: turn(size)
        return field.negate(field.generator(place)) if negative else field.generator(place)

    def turn(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        """(cos, sin) of a sum of angles: one pair of atoms for all multiples of an angle."""
        field = self.field
        pair = (field.one, field.zero)
        angles = list(field.terms(angle))
        if len(angles) > _MOST_ANGLES:
            return self._turn_whole(angle)
        for quantity, coefficient in angles:
            pair = self._rotate(pair, self._turn_of(quantity, coefficient))
        return pair

    def _rotate(self, first: tuple[Quotient, Quotient], second: tuple[Quotient, Quotient]) -> tuple[Quotient, Quotient]:
        field, (a, b), (c, d) = self.field, first, second
        if b.above.is_zero() and a == field.one:
            return second
        return (
            field.subtract(field.multiply(a, c), field.multiply(b, d)),
            field.add(field.multiply(a, d), field.multiply(b, c)),
        )

    def _repeat(self, pair: tuple[Quotient, Quotient], times: int) -> tuple[Quotient, Quotient]:
        """A turn, repeated; backwards where ``times`` is negative."""
        total = (self.field.one, self.field.zero)
        for _ in range(abs(times)):
            total = self._rotate(total, pair)
        cos, sin = total
        return cos, self.field.negate(sin) if times < 0 else sin

    def _turn_whole(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        """(cos, sin) of an angle that is taken as it is, but for its sign."""
        negative = angle.above.leading_coefficient() < 0
        cos, sin = self._pair(self.field.negate(angle) if negative else angle)
        return cos, self.field.negate(sin) if negative else sin

    def _pair(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        """The atoms cos and sin of an angle, with their relation."""
        field = self.field
        place, new = field.atom(f"cos {angle.key}")
        sine, _ = field.atom(f"sin {angle.key}")
        if new:
            square = field.power(field.generator(place), 2)
            self.cosines[sine] = place
            field.relations[sine] = Relation(2, field.subtract(field.one, square))
            self.remember_ball(place, lambda: self.enclose(angle).cos())
            self.remember_ball(sine, lambda: self.enclose(angle).sin())
        return field.generator(place), field.generator(sine)

    def _turn_of(self, quantity: Quotient, coefficient: Fraction) -> tuple[Quotient, Quotient]:
        field = self.field
        if quantity == self.pi and coefficient.denominator <= _MOST_PARTS_OF_PI:
            return self._turn_of_pi(coefficient)
        single = field.single(quantity)
        inverse = self._inverses.get(single) if single is not None else None
        if inverse is not None and coefficient.denominator == 1 and abs(coefficient) <= _MOST_REPEATS:
            return self._repeat(inverse(), int(coefficient))
        if coefficient.denominator > _FINEST_ANGLE:
            return self._turn_whole(field.multiply(quantity, field.number(coefficient)))
        parts = field.scale(f"turn {quantity.key}", coefficient.denominator, _FINEST_ANGLE)
        times = int(coefficient * parts)
        if abs(times) > _MOST_TIMES:  # an angle of its own, whose parts are not known
            return self._turn_whole(field.multiply(quantity, field.number(coefficient)))
        cos, sin = self._pair(field.multiply(quantity, field.number(Fraction(1, parts))))
        if times not in (1, -1):
            (place, n) = field.single(cos), abs(times)
            assert place is not None
            cos = field.polynomial(place, fmpz_poly.chebyshev_t(n), field.one)
            sin = field.polynomial(place, fmpz_poly.chebyshev_u(n - 1), sin)
        return cos, field.negate(sin) if times < 0 else sin

    def _turn_of_pi(self, turns: Fraction) -> tuple[Quotient, Quotient]:
        """(cos, sin) of turns*pi: both in the field of one cosine, whose minimal polynomial is known."""
        if (turns * 2).denominator == 1:
            cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(turns * 2) % 4]
            return self.field.number(cos), self.field.number(sin)
        return self._cosine_of_pi(turns), self._cosine_of_pi(Fraction(1, 2) - turns)

    def _cosine_of_pi(self, turns: Fraction) -> Quotient:
        turns = abs(turns) % 2
        turns = 2 - turns if turns > 1 else turns
        if turns > Fraction(1, 2):
            return self.field.negate(self._cosine_of_pi(1 - turns))
        field = self.field
        if 12 % turns.denominator == 0:
            return self._cosine_in_roots(turns)
        parts = field.scale("turn pi", lcm(2, turns.denominator), 2 * _MOST_PARTS_OF_PI)
        place, new = field.atom(f"cos pi/{parts}", positive=True)
        if new:
            self.remember_ball(place, lambda: (arb.pi() / parts).cos())
            # of 2*cos(2*pi/n); its value at 2*c, but for the leading term, is what c**degree is replaced by
            minimal = fmpz_poly.cos_minpoly(2 * parts)(fmpz_poly([0, 2]))
            degree = minimal.degree()
            rest = field.polynomial(place, minimal - fmpz_poly([0] * degree + [int(minimal[degree])]), field.one)
            field.relations[place] = Relation(
                degree, field.multiply(rest, field.number(Fraction(-1, int(minimal[degree]))))
            )
        return field.polynomial(place, fmpz_poly.chebyshev_t(int(turns * parts)), field.one)

    def _cosine_in_roots(self, turns: Fraction) -> Quotient:
        """cos(turns*pi), 0 <= turns <= 1/2, of a multiple of pi/12: in sqrt(2) and sqrt(3)."""
        field, twelfths = self.field, int(turns * 12)
        if twelfths in (0, 4, 6):
            return field.number({0: Fraction(1), 4: Fraction(1, 2), 6: Fraction(0)}[twelfths])
        if twelfths in (2, 3):
            return field.multiply(self._square_root(5 - twelfths), field.number(Fraction(1, 2)))
        inner = field.add(self._square_root(3), field.number(1 if twelfths == 1 else -1))
        return field.multiply(field.multiply(self._square_root(2), inner), field.number(Fraction(1, 4)))

    def _square_root(self, prime: int) -> Quotient:
        return self._fraction_of(self.field.number(prime), Fraction(1, 2))


class SignedElementary(Elementary):
    """The functions of expressions: signs that are known, and the conditions met so far.

    ``signs`` holds, by polynomial, 1 for one that is known not to be negative, -1 not positive.
    """

    has_recurrences = True

    def __init__(self, field: Field, signs: Mapping[str, int]) -> None:
        self.signs = signs
        self.conditions: dict[Condition, fmpq_mpoly | None] = {}
        self.optional_conditions: dict[Condition, fmpq_mpoly | None] = {}
        """Those of branches: they need not hold where another branch is taken."""
        super().__init__(field)

    def sign_of(self, poly: fmpq_mpoly) -> int:
        """1 or -1 where a polynomial is known to have that sign, or be 0; else 0."""
        return super().sign_of(poly) or self.signs.get(str(poly), 0)

    def require(self, kind: Kind, key: str, poly: fmpq_mpoly | None) -> None:
        """Keep a condition, apart where it is one of a branch."""
        (self.optional_conditions if self.optional else self.conditions)[Condition(kind, key)] = poly

    def exempt(self, element: Quotient) -> None:
        """Keep the factors of an element with what must not be 0 where it was cancelled."""
        self.field.cancelled.update((str(poly), poly) for poly, _ in self.field.factors(element)[1])

    def remember_ball(self, place: int, ball: Callable[[], arb]) -> None:
        """Nothing: the atoms of expressions vary."""

    def unknown_sign(self, poly: fmpq_mpoly) -> Quotient:
        """An atom whose square is 1 wherever the polynomial is not 0."""
        field = self.field
        place, new = field.atom(f"sign {poly}")
        if new:
            field.signs[place] = poly
            self.zeros[place] = field.from_polynomial(poly)
            field.relations[place] = Relation(2, field.one)
        return field.generator(place)
