"""Polynomials over interned atoms with rational coefficients: the normal forms of constants.

An atom is a number, known by a key: a prime, pi, a logarithm, a value of a function at
constants that are known by their own forms. A monomial is a product of rational powers of
atoms, a form maps monomials to coefficients. Equal keys mean equal numbers; numbers of
different keys may be equal, too, so only an empty form proves something: zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import comb
from typing import Any

from flint import fmpq

Exponent = Fraction | int
Monomial = tuple[tuple[int, Exponent], ...]
Form = dict[Monomial, fmpq]
Frozen = tuple[tuple[Monomial, fmpq], ...]

MAX_PRODUCTS = 150
"""More products of terms than this are not multiplied out."""
MAX_EFFORT = 10_000
"""Products of terms that all the zero tests of one question may cost."""
_MAX_POWER = 1000
_MAX_SQUARES = 12
_MAX_SUMS = 3
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)
ONE_MONOMIAL: Monomial = ()
ONE = fmpq(1)
ONE_FORM: Form = {ONE_MONOMIAL: ONE}
_MAX_MERGED = 1 << 15


class Effort:
    """How many products one question has cost: beyond `MAX_EFFORT`, forms are no longer multiplied
    out, which costs decisions, not truth."""

    def __init__(self) -> None:
        self.products = 0

    def start(self) -> None:
        """Count anew."""
        self.products = 0

    def allows(self, products: int) -> bool:
        """Count, and tell whether it may go on."""
        self.products += products
        return self.products <= MAX_EFFORT


EFFORT = Effort()

_keys: dict[Any, int] = {}
_names: list[Any] = []
_positive: set[int] = set()
_merged: dict[tuple[Monomial, Monomial], tuple[Monomial, fmpq]] = {}


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
    _positive.clear()
    _merged.clear()


def of_atom(key: Any, power: Exponent = 1, coefficient: Exponent = 1) -> Form:
    """The form of one atom."""
    return {((atom(key), _tidy(power)),): fmpq(coefficient.numerator, coefficient.denominator)}


def of_rational(value: fmpq) -> Form:
    """The form of a rational."""
    return {ONE_MONOMIAL: value} if value else {}


def frozen(form: Form) -> Frozen:
    """A form as a key."""
    return tuple(sorted(form.items()))


def add(first: Form, second: Form, times: Exponent = 1) -> Form:
    """first + times*second."""
    factor = fmpq(times.numerator, times.denominator)
    total = dict(first)
    for monomial, value in second.items():
        total[monomial] = total[monomial] + value * factor if monomial in total else value * factor
    return reduced(total)


def multiply(first: Form, second: Form) -> Form | None:
    """The product; None where it would be too long."""
    products = len(first) * len(second)
    if products > MAX_PRODUCTS or not EFFORT.allows(products):
        return None
    total: Form = {}
    for left, a in first.items():
        for right, b in second.items():
            monomial, factor = merged(left, right)
            value = a * b if factor is ONE else a * b * factor
            total[monomial] = total[monomial] + value if monomial in total else value
    return reduced(total)


def merged(left: Monomial, right: Monomial) -> tuple[Monomial, fmpq]:
    """The product of two monomials, and a rational that falls out of it."""
    if not left or not right:
        return left or right, ONE
    found = _merged.get((left, right))
    if found is None:
        powers = dict(left)
        for number, power in right:
            powers[number] = powers.get(number, 0) + power
        if len(_merged) > _MAX_MERGED:
            _merged.clear()
        found = _merged[left, right] = normal(powers)
    return found


def normal(powers: Mapping[int, Exponent]) -> tuple[Monomial, fmpq]:
    """Whole powers of primes leave the monomial for the coefficient."""
    factor = ONE
    kept = {}
    for number, power in powers.items():
        key = _names[number]
        if key[0] == "prime" and -_MAX_POWER < power < _MAX_POWER:
            whole = power.numerator // power.denominator
            factor = factor * fmpq(key[1]) ** whole if whole else factor
            power -= whole
        if power:
            kept[number] = _tidy(power)
    return tuple(sorted(kept.items())), factor


def _tidy(power: Exponent) -> Exponent:
    """Whole exponents as ints, which are hashed and compared much faster."""
    return power.numerator if power.denominator == 1 else power


def reduced(total: Form) -> Form:
    """The form without zero terms, with 1 - cos(c)**2 for sin(c)**2, and sums for their whole powers."""
    out: Form = {}
    work = list(total.items())
    while work:
        monomial, value = work.pop()
        place = next((i for i, (number, power) in enumerate(monomial) if _is_long(number, power)), None)
        if place is None:
            out[monomial] = out[monomial] + value if monomial in out else value
        else:
            work += _written_out(monomial, place, value)
    return {monomial: value for monomial, value in out.items() if value}


def _is_long(number: int, power: Exponent) -> bool:
    kind = _names[number][0]
    if kind == "sin":
        return power >= 2 and power <= 2 * _MAX_SQUARES
    return kind == "power" and power >= 1 and power <= _MAX_SUMS


def _written_out(monomial: Monomial, place: int, value: fmpq) -> Iterable[tuple[Monomial, fmpq]]:
    """Terms of a monomial with (1 - cos(c)**2)**k for sin(c)**(2*k), or a sum for its atom."""
    number, power = monomial[place]
    key = _names[number]
    if key[0] == "power":
        rest, _ = normal({**dict(monomial), number: power - 1})
        for part, coefficient in key[1]:
            term, factor = merged(rest, part)
            yield term, value * factor * coefficient
        return
    k = int(power // 2)
    cosine = atom(("cos", key[1]))
    for j in range(k + 1):
        powers = dict(monomial)
        powers[number] = power - 2 * k
        powers[cosine] = powers.get(cosine, 0) + 2 * j
        term, factor = normal(powers)
        yield term, value * factor * (-1) ** j * comb(k, j)


def monomial_power(monomial: Monomial, value: fmpq, exponent: Exponent) -> Form:
    """(value*monomial)**exponent: of a positive value, or of a whole exponent."""
    powers: dict[int, Exponent] = {number: power * exponent for number, power in monomial}
    factor = ONE
    if exponent.denominator == 1 and -_MAX_POWER < exponent < _MAX_POWER:
        factor = value ** int(exponent)
    else:
        if value < 0 and exponent % 2:
            factor = -ONE
        for prime, times in factors(abs(value)):
            number = atom(("prime", prime))
            powers[number] = powers.get(number, 0) + times * exponent
    term, extra = normal(powers)
    return {term: factor * extra}


def factors(value: fmpq) -> list[tuple[int, int]]:
    """Small primes and what is left, of the numerator and (negative) of the denominator."""
    found = []
    for whole, sign in ((value.p, 1), (value.q, -1)):
        part = int(whole)
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


def content(form: Form) -> tuple[Form, fmpq]:
    """A form scaled so that its first coefficient is 1, and the scale."""
    first = form[min(form)]
    return {monomial: value / first for monomial, value in form.items()}, first


def is_positive(number: int) -> bool:
    """Whether what an atom stands for is known to be a positive number."""
    return number in _positive or _names[number][0] in ("prime", "exp", "pi", "power")


def note_sign(form: Form, sign: int) -> None:
    """Remember an atom whose sign is known from that of a form that is the atom alone."""
    if len(form) == 1:
        ((monomial, value),) = form.items()
        if len(monomial) == 1 and monomial[0][1] == 1 and value * sign > 0:
            _positive.add(monomial[0][0])
