"""Values and power series of expressions beside a point, from definitions, for the judge alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flint import arb, arb_series, ctx, fmpq

from dcalc import functions as table
from dcalc.expr import Expr, walk

SNAP = arb(10) ** -960
Value = Any  # arb, or arb_series


class NoValue(Exception):
    """The expression has no value there."""


class Unsure(Exception):
    """The judge cannot tell."""


def first(x: Value) -> arb:
    """The constant term."""
    return x if isinstance(x, arb) else x[0]


def sign(x: arb) -> int:
    """The sign; a tiny ball around 0 counts as 0."""
    if x > 0:
        return 1
    if x < 0:
        return -1
    if 0 in x and x.abs_upper() < SNAP:
        return 0
    raise Unsure


def constant(x: Value) -> arb:
    """The constant term of what must not vary."""
    if isinstance(x, arb_series) and any(sign(x[k]) for k in range(1, x.prec)):
        raise Unsure
    return first(x)


def finite(x: Value) -> Value:
    """The value itself, if it is finite and of full length."""
    parts = [x] if isinstance(x, arb) else [x[k] for k in range(x.prec)]
    if not all(part.is_finite() for part in parts) or (isinstance(x, arb_series) and x.prec < ctx.cap):
        raise Unsure
    return x


def divide(u: Value, v: Value) -> Value:
    if not sign(first(v)):
        raise NoValue
    return finite(u / v)


def log(x: Value) -> Value:
    if sign(first(x)) <= 0:
        raise NoValue
    return finite(x.log())


def root(x: Value, n: int) -> Value:
    s = sign(first(x))
    if s == 0:
        constant(x)
        return arb(0)
    if s < 0:
        if n % 2 == 0:
            raise NoValue
        return -root(-x, n)
    return finite(x.root(n)) if isinstance(x, arb) else finite((x.log() / n).exp())


def integer(c: arb) -> int | None:
    """The whole number that a ball is, None where it is none."""
    if not abs(c).upper() < 2**200:
        raise Unsure
    near = (c + 0.5).floor()
    if not near.is_exact():
        raise Unsure
    whole = near.unique_fmpz()
    return None if whole is None or sign(c - near) else int(whole)


def power(u: Value, v: Value) -> Value:
    n = integer(v) if isinstance(v, arb) else None
    if n is not None:
        return arb(1) if n == 0 else divide(arb(1), power(u, arb(-n))) if n < 0 else product([u] * n)
    s = sign(first(u))
    if s < 0:
        raise NoValue
    if s > 0:
        return finite((log(u) * v).exp())
    constant(u)
    if sign(first(v)) <= 0:
        raise NoValue
    return arb(0)


def product(factors: list[Value]) -> Value:
    total = factors[0]
    for factor in factors[1:]:
        total = total * factor
    return total


def choose(u: Value, v: Value, largest: bool) -> Value:
    s = sign(first(u) - first(v))
    if not s:
        constant(u - v)
    return u if (s >= 0) == largest else v


def floor(x: Value) -> arb:
    whole = integer(first(x))
    below = first(x).floor() if whole is None else arb(whole)
    if whole is not None:
        constant(x)
    if not below.is_exact():
        raise Unsure
    return below


def absolute(x: Value) -> Value:
    return choose(x, -x, True)


def asin(x: Value) -> Value:
    c = first(x)
    below, above = sign(1 - c), sign(1 + c)
    if min(below, above) < 0:
        raise NoValue
    if below and above:
        return finite(x.asin())
    constant(x)
    return arb.pi() / 2 if above else -arb.pi() / 2


def acosh(x: Value) -> Value:
    return log(x + root(x * x - 1, 2)) if sign(first(x) - 1) >= 0 else log(arb(-1))


def atan2(y: Value, x: Value) -> Value:
    if sign(first(x)) > 0:
        return divide(y, x).atan()
    if s := sign(first(y)):
        return s * arb.pi() / 2 - divide(x, y).atan()
    constant(y)
    if sign(first(x)) < 0:
        return arb.pi()
    raise NoValue


def gamma(x: Value) -> Value:
    if first(x) < 1 and integer(first(x)) is not None:
        raise NoValue
    return finite(x.gamma())


def signum(x: Value) -> Value:
    s = sign(first(x))
    if not s:
        constant(x)
    return arb(s)


def sinc(x: Value) -> Value:
    if sign(first(x)):
        return divide(x.sin(), x)
    constant(x)
    return arb(1)


FUNCTIONS: dict[str, Callable[..., Value]] = {
    "+": lambda *z: sum(z[1:], z[0]),
    "-": lambda u, v: u - v,
    "*": lambda *z: product(list(z)),
    "/": divide,
    "neg": lambda u: -u,
    "**": power,
    "pi": lambda: arb.pi(),
    "e": lambda: arb(1).exp(),
    "exp": lambda x: finite(x.exp()),
    "expm1": lambda x: finite(x.exp()) - 1,
    "log": log,
    "log1p": lambda x: log(1 + x),
    "sqrt": lambda x: root(x, 2),
    "cbrt": lambda x: root(x, 3),
    "root": lambda x, n: root(x, integer(first(n)) or 0),
    "hypot": lambda u, v: root(u * u + v * v, 2),
    "sin": lambda x: finite(x.sin()),
    "cos": lambda x: finite(x.cos()),
    "tan": lambda x: divide(x.sin(), x.cos()),
    "cot": lambda x: divide(x.cos(), x.sin()),
    "asin": asin,
    "acos": lambda x: arb.pi() / 2 - asin(x),
    "atan": lambda x: finite(x.atan()),
    "atan2": atan2,
    "acosh": acosh,
    "asech": lambda x: acosh(divide(arb(1), x)),
    "asec": lambda x: arb.pi() / 2 - asin(divide(arb(1), x)),
    "sinh": lambda x: (finite(x.exp()) - (-x).exp()) / 2,
    "tanh": lambda x: 1 - 2 / (1 + finite((2 * x).exp())) if first(x) < 0 else 2 / (1 + finite((-2 * x).exp())) - 1,
    "erf": lambda x: finite(x.erf()),
    "abs": absolute,
    "max": lambda *z: _fold(z, True),
    "min": lambda *z: _fold(z, False),
    "relu": lambda x: choose(x, arb(0), True),
    "clip": lambda x, lo, hi: choose(choose(x, lo, True), hi, False),
    "sign": signum,
    "floor": floor,
    "ceil": lambda x: -floor(-x),
    "frac": lambda x: x - floor(x),
    "mod": lambda x, y: x - y * floor(divide(x, y)),
    "gamma": gamma,
    "lgamma": lambda x: log(absolute(gamma(x))),
    "sinc": sinc,
    "xlogx": lambda x: x * log(x) if sign(first(x)) else constant(x),
    "sigmoid": lambda x: 1 / (1 + finite((-x).exp())),
    "softplus": lambda x: log(1 + finite(x.exp())),
}
RELATIONS: dict[str, Callable[[int], bool]] = {
    "<": lambda s: s < 0,
    "<=": lambda s: s <= 0,
    ">": lambda s: s > 0,
    ">=": lambda s: s >= 0,
    "==": lambda s: s == 0,
    "!=": lambda s: s != 0,
}
LOGIC: dict[str, Callable[..., bool]] = {
    "and": lambda p, q: p and q,
    "or": lambda p, q: p or q,
    "not": lambda p: not p,
}


def _fold(values: tuple[Value, ...], largest: bool) -> Value:
    best = values[0]
    for value in values[1:]:
        best = choose(best, value, largest)
    return best


def holds(u: Value, v: Value, relation: Callable[[int], bool]) -> bool:
    difference = u - v
    s = sign(first(difference))
    if not s:
        constant(difference)
    return relation(s)


def evaluate(root_of_all: Expr, at: dict[str, Value]) -> Value:
    """The value of an expression; a branch of `where` that is not taken may have none."""
    values: dict[int, Any] = {}
    for node in walk(root_of_all):
        values[node.id] = _node(node, at, values)
    found = values[root_of_all.id]
    if isinstance(found, Exception):
        raise found
    return found


def _node(node: Expr, at: dict[str, Value], values: dict[int, Any]) -> Any:
    if node.op is table.NUMBER:
        return arb(fmpq(node.args[0].numerator, node.args[0].denominator))
    if node.op is table.SYMBOL:
        return at[node.args[0]]
    args = [values[arg.id] for arg in node.args]
    if node.op is table.WHERE and isinstance(args[0], bool):
        return args[1] if args[0] else args[2]
    fault = next((arg for arg in args if isinstance(arg, Exception)), None)
    if fault is not None:
        return fault
    try:
        if node.op.name in RELATIONS:
            return holds(args[0], args[1], RELATIONS[node.op.name])
        if node.op.name in LOGIC:
            return LOGIC[node.op.name](*args)
        return FUNCTIONS[node.op.name](*args)
    except (NoValue, Unsure) as error:
        return error
