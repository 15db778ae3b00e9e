"""JSON Lines: one object per line, whose members name the variables.

Objects are read strictly: no key twice, no NaN, and faults are named in plain words. A point passes through byte for
byte and gains members: with a recorder those of a record, else one per column. A line that is not an object
becomes the record of an error.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from functools import cache
from itertools import chain, repeat
from operator import itemgetter
from typing import TYPE_CHECKING, Any, overload

from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError, ParseError, UsageError
from dcalc.io.doubles import format_column, format_rows, has_fast, read_plain_numbers
from dcalc.io.lines import Block, decode_line, is_row, number_blocks
from dcalc.io.rows import BlockForm, Chunk, drop_traceback, name_taken
from dcalc.point import read_json_number, read_name
from dcalc.problem import Result

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from json import JSONDecoder

    from dcalc.io.lines import Lines
    from dcalc.io.rows import Answers, Recorder, Task
    from dcalc.problem import Point


_AS_JSON = 'write one object per line: {"expr": "x**2", "at": {"x": 1}}'
_AS_ARRAY = 'write numbers or objects in square brackets: [1, 2], or [{"x": 1}, {"x": 2}]'
_FAULTS = {
    "property name": "a key in double quotes is missing",
    "Expecting value": "a value is missing",
    "',' delimiter": "a comma or a closing bracket is missing",
    "':' delimiter": "a colon is missing",
    "Extra data": "there is more after its end",
    "Unterminated": "a closing quote is missing",
    "control character": "a string contains a control character",
    "escape": "an escape is not one of JSON's",
    "trailing comma": "nothing follows the comma",
}


def read_object(line: bytes, *, exact: bool = False) -> dict[str, Any]:
    """The object of a line; with ``exact`` its decimals are left as text. Raises ParseError, UsageError."""
    text = decode_line(line.strip())
    if not text.startswith("{"):
        raise ParseError("not a JSON object", source=text, span=(0, 1), help='write one per line: {"x": 1}')
    return parse_object(text, exact=exact)


def parse_object(text: str, *, exact: bool = False) -> dict[str, Any]:
    """The object; with ``exact`` its decimals are left as text."""
    from json import JSONDecodeError

    try:
        record: dict[str, Any] = _new_decoder(exact).decode(text)
    except JSONDecodeError as error:
        place = min(error.pos, len(text))
        raise ParseError(_explain(error.msg), source=text, span=(place, place + 1), help=_AS_JSON) from None
    except (ValueError, RecursionError):
        raise ParseError("the JSON object cannot be read: a number is too long, or it is nested too deeply") from None
    return record


@cache
def _new_decoder(exact: bool) -> JSONDecoder:
    from json import JSONDecoder

    return JSONDecoder(
        parse_constant=_refuse_constant, parse_float=str if exact else None, object_pairs_hook=_refuse_twice
    )


def _refuse_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object, where no key stands twice: of two values one would be lost without a word."""
    record = dict(pairs)
    if len(record) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise UsageError(f'the key "{twice}" is given twice', help="give it one value")
    return record


def _explain(decoders: str) -> str:
    """What Python's decoder says, in words that need no knowledge of Python."""
    fault = next((ours for words, ours in _FAULTS.items() if words in decoders), None)
    return "not a JSON object" if fault is None else f"not a JSON object: {fault}"


def _refuse_constant(word: str) -> None:
    raise UsageError(f"{word} is not allowed in JSON", help="leave it out, or write null")


# --- Points as objects.

_NAN = float("nan")
_LARGE = 1 << 15
_PIECE = 1_024
"""Rows written at a time: their records stay in a core's cache, and in memory that Python has already."""
_DIGITS = b"0123456789+-.eE"
_MARKS = bytes(range(0x80, 0xE0))
"""Bytes that stand in no number, and in no text that is written for each row, which is ASCII."""
_ALL_NEWLINES = bytes.maketrans(_MARKS, b"\n" * len(_MARKS))
_NO_NUMBER = re.compile(rb"(?:^|(?<=[\x80-\xdf\n]))(?=[\x80-\xdf\n])")
_SLOT = re.compile(r'"\\u0001(\d+)"')


class _Rows(Sequence[bytes]):
    """Objects that end in a number and a bracket, held without the bracket, behind which members will be put."""

    __slots__ = ("bodies",)

    def __init__(self, bodies: list[bytes]) -> None:
        self.bodies = bodies

    def __len__(self) -> int:
        return len(self.bodies)

    @overload
    def __getitem__(self, place: int) -> bytes: ...
    @overload
    def __getitem__(self, place: slice) -> _Rows: ...
    def __getitem__(self, place: int | slice) -> bytes | _Rows:
        return _Rows(self.bodies[place]) if isinstance(place, slice) else self.bodies[place] + b"}"


class JsonLines(BlockForm):
    """The names of the variables are those of the first object's members."""

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._first = first
        self._blocks = blocks
        self._exact = exact
        self._keys: dict[str, str] = {}
        self._present: list[str] = []
        self._members: ColumnMembers | RecordMembers | None = None

    def read_names(self) -> Sequence[str]:
        """The names of the first object's members; none where it is not an object, which its row will say."""
        try:
            self._present = list(read_object(self._first))
        except DcalcError:
            self._present = []
        self._keys = {_read_key(key): key for key in self._present}
        return list(self._keys)

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Take any members: each object is checked by itself."""
        self._keys = {name: self._keys.get(name, name) for name in names}

    def set_task(self, task: Task) -> None:
        """Choose what is written: records, or columns."""
        self._members = ColumnMembers(task) if task.recorder is None else RecordMembers(task, task.recorder)
        if clashes := sorted(self._members.keys.intersection(self._present)):
            raise name_taken(clashes[0])

    @property
    def wants_f(self) -> bool:
        """True where the value of the function is written, too."""
        return isinstance(self._members, RecordMembers)

    def format_heading(self) -> bytes:
        """Nothing: there is no heading."""
        return b""

    def read_parts(self) -> Iterator[Block]:
        """The blocks."""
        return number_blocks(self._blocks)

    def read_part(self, part: Block | Lines) -> Iterator[Chunk]:
        """The numbers of the objects, in one chunk."""
        assert isinstance(part, Block)  # no object has several lines
        if (chunk := self._read_alike(part)) is not None:
            yield chunk
            return
        block = part.text
        numbers, lines = part.lines()
        indices = [index for index, line in enumerate(lines) if is_row(line)]
        if len(indices) < len(lines):
            numbers, lines = [numbers[index] for index in indices], [lines[index] for index in indices]
        if lines:
            rows = [line.strip() for line in lines]
            yield self._read_at_once(numbers, rows, block) or self._read_one_by_one(numbers, rows)

    def _read_alike(self, part: Block) -> Chunk | None:
        """The rows where all lines are spelled as `{"x": 1, "y": 2}`, and hold nothing else; None where one is not.

        A mark takes the place of what stands before each number: the marks alone must be the same in every line.
        """
        if (
            self._exact
            or len(part.text) < _LARGE
            or len(self._keys) > len(_MARKS)
            or self._present != [*self._keys.values()]
        ):
            return None
        before = [json.dumps(key, ensure_ascii=False).encode() + b": " for key in self._keys.values()]
        text = part.text.removesuffix(b"\n")
        if not text.startswith(b"{" + before[0]) or not text.endswith(b"}"):
            return None
        rows = _Rows(text[:-1].split(b"}\n"))
        text = text[len(before[0]) + 1 : -1].replace(b"}\n{" + before[0], b"\n")
        for mark, key in zip(_MARKS, before[1:], strict=False):
            text = text.replace(b", " + key, bytes((mark,)))
        marks = _MARKS[: len(before) - 1] + b"\n"
        if text.translate(None, _DIGITS) != (marks * len(rows))[:-1]:
            return None
        numbers = read_plain_numbers(text.translate(_ALL_NEWLINES) if len(marks) > 1 else text, b"\n")
        if numbers is None or len(numbers) != len(rows) * len(before):
            return None
        columns = [numbers[place :: len(before)] for place in range(len(before))]
        return Chunk(columns, range(part.first, part.first + len(rows)), rows)

    def _read_at_once(self, numbers: Sequence[int], rows: list[bytes], block: bytes) -> Chunk | None:
        """The rows in bulk; None unless each is an object with a plain number for every name, and no key twice."""
        if self._exact or b"\\u" in block or not has_fast():
            return None
        new_keys = self._new_keys()
        quoted = [json.dumps(key, ensure_ascii=False).encode() for key in self._keys.values()]
        if any(block.count(key) != len(rows) for key in quoted):
            return None  # a key may stand twice, of which one would be lost
        import orjson

        try:
            objects = list(map(orjson.loads, rows))
            columns = [[record[key] for record in objects] for key in self._keys.values()]
            if not all(map(new_keys.isdisjoint, objects)):
                return None
        except (ValueError, KeyError, TypeError, RecursionError):
            return None
        if any(not set(map(type, column)) <= {int, float} for column in columns):
            return None
        ids = {row: record["id"] for row, record in enumerate(objects) if "id" in record}
        return Chunk(columns, numbers, rows, ids=ids)

    def _read_one_by_one(self, numbers: Sequence[int], rows: list[bytes]) -> Chunk:
        chunk = Chunk([[] for _ in self._keys], numbers, rows)
        for row, line in enumerate(rows):
            values = [_NAN] * len(self._keys)
            try:
                record = self._read_row(line)
                if "id" in record:
                    chunk.ids[row] = record["id"]
                values = [self._read_value(record, name, key) for name, key in self._keys.items()]
                if clashes := sorted(self._new_keys() & record.keys()):
                    raise name_taken(clashes[0])
            except DcalcError as error:
                chunk.bad[row] = drop_traceback(error)
            for column, value in zip(chunk.columns, values, strict=True):
                column.append(value)
        return chunk

    def _read_row(self, line: bytes) -> dict[str, Any]:
        """The object of a row. Raises DcalcError."""
        return read_object(line, exact=self._exact)

    def _new_keys(self) -> set[str]:
        """The names of the members that will be added."""
        return self._members.keys if self._members is not None else set()

    def _read_value(self, record: dict[str, Any], name: str, key: str) -> Any:
        if record.get(key) is None:
            raise UsageError(f"no value is given for {name}")
        value = read_json_number(record[key], exact=self._exact)
        return value if self._exact else nearest_double(value)

    def format_rows(self, chunk: Chunk, answers: Answers) -> Iterator[bytes]:
        """One line per row: its object with the new members, or the record of its error."""
        if len(chunk) <= _PIECE:
            yield self._format_piece(chunk, answers)
            return
        for start in range(0, len(chunk), _PIECE):
            stop = start + _PIECE
            yield self._format_piece(chunk.part(start, stop), answers.part(start, stop))

    def _format_piece(self, chunk: Chunk, answers: Answers) -> bytes:
        assert self._members is not None  # rows are written under titles
        if not answers.bad and (bodies := _cut_brackets(chunk.raw)) is not None:
            parts = self._members.format_parts(chunk, answers, b", ", b"}\n")
            return b"".join(chain.from_iterable(zip(bodies, *parts, strict=False)))
        members = self._members.format_members(chunk, answers)
        rows = [_add_members(row, new) for row, new in zip(chunk.raw, members, strict=True)]
        for row, error in answers.bad.items():
            rows[row] = self._format_failure(chunk, row, error)
        return b"".join(rows)

    def _format_failure(self, chunk: Chunk, row: int, error: DcalcError) -> bytes:
        """The object with what is wrong with it; a line that is not an object is shown as a text."""
        assert self._members is not None
        raw = chunk.raw[row]
        wrong = self._members.failure(chunk, row, error)
        try:
            if (wrong.keys() | self._new_keys()).isdisjoint(read_object(raw)):
                return _add_members(raw, json.dumps(wrong)[1:-1].encode())
        except DcalcError:
            pass  # it is not an object, which is what is wrong
        return json.dumps({"text": raw.decode(errors="backslashreplace"), **wrong}).encode() + b"\n"


class JsonArray(JsonLines):
    """JSON arrays, read whole; each element of one, or each of several, is a row, and the output is JSON Lines.

    An element is an object, a number of the only variable, or an array of numbers for the variables in their order;
    the two last become objects. One array with as many numbers as there are variables is one point.
    """

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._rows = split_array(b"".join(blocks))
        super().__init__(iter(()), self._rows[0] if self._rows else b"", exact=exact)

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Give the numbers of each row the names of the variables, where there are as many."""
        super().bind(names, variables, wrt)
        keys = [json.dumps(key, ensure_ascii=False).encode() for key in self._keys.values()]
        rows = self._rows
        if 1 < len(rows) == len(keys) and not any(row.startswith((b"{", b"[")) for row in rows):
            rows = [b"[" + b", ".join(rows) + b"]"]
        self._blocks = iter([b"\n".join(_name_numbers(row, keys) for row in rows)] if rows else [])

    def _read_row(self, line: bytes) -> dict[str, Any]:
        if line.startswith(b"{"):
            return super()._read_row(line)
        count = len(split_array(line)) if line.startswith(b"[") else 1
        values, variables = ("value" if count == 1 else "values"), ("variable" if len(self._keys) == 1 else "variables")
        raise UsageError(
            f"{count} {values}, but the expression has {len(self._keys)} {variables}",
            help="write " + json.dumps(dict(zip(self._keys, range(1, 9), strict=False))),
        )


def _name_numbers(row: bytes, keys: Sequence[bytes]) -> bytes:
    """The object that a number, or an array of them, stands for; the row itself where the numbers do not fit."""
    if row.startswith(b"{"):
        return row
    numbers = split_array(row) if row.startswith(b"[") else [row]
    return _write_object(keys, numbers) if len(numbers) == len(keys) else row


def _write_object(keys: Sequence[bytes], values: Sequence[bytes]) -> bytes:
    return b"{" + b", ".join(b"%b: %b" % pair for pair in zip(keys, values, strict=True)) + b"}"


_SPACE = re.compile(r"[ \t\r\n]*")


def split_array(text: bytes) -> list[bytes]:
    """The elements of a JSON array as they are written, each on a line of its own; of several arrays, these.

    An object whose members are arrays of one length holds columns: its elements are objects. Raises ParseError where
    it is neither. Time: linear; memory: some times the text.
    """
    source = decode_line(text)
    start = _skip_space(source, 0)
    if source[start : start + 1] == "{" and (rows := _turn_columns(source)) is not None:
        return rows
    elements, end = _split_one(source, start)
    if end == len(source):
        return elements
    arrays = [source[start:end]]
    while end < len(source):
        start = end
        if source[start] != "[":
            raise _explain_array(source, start, "there is more after its end")
        _, end = _split_one(source, start)
        arrays.append(source[start:end])
    return [array.strip().replace("\n", " ").encode() for array in arrays]


def _turn_columns(source: str) -> list[bytes] | None:
    """The rows of `{"x": [1, 2], "y": [3, 4]}`, with the numbers as they are written; None where it has no columns."""
    decoder = _new_decoder(exact=True)
    columns: dict[str, list[bytes]] = {}
    place, more = source.index("{"), True
    try:
        while more:
            key, end = decoder.raw_decode(source, _skip_space(source, place + 1))
            colon = _skip_space(source, end)
            if not isinstance(key, str) or key in columns or source[colon : colon + 1] != ":":
                return None
            columns[key], place = _split_one(source, _skip_space(source, colon + 1))
            more = source[place : place + 1] == ","
    except (ValueError, RecursionError, DcalcError):
        return None
    if source[place:].strip() != "}" or len(set(map(len, columns.values()))) != 1:
        return None
    keys = [json.dumps(key, ensure_ascii=False).encode() for key in columns]
    return [_write_object(keys, row) for row in zip(*columns.values(), strict=True)]


def _split_one(source: str, place: int) -> tuple[list[bytes], int]:
    """The elements of the array that begins here, and where what follows it begins."""
    from json import JSONDecodeError

    decoder, elements = _new_decoder(exact=True), []
    if source[place : place + 1] != "[":
        raise ParseError("not a JSON array", help=_AS_ARRAY)
    place = _skip_space(source, place + 1)
    closed = source[place : place + 1] == "]"
    while not closed:
        try:
            _, end = decoder.raw_decode(source, place)
        except JSONDecodeError as error:
            raise _explain_array(source, error.pos, _explain(error.msg).rpartition(": ")[2]) from None
        except (ValueError, RecursionError):
            raise _explain_array(source, place, "a number is too long, or it is nested too deeply") from None
        elements.append(source[place:end].replace("\n", " ").encode())
        place = _skip_space(source, end)
        closed = source[place : place + 1] == "]"
        if not closed and source[place : place + 1] != ",":
            raise _explain_array(source, place, "a comma or a closing bracket is missing")
        if not closed:
            place = _skip_space(source, place + 1)
    return elements, _skip_space(source, place + 1)


def _skip_space(source: str, place: int) -> int:
    match = _SPACE.match(source, place)
    return place if match is None else match.end()


def _explain_array(source: str, place: int, fault: str) -> ParseError:
    line = source.count("\n", 0, place) + 1
    return ParseError(f"line {line}: not a JSON array: {fault}", help=_AS_ARRAY)


_LOOSE_ENDS = frozenset(b"{ \t\r\n")
"""What stands before the last bracket of an object that is empty or has space there."""


def _cut_brackets(rows: Sequence[bytes]) -> list[bytes] | None:
    """The objects without their last brackets; None where members cannot be put behind one just so."""
    if isinstance(rows, _Rows):
        return rows.bodies
    return [row[:-1] for row in rows] if _LOOSE_ENDS.isdisjoint(map(itemgetter(-2), rows)) else None


def _add_members(raw: bytes, members: bytes) -> bytes:
    """The line of an object, with more members."""
    body = raw[:-1].rstrip()
    return body + (b"" if body == b"{" else b", ") + members + b"}\n"


def _read_key(key: str) -> str:
    """The name of a member as the parser has it where it can be that of a variable."""
    try:
        return read_name(key)
    except DcalcError:
        return key


# --- What objects gain, as text, by the row.


class ColumnMembers:
    """`"df_dx": 1.0, "status": "ok"`: one member per column."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self.keys = {*task.titles, task.status}
        self._titles = [json.dumps(title).encode() + b": " for title in (*task.titles, task.status)]

    def format_members(self, chunk: Chunk, answers: Answers) -> list[bytes]:
        """The members of every row."""
        statuses = [b'"ok"'] * len(chunk)
        for row, status in answers.odd_statuses().items():
            statuses[row] = json.dumps(status).encode()
        columns = [*map(_format_values, answers.values), statuses]
        named = (map(title.__add__, column) for title, column in zip(self._titles, columns, strict=True))
        return list(map(b", ".join, zip(*named, strict=True)))

    def format_parts(self, chunk: Chunk, answers: Answers, before: bytes, behind: bytes) -> list[Iterable[bytes]]:
        """Texts which, joined row by row, are the members, and what stands before and behind them."""
        return [repeat(before), self.format_members(chunk, answers), repeat(behind)]

    def failure(self, _chunk: Chunk, _row: int, _error: DcalcError) -> dict[str, Any]:
        """The members of a row that is in error."""
        return {**dict.fromkeys(self._task.titles), self._task.status: "error"}


class RecordMembers:
    """The members of a record, as `--format jsonl` has them; an id is the input's own.

    A record that is plainly ok differs from others in its numbers alone: its text is made once, with slots.
    """

    def __init__(self, task: Task, recorder: Recorder) -> None:
        self._task = task
        self._recorder = recorder
        record = self._record(dict.fromkeys(task.names, 0.0), [Result(value=0.0, f=0.0)] * len(task.targets), 0)
        self.keys = set(self._add_prefix(record))
        slots = iter(range(len(record) + len(task.names) + len(task.targets)))
        for key in ("line", "at", "f", "value", "norm"):
            if key in record:
                record[key] = _mark_slots(record[key], slots)
        self._has_norm = "norm" in record
        self._no_id = json.dumps(self._add_prefix({"id": None}))[1:-1].encode() + b", "
        pieces = _SLOT.split(self._format_record(record))
        self._between = [piece.encode() for piece in pieces[::2]]

    def format_members(self, chunk: Chunk, answers: Answers) -> list[bytes]:
        """The members of every row."""
        columns = self._columns(answers)
        if (parts := self._format_at_once(chunk, columns)) is None:
            members = self._format_each(chunk, columns)
        else:
            members = list(map(b"".join, zip(*parts, strict=False)))
        for row, results in answers.results.items():
            point = dict(zip(self._task.names, (column[row] for column in chunk.columns), strict=True))
            text = self._format_record(self._record(point, results, chunk.lines[row])).encode()
            members[row] = text if row in chunk.ids else self._no_id + text
        return members

    def format_parts(self, chunk: Chunk, answers: Answers, before: bytes, behind: bytes) -> list[Iterable[bytes]]:
        """Texts which, joined row by row, are the members, and what stands before and behind them: what all rows share
        is not copied into each."""
        parts = None if answers.results else self._format_at_once(chunk, self._columns(answers), before, behind)
        return [repeat(before), self.format_members(chunk, answers), repeat(behind)] if parts is None else parts

    def _columns(self, answers: Answers) -> list[Any]:
        """The columns of numbers in the order of the slots."""
        norms = [_row_norms(answers.values)] if self._has_norm else []
        return [*answers.columns, answers.f, *answers.values, *norms]

    def _format_at_once(
        self, chunk: Chunk, columns: Sequence[Any], before: bytes = b"", behind: bytes = b""
    ) -> list[Iterable[bytes]] | None:
        """The parts of rows that are plainly ok: a mark after each number becomes the text that follows there.

        None where there are ids, numbers that are missing, or few rows.
        """
        if chunk.ids or not has_fast() or len(columns) > len(_MARKS) or isinstance(columns[0], list):
            return None
        import numpy as np
        import orjson

        arrays = [np.asarray(column, dtype=np.float64) for column in columns]
        marks = _MARKS[: len(columns) - 1]
        text = format_rows(arrays, marks or b"\t")
        if any(not np.isfinite(array).all() for array in arrays):  # the record of such a row is written by itself
            text = _NO_NUMBER.sub(b"null", text)
        for mark, piece in zip(marks, self._between[2:], strict=False):
            text = text.replace(bytes((mark,)), piece)
        lines = orjson.dumps(list(chunk.lines))[1:-1].split(b",")
        head, last = before + self._no_id + self._between[0], self._between[-1] + behind
        return [repeat(head), lines, repeat(self._between[1]), text.split(b"\n")[:-1], repeat(last)]

    def _format_each(self, chunk: Chunk, columns: Sequence[Any]) -> list[bytes]:
        """The members of every row, from its own texts."""
        slots = [[b"%d" % line for line in chunk.lines], *map(_format_values, columns)]
        mixed: list[Any] = [repeat(self._between[0])]
        for slot, piece in zip(slots, self._between[1:], strict=True):
            mixed += [slot, repeat(piece)]
        members = map(b"".join, zip(*mixed, strict=False))
        return [text if row in chunk.ids else self._no_id + text for row, text in enumerate(members)]

    def _record(self, at: Point, results: Sequence[Result], line: int) -> dict[str, Any]:
        """The record of a row without its id, which is the input's."""
        record = self._recorder.record(at, results, line)
        del record["id"]
        return record

    def _format_record(self, record: dict[str, Any]) -> str:
        """The members without the brackets around them."""
        return json.dumps(self._add_prefix(record), allow_nan=False)[1:-1]

    def _add_prefix(self, record: dict[str, Any]) -> dict[str, Any]:
        return {self._task.prefix + key: value for key, value in record.items()}

    def failure(self, chunk: Chunk, row: int, error: DcalcError) -> dict[str, Any]:
        """The members of a row that is in error."""
        identity = {} if row in chunk.ids else {"id": None}
        return self._add_prefix({**identity, "line": chunk.lines[row], **self._recorder.failure(error)})


def _mark_slots(value: Any, slots: Any) -> Any:
    """A text that stands for a number of each row, in place of each number."""
    if isinstance(value, dict):
        return {key: _mark_slots(part, slots) for key, part in value.items()}
    return f"\x01{next(slots)}"


def _format_values(column: Any) -> list[bytes]:
    """The numbers as JSON has them: null where there is none."""
    cells = format_column(column)
    return [cell or b"null" for cell in cells] if b"" in cells else cells


def _row_norms(columns: Sequence[Any]) -> list[float | None]:
    """The length of every row, None where a part has no value."""
    lists = [column if isinstance(column, list) else column.tolist() for column in columns]
    return [None if None in row else math.hypot(*row) for row in zip(*lists, strict=True)]
