"""Equality piece by piece: on each piece of the line or of space, all choices that expressions make are settled.

What holds off the zeros of what choices depend on is proved here. What expressions are at the cuts of the line is
left to the caller; of surfaces, a theorem says whether a claim about a derivative may be wrong there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations
from typing import Literal, NamedTuple

from flint import fmpq, fmpq_mpoly

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, make, number, symbol, variables
from dcalc.proof.field import Field, FinerScale, MoreRoom, Quotient, TooLarge
from dcalc.proof.piece_functions import Cut, OutsideDomain, Piece, PieceElementary, PieceTranslator, Sign
from dcalc.proof.relations import Condition, SignedElementary
from dcalc.proof.roots import Zero, rational_expression
from dcalc.simplify import simplify
from dcalc.tape import in_order

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
