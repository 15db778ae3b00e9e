"""Rows in are rows out, in order, whatever is among them: against an oracle that goes line by line."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from math import isclose
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from dcalc.analysis import diff
from dcalc.bulk.kernel import Mode
from dcalc.cli.pipeline import RowRecorder, new_task
from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError
from dcalc.finding import Subject
from dcalc.io.jsonl import JsonLines
from dcalc.io.lines import Source, is_row
from dcalc.io.plain import Plain
from dcalc.io.row_solver import RowSolver
from dcalc.io.rows import Form, Task, read_chunks
from dcalc.io.separated import Csv, Quotes, _OpenRows
from dcalc.parser import parse
from dcalc.point import read_points
from dcalc.problem import Problem, Result
from dcalc.solver import solve

ROOT = parse("log(x)*x").root
QUESTION = Subject(root=ROOT, names=("x",), wrt=("x",), targets=(("x",),))
TASK = new_task(QUESTION, ("x",), QUESTION.targets, ("value",), "")
RECORDS = new_task(QUESTION, ("x",), QUESTION.targets, ("value",), "", RowRecorder(diff.finding, QUESTION))

numbers = st.one_of(
    st.floats(0.01, 100).map(repr),
    st.integers(-3, 50).map(str),
    st.sampled_from([".5", "+1", "1_000", "-0", "1e3", "pi/4"]),
)
rubbish = st.one_of(
    st.sampled_from(["", "zz", "nan", "1e999", "1..5", "x=", "1 2", '"', '""', '"1', "#", "{", "}", "\t", "é", "\x00"]),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=5),
)
labels = st.one_of(st.sampled_from(["a", "", "1.50", " q "]), st.text("ab \té", max_size=3))


def answer(text: str) -> Result | None:
    """What the reference says of the point, None where the option refuses the text."""
    try:
        (grid,) = read_points([text]).grids
        point = nearest_double(grid.values["x" if "x" in grid.values else None])
    except (DcalcError, KeyError):
        return None
    return solve(Problem(ROOT, ("x",), {"x": point}))


def is_right(cell: str, status: str, expected: Result | None) -> bool:
    """Whether value and status are what the answer says, to the tolerance of a stream."""
    if expected is None:
        return (cell, status) == ("", "error")
    if expected.value is None:
        return (cell, status) == ("", expected.status)
    return status == expected.status and isclose(float(cell), expected.value, rel_tol=1e-12)


def run(form: Form, head: int, mode: Mode = "bound", task: Task = TASK) -> bytes:
    form.read_names()
    form.bind(("x",), QUESTION.names, QUESTION.wrt)
    form.set_task(task)
    solver = RowSolver(task, mode=mode, head=head, with_f=form.wants_f)
    text = form.format_heading()
    for chunk in read_chunks(form):
        text += b"".join(form.format_rows(chunk, solver.answer(chunk)))
    return text


def blocks(data: bytes, size: int) -> Source:
    return Source(io.BytesIO(data), lambda: None, block=size)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.one_of(numbers, numbers, rubbish), max_size=12), st.integers(1, 40), st.integers(0, 12))
def test_plain(texts: Sequence[str], size: int, head: int) -> None:
    kept = [text for text in texts if is_row(text.encode())]
    data = "\n".join(texts).encode()
    rows = run(Plain(iter(blocks(data, size)), (kept or [""])[0].encode()), head).decode().split("\n")[:-1]
    assert len(rows) == len(kept)
    for row, text in zip(rows, kept, strict=True):
        expected = answer(text.strip())
        point, _, rest = row.partition("\t")
        if expected is None:
            assert rest == "\terror"
        else:
            cell, _, status = rest.partition("\t")
            assert is_right(cell, status or ("ok" if expected.status == "ok" else "removable"), expected), row
            assert float(point) == nearest_double(read_points([text]).grids[0].values[None]) or "=" in text


def as_csv(cells: Sequence[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(cells)
    return buffer.getvalue()


rows_of_csv = st.one_of(
    st.tuples(labels, numbers, labels).map(as_csv),
    st.tuples(labels, numbers, labels).map(as_csv),
    st.tuples(st.sampled_from(['a"b', "x,y", "a\nb", 'say ""hi""', "\n,\n"]), numbers, labels).map(as_csv),
    st.tuples(labels, rubbish, labels).map(as_csv),
    rubbish,
).filter(lambda row: is_row(row.encode()) and not row.startswith("\t"))


def is_closed(row: str) -> bool:
    """False where Python's reader wants more lines, or finds the quotes odd."""
    try:
        return bool(list(csv.reader(io.StringIO(row + "\n", newline=""), strict=True)))
    except csv.Error:
        return False


closed = rows_of_csv.filter(is_closed)


@settings(max_examples=100, deadline=None)
@given(st.lists(closed, max_size=12), st.integers(1, 60), st.integers(0, 12), st.sampled_from(["\n", "\r\n"]))
def test_csv(rows: Sequence[str], size: int, head: int, end: str) -> None:
    """Against Python's reader, which takes all that follows for one cell where a quote is never closed."""
    data = "".join(row + end for row in ["t,x,u", *rows])
    out = run(Csv(iter(blocks(data.encode(), size))), head).decode()
    found = list(csv.reader(io.StringIO(out, newline="")))
    assert out.endswith(end)
    assert found[0] == ["t", "x", "u", "value", "status"]
    assert all(len(cells) == 5 for cells in found)
    ours = iter(found[1:])
    for cells in csv.reader(io.StringIO(data.partition(end)[2], newline="")):
        mine = next(ours)
        good = len(cells) == 3
        assert is_right(mine[3], mine[4], answer_of_cell(cells[1]) if good else None), (cells, mine)
        if good:
            assert mine[:3] == cells
    assert next(ours, None) is None


def answer_of_cell(text: str) -> Result | None:
    return None if "=" in text or ":" in text else answer(text)


@settings(max_examples=100, deadline=None)
@given(st.lists(rows_of_csv, max_size=12), st.integers(1, 60))
def test_csv_stays_a_table_whatever_quotes_are_open(rows: Sequence[str], size: int) -> None:
    data = "".join(row + "\n" for row in ["t,x,u", *rows])
    out = run(Csv(iter(blocks(data.encode(), size))), 5).decode()
    found = list(csv.reader(io.StringIO(out, newline="")))
    assert all(len(cells) == 5 for cells in found)
    # No character is lost: letters stand there as often as they did, and in the same order.
    given_letters = [char for char in data if char in "abqz"]
    kept = "".join(cell for cells in found[1:] for cell in cells[:3])
    assert [char for char in kept if char in "abqz"] == given_letters


objects = st.one_of(
    st.tuples(labels, st.floats(0.01, 100) | st.integers(-3, 50)).map(
        lambda two: json.dumps({"t": two[0], "x": two[1]})
    ),
    st.tuples(numbers, labels).map(lambda pair: json.dumps({"x": pair[0], "u": pair[1]}, ensure_ascii=False)),
    rubbish,
    st.sampled_from(
        ['{"x": 1} {"x": 2}', '{"x": 1},{"x": 2}', '{"x": [1', "2]}", '{"x": 1, "x": 2}', '{"x": 1, "value": 2}']
    ),
).filter(lambda line: is_row(line.encode()))


@settings(max_examples=100, deadline=None)
@given(st.lists(objects, max_size=12), st.integers(1, 60), st.integers(0, 12))
def test_json_lines(rows: Sequence[str], size: int, head: int) -> None:
    rows = ['{"x": 1}', *rows]  # of the first object a name that is taken is an error of the whole
    data = "\n".join(rows).encode()
    out = run(JsonLines(iter(blocks(data, size)), rows[0].encode()), head, task=RECORDS).decode().splitlines()
    assert len(out) == len(rows)
    for number, (line, row) in enumerate(zip(out, rows, strict=True), 1):
        record = json.loads(line)
        assert record["line"] == number
        expected = answer_of_object(row)
        value = record.get("value")
        assert is_right("" if value is None else repr(value), record["status"], expected), (row, record)
        if expected is not None:
            assert line.startswith(row.strip()[:-1])


def answer_of_object(row: str) -> Result | None:
    try:
        pairs = json.loads(row, object_pairs_hook=list)
        names = [name for name, _ in pairs]
        if len(set(names)) < len(names) or "value" in names:
            return None
        return answer_of_cell(str(dict(pairs)["x"]))
    except (ValueError, KeyError, TypeError):
        return None


class CountingPattern:
    """A pattern that counts how often it is asked."""

    def __init__(self, pattern: re.Pattern[bytes]) -> None:
        self.pattern = pattern
        self.asked = 0

    def fullmatch(self, text: bytes) -> re.Match[bytes] | None:
        self.asked += 1
        return self.pattern.fullmatch(text)


def test_each_line_is_looked_at_twice_at_most_however_many_quotes_stay_open() -> None:
    lines = [b'1,"a","'] * 2_000  # each opens a row, and none ends one
    for longest in (100, 4_000, 1 << 20):
        row, rest = CountingPattern(Csv.quotes.row), CountingPattern(Csv.quotes.rest)
        rows = _OpenRows(Quotes(Csv.quotes.cell, cast("re.Pattern[bytes]", row), cast("re.Pattern[bytes]", rest)))
        found: list[bytes] = []
        for start in range(0, len(lines), 50):
            found += rows.join(lines[start : start + 50], longest=longest).rows
        found += rows.join([b"2,3"], longest=-1).rows
        assert found == [*lines, b"2,3"]
        assert rest.asked <= len(lines)
        assert row.asked <= 2 * len(lines) + 1
        assert rows.number == len(lines) + 2


def test_a_row_that_is_open_over_many_blocks_is_one_row() -> None:
    rows = _OpenRows(Csv.quotes)
    parts = [rows.join(part) for part in ([b"1,2", b'3,"a'], [b"b"] * 5, [b'c ""', b'd"', b'4,"e'], [b'"', b"5,6"])]
    assert [row for part in parts for row in part.rows] == [
        b"1,2", b'3,"a\nb\nb\nb\nb\nb\nc ""\nd"', b'4,"e\n"', b"5,6",
    ]  # fmt: skip
    assert [number for part in parts for number in part.numbers] == [1, 2, 10, 12]
