"""The nodes of a trace: as records, as a table, as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dcalc.analysis.trace.flow import Flow, Value
from dcalc.expr import is_leaf, make, symbol
from dcalc.finding import Column, Sheet
from dcalc.functions import NUMBER
from dcalc.notation import write
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
