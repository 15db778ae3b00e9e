"""Exact places in a gap at which something may happen: a curve is judged there, and not at a double beside it.

Nothing is claimed by a place: it is tried, and the verdict there decides.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import islice
from typing import NamedTuple

from dcalc import functions as table
from dcalc.analysis.plot.oracle import Place
from dcalc.coordinates import find_distances, nearest_double
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, make, number, substitute, variables, walk
from dcalc.simplify import simplify

_SIMPLE = 1_000_000
"""The largest denominator of a rational place."""
_SIMPLEST = 10**9
"""The largest denominator of a place that a gap of a few doubles does not hold by chance."""
_DIGITS = 15
"""The most digits of a decimal place."""
_MOST = 64
"""Operations of an expression that are looked at."""


class Line(NamedTuple):
    """A part of an expression that is slope*x + start, with constants."""

    slope: Expr
    start: Expr

    def solve(self, target: Expr) -> Expr:
        """Where it has that value."""
        return simplify(make(table.DIV, make(table.SUB, target, self.start), self.slope))


class Places:
    """The places of one function of one variable."""

    def __init__(self, root: Expr, name: str) -> None:
        zeros = [line.solve(ZERO) for line in _find_lines(find_distances(root), name)]
        self.own = [
            (value, node) for node in (*zeros, *_find_constants(root)) if (value := nearest_double(node)) == value
        ]
        arguments = (arg for node in walk(root) if node.op in _FUNCTIONS for arg in node.args)
        self.arguments = _find_lines(arguments, name)

    def between(self, low: float, high: float) -> Iterator[Place]:
        """The places from low to high, the simplest first."""
        seen: set[Place] = set()
        for place in self._list(low, high):
            if place not in seen:
                seen.add(place)
                yield place

    def _list(self, low: float, high: float) -> Iterator[Place]:
        rational = simplest_rational(low, high)
        if rational.denominator <= _SIMPLE:
            yield _as_place(rational)
        decimal = shortest_decimal(low, high)
        if decimal is not None:
            yield _as_place(decimal)
        nodes = [*self.own, *self._list_turns(low, high)]
        for value, node in nodes:
            if math.nextafter(low, -math.inf) <= value <= math.nextafter(high, math.inf):
                yield node

    def _list_turns(self, low: float, high: float) -> Iterator[tuple[float, Expr]]:
        """Where the argument of a function is a multiple of pi/2, or of 1/2."""
        middle = low / 2 + high / 2
        for line in self.arguments:
            there = nearest_double(line.slope) * middle + nearest_double(line.start)
            for unit, node in _UNITS:
                if not math.isfinite(there) or abs(there / unit) > _FARTHEST:
                    continue
                place = line.solve(simplify(make(table.MUL, number(round(there / unit)), node)))
                yield nearest_double(place), place


def is_simple(place: Place) -> bool:
    """Whether a place is more than a chance hit in a gap of a few doubles."""
    return isinstance(place, Expr) or Fraction(place).denominator <= _SIMPLEST


_FUNCTIONS = frozenset(table.functions())
_UNITS = ((math.pi / 2, simplify(make(table.DIV, make(table.PI), number(2)))), (0.5, number(Fraction(1, 2))))
_FARTHEST = 2.0**40


def _as_place(value: Fraction) -> Place:
    return float(value) if Fraction(float(value)) == value else value


def simplest_rational(low: float, high: float) -> Fraction:
    """The rational of least denominator in an interval, by continued fractions."""
    return _find_simplest(Fraction(low), Fraction(high))


def _find_simplest(a: Fraction, b: Fraction) -> Fraction:
    if a <= 0 <= b:
        return Fraction(0)
    if b < 0:
        return -_find_simplest(-b, -a)
    terms: list[int] = []
    while True:
        whole = a.numerator // a.denominator
        if a == whole or b >= whole + 1:
            terms.append(whole if a == whole else whole + 1)
            break
        terms.append(whole)
        a, b = 1 / (b - whole), 1 / (a - whole)
    value = Fraction(terms.pop())
    while terms:
        value = terms.pop() + 1 / value
    return value


def shortest_decimal(low: float, high: float) -> Fraction | None:
    """The decimal of fewest digits in an interval that is not around 0; None above `_DIGITS` of them."""
    if low <= 0 <= high:
        return Fraction(0)
    size = math.floor(math.log10(max(abs(low), abs(high))))
    for digits in range(1, _DIGITS + 1):
        unit = Fraction(10) ** (size + 1 - digits)
        value = math.ceil(Fraction(low) / unit) * unit
        if value <= Fraction(high):
            return value
    return None


def _find_constants(root: Expr) -> Iterator[Expr]:
    """The constants that stand in an expression, and their negatives."""
    for node in walk(root)[: _MOST * _MOST]:
        if not variables(node) and node.op not in table.CONDITIONS:
            yield from (node, make(table.NEG, node))


def _find_lines(nodes: Iterable[Expr], name: str) -> list[Line]:
    """Those nodes that are slope*x + start."""
    lines = []
    for node in islice(dict.fromkeys(nodes), _MOST):
        try:
            slope = simplify(derivative(node, (name,)))
        except DcalcError:
            continue
        if not variables(slope) and slope is not ZERO:
            lines.append(Line(slope, simplify(substitute(node, {name: ZERO}))))
    return lines
