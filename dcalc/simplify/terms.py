"""Sums and products taken apart for rewriting: powers of a term, common factors and divisors, products multiplied out.

All of it is for short sums: what is written by hand, not what a program writes. Exact division has arithmetic of its
own: flint would cost a program's start for a few terms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from math import gcd, lcm, prod
from typing import Any

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, ONE, Expr, Number, exact
from dcalc.numerals import whole_root
from dcalc.simplify.arithmetic import factors_of, read_coefficient
from dcalc.simplify.build import Build
from dcalc.simplify.cost import Costs

# --- exact division -----------------------------------------------------------------------

_MOST_STEPS = 24
_MOST_MONOMIALS = 200
"""Polynomials that may have more terms, by their bases and degrees, are not searched for common divisors."""
_MOST_POINTS = 3
Exponents = tuple[Number, ...]
"""The exponents of the bases, in an order that all polynomials of a question have in common."""
Polynomial = dict[Exponents, Number]


def divide(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """The quotient by the first monomial in lexical order; None where a rest is left. Quadratic in the terms."""
    lead, top = max(divisor), max(dividend)
    last, bottom = min(divisor), min(dividend)
    if any(a < b for a, b in zip(top, lead, strict=True)) or any(a < b for a, b in zip(bottom, last, strict=True)):
        return None
    if any(count < 0 for side in (dividend, divisor) for monomial in side for count in monomial):
        return None
    scale = Fraction(1) / divisor[lead]
    rest = dict(dividend)
    quotient: Polynomial = {}
    while rest:
        top = max(rest)
        step = tuple([a - b for a, b in zip(top, lead, strict=True)])
        if len(quotient) > _MOST_STEPS or any(count < 0 for count in step):
            return None
        value = quotient[step] = rest[top] * scale
        for monomial, part in divisor.items():
            place = tuple([a + b for a, b in zip(monomial, step, strict=True)])
            left = rest.get(place, 0) - value * part
            if left:
                rest[place] = left
            else:
                rest.pop(place, None)
    return quotient


def common_divisor(first: Polynomial, second: Polynomial) -> Polynomial | None:
    """The greatest polynomial with whole coefficients that divides both; None where that is a monomial, or where they
    have large or negative exponents.

    By the heuristic algorithm of Char, Geddes and Gonnet (J. Symbolic Comput. 7, 1989): the divisor of the values where
    the bases are large numbers, read as digits to them. Divisions decide whether it is one.
    """
    columns = list(zip(*first, *second, strict=True))
    if any(count < 0 for counts in columns for count in counts):
        return None
    roots = [lcm(*[count.denominator for count in counts]) for counts in columns]
    degrees = [int(max(counts) * root) for counts, root in zip(columns, roots, strict=True)]
    if prod(degree + 1 for degree in degrees) > _MOST_MONOMIALS:
        return None
    pair = [_clear_denominators(polynomial, roots) for polynomial in (first, second)]
    least = 2 * min(max(map(abs, polynomial.values())) for polynomial in pair) + 29
    for _ in range(_MOST_POINTS):
        point = [least]
        for degree in degrees[:-1]:
            point.append(point[-1] ** (degree + 1) + 1)
        values = [
            sum(value * prod(map(pow, point, monomial)) for monomial, value in polynomial.items())
            for polynomial in pair
        ]
        digits = _read_digits(gcd(*values), point)
        if len(digits) < 2:
            return None
        divisor: Polynomial = {tuple(map(Fraction, monomial, roots)): digit for monomial, digit in digits.items()}
        if divide(first, divisor) is not None and divide(second, divisor) is not None:
            return divisor
        least = least * 73 // 27
    return None


def _clear_denominators(polynomial: Polynomial, roots: list[int]) -> dict[tuple[int, ...], int]:
    """A multiple in whole numbers that have no common divisor, in roots of the bases in which exponents are whole."""
    scale = lcm(*[value.denominator for value in polynomial.values()])
    content = gcd(*[int(value * scale) for value in polynomial.values()])
    return {
        tuple([int(count * root) for count, root in zip(monomial, roots, strict=True)]): int(value * scale) // content
        for monomial, value in polynomial.items()
    }


def _read_digits(value: int, point: list[int]) -> dict[tuple[int, ...], int]:
    """The polynomial with small coefficients that has a value at a point, each number of which is larger than what
    those before can make; its coefficients without a common divisor, the first in lexical order positive."""
    parts: dict[tuple[int, ...], int] = {(): value}
    for base in reversed(point):
        digits: dict[tuple[int, ...], int] = {}
        for monomial, part in parts.items():
            place = 0
            while part:
                digit = (part + base // 2) % base - base // 2
                part = (part - digit) // base
                if digit:
                    digits[place, *monomial] = digit
                place += 1
        parts = digits
    content = gcd(*parts.values()) if parts[max(parts)] > 0 else -gcd(*parts.values())
    return {monomial: digit // content for monomial, digit in parts.items()}


# --- terms and factors --------------------------------------------------------------------

Base = tuple[Expr, Expr | None]
"""A base, and the part of its exponent that is not a number: x**(n - 1) is (x, n) to the -1."""
Monomial = frozenset[tuple[Base, Number]]
"""The powers in a product, without its number."""
Taken = tuple[list[Expr], Expr]
"""Factors, and the rest of a sum."""
MOST_TERMS = 40
"""A product of sums is not multiplied out where it has more terms."""
HIGHEST = 6
"""Powers of sums above this are not multiplied out."""
_MOST_BY_CHANCE = 100
"""Values of two sums at large whole numbers that have no greater divisor in common: the sums have none."""


def terms_of(node: Expr) -> tuple[Expr, ...]:
    """The terms of a sum; any other node is the only one."""
    return node.args if node.op is table.ADD else (node,)


def whole_power(factor: Expr) -> tuple[Expr, int]:
    """(base, exponent) of a factor; a power whose exponent is not a whole number is a base to the 1."""
    if factor.op is table.POW:
        count = exact(factor.args[1])
        if type(count) is int:
            return factor.args[0], count
    return factor, 1


def sum_power(factor: Expr) -> tuple[Expr, Number] | None:
    """(sum, exponent) of a factor that is a power of a sum with a number as exponent, else None."""
    if factor.op is table.ADD:
        return factor, 1
    if factor.op is table.POW and factor.args[0].op is table.ADD:
        count = exact(factor.args[1])
        if count is not None:
            return factor.args[0], count
    return None


def _repetitions(factor: Expr) -> int:
    """How often a sum stands in a product, 0 where the factor is not one."""
    if factor.op is table.ADD:
        return 1
    if factor.op is table.POW and factor.args[0].op is table.ADD:
        count = exact(factor.args[1])
        if type(count) is int and 0 < count <= HIGHEST:
            return count
    return 0


def is_product_of_sums(term: Expr) -> bool:
    """Whether a term has a factor that can be multiplied out."""
    return term.op is not table.ADD and any(map(_repetitions, factors_of(term)))


def _has_decimal(term: Expr) -> bool:
    """Whether a term is a number that is not whole, or has one in front."""
    first = factors_of(term)[0]
    return first.op is table.NUMBER and type(first.args[0]) is not int


def is_multiple(base: Base) -> bool:
    """Whether the number of a base is a multiple of the exponent's other part, as in exp(2*x), and not added to it.

    Powers of positive constants may be split like that; those of a variable may not: x**(2*n) has values for negative
    x that (x**n)**2 has not.
    """
    return base[1] is not None and (base[0].op is table.E or base[0].op is table.NUMBER)


class Algebra(Build):
    """The constructors, with what takes their nodes apart. It remembers what it has made and read: forms of the same
    sum have many factors in common."""

    def __init__(self, decimals: bool = False) -> None:
        super().__init__(decimals)
        self.cost = Costs()
        self.traits: dict[int, Any] = {}
        """What `shorten` has found of nodes."""
        self._products: dict[tuple[Expr, ...], Expr] = {}
        self._raised: dict[tuple[Expr, Expr], Expr] = {}
        self._powers: dict[int, dict[Base, Number]] = {}
        self._taken: dict[tuple[int, bool], Taken | None] = {}
        self._quotients: dict[tuple[int, int], Expr | None] = {}
        self._divisors: dict[tuple[int, int], Expr | None] = {}
        self._samples: dict[int, int | None] = {}
        self._coordinates: dict[Base, int] = {}
        self._terms: dict[int, list[tuple[Number, dict[Base, Number]]]] = {}

    def count_remembered(self) -> int:
        """How many products and powers it has made, and terms it has read."""
        return len(self._products) + len(self._raised) + len(self._powers)

    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product."""
        parts = tuple(factors)
        product = self._products.get(parts)
        if product is None:
            product = self._products[parts] = super().mul(parts)
        return product

    def power(self, base: Expr, exponent: Expr) -> Expr:
        """The power."""
        pair = base, exponent
        power = self._raised.get(pair)
        if power is None:
            power = self._raised[pair] = super().power(base, exponent)
        return power

    def read_powers(self, term: Expr) -> dict[Base, Number]:
        """The powers in a term, without its number."""
        powers = self._powers.get(term.id)
        if powers is None:
            powers = self._powers[term.id] = {}
            for factor in factors_of(term):
                if factor.op is not table.NUMBER:
                    self._read_factor(powers, factor)
        return powers

    def _read_factor(self, powers: dict[Base, Number], factor: Expr) -> None:
        base, exponent = self.base_and_exponent(factor)
        if not isinstance(exponent, Expr):
            if base.op is not table.NUMBER or type(exponent) is not int:
                powers[base, None] = exponent
        elif base.op is table.E or (base.op is table.NUMBER and base.args[0] > 0):
            count, rest = self.split(exponent)
            powers[base, rest] = count
        else:
            rest, offset = self._split_offset(exponent)
            powers[base, rest] = offset

    def _split_offset(self, exponent: Expr) -> tuple[Expr, Number]:
        if exponent.op is not table.ADD:
            return exponent, 0
        offset = sum((value for arg in exponent.args if (value := exact(arg)) is not None), 0)
        return (self.add((exponent, self.number(-offset))), offset) if offset else (exponent, 0)

    def power_of(self, base: Base, count: Number, sign: int = 1) -> Expr:
        """The factor that `read_powers` has read, or its inverse with ``sign`` -1."""
        body, rest = base
        if rest is None:
            return self.power(body, self._exponent(sign * count))
        value = self.number(count)
        exponent = self.mul((value, rest)) if is_multiple(base) else self.add((rest, value))
        return self.power(body, exponent if sign > 0 else self.mul((MINUS_ONE, exponent)))

    def take_out(self, node: Expr, *, below: bool) -> Taken | None:
        """(factors, rest) of a sum, whose product it is; None where its terms have nothing in common.

        With ``below`` over a common denominator. The product has a value wherever the sum has one: what is taken out
        stands in the sum already, and where it is below the line it is not 0.
        """
        key = (node.id, below)
        if key not in self._taken:
            has_line = below and (self.has_quotients(node) or self.has_fractions(node))
            own = (node.id, has_line)  # without a line both questions are one
            if own not in self._taken:
                powers = [self.read_powers(term) for term in node.args]
                common = common_powers(powers, below=has_line) if has_line or all(powers) else {}
                self._taken[own] = self._take_out(node.args, common, self._content(node.args, has_line))
            self._taken[key] = self._taken[own]
        return self._taken[key]

    def _take_out(self, terms: Sequence[Expr], common: dict[Base, Number], number: Number) -> Taken | None:
        if not common and number == 1:
            return None
        outside = [self.power_of(base, count) for base, count in common.items()]
        inverse = [self.power_of(base, count, -1) for base, count in common.items()]
        if number != 1:
            outside.append(self.number(number))
            inverse.append(self.number(1 / Fraction(number)))
        return outside, self.add([self.mul((term, *inverse)) for term in terms])

    def _content(self, terms: Sequence[Expr], below: bool) -> Number:
        """The number that divides all terms; with ``below`` such that no fraction is left. 1 where there are
        decimals."""
        above = divider = 0
        for term in terms:
            number = read_coefficient(term)
            if type(number) is int:
                above, divider = gcd(above, number), lcm(divider or 1, 1) if below else gcd(divider, 1)
            elif self.decimals:
                return 1
            else:
                above = gcd(above, number.numerator)
                divider = lcm(divider or 1, number.denominator) if below else gcd(divider, number.denominator)
        return above if divider == 1 else Fraction(above, divider)

    def has_quotients(self, node: Expr) -> bool:
        """Whether something stands below the line in a term of a sum."""
        return any(
            count < 0 and base[1] is None for term in node.args for base, count in self.read_powers(term).items()
        )

    def has_fractions(self, node: Expr) -> bool:
        """Whether a number stands below the line in a term of a sum."""
        return not self.decimals and any(type(read_coefficient(term)) is not int for term in node.args)

    def square_root(self, term: Expr) -> Expr | None:
        """What a term is the square of, wherever that has a value: only even powers count. None where it is none."""
        value = Fraction(read_coefficient(term))
        above, below = whole_root(abs(value.numerator), 2), whole_root(value.denominator, 2)
        powers = self.read_powers(term).items()
        is_even = all(count % 2 == 0 and (base[1] is None or is_multiple(base)) for base, count in powers)
        if value < 0 or above is None or below is None or not is_even:
            return None
        roots = [self.power_of(base, int(count) // 2) for base, count in powers]
        return self.mul([self.number(Fraction(above, below)), *roots])

    def multiply_out(self, node: Expr) -> Expr | None:
        """A sum without products of sums; None where it would have more than `MOST_TERMS` terms or nothing changes."""
        out: list[Expr] = []
        changed = False
        for term in terms_of(node):
            if not is_product_of_sums(term):
                out.append(term)
                continue
            product = self._multiply(term)
            if product is None or len(out) + len(product) > MOST_TERMS:
                return None
            out += product
            changed = True
        return self.add(out) if changed else None

    def has_like_products(self, node: Expr) -> bool:
        """Whether terms of a sum meet when it is multiplied out: found by counting, without making any node."""
        seen: set[Monomial] = set()
        for term in terms_of(node):
            monomials: list[Monomial] = [frozenset()]
            for factor in factors_of(term):
                for _ in range(_repetitions(factor) or 1):
                    parts = (
                        (factor.args[0] if factor.op is table.POW else factor).args
                        if _repetitions(factor)
                        else (factor,)
                    )
                    if len(monomials) * len(parts) > MOST_TERMS:
                        return False
                    monomials = [self._join(monomial, part) for monomial in monomials for part in parts]
            if not seen.isdisjoint(monomials):
                return True
            seen.update(monomials)
        return False

    def _join(self, monomial: Monomial, part: Expr) -> Monomial:
        """A monomial times a term, without their numbers."""
        powers = dict(monomial)
        for base, count in self.read_powers(part).items():
            powers[base] = powers.get(base, 0) + count
        return frozenset((base, count) for base, count in powers.items() if count)

    def _multiply(self, term: Expr) -> Sequence[Expr] | None:
        """The terms of one product."""
        product: Sequence[Expr] = (ONE,)
        for factor in factors_of(term):
            count = _repetitions(factor)
            if not count:
                product = [self.mul((left, factor)) for left in product]
                continue
            parts = (factor.args[0] if factor.op is table.POW else factor).args
            if count > 1 and self.decimals and any(_has_decimal(part) for part in parts):
                return None  # (x - 0.5)**2 is what was meant; multiplied out it has other digits
            for _ in range(count):
                if len(product) * len(parts) > MOST_TERMS:
                    return None
                product = terms_of(self.add([self.mul((left, right)) for left in product for right in parts]))
        return product

    def quotient_of(self, above: Expr, below: Expr) -> Expr | None:
        """The quotient of two sums where the division leaves no rest, else None."""
        key = (above.id, below.id)
        if key not in self._quotients:
            self._quotients[key] = self._combine(divide, above, below) if self.may_share(above, below) else None
        return self._quotients[key]

    def may_share(self, first: Expr, second: Expr) -> bool:
        """Whether two sums may have a divisor in common: most have not, and neither have their values at whole
        numbers."""
        values = self._sample(first), self._sample(second)
        return None in values or gcd(*values) > _MOST_BY_CHANCE  # type: ignore[arg-type]  # no None

    def common_divisor(self, first: Expr, second: Expr) -> Expr | None:
        """The greatest sum that divides two sums, None where there is none."""
        key = (first.id, second.id)
        if key not in self._divisors:
            self._divisors[key] = self._combine(common_divisor, first, second)
        return self._divisors[key]

    def _combine(
        self, operation: Callable[[Polynomial, Polynomial], Polynomial | None], first: Expr, second: Expr
    ) -> Expr | None:
        """What an operation makes of two sums as polynomials in their powers; None where it makes nothing, or where
        the second has a base that is not in the first."""
        bases = {base: None for part in self._read_terms(first) for base in part[1]}
        if any(base not in bases for part in self._read_terms(second) for base in part[1]):
            return None
        dividend, divisor = (
            {tuple([powers.get(base, 0) for base in bases]): value for value, powers in self._read_terms(node)}
            for node in (first, second)
        )
        polynomial = operation(dividend, divisor)
        if polynomial is None:
            return None
        return self.add([
            self.mul([
                self.number(value),
                *(self.power_of(base, count) for base, count in zip(bases, monomial, strict=True) if count),
            ])
            for monomial, value in polynomial.items()
        ])  # fmt: skip

    def _read_terms(self, node: Expr) -> list[tuple[Number, dict[Base, Number]]]:
        """The number and the powers of each term of a sum; a power that may not be split is a base to the 1."""
        terms = self._terms.get(node.id)
        if terms is None:
            terms = self._terms[node.id] = []
            for term in node.args:
                powers: dict[Base, Number] = {}
                value, rest = self.split_number(term)
                for base, count in self.read_powers(rest).items():
                    if base[1] is None or is_multiple(base):
                        powers[base] = count
                    else:
                        powers[self.power_of(base, count), None] = 1
                terms.append((value, powers))
        return terms

    def _sample(self, node: Expr) -> int | None:
        """The value of a sum where each base is some whole number, in lowest terms; None where it has fractions."""
        if node.id not in self._samples:
            self._samples[node.id] = self._evaluate_sample(node)
        return self._samples[node.id]

    def _evaluate_sample(self, node: Expr) -> int | None:
        total = common = 0
        for number, powers in self._read_terms(node):
            value = number
            for base, count in powers.items():
                if type(count) is not int or count < 0:
                    return None
                value *= self._coordinates.setdefault(base, 10_007 + 2_011 * len(self._coordinates)) ** count
            if type(number) is not int or type(value) is not int:
                return None
            total += value
            common = gcd(common, number)
        return total // common


def common_powers(powers: Sequence[dict[Base, Number]], *, below: bool) -> dict[Base, Number]:
    """What divides all terms; with ``below`` also what stands below the line in only some of them."""
    common: dict[Base, Number] = {}
    first = powers[0]
    bases = dict.fromkeys(base for term in powers for base in term) if below else first
    for base in bases:
        present = [term[base] for term in powers if base in term]
        everywhere = len(present) == len(powers)
        if base[1] is not None and not is_multiple(base):  # x**n has no power 0 of its own
            if everywhere:
                common[base] = min(present)
            continue
        lowest = min(present) if everywhere else min(0, *present)
        # exp(-x) is not below a line: it is taken out where all terms have it.
        if lowest < 0 and (not below or base[1] is not None):
            lowest = max(present) if everywhere and max(present) < 0 else 0
        if lowest:
            common[base] = lowest
    return common
