"""Orders that are no rational numbers: the pi of abs(x)**pi, and errors between the powers of t.

Irrational ones are constants that know whether they are zero, with the arithmetic and the
order that the rational ones have. A comparison that the working precision does not decide
raises MorePrecision, as any question about constants does.
"""

from __future__ import annotations

from fractions import Fraction
from functools import total_ordering
from typing import Any

from flint import fmpq

from dcalc.verdict import atoms
from dcalc.verdict.constant import Constant, fraction, of
from dcalc.verdict.forms import Form


def order_of(c: Constant) -> Fraction | Irrational:
    """The order that a constant is: a rational one where its normal form shows that."""
    if c.exact is not None:
        return fraction(c.exact)
    form = atoms.form(c)
    if set(form) <= {()}:
        return fraction(form[()]) if form else Fraction(0)
    return Irrational(c, form)


@total_ordering
class Irrational:
    """An order that is not known to be rational; immutable."""

    __slots__ = ("constant", "form")

    def __init__(self, constant: Constant, form: Form) -> None:
        self.constant = constant
        self.form = form  # equal ones mean equal orders

    def __repr__(self) -> str:
        return repr(self.constant)

    def __hash__(self) -> int:
        return hash(Irrational)  # equal ones may be written differently

    def __eq__(self, other: object) -> bool:
        return not isinstance(other, (float, Logarithmic)) and not self._compared(other)

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, Logarithmic):
            return not other < self
        return other > 0 if isinstance(other, float) else self._compared(other) < 0  # infinite, if a float

    def _compared(self, other: Any) -> int:
        if isinstance(other, Irrational):
            if self.form == other.form:
                return 0
            gap = self.constant.ball - other.constant.ball
        else:
            gap = self.constant.ball - fmpq(other.numerator, other.denominator)
        if gap > 0 or gap < 0:
            return 1 if gap > 0 else -1
        return (self.constant - as_constant(other)).sign()

    def __neg__(self) -> Any:
        return order_of(-self.constant)

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


class Logarithmic:
    """The order of an error O(t**a * L**b), b < 0: smaller than t**a, larger than all higher powers."""

    __slots__ = ("a", "b")

    def __init__(self, a: Any, b: Any) -> None:
        self.a = a
        self.b = b

    def __repr__(self) -> str:
        return f"{self.a} L^{self.b}"

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, Logarithmic):
            return bool((self.a, -self.b) < (other.a, -other.b))
        return bool(self.a < other)

    def __gt__(self, other: Any) -> bool:
        return other < self if isinstance(other, Logarithmic) else not self.a < other

    __le__ = __lt__  # it is equal to no number
    __ge__ = __gt__


def logarithmic(a: Any, b: Any) -> Any:
    """The order of an error O(t**a * L**b); where b >= 0 that of t**a, with any power of L."""
    return Logarithmic(a, b) if b < 0 else a


def as_constant(order: Any) -> Constant:
    """The constant that a finite order is."""
    return order.constant if isinstance(order, Irrational) else of(order)
