"""Signs, absolute values and choices in a field: atoms whose squares are known."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from dcalc.proof.field import Beyond, Field, Quotient

if TYPE_CHECKING:
    from flint import fmpq_mpoly


class Signs:
    """Signs over one field.

    ``signs`` holds, by polynomial, 1 for one that is known not to be negative, -1 not positive;
    ``zeros``, by place of an atom, what is 0 where the atom is.
    """

    def __init__(self, field: Field, signs: Mapping[str, int]) -> None:
        self.field = field
        self.signs = signs
        self.zeros: dict[int, Quotient] = {}

    def known_sign(self, poly: fmpq_mpoly) -> int:
        """1 or -1 where a polynomial is known to have that sign, or be 0; else 0."""
        return 1 if self.field.is_positive(poly) else self.signs.get(str(poly), 0)

    def abs(self, element: Quotient) -> Quotient:
        """The element times its sign."""
        return self.field.mul(self._sign(element, even=False), element)

    def sign(self, element: Quotient) -> Quotient:
        """-1, 0 or 1."""
        return self._sign(element, even=True)

    def _sign(self, element: Quotient, even: bool) -> Quotient:
        field = self.field
        if element.above.is_zero():
            return field.zero
        scale, factors = field.factors(element)
        result = field.number(-1 if scale < 0 else 1)
        for poly, times in factors:
            if known := self.known_sign(poly):
                result = field.mul(result, field.number(known**times))
                if even and not field.is_positive(poly):
                    field.cancelled[str(poly)] = poly
            elif times % 2:
                place, new = field.atom(f"sign {poly}")
                if new:
                    field.signs[place] = poly
                    self.zeros[place] = field.whole(poly)
                    field.relations[place] = (2, field.one)
                result = field.mul(result, field.generator(place))
            elif even:
                field.cancelled[str(poly)] = poly
        return result

    def choice(self, kind: str, element: Quotient) -> Quotient:
        """1 where the element is ``kind`` (negative, zero), else 0."""
        field = self.field
        value = field.constant(element)
        if value is not None:
            return field.number(int(value < 0 if kind == "negative" else value == 0))
        scale, factors = field.factors(element)
        odd = " ".join(sorted(f"{poly}^{times}" for poly, times in factors))
        place, new = field.atom(f"{kind} {'-' if scale < 0 and kind == 'negative' else ''}{odd}")
        if new:
            field.relations[place] = (2, field.generator(place))
        return field.generator(place)


# --- Sines and cosines in a field: one pair of atoms for all multiples of an angle.

_MOST_TIMES = 40


def turn(field: Field, pi: Quotient, angle: Quotient) -> tuple[Quotient, Quotient]:
    """(cos, sin) of a sum of angles."""
    found = (field.one, field.zero)
    for quantity, coefficient in field.terms(angle):
        found = _rotated(field, found, _turn_of(field, pi, quantity, coefficient))
    return found


def _rotated(
    field: Field, first: tuple[Quotient, Quotient], second: tuple[Quotient, Quotient]
) -> tuple[Quotient, Quotient]:
    (a, b), (c, d) = first, second
    return (
        field.add(field.mul(a, c), field.neg(field.mul(b, d))),
        field.add(field.mul(a, d), field.mul(b, c)),
    )


def _turn_of(field: Field, pi: Quotient, quantity: Quotient, coefficient: Fraction) -> tuple[Quotient, Quotient]:
    if quantity == pi and (coefficient * 2).denominator == 1:
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(coefficient * 2) % 4]
        return field.number(cos), field.number(sin)
    parts = field.divided(f"turn {quantity.key}", coefficient.denominator)
    times = int(coefficient * parts)
    name = quantity.key
    if abs(times) > _MOST_TIMES:  # an angle of its own, whose parts are not known
        name, times = f"{abs(times)} {name}", 1 if times > 0 else -1
    place, new = field.atom(f"cos {name}")
    sine, _ = field.atom(f"sin {name}")
    if new:
        square = field.power(field.generator(place), 2)
        field.relations[sine] = (2, field.add(field.one, field.neg(square)))
    unit = (field.generator(place), field.generator(sine) if times > 0 else field.neg(field.generator(sine)))
    found = (field.one, field.zero)
    for _ in range(abs(times)):
        found = _rotated(field, found, unit)
    return found


# --- Functions in the field of `field`: which atoms they are, and which identities join them.


class Condition(NamedTuple):
    """``kind`` is nonzero, positive, nonnegative, or the domain of a function; of what."""

    kind: str
    key: str


class Functions(Signs):
    """The functions over one field, and the conditions met so far."""

    def __init__(self, field: Field, signs: Mapping[str, int]) -> None:
        super().__init__(field, signs)
        self.conditions: dict[Condition, fmpq_mpoly | None] = {}
        self._logarithms: dict[int, Quotient] = {}  # by place: of what, up to its sign
        self.pi = field.generator(field.atom("pi", positive=True)[0])

    def symbol(self, name: str) -> Quotient:
        """A variable."""
        return self.field.generator(self.field.atom(f"symbol {name}")[0])

    def opaque(self, name: str, args: list[Quotient], domain: bool) -> Quotient:
        """A function about which nothing else is known."""
        key = f"{name} {', '.join(arg.key for arg in args)}"
        if domain:
            self.conditions[Condition(f"domain of {name}", key)] = None
        return self.field.generator(self.field.atom(key)[0])

    # --- quotients and powers ---------------------------------------------------------------

    def divide(self, above: Quotient, below: Quotient) -> Quotient:
        """A quotient, which needs its divisor not to be 0."""
        self._nonzero(below)
        return self.field.mul(above, self.field.inverse(below))

    def _nonzero(self, element: Quotient) -> None:
        left = [element]
        while left:
            for poly, times in self.field.factors(left.pop())[1]:
                place = self.field.single(self.field.whole(poly))
                if place in self.zeros and place is not None:
                    left.append(self.zeros[place])
                elif times > 0 and not self.field.is_positive(poly):
                    self.conditions[Condition("nonzero", str(poly))] = poly

    def _needs(self, kind: str, element: Quotient) -> None:
        scale, factors = self.field.factors(element)
        odd = []
        for poly, times in factors:
            if times % 2:
                sign = self.known_sign(poly)
                scale *= sign or 1
                odd += [] if sign else [poly]
        if odd or scale < 0:
            key = f"{'-' if scale < 0 else ''}({')*('.join(sorted(map(str, odd)))})"
            self.conditions[Condition(kind, key)] = odd[0] if len(odd) == 1 else None
        if kind == "positive":
            self._nonzero(element)

    def power(self, base: Quotient, exponent: Quotient) -> Quotient:
        """A power: whole, rational, or by exp of a logarithm of the size of the base."""
        field = self.field
        value = field.constant(exponent)
        if value is not None:
            return self.rational_power(base, value)
        constants = (part for quantity, part in field.terms(exponent) if field.constant(quantity) is not None)
        whole = floor(next(constants, Fraction(0)))
        rest = field.add(exponent, field.number(-whole))
        result = field.mul(self.rational_power(base, Fraction(whole)), self._phase(base, rest))
        size = field.mul(self.log(field.power(base, 2)), field.number(Fraction(1, 2)))
        return field.mul(result, self.exp(field.mul(rest, size)))

    def _phase(self, base: Quotient, exponent: Quotient) -> Quotient:
        """sign(base)**exponent: a negative base has powers too, where the exponent is a whole number.

        It is 1 or -1. Nothing more is known of it: x**(2*y) is x at y = 1/2, and not abs(x).
        """
        scale, factors = self.field.factors(base)
        odd = []
        for poly, times in factors:
            if times % 2:
                sign = self.known_sign(poly)
                scale *= sign or 1
                odd += [] if sign else [str(poly)]
        if not odd and scale > 0:
            return self.field.one
        key = f"{'-' if scale < 0 else ''}({')*('.join(sorted(odd))}) ** {exponent.key}"
        self.conditions[Condition("domain of **", key)] = None
        place, new = self.field.atom(f"phase {key}")
        if new:
            self.field.relations[place] = (2, self.field.one)
        return self.field.generator(place)

    def rational_power(self, base: Quotient, exponent: Fraction) -> Quotient:
        """A power with a rational exponent; a root needs its radicand not to be negative."""
        if exponent < 0:
            self._nonzero(base)
        if exponent.denominator == 1:
            return self.field.power(base, int(exponent))
        if base.above.is_zero():
            return self.field.zero
        self._needs("nonnegative", base)
        return self._root(base, exponent)

    def _root(self, base: Quotient, exponent: Fraction) -> Quotient:
        """The real root of what is not negative: even powers come out as absolute values."""
        field = self.field
        scale, factors = field.factors(base)
        result, radicand = field.one, field.number(-1 if scale < 0 else 1)
        for poly, times in factors:
            sign = self.known_sign(poly)
            inside = 0 if sign else times % 2
            if inside:
                radicand = field.mul(radicand, field.whole(poly))
            if sign < 0 and times % 2:
                radicand = field.neg(radicand)
            outside = (times - inside) * exponent
            result = field.mul(result, self._fraction_of(self.abs(field.whole(poly)), outside))
        if field.constant(radicand) != 1:
            result = field.mul(result, self._fraction_of(radicand, exponent))
        return field.mul(result, self._constant_root(abs(scale), exponent))

    def _constant_root(self, value: Fraction, exponent: Fraction) -> Quotient:
        field, result = self.field, self.field.one
        for part, sign in ((value.numerator, 1), (value.denominator, -1)):
            for prime, times in field.primes(part):
                result = field.mul(result, self._fraction_of(field.number(prime), times * sign * exponent))
        return result

    def _fraction_of(self, base: Quotient, exponent: Fraction) -> Quotient:
        """base**exponent as a power of one root of the base, which is not negative."""
        field = self.field
        if exponent.denominator == 1:
            return field.power(base, int(exponent))
        single = self.field.single(base)
        if single is not None and single in field.logs and single in field.positive:  # exp(u)**q is exp(q*u)
            return self.exp(field.mul(field.logs[single], field.number(exponent)))
        key = f"root {base.key}"
        parts = field.divided(key, exponent.denominator)
        value = field.constant(base)
        place, new = field.atom(key, positive=field.is_positive(base.above) and field.is_positive(base.below))
        if new:
            field.relations[place] = (parts, base)
            self.zeros[place] = base
            if value is not None:
                field.logs[place] = field.mul(self.log(base), field.number(Fraction(1, parts)))
        return field.power(field.generator(place), int(exponent * parts))

    def cube_root(self, base: Quotient) -> Quotient:
        """The real cube root, of any sign."""
        field = self.field
        scale, factors = field.factors(base) if not base.above.is_zero() else (Fraction(0), [])
        result = field.number(0 if not scale else -1 if scale < 0 else 1)
        for poly, times in factors:
            if sign := self.known_sign(poly):
                size = field.mul(field.whole(poly), field.number(sign))
                result = field.mul(result, self._fraction_of(size, Fraction(times, 3)))
                result = field.mul(result, field.number(sign**times))
                continue
            place, new = field.atom(f"cbrt {poly}")
            if new:
                field.relations[place] = (3, field.whole(poly))
                self.zeros[place] = field.whole(poly)
            result = field.mul(result, field.power(field.generator(place), times))
        return field.mul(result, self._constant_root(abs(scale), Fraction(1, 3))) if scale else result

    # --- exponentials, logarithms -----------------------------------------------------------

    def exp(self, exponent: Quotient) -> Quotient:
        """exp of a sum is a product; exp of a whole multiple of a logarithm is a power."""
        field, result = self.field, self.field.one
        for quantity, coefficient in field.terms(exponent):
            result = field.mul(result, self._exp_of(quantity, coefficient))
        return result

    def _exp_of(self, quantity: Quotient, coefficient: Fraction) -> Quotient:
        field = self.field
        single = self.field.single(quantity)
        size = self._logarithms.get(single) if single is not None else None
        if size is not None:
            return self._root(field.power(size, 2), coefficient / 2)
        key = f"exp {quantity.key}"
        parts = field.divided(key, coefficient.denominator)
        place, new = field.atom(key, positive=True)
        if new:
            field.logs[place] = field.mul(quantity, field.number(Fraction(1, parts)))
        return field.power(field.generator(place), int(coefficient * parts))

    def log(self, argument: Quotient) -> Quotient:
        """log of a product is the sum of the logarithms of the sizes of its factors."""
        field = self.field
        if argument.above.is_zero():
            raise Beyond
        self._needs("positive", argument)
        scale, factors = field.factors(argument)
        result = field.zero
        for part, sign in ((abs(scale.numerator), 1), (scale.denominator, -1)):
            for prime, times in field.primes(part):
                result = field.add(result, self._log_of(field.number(prime), sign * times))
        for poly, times in factors:
            result = field.add(result, self._log_of(field.whole(poly), times))
        return result

    def _log_of(self, base: Quotient, times: int) -> Quotient:
        field = self.field
        single = self.field.single(base)
        if single is not None and single in field.signs:
            return field.zero
        if single is not None and single in field.logs:
            return field.mul(field.logs[single], field.number(times))
        place, new = field.atom(f"log {base.key}")
        if new:
            self._logarithms[place] = base
        return field.mul(field.generator(place), field.number(times))

    def turn(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        """(cos, sin) of a sum of angles."""
        return turn(self.field, self.pi, angle)
