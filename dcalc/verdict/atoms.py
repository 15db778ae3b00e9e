"""Zero tests by normal form: constants as quotients of polynomials over interned atoms (`forms`).

An empty numerator is zero, proved: that of exp(2) - e**2, sin(2)**2 + cos(2)**2 - 1,
cos(-1) - cos(1), sin(pi/6) - 1/2.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from dcalc.verdict import forms
from dcalc.verdict.calls import call
from dcalc.verdict.constant import Constant, fraction
from dcalc.verdict.forms import ONE_FORM, ONE_MONOMIAL, Form, frozen, of_atom

if TYPE_CHECKING:
    from flint import fmpq

_MAX_NODES = 4000
_MAX_ATOMS = 20_000
_MAX_MULTIPLIED = 4

Ratio = tuple[Form, Form]

_generation = 0


def forget() -> None:
    """Drop the atoms, so that a stream of problems leaves nothing behind."""
    global _generation
    _generation += 1
    forms.clear()


def limit() -> None:
    """Drop the atoms where there are many: between problems, never amid one. Effort is counted anew."""
    forms.EFFORT.start()
    if forms.count() > _MAX_ATOMS:
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
    return fraction(value) if monomial == ((forms.atom(("pi",)), 1),) else None


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
    inverse = ((forms.atom(("inverse", frozen(below))), 1),)
    out: Form = {}
    for monomial, value in above.items():
        term, factor = forms.merged(monomial, inverse)
        out[term] = out[term] + value * factor if term in out else value * factor
    return forms.reduced(out)


def _made(constant: Constant) -> Ratio | None:
    """The normal form from those of the parts; None where it would be too long."""
    if constant.exact is not None:
        return forms.of_rational(constant.exact), ONE_FORM
    if constant.op in _RATIOS:
        return _RATIOS[constant.op](constant)
    if constant.op == "pi":
        return of_atom(("pi",)), ONE_FORM
    name, args, extra = constant.args
    found = call(name, [_flat(_inner(arg)) for arg in args], extra or 0)
    if found is None:
        return None
    forms.note_sign(found, (constant.ball > 0) - (constant.ball < 0))
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
        product = forms.multiply(above, forms.monomial_power(monomial, value, -1))
        return None if product is None else (product, ONE_FORM)
    scaled, factor = forms.content(below)
    return {monomial: value / factor for monomial, value in above.items()}, scaled


def _sum(constant: Constant) -> Ratio | None:
    (a, b), (c, d) = (_inner(part) for part in constant.args)
    if b == d:
        return _quotient(forms.add(a, c), b)
    left, right = forms.multiply(a, d), forms.multiply(c, b)
    if left is None or right is None:
        return None
    return _quotient(forms.add(left, right), forms.multiply(b, d))


def _product(constant: Constant) -> Ratio | None:
    (a, b), (c, d) = (_inner(part) for part in constant.args)
    if a == d:
        return _quotient(c, b)
    if c == b:
        return _quotient(a, d)
    return _quotient(forms.multiply(a, c), forms.multiply(b, d))


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
        if whole or (value > 0 and all(forms.is_positive(number) for number, _ in monomial)):
            return forms.reduced(forms.monomial_power(monomial, value, exponent)), ONE_FORM
    if whole and abs(exponent) <= _MAX_MULTIPLIED:
        times = abs(int(exponent))
        ratio = (_repeated(above, times), _repeated(below, times))
        return _quotient(*ratio) if exponent > 0 else _quotient(*reversed(ratio))
    inner = _flat((above, below))
    if not inner or (scaled := forms.content(inner))[1] < 0:
        return of_atom(("powerof", frozen(inner), exponent)), ONE_FORM
    return _of_power(*scaled, exponent), ONE_FORM


def _repeated(inner: Form, exponent: int) -> Form | None:
    total: Form | None = inner
    for _ in range(exponent - 1):
        total = None if total is None else forms.multiply(total, inner)
    return total


def _of_power(scaled: Form, factor: fmpq, exponent: Fraction) -> Form:
    """(factor*scaled)**exponent for a positive sum."""
    ((outer, value),) = forms.monomial_power(ONE_MONOMIAL, factor, exponent).items()
    monomial, extra = forms.merged(outer, ((forms.atom(("power", frozen(scaled))), exponent),))
    return {monomial: value * extra}


_RATIOS = {"+": _sum, "*": _product, "inv": _inverse, "pow": _power}
