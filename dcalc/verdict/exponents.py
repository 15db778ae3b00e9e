"""Orders of terms that are no rational numbers: the pi of abs(x)**pi.

They are constants that know whether they are zero, with the arithmetic and the order that
the rational ones have. A comparison that the working precision does not decide raises
MorePrecision, as any question about constants does.
"""

from __future__ import annotations

from fractions import Fraction
from functools import total_ordering
from typing import Any

from dcalc.verdict import atoms
from dcalc.verdict.constant import Constant, fraction, of


def order_of(c: Constant) -> Fraction | Irrational:
    """The order that a constant is: a rational one where its normal form shows that."""
    if c.exact is not None:
        return fraction(c.exact)
    form = atoms.form(c)
    if set(form) <= {()}:
        return fraction(form[()]) if form else Fraction(0)
    return Irrational(c)


@total_ordering
class Irrational:
    """An order that is not known to be rational; immutable."""

    __slots__ = ("constant",)

    def __init__(self, constant: Constant) -> None:
        self.constant = constant

    def __repr__(self) -> str:
        return repr(self.constant)

    def __hash__(self) -> int:
        return hash(Irrational)  # equal ones may be written differently

    def __eq__(self, other: object) -> bool:
        return not isinstance(other, float) and not self._compared(other)

    def __lt__(self, other: Any) -> bool:
        return other > 0 if isinstance(other, float) else self._compared(other) < 0  # infinite, if a float

    def _compared(self, other: Any) -> int:
        return (self.constant - as_constant(other)).sign()

    def __neg__(self) -> Irrational:
        return Irrational(-self.constant)

    def __add__(self, other: Any) -> Any:
        return other if isinstance(other, float) else order_of(self.constant + as_constant(other))

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return order_of(self.constant * as_constant(other))

    def __rtruediv__(self, other: Any) -> Any:
        return order_of(as_constant(other) * self.constant.inverse())

    def __int__(self) -> int:
        return self.constant.floor() if self > 0 else -(-self.constant).floor()

    __radd__ = __add__
    __rmul__ = __mul__


def as_constant(order: Any) -> Constant:
    """The constant that a finite order is."""
    return order.constant if isinstance(order, Irrational) else of(order)
