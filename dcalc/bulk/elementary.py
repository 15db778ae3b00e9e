"""Functions on blocks: NumPy's own, with what each does to an error.

``error`` is the absolute error E of the argument
u throughout; a bound by the slope at u is good where E is below LIMIT of the distance from u to
where the slope changes, which every rule that needs it asks for. Slopes: DLMF 4.7, 4.20, 4.24,
4.34, 4.38.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from dcalc.bulk import operators
from dcalc.bulk.bound import Arrays, Value
from dcalc.bulk.operators import rule, rule_of
from dcalc.bulk.ufunc_program import Operand, Reg

# --- exponentials and logarithms ----------------------------------------------------------


@rule
def exp(a: Arrays, u: Value) -> Value:
    """The relative error is E."""
    y = a.program.op("exp", u.v)
    error = a.error(u)
    return a.call_function(y, error, 0.0, (u,), a.small(error), sign=2, decays=True)


@rule
def expm1(a: Arrays, u: Value) -> Value:
    """The slope is y + 1."""
    y = Value(a.program.op("expm1", u.v), sign=u.sign)
    error = a.error(u)
    return a.call_function(y.v, 0.0, _by(a, error, lambda: a.plus(a.size(y), 1.0)), (u,), a.small(error), sign=u.sign)


def _by(a: Arrays, error: Operand, slope: Callable[[], Operand]) -> Operand:
    """An error times a slope, which is written only where there is an error."""
    return 0.0 if error == 0.0 else a.times(error, slope())


@rule
def log(a: Arrays, u: Value) -> Value:
    """The absolute error is E/u."""
    return _logarithm(a, "log", u, 1.0)


def _logarithm(a: Arrays, name: str, u: Value, slope: float) -> Value:
    y = a.program.op(name, u.v)
    rel, own, sure = a.ratio(u)
    return a.call_function(y, 0.0, a.times(slope, a.plus(own, rel)), (u,), sure, low=False)


@rule
def log1p(a: Arrays, u: Value) -> Value:
    """The absolute error is E/(1 + u)."""
    y = a.program.op("log1p", u.v)
    error = a.error(u)
    if error != 0.0 and u.sign <= 0:
        error = a.over(error, a.program.op("add", u.v, 1.0))
    # The denominator is at least 0, or else the logarithm is nan, which no check lets pass.
    return a.call_function(y, 0.0, error, (u,), a.small(error), sign=u.sign)


# --- powers and roots ---------------------------------------------------------------------


@rule
def sqrt(a: Arrays, u: Value) -> Value:
    """Half the relative error."""
    y = a.program.op("sqrt", u.v)
    rel, own, sure = a.ratio(u)
    return a.make_value(y, 0.5 * rel + a.unit, a.times(0.5, own), 0.0, (u,), sure, sign=max(1, u.sign))


@rule
def cbrt(a: Arrays, u: Value) -> Value:
    """A third of the relative error."""
    y = a.program.op("cbrt", u.v)
    rel, own, sure = a.ratio(u)
    return a.call_function(y, a.times(0.334, own), 0.0, (u,), sure, rel=0.334 * rel, sign=u.sign)


@rule_of("**")
def power(a: Arrays, u: Value, v: Value) -> Value:
    """u**v, u > 0: the relative error is abs(v) times that of u, and E of v times abs(log(u))."""
    y = a.program.op("power", u.v, v.v)
    if not a.bounded:
        return Value(y, sign=1)
    rel, own, sure = a.ratio(u)
    exponent = a.error(v)
    error = a.times(a.plus(a.size(v), exponent), a.plus(own, rel))
    if exponent != 0.0:
        slope: Operand = 745.0  # the logarithm of no double is beyond it
        if not isinstance(u.v, Reg):
            slope = 1.01 * abs(math.log(u.v)) if u.v > 0 else math.inf
        elif isinstance(exponent, Reg):
            slope = a.size(Value(a.program.op("log", u.v)))
        error = a.plus(error, a.times(slope, exponent))
    if isinstance(error, Reg):
        sure |= a.small(error)
    if u.sign < 2:
        sure |= a.need(a.above(u.v, 0.0))
    return a.call_function(y, error, 0.0, (u, v), sure, rel=a.power, sign=2, decays=True)


@rule
def hypot(a: Arrays, u: Value, v: Value) -> Value:
    """Of the errors each counts by no more than its share."""
    y = a.program.op("hypot", u.v, v.v)
    if not isinstance(u.own, Reg) and not isinstance(v.own, Reg):
        return a.call_function(y, max(u.rel, v.rel), a.plus(u.abs, v.abs), (u, v), sign=1)
    return a.call_function(y, 0.0, a.plus(a.error(u), a.error(v)), (u, v), sign=1)


# --- trigonometric functions --------------------------------------------------------------


@rule
def sin(a: Arrays, u: Value) -> Value:
    """The slope is at most 1."""
    return a.call_function(a.program.op("sin", u.v), 0.0, a.error(u), (u,), high=False)


@rule
def cos(a: Arrays, u: Value) -> Value:
    """The slope is at most 1."""
    return a.call_function(a.program.op("cos", u.v), 0.0, a.error(u), (u,), low=False, high=False)


@rule
def tan(a: Arrays, u: Value) -> Value:
    """The slope is 1 + y**2; 1 + abs(y) is over the distance to the next pole."""
    y = Value(a.program.op("tan", u.v))
    return _steep(a, y, u, lambda: a.plus(1.0, a.size(y)), lambda: a.plus(1.0, a.program.op("square", y.v)))


def _steep(a: Arrays, y: Value, u: Value, near: Callable[[], Operand], slope: Callable[[], Operand]) -> Value:
    """A function whose slope changes within 1/near of u."""
    error = a.error(u)
    sure = a.small(_by(a, error, near))
    return a.call_function(y.v, 0.0, _by(a, error, slope), (u,), sure, sign=y.sign)


def _to_the_edge(a: Arrays, name: str, u: Value, below: Callable[[Reg], Reg]) -> Value:
    """A function on (-1, 1): 1 - u**2 is at least the distance to the edge, and here not larger."""
    y = a.program.op(name, u.v)
    error = a.error(u)
    if error == 0.0:
        return a.call_function(y, 0.0, 0.0, (u,))
    edge = a.program.op("subtract", 1.0, a.size(u))
    sure = a.small(a.over(error, edge)) | a.need(a.above(edge, 0.0))
    return a.call_function(y, 0.0, a.over(error, below(edge)), (u,), sure)


@rule
def atan(a: Arrays, u: Value) -> Value:
    """The slope is 1/(1 + u**2), at most 1.5/(1 + abs(u))."""
    y = a.program.op("arctan", u.v)
    return _flat(a, y, u, lambda reach: a.plus(1.0, a.program.op("square", u.v)), high=False)


def _flat(a: Arrays, y: Reg, u: Value, below: Callable[[Operand], Operand], *, high: bool = True) -> Value:
    """A function whose slope falls with abs(u), and changes within 1 + abs(u)."""
    error = a.error(u)
    if error == 0.0:
        return a.call_function(y, 0.0, 0.0, (u,), sign=u.sign, high=high)
    reach = a.plus(1.0, a.size(u))
    sure = a.small(a.over(error, reach))
    return a.call_function(y, 0.0, a.over(error, below(reach)), (u,), sure, sign=u.sign, high=high)


@rule
def atan2(a: Arrays, y: Value, x: Value) -> Value:
    """The slopes are x/(x**2 + y**2) and y/(x**2 + y**2)."""
    angle = a.program.op("arctan2", y.v, x.v)
    errors = a.error(y), a.error(x)
    if errors == (0.0, 0.0):
        return a.call_function(angle, 0.0, 0.0, (y, x))
    radius = a.program.op("hypot", y.v, x.v)
    moved = a.plus(a.times(errors[0], a.size(x)), a.times(errors[1], a.size(y)))
    sure = a.small(a.over(a.plus(*errors), radius))
    both = a.times(errors[0], errors[1])
    return a.call_function(angle, 0.0, a.over(a.over(a.plus(moved, both), radius), radius), (y, x), sure)


# --- hyperbolic functions -----------------------------------------------------------------


@rule
def sinh(a: Arrays, u: Value) -> Value:
    """The slope is at most 1 + abs(y)."""
    y = Value(a.program.op("sinh", u.v), sign=u.sign)
    return _steep(a, y, u, lambda: 1.0, lambda: a.plus(1.0, a.size(y)))


@rule
def cosh(a: Arrays, u: Value) -> Value:
    """The slope is at most y."""
    error = a.error(u)
    return a.call_function(a.program.op("cosh", u.v), error, 0.0, (u,), a.small(error), sign=2)


@rule
def tanh(a: Arrays, u: Value) -> Value:
    """The slope is at most 1."""
    return a.call_function(a.program.op("tanh", u.v), 0.0, a.error(u), (u,), sign=u.sign, high=False)


@rule
def acosh(a: Arrays, u: Value) -> Value:
    """The slope is 1/(sqrt(u - 1)*sqrt(u + 1)), at most 1/sqrt(2*(u - 1))."""
    y = a.program.op("arccosh", u.v)
    error = a.error(u)
    if error == 0.0:
        return a.call_function(y, 0.0, 0.0, (u,), sign=1)
    edge = a.program.op("subtract", u.v, 1.0)
    sure = a.small(a.over(error, edge)) | a.need(a.above(edge, 0.0))
    return a.call_function(y, 0.0, a.over(error, a.program.op("sqrt", edge)), (u,), sure, sign=1)


# --- functions made of others, in forms that lose no digits -------------------------------

ONE = Value(1.0, sign=2)


def _inverse(a: Arrays, y: Value) -> Value:
    return operators.div(a, ONE, y)


@rule
def sinpi(a: Arrays, u: Value) -> Value:
    """sin(pi*u): the remainder by 2 is exact."""
    half = a.program.op("rint", a.program.op("multiply", u.v, 0.5))
    r = a.program.op("subtract", u.v, a.program.op("multiply", half, 2.0))
    turned = a.program.op("subtract", a.program.op("copysign", 1.0, r), r)
    inner = a.program.op("less_equal", a.program.op("absolute", r), 0.5)
    folded = Value(a.program.op("select", inner, r, turned), 0.0, 0.0, a.error(u), 0, u.sure)
    return sin(a, operators.mul(a, a.pi(), folded))


@rule
def cospi(a: Arrays, u: Value) -> Value:
    """cos(pi*u)."""
    half = a.program.op("rint", a.program.op("multiply", u.v, 0.5))
    r = a.program.op("subtract", u.v, a.program.op("multiply", half, 2.0))
    folded = a.program.op("subtract", 0.5, a.program.op("absolute", r))  # one rounding, none near 0
    return sin(a, operators.mul(a, a.pi(), Value(folded, a.unit, 0.0, a.error(u), 0, u.sure)))


def _decay(a: Arrays, u: Value) -> Value:
    """exp(-abs(u)), which never overflows."""
    return exp(a, operators.neg(a, operators.abs_(a, u)))


@rule
def sech(a: Arrays, u: Value) -> Value:
    """1/cosh(u)."""
    q = _decay(a, u)
    return operators.div(a, operators.scale(a, 2.0, q), operators.add(a, ONE, operators.mul(a, q, q)))


@rule
def logsumexp(a: Arrays, *z: Value) -> Value:
    """The logarithm of the sum of all exp(z), about the largest."""
    top = z[0]
    for part in z[1:]:
        top = operators.max_(a, top, part)
    return operators.add(a, top, log(a, operators.add(a, *[exp(a, operators.sub(a, part, top)) for part in z])))


# --- what one expression says -------------------------------------------------------------

operators.RULES.add_rules({
    "log2": lambda a, u: _logarithm(a, "log2", u, 1.4427),  # the slope is 1/(u*log(2))
    "log10": lambda a, u: _logarithm(a, "log10", u, 0.4343),  # 1/(u*log(10))
    "asin": lambda a, u: _to_the_edge(a, "arcsin", u, lambda edge: a.program.op("sqrt", edge)),  # 1/sqrt(1 - u**2)
    "acos": lambda a, u: _to_the_edge(a, "arccos", u, lambda edge: a.program.op("sqrt", edge)),  # 1/sqrt(1 - u**2)
    "atanh": lambda a, u: _to_the_edge(a, "arctanh", u, lambda edge: edge),  # 1/(1 - u**2)
    # 1/sqrt(1 + u**2), at most 1.42/(1 + abs(u))
    "asinh": lambda a, u: _flat(a, a.program.op("arcsinh", u.v), u, lambda reach: a.times(0.7, reach)),
    "sec": lambda a, u: _inverse(a, cos(a, u)),
    "csc": lambda a, u: _inverse(a, sin(a, u)),
    "cot": lambda a, u: operators.div(a, cos(a, u), sin(a, u)),
    "sinc": lambda a, u: operators.div(a, sin(a, u), u),  # doubtful at 0
    "csch": lambda a, u: _inverse(a, sinh(a, u)),
    "coth": lambda a, u: _inverse(a, tanh(a, u)),
    "sigmoid": lambda a, u: _inverse(a, operators.add(a, ONE, exp(a, operators.neg(a, u)))),
    "softplus": lambda a, u: operators.add(a, operators.relu(a, u), log1p(a, _decay(a, u))),
    "logit": lambda a, u: log(a, operators.div(a, u, operators.sub(a, ONE, u))),
    "xlogx": lambda a, u: operators.mul(a, u, log(a, u)),
    "xlogy": lambda a, u, v: operators.mul(a, u, log(a, v)),
    "xlog1py": lambda a, u, v: operators.mul(a, u, log1p(a, v)),
})  # fmt: skip
