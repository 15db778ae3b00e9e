"""Functions in the field of `field`: which atoms they are, and which identities join them.

Every identity used holds wherever its left side is defined; what that needs is noted as a
condition, so that two expressions that are equal can be compared in their domains too.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING, NamedTuple

from dcalc.algebra.identity import angles
from dcalc.algebra.identity.field import Beyond, Field, Quotient
from dcalc.algebra.identity.signs import Signs

if TYPE_CHECKING:
    from flint import fmpq_mpoly


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
        return angles.turn(self.field, self.pi, angle)
