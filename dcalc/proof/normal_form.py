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

from dcalc import functions as table
from dcalc.proof.constant import Constant, fraction

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


# --- Normal forms of the values of functions: what logarithms, exponentials and angles have in common.

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
    half_turn: Monomial = ((atom(("pi",)), 1),)
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
        return of_atom((name, frozen(add(rest, of_atom(("pi",), 1, turns)))), 1, sign)
    if not turns:
        return of_rational(fmpq(sign if name == "cos" else 0))
    square = _SQUARES.get(turns if name == "sin" else Fraction(1, 2) - turns)
    if square is None:
        return of_atom((name, frozen(of_atom(("pi",), 1, turns))), 1, sign)
    return {term: sign * value for term, value in monomial_power(ONE_MONOMIAL, square, Fraction(1, 2)).items()}


def _exp(inner: Form) -> Form | None:
    """exp of a sum is a product: rational powers of exp(monomial), powers of what logarithms are of."""
    powers: dict[int, Fraction] = {}
    for monomial, value in inner.items():
        number = _exponential(monomial)
        powers[number] = powers.get(number, 0) + fraction(value)
    if any(abs(power) > _MAX_WHOLE_POWER and name(number)[0] == "prime" for number, power in powers.items()):
        return None
    term, factor = normal(powers)
    return {term: factor}


def _exponential(monomial: Monomial) -> int:
    """The atom exp(monomial), which for a logarithm is what it is the logarithm of."""
    if len(monomial) == 1 and monomial[0][1] == 1:
        key = name(monomial[0][0])
        if key[0] == "logprime":
            return atom(("prime", key[1]))
        if key[0] == "logsum":
            return atom(("power", key[1]))
        if key[0] == "logatom":
            return int(key[1])
    return atom(("exp", monomial))


def _log(inner: Form) -> Form:
    """The logarithm of a positive number, in logarithms of primes and of atoms."""
    if len(inner) > 1:
        scaled, factor = content(inner)
        if factor < 0:
            scaled, factor = _negative(scaled), -factor
        return add(_log_of_rational(factor), of_atom(("logsum", frozen(scaled))))
    if inner:
        ((monomial, value),) = inner.items()
        alone = len(monomial) == 1 and monomial[0][1] % 2 != 0  # an even power may be that of a negative number
        if value > 0 and (alone or all(is_positive(number) for number, _ in monomial)):
            total = _log_of_rational(value)
            for number, power in monomial:
                total = add(total, _log_of_atom(number), power)
            return total
    return of_atom(("logof", frozen(inner)))


def _log_of_rational(value: fmpq) -> Form:
    total: Form = {}
    for prime, times in factors(value):
        total = add(total, of_atom(("logprime", prime)), times)
    return total


def _log_of_atom(number: int) -> Form:
    key = name(number)
    if key[0] == "exp":
        return {key[1]: ONE}
    if key[0] == "prime":
        return of_atom(("logprime", key[1]))
    if key[0] == "power":
        return of_atom(("logsum", key[1]))
    return of_atom(("logatom", number))


# --- Zero tests by normal form: constants as quotients of polynomials over interned atoms (`forms`).

_MAX_NODES = 4000
_MAX_ATOMS = 20_000
_MAX_MULTIPLIED = 4

Ratio = tuple[Form, Form]

_generation = 0


def forget() -> None:
    """Drop the atoms, so that a stream of problems leaves nothing behind."""
    global _generation
    _generation += 1
    clear()


def limit() -> None:
    """Drop the atoms where there are many: between problems, never amid one. Effort is counted anew."""
    EFFORT.start()
    if count() > _MAX_ATOMS:
        forget()


def vanishes(constant: Constant) -> bool:
    """True only if the normal form is empty, which proves that the constant is zero."""
    return _ratio(constant)[0] == {}


def form(constant: Constant) -> Form:
    """The polynomial of a constant; a divisor that is a sum is an atom in it."""
    return _flat(_ratio(constant))


def _ratio(constant: Constant) -> Ratio:
    """The normal form of a constant, kept on it. No recursion: constants nest deeply."""
    stack = [constant]
    seen = 0
    while stack:
        top = stack[-1]
        if _known(top):
            stack.pop()
            continue
        missing = [part for part in _parts(top) if not _known(part)]
        seen += 1
        if missing and seen < _MAX_NODES:
            stack += missing
        else:
            found = None if missing else _made(top)
            top.form = (_generation, (_opaque(top), ONE_FORM) if found is None else found)
            stack.pop()
    return _inner(constant)


def turns(constant: Constant) -> Fraction | None:
    """c/pi for a constant that is a rational multiple of pi by its form."""
    inner = form(constant)
    if len(inner) > 1:
        return None
    if not inner:
        return Fraction(0)
    ((monomial, value),) = inner.items()
    return fraction(value) if monomial == ((atom(("pi",)), 1),) else None


def _known(constant: Constant) -> bool:
    return constant.form is not None and constant.form[0] == _generation


def _inner(constant: Constant) -> Ratio:
    return constant.form[1]  # type: ignore[no-any-return]  # as `_ratio` has set it


def _parts(constant: Constant) -> list[Constant]:
    if constant.exact is not None:
        return []
    if constant.op == "call":
        return list(constant.args[1])
    return [part for part in constant.args if isinstance(part, Constant)]


def _opaque(constant: Constant) -> Form:
    """An atom of its own; the key holds the constant, so that its id stays its own."""
    return of_atom(("opaque", id(constant), constant))


def _flat(ratio: Ratio) -> Form:
    """The quotient as a polynomial: a divisor that is a sum becomes the atom of its inverse."""
    above, below = ratio
    if below == ONE_FORM:
        return above
    inverse = ((atom(("inverse", frozen(below))), 1),)
    out: Form = {}
    for monomial, value in above.items():
        term, factor = merged(monomial, inverse)
        out[term] = out[term] + value * factor if term in out else value * factor
    return reduced(out)


def _made(constant: Constant) -> Ratio | None:
    """The normal form from those of the parts; None where it would be too long."""
    if constant.exact is not None:
        return of_rational(constant.exact), ONE_FORM
    if constant.op in _RATIOS:
        return _RATIOS[constant.op](constant)
    if constant.op == "pi":
        return of_atom(("pi",)), ONE_FORM
    name, args, extra = constant.args
    found = call(name, [_flat(_inner(arg)) for arg in args], extra or 0)
    if found is None:
        return None
    note_sign(found, (constant.ball > 0) - (constant.ball < 0))
    return found, ONE_FORM


def _quotient(above: Form | None, below: Form | None) -> Ratio | None:
    """The quotient with a divisor whose first coefficient is 1, and none that is a single term."""
    if above is None or below is None or not below:
        return None
    if not above:
        return {}, ONE_FORM
    if above == below:
        return ONE_FORM, ONE_FORM
    if len(below) == 1:
        ((monomial, value),) = below.items()
        product = multiply(above, monomial_power(monomial, value, -1))
        return None if product is None else (product, ONE_FORM)
    scaled, factor = content(below)
    return {monomial: value / factor for monomial, value in above.items()}, scaled


def _sum(constant: Constant) -> Ratio | None:
    (a, b), (c, d) = (_inner(part) for part in constant.args)
    if b == d:
        return _quotient(add(a, c), b)
    left, right = multiply(a, d), multiply(c, b)
    if left is None or right is None:
        return None
    return _quotient(add(left, right), multiply(b, d))


def _product(constant: Constant) -> Ratio | None:
    (a, b), (c, d) = (_inner(part) for part in constant.args)
    if a == d:
        return _quotient(c, b)
    if c == b:
        return _quotient(a, d)
    return _quotient(multiply(a, c), multiply(b, d))


def _inverse(constant: Constant) -> Ratio | None:
    above, below = _inner(constant.args[0])
    return _quotient(below, above)


def _power(constant: Constant) -> Ratio | None:
    """A power of a constant that is not zero: of a single term it distributes, else small
    whole powers multiply."""
    base, exponent = constant.args
    above, below = _inner(base)
    whole = exponent.denominator == 1
    if len(above) == 1 and below == ONE_FORM:
        ((monomial, value),) = above.items()
        if whole or (value > 0 and all(is_positive(number) for number, _ in monomial)):
            return reduced(monomial_power(monomial, value, exponent)), ONE_FORM
    if whole and abs(exponent) <= _MAX_MULTIPLIED:
        times = abs(int(exponent))
        ratio = (_repeated(above, times), _repeated(below, times))
        return _quotient(*ratio) if exponent > 0 else _quotient(*reversed(ratio))
    inner = _flat((above, below))
    if not inner or (scaled := content(inner))[1] < 0:
        return of_atom(("powerof", frozen(inner), exponent)), ONE_FORM
    return _of_power(*scaled, exponent), ONE_FORM


def _repeated(inner: Form, exponent: int) -> Form | None:
    total: Form | None = inner
    for _ in range(exponent - 1):
        total = None if total is None else multiply(total, inner)
    return total


def _of_power(scaled: Form, factor: fmpq, exponent: Fraction) -> Form:
    """(factor*scaled)**exponent for a positive sum."""
    ((outer, value),) = monomial_power(ONE_MONOMIAL, factor, exponent).items()
    monomial, extra = merged(outer, ((atom(("power", frozen(scaled))), exponent),))
    return {monomial: value * extra}


_RATIOS = {"+": _sum, "*": _product, "inv": _inverse, "pow": _power}
