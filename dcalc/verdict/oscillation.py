"""Parts without a limit: steps along which they stand still, and bounds on how large they are.

sin(1/x) has one value at all steps t with 1/t = angle + 2*pi*k. Along these steps f has an
ordinary series; where two such sequences of steps lead f, or its difference quotient, to
different places, there is no limit. That two agree proves nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal, NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, walk
from dcalc.functions import Row
from dcalc.proof.constant import Constant, pi, rational, to_fraction
from dcalc.verdict.composition import sign_at_infinity, sine_or_cosine
from dcalc.verdict.scale import (
    FLAT,
    LOGARITHM_LOSS,
    Oscillation,
    Undecidable,
    normalise_order,
    order_of,
    smallest_order,
)
from dcalc.verdict.series import ZERO_SERIES, Series, add, collect, constant_term, monomial, scale, subtract

_CIRCULAR: dict[Row, Literal["sin", "cos"]] = {table.SIN: "sin", table.COS: "cos"}
_DISCONTINUOUS = table.CONDITIONS | {table.FLOOR, table.WHERE}
_TURNS = 60
"""Steps keep the phase modulo this many periods, so that its multiples by 1/2, ..., 1/60 are known, too."""


class Phase:
    """A choice of steps t towards the point.

    They are those at which the first growing argument that is met is ``at`` half turns, or, of a floor, ``at``
    steps, modulo whole periods. What oscillates with another argument that is not a multiple of this one has
    no known value at these steps: that is undecidable. With a ``shift`` of -1 or 1, a floor that changes at the
    steps has the value from just before or after them, as its argument grows.
    """

    def __init__(self, at: Fraction, shift: Literal[-1, 0, 1] = 0) -> None:
        self.at = at
        self.shift = shift
        self.base: Series | None = None
        self.has_steps = False  # whether the base is that of a floor

    def series_along(
        self, node: Expr, args: list[Series], meaning: dict[int, Expr], reach: int
    ) -> Series | bool | None:
        """What a node that would oscillate is at these steps; None for others."""
        if self.shift and is_whole_test(node) and is_growing(args[0]):
            return False  # beside the steps
        if node.op not in _CIRCULAR and node.op is not table.FLOOR:
            return None
        (arg,) = args
        if not is_growing(arg):
            return None
        ratio, rest = self._relation(node, arg, meaning)
        angle = self.at * ratio
        if not self.has_steps:
            return sine_or_cosine(_CIRCULAR[node.op], add(monomial(pi().scale(angle)), rest), reach)
        beyond = (angle + _rational_or_undecidable(constant_term(rest))) % 1
        if not beyond and self.shift and (self.shift < 0) == (ratio > 0):
            beyond = Fraction(1)
        return subtract(arg, monomial(rational(beyond)))

    def _relation(self, node: Expr, arg: Series, meaning: dict[int, Expr]) -> tuple[Fraction, Series]:
        """(ratio, rest) of the argument as ratio*base + rest."""
        has_steps = node.op is table.FLOOR
        if self.base is None:
            if not _is_continuous(node.args[0], meaning):  # it may pass over the phase
                raise Undecidable("an oscillation in jumps")
            self.base, self.has_steps = arg, has_steps
        if has_steps is not self.has_steps:
            raise Undecidable("oscillations of different periods")
        if arg is self.base:
            return Fraction(1), ZERO_SERIES
        first, second = self.base.leading(), arg.leading()
        if first is None or second is None or first.rank != second.rank:
            raise Undecidable("oscillations of different speed")
        ratio = _rational_or_undecidable(second.c * first.c.inverse())
        rest = subtract(arg, scale(self.base, rational(ratio)))
        if _TURNS % ratio.denominator or rest.growth is not None or sign_at_infinity(rest):
            raise Undecidable("oscillations of different speed")
        return ratio, rest


def is_growing(side: object) -> bool:
    """Whether a side tends to infinity."""
    return isinstance(side, Series) and bool(side.growth_sign() > 0 or sign_at_infinity(side))


def is_whole_test(node: Expr) -> bool:
    """Whether a node is the condition floor(u) == u, which holds at steps alone."""
    if node.op is not table.EQ:
        return False
    first, second = node.args
    return any(part.op is table.FLOOR and part.args[0] is other for part, other in ((first, second), (second, first)))


def _rational_or_undecidable(c: Constant | None) -> Fraction:
    order = None if c is None else order_of(c)
    if not isinstance(order, Fraction):
        raise Undecidable("oscillations of different speed")
    return order


def _is_continuous(node: Expr, meaning: dict[int, Expr]) -> bool:
    """Whether nothing in a node, or in what it stands for, jumps."""
    stack, seen = [node], set()
    while stack:
        part = stack.pop()
        if part.id in seen or is_leaf(part):
            continue
        seen.add(part.id)
        if part.op in _DISCONTINUOUS:
            return False
        inner = meaning.get(part.id)
        stack += part.args if inner is None else (inner,)
    return True


# --- series of which less is known than of their parts ------------------------------------------------


def truncate(series: Series, reach: int) -> Series:
    """The series without terms more than ``reach`` beyond its first."""
    if not series.terms:
        return series
    limit = series.terms[0].rank.a + reach
    if series.terms[-1].rank.a < limit:
        return series
    err = smallest_order(series.error, limit)
    return Series(collect(series.terms, err), err, series.growth, series.oscillation)


def bound_choice(first: Series, second: Series) -> Series:
    """A series that is now the one, now the other: the first, and what it may be off by."""
    gap = subtract(second, first)
    if gap.is_exact_zero:
        return first
    if gap.growth is not None:
        raise Undecidable("an oscillating part decides")
    rank = gap.dominant_rank()
    if rank.a == FLAT:
        return add(first, Series((), FLAT))
    a = rank.a - (LOGARITHM_LOSS if rank.b > 0 else 0)
    return add(first.without_oscillation(), Series((), None, None, Oscillation(a, False, FLAT, False)))


def is_square(node: Expr) -> bool:
    """Whether a node cannot be negative by the way it is written: a sum of squares and absolute values."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.op in (table.ADD, table.MUL):
            stack += [] if part.op is table.MUL and len(set(part.args)) == 1 and len(part.args) == 2 else part.args
        elif part.op is table.POW:
            exponent = part.args[1]
            if exponent.op is not table.NUMBER or Fraction(exponent.args[0]) % 2:
                return False
        elif part.op not in (table.ABS, table.EXP, table.HYPOT):
            return False
    return True


def bound_root(base: Series, exponent: Constant) -> Series | None:
    """A root of a series whose sign or size oscillates: how large it is at most. None where that is not known."""
    top = base.dominant_rank()
    if base.growth is not None or exponent.exact is None or top.a == FLAT:
        return None
    a = (top.a - (LOGARITHM_LOSS if top.b > 0 else 0)) * to_fraction(exponent.exact)
    return Series((), None, None, Oscillation(normalise_order(a), False, FLAT, False))


# --- exact bounds of what oscillates ---------------------------------------------------------------------


class Bounds(NamedTuple):
    """Rational bounds of an expression at all points where it has a value; None where none is known."""

    low: Fraction | None
    high: Fraction | None


_UNBOUNDED = Bounds(None, None)
_UNIT = Bounds(Fraction(-1), Fraction(1))


def bound_expression(root: Expr) -> Bounds:
    """Exact bounds by the arithmetic of intervals: a ball is wider by its rounding, which decides at whole numbers."""
    bounds: dict[int, Bounds] = {}
    for node in walk(root):
        if node.op is table.NUMBER:
            value = Fraction(node.args[0])
            bounds[node.id] = Bounds(value, value)
        elif is_leaf(node) or (rule := _BOUNDS.get(node.op)) is None:
            bounds[node.id] = _UNIT if node.op in _CIRCULAR else _UNBOUNDED
        else:
            bounds[node.id] = rule(*(bounds[arg.id] for arg in node.args))
    return bounds[root.id]


def _add_bounds(*parts: Bounds) -> Bounds:
    lows, highs = zip(*parts, strict=True)
    return Bounds(None if None in lows else sum(lows, Fraction(0)), None if None in highs else sum(highs, Fraction(0)))


def _negate_bounds(part: Bounds) -> Bounds:
    return Bounds(*(None if end is None else -end for end in (part.high, part.low)))


def _multiply_bounds(*parts: Bounds) -> Bounds:
    total = Bounds(Fraction(1), Fraction(1))
    for part in parts:
        if None in total or None in part:
            return _UNBOUNDED
        products = [x * y for x in total for y in part if x is not None and y is not None]
        total = Bounds(min(products), max(products))
    return total


def _divide_bounds(above: Bounds, below: Bounds) -> Bounds:
    low, high = below
    if low is None or high is None or low <= 0 <= high:
        return _UNBOUNDED
    return _multiply_bounds(above, Bounds(1 / high, 1 / low))


def _raise_bounds(base: Bounds, exponent: Bounds) -> Bounds:
    power = exponent.low
    if power is None or power != exponent.high or power.denominator != 1 or not 0 < power <= _MOST_POWER:
        return _UNBOUNDED
    if power % 2 == 0:
        base = _bound_size(base)
    return Bounds(*(None if end is None else end ** int(power) for end in base))


def _bound_size(part: Bounds) -> Bounds:
    low, high = part
    if low is not None and low >= 0:
        return part
    if high is not None and high <= 0:
        return _negate_bounds(part)
    return Bounds(Fraction(0), None if low is None or high is None else max(-low, high))


_MOST_POWER = 64
_BOUNDS: dict[Row, Callable[..., Bounds]] = {
    table.ADD: _add_bounds,
    table.SUB: lambda first, second: _add_bounds(first, _negate_bounds(second)),
    table.NEG: _negate_bounds,
    table.MUL: _multiply_bounds,
    table.DIV: _divide_bounds,
    table.POW: _raise_bounds,
    table.ABS: _bound_size,
}


_WHOLE = frozenset((table.FLOOR, table.CEIL, table.ROUND, table.TRUNC, table.SIGN, table.STEP))


def is_whole(node: Expr) -> bool:
    """Whether a node is a whole number by the way it is written: a sum or product of steps and whole numbers."""
    stack = [node]
    while stack:
        part = stack.pop()
        if part.op in (table.ADD, table.SUB, table.MUL, table.NEG):
            stack += part.args
        elif part.op not in _WHOLE and not (part.op is table.NUMBER and Fraction(part.args[0]).denominator == 1):
            return False
    return True
