"""What the graph of a function does: where it is defined, rises, falls and bends, its turns, breaks, asymptotes, range.

All of it is read from the zeros of f, f' and f'' and from limits where pieces meet. What is not settled is left out
here, and named by the gaps of the curve.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from functools import cached_property
from math import inf
from typing import Literal, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, make, number, symbol
from dcalc.isolate.curve import Curve, Joint, Stretch, Trend
from dcalc.isolate.pieces import Piece, Unknown
from dcalc.isolate.smooth import SHARP, Limit, Place, Smooth, at
from dcalc.isolate.zeros import Gap, place_between, sort_places
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant, write_constant
from dcalc.proof.polynomials import divides, rational_expression
from dcalc.proof.zero import rational_value
from dcalc.simplify import simplify

_BITS = 256
_LARGEST_FACTOR = 200
TurnKind = Literal["maximum", "minimum", "stationary", "inflection"]
"""A stationary point is one at which f' is 0 and neither an extremum nor an inflection is proved."""


class Interval(NamedTuple):
    """All numbers between two places, each end with it or not."""

    low: Place
    high: Place
    has_low: bool = False
    has_high: bool = False


class Turn(NamedTuple):
    """A place where f has an extremum or an inflection, or its slope is 0, and a function with its value there.

    ``is_level`` tells that f' is 0 there.
    """

    kind: TurnKind
    place: Place
    function: Smooth
    is_level: bool


class Asymptote(NamedTuple):
    """A line that f comes close to: ``slope`` and ``start`` of y = slope*x + start, or a vertical line at a place.

    ``ends`` are the ends of the line at which it does so: -1 for -inf, 1 for inf; of a vertical one its sides.
    """

    place: Place | None
    slope: Place | None
    start: Place | None
    ends: tuple[int, ...]


class Height(Place):
    """The value of a function at a place, in closed form where there is one."""

    __slots__ = ("_at", "_function")

    def __init__(self, function: Smooth, place: Place) -> None:
        if _vanishes(function, place):
            super().__init__(ZERO)
        else:
            value = None if place.node is None else function.constant_at(place.node)
            super().__init__(None if value is None else name_constant(value))
        self._function, self._at = function, place

    def _enclose(self, bits: int) -> arb:
        if self.node is not None:
            return super()._enclose(bits)
        for more in (32, bits, 4 * bits):
            value = self._function.value(self._at.ball(bits + more), bits + more)
            if value is not None and (value.rel_accuracy_bits() >= bits or value.is_exact()):
                return value
        return arb("nan") if value is None else value

    @property
    def is_known(self) -> bool:
        """Whether the value has digits."""
        return bool(self.node is not None or self.ball(SHARP[0]).is_finite())


def _vanishes(function: Smooth, place: Place) -> bool:
    """Whether a function is proved to be 0 at a zero that has no closed form."""
    return place.node is None and place.zero_of is not None and divides(place.zero_of.root, function.root)


def name_constant(value: Constant) -> Expr | None:
    """A constant in closed form: a rational or the root of one where it is proved to be that."""
    with ctx.workprec(_BITS), limit_work(Budget()):
        rational = rational_value(value)
        square = rational_value(value * value) if rational is None else None
        is_negative = bool(value.ball < 0)
    if rational is not None:
        return rational_expression(rational)
    if square is None or square < 0:
        return write_constant(value)
    return _write_root(square, is_negative=is_negative)


def _write_root(square: Fraction, *, is_negative: bool) -> Expr:
    """The root of a rational, without a root below the line and with small squares in front of it."""
    inside, front = square.numerator * square.denominator, Fraction(1, square.denominator)
    for factor in range(2, _LARGEST_FACTOR):
        while inside % (factor * factor) == 0:
            inside //= factor * factor
            front *= factor
    root = make(table.SQRT, number(inside))
    return simplify(make(table.MUL, rational_expression(-front if is_negative else front), root))


def height_of_limit(limit: Limit) -> Place | None:
    """What a function tends to as a place on the vertical axis; None where that is not known."""
    if limit.infinite:
        return at(inf * limit.sign)
    if limit.value is not None:
        node = name_constant(limit.value)
        return at(node) if node is not None else _ConstantHeight(limit)
    return None


class _ConstantHeight(Place):
    """A limit that has no short closed form."""

    __slots__ = ("_limit",)

    def __init__(self, limit: Limit) -> None:
        super().__init__()
        self._limit = limit

    def _enclose(self, bits: int) -> arb:
        assert self._limit.value is not None
        return self._limit.value.ball


class Graph:
    """The features of a curve; of a function with a ``period`` those of one of them, its right end left out."""

    def __init__(self, curve: Curve, period: Expr | None = None) -> None:
        self.curve = curve
        self.period = period
        self._heights: dict[object, Height] = {}

    def _holds(self, place: Place) -> bool:
        if not self.curve.holds(place):
            return False
        return self.period is None or place.compare(self.curve.high) == -1

    @cached_property
    def joints(self) -> list[Joint]:
        """The places where pieces meet."""
        return [joint for joint in self.curve.joints if self._holds(joint.place) and self.shows(joint)]

    def shows(self, joint: Joint) -> bool:
        """Whether a joint in the range is to be seen there: the edge of values that lie beyond it is not."""
        return joint.kind != "edge" or joint.is_defined is not False or self._touches(joint.place, self._parts)

    @cached_property
    def _by_place(self) -> dict[object, Joint]:
        return {joint.place.key: joint for joint in self.curve.joints}

    # --- domain ----------------------------------------------------------------------------------

    @cached_property
    def _parts(self) -> list[Interval]:
        """The intervals of some length on which f has values; what is not known is left out."""
        parts: list[Interval] = []
        for part in self.curve.line.parts:
            if isinstance(part, Unknown) or part.function is None:
                continue
            low, high = self._clip(part.low, part.high)
            if low is None or high is None:
                continue
            own = Interval(low, high, self._is_defined(low), self._is_defined(high))
            last = parts[-1] if parts else None
            if last is not None and last.high.key == own.low.key and own.has_low:
                parts[-1] = Interval(last.low, own.high, last.has_low, own.has_high)
            else:
                parts.append(own)
        return parts

    @cached_property
    def domain(self) -> list[Interval]:
        """The intervals on which f has values, and the places alone; what is not known is left out."""
        parts = self._parts
        alone = [joint.place for joint in self.joints if joint.is_defined and not self._touches(joint.place, parts)]
        whole = sorted([*parts, *(Interval(x, x, True, True) for x in alone)], key=lambda part: part.low.double)
        if self.period is None or not whole:
            return whole
        first = whole[0]
        is_all = first.low.key == self.curve.low.key and first.high.key == self.curve.high.key and first.has_low
        if len(whole) == 1 and is_all:
            return [Interval(at(-inf), at(inf))]
        return [part._replace(has_high=part.has_high and part.high.key != self.curve.high.key) for part in whole]

    def _touches(self, place: Place, parts: Iterable[Interval]) -> bool:
        return any(part.low.compare(place) != 1 and part.high.compare(place) != -1 for part in parts)

    def _clip(self, low: Place, high: Place) -> tuple[Place, Place] | tuple[None, None]:
        """The part of an interval inside of the range."""
        first = self.curve.low if low.compare(self.curve.low) == -1 else low
        last = self.curve.high if high.compare(self.curve.high) == 1 else high
        return (first, last) if first.compare(last) == -1 else (None, None)

    def _is_defined(self, place: Place) -> bool:
        if place.is_infinite:
            return False
        joint = self._by_place.get(place.key)
        return joint.is_defined is True if joint is not None else True

    # --- turns -----------------------------------------------------------------------------------

    @cached_property
    def turns(self) -> list[Turn]:
        """Extrema, inflections and other places where the slope is 0, from left to right."""
        turns: dict[object, Turn] = {}
        trends = _Trends(self.curve.stretches(1))
        bends = _Trends(self.curve.stretches(2))
        for function, place, joint in self._candidates(1):
            is_continuous = joint is None or joint.is_continuous
            kind = trends.name_extremum(place) if is_continuous else self._judge_jump(joint)
            if kind is not None:
                turns[place.key] = Turn(kind, place, function, joint is None)
            elif joint is None and not trends.is_flat_beside(place):
                turns[place.key] = Turn("stationary", place, function, True)
        for function, place, joint in self._candidates(2):
            if joint is not None and joint.kind not in ("smooth", "vertical_tangent"):
                continue
            known = turns.get(place.key)
            if (known is None or known.kind == "stationary") and bends.changes_at(place):
                turns[place.key] = Turn("inflection", place, function, known is not None)
        return [turns[place.key] for place in sort_places(turn.place for turn in turns.values())]

    def _candidates(self, order: int) -> Iterator[tuple[Smooth, Place, Joint | None]]:
        """Zeros of a derivative, and places where pieces meet and f has a value."""
        for piece in self.curve.pieces:
            if piece.function is not None:
                for zero in self.curve.zeros(piece, order).zeros:
                    if self._holds(zero):
                        yield piece.function, zero, None
        for joint in self.joints:
            if joint.is_defined and joint.value is not None:
                yield joint.value, joint.place, joint

    def _judge_jump(self, joint: Joint | None) -> TurnKind | None:
        """An extremum at a place where f jumps, by its values beside it."""
        if joint is None or joint.kind != "jump":
            return None
        sides = set(self.curve.beside(joint))
        return "maximum" if sides == {"below"} else "minimum" if sides == {"above"} else None

    # --- intervals -------------------------------------------------------------------------------

    def intervals(self, order: int, trend: Trend) -> list[Gap]:
        """The intervals on which f rises or falls (order 1), or is convex or concave (order 2), as long as they are."""
        joined: list[Stretch] = []
        for stretch in self.curve.stretches(order):
            last = joined[-1] if joined else None
            if last is not None and last.trend == stretch.trend and self._is_joined(last, stretch, order):
                joined[-1] = last._replace(high=stretch.high)
            else:
                joined.append(stretch)
        clipped = [self._clip(stretch.low, stretch.high) for stretch in joined if stretch.trend == trend]
        return [Gap(low, high) for low, high in clipped if low is not None and high is not None]

    def _is_joined(self, left: Stretch, right: Stretch, order: int) -> bool:
        if left.high.key != right.low.key:
            return False
        joint = self._by_place.get(left.high.key)
        return joint is None or joint.kind == "smooth" or (order == 1 and joint.is_continuous)

    # --- asymptotes ------------------------------------------------------------------------------

    @cached_property
    def asymptotes(self) -> list[Asymptote]:
        """Vertical ones from left to right, then those at -inf and inf, one where both are the same line."""
        lines = []
        for joint in self.joints:
            pairs = ((joint.left, -1), (joint.right, 1))
            sides = tuple(side for limit, side in pairs if limit is not None and limit.infinite)
            if sides:
                lines.append(Asymptote(joint.place, None, None, sides))
        if self.period is not None:
            return lines
        ends = [line for line in self._end_lines.values() if isinstance(line, Asymptote)]
        if len(ends) == 2 and _are_same(ends[0].slope, ends[1].slope) and _are_same(ends[0].start, ends[1].start):
            ends = [ends[0]._replace(ends=(-1, 1))]
        return [*lines, *ends]

    @property
    def open_ends(self) -> list[Gap]:
        """The pieces at infinity, and the places, of which it is not known whether f comes close to a line."""
        parts = [self.curve.line.parts[0 if side < 0 else -1] for side, line in self._end_lines.items() if line is None]
        places = [joint.place for joint in self.joints if self._has_open_side(joint)]
        return [*(Gap(part.low, part.high) for part in parts), *(Gap(place, place) for place in places)]

    def _has_open_side(self, joint: Joint) -> bool:
        """Whether f may grow beyond all bounds beside a place without a value, as a limit is not known."""
        if joint.is_defined or joint.kind == "oscillation":
            return False
        pieces = [part for part in self.curve.line.parts if isinstance(part, Piece) and part.function is not None]
        return any(
            (joint.left is None and part.high.key == joint.place.key)
            or (joint.right is None and part.low.key == joint.place.key)
            for part in pieces
        )

    @cached_property
    def _end_lines(self) -> dict[int, Asymptote | Literal["none"] | None]:
        """By the side of the axis the line that f comes close to there; None where that is not known."""
        return {} if self.period is not None else {side: self._find_line(side) for side in (-1, 1)}

    def _find_line(self, side: int) -> Asymptote | Literal["none"] | None:
        part = self.curve.line.parts[0 if side < 0 else -1]
        end = part.low if side < 0 else part.high
        if not end.is_infinite or (isinstance(part, Piece) and part.function is None):
            return "none"
        if not isinstance(part, Piece) or part.function is None:
            return None
        inward: Literal[-1, 1] = 1 if side < 0 else -1
        limit = part.function.limit(end, inward)
        if limit is None:
            return "none" if part.function.oscillates(end, inward) else None
        height = height_of_limit(limit)
        if height is not None and height.is_infinite:
            return self._find_slanted(part.function, end, side)
        return None if height is None else Asymptote(None, at(ZERO), height, (side,))

    def _find_slanted(self, function: Smooth, end: Place, side: int) -> Asymptote | Literal["none"] | None:
        """The same of a function that is infinite there."""
        x = symbol(self.curve.name)
        ratio = self._limit(make(table.DIV, function.root, x), end)
        if not isinstance(ratio, Limit) or ratio.infinite or not ratio.sign:
            return "none" if ratio is not None else None
        written = None if ratio.value is None else write_constant(ratio.value, in_full=True)
        slope = height_of_limit(ratio) if written is None else at(written)
        if written is not None:
            rest = make(table.MUL, written, x)
        elif slope is not None and function.slope is not None:
            # Where f - x*f' tends to b, the derivative of f/x is about -b/x**2, so that f - slope*x tends to b as well.
            rest = make(table.MUL, x, function.slope.root)
        else:
            return None
        gap = self._limit(make(table.SUB, function.root, rest), end)
        if not isinstance(gap, Limit) or gap.infinite:
            return "none" if gap is not None and written is not None else None
        start = height_of_limit(gap)
        return None if start is None else Asymptote(None, slope, start, (side,))

    def _limit(self, root: Expr, end: Place) -> Limit | Literal["none"] | None:
        """What an expression tends to at an end of the axis; None where that is not known."""
        function, inward = Smooth(simplify(root), self.curve.name, self.curve.work), -end.sign
        limit = function.limit(end, inward)  # type: ignore[arg-type]  # never 0
        return limit or ("none" if function.oscillates(end, inward) else None)  # type: ignore[arg-type]  # never 0

    # --- range -----------------------------------------------------------------------------------

    @cached_property
    def range(self) -> list[Interval] | None:
        """All values of f; None where they are not known."""
        if self.curve.gaps(1) or any(joint.is_defined is None for joint in self.joints):
            return None
        images: list[Interval] = []
        for stretch in self.curve.stretches(1):
            low, high = self._clip(stretch.low, stretch.high)
            if low is None or high is None:
                continue
            if not stretch.trend:
                height: Place = self.height(stretch.function, _inner_place(low, high))
                images.append(Interval(height, height, True, True))
                continue
            first, last = self._end_height(stretch, low, 1), self._end_height(stretch, high, -1)
            if first is None or last is None:
                return None
            images.append(Interval(first, last) if stretch.trend > 0 else Interval(last, first))
        for function, place, _ in self._candidates(1):
            height = self.height(function, place)
            images.append(Interval(height, height, True, True))
        for end in (self.curve.low, self.curve.high):
            piece = self._piece_around(end)
            if not end.is_infinite and piece is not None and piece.function is not None:
                height = self.height(piece.function, end)
                images.append(Interval(height, height, True, True))
        return _unite(images)

    def _piece_around(self, place: Place) -> Piece | None:
        for piece in self.curve.pieces:
            if piece.low.compare(place) == -1 and place.compare(piece.high) == -1:
                return piece
        return None

    def _end_height(self, stretch: Stretch, place: Place, side: Literal[-1, 1]) -> Place | None:
        """What f tends to at an end of a stretch."""
        joint = self._by_place.get(place.key)
        if joint is not None and joint.is_continuous and joint.value is not None:
            return self.height(joint.value, place)
        known = None if joint is None else joint.left if side < 0 else joint.right
        limit = stretch.function.limit(place, side) or known
        if limit is not None and (limit.infinite or limit.value is not None):
            return height_of_limit(limit)
        height = None if place.is_infinite else self.height(stretch.function, place)
        return height if height is not None and height.is_known else None

    def side_height(self, joint: Joint, side: int) -> Place | None:
        """What f tends to on a side of a joint; None where that is not known."""
        limit = joint.left if side < 0 else joint.right
        if limit is None:
            return None
        if limit.infinite or limit.value is not None:
            return height_of_limit(limit)
        for part in self.curve.pieces:
            if part.function is not None and (part.high if side < 0 else part.low).key == joint.place.key:
                return self.height(part.function, joint.place)
        return None

    def limit_height(self, joint: Joint) -> Place | None:
        """The value that continuity gives a hole."""
        return self.side_height(joint, -1) or self.side_height(joint, 1)

    def height(self, function: Smooth, place: Place) -> Height:
        """The value of a function at a place, one object for each."""
        key = (function.root, place.key)
        if key not in self._heights:
            self._heights[key] = Height(function, place)
        return self._heights[key]


def _inner_place(low: Place, high: Place) -> Place:
    place = place_between(low, high)
    assert place is not None
    return place


def _are_same(first: Place | None, second: Place | None) -> bool:
    return first is not None and second is not None and first.compare(second) == 0


class _Trends:
    """The signs of a derivative beside places."""

    def __init__(self, stretches: Iterable[Stretch]) -> None:
        known = list(stretches)
        self.before = {stretch.high.key: stretch.trend for stretch in known}
        self.after = {stretch.low.key: stretch.trend for stretch in known}

    def changes_at(self, place: Place) -> bool:
        """Whether the sign is proved to change."""
        return (self.before.get(place.key) or 0) * (self.after.get(place.key) or 0) < 0

    def is_flat_beside(self, place: Place) -> bool:
        """Whether the function is constant on a side."""
        return 0 in (self.before.get(place.key), self.after.get(place.key))

    def name_extremum(self, place: Place) -> TurnKind | None:
        """The extremum of a function that is continuous there."""
        before, after = self.before.get(place.key), self.after.get(place.key)
        if before == 1 and after == -1:
            return "maximum"
        return "minimum" if before == -1 and after == 1 else None


def _unite(images: Sequence[Interval]) -> list[Interval] | None:
    """The union of intervals; None where it is not decided which end is the lower one."""
    united: list[Interval] = []
    for image in images:
        current: Interval | None = image
        kept: list[Interval] = []
        for other in united:
            assert current is not None
            merged = _merge(current, other)
            if merged == "undecided":
                return None
            if merged is None:
                kept.append(other)
            else:
                current = merged
        assert current is not None
        united = [*kept, current]
    return sorted(united, key=lambda part: (part.low.double, part.high.double))


def _merge(first: Interval, second: Interval) -> Interval | Literal["undecided"] | None:
    """One interval for two that have a point in common; None where there is a gap between them."""
    gaps = (first.high.compare(second.low), second.high.compare(first.low))
    order = (first.low.compare(second.low), first.high.compare(second.high))
    if gaps[0] == -1 or gaps[1] == -1:
        return None
    if gaps[0] == 0 and not (first.has_high or second.has_low):
        return None
    if gaps[1] == 0 and not (second.has_high or first.has_low):
        return None
    if None in gaps or not _are_close(first, second, order):
        return "undecided"
    low = first if order[0] == -1 else second
    high = first if order[1] == 1 else second
    has_low = (first.has_low or second.has_low) if order[0] in (0, None) else low.has_low
    has_high = (first.has_high or second.has_high) if order[1] in (0, None) else high.has_high
    return Interval(low.low, high.high, has_low, has_high)


def _are_close(first: Interval, second: Interval, order: Sequence[int | None]) -> bool:
    """Whether ends that are not told apart belong to their intervals alike, so that it does not matter which is the
    lower one: both are given by the same digits."""
    return (order[0] is not None or first.has_low == second.has_low) and (
        order[1] is not None or first.has_high == second.has_high
    )
