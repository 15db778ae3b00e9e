"""Normal forms of the values of functions: what logarithms, exponentials and angles have in common.

Powers of e add their exponents, logarithms fall apart into those of primes, angles lose
multiples of pi and their sign.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from flint import fmpq

from dcalc import functions as table
from dcalc.verdict import forms
from dcalc.verdict.constant import fraction
from dcalc.verdict.forms import ONE_MONOMIAL, Form, Frozen, Monomial, frozen, of_atom

_MAX_WHOLE_POWER = 1000


def call(name: str, inner: list[Form], extra: Any) -> Form | None:
    """The form of a function's value, or of a Taylor coefficient at constants; None where there is none."""
    if not extra:  # coefficient 0 is the value
        if name == "exp":
            return _exp(inner[0])
        if name == "log":
            return _log(inner[0])
        if name in ("sin", "cos"):
            return _circular(name, inner[0])
        if name == "atan" and (turns := _QUARTER_TURNS.get(frozen(inner[0]))) is not None:
            return of_atom(("pi",), 1, turns)
    return _any_call(name, inner, extra)


def _any_call(name: str, inner: list[Form], extra: Any) -> Form:
    """An atom of its own; of functions with parity, at the argument whose first coefficient is positive."""
    row = table.find(name, len(inner))
    sign = 1
    if row is not None and row.parity and len(inner) == 1 and isinstance(extra, int):
        odd = (row.parity == "odd") != bool(extra % 2)
        if odd and not inner[0]:
            return {}
        if _is_negative(inner[0]):
            inner = [_negative(inner[0])]
            sign = -1 if odd else 1
    return of_atom((name, tuple(frozen(part) for part in inner), extra), 1, sign)


def _is_negative(inner: Form) -> bool:
    return bool(inner) and inner[min(inner)] < 0


def _negative(inner: Form) -> Form:
    return {monomial: -value for monomial, value in inner.items()}


_QUARTER_TURNS: dict[Frozen, Fraction] = {((ONE_MONOMIAL, fmpq(sign)),): Fraction(sign, 4) for sign in (1, -1)}
"""atan/pi at 1 and -1."""
_SQUARES = {Fraction(1, 6): fmpq(1, 4), Fraction(1, 4): fmpq(1, 2), Fraction(1, 3): fmpq(3, 4)}
"""sin(turns*pi)**2 where that is rational, 0 < turns < 1/2."""


def _circular(name: str, inner: Form) -> Form:
    """sin or cos of turns*pi + rest, with 0 <= turns < 1/2 and a rest whose first coefficient is positive."""
    half_turn: Monomial = ((forms.atom(("pi",)), 1),)
    rest = dict(inner)
    turns = fraction(rest.pop(half_turn, fmpq(0)))
    sign = 1
    if _is_negative(rest) or (not rest and turns < 0):
        rest, turns = _negative(rest), -turns
        sign = -1 if name == "sin" else 1
    quarters = 2 * turns // 1
    turns -= Fraction(quarters, 2)
    if quarters % 2:  # sin(c + pi/2) is cos(c), cos(c + pi/2) is -sin(c)
        sign *= 1 if name == "sin" else -1
        name = "cos" if name == "sin" else "sin"
    if quarters % 4 in (2, 3):
        sign = -sign
    if rest:
        return of_atom((name, frozen(forms.add(rest, of_atom(("pi",), 1, turns)))), 1, sign)
    if not turns:
        return forms.of_rational(fmpq(sign if name == "cos" else 0))
    square = _SQUARES.get(turns if name == "sin" else Fraction(1, 2) - turns)
    if square is None:
        return of_atom((name, frozen(of_atom(("pi",), 1, turns))), 1, sign)
    return {term: sign * value for term, value in forms.monomial_power(ONE_MONOMIAL, square, Fraction(1, 2)).items()}


def _exp(inner: Form) -> Form | None:
    """exp of a sum is a product: rational powers of exp(monomial), powers of what logarithms are of."""
    powers: dict[int, Fraction] = {}
    for monomial, value in inner.items():
        number = _exponential(monomial)
        powers[number] = powers.get(number, 0) + fraction(value)
    if any(abs(power) > _MAX_WHOLE_POWER and forms.name(number)[0] == "prime" for number, power in powers.items()):
        return None
    term, factor = forms.normal(powers)
    return {term: factor}


def _exponential(monomial: Monomial) -> int:
    """The atom exp(monomial), which for a logarithm is what it is the logarithm of."""
    if len(monomial) == 1 and monomial[0][1] == 1:
        key = forms.name(monomial[0][0])
        if key[0] == "logprime":
            return forms.atom(("prime", key[1]))
        if key[0] == "logsum":
            return forms.atom(("power", key[1]))
        if key[0] == "logatom":
            return int(key[1])
    return forms.atom(("exp", monomial))


def _log(inner: Form) -> Form:
    """The logarithm of a positive number, in logarithms of primes and of atoms."""
    if len(inner) > 1:
        scaled, factor = forms.content(inner)
        if factor < 0:
            scaled, factor = _negative(scaled), -factor
        return forms.add(_log_of_rational(factor), of_atom(("logsum", frozen(scaled))))
    if inner:
        ((monomial, value),) = inner.items()
        alone = len(monomial) == 1 and monomial[0][1] % 2 != 0  # an even power may be that of a negative number
        if value > 0 and (alone or all(forms.is_positive(number) for number, _ in monomial)):
            total = _log_of_rational(value)
            for number, power in monomial:
                total = forms.add(total, _log_of_atom(number), power)
            return total
    return of_atom(("logof", frozen(inner)))


def _log_of_rational(value: fmpq) -> Form:
    total: Form = {}
    for prime, times in forms.factors(value):
        total = forms.add(total, of_atom(("logprime", prime)), times)
    return total


def _log_of_atom(number: int) -> Form:
    key = forms.name(number)
    if key[0] == "exp":
        return {key[1]: forms.ONE}
    if key[0] == "prime":
        return of_atom(("logprime", key[1]))
    if key[0] == "power":
        return of_atom(("logsum", key[1]))
    return of_atom(("logatom", number))
