"""Simplified products: one MUL node, a number first, of powers of unlike bases.

Quotients are negative powers; exp(u) is e to the power u.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from fractions import Fraction
from math import gcd

from dcalc import functions as table
from dcalc.expr import ONE, ZERO, Expr, Number, exact, make, number
from dcalc.simplify.order import factor_key
from dcalc.simplify.sums import FLAT, Sums, quotient

Exponent = Number | Expr

_RATIOS = {  # f(u)*g(u)**-1 = h(u)
    table.SIN: (table.COS, table.TAN),
    table.COS: (table.SIN, table.COT),
    table.SINH: (table.COSH, table.TANH),
    table.COSH: (table.SINH, table.COTH),
}


class Products(Sums):
    """Constructors of products, for one expression."""

    @abstractmethod
    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power."""

    def _exponent(self, exponent: Exponent) -> Expr:
        """An exponent as a node; halves are always written as roots."""
        if isinstance(exponent, Expr):
            return exponent
        if type(exponent) is int:
            return number(exponent)
        return quotient(Fraction(exponent)) if exponent.denominator == 2 else self.number(exponent)

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product, powers of equal bases merged, in the stable order."""
        value: Number = 1
        powers: dict[Expr, Exponent] = {}
        kept: list[Expr] = []
        merged = False
        for factor in factors:
            parts = factor.args if factor.op is table.MUL and len(factor.args) <= FLAT else (factor,)
            for part in parts:
                if part.op is table.NUMBER:
                    value *= part.args[0]
                    continue
                base, exponent = self.base_and_exponent(part)
                if exponent == -1 and base.op is table.NUMBER and base is not ZERO:
                    value = Fraction(value) / base.args[0]
                elif base in powers:
                    powers[base] = self._plus(powers[base], exponent)
                    merged = True
                else:
                    powers[base] = exponent
                    kept.append(part)
        if not value:
            return ZERO
        if merged:
            return self._merged(value, powers)
        return kept[0] if value == 1 and len(kept) == 1 else self._product(value, kept, powers)

    def _merged(self, value: Number, powers: dict[Expr, Exponent]) -> Expr:
        """Some exponents have been added up, so some powers may simplify further."""
        loose = [self.power(base, self._exponent(e)) for base, e in powers.items() if e != 0]
        again = [f for f in loose if f.op is table.MUL or exact(f) is not None]
        if again:
            return self.mul([self.number(value), *loose])
        return self._product(value, loose, dict(map(self.base_and_exponent, loose)))

    def _product(self, value: Number, factors: list[Expr], powers: dict[Expr, Exponent]) -> Expr:
        if len(factors) > 1:
            factors = self._ratio(factors, powers)
        if len(factors) > 1 or value != 1:
            before = list(factors)
            value = self._extract(value, factors)
            if factors != before:  # what has become of a sum may be the base of another factor
                return self.mul([self.number(value), *factors])
            factors.sort(key=factor_key)
        if type(value) is Fraction and value.denominator == 1:
            value = value.numerator
        if not factors:
            return self.number(value)
        if len(factors) == 1:
            inner, rest = self.split(factors[0])
            return self.scaled(value * inner, rest)
        return self.assembled(value, tuple(factors))

    def assembled(self, value: Number, factors: tuple[Expr, ...]) -> Expr:
        """The product of a number and factors that are sorted and unlike."""
        if value == 1:
            return factors[0] if len(factors) == 1 else make(table.MUL, *factors)
        coefficient = self.number(value)
        if coefficient.op is table.NUMBER:
            return make(table.MUL, coefficient, *factors)
        if coefficient.op is table.POW:
            return make(table.MUL, *factors, coefficient)
        above, below = coefficient.args
        return make(table.MUL, above, *factors, below)

    def _extract(self, value: Number, factors: list[Expr]) -> Number:
        """Pull the common whole number, negative where all terms are, out of each sum:
        `(2*x - 2)/2*y` is (x - 1)*y. Changes ``factors``; returns the new number in front."""
        for place, factor in enumerate(factors):
            if factor.op is not table.ADD or len(factor.args) > FLAT:
                continue
            parts = [self._counted(arg) for arg in factor.args]
            content = gcd(*(part[0] if type(part[0]) is int else 1 for part in parts))
            if all(part[0] < 0 for part in parts):
                content = -content
            if (content != 1 and len(factors) > 1) or (type(value) is Fraction and gcd(content, value.denominator) > 1):
                value *= content
                scale = Fraction(1, content)
                factors[place] = self.add([self._times(scale * part[0], part[1]) for part in parts])
        return value

    def _counted(self, term: Expr) -> tuple[Number, Expr]:
        """A term as number times the rest, which is 1 for a number."""
        value = exact(term)
        return self.split(term) if value is None else (value, ONE)

    def _times(self, value: Fraction, rest: Expr) -> Expr:
        exactly: Number = value.numerator if value.denominator == 1 else value
        return self.number(exactly) if rest is ONE else self.scaled(exactly, rest)

    def base_and_exponent(self, factor: Expr) -> tuple[Expr, Exponent]:
        """A factor as a power; exp(u) is e to the u."""
        if factor.op is table.POW:
            base, exponent = factor.args
            value = exact(exponent)
            return base, exponent if value is None else value
        if factor.op is table.EXP:
            exponent = factor.args[0]
            value = exact(exponent)
            return make(table.E), exponent if value is None else value
        return factor, 1

    def _plus(self, left: Exponent, right: Exponent) -> Exponent:
        if isinstance(left, Expr) or isinstance(right, Expr):
            total = self.add((self._exponent(left), self._exponent(right)))
            value = exact(total)
            return total if value is None else value
        total_number = left + right
        return total_number.numerator if total_number.denominator == 1 else total_number

    def _ratio(self, factors: list[Expr], powers: dict[Expr, Exponent]) -> list[Expr]:
        """`sin(u)/cos(u)` is tan(u), and its kin; `sign(u)*abs(u)` is u."""
        for base, exponent in list(powers.items()):
            other = _RATIOS.get(base.op)
            if other is not None and isinstance(exponent, int) and exponent > 0:
                below = make(other[0], *base.args)
                if powers.get(below) == -exponent:
                    ratio = self.power(make(other[1], *base.args), number(exponent))
                    gone = {base, below}
                    rest = [f for f in factors if self.base_and_exponent(f)[0] not in gone]
                    return [*rest, ratio]
            if base.op is table.SIGN and exponent == 1:
                size = make(table.ABS, *base.args)
                if powers.get(size) == 1 and base.args[0].op is not table.MUL and base.args[0] not in powers:
                    return [f for f in factors if f is not base and f is not size] + [base.args[0]]
        return factors
