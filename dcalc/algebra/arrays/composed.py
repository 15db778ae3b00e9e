"""Functions on blocks that are made of others, in forms that lose no digits.

Their errors follow from those of their parts.
"""

from __future__ import annotations

import math

from dcalc.algebra.arrays import arithmetic as basic
from dcalc.algebra.arrays import choices
from dcalc.algebra.arrays import functions as single
from dcalc.algebra.arrays.bound import UNIT, Arrays, Value

ONE = Value(1.0, sign=2)
PI = Value(math.pi, UNIT, sign=2)


def _inverse(a: Arrays, y: Value) -> Value:
    return basic.div(a, ONE, y)


def sec(a: Arrays, u: Value) -> Value:
    """1/cos(u)."""
    return _inverse(a, single.cos(a, u))


def csc(a: Arrays, u: Value) -> Value:
    """1/sin(u)."""
    return _inverse(a, single.sin(a, u))


def cot(a: Arrays, u: Value) -> Value:
    """cos(u)/sin(u)."""
    return basic.div(a, single.cos(a, u), single.sin(a, u))


def sinc(a: Arrays, u: Value) -> Value:
    """sin(u)/u; doubtful at 0."""
    return basic.div(a, single.sin(a, u), u)


def sinpi(a: Arrays, u: Value) -> Value:
    """sin(pi*u): the remainder by 2 is exact."""
    half = a.program.op("rint", a.program.op("multiply", u.v, 0.5))
    r = a.program.op("subtract", u.v, a.program.op("multiply", half, 2.0))
    turned = a.program.op("subtract", a.program.op("copysign", 1.0, r), r)
    inner = a.program.op("less_equal", a.program.op("absolute", r), 0.5)
    folded = Value(a.program.op("select", inner, r, turned), 0.0, 0.0, a.error(u), 0, u.sure)
    return single.sin(a, basic.mul(a, PI, folded))


def cospi(a: Arrays, u: Value) -> Value:
    """cos(pi*u)."""
    half = a.program.op("rint", a.program.op("multiply", u.v, 0.5))
    r = a.program.op("subtract", u.v, a.program.op("multiply", half, 2.0))
    folded = a.program.op("subtract", 0.5, a.program.op("absolute", r))  # one rounding, none near 0
    return single.sin(a, basic.mul(a, PI, Value(folded, UNIT, 0.0, a.error(u), 0, u.sure)))


def _decay(a: Arrays, u: Value) -> Value:
    """exp(-abs(u)), which never overflows."""
    return single.exp(a, basic.neg(a, basic.abs_(a, u)))


def sech(a: Arrays, u: Value) -> Value:
    """1/cosh(u)."""
    q = _decay(a, u)
    return basic.div(a, basic.scaled(a, 2.0, q), basic.add(a, ONE, basic.mul(a, q, q)))


def csch(a: Arrays, u: Value) -> Value:
    """1/sinh(u)."""
    return _inverse(a, single.sinh(a, u))


def coth(a: Arrays, u: Value) -> Value:
    """1/tanh(u)."""
    return _inverse(a, single.tanh(a, u))


def sigmoid(a: Arrays, u: Value) -> Value:
    """1/(1 + exp(-u))."""
    return _inverse(a, basic.add(a, ONE, single.exp(a, basic.neg(a, u))))


def softplus(a: Arrays, u: Value) -> Value:
    """log(1 + exp(u))."""
    return basic.add(a, choices.relu(a, u), single.log1p(a, _decay(a, u)))


def logit(a: Arrays, u: Value) -> Value:
    """log(u/(1 - u))."""
    return single.log(a, basic.div(a, u, basic.sub(a, ONE, u)))


def logsumexp(a: Arrays, *z: Value) -> Value:
    """The logarithm of the sum of all exp(z), about the largest."""
    top = z[0]
    for part in z[1:]:
        top = choices.max_(a, top, part)
    return basic.add(a, top, single.log(a, basic.add(a, *[single.exp(a, basic.sub(a, part, top)) for part in z])))


def xlogx(a: Arrays, u: Value) -> Value:
    """u*log(u)."""
    return basic.mul(a, u, single.log(a, u))


def xlogy(a: Arrays, u: Value, v: Value) -> Value:
    """u*log(v)."""
    return basic.mul(a, u, single.log(a, v))


def xlog1py(a: Arrays, u: Value, v: Value) -> Value:
    """u*log(1 + v)."""
    return basic.mul(a, u, single.log1p(a, v))
