"""Where an expression of arrays loses digits in doubles: at which operation, in how many entries, and what keeps them.

Each operation is compared, entry by entry, as it was typed: doubles beside balls. The better form is that of
`dcalc.stable.array_forms`; what it regains is measured at the values.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.analysis.array_formulas import as_cell, shapes_by_name
from dcalc.analysis.array_point import (
    Answer,
    Given,
    as_doubles,
    check_names,
    count_operations,
    differentiate_at,
    read_scalar,
)
from dcalc.analysis.diagnose import WORTH, format_lost, round_digits, shorten_decimal
from dcalc.analysis.diagnose.losses import DIGITS, DigitLoss, LossKind, find_losses
from dcalc.analysis.diagnose.measures import Measures
from dcalc.analysis.diagnose.search import find_form
from dcalc.backends import load
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import TensorFunction
from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError, UsageError
from dcalc.expr import Expr, is_leaf, walk
from dcalc.finding import Cell, Column, Fact, Finding, Key, Mood, Sheet
from dcalc.io.nested import nest
from dcalc.numbers.enclosure import constants
from dcalc.numbers.real import evaluate_all
from dcalc.numbers.rounding import finite_or_none
from dcalc.problem import Problem, Result
from dcalc.solver import solve
from dcalc.stable import stable
from dcalc.stable.array_forms import stabilise
from dcalc.tape import in_order
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import Array, entry_names, fix_shape, lower
from dcalc.tensor.nodes import Node
from dcalc.tensor.reader import Reading, Step, placeholder_name
from dcalc.tensor.sizes import Declared
from dcalc.text import shorten

_MOST_OPERATIONS = 30_000
"""Operations on single numbers that are done in balls: a second or two."""
_LONG = 60
_MOST_NODES = 60
"""Nodes of a part that is done entry by entry, up to which a better form of it is searched for."""
_MOST_PLACES = 20
"""Entries among which the one that loses most is looked for."""
_LEAST = 1.0
"""Digits: what loses fewer is not searched."""


class StepLoss(NamedTuple):
    """What happens at an operation: the worst loss among its entries, in how many of them, and where it is worst."""

    text: str
    kind: LossKind
    worst: DigitLoss
    entries: int
    of: int
    place: str

    @property
    def sentence(self) -> str:
        """The loss in words."""
        where = f" in {self.entries} of {self.of} entries" if self.of > 1 else ""
        at = (
            f", most at {self.place}" if self.place and self.entries > 1 else f", at {self.place}" if self.place else ""
        )
        reference = shorten_decimal(self.worst.reference)
        text, lost = shorten(self.text, _LONG), f"{round(self.worst.own)} of 16 digits lost"
        match self.kind:
            case "cancellation":
                return f"{text} cancels{where}{at}: {lost}"
            case "amplification":
                return f"{text} amplifies the rounding of its argument{where}{at}: {lost}"
            case "saturation":
                return f"{text} saturates{where}{at} at {self.worst.value!r}: nothing of its argument is left"
            case "overflow":
                return f"{text} overflows{where}{at}: {reference} is beyond a double"
            case "underflow":
                return f"{text} underflows{where}{at}: {reference} is below the normal doubles"


class Form(NamedTuple):
    """A better form, and the digits that it regains at the values."""

    cell: Any
    gained: float


def find(text: str, wrt: Sequence[str], shapes: Mapping[str, Declared], given: Given | None, digits: int) -> Finding:
    """The operations that lose digits at values, the condition of f, and better forms of f and of its gradient.

    Raises UsageError without values, where the expression is not a scalar, or where the arrays are too large for ball
    arithmetic. Cost: a certified gradient, and each operation in balls.
    """
    if given is None:
        raise UsageError("diagnose needs values", help="give each name a value: --at 'x=[1,2,3]' --at A=@A.csv")
    reading, names = read_scalar(text, shapes, wrt, "diagnose looks at")
    check_names(reading, given)
    steps = reading.list_steps()
    if count_operations(steps, given.sizes) > _MOST_OPERATIONS:
        raise UsageError(
            f"more than {_MOST_OPERATIONS:,} operations are too many to follow digit by digit",
            help="give fewer rows of the data",
        )
    return _Diagnosis(text, reading, steps, names, given, digits).finding()


class _Diagnosis:
    def __init__(
        self,
        text: str,
        reading: Reading,
        steps: Mapping[int, Step],
        names: tuple[str, ...],
        given: Given,
        digits: int,
    ) -> None:
        self.reading = reading
        self.names = names
        self.given = given
        self.entries = [entry for name in names for entry in entry_names(name, given.arrays[name].shape)]
        self.at: dict[str, Any] = {}
        for name, value in given.arrays.items():
            self.at.update(zip(entry_names(name, value.shape), value.list_numbers(), strict=True))
        self.floats = {name: nearest_double(value) for name, value in self.at.items()}
        self.arrays = _lower_each(steps, given.sizes)
        self.root: Expr = self.arrays[max(steps)].entries[0]
        self.truth = solve(Problem(self.root, (), self.at), expression=False)
        self.answer: Answer = differentiate_at(reading, names, given, digits)
        self.double = self._evaluate([self.root])[0]
        self.losses = self._find_losses(text, steps) if self.truth.decimal is not None else []
        self.lost = self._count_lost([self.double], [self.truth])
        self.slopes = [result for name in names for result in self.answer.parts[name].results]
        self.slope_lost = self._count_lost(self._sweep(), self.slopes)

    def _evaluate(self, roots: Sequence[Expr]) -> list[float]:
        return evaluate_all(list(roots), self.floats)

    def _sweep(self) -> list[float]:
        """The gradient of what was typed by reverse mode in doubles; nan where there is none."""
        problem = Problem(self.root, tuple(self.entries), self.floats, gradient=True)
        try:
            results = load("reverse").gradient(problem)  # type: ignore[attr-defined]  # it has one
        except DcalcError:
            return [math.nan] * len(self.entries)
        return [math.nan if one.value is None else one.value for one in results]

    def _count_lost(self, values: Sequence[float], truths: Sequence[Result]) -> float | None:
        """The digits that are wrong at worst, relative to the largest entry; None where the truth is not known."""
        known = [(value, one.value) for value, one in zip(values, truths, strict=True) if one.value is not None]
        if not known or len(known) < len(truths):
            return None
        size = max(abs(truth) for _, truth in known)
        worst = max(abs(value - truth) if math.isfinite(value) else math.inf for value, truth in known)
        if not worst:
            return 0.0
        if not size or not math.isfinite(worst):
            return DIGITS
        return min(DIGITS, max(0.0, DIGITS + math.log10(worst / size)))

    def _find_losses(self, text: str, steps: Mapping[int, Step]) -> list[StepLoss]:
        """The operations that lose digits, in order of evaluation; of what happens at one, the worst first."""
        owner: dict[int, int] = {}
        for number, array in self.arrays.items():
            nodes, inner = in_order(*array.entries)
            for node in (*nodes, *inner.values()):
                owner.setdefault(node.id, number)
        groups: dict[tuple[int, LossKind], list[DigitLoss]] = {}
        for loss in find_losses(self.root, self.floats, constants(self.at)):
            if loss.node.id in owner:
                groups.setdefault((owner[loss.node.id], loss.kind), []).append(loss)
        most = {key: max(members, key=lambda one: one.own) for key, members in groups.items()}
        losses = []
        # What happens at one operation has no order of its own: that of the nodes tells what was read before.
        for (number, kind), worst in sorted(most.items(), key=lambda item: (item[0][0], -item[1].own, item[0][1])):
            array = self.arrays[number]
            place = next((k for k, entry in enumerate(array.entries) if entry is worst.node), None)
            label = "" if place is None or not array.shape else entry_names("", array.shape)[place]
            count = min(len(groups[number, kind]), len(array.entries))
            words = _strip_brackets(" ".join(text[slice(*steps[number].span)].split()))
            losses.append(StepLoss(words, kind, worst, count, len(array.entries), label))
        return losses

    # --- better forms --------------------------------------------------------------------------

    def rewrites(self) -> tuple[Form | None, Form | None]:
        """Better forms of f and of its gradient, where there are some."""
        lost = max(self.lost or 0.0, self.slope_lost or 0.0)
        better = stabilise(self.reading.root, self._rewrite) if lost >= WORTH else self.reading.root
        return self._better_value(better), self._better_slope(better)

    def _rewrite(self, expression: Expr, leaves: Mapping[str, Node]) -> Expr:
        """The stable form of a part that is done entry by entry; where that loses digits, one that is searched for.

        The search is at the entry that loses most, of some.
        """
        form = stable(expression)
        if is_leaf(expression) or len(walk(expression)) > _MOST_NODES:
            return form
        arrays = [one.ravel() for one in np.broadcast_arrays(*self._compute(list(leaves.values())))]
        worst: tuple[float, dict[str, float]] = (_LEAST, {})
        for place in range(min(len(arrays[0]), _MOST_PLACES)):
            at = {name: float(array[place]) for name, array in zip(leaves, arrays, strict=True)}
            if all(map(math.isfinite, at.values())):
                lost = Measures(form, at, constants(at)).lost(form) or 0.0
                if lost > worst[0]:
                    worst = lost, at
        if not worst[1]:
            return form
        return find_form(expression, worst[1], constants(worst[1])) or form

    def _compute(self, nodes: Sequence[Node]) -> list[Any]:
        """The arrays of some nodes, as libraries compute them in doubles."""
        arrays = {name: as_doubles(value).reshape(value.shape) for name, value in self.given.arrays.items()}
        return TensorFunction(nodes, self.given.sizes)(arrays)

    def _evaluate_nodes(self, nodes: Sequence[Node]) -> list[float]:
        """All entries of some nodes in doubles, one after the other."""
        shapes = [fix_shape(node.shape, self.given.sizes) for node in nodes]
        parts = [np.broadcast_to(part, shape).ravel() for part, shape in zip(self._compute(nodes), shapes, strict=True)]
        return np.concatenate(parts).tolist()  # type: ignore[no-any-return]  # NumPy's

    def _better_value(self, better: Node) -> Form | None:
        if self.lost is None or self.lost < WORTH:
            return None
        candidates = [tidy(better), tidy(self.reading.root)]
        best: Form | None = None
        for node in candidates:
            left = self._count_lost(self._evaluate_nodes([node]), [self.truth])
            if (
                left is not None
                and self.lost - left >= WORTH
                and (best is None or self.lost - left > best.gained + 0.5)
            ):
                best = Form(as_cell(node), self.lost - left)
        return best

    def _better_slope(self, better: Node) -> Form | None:
        if self.slope_lost is None or self.slope_lost < WORTH:
            return None
        best: Form | None = None
        for root in dict.fromkeys((better, self.reading.root)):
            slopes = differentiate(root, [self.reading.variables[name] for name in self.names])
            for parts in (list(map(tidy, slopes)), [tidy(stabilise(slope)) for slope in slopes]):
                left = self._count_lost(self._evaluate_nodes(parts), self.slopes)
                gained = 0.0 if left is None else self.slope_lost - left
                if gained >= WORTH and (best is None or gained > best.gained + 0.5):
                    cells = {name: as_cell(part) for name, part in zip(self.names, parts, strict=True)}
                    best = Form(cells if len(cells) > 1 else cells[self.names[0]], gained)
        return best

    # --- the finding ---------------------------------------------------------------------------

    def condition(self) -> float | None:
        """By how much relative errors of the entries of the variables grow at worst: sum(abs(x*df/dx))/abs(f)."""
        values = [one.value for one in self.slopes]
        f = self.truth.value
        if None in values or not f:
            return None
        total = math.fsum(
            abs(self.floats[entry] * value)
            for entry, value in zip(self.entries, values, strict=True)
            if value is not None
        )
        return finite_or_none(total / abs(f))

    def finding(self) -> Finding:
        """The record of output."""
        if self.truth.decimal is None:
            return self._finding_without_value()
        value, slope = self.rewrites()
        forms = [("f", value), ("derivative", slope)]
        lost = {"f": self.lost, "derivative": self.slope_lost}
        condition = self.condition()
        lines: list[tuple[Cell, ...]] = [("condition f", condition)]
        lines += [(f"lost {name}", round_digits(one)) for name, one in lost.items()]
        lines += [("node f", one.text, one.kind, round_digits(one.worst.own), one.entries) for one in self.losses]
        for name, form in forms:
            if form is not None:
                gained = round(form.gained, 1)
                lines += [
                    (f"rewrite {name}", *([by] if by else []), cell, gained)
                    for by, cell in _list_cells(form, self.names)
                ]
        return Finding(
            "diagnose",
            expression=as_cell(self.reading.root),
            wrt=self.names,
            several=True,
            at={name: nest(one) for name, one in self.given.arrays.items()},
            status=self.truth.status,
            record={
                "condition": {"f": condition},
                "shapes": shapes_by_name(self.reading),
                "digits_lost": {name: round_digits(one) for name, one in lost.items()},
                "value": {"f": finite_or_none(self.double)},
                "reference": {"f": self.truth.decimal},
                "nodes": [_record(one) for one in self.losses],
                "rewrite": _form_record(value),
                "derivative_rewrite": _form_record(slope),
            },
            facts=self._facts(condition, lost, value, slope),
            sheets=(self._sheet(),) if self.losses else (),
            data=self._sheet(),
            plain=lines,
            sentence=self._describe(),
            notes=(*self.reading.notes, *self.answer.notes),
        )

    def _finding_without_value(self) -> Finding:
        return Finding(
            "diagnose", as_cell(self.reading.root), self.names, {n: nest(v) for n, v in self.given.arrays.items()},
            status=self.truth.status, record={"condition": None, "nodes": [], "rewrite": None}, plain=(),
            sentence=self.truth.note or self.truth.status, code=3, several=True,
        )  # fmt: skip

    def _facts(
        self, condition: float | None, lost: Mapping[str, float | None], value: Form | None, slope: Form | None
    ) -> list[Fact]:
        facts = [Fact("condition of f", "none" if condition is None else f"{condition:.3g}")]
        for name, label in (("f", "f in doubles"), ("derivative", "gradient in doubles")):
            digits = lost[name]
            if digits is not None:
                mood: Mood = "bad" if digits >= 4 else "warn" if digits >= 1 else "good"
                facts.append(Fact(label, format_lost(digits), mood))
        for form, label in ((value, "rewritten"), (slope, "gradient rewritten")):
            if form is not None:
                facts += [
                    Fact(f"{label} by {by}" if by else label, cell, "good")
                    for by, cell in _list_cells(form, self.names)
                ]
                facts.append(Fact("regains", f"{form.gained:.1f} digits"))
        return facts

    def _sheet(self) -> Sheet:
        columns = (
            Column("text", "operation", "code"),
            Column("kind", "what happens", "words"),
            Column("entries", "entries", "number", 1, "entries", right=True),
            Column("digits_lost", "lost", "number", 0, right=True),
            Column("place", "worst at", "code", 2, "worst at"),
            Column("reference", "right", "number", 3, "right"),
        )
        rows: list[dict[Key, Cell]] = [
            {
                "text": one.text, "kind": one.kind, "entries": str(one.entries),
                "digits_lost": round_digits(one.worst.own), "place": one.place, "reference": one.worst.reference,
                "mood": "bad" if one.worst.own >= 4 else "warn",
            }
            for one in self.losses
        ]  # fmt: skip
        return Sheet(columns, rows)

    def _describe(self) -> str:
        """The greatest loss, of f before its gradient."""
        worst = max(self.losses, key=lambda one: (one.kind != "saturation", one.worst.own), default=None)
        if (self.lost or 0.0) >= WORTH or (self.slope_lost or 0.0) >= WORTH:
            if worst is not None:
                return worst.sentence
            return "many small roundings add up; no operation loses a digit by itself"
        return "doubles keep all digits here" + (f", though {worst.sentence}" if worst is not None else "")


def _strip_brackets(text: str) -> str:
    """A text without the brackets around the whole of it."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return text[1:-1].strip() if place == len(text) - 1 and text.startswith("(") else text
    return text


def _lower_each(steps: Mapping[int, Step], sizes: Mapping[str, int]) -> dict[int, Array]:
    """The entries of every operation as they were typed."""
    arrays: dict[int, Array] = {}
    given: dict[str, Sequence[Expr]] = {}
    for number, step in steps.items():
        for arg in step.args:
            given[placeholder_name(arg)] = arrays[arg].entries
        (arrays[number],) = lower([step.node], sizes, given)
    return arrays


def _list_cells(form: Form, names: Sequence[str]) -> list[tuple[str, Cell]]:
    """The texts of a form, each with its variable where there are several."""
    return [(name, form.cell[name]) for name in names] if isinstance(form.cell, dict) else [("", form.cell)]


def _form_record(form: Form | None) -> dict[str, Any] | None:
    return None if form is None else {"expression": form.cell, "digits_gained": round(form.gained, 1)}


def _record(one: StepLoss) -> dict[str, Any]:
    return {
        "in": "f", "text": one.text, "kind": one.kind, "digits_lost": round_digits(one.worst.own),
        "digits_lost_in_all": round_digits(one.worst.total), "value": finite_or_none(one.worst.value),
        "reference": one.worst.reference, "sentence": one.sentence, "entries": one.entries, "of": one.of,
        "worst_entry": one.place or None,
    }  # fmt: skip
