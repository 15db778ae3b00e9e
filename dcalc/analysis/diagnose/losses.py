"""What each part of an expression loses in doubles: its tape in doubles beside its tape in balls."""

from __future__ import annotations

import math
from collections.abc import Mapping
from sys import float_info
from typing import Any, Literal, NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.numbers import real
from dcalc.numbers.enclosure import Constant, carrying, constant
from dcalc.numbers.rounding import as_decimal
from dcalc.tape import Tape, lower, run

LossKind = Literal["cancellation", "amplification", "saturation", "overflow", "underflow"]
DIGITS = 53 * math.log10(2)
"""Decimal digits of a double."""
_FIRST_BITS = 192
_MOST_BITS = 6_000
_NEEDED_BITS = 90
"""Accuracy of balls that losses are measured against: that of a double and 37 bits to spare."""
_LEAST = 0.9
"""Digits: a smaller loss at a node is the rounding of its own result."""
_SHOWN = 17
_SUMS = (table.ADD, table.SUB)
_UNTOUCHED = frozenset((table.SYMBOL, table.WHERE, table.NEG, *table.CONDITIONS))


class DigitLoss(NamedTuple):
    """What happens at a node.

    ``own`` is the number of decimal digits lost at the node itself, ``total`` that of all wrong digits of its
    double, of 16. ``value`` is the double, ``reference`` the right decimal.
    """

    node: Expr
    kind: LossKind
    own: float
    total: float
    value: float
    reference: str


def find_losses(root: Expr, at: Mapping[str, float], coordinates: Mapping[str, Constant]) -> list[DigitLoss]:
    """The nodes that lose digits at the point, in order of evaluation; nodes without a value are left out.

    ``coordinates`` makes balls at the working precision. Cost: two runs of the tape, and further ones in
    balls where much cancels.
    """
    tape = lower(root)
    truths = _enclose_nodes(tape, coordinates)
    doubles = run(tape, at, real.constant, real.evaluator)
    moving = _find_varying(tape)
    losses = []
    for place, (op, args) in enumerate(tape.rows):
        truth = truths[place]
        if op in _UNTOUCHED or type(truth) is not arb or not (op.args or op is table.NUMBER):
            continue
        arguments = [truths[arg] for arg in args] if op is not table.NUMBER else []
        if not all(_has_double(arg) for arg in arguments):
            continue  # an argument without a double: the loss was reported there
        result = _apply_in_doubles(op, [_to_double(arg) for arg in arguments]) if arguments else doubles[place]
        own, total = count_lost_digits(result, truth), count_lost_digits(doubles[place], truth)
        varies = [moving[arg] for arg in args[: len(arguments)]]
        kind = _name_loss(op, result, truth, own) or _name_saturation(op, result, truth, arguments, varies)
        if kind:
            size = DIGITS if kind == "saturation" else own
            losses.append(DigitLoss(tape.nodes[place], kind, size, total, doubles[place], format_truth(truth)))
    return losses


def count_lost_digits(value: float, truth: arb) -> float:
    """How many decimal digits of ``value`` are wrong."""
    if truth.is_zero():
        return 0.0 if value == 0 else DIGITS
    if not math.isfinite(value):
        return DIGITS
    error = float(abs((arb(value) - truth) / truth).mid())
    return min(DIGITS, max(0.0, math.log10(error) + DIGITS)) if error else 0.0


def format_truth(truth: arb) -> str:
    """The right value in 17 digits, or in as many as are known."""
    return as_decimal(truth, _SHOWN) or str(truth.mid().str(_SHOWN, radius=False))


def _enclose_nodes(tape: Tape, coordinates: Mapping[str, Constant]) -> list[Any]:
    """The balls of all rows, narrow enough to measure against; None where no precision is enough."""
    bits = _FIRST_BITS
    while True:
        with ctx.workprec(bits):
            values = _run_in_balls(tape, coordinates)
        wide = [ball for ball in values if type(ball) is arb and not _is_narrow(ball)]
        if not wide or bits >= _MOST_BITS:
            return [None if type(ball) is arb and not _is_narrow(ball) else ball for ball in values]
        bits *= 2


def _has_double(arg: Any) -> bool:
    """Whether an argument is a condition or has a normal double."""
    if type(arg) is bool:
        return True
    return type(arg) is arb and (bool(arg.is_zero()) or float_info.min <= abs(_to_double(arg)) <= float_info.max)


def _is_narrow(ball: arb) -> bool:
    return bool(ball.is_zero()) or ball.rel_accuracy_bits() >= _NEEDED_BITS


def _run_in_balls(tape: Tape, coordinates: Mapping[str, Constant]) -> list[Any]:
    return run(tape, {name: make() for name, make in coordinates.items()}, constant, carrying)


def _find_varying(tape: Tape) -> list[bool]:
    moving: list[bool] = []
    for op, args in tape.rows:
        moving.append(op is table.SYMBOL or (op is not table.NUMBER and any(moving[i] for i in args)))
    return moving


def _to_double(ball: Any) -> Any:
    """The double nearest to a ball; conditions stay as they are."""
    return float(ball.mid()) if type(ball) is arb else ball


def _apply_in_doubles(op: Row, args: list[Any]) -> float:
    return float(real.evaluator(op)(*args))


def _name_loss(op: Row, own: float, truth: arb, lost: float) -> LossKind | None:
    """What a node does to arguments that are right; None where it only rounds."""
    size = float(abs(truth).mid())
    if size > float_info.max:
        return "overflow"
    if size < float_info.min and not truth.is_zero() and op not in _SUMS:
        return "underflow"
    if lost < _LEAST:
        return None
    if not math.isfinite(own):
        return "overflow"
    return "cancellation" if op in _SUMS else "amplification"


def _name_saturation(op: Row, own: float, truth: arb, given: list[Any], varies: list[bool]) -> LossKind | None:
    """Saturation, if doubling an argument that varies does not change the result; else None."""
    if op.kinks or op in (table.MUL, table.DIV) or not math.isfinite(own):
        return None
    for place, arg in enumerate(given):
        if not varies[place] or type(arg) is not arb or arg.is_zero():
            continue
        doubled = [_to_double(2 * other if index == place else other) for index, other in enumerate(given)]
        if _apply_in_doubles(op, doubled) == own and not bool(truth == arb(own)):
            return "saturation"
    return None
