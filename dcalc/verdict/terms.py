"""What one-sided series are made of: orders, terms, oscillations, and the questions they leave."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.verdict.constant import Constant
from dcalc.verdict.exponents import Irrational, Logarithmic, logarithmic

if TYPE_CHECKING:
    from flint import arb

Order = Fraction | int | Irrational
Error = Order | Logarithmic | float
FLAT = math.inf
"""The order of an error that is smaller than every power of t."""
LOGARITHM = Fraction(1, 8)
"""What a bound on the order of an oscillation loses to powers of L."""
TOO_LONG = "the series grow too long"
MAX_PRODUCTS = 30_000
"""Products of terms that one question may cost."""


class Undecidable(Exception):
    """A question that these series do not answer; the sentence says what it is about."""


class Swinging(Undecidable):
    """A sign that an oscillation changes again and again, or may change."""


class MoreTerms(Exception):
    """All known terms cancelled: the question needs more of them."""


class Effort:
    """How many products of terms have been made since `start`: what ends questions that grow too long."""

    def __init__(self) -> None:
        self.products = 0

    def start(self) -> None:
        """Count anew."""
        self.products = 0

    def spend(self, products: int) -> None:
        """Count, and end the question where it has taken too many."""
        self.products += products
        if self.products > MAX_PRODUCTS:
            raise Undecidable(TOO_LONG)


EFFORT = Effort()


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


def tidy(order: Order) -> Order:
    """A whole order as an int: its type tells whole powers from broken ones."""
    return order.numerator if not isinstance(order, Irrational) and order.denominator == 1 else order


def least(*orders: Error | None) -> Any:
    """The smallest of the orders that are given: that of the largest error."""
    known = [order for order in orders if order is not None]
    return min(known) if known else None


def shifted(err: Error | None, rank: Rank, low: Order | float) -> Any:
    """The order of an error times something that is no larger than ``rank``, and than t**``low``."""
    if err is None:
        return None
    return logarithmic(err.a + rank.a, err.b + rank.b) if isinstance(err, Logarithmic) else err + low
