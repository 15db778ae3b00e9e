"""Elements on one piece of the line or of space, where the sign of every polynomial that matters is settled.

Of one variable, a polynomial whose zeros are known cuts the line at them. Any other is a surface, taken once as
positive and once as negative.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from math import log
from typing import Literal

from flint import arb, fmpq, fmpq_mpoly

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, make
from dcalc.proof.expressions import Translator
from dcalc.proof.field import Field, Quotient, TooLarge
from dcalc.proof.relations import Elementary, Kind, SignedElementary
from dcalc.proof.roots import Zero, rational_expression, real_zeros, univariate
from dcalc.tape import expand

_MOST_NODES = 1_000

Sign = Literal[-1, 0, 1]


class Cut(Exception):
    """A polynomial whose zeros cut the piece: ``zeros`` of the line, or a surface by its key."""

    def __init__(self, zeros: Sequence[Zero], surface: str = "") -> None:
        super().__init__()
        self.zeros = zeros
        self.surface = surface


class OutsideDomain(Exception):
    """An expression has no value anywhere on the piece."""


@dataclass(frozen=True)
class Piece:
    """An open interval of the only variable, and signs of polynomials with other zeros.

    ``low`` and ``high`` are None at the ends of the line.
    """

    low: Zero | None = None
    high: Zero | None = None
    signs: Mapping[str, Sign] = field(default_factory=dict)

    def cut(self, cut: Cut) -> list[Piece]:
        """The pieces that a cut leaves."""
        if cut.surface:
            return [Piece(self.low, self.high, {**self.signs, cut.surface: sign}) for sign in (1, -1)]
        ends = [self.low, *cut.zeros, self.high]
        return [Piece(low, high, self.signs) for low, high in pairwise(ends)]

    def holds(self, zero: Zero) -> bool:
        """Whether a zero lies inside. Raises TooLarge where it is too near to an end to tell."""
        return (self.low is None or _is_below(self.low, zero)) and (self.high is None or _is_below(zero, self.high))

    def inside(self) -> Fraction:
        """A rational inside of the interval."""
        if self.low is None or self.high is None:
            return self.high.low - 1 if self.high else self.low.high + 1 if self.low else Fraction(0)
        return (self.low.high + self.high.low) / 2


def _is_below(first: Zero, second: Zero) -> bool:
    if first.is_same(second) or second.high < first.low:
        return False
    if first.high < second.low:
        return True
    raise TooLarge


class PieceElementary(SignedElementary):
    """The functions on one piece, where signs are strict."""

    def __init__(self, field: Field, piece: Piece, name: str, signs: Mapping[str, int]) -> None:
        self.piece = piece
        self.name = name
        self.polys: dict[str, fmpq_mpoly] = {}
        """Polynomials that stand for surfaces, by key."""
        super().__init__(field, signs)
        self.place = field.atom(f"symbol {name}")[0] if name else -1
        self.entire: set[int] = set()
        """Atoms that are entire functions of the variable, by place: sums of their products have single zeros."""
        self.waves: set[int] = set()
        """Those that are sines and cosines of an angle that grows steadily with the variable."""

    def strict_sign(self, poly: fmpq_mpoly) -> Sign | None:
        """The sign of a polynomial throughout the piece; None where it is not known. Raises Cut."""
        if self.field.is_positive(poly):
            return 1
        known = self.piece.signs.get(str(poly))
        if known is not None:
            return known
        zeros = self._zeros(poly)
        if zeros is None:
            return None
        if inside := [zero for zero in zeros if self.piece.holds(zero)]:
            raise Cut(inside)
        return self._sign_at(poly, self.piece.inside())

    def _zeros(self, poly: fmpq_mpoly) -> list[Zero] | None:
        """The zeros on the line of a polynomial in the variable, or in one exponential of it."""
        if self.place < 0:
            return None
        whole = univariate(poly, self.place)
        if whole is not None:
            return real_zeros(whole)
        exponential = self._exponential_in(poly)
        if exponential is None:
            return None
        place, slope, start = exponential
        whole = univariate(poly, place)
        if whole is None:
            return None
        zeros = [_logarithm(zero, slope, start) for zero in real_zeros(whole) if zero.high > 0]
        return sorted(zeros, key=lambda zero: zero.middle)

    def _exponential_in(self, poly: fmpq_mpoly) -> tuple[int, Fraction, Fraction] | None:
        """(place, slope, start) of the only atom, exp(slope*x + start)."""
        places = [index for index, degree in enumerate(poly.degrees()) if degree]
        if len(places) != 1 or places[0] not in self.field.logs or places[0] not in self.field.positive:
            return None
        exponent = self.field.logs[places[0]]()
        whole = univariate(exponent.above, self.place)
        if whole is None or not exponent.below.is_constant() or whole.degree() != 1:
            return None
        terms = {quantity.key: part for quantity, part in self.field.terms(exponent)}
        slope = terms[self.field.generator(self.place).key]
        return places[0], slope, terms.get(self.field.one.key, Fraction(0))

    def _sign_at(self, poly: fmpq_mpoly, x: Fraction) -> Sign:
        """The sign at a point of the piece, where it is not 0."""

        def ball_of(place: int) -> arb:
            if place == self.place:
                return arb(fmpq(x.numerator, x.denominator))
            exponent = self.field.logs[place]()
            return (self.field.evaluate(exponent.above, ball_of) / self.field.evaluate(exponent.below, ball_of)).exp()

        ball = self.field.evaluate(poly, ball_of)
        if ball > 0:
            return 1
        if ball < 0:
            return -1
        raise TooLarge

    def _pair(self, angle: Quotient) -> tuple[Quotient, Quotient]:
        """The atoms cos and sin of an angle, with their relation."""
        pair = super()._pair(angle)
        places = [place for one in pair if (place := self.field.single(one)) is not None]
        if self._is_entire(angle):
            self.entire.update(places)
            whole = univariate(angle.above, self.place)
            self.waves.update(places if whole is not None and whole.degree() == 1 else ())
        return pair

    def _exp_of(self, quantity: Quotient, coefficient: Fraction) -> Quotient:
        power = super()._exp_of(quantity, coefficient)
        if self._is_entire(quantity):
            self.entire.update(place for place, degree in enumerate(power.above.degrees()) if degree)
            self.entire.update(place for place, degree in enumerate(power.below.degrees()) if degree)
        return power

    def _is_entire(self, element: Quotient) -> bool:
        """Whether an element is a polynomial in the variable and in entire atoms."""
        if self.place < 0 or not element.below.is_constant():
            return False
        known = {self.place, self.field.single(self.pi), *self.entire}
        return all(not degree or place in known for place, degree in enumerate(element.above.degrees()))

    def settled_sign(self, poly: fmpq_mpoly) -> Sign:
        """The strict sign; where it is not known, the polynomial is a surface, and cuts the piece."""
        sign = self.strict_sign(poly)
        if sign is None:
            self.polys[str(poly)] = poly
            raise Cut((), str(poly))
        return sign

    def sign_of(self, poly: fmpq_mpoly) -> int:
        """1 or -1 where a polynomial is known to have that sign, or be 0; else 0."""
        return super().sign_of(poly) or self.strict_sign(poly) or 0

    def divide(self, above: Quotient, below: Quotient) -> Quotient:
        """A quotient, which has no value over 0."""
        if below.above.is_zero():
            raise OutsideDomain
        return super().divide(above, below)

    def rational_power(self, base: Quotient, exponent: Fraction) -> Quotient:
        """A power with a rational exponent; 0 has no negative ones."""
        if base.above.is_zero() and exponent < 0:
            raise OutsideDomain
        return super().rational_power(base, exponent)

    def log(self, argument: Quotient) -> Quotient:
        """A logarithm, which 0 has not."""
        if argument.above.is_zero():
            raise OutsideDomain
        return super().log(argument)

    def is_positive(self, base: Quotient) -> bool:
        """Whether what a root is taken of, which is not negative, is positive throughout the piece."""
        if base.above.is_zero():
            return False
        return super().is_positive(base) or all(self.strict_sign(poly) for poly, _ in self.field.factors(base)[1])

    def _sign(self, element: Quotient, even: bool) -> Quotient:
        """The product of the signs of all factors, each settled."""
        if element.above.is_zero():
            return self.field.zero
        scale, factors = self.field.factors(element)
        result = -1 if scale < 0 else 1
        for poly, times in factors:
            sign = self.settled_sign(poly)
            result *= sign if times % 2 or not sign else 1
        return self.field.number(result)

    def choice(self, kind: Literal["negative", "zero"], element: Quotient) -> Quotient:
        """1 where the element is ``kind``, else 0."""
        sign = self.field.constant(self._sign(element, even=True))
        return self.field.number(int(sign == 0 if kind == "zero" else sign is not None and sign < 0))

    def require(self, kind: Kind, key: str, poly: fmpq_mpoly | None) -> None:
        """Keep a condition unless it is settled on the piece."""
        if kind == "nonzero" and poly is not None and self._is_off_turns(poly):
            return
        sign = self.strict_sign(poly) if poly is not None and kind != "domain" else None
        if sign is None or poly is None:
            super().require(kind, key, poly)
            return
        signed = -sign if key.startswith("-(") and kind != "nonzero" else sign
        if (
            (kind == "nonzero" and sign == 0)
            or (kind == "positive" and signed <= 0)
            or (signed < 0 and kind != "nonzero")
        ):
            raise OutsideDomain

    def _is_off_turns(self, poly: fmpq_mpoly) -> bool:
        """Whether a polynomial is cos + 1 or cos - 1 of an angle whose sine is not 0 on the piece."""
        for sine, cosine in self.cosines.items():
            distance = poly - self.field.context.gen(cosine)
            if distance.is_constant() and abs(distance.leading_coefficient()) == 1:
                return bool(self.piece.signs.get(str(self.field.context.gen(sine))))
        return False

    def exempt(self, element: Quotient) -> None:
        """Keep the factors of an element that may be 0 on the piece."""
        for poly, _ in self.field.factors(element)[1]:
            if not self.strict_sign(poly):
                self.field.cancelled[str(poly)] = poly

    def require_sign(self, kind: Literal["positive", "nonnegative"], element: Quotient) -> None:
        """Take note that an element must be positive, or at least not negative."""
        scale, odd = self._odd_factors(element)
        if scale < 0 and not odd:
            raise OutsideDomain
        super().require_sign(kind, element)


def _logarithm(zero: Zero, slope: Fraction, start: Fraction) -> Zero:
    """The x at which exp(slope*x + start) is a positive number."""
    if zero.low == zero.high == 1:
        x = -start / slope
        return Zero(x, x, rational_expression(x), (f"exponent {x}", 0))
    root = None
    if zero.expression is not None:
        shifted = make(table.SUB, make(table.LOG, zero.expression), rational_expression(start))
        root = make(table.DIV, shifted, rational_expression(slope))
    ends = [(Fraction(log(end)) - start) / slope for end in (zero.low, zero.high)]
    margin = (max(map(abs, ends)) + 1) / (1 << 40)  # doubles round
    return Zero(min(ends) - margin, max(ends) + margin, root, (f"{slope} {start} {zero.key}", 0))


class PieceTranslator(Translator):
    """Expressions to elements on one piece: of a choice only the branch that is taken."""

    def __init__(self, functions: Elementary) -> None:
        super().__init__(functions)
        self.meanings: dict[int, Expr | None] = {}
        """By node what it is written out to; held, since a node that nobody holds is made again with another id."""

    def element(self, root: Expr) -> Quotient:
        """The element that an expression is on the piece. Raises TooLarge, Cut and OutsideDomain."""
        stack = [root]
        steps = 0
        while stack:
            node = stack[-1]
            if node.id in self.elements:
                stack.pop()
                continue
            steps += 1
            if steps > 4 * _MOST_NODES:
                raise TooLarge
            if node.id not in self.meanings:
                self.meanings[node.id] = None if is_leaf(node) else expand(node)
            meaning = self.meanings[node.id]
            missing = self._missing(node, meaning)
            if missing is not None:
                stack.append(missing)
                continue
            stack.pop()
            if meaning is not None:
                self.elements[node.id] = self.elements[meaning.id]
            elif node.op is table.WHERE:
                self.elements[node.id] = self.elements[node.args[1 if self._holds(node.args[0]) else 2].id]
            elif node.op in _SHORT_CUTS:
                self.elements[node.id] = self._short_cut(node)
            else:
                self.elements[node.id] = self._translate(node)
        return self.elements[root.id]

    def _holds(self, condition: Expr) -> bool:
        value = self.field.constant(self.elements[condition.id])
        if value is None:
            raise TooLarge
        return bool(value)

    def _missing(self, node: Expr, meaning: Expr | None) -> Expr | None:
        """The next part that is needed; None where all are there."""
        needed: Sequence[Expr]
        if meaning is not None:
            needed = (meaning,)
        elif is_leaf(node):
            needed = ()
        elif node.op is table.WHERE:
            condition: Expr = node.args[0]
            if condition.id not in self.elements:
                return condition
            needed = (node.args[1 if self._holds(condition) else 2],)
        elif node.op in _SHORT_CUTS:
            first: Expr = node.args[0]
            if first.id not in self.elements:
                return first
            needed = node.args if self._holds(first) == (node.op is table.AND) else (first,)
        else:
            needed = node.args
        return next((part for part in needed if part.id not in self.elements), None)

    def settle(self, root: Expr) -> Expr:
        """An expression that has its element already, with each choice replaced by what is chosen on the piece."""
        settled: dict[int, Expr] = {}
        stack = [root]
        while stack:
            node = stack[-1]
            parts = self._settled_parts(node)
            missing = [part for part in parts if part.id not in settled]
            if missing:
                stack += missing
                continue
            stack.pop()
            if node.op is table.SIGN or node.op is table.STEP:
                settled[node.id] = rational_expression(self.field.constant(self.elements[node.id]) or Fraction(0))
            elif node.op is table.WHERE or self.meanings[node.id] is not None:
                settled[node.id] = settled[parts[0].id]
            else:
                settled[node.id] = make(node.op, *(settled[part.id] for part in parts)) if parts else node
        return settled[root.id]

    def _settled_parts(self, node: Expr) -> Sequence[Expr]:
        meaning = self.meanings[node.id]
        if meaning is not None:
            return (meaning,)
        if node.op is table.WHERE:
            return (node.args[1 if self._holds(node.args[0]) else 2],)
        return () if is_leaf(node) or node.op is table.SIGN or node.op is table.STEP else node.args

    def _short_cut(self, node: Expr) -> Quotient:
        first, second = node.args
        decided = self._holds(first) != (node.op is table.AND)
        return self.elements[first.id if decided else second.id]


_SHORT_CUTS = frozenset((table.AND, table.OR))
