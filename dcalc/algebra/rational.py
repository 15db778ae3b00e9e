"""Taylor coefficients as exact rationals, where they are such: 1/6, and not 0.1666.

Jets over numbers that are known exactly or not at all; what is not rational is unknown, and so is
what is computed from it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from dcalc import functions as table
from dcalc.algebra.jet import Jets, Plan
from dcalc.algebra.system import System
from dcalc.errors import Unsupported
from dcalc.expr import Expr, exact
from dcalc.functions import Row
from dcalc.simplify import Build
from dcalc.simplify.build import RELATIONS

_LARGEST = 1 << 4096
"""Beyond this a number is of no use to anyone, and counts as unknown."""


class Known:
    """A rational, or None for a number that is not known to be one."""

    __slots__ = ("value",)

    def __init__(self, value: Fraction | None) -> None:
        big = value is not None and max(abs(value.numerator), value.denominator) > _LARGEST
        self.value = None if big else value

    def __add__(self, other: Known) -> Known:
        return self._both(operator.add, other)

    def __sub__(self, other: Known) -> Known:
        return self._both(operator.sub, other)

    def __mul__(self, other: Known) -> Known:
        if self.value == 0 or other.value == 0:  # whatever the other is
            return Known(Fraction(0))
        return self._both(operator.mul, other)

    def _both(self, operation: Callable[[Fraction, Fraction], Fraction], other: Known) -> Known:
        if self.value is None or other.value is None:
            return Known(None)
        return Known(operation(self.value, other.value))


def coefficients(root: Expr, name: str, order: int, at: Mapping[str, Fraction]) -> list[Fraction | None]:
    """The Taylor coefficients up to an order at a rational point, None where they are not rational for
    certain. They hold where f is analytic. Cost: order**2 for each operation.
    """
    try:
        plan = Plan(root, name, order)
    except Unsupported:
        return [None] * (order + 1)
    jets = Jets(plan, System(_constant, _evaluator), {key: Known(value) for key, value in at.items()})
    jets.grow(order)
    jet: list[Known] = jets.jets[root.id]
    return [jet[k].value if k < len(jet) else Fraction(0) for k in range(order + 1)]


def _constant(value: int | Fraction) -> Known:
    return Known(Fraction(value))


def _evaluator(op: Row) -> Callable[..., Any]:
    if op is table.WHERE:
        return lambda condition, first, second: Known(None) if condition is None else first if condition else second
    if op in RELATIONS:
        relation = RELATIONS[op]
        return lambda u, v: None if u.value is None or v.value is None else relation(u.value, v.value)
    if op in table.CONDITIONS:
        return lambda *parts: None
    return lambda *args: Known(_simplified(op, [arg.value for arg in args]))


def _simplified(op: Row, values: list[Fraction | None]) -> Fraction | None:
    """What simplification makes of a row at rationals: exp(0) is 1."""
    if None in values:
        return None
    build = Build()
    found = exact(build.apply(op, tuple(build.number(value) for value in values if value is not None)))
    return None if found is None else Fraction(found)
