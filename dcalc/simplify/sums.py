"""Simplified sums: one ADD node of unlike terms, each a number times the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, Expr, Number, exact, make, number
from dcalc.numerals import decimal, terminates
from dcalc.simplify.order import term_key

FLAT = 24
"""A shared sum or product of more parts than this stays whole inside another."""
_SHORT = 1 << 256
"""Constants beyond this are not multiplied out any more."""
_LONGEST_DECIMAL = 24
_TWO = number(2)
_SQUARES = (  # f(u)**2 + sign*g(u)**2 = value
    (table.SIN, table.COS, 1, 1),
    (table.SEC, table.TAN, -1, 1),
    (table.CSC, table.COT, -1, 1),
    (table.COSH, table.SINH, -1, 1),
)
_SQUARED = {row for rows in _SQUARES for row in rows[:2]}


def quotient(value: Fraction) -> Expr:
    """A rational as p/q, never as a decimal."""
    below = make(table.POW, number(value.denominator), MINUS_ONE)
    return below if value.numerator == 1 else make(table.MUL, number(value.numerator), below)


class Sums(ABC):
    """Constructors of numbers and sums, for one expression.

    ``decimals`` is true where the input holds decimals: then rationals that terminate are
    written as decimals too (`0.3*x`), else as quotients (`3*x/10`).
    """

    def __init__(self, decimals: bool = False) -> None:
        self.decimals = decimals

    @abstractmethod
    def mul(self, factors: Iterable[Expr]) -> Expr:
        """The product."""

    @abstractmethod
    def assembled(self, value: Number, factors: tuple[Expr, ...]) -> Expr:
        """The product of a number and factors that are sorted and unlike."""

    def number(self, value: Number) -> Expr:
        """The node of a rational, in the style of the input."""
        if isinstance(value, int) or value.denominator == 1:
            return number(value.numerator)
        value = Fraction(value)
        if self.decimals and terminates(value) and len(decimal(value)) <= _LONGEST_DECIMAL:
            return number(value)
        return quotient(value)

    def add(self, terms: Iterable[Expr]) -> Expr:
        """The sum, like terms collected, in the stable order. n log n."""
        counts: dict[Expr, Number] = {}
        constant = self._collect(counts, terms)
        while len(counts) > 1 and (made := self._collapsed(counts)):
            constant += self._collect(counts, made)
        return self._sum(counts, constant)

    def _collect(self, counts: dict[Expr, Number], terms: Iterable[Expr]) -> Number:
        """Count the terms by what they are multiples of; returns what is constant."""
        constant: Number = 0
        for term in terms:
            parts = term.args if term.op is table.ADD and len(term.args) <= FLAT else (term,)
            for part in parts:
                value = exact(part)
                if value is not None:
                    constant += value
                    continue
                coefficient, rest = self.split(part)
                if rest.op is table.ADD and len(rest.args) <= FLAT and _is_short(rest):
                    constant += self._distribute(counts, coefficient, rest)
                else:
                    counts[rest] = counts.get(rest, 0) + coefficient
        return constant

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
        keyed = sorted(((term_key(rest), rest, count) for rest, count in live), key=lambda entry: entry[0])
        terms = [self.scaled(count, rest) for _, rest, count in keyed]
        positive = [count > 0 for _, _, count in keyed]
        if constant:
            place = sum(1 for key, _, _ in keyed if not key[0])  # behind the polynomial terms
            terms.insert(place, self.number(constant))
            positive.insert(place, constant > 0)
        if not positive[0] and True in positive:
            terms.insert(0, terms.pop(positive.index(True)))
        return make(table.ADD, *terms)

    def _collapsed(self, counts: dict[Expr, Number]) -> list[Expr]:
        """`c*sin(u)**2 + c*cos(u)**2` is c: takes such pairs out, and returns what they make."""
        made = []
        for term in [term for term in counts if _square_in(term) is not None]:
            square = _square_in(term)
            if square is None or not counts[term]:
                continue
            for first, second, sign, value in _SQUARES:
                if square.args[0].op is first:
                    others = [factor for factor in _factors(term) if factor is not square]
                    partner = self.mul([*others, make(table.POW, make(second, *square.args[0].args), _TWO)])
                    if counts.get(partner) == sign * counts[term]:
                        made.append(self.mul([self.number(value * counts[term]), *others]))
                        counts[term] = counts[partner] = 0
        return made

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
        return self.assembled(value, rest.args if rest.op is table.MUL else (rest,))

    def _negated(self, inner: Expr) -> Expr:
        """`-(a - b)` is b - a."""
        if len(inner.args) > FLAT:
            return make(table.MUL, MINUS_ONE, inner)
        return self.add([self.mul((MINUS_ONE, part)) for part in inner.args])


def _is_short(inner: Expr) -> bool:
    """Whether a sum's constant is of a size that one would still multiply out."""
    return all(exact(arg) is None or arg.op is not table.NUMBER or abs(arg.args[0]) < _SHORT for arg in inner.args)


def _factors(term: Expr) -> tuple[Expr, ...]:
    return term.args if term.op is table.MUL else (term,)


def _square_in(term: Expr) -> Expr | None:
    """The factor f(u)**2 of a term that may collapse with another."""
    for factor in _factors(term):
        if factor.op is table.POW and factor.args[1] is _TWO and factor.args[0].op in _SQUARED:
            return factor
    return None
