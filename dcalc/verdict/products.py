"""Products of sums of terms: one by one, or as polynomials where they are rational ones."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import inf, lcm
from typing import Any

from flint import fmpq_poly

from dcalc.verdict.constant import Constant, rational
from dcalc.verdict.terms import EFFORT, FLAT, Error, Rank, Term, tidy

Terms = tuple[Term, ...]
_IRRATIONAL = 8
"""A product of terms with irrational orders costs so many more."""
SHORT = 64
"""Products of more terms than this are cut off, even where they would be exact."""


def collect(terms: Iterable[Term], err: Error | None) -> tuple[Term, ...]:
    """Terms in order, like ones added up, exact zeros and those beyond ``err`` dropped."""
    totals: dict[Rank, Constant] = {}
    for rank, c in terms:
        if rank.is_above(err):
            totals[rank] = totals[rank] + c if rank in totals else c
    kept = [
        Term(rank if type(rank.a) is int else Rank(tidy(rank.a), rank.b), c)
        for rank, c in totals.items()
        if c.exact is None or c.exact != 0
    ]
    return tuple(sorted(kept, key=lambda term: (term.rank.a, -term.rank.b)))


def product(first: Terms, second: Terms, err: Error | None) -> Terms:
    """All products of terms up to an order."""
    count = len(first) * len(second)
    if count > SHORT and _is_polynomial(first) and _is_polynomial(second):
        EFFORT.spend(len(first) + len(second))
        return _product_of_polynomials(first, second, err)
    EFFORT.spend(count)
    scale = _common_denominator(first, second, err)
    if scale:
        return _product_of_rational_orders(first, second, err, scale)
    EFFORT.spend(_IRRATIONAL * count)
    products = [
        Term(rank, x.c * y.c)
        for x in first
        for y in second
        if (rank := Rank(x.rank.a + y.rank.a, x.rank.b + y.rank.b)).is_above(err)
    ]
    return collect(products, err)


def _common_denominator(first: Terms, second: Terms, err: Error | None) -> int:
    """The least common denominator of all orders; 0 where one of them is no rational number."""
    orders: list[Any] = [term.rank.a for term in (*first, *second)]
    if err is not None and err != FLAT:
        orders.append(err)
    if not all(type(order) in (int, Fraction) for order in orders):
        return 0
    return lcm(*{order.denominator for order in orders})


def _product_of_rational_orders(first: Terms, second: Terms, err: Any, scale: int) -> Terms:
    """The product with whole numbers for orders, which are quicker than fractions."""
    limit = inf if err is None or err == FLAT else int(err * scale)
    left, right = ([(int(rank.a * scale), rank.b, c) for rank, c in terms] for terms in (first, second))
    totals: dict[tuple[int, Any], Constant] = {}
    for a, b, c in left:
        for a2, b2, c2 in right:
            if a + a2 >= limit:
                break  # the orders rise
            key = (a + a2, b + b2)
            value = c * c2
            totals[key] = totals[key] + value if key in totals else value
    ranks = sorted(totals, key=lambda key: (key[0], -key[1]))
    kept = ((key, totals[key]) for key in ranks)
    return tuple(
        Term(Rank(a if scale == 1 else tidy(Fraction(a, scale)), b), c)
        for (a, b), c in kept
        if c.exact is None or c.exact != 0
    )


def _is_polynomial(terms: Terms) -> bool:
    """Whether all terms are whole powers with rational coefficients, and few of them are missing."""
    if terms[-1].rank.a - terms[0].rank.a > 4 * len(terms):
        return False
    return all(type(rank.a) is int and not rank.b and c.exact is not None for rank, c in terms)


def _product_of_polynomials(first: Terms, second: Terms, err: Error | None) -> Terms:
    start = int(first[0].rank.a) + int(second[0].rank.a)
    dense = []
    for terms in (first, second):
        values: list[Any] = [0] * (int(terms[-1].rank.a - terms[0].rank.a) + 1)
        for rank, c in terms:
            values[int(rank.a - terms[0].rank.a)] = c.exact
        dense.append(fmpq_poly(values))
    coefficients = (dense[0] * dense[1]).coeffs()
    return tuple(
        Term(Rank(start + k, 0), rational(c))
        for k, c in enumerate(coefficients)
        if c != 0 and Rank(start + k, 0).is_above(err)
    )
