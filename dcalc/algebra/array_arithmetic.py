"""Operators and choices on blocks, each with what it does to an error.

Named as in the table's column `real`; every function takes the `Arrays` that it writes to and the
values of its arguments.
"""

from __future__ import annotations

from dcalc.algebra.array_bound import UNIT, Arrays, Mask, Truth, Value
from dcalc.algebra.array_program import Operand, Reg


def add(a: Arrays, first: Value, *rest: Value) -> Value:
    """The sum, from left to right."""
    for value in rest:
        first = _plus(a, "add", first, value)
    return first


def sub(a: Arrays, u: Value, v: Value) -> Value:
    """u - v."""
    return _plus(a, "subtract", u, v)


def _plus(a: Arrays, name: str, u: Value, v: Value) -> Value:
    y = a.compute(name, u.v, v.v)
    same = u.sign * (v.sign if name == "add" else -v.sign) > 0
    sign = u.sign if same else 0
    if not a.bounded:
        return Value(y, sign=sign)
    if same and not isinstance(u.rel, Reg) and not isinstance(v.rel, Reg):  # nothing cancels
        return a.made(y, max(u.rel, v.rel) + UNIT, a.plus(u.abs, v.abs), (u, v), sign=sign, exact=True)
    if u.rel == v.rel:
        error = a.times(u.rel, a.plus(a.size(u), a.size(v))) if u.rel != 0.0 else 0.0
    else:
        error = a.plus(a.times(u.rel, a.size(u)), a.times(v.rel, a.size(v)))
    error = a.plus(error, a.plus(u.abs, v.abs))
    return a.made(y, UNIT, error, (u, v), sign=sign, exact=error == 0.0)


def mul(a: Arrays, first: Value, *rest: Value) -> Value:
    """The product, from left to right."""
    for value in rest:
        first = _times(a, first, value)
    return first


def _times(a: Arrays, u: Value, v: Value) -> Value:
    if u.v == 1.0 or v.v == 1.0:
        exact, other = (u, v) if u.v == 1.0 else (v, u)
        if exact.rel == exact.abs == 0.0:
            return other._replace(sure=u.sure | v.sure)
    power = next((abs(f.v) for f in (u, v) if not isinstance(f.v, Reg) and f.rel == f.abs == 0.0), 0.0)
    y = a.compute("multiply", u.v, v.v)
    sign = (1 if isinstance(u.v, Reg) and u.v is v.v else 0) or u.sign * v.sign
    if not a.bounded:
        return Value(y, sign=sign)
    rounding = 0.0 if power in _POWERS else UNIT  # exact but for underflow
    error: Operand = 0.0
    if v.abs != 0.0:
        error = a.times(a.size(u), v.abs)
    if u.abs != 0.0:
        error = a.plus(error, a.times(u.abs, a.plus(a.size(v), v.abs)))
    rel = a.plus(a.plus(u.rel, v.rel), rounding)
    return a.made(y, rel, error, (u, v), _joint(a, u.rel, v.rel), sign=sign)


def _joint(a: Arrays, first: Operand, second: Operand) -> frozenset[Reg]:
    """Two errors of less than LIMIT may add up to more."""
    both = isinstance(first, Reg) and isinstance(second, Reg)
    return a.small(a.plus(first, second)) if both else frozenset()


_POWERS = frozenset(2.0**k for k in range(-60, 61))


def div(a: Arrays, u: Value, v: Value) -> Value:
    """u/v; doubtful where v may be 0."""
    y = a.compute("divide", u.v, v.v)
    sign = u.sign * v.sign
    if not a.bounded:
        return Value(y, sign=sign)
    below, sure = a.ratio(v)
    rel = a.plus(a.plus(u.rel, below), UNIT)
    return a.made(y, rel, a.over(u.abs, a.size(v)), (u, v), sure | _joint(a, u.rel, below), sign=sign)


def neg(a: Arrays, u: Value) -> Value:
    """-u, exact."""
    v = a.program.op("negative", u.v) if isinstance(u.v, Reg) else -u.v
    return u._replace(v=v, sign=-u.sign)


def scaled(a: Arrays, factor: float, u: Value) -> Value:
    """A product by a number that is exact."""
    return _times(a, Value(factor, sign=1 if factor > 0 else -1), u)


def abs_(a: Arrays, u: Value) -> Value:
    """The absolute value, exact."""
    return u._replace(v=a.size(u), sign=1)


# --- conditions ---------------------------------------------------------------------------


def _compared(a: Arrays, name: str, u: Value, v: Value) -> Truth:
    holds = a.program.op(name, u.v, v.v)
    if not a.bounded:
        return Truth(holds)
    return Truth(holds, u.sure | v.sure | apart(a, u, v))


def apart(a: Arrays, u: Value, v: Value) -> frozenset[Reg]:
    """The doubt whether errors could make u and v change places; none where both are exact."""
    error = a.plus(a.error(u), a.error(v))
    if error == 0.0:
        return frozenset()
    gap = abs_(a, Value(u.v if v.v == 0.0 else a.program.op("subtract", u.v, v.v), sign=u.sign if v.v == 0.0 else 0))
    return a.need(a.above(gap.v, a.times(2.0, error)))


def lt(a: Arrays, u: Value, v: Value) -> Truth:
    """u < v."""
    return _compared(a, "less", u, v)


def le(a: Arrays, u: Value, v: Value) -> Truth:
    """u <= v."""
    return _compared(a, "less_equal", u, v)


def gt(a: Arrays, u: Value, v: Value) -> Truth:
    """u > v."""
    return _compared(a, "greater", u, v)


def ge(a: Arrays, u: Value, v: Value) -> Truth:
    """u >= v."""
    return _compared(a, "greater_equal", u, v)


def eq(a: Arrays, u: Value, v: Value) -> Truth:
    """u == v."""
    return _compared(a, "equal", u, v)


def ne(a: Arrays, u: Value, v: Value) -> Truth:
    """u != v."""
    return _compared(a, "not_equal", u, v)


def and_(a: Arrays, p: Truth, q: Truth) -> Truth:
    """Both hold."""
    return Truth(a.both(p.v, q.v), p.sure | q.sure)


def or_(a: Arrays, p: Truth, q: Truth) -> Truth:
    """One of them holds."""
    return Truth(either(a, p.v, q.v), p.sure | q.sure)


def either(a: Arrays, p: Mask, q: Mask) -> Mask:
    """Where one of two masks holds."""
    if isinstance(p, bool):
        return p or q
    if isinstance(q, bool):
        return q or p
    return a.program.op("logical_or", p, q)


def not_(a: Arrays, p: Truth) -> Truth:
    """It does not hold."""
    return Truth((not p.v) if isinstance(p.v, bool) else a.program.op("logical_not", p.v), p.sure)


# --- choices ------------------------------------------------------------------------------


def where(a: Arrays, condition: Truth, first: Value, second: Value) -> Value:
    """The first where the condition holds; doubts of the other do not matter."""
    mask = condition.v
    if isinstance(mask, bool):
        return first if mask else second

    def chosen(u: Operand, v: Operand) -> Operand:
        return u if u is v or (not isinstance(u, Reg) and u == v) else a.program.op("select", mask, u, v)

    v = chosen(first.v, second.v)
    sign = first.sign if first.sign == second.sign else 0
    if not a.bounded:
        return Value(v, sign=sign)
    sure = condition.sure
    if first.sure or second.sure:
        sure |= a.need(chosen_mask(a, mask, a.merged(first.sure), a.merged(second.sure)))
    return Value(v, chosen(first.rel, second.rel), chosen(first.abs, second.abs), sign, sure)


def chosen_mask(a: Arrays, condition: Mask, first: Mask, second: Mask) -> Mask:
    """The first mask where the condition holds, else the second."""
    inside = either(a, not_(a, Truth(condition)).v, first)
    return a.both(inside, either(a, condition, second))


def max_(a: Arrays, u: Value, v: Value) -> Value:
    """The larger of two values."""
    return _chosen(a, "maximum", u, v, 1 if u.sign > 0 or v.sign > 0 else 0)


def min_(a: Arrays, u: Value, v: Value) -> Value:
    """The smaller of two values."""
    return _chosen(a, "minimum", u, v, -1 if u.sign < 0 or v.sign < 0 else 0)


def _chosen(a: Arrays, name: str, u: Value, v: Value, sign: int) -> Value:
    y = a.program.op(name, u.v, v.v)
    if not a.bounded:
        return Value(y, sign=sign)
    if isinstance(u.rel, Reg) or isinstance(v.rel, Reg):
        return a.made(y, 0.0, a.larger(a.error(u), a.error(v)), (u, v), sign=sign, exact=True)
    # Where the errors leave the choice open the two are as good as equal.
    return a.made(y, u.rel + v.rel, a.larger(u.abs, v.abs), (u, v), sign=sign, exact=True)


def relu(a: Arrays, u: Value) -> Value:
    """max(u, 0)."""
    return max_(a, u, Value(0.0))


# --- steps --------------------------------------------------------------------------------


def sign(a: Arrays, u: Value) -> Value:
    """-1, 0 or 1."""
    return Value(a.program.op("sign", u.v), sure=u.sure | apart(a, u, Value(0.0)) if a.bounded else u.sure)


def step(a: Arrays, u: Value) -> Value:
    """1 where u >= 0, else 0."""
    return where(a, ge(a, u, Value(0.0)), Value(1.0, sign=1), Value(0.0, sign=1))


def _rounded(a: Arrays, name: str, u: Value) -> Value:
    y = a.program.op(name, u.v)
    if not a.bounded or (error := a.error(u)) == 0.0:
        return Value(y, sure=u.sure)
    nearest = a.program.op("rint", u.v)
    gap = a.program.op("absolute", a.program.op("subtract", u.v, nearest))  # exact
    if name == "rint":
        gap = a.program.op("subtract", 0.5, gap)
    return Value(y, sure=u.sure | a.need(a.above(gap, a.times(2.0, error))))


def floor(a: Arrays, u: Value) -> Value:
    """The largest integer that is at most u."""
    return _rounded(a, "floor", u)


def ceil(a: Arrays, u: Value) -> Value:
    """The smallest integer that is at least u."""
    return _rounded(a, "ceil", u)


def round_(a: Arrays, u: Value) -> Value:
    """The nearest integer, the even one of two."""
    return _rounded(a, "rint", u)


def trunc(a: Arrays, u: Value) -> Value:
    """u rounded toward 0."""
    return _rounded(a, "trunc", u)


def frac(a: Arrays, u: Value) -> Value:
    """u - floor(u)."""
    return sub(a, u, floor(a, u))


def mod(a: Arrays, u: Value, v: Value) -> Value:
    """u - v*floor(u/v)."""
    if a.error(u) == a.error(v) == 0.0:
        return a.made(a.program.op("mod", u.v, v.v), UNIT, 0.0, (u, v))
    return sub(a, u, mul(a, v, floor(a, div(a, u, v))))
