"""The nodes of a trace: as records, as a table, as a graph."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dcalc.analysis.trace.flow import Flow, Value
from dcalc.expr import is_leaf, make, symbol
from dcalc.figures import elide
from dcalc.finding import Column, Edge, Graph, Node, Sheet
from dcalc.functions import NUMBER
from dcalc.notation import write

_LONGEST = 60
"""Characters of a node's own text; a longer one is written in terms of its arguments."""
_SHORT = 12
_MOODS = {"overflow": "bad", "underflow": "warn", "saturated": "warn"}


class Nodes:
    """What is shown of each row of a flow."""

    def __init__(self, made: Flow, marks: Mapping[int, str], *, forward: bool) -> None:
        self.made = made
        self.marks = marks
        self.flow = "tangent" if forward else "adjoint"
        self.forward = forward
        self.texts = _write_nodes(made)
        self.users: dict[int, list[tuple[int, Value]]] = {}
        for row, index, arg in self._edges():
            self.users.setdefault(arg, []).append((row, made.passed[row][index]))

    def names(self, row: int) -> str:
        """A node as text."""
        return self.texts[row]

    def _edges(self) -> Iterator[tuple[int, int, int]]:
        """(row, which of its arguments, the argument's row)."""
        for row, (_, args) in enumerate(self.made.tape.rows):
            if not is_leaf(self.made.tape.nodes[row]):
                yield from ((row, index, arg) for index, arg in enumerate(args))

    def _args(self, row: int) -> list[int]:
        return [] if is_leaf(self.made.tape.nodes[row]) else list(self.made.tape.rows[row][1])

    def records(self) -> list[dict[str, Any]]:
        """For JSON, in order of evaluation; an id is the place in the list."""
        made = self.made
        found: list[dict[str, Any]] = []
        for row, node in enumerate(made.tape.nodes):
            record = {
                "id": row, "op": node.op.key, "text": self.texts[row], "args": self._args(row),
                "value": made.values[row], "partials": made.partials[row], self.flow: made.flowing[row],
                "contributions": self._contributions(row), "mark": self.marks.get(row),
            }  # fmt: skip
            found.append(record)
        return found

    def _contributions(self, row: int) -> list[dict[str, Any]]:
        """What the flow of a node is the sum of: of its users in reverse mode, of its arguments forward."""
        if self.forward:
            return [
                {"from": arg, "value": part}
                for arg, part in zip(self._args(row), self.made.passed[row], strict=True)
                if part is not None
            ]
        return [{"from": user, "value": part} for user, part in self.users.get(row, ()) if part is not None]

    def sheet(self) -> Sheet:
        """The nodes as a table, a row each."""
        columns = (
            Column("id", "#", "number", right=True),
            Column("op", "op", "words", 5),
            Column("text", "node", "code"),
            Column("args", "of", "words", 4),
            Column("value", "value", "number", 1, "value", right=True),
            Column("partials", "partials", "words", 3, "partials"),
            Column(self.flow, self.flow, "number", right=True),
            Column("contributions", "sum of", "words", 2, "sum of"),
            Column("mark", "", "words", 1, "mark"),
        )
        return Sheet(columns, [self._row(row) for row in range(len(self.texts))])

    def _row(self, row: int) -> dict[Any, Any]:
        made = self.made
        args = self._args(row)
        known = [(arg, part) for arg, part in zip(args, made.partials[row], strict=True) if part is not None]
        parts = self._contributions(row)
        parts = parts if len(parts) > 1 else []  # of one alone it is the same number
        mark = self.marks.get(row, "")
        return {
            "id": str(row), "op": made.tape.nodes[row].op.key, "text": self.texts[row],
            "args": " ".join(f"#{arg}" for arg in args), "value": _number_cell(made.values[row]),
            "partials": _format_list("by", known), self.flow: _number_cell(made.flowing[row]),
            "contributions": _format_list("from", [(part["from"], part["value"]) for part in parts]),
            "mark": mark, "mood": _MOODS.get(mark, ""),
        }  # fmt: skip

    def graph(self) -> Graph:
        """The computation from operands to results; on every edge what passes along it."""
        made = self.made
        nodes = [
            Node(row, (self._head(row), *self._lines(row)), _MOODS.get(self.marks.get(row, ""), ""))
            for row in range(len(self.texts))
        ]
        edges = [Edge(arg, row, _format_brief(made.passed[row][index])) for row, index, arg in self._edges()]
        return Graph(tuple(nodes), tuple(edges))

    def _head(self, row: int) -> str:
        """A node as text, with the number by which longer ones call it."""
        return self.texts[row] if is_leaf(self.made.tape.nodes[row]) else f"#{row} = {self.texts[row]}"

    def _lines(self, row: int) -> list[str]:
        node = self.made.tape.nodes[row]
        lines = [] if node.op is NUMBER else [f"value {_format_brief(self.made.values[row])}"]
        if self.made.flowing[row] != 0.0 or node.op is not NUMBER:
            lines.append(f"{self.flow} {_format_brief(self.made.flowing[row])}")
        return [*lines, self.marks[row]] if row in self.marks else lines


def _number_cell(value: Value) -> float | str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if value in (float("inf"), float("-inf")) else value


def _format_list(word: str, parts: Sequence[tuple[int, Value]]) -> str:
    """Numbers by node: `by #1: 0.5, #0: 2`."""
    return f"{word} " + ", ".join(f"#{row}: {_format_brief(value, 6)}" for row, value in parts) if parts else ""


def _format_brief(value: Value, digits: int = 4) -> str:
    """A number where there is little room."""
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value + 0.0:.{digits}g}"


def _write_nodes(made: Flow) -> list[str]:
    """The text of each row; in terms of its arguments, #3*#5, where it would be long. Linear."""
    texts: list[str] = []
    long: list[bool] = []
    for row, node in enumerate(made.tape.nodes):
        args = () if is_leaf(node) else made.tape.rows[row][1]
        # What holds something long is longer: its own text is not so much as tried.
        text = "" if any(long[arg] for arg in args) else write(node)
        long.append(not text or len(text) > _LONGEST)
        texts.append(_write_abbreviated(made, row, texts) if long[row] else text)
    return texts


def _write_abbreviated(made: Flow, row: int, texts: Sequence[str]) -> str:
    node = made.tape.nodes[row]
    if is_leaf(node):
        return f"{float(made.values[row] or 0.0)!r}" if node.op is NUMBER else elide(node.args[0], _LONGEST)
    args = made.tape.rows[row][1]
    parts = [texts[arg] if is_leaf(made.tape.nodes[arg]) and len(texts[arg]) < _SHORT else f"#{arg}" for arg in args]
    return write(make(node.op, *map(symbol, parts)))
