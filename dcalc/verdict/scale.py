"""Orders that are no rational numbers: the pi of abs(x)**pi, and errors between the powers of t.

Irrational ones are constants that know whether they are zero, with the arithmetic and the
order that the rational ones have. A comparison that the working precision does not decide
raises NeedMoreBits, as any question about constants does.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import total_ordering
from typing import TYPE_CHECKING, Any, NamedTuple

from flint import fmpq

from dcalc.proof.budget import current_budget
from dcalc.proof.constant import Constant, Retry, rational, to_fraction
from dcalc.proof.zero import rational_value

if TYPE_CHECKING:
    from flint import arb


def order_of(c: Constant) -> Fraction | Irrational:
    """The order that a constant is: a rational one where it is proved to be rational."""
    if c.exact is not None:
        return to_fraction(c.exact)
    value = rational_value(c)
    return Irrational(c) if value is None else value


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
        return not isinstance(other, (float, Logarithmic)) and not self._compared(other)

    def __lt__(self, other: Any) -> bool:
        if isinstance(other, Logarithmic):
            return not other < self
        return other > 0 if isinstance(other, float) else self._compared(other) < 0  # infinite, if a float

    def _compared(self, other: Any) -> int:
        if isinstance(other, Irrational):
            if self.constant is other.constant:
                return 0
            gap = self.constant.ball - other.constant.ball
        else:
            gap = self.constant.ball - fmpq(other.numerator, other.denominator)
        if gap > 0 or gap < 0:
            return 1 if gap > 0 else -1
        return (self.constant - constant_of_order(other)).sign()

    def __neg__(self) -> Any:
        return order_of(-self.constant)

    def __add__(self, other: Any) -> Any:
        return other if isinstance(other, float) else order_of(self.constant + constant_of_order(other))

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        return order_of(self.constant * constant_of_order(other))

    def __rtruediv__(self, other: Any) -> Any:
        return order_of(constant_of_order(other) * self.constant.inverse())

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


def logarithmic_order(a: Any, b: Any) -> Any:
    """The order of an error O(t**a * L**b); where b >= 0 that of t**a, with any power of L."""
    return Logarithmic(a, b) if b < 0 else a


def constant_of_order(order: Any) -> Constant:
    """The constant that a finite order is."""
    return order.constant if isinstance(order, Irrational) else rational(order)


# --- What one-sided series are made of: orders, terms, oscillations, and the questions they leave.

Order = Fraction | int | Irrational
Error = Order | Logarithmic | float
FLAT = math.inf
"""The order of an error that is smaller than every power of t."""
LOGARITHM_LOSS = Fraction(1, 8)
"""What a bound on the order of an oscillation loses to powers of L."""
TOO_LONG = "the series grow too long"


class Undecidable(Exception):
    """A question that these series do not answer; the sentence says what it is about."""


class Oscillating(Undecidable):
    """A sign that an oscillation changes again and again, or may change."""


class NeedMoreTerms(Retry):
    """All known terms cancelled: the question needs more of them."""


QUESTIONS = (Undecidable, Retry)
"""What stands against an answer: a question that is open, or one that more terms or more bits may decide."""


def spend_products(products: int) -> None:
    """Count products of terms against the budget of the question; raises Undecidable once it is spent."""
    if not current_budget().allows_series(products):
        raise Undecidable(TOO_LONG)


class Rank(NamedTuple):
    """How large t**a * L**b is as t -> 0: first by a, smaller is larger, then by b."""

    a: Order
    b: Order

    def below(self, other: Rank) -> bool:
        """Whether this term is smaller than the other one."""
        return (self.a, -self.b) > (other.a, -other.b)

    def is_above(self, err: Error | None) -> bool:
        """Whether this term is larger than an error of that order, and so is known."""
        if isinstance(err, Logarithmic):
            return bool((self.a, -self.b) < (err.a, -err.b))
        return err is None or self.a < err


class Term(NamedTuple):
    """c * t**a * L**b."""

    rank: Rank
    c: Constant


class Oscillation(NamedTuple):
    """A part of size t**a without a limit of its own.

    ``pure`` where that size is exact; else t**a bounds it. Each derivative is larger by
    t**-speed; ``firm`` where that, too, is exact. ``size`` encloses the limits of a part that
    does not vanish.
    """

    a: Order
    pure: bool
    speed: Order | float = 1
    firm: bool = True
    size: arb | None = None

    def is_below(self, rank: Rank) -> bool:
        """Whether the oscillating part is smaller than a term."""
        return (rank.a, -rank.b) < (self.a, 0)


def normalise_order(order: Order) -> Order:
    """A whole order as an int: its type tells whole powers from broken ones."""
    return order.numerator if not isinstance(order, Irrational) and order.denominator == 1 else order


def smallest_order(*orders: Error | None) -> Any:
    """The smallest of the orders that are given: that of the largest error."""
    known = [order for order in orders if order is not None]
    return min(known) if known else None


def shift_error(err: Error | None, rank: Rank, low: Order | float) -> Any:
    """The order of an error times something that is no larger than ``rank``, and than t**``low``."""
    if err is None:
        return None
    return logarithmic_order(err.a + rank.a, err.b + rank.b) if isinstance(err, Logarithmic) else err + low
