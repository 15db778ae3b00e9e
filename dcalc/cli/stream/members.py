"""What JSON objects gain: the members of a record, or a member a column. All as text, by the row."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace
from itertools import repeat
from typing import TYPE_CHECKING, Any

from dcalc.cli.stream.numbers import cells
from dcalc.errors import DcalcError
from dcalc.formats import Style
from dcalc.formats.record import Recorder, failed
from dcalc.problem import Problem, Report, Result
from dcalc.solve import MAX_TEXT_ORDER, solve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.cli.stream.chunk import Chunk, Results
    from dcalc.cli.stream.task import Task
    from dcalc.expr import Expr
    from dcalc.problem import Point

_SLOT = re.compile(r'"\\u0001(\d+)"')


class Columns:
    """`"df_dx": 1.0, "status": "ok"`: a member a column."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.keys = {*task.titles, task.status}
        self._titles = [json.dumps(title).encode() + b": " for title in (*task.titles, task.status)]

    def members(self, chunk: Chunk, results: Results) -> list[bytes]:
        """The members of every row."""
        words = [b'"ok"'] * len(chunk)
        for row, word in results.odd().items():
            words[row] = json.dumps(word).encode()
        columns = [*map(_values, results.values), words]
        named = (map(title.__add__, column) for title, column in zip(self._titles, columns, strict=True))
        return list(map(b", ".join, zip(*named, strict=True)))

    def failed(self, _chunk: Chunk, _row: int, _error: DcalcError) -> dict[str, Any]:
        """The members of a row that is no point."""
        return {**dict.fromkeys(self._task.titles), self._task.status: "error"}


class Records:
    """The members of a record, as `--format jsonl` has them; an id is the input's own."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._derivatives = [_derivative(task.question.root, target) for target in task.targets]
        self._recorder = Recorder(Style(command=task.command, sweep=True))
        record = self._record(dict.fromkeys(task.names, 0.0), [Result(value=0.0, f=0.0)] * len(task.targets), 0)
        self.keys = set(self._prefixed(record))
        # A row that is plainly ok differs from others in these places alone.
        slots = iter(range(len(record) + len(task.names) + len(task.targets)))
        for key in ("line", "at", "f", "value", "norm"):
            if key in record:
                record[key] = _marked(record[key], slots)
        self._no_id = json.dumps(self._prefixed({"id": None}))[1:-1].encode() + b", "
        pieces = _SLOT.split(self._text(record))
        self._between = [piece.encode() for piece in pieces[::2]]

    def members(self, chunk: Chunk, results: Results) -> list[bytes]:
        """The members of every row."""
        slots = [
            [b"%d" % line for line in chunk.lines],
            *map(_values, results.columns),
            _values(results.f),
            *map(_values, results.values),
            *([_values(_norms(results.values))] if self._task.command == "grad" else []),
        ]
        mixed: list[Any] = [repeat(self._between[0])]
        for slot, piece in zip(slots, self._between[1:], strict=True):
            mixed += [slot, repeat(piece)]
        made = list(map(b"".join, zip(*mixed, strict=False)))
        for row, answers in results.answers.items():
            point = dict(zip(self._task.names, (column[row] for column in chunk.columns), strict=True))
            made[row] = self._text(self._record(point, answers, chunk.lines[row])).encode()
        return [one if row in chunk.ids else self._no_id + one for row, one in enumerate(made)]

    def _record(self, at: Point, answers: Sequence[Result], line: int) -> dict[str, Any]:
        question = self._task.question
        full = tuple(
            replace(answer, derivative=derivative)
            for answer, derivative in zip(answers, self._derivatives, strict=True)
        )
        report = Report(
            self._task.command,
            expression=question.root,
            wrt=question.wrt,
            order=question.order,
            at=at,
            answers=full,
            line=line,
            notes=question.notes,
        )
        record = self._recorder(report)
        del record["id"]
        return record

    def _text(self, record: dict[str, Any]) -> str:
        """The members without the brackets around them."""
        return json.dumps(self._prefixed(record), allow_nan=False)[1:-1]

    def _prefixed(self, record: dict[str, Any]) -> dict[str, Any]:
        return {self._task.prefix + key: value for key, value in record.items()}

    def failed(self, chunk: Chunk, row: int, error: DcalcError) -> dict[str, Any]:
        """The members of a row that is no point."""
        from dcalc.cli.complain import failure

        identity = {} if row in chunk.ids else {"id": None}
        return self._prefixed({**identity, "line": chunk.lines[row], **failed(failure(error))})


def _derivative(root: Expr, target: tuple[str, ...]) -> Expr | None:
    """The derivative as an expression, where it can be had and is of an order that is shown."""
    if len(target) > MAX_TEXT_ORDER:
        return None
    try:
        return solve(Problem(root, target)).derivative
    except DcalcError:
        return None


def _marked(value: Any, slots: Any) -> Any:
    """A text that stands for a number of each row, in place of each number."""
    if isinstance(value, dict):
        return {key: _marked(one, slots) for key, one in value.items()}
    return f"\x01{next(slots)}"


def _values(column: Any) -> list[bytes]:
    """The numbers as JSON has them: null where there is none."""
    found = cells(column)
    return [cell or b"null" for cell in found] if b"" in found else found


def _norms(columns: Sequence[Any]) -> list[float | None]:
    """The length of every row, None where a part has no value."""
    lists = [column if isinstance(column, list) else column.tolist() for column in columns]
    return [None if None in row else math.hypot(*row) for row in zip(*lists, strict=True)]
