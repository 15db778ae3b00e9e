"""What forms are measured by: doubles of all parts beside their balls, at a point and beside it; and known signs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from flint import arb, ctx

from dcalc import functions as table
from dcalc.analysis.diagnose.losses import DIGITS
from dcalc.expr import Expr, exact, is_leaf, walk
from dcalc.numbers import real
from dcalc.numbers.enclosure import Constant, carrying, constant, constants
from dcalc.tape import expand

FIRST_BITS = 192
_BITS = (FIRST_BITS, 384, 768, 1536, 3072)
_NEEDED_BITS = 80
_BESIDE = (1 + 3 * 2.0**-46, 1 - 5 * 2.0**-47)
"""Factors by which the points beside differ, so that a form is not taken for its luck in rounding."""
_LEAST_NORMAL = 2.3e-308


class Measures:
    """The values of parts of an expression, each computed once: in doubles and in balls.

    ``spent`` counts the parts that have been evaluated.
    """

    def __init__(self, root: Expr, at: Mapping[str, float], coordinates: Mapping[str, Constant]) -> None:
        self.typed = root
        self.inputs: list[dict[str, float]] = [dict(at)]
        self.makers: list[Mapping[str, Constant]] = [coordinates]
        for factor in _BESIDE:
            beside = {name: value * factor for name, value in at.items()}
            if all(map(math.isfinite, beside.values())):
                self.inputs.append(beside)
                self.makers.append(constants(beside))
        self.values: dict[int, list[tuple[Any, Any]]] = {}
        self.kept: dict[int, Expr] = {}  # ids of nodes that are gone would be used again
        self.spent = 0
        self.bits = FIRST_BITS

    def settle_precision(self, *roots: Expr) -> None:
        """Work in as many bits as tell the digits of these expressions, if any number does."""
        for self.bits in _BITS:
            self.values.clear()
            if all(self.lost(root) is not None for root in roots):
                break
        self.spent = 0

    def value(self, node: Expr) -> list[tuple[Any, Any]]:
        """The double and the ball of a node at each point; nan and None where there is none."""
        stack = [node]
        with ctx.workprec(self.bits):
            while stack:
                top = stack[-1]
                if top.id in self.values:
                    stack.pop()
                    continue
                needed: Sequence[Expr] = ()
                meaning = None
                if not is_leaf(top):
                    meaning = expand(top)
                    needed = top.args if meaning is None else (meaning,)
                missing = [arg for arg in needed if arg.id not in self.values]
                if missing:
                    stack += missing
                    continue
                stack.pop()
                self.kept[top.id] = top
                self.spent += 1
                if meaning is not None:
                    self.kept[meaning.id] = meaning
                    self.values[top.id] = self.values[meaning.id]
                else:
                    self.values[top.id] = [self._value_at(top, place) for place in range(len(self.inputs))]
        return self.values[node.id]

    def _value_at(self, node: Expr, place: int) -> tuple[Any, Any]:
        op = node.op
        if op is table.NUMBER:
            return real.constant(node.args[0]), constant(node.args[0])
        if op is table.SYMBOL:
            return self.inputs[place][node.args[0]], self.makers[place][node.args[0]]()
        parts = [self.values[arg.id][place] for arg in node.args]
        double = real.evaluator(op)(*[part[0] for part in parts])
        return double, carrying(op)(*[part[1] for part in parts])

    def lost(self, node: Expr) -> float | None:
        """The digits that a node loses at worst; None where the truth at the point is not known."""
        worst = 0.0
        for place, (double, ball) in enumerate(self.value(node)):
            lost = _count_lost(double, ball)
            if lost is None and not place:
                return None
            worst = max(worst, lost or 0.0)
        return worst

    def size(self, node: Expr) -> float | None:
        """The true value at the point, as a double that may be infinite or 0; None where it is not known."""
        ball = self.value(node)[0][1]
        if type(ball) is not arb or not ball.is_finite():
            return None
        return float(ball.mid())

    def sign(self, node: Expr) -> int:
        """The sign at the point and beside it; 0 where it is not known or not the same."""
        signs = set()
        for _, ball in self.value(node):
            if type(ball) is not arb or not ball.is_finite():
                return 0
            signs.add(1 if ball > 0 else -1 if ball < 0 else 0)
        return signs.pop() if len(signs) == 1 else 0

    def magnitude(self, node: Expr) -> float:
        """The decimal logarithm of the size at the point, also beyond the doubles; nan where it is not known."""
        ball = self.value(node)[0][1]
        if type(ball) is not arb or not ball.is_finite():
            return math.nan
        if ball.is_zero():
            return -math.inf
        mantissa, exponent = ball.mid().man_exp()
        try:
            return (math.log2(abs(int(mantissa)) or 1) + int(exponent)) * math.log10(2)
        except OverflowError:  # the logarithm itself is beyond the doubles
            return math.inf if exponent > 0 else -math.inf

    def lost_or_all(self, node: Expr) -> float:
        """The digits that a node loses at worst; all where the truth is not known."""
        lost = self.lost(node)
        return DIGITS if lost is None else lost

    def is_same(self, first: Expr, second: Expr) -> bool:
        """Whether no point shows that two forms differ."""
        for (_, one), (_, other) in zip(self.value(first), self.value(second), strict=True):
            both = type(one) is arb and type(other) is arb and one.is_finite() and other.is_finite()
            if both and not one.overlaps(other):
                return False
        return True

    def known_magnitude(self, node: Expr) -> float:
        """The magnitude; minus infinity where it is not known."""
        size = self.magnitude(node)
        return -math.inf if math.isnan(size) else size


def _count_lost(double: Any, ball: Any) -> float | None:
    """The wrong digits of a double; None where the truth is not known, or beyond the doubles."""
    if type(ball) is not arb or not ball.is_finite():
        return None
    if ball.is_zero():
        return 0.0 if double == 0 else DIGITS
    if ball.rel_accuracy_bits() < _NEEDED_BITS:
        return None
    size = float(abs(ball).mid())
    if not math.isfinite(size):
        return 0.0 if math.isinf(double) else None
    if not math.isfinite(double):
        return DIGITS
    if size < _LEAST_NORMAL:
        return DIGITS
    error = float(abs((arb(double) - ball) / ball).mid())
    return min(DIGITS, max(0.0, math.log10(error) + DIGITS)) if error else 0.0


def is_never_negative(root: Expr, whole: Expr, *, strictly: bool) -> bool:
    """Whether a part of a whole is not negative wherever the whole has a value, or with ``strictly`` positive.

    The arguments of square roots and logarithms of the whole are such parts.
    """
    known: dict[int, int] = {}  # by id: 2 positive, 1 not negative, 0 not known
    floor = {node.args[0].id: 2 if node.op is table.LOG else 1 for node in walk(whole) if node.op in _ROOTS}
    for node in walk(root):
        known[node.id] = max(_sign_of(node, known), floor.get(node.id, 0))
    return known[root.id] >= (2 if strictly else 1)


_ROOTS = (table.SQRT, table.LOG)


def _sign_of(node: Expr, known: Mapping[int, int]) -> int:
    value = exact(node)
    if value is not None:
        return 2 if value > 0 else 1 if value == 0 else 0
    op = node.op
    if op in (table.EXP, table.COSH, table.E, table.PI):
        return 2
    if op in (table.ABS, table.SQRT):
        return max(1, known[node.args[0].id]) if op is table.SQRT else 1
    if is_leaf(node) or not node.args:
        return 0
    signs = [known[arg.id] for arg in node.args]
    if op is table.ADD:
        return 0 if 0 in signs else max(signs)
    if op in (table.MUL, table.DIV):
        return min(signs)
    if op is table.POW:
        power = exact(node.args[1])
        if power is not None and Fraction(power).denominator == 1 and int(power) % 2 == 0:
            return 2 if power < 0 else max(1, signs[0])
        if power is not None and Fraction(power).denominator % 2 == 0:
            return 2 if power < 0 else max(1, signs[0])
        return signs[0]
    return 0
