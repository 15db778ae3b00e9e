"""Simplified sums: one ADD node of unlike terms, each a number times the rest."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from dcalc import functions as table
from dcalc.expr import MINUS_ONE, Expr, Number, exact, make, number
from dcalc.numerals import terminates
from dcalc.simplify.order import term_key

FLAT = 24
"""A shared sum or product of more parts than this stays whole inside another."""
_SHORT = 1 << 256
"""Constants beyond this are not multiplied out any more."""
_TWO = number(2)
_SQUARES = (  # f(u)**2 + sign*g(u)**2 = value
    (table.SIN, table.COS, 1, 1),
    (table.SEC, table.TAN, -1, 1),
    (table.CSC, table.COT, -1, 1),
    (table.COSH, table.SINH, -1, 1),
)
_SQUARED = {row for rows in _SQUARES for row in rows[:2]}


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
        if self.decimals and terminates(value) and value.denominator < 10**16:
            return number(value)
        below = make(table.POW, number(value.denominator), MINUS_ONE)
        return below if value.numerator == 1 else make(table.MUL, number(value.numerator), below)

    def add(self, terms: Iterable[Expr]) -> Expr:
        """The sum, like terms collected, in the stable order. n log n."""
        constant: Number = 0
        counts: dict[Expr, Number] = {}
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
        if len(counts) > 1:
            constant += collapse_squares(counts)
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
        return self.assembled(value, rest.args if rest.op is table.MUL else (rest,))

    def _negated(self, inner: Expr) -> Expr:
        """`-(a - b)` is b - a."""
        if len(inner.args) > FLAT:
            return make(table.MUL, MINUS_ONE, inner)
        return self.add([self.mul((MINUS_ONE, part)) for part in inner.args])


def _is_short(inner: Expr) -> bool:
    """Whether a sum's constant is of a size that one would still multiply out."""
    return all(exact(arg) is None or arg.op is not table.NUMBER or abs(arg.args[0]) < _SHORT for arg in inner.args)


def collapse_squares(counts: dict[Expr, Number]) -> Number:
    """`c*sin(u)**2 + c*cos(u)**2` is c; returns what adds to the constant."""
    constant: Number = 0
    for term in [t for t in counts if t.op is table.POW and t.args[1] is _TWO and t.args[0].op in _SQUARED]:
        for first, second, sign, value in _SQUARES:
            if term.args[0].op is first and counts.get(term):
                partner = make(table.POW, make(second, *term.args[0].args), _TWO)
                if counts.get(partner) == sign * counts[term]:
                    constant += value * counts[term]
                    counts[term] = counts[partner] = 0
    return constant
