"""Zero tests by root bounds: an algebraic number that is small enough is zero.

Burnikel, Funke, Mehlhorn, Schirra and Schmitt, A Separation Bound for Real Algebraic
Expressions, Algorithmica 55 (2009): an expression of rationals, +, *, / and roots with
parameters u and l, and the product D of the degrees of its distinct roots, is zero or at
least 1/(u**(D-1)*l) in size.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import gcd, log2, prod
from typing import NamedTuple

from dcalc.proof.constant import Constant, NeedMoreBits, working_precision

MAX_BITS = 20_000
"""A bound that needs more bits than this is out of reach: balls of this size take seconds."""
_MAX_ORDER = 240
"""Roots of unity of a higher order have degrees whose products are out of reach anyway."""
MultipleOfPi = Callable[[Constant], Fraction | None]
"""c/pi for a constant that is proved to be a rational multiple of pi."""


class Bound(NamedTuple):
    """log2 of u and (``low``) of l, and the degrees of the roots inside, by the identity of what is rooted."""

    u: float
    low: float
    roots: dict[tuple[int, int], int]


def is_below_root_bound(constant: Constant, multiple_of_pi: MultipleOfPi) -> bool:
    """Whether an algebraic constant is proved to be zero.

    False where it is not algebraic, or the bound is out of reach. Raises NeedMoreBits with the bits that decide.
    """
    bound = bound_of(constant, multiple_of_pi)
    if bound is None:
        return False
    degree = prod(bound.roots.values())
    if degree > MAX_BITS or not (degree - 1) * bound.u + bound.low < MAX_BITS:
        return False  # so, too, where the parameters have left the range of doubles
    bits = int((degree - 1) * bound.u + bound.low) + 2
    size = constant.ball.abs_upper()
    if size * 2 ** (bits // 2) * 2 ** (bits - bits // 2) < 1:
        return True
    if working_precision() > 2 * bits + 256:
        return False
    raise NeedMoreBits(bits + 64)


def bound_of(constant: Constant, multiple_of_pi: MultipleOfPi) -> Bound | None:
    """The parameters of a constant; None where it is not algebraic by construction."""
    stack = [constant]
    while stack:
        top = stack[-1]
        if top.root is not None:
            stack.pop()
            continue
        parts = [part for part in top.args if isinstance(part, Constant)]
        if top.exact is None and top.op not in ("+", "*", "inv", "pow"):
            top.root = (_bound_of_angle(top, multiple_of_pi),)
            stack.pop()
        elif top.exact is None and (missing := [part for part in parts if part.root is None]):
            stack += missing
        else:
            top.root = (_combine(top, [_kept_bound(part) for part in parts]),)
            stack.pop()
    return _kept_bound(constant)


def _kept_bound(constant: Constant) -> Bound | None:
    assert constant.root is not None
    return constant.root[0]


def _bound_of_angle(constant: Constant, multiple_of_pi: MultipleOfPi) -> Bound | None:
    """The bound of sin or cos at a rational multiple of pi: half an algebraic integer, the sum of
    two roots of unity, whose conjugates are such sums, too."""
    if constant.op != "call" or constant.args[0] not in ("sin", "cos") or constant.args[2]:
        return None
    turns = multiple_of_pi(constant.args[1][0])
    if turns is None:
        return None
    if constant.args[0] == "sin":
        turns = Fraction(1, 2) - turns
    order = (turns / 2).denominator  # cos(2*pi*k/order)
    if order > _MAX_ORDER:
        return None
    degree = max(sum(gcd(k, order) == 1 for k in range(1, order + 1)) // 2, 1)
    return Bound(1, 1, {(0, order): degree})


def _combine(constant: Constant, parts: list[Bound | None]) -> Bound | None:
    if constant.exact is not None:
        return Bound(log2(max(abs(int(constant.exact.p)), 1)), log2(int(constant.exact.q)), {})
    bounds = [part for part in parts if part is not None]
    if len(bounds) < len(parts):
        return None
    first = bounds[0]
    if constant.op == "inv":
        return Bound(first.low, first.u, first.roots)
    if constant.op == "pow":
        return _bound_of_power(constant, first)
    second = bounds[1]
    roots = first.roots | second.roots
    if constant.op == "*":
        return Bound(first.u + second.u, first.low + second.low, roots)
    return Bound(max(first.u + second.low, first.low + second.u) + 1, first.low + second.low, roots)


def _bound_of_power(constant: Constant, inner: Bound) -> Bound | None:
    exponent = constant.args[1]
    k = exponent.denominator
    if k > MAX_BITS or abs(exponent.numerator) > 1 << 64:
        return None
    u, low = (inner.u, inner.low) if exponent > 0 else (inner.low, inner.u)
    times = abs(exponent.numerator)
    u, low = u * times, low * times
    if k == 1:
        return Bound(u, low, inner.roots)
    roots = inner.roots | {(id(constant.args[0]), k): k}
    if u >= low:
        return Bound((u + (k - 1) * low) / k, low, roots)
    return Bound(u, ((k - 1) * u + low) / k, roots)
