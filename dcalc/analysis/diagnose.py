"""Where doubles lose digits, at which sub-expression, and the form that keeps them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from sys import float_info
from typing import Any, Literal, NamedTuple, get_args

from flint import arb, ctx

from dcalc import functions as table
from dcalc.analysis.toolkit import require_point
from dcalc.backends import load
from dcalc.coordinates import constants
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.finding import Cell, Column, Fact, Field, Finding, Key, Mood, Sheet, Subject
from dcalc.functions import Row
from dcalc.notation import write
from dcalc.numbers import real
from dcalc.numbers.enclosure import Constant, carrying, constant
from dcalc.numbers.real import evaluate
from dcalc.numbers.rounding import as_decimal, shorten
from dcalc.problem import REFERENCE, Point, Problem, Result
from dcalc.solve import score
from dcalc.stable import stable
from dcalc.tape import Tape, lower, run

LossKind = Literal["cancellation", "amplification", "saturation", "overflow", "underflow"]
_WORTH = 0.5
"""A rewriting that regains fewer digits is not offered."""
_LONG = 60
"""Characters of an expression in a sentence."""
_LARGEST_EXPONENT = 1_000
"""Decimal exponents beyond which no condition number is computed: as a fraction the text would fill memory."""
_WORDS: Mapping[LossKind, str] = {
    "cancellation": "{} cancels: {} of 16 digits lost",
    "amplification": "{} amplifies the rounding of its argument: {} of 16 digits lost",
    "saturation": "{} saturates at {value!r}: nothing of its argument is left",
    "overflow": "{} overflows: {reference} is beyond a double",
    "underflow": "{} underflows: {reference} is below the normal doubles",
}


_NODE = {
    "in": Field("string", "f or derivative"),
    "text": Field("string", "the sub-expression"),
    "kind": Field("string", "what happens", values=get_args(LossKind)),
    "digits_lost": Field("number", "the digits lost at the node itself, of 16"),
    "digits_lost_in_all": Field("number", "all wrong digits of its double"),
    "value": Field("number | null", "its double; null where that is not finite"),
    "reference": Field("string", "the right decimal"),
    "sentence": Field("string", "the loss in words"),
}
_REWRITE = {
    "expression": Field("string", "the better form"),
    "digits_gained": Field("number", "the digits that it regains at the point"),
}
RECORD = {
    "condition": Field("{number | null} | null", "abs(x*g'/g) of f and of its derivative"),
    "digits_lost": Field("{number | null}", "the wrong digits of f and of its derivative in doubles", optional=True),
    "value": Field("{number | null}", "f and its derivative in doubles", optional=True),
    "reference": Field("{string | null}", "the certified decimals of f and of its derivative", optional=True),
    "nodes": Field("[object]", "the sub-expressions that lose digits, in order of evaluation", _NODE),
    "rewrite": Field("object | null", "a form of f that regains digits", _REWRITE),
    "derivative_rewrite": Field(
        "object | null", "a form of the derivative that regains digits", _REWRITE, optional=True
    ),
}


class Side(NamedTuple):
    """f or its derivative at the point: the expression, the truth, its value in doubles and what that loses."""

    name: str
    text: Expr
    truth: Result
    double: float
    lost: float | None
    nodes: list[DigitLoss]
    condition: float | None


class Rewrite(NamedTuple):
    """A form of an expression, and how many digits it regains at the point."""

    text: Expr
    gained: float

    def record(self) -> dict[str, object]:
        """The keys of JSON."""
        return {"expression": self.text, "digits_gained": round(self.gained, 1)}


def find(subject: Subject) -> Finding:
    """The condition of f and f', the nodes that lose digits, and better forms, all measured at the point.

    Raises UsageError without a point. Cost: some milliseconds; two tapes in ball arithmetic.
    """
    at = require_point(subject, "diagnose")
    wrt = subject.wrt * subject.order if len(subject.wrt) == 1 else subject.wrt
    f = _measure_side("f", subject.root, subject.root, (), wrt, at)
    if f.truth.decimal is None:
        return _finding_without_value(subject, f.truth)
    slope = _derivative(subject.root, wrt)
    sides = [f] if slope is None else [f, _measure_side("derivative", slope, subject.root, wrt, (*wrt, wrt[-1]), at)]
    rewrites = {side.name: _best_rewrite(side, _candidates(side, subject.root, wrt), at) for side in sides}
    return _make_finding(subject, sides, {name: rewrite for name, rewrite in rewrites.items() if rewrite is not None})


def _finding_without_value(subject: Subject, truth: Result) -> Finding:
    return Finding(
        "diagnose", subject.root, subject.wrt, subject.at, status=truth.status,
        record={"condition": None, "nodes": [], "rewrite": None}, plain=(),
        sentence=truth.note or truth.status, code=3,
    )  # fmt: skip


def _derivative(root: Expr, wrt: tuple[str, ...]) -> Expr | None:
    try:
        return derivative(root, wrt)
    except DcalcError:
        return None


def _measure_side(name: str, text: Expr, root: Expr, wrt: tuple[str, ...], further: tuple[str, ...], at: Point) -> Side:
    """One side at the point; ``further`` names the variables of the derivative that its condition needs."""
    reference = load(REFERENCE)
    truth = reference.differentiate(Problem(root, wrt, at))
    double = _evaluate_in_doubles(text, at)
    slope = reference.differentiate(Problem(root, further, at)) if truth.decimal is not None else truth
    nodes = find_losses(text, _floats(at), constants(at))
    return Side(
        name, text, truth, double, _digits_lost(double, truth), nodes, _condition_number(truth, slope, at, further[-1])
    )


def _floats(at: Point) -> dict[str, float]:
    return {name: evaluate(value) if isinstance(value, Expr) else value for name, value in at.items()}


def _evaluate_in_doubles(text: Expr, at: Point) -> float:
    return evaluate(text, _floats(at))


def _digits_lost(value: float, truth: Result) -> float | None:
    """How many digits of a double are wrong; None where the truth is not known."""
    if truth.decimal is None or not truth.certified:
        return None
    errors = score(Result("doubles", value if math.isfinite(value) else None), truth)
    if errors.abs_error is None or (errors.rel_error is None and errors.abs_error):
        return DIGITS
    if not errors.rel_error:
        return 0.0
    return min(DIGITS, max(0.0, DIGITS + math.log10(errors.rel_error)))


def _condition_number(truth: Result, slope: Result, at: Point, name: str) -> float | None:
    """abs(x*g'/g), by which a relative error of x grows; None where a part is missing or g is 0."""
    x = _floats(at).get(name, 0.0)
    if not (truth.certified and slope.certified) or truth.decimal is None or slope.decimal is None:
        return None
    if any(_exponent(text) > _LARGEST_EXPONENT for text in (truth.decimal, slope.decimal)):
        return None
    value = Fraction(truth.decimal)
    if not value:
        return None
    try:
        return float(abs(Fraction(x) * Fraction(slope.decimal) / value))
    except OverflowError:
        return None


def _exponent(text: str) -> int:
    return abs(int(text.partition("e")[2] or 0))


def _candidates(side: Side, root: Expr, wrt: tuple[str, ...]) -> Iterator[Expr]:
    """Forms to try; for the derivative also the derivative of the stable form of f."""
    yield stable(side.text)
    if side.name != "f":
        slope = _derivative(stable(root), wrt)
        if slope is not None:
            yield slope
            yield stable(slope)


def _best_rewrite(side: Side, candidates: Iterator[Expr], at: Point) -> Rewrite | None:
    """The candidate that loses least, of equals the shortest, if it regains enough."""
    if side.lost is None:
        return None
    tried: dict[Expr, float] = {}
    for text in candidates:
        left = _digits_lost(_evaluate_in_doubles(text, at), side.truth)
        if left is not None and text is not side.text:
            tried.setdefault(text, side.lost - left)
    if not tried:
        return None
    best = max(tried, key=lambda text: (round(tried[text], 1), -len(write(text))))
    return Rewrite(best, tried[best]) if tried[best] >= _WORTH else None


def _make_finding(subject: Subject, sides: Sequence[Side], rewrites: dict[str, Rewrite]) -> Finding:
    f = sides[0]
    record: dict[str, Any] = {
        "condition": {side.name: side.condition for side in sides},
        "digits_lost": {side.name: _round_digits(side.lost) for side in sides},
        "value": {side.name: side.double for side in sides},
        "reference": {side.name: side.truth.decimal for side in sides},
        "nodes": [_node_record(side, loss) for side in sides for loss in side.nodes],
        "rewrite": rewrites["f"].record() if "f" in rewrites else None,
        "derivative_rewrite": rewrites["derivative"].record() if "derivative" in rewrites else None,
    }
    return Finding(
        "diagnose", subject.root, subject.wrt, subject.at, status=f.truth.status,
        record=record,
        facts=tuple(_facts(sides, rewrites)),
        sheets=(_sheet(sides),) if any(side.nodes for side in sides) else (),
        data=_sheet(sides),
        plain=list(_plain_lines(sides, rewrites)),
        sentence=_describe(sides),
        notes=tuple(dict.fromkeys(side.truth.note for side in sides if side.truth.note)),
    )  # fmt: skip


def _label(side: Side) -> str:
    return "f" if side.name == "f" else "f'"


def _round_digits(lost: float | None) -> float | None:
    return None if lost is None else round(lost, 1)


def _node_record(side: Side, loss: DigitLoss) -> dict[str, Any]:
    return {
        "in": side.name,
        "text": loss.node,
        "kind": loss.kind,
        "digits_lost": _round_digits(loss.own),
        "digits_lost_in_all": _round_digits(loss.total),
        "value": loss.value,
        "reference": loss.reference,
        "sentence": describe_loss(loss),
    }


def describe_loss(loss: DigitLoss) -> str:
    """`1 - cos(x) cancels: 13 of 16 digits lost`."""
    text = write(loss.node)
    text = text if len(text) <= _LONG else f"{text[: _LONG - 20]}..."
    reference = _three_digits(loss.reference)
    return _WORDS[loss.kind].format(text, round(loss.own), value=loss.value, reference=reference)


def _three_digits(text: str) -> str:
    """A decimal to three digits."""
    return shorten(text, 3)


def _facts(sides: Sequence[Side], rewrites: dict[str, Rewrite]) -> Iterator[Fact]:
    for side in sides:
        if side.name != "f":
            yield Fact("derivative", side.text)
    for side in sides:
        label = _label(side)
        yield Fact(f"condition of {label}", _format_condition(side.condition))
        if side.lost is not None:
            mood: Mood = "bad" if side.lost >= 4 else "warn" if side.lost >= 1 else "good"
            yield Fact(f"{label} in doubles", f"{_format_double(side.double)}: {_format_lost(side.lost)}", mood)
    for name, rewrite in rewrites.items():
        label = "rewritten" if name == "f" else "f' rewritten"
        yield Fact(label, rewrite.text, "strong")
        yield Fact("regains", f"{rewrite.gained:.1f} digits", "good")


def _format_double(value: float) -> str:
    return repr(value) if math.isfinite(value) else "no number"


def _format_lost(lost: float) -> str:
    return f"{round(lost)} of 16 digits lost" if lost >= _WORTH else "all digits right"


def _format_condition(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"


def _sheet(sides: Sequence[Side]) -> Sheet:
    columns = (
        Column("in", "in", "words"),
        Column("text", "sub-expression", "formula"),
        Column("kind", "what happens", "words"),
        Column("digits_lost", "lost", "number", 0, right=True),
        Column("value", "in doubles", "number", 2),
        Column("reference", "right", "number", 1),
    )
    rows: list[dict[Key, Cell]] = []
    for side in sides:
        for loss in side.nodes:
            row: dict[Key, Cell] = {"in": _label(side), "text": loss.node, "kind": loss.kind}
            row |= {"digits_lost": _round_digits(loss.own), "value": loss.value, "reference": loss.reference}
            rows.append({**row, "mood": "bad" if loss.own >= 4 else "warn"})
    return Sheet(columns, rows)


def _plain_lines(sides: Sequence[Side], rewrites: dict[str, Rewrite]) -> Iterator[tuple[Cell, ...]]:
    """One `name<TAB>value` per line, then one line per node."""
    for side in sides:
        yield (f"condition {side.name}", side.condition)
        yield (f"lost {side.name}", _round_digits(side.lost))
    for side in sides:
        for loss in side.nodes:
            yield (f"node {side.name}", write(loss.node), loss.kind, _round_digits(loss.own))
    for name, rewrite in rewrites.items():
        yield (f"rewrite {name}", rewrite.text, round(rewrite.gained, 1))


def _describe(sides: Sequence[Side]) -> str:
    """The greatest loss, of f before its derivative."""
    for side in sides:
        if side.lost is None or side.lost < _WORTH:
            continue
        if side.nodes:
            return describe_loss(max(side.nodes, key=lambda loss: (loss.kind != "saturation", loss.own)))
        if not math.isfinite(side.double):
            return f"{_label(side)} has no number in doubles here"
        return "many small roundings add up; no sub-expression loses a digit by itself"
    silent = [describe_loss(loss) for side in sides for loss in side.nodes]
    return "doubles keep all digits here" + (f", though {silent[0]}" if silent else "")


# --- what each node loses: the tape in doubles beside the tape in balls -------------------

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
