"""Simplified powers: nested ones merged where that holds everywhere, numbers multiplied out."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, number
from dcalc.functions import Row
from dcalc.numerals import whole_root
from dcalc.simplify.products import Products

MAX_BITS = 1 << 17
"""Constant powers larger than this are never multiplied out."""
_LONG = 1 << 1024
"""Exponents beyond this are not multiplied any more: (x**2)**2... would be quadratic."""


class Powers(Products):
    """Constructors of powers, for one expression."""

    @abstractmethod
    def call(self, row: Row, args: tuple[Expr, ...]) -> Expr:
        """A function of simplified arguments."""

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power, with nested powers merged where that holds everywhere."""
        value = exact(exponent)
        if value == 1:
            return base
        if value == 0 or base is ONE:
            return ONE
        if base.op is table.E:
            return self.call(table.EXP, (exponent,))
        if base.op is table.EXP:
            return self.call(table.EXP, (self.mul((base.args[0], exponent)),))
        if value is None:
            return make(table.POW, base, exponent)
        if type(value) is int:
            return self._whole_power(base, value, exponent)
        return self._broken_power(base, Fraction(value), self._exponent(value))

    def _whole_power(self, base: Expr, value: int, exponent: Expr) -> Expr:
        number_base = exact(base)
        if number_base is not None:
            return self._number_power(base, Fraction(number_base), value, exponent)
        if base.op is table.MUL:
            return self.mul([self.power(factor, exponent) for factor in base.args])
        if base.op is table.POW and not _is_long(base.args[1]):
            return self.power(base.args[0], self.mul((base.args[1], exponent)))
        if base.op is table.ABS and value % 2 == 0:
            return self.power(base.args[0], exponent)
        return make(table.POW, base, exponent)

    def _number_power(self, base: Expr, number_base: Fraction, value: int, exponent: Expr) -> Expr:
        bits = abs(value) * max(number_base.numerator.bit_length(), number_base.denominator.bit_length())
        if (abs(number_base) != 1 and bits > MAX_BITS) or (not number_base and value < 0):
            return make(table.POW, base, exponent)
        if abs(number_base) == 1:
            value %= 2
        return self.number(number_base**value)

    def _broken_power(self, base: Expr, value: Fraction, exponent: Expr) -> Expr:
        number_base = exact(base)
        if number_base is not None:
            return self._root(base, Fraction(number_base), value, exponent)
        if base.op is table.POW:
            return self._nested(base, value, exponent)
        if base.op is table.MUL:
            coefficient, rest = self.split(base)
            outside = _exact_power(abs(Fraction(coefficient)), value)
            if outside is not None and abs(coefficient) != 1:
                inside = rest if coefficient > 0 else self.mul((MINUS_ONE, rest))
                return self.mul((self.number(outside), self.power(inside, exponent)))
        return make(table.POW, base, exponent)

    def _nested(self, base: Expr, value: Fraction, exponent: Expr) -> Expr:
        """(u**a)**value for a broken value: |u| where a is even, u where u >= 0 is implied."""
        inner, power = base.args
        a = exact(power)
        if a is None:
            return make(table.POW, base, exponent)
        total = Fraction(a) * value
        if max(abs(total.numerator), total.denominator) > _LONG:
            return make(table.POW, base, exponent)
        if type(a) is int and a % 2 == 0 and not (total.denominator == 1 and total % 2 == 0):
            inner = self.call(table.ABS, (inner,))
        return self.power(inner, self.number(total))

    def _root(self, base: Expr, number_base: Fraction, value: Fraction, exponent: Expr) -> Expr:
        """2**(3/2) is 2*2**(1/2); 4**(1/2) is 2; of a negative base nothing is known."""
        if not number_base and value > 0:
            return ZERO
        if number_base < 0 or not number_base:
            return make(table.POW, base, exponent)
        result = _exact_power(number_base, value)
        if result is not None:
            return self.number(result)
        whole = value.numerator // value.denominator
        bits = max(number_base.numerator.bit_length(), number_base.denominator.bit_length())
        if not whole or abs(whole) * bits > MAX_BITS:
            return make(table.POW, base, exponent)
        rest = make(table.POW, base, self._exponent(value - whole))
        return self.mul((self.power(base, number(whole)), rest))


def _is_long(exponent: Expr) -> bool:
    value = exact(exponent)
    return type(value) is int and abs(value) > _LONG


def _exact_power(base: Fraction, value: Fraction) -> Fraction | None:
    """base**value where that is rational and small, for base >= 0."""
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(value.numerator) > MAX_BITS:
        return None
    above = whole_root(base.numerator, value.denominator)
    below = whole_root(base.denominator, value.denominator)
    if above is None or below is None or (not above and value < 0):
        return None
    return Fraction(above, below) ** value.numerator
