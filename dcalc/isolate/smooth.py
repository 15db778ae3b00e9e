"""Smooth functions of one variable, and places on the line: numbers in closed form, zeros of functions, infinities."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property, lru_cache
from math import inf
from typing import Literal, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.coordinates import nearest_double
from dcalc.derive import derivative
from dcalc.errors import DcalcError, LimitError, Unsupported
from dcalc.expr import Expr, exact, make, map_nodes, number, substitute, variables, walk
from dcalc.functions import Row
from dcalc.numbers.enclosure import Encloser, Fault, constants
from dcalc.numbers.rounding import as_double, midpoint
from dcalc.numbers.slow_functions import weigh
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import Constant, NeedMoreBits
from dcalc.proof.polynomials import rational_expression
from dcalc.simplify import simplify
from dcalc.verdict import constant_of
from dcalc.verdict.limit import Sign as Side
from dcalc.verdict.limit import find_limit

BITS = 64
"""Working precision of enclosures over intervals."""
SHARP = (96, 256, 640, 1600)
"""Bits at single places, raised until a sign is decided."""
_ZERO_BITS = (128, 512)
"""Bits of a zero test; more of them never turn a closed form into 0."""
_LARGEST = 600
"""Nodes of a derivative that is still looked at."""
_SPECIAL = 3
"""How much longer series of special functions take than their values, of which the weights are."""
_TINY, _HUGE = arb(2) ** -5000, arb(2) ** 5000
_FAR_APART = 2.0**60
_NARROW = 300
"""Bits of a zero that is compared with others."""

Sign = Literal[-1, 0, 1]


class Work:
    """What isolating zeros may still cost, in units of about 4 microseconds: counted, so that no answer depends on
    the machine."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, units: int) -> None:
        """Count an enclosure."""
        self.left -= units

    @property
    def is_spent(self) -> bool:
        """Whether nothing may be asked any more."""
        return self.left < 0


class Limit(NamedTuple):
    """What a function tends to: a ball with the closed form where there is one, or infinity of a sign."""

    sign: Sign
    infinite: bool = False
    value: Constant | None = None


class Smooth:
    """A function of one variable without choices, which is analytic between the places that it is looked at."""

    def __init__(self, root: Expr, name: str, work: Work) -> None:
        self.root = root
        self.name = name
        self.work = work
        is_special = any(node.op.index >= table.ERF.index for node in walk(root))  # the table is in that order
        self._weight = weigh(root) * (_SPECIAL if is_special else 1)
        self._enclosers: dict[int, Encloser | None] = {}
        self._limits: dict[tuple[object, int], Limit | None] = {}
        self._swings: set[tuple[object, int]] = set()

    def __repr__(self) -> str:
        return f"Smooth({self.root!r})"

    @property
    def constant(self) -> Fraction | None:
        """The rational that the function is."""
        value = exact(self.root)
        return None if value is None else Fraction(value)

    @cached_property
    def slope(self) -> Smooth | None:
        """The derivative; None where it has no closed form, or a long one."""
        try:
            root = derivative(self.root, (self.name,), 4 * _LARGEST)
        except (Unsupported, LimitError):
            return None
        return Smooth(root, self.name, self.work) if len(walk(root)) <= _LARGEST else None

    def coefficients(self, x: arb, order: int, bits: int = BITS) -> list[arb] | None:
        """Enclosures of the Taylor coefficients up to an order around all numbers of a ball; None where one is not
        known there."""
        if order not in self._enclosers:
            try:
                self._enclosers[order] = Encloser(self.root, self.name, order)
            except Unsupported:
                self._enclosers[order] = None
        encloser = self._enclosers[order]
        if encloser is None:
            return None
        self.work.spend(self._weight * (1 + order // 4) * max(1, bits // 128))
        try:
            with ctx.workprec(bits):
                balls = encloser.coefficients({self.name: lambda: x})
        except (DcalcError, ArithmeticError, ValueError):
            return None
        if any(isinstance(ball, Fault) or not ball.is_finite() for ball in balls):
            return None
        return balls  # type: ignore[return-value]  # no fault is left

    def value(self, x: arb, bits: int = BITS) -> arb | None:
        """The value over a ball; None where it is not known."""
        balls = self.coefficients(x, 0, bits)
        return None if balls is None else balls[0]

    def sign_at(self, place: Place) -> Sign | None:
        """The proved sign at a finite place where the function has a value; None where it is not decided."""
        for bits in SHARP:
            value = self.value(place.ball(bits), bits)
            if value is None:
                return None
            if value > 0 or value < 0:
                return 1 if value > 0 else -1
            if bits == SHARP[1] and self.is_zero_at(place):
                return 0
        return None

    def is_zero_at(self, place: Place) -> bool:
        """Whether the function is proved to be 0 at a place in closed form."""
        if place.zero_of is not None and place.zero_of.root is self.root:
            return True
        if place.node is None:
            return False
        value = self.constant_at(place.node)
        try:
            return value is not None and value.is_zero()
        except NeedMoreBits:
            return False

    def constant_at(self, node: Expr) -> Constant | None:
        """The value at a closed form, as a constant that knows what it is made of."""
        return evaluate_constant(substitute(self.root, {self.name: node}))

    def limit(self, place: Place, side: Side) -> Limit | None:
        """What the function tends to at a place from the left (-1) or the right (1); None where that is not known."""
        key = (place.key, side)
        if key not in self._limits:
            self._limits[key] = self._find_limit(place, side)
        return self._limits[key]

    def oscillates(self, place: Place, side: Side) -> bool:
        """Whether the function is proved to have no limit on a side of a place, since it oscillates."""
        return self.limit(place, side) is None and (place.key, side) in self._swings

    def _find_limit(self, place: Place, side: Side) -> Limit | None:
        if not place.sign:
            value = self.value(place.ball(SHARP[0]), SHARP[0])
            if value is not None:
                sign = self.sign_at(place)
                if sign is not None:
                    return Limit(sign)
            if place.node is None:
                return None
        where = place.node if place.node is not None else place.sign
        assert where is not None
        self.work.spend(40 * self._weight)
        for bits in _ZERO_BITS:
            try:
                with ctx.workprec(bits):
                    sides = (side,) if place.node is not None else (-1, 1)
                    verdict = find_limit(self.root, self.name, {}, where, sides).both  # type: ignore[arg-type]  # a sign
                    if verdict.tendency == "infinite":
                        return Limit(1 if verdict.sign > 0 else -1, True)
                    if verdict.tendency == "oscillation":
                        self._swings.add((place.key, side))
                    if verdict.tendency != "finite" or verdict.value is None:
                        return None
                    with limit_work(Budget()):
                        return Limit(verdict.value.sign(), False, verdict.value)  # type: ignore[arg-type]  # a sign
            except NeedMoreBits:
                continue
        return None


def evaluate_constant(root: Expr) -> Constant | None:
    """The constant that an expression without variables is; None where it has no value, or that is not decided."""
    for bits in _ZERO_BITS:
        try:
            with ctx.workprec(bits), limit_work(Budget()):
                value = constant_of(simplify(_write_out_lambert(root)))
                if value.ball.is_finite() and value.snap_to_zero() is not None:
                    return value.snap_to_zero()
        except NeedMoreBits:
            continue
        except DcalcError:
            return None
    return None


def _write_out_lambert(root: Expr) -> Expr:
    """The expression with z/w for exp(w), where w is lambertw(z); DLMF 4.13.1."""

    def write_out(node: Expr, args: tuple[Expr, ...]) -> Expr:
        is_inverse = node.op is table.EXP and args[0].op is table.LAMBERTW and exact(args[0].args[0]) != 0
        return make(table.DIV, args[0].args[0], args[0]) if is_inverse else make(node.op, *args)

    return map_nodes(write_out, root)[0]


# --- places --------------------------------------------------------------------------------


class Place:
    """A number in closed form (``node``), or the only zero of a function in an interval, or infinity of a ``sign``.

    Of a zero ``low`` and ``high`` are exact balls around it, at which the function has opposite signs; they move
    together as more of it is asked for.
    """

    __slots__ = ("_ball", "_home", "_node", "_point", "high", "low", "sign", "zero_of")

    def __init__(
        self,
        node: Expr | None = None,
        sign: Sign = 0,
        zero_of: Smooth | None = None,
        low: arb | None = None,
        high: arb | None = None,
        point: arb | None = None,
    ) -> None:
        self._node = node
        self._point = point
        self.sign = sign
        self.zero_of = zero_of
        self.low = low
        self.high = high
        self._ball: tuple[int, arb] | None = None
        self._home = None if low is None or high is None else (low, high)
        """Where the function has no other zero: the interval before it was narrowed."""

    def __repr__(self) -> str:
        return f"Place({self.sign * inf if self.sign else self.ball(BITS).str(12)})"

    @property
    def node(self) -> Expr | None:
        """The closed form; that of an exact ball is made when it is asked for."""
        if self._node is None and self._point is not None and is_moderate(self._point):
            self._node = number(midpoint(self._point))
        return self._node

    @property
    def key(self) -> object:
        """What places that are known to be the same have in common."""
        return self.node or self.sign or id(self)

    @property
    def is_infinite(self) -> bool:
        """Whether the place is not a number."""
        return bool(self.sign)

    def ball(self, bits: int) -> arb:
        """A ball around the place, which has about so many bits right."""
        if self._point is not None:
            return self._point
        if self._ball is None or self._ball[0] < bits:
            self._ball = (bits, self._enclose(bits))
        return self._ball[1]

    def _enclose(self, bits: int) -> arb:
        if self.node is not None:
            (make,) = constants({"": self.node}).values()
            with ctx.workprec(bits + 32):
                return make()
        assert self.zero_of is not None
        assert self.low is not None
        assert self.high is not None
        self.low, self.high = narrow(self.zero_of, self.low, self.high, bits)
        return hull(self.low, self.high, bits)

    def _is_zero_of_one_interval(self, other: Place) -> bool:
        """Whether both are zeros of one function in an interval that holds one."""
        if self.zero_of is None or other.zero_of is None or self.zero_of.root is not other.zero_of.root:
            return False
        pairs = ((self, other), (other, self))
        return any(
            bool(first._home[0] <= second.ball(_NARROW) <= first._home[1])
            for first, second in pairs
            if first._home is not None
        )

    @property
    def double(self) -> float:
        """The nearest double, or one beside it where that is not decided."""
        if self.sign:
            return self.sign * inf
        if self.node is not None:
            return nearest_double(self.node)
        for bits in (BITS, _NARROW):
            value = as_double(self.ball(bits))
            if value is not None:
                return value
        return float(self.ball(_NARROW).mid())

    def compare(self, other: Place) -> Sign | None:
        """-1 below, 1 above, 0 the same; None where that is not decided."""
        if self.sign or other.sign:
            return _sign(self.sign - other.sign)
        if self is other or (self.node is not None and self.node is other.node):
            return 0
        for bits in (BITS, _NARROW):
            gap = self.ball(bits) - other.ball(bits)
            if gap > 0 or gap < 0:
                return 1 if gap > 0 else -1
        if self._is_zero_of_one_interval(other):
            return 0
        if self.node is not None and other.node is not None:
            value = evaluate_constant(make(table.SUB, self.node, other.node))
            if value is not None and value.is_rational_zero:
                return 0
        return None


def at_ball(ball: arb) -> Place:
    """The place of an exact ball."""
    return Place(point=ball)


def _sign(value: int) -> Sign:
    return 1 if value > 0 else -1 if value < 0 else 0


def at(value: Expr | Fraction | float) -> Place:
    """The place of a number, or of an infinite double."""
    if isinstance(value, Expr):
        return Place(_simplified(value))
    if value in (inf, -inf):
        return Place(sign=1 if value > 0 else -1)
    return Place(number(Fraction(value)))


@lru_cache(maxsize=256)
def _simplified(node: Expr) -> Expr:
    return node if exact(node) is not None or variables(node) else simplify(node)


def hull(low: arb, high: arb, bits: int = BITS) -> arb:
    """A ball around two numbers and all between them."""
    with ctx.workprec(bits + 32):
        return arb(low).union(arb(high))


def middle_of(low: arb, high: arb, part: float = 0.5) -> arb:
    """An exact ball between two exact ones: between their exponents where one is very much larger."""
    with ctx.workprec(BITS):
        ratio = high / low
        if ratio > _FAR_APART or 0 < ratio < 1 / _FAR_APART:
            return (low * ratio ** arb(part)).mid()
    with ctx.workprec(_NARROW * 8):
        return (low + (high - low) * arb(part)).mid()


def narrow(function: Smooth, low: arb, high: arb, bits: int) -> tuple[arb, arb]:
    """An interval around the only zero between two exact balls with opposite signs, which has so many bits right.

    Newton's method on intervals; halving where it does not help (Moore, Interval Analysis, 7).
    """
    for _ in range(4 * bits + 64):
        with ctx.workprec(bits + 64):
            size = abs(low).upper() if abs(low) > abs(high) else abs(high).upper()
            if (high - low).upper() <= size * arb(2) ** -(bits + 8) or size < arb(2) ** -4096:
                break
            step = _newton(function, low, high, bits + 64)
        if step is not None:
            low, high = step
            continue
        halves = _halve(function, low, high, bits + 64)
        if halves is None:
            break
        low, high = halves
    return low, high


def _newton(function: Smooth, low: arb, high: arb, bits: int) -> tuple[arb, arb] | None:
    """One step of Newton's method on intervals; None unless it at least halves the interval."""
    x = hull(low, high, bits)
    slopes = function.coefficients(x, 1, bits)
    middle = x.mid()
    value = function.value(middle, bits)
    if slopes is None or value is None or 0 in slopes[1]:
        return None
    image = middle - value / slopes[1]
    left, right = image.lower(), image.upper()
    low_, high_ = (left if left > low else low), (right if right < high else high)
    if not low_ <= high_ or not (high_ - low_) * 2 <= (high - low):
        return None
    return low_, high_


def _halve(function: Smooth, low: arb, high: arb, bits: int) -> tuple[arb, arb] | None:
    """The half with the zero; None where the signs are not decided."""
    upper = function.value(high, bits)
    for part in (0.5, 0.421875, 0.578125):
        middle = middle_of(low, high, part)
        value = function.value(middle, bits)
        if value is None or upper is None or 0 in value or 0 in upper:
            continue
        return (low, middle) if (value > 0) == (upper > 0) else (middle, high)
    return None


def is_moderate(ball: arb) -> bool:
    """Whether the exponents of a number are such that it can be written out."""
    size = abs(ball)
    return bool(ball.is_zero() or (size > _TINY and size < _HUGE))


# --- closed forms ------------------------------------------------------------------------------
# Which number an isolated zero is: candidates by what its digits look like, each decided by an exact zero test.
#
# A candidate is the zero only where the function is proved to be 0 at it, since it lies in an interval that holds one
# zero. So a coincidence of digits can cost time, and nothing else.


_BITS = 240
_COST = 400
"""What naming a place costs, in the units of `Work`."""
_MOST = 1_000_000
"""Denominators and numerators of numbers that are tried: more digits than that are never met by chance at `_BITS`."""
_UNIT = 1 << 160
_GAP = 1 << 64
"""A partial quotient of that size ends the continued fraction of a rational."""
_POWERS = (2, 3, 4)
_LARGE = 1e6


def name_place(place: Place, function: Smooth) -> Place:
    """The place in closed form, where the function is proved to be 0 at one; else itself."""
    if place.node is not None or place.sign:
        return place
    function.work.spend(_COST)
    for candidate in list_candidates(place.ball(_BITS)):
        named = at(candidate)
        if named.ball(_BITS).overlaps(place.ball(_BITS)) and function.is_zero_at(named):
            return named
    return place


def list_candidates(ball: arb) -> Iterator[Expr]:
    """Closed forms that a number may have, the simplest first."""
    with ctx.workprec(_BITS):
        if 0 in ball:
            yield number(0)
            return
        if not is_moderate(ball):
            return
        yield from _list_rationals(ball, None)
        yield from _list_rationals(ball / arb.pi(), make(table.PI))
        for power in _POWERS:
            for inner in (
                *_list_rationals(ball**power, None),
                *_list_rationals(ball**power / arb.pi(), make(table.PI)),
            ):
                yield _signed(make(table.POW, inner, rational_expression(Fraction(1, power))), ball)
        yield from _list_rationals(ball * arb.pi(), make(table.DIV, number(1), make(table.PI)))
        if abs(ball) < _LARGE:
            yield from _list_quadratic(ball)
        yield from _list_inverses(ball)


def _list_rationals(ball: arb, unit: Expr | None) -> Iterator[Expr]:
    value = _find_rational(ball)
    if value is not None:
        node = rational_expression(value)
        yield node if unit is None else simplify(make(table.MUL, node, unit))


def _find_rational(ball: arb) -> Fraction | None:
    """The only rational of a small denominator in a ball, by continued fractions; None where there is none."""
    if not ball.is_finite() or not ball.rad() < arb(2) ** -(_BITS // 2) * (1 + abs(ball)).lower():
        return None
    if not abs(ball) < _MOST**2:
        return None
    above, below = int(midpoint(ball) * _UNIT), _UNIT
    p, q, last_p, last_q = 1, 0, 0, 1
    while below:
        whole, rest = divmod(above, below)
        if q and whole > _GAP:  # what is left is nothing to the digits that there are
            return Fraction(p, q) if p in ball * q else None
        p, q, last_p, last_q = whole * p + last_p, whole * q + last_q, p, q
        if q > _MOST:
            return None
        above, below = below, rest
    return Fraction(p, q) if p in ball * q else None


def _signed(node: Expr, ball: arb) -> Expr:
    node = simplify(node)
    return node if ball > 0 else simplify(make(table.NEG, node))


def _list_quadratic(ball: arb) -> Iterator[Expr]:
    """(p + sqrt(q))/r with small whole numbers: a + b*x + c*x**2 = 0 by a short vector of a lattice."""
    from flint import fmpz_mat

    scale = arb(2) ** (_BITS // 2)
    rows = []
    for place, power in enumerate((arb(1), ball, ball * ball)):
        whole = (power * scale).mid().unique_fmpz() or int(midpoint(power * scale))
        rows.append([int(k == place) for k in range(3)] + [int(whole)])
    reduced = fmpz_mat(rows).lll()
    c, b, a = (int(reduced[0, k]) for k in range(3))
    if not a or max(abs(a), abs(b), abs(c)) > _MOST:
        return
    if 0 not in a * ball * ball + b * ball + c:
        return
    root = make(table.POW, number(b * b - 4 * a * c), rational_expression(Fraction(1, 2)))
    for sign in (1, -1):
        above = make(table.ADD, number(-b), make(table.MUL, number(sign), root))
        yield simplify(make(table.DIV, above, number(2 * a)))


_INVERSES: tuple[tuple[str, str], ...] = (
    ("exp", "log"), ("log", "exp"), ("tan", "atan"), ("sin", "asin"), ("cos", "acos"), ("cosh", "acosh"),
    ("sinh", "asinh"), ("tanh", "atanh"),
)  # fmt: skip


def _list_inverses(ball: arb) -> Iterator[Expr]:
    """log(r), exp(r), atan(r) and the like of simple numbers r, their multiples of 1/2 and angles beside them."""
    for forward, backward in _INVERSES:
        row = table.get(backward, 1)
        for multiple in (1, 2, -1, -2) if forward == "exp" else (1, 2) if forward in ("sin", "cos", "tan") else (1,):
            yield from _list_inverse(ball, forward, row, multiple)
    for inverse in _list_inverse(1 / ball, "exp", table.LOG, 1):
        yield simplify(make(table.DIV, number(1), inverse))
    yield from _list_lambert(ball)


def _list_inverse(ball: arb, forward: str, row: Row, multiple: int) -> Iterator[Expr]:
    if forward == "log" and not ball > 0:
        return
    if abs(ball) > _LARGE:
        return
    image = getattr(ball * multiple, forward)()
    mirrored = forward == "cosh" and bool(ball < 0)
    arguments = [*_list_rationals(image, None)]
    if not arguments and forward in ("log", "exp"):
        arguments = [*_list_rationals(image / arb.pi(), make(table.PI))]
    if not arguments:
        arguments = [
            _signed(make(table.POW, inner, rational_expression(Fraction(1, 2))), image)
            for inner in _list_rationals(image**2, None)
        ]
    for argument in arguments:
        node = simplify(make(table.DIV, make(row, argument), number(multiple)))
        if forward in ("sin", "cos", "tan"):
            yield from _turn(node, ball, multiple)
        else:
            yield simplify(make(table.NEG, node)) if mirrored else node


def _turn(node: Expr, ball: arb, multiple: int) -> Iterator[Expr]:
    """An angle, and its mirror image, as many half turns on as lead to the number."""
    for sign in (1, -1):
        first = node if sign > 0 else make(table.NEG, node)
        gap = (ball - at(first).ball(_BITS)) * multiple / arb.pi()
        turns = _find_rational(gap)
        if turns is not None and turns.denominator == 1:
            shift = make(table.MUL, rational_expression(turns / multiple), make(table.PI))
            yield simplify(make(table.ADD, first, shift))


def _list_lambert(ball: arb) -> Iterator[Expr]:
    """lambertw(r), exp(lambertw(r)) for x*exp(x) = r and x*log(x) = r."""
    row = table.get("lambertw", 1)
    if ball > -1 and abs(ball) < 100:
        for argument in _list_rationals(ball * ball.exp(), None):
            yield make(row, argument)
