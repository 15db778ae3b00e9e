"""Equality piece by piece: on each piece of the line or of space, all choices that expressions make are settled.

What holds off the zeros of what choices depend on is proved here. What expressions are at the cuts of the line is
left to the caller; of surfaces, a theorem says whether a claim about a derivative may be wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations, pairwise
from math import log
from typing import Literal, NamedTuple

from flint import arb, fmpq, fmpq_mpoly

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, is_leaf, make, number, symbol, variables
from dcalc.proof.expressions import Translator
from dcalc.proof.field import Field, FinerScale, MoreRoom, Quotient, TooLarge
from dcalc.proof.polynomials import Zero, rational_expression, real_zeros, univariate
from dcalc.proof.relations import Condition, Elementary, Kind, SignedElementary
from dcalc.simplify import simplify
from dcalc.tape import expand, in_order

# --- elements on one piece ---------------------------------------------------------------------
# Elements on one piece of the line or of space, where the sign of every polynomial that matters is settled.
#
# Of one variable, a polynomial whose zeros are known cuts the line at them. Any other is a surface, taken once as
# positive and once as negative.


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


# --- equality ----------------------------------------------------------------------------------


_MOST_PIECES = 64
_MOST_SURFACES = 5
_TRIES = 60
"""How often the pieces are cut again, or a quantity is divided more finely."""
_JUMPS = frozenset((table.LT, table.LE, table.GT, table.GE, table.EQ, table.NE, table.SIGN, table.STEP))
"""What makes an expression jump; abs, max and min are continuous."""


Line = dict[str, Expr]
"""Values of other variables than the one that is differentiated by."""


class Pieces(NamedTuple):
    """Two expressions are equal on all open pieces where both are defined.

    ``cuts`` are the points between the pieces, of the only variable, with what the claim is on the pieces beside,
    choices settled; with nothing where it makes no choice, and so is continuous wherever it has a value. ``gaps``
    tells that the second has conditions which the first has as well, and f has not: places where neither has a
    value. ``loose`` tells that there are surfaces on which the claim may be anything; ``lines``, in which other
    variables have values, are to be asked for apart.
    """

    cuts: tuple[tuple[Zero, tuple[Expr, ...]], ...]
    gaps: bool
    loose: bool
    lines: tuple[Line, ...]
    surfaces: int


def prove_on_pieces(root: Expr, right: Expr, claim: Expr, name: str) -> Pieces | None:
    """Whether a claim is proved to equal ``right``, the derivative of ``root`` by ``name``, on all open pieces.

    None where it is not. Cost: milliseconds for each piece; bounded.
    """
    return _Question(root, right, claim, name, variables(root, right, claim)).answer()


class _Question:
    """One claim, cut into pieces until each of them is decided."""

    def __init__(self, root: Expr, right: Expr, claim: Expr, name: str, names: Sequence[str]) -> None:
        self.root = root
        self.right = right
        self.claim = claim
        self.name = name
        self.names = names
        self.only = names[0] if len(names) == 1 else ""
        self.scales: dict[str, int] = {}
        self.places: dict[str, int] = {}
        self.surfaces: dict[str, fmpq_mpoly] = {}
        self.entire: set[int] = set()
        self.waves: set[int] = set()
        self.cuts: list[Zero] = []
        self.gaps = False

    def answer(self) -> Pieces | None:
        """The pieces on which the claim is proved, all of them; else None."""
        pieces = [Piece()]
        decided: list[Piece] = []
        try:
            for _ in range(_TRIES):
                if not pieces:
                    if not decided:
                        return None
                    return self._judge_surfaces(decided)
                piece = pieces.pop()
                try:
                    proved = self._is_proved(piece)
                except FinerScale:
                    pieces.append(piece)
                    continue
                except Cut as cut:
                    pieces += piece.cut(cut)
                    self.cuts += cut.zeros
                    if len(pieces) + len(decided) > _MOST_PIECES or len(self.surfaces) > _MOST_SURFACES:
                        return None
                    continue
                if proved is False:
                    return None
                decided += [piece] if proved else []
        except (TooLarge, MoreRoom, OutsideDomain, ZeroDivisionError, OverflowError):
            return None  # with the signs of its conditions, too, an element may turn out to have no values on a piece
        return None

    def _functions(self, piece: Piece, signs: Mapping[str, int]) -> PieceElementary:
        functions = PieceElementary(Field(self.scales, self.places), piece, self.only, signs)
        functions.polys = self.surfaces
        functions.entire, functions.waves = self.entire, self.waves
        self.places = functions.field.places
        return functions

    def _is_proved(self, piece: Piece) -> bool | None:
        """Whether the claim is proved on one piece; None where f has no values there. Raises Cut."""
        functions = self._functions(piece, {})
        try:
            PieceTranslator(functions).element(self.root)
        except OutsideDomain:
            return None
        signs = _known_signs(functions.conditions)
        functions = self._functions(piece, signs)
        translator = PieceTranslator(functions)
        translator.element(self.root)
        given = set(functions.conditions)
        try:
            truth = translator.element(self.right)
            excused = set(functions.conditions)
            functions.conditions = {}
            claimed = PieceTranslator(functions).element(self.claim)
        except OutsideDomain:
            return False
        needed = set(functions.conditions)
        if not self._is_same(functions, claimed, truth):
            functions = self._functions(piece, {**signs, **_known_signs(functions.conditions)})
            translator = PieceTranslator(functions)
            truth = translator.element(self.right)
            if not any(
                self._is_same(functions, translator.element(way), truth) for way in (self.claim, simplify(self.claim))
            ):
                return False
        positive = {condition.key for condition in excused if condition.kind == "positive"}
        more = {one for one in needed - excused if not (one.kind == "nonnegative" and one.key in positive)}
        self.gaps = self.gaps or bool((needed & excused) - given)
        return not more

    @staticmethod
    def _is_same(functions: SignedElementary, first: Quotient, second: Quotient) -> bool:
        return functions.field.subtract(first, second).above.is_zero() and not functions.field.cancelled

    # --- surfaces ---------------------------------------------------------------------------

    def _judge_surfaces(self, pieces: Sequence[Piece]) -> Pieces:
        """What holds on the surfaces, given that the claim is proved off them.

        Let z be on a surface that is met in single points by every line along the variable. Where f is continuous
        at z and its derivative has a limit there, that is its derivative at z, by the mean value theorem; where
        the limits from the two sides differ, f has none. So a claim is right at z if its value lies between its
        limits from the two sides. `None` here means that the surface holds lines, which are asked for apart.
        """
        lines: list[Line] = []
        loose = False
        jumping: list[fmpq_mpoly] = []
        nonzero = {place for key, place in self.places.items() if key.startswith(_NOWHERE_ZERO)}
        for key, poly in list(self.surfaces.items()):
            if all(not degree or place in nonzero for place, degree in enumerate(poly.degrees())) and len(poly) == 1:
                continue
            if not self.only and self._is_outside(Piece(None, None, {key: 0})):
                continue  # f has no value on it, wherever others cross it
            degenerate = self._lines_in(poly)
            if degenerate is None:
                loose = True
                continue
            lines += degenerate
            on = [self._nature(key, piece) for piece in pieces if piece.signs.get(key) == 1]
            if "unknown" in on or (set(on) != {"continuous"} and not self._changes_sign(poly)):
                loose = True
            elif set(on) != {"continuous"}:
                jumping.append(poly)
        loose = loose or any(
            not (a - b).is_constant() and not (a + b).is_constant() for a, b in combinations(jumping, 2)
        )
        return Pieces(tuple(self._describe_cuts(pieces)), self.gaps, loose, tuple(lines), len(self.surfaces))

    def _describe_cuts(self, pieces: Sequence[Piece]) -> Iterator[tuple[Zero, tuple[Expr, ...]]]:
        jumps = any(node.op in _JUMPS for node in in_order(self.claim)[0])
        for zero in self.cuts:
            beside = [piece for piece in pieces if any(end and end.is_same(zero) for end in (piece.low, piece.high))]
            yield zero, tuple(dict.fromkeys(map(self._settle_claim, beside))) if jumps else ()

    def _settle_claim(self, piece: Piece) -> Expr:
        translator = PieceTranslator(self._functions(piece, {}))
        translator.element(self.claim)
        return simplify(translator.settle(self.claim))

    def _nature(self, key: str, piece: Piece) -> Literal["continuous", "between", "unknown"]:
        """How the claim's value on a surface lies to its limits from both sides, next to one piece."""
        poly = self.surfaces[key]
        if self._is_outside(Piece(piece.low, piece.high, {**piece.signs, key: 0})):
            return "continuous"
        sides: list[Quotient | None] = []
        for sign in _SIDES:
            functions = self._functions(Piece(piece.low, piece.high, {**piece.signs, key: sign}), {})
            try:
                sides.append(PieceTranslator(functions).element(self.claim))
            except (OutsideDomain, TooLarge, ZeroDivisionError):
                sides.append(None)
            except Cut:
                return "unknown"
        above, on, below = sides
        if above is None or below is None:
            return "unknown"
        field = functions.field
        jump = field.subtract(above, below)
        if on is None:
            return "between" if field.constant(jump) or self._is_nowhere_zero(poly, jump, functions) else "unknown"
        steps = [field.subtract(on, side) for side in (above, below)]
        if all(_vanishes_on(poly, step) for step in steps):
            return "continuous"
        if any(_vanishes_on(poly, step) for step in (*steps, field.add(*steps))):
            return "between"
        return "unknown"

    @staticmethod
    def _is_nowhere_zero(poly: fmpq_mpoly, element: Quotient, functions: PieceElementary) -> bool:
        """Whether an element has no zero where a sine, or a cosine, has: there the other one is 1 or -1."""
        field = functions.field
        place = field.single(field.from_polynomial(poly))
        pairs = [pair for pair in functions.cosines.items() if place in pair]
        if not pairs or place is None or not element.below.is_constant():
            return False
        (other,) = {*pairs[0]} - {place}
        if any(degree and index not in pairs[0] for index, degree in enumerate(element.above.degrees())):
            return False
        ends = [
            element.above.subs({str(field.context.gen(place)): 0, str(field.context.gen(other)): end})
            for end in (1, -1)
        ]
        return not any(end.is_zero() for end in ends)

    def _is_outside(self, piece: Piece) -> bool:
        """Whether f has no values there."""
        try:
            PieceTranslator(self._functions(piece, {})).element(self.root)
        except OutsideDomain:
            return True
        except (Cut, TooLarge, ZeroDivisionError):
            return False
        return False

    def _lines_in(self, poly: fmpq_mpoly) -> list[Line] | None:
        """Where a surface holds whole lines along the variable: values of other variables; None where unknown."""
        functions = self._functions(Piece(), {})
        if self.only:
            return [] if self._is_entire(poly) else None
        symbols = {functions.field.atom(f"symbol {name}")[0]: name for name in self.names}
        terms = poly.to_dict()
        if any(power and place not in symbols for powers in terms for place, power in enumerate(powers)):
            return None
        place = next((place for place, name in symbols.items() if name == self.name), -1)
        rows: dict[int, dict[tuple[int, ...], fmpq]] = {}
        for powers, value in terms.items():
            rest = tuple(0 if index == place else int(power) for index, power in enumerate(powers))
            rows.setdefault(int(powers[place]) if place >= 0 else 0, {})[rest] = fmpq(value)
        if any(len(row) == 1 and not any(*row) for row in rows.values()):
            return []
        line: Line = {}
        for row in rows.values():
            solution = _solve_linear(row, symbols)
            if solution is None or solution[0] in line or any(name in line for name in variables(solution[1])):
                return None
            line[solution[0]] = solution[1]
        return None if any(name in line for value in line.values() for name in variables(value)) else [line]

    def _changes_sign(self, poly: fmpq_mpoly) -> bool:
        """Whether a polynomial is seen to change its sign at each zero, along the variable."""
        functions = self._functions(Piece(), {})
        place = functions.field.atom(f"symbol {self.name}")[0]
        degrees = poly.degrees()
        if not self.only:
            return degrees[place] == 1  # where its factor is 0 there is no zero, or a line
        places = [index for index, degree in enumerate(degrees) if degree]
        if len(places) != 1 or degrees[places[0]] != 1 or places[0] not in self.waves:
            return False
        at_zero = poly.to_dict().get((0,) * len(degrees), 0)
        return abs(at_zero) != abs(poly.leading_coefficient())  # cos(x) - 1 touches 0

    def _is_entire(self, poly: fmpq_mpoly) -> bool:
        """Whether all atoms are entire functions of the variable, so that zeros are single points."""
        known = {*self.entire, self.places[f"symbol {self.only}"], self.places["pi"]}
        return all(not degree or place in known for place, degree in enumerate(poly.degrees()))


_NOWHERE_ZERO = ("gamma ",)
"""How keys of atoms begin that are 0 nowhere; DLMF 5.2(i)."""
_SIDES: tuple[Sign, ...] = (1, 0, -1)


def _vanishes_on(poly: fmpq_mpoly, element: Quotient) -> bool:
    """Whether an element is 0 wherever a polynomial without factors is, and the element has a value."""
    if element.above.is_zero():
        return True
    return element.above.gcd(poly) == poly / poly.leading_coefficient() and element.below.gcd(poly).is_one()


def _solve_linear(terms: Mapping[tuple[int, ...], fmpq], symbols: Mapping[int, str]) -> tuple[str, Expr] | None:
    """(name, value) at which a polynomial is 0, of a variable in which it is linear with a number as factor."""
    for powers, value in terms.items():
        places = [place for place, power in enumerate(powers) if power]
        if len(places) != 1 or powers[places[0]] != 1:
            continue
        if any(other[places[0]] for other in terms if other != powers):
            continue
        rest = [_term(other, -coefficient / value, symbols) for other, coefficient in terms.items() if other != powers]
        return symbols[places[0]], simplify(make(table.ADD, *rest)) if len(rest) > 1 else rest[0] if rest else ZERO
    return None


def _term(powers: tuple[int, ...], value: fmpq, symbols: Mapping[int, str]) -> Expr:
    parts = [make(table.POW, symbol(symbols[place]), number(power)) for place, power in enumerate(powers) if power]
    factor = rational_expression(Fraction(int(value.p), int(value.q)))
    return make(table.MUL, factor, *parts) if parts else factor


def _known_signs(conditions: Mapping[Condition, fmpq_mpoly | None]) -> dict[str, int]:
    """Signs that hold wherever the conditions do."""
    return {
        str(poly): -1 if condition.key.startswith("-(") else 1
        for condition, poly in conditions.items()
        if condition.kind in ("positive", "nonnegative") and poly is not None
    }
