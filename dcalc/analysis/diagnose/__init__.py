"""Where doubles lose digits, at which sub-expression, and the form that keeps them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple, get_args

from dcalc.analysis.diagnose.losses import DIGITS, DigitLoss, LossKind, find_losses
from dcalc.analysis.diagnose.search import find_form
from dcalc.analysis.toolkit import require_point
from dcalc.analysis.untaken import find_poison
from dcalc.backends import load
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr, variables
from dcalc.finding import Cell, Column, Fact, Field, Finding, Key, Mood, Sheet, Subject
from dcalc.notation import write
from dcalc.numbers.enclosure import constants
from dcalc.numbers.real import evaluate
from dcalc.numbers.rounding import shorten
from dcalc.numerals import fraction
from dcalc.parser import parse
from dcalc.problem import REFERENCE, Point, Problem, Result
from dcalc.solver import score
from dcalc.stable import stable

WORTH = 0.5
"""A rewriting that regains fewer digits is not offered."""
_FINE = 1.0
"""A rewriting that loses fewer digits ends the search for a better one."""
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
    "entries": Field("integer", "of arrays: the entries in which it happens", optional=True),
    "of": Field("integer", "of arrays: the entries that there are", optional=True),
    "worst_entry": Field("string | null", "of arrays: the entry where it is worst", optional=True),
}
_REWRITE = {
    "expression": Field("string | {string}", "the better form; of a gradient of arrays by several variables, by each"),
    "digits_gained": Field("number", "the digits that it regains at the point"),
}
RECORD = {
    "condition": Field("{number | null} | null", "abs(x*g'/g) of f and of its derivative"),
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
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
    rewrites = {side.name: _best_rewrite(side, _candidates(side, subject.root, wrt, at), at) for side in sides}
    finding = _make_finding(subject, sides, {name: one for name, one in rewrites.items() if one is not None})
    poison = find_poison(subject.root, subject.wrt, _floats(at))
    return finding if poison is None else finding.replace(notes=(*finding.notes, poison.sentence))


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
    value = fraction(truth.decimal)
    if not value:
        return None
    try:
        return float(abs(Fraction(x) * fraction(slope.decimal) / value))
    except OverflowError:
        return None


def _exponent(text: str) -> int:
    return abs(int(text.partition("e")[2] or 0))


def _candidates(side: Side, root: Expr, wrt: tuple[str, ...], at: Point) -> Iterator[Expr]:
    """Forms to try, the readable ones first; for the derivative also the derivative of the stable form of f."""
    yield stable(side.text)
    if side.name != "f":
        slope = _derivative(stable(root), wrt)
        if slope is not None:
            yield slope
            yield stable(slope)
    form = find_form(side.text, _floats(at), constants(at))
    if form is not None:
        yield form


def _best_rewrite(side: Side, candidates: Iterator[Expr], at: Point) -> Rewrite | None:
    """The candidate that loses least, of equals the shortest, if it regains enough; the first that keeps all digits.

    A form is measured as it is read back from its text.
    """
    if side.lost is None or side.lost < WORTH:
        return None
    tried: dict[Expr, float] = {}
    for text in candidates:
        left = _digits_lost(_evaluate_in_doubles(parse(write(text), variables=variables(text)).root, at), side.truth)
        if left is not None and text is not side.text:
            tried.setdefault(text, side.lost - left)
            if left < _FINE:
                break
    if not tried:
        return None
    best = max(tried, key=lambda text: (round(tried[text], 1), -len(write(text))))
    return Rewrite(best, tried[best]) if tried[best] >= WORTH else None


def _make_finding(subject: Subject, sides: Sequence[Side], rewrites: dict[str, Rewrite]) -> Finding:
    f = sides[0]
    record: dict[str, Any] = {
        "condition": {side.name: side.condition for side in sides},
        "digits_lost": {side.name: round_digits(side.lost) for side in sides},
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


def round_digits(lost: float | None) -> float | None:
    """Digits lost to one decimal."""
    return None if lost is None else round(lost, 1)


def _node_record(side: Side, loss: DigitLoss) -> dict[str, Any]:
    return {
        "in": side.name,
        "text": loss.node,
        "kind": loss.kind,
        "digits_lost": round_digits(loss.own),
        "digits_lost_in_all": round_digits(loss.total),
        "value": loss.value,
        "reference": loss.reference,
        "sentence": describe_loss(loss),
    }


def describe_loss(loss: DigitLoss) -> str:
    """`1 - cos(x) cancels: 13 of 16 digits lost`."""
    text = write(loss.node)
    text = text if len(text) <= _LONG else f"{text[: _LONG - 20]}..."
    reference = shorten_decimal(loss.reference)
    return _WORDS[loss.kind].format(text, round(loss.own), value=loss.value, reference=reference)


def shorten_decimal(text: str) -> str:
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
            yield Fact(f"{label} in doubles", f"{_format_double(side.double)}: {format_lost(side.lost)}", mood)
    for name, rewrite in rewrites.items():
        label = "rewritten" if name == "f" else "f' rewritten"
        yield Fact(label, rewrite.text, "good")
        yield Fact("regains", f"{rewrite.gained:.1f} digits")


def _format_double(value: float) -> str:
    return repr(value) if math.isfinite(value) else "no number"


def format_lost(lost: float) -> str:
    """Digits lost in words."""
    return f"{round(lost)} of 16 digits lost" if lost >= WORTH else "all digits right"


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
            row |= {"digits_lost": round_digits(loss.own), "value": loss.value, "reference": loss.reference}
            rows.append({**row, "mood": "bad" if loss.own >= 4 else "warn"})
    return Sheet(columns, rows)


def _plain_lines(sides: Sequence[Side], rewrites: dict[str, Rewrite]) -> Iterator[tuple[Cell, ...]]:
    """One `name<TAB>value` per line, then one line per node."""
    for side in sides:
        yield (f"condition {side.name}", side.condition)
        yield (f"lost {side.name}", round_digits(side.lost))
    for side in sides:
        for loss in side.nodes:
            yield (f"node {side.name}", write(loss.node), loss.kind, round_digits(loss.own))
    for name, rewrite in rewrites.items():
        yield (f"rewrite {name}", rewrite.text, round(rewrite.gained, 1))


def _describe(sides: Sequence[Side]) -> str:
    """The greatest loss, of f before its derivative."""
    for side in sides:
        if side.lost is None or side.lost < WORTH:
            continue
        if side.nodes:
            return describe_loss(max(side.nodes, key=lambda loss: (loss.kind != "saturation", loss.own)))
        if not math.isfinite(side.double):
            return f"{_label(side)} has no number in doubles here"
        return "many small roundings add up; no sub-expression loses a digit by itself"
    silent = [describe_loss(loss) for side in sides for loss in side.nodes]
    return "doubles keep all digits here" + (f", though {silent[0]}" if silent else "")
