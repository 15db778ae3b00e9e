"""Sines and steps of arguments that tend to infinity, in an asymptotic scale: unknown numbers within bounds.

A phase is such an argument, modulo 2*pi as a sine and a cosine with their identities, or modulo 1 as a fractional
part. What does not depend on it is a limit all the same; what does is shown to, by the values that the phase has
again and again.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Literal

from flint import arb

from dcalc import functions as table
from dcalc.expr import ONE, ZERO, Expr, make, number, symbol
from dcalc.proof.constant import Constant, function_value, rational
from dcalc.verdict.asymptotic_scale import (
    FinerPhase,
    Phase,
    Scale,
    Swinging,
)
from dcalc.verdict.coefficients import (
    as_rational,
    cosine_of,
    minus,
    negative,
    plus,
    raised,
    sine_of,
    times,
)
from dcalc.verdict.scale import order_of

_MOST_MULTIPLE = 8
"""Multiples of an angle that are written by its sine and cosine."""


class PhasedScale(Scale):
    """A scale with the rules for functions that oscillate, choose, or go in steps."""

    def turn(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u)) of an argument that tends to infinity: of a phase, and of what it differs by."""
        for place, phase in enumerate(self.phases):
            ratio = self._ratio(u, phase.argument) if phase.kind == "turn" else None
            if ratio is None:
                continue
            rest = minus(u, times(number(ratio), phase.argument))
            if self.limit(rest).value is None:
                continue
            if ratio.denominator != 1:
                raise FinerPhase(place, ratio.denominator)
            sine, cosine = _multiple_angle(*self._sine_cosine_of(phase), ratio.numerator)
            if self.is_zero(rest):
                return sine, cosine
            by_sine, by_cosine = sine_of(rest), cosine_of(rest)
            return (
                plus(times(sine, by_cosine), times(cosine, by_sine)),
                minus(times(cosine, by_cosine), times(sine, by_sine)),
            )
        parts = self.parts.get(len(self.phases), 1)
        unit = times(number(Fraction(1, parts)), u)
        names = self.new_phase("turn", unit, 2)
        angle = Constant(arb(0, 1e9), None, "call", ("phase", (rational(len(self.phases)),), None))
        for name, row in zip(names, ("sin", "cos"), strict=True):
            self.values[name] = function_value(row, (angle,), arb(0, 1), 0)
        return _multiple_angle(*self._sine_cosine_of(self.phases[-1]), parts)

    def _sine_cosine_of(self, phase: Phase) -> tuple[Expr, Expr]:
        """The sine and the cosine of a phase: unknown, or those that are chosen."""
        if self.choice is None:
            return symbol(phase.names[0]), symbol(phase.names[1])
        if self.choice < len(CHOICES["turn"]):
            sine, cosine = CHOICES["turn"][self.choice]
            return sine, cosine
        small = self.chosen_distance()
        sine, cosine = sine_of(small), cosine_of(small)
        return (sine, cosine) if self.choice % 2 else (cosine, negative(sine))

    def chosen_distance(self) -> Expr:
        """How far the steps of a choice are from a phase that they tend to: at a pole all depends on it."""
        place = (self.choice or 0) - len(CHOICES["turn"])
        return (raised(self.x, -1), raised(self.x, -2), self.exponential(negative(self.exponential(self.x))))[
            place // 2
        ]

    def are_independent(self) -> bool:
        """Whether all phases together come close to all of their values: each faster than the one before, or two of
        an irrational ratio (Weyl)."""
        arguments = [phase.argument for phase in self.phases]
        if any(phase.kind != "turn" for phase in self.phases):
            return False
        sizes = [self.size(argument) for argument in arguments]
        if any(size is None or self.swings(size.factor) for size in sizes):
            return False
        known = [size for size in sizes if size is not None]
        equal = [(j, k) for k in range(len(known)) for j in range(k) if self.compare_sizes(known[j], known[k]) == 0]
        if not equal:
            return True
        if len(known) != 2:
            return False
        ratio = times(known[1].factor, raised(known[0].factor, -1))
        exact = self.is_zero(minus(arguments[1], times(ratio, arguments[0])))
        return exact and _is_irrational(ratio)

    def _ratio(self, u: Expr, unit: Expr) -> Fraction | None:
        """The simple rational that u/unit tends to; None for other limits."""
        ratio = self.limit(times(u, raised(unit, -1)))
        if ratio.value is None or self.swings(ratio.value):
            return None
        value = order_of(self.constant(ratio.value))
        if not isinstance(value, int | Fraction) or not value:
            return None
        simple = Fraction(value)
        return simple if max(abs(simple.numerator), simple.denominator) <= _MOST_MULTIPLE else None

    def new_phase(self, kind: Literal["turn", "step", "rest"], u: Expr, count: int) -> tuple[str, ...]:
        """The names of the numbers of a new phase."""
        names = tuple(f"\x00{kind}{len(self.phases)}{place}" for place in range(count))
        self.phases.append(Phase(kind, u, names))
        return names

    def unknown(self, low: float, high: float) -> Expr:
        """A function of which only bounds are known."""
        (name,) = self.new_phase("rest", ZERO, 1)
        ball = arb((low + high) / 2, (high - low) / 2)
        self.values[name] = Constant(ball, None, "call", ("rest", (rational(len(self.phases)),), None))
        return symbol(name)

    def sine_cosine(self, u: Expr) -> tuple[Expr, Expr]:
        """(sin(u), cos(u))."""
        limit = self.limit(u)
        if limit.value is not None:
            return sine_of(u), cosine_of(u)
        if self.swings(u):
            return self.unknown(-1.0, 1.0), self.unknown(-1.0, 1.0)
        if limit.sign < 0:
            sine, cosine = self.turn(negative(u))
            return negative(sine), cosine
        return self.turn(u)

    def arctangent(self, u: Expr) -> Expr:
        """atan(u)."""
        limit = self.limit(u)
        if limit.value is not None:
            return make(table.ATAN, u)
        half = times(number(Fraction(limit.sign, 2)), make(table.PI))
        return plus(half, negative(make(table.ATAN, raised(u, -1))))

    def magnitude(self, u: Expr) -> Expr:
        """abs(u)."""
        return negative(u) if self.sign(u) < 0 else u

    def choose(self, first: Expr, second: Expr, *, largest: bool) -> Expr:
        """max or min."""
        if first is second:
            return first
        return first if (self.sign(minus(first, second)) >= 0) == largest else second

    def floor(self, u: Expr) -> Expr:
        """floor(u): a whole number, or u less a fractional part."""
        limit = self.limit(u)
        if limit.value is None:
            for phase in self.phases:
                if phase.kind == "step" and self.is_zero(plus(u, negative(phase.argument))):
                    return plus(u, negative(symbol(phase.names[0])))
            if self.swings(u):
                raise Swinging("an oscillating argument")
            (name,) = self.new_phase("step", u, 1)
            if self.choice is not None:
                fixed = self.choice < len(CHOICES["step"])
                return minus(u, CHOICES["step"][self.choice][0] if fixed else self.chosen_distance())
            self.values[name] = Constant(arb(0.5, 0.5), None, "call", ("step", (rational(len(self.phases)),), None))
            return plus(u, negative(symbol(name)))
        value = self.constant(limit.value)
        if self.swings(limit.value):
            raise Swinging("a step of an oscillating argument")
        whole = value.as_integer()
        if whole is None:
            return number(value.floor())
        return number(whole - (self.sign(plus(u, number(-whole))) < 0))


def _is_irrational(node: Expr) -> bool:
    """Whether a number is irrational by the way it is written: a rational times a whole power of pi, or a root."""
    factors = [part for part in (node.args if node.op is table.MUL else (node,)) if part.op is not table.NUMBER]
    if len(factors) != 1:
        return False
    base, exponent = factors[0].args if factors[0].op is table.POW else (factors[0], ONE)
    order = as_rational(exponent)
    if order is None or not order:
        return False
    if base.op is table.PI:
        return order.denominator == 1  # pi is transcendental
    return base.op is table.NUMBER and order.denominator != 1  # a rational root would have been written as one


def _multiple_angle(sine: Expr, cosine: Expr, count: int) -> tuple[Expr, Expr]:
    """(sin(n*a), cos(n*a)) by the sine and cosine of a."""
    total_sine, total_cosine = ZERO, ONE
    for _ in range(abs(count)):
        total_sine, total_cosine = (
            plus(times(total_sine, cosine), times(total_cosine, sine)),
            plus(times(total_cosine, cosine), negative(times(total_sine, sine))),
        )
    return (total_sine if count > 0 else negative(total_sine)), total_cosine


CHOICES: Mapping[str, tuple[tuple[Expr, ...], ...]] = {
    "turn": tuple(
        (number(Fraction(sine, 5)), number(Fraction(cosine, 5)))
        for sine, cosine in ((0, 5), (5, 0), (0, -5), (-5, 0), (3, 4), (-4, 3))
    ),
    "step": tuple((number(Fraction(part, 4)),) for part in (0, 1, 2, 3, 1, 2)),
}
"""Phases along which a limit is asked for: sines and cosines that are rational, and fractional parts."""
MOVING = 6
"""Further choices, numbered after those: phases that tend to 0 and to pi/2, each at three rates."""
