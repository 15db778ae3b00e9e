"""Operators, conditions, choices and steps on blocks, each with what it does to an error.

Every rule takes the `Arrays` that it writes to and the values of its arguments.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

from dcalc import functions as table
from dcalc.bulk.bound import Arrays, Mask, Truth, Value, product_sign
from dcalc.bulk.ufunc_program import Operand, Reg
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.tape import Registry

RULES = Registry("arrays")
rule, rule_of = RULES.rule, RULES.rule_of

FEW = 8
"""Sums of more terms are added one at a time; here each partial sum is bounded by the sum of all sizes."""


@rule_of("+")
def add(a: Arrays, *terms: Value, minus: tuple[Value, ...] = ()) -> Value:
    """The sum of the terms, less those of ``minus``, from left to right."""
    if not terms:
        terms, minus = (neg(a, minus[0]),), minus[1:]
    y = terms[0].v
    for term in terms[1:]:
        y = a.compute("add", y, term.v)
    for term in minus:
        y = a.compute("subtract", y, term.v)
    return _bound_sum(a, y, (*terms, *minus), _joint_sign([*[t.sign for t in terms], *[-t.sign for t in minus]]))


@rule_of("-")
def sub(a: Arrays, u: Value, v: Value) -> Value:
    """u - v."""
    return add(a, u, minus=(v,))


def _joint_sign(signs: list[int]) -> int:
    """The sign of a sum in which nothing cancels, else 0."""
    if min(signs) > 0:
        return max(signs)
    return min(signs) if max(signs) < 0 else 0


def _bound_sum(a: Arrays, y: Operand, terms: tuple[Value, ...], sign: int) -> Value:
    if not a.bounded or len(terms) == 1:
        return terms[0] if len(terms) == 1 else Value(y, sign=sign)
    rounding = a.unit * (len(terms) - 1)
    error: Operand = 0.0
    for term in terms:
        error = a.plus(error, term.abs)
    if sign and (a.joint or not any(isinstance(term.own, Reg) for term in terms)):  # nothing cancels
        own: Operand = 0.0
        for term in terms:
            own = a.larger(own, term.own)
        return a.make_value(y, max(term.rel for term in terms) + rounding, own, error, terms, sign=sign, exact=True)
    if len(terms) == 2:  # the only partial sum is the sum itself
        rounding, rel = 0.0, a.unit
    else:
        rel = 0.0
    weighed: dict[Operand, Operand] = {}
    for term in terms:
        weight = a.plus(term.own, term.rel + rounding)
        if weight != 0.0:
            weighed[weight] = a.plus(weighed.get(weight, 0.0), a.size(term))
    for weight, size in weighed.items():
        error = a.plus(error, a.times(weight, size))
    return a.make_value(y, rel, 0.0, error, terms, sign=sign, exact=error == 0.0)


@rule_of("*")
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
    own, sure = _join(a, u.own, v.own)
    return a.make_value(y, u.rel + v.rel + (0.0 if exact else a.unit), own, error, (u, v), sure, sign=sign)


def _join(a: Arrays, first: Operand, second: Operand) -> tuple[Operand, frozenset[Reg]]:
    """Two relative errors together; each below LIMIT, they may add up to more."""
    own = a.plus(first, second)
    both = isinstance(first, Reg) and isinstance(second, Reg)
    return own, a.small(own) if both else frozenset()


_POWERS = frozenset(sign * 2.0**k for k in range(-60, 61) for sign in (1, -1))


@rule_of("/")
def div(a: Arrays, u: Value, v: Value) -> Value:
    """u/v; doubtful where v may be 0."""
    y = a.compute("divide", u.v, v.v)
    sign = product_sign(u.sign, v.sign)
    if not a.bounded:
        return Value(y, sign=sign)
    rel, below, sure = a.ratio(v)
    own, joint = _join(a, u.own, below)
    error = a.over(u.abs, a.size(v))
    return a.make_value(y, u.rel + rel + a.unit, own, error, (u, v), sure | joint, sign=sign)


@rule
def neg(a: Arrays, u: Value) -> Value:
    """-u, exact."""
    v = a.program.op("negative", u.v) if isinstance(u.v, Reg) else -u.v
    return u._replace(v=v, sign=-u.sign)


def scale(a: Arrays, factor: float, u: Value) -> Value:
    """A product by a number that is exact."""
    return _times(a, Value(factor, sign=2 if factor > 0 else -2), u)


@rule
def abs_(a: Arrays, u: Value) -> Value:
    """The absolute value, exact."""
    return u._replace(v=a.size(u), sign=max(1, abs(u.sign)))


# --- Conditions, choices and steps on blocks: where no error can change them they are exact.

# --- conditions ---------------------------------------------------------------------------


def _compare(a: Arrays, name: str, u: Value, v: Value) -> Truth:
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


def _relation(name: str) -> Callable[[Arrays, Value, Value], Truth]:
    return lambda a, u, v: _compare(a, name, u, v)


for _key, _name in {
    "<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal", "==": "equal", "!=": "not_equal",
}.items():  # fmt: skip
    rule_of(_key)(_relation(_name))


@rule
def and_(a: Arrays, p: Truth, q: Truth) -> Truth:
    """Both hold."""
    return Truth(a.both(p.v, q.v), p.sure | q.sure)


@rule
def or_(a: Arrays, p: Truth, q: Truth) -> Truth:
    """One of them holds."""
    return Truth(a.either(p.v, q.v), p.sure | q.sure)


@rule
def not_(a: Arrays, p: Truth) -> Truth:
    """It does not hold."""
    return Truth((not p.v) if isinstance(p.v, bool) else a.program.op("logical_not", p.v), p.sure)


# --- choices ------------------------------------------------------------------------------


@rule
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
        sure |= a.need(chosen_mask(a, mask, a.merge(first.sure), a.merge(second.sure)))
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


@rule
def max_(a: Arrays, u: Value, v: Value) -> Value:
    """The larger of two values."""
    return _choose(a, "maximum", u, v, max(u.sign, v.sign, 0) or _common_sign(u.sign, v.sign))


@rule
def min_(a: Arrays, u: Value, v: Value) -> Value:
    """The smaller of two values."""
    return _choose(a, "minimum", u, v, min(u.sign, v.sign, 0) or _common_sign(u.sign, v.sign))


def _choose(a: Arrays, name: str, u: Value, v: Value, sign: int) -> Value:
    y = a.program.op(name, u.v, v.v)
    if not a.bounded:
        return Value(y, sign=sign)
    if isinstance(u.own, Reg) or isinstance(v.own, Reg):
        return a.make_value(y, 0.0, 0.0, a.larger(a.error(u), a.error(v)), (u, v), sign=sign, exact=True)
    # Where the errors leave the choice open the two are as good as equal.
    return a.make_value(y, u.rel + v.rel, 0.0, a.larger(u.abs, v.abs), (u, v), sign=sign, exact=True)


@rule
def relu(a: Arrays, u: Value) -> Value:
    """max(u, 0)."""
    return max_(a, u, Value(0.0))


# --- steps --------------------------------------------------------------------------------


@rule
def sign(a: Arrays, u: Value) -> Value:
    """-1, 0 or 1."""
    return Value(a.program.op("sign", u.v), sure=u.sure | apart(a, u, Value(0.0)) if a.bounded else u.sure)


@rule
def step(a: Arrays, u: Value) -> Value:
    """1 where u >= 0, else 0."""
    return where(a, _compare(a, "greater_equal", u, Value(0.0)), Value(1.0, sign=2), Value(0.0, sign=1))


def _round(a: Arrays, name: str, u: Value) -> Value:
    if not a.in_doubles:
        raise Unsupported("steps are rounded in doubles only")
    y = a.program.op(name, u.v)
    if not a.bounded or (error := a.error(u)) == 0.0:
        return Value(y, sure=u.sure)
    nearest = a.program.op("rint", u.v)
    gap = a.program.op("absolute", a.program.op("subtract", u.v, nearest))  # exact
    if name == "rint":
        gap = a.program.op("subtract", 0.5, gap)
    return Value(y, sure=u.sure | a.need(a.above(gap, a.times(2.0, error))))


@rule
def floor(a: Arrays, u: Value) -> Value:
    """The largest integer that is at most u."""
    return _round(a, "floor", u)


@rule
def ceil(a: Arrays, u: Value) -> Value:
    """The smallest integer that is at least u."""
    return _round(a, "ceil", u)


@rule
def round_(a: Arrays, u: Value) -> Value:
    """The nearest integer, the even one of two."""
    return _round(a, "rint", u)


@rule
def trunc(a: Arrays, u: Value) -> Value:
    """u rounded toward 0."""
    return _round(a, "trunc", u)


@rule
def frac(a: Arrays, u: Value) -> Value:
    """u - floor(u)."""
    return sub(a, u, floor(a, u))


@rule
def mod(a: Arrays, u: Value, v: Value) -> Value:
    """u - v*floor(u/v)."""
    if a.error(u) == a.error(v) == 0.0:
        return a.make_value(a.program.op("mod", u.v, v.v), a.unit, 0.0, 0.0, (u, v))
    return sub(a, u, mul(a, v, floor(a, div(a, u, v))))


# --- Conditions on blocks, decided with margin: where they hold at the point and all around it.

_EXACT: dict[table.Row, Callable[[float, float], bool]] = {
    table.LT: operator.lt, table.LE: operator.le, table.GT: operator.gt, table.GE: operator.ge,
    table.EQ: operator.eq, table.NE: operator.ne,
}  # fmt: skip


_OPPOSITE = {
    table.LT: table.GE, table.LE: table.GT, table.GT: table.LE, table.GE: table.LT,
    table.EQ: table.NE, table.NE: table.EQ, table.AND: table.OR, table.OR: table.AND,
}  # fmt: skip


def surely(a: Arrays, condition: Expr, values: Mapping[int, Any], *, holds: bool = True) -> Mask:
    """Where a condition of comparisons, `and` and `or` surely holds (or surely does not), and goes
    on so when the point moves a little: `x >= 0` is x > 0 here, and `x == 0` holds for a constant
    at most."""
    masks: dict[int, Mask] = {}
    for node in parts(condition):
        op = node.op if holds else _OPPOSITE[node.op]
        if op in _EXACT:
            masks[node.id] = _comparison_mask(a, op, *[values[arg.id] for arg in node.args])
        else:
            join = a.both if op is table.AND else a.either
            masks[node.id] = join(*[masks[arg.id] for arg in node.args])
    return masks[condition.id]


def parts(condition: Expr) -> list[Expr]:
    """The conditions that a condition is made of, inner ones first."""
    conditions: dict[Expr, None] = {}
    stack = [condition]
    while stack:
        node = stack.pop()
        if node.op in table.CONDITIONS:
            conditions[node] = None
            stack += node.args
    return sorted(conditions, key=lambda node: node.id)


def nonzero(a: Arrays, value: Value) -> Mask:
    """Where a value is surely not 0."""
    return a.both(_positive(a, abs_(a, value)), a.merge(value.sure))


def _positive(a: Arrays, value: Value) -> Mask:
    """Where a value is more than its error. The relative ones, small where it counts, cannot bring it to 0."""
    if value.abs != 0.0:
        return a.above(value.v, a.times(2.0, value.abs))
    return value.sign > 1 or a.above(value.v, 0.0)


def _comparison_mask(a: Arrays, op: table.Row, u: Value, v: Value) -> Mask:
    if isinstance(u.v, float) and isinstance(v.v, float) and a.error(u) == a.error(v) == 0.0:
        return _EXACT[op](u.v, v.v)
    if op is table.EQ:
        return False
    less, more = (u, v) if op in (table.LT, table.LE) else (v, u)
    gap = more if less.v == 0.0 and a.error(less) == 0.0 else sub(a, more, less)
    return a.both(_positive(a, abs_(a, gap) if op is table.NE else gap), a.merge(gap.sure))
