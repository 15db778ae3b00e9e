"""Operators on blocks, each with what it does to an error.

Named as in the table's column `real`; every function takes the `Arrays` that it writes to and the
values of its arguments.
"""

from __future__ import annotations

from dcalc.algebra.arrays.bound import UNIT, Arrays, Value, product_sign
from dcalc.algebra.arrays.program import Operand, Reg

FEW = 8
"""Sums of more terms are added one at a time; here each partial sum is bounded by the sum of all sizes."""


def add(a: Arrays, *terms: Value, minus: tuple[Value, ...] = ()) -> Value:
    """The sum of the terms, less those of ``minus``, from left to right."""
    if not terms:
        terms, minus = (neg(a, minus[0]),), minus[1:]
    y = terms[0].v
    for term in terms[1:]:
        y = a.compute("add", y, term.v)
    for term in minus:
        y = a.compute("subtract", y, term.v)
    return _summed(a, y, (*terms, *minus), _joint_sign([*[t.sign for t in terms], *[-t.sign for t in minus]]))


def sub(a: Arrays, u: Value, v: Value) -> Value:
    """u - v."""
    return add(a, u, minus=(v,))


def _joint_sign(signs: list[int]) -> int:
    """The sign of a sum in which nothing cancels, else 0."""
    if min(signs) > 0:
        return max(signs)
    return min(signs) if max(signs) < 0 else 0


def _summed(a: Arrays, y: Operand, terms: tuple[Value, ...], sign: int) -> Value:
    if not a.bounded or len(terms) == 1:
        return terms[0] if len(terms) == 1 else Value(y, sign=sign)
    rounding = UNIT * (len(terms) - 1)
    error: Operand = 0.0
    for term in terms:
        error = a.plus(error, term.abs)
    if sign and not any(isinstance(term.own, Reg) for term in terms):  # nothing cancels
        return a.made(y, max(term.rel for term in terms) + rounding, 0.0, error, terms, sign=sign, exact=True)
    if len(terms) == 2:  # the only partial sum is the sum itself
        rounding, rel = 0.0, UNIT
    else:
        rel = 0.0
    weighed: dict[Operand, Operand] = {}
    for term in terms:
        weight = a.plus(term.own, term.rel + rounding)
        if weight != 0.0:
            weighed[weight] = a.plus(weighed.get(weight, 0.0), a.size(term))
    for weight, size in weighed.items():
        error = a.plus(error, a.times(weight, size))
    return a.made(y, rel, 0.0, error, terms, sign=sign, exact=error == 0.0)


def mul(a: Arrays, first: Value, *rest: Value) -> Value:
    """The product, from left to right."""
    for value in rest:
        first = _times(a, first, value)
    return first


def _times(a: Arrays, u: Value, v: Value) -> Value:
    factor = next((f for f in (u, v) if not isinstance(f.v, Reg) and a.error(f) == 0.0), None)
    if factor is not None and abs(factor.v) == 1.0:  # type: ignore[arg-type]  # a constant
        other = v if factor is u else u
        return other if factor.v == 1.0 else neg(a, other)
    y = a.compute("multiply", u.v, v.v)
    sign = product_sign(u.sign, v.sign) or int(isinstance(u.v, Reg) and u.v is v.v)
    if not a.bounded:
        return Value(y, sign=sign)
    exact = factor is not None and factor.v in _POWERS  # but for underflow
    error: Operand = 0.0
    if v.abs != 0.0:
        error = a.times(a.size(u), v.abs)
    if u.abs != 0.0:
        error = a.plus(error, a.times(u.abs, a.plus(a.size(v), v.abs)))
    own, sure = _joined(a, u.own, v.own)
    return a.made(y, u.rel + v.rel + (0.0 if exact else UNIT), own, error, (u, v), sure, sign=sign)


def _joined(a: Arrays, first: Operand, second: Operand) -> tuple[Operand, frozenset[Reg]]:
    """Two relative errors together; each below LIMIT, they may add up to more."""
    own = a.plus(first, second)
    both = isinstance(first, Reg) and isinstance(second, Reg)
    return own, a.small(own) if both else frozenset()


_POWERS = frozenset(sign * 2.0**k for k in range(-60, 61) for sign in (1, -1))


def div(a: Arrays, u: Value, v: Value) -> Value:
    """u/v; doubtful where v may be 0."""
    y = a.compute("divide", u.v, v.v)
    sign = product_sign(u.sign, v.sign)
    if not a.bounded:
        return Value(y, sign=sign)
    rel, below, sure = a.ratio(v)
    own, joint = _joined(a, u.own, below)
    error = a.over(u.abs, a.size(v))
    return a.made(y, u.rel + rel + UNIT, own, error, (u, v), sure | joint, sign=sign)


def neg(a: Arrays, u: Value) -> Value:
    """-u, exact."""
    v = a.program.op("negative", u.v) if isinstance(u.v, Reg) else -u.v
    return u._replace(v=v, sign=-u.sign)


def scaled(a: Arrays, factor: float, u: Value) -> Value:
    """A product by a number that is exact."""
    return _times(a, Value(factor, sign=2 if factor > 0 else -2), u)


def abs_(a: Arrays, u: Value) -> Value:
    """The absolute value, exact."""
    return u._replace(v=a.size(u), sign=max(1, abs(u.sign)))
