"""Zero tests by normal form: constants as polynomials over interned atoms.

Atoms are pi, logarithms and powers of primes, powers of e, and values of functions at
constants that are equal by their own normal forms. An empty polynomial is zero, proved.
sin(c)**2 is written 1 - cos(c)**2 and signs are moved out, so that sin(2)**2 + cos(2)**2
- 1, exp(2) - e**2 and cos(-1) - cos(1) are found to vanish.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from dcalc import functions as table
from dcalc.verdict.constant import Constant

Monomial = tuple[tuple[int, Fraction], ...]
Form = dict[Monomial, Fraction]

MAX_PRODUCTS = 150
"""More products of terms than this, and the whole becomes one atom: it costs decisions, not truth."""
_MAX_NODES = 4000
_PRIMES = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47)

_keys: dict[Any, int] = {}
_names: list[Any] = []


def _atom(key: Any) -> int:
    found = _keys.get(key)
    if found is None:
        found = _keys[key] = len(_names)
        _names.append(key)
    return found


def forget() -> None:
    """Drop the atoms: between problems, so that a stream of them leaves nothing behind."""
    _keys.clear()
    _names.clear()


def vanishes(constant: Constant) -> bool:
    """True only if the normal form is empty, which proves that the constant is zero."""
    return form(constant) == {}


def form(constant: Constant) -> Form:
    """The polynomial of a constant, kept on it. No recursion: constants nest deeply."""
    stack = [constant]
    seen = 0
    while stack:
        top = stack[-1]
        if top.form is not None:
            stack.pop()
            continue
        missing = [part for part in _parts(top) if part.form is None]
        seen += 1
        if missing and seen < _MAX_NODES:
            stack += missing
        else:
            top.form = _form(top) if not missing else _opaque(top)
            stack.pop()
    return constant.form  # type: ignore[no-any-return]  # set just above


def _parts(constant: Constant) -> list[Constant]:
    if constant.op == "call":
        return list(constant.args[1])
    return [part for part in constant.args if isinstance(part, Constant)]


def _opaque(constant: Constant) -> Form:
    return {((_atom(("opaque", id(constant), constant)), Fraction(1)),): Fraction(1)}


def _form(constant: Constant) -> Form:
    if constant.exact is not None:
        value = Fraction(int(constant.exact.p), int(constant.exact.q))
        return {(): value} if value else {}
    return _FORMS[constant.op](constant)


def _sum(constant: Constant) -> Form:
    first, second = constant.args
    total: Form = dict(first.form)
    for monomial, value in second.form.items():
        total[monomial] = total.get(monomial, Fraction(0)) + value
    return _reduced(total)


def _product(constant: Constant) -> Form:
    first, second = constant.args
    return _multiply(first.form, second.form, constant)


def _multiply(first: Form, second: Form, whole: Constant) -> Form:
    if len(first) * len(second) > MAX_PRODUCTS:
        return _opaque(whole)
    total: Form = {}
    for left, a in first.items():
        for right, b in second.items():
            monomial, factor = _merged(left, right)
            total[monomial] = total.get(monomial, Fraction(0)) + a * b * factor
    return _reduced(total)


def _merged(left: Monomial, right: Monomial) -> tuple[Monomial, Fraction]:
    powers = dict(left)
    for atom, power in right:
        powers[atom] = powers.get(atom, Fraction(0)) + power
    return _normal(powers)


def _normal(powers: dict[int, Fraction]) -> tuple[Monomial, Fraction]:
    """Whole powers of primes leave the monomial for the coefficient."""
    factor = Fraction(1)
    kept = {}
    for atom, power in powers.items():
        key = _names[atom]
        if key[0] == "prime" and abs(power) < 1000:
            whole = power.numerator // power.denominator
            factor *= Fraction(key[1]) ** whole
            power -= whole
        if power:
            kept[atom] = power
    return tuple(sorted(kept.items())), factor


def _reduced(total: Form) -> Form:
    """sin(c)**2 becomes 1 - cos(c)**2; zero terms are gone."""
    work = [(m, v) for m, v in total.items() if v]
    out: Form = {}
    while work:
        monomial, value = work.pop()
        place = next((i for i, (a, p) in enumerate(monomial) if _names[a][0] == "sin" and p >= 2), None)
        if place is None:
            out[monomial] = out.get(monomial, Fraction(0)) + value
            continue
        atom, power = monomial[place]
        rest = dict(monomial)
        rest[atom] = power - 2
        first = _normal(rest)
        cosine = _atom(("cos", _names[atom][1]))
        rest[cosine] = rest.get(cosine, Fraction(0)) + 2
        second = _normal(rest)
        work += [(first[0], value * first[1]), (second[0], -value * second[1])]
    return {m: v for m, v in out.items() if v}


def _inverse(constant: Constant) -> Form:
    return _powered(constant.args[0], Fraction(-1), constant)


def _power(constant: Constant) -> Form:
    return _powered(constant.args[0], constant.args[1], constant)


def _powered(base: Constant, exponent: Fraction, whole: Constant) -> Form:
    """A power of a constant; of a single term it distributes, else small whole powers multiply."""
    inner: Form = base.form
    if len(inner) == 1:
        monomial, value = next(iter(inner.items()))
        if exponent.denominator == 1 or (value > 0 and all(_positive(atom) for atom, _ in monomial)):
            return _monomial_power(monomial, value, exponent)
    if exponent.denominator == 1 and 0 < exponent <= 4:
        total = inner
        for _ in range(int(exponent) - 1):
            total = _multiply(total, inner, whole)
        return total
    if exponent.denominator == 1 and exponent < 0:
        scaled, factor = _content(inner)
        atom = _atom(("inverse", _frozen(scaled)))
        return {((atom, -exponent),): factor ** int(exponent)}
    scaled, factor = _content(inner)
    if factor < 0:
        return _opaque(whole)
    atom = _atom(("power", _frozen(scaled)))
    scale = _monomial_power((), factor, exponent)
    outer, value = next(iter(scale.items()))
    monomial, extra = _merged(outer, ((atom, exponent),))
    return {monomial: value * extra}


def _positive(atom: int) -> bool:
    """Whether what an atom stands for is a positive number by its kind."""
    return _names[atom][0] in ("prime", "exp", "pi", "power")


def _content(inner: Form) -> tuple[Form, Fraction]:
    """A form scaled so that its first coefficient is 1, and the scale."""
    first = inner[min(inner)]
    return {m: v / first for m, v in inner.items()}, first


def _frozen(inner: Form) -> tuple[tuple[Monomial, Fraction], ...]:
    return tuple(sorted(inner.items()))


def _monomial_power(monomial: Monomial, value: Fraction, exponent: Fraction) -> Form:
    powers = {atom: power * exponent for atom, power in monomial}
    factor = Fraction(1)
    if exponent.denominator == 1 and abs(exponent) < 1000:
        factor = value ** int(exponent)
    else:
        for prime, count in _factors(value):
            atom = _atom(("prime", prime))
            powers[atom] = powers.get(atom, Fraction(0)) + count * exponent
    normal, extra = _normal(powers)
    return {normal: factor * extra}


def _factors(value: Fraction) -> list[tuple[int, int]]:
    """Small primes and what is left, of the numerator and (negative) of the denominator."""
    found = []
    for part, sign in ((value.numerator, 1), (value.denominator, -1)):
        for prime in _PRIMES:
            count = 0
            while part % prime == 0 and part:
                part //= prime
                count += 1
            if count:
                found.append((prime, sign * count))
        if part > 1:
            found.append((part, sign))
    return found


def _pi(_constant: Constant) -> Form:
    return {((_atom(("pi",)), Fraction(1)),): Fraction(1)}


def _call(constant: Constant) -> Form:
    name, args, extra = constant.args
    extra = extra or None  # coefficient 0 is the value
    if name == "exp":
        return _exp(args[0].form, constant)
    if name == "log" and len(args[0].form) == 1:
        monomial, value = next(iter(args[0].form.items()))
        return _log(monomial, value, constant)
    inner = tuple(_frozen(arg.form) for arg in args)
    row = table.find(name, len(args))
    sign = Fraction(1)
    if row is not None and row.parity and inner and inner[0] and inner[0][0][1] < 0 and extra is None:
        inner = (tuple((m, -v) for m, v in inner[0]),)
        sign = Fraction(-1) if row.parity == "odd" else Fraction(1)
    key = (name, inner[0]) if name in ("sin", "cos") and extra is None else (name, inner, extra)
    return {((_atom(key), Fraction(1)),): sign}


def _exp(inner: Form, whole: Constant) -> Form:
    """exp of a sum is a product: rational powers of exp(monomial), powers of primes from logarithms."""
    powers: dict[int, Fraction] = {}
    for monomial, value in inner.items():
        if len(monomial) == 1 and monomial[0][1] == 1 and _names[monomial[0][0]][0] == "logprime":
            atom = _atom(("prime", _names[monomial[0][0]][1]))
        else:
            atom = _atom(("exp", monomial))
        powers[atom] = powers.get(atom, Fraction(0)) + value
    if any(abs(power) > 1000 and _names[atom][0] == "prime" for atom, power in powers.items()):
        return _opaque(whole)
    normal, factor = _normal(powers)
    return {normal: factor}


def _log(monomial: Monomial, value: Fraction, whole: Constant) -> Form:
    """The logarithm of a single positive term, in logarithms of primes and of atoms."""
    if value <= 0:
        return _opaque(whole)
    total: Form = {}
    for prime, count in _factors(value):
        key = ((_atom(("logprime", prime)), Fraction(1)),)
        total[key] = total.get(key, Fraction(0)) + count
    for atom, power in monomial:
        name = _names[atom]
        if name[0] == "exp":
            total[name[1]] = total.get(name[1], Fraction(0)) + power
        elif name[0] == "prime":
            key = ((_atom(("logprime", name[1])), Fraction(1)),)
            total[key] = total.get(key, Fraction(0)) + power
        elif _positive(atom) or (len(monomial) == 1 and power == 1):
            key = ((_atom(("log", atom)), Fraction(1)),)
            total[key] = total.get(key, Fraction(0)) + power
        else:
            return _opaque(whole)
    return {m: v for m, v in total.items() if v}


_FORMS = {"+": _sum, "*": _product, "inv": _inverse, "pow": _power, "pi": _pi, "call": _call}
