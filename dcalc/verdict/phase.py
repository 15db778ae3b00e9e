"""Steps towards the point along which all that oscillates stands still.

sin(1/x) has one value at all steps t with 1/t = angle + 2*pi*k. Along these steps f has an
ordinary series; where two such sequences of steps lead f, or its difference quotient, to
different places, there is no limit. That two agree proves nothing.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf
from dcalc.verdict.compose import circular, limit_at_infinity
from dcalc.verdict.constant import Constant, of, pi
from dcalc.verdict.exponents import order_of
from dcalc.verdict.series import ZERO, Series, add, constant_term, monomial, scale, subtract
from dcalc.verdict.terms import Undecidable

_SWINGING = {table.SIN: "sin", table.COS: "cos"}
_BROKEN = table.CONDITIONS | {table.FLOOR, table.WHERE}
_TURNS = 60
"""Steps are taken with the same phase modulo so many periods: multiples of a phase by 1/2, ..., 1/60 are known, too."""


class Phase:
    """A choice of steps t: those where the first growing argument that is met is ``at`` half turns, or, of
    a floor, ``at`` steps, modulo whole periods. On other phases, what is no multiple of this one is undecidable.
    """

    def __init__(self, at: Fraction) -> None:
        self.at = at
        self.base: Series | None = None
        self.steps = False  # whether the base is that of a floor

    def fixed(self, node: Expr, args: list[Any], meaning: dict[int, Expr], reach: int) -> Series | None:
        """What a node that would oscillate is at these steps; None for others."""
        if node.op not in _SWINGING and node.op is not table.FLOOR:
            return None
        (arg,) = args
        if not (arg.grows() > 0 or limit_at_infinity(arg)):
            return None
        ratio, rest = self._relation(node, arg, meaning)
        angle = self.at * ratio
        if not self.steps:
            return circular(_SWINGING[node.op], add(monomial(pi().times(angle)), rest), reach)
        offset = _rational(constant_term(rest))
        return subtract(arg, monomial(of((angle + offset) % 1)))

    def _relation(self, node: Expr, arg: Series, meaning: dict[int, Expr]) -> tuple[Fraction, Series]:
        """(ratio, rest) of the argument as ratio*base + rest."""
        steps = node.op is table.FLOOR
        if self.base is None:
            if not _is_continuous(node.args[0], meaning):  # it may pass over the phase
                raise Undecidable("an oscillation in jumps")
            self.base, self.steps = arg, steps
        if steps is not self.steps:
            raise Undecidable("oscillations of different periods")
        if arg is self.base:
            return Fraction(1), ZERO
        first, second = self.base.leading(), arg.leading()
        if first is None or second is None or first.rank != second.rank:
            raise Undecidable("oscillations of different speed")
        ratio = _rational(second.c * first.c.inverse())
        rest = subtract(arg, scale(self.base, of(ratio)))
        if _TURNS % ratio.denominator or rest.growth is not None or limit_at_infinity(rest):
            raise Undecidable("oscillations of different speed")
        return ratio, rest


def _rational(c: Constant | None) -> Fraction:
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
        if part.op in _BROKEN:
            return False
        inner = meaning.get(part.id)
        stack += part.args if inner is None else (inner,)
    return True
