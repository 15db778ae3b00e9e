"""Bounds of an expression over an open interval, which may be infinite: what shows signs where balls do not.

Balls are closed and finite, so that they say nothing of log(x) on (0, 1) or of 1 + 1/x beyond 1000. Here intervals
have infinite ends, and know that they leave out 0. That the expression has values all over the interval is taken for
granted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import copysign, floor, inf, isinf, nextafter, pi
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import Expr, exact, make
from dcalc.functions import Row
from dcalc.numbers.enclosure import carrying
from dcalc.tape import lower

_BITS = 64
_LEAST = 5e-324


class Span(NamedTuple):
    """All values lie from ``low`` to ``high``; ``nonzero`` where none of them is 0."""

    low: float
    high: float
    nonzero: bool = False

    @property
    def sign(self) -> int:
        """1 or -1 where all values have that sign, else 0."""
        if self.low > 0 or (self.low == 0 and self.nonzero):
            return 1
        if self.high < 0 or (self.high == 0 and self.nonzero):
            return -1
        return 0


ALL = Span(-inf, inf)


def _cut_at_zero(span: Span, sign: int) -> Span:
    """The part with values of that sign, 1 or -1."""
    return Span(max(span.low, 0.0), span.high, True) if sign > 0 else Span(span.low, min(span.high, 0.0), True)


def bound(root: Expr, name: str, inside: Span, signs: Mapping[Expr, int]) -> Span:
    """Bounds of an expression over an open interval of its only variable.

    ``signs`` are those of nodes that are known to have one there. Cost: a microsecond or a few for each node.
    """
    tape = lower(root)
    values: list[Span] = []
    for node, (op, args) in zip(tape.nodes, tape.rows, strict=True):
        number = exact(node)
        if number is not None:
            span = _of_number(number)
        elif op is table.SYMBOL:
            span = inside if args[0] == name else ALL
        elif op in _QUOTIENTS:
            span = _divide_waves(op, tape.nodes[args[0]], values[args[0]], signs)
        else:
            span = _apply(op, [values[i] for i in args])
        sign = signs.get(node)
        if sign:
            span = _cut_at_zero(span, sign)
        values.append(span)
    return values[tape.place(root)]


_QUOTIENTS = {
    table.TAN: (table.SIN, table.COS),
    table.COT: (table.COS, table.SIN),
    table.SEC: (None, table.COS),
    table.CSC: (None, table.SIN),
}


def _divide_waves(op: Row, argument: Expr, span: Span, signs: Mapping[Expr, int]) -> Span:
    """A tangent and its kin as a quotient, since between two poles the divisor has a sign."""
    above, below = _QUOTIENTS[op]
    divisor = _apply(below, [span])
    sign = signs.get(make(below, argument))
    if sign:
        divisor = _cut_at_zero(divisor, sign)
    return _multiply(_apply(above, [span]) if above is not None else Span(1.0, 1.0, True), _invert(divisor))


def _of_number(value: int | Fraction) -> Span:
    try:
        near = float(value)
    except OverflowError:
        return Span(1e308, inf, True) if value > 0 else Span(-inf, -1e308, True)
    if Fraction(near) == value:
        return Span(near, near, bool(near))
    return _cut_at_zero(Span(nextafter(near, -inf), nextafter(near, inf)), 1 if value > 0 else -1)


def _apply(op: Row, args: list[Span]) -> Span:
    rule = _RULES.get(op)
    if rule is not None:
        return rule(*args)
    if len(args) == 1 and op in _RISING:
        return _rise(op, args[0])
    return _by_balls(op, args)


# --- arithmetic, rounded outward -----------------------------------------------------------


def _down(value: float) -> float:
    return nextafter(value, -inf)  # inf becomes the largest double, since no value is infinite


def _up(value: float) -> float:
    return nextafter(value, inf)


def _sum_ends(a: float, b: float, round_end: Callable[[float], float]) -> float:
    total = a + b
    if total - a == b and total - b == a:  # an exact sum stays what it is, 0 above all
        return total
    return round_end(total)


def _add(*spans: Span) -> Span:
    low, high, is_nonzero = spans[0]
    for span in spans[1:]:
        is_nonzero = (
            (is_nonzero and low >= 0 and span.low >= 0)
            or (is_nonzero and high <= 0 and span.high <= 0)
            or (span.nonzero and ((span.low >= 0 and low >= 0) or (span.high <= 0 and high <= 0)))
        )
        low, high = _sum_ends(low, span.low, _down), _sum_ends(high, span.high, _up)
        low, high = (-inf if low != low else low), (inf if high != high else high)
    return Span(low, high, is_nonzero)


def _negate(span: Span) -> Span:
    return Span(-span.high, -span.low, span.nonzero)


def _times(a: float, b: float) -> float:
    """A product of ends, which is 0 only where an end is: 0 * inf is 0, since no value is infinite."""
    return 0.0 if not a or not b else a * b or copysign(_LEAST, a) * copysign(1.0, b)


def _multiply(*spans: Span) -> Span:
    first = spans[0]
    for span in spans[1:]:
        ends = [_times(a, b) for a in first[:2] for b in span[:2]]
        low, high = min(ends), max(ends)
        first = Span(_down(low) if low else 0.0, _up(high) if high else 0.0, first.nonzero and span.nonzero)
    return first


def _invert(span: Span) -> Span:
    if span.sign > 0:
        return Span(_down(1 / span.high) if span.high < inf else 0.0, _up(1 / span.low) if span.low else inf, True)
    if span.sign < 0:
        return _negate(_invert(_negate(span)))
    return Span(-inf, inf, True)


def _raise(base: Span, exponent: Span) -> Span:
    if exponent.low != exponent.high or isinf(exponent.low):
        if base.sign > 0:
            return _rise(table.EXP, _multiply(exponent, _rise(table.LOG, base)))
        return ALL
    power = Fraction(exponent.low)
    if power.denominator > 1:
        above = Span(max(base.low, 0.0), max(base.high, 0.0), base.nonzero)
        raised = Span(_end_power(above.low, exponent.low, -1), _end_power(above.high, exponent.low, 1), base.nonzero)
        return raised if power > 0 else _invert(_raise(above, Span(-exponent.low, -exponent.low)))
    count = int(power)
    if count < 0:
        return _invert(_raise(base, Span(-exponent.low, -exponent.low)))
    ends = (_end_power(base.low, float(count), -1), _end_power(base.high, float(count), 1))
    if count % 2:
        return Span(ends[0], ends[1], base.nonzero)
    sizes = [_end_power(abs(base.low), float(count), 1), _end_power(abs(base.high), float(count), 1)]
    least = 0.0 if base.low <= 0 <= base.high else _end_power(min(abs(base.low), abs(base.high)), float(count), -1)
    return Span(least, max(sizes), base.nonzero)


def _end_power(value: float, exponent: float, side: int) -> float:
    """A power of an end, rounded outward."""
    if isinf(value):
        return value if exponent % 2 or value > 0 else inf
    if value == 0 or abs(value) == 1:
        return float(value**exponent) if exponent == int(exponent) else abs(value)
    with ctx.workprec(_BITS):
        ball = arb(value) ** (int(exponent) if exponent == int(exponent) else arb(exponent))
    return end_of(ball, side)


def end_of(ball: arb, side: int) -> float:
    """A double on that side of a ball."""
    if not ball.is_finite():
        return side * inf
    if ball.is_exact() and ball == float(ball):
        return float(ball)
    end = nextafter(float(ball.lower() if side < 0 else ball.upper()), side * inf)
    return max(end, 0.0) if side < 0 and ball > 0 else min(end, 0.0) if side > 0 and ball < 0 else end


# --- functions that rise ------------------------------------------------------------------


class _Rise(NamedTuple):
    """The domain of a rising function, what it tends to at its ends, and whether it is never 0, or at 0 alone."""

    low: float
    high: float
    first: float
    last: float
    zero: str


_HALF_TURN = nextafter(pi / 2, 4)
_RISING: dict[Row, _Rise] = {
    table.get(name, 1): _Rise(*rule)
    for name, rule in {
        "exp": (-inf, inf, 0.0, inf, "never"),
        "expm1": (-inf, inf, -1.0, inf, "at 0"),
        "log": (0.0, inf, -inf, inf, ""),
        "log2": (0.0, inf, -inf, inf, ""),
        "log10": (0.0, inf, -inf, inf, ""),
        "log1p": (-1.0, inf, -inf, inf, "at 0"),
        "sqrt": (0.0, inf, 0.0, inf, "at 0"),
        "cbrt": (-inf, inf, -inf, inf, "at 0"),
        "atan": (-inf, inf, -_HALF_TURN, _HALF_TURN, "at 0"),
        "tanh": (-inf, inf, -1.0, 1.0, "at 0"),
        "sinh": (-inf, inf, -inf, inf, "at 0"),
        "asinh": (-inf, inf, -inf, inf, "at 0"),
        "atanh": (-1.0, 1.0, -inf, inf, "at 0"),
        "asin": (-1.0, 1.0, -_HALF_TURN, _HALF_TURN, "at 0"),
        "acosh": (1.0, inf, 0.0, inf, ""),
        "erf": (-inf, inf, -1.0, 1.0, "at 0"),
        "erfi": (-inf, inf, -inf, inf, "at 0"),
        "erfinv": (-1.0, 1.0, -inf, inf, "at 0"),
        "sigmoid": (-inf, inf, 0.0, 1.0, "never"),
        "softplus": (-inf, inf, 0.0, inf, "never"),
    }.items()
}


def _rise(op: Row, arg: Span) -> Span:
    rule = _RISING[op]
    low = rule.first if arg.low <= rule.low else _value_at(op, arg.low, -1, rule.first)
    high = rule.last if arg.high >= rule.high else _value_at(op, arg.high, 1, rule.last)
    low, high = max(low, rule.first), min(high, rule.last)
    is_nonzero = rule.zero == "never" or (rule.zero == "at 0" and arg.nonzero)
    if rule.zero == "at 0":
        low = max(low, 0.0) if arg.low >= 0 else low
        high = min(high, 0.0) if arg.high <= 0 else high
    return Span(low, high, is_nonzero)


def _value_at(op: Row, value: float, side: int, otherwise: float) -> float:
    with ctx.workprec(_BITS):
        ball = carrying(op)(arb(value))
    return end_of(ball, side) if isinstance(ball, arb) and ball.is_finite() else otherwise


def _fall(op: Row, arg: Span, first: float) -> Span:
    """A positive function that falls from ``first`` to 0."""
    low = 0.0 if isinf(arg.high) else _value_at(op, arg.high, -1, 0.0)
    high = first if isinf(arg.low) else _value_at(op, arg.low, 1, first)
    return Span(max(low, 0.0), min(high, first), True)


# --- other functions ----------------------------------------------------------------------


def _cosh(arg: Span) -> Span:
    far = max(abs(arg.low), abs(arg.high))
    least = 0.0 if arg.low <= 0 <= arg.high else min(abs(arg.low), abs(arg.high))
    high = inf if isinf(far) else _value_at(table.COSH, far, 1, inf)
    return Span(1.0 if not least else _value_at(table.COSH, least, -1, 1.0), high, True)


def _wave(op: Row) -> Callable[[Span], Span]:
    def rule(arg: Span) -> Span:
        if isinf(arg.low) or isinf(arg.high):
            return Span(-1.0, 1.0)
        span = _by_balls(op, [arg])
        if op is table.SIN and arg.sign and max(abs(arg.low), abs(arg.high)) < 3.14159:
            return _cut_at_zero(span, arg.sign)
        return Span(max(span.low, -1.0), min(span.high, 1.0), span.nonzero)

    return rule


def _gamma(arg: Span) -> Span:
    """By the reciprocal, which is entire and 0 at the poles alone; DLMF 5.2(i) and 5.4.20."""
    sign = 1 if arg.sign > 0 else _sign_between_poles(arg)
    if arg.low == inf or arg.high == inf or arg.low == -inf or not sign:
        least = 0.885 if arg.sign > 0 else -inf
        if arg.sign > 0 and arg.low > 2:
            least = max(least, _value_at(table.GAMMA, arg.low, -1, least))
        return Span(least, inf, True)
    with ctx.workprec(_BITS):
        ball = arb(arg.low).union(arb(arg.high)).rgamma()
    if not ball.is_finite() or ball == 0:  # 0 at a pole
        return Span(0.885, inf, True) if arg.sign > 0 else Span(-inf, inf, True)
    return _invert(_cut_at_zero(Span(end_of(ball, -1), end_of(ball, 1)), sign))


def _sign_between_poles(arg: Span) -> int:
    """The sign of gamma on an interval between two whole numbers below 0; 0 for any other interval."""
    if isinf(arg.low):
        return 0
    start = floor(arg.low)
    if arg.high > start + 1 or arg.high > 0:
        return 0
    return 1 if start % 2 == 0 else -1


def _digamma(arg: Span) -> Span:
    """It rises from -inf to inf between two poles, and from 0 on; DLMF 5.15.1."""
    if not (arg.sign > 0 or _sign_between_poles(arg)):
        return ALL
    is_pole = (arg.low <= 0 and arg.low == floor(arg.low), arg.high <= 0 and arg.high == floor(arg.high))
    low = -inf if is_pole[0] else _value_at(table.DIGAMMA, arg.low, -1, -inf)
    high = inf if is_pole[1] or isinf(arg.high) else _value_at(table.DIGAMMA, arg.high, 1, inf)
    return Span(low, high, low > 0 or high < 0)


def _polygamma(order: Span, arg: Span) -> Span:
    """Of one sign for positive arguments, and of odd orders everywhere; DLMF 5.15.1."""
    known = _by_balls(table.get("polygamma", 2), [order, arg])
    if order.low != order.high or order.low < 1:
        return known
    is_odd = bool(int(order.low) % 2)
    if is_odd:
        return Span(max(known.low, 0.0), known.high, True)
    return Span(known.low, min(known.high, 0.0), True) if arg.sign > 0 else known


def _by_balls(op: Row, args: list[Span]) -> Span:
    """Bounds from an enclosure over a ball around each argument."""
    if any(isinf(end) for arg in args for end in arg[:2]):
        return ALL
    with ctx.workprec(_BITS):
        balls = [arb(arg.low).union(arb(arg.high)) for arg in args]
        value = carrying(op)(*balls)
    if not isinstance(value, arb) or not value.is_finite():
        return ALL
    return Span(end_of(value, -1), end_of(value, 1), bool(value > 0 or value < 0))


_RULES: dict[Row, Callable[..., Span]] = {
    table.ADD: _add,
    table.SUB: lambda a, b: _add(a, _negate(b)),
    table.MUL: _multiply,
    table.DIV: lambda a, b: _multiply(a, _invert(b)),
    table.NEG: _negate,
    table.POW: _raise,
    table.SIN: _wave(table.SIN),
    table.COS: _wave(table.COS),
    table.COSH: _cosh,
    table.GAMMA: _gamma,
    table.DIGAMMA: _digamma,
    table.get("polygamma", 2): _polygamma,
    table.get("sech", 1): lambda arg: _invert(_cosh(arg)),
    table.get("erfc", 1): lambda arg: _fall(table.get("erfc", 1), arg, 2.0),
    table.get("acos", 1): lambda arg: _fall(table.get("acos", 1), Span(max(arg.low, -1.0), min(arg.high, 1.0)), 4.0),
    table.get("coth", 1): lambda arg: (
        Span(1.0, inf, True) if arg.sign > 0 else Span(-inf, -1.0, True) if arg.sign < 0 else Span(-inf, inf, True)
    ),
    table.get("csch", 1): lambda arg: _invert(_rise(table.get("sinh", 1), arg)),
}
