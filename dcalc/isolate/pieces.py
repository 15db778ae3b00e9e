"""The line cut into pieces: on each, f is one smooth function without choices, or has no value.

Every part of the expression with a kink, a jump or a domain names what is 0 where that happens: the difference of both
sides of a comparison, the argument of an absolute value, a divisor. Their zeros are isolated as any other function's,
and cut the line. On a piece each of them keeps its sign, which decides every choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from flint import ctx

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import MINUS_ONE, ZERO, Expr, exact, is_leaf, make, number, variables
from dcalc.functions import Row
from dcalc.isolate.smooth import SHARP, Place, Sign, Smooth, Work, hull
from dcalc.isolate.zeros import Gap, isolate, place_between, sort_places
from dcalc.numbers.ball import nearest_whole
from dcalc.proof.equality import prove_number
from dcalc.simplify import simplify
from dcalc.simplify.build import RELATIONS
from dcalc.solver import undefined_constant
from dcalc.tape import expand

_MOST_PIECES = 400
_ROUNDINGS = frozenset((table.FLOOR, table.CEIL, table.ROUND, table.TRUNC, table.FRAC))
_JUNCTIONS = frozenset((table.AND, table.OR, table.NOT))
_RELU = table.get("relu", 1)

Image: TypeAlias = "Expr | bool | None"
"""What a part of the expression is on a piece: a smooth expression, a truth, or None where it has no value."""


class Scattered(NamedTuple):
    """What f may be at single places of a piece on which it has no value else: where an exponent is a whole number."""

    function: Smooth
    exponent: Smooth

    def may_have_value(self, place: Place) -> bool:
        """Whether the exponent is not proved to be broken at a place."""
        value = self.exponent.value(place.ball(SHARP[1]), SHARP[1])
        return value is None or value.contains_integer()

    def may_have_value_in(self, gap: Gap) -> bool:
        """Whether the exponent is not proved to be broken inside of a gap; it may be whole at the ends."""
        if gap.low.is_infinite or gap.high.is_infinite:
            return True
        ends = gap.low.ball(SHARP[1]), gap.high.ball(SHARP[1])
        around = self.exponent.coefficients(hull(*ends, SHARP[1]), 1, SHARP[1])
        if around is None or not around[0].contains_integer():
            return around is None
        whole = nearest_whole(around[0])
        if whole is None or 0 in around[1]:
            return True
        beyond = Smooth(make(table.SUB, self.exponent.root, number(whole)), self.exponent.name, self.exponent.work)
        return beyond.sign_at(gap.low) != 0 and beyond.sign_at(gap.high) != 0


class Piece(NamedTuple):
    """An open interval between two places, and f on it; None where f has no value there. ``signs`` are those of parts
    of the expression. A negative number to a whole power makes values ``scattered`` over the piece.
    """

    low: Place
    high: Place
    function: Smooth | None
    signs: dict[Expr, int]
    scattered: Sequence[Scattered] = ()


class Unknown(NamedTuple):
    """An interval of which it is not known where it is to be cut."""

    low: Place
    high: Place


class Line(NamedTuple):
    """Pieces and unknown intervals in order; ``causes`` are the functions that cut at a place, by its key."""

    parts: list[Piece | Unknown]
    causes: dict[object, set[Row]]


class _Cut(Exception):
    """Places at which a piece has to be cut, gaps of which nothing is known, the row that asked, and what it asked."""

    def __init__(self, zeros: Sequence[Place], gaps: Sequence[Gap], row: Row, of: Expr | None = None) -> None:
        super().__init__()
        self.zeros = zeros
        self.gaps = gaps
        self.row = row
        self.of = of


def cut_line(root: Expr, name: str, low: Place, high: Place, work: Work) -> Line:
    """The pieces of f between two places. Cost: that of isolating the zeros of what chooses and of what divides."""
    parts: list[Piece | Unknown] = []
    causes: dict[object, set[Row]] = {}
    drafts = [_Draft(name, low, high, work, {}, {}, (), set())]
    while drafts:
        draft = drafts.pop()
        if len(parts) + len(drafts) > _MOST_PIECES or work.is_spent:
            parts.append(Unknown(draft.low, draft.high))
            continue
        try:
            image = draft.resolve(root)
            scattered = draft.resolve_scattered(root) if image is None else []
        except _Cut as cut:
            for place in cut.zeros:
                causes.setdefault(place.key, set()).add(cut.row)
            drafts += reversed(draft.split(cut, parts))
            continue
        function = Smooth(simplify(image), name, work) if isinstance(image, Expr) else None
        parts.append(Piece(draft.low, draft.high, function, draft.signs, scattered))
    return Line(_join_unknown(parts), causes)


def _join_unknown(parts: Iterable[Piece | Unknown]) -> list[Piece | Unknown]:
    ordered = sorted(parts, key=lambda part: (part.low.double, part.high.double))
    joined: list[Piece | Unknown] = []
    for part in ordered:
        if isinstance(part, Unknown) and joined and isinstance(joined[-1], Unknown):
            part = Unknown(joined.pop().low, part.high)
        joined.append(part)
    return joined


class _Draft:
    """A piece that is being made."""

    def __init__(
        self,
        name: str,
        low: Place,
        high: Place,
        work: Work,
        images: dict[int, Image],
        signs: dict[Expr, int],
        clear: tuple[Expr, ...],
        whole_powers: set[Expr],
    ) -> None:
        self.name = name
        self.low, self.high = low, high
        self.work = work
        self.images = images
        self.signs = signs
        self.clear = clear
        """What is known not to be 0, and whose sign was not asked for yet."""
        self.whole_powers = whole_powers
        """Powers of negative numbers that have a value where their exponent is a whole number."""
        self.parity = 0
        """The sign that such powers have; 0 where they have no value."""

    def split(self, cut: _Cut, parts: list[Piece | Unknown]) -> list[_Draft]:
        """The drafts between the zeros and outside of the gaps of a cut, which are added to the parts."""
        ends = sort_places([gap.low for gap in cut.gaps] + [gap.high for gap in cut.gaps] + list(cut.zeros))
        inner = [end for end in ends if self.low.compare(end) == -1 and end.compare(self.high) == -1]
        drafts = []
        for low, high in pairwise([self.low, *inner, self.high]):
            if any(gap.low.compare(low) != 1 and gap.high.compare(high) != -1 for gap in cut.gaps):
                parts.append(Unknown(low, high))
            else:
                clear = self.clear if cut.of is None else (*self.clear, cut.of)
                known = (dict(self.images), dict(self.signs), clear, set(self.whole_powers))
                drafts.append(_Draft(self.name, low, high, self.work, *known))
        return drafts

    # --- parts of the expression ---------------------------------------------------------------

    def resolve(self, root: Expr) -> Image:
        """What an expression is on the piece; branches that are not taken are not looked at. Raises _Cut."""
        images = self.images
        meanings: dict[int, Expr | None] = {}  # kept alive, since nodes are known by their ids
        stack = [root]
        while stack:
            node = stack[-1]
            if node.id in images:
                stack.pop()
                continue
            if is_leaf(node):
                images[node.id] = node
                continue
            if node.id not in meanings:
                meanings[node.id] = expand(node)
            meaning = meanings[node.id]
            needed: Sequence[Expr] = node.args if meaning is None else (meaning,)
            if meaning is None and node.op is table.WHERE:
                needed = self._needed_of_choice(node)
            missing = [arg for arg in needed if arg.id not in images]
            if missing:
                stack += missing
                continue
            if meaning is not None:
                images[node.id] = images[meaning.id]
            elif node.op is table.WHERE:
                images[node.id] = None if len(needed) < 2 else images[needed[1].id]
            else:
                args = [images[arg.id] for arg in node.args]
                # What a rounding or a choice made a constant, as floor(x), may be one at which f has no value.
                is_resolved = any(image is not arg for image, arg in zip(args, node.args, strict=True))
                images[node.id] = self._apply(node.op, args, is_resolved=is_resolved)
        return images[root.id]

    def resolve_scattered(self, root: Expr) -> list[Scattered]:
        """What an expression may be at single places of a piece on which it has no value. Raises _Cut."""
        if not self.whole_powers:
            return []
        if len(self.whole_powers) > 1:  # of which each has a sign of its own
            raise _Cut([], [Gap(self.low, self.high)], table.POW)
        (power,) = self.whole_powers
        exponent = Smooth(simplify(power.args[1]), self.name, self.work)
        other = _Draft(self.name, self.low, self.high, self.work, {}, self.signs, self.clear, set())
        scattered = []
        for parity in (1, -1):
            other.images, other.parity = {}, parity
            image = other.resolve(root)
            if isinstance(image, Expr):
                scattered.append(Scattered(Smooth(simplify(image), self.name, self.work), exponent))
        return scattered

    def _needed_of_choice(self, node: Expr) -> Sequence[Expr]:
        condition = self.images.get(node.args[0].id, MINUS_ONE)
        if isinstance(condition, bool):
            return node.args[0], node.args[1 if condition else 2]
        return node.args[:1]

    def _apply(self, op: Row, args: Sequence[Image], *, is_resolved: bool) -> Image:
        if op in _JUNCTIONS:
            return _combine_truths(op, args)
        nodes = [arg for arg in args if isinstance(arg, Expr)]
        if len(nodes) < len(args):
            return None
        if op in RELATIONS:
            return bool(RELATIONS[op](self.sign(make(table.SUB, *nodes), op), 0))
        rule = _CHOICES.get(op)
        if rule is not None:
            return rule(self, *nodes)
        if op in _ROUNDINGS:
            return self._round(op, nodes[0])
        if not is_resolved and not any(map(variables, nodes)):
            return None if _lacks_value(make(op, *nodes)) else make(op, *nodes)
        if op is table.POW:
            return self._raise(*nodes)
        if not self._is_defined(op, nodes):
            return None
        if op.vertical:  # f is continuous there, and not smooth
            self.sign(rules.fill(op.vertical, op.args, dict(zip(op.args, nodes, strict=False))), op)
        return make(op, *nodes)

    # --- signs -------------------------------------------------------------------------------

    def sign(self, gap: Expr, row: Row) -> Sign:
        """The sign of a smooth expression throughout the piece. Raises _Cut."""
        gap = simplify(gap)
        value = exact(gap)
        if value is not None:
            return 1 if value > 0 else -1 if value < 0 else 0
        known = self.signs.get(gap)
        if known is not None:
            return 1 if known > 0 else -1 if known < 0 else 0
        sign = self._find_sign(gap, row)
        self.signs[gap] = sign
        return sign

    def _find_sign(self, gap: Expr, row: Row) -> Sign:
        function = Smooth(gap, self.name, self.work)
        if gap not in self.clear:
            isolation = isolate(function, self.low, self.high, self.signs)
            if isolation.is_zero:
                return 0
            if isolation.zeros or isolation.gaps:
                raise _Cut(isolation.zeros, isolation.gaps, row, gap)
        place = place_between(self.low, self.high)
        sign = None if place is None else function.sign_at(place)
        if sign is None:
            if prove_number(gap) == 0:
                return 0
            raise _Cut([], [Gap(self.low, self.high)], row)
        return sign

    # --- rows with kinks and jumps ---------------------------------------------------------------

    def abs_(self, u: Expr) -> Image:
        """u or -u."""
        sign = self.sign(u, table.ABS)
        return u if sign > 0 else make(table.NEG, u) if sign else ZERO

    def sign_(self, u: Expr) -> Image:
        """-1, 0 or 1."""
        return number(self.sign(u, table.SIGN))

    def step(self, u: Expr) -> Image:
        """1 from 0 on."""
        return number(int(self.sign(u, table.STEP) >= 0))

    def relu(self, u: Expr) -> Image:
        """u where it is positive."""
        return u if self.sign(u, _RELU) > 0 else ZERO

    def larger(self, u: Expr, v: Expr) -> Image:
        """The larger one."""
        return u if self.sign(make(table.SUB, u, v), table.MAX) >= 0 else v

    def smaller(self, u: Expr, v: Expr) -> Image:
        """The smaller one."""
        return u if self.sign(make(table.SUB, u, v), table.MIN) <= 0 else v

    def hypot(self, u: Expr, v: Expr) -> Image:
        """The root of the sum of squares, cut where that is 0."""
        square = make(table.ADD, *(make(table.POW, arg, number(2)) for arg in (u, v)))
        return make(table.SQRT, square) if self.sign(square, table.HYPOT) else ZERO

    def remainder(self, u: Expr, v: Expr) -> Image:
        """u less the multiple of v below it."""
        if not self.sign(v, table.MOD):
            return None
        whole = self._round(table.FLOOR, make(table.DIV, u, v), table.MOD)
        return make(table.SUB, u, make(table.MUL, v, whole)) if isinstance(whole, Expr) else None

    def angle(self, y: Expr, x: Expr) -> Image:
        """The arctangent of a quotient, half a turn on to the left of 0."""
        side = self.sign(x, table.ATAN2)
        height = self.sign(y, table.ATAN2)
        if not side:
            return make(table.MUL, number(Fraction(height, 2)), make(table.PI)) if height else None
        angle = make(table.ATAN, make(table.DIV, y, x))
        return angle if side > 0 else make(table.ADD, angle, make(table.MUL, number(height or 1), make(table.PI)))

    def _round(self, op: Row, u: Expr, row: Row | None = None) -> Image:
        """A rounding of u, which is constant on a piece between its jumps."""
        u = simplify(u)
        if not variables(u):
            return make(op, u)
        wave = table.get("cospi" if op is table.ROUND else "sinpi", 1)
        is_jump = not self.sign(make(wave, u), row or op)  # u is one number all over the piece, where the row jumps
        place = place_between(self.low, self.high)
        below = None if place is None else Smooth(u, self.name, self.work).value(place.ball(SHARP[1]), SHARP[1])
        if below is None:
            raise _Cut([], [Gap(self.low, self.high)], row or op)
        with ctx.workprec(SHARP[1]):
            shift = 0.5 if (op is table.ROUND) is not is_jump else 0
            whole = nearest_whole((below + shift).floor())
            if whole is None:
                raise _Cut([], [Gap(self.low, self.high)], row or op)
        if is_jump:
            return make(op, number(whole + Fraction(int(op is table.ROUND), 2)))
        if op is table.CEIL or (op is table.TRUNC and below < 0):
            whole += 1
        return make(table.SUB, u, number(whole)) if op is table.FRAC else number(whole)

    # --- domains -----------------------------------------------------------------------------

    def _is_defined(self, op: Row, args: Sequence[Expr]) -> bool:
        """Whether a row has values on the piece. Raises _Cut."""
        if not op.domain or len(args) > len(op.args):
            return True
        return self._holds(rules.fill(op.domain, op.args, dict(zip(op.args, args, strict=False))), op)

    def _raise(self, base: Expr, exponent: Expr) -> Image:
        """A power. Raises _Cut."""
        node = make(table.POW, base, exponent)
        power = exact(simplify(exponent))
        if power is not None and Fraction(power).denominator == 1:
            return node if power >= 0 or self.sign(base, table.POW) else None
        sign = self.sign(base, table.POW)
        if sign > 0 or (not sign and self.sign(exponent, table.POW) >= 0):
            return node
        if not sign or not variables(exponent):
            return None
        self.whole_powers.add(node)
        if not self.parity:
            return None
        size = make(table.POW, make(table.NEG, base), exponent)
        return size if self.parity > 0 else make(table.NEG, size)

    def _holds(self, condition: Expr, row: Row) -> bool:
        """A condition of the table on the piece, from left to right, no further than it takes. Raises _Cut."""
        truths: dict[Expr, bool] = {}
        stack = [condition]
        while stack:
            node = stack[-1]
            if node.op is not table.AND and node.op is not table.OR:
                truths[node] = self._compare(node, row)
            elif node.args[0] not in truths:
                stack.append(node.args[0])
                continue
            elif truths[node.args[0]] is (node.op is table.OR):
                truths[node] = node.op is table.OR
            elif node.args[1] not in truths:
                stack.append(node.args[1])
                continue
            else:
                truths[node] = truths[node.args[1]]
            stack.pop()
        return truths[condition]

    def _compare(self, relation: Expr, row: Row) -> bool:
        left, right = relation.args
        if left.op is table.FRAC and right is ZERO:  # whole numbers alone
            inner = simplify(left.args[0])
            value = exact(inner)
            if value is not None:
                return bool(RELATIONS[relation.op](Fraction(value) % 1, 0))
            if not variables(inner):
                return relation.op is table.NE
            return bool(RELATIONS[relation.op](abs(self.sign(make(table.get("sinpi", 1), inner), row)), 0))
        sides = [self.resolve(left), self.resolve(right)]
        nodes = [side for side in sides if isinstance(side, Expr)]
        return len(nodes) == len(sides) and bool(RELATIONS[relation.op](self.sign(make(table.SUB, *nodes), row), 0))


@lru_cache(maxsize=256)
def _lacks_value(constant: Expr) -> bool:
    return bool(undefined_constant(constant))


def _combine_truths(op: Row, args: Sequence[Image]) -> bool | None:
    """What and, or and not make of truth values, some of which are not known."""
    truths = [arg for arg in args if isinstance(arg, bool)]
    if op is table.NOT:
        return not truths[0] if truths else None
    deciding = op is table.OR
    if deciding in truths:
        return deciding
    return None if len(truths) < len(args) else not deciding


_CHOICES: dict[Row, Callable[..., Image]] = {
    table.ABS: _Draft.abs_,
    table.SIGN: _Draft.sign_,
    table.STEP: _Draft.step,
    _RELU: _Draft.relu,
    table.MAX: _Draft.larger,
    table.MIN: _Draft.smaller,
    table.HYPOT: _Draft.hypot,
    table.MOD: _Draft.remainder,
    table.ATAN2: _Draft.angle,
}
