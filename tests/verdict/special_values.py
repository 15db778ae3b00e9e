"""More functions for the judge, from their definitions: bodies, choices, integrals, inverses."""

from __future__ import annotations

from collections.abc import Callable

from flint import arb, arb_series, ctx

from tests.verdict.values import (
    FUNCTIONS,
    NoValue,
    Value,
    acosh,
    asin,
    choose,
    constant,
    divide,
    finite,
    first,
    floor,
    gamma,
    integer,
    log,
    root,
    sign,
)


def local(x: Value, series: Callable[[arb, int], Value]) -> Value:
    """A function with a Taylor series in its argument, at a value that may itself be a series."""
    if isinstance(x, arb):
        return finite(series(x, 1)[0])
    small = arb_series([arb(0), *(x[k] for k in range(1, x.prec))], prec=x.prec)
    return finite(series(x[0], x.prec)(small))


def moving(center: arb, count: int) -> arb_series:
    return arb_series([center, arb(1)], prec=max(count, 2))


def digamma(x: Value) -> Value:
    """-(1/gamma)'*gamma."""
    gamma(first(x))

    def series(center: arb, count: int) -> Value:
        ctx.cap += 1
        below = moving(center, count + 1).rgamma()
        quotient = -below.derivative() / below
        ctx.cap -= 1
        return quotient

    return local(x, series)


def erfinv(x: Value) -> Value:
    """The inverse of erf by reversion of its series."""
    if min(sign(1 - first(x)), sign(1 + first(x))) <= 0:
        raise NoValue

    def series(center: arb, count: int) -> Value:
        start = center.erfinv()
        if count == 1:
            return [start]
        image = moving(start, count).erf()
        known = arb_series([arb(0), *(image[k] for k in range(1, count))], prec=count)
        return known.reversion() + start

    return local(x, series)


def lambertw(x: Value) -> Value:
    above = sign(first(x) + arb(-1).exp())
    if above < 0:
        raise NoValue
    if not above:
        constant(x)
        return arb(-1)
    return finite(x.lambertw())


def zeta(x: Value) -> Value:
    if not sign(first(x) - 1):
        raise NoValue
    return finite(x.zeta())


def with_logarithm(name: str, edge: bool) -> Callable[[Value], Value]:
    """An integral with a logarithm at 0; ``edge``: there is none for a negative argument."""

    def rule(x: Value) -> Value:
        s = sign(first(x))
        if not s or (edge and s < 0):
            raise NoValue
        return finite(getattr(x, name)())

    return rule


def rounded(x: Value) -> Value:
    """The nearest whole number, halves to the even one."""
    above = floor(x + arb(1) / 2)
    tie = integer(first(x) + arb(1) / 2)
    return above - (1 if tie is not None and tie % 2 else 0)


def truncated(x: Value) -> Value:
    return floor(x) if sign(first(x)) >= 0 else -floor(-x)


def step(x: Value) -> Value:
    s = sign(first(x))
    if not s:
        constant(x)
    return arb(1) if s >= 0 else arb(0)


def elu(x: Value) -> Value:
    s = sign(first(x))
    if not s:
        constant(x)
    return x if s > 0 else finite(x.exp()) - 1


def huber(y: Value, p: Value, delta: Value = 1) -> Value:
    d = choose(y - p, p - y, True)
    s = sign(first(d - delta))
    if not s:
        constant(d - delta)
    return d * d / 2 if s <= 0 else delta * (d - arb(delta) / 2)


def times_log(shift: int) -> Callable[[Value, Value], Value]:
    """x*log(y + shift), 0 where both factors vanish."""

    def rule(x: Value, y: Value) -> Value:
        if sign(first(x)) or sign(first(y) + shift):
            return x * log(y + shift)
        constant(x)
        constant(y)
        return arb(0)

    return rule


def inverse(x: Value) -> Value:
    return divide(arb(1), x)


def exp(x: Value) -> Value:
    return finite(x.exp())


def difference(u: Value, v: Value) -> Value:
    d = exp(u) - exp(v)
    return log(choose(d, -d, True))


def cosine(x: Value) -> Value:
    return (exp(x) + exp(-x)) / 2


def sine(x: Value) -> Value:
    return (exp(x) - exp(-x)) / 2


def tangent(x: Value) -> Value:
    return FUNCTIONS["tanh"](x)


def sigmoid(x: Value) -> Value:
    return 1 / (1 + exp(-x))


def asinh(x: Value) -> Value:
    return log(x + root(x * x + 1, 2)) if first(x) >= 0 else -log(-x + root(x * x + 1, 2))


def atanh(x: Value) -> Value:
    return (log(1 + x) - log(1 - x)) / 2


SPECIAL: dict[str, Callable[..., Value]] = {
    "digamma": digamma,
    "factorial": lambda x: gamma(x + 1),
    "erfinv": erfinv,
    "erfc": lambda x: finite(x.erfc()),
    "lambertw": lambertw,
    "zeta": zeta,
    "ei": with_logarithm("ei", False),
    "ci": with_logarithm("ci", True),
    "chi": with_logarithm("chi", True),
    "li": lambda x: with_logarithm("ei", False)(log(x)) if sign(first(x)) else constant(x),
    "expint": lambda x: -with_logarithm("ei", False)(-x) if sign(first(x)) > 0 else log(x),
    "si": lambda x: finite(x.si()),
    "shi": lambda x: finite(x.shi()),
    "round": rounded,
    "trunc": truncated,
    "step": step,
    "elu": elu,
    "leaky_relu": lambda x, a=arb(1) / 100: step(x) * x + (1 - step(x)) * a * x,
    "huber": huber,
    "xlogy": times_log(0),
    "xlog1py": times_log(1),
    "logaddexp": lambda u, v: log(exp(u) + exp(v)),
    "logsumexp": lambda *z: log(sum((exp(u) for u in z[1:]), exp(z[0]))),
    "logsubexp": difference,
    "log1mexp": lambda x: log(1 - exp(x)),
    "logexpm1": lambda x: log(exp(x) - 1),
    "log1pmx": lambda x: log(1 + x) - x,
    "log2": lambda x: log(x) / arb(2).log(),
    "log10": lambda x: log(x) / arb(10).log(),
    "exp2": lambda x: exp(x * arb(2).log()),
    "sec": lambda x: inverse(finite(x.cos())),
    "csc": lambda x: inverse(finite(x.sin())),
    "cosh": cosine,
    "sech": lambda x: inverse(cosine(x)),
    "csch": lambda x: inverse(sine(x)),
    "coth": lambda x: inverse(tangent(x)) if sign(first(x)) else inverse(arb(0)),
    "asinh": asinh,
    "atanh": atanh,
    "acoth": lambda x: atanh(inverse(x)),
    "acsch": lambda x: asinh(inverse(x)),
    "acsc": lambda x: asin(inverse(x)),
    "acot": lambda x: finite(inverse(x).atan()),
    "sinpi": lambda x: finite((arb.pi() * x).sin()),
    "cospi": lambda x: finite((arb.pi() * x).cos()),
    "logit": lambda x: log(x) - log(1 - x),
    "swish": lambda x: x * sigmoid(x),
    "gelu": lambda x: x * (1 + (x / arb(2).sqrt()).erf()) / 2,
    "mae": lambda y, p: choose(y - p, p - y, True),
    "inv": inverse,
    "asech": lambda x: acosh(inverse(x)),
}
FUNCTIONS.update(SPECIAL)
