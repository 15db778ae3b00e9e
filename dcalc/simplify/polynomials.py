"""Exact division of short sums, by arithmetic of its own: flint would cost a program's start for a few terms."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from dcalc import functions as table
from dcalc.expr import Expr, Number, exact
from dcalc.simplify.build import Build

_MOST_STEPS = 24
Monomial = tuple[Number, ...]
Polynomial = dict[Monomial, Number]
Term = tuple[Number, dict[Expr, Number]]
"""A number, and the exponents of the rest by base."""


def divide(build: Build, above: Expr, below: Expr) -> Expr | None:
    """The quotient of two sums in lowest terms of their factors; None where a rest is left.

    A power with an exponent that is not a number is a factor like any other. Quadratic in the terms.
    """
    divisor = [_read(build, term) for term in below.args]
    needed = {base for _, powers in divisor for base in powers}
    dividend = [_read(build, term) for term in above.args]
    bases = {base for _, powers in dividend for base in powers}
    if not needed or not needed <= bases:
        return None
    order = sorted(bases, key=lambda base: base.id)
    quotient = _divide(_polynomial(dividend, order), _polynomial(divisor, order))
    if quotient is None:
        return None
    return build.add([
        build.mul((
            build.number(value),
            *(build.power(base, build.number(count)) for base, count in zip(order, monomial, strict=True) if count),
        ))
        for monomial, value in quotient.items()
    ])  # fmt: skip


def _read(build: Build, term: Expr) -> Term:
    value = exact(term)
    if value is not None:
        return value, {}
    number, rest = build.split(term)
    powers: dict[Expr, Number] = {}
    for factor in rest.args if rest.op is table.MUL else (rest,):
        base, exponent = build.base_and_exponent(factor)
        if isinstance(exponent, Expr):
            powers[factor] = 1
        else:
            powers[base] = exponent
    return number, powers


def _polynomial(terms: Iterable[Term], order: list[Expr]) -> Polynomial:
    return {tuple([powers.get(base, 0) for base in order]): value for value, powers in terms}


def _divide(dividend: Polynomial, divisor: Polynomial) -> Polynomial | None:
    """The quotient by the first monomial in lexical order; None where one does not divide the other."""
    lead, top = max(divisor), max(dividend)
    last, bottom = min(divisor), min(dividend)
    if any(a < b for a, b in zip(top, lead, strict=True)) or any(a < b for a, b in zip(bottom, last, strict=True)):
        return None
    if any(count < 0 for side in (dividend, divisor) for monomial in side for count in monomial):
        return None
    scale = Fraction(1) / divisor[lead]
    rest = dict(dividend)
    quotient: Polynomial = {}
    while rest:
        top = max(rest)
        step = tuple([a - b for a, b in zip(top, lead, strict=True)])
        if len(quotient) > _MOST_STEPS or any(count < 0 for count in step):
            return None
        value = quotient[step] = rest[top] * scale
        for monomial, part in divisor.items():
            place = tuple([a + b for a, b in zip(monomial, step, strict=True)])
            left = rest.get(place, 0) - value * part
            if left:
                rest[place] = left
            else:
                rest.pop(place, None)
    return quotient
