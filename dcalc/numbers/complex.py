"""Complex numbers near the real axis: f(x + ih) = f(x) + ih*f'(x) + ..., for an h so small that
the rest is nothing.

The real part of each value is that of the evaluators on floats, whose nan says where f is not
defined. The imaginary part comes from the rules here, many of them those of `cmath`, or from
complex balls, rounded. A part that is not analytic at the point (a kink, a jump, an edge, a tie in
a comparison) is carried as `NotAnalytic`, so that a branch that is not taken cannot poison.
"""

from __future__ import annotations

import cmath
import math
import operator
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.expr import Expr, symbol
from dcalc.functions import Row
from dcalc.numbers import enclosure, real
from dcalc.tape import Registry, Tape, lower, run

RULES = Registry("complex numbers")
rule, rule_of = RULES.rule, RULES.rule_of
RULES.add_rules({name: getattr(cmath, name) for name in (
    "exp log log10 sqrt sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh"
).split()})  # fmt: skip

_PRECISIONS = (512, 1024, 4096)  # the step is 200 bits below the real part, or more
_LOGIC = (table.AND, table.OR, table.NOT)


class NotAnalytic(NamedTuple):
    """A part of the expression that has no complex continuation at the point, and why."""

    node: Expr
    reason: str


def values(tape: Tape, inputs: Mapping[str, complex], moving: Collection[str]) -> list[Any]:
    """The value of each row of a tape: real where it does not depend on the names in ``moving``."""
    results: list[Any] = []
    moves: list[bool] = []
    for (op, args), node in zip(tape.rows, tape.nodes, strict=True):
        if op is table.NUMBER:
            results.append(real.constant(args[0]))
            moves.append(False)
        elif op is table.SYMBOL:
            results.append(inputs[args[0]])
            moves.append(args[0] in moving)
        else:
            varied = [moves[i] for i in args]
            results.append(_value(node, [results[i] for i in args], varied))
            moves.append(any(varied))
    return results


def _value(node: Expr, args: list[Any], moving: list[bool]) -> Any:
    """A number, a bool for a condition, or `NotAnalytic`."""
    op = node.op
    if op is table.AND or op is table.OR:
        decisive = op is table.OR
        if any(arg is decisive for arg in args):
            return decisive
    if op is table.WHERE and type(args[0]) is not NotAnalytic:
        return args[1] if args[0] else args[2]
    for arg in args:
        if type(arg) is NotAnalytic:
            return arg
    reals = [arg.real if type(arg) is complex else arg for arg in args]
    value = real.evaluator(op)(*reals)
    if not any(moving) or value != value:
        return value
    if op in table.CONDITIONS:
        tie = op not in _LOGIC and reals[0] == reals[1]
        return NotAnalytic(node, "both sides are equal there") if tie else value
    if not _inside(op, args, reals, moving):
        return NotAnalytic(node, "not analytic there")
    continued = evaluator(op)
    if continued is None:
        return NotAnalytic(node, "not known at complex arguments")
    return complex(value, continued(*map(complex, args)).imag)


def _inside(op: Row, args: list[Any], reals: list[float], moving: list[bool]) -> bool:
    """Whether a row is analytic at its arguments, which are in its domain: at no kink or edge."""
    if op is table.POW and not moving[1] and reals[1].is_integer():
        return True
    if op.kinks:
        names = dict(zip(op.args, reals, strict=False))
        if run(_tape(op.kinks, op.args), names, real.constant, real.evaluator)[-1] == 0:
            return False
    if not enclosure.is_closed(op):
        return True
    varied = {name for name, moves in zip(op.args, moving, strict=False) if moves}
    return bool(values(enclosure.condition(op), dict(zip(op.args, args, strict=False)), varied)[-1] == 1)


@cache
def _tape(text: str, names: tuple[str, ...]) -> Tape:
    return lower(rules.fill(text, names, {name: symbol(name) for name in names}))


@cache
def evaluator(row: Row) -> Callable[..., complex] | None:
    """The function that continues a row to complex numbers; None where none is known."""
    if row in RULES.rules:
        return _guard(RULES.rules[row])
    from dcalc.numbers import complex_ball
    from dcalc.numbers.slow_functions import is_slow

    known = complex_ball.RULES.rules.get(row)
    return None if known is None else _round_ball(known, is_slow=is_slow(row))


def _guard(f: Callable[..., complex]) -> Callable[..., complex]:
    """A function with its errors as nan."""

    def evaluate(*args: complex) -> complex:
        try:
            return f(*args)
        except (ValueError, ArithmeticError):
            return NAN

    return evaluate


_DISTANT = 1 << 32
"""Where flint's slow functions may take minutes for a value that says nothing about the method."""


def _round_ball(f: Callable[..., Any], *, is_slow: bool) -> Callable[..., complex]:
    """A function on complex balls, at rising precision until the imaginary part is a double."""
    from flint import acb, ctx

    def evaluate(*args: complex) -> complex:
        if is_slow and any(abs(arg) > _DISTANT for arg in args):
            return NAN
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                imag = f(*map(acb, args)).imag
            if imag.rel_accuracy_bits() >= 56:
                return complex(math.nan, float(imag.mid()))
        return complex(math.nan, 0.0 if imag.is_finite() and float(imag.abs_upper()) == 0.0 else math.nan)

    return _guard(evaluate)


# --- operators and roots --------------------------------------------------------------

NAN = complex(math.nan, math.nan)


@rule_of("+")
def add(*values: complex) -> complex:
    """The sum of any number of values, from left to right."""
    total, *rest = values
    for value in rest:
        total += value
    return total


@rule_of("*")
def mul(*values: complex) -> complex:
    """The product of any number of values, from left to right."""
    total, *rest = values
    for value in rest:
        total *= value
    return total


@rule_of("/")
def div(u: complex, v: complex) -> complex:
    """u/v; nan for v = 0."""
    return u / v if v else NAN


@rule_of("**")
def power(u: complex, v: complex) -> complex:
    """u**v by modulus and angle, so that a small angle stays exact; a negative base only where v is
    a whole number."""
    if not u or not v:
        return complex(real.power(u.real, v.real))
    if u.real < 0:
        whole = power(-u, v)
        return -whole if v.real % 2 else whole
    angle = math.atan2(u.imag, u.real)
    size, turn = real.power(abs(u), v.real), v.real * angle
    if v.imag:
        size *= math.exp(-v.imag * angle)
        turn += v.imag * math.log(abs(u))
    return cmath.rect(size, turn) if math.isfinite(size) and math.isfinite(turn) else complex(size, math.nan)


@rule
def root(x: complex, n: complex) -> complex:
    """The real n-th root, continued: of x < 0 where n is odd."""
    return -root(-x, n) if x.real < 0 else power(x, div(1, n))


@rule
def hypot(u: complex, v: complex) -> complex:
    """sqrt(u**2 + v**2), scaled against overflow."""
    scale = max(abs(u.real), abs(v.real)) or 1.0
    return scale * cmath.sqrt((u / scale) ** 2 + (v / scale) ** 2)


# --- choices, by the real part --------------------------------------------------------


def _locally_constant(f: Callable[[float], float]) -> Callable[[complex], complex]:
    """A step function, continued by the constant that it is around the point."""
    return lambda x: complex(f(x.real))


floor = rule_of("floor")(_locally_constant(real.floor))
for _name in ("sign", "step", "ceil", "round", "trunc"):
    rule_of(_name)(_locally_constant(real.evaluator(table.BY_KEY[_name])))


@rule
def mod(x: complex, y: complex) -> complex:
    """u - v*floor(u/v); its real part as that of floats."""
    value = x - y * floor(div(x, y))
    return complex(real.mod(x.real, y.real), value.imag)


@rule
def max_(u: complex, v: complex) -> complex:
    """The argument whose real part is larger."""
    return u if u.real >= v.real or u != u else v


# --- exponentials and logarithms ------------------------------------------------------


@rule
def expm1(x: complex) -> complex:
    """exp(z) - 1."""
    half = math.sin(x.imag / 2)
    return complex(math.expm1(x.real) * math.cos(x.imag) - 2 * half * half, math.exp(x.real) * math.sin(x.imag))


@rule
def log1p(x: complex) -> complex:
    """log(1 + z)."""
    return complex(math.log1p(x.real) if abs(x.imag) < 1e-30 else math.log(abs(1 + x)), math.atan2(x.imag, 1 + x.real))


# --- trigonometric functions ----------------------------------------------------------


@rule
def sinpi(x: complex) -> complex:
    """sin(pi*z), the real part reduced exactly."""
    side = math.pi * x.imag
    return complex(real.sinpi(x.real) * math.cosh(side), real.cospi(x.real) * math.sinh(side))


@rule
def cospi(x: complex) -> complex:
    """cos(pi*z), the real part reduced exactly."""
    side = math.pi * x.imag
    return complex(real.cospi(x.real) * math.cosh(side), -real.sinpi(x.real) * math.sinh(side))


@rule
def acsc(x: complex) -> complex:
    """asin(1/z), accurate near 1 and -1."""
    return -acsc(-x) if x.real < 0 else cmath.atan(div(1, _leg(x)))


@rule
def asec(x: complex) -> complex:
    """acos(1/z), accurate near 1."""
    return math.pi - asec(-x) if x.real < 0 else cmath.atan(_leg(x))


def _leg(x: complex) -> complex:
    """sqrt(z**2 - 1) right of 1, without overflow."""
    return cmath.sqrt(x - 1) * cmath.sqrt(x + 1)


@rule
def atan2(y: complex, x: complex) -> complex:
    """The angle of the point (x, y), continued from where it is real."""
    if x.real > 0:
        return cmath.atan(y / x)
    if y.real:
        return math.copysign(math.pi / 2, y.real) - cmath.atan(x / y)
    return math.pi + cmath.atan(div(y, x))


# --- hyperbolic functions -------------------------------------------------------------

_FAR = 300.0  # well before cosh overflows, at 710, and long after 1 + exp(-2*x) has become 1


@rule
def csch(x: complex) -> complex:
    """1/sinh(z), far out through exp(-abs(z))."""
    if abs(x.real) < _FAR:
        return div(1, cmath.sinh(x))
    return -csch(-x) if x.real < 0 else 2 * cmath.exp(-x)


@rule
def acoth(x: complex) -> complex:
    """atanh(1/z), accurate near 1 and -1."""
    return -acoth(-x) if x.real < 0 else 0.5 * log1p(2 / (x - 1))


# --- exponentials and logarithms combined ---------------------------------------------


@rule
def sigmoid(x: complex) -> complex:
    """1/(1 + exp(-z)), by the exponential that is small."""
    if x.real >= 0:
        return 1 / (1 + cmath.exp(-x))
    q = cmath.exp(x)
    return q / (1 + q)


@rule
def logsumexp(*z: complex) -> complex:
    """The logarithm of the sum of all exp(z), about the largest real part."""
    top = max(part.real for part in z)
    return top + cmath.log(sum(cmath.exp(part - top) for part in z))


@rule
def log1mexp(x: complex) -> complex:
    """log(1 - exp(z)), left of 0."""
    return cmath.log(-expm1(x)) if x.real > -math.log(2) else log1p(-cmath.exp(x))


@rule
def log2mexp(x: complex) -> complex:
    """log(2 - exp(z)); near that edge through the distance to it."""
    if x.real < 0.5:
        return log1p(-expm1(x))
    return math.log(2) + cmath.log(-expm1(x - math.log(2) - real.LOG2_REST))


@rule
def log1pmx(x: complex) -> complex:
    """log(1 + z) - z; near 0 by the series of log(1 + z) in r = z/(2 + z)."""
    if not -0.5 < x.real < 1:
        return log1p(x) - x
    r = x / (2 + x)
    square = r * r
    tail = 0j
    for k in range(41, 1, -2):
        tail = (tail + 1 / k) * square
    return r * (2 * tail - x)


# --- what one expression says ----------------------------------------------------------

RULES.add_rules({
    "-": operator.sub,
    "neg": operator.neg,
    "cbrt": lambda x: root(x, 3 + 0j),
    "abs": lambda x: -x if x.real < 0 else x,  # -z left of 0
    "frac": lambda x: x - floor(x),  # z less a constant
    "min": lambda u, v: u if u.real <= v.real or u != u else v,
    "relu": lambda x: max_(x, 0j),
    "log2": lambda x: cmath.log(x) / math.log(2),
    "sec": lambda x: div(1, cmath.cos(x)),
    "csc": lambda x: div(1, cmath.sin(x)),
    "cot": lambda x: div(1, cmath.tan(x)),
    "acot": lambda x: cmath.atan(div(1, x)),
    # far out through exp(-abs(z))
    "sech": lambda x: 1 / cmath.cosh(x) if abs(x.real) < _FAR else 2 * cmath.exp(-x if x.real > 0 else x),
    "coth": lambda x: div(1, cmath.tanh(x)),
    "acsch": lambda x: cmath.asinh(div(1, x)),
    "asech": lambda x: cmath.acosh(1 / x) if x.real < 0.5 else 2 * cmath.atanh(cmath.sqrt((1 - x) / (1 + x))),
    "softplus": lambda x: x + log1p(cmath.exp(-x)) if x.real > 0 else log1p(cmath.exp(x)),
    "logit": lambda p: cmath.log(p / (1 - p)),
    "logsubexp": lambda u, v: u + log1mexp(v - u) if u.real > v.real else v + log1mexp(u - v),
    "logexpm1": lambda x: cmath.log(expm1(x)) if x.real < 1 else x + log1p(-cmath.exp(-x)),  # right of 0
    "logmxp1": lambda x: log1pmx(x - 1) if 0.5 < x.real < 2 else cmath.log(x) - x + 1,
    "xlogx": lambda x: x * cmath.log(x),
    "xlogy": lambda x, y: x * cmath.log(y) if y else 0j,
    "xlog1py": lambda x, y: x * log1p(y) if y != -1 else 0j,
})  # fmt: skip
