"""What is true of f at points of the axis, by the reference, each asked once."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.backends import load
from dcalc.errors import Undefined, Unsupported
from dcalc.expr import ONE, Expr, make, number
from dcalc.numbers.enclosure import Encloser, Fault
from dcalc.numbers.rounding import as_double
from dcalc.problem import REFERENCE, Problem, Result
from dcalc.solve import SCORE_DIGITS

Place = float | Fraction


class Oracle:
    """One function of one variable: its values, slopes and verdicts."""

    def __init__(self, root: Expr, name: str) -> None:
        self.root = root
        self.name = name
        self.spans = Enclosures(root, name)

    @cache  # noqa: B019  # it lives as long as its one user
    def verdict(self, order: int, x: Place) -> Result:
        """The reference's word on a derivative at a double, or at a rational exactly."""
        return self._ask(self.root, order, x)

    def _ask(self, root: Expr, order: int, x: Place) -> Result:
        at = number(x) if isinstance(x, Fraction) else x
        return load(REFERENCE).differentiate(Problem(root, (self.name,) * order, {self.name: at}, SCORE_DIGITS))

    @cache  # noqa: B019
    def value(self, order: int, x: float) -> float:
        """f or a derivative at a double, correctly rounded; nan where there is none."""
        found = self.spans.value(order, x)
        if found is None:
            estimate = self.verdict(order, x)
            found = estimate.value if estimate.status == "ok" else None
        return math.nan if found is None else found

    def sign(self, x: float) -> int | None:
        """The sign of f' at a double, proved; None where there is no derivative or it is not known."""
        slope = self.value(1, x)
        if math.isnan(slope):
            return None
        if slope:
            return 1 if slope > 0 else -1
        text = self.verdict(1, x).decimal or ""  # a zero, or something far too small for a double
        return 0 if text == "0" else -1 if text.startswith("-") else 1 if text else None

    def is_pole(self, x: Place) -> bool:
        """Whether 1/f is proved to tend to 0 at a place where f has no value."""
        estimate = self._ask(make(table.DIV, ONE, self.root), 0, x)
        return estimate.status == "removable" and estimate.value == 0


# --- Enclosures of f, f' and f'' of one variable over intervals, in ball arithmetic.

_BITS = 64
_SHARP = (128, 512, 2048)
"""Bits for single points, until the value is decided."""


class Bounds(NamedTuple):
    """All values lie between the two; they may be infinite."""

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
        """How far the values may be apart."""
        return self.high - self.low


class Enclosures:
    """The function of one variable that an expression is, over intervals and at points."""

    def __init__(self, root: Expr, name: str) -> None:
        self.root = root
        self.name = name

    @cache  # noqa: B019  # it lives as long as its one user
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
        try:
            with ctx.workprec(bits):
                return encloser.at({self.name: lambda: x}).derivative
        except Unsupported:
            return None

    def over(self, order: int, low: float, high: float) -> Bounds | None:
        """Bounds of f (order 0) or of a derivative; None where it is not proved to exist on all of
        the interval. For an order above 0 f is smooth enough there."""
        found = self._ball(order, _ball_around(low, high))
        return None if found is None or isinstance(found, Fault) else _round_outward(found)

    def slopes(self, low: float, high: float) -> Bounds | None:
        """Bounds of f', tighter than `over`: f'(middle) + f''(interval)*(half its length) counts too."""
        plain = self.over(1, low, high)
        if plain is None or plain.sign or plain.is_zero:
            return plain
        bend, middle = self.over(2, low, high), self._ball(1, arb(low / 2 + high / 2))
        if bend is None or not isinstance(middle, arb):
            return plain
        with ctx.workprec(_BITS):
            reach = arb(0, max(abs(bend.low), abs(bend.high))) * arb(high / 2 - low / 2) * arb(1 + 2.0**-40)
            centred = _round_outward(middle + reach)
        return Bounds(max(plain.low, centred.low), min(plain.high, centred.high))

    def is_void(self, low: float, high: float) -> bool:
        """Whether f is proved to have no value at all on the interval."""
        found = self._ball(0, _ball_around(low, high))
        return isinstance(found, Fault) and isinstance(found.error, Undefined)

    def value(self, order: int, x: float) -> float | None:
        """f or a derivative at a double, correctly rounded; None where this is not decided here."""
        for bits in _SHARP:
            found = self._ball(order, arb(x), bits)
            if not isinstance(found, arb):
                return None
            with ctx.workprec(bits):
                value = as_double(found)
            if value is not None:
                return value
        return None


def _ball_around(low: float, high: float) -> arb:
    """A ball that holds the interval."""
    with ctx.workprec(_BITS):
        middle = low / 2 + high / 2
        radius = max(arb(high) - arb(middle), arb(middle) - arb(low), key=float)
        return arb(middle, radius.upper())


def _round_outward(ball: arb) -> Bounds:
    """The ends as doubles that hold the ball; infinite where it is no number."""
    if not ball.is_finite():
        return Bounds(-math.inf, math.inf)
    if ball.is_exact() and float(ball) == 0 and ball.is_zero():
        return Bounds(0.0, 0.0)
    low, high = float(ball.lower()), float(ball.upper())
    return Bounds(math.nextafter(low, -math.inf), math.nextafter(high, math.inf))
