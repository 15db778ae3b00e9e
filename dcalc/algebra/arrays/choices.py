"""Conditions, choices and steps on blocks: where no error can change them they are exact.

Named as in the table's column `real`, as those of `arithmetic` are.
"""

from __future__ import annotations

from dcalc.algebra.arrays.arithmetic import abs_, div, mul, sub
from dcalc.algebra.arrays.bound import UNIT, Arrays, Mask, Truth, Value
from dcalc.algebra.arrays.program import Operand, Reg

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
    return Truth(a.either(p.v, q.v), p.sure | q.sure)


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
    sign = _common_sign(first.sign, second.sign)
    if not a.bounded:
        return Value(v, sign=sign)
    sure = condition.sure
    if first.sure or second.sure:
        sure |= a.need(chosen_mask(a, mask, a.merged(first.sure), a.merged(second.sure)))
    own = chosen(a.plus(first.own, first.rel), a.plus(second.own, second.rel))
    rel, own = (0.0, own) if isinstance(own, Reg) else (own, 0.0)
    return Value(v, rel, own, chosen(first.abs, second.abs), sign, sure)


def _common_sign(first: int, second: int) -> int:
    """The sign that either of two has."""
    return min(first, second, key=abs) if first * second > 0 else 0


def chosen_mask(a: Arrays, condition: Mask, first: Mask, second: Mask) -> Mask:
    """The first mask where the condition holds, else the second."""
    inside = a.either(not_(a, Truth(condition)).v, first)
    return a.both(inside, a.either(condition, second))


def max_(a: Arrays, u: Value, v: Value) -> Value:
    """The larger of two values."""
    return _chosen(a, "maximum", u, v, max(u.sign, v.sign, 0) or _common_sign(u.sign, v.sign))


def min_(a: Arrays, u: Value, v: Value) -> Value:
    """The smaller of two values."""
    return _chosen(a, "minimum", u, v, min(u.sign, v.sign, 0) or _common_sign(u.sign, v.sign))


def _chosen(a: Arrays, name: str, u: Value, v: Value, sign: int) -> Value:
    y = a.program.op(name, u.v, v.v)
    if not a.bounded:
        return Value(y, sign=sign)
    if isinstance(u.own, Reg) or isinstance(v.own, Reg):
        return a.made(y, 0.0, 0.0, a.larger(a.error(u), a.error(v)), (u, v), sign=sign, exact=True)
    # Where the errors leave the choice open the two are as good as equal.
    return a.made(y, u.rel + v.rel, 0.0, a.larger(u.abs, v.abs), (u, v), sign=sign, exact=True)


def relu(a: Arrays, u: Value) -> Value:
    """max(u, 0)."""
    return max_(a, u, Value(0.0))


# --- steps --------------------------------------------------------------------------------


def sign(a: Arrays, u: Value) -> Value:
    """-1, 0 or 1."""
    return Value(a.program.op("sign", u.v), sure=u.sure | apart(a, u, Value(0.0)) if a.bounded else u.sure)


def step(a: Arrays, u: Value) -> Value:
    """1 where u >= 0, else 0."""
    return where(a, ge(a, u, Value(0.0)), Value(1.0, sign=2), Value(0.0, sign=1))


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
        return a.made(a.program.op("mod", u.v, v.v), UNIT, 0.0, 0.0, (u, v))
    return sub(a, u, mul(a, v, floor(a, div(a, u, v))))
