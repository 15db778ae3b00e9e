"""The computation of a derivative node by node, in reverse mode (backpropagation) or forward mode.

See Griewank and Walther, Evaluating Derivatives, 2nd ed., chapter 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from dcalc.analysis.toolkit import (
    Direction,
    certificate,
    note_point,
    read_direction,
    require_point,
    solve_along,
    solve_gradient,
    solve_partials,
    value_or_status,
    worst_answer,
)
from dcalc.analysis.trace.flow import Flow, Value, compute_flow
from dcalc.analysis.trace.signals import Chain, GradientVerdict, NodeMark, find_chain, find_marks
from dcalc.coordinates import at_doubles
from dcalc.errors import LimitError, UsageError
from dcalc.expr import is_leaf, make, symbol, walk
from dcalc.finding import Column, Fact, Field, Finding, Sheet, Subject
from dcalc.functions import NUMBER, SYMBOL
from dcalc.notation import write
from dcalc.numbers import real
from dcalc.numbers.adjoint import Sweep
from dcalc.numbers.enclosure import constants
from dcalc.problem import Result
from dcalc.shapes import BoxMood, Edge, Graph, Node
from dcalc.text import shorten

_LONGEST = 60
"""Characters of a node's own text; a longer one is written in terms of its arguments."""
_SHORT = 12
_MOODS: dict[str, BoxMood] = {"overflow": "bad", "underflow": "warn", "saturated": "warn"}


class Nodes:
    """The rows of a flow, as every format shows them."""

    def __init__(self, flow: Flow, marks: Mapping[int, str], *, forward: bool) -> None:
        self.flow = flow
        self.marks = marks
        self.quantity = "tangent" if forward else "adjoint"
        self.forward = forward
        self.texts = _write_nodes(flow)
        self.users: dict[int, list[tuple[int, Value]]] = {}
        for row, index, arg in self._edges():
            self.users.setdefault(arg, []).append((row, flow.passed[row][index]))

    def names(self, row: int) -> str:
        """A node as text."""
        return self.texts[row]

    def _edges(self) -> Iterator[tuple[int, int, int]]:
        """(row, which of its arguments, the argument's row)."""
        for row, (_, args) in enumerate(self.flow.tape.rows):
            if not is_leaf(self.flow.tape.nodes[row]):
                yield from ((row, index, arg) for index, arg in enumerate(args))

    def _args(self, row: int) -> list[int]:
        return [] if is_leaf(self.flow.tape.nodes[row]) else list(self.flow.tape.rows[row][1])

    def records(self) -> list[dict[str, object]]:
        """For JSON, in order of evaluation; an id is a place in the list."""
        flow = self.flow
        records: list[dict[str, Any]] = []
        for row, node in enumerate(flow.tape.nodes):
            record = {
                "id": row, "op": node.op.key, "text": self.texts[row], "args": self._args(row),
                "value": flow.values[row], "partials": flow.partials[row], self.quantity: flow.flowing[row],
                "contributions": self._contributions(row), "mark": self.marks.get(row),
            }  # fmt: skip
            records.append(record)
        return records

    def _contributions(self, row: int) -> list[dict[str, Any]]:
        """The summands of a node's adjoint (from its users) or tangent (from its arguments)."""
        if self.forward:
            return [
                {"from": arg, "value": part}
                for arg, part in zip(self._args(row), self.flow.passed[row], strict=True)
                if part is not None
            ]
        return [{"from": user, "value": part} for user, part in self.users.get(row, ()) if part is not None]

    def sheet(self) -> Sheet:
        """The nodes as a table, one per row."""
        columns = (
            Column("id", "#", "number", right=True),
            Column("op", "op", "words", 5),
            Column("text", "node", "code"),
            Column("args", "of", "words", 4),
            Column("value", "value", "number", 1, "value", right=True),
            Column("partials", "partials", "words", 3, "partials"),
            Column(self.quantity, self.quantity, "number", right=True),
            Column("contributions", "sum of", "words", 2, "sum of"),
            Column("mark", "", "words", 1, "mark"),
        )
        return Sheet(columns, [self._row(row) for row in range(len(self.texts))])

    def _row(self, row: int) -> dict[Any, Any]:
        flow = self.flow
        args = self._args(row)
        partials = [(arg, part) for arg, part in zip(args, flow.partials[row], strict=True) if part is not None]
        contributions = self._contributions(row)
        contributions = contributions if len(contributions) > 1 else []  # a single one repeats the sum
        mark = self.marks.get(row, "")
        return {
            "id": str(row), "op": flow.tape.nodes[row].op.key, "text": self.texts[row],
            "args": " ".join(f"#{arg}" for arg in args), "value": _number_cell(flow.values[row]),
            "partials": _format_list("by", partials), self.quantity: _number_cell(flow.flowing[row]),
            "contributions": _format_list("from", [(part["from"], part["value"]) for part in contributions]),
            "mark": mark, "mood": _MOODS.get(mark, ""),
        }  # fmt: skip

    def graph(self) -> Graph:
        """The computation from operands to results, with what passes along each edge."""
        flow = self.flow
        nodes = [
            Node(row, (self._head(row), *self._lines(row)), _MOODS.get(self.marks.get(row, ""), ""))
            for row in range(len(self.texts))
        ]
        edges = [Edge(arg, row, _format_brief(flow.passed[row][index])) for row, index, arg in self._edges()]
        return Graph(tuple(nodes), tuple(edges))

    def _head(self, row: int) -> str:
        """A node as text, with the number that longer ones call it by."""
        return self.texts[row] if is_leaf(self.flow.tape.nodes[row]) else f"#{row} = {self.texts[row]}"

    def _lines(self, row: int) -> list[str]:
        node = self.flow.tape.nodes[row]
        lines = [] if node.op is NUMBER else [f"value {_format_brief(self.flow.values[row])}"]
        if self.flow.flowing[row] != 0.0 or node.op is not NUMBER:
            lines.append(f"{self.quantity} {_format_brief(self.flow.flowing[row])}")
        return [*lines, self.marks[row]] if row in self.marks else lines


def _number_cell(value: Value) -> float | str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value in (float("inf"), float("-inf")) else value


def _format_list(word: str, parts: Sequence[tuple[int, Value]]) -> str:
    """Numbers by node: `by #1: 0.5, #0: 2`."""
    return f"{word} " + ", ".join(f"#{row}: {_format_brief(value, 6)}" for row, value in parts) if parts else ""


def _format_brief(value: Value, digits: int = 4) -> str:
    """A number in few digits, where there is little room."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value + 0.0:.{digits}g}"


def _write_nodes(flow: Flow) -> list[str]:
    """The text of each row; long ones in terms of their arguments, #3*#5. Cost: linear."""
    texts: list[str] = []
    long: list[bool] = []
    for row, node in enumerate(flow.tape.nodes):
        args = () if is_leaf(node) else flow.tape.rows[row][1]
        # A node with a long argument is longer still, so its full text is not even tried.
        text = "" if any(long[arg] for arg in args) else write(node)
        long.append(not text or len(text) > _LONGEST)
        texts.append(_write_abbreviated(flow, row, texts) if long[row] else text)
    return texts


def _write_abbreviated(flow: Flow, row: int, texts: Sequence[str]) -> str:
    node = flow.tape.nodes[row]
    if is_leaf(node):
        return f"{float(flow.values[row] or 0.0)!r}" if node.op is NUMBER else shorten(node.args[0], _LONGEST)
    args = flow.tape.rows[row][1]
    parts = [texts[arg] if is_leaf(flow.tape.nodes[arg]) and len(texts[arg]) < _SHORT else f"#{arg}" for arg in args]
    return write(make(node.op, *map(symbol, parts)))


# --- the finding ---------------------------------------------------------------------------

Mode = Literal["reverse", "forward"]
_PART = {
    "from": Field("integer", "the node that it comes from"),
    "value": Field("number | boolean | null", "how much"),
}
_NODE = {
    "id": Field("integer", "its place in the list"),
    "op": Field("string", "the operation, as the table of functions names it"),
    "text": Field("string", "the node as an expression; a long one in terms of its arguments, #3*#5"),
    "args": Field("[integer]", "the nodes of its arguments"),
    "value": Field("number | boolean | null", "its value; null where it has none"),
    "partials": Field("[number | null]", "the local derivative by each argument; null by one that does not vary"),
    "adjoint": Field("number | null", "the derivative of f by this node; in reverse mode", optional=True),
    "tangent": Field(
        "number | null", "the derivative of this node along the direction; in forward mode", optional=True
    ),
    "contributions": Field("[object]", "the summands of the adjoint or tangent", _PART),
    "mark": Field("string | null", "what is unhealthy", values=get_args(NodeMark)),
    "shape": Field("[integer]", "of arrays: the lengths of the axes", optional=True),
    "size": Field("number | null", "of arrays: the root of the mean square of the entries", optional=True),
    "flow": Field("number | null", "of arrays: the length of the adjoint", optional=True),
}
_LINK = {
    "id": Field("integer", "a node"),
    "to": Field("integer", "its argument on the path"),
    "partial": Field("number | null", "the local derivative"),
    "product": Field("number | null", "the product of all so far"),
}
_CHECK = {
    "equal": Field("boolean", "whether every number is that of the reference, to the last digit"),
    "in_doubles": Field("{number | null}", "the adjoints that the same sweep gives in doubles"),
}
RECORD = {
    "mode": Field("string", "the direction of the sweep", values=get_args(Mode)),
    "along": Field("{number}", "the direction, in forward mode", optional=True),
    "nodes": Field("[object]", "all nodes in order of evaluation", _NODE),
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "gradient": Field(
        "{number | null | [number | null | [number | null]]}",
        "the certified derivative by variable, or along the direction",
    ),
    "verdict": Field("string", "what becomes of the gradient along the chain", values=get_args(GradientVerdict)),
    "message": Field("string", "the verdict in words"),
    "chain": Field("[object]", "the deepest path from f to a variable, in reverse mode", _LINK),
    "check": Field("object", "the sweep held against the reference", _CHECK),
}
MAX_NODES = 50_000
_ONE_BY_ONE = 64
"""Variables up to which the reference differentiates by each separately, independently of the sweep."""


def find(subject: Subject, *, mode: Mode = "reverse", along: Direction | None = None) -> Finding:
    """Every node with its value, local partials and adjoint (or tangent), checked against the reference.

    Raises UsageError without a point, and in forward mode without a direction, LimitError above `MAX_NODES`,
    Unsupported where a partial has no closed form. Cost: linear in nodes; the check costs a gradient.
    """
    if subject.names:
        require_point(subject, "trace")
    if len(walk(subject.root)) > MAX_NODES:
        raise LimitError(f"trace shows up to {MAX_NODES:,} nodes", help="use dcalc grad for the gradient alone")
    seeds = _read_seeds(subject, mode, along)
    flow = compute_flow(subject.root, subject.wrt, constants(subject.at or {}), seeds)
    names, answers = _solve_truth(subject, seeds)
    return _make_finding(subject, flow, names, answers, seeds)


def _read_seeds(subject: Subject, mode: Mode, given: Direction | None) -> dict[str, float] | None:
    """The tangents of the variables in forward mode; None in reverse mode."""
    if mode == "reverse":
        if given is not None:
            raise UsageError("--along is a direction of forward mode", help="add --mode forward")
        return None
    if given is not None:
        return read_direction(given, subject.wrt)
    if len(subject.wrt) != 1:
        raise UsageError("forward mode follows one direction", help=f"write --wrt {subject.wrt[0]}, or --along x=1,y=1")
    return {subject.wrt[0]: 1.0}


def _solve_truth(subject: Subject, seeds: dict[str, float] | None) -> tuple[Sequence[str], list[Result]]:
    """The reference's derivatives: by each variable, or along the direction."""
    names = subject.wrt if seeds is None else tuple(seeds)
    if seeds is None and len(names) > _ONE_BY_ONE:
        return names, solve_gradient(subject, subject.root, names)
    if seeds is None or list(seeds.values()) == [1.0]:  # by power series, which share nothing with the sweep
        return names, solve_partials(subject, subject.root, [(name,) for name in names])
    return ("along",), [solve_along(subject, seeds)]


def _make_finding(
    subject: Subject, flow: Flow, names: Sequence[str], answers: list[Result], seeds: dict[str, float] | None
) -> Finding:
    nodes = Nodes(flow, find_marks(flow), forward=seeds is not None)
    path: Chain | None = find_chain(flow) if seeds is None else None
    checked: SweepCheck = check_sweep(flow, dict(zip(names, answers, strict=True)), subject, forward=seeds is not None)
    worst = worst_answer(answers)
    sentences = [text for text in (checked.sentence, "" if path is None else path.sentence(nodes.names)) if text]
    gradient = {name: answer.value for name, answer in zip(names, answers, strict=True)}
    return Finding(
        "trace",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "mode": "reverse" if seeds is None else "forward",
            **({} if seeds is None else {"along": seeds}),
            "nodes": nodes.records(),
            "gradient": gradient,
            "verdict": "ok" if path is None else path.verdict,
            "message": "; ".join(sentences),
            "chain": [] if path is None else path.records(),
            "check": checked.record(),
        },
        facts=(
            *(
                Fact(name, value_or_status(a, subject), "strong", wraps=False)
                for name, a in zip(names, answers, strict=True)
            ),
            *certificate(answers),
        ),
        sheets=(nodes.sheet(), *(() if path is None or not path.is_shown else (path.sheet(nodes.names),))),
        graph=nodes.graph(),
        plain=[] if worst.code == 3 and len(answers) == 1 else list(gradient.items()),
        sentence="; ".join(sentences),
        code=checked.code,
        notes=(
            *note_point(subject, *((name,) for name in subject.wrt)),
            *dict.fromkeys(note for answer in answers for note in answer.notes),
        ),
    )


# --- the sweep against the reference ------------------------------------------------------

_OFF = 1e-6
"""A relative error of the sweep in doubles beyond this is reported."""


@dataclass(frozen=True, slots=True)
class SweepCheck:
    """The comparison: ``equal`` if every number of the sweep is that of the reference, to the last digit."""

    equal: bool
    sentence: str
    code: int
    doubles: Mapping[str, Value]

    def record(self) -> dict[str, object]:
        """The keys of JSON."""
        return {"equal": self.equal, "in_doubles": dict(self.doubles)}


def check_sweep(flow: Flow, truth: Mapping[str, Result], subject: Subject, *, forward: bool) -> SweepCheck:
    """Compare what arrives at the variables (in forward mode: at the root) with the reference."""
    arrived = {"": flow.flowing[flow.tape.place(flow.root)]} if forward else _variable_adjoints(flow, truth)
    pairs = list(zip(arrived.values(), truth.values(), strict=True))
    doubles = {} if forward else _sweep_in_doubles(subject)
    without = [(name, answer) for name, answer in truth.items() if answer.code]
    if without:
        name, answer = without[0]
        place = f"by {name}: " if len(truth) > 1 else ""
        sentence = f"{place}{answer.status.replace('_', ' ')}, {answer.reason}" if answer.reason else answer.status
        return SweepCheck(False, sentence, answer.code, doubles)
    different = [name for (value, answer), name in zip(pairs, truth, strict=True) if value != answer.value]
    if different:
        return _report_difference(different, pairs, doubles)
    what = ("tangent", "derivative") if forward else ("adjoints", "gradient")
    sentence = f"{what[0]} {'equals' if forward else 'equal'} the certified {what[1]}"
    return SweepCheck(True, "; ".join([sentence, *_report_lost_digits(doubles, truth)]), 0, doubles)


def _report_difference(names: list[str], pairs: list[tuple[Value, Result]], doubles: Mapping[str, Value]) -> SweepCheck:
    """The comparison where numbers differ. In a hole of f the chain rule has no value, but f extended has one."""
    pairs_off = [(value, answer) for value, answer in pairs if value != answer.value]
    if any(value is not None for value, _ in pairs_off):
        return SweepCheck(False, f"the sweep is not the certified derivative by {', '.join(names)}", 1, doubles)
    extension = ", ".join(repr(answer.value) for _, answer in pairs_off)
    sentence = f"the chain rule has no value by {', '.join(names)}; its extension has {extension}"
    return SweepCheck(False, sentence, 0, doubles)


def _variable_adjoints(flow: Flow, names: Mapping[str, Result]) -> dict[str, Value]:
    at = {node.args[0]: flow.flowing[row] for row, node in enumerate(flow.tape.nodes) if node.op is SYMBOL}
    return {name: at.get(name, 0.0) for name in names}


def _sweep_in_doubles(subject: Subject) -> dict[str, Value]:
    """The adjoints that the same sweep gives in doubles, as programs compute them."""
    sweep = Sweep(subject.root, subject.wrt)
    point = at_doubles(subject.at)
    values = sweep.values(point, real.constant, real.evaluator)
    adjoints = sweep.adjoints(values, 1.0)
    return {name: adjoints.get(name, 0.0) for name in subject.wrt}


def _report_lost_digits(doubles: Mapping[str, Value], truth: Mapping[str, Result]) -> list[str]:
    """The first variable whose adjoint is wrong in doubles, as a sentence."""
    for name, value in doubles.items():
        right = truth[name].value
        if value is None or right is None:
            continue
        if not math.isfinite(value) or abs(value - right) > _OFF * max(abs(right), 1e-300):
            return [f"computed in doubles, the adjoint of {name} is {value!r} instead of {right!r}"]
    return []
