"""Power series with rational coefficients, of whole expressions: through holes, and of special functions at 0.

Where `rational_jet` differentiates by the rules of the table, this composes series: a division cancels common powers
of the variable, and functions whose series at 0 is known in closed form are composed with an argument that is 0.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from math import factorial

from flint import ctx, fmpq, fmpq_series

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.tape import lower

_SPARE = 8
"""Coefficients computed beyond the order: divisions lose some."""
_LONGEST = 100


class _Irrational(Exception):
    """A series is not known to be rational."""


def expand(root: Expr, name: str, order: int, at: Mapping[str, Fraction]) -> list[Fraction] | None:
    """The Taylor coefficients up to an order; None unless all are rational for certain.

    They are those of the analytic continuation where f has a hole. Cost: order**2 for each operation.
    """
    if order > _LONGEST:
        return None
    length = order + _SPARE
    before = ctx.cap
    ctx.cap = length
    try:
        series = _expand(root, name, at, length)
    except (_Irrational, ArithmeticError, ValueError):
        return None
    finally:
        ctx.cap = before
    if series.prec <= order:
        return None
    return [Fraction(int(series[k].p), int(series[k].q)) for k in range(order + 1)]


def _expand(root: Expr, name: str, at: Mapping[str, Fraction], length: int) -> fmpq_series:
    tape = lower(root)
    values: list[fmpq_series] = []
    for op, args in tape.rows:
        if op is table.NUMBER:
            coefficients = [_rational(Fraction(args[0]))]
        elif op is table.SYMBOL:
            coefficients = [_rational(at[args[0]]), fmpq(int(args[0] == name))]
        else:
            values.append(_apply(op, [values[i] for i in args], length))
            continue
        values.append(fmpq_series(coefficients, prec=length))
    return values[tape.place(root)]


def _apply(op: Row, args: list[fmpq_series], length: int) -> fmpq_series:
    if op is table.DIV:
        return _divide(*args)
    if op in _ARITHMETIC:
        return _ARITHMETIC[op](*args)
    if op is table.POW:
        return _raise(*args)
    if len(args) == 1 and op.name in _ELEMENTARY and args[0][0] == _ELEMENTARY[op.name]:
        series: fmpq_series = getattr(args[0], op.name)()
        return series
    if not args:
        raise _Irrational  # pi
    inner = args[-1]
    key = f"{op.name}/{len(args)}"
    if key not in _KNOWN or inner[0] != 0 or inner.prec < length - _SPARE or any(_moves(arg) for arg in args[:-1]):
        raise _Irrational
    parameters = [args[0][0]] if len(args) > 1 else []
    outer = fmpq_series([_KNOWN[key](k, *parameters) for k in range(length)], prec=length)
    composed: fmpq_series = outer(inner)
    return composed


def _moves(series: fmpq_series) -> bool:
    return any(series[k] != 0 for k in range(1, series.prec))


def _divide(above: fmpq_series, below: fmpq_series) -> fmpq_series:
    """The quotient, with the powers of the variable cancelled that both have."""
    zeros = next((k for k in range(below.prec) if below[k] != 0), None)
    if zeros is None or any(above[k] != 0 for k in range(zeros)):
        raise _Irrational
    upper, lower_part = (_shift(part, zeros) for part in (above, below))
    return upper / lower_part


def _shift(series: fmpq_series, zeros: int) -> fmpq_series:
    return fmpq_series([series[k] for k in range(zeros, series.prec)], prec=series.prec - zeros)


def _raise(base: fmpq_series, exponent: fmpq_series) -> fmpq_series:
    if _moves(exponent) or exponent[0].q != 1 or abs(exponent[0].p) > _LONGEST:
        raise _Irrational
    power = int(exponent[0].p)
    one = fmpq_series([1], prec=base.prec)
    result = one
    for _ in range(abs(power)):
        result = result * base
    return result if power >= 0 else _divide(one, result)


def _rational(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


_ARITHMETIC: dict[Row, Callable[..., fmpq_series]] = {
    table.ADD: lambda a, b: a + b,
    table.SUB: lambda a, b: a - b,
    table.MUL: lambda a, b: a * b,
    table.NEG: lambda a: -a,
}
_ELEMENTARY = dict.fromkeys(("exp", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "atan", "asinh", "atanh"), 0)
_ELEMENTARY |= {"log": 1, "sqrt": 1}
"""Functions with a rational series where the argument is this."""


def _bessel(sign: int) -> Callable[[int, fmpq], fmpq]:
    def coefficient(k: int, order: fmpq) -> fmpq:
        """Of J or I of a whole order from 0 on (DLMF 10.2.2, 10.25.2)."""
        if order.q != 1 or order < 0:
            raise _Irrational
        n = int(order.p)
        m, odd = divmod(k - n, 2)
        return fmpq(0) if k < n or odd else fmpq(sign**m, factorial(m) * factorial(m + n) * 2**k)

    return coefficient


def _integral(sign: int) -> Callable[[int], fmpq]:
    """Of si and shi: the integrals of sin(t)/t and sinh(t)/t (DLMF 6.6.5)."""
    return lambda k: fmpq(sign ** (k // 2), k * factorial(k)) if k % 2 else fmpq(0)


_KNOWN: dict[str, Callable[..., fmpq]] = {
    "lambertw/1": lambda k: fmpq((-k) ** (k - 1), factorial(k)) if k else fmpq(0),  # DLMF 4.13.5
    "si/1": _integral(-1),
    "shi/1": _integral(1),
    "sinc/1": lambda k: fmpq(0) if k % 2 else fmpq((-1) ** (k // 2), factorial(k + 1)),
    "dawson/1": lambda k: fmpq((-4) ** (k // 2) * factorial(k // 2), factorial(k)) if k % 2 else fmpq(0),  # DLMF 7.6.1
    "expm1/1": lambda k: fmpq(1, factorial(k)) if k else fmpq(0),
    "log1p/1": lambda k: fmpq((-1) ** (k - 1), k) if k else fmpq(0),
    "besselj/2": _bessel(-1),
    "besseli/2": _bessel(1),
}
"""Coefficients at 0, by function and number of arguments."""
