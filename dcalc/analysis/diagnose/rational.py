"""Sums as one fraction with factored parts, and without roots that cancel: exact, over their parts as atoms.

Each function here gives expressions that are equal wherever the first is defined, apart from points where
a denominator that it cleared is 0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from math import gcd, isfinite
from typing import Any, NamedTuple

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from dcalc import functions as table
from dcalc.expr import Expr, Number, exact, make, number, symbol
from dcalc.simplify import Build

_MOST_ATOMS = 8
_MOST_TERMS = 150
_MOST_DEGREE = 40
_MOST_NODES = 200
_RATIONAL = frozenset((table.ADD, table.SUB, table.MUL, table.DIV, table.NEG))


class TooLarge(Exception):
    """The polynomials would have too many terms."""


class Fractional(NamedTuple):
    """above/below, polynomials in the atoms of a `Ring`."""

    above: fmpq_mpoly
    below: fmpq_mpoly


class Root(NamedTuple):
    """An atom base**(1/degree): its place among the generators, and its base as a fraction of polynomials."""

    place: int
    degree: int
    base: Fractional


class Ring:
    """The polynomials over the atoms of a simplified expression: its parts that are not sums, products or powers."""

    def __init__(self, root: Expr, build: Build) -> None:
        self.build = build
        self.root = root
        order = self._find_parts(root)
        if len(order) > _MOST_NODES:
            raise TooLarge
        self.rests: dict[int, Expr] = {}
        self.units = self._find_units(order)
        atoms: dict[Expr, None] = {}
        for node in order:
            for atom in self._atoms_of(node):
                atoms.setdefault(atom)
        if not atoms or len(atoms) > _MOST_ATOMS:
            raise TooLarge
        self.atoms = tuple(atoms)
        self.places = {atom.id: place for place, atom in enumerate(self.atoms)}
        names = tuple(f"g{place}" for place in range(len(self.atoms)))
        self.context = fmpq_mpoly_ctx.get(names, Ordering.lex)
        self.generators = self.context.gens()
        self.one = self.context.from_dict({(0,) * len(names): 1})
        self.elements: dict[int, Fractional] = {}
        self.roots: dict[int, Root] = {}
        for node in order:
            self.elements[node.id] = self._element(node)
        self.element = self.elements[root.id]

    # --- parts and atoms

    @staticmethod
    def _find_parts(root: Expr) -> list[Expr]:
        """The nodes that are combined rationally, in order of evaluation."""
        seen: dict[int, Expr] = {}
        stack = [root]
        while stack:
            node = stack.pop()
            if node.id in seen:
                continue
            seen[node.id] = node
            if exact(node) is not None:
                continue
            if node.op in _RATIONAL:
                stack += node.args
            elif node.op is table.POW and exact(node.args[1]) is not None:
                stack.append(node.args[0])
        return [seen[key] for key in sorted(seen)]

    def _find_units(self, order: Sequence[Expr]) -> dict[int, tuple[Expr, Fraction]]:
        """By the id of what is exponentiated, up to a number: the exponential of which all others are powers."""
        counts: dict[int, list[Fraction]] = {}
        for node in order:
            if node.op is table.EXP and exact(node.args[0]) is None:
                coefficient, rest = self.build.split(node.args[0])
                counts.setdefault(rest.id, []).append(Fraction(coefficient))
                self.rests[rest.id] = rest
        units = {}
        for key, values in counts.items():
            unit = values[0]
            for value in values[1:]:
                unit = _common_divisor(unit, value)
            unit = abs(unit) if any(value > 0 for value in values) else -abs(unit)
            units[key] = (self.build.apply(table.EXP, (self.build.scale(_plain(unit), self.rests[key]),)), unit)
        return units

    def _atoms_of(self, node: Expr) -> Iterator[Expr]:
        if exact(node) is not None or node.op in _RATIONAL:
            return
        if node.op is table.POW and exact(node.args[1]) is not None:
            exponent = Fraction(exact(node.args[1]) or 0)
            if exponent.denominator != 1:
                yield self._root_node(node.args[0], exponent.denominator)
        elif node.op is table.EXP and exact(node.args[0]) is None:
            yield self.units[self.build.split(node.args[0])[1].id][0]
        else:
            yield node

    def _root_node(self, base: Expr, degree: int) -> Expr:
        return make(table.POW, base, make(table.POW, number(degree), number(-1)))

    # --- elements

    def _element(self, node: Expr) -> Fractional:
        value = exact(node)
        if value is not None:
            return self._number(Fraction(value))
        op = node.op
        parts = [self.elements[arg.id] for arg in node.args if arg.id in self.elements] if op in _RATIONAL else []
        if op in (table.ADD, table.SUB):
            total = parts[0]
            for part in parts[1:]:
                total = self.add(total, part if op is table.ADD else Fractional(-part.above, part.below))
            return total
        if op is table.MUL:
            product = parts[0]
            for part in parts[1:]:
                product = self.multiply(product, part)
            return product
        if op is table.DIV:
            return self.multiply(parts[0], Fractional(parts[1].below, parts[1].above))
        if op is table.NEG:
            return Fractional(-parts[0].above, parts[0].below)
        if op is table.POW and exact(node.args[1]) is not None:
            return self._power(node.args[0], Fraction(exact(node.args[1]) or 0))
        if op is table.EXP and exact(node.args[0]) is None:
            coefficient, rest = self.build.split(node.args[0])
            atom, unit = self.units[rest.id]
            return self._raise(self._generator(atom), int(coefficient / unit))
        return self._generator(node)

    def _power(self, base: Expr, exponent: Fraction) -> Fractional:
        if exponent.denominator == 1:
            return self._raise(self.elements[base.id], int(exponent))
        atom = self._root_node(base, exponent.denominator)
        place = self.places[atom.id]
        self.roots[place] = Root(place, exponent.denominator, self.elements[base.id])
        return self._raise(self._generator(atom), exponent.numerator)

    def _number(self, value: Fraction) -> Fractional:
        return Fractional(self.one * fmpq(value.numerator, value.denominator), self.one)

    def _generator(self, atom: Expr) -> Fractional:
        return Fractional(self.generators[self.places[atom.id]], self.one)

    def _raise(self, base: Fractional, exponent: int) -> Fractional:
        if abs(exponent) > _MOST_DEGREE:
            raise TooLarge
        above, below = base if exponent >= 0 else (base.below, base.above)
        size = abs(exponent)
        if max(len(above), len(below)) ** min(size, 6) > 100 * _MOST_TERMS:
            raise TooLarge
        return self._checked(Fractional(above**size, below**size))

    def add(self, left: Fractional, right: Fractional) -> Fractional:
        """The sum over the least common denominator."""
        common = left.below.gcd(right.below)
        first, second = _quotient(left.below, common), _quotient(right.below, common)
        return self._checked(Fractional(left.above * second + right.above * first, left.below * second))

    def multiply(self, left: Fractional, right: Fractional) -> Fractional:
        """The product."""
        return self._checked(Fractional(left.above * right.above, left.below * right.below))

    @staticmethod
    def _checked(element: Fractional) -> Fractional:
        if max(len(element.above), len(element.below)) > _MOST_TERMS or element.below.is_zero():
            raise TooLarge
        return element

    # --- roots

    def reduce(self, element: Fractional) -> Fractional:
        """The element with powers of square roots and other roots written by their bases, and common factors gone."""
        for root in self.roots.values():
            element = self._reduce_root(element, root)
        common = element.above.gcd(element.below)
        return Fractional(_quotient(element.above, common), _quotient(element.below, common))

    def _reduce_root(self, element: Fractional, root: Root) -> Fractional:
        above, below = self._reduce_part(element.above, root), self._reduce_part(element.below, root)
        return self._checked(Fractional(above.above * below.below, above.below * below.above))

    def _reduce_part(self, poly: fmpq_mpoly, root: Root) -> Fractional:
        if poly.degrees()[root.place] < root.degree:
            return Fractional(poly, self.one)
        total = Fractional(self.one * 0, self.one)
        for power, coefficient in split_by(poly, root.place).items():
            whole, rest = divmod(power, root.degree)
            term = self.multiply(Fractional(coefficient, self.one), self._raise(root.base, whole))
            term = Fractional(term.above * self.generators[root.place] ** rest, term.below)
            total = self.add(total, term)
        return total

    # --- back to expressions

    def sum_of(self, poly: fmpq_mpoly) -> Expr:
        """A polynomial multiplied out."""
        return self.build.add([self._term(powers, coefficient) for powers, coefficient in poly.to_dict().items()])

    def _term(self, powers: Sequence[int], coefficient: fmpq) -> Expr:
        factors = [self.build.number(_plain(_fraction(coefficient)))]
        for atom, power in zip(self.atoms, powers, strict=True):
            if power:
                factors.append(self.build.power(atom, number(int(power))))
        return self.build.mul(factors)

    def product_of(self, element: Fractional) -> Expr:
        """A fraction as a product of the factors of both parts, each to its power."""
        factors: list[Expr] = []
        scale = Fraction(1)
        for poly, sign in ((element.above, 1), (element.below, -1)):
            content, parts = poly.factor()
            scale *= _fraction(content) ** sign
            for part, power in parts:
                factors.append(self.build.power(self.sum_of(part), number(sign * int(power))))
        return self.build.mul([self.build.number(_plain(scale)), *factors])


def split_by(poly: fmpq_mpoly, place: int) -> dict[int, fmpq_mpoly]:
    """The coefficients of a polynomial by the powers of one generator."""
    parts: dict[int, dict[tuple[int, ...], Any]] = {}
    for powers, coefficient in poly.to_dict().items():
        rest = tuple(0 if index == place else int(power) for index, power in enumerate(powers))
        parts.setdefault(int(powers[place]), {})[rest] = coefficient
    context = poly.context()
    return {power: context.from_dict(terms) for power, terms in parts.items()}


def combine(root: Expr, build: Build) -> Expr | None:
    """A simplified expression as one fraction with factored parts; None where it is too large.

    Cost: a greatest common divisor for each sum, and two factorizations.
    """
    try:
        ring = Ring(root, build)
        element = ring.reduce(ring.element)
        return number(0) if element.above.is_zero() else ring.product_of(element)
    except (TooLarge, ZeroDivisionError, OverflowError):
        return None


class Conjugate(NamedTuple):
    """A sum p + q as (p**2 - q**2)/(p - q): what becomes of it, where p and -q have the same ``sign``."""

    expression: Expr
    first: Expr
    second: Expr


def conjugates(root: Expr, build: Build) -> Iterator[Conjugate]:
    """A sum with square roots, each of them split off in turn: (p**2 - q**2)/(p - q), with p the part with the root.

    ``first`` and ``second`` are p and -q: where they have the same sign the new denominator is not 0.
    """
    try:
        ring = Ring(root, build)
        whole = ring.reduce(ring.element)
    except (TooLarge, ZeroDivisionError, OverflowError):
        return
    for place, radical in ring.roots.items():
        parts = split_by(whole.above, place)
        if radical.degree != 2 or set(parts) != {0, 1}:
            continue
        try:
            with_root = parts[1] * ring.generators[place]
            square = ring.reduce(Fractional(with_root * with_root - parts[0] * parts[0], ring.one))
            first, second = ring.sum_of(with_root), ring.sum_of(-parts[0])
            below = make(table.ADD, *_terms(first), *_terms(second))
            rest = ring.product_of(Fractional(ring.one, whole.below))
            above = number(0) if square.above.is_zero() else build.mul([ring.product_of(square), rest])
            yield Conjugate(make(table.DIV, above, below), first, second)
        except (TooLarge, ZeroDivisionError, OverflowError):
            continue


def _terms(node: Expr) -> tuple[Expr, ...]:
    return node.args if node.op is table.ADD else (node,)


def split_linear(root: Expr, names: Sequence[str], build: Build) -> tuple[Expr, ...] | None:
    """A fraction that is linear in some variables as one term for each and the rest, each factored; None where it
    is not linear.
    """
    try:
        ring = Ring(root, build)
        whole = ring.reduce(ring.element)
        rest, terms = whole.above, []
        places = [ring.places[symbol(name).id] for name in names if symbol(name).id in ring.places]
        for name in names:
            place = ring.places.get(symbol(name).id)
            if place is None:
                continue
            if whole.below.degrees()[place]:
                return None
            parts = split_by(rest, place)
            if set(parts) - {0, 1}:
                return None
            if 1 in parts:
                if any(parts[1].degrees()[other] for other in places):
                    return None
                terms.append(build.mul([symbol(name), ring.product_of(Fractional(parts[1], whole.below))]))
            rest = parts.get(0, 0 * ring.one)
        if not rest.is_zero():
            terms.append(ring.product_of(ring.reduce(Fractional(rest, whole.below))))
        return tuple(terms) if len(terms) > 1 else None
    except (TooLarge, ZeroDivisionError, OverflowError):
        return None


def shifted(root: Expr, build: Build, values: Mapping[int, float]) -> Iterator[Expr]:
    """A polynomial in the differences of atoms that are close to one another or to a plain number.

    ``values`` are doubles of atoms by their ids. The terms that remain are those that do not cancel.
    """
    try:
        ring = Ring(root, build)
        whole = ring.reduce(ring.element)
    except (TooLarge, ZeroDivisionError, OverflowError):
        return
    for place, atom in enumerate(ring.atoms):
        value = values.get(atom.id)
        if not value or not isfinite(value) or place in ring.roots or whole.above.degrees()[place] == 0:
            continue
        for near, poly in _neighbours(ring, place, value, values):
            between = build.add([atom, build.mul([number(-1), near])])
            parts = split_by(whole.above.compose(*_shift_generator(ring, place, poly)), place)
            if len(parts) > _MOST_DEGREE:
                continue
            terms = [
                build.mul([build.power(between, number(power)), ring.product_of(Fractional(part, ring.one))])
                for power, part in sorted(parts.items())
            ]
            above = terms[0] if len(terms) == 1 else make(table.ADD, *terms)
            below = ring.product_of(Fractional(ring.one, whole.below))
            yield above if exact(below) == 1 else make(table.MUL, above, below)


def _neighbours(ring: Ring, place: int, value: float, values: Mapping[int, float]) -> Iterator[tuple[Expr, fmpq_mpoly]]:
    """Other atoms, and plain numbers, that the atom at a place is close to."""
    for other, atom in enumerate(ring.atoms):
        size = values.get(atom.id)
        if other == place or size is None or not isfinite(size):
            continue
        if atom.op is not ring.atoms[place].op:
            continue
        for factor in (1, -1):
            if abs(value - factor * size) < _CLOSE * abs(value):
                yield ring.build.mul([number(factor), atom]), factor * ring.generators[other]
    plain = Fraction(value).limit_denominator(12)
    if ring.atoms[place].op is table.SYMBOL and plain and abs(value - plain) < _CLOSE * abs(value):
        yield ring.build.number(_plain(plain)), ring.one * fmpq(plain.numerator, plain.denominator)


def _shift_generator(ring: Ring, place: int, near: fmpq_mpoly) -> list[fmpq_mpoly]:
    return [gen + near if index == place else gen for index, gen in enumerate(ring.generators)]


_CLOSE = 0.02


def _quotient(poly: fmpq_mpoly, divisor: fmpq_mpoly) -> fmpq_mpoly:
    return divmod(poly, divisor)[0]


def _common_divisor(first: Fraction, second: Fraction) -> Fraction:
    return Fraction(
        gcd(first.numerator * second.denominator, second.numerator * first.denominator),
        first.denominator * second.denominator,
    )


def _fraction(value: Any) -> Fraction:
    value = fmpq(value)
    return Fraction(int(value.p), int(value.q))


def _plain(value: Fraction) -> Number:
    return value.numerator if value.denominator == 1 else value
