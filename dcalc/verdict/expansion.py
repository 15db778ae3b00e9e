"""Expansions by one element of an asymptotic scale: sums of c * w**a as w -> 0+, whose coefficients are expressions.

The coefficients are functions that vary more slowly than every power of w, as in the multiseries of Salvy and
Shackell (Symbolic Asymptotics: Multiseries of Inverse Functions, J. Symbolic Computation 27, 1999) and in Gruntz's
rewriting by the most rapidly varying part (On Computing Limits in a Symbolic Manipulation System, ETH Zurich, 1996).
They are kept as expressions, so that those which vanish can be proved to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from math import factorial
from typing import NamedTuple

from dcalc.expr import ONE, ZERO, Expr, number
from dcalc.verdict.coefficients import cosine_of, exp_of, log_of, plus, raised, sine_of, times
from dcalc.verdict.scale import NeedMoreTerms, Order, normalise_order, spend_products

_MULTIPLIED_OUT = 8
"""Whole exponents up to this are multiplied out, so that what is exact stays exact."""
Slopes = Callable[[Expr, int], Expr]
"""The k-th Taylor coefficient of a function at an expression."""
IsZero = Callable[[Expr], bool]
"""Whether a coefficient vanishes identically; raises where that is not decided."""


class Part(NamedTuple):
    """c * w**a."""

    a: Order
    c: Expr


class Expansion(NamedTuple):
    """Parts by rising exponent, the largest first; ``error`` is the exponent from which others are unknown, None
    where there are no others."""

    parts: tuple[Part, ...]
    error: Order | None = None

    def lowest(self) -> Order | None:
        """A bound of all exponents; None for zero."""
        return self.parts[0].a if self.parts else self.error

    def first(self, is_zero: IsZero) -> Part | None:
        """The first part that does not vanish; None for an exact zero. Raises NeedMoreTerms."""
        for part in self.parts:
            if not is_zero(part.c):
                return part
        if self.error is None:
            return None
        raise NeedMoreTerms


def constant(node: Expr) -> Expansion:
    """What does not depend on w."""
    return Expansion(() if node is ZERO else (Part(0, node),))


def _collect(parts: Iterable[Part], error: Order | None, most: int) -> Expansion:
    """Parts in order, like ones added up, the first ``most`` of them."""
    found: list[tuple[Order, list[Expr]]] = []
    index: dict[Order, list[Expr]] = {}
    for a, c in parts:
        if error is not None and not a < error:
            continue
        if a in index:
            index[a].append(c)
        else:
            index[a] = [c]
            found.append((a, index[a]))
    found.sort(key=lambda entry: entry[0])
    sums = [Part(normalise_order(a), terms[0] if len(terms) == 1 else plus(*terms)) for a, terms in found]
    sums = [part for part in sums if part.c is not ZERO]
    if len(sums) > most:
        return Expansion(tuple(sums[:most]), sums[most].a)
    return Expansion(tuple(sums), error)


def _least(*errors: Order | None) -> Order | None:
    known = [error for error in errors if error is not None]
    return min(known) if known else None


def add(first: Expansion, second: Expansion, most: int) -> Expansion:
    """The sum."""
    if not first.parts and first.error is None:
        return second
    if not second.parts and second.error is None:
        return first
    return _collect((*first.parts, *second.parts), _least(first.error, second.error), most)


def multiply(first: Expansion, second: Expansion, most: int) -> Expansion:
    """The product."""
    low, other = first.lowest(), second.lowest()
    if low is None or other is None:
        return Expansion(())
    error = _least(
        None if first.error is None else first.error + other, None if second.error is None else second.error + low
    )
    spend_products(10 * len(first.parts) * len(second.parts))
    products = [(x.a + y.a, x.c, y.c) for x in first.parts for y in second.parts if error is None or x.a + y.a < error]
    exponents = sorted({a for a, _, _ in products})
    if len(exponents) > most:
        error = exponents[most]
    parts = (Part(a, times(x, y)) for a, x, y in products if error is None or a < error)
    return _collect(parts, error, most)


def power(base: Expansion, exponent: Fraction, is_zero: IsZero, most: int) -> Expansion:
    """base**exponent: c**q * w**(a*q) times the binomial series in what follows the first part.

    Raises NeedMoreTerms where that is not known, ZeroDivisionError for a negative power of zero.
    """
    if exponent.denominator == 1 and 0 < exponent <= _MULTIPLIED_OUT:
        result = base
        for _ in range(int(exponent) - 1):
            result = multiply(result, base, most)
        return result
    first = base.first(is_zero)
    if first is None:
        if exponent > 0:
            return Expansion(())
        raise ZeroDivisionError
    lead = Expansion((Part(normalise_order(first.a * exponent), raised(first.c, exponent)),))
    inverse = raised(first.c, -1)
    rest = Expansion(
        tuple(Part(normalise_order(a - first.a), times(c, inverse)) for a, c in base.parts if a > first.a),
        None if base.error is None else base.error - first.a,
    )
    coefficients = [Fraction(1)]
    for k in range(most):
        coefficients.append(coefficients[-1] * (exponent - k) / (k + 1))
    return multiply(lead, compose(lambda _, k: number(coefficients[k]), ZERO, rest, most), most)


def compose(slopes: Slopes, at: Expr, small: Expansion, most: int) -> Expansion:
    """f(at + small) = sum of f_k * small**k, for a part that vanishes."""
    low = small.lowest()
    if low is None:
        return constant(slopes(at, 0))
    total, growing = constant(slopes(at, 0)), constant(ONE)
    for k in range(1, most):
        growing = multiply(growing, small, most)
        slope = slopes(at, k)
        if slope is not ZERO:
            total = add(total, multiply(constant(slope), growing, most), most)
    return Expansion(total.parts, _least(total.error, low * most))


def split(expansion: Expansion, is_zero: IsZero) -> tuple[Expr, Expansion]:
    """What an expansion tends to as w vanishes, and what vanishes with it.

    Raises NeedMoreTerms where that is not known, ValueError where a part grows.
    """
    limit, small = ZERO, []
    for part in expansion.parts:
        if part.a > 0:
            small.append(part)
        elif part.a == 0:
            limit = part.c
        elif not is_zero(part.c):
            raise ValueError("a part that grows")
    if expansion.error is not None and not expansion.error > 0:
        raise NeedMoreTerms
    return limit, Expansion(tuple(small), expansion.error)


def exp_slopes(at: Expr, k: int) -> Expr:
    """exp."""
    return times(number(Fraction(1, factorial(k))), exp_of(at))


def log_slopes(at: Expr, k: int) -> Expr:
    """log."""
    return times(number(Fraction((-1) ** (k - 1), k)), raised(at, -k)) if k else log_of(at)


def sine_slopes(at: Expr, k: int) -> Expr:
    """sin."""
    value = sine_of(at) if k % 2 == 0 else cosine_of(at)
    return times(number(Fraction((-1) ** (k // 2), factorial(k))), value)


def cosine_slopes(at: Expr, k: int) -> Expr:
    """cos."""
    value = cosine_of(at) if k % 2 == 0 else sine_of(at)
    return times(number(Fraction((-1) ** ((k + 1) // 2), factorial(k))), value)
