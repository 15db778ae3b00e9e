"""JSON Lines: an object a line, whose members name the variables.

An object passes through byte for byte and gains members: of diff and grad those of their
record, of map the columns. A line that is no object becomes the record of an error.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dcalc.at import read_json_number, read_name
from dcalc.cli.stdin import decode, load
from dcalc.cli.stream.chunk import Chunk, bare, is_row
from dcalc.cli.stream.members import Columns, Records
from dcalc.cli.stream.numbers import is_finite, loads
from dcalc.cli.stream.task import taken_already
from dcalc.errors import DcalcError, ParseError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.cli.ask import Question
    from dcalc.cli.stream.chunk import Results
    from dcalc.cli.stream.task import Task

_NAN = float("nan")


class Form:
    """The names of the variables are those of the first object's members."""

    comments = 0

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._first = first
        self._blocks = blocks
        self._exact = exact
        self._keys: dict[str, str] = {}
        self._present: set[str] = set()
        self._maker: Columns | Records | None = None
        self._line = 1

    def brings(self) -> Sequence[str]:
        """The names of the first object's members; none where it is no object, as will be said of its row."""
        try:
            self._present = set(_object(self._first))
        except DcalcError:
            self._present = set()
        self._keys = {_name(key): key for key in self._present}
        return list(self._keys)

    def bind(self, question: Question, names: Sequence[str]) -> None:
        """Any members will do: each object is checked by itself."""
        self._keys = {name: self._keys.get(name, name) for name in names}

    def title(self, task: Task) -> None:
        """Choose what is written: records, or columns."""
        self._maker = Columns(task) if task.command == "map" else Records(task)
        if taken := sorted(self._maker.keys & self._present):
            raise taken_already(taken[0])

    @property
    def wants_f(self) -> bool:
        """True where the value of the function is written, too."""
        return isinstance(self._maker, Records)

    def heading(self) -> bytes:
        """Nothing."""
        return b""

    def chunks(self) -> Iterator[Chunk]:
        """A chunk for each block."""
        for block in self._blocks:
            yield from self._chunk(block)

    def _chunk(self, block: bytes) -> Iterator[Chunk]:
        found = block.removesuffix(b"\n").split(b"\n")
        numbers: Sequence[int] = range(self._line, self._line + len(found))
        self._line += len(found)
        kept = [index for index, line in enumerate(found) if is_row(line)]
        if len(kept) < len(found):
            numbers, found = [numbers[index] for index in kept], [found[index] for index in kept]
        if found:
            rows = [line.strip() for line in found]
            yield self._at_once(numbers, rows, block) or self._one_by_one(numbers, rows)

    def _at_once(self, numbers: Sequence[int], rows: list[bytes], block: bytes) -> Chunk | None:
        """The rows where each is an object with a plain number for every name, and no key stands twice."""
        taken = self._taken()
        quoted = [json.dumps(key, ensure_ascii=False).encode() for key in self._keys.values()]
        if self._exact or b"\\u" in block or any(block.count(key) != len(rows) for key in quoted):
            return None  # a key may stand twice, of which one would be lost
        try:
            objects = list(map(loads(), rows))
            columns = [[one[key] for one in objects] for key in self._keys.values()]
            if not all(taken.isdisjoint(one) for one in objects):
                return None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if any(not set(map(type, column)) <= {int, float} or not is_finite(column) for column in columns):
            return None
        ids = {row: one["id"] for row, one in enumerate(objects) if "id" in one}
        return Chunk(columns, numbers, rows, ids=ids)

    def _one_by_one(self, numbers: Sequence[int], rows: list[bytes]) -> Chunk:
        chunk = Chunk([[] for _ in self._keys], numbers, rows)
        for row, line in enumerate(rows):
            values = [_NAN] * len(self._keys)
            try:
                one = _object(line, exact=self._exact)
                if "id" in one:
                    chunk.ids[row] = one["id"]
                values = [self._value(one, name, key) for name, key in self._keys.items()]
                if twice := sorted(self._taken() & one.keys()):
                    raise taken_already(twice[0])
            except DcalcError as error:
                chunk.bad[row] = bare(error)
            for column, value in zip(chunk.columns, values, strict=True):
                column.append(value)
        return chunk

    def _taken(self) -> set[str]:
        """The members that are to be added."""
        return self._maker.keys if self._maker is not None else set()

    def _value(self, one: dict[str, Any], name: str, key: str) -> Any:
        if one.get(key) is None:
            raise UsageError(f"no value is given for {name}")
        return read_json_number(one[key], exact=self._exact)

    def text(self, chunk: Chunk, results: Results) -> bytes:
        """A line a row: its object with the new members, or the record of its error."""
        assert self._maker is not None  # rows are written under titles
        made = self._maker.members(chunk, results)
        rows = [_joined(row, new) for row, new in zip(chunk.raw, made, strict=True)]
        for row, error in results.bad.items():
            rows[row] = self._failed(chunk, row, error)
        return b"".join(rows)

    def _failed(self, chunk: Chunk, row: int, error: DcalcError) -> bytes:
        """The object with what is wrong with it; a line that is none is shown as a text."""
        assert self._maker is not None
        raw = chunk.raw[row]
        wrong = self._maker.failed(chunk, row, error)
        try:
            if (wrong.keys() | self._taken()).isdisjoint(_object(raw)):
                return _joined(raw, json.dumps(wrong)[1:-1].encode())
        except DcalcError:
            pass  # it is no object, which is what is wrong
        return json.dumps({"text": raw.decode(errors="backslashreplace"), **wrong}).encode() + b"\n"


def _joined(raw: bytes, members: bytes) -> bytes:
    """The line of an object with more members."""
    body = raw[:-1].rstrip()
    return body + (b"" if body == b"{" else b", ") + members + b"}\n"


def _object(line: bytes, *, exact: bool = False) -> dict[str, Any]:
    """The object of a line. Raises ParseError, UsageError."""
    text = decode(line.strip())
    if not text.startswith("{"):
        raise ParseError("no JSON object", source=text, span=(0, 1), help='write one a line: {"x": 1}')
    return load(text, exact=exact)


def _name(key: str) -> str:
    """The name of a member as the parser has it where it can be that of a variable."""
    try:
        return read_name(key)
    except DcalcError:
        return key
