"""Sines and cosines in a field: one pair of atoms for all multiples of an angle."""

from __future__ import annotations

from fractions import Fraction

from dcalc.algebra.identity.field import Field, Quotient

_MOST_TIMES = 40


def turn(field: Field, pi: Quotient, angle: Quotient) -> tuple[Quotient, Quotient]:
    """(cos, sin) of a sum of angles."""
    found = (field.one, field.zero)
    for quantity, coefficient in field.terms(angle):
        found = _rotated(field, found, _turn_of(field, pi, quantity, coefficient))
    return found


def _rotated(
    field: Field, first: tuple[Quotient, Quotient], second: tuple[Quotient, Quotient]
) -> tuple[Quotient, Quotient]:
    (a, b), (c, d) = first, second
    return (
        field.add(field.mul(a, c), field.neg(field.mul(b, d))),
        field.add(field.mul(a, d), field.mul(b, c)),
    )


def _turn_of(field: Field, pi: Quotient, quantity: Quotient, coefficient: Fraction) -> tuple[Quotient, Quotient]:
    if quantity == pi and (coefficient * 2).denominator == 1:
        cos, sin = ((1, 0), (0, 1), (-1, 0), (0, -1))[int(coefficient * 2) % 4]
        return field.number(cos), field.number(sin)
    parts = field.divided(f"turn {quantity.key}", coefficient.denominator)
    times = int(coefficient * parts)
    name = quantity.key
    if abs(times) > _MOST_TIMES:  # an angle of its own, whose parts are not known
        name, times = f"{abs(times)} {name}", 1 if times > 0 else -1
    place, new = field.atom(f"cos {name}")
    sine, _ = field.atom(f"sin {name}")
    if new:
        square = field.power(field.generator(place), 2)
        field.relations[sine] = (2, field.add(field.one, field.neg(square)))
    unit = (field.generator(place), field.generator(sine) if times > 0 else field.neg(field.generator(sine)))
    found = (field.one, field.zero)
    for _ in range(abs(times)):
        found = _rotated(field, found, unit)
    return found
