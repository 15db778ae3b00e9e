"""Polynomials over interned atoms with rational coefficients: the normal forms of constants.

An atom is a number, known by a key: a prime, pi, a logarithm, a value of a function at
constants that are known by their own forms. A monomial is a product of rational powers of
atoms, a form maps monomials to coefficients. Equal keys mean equal numbers; numbers of
different keys may be equal, too, so only an empty form proves something: zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import comb
from typing import Any

Monomial = tuple[tuple[int, Fraction], ...]
Form = dict[Monomial, Fraction]
Frozen = tuple[tuple[Monomial, Fraction], ...]

MAX_PRODUCTS = 150
"""More products of terms than this are not multiplied out."""
_MAX_POWER = 1000
_MAX_SQUARES = 12
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
ONE_MONOMIAL: Monomial = ()
ONE_FORM: Form = {ONE_MONOMIAL: Fraction(1)}

_keys: dict[Any, int] = {}
_names: list[Any] = []


def atom(key: Any) -> int:
    """The number of the atom with that key."""
    found = _keys.get(key)
    if found is None:
        found = _keys[key] = len(_names)
        _names.append(key)
    return found


def name(number: int) -> Any:
    """The key of an atom."""
    return _names[number]


def count() -> int:
    """How many atoms there are."""
    return len(_names)


def clear() -> None:
    """Drop all atoms; forms made before mean nothing afterwards."""
    _keys.clear()
    _names.clear()


def of_atom(key: Any, power: Fraction | int = 1, coefficient: Fraction | int = 1) -> Form:
    """The form of one atom."""
    return {((atom(key), Fraction(power)),): Fraction(coefficient)}


def of_rational(value: Fraction) -> Form:
    """The form of a rational."""
    return {ONE_MONOMIAL: value} if value else {}


def frozen(form: Form) -> Frozen:
    """A form as a key."""
    return tuple(sorted(form.items()))


def add(first: Form, second: Form, factor: Fraction | int = 1) -> Form:
    """first + factor*second."""
    total = dict(first)
    for monomial, value in second.items():
        total[monomial] = total.get(monomial, Fraction(0)) + value * factor
    return reduced(total)


def multiply(first: Form, second: Form) -> Form | None:
    """The product; None where it would be too long."""
    if len(first) * len(second) > MAX_PRODUCTS:
        return None
    total: Form = {}
    for left, a in first.items():
        for right, b in second.items():
            monomial, factor = merged(left, right)
            total[monomial] = total.get(monomial, Fraction(0)) + a * b * factor
    return reduced(total)


def merged(left: Monomial, right: Monomial) -> tuple[Monomial, Fraction]:
    """The product of two monomials, and a rational that falls out of it."""
    powers = dict(left)
    for number, power in right:
        powers[number] = powers.get(number, Fraction(0)) + power
    return normal(powers)


def normal(powers: dict[int, Fraction]) -> tuple[Monomial, Fraction]:
    """Whole powers of primes leave the monomial for the coefficient."""
    factor = Fraction(1)
    kept = {}
    for number, power in powers.items():
        key = _names[number]
        if key[0] == "prime" and abs(power) < _MAX_POWER:
            whole = power.numerator // power.denominator
            factor *= Fraction(key[1]) ** whole
            power -= whole
        if power:
            kept[number] = power
    return tuple(sorted(kept.items())), factor


def reduced(total: Form) -> Form:
    """The form without zero terms, and with 1 - cos(c)**2 for sin(c)**2."""
    out: Form = {}
    work = list(total.items())
    while work:
        monomial, value = work.pop()
        place = next((i for i, (number, power) in enumerate(monomial) if _is_square(number, power)), None)
        if place is None:
            out[monomial] = out.get(monomial, Fraction(0)) + value
        else:
            work += _in_cosines(monomial, place, value)
    return {monomial: value for monomial, value in out.items() if value}


def _is_square(number: int, power: Fraction) -> bool:
    return 2 <= power <= 2 * _MAX_SQUARES and _names[number][0] == "sin"


def _in_cosines(monomial: Monomial, place: int, value: Fraction) -> Iterable[tuple[Monomial, Fraction]]:
    """Terms of a monomial with (1 - cos(c)**2)**k for sin(c)**(2*k)."""
    number, power = monomial[place]
    k = int(power // 2)
    cosine = atom(("cos", _names[number][1]))
    for j in range(k + 1):
        powers = dict(monomial)
        powers[number] = power - 2 * k
        powers[cosine] = powers.get(cosine, Fraction(0)) + 2 * j
        term, factor = normal(powers)
        yield term, value * factor * (-1) ** j * comb(k, j)


def monomial_power(monomial: Monomial, value: Fraction, exponent: Fraction) -> Form:
    """(value*monomial)**exponent: of a positive value, or of a whole exponent."""
    powers = {number: power * exponent for number, power in monomial}
    factor = Fraction(1)
    if exponent.denominator == 1 and abs(exponent) < _MAX_POWER:
        factor = value ** int(exponent)
    else:
        if value < 0 and exponent % 2:
            factor = Fraction(-1)
        for prime, times in factors(abs(value)):
            number = atom(("prime", prime))
            powers[number] = powers.get(number, Fraction(0)) + times * exponent
    term, extra = normal(powers)
    return {term: factor * extra}


def factors(value: Fraction) -> list[tuple[int, int]]:
    """Small primes and what is left, of the numerator and (negative) of the denominator."""
    found = []
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime in _PRIMES:
            times = 0
            while part % prime == 0:
                part //= prime
                times += 1
            if times:
                found.append((prime, sign * times))
        if part > 1:
            found.append((part, sign))
    return found


def content(form: Form) -> tuple[Form, Fraction]:
    """A form scaled so that its first coefficient is 1, and the scale."""
    first = form[min(form)]
    return {monomial: value / first for monomial, value in form.items()}, first


def is_positive(number: int) -> bool:
    """Whether what an atom stands for is a positive number by its kind."""
    return _names[number][0] in ("prime", "exp", "pi", "power")
