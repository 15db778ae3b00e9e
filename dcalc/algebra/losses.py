"""What each node of an expression loses in doubles: the tape in floats beside the tape in balls.

The loss made at a node is what its function does to arguments that are right to the last bit;
the loss in all has what it inherits from below as well.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from sys import float_info
from typing import Any, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.algebra import real
from dcalc.algebra.enclose import Constant, carrying, constant
from dcalc.algebra.rounding import as_decimal
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.tape import Tape, lower, run

DIGITS = 53 * math.log10(2)
"""Of a double."""
_FIRST_BITS = 192
_MOST_BITS = 6_000
_NEEDED_BITS = 90
_LEAST = 0.9
"""Digits: a smaller loss at a node is its rounding."""
_SHOWN = 17
_SUMS = (table.ADD, table.SUB)
_UNTOUCHED = frozenset((table.SYMBOL, table.WHERE, table.NEG, *table.CONDITIONS))


class Loss(NamedTuple):
    """What happens at a node: cancellation, overflow, underflow, saturation or amplification.

    ``made`` are the decimal digits lost at the node, ``total`` those that its double lacks in
    all, of the 16 of a double. ``value`` is that double, ``reference`` the right decimal.
    """

    node: Expr
    kind: str
    made: float
    total: float
    value: float
    reference: str


def losses(root: Expr, at: Mapping[str, float], exactly: Mapping[str, Constant]) -> list[Loss]:
    """The nodes that lose at the point, in order of evaluation.

    ``exactly`` has the coordinates as balls. Nodes without a value are passed over. Cost: two
    runs of the tape, and more of the balls where much cancels.
    """
    tape = lower(root)
    truths = _truths(tape, exactly)
    doubles = run(tape, at, real.constant, real.evaluator)
    moving = _moving(tape)
    found = []
    for place, (op, args) in enumerate(tape.rows):
        truth = truths[place]
        if op in _UNTOUCHED or type(truth) is not arb or not (op.args or op is table.NUMBER):
            continue
        given = [truths[arg] for arg in args] if op is not table.NUMBER else []
        if not all(_has_double(arg) for arg in given):
            continue  # no value, or none in doubles: what is lost was lost below
        own = _applied(op, [_rounded(arg) for arg in given]) if given else doubles[place]
        made, total = lost(own, truth), lost(doubles[place], truth)
        varies = [moving[arg] for arg in args[: len(given)]]
        kind = _kind(op, own, truth, made) or _saturation(op, own, truth, given, varies)
        if kind:
            size = DIGITS if kind == "saturation" else made
            found.append(Loss(tape.nodes[place], kind, size, total, doubles[place], shown(truth)))
    return found


def lost(value: float, truth: arb) -> float:
    """How many of the digits of a double are wrong in ``value``."""
    if truth.is_zero():
        return 0.0 if value == 0 else DIGITS
    if not math.isfinite(value):
        return DIGITS
    error = float(abs((arb(value) - truth) / truth).mid())
    return min(DIGITS, max(0.0, math.log10(error) + DIGITS)) if error else 0.0


def shown(truth: arb) -> str:
    """The right value in 17 digits, as far as they are known."""
    return as_decimal(truth, _SHOWN) or str(truth.mid().str(_SHOWN, radius=False))


def _truths(tape: Tape, exactly: Mapping[str, Constant]) -> list[Any]:
    """The balls of all rows, narrow enough to measure against."""
    bits = _FIRST_BITS
    while True:
        with ctx.workprec(bits):
            values = _balls(tape, exactly)
        wide = [ball for ball in values if type(ball) is arb and not _is_narrow(ball)]
        if not wide or bits >= _MOST_BITS:
            return [None if type(ball) is arb and not _is_narrow(ball) else ball for ball in values]
        bits *= 2


def _has_double(arg: Any) -> bool:
    """Whether an argument, if it is a number, has a double as precise as doubles are."""
    if type(arg) is bool:
        return True
    return type(arg) is arb and (bool(arg.is_zero()) or float_info.min <= abs(_rounded(arg)) <= float_info.max)


def _is_narrow(ball: arb) -> bool:
    return bool(ball.is_zero()) or ball.rel_accuracy_bits() >= _NEEDED_BITS


def _balls(tape: Tape, exactly: Mapping[str, Constant]) -> list[Any]:
    return run(tape, {name: make() for name, make in exactly.items()}, constant, carrying)


def _moving(tape: Tape) -> list[bool]:
    moving: list[bool] = []
    for op, args in tape.rows:
        moving.append(op is table.SYMBOL or (op is not table.NUMBER and any(moving[i] for i in args)))
    return moving


def _rounded(ball: Any) -> Any:
    """The double nearest to a ball; conditions as they are."""
    return float(ball.mid()) if type(ball) is arb else ball


def _applied(op: Row, args: list[Any]) -> float:
    return float(real.evaluator(op)(*args))


def _kind(op: Row, own: float, truth: arb, made: float) -> str:
    """What a node does to arguments that are right; empty for a rounding."""
    size = float(abs(truth).mid())
    if size > float_info.max:
        return "overflow"
    if size < float_info.min and not truth.is_zero() and op not in _SUMS:
        return "underflow"
    if made < _LEAST:
        return ""
    if not math.isfinite(own):
        return "overflow"
    return "cancellation" if op in _SUMS else "amplification"


def _saturation(op: Row, own: float, truth: arb, given: list[Any], varies: list[bool]) -> str:
    """Whether an argument that varies has no influence any more: twice as much gives the same."""
    if op.kinks or op in (table.MUL, table.DIV) or not math.isfinite(own):
        return ""
    for place, arg in enumerate(given):
        if not varies[place] or type(arg) is not arb or arg.is_zero():
            continue
        doubled = [_rounded(2 * other if index == place else other) for index, other in enumerate(given)]
        if _applied(op, doubled) == own and not bool(truth == arb(own)):
            return "saturation"
    return ""
