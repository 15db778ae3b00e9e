"""Rows of cells between separators, under a heading that names the columns.

Rows pass through byte for byte; what is computed is put behind them, in front of their line end.
A row that does not have the cells of the heading keeps its place: a short one is filled up, any
other becomes one cell, so that the output stays a table.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from dcalc.at import read_name
from dcalc.cli.stdin import decode
from dcalc.cli.stream.chunk import Chunk
from dcalc.cli.stream.numbers import column, lines
from dcalc.errors import DcalcError, ParseError, UnknownVariable, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.cli.ask import Question
    from dcalc.cli.stream.chunk import Results
    from dcalc.cli.stream.task import Task

_PASSED = (b"#", b" ", b"\n")  # what rows that are passed over begin with
Rows = tuple["Sequence[int]", list[bytes]]
"""Line numbers, and the rows without their line ends."""


class Separated:
    """What CSV and TSV have in common; they differ in how rows and cells are told apart."""

    separator = b","

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._exact = exact
        self._rows = self.rows(blocks)
        self._ahead: list[Rows] = []
        self._end = b"\n"
        self._head = b""
        self.names: list[str] = []
        self.comments = 0

    wants_f = False

    # How rows and cells are told apart.

    def rows(self, blocks: Iterator[bytes]) -> Iterator[Rows]:
        """The rows of all blocks."""
        line = 1
        for block in blocks:
            found = block.removesuffix(b"\n").split(b"\n")
            yield range(line, line + len(found)), found
            line += len(found)

    def cells(self, row: bytes) -> list[bytes]:
        """The cells of a row as they are meant."""
        return row.split(self.separator)

    def is_plain(self, text: bytes) -> bool:
        """False where the text of a cell is not what is meant."""
        return True

    def table(self, rows: list[bytes]) -> list[list[str]] | None:
        """The cells of all rows at once, a character a byte; None where a row is not as it should be."""
        return None

    def one_cell(self, row: bytes) -> bytes:
        """Any text as one cell."""
        raise NotImplementedError

    # What they share.

    def brings(self) -> Sequence[str]:
        """The names in the heading. Raises UsageError where one stands twice."""
        for lines_, rows in self._rows:
            for index, row in enumerate(rows):
                if self._is_row(row):
                    self._ahead = [(lines_[index + 1 :], rows[index + 1 :])]
                    self._open(row)
                    return self.names
        return ()

    def _open(self, row: bytes) -> None:
        self._end = b"\r\n" if row.endswith(b"\r") else b"\n"
        self._head = row.removesuffix(b"\r")
        self.names = [_name(cell) for cell in self.cells(self._head)]
        for name in self.names:
            if self.names.count(name) > 1:
                shown = f"two columns are named {name}" if name else "two columns have no name"
                raise UsageError(shown, help="give each its own name")

    def bind(self, question: Question, names: Sequence[str]) -> None:
        """Find the columns of the variables."""
        missing = [name for name in names if name not in self.names]
        if missing and self._head:
            from dcalc.suggest import listed, some

            shown = listed(some(self.names), "and")
            raise UnknownVariable(f"the heading has no column {missing[0]}", help=f"it has {shown}")
        self._places = [self.names.index(name) for name in names] if self._head else []

    def title(self, task: Task) -> None:
        """Put the titles of what is new behind the heading."""
        task.refuse_taken(self.names)
        self._titles = [title.encode() for title in (*task.titles, task.status)]

    def heading(self) -> bytes:
        """The heading as it was, and the titles of what is new; nothing for an empty file."""
        return self.separator.join([self._head, *self._titles]) + self._end if self._head else b""

    def chunks(self) -> Iterator[Chunk]:
        """A chunk for each block."""
        for numbers, rows in chain(self._ahead, self._rows):
            text = b"\n".join(rows)
            if b"\r" in text:
                rows = [row.removesuffix(b"\r") for row in rows]
                text = b"\n".join(rows)
            if text[:1] in _PASSED or any(b"\n" + mark in text for mark in _PASSED):
                kept = [index for index, row in enumerate(rows) if self._is_row(row)]
                numbers, rows = [numbers[index] for index in kept], [rows[index] for index in kept]
                text = b"\n".join(rows)
            if rows:
                yield self._chunk(numbers, rows, text)

    def _is_row(self, row: bytes) -> bool:
        row = row.lstrip(b" ").rstrip(b"\r")
        self.comments += row.startswith(b"#")
        return bool(row) and not row.startswith(b"#")

    def _chunk(self, numbers: Sequence[int], rows: list[bytes], text: bytes) -> Chunk:
        width = len(self.names)
        bad: dict[int, DcalcError] = {}
        if self.is_plain(text) and {row.count(self.separator) for row in rows} == {width - 1}:
            flat = text.replace(b"\n", self.separator).split(self.separator)
            picked = [flat[place::width] for place in self._places]
        elif (table := self.table(rows)) is not None:
            picked = [[row[place].encode("latin-1") for row in table] for place in self._places]
        else:
            picked = [[] for _ in self._places]
            for index, row in enumerate(rows):
                cells = self.cells(row)
                if len(cells) != width or self.is_open(row):
                    bad[index] = self._misfit(row, len(cells))
                    cells = [b"0"] * width
                for found, place in zip(picked, self._places, strict=True):
                    found.append(cells[place])
        columns: list[Any] = []
        for texts, place in zip(picked, self._places, strict=True):
            values, wrong = column(texts, self._exact)
            columns.append(values)
            for index, error in wrong.items():
                error.message = f"column {self.names[place]}: {error.message}"
                bad.setdefault(index, error)
        return Chunk(columns, numbers, rows, bad)

    def is_open(self, row: bytes) -> bool:
        """True where a row ends inside of a cell."""
        return False

    def _misfit(self, row: bytes, count: int) -> DcalcError:
        if self.is_open(row):
            return ParseError("a quote is not closed", help='a quote inside of a quoted cell is written ""')
        cells = f"{count} cell" + "s" * (count != 1)
        return ParseError(f"{cells}, but the heading has {len(self.names)}")

    def text(self, chunk: Chunk, results: Results) -> bytes:
        """The rows, each followed by its values and its status."""
        separator = self.separator
        tails = lines(results.values, separator).split(b"\n")
        end, rows = self._end, chunk.raw
        if odd := results.odd():
            tails = [tail + separator + b"ok" for tail in tails]
            rows = list(rows)
            for row, word in odd.items():
                tails[row] = tails[row][:-2] + word.encode()
            for row in results.bad:
                tails[row] = separator * len(results.values) + b"error"
                rows[row] = self._filled(rows[row])
        else:
            end = separator + b"ok" + end
        return end.join(map(separator.join, zip(rows, tails, strict=True))) + end

    def _filled(self, row: bytes) -> bytes:
        """The row with as many cells as the heading."""
        count, width = len(self.cells(row)), len(self.names)
        if count > width or self.is_open(row):
            row, count = self.one_cell(row), 1
        return row + self.separator * (width - count)


def _name(cell: bytes) -> str:
    """The name of a column, as the parser has it where it can be that of a variable."""
    text = decode(cell).strip()
    try:
        return read_name(text)
    except DcalcError:
        return text
