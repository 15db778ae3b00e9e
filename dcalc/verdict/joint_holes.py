"""Holes on curves and surfaces: functions of several variables that continue analytically over them.

A quotient of functions that are analytic around the point continues over the zeros of its denominator if those
are smooth surfaces, each a graph x = s of one variable over the others, and the numerator vanishes on each as
often as the denominator does (Hadamard's lemma; different surfaces are coprime factors). Derivatives of the
continuation are read off lines through the point that cross all of the surfaces: along a direction c the n-th
derivative is a polynomial in c whose coefficients are the partial derivatives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from itertools import combinations, permutations, product
from math import factorial, prod
from typing import NamedTuple

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import (
    ONE,
    ZERO,
    Expr,
    exact,
    is_leaf,
    make,
    number,
    operands,
    replace_nodes,
    substitute,
    symbol,
    variables,
    walk,
)
from dcalc.numbers import enclosure
from dcalc.proof import prove_number
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import ZERO as ZERO_VALUE
from dcalc.proof.constant import Constant, to_fraction
from dcalc.simplify import simplify
from dcalc.tape import expand
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.one_sided import read_derivatives
from dcalc.verdict.scale import NeedMoreTerms, Undecidable
from dcalc.verdict.series import Series

_REACHES = (6, 12, 24)
"""Orders of a line's series that are asked for, one after the other."""
_MOST_ZEROS = 6
"""The highest multiplicity of a zero of a denominator that is looked for."""
_MOST_LINES = 64
_MOST_PARTS = 6
"""Parts that f is taken as a function of, one after the other, where its variables alone show nothing."""
_MOST_NODES = 400
"""Nodes of an expression beyond which holes are not looked into."""
_NODES = ((3, 5, 7, 11, 13, 17, 19), (-2, 9, -4, 15, -8, 21, -16), (23, -29, 31, -37, 41, -43, 47))
"""Slopes of lines, at which a polynomial is interpolated; another row where a line does not cross a surface."""
_LINE = "along the line"  # no name that can be typed
_HOLE = "hole "
_NORM = "norm "
_PART = "a part"
_LINEAR = frozenset((table.ADD, table.SUB, table.MUL))

Place = Mapping[str, Constant]


class _Surface(NamedTuple):
    """The points where ``name`` equals ``graph``, an expression in the other variables."""

    name: str
    graph: Expr


class _Fraction(NamedTuple):
    """A quotient of two expressions that are analytic around the point."""

    above: Expr
    below: Expr


class _NoContinuation(Exception):
    """No analytic continuation is proved."""


_UNPROVED = (_NoContinuation, Undecidable, NeedMoreTerms, Unsupported, LimitError)


def differentiate_continuation(root: Expr, orders: Mapping[str, int], at: Place) -> Constant | None:
    """The partial derivative, of these orders by variable, of the analytic continuation of f over its holes.

    None unless f is proved to continue analytically around the point, in all its variables. Raises NeedMoreBits.
    Cost: some milliseconds, most of it proofs; a line per monomial of the order.
    """
    if len(variables(root)) < 2 or len(walk(root)) > _MOST_NODES:
        return None
    wanted = {name: order for name, order in orders.items() if order}
    with limit_work(Budget()):
        for part in (None, *_inner_parts(root)):
            with suppress(*_UNPROVED):
                return _Holes(at).differentiate(root, wanted, part)
    return None


def _inner_parts(root: Expr) -> list[Expr]:
    """Parts of several variables that f may be a function of, the smallest first."""
    parts = [part for part in walk(root) if part.op in (table.MUL, table.ADD, table.SUB, table.POW)]
    return [part for part in parts if len(variables(part)) > 1 or part.op is table.POW][:_MOST_PARTS]


class _Holes:
    """The holes of one expression at one point."""

    def __init__(self, at: Place) -> None:
        self.at = dict(at)
        self.crossed: list[_Surface] = []
        """The surfaces over which a part is continued."""
        self.norms: dict[str, list[str]] = {}
        """Names of square roots, or of a part, each with variables along which that moves."""

    def differentiate(self, root: Expr, orders: Mapping[str, int], part: Expr | None) -> Constant:
        """The derivative of the continuation; raises one of `_UNPROVED` where there is none.

        With a ``part``, an analytic one that is 0 at the point, f is taken as a function of that and the variables.
        """
        named = self._name_norms(root) if part is None else self._name_part(root, part)
        smooth = self._continue(named)
        if not self._is_analytic(smooth) or not self.crossed:
            raise _NoContinuation
        if part is None and not all(_is_even(named, norm) for norm in self.norms):
            raise _NoContinuation
        return self._read_off_lines(root, orders)

    def _name_part(self, root: Expr, part: Expr) -> Expr:
        """The expression with a name in the place of a part."""
        if not self._is_analytic(part) or not self._vanishes(part):
            raise _NoContinuation
        self.at[_PART], self.norms[_PART] = ZERO_VALUE, variables(part)
        stand_in = symbol(_PART)
        named = {simplify(part): stand_in, simplify(make(table.NEG, part)): make(table.NEG, stand_in)}
        alike = [node for node in walk(root) if variables(node) == variables(part)]
        return replace_nodes(root, {node: named[key] for node in alike if (key := simplify(node)) in named})

    def _name_norms(self, root: Expr) -> Expr:
        """The expression with names for square roots of analytic parts that are 0 at the point.

        What is analytic in such a name, and even, is a function of its square, and so analytic at the point.
        """
        norms: dict[Expr, Expr] = {}
        images: dict[Expr, Expr] = {}
        for node in walk(root):
            radicand, power = _read_norm(node)
            if (
                radicand is not None
                and _is_square(radicand)
                and self._is_analytic(radicand)
                and self._vanishes(radicand)
            ):
                key = simplify(radicand)
                if key not in norms:
                    name = f"{_NORM}{len(norms)}"
                    self.at[name], self.norms[name] = ZERO_VALUE, variables(radicand)[:1]
                    norms[key] = symbol(name)
                images[node] = _raise(norms[key], power)
        if not norms:
            return root
        for node in walk(root):
            if node not in images and node.op is table.ADD and (norm := norms.get(simplify(node))) is not None:
                images[node] = _raise(norm, 2)
        return replace_nodes(root, images)

    # --- the proof that f continues ---------------------------------------------------------

    def _continue(self, root: Expr) -> Expr:
        """The expression, with a name in the place of each quotient that continues over its hole."""
        fractions: dict[int, _Fraction] = {}
        for node in walk(root):
            fractions[node.id] = self._write_fraction(node, [fractions[arg.id] for arg in operands(node)])
        return self._fill(root, fractions[root.id])

    def _write_fraction(self, node: Expr, args: Sequence[_Fraction]) -> _Fraction:
        """A node as a quotient; one whose operation is not rational takes continuations as its arguments."""
        op = node.op
        if is_leaf(node):
            return _Fraction(node, ONE)
        if all(arg.below is ONE for arg in args) and op is not table.DIV and op is not table.POW:
            return _Fraction(make(op, *(arg.above for arg in args)), ONE)
        if op is table.MUL:
            return _Fraction(_multiply(*(arg.above for arg in args)), _multiply(*(arg.below for arg in args)))
        if op is table.DIV:
            above, below = _multiply(args[0].above, args[1].below), _multiply(args[0].below, args[1].above)
            return _Fraction(above, below) if self._vanishes(below) else _Fraction(make(table.DIV, above, below), ONE)
        if op is table.NEG:
            return _Fraction(make(table.NEG, args[0].above), args[0].below)
        if op is table.ADD or op is table.SUB:
            total = args[0]
            for arg in args[1:]:
                if total.below is arg.below:
                    total = _Fraction(make(op, total.above, arg.above), arg.below)
                    continue
                above = make(op, _multiply(total.above, arg.below), _multiply(arg.above, total.below))
                total = _Fraction(above, _multiply(total.below, arg.below))
            return total
        if op is table.POW and type(power := exact(node.args[1])) is int and power:
            if power < 0 and args[0].below is ONE and not self._vanishes(args[0].above):
                return _Fraction(make(table.POW, args[0].above, node.args[1]), ONE)
            above, below = (_raise(part, abs(power)) for part in args[0])
            return _Fraction(above, below) if power > 0 else _Fraction(below, above)
        return _Fraction(make(op, *(self._fill(arg, part) for arg, part in zip(node.args, args, strict=True))), ONE)

    def _fill(self, node: Expr, fraction: _Fraction) -> Expr:
        """The fraction where its denominator is not 0; else a name that stands for the continuation of the node."""
        if fraction.below is ONE:
            return fraction.above
        if not self._vanishes(fraction.below):
            return make(table.DIV, *fraction)
        self._divide(fraction)
        name = f"{_HOLE}{len(self.at)}"
        self.at[name] = self._read_off_lines(node, {})
        return symbol(name)

    def _divide(self, fraction: _Fraction) -> None:
        """Note the surfaces on which the denominator vanishes; raises unless the numerator does, too."""
        above, below = fraction
        if _has_hole(below) or not self._is_analytic(above) or not self._is_analytic(below):
            raise _NoContinuation
        counts: dict[_Surface, int] = {}
        for factor in _split_product(below):
            if self._vanishes(factor):
                surface, count = self._find_surface(factor, above)
                counts[surface] = counts.get(surface, 0) + count
        if _has_hole(above) and max(counts.values()) > 1:
            raise _NoContinuation  # the derivatives of a continuation are not known here
        if any(self._are_tangent(*pair) for pair in combinations(counts, 2)):
            raise _NoContinuation
        for surface, count in counts.items():
            if not all(self._vanishes_on(_differentiate(above, surface.name, k), surface) for k in range(count)):
                raise _NoContinuation
        self.crossed += [surface for surface in counts if surface not in self.crossed]

    def _find_surface(self, factor: Expr, above: Expr) -> tuple[_Surface, int]:
        """The surface on which a factor of the denominator vanishes, and how often."""
        for surface in self._guess_surfaces(factor, above):
            for count in range(1, _MOST_ZEROS + 1):
                if not self._vanishes_on(_differentiate(factor, surface.name, count - 1), surface):
                    break
                if not self._vanishes(_differentiate(factor, surface.name, count)):
                    return surface, count
        raise _NoContinuation

    def _guess_surfaces(self, factor: Expr, above: Expr) -> Iterator[_Surface]:
        """Coordinate planes through the point, and zeros of parts that are linear in a variable."""
        for name in variables(factor):
            value = self.at[name].exact
            if value is not None:
                yield _Surface(name, number(to_fraction(value)))
        for name, other in permutations(variables(factor), 2):
            if (self.at[name] - self.at[other]).is_zero():
                yield _Surface(name, symbol(other))
            elif (self.at[name] + self.at[other]).is_zero():
                yield _Surface(name, make(table.NEG, symbol(other)))
        for part in (*reversed(walk(factor)), *reversed(walk(above))):
            if part.op not in _LINEAR or _has_hole(part) or not self._is_analytic(part) or not self._vanishes(part):
                continue
            for name in variables(part):
                slope = simplify(_differentiate(part, name, 1))
                if name not in variables(slope) and not self._vanishes(slope):
                    rest = substitute(part, {name: ZERO})
                    yield _Surface(name, simplify(make(table.NEG, make(table.DIV, rest, slope))))

    def _are_tangent(self, first: _Surface, second: _Surface) -> bool:
        """Whether two surfaces are not proved to cross at the point."""
        names = sorted({*variables(first.graph), *variables(second.graph), first.name, second.name})
        rows = [[self._slope(surface, name) for name in names] for surface in (first, second)]
        minors = (rows[0][i] * rows[1][j] - rows[0][j] * rows[1][i] for i, j in combinations(range(len(names)), 2))
        return all(minor.is_zero() for minor in minors)

    def _slope(self, surface: _Surface, name: str) -> Constant:
        """The derivative of ``x - s`` by a variable, at the point."""
        if name == surface.name:
            return self._value(ONE)
        return -self._value(_differentiate(surface.graph, name, 1))

    def _is_analytic(self, node: Expr) -> bool:
        return enclosure.analytic(node, variables(node), {name: _ball(value) for name, value in self.at.items()})

    def _value(self, node: Expr) -> Constant:
        value = Evaluation(node, "", self.at, _REACHES[0]).run().value
        if isinstance(value, Constant):
            return value
        raise getattr(value, "retry", None) or _NoContinuation

    def _vanishes(self, node: Expr) -> bool:
        return self._value(node).is_zero()

    def _vanishes_on(self, node: Expr, surface: _Surface) -> bool:
        """Whether an expression is proved to be 0 on a surface."""
        there = simplify(substitute(node, {surface.name: surface.graph}))
        if there is ZERO or prove_number(there) == 0:
            return True
        folded = simplify(self._fold_numbers(there))
        return folded is ZERO or prove_number(folded) == 0

    def _fold_numbers(self, root: Expr) -> Expr:
        """The expression with rationals in the place of functions of numbers: besselj(0, 0) is 1."""
        constants = [node for node in walk(root) if not is_leaf(node) and not variables(node)]
        values = {node: value for node in constants if (value := self._value(node).exact) is not None}
        return replace_nodes(root, {node: number(to_fraction(value)) for node, value in values.items()})

    # --- derivatives, from lines through the point ------------------------------------------

    def _read_off_lines(self, root: Expr, orders: Mapping[str, int]) -> Constant:
        """The partial derivative at the point of a function that continues analytically there.

        With slope 1 along the first variable, the n-th derivative is a polynomial in the other slopes.
        """
        degree = sum(orders.values())
        if len(orders) == 1:
            with suppress(Undecidable):
                return self._differentiate_along(root, dict.fromkeys(orders, 1), degree)
        across = {surface.name for surface in self.crossed}
        if self.norms.keys().isdisjoint(variables(root)):
            across = {inner for name in across for inner in self.norms.get(name, [name])}
        names = [*orders, *sorted(across.difference(orders))]
        first, others = names[0], names[1:]
        if (degree + 1) ** len(others) > _MOST_LINES:
            raise _NoContinuation
        for nodes in _NODES:
            slopes = nodes[: degree + 1]
            if len(slopes) <= degree:
                break
            weights = [_weigh(slopes, orders.get(name, 0)) for name in others]
            total = ZERO_VALUE
            try:
                for places in product(range(degree + 1), repeat=len(others)):
                    weight = prod((row[place] for row, place in zip(weights, places, strict=True)), start=Fraction(1))
                    if weight:
                        direction = {first: 1, **{name: slopes[k] for name, k in zip(others, places, strict=True)}}
                        total = total + self._differentiate_along(root, direction, degree).scale(weight)
            except Undecidable:
                continue
            counts = [orders.get(name, 0) for name in names]
            return total.scale(Fraction(prod(map(factorial, counts)), factorial(degree)))
        raise _NoContinuation

    def _differentiate_along(self, root: Expr, direction: Mapping[str, int], order: int) -> Constant:
        """The n-th derivative at 0 along a line; raises Undecidable where that lies in a hole."""
        at = dict(self.at)
        steps: dict[str, Expr] = {}
        for name, slope in direction.items():
            value = at[name].exact
            start = symbol(name) if value is None else number(to_fraction(value))
            steps[name] = make(table.ADD, start, make(table.MUL, number(slope), symbol(_LINE)))
        line = substitute(root, steps)
        at[_LINE] = ZERO_VALUE
        for reach in _REACHES:
            side = Evaluation(line, _LINE, at, order + reach, reach > _REACHES[0]).run().right
            if not isinstance(side, Series):
                raise getattr(side, "retry", None) or Undecidable("the line has no values")
            try:
                outcome = read_derivatives(side, order)
            except NeedMoreTerms:
                continue
            if outcome.fails:
                raise Undecidable("the line does not cross the hole")
            return outcome.values[order]
        raise Undecidable("all known terms of the series cancel")


def _weigh(slopes: Sequence[int], power: int) -> list[Fraction]:
    """By slope, its weight in the coefficient of a power of the polynomial through values there."""
    rows: list[Fraction] = []
    for here in slopes:
        coefficients = [Fraction(1)]  # of the product of (k - other)/(here - other), by ascending power
        for other in slopes:
            if other != here:
                shifted = [Fraction(0), *coefficients]
                scaled = [-other * c for c in coefficients] + [Fraction(0)]
                coefficients = [(a + b) / (here - other) for a, b in zip(shifted, scaled, strict=True)]
        rows.append(coefficients[power])
    return rows


def _read_norm(node: Expr) -> tuple[Expr | None, int]:
    """The w and the odd n of a node that is sqrt(w)**n; None for others."""
    if node.op is table.SQRT:
        return node.args[0], 1
    if node.op is table.HYPOT:
        squares = [make(table.POW, arg, number(2)) for arg in node.args]
        return make(table.ADD, *squares), 1
    power = exact(node.args[1]) if node.op is table.POW else None
    if power is not None and (odd := 2 * power).denominator == 1 and odd % 2 and odd > 0:
        return node.args[0], int(odd)
    return None, 0


def _is_square(node: Expr) -> bool:
    """Whether an expression is a sum of even powers, so that its root has values all around."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.op is table.ADD:
            stack += part.args
        elif part.op is table.MUL and part.args[0].op is table.NUMBER and part.args[0].args[0] > 0:
            stack += part.args[1:]
        elif part.op is table.MUL and len(part.args) == 2 and part.args[0] is part.args[1]:
            continue
        elif part.op is not table.POW or type(power := exact(part.args[1])) is not int or power <= 0 or power % 2:
            return False
    return True


def _is_even(node: Expr, name: str) -> bool:
    """Whether an expression is proved to be even in a variable."""
    mirrored = substitute(node, {name: make(table.NEG, symbol(name))})
    difference = simplify(make(table.SUB, node, mirrored))
    return difference is ZERO or prove_number(difference) == 0


def _differentiate(node: Expr, name: str, order: int) -> Expr:
    return derivative(node, (name,) * order) if order else node


def _split_product(node: Expr) -> list[Expr]:
    """The factors of a product, those of whole powers as often as they stand in it."""
    factors: list[Expr] = []
    stack = [node]
    while stack:
        part = stack.pop()
        inner = expand(part)
        if inner is not None:
            stack.append(inner)
        elif part.op in (table.MUL, table.NEG):
            stack += part.args
        elif part.op is table.POW and type(power := exact(part.args[1])) is int and 0 < power <= _MOST_ZEROS:
            stack += [part.args[0]] * power
        else:
            factors.append(part)
    return factors


def _has_hole(node: Expr) -> bool:
    """Whether a continuation stands in an expression: its own derivatives are not known here."""
    return any(name.startswith(_HOLE) for name in variables(node))


def _multiply(*parts: Expr) -> Expr:
    factors = [part for part in parts if part is not ONE]
    total = factors[0] if factors else ONE
    for factor in factors[1:]:
        total = make(table.MUL, total, factor)
    return total


def _raise(part: Expr, power: int) -> Expr:
    return part if part is ONE or power == 1 else make(table.POW, part, number(power))


def _ball(value: Constant) -> enclosure.Constant:
    return lambda: value.ball
