"""A function along the line: its pieces, what happens where they meet, and the zeros of f and of its derivatives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import pairwise
from typing import Literal, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.backends import load
from dcalc.errors import Undefined
from dcalc.expr import MINUS_ONE, ONE, ZERO, Expr, exact, make, map_nodes, variables
from dcalc.isolate.pieces import Line, Piece, Unknown, cut_line
from dcalc.isolate.smooth import SHARP, Limit, Place, Smooth, Work, at_ball
from dcalc.isolate.zeros import Gap, Isolation, isolate, place_between, sort_places
from dcalc.numbers.enclosure import Encloser, Fault
from dcalc.problem import REFERENCE, Problem, Result
from dcalc.proof.polynomials import divides
from dcalc.simplify import simplify
from dcalc.simplify.build import RELATIONS
from dcalc.verdict import compare_beside
from dcalc.verdict.limit import Sign as Side

WORK = 200_000
"""What one curve may cost, in units of about 4 microseconds."""
_MARGIN = 2.0**-16
"""The part of a range by which more of the line is looked at, so that its ends are inner points."""
_CONTINUOUS = frozenset((table.ABS, table.MAX, table.MIN, table.HYPOT, table.get("relu", 1)))

JointKind = Literal[
    "smooth", "hole", "pole", "break", "jump", "kink", "vertical_tangent", "edge", "oscillation", "unknown"
]
"""What f is like at a place where its pieces meet: an edge is one of its domain, at a pole f is infinite on both sides,
at a break it has no value and different limits."""
Trend = Literal[-1, 0, 1]
"""f falls, is constant, or rises; of a slope: f is concave, straight or convex."""


class Joint(NamedTuple):
    """A place where two pieces meet, or an end of a range: ``left`` and ``right`` are limits of f there.

    ``is_defined`` tells whether f has a value, None where that is not known; ``value`` is a function that has that
    value at the place, None where none is known. ``verdict`` is the one on the derivative, at places in closed form.
    """

    place: Place
    kind: JointKind
    is_defined: bool | None = None
    value: Smooth | None = None
    left: Limit | None = None
    right: Limit | None = None
    verdict: Result | None = None

    @property
    def is_continuous(self) -> bool:
        """Whether f has a value there that it tends to from both sides."""
        return self.kind in ("smooth", "kink", "vertical_tangent")


class Stretch(NamedTuple):
    """An interval on which f is smooth and f, f' or f'' has one sign; ``function`` is f there."""

    low: Place
    high: Place
    trend: Trend
    function: Smooth


class Curve:
    """f over an interval, closed where its ends are finite."""

    def __init__(self, root: Expr, name: str, low: Place, high: Place, work: Work | None = None) -> None:
        self.root = root
        self.name = name
        self.low, self.high = low, high
        self.work = work or Work(WORK)
        outer = _widen(low, high)
        self.line: Line = cut_line(root, name, *outer, self.work)
        self.pieces = [part for part in self.line.parts if isinstance(part, Piece)]
        self._stretches: dict[int, list[Stretch]] = {}
        self._isolations: dict[tuple[int, int], Isolation] = {}

    # --- zeros of f and of its derivatives -----------------------------------------------------

    def derivative(self, piece: Piece, order: int) -> Smooth | None:
        """f or one of its derivatives on a piece; None where it has no value or no closed form there."""
        function = piece.function
        for _ in range(order):
            function = None if function is None else function.slope
        return function

    def zeros(self, piece: Piece, order: int) -> Isolation:
        """The zeros of f or of a derivative inside of a piece."""
        key = (id(piece), order)
        if key not in self._isolations:
            self._isolations[key] = self._isolate(piece, order)
        return self._isolations[key]

    def _isolate(self, piece: Piece, order: int) -> Isolation:
        function = self.derivative(piece, order)
        if piece.function is None:
            return Isolation([], [])
        if function is None:
            return Isolation([], [Gap(piece.low, piece.high)])
        # No function and no piece takes what the others need.
        share = self.work.left * 2 // ((3 - order) * (1 + len(self.pieces)))
        kept = self.work.left - share
        self.work.left = share
        try:
            return isolate(function, piece.low, piece.high, piece.signs)
        finally:
            self.work.left += kept

    def stretches(self, order: int) -> list[Stretch]:
        """The intervals between zeros of f or of a derivative, on which that has one sign, from left to right.

        What is not settled is left out.
        """
        if order not in self._stretches:
            self._stretches[order] = list(self._list_stretches(order))
        return self._stretches[order]

    def _list_stretches(self, order: int) -> Iterator[Stretch]:
        for piece in self.pieces:
            function = self.derivative(piece, order)
            if piece.function is None or function is None:
                continue
            isolation = self.zeros(piece, order)
            if isolation.is_zero:
                yield Stretch(piece.low, piece.high, 0, piece.function)
                continue
            inner = sort_places([*isolation.zeros, *(end for gap in isolation.gaps for end in gap)])
            ends = [piece.low, *(end for end in inner if _is_between(end, piece)), piece.high]
            for low, high in pairwise(ends):
                if any(gap.low.compare(low) != 1 and gap.high.compare(high) != -1 for gap in isolation.gaps):
                    continue
                place = place_between(low, high)
                sign = None if place is None else function.sign_at(place)
                if sign:
                    yield Stretch(low, high, sign, piece.function)

    @property
    def scattered(self) -> list[Gap]:
        """The parts of the interval in which f has values at single places alone."""
        own = (Gap(piece.low, piece.high) for piece in self.pieces if piece.scattered)
        return [part for gap in own if (part := self._clip(gap)) is not None]

    @cached_property
    def scattered_zeros(self) -> Isolation:
        """The zeros of f at single places of pieces on which it has no value else, and where there may be others."""
        zeros: list[Place] = []
        gaps: list[Gap] = []
        for piece in self.pieces:
            for part in piece.scattered:
                isolation = isolate(part.function, piece.low, piece.high, piece.signs)
                own = [Gap(piece.low, piece.high)] if isolation.is_zero else isolation.gaps
                gaps += filter(part.may_have_value_in, own)
                for zero in filter(part.may_have_value, isolation.zeros):
                    is_zero = None if zero.node is None else self._vanishes_at(zero.node)
                    zeros += [zero] if is_zero else []
                    gaps += [Gap(zero, zero)] if is_zero is None else []
        return Isolation(sort_places(zeros), gaps)

    def gaps(self, order: int) -> list[Gap]:
        """The parts of the interval where zeros of f or of a derivative, or the pieces, are not settled."""
        own = [gap for piece in self.pieces for gap in self.zeros(piece, order).gaps]
        own += [] if order else self.scattered_zeros.gaps
        return [part for gap in (*self._unknown, *own) if (part := self._clip(gap)) is not None]

    def _clip(self, gap: Gap) -> Gap | None:
        """The part of a gap that is inside of the interval; None where it only touches an end, which is a joint."""
        if not self._overlaps(gap):
            return None
        low = self.low if gap.low.compare(self.low) == -1 else gap.low
        high = self.high if gap.high.compare(self.high) == 1 else gap.high
        is_cut = low is not gap.low or high is not gap.high
        return None if is_cut and low.compare(high) == 0 else Gap(low, high)

    @property
    def _unknown(self) -> list[Gap]:
        return [Gap(part.low, part.high) for part in self.line.parts if isinstance(part, Unknown)]

    @property
    def is_cut(self) -> bool:
        """Whether all of the interval is cut into pieces on which it is known what f is."""
        return not any(self._overlaps(gap) for gap in self._unknown)

    def _overlaps(self, gap: Gap) -> bool:
        return self.low.compare(gap.high) != 1 and gap.low.compare(self.high) != 1

    def holds(self, place: Place) -> bool:
        """Whether a place belongs to the interval, its ends included."""
        return self.low.compare(place) in (-1, 0) and place.compare(self.high) in (-1, 0)

    def _vanishes_at(self, node: Expr) -> bool | None:
        """Whether f is 0 at a number in closed form; None where that is not decided."""
        value = self.ask(0, node)
        if value.status in ("undefined", "removable"):
            return False
        if value.status != "ok":
            return None
        return value.value == 0 and value.decimal == "0"

    # --- joints -------------------------------------------------------------------------------

    @cached_property
    def joints(self) -> list[Joint]:
        """What f is like where pieces meet inside of the interval, or at its ends."""
        joints = []
        for before, after in pairwise(self.line.parts):
            place = before.high
            if not self.holds(place):
                continue
            joint = self._join(place, before, after)
            is_outside = isinstance(before, Piece) and isinstance(after, Piece) and before.function is after.function
            if not (is_outside and joint.is_defined is False):  # a place among others without a value
                joints.append(joint)
        return joints

    def _join(self, place: Place, before: Piece | Unknown, after: Piece | Unknown) -> Joint:
        if isinstance(before, Unknown) or isinstance(after, Unknown):
            side = after if isinstance(before, Unknown) else before
            if isinstance(side, Piece) and side.function is not None and self._is_analytic_at(side.function, place):
                return Joint(place, "smooth", True, side.function)
            return Joint(place, "unknown")
        left = None if before.function is None else before.function.limit(place, -1)
        right = None if after.function is None else after.function.limit(place, 1)
        if place.node is not None:
            return self._join_exact(place, before, after, left, right)
        return self._join_zero(place, before, after, left, right)

    def judge(self, place: Place) -> Joint:
        """What f is like at a place in closed form, whether or not pieces are known to meet there."""
        before = next((p for p in self.pieces if p.low.compare(place) == -1 and place.compare(p.high) in (-1, 0)), None)
        after = next((p for p in self.pieces if p.low.compare(place) in (-1, 0) and place.compare(p.high) == -1), None)
        left = None if before is None or before.function is None else before.function.limit(place, -1)
        right = None if after is None or after.function is None else after.function.limit(place, 1)
        return self._join_exact(place, before, after, left, right)

    def _is_analytic_at(self, function: Smooth, place: Place) -> bool:
        return function.coefficients(place.ball(SHARP[0]), 2, SHARP[0]) is not None

    def ask(self, order: int, node: Expr) -> Result:
        """The reference's word on f or its derivative at a number in closed form."""
        self.work.spend(60)
        problem = Problem(self.root, (self.name,) * order, {self.name: node})
        result: Result = load(REFERENCE).differentiate(problem)
        return result

    def _join_exact(
        self, place: Place, before: Piece | None, after: Piece | None, left: Limit | None, right: Limit | None
    ) -> Joint:
        """The joint at a number in closed form; a side is None where no piece is known."""
        assert place.node is not None
        slope, value = self.ask(1, place.node), self.ask(0, place.node)
        kind: JointKind = "unknown"
        is_defined = True if value.status == "ok" else False if value.status in ("undefined", "removable") else None
        if slope.status == "ok":
            kind = "smooth"
        elif value.status == "removable":
            kind = "hole"
        elif slope.status == "not_differentiable" and slope.kind is not None:
            kind = "edge" if slope.kind == "boundary" else slope.kind
        elif is_defined is False and before is not None and after is not None:
            kind = self._name_missing(before, after, left, right)
        if kind == "unknown" and is_defined is False and self._is_pole(place.node):
            kind = "pole"
        own = Smooth(self.root, self.name, self.work) if is_defined else None
        if kind == "hole":
            own = (before and before.function) or (after and after.function)
        return Joint(place, kind, is_defined, own, left, right, slope)

    def _is_pole(self, node: Expr) -> bool:
        """Whether 1/f is proved to tend to 0 from both sides at a place where f has no value."""
        self.work.spend(60)
        inverse = Problem(make(table.DIV, ONE, self.root), (), {self.name: node})
        value: Result = load(REFERENCE).differentiate(inverse)
        return value.status == "removable" and value.value == 0

    def _name_missing(self, before: Piece, after: Piece, left: Limit | None, right: Limit | None) -> JointKind:
        """The kind of a place at which f has no value."""
        sides = [side for side, piece in ((left, before), (right, after)) if piece.function is not None]
        if not sides:
            return "unknown"
        if None in sides:
            if self._swings(before, after):
                return "oscillation"
            return "edge" if len(sides) == 1 else "unknown"
        if len(sides) == 1:
            return "edge"
        infinite = [side is not None and side.infinite for side in sides]
        return "pole" if all(infinite) else "break"

    def _swings(self, before: Piece, after: Piece) -> bool:
        """Whether f oscillates without a limit beside a place in closed form."""
        place = before.high
        sides: tuple[tuple[Smooth | None, Side], ...] = ((before.function, -1), (after.function, 1))
        return all(
            function is None or function.oscillates(place, side) or function.limit(place, side) is not None
            for function, side in sides
        )

    # --- joints at zeros that have no closed form -------------------------------------------------

    def _join_zero(self, place: Place, before: Piece, after: Piece, left: Limit | None, right: Limit | None) -> Joint:
        causes = self.line.causes.get(place.key, set())
        value = self._value_at_zero(place)
        if value == "missing":
            return self._join_missing(place, before, after, left, right)
        sides = [piece.function for piece in (before, after)]
        smooth = [side if side is not None and self._is_analytic_at(side, place) else None for side in sides]
        own = value if isinstance(value, Smooth) else None
        if None in sides:
            kind: JointKind = "edge" if own is not None else "unknown"
            return Joint(place, kind, own is not None or None, own, left, right)
        if smooth[0] is None or smooth[1] is None:
            return Joint(place, "unknown", own is not None or None, own, left, right)
        if causes <= _CONTINUOUS:
            own = own or smooth[0]
            if smooth[0].root is smooth[1].root:
                return Joint(place, "smooth", True, own, left, right)
            if self._differ(smooth[0], smooth[1], place, 1):
                return Joint(place, "kink", True, own, left, right)
            return Joint(place, "unknown", True, own, left, right)
        if self._differ(smooth[0], smooth[1], place, 0):
            return Joint(place, "jump", own is not None or None, own, left, right)
        return Joint(place, "unknown", own is not None or None, own, left, right)

    def _differ(self, first: Smooth, second: Smooth, place: Place, order: int) -> bool:
        """Whether two functions are proved to have different derivatives of an order at a place."""
        x = place.ball(SHARP[1])
        balls = [function.coefficients(x, order, SHARP[1]) for function in (first, second)]
        if balls[0] is None or balls[1] is None:
            return False
        gap = balls[0][order] - balls[1][order]
        return bool(gap > 0 or gap < 0)

    def _join_missing(
        self, place: Place, before: Piece, after: Piece, left: Limit | None, right: Limit | None
    ) -> Joint:
        """The kind of a zero at which f has no value: f tends to infinity where 1/f tends to 0."""
        limits = []
        for piece, known in ((before, left), (after, right)):
            if piece.function is not None:
                limits.append(known or self._find_pole(piece, place))
        if not limits or None in limits:
            return Joint(place, "unknown", False, None, left, right)
        first = limits[0] if before.function is not None else None
        second = limits[-1] if after.function is not None else None
        if len(limits) == 1:
            return Joint(place, "edge", False, None, first, second)
        infinite = [limit is not None and limit.infinite for limit in limits]
        if any(infinite):
            return Joint(place, "pole" if all(infinite) else "break", False, None, first, second)
        same = (
            before.function is not None and after.function is not None and before.function.root is after.function.root
        )
        if same and before.function is not None:
            return Joint(place, "hole", False, before.function, first, second)
        assert before.function is not None
        assert after.function is not None
        kind: JointKind = "break" if self._differ(before.function, after.function, place, 0) else "unknown"
        return Joint(place, kind, False, None, first, second)

    def _find_pole(self, piece: Piece, place: Place) -> Limit | None:
        """Infinity, where the reciprocal is proved to vanish at a zero that has no closed form."""
        assert piece.function is not None
        assert place.zero_of is not None
        written = _write_out_waves(piece.function.root)
        inverse = Smooth(simplify(make(table.POW, written, MINUS_ONE)), self.name, self.work)
        if inverse.value(place.ball(SHARP[0]), SHARP[0]) is None or not divides(place.zero_of.root, inverse.root):
            return None
        inside = place_between(piece.low, piece.high)
        near = _stretch_at(self.zeros(piece, 0), piece, place)
        inside = None if near is None else place_between(*near)
        sign = None if inside is None else piece.function.sign_at(inside)
        return Limit(sign, True) if sign else None

    def _value_at_zero(self, place: Place) -> Smooth | Literal["missing"] | None:
        """A function with the value of f at a zero, with 0 in the place of what vanishes there."""
        assert place.zero_of is not None
        settled = _settle(_write_out_waves(self.root), place.zero_of.root)
        x = place.ball(SHARP[0])
        with ctx.workprec(SHARP[0]):
            value = Encloser(settled, "", 0).at({self.name: lambda: x}).f
        if isinstance(value, Fault):
            return "missing" if isinstance(value.error, Undefined) else None
        return Smooth(simplify(settled), self.name, self.work) if value.is_finite() else None

    # --- single places ----------------------------------------------------------------------------

    def is_zero_at(self, joint: Joint) -> bool | None:
        """Whether f is 0 where pieces meet; None where that is not decided."""
        if joint.is_defined is False:
            return False
        if joint.place.node is not None:
            return self._vanishes_at(joint.place.node)
        if joint.value is None:
            return None
        if exact(joint.value.root) == 0:
            return True
        sign = joint.value.sign_at(joint.place)
        if sign is not None:
            return sign == 0
        zero_of = joint.place.zero_of
        assert zero_of is not None
        return True if divides(zero_of.root, joint.value.root) else None

    def beside(self, joint: Joint) -> tuple[str | None, str | None]:
        """How f is beside a joint against its value there, on the left and on the right."""
        if joint.place.node is None:
            return None, None
        compared = compare_beside(self.root, self.name, {self.name: joint.place.node})
        return compared.left, compared.right


def _stretch_at(isolation: Isolation, piece: Piece, place: Place) -> tuple[Place, Place] | None:
    """The part of a piece beside one of its ends in which f is not 0; None where that is not known."""
    inner = sort_places([*isolation.zeros, *(end for gap in isolation.gaps for end in gap)])
    ends = [piece.low, *(end for end in inner if _is_between(end, piece)), piece.high]
    near = (ends[0], ends[1]) if place is piece.low else (ends[-2], ends[-1])
    if any(gap.low.compare(near[0]) != 1 and gap.high.compare(near[1]) != -1 for gap in isolation.gaps):
        return None
    return near


def _is_between(place: Place, piece: Piece) -> bool:
    return piece.low.compare(place) == -1 and place.compare(piece.high) == -1


def _widen(low: Place, high: Place) -> tuple[Place, Place]:
    """The interval with some room at its finite ends."""
    with ctx.workprec(SHARP[0]):
        ends = [end.ball(SHARP[0]) for end in (low, high) if not end.is_infinite]
        room = (ends[1] - ends[0] if len(ends) == 2 else 1 + sum(map(abs, ends), arb(0))) * _MARGIN
        return (
            low if low.is_infinite else at_ball((ends[0] - room).mid()),
            high if high.is_infinite else at_ball((ends[-1] + room).mid()),
        )


_QUOTIENTS = {
    table.TAN: (table.SIN, table.COS),
    table.COT: (table.COS, table.SIN),
    table.SEC: (None, table.COS),
    table.CSC: (None, table.SIN),
}


def _write_out_waves(root: Expr) -> Expr:
    """The expression with tangents and their kin as quotients, whose divisors vanish at the poles."""

    def write_out(node: Expr, args: tuple[Expr, ...]) -> Expr:
        if node.op not in _QUOTIENTS:
            return make(node.op, *args)
        above, below = _QUOTIENTS[node.op]
        return make(table.DIV, ONE if above is None else make(above, *args), make(below, *args))

    return map_nodes(write_out, root)[0]


def _settle(root: Expr, zero: Expr) -> Expr:
    """The expression with 0 for the part that vanishes, or for its negative, and with the choices that hang on it
    made as they are where it is 0."""
    zeros = {simplify(zero), simplify(make(table.NEG, zero))}

    def settle(node: Expr, args: tuple[Expr, ...]) -> Expr:
        gap = simplify(make(table.SUB, *args)) if node.op in _COMPARED and len(args) == 2 else None
        if gap is not None and (gap in zeros or gap is ZERO):
            if node.op in RELATIONS:
                return make(table.EQ if RELATIONS[node.op](0, 0) else table.NE, ZERO, ZERO)
            return args[0]
        image = make(node.op, *args)
        return ZERO if node.op not in table.CONDITIONS and variables(image) and simplify(image) in zeros else image

    return map_nodes(settle, root)[0]


_COMPARED = frozenset((table.MAX, table.MIN, *RELATIONS))
