"""Minima at kinks of functions of several variables: abs(x) + (y - 1)**2, the norm of a vector, losses with a penalty.

Kinks near a point lie where affine parts of f vanish. Other coordinates are chosen in which that is where some of them,
the sharp ones, are 0. Beside such a place f(h, y) = f(0, y) + t*D(h/t, y) + o(t) for t = |h|, uniformly in y, since
every part is a smooth function of others with one-sided derivatives, or their absolute value, maximum or length
(Shapiro 1990, On concepts of directional differentiability). Where D is positive in all directions, and f(0, y) has a
minimum in y, f has one; where D is negative in one direction, f falls there.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from itertools import combinations
from math import inf, isfinite
from typing import Any, Literal, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, exact, is_leaf, make, number, substitute, symbol, variables
from dcalc.isolate.curve import Curve
from dcalc.isolate.smooth import at
from dcalc.numbers import enclosure
from dcalc.numbers.enclosure import BallSystem, Fault, carrying
from dcalc.numbers.real import evaluate
from dcalc.proof import prove_equal
from dcalc.simplify import simplify
from dcalc.tape import Tape, in_order, lower, run

_BITS = 128
_MOST_SHARP = 6
_MOST_BOXES = 1500
"""Boxes of directions over which D is enclosed before its sign is left open."""
_LEAST_SLOPE = 1e-6
"""A slope that is less negative is one of rounding: the point is only next to a kink along which f has a minimum."""
_NARROWEST = Fraction(1, 2**12)
"""A box that is as narrow as this is not halved: D is 0 in it, or nearly so."""
_RELU = table.get("relu", 1)
_HALF = Fraction(1, 2)

Course = Literal["rises", "does not fall"]
"""What f does beside a kink in all directions that lead away from it."""


class Rough(Exception):
    """A part of f whose one-sided derivatives are not known."""


class Fall(NamedTuple):
    """A direction, by variable, in which f falls from the kink; the largest coordinate is 1 or -1."""

    direction: Mapping[str, float]


class Corner:
    """A set of points at which parts of f have kinks: where the ``sharp`` variables are 0, after a change of variables.

    ``shifts`` are the variables that it changes as expressions of the others; ``root`` is f after that, and ``along``
    what f is on the set, in ``names`` alone.
    """

    def __init__(self, root: Expr, names: Sequence[str], shifts: Mapping[str, Expr]) -> None:
        self.shifts = shifts
        self.sharp = tuple(shifts)
        self.root = simplify(substitute(root, shifts))
        self.along = simplify(substitute(self.root, dict.fromkeys(self.sharp, ZERO)))
        self.names = [name for name in names if name in variables(self.along)]

    def describe(self) -> str:
        """`x = 0 and y = 1/3`, or `x = y + 1`."""
        from dcalc.notation import write

        return " and ".join(f"{name} = {write(self._place(name))}" for name in self.sharp)

    def _place(self, name: str) -> Expr:
        return simplify(substitute(self.shifts[name], dict.fromkeys(self.sharp, ZERO)))

    def find_point(self, near: Mapping[str, float]) -> dict[str, Expr]:
        """The point of the set with the given values of the other variables, as numbers in closed form."""
        fixed = {name: number(Fraction(value)) for name, value in near.items() if name not in self.sharp}
        return {name: fixed.get(name) or simplify(substitute(self._place(name), fixed)) for name in near}

    def judge(self, box: Mapping[str, arb], bounds: Mapping[str, tuple[float, float]]) -> Course | Fall | None:
        """How f runs from the set at all points of it in a box, within bounds; None where that is not decided.

        A fall is one from a point, which the box must be.
        """
        try:
            with ctx.workprec(_BITS):
                slope = _Slopes(self.root, self.sharp, box).slope
                judged = _Directions(slope, self.sharp, box, self._list_sides(bounds)).judge()
                if isinstance(judged, Fall):
                    return None if self._touches(bounds) else self._turn_back(judged, box)
                if (
                    judged is None
                    and not box
                    and self._is_homogeneous(slope)
                    and is_nowhere_negative(slope, self.sharp)
                ):
                    return "does not fall"
                return judged
        except (Rough, DcalcError, ArithmeticError, ValueError):  # an edge, or no closed form
            return None

    def _list_sides(self, bounds: Mapping[str, tuple[float, float]]) -> dict[str, Side]:
        """The directions that lead inside of bounds, of sharp variables that are at one and only moved."""
        sides: dict[str, Side] = {}
        for name, (low, high) in bounds.items():
            place = exact(self._place(name)) if name in self.sharp else None
            is_moved = place is not None and simplify(make(table.SUB, self.shifts[name], symbol(name))) is number(place)
            if place is not None and is_moved and place in (low, high) and low < high:
                sides[name] = Side(Fraction(0), Fraction(1)) if place == low else Side(Fraction(-1), Fraction(0))
        return sides

    def _touches(self, bounds: Mapping[str, tuple[float, float]]) -> bool:
        """Whether a variable that kinks determine may be at a bound, so that not all directions lead inside."""
        places = {name: exact(self._place(name)) for name in self.sharp if name in bounds}
        return any(place is None or not bounds[name][0] < place < bounds[name][1] for name, place in places.items())

    def _turn_back(self, fall: Fall, box: Mapping[str, arb]) -> Fall:
        """The same direction before the change of variables."""
        point = {**{name: float(ball) for name, ball in box.items()}, **dict.fromkeys(self.sharp, 0.0)}
        parts = {
            name: sum(evaluate(derivative(shift, (other,)), point) * part for other, part in fall.direction.items())
            for name, shift in self.shifts.items()
        }
        longest = max(map(abs, parts.values()))
        return Fall({name: part / longest for name, part in parts.items() if part})

    def _is_homogeneous(self, slope: Expr) -> bool:
        """Whether f is its value at the point and its slopes there, all over."""
        rest = make(table.SUB, make(table.SUB, self.root, self.along), slope)
        return simplify(rest) is ZERO or prove_equal((), rest, ZERO) is not None


def split_sum(root: Expr, names: Sequence[str]) -> list[tuple[Expr, list[str]]]:
    """The parts of a simplified sum that have none of the names in common, each with its own.

    The part of a name that does not occur is 0; terms without names are left out.
    """
    groups: list[tuple[Expr, set[str]]] = [(ZERO, {name}) for name in names]
    for term in root.args if root.op is table.ADD else (root,):
        own = {*variables(term)} & {*names}
        apart = [group for group in groups if not group[1] & own]
        for part, others in groups:
            if others & own:
                term, own = make(table.ADD, part, term), own | others
        groups = [*apart, (term, own)] if own else groups
    return [(part, [name for name in names if name in own]) for part, own in groups]


# --- where kinks are ----------------------------------------------------------------------


def find_corner(root: Expr, point: Mapping[str, float], window: float) -> Corner | None:
    """The smallest set on which parts of f have kinks that are within a distance of the point; None if there are none.

    Only parts are looked at that vanish where one variable is a function of the others: which they hold linearly, with
    a constant factor. Cost: a derivative of each such part by each variable.
    """
    try:
        gaps = [(_measure_distance(gap, point), gap) for gap in _list_gaps(root, list(point))]
        near = [gap for distance, gap in sorted(gaps, key=operator.itemgetter(0)) if distance <= window]
        shifts: dict[str, Expr] = {}
        for gap in near:
            shifts = _add_gap(shifts, gap, list(point))
        return Corner(root, list(point), shifts) if 0 < len(shifts) <= _MOST_SHARP else None
    except DcalcError:  # a part has no derivative in closed form
        return None


def _list_gaps(root: Expr, names: Sequence[str]) -> Iterator[Expr]:
    """Expressions that vanish where a part of f has a kink."""
    for node in in_order(root)[0]:
        if is_leaf(node) or not variables(node):
            continue
        if node.op in (table.ABS, _RELU, table.HYPOT):
            yield from (factor for arg in node.args for factor in _list_factors(arg))
        elif node.op in (table.MAX, table.MIN):
            yield from (make(table.SUB, *pair) for pair in combinations(node.args, 2))
        elif node.op is table.SQRT or (node.op is table.POW and _is_fraction(exact(simplify(node.args[1])))):
            yield from (derivative(node.args[0], (name,)) for name in names)  # a sum of squares is flat at its zeros


def _is_fraction(exponent: int | Fraction | None) -> bool:
    return exponent is not None and exponent > 0 and Fraction(exponent).denominator > 1


def _list_factors(node: Expr) -> Sequence[Expr]:
    return node.args if node.op is table.MUL else (node,)


def _measure_distance(gap: Expr, point: Mapping[str, float]) -> float:
    """About how far a point is from where an expression vanishes; infinite where that is nowhere near."""
    value = evaluate(gap, point)
    slopes = [abs(evaluate(derivative(gap, (name,)), point)) for name in point]
    slope = max((slope for slope in slopes if isfinite(slope)), default=0.0)
    return abs(value) / slope if slope and isfinite(value) else inf


def _add_gap(shifts: Mapping[str, Expr], gap: Expr, names: Sequence[str]) -> dict[str, Expr]:
    """The change of variables after which the gap is one of them, too; the same where none is."""
    rest = simplify(substitute(gap, shifts))
    slopes = {name: exact(simplify(derivative(rest, (name,)))) for name in names if name not in shifts}
    choice = {name: Fraction(slope) for name, slope in slopes.items() if slope}
    if not choice:
        return dict(shifts)
    pivot = max(choice, key=lambda name: abs(choice[name]))
    others = make(table.DIV, substitute(rest, {pivot: ZERO}), number(choice[pivot]))
    moved = simplify(make(table.SUB, symbol(pivot), others))
    changed = {name: simplify(substitute(shift, {pivot: moved})) for name, shift in shifts.items()}
    return {name: {**changed, pivot: moved}[name] for name in names if name == pivot or name in changed}


# --- slopes in all directions -------------------------------------------------------------


class _Part(NamedTuple):
    """A node where the sharp variables are 0: as an expression of the others, over their box, and its slope."""

    along: Expr
    ball: Any
    slope: Expr
    is_smooth: bool = True


class _Slopes:
    """The slopes of f away from where the sharp variables are 0, which stand for the direction in them.

    Raises Rough where a part has none, or none that are the same over the box. Cost: linear in the nodes, with a few
    derivatives for each.
    """

    def __init__(self, root: Expr, sharp: Sequence[str], box: Mapping[str, arb]) -> None:
        self.sharp = sharp
        self.box = box
        self.system = BallSystem(enclosure.constant, carrying)
        self._parts: dict[int, _Part] = {}
        nodes, inner = in_order(root)
        for node in nodes:
            self._parts[node.id] = self._parts[inner[node.id].id] if node.id in inner else self._take(node)
        self.slope = self._parts[root.id].slope

    def _take(self, node: Expr) -> _Part:
        if node.op is table.NUMBER:
            return _Part(node, enclosure.constant(node.args[0]), ZERO)
        if node.op is table.SYMBOL:
            name = node.args[0]
            return _Part(ZERO, arb(0), node) if name in self.sharp else _Part(node, self.box[name], ZERO)
        args = [self._parts[arg.id] for arg in node.args]
        if node.op is table.WHERE:
            return args[1] if args[0].ball else args[2]
        corner = self._take_corner(node, args)
        if corner is not None:
            return corner
        along = simplify(make(node.op, *(arg.along for arg in args)))
        moving = [bool(variables(arg)) for arg in node.args]
        ball = self.system.interior(node.op, [arg.ball for arg in args], moving)
        if isinstance(ball, bool):
            return _Part(along, ball, ZERO)
        if type(ball) is Fault or not ball.is_finite():
            raise Rough
        ball = arb(0) if along is ZERO else ball
        return _Part(along, ball, self._chain(node, args), all(arg.is_smooth for arg in args))

    def _chain(self, node: Expr, args: Sequence[_Part]) -> Expr:
        """The chain rule, for an operation that is smooth at its arguments."""
        if node.op in (table.ADD, table.SUB, table.NEG):
            return simplify(make(node.op, *(arg.slope for arg in args)))
        moving = [place for place, arg in enumerate(args) if arg.slope is not ZERO]
        if not moving:
            return ZERO
        slots = [symbol(f"_slot_{k}") if k in moving else arg.along for k, arg in enumerate(args)]
        values = {f"_slot_{k}": args[k].along for k in moving}
        outer = make(node.op, *slots)
        terms = [make(table.MUL, substitute(derivative(outer, (f"_slot_{k}",)), values), args[k].slope) for k in moving]
        return simplify(reduce(lambda a, b: make(table.ADD, a, b), terms))

    def _take_corner(self, node: Expr, args: Sequence[_Part]) -> _Part | None:
        """The part where its kink is; None where it is not at one."""
        op = node.op
        if op in (table.MAX, table.MIN) and (args[0].ball > args[1].ball or args[0].ball < args[1].ball):
            return args[0] if (args[0].ball > args[1].ball) is (op is table.MAX) else args[1]
        if op in (table.ABS, _RELU) and args[0].ball > 0:
            return args[0]
        if op in (table.ABS, _RELU) and args[0].along is ZERO:
            slope = make(table.MAX, args[0].slope, ZERO) if op is _RELU else make(op, args[0].slope)
            return _Part(ZERO, arb(0), simplify(slope), is_smooth=False)
        if op is table.HYPOT and all(arg.along is ZERO for arg in args):
            squares = [make(table.POW, arg.slope, number(2)) for arg in args]
            return _Part(ZERO, arb(0), simplify(make(table.SQRT, make(table.ADD, *squares))), is_smooth=False)
        if op in (table.MAX, table.MIN) and simplify(make(table.SUB, args[0].along, args[1].along)) is ZERO:
            return args[0]._replace(slope=simplify(make(op, *(arg.slope for arg in args))), is_smooth=False)
        if op is table.SQRT or op is table.POW:
            power = _HALF if op is table.SQRT else exact(args[1].along)
            if _is_fraction(power) and args[0].along is ZERO:
                return self._take_root(node, args[0], Fraction(power or 0))
        return None

    def _take_root(self, node: Expr, base: _Part, power: Fraction) -> _Part:
        """A power of a part that is 0: of the second order where the part is smooth and its slopes are 0."""
        if power > 1:
            return _Part(ZERO, arb(0), ZERO, is_smooth=False)
        if power < _HALF or base.slope is not ZERO or not base.is_smooth:
            raise Rough  # the slope may be infinite
        if power > _HALF:
            return _Part(ZERO, arb(0), ZERO, is_smooth=False)
        flat = dict.fromkeys(self.sharp, ZERO)
        terms = [
            make(
                table.MUL,
                substitute(derivative(node.args[0], (first, second)), flat),
                make(table.MUL, symbol(first), symbol(second)),
            )
            for first in self.sharp
            for second in self.sharp
        ]
        square = simplify(make(table.DIV, reduce(lambda a, b: make(table.ADD, a, b), terms), number(2)))
        return _Part(ZERO, arb(0), simplify(make(table.SQRT, square)), is_smooth=False)


# --- signs of slopes ----------------------------------------------------------------------


class Side(NamedTuple):
    """A side of a box."""

    low: Fraction
    high: Fraction

    @property
    def width(self) -> Fraction:
        """Its length."""
        return self.high - self.low

    @property
    def middle(self) -> Fraction:
        """Its middle."""
        return (self.low + self.high) / 2

    def halve(self) -> tuple[Side, Side]:
        """Both halves."""
        return Side(self.low, self.middle), Side(self.middle, self.high)

    def enclose(self) -> arb:
        """The ball around it."""
        return enclosure.constant(self.low).union(enclosure.constant(self.high))


class _Directions:
    """The sign of slopes, which are homogeneous, over all directions: by halving the sides of a cube around 0.

    A sum of parts in different variables is positive where each of these is.
    """

    def __init__(
        self, slope: Expr, sharp: Sequence[str], box: Mapping[str, arb], sides: Mapping[str, Side] | None = None
    ) -> None:
        self.slope = slope
        self.sharp = sharp
        self.box = box
        self.sides = {name: Side(Fraction(-1), Fraction(1)) for name in sharp} | dict(sides or {})
        self.left = _MOST_BOXES

    def judge(self) -> Course | Fall | None:
        """Whether the slopes are all positive, or one is negative; None where that is not decided."""
        judged = [self._judge_group(part, names) for part, names in split_sum(self.slope, self.sharp)]
        return next((one for one in judged if isinstance(one, Fall)), None if None in judged else "rises")

    def _judge_group(self, part: Expr, names: Sequence[str]) -> Course | Fall | None:
        tape = lower(part)
        whole = [self.sides[name] for name in names]
        boxes = [
            [*whole[:place], Side(end, end), *whole[place + 1 :]]
            for place, side in enumerate(whole)
            for end in side
            if end
        ]
        is_open = False
        while boxes:
            sides = boxes.pop()
            if self._enclose(tape, part, names, sides) > 0:
                continue
            middle = [side.middle for side in sides]
            if self._enclose(tape, part, names, [Side(x, x) for x in middle]) < -_LEAST_SLOPE:
                return Fall({name: float(x) for name, x in zip(names, middle, strict=True)})
            self.left -= 1
            widest = max(range(len(sides)), key=lambda place: sides[place].width)
            if self.left > 0 and sides[widest].width > _NARROWEST:
                boxes += [[*sides[:widest], half, *sides[widest + 1 :]] for half in sides[widest].halve()]
            else:
                is_open = True
        return None if is_open else "rises"

    def _enclose(self, tape: Tape, part: Expr, names: Sequence[str], sides: Sequence[Side]) -> arb:
        """The slopes over a box of directions; nan where they are not known all over it."""
        inputs = {name: side.enclose() for name, side in zip(names, sides, strict=True)}
        value = run(tape, {**self.box, **inputs}, enclosure.constant, _find_slope_rule)[tape.place(part)]
        return value if isinstance(value, arb) else arb("nan")


def _find_slope_rule(op: table.Row) -> Callable[..., Any]:
    return _raise_slope if op is table.POW else carrying(op)


def _raise_slope(base: Any, exponent: Any) -> Any:
    """A power, of which a square root is that of what is not negative where f has values, whatever its ball says."""
    if isinstance(base, arb) and exponent == arb(0.5) and base.upper() >= 0 and not base >= 0:
        return arb(0).union(base.upper().sqrt())
    return carrying(table.POW)(base, exponent)


def is_nowhere_negative(slope: Expr, names: Sequence[str]) -> bool:
    """Whether slopes in two directions, which are homogeneous and continuous, are proved to be nowhere negative."""
    if len(names) != 2:
        return False
    low, high = at(-1.0), at(1.0)
    for fixed, free in (names, names[::-1]):
        for side in (-1, 1):
            curve = Curve(simplify(substitute(slope, {fixed: number(side)})), free, low, high)
            if curve.gaps(0) or not curve.is_cut or any(stretch.trend < 0 for stretch in curve.stretches(0)):
                return False
    return True
