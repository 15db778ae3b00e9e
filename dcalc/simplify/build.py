"""Constructors that keep expressions simplified: sums, products and powers.

A simplified sum is one ADD node of unlike terms; a product is one MUL node, a number
first, of powers of unlike bases; quotients are negative powers. Every identity used here
holds wherever what went in is defined; their names and conditions are in `identities`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import gcd

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, Number, exact, make, number
from dcalc.functions import Row
from dcalc.numerals import terminates
from dcalc.simplify import identities
from dcalc.simplify.order import factor_key, term_key

MAX_BITS = 1 << 17
"""Constant powers larger than this are never multiplied out."""
_FLAT = 24
"""A shared sum or product of more parts than this stays whole inside another."""

Exponent = Number | Expr


class Build:
    """The constructors, for one expression.

    ``decimals`` is true where the input holds decimals: then rationals that terminate are
    written as decimals too (`0.3*x`), else as quotients (`3*x/10`).
    """

    def __init__(self, decimals: bool = False) -> None:
        self.decimals = decimals

    def apply(self, op: Row, args: tuple[Expr, ...]) -> Expr:
        """The simplified form of an operator or function of simplified arguments."""
        rule = _OPERATORS.get(op)
        if rule is not None:
            return rule(self, args)
        if op in table.CONDITIONS or not args:
            return make(op, *args)
        return identities.call(self, op, args)

    # --- numbers ----------------------------------------------------------------------

    def number(self, value: Number) -> Expr:
        """The node of a rational, in the style of the input."""
        if isinstance(value, int) or value.denominator == 1:
            return number(value.numerator)
        if self.decimals and terminates(value) and value.denominator < 10**16:
            return number(value)
        below = make(table.POW, number(value.denominator), MINUS_ONE)
        return below if value.numerator == 1 else make(table.MUL, number(value.numerator), below)

    def _exponent(self, exponent: Exponent) -> Expr:
        if isinstance(exponent, Expr):
            return exponent
        return number(exponent) if type(exponent) is int else Build.number(self, exponent)

    # --- sums -------------------------------------------------------------------------

    def add(self, terms: Iterable[Expr]) -> Expr:
        """The sum, like terms collected, in the stable order. n log n."""
        constant: Number = 0
        counts: dict[Expr, Number] = {}
        for term in terms:
            parts = term.args if term.op is table.ADD and len(term.args) <= _FLAT else (term,)
            for part in parts:
                value = exact(part)
                if value is not None:
                    constant += value
                    continue
                coefficient, rest = self.split(part)
                if rest.op is table.ADD and len(rest.args) <= _FLAT and _is_short(rest):
                    constant += self._distribute(counts, coefficient, rest)
                else:
                    counts[rest] = counts.get(rest, 0) + coefficient
        if len(counts) > 1:
            constant += identities.collapse_squares(counts)
        return self._sum(counts, constant)

    def _distribute(self, counts: dict[Expr, Number], coefficient: Number, inner: Expr) -> Number:
        """`c*(a + b)` among other terms is c*a + c*b; returns what adds to the constant."""
        constant: Number = 0
        for part in inner.args:
            value = exact(part)
            if value is not None:
                constant += coefficient * value
            else:
                own, rest = self.split(part)
                counts[rest] = counts.get(rest, 0) + coefficient * own
        return constant

    def _sum(self, counts: dict[Expr, Number], constant: Number) -> Expr:
        live = [(rest, count) for rest, count in counts.items() if count]
        if not live:
            return self.number(constant)
        if len(live) == 1 and not constant:
            return self.scaled(live[0][1], live[0][0])
        if len(live) > 1:
            live.sort(key=lambda pair: term_key(pair[0]))
        terms = [self.scaled(count, rest) for rest, count in live]
        positive = [count > 0 for _, count in live]
        if constant:
            place = sum(1 for rest, _ in live if not term_key(rest)[0])
            terms.insert(place, self.number(constant))
            positive.insert(place, constant > 0)
        if not positive[0] and True in positive:
            terms.insert(0, terms.pop(positive.index(True)))
        return make(table.ADD, *terms)

    def split(self, term: Expr) -> tuple[Number, Expr]:
        """A term as number times the rest."""
        if term.op is not table.MUL:
            return 1, term
        args = term.args
        first = args[0]
        value: Number = 1
        start, end = 0, len(args)
        if first.op is table.NUMBER:
            value, start = first.args[0], 1
        last = args[-1]
        if last.op is table.POW and last.args[0].op is table.NUMBER:
            below = exact(last)
            if below is not None:
                value, end = value * below, end - 1
        if start == 0 and end == len(args):
            return 1, term
        return value, args[start] if end - start == 1 else make(table.MUL, *args[start:end])

    def scaled(self, value: Number, rest: Expr) -> Expr:
        """A number times a product that has none."""
        if value == 1:
            return rest
        if value == -1 and rest.op is table.ADD:
            return self._negated(rest)
        return self._assemble(value, rest.args if rest.op is table.MUL else (rest,))

    def _negated(self, inner: Expr) -> Expr:
        """`-(a - b)` is b - a."""
        if len(inner.args) > _FLAT:
            return make(table.MUL, MINUS_ONE, inner)
        return self.add([self.mul((MINUS_ONE, part)) for part in inner.args])

    # --- products ---------------------------------------------------------------------

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product, powers of equal bases merged, in the stable order."""
        value: Number = 1
        powers: dict[Expr, Exponent] = {}
        merged = False
        for factor in factors:
            parts = factor.args if factor.op is table.MUL and len(factor.args) <= _FLAT else (factor,)
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
        if not value:
            return ZERO
        if merged:
            return self._merged(value, powers)
        return self._product(value, [self._raised(b, e) for b, e in powers.items()], powers)

    def _merged(self, value: Number, powers: dict[Expr, Exponent]) -> Expr:
        """Some exponents have been added up, so some powers may simplify further."""
        loose = [self.power(base, self._exponent(e)) for base, e in powers.items() if e != 0]
        again = [f for f in loose if f.op is table.MUL or exact(f) is not None]
        if again:
            return self.mul([self.number(value), *loose])
        return self._product(value, loose, dict(map(self.base_and_exponent, loose)))

    def _product(self, value: Number, factors: list[Expr], powers: dict[Expr, Exponent]) -> Expr:
        if len(factors) > 1:
            factors = identities.collapse_ratio(self, factors, powers)
        if len(factors) > 1 or value != 1:
            value = self._extract(value, factors)
            factors.sort(key=factor_key)
        if type(value) is Fraction and value.denominator == 1:
            value = value.numerator
        if not factors:
            return self.number(value)
        if len(factors) == 1:
            return self.scaled(value, factors[0]) if factors[0].op is not table.MUL else self.mul([self.number(value), *factors])
        return self._assemble(value, tuple(factors))

    def _assemble(self, value: Number, factors: tuple[Expr, ...]) -> Expr:
        coefficient = self.number(value)
        if coefficient is ONE:
            return factors[0] if len(factors) == 1 else make(table.MUL, *factors)
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
            if factor.op is not table.ADD or len(factor.args) > _FLAT:
                continue
            parts = [self._counted(arg) for arg in factor.args]
            content = gcd(*(part[0] if type(part[0]) is int else 1 for part in parts))
            if all(part[0] < 0 for part in parts):
                content = -content
            if content != 1 and len(factors) > 1 or type(value) is Fraction and gcd(content, value.denominator) > 1:
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

    def _raised(self, base: Expr, exponent: Exponent) -> Expr:
        """The power of a pair that `base_and_exponent` gave."""
        if exponent == 1:
            return base
        if base.op is table.E:
            return make(table.EXP, self._exponent(exponent))
        return make(table.POW, base, self._exponent(exponent))

    def _plus(self, left: Exponent, right: Exponent) -> Exponent:
        if isinstance(left, Expr) or isinstance(right, Expr):
            total = self.add((self._exponent(left), self._exponent(right)))
            value = exact(total)
            return total if value is None else value
        total_number = left + right
        return total_number.numerator if total_number.denominator == 1 else total_number

    # --- powers -----------------------------------------------------------------------

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power, with nested powers merged where that holds everywhere."""
        value = exact(exponent)
        if value == 1:
            return base
        if value == 0 or base is ONE:
            return ONE
        if base.op is table.E:
            return self._exponential(exponent)
        if base.op is table.EXP:
            return self._exponential(self.mul((base.args[0], exponent)))
        if value is None:
            return make(table.POW, base, exponent)
        if type(value) is int:
            return self._whole_power(base, value, exponent)
        return self._broken_power(base, Fraction(value), exponent)

    def _exponential(self, exponent: Expr) -> Expr:
        return identities.exponential(self, exponent)

    def _whole_power(self, base: Expr, value: int, exponent: Expr) -> Expr:
        number_base = exact(base)
        if number_base is not None:
            return self._number_power(base, Fraction(number_base), value, exponent)
        if base.op is table.MUL:
            return self.mul([self.power(factor, exponent) for factor in base.args])
        if base.op is table.POW:
            return self.power(base.args[0], self.mul((base.args[1], exponent)))
        if base.op is table.ABS and value % 2 == 0:
            return self.power(base.args[0], exponent)
        return make(table.POW, base, exponent)

    def _number_power(self, base: Expr, number_base: Fraction, value: int, exponent: Expr) -> Expr:
        bits = abs(value) * max(number_base.numerator.bit_length(), number_base.denominator.bit_length())
        if abs(number_base) != 1 and bits > MAX_BITS or not number_base and value < 0:
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
        if type(a) is int and a % 2 == 0 and not (total.denominator == 1 and total % 2 == 0):
            inner = identities.call(self, table.ABS, (inner,))
        return self.power(inner, self.number(total))

    def _root(self, base: Expr, number_base: Fraction, value: Fraction, exponent: Expr) -> Expr:
        """2**(3/2) is 2*2**(1/2); 4**(1/2) is 2; of a negative base nothing is known."""
        if number_base < 0 or not number_base and value < 0:
            return make(table.POW, base, exponent)
        result = _exact_power(number_base, value)
        if result is not None:
            return self.number(result)
        whole = value.numerator // value.denominator
        if not whole:
            return make(table.POW, base, exponent)
        rest = make(table.POW, base, self.number(value - whole))
        return self.mul((self.power(base, number(whole)), rest))


def _is_short(inner: Expr) -> bool:
    """Whether a sum's constant is of a size that one would still multiply out."""
    return all(exact(arg) is None or arg.op is not table.NUMBER or abs(arg.args[0]) < 1 << 256 for arg in inner.args)


_OPERATORS: dict[Row, Callable[[Build, tuple[Expr, ...]], Expr]] = {
    table.ADD: Build.add,
    table.SUB: lambda build, args: build.add((args[0], build.mul((MINUS_ONE, args[1])))),
    table.NEG: lambda build, args: build.mul((MINUS_ONE, args[0])),
    table.MUL: Build.mul,
    table.DIV: lambda build, args: build.mul((args[0], build.power(args[1], MINUS_ONE))),
    table.POW: lambda build, args: build.power(*args),
}


def _exact_power(base: Fraction, value: Fraction) -> Fraction | None:
    """base**value where that is rational and small, for base >= 0."""
    if max(base.numerator.bit_length(), base.denominator.bit_length()) * abs(value.numerator) > MAX_BITS:
        return None
    above = _exact_root(base.numerator, value.denominator)
    below = _exact_root(base.denominator, value.denominator)
    if above is None or below is None or not above and value < 0:
        return None
    return Fraction(above, below) ** value.numerator


def _exact_root(value: int, degree: int) -> int | None:
    """The whole degree-th root of a whole number, if it has one."""
    if value < 2:
        return value
    if degree > value.bit_length():
        return None
    guess = 1 << -(-value.bit_length() // degree)
    while (better := ((degree - 1) * guess + value // guess ** (degree - 1)) // degree) < guess:
        guess = better
    return guess if guess**degree == value else None
