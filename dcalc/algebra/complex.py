"""Complex numbers near the real axis: f(x + ih) = f(x) + ih*f'(x) + ..., for an h so small that
the rest is nothing.

The real part of each value is that of the evaluators on floats, whose nan says where f is not
defined. The imaginary part comes from the files `complex_...`, from `cmath`, or from complex
balls, rounded. A part that is not analytic at the point (a kink, a jump, an edge, a tie in
a comparison) is carried as `NotAnalytic`, so that a branch that is not taken cannot poison.
"""

from __future__ import annotations

import cmath
import math
from collections.abc import Callable, Collection, Mapping
from functools import cache
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc import rules
from dcalc.algebra import complex_arithmetic, complex_elementary, domains, real
from dcalc.algebra.complex_arithmetic import NAN
from dcalc.expr import Expr, symbol
from dcalc.functions import Row
from dcalc.tape import Tape, lower, run

_FILES = (complex_arithmetic, complex_elementary)
_PRECISIONS = (512, 1024, 4096)
_LOGIC = (table.AND, table.OR, table.NOT)


class NotAnalytic(NamedTuple):
    """A part of the expression that has no complex continuation at the point, and why."""

    node: Expr
    reason: str


def values(tape: Tape, inputs: Mapping[str, complex], moving: Collection[str]) -> list[Any]:
    """The value of each row of a tape: real where it does not depend on the names in ``moving``."""
    found: list[Any] = []
    moves: list[bool] = []
    for (op, args), node in zip(tape.rows, tape.nodes, strict=True):
        if op is table.NUMBER:
            found.append(real.constant(args[0]))
            moves.append(False)
        elif op is table.SYMBOL:
            found.append(inputs[args[0]])
            moves.append(args[0] in moving)
        else:
            varied = [moves[i] for i in args]
            found.append(_value(node, [found[i] for i in args], varied))
            moves.append(any(varied))
    return found


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
    for kink in op.kinks:
        names = dict(zip(op.args, reals, strict=False))
        if run(_tape(kink, op.args), names, real.constant, real.evaluator)[-1] == 0:
            return False
    if not domains.is_closed(op):
        return True
    varied = {name for name, moves in zip(op.args, moving, strict=False) if moves}
    return bool(values(domains.condition(op), dict(zip(op.args, args, strict=False)), varied)[-1] == 1)


@cache
def _tape(text: str, names: tuple[str, ...]) -> Tape:
    return lower(rules.filled(text, names, {name: symbol(name) for name in names}))


@cache
def evaluator(row: Row) -> Callable[..., complex] | None:
    """The function that continues a row to complex numbers; None where none is known."""
    for name in (row.real, row.real + "_"):  # with an underscore where the name is Python's own
        for file in _FILES:
            if name in vars(file):
                return _guarded(vars(file)[name])
    if len(row.args) == 1 and hasattr(cmath, row.real):
        return _guarded(getattr(cmath, row.real))
    return _rounded(row)


def _guarded(f: Callable[..., complex]) -> Callable[..., complex]:
    """A function with its errors as nan."""

    def evaluate(*args: complex) -> complex:
        try:
            return f(*args)
        except (ValueError, ArithmeticError):
            return NAN

    return evaluate


def _rounded(row: Row) -> Callable[..., complex] | None:
    """A function on complex balls, at rising precision until the imaginary part is a double."""
    from flint import acb, ctx

    from dcalc.algebra import complex_ball

    f = vars(complex_ball).get(row.real) or (getattr(acb, row.real, None) if len(row.args) == 1 else None)
    if f is None:
        return None

    def evaluate(*args: complex) -> complex:
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                imag = f(*map(acb, args)).imag
            if imag.rel_accuracy_bits() >= 56:
                return complex(math.nan, float(imag.mid()))
        return complex(math.nan, 0.0 if imag.is_finite() and float(imag.abs_upper()) == 0.0 else math.nan)

    return _guarded(evaluate)
