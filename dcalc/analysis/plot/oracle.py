"""What is proved of f: values and verdicts at points, each asked for once, and enclosures over intervals."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.backends import load
from dcalc.derive import derivative
from dcalc.errors import LimitError, Undefined, Unsupported
from dcalc.expr import MINUS_ONE, ONE, Expr, exact, is_leaf, make, number, walk
from dcalc.numbers.enclosure import Encloser, Enclosure, Fault
from dcalc.numbers.rounding import as_double
from dcalc.numbers.slow_functions import weigh
from dcalc.problem import REFERENCE, Problem, Result

if TYPE_CHECKING:
    from dcalc.analysis.plot.places import Places


# --- slopes as products: what is positive everywhere is set apart --------------------------
# The slope of `exp(-1000*x**2)` is `-2000*x` times an exponential, which over an interval is enclosed by a ball
# around 0 even where it is positive. The sign of the slope, and where it changes, are those of `-2000*x`.


def split_positive(root: Expr) -> tuple[Expr, Expr]:
    """(positive, rest) whose product is ``root`` wherever both have values; the first is positive there, or 1."""
    bounds = _bound_below(root)
    positive: list[Expr] = []
    rest: list[Expr] = []
    factors = [(root, False)]
    while factors:
        factor, below = factors.pop()
        if factor.op is table.MUL:
            factors += [(arg, below) for arg in factor.args]
        elif factor.op is table.NEG:
            rest.append(MINUS_ONE)
            factors.append((factor.args[0], below))
        elif factor.op is table.DIV:
            factors += [(factor.args[0], below), (factor.args[1], not below)]
        else:
            one = make(table.DIV, ONE, factor) if below else factor
            is_positive = bounds[factor.id] >= (_AT_LEAST_ZERO if below else _POSITIVE)
            (positive if is_positive and exact(factor) is None else rest).append(one)
    return _multiply(positive), _multiply(rest)


def _multiply(factors: list[Expr]) -> Expr:
    return ONE if not factors else factors[0] if len(factors) == 1 else make(table.MUL, *factors)


_ANY, _AT_LEAST_ZERO, _POSITIVE = range(3)
"""What is known of a value, wherever there is one."""


def _bound_below(root: Expr) -> dict[int, int]:
    """What is known of each node's value."""
    bounds: dict[int, int] = {}
    for node in walk(root):
        bounds[node.id] = _bound_node(node, [] if is_leaf(node) else [bounds[arg.id] for arg in node.args])
    return bounds


def _bound_node(node: Expr, args: list[int]) -> int:
    op = node.op
    value = exact(node)
    if value is not None:
        return _POSITIVE if value > 0 else _ANY if value else _AT_LEAST_ZERO
    if op is table.EXP or op is table.COSH:
        return _POSITIVE
    if op is table.ADD:
        return _ANY if _ANY in args else max(args)
    if op is table.MUL:
        return min(args)
    if op is table.SQRT:
        return max(args[0], _AT_LEAST_ZERO)
    if op is table.DIV:  # the divisor is not 0
        return args[0] if args[1] else _ANY
    if op is table.POW:
        return _bound_power(args[0], exact(node.args[1]))
    return _AT_LEAST_ZERO if op is table.ABS else _ANY


def _bound_power(base: int, exponent: object) -> int:
    if base == _POSITIVE:
        return _POSITIVE
    if isinstance(exponent, int) and exponent % 2 == 0:
        return _POSITIVE if exponent < 0 else _AT_LEAST_ZERO
    return _ANY


# --- values and verdicts at points, each asked for once -----------------------------------

Place = float | Fraction | Expr
"""A double, an exact rational, or an exact constant."""
WORK = 600_000
"""The work of one plot, in units of about 4 microseconds."""
_TOO_COSTLY = Result(status="unresolved", reason="it would take too long")


class Work:
    """What a plot may still cost. It is counted and not timed, so that pictures do not depend on the machine."""

    def __init__(self, weight: int, left: int = WORK) -> None:
        self.weight = weight
        self.left = left
        self.refused = False

    def spend_enclosure(self, bits: int) -> None:
        """Count an enclosure at a precision."""
        self.left -= self.weight * bits // _BITS

    def spend_verdict(self, evaluations: int) -> None:
        """Count a verdict: one enclosure may decide it, and more of them are followed by series and proofs."""
        self.left -= (10 + self.weight) * max(1, 40 * (evaluations - 1))


class Oracle:
    """One function of one variable: its values, slopes and verdicts.

    Where the work of a plot is done, verdicts are `unresolved`, and ``work.refused`` tells that some were;
    ``is_open`` tells that f itself was not decided somewhere.
    """

    def __init__(self, root: Expr, name: str, work: int = WORK) -> None:
        self.root = root
        self.name = name
        self.work = Work(weigh(root), work)
        self.enclosures = Enclosures(root, name, self.work)
        self.is_open = False

    @cached_property
    def places(self) -> Places:
        """Exact places at which something may happen."""
        from dcalc.analysis.plot.places import Places  # which names places as this file does

        return Places(self.root, self.name)

    @cache  # noqa: B019  # the cache lives as long as its only user
    def verdict(self, order: int, x: Place) -> Result:
        """The reference's result for a derivative, at a place, exactly."""
        return self._ask(self.root, order, x)

    def _ask(self, root: Expr, order: int, x: Place) -> Result:
        if self.work.left < 0:
            self.work.refused = True
            return _TOO_COSTLY
        at = number(x) if isinstance(x, Fraction) else x
        problem = Problem(root, (self.name,) * order, {self.name: at})
        result: Result = load(REFERENCE).differentiate(problem)
        self.work.spend_verdict(result.evaluations)
        return result

    @cache  # noqa: B019  # as above
    def value(self, order: int, x: float) -> float:
        """f or a derivative at a double, correctly rounded; nan where there is none."""
        value = self.enclosures.value(order, x)
        if value is None:
            estimate = self.verdict(order, x)
            self.is_open |= not order and estimate.status == "unresolved"
            value = estimate.value if estimate.status == "ok" else None
        return math.nan if value is None else value

    def sign(self, x: float) -> int | None:
        """The proved sign of f' at a double; None where there is no derivative, or its sign is not known."""
        slope = self.value(1, x)
        if math.isnan(slope):
            return None
        if slope:
            return 1 if slope > 0 else -1
        if sign := self.enclosures.sign(x, x):
            return sign
        text = self.verdict(1, x).decimal or ""  # 0, or a number that underflows
        return 0 if text == "0" else -1 if text.startswith("-") else 1 if text else None


# --- enclosures over intervals, in ball arithmetic ----------------------------------------

_BITS = 64
_LEAST = arb(2) ** -1075
_SHARP = (128, 512, 2048)
"""Bits at single points, raised until the value is decided."""


class Bounds(NamedTuple):
    """All values lie between these two, which may be infinite."""

    low: float
    high: float

    @property
    def sign(self) -> int:
        """1 or -1 where all values have that sign, else 0."""
        return (self.low > 0) - (self.high < 0)

    @property
    def is_zero(self) -> bool:
        """True where all values are proved to be 0."""
        return self.low == 0 == self.high

    @property
    def height(self) -> float:
        """The most that two values can differ by."""
        return self.high - self.low


class Enclosures:
    """The function of one variable that an expression is, over intervals and at points."""

    def __init__(self, root: Expr, name: str, work: Work) -> None:
        self.root = root
        self.name = name
        self.work = work

    @cache  # noqa: B019  # the cache lives as long as its only user
    def _encloser(self, order: int) -> Encloser | None:
        try:
            return Encloser(self.root, self.name, order)
        except Unsupported:
            return None

    @property
    def has_slopes(self) -> bool:
        """Whether f' can be enclosed at all: a partial may have no closed form."""
        encloser = self._encloser(1)
        return encloser is not None and encloser.values is None and self._ball(1, arb(1)) is not None

    def _ball(self, order: int, x: arb, bits: int = _BITS) -> arb | Fault | None:
        """The derivative of that order over a ball; None where this cannot be enclosed at all."""
        encloser = self._encloser(order)
        if encloser is None:
            return None
        self.work.spend_enclosure(bits)
        try:
            with ctx.workprec(bits):
                return encloser.at({self.name: lambda: x}).derivative
        except Unsupported:
            return None

    def over(self, order: int, low: float, high: float) -> Bounds | None:
        """Bounds of f (order 0) or of a derivative; None where it is not proved to exist on all of the interval."""
        ball = self._ball(order, _ball_around(low, high))
        return None if ball is None or isinstance(ball, Fault) else _round_outward(ball)

    def slopes(self, low: float, high: float) -> Bounds | None:
        """Bounds of f', tightened by the mean value form f'(middle) + f''(interval)*(half length)."""
        plain = self.over(1, low, high)
        if plain is None or plain.sign or plain.is_zero:
            return plain
        bend, middle = self.over(2, low, high), self._ball(1, arb(low / 2 + high / 2))
        if bend is None or not isinstance(middle, arb):
            return plain
        with ctx.workprec(_BITS):
            reach = (
                arb(0, max(abs(bend.low), abs(bend.high))) * arb(high / 2 - low / 2) * arb(1 + 2.0**-40)
            )  # half the length is rounded
            centred = _round_outward(middle + reach)
        return Bounds(max(plain.low, centred.low), min(plain.high, centred.high))

    @cached_property
    def _factors(self) -> tuple[Encloser, Encloser] | None:
        """The positive part of f', and what is left of it; None where it has no such part, or no closed form."""
        try:
            positive, rest = split_positive(derivative(self.root, (self.name,)))
            return None if positive is ONE else (Encloser(positive, "", 0), Encloser(rest, self.name, 1))
        except (Unsupported, LimitError):
            return None

    def _rest_of_slope(self, low: float, high: float) -> Enclosure | None:
        """An enclosure of f' less its positive part, and of its slope; None where that part is not known there."""
        if self._factors is None:
            return None
        self.work.spend_enclosure(_BITS)
        positive, rest = self._factors
        x = _ball_around(low, high)
        with ctx.workprec(_BITS):
            part = positive.at({self.name: lambda: x}).f
            if not isinstance(part, arb) or not part.is_finite():
                return None
            return rest.at({self.name: lambda: x})

    def sign(self, low: float, high: float) -> int:
        """1 or -1 where f', which exists there, is proved to have that sign by its factors, else 0."""
        rest = self._rest_of_slope(low, high)
        return 0 if rest is None else _sign_of(rest.f)

    def turns_once(self, low: float, high: float) -> bool:
        """Whether f' is proved by its factors to be 0 at one place at most."""
        rest = self._rest_of_slope(low, high)
        return rest is not None and _sign_of(rest.derivative) != 0

    def is_void(self, low: float, high: float) -> bool:
        """Whether f is proved to have no value at all on the interval."""
        ball = self._ball(0, _ball_around(low, high))
        return isinstance(ball, Fault) and isinstance(ball.error, Undefined)

    def value(self, order: int, x: float) -> float | None:
        """f or a derivative at a double, correctly rounded; None where this is not decided here."""
        size = arb("inf")
        for bits in _SHARP:
            ball = self._ball(order, arb(x), bits)
            if not isinstance(ball, arb):
                return None
            with ctx.workprec(bits):
                value = as_double(ball)
            if value is not None:
                return value
            size = abs(ball)
        return 0.0 if size < _LEAST else None  # whatever it is, it rounds to 0


def _sign_of(ball: arb | Fault) -> int:
    return 0 if isinstance(ball, Fault) else bool(ball > 0) - bool(ball < 0)


def _ball_around(low: float, high: float) -> arb:
    """A ball that holds the interval."""
    with ctx.workprec(_BITS):
        middle = low / 2 + high / 2
        radius = max(arb(high) - arb(middle), arb(middle) - arb(low), key=float)
        return arb(middle, radius.upper())


def _round_outward(ball: arb) -> Bounds:
    """Doubles around the ball; infinite where it is not finite."""
    if not ball.is_finite():
        return Bounds(-math.inf, math.inf)
    if ball.is_exact() and float(ball) == 0 and ball.is_zero():
        return Bounds(0.0, 0.0)
    low, high = float(ball.lower()), float(ball.upper())
    return Bounds(math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
