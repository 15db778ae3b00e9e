"""The table of recurrences: functions of an argument or order moved by whole numbers, in terms of one of them.

Each holds as an identity of meromorphic functions, and so wherever both sides have a value; where a factor is 0
that was cancelled, only one of them has. Such factors are handed to `exempt`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial, floor

from dcalc import functions as table
from dcalc.functions import Row
from dcalc.proof.field import Quotient
from dcalc.proof.relations import Elementary

_MOST_STEPS = 20
"""Farther moves are functions of their own: each step is a factor or a summand."""

Recurrence = Callable[[Elementary, Row, list[Quotient]], Quotient | None]


def apply_recurrence(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """A function by its recurrence; None where it has none, or stands for the others itself."""
    rule = _RECURRENCES.get(row)
    return None if rule is None else rule(functions, row, args)


def _split_whole(functions: Elementary, argument: Quotient) -> tuple[Quotient, int]:
    """(base, n) with argument = base + n, where the constant term of the base is from 0 to 1."""
    field = functions.field
    if not argument.below.is_constant() or field.constant(argument) is not None:
        return argument, 0
    start = next((part for quantity, part in field.terms(argument) if quantity == field.one), Fraction(0))
    whole = floor(start)
    return (argument, 0) if abs(whole) > _MOST_STEPS else (field.subtract(argument, field.number(whole)), whole)


def _passed(functions: Elementary, base: Quotient, whole: int) -> list[Quotient]:
    """base + k for all k from 0 to whole - 1, or from whole to -1; none of them may be 0."""
    places = range(whole) if whole > 0 else range(whole, 0)
    factors = [functions.field.add(base, functions.field.number(k)) for k in places]
    for factor in factors:
        functions.exempt(factor)
    return factors


def _gamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """gamma(u + 1) = u*gamma(u); DLMF 5.5.1."""
    base, whole = _split_whole(functions, args[0])
    if not whole:
        return None
    field = functions.field
    product = functions.unknown(row.key, [base], domain=True)
    for factor in _passed(functions, base, whole):
        product = field.multiply(product, factor if whole > 0 else field.inverse(factor))
    return product


def _digamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """digamma(u + 1) = digamma(u) + 1/u; DLMF 5.5.2."""
    base, whole = _split_whole(functions, args[0])
    if not whole:
        return None
    return _add_powers(functions, functions.unknown(row.key, [base], domain=True), base, whole, -1, 1)


def _polygamma(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """polygamma(n, u + 1) = polygamma(n, u) + (-1)**n*n!/u**(n + 1), which is DLMF 5.5.2 derived n times."""
    order = functions.field.constant(args[0])
    base, whole = _split_whole(functions, args[1])
    if not whole or order is None or order.denominator > 1 or not 0 < order <= _MOST_STEPS:
        return None
    n = int(order)
    first = functions.unknown(row.key, [args[0], base], domain=True)
    return _add_powers(functions, first, base, whole, -n - 1, (-1) ** n * factorial(n))


def _add_powers(
    functions: Elementary, first: Quotient, base: Quotient, whole: int, exponent: int, factor: int
) -> Quotient:
    """The sum of a value and of a power of each place that was passed on the way from it."""
    field, total = functions.field, first
    for place in _passed(functions, base, whole):
        term = field.multiply(field.number(factor if whole > 0 else -factor), field.power(place, exponent))
        total = field.add(total, term)
    return total


def _beta(functions: Elementary, _row: Row, args: list[Quotient]) -> Quotient | None:
    """beta(u, n) = (n - 1)!/(u*(u + 1)*...*(u + n - 1)), n = 1, 2, ...; DLMF 5.12.1 and 5.5.1."""
    field = functions.field
    for argument, other in (args, args[::-1]):
        count = field.constant(other)
        if count is not None and count.denominator == 1 and 0 < count <= _MOST_STEPS:
            result = field.number(factorial(int(count) - 1))
            for k in range(int(count)):
                result = functions.divide(result, field.add(argument, field.number(k)))
            functions.require("domain", f"gamma {argument.key}", None)
            return result
    return None


def _bessel(previous: int, slope: int, *, positive: bool) -> Recurrence:
    """f(n + 1, x) = slope*2*n/x*f(n, x) + previous*f(n - 1, x), down to the orders 0 and 1; f(-n, x) by reflection."""

    def apply(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
        field = functions.field
        order = field.constant(args[0])
        if order is None or order.denominator > 1 or abs(order) > _MOST_STEPS:
            return None
        if positive:
            functions.require_sign("positive", args[1])
        before, here = (functions.unknown(row.key, [field.number(n), args[1]]) for n in (0, 1))
        if order == 0:
            return before
        if abs(order) > 1 and not positive:
            functions.exempt(args[1])
        for n in range(1, abs(int(order))):
            step = field.multiply(field.number(2 * n * slope), field.multiply(here, field.inverse(args[1])))
            before, here = here, field.add(step, field.multiply(field.number(previous), before))
        return here if order > 0 else field.multiply(field.number(row.reflection ** -int(order)), here)

    return apply


def _lambertw(functions: Elementary, row: Row, args: list[Quotient]) -> Quotient | None:
    """W(u)*exp(W(u)) = u; DLMF 4.13.1."""
    element = functions.unknown(row.key, args, domain=True)
    place = functions.field.single(element)
    if place is not None:
        functions.zeros[place] = args[0]
        functions.products[place] = args[0]
    return element


_RECURRENCES: dict[Row, Recurrence] = {
    table.GAMMA: _gamma,
    table.DIGAMMA: _digamma,
    table.get("polygamma", 2): _polygamma,
    table.get("beta", 2): _beta,
    table.get("besselj", 2): _bessel(-1, 1, positive=False),  # DLMF 10.6.1
    table.get("bessely", 2): _bessel(-1, 1, positive=True),
    table.get("besseli", 2): _bessel(1, -1, positive=False),  # DLMF 10.29.1
    table.get("besselk", 2): _bessel(1, 1, positive=True),
    table.LAMBERTW: _lambertw,
}
