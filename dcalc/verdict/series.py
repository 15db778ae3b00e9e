"""Generalised power series, and the decorations of the germs that have them.

The series are sums of c * t**a * L**b, L = log(1/t), times exp(P), as t -> 0+: the transseries (van der Hoeven,
Transseries and Real Differential Algebra, 2006) that elementary functions need near a point, without nested
logarithms. Without an oscillating part a germ that has such a series lies in a Hardy field (Bourbaki, Functions of a
Real Variable, chapter V): it is finally of one sign, and its series may be differentiated term by term. That is what
makes n! times a coefficient a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import inf, lcm
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from flint import fmpq, fmpq_poly

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.proof.constant import MINUS_ONE, ONE, ZERO, Constant, Retry, rational
from dcalc.verdict.scale import (
    FLAT,
    LOGARITHM_LOSS,
    ErrorOrder,
    Logarithmic,
    NeedMoreTerms,
    Order,
    Oscillating,
    Oscillation,
    Rank,
    Term,
    Undecidable,
    normalise_order,
    shift_error,
    smallest_order,
    spend_products,
)

if TYPE_CHECKING:
    from flint import arb


_TAILS = 3
"""How many tails of tails are kept: each costs a series, and what is left is below exp(-1/t) to the third."""
SHORT = 64
"""Products of more terms than this are cut off, even where they would be exact."""
_IRRATIONAL = 8
"""What a product of terms with irrational orders costs beside one with rational orders."""

# --- sums of terms --------------------------------------------------------------------------------


Terms = tuple[Term, ...]


def collect(terms: Iterable[Term], err: ErrorOrder | None) -> tuple[Term, ...]:
    """Terms in order, like ones added up, exact zeros and those beyond ``err`` dropped."""
    totals: dict[Rank, Constant] = {}
    for rank, c in terms:
        if rank.is_above(err):
            totals[rank] = totals[rank] + c if rank in totals else c
    sums = [
        Term(rank if type(rank.a) is int else Rank(normalise_order(rank.a), rank.b), c)
        for rank, c in totals.items()
        if c.exact is None or c.exact != 0
    ]
    return tuple(sorted(sums, key=lambda term: (term.rank.a, -term.rank.b)))


def multiply_terms(first: Terms, second: Terms, err: ErrorOrder | None) -> Terms:
    """All products of terms up to an order."""
    count = len(first) * len(second)
    if count > SHORT and _is_polynomial(first) and _is_polynomial(second):
        spend_products(len(first) + len(second))
        return _product_of_polynomials(first, second, err)
    spend_products(count)
    scale = _common_denominator(first, second, err)
    if scale:
        return _product_of_rational_orders(first, second, err, scale)
    spend_products(_IRRATIONAL * count)
    products = [
        Term(rank, x.c * y.c)
        for x in first
        for y in second
        if (rank := Rank(x.rank.a + y.rank.a, x.rank.b + y.rank.b)).is_above(err)
    ]
    return collect(products, err)


def _common_denominator(first: Terms, second: Terms, err: ErrorOrder | None) -> int:
    """The least common denominator of all orders; 0 where one of them is not rational."""
    orders: list[ErrorOrder] = [term.rank.a for term in (*first, *second)]
    if err is not None and err != FLAT:
        orders.append(err)
    denominators = {order.denominator for order in orders if isinstance(order, (int, Fraction))}
    is_rational = all(isinstance(order, (int, Fraction)) for order in orders)
    return lcm(*denominators) if is_rational else 0


def _product_of_rational_orders(first: Terms, second: Terms, err: ErrorOrder | None, scale: int) -> Terms:
    """The product with whole numbers for orders, which are quicker than fractions."""
    limit = int(err * scale) if isinstance(err, (int, Fraction)) else inf
    left, right = ([(int(rank.a * scale), rank.b, c) for rank, c in terms] for terms in (first, second))
    totals: dict[tuple[int, Order], Constant] = {}
    for a, b, c in left:
        for a2, b2, c2 in right:
            if a + a2 >= limit:
                break  # the orders rise
            key = (a + a2, b + b2)
            value = c * c2
            totals[key] = totals[key] + value if key in totals else value
    ranks = sorted(totals, key=lambda key: (key[0], -key[1]))
    return tuple(
        Term(Rank(a if scale == 1 else normalise_order(Fraction(a, scale)), b), c)
        for (a, b), c in ((key, totals[key]) for key in ranks)
        if c.exact is None or c.exact != 0
    )


def _is_polynomial(terms: Terms) -> bool:
    """Whether all terms are whole powers with rational coefficients, and few of them are missing."""
    if terms[-1].rank.a - terms[0].rank.a > 4 * len(terms):
        return False
    return all(type(rank.a) is int and not rank.b and c.exact is not None for rank, c in terms)


def _product_of_polynomials(first: Terms, second: Terms, err: ErrorOrder | None) -> Terms:
    start = int(first[0].rank.a) + int(second[0].rank.a)
    dense = []
    for terms in (first, second):
        values: list[fmpq | int] = [0] * (int(terms[-1].rank.a - terms[0].rank.a) + 1)
        for rank, c in terms:
            values[int(rank.a - terms[0].rank.a)] = c.exact or 0
        dense.append(fmpq_poly(values))
    coefficients = (dense[0] * dense[1]).coeffs()
    return tuple(
        Term(Rank(start + k, 0), rational(c))
        for k, c in enumerate(coefficients)
        if c != 0 and Rank(start + k, 0).is_above(err)
    )


# --- series ---------------------------------------------------------------------------------------


class Series:
    """A generalised power series; immutable.

    ``terms``: c * t**a * L**b, the largest first. ``error``: the order from which terms are unknown; None
    where the series is exact, so that no terms means zero; `FLAT` where what is missing is smaller than
    every power, and then ``tail`` is the series of all of that, where it is known. ``growth``: the growing
    series P of a factor exp(P), or None. ``oscillation``: a part that has no limit of its own, or None.
    """

    __slots__ = ("error", "growth", "negated", "oscillation", "tail", "terms")

    def __init__(
        self,
        terms: tuple[Term, ...],
        error: ErrorOrder | None = None,
        growth: Series | None = None,
        oscillation: Oscillation | None = None,
        tail: Series | None = None,
    ) -> None:
        self.terms = terms
        self.error = error
        self.growth = growth
        self.oscillation = oscillation
        self.tail = tail if error == FLAT and oscillation is None else None
        self.negated: Series | None = None  # minus the series, made by `negate` when first asked for

    def __repr__(self) -> str:
        text = " + ".join(f"{term.c} t^{term.rank.a} L^{term.rank.b}" for term in self.terms) or "0"
        tail = "" if self.error is None else f" + O(t^{self.error})"
        growth = f" * exp({self.growth})" if self.growth else ""
        return f"{text}{tail}{growth}" + (f" {self.oscillation}" if self.oscillation else "")

    @property
    def is_exact_zero(self) -> bool:
        """True only where the series is zero by construction."""
        return not self.terms and self.error is None and self.oscillation is None

    @property
    def is_plain(self) -> bool:
        """No growth and no oscillation."""
        return self.growth is None and self.oscillation is None

    def leading(self) -> Term | None:
        """The first term whose coefficient is proved not to be zero; None for an exact zero.

        Raises NeedMoreTerms where all known terms vanish, NeedMoreBits where one is undecided,
        Undecidable where an oscillation may be as large.
        """
        for term in self.terms:
            if self.oscillation is not None and not self.oscillation.is_below(term.rank):
                break
            if not term.c.is_zero():
                return term
        if self.oscillation is not None and (self.error is None or self.oscillation.a <= self.error):
            raise Oscillating("an oscillating part decides")
        if self.error is None:
            return None
        if self.error == FLAT:
            raise Undecidable("a part smaller than every power decides")
        raise NeedMoreTerms

    def lowest_order(self) -> Order | float:
        """A lower bound of the order of all that the series holds."""
        bounds: list[Order | float] = [term.rank.a for term in self.terms[:1]]
        if self.error is not None:
            bounds.append(self.error.a if isinstance(self.error, Logarithmic) else self.error)
        bounds += [self.oscillation.a] if self.oscillation is not None else []
        return min(bounds, default=FLAT)

    def dominant_rank(self) -> Rank:
        """A rank that nothing in the series is larger than: of a term, or t**`lowest_order` with any power of L."""
        low = self.lowest_order()
        if self.terms and self.terms[0].rank.a == low and (self.error is None or self.error > low):
            swings = self.oscillation is not None and self.oscillation.a == low and self.terms[0].rank.b < 0
            return Rank(low, 0) if swings else self.terms[0].rank  # type: ignore[arg-type]  # the order of a term
        if isinstance(self.error, Logarithmic) and self.error.a == low and self.oscillation is None:
            return Rank(low, self.error.b)  # type: ignore[arg-type]  # as above
        return Rank(low, 0 if self.error is None or self.error > low else FLAT)  # type: ignore[arg-type]  # a bound

    def sign(self) -> int:
        """The sign that the series finally has."""
        if self.oscillation is not None and (span := self.limits()) is not None and 0 not in span:
            return 1 if span > 0 else -1
        first = self.leading()
        return 0 if first is None else first.c.sign()

    def growth_sign(self) -> int:
        """The sign of P at 0: 1 larger than every power, -1 flat, 0 where there is none."""
        return 0 if self.growth is None else self.growth.sign()

    def limits(self) -> arb | None:
        """An enclosure of the limits of a series that oscillates and stays bounded, else None."""
        unbounded = self.growth is not None or (self.error is not None and self.error <= 0)
        if unbounded or self.oscillation is None or self.oscillation.a != 0 or self.oscillation.size is None:
            return None
        span = self.oscillation.size
        for (a, b), c in self.terms:
            if a < 0 or (a == 0 and b > 0):
                return None
            if a == 0 == b:
                span = span + c.ball
        return span

    def without_oscillation(self) -> Series:
        """The series without its oscillating part."""
        return self if self.oscillation is None else Series(self.terms, self.error, self.growth)


def monomial(c: Constant, a: Order = 0, b: Order = 0) -> Series:
    """The exact series of one term."""
    return Series((Term(Rank(a, b), c),)) if c.exact is None or c.exact != 0 else ZERO_SERIES


ZERO_SERIES = Series(())
ONE_SERIES = monomial(ONE)


def constant_term(series: Series) -> Constant | None:
    """The constant that a series is, if it is one exactly."""
    if series.error is not None or not series.is_plain:
        return None
    if not series.terms:
        return ZERO
    return series.terms[0].c if len(series.terms) == 1 and series.terms[0].rank == (0, 0) else None


def same_growth(first: Series, second: Series) -> bool:
    """Whether two series have the same P, so that their terms may be added."""
    if first.growth is second.growth:
        return True
    if first.growth is None or second.growth is None:
        return False
    return subtract(first.growth, second.growth).leading() is None


def add(first: Series, second: Series) -> Series:
    """The sum. Of two with different P the larger stays, the other is below every order."""
    if first.is_exact_zero:
        return second
    if second.is_exact_zero:
        return first
    if first.negated is second:
        return ZERO_SERIES
    if not same_growth(first, second):
        return _add_dominant(first, second)
    err = smallest_order(first.error, second.error)
    terms = collect((*first.terms, *second.terms), err)
    rest = _tail_of_sum(first, second) if err == FLAT else None
    if rest is not None and (not terms or rest.is_exact_zero):
        return rest if not terms else Series(terms, None, first.growth)
    return Series(terms, err, first.growth, join_oscillations(first.oscillation, second.oscillation), rest)


def _tail_of_sum(first: Series, second: Series) -> Series | None:
    """What is smaller than every power in a sum; None where it is not known."""
    total = ZERO_SERIES
    for part in (first, second):
        if part.oscillation is not None or (part.error is not None and part.tail is None):
            return None
        total = add(total, part.tail) if part.tail is not None else total
    return total


def _cut_tails(tail: Series, depth: int = _TAILS) -> Series:
    """A tail, without the tails of its tails from some depth on."""
    if tail.tail is None:
        return tail
    return Series(tail.terms, FLAT, tail.growth, None, _cut_tails(tail.tail, depth - 1) if depth else None)


def subtract(first: Series, second: Series) -> Series:
    """The difference; an exact zero where both are one and the same."""
    return ZERO_SERIES if first is second else add(first, negate(second))


def negate(series: Series) -> Series:
    """Minus the series: always the same object, and back again, so that differences are seen to vanish."""
    if series.negated is None:
        series.negated = scale(series, MINUS_ONE)
        series.negated.negated = series
    return series.negated


def join_oscillations(first: Oscillation | None, second: Oscillation | None) -> Oscillation | None:
    """The oscillation of a sum: the larger one, whose size is exact if it is larger in each derivative."""
    if first is None or second is None:
        return first or second
    large, small = (first, second) if first.a < second.a else (second, first)
    speed = max(large.speed, small.speed)
    if large.a == small.a or small.speed > large.speed:
        size = large.size
        if large.a == small.a and size is not None:
            size = None if small.size is None else size + small.size
        return Oscillation(large.a, False, speed, False, size)
    return large


def _require_growth(difference: Series) -> None:
    """Raise Undecidable for a difference of exponents that is not beyond all multiples of L.

    A growing exponential may have small parts in its exponent, too: exp(exp(x) + 1/x) is as large as exp(exp(x)).
    """
    if difference.growth is not None:
        grows = difference.growth_sign() > 0
    else:
        lead = difference.leading()
        grows = lead is not None and (lead.rank.a < 0 or (lead.rank.a == 0 and lead.rank.b > 1))
    if not grows:
        raise Undecidable("exponentials whose exponents differ by little")


def _add_dominant(first: Series, second: Series) -> Series:
    difference = subtract(first.growth or ZERO_SERIES, second.growth or ZERO_SERIES)
    _require_growth(difference)
    if difference.sign() < 0:
        first, second = second, first
    rest = _tail_of_sum(first, Series((), FLAT, tail=_cut_tails(second))) if first.error in (None, FLAT) else None
    return Series(first.terms, smallest_order(first.error, FLAT), first.growth, first.oscillation, rest)


def scale(series: Series, factor: Constant) -> Series:
    """The series times a constant that is not zero."""
    terms = tuple(Term(rank, c * factor) for rank, c in series.terms)
    osc = series.oscillation
    if osc is not None and osc.size is not None:
        osc = osc._replace(size=osc.size * factor.ball)
    tail = None if series.tail is None else scale(series.tail, factor)
    return Series(terms, series.error, series.growth, osc, tail)


def multiply(first: Series, second: Series, reach: int) -> Series:
    """The product; of many terms with those up to ``reach`` beyond the leading order."""
    if first.is_exact_zero or second.is_exact_zero:
        return ZERO_SERIES
    low_first, low_second = first.lowest_order(), second.lowest_order()
    err = smallest_order(
        shift_error(first.error, second.dominant_rank(), low_second),
        shift_error(second.error, first.dominant_rank(), low_first),
    )
    if len(first.terms) * len(second.terms) > SHORT:
        err = smallest_order(err, low_first + low_second + reach)
    terms = multiply_terms(first.terms, second.terms, err)
    growth = _add_growth(first.growth, second.growth)
    osc = join_oscillations(
        _multiply_oscillation(first.oscillation, second), _multiply_oscillation(second.oscillation, first)
    )
    return Series(terms, err, growth, osc, _tail_of_product(first, second, reach) if err == FLAT else None)


def _tail_of_product(first: Series, second: Series, reach: int) -> Series | None:
    """(A + a)*(B + b) - A*B, with the tails a and b."""
    if any(part.error is not None and part.tail is None for part in (first, second)):
        return None
    total = ZERO_SERIES if first.tail is None else multiply(first.tail, second, reach)
    if second.tail is not None:
        total = add(total, multiply(Series(first.terms, None, first.growth), second.tail, reach))
    return None if total.is_exact_zero else _cut_tails(total)


def _add_growth(first: Series | None, second: Series | None) -> Series | None:
    if first is None or second is None:
        return first or second
    total = add(first, second)
    if total.leading() is None:
        return None
    _require_growth(total)
    return total


def _multiply_oscillation(osc: Oscillation | None, factor: Series) -> Oscillation | None:
    """An oscillation times a series: of exact size where the series has a leading power."""
    if osc is None:
        return None
    try:
        lead = factor.leading()
    except (NeedMoreTerms, Undecidable):
        lead = None
    if lead is not None and not lead.rank.b:
        size = None if osc.size is None or lead.rank.a else osc.size * lead.c.ball
        return osc._replace(a=normalise_order(osc.a + lead.rank.a), size=size)
    low = factor.lowest_order()
    if low == FLAT:
        return None
    exact = low != factor.error and not any(term.rank.b for term in factor.terms)
    return Oscillation(osc.a + low - (0 if exact else LOGARITHM_LOSS), False, osc.speed, False)  # type: ignore[arg-type]  # finite


# --- decorations -------------------------------------------------------------------------------
# Germs with their decorations: what is known of a node beside its value and its two series.
#
# Decorations travel with every operation, as those of interval arithmetic do (IEEE 1788-2015, 8.8): ``joint``
# says that both sides are one two-sided series, ``cont`` that a side tends to the value. They are true by
# construction, so that a smooth node needs no zero test, which could not always decide. Most operations keep
# them; choices and steps may not.


class NoValue:
    """There is no value: why, and of which node."""

    __slots__ = ("node", "reason")

    def __init__(self, reason: str, node: Expr) -> None:
        self.reason = reason
        self.node = node


class OpenQuestion:
    """A question that could not be decided, carried until somebody needs the answer: a branch may not be taken.

    ``retry`` is what to raise then, where more terms or more bits may decide. ``oscillates``: the answer
    changes again and again, close to the point.
    """

    __slots__ = ("node", "oscillates", "reason", "retry")

    def __init__(self, reason: str, node: Expr, retry: Retry | None = None, oscillates: bool = False) -> None:
        self.reason = reason
        self.node = node
        self.retry = retry
        self.oscillates = oscillates


Value: TypeAlias = Constant | bool | NoValue | OpenQuestion
"""A node at the point; of a condition whether it holds."""
SideValue: TypeAlias = Series | bool | NoValue | OpenQuestion
"""A node on one side of the point."""


class Germ(NamedTuple):
    """A node at and around the point; conditions have bools for value and sides.

    ``joint``: both sides are one two-sided series. ``cont_left``, ``cont_right``: that side
    tends to the value by construction. ``still``: the node does not depend on the variable.
    """

    value: Value
    left: SideValue
    right: SideValue
    joint: bool
    cont_left: bool
    cont_right: bool
    still: bool = False

    def side(self, sign: int) -> SideValue:
        """The left side of a negative sign, the right one of a positive sign."""
        return self.left if sign < 0 else self.right

    @property
    def smooth(self) -> bool:
        """One two-sided series that tends to the value: nothing happens here."""
        return self.joint and self.cont_left and self.cont_right


Decoration = Callable[[list[Germ], Value, SideValue, SideValue], Germ]
"""The germ of an operation from those of its arguments, its value, and its sides."""


def decorate(args: list[Germ], value: Value, left: SideValue, right: SideValue, joint: bool) -> Germ:
    """An operation that is continuous where it has a value."""
    has_value = isinstance(value, Constant)
    cont_left = has_value and isinstance(left, Series) and all(arg.cont_left for arg in args)
    cont_right = has_value and isinstance(right, Series) and all(arg.cont_right for arg in args)
    return Germ(value, left, right, joint, cont_left, cont_right)


def decorate_power(args: list[Germ], value: Value, left: SideValue, right: SideValue, joint: bool) -> Germ:
    """A power is not continuous at 0**0 where the exponent varies."""
    base, exponent = args
    germ = decorate(args, value, left, right, joint)
    if exponent.still or not isinstance(base.value, Constant) or base.value.ball > 0:
        return germ
    return germ._replace(cont_left=False, cont_right=False)


def keep_continuity(germ: Germ, argument: Germ) -> Germ:
    """A germ that is continuous where its argument is."""
    has_value = isinstance(germ.value, Constant)
    cont_left = germ.cont_left or (has_value and argument.cont_left and isinstance(germ.left, Series))
    cont_right = germ.cont_right or (has_value and argument.cont_right and isinstance(germ.right, Series))
    return germ._replace(cont_left=cont_left, cont_right=cont_right)


def _decorate_extreme(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """max, min: joint where both sides took the same joint argument; always continuous."""
    joint = any(arg.joint and left is arg.left and right is arg.right for arg in args)
    return decorate(args, value, left, right, joint)


def _decorate_abs(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """abs: joint where the argument has the same sign on both sides, so that nothing was flipped alone."""
    (arg,) = args
    is_kept = left is arg.left and right is arg.right
    has_series = isinstance(left, Series) and isinstance(right, Series)
    is_flipped = has_series and left is not arg.left and right is not arg.right
    return decorate(args, value, left, right, arg.joint and (is_kept or is_flipped))


def _decorate_where(args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """where: joint where both sides took one joint branch; cont where a side took the value's branch."""
    condition, first, second = args
    flags = [part for part in (condition.value, condition.left, condition.right) if isinstance(part, bool)]
    if len(flags) < 3:
        return Germ(value, left, right, False, False, False)
    at, on_left, on_right = (first if flag else second for flag in flags)
    joint = on_left is on_right and on_left.joint
    return Germ(value, left, right, joint, at is on_left and at.cont_left, at is on_right and at.cont_right)


def _decorate_floor(_args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    """floor: constant on each side, so equal constants make it joint, and the value continuous."""
    if not (isinstance(left, Series) and isinstance(right, Series)):
        return Germ(value, left, right, False, False, False)
    a, b = (None if (step := constant_term(side)) is None else step.exact for side in (left, right))
    own = value.exact if isinstance(value, Constant) else None
    joint = a is not None and a == b
    return Germ(value, left, right, joint, own is not None and a == own, own is not None and b == own)


def _decorate_condition(_args: list[Germ], value: Value, left: SideValue, right: SideValue) -> Germ:
    return Germ(value, left, right, left is right and isinstance(left, bool), value is left, value is right)


DECORATIONS: dict[Row, Decoration] = {
    table.ABS: _decorate_abs,
    table.MAX: _decorate_extreme,
    table.MIN: _decorate_extreme,
    table.WHERE: _decorate_where,
    table.FLOOR: _decorate_floor,
    **dict.fromkeys(table.CONDITIONS, _decorate_condition),
}
"""Operations that choose or step; all others keep what their arguments have."""
