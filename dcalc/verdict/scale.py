"""The asymptotic scale t**a * L**b, L = log(1/t), as t -> 0+: orders, ranks, terms, errors, oscillations.

Exponents are rational where that is known, else constants (`Irrational`): the pi of abs(x)**pi. A comparison
that the working precision does not decide raises NeedMoreBits, as any question about constants does.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import total_ordering
from typing import TYPE_CHECKING, NamedTuple, TypeAlias, overload

from flint import fmpq

from dcalc.proof.budget import current_budget
from dcalc.proof.constant import Constant, Retry, rational, to_fraction
from dcalc.proof.zero import rational_value

if TYPE_CHECKING:
    from flint import arb

Order: TypeAlias = "int | Fraction | Irrational"
"""An exponent of t or of L."""
ErrorOrder: TypeAlias = "Order | Logarithmic | float"
"""The order of an error: of a power of t, of one with a negative power of L, or `FLAT`, the only float."""
FLAT = math.inf
"""The order of an error that is smaller than every power of t."""
LOGARITHM_LOSS = Fraction(1, 8)
"""What a bound t**a takes off its order where the part also has a power of L: L**b < t**(-1/8) finally."""
TOO_LONG = "the series grow too long"


# --- questions that stay open -----------------------------------------------------------------


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


def require_products(products: int) -> None:
    """Raise Undecidable where the budget of the question has fewer products left. Spends none."""
    if current_budget().series < products:
        raise Undecidable(TOO_LONG)


# --- orders -------------------------------------------------------------------------------------


@total_ordering
class Irrational:
    """An order that is not known to be rational, with the arithmetic and the order that rational ones have."""

    __slots__ = ("constant",)

    def __init__(self, constant: Constant) -> None:
        self.constant = constant

    def __repr__(self) -> str:
        return repr(self.constant)

    def __hash__(self) -> int:
        return hash(Irrational)  # equal ones may be written differently, and must have the same hash

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, Fraction, Irrational)):
            return False  # an error with a power of L, or FLAT
        return not self._compare(other)

    def __lt__(self, other: ErrorOrder) -> bool:
        if isinstance(other, Logarithmic):
            return not other < self
        return other > 0 if isinstance(other, float) else self._compare(other) < 0

    def _compare(self, other: Order) -> int:
        """The sign of the difference. The balls decide nearly always; a zero test is for when they overlap."""
        if isinstance(other, Irrational):
            if self.constant is other.constant:
                return 0
            gap = self.constant.ball - other.constant.ball
        else:
            gap = self.constant.ball - fmpq(other.numerator, other.denominator)
        if gap > 0 or gap < 0:
            return 1 if gap > 0 else -1
        return (self.constant - constant_of_order(other)).sign()

    def __neg__(self) -> Order:
        return order_of(-self.constant)

    @overload
    def __add__(self, other: Order) -> Order: ...
    @overload
    def __add__(self, other: float) -> float: ...
    def __add__(self, other: Order | float) -> Order | float:
        return other if isinstance(other, float) else order_of(self.constant + constant_of_order(other))

    @overload
    def __radd__(self, other: Order) -> Order: ...
    @overload
    def __radd__(self, other: float) -> float: ...
    def __radd__(self, other: Order | float) -> Order | float:
        return self + other

    @overload
    def __sub__(self, other: Order) -> Order: ...
    @overload
    def __sub__(self, other: float) -> float: ...
    def __sub__(self, other: Order | float) -> Order | float:
        return self + -other

    def __rsub__(self, other: Order) -> Order:
        return -self + other

    def __mul__(self, other: Order) -> Order:
        return order_of(self.constant * constant_of_order(other))

    def __rmul__(self, other: Order) -> Order:
        return self * other

    def __rtruediv__(self, other: Order) -> Order:
        return order_of(constant_of_order(other) * self.constant.inverse())

    def __int__(self) -> int:
        return self.constant.floor() if self > 0 else -(-self.constant).floor()


class Logarithmic:
    """The order of an error O(t**a * L**b), b < 0: smaller than t**a, larger than all higher powers.

    It is equal to no order of a power, so that `<=` is `<`.
    """

    __slots__ = ("a", "b")

    def __init__(self, a: Order, b: Order) -> None:
        self.a = a
        self.b = b

    def __repr__(self) -> str:
        return f"{self.a} L^{self.b}"

    def __lt__(self, other: ErrorOrder) -> bool:
        if isinstance(other, Logarithmic):
            return bool((self.a, -self.b) < (other.a, -other.b))
        return bool(self.a < other)

    def __gt__(self, other: ErrorOrder) -> bool:
        return other < self if isinstance(other, Logarithmic) else not self.a < other

    __le__ = __lt__
    __ge__ = __gt__


def order_of(c: Constant) -> Order:
    """The order that a constant is: a rational one where it is proved to be rational."""
    if c.exact is not None:
        return to_fraction(c.exact)
    value = rational_value(c)
    return Irrational(c) if value is None else value


def constant_of_order(order: Order) -> Constant:
    """The constant that an order is."""
    return order.constant if isinstance(order, Irrational) else rational(order)


def normalise_order(order: Order) -> Order:
    """A whole order as an int: its type tells whole powers from broken ones, and ints are quicker."""
    return order.numerator if not isinstance(order, Irrational) and order.denominator == 1 else order


def logarithmic_order(a: Order, b: Order) -> ErrorOrder:
    """The order of an error O(t**a * L**b); where b >= 0 that of t**a, with any power of L."""
    return Logarithmic(a, b) if b < 0 else a


def smallest_order(*errors: ErrorOrder | None) -> ErrorOrder | None:
    """The smallest of the orders, that of the largest error; None where there is no error."""
    orders = [order for order in errors if order is not None]
    return min(orders) if orders else None


# --- terms and oscillations -----------------------------------------------------------------------


class Rank(NamedTuple):
    """How large t**a * L**b is as t -> 0: first by a, smaller is larger, then by b."""

    a: Order
    b: Order

    def is_below(self, other: Rank) -> bool:
        """Whether this term is smaller than the other one."""
        return (self.a, -self.b) > (other.a, -other.b)

    def is_above(self, err: ErrorOrder | None) -> bool:
        """Whether this term is larger than an error of that order, and so is known."""
        if isinstance(err, Logarithmic):
            return (self.a, -self.b) < (err.a, -err.b)
        return err is None or self.a < err


class Term(NamedTuple):
    """c * t**a * L**b."""

    rank: Rank
    c: Constant


class Oscillation(NamedTuple):
    """A part of size t**a without a limit of its own.

    ``exact_size``: that size is exact, so that there is no limit; else t**a bounds it. Each derivative is
    larger by t**-``speed``; ``exact_speed``: that, too, is exact. ``size`` encloses the limits of a part that
    does not vanish.
    """

    a: Order
    exact_size: bool
    speed: Order | float = 1
    exact_speed: bool = True
    size: arb | None = None

    def is_below(self, rank: Rank) -> bool:
        """Whether the oscillating part is smaller than a term."""
        return (rank.a, -rank.b) < (self.a, 0)


def shift_error(err: ErrorOrder | None, rank: Rank, low: Order | float) -> ErrorOrder | None:
    """The order of an error times something that is at most as large as ``rank``, and than t**``low``."""
    if err is None:
        return None
    return logarithmic_order(err.a + rank.a, err.b + rank.b) if isinstance(err, Logarithmic) else err + low
