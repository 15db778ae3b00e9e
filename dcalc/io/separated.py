r"""Tables of text, CSV, TSV and their kin: rows of cells between separators, under a heading that names the columns.

Blank lines and comments above the heading are passed over; below it every line is a row. Rows pass
through byte for byte; what is computed is put behind them, in front of their line end. A row that
does not have the cells of the heading keeps its place: a short one is filled up, any other becomes
one cell, so that the output stays a table.

In CSV, as RFC 4180 has it, a quoted cell may hold commas and newlines. TSV has no quotes: a tab or a
newline in a cell is written `\t`, `\n`. Cells between spaces have no quotes either, and `nan`
stands where a value is missing.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc.errors import DcalcError, ParseError, UsageError
from dcalc.io.doubles import format_rows, read_column
from dcalc.io.lines import Block, Lines, decode_line, is_row, number_blocks, split_lines
from dcalc.io.rows import BlockForm, Chunk, missing_column
from dcalc.point import read_name
from dcalc.text import count_noun

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.io.rows import Answers, Task


class Cells(NamedTuple):
    """Some rows taken apart: the cells of each column asked for, and which rows do not fit the heading.

    The cells of a row in ``bad`` are 0.
    """

    numbers: Sequence[int]
    rows: list[bytes]
    columns: list[list[bytes]]
    bad: dict[int, DcalcError]


class Separated(BlockForm):
    """What CSV and TSV have in common; they differ in how rows and cells are told apart."""

    separator = b","
    missing = b""
    """What stands for a number that there is not."""
    wants_f = False

    def __init__(self, blocks: Iterator[bytes], first: bytes = b"", *, exact: bool = False) -> None:
        self._exact = exact
        self._blocks = self._split_rows(blocks)
        self._end = b"\n"
        self._head: bytes | None = None
        self._places: list[int] = []
        self.names: list[str] = []
        self.lines_above = 0  # the heading

    # How rows and cells are told apart.

    def _split_rows(self, blocks: Iterator[bytes]) -> Iterator[Block | Lines]:
        """The rows of all blocks, told apart where one is not a line."""
        return number_blocks(blocks)

    def _split_cells(self, row: bytes) -> list[bytes]:
        """The cells of a row as they are meant."""
        return row.split(self.separator)

    def _is_plain(self, text: bytes) -> bool:
        """False where the text of a cell is not what is meant."""
        return True

    def _split_table(self, rows: list[bytes]) -> list[list[str]] | None:
        """The cells of all rows at once, one character per byte; None where a row is not as it should be."""
        return None

    def _is_open(self, row: bytes) -> bool:
        """True where a row ends inside a cell."""
        return False

    def _join_cells(self, row: bytes) -> bytes:
        """Any text as one cell."""
        raise NotImplementedError

    # What they share.

    def read_names(self) -> Sequence[str]:
        """The names in the heading. Raises UsageError where one stands twice."""
        for part in self._blocks:
            numbers, rows = _lines_of(part)
            for index, row in enumerate(rows):
                if is_row(row):
                    self._blocks = chain([Lines(numbers[index + 1 :], rows[index + 1 :])], self._blocks)
                    self.lines_above = numbers[index] - 1
                    self._read_heading(row)
                    return self.names
        return ()

    def _read_heading(self, row: bytes) -> None:
        self._end = b"\r\n" if row.endswith(b"\r") else b"\n"
        self._head = row.removesuffix(b"\r")
        if b"\r" in self._head.strip(b"\r") and b'"' not in self._head:  # all rows would be titles
            raise UsageError("the lines end in a bare carriage return", help="convert them: tr '\\r' '\\n' < FILE")
        if self._is_open(self._head):  # it would swallow the titles of what is new
            raise UsageError("a quote in the heading is not closed", help='write "" for a quote inside a quoted cell')
        self.names = [_read_title(cell) for cell in self._split_cells(self._head)]
        for name, count in Counter(self.names).items():
            if count > 1:
                message = f"two columns are named {name}" if name else "two columns have no name"
                raise UsageError(message, help="give each its own name")

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Find the columns of the names."""
        if self._head is None:  # the input is empty
            return
        places = {name: place for place, name in enumerate(self.names)}
        for name in names:
            if name not in places:
                raise missing_column(name, self.names)
        self._places = [places[name] for name in names]

    def set_task(self, task: Task) -> None:
        """Put the titles of what is new behind the heading."""
        task.refuse_taken(self.names)
        self._titles = [title.encode() for title in (*task.titles, task.status)]

    def format_heading(self) -> bytes:
        """The heading as it was, and the titles of what is new; nothing for an empty input."""
        return self.separator.join([self._head, *self._titles]) + self._end if self._head is not None else b""

    def read_parts(self) -> Iterator[Block | Lines]:
        """The rows below the heading."""
        return self._blocks

    def read_part(self, part: Block | Lines) -> Iterator[Chunk]:
        """The numbers of the rows, in one chunk."""
        cells = self._split_part(part, self._places)
        if cells is None:
            return
        columns: list[Any] = []
        for texts, place in zip(cells.columns, self._places, strict=True):
            values, wrong = read_column(texts, self._exact)
            columns.append(values)
            for row, error in wrong.items():
                error.message = f"column {self.names[place]}: {error.message}"
                cells.bad.setdefault(row, error)
        yield Chunk(columns, cells.numbers, cells.rows, cells.bad)

    def read_cells(self, places: Sequence[int]) -> Iterator[Cells]:
        """The cells of the columns at some places, for each block with rows."""
        parts = (self._split_part(part, places) for part in self._blocks)
        return (cells for cells in parts if cells is not None)

    def _split_part(self, part: Block | Lines, places: Sequence[int]) -> Cells | None:
        """The cells of the columns at some places; None where there are no rows."""
        numbers, rows = _lines_of(part)
        if not rows:
            return None
        text = b"\n".join(rows)
        if b"\r" in text:
            rows = [row.removesuffix(b"\r") for row in rows]
            text = b"\n".join(rows)
        return self._take_apart(numbers, rows, text, places)

    def _take_apart(self, numbers: Sequence[int], rows: list[bytes], text: bytes, places: Sequence[int]) -> Cells:
        width = len(self.names)
        if self._is_plain(text) and {row.count(self.separator) for row in rows} == {width - 1}:
            flat = text.replace(b"\n", self.separator).split(self.separator)
            return Cells(numbers, rows, [flat[place::width] for place in places], {})
        if (table := self._split_table(rows)) is not None:
            columns = [[row[place].encode("latin-1") for row in table] for place in places]
            return Cells(numbers, rows, columns, {})
        columns, bad = [[] for _ in places], {}
        for index, row in enumerate(rows):
            cells = self._split_cells(row)
            if len(cells) != width or self._is_open(row):
                bad[index] = self._misfit(row, len(cells))
                cells = [b"0"] * width
            for column, place in zip(columns, places, strict=True):
                column.append(cells[place])
        return Cells(numbers, rows, columns, bad)

    def _misfit(self, row: bytes, count: int) -> DcalcError:
        if self._is_open(row):
            return ParseError("a quote is not closed", help='a quote inside a quoted cell is written ""')
        cells = count_noun(count, "cell")
        is_semicolon = len(self.names) == 1 and ";" in self.names[0]
        help = "where decimals have commas, say --input-format decimal-comma" if is_semicolon else None
        return ParseError(f"{cells}, but the heading has {len(self.names)}", help=help)

    def format_rows(self, chunk: Chunk, answers: Answers) -> Iterator[bytes]:
        """The rows, each followed by its values and its status."""
        separator = self.separator
        tails = self._format_numbers(answers.values)
        end, rows = self._end, chunk.raw
        if odd := answers.odd_statuses():
            tails = [tail + separator + b"ok" for tail in tails]
            rows = list(rows)
            for row, status in odd.items():
                tails[row] = tails[row][:-2] + status.encode()
            for row in answers.bad:
                tails[row] = (self.missing + separator) * len(answers.values) + b"error"
                rows[row] = self._fill(rows[row])
        else:
            end = separator + b"ok" + end
        yield end.join(map(separator.join, zip(rows, tails, strict=True))) + end

    def _fill(self, row: bytes) -> bytes:
        """The row with as many cells as the heading."""
        count, width = len(self._split_cells(row)), len(self.names)
        if count > width or self._is_open(row):
            row, count = self._join_cells(row), 1
        return row + (self.separator + self.missing) * (width - count)

    def _format_numbers(self, columns: Sequence[Any]) -> list[bytes]:
        """The cells of each row for new columns, between separators."""
        return format_rows(columns, self.separator).splitlines()


def _lines_of(part: Block | Lines) -> Lines:
    return part.lines() if isinstance(part, Block) else part


def _read_title(cell: bytes) -> str:
    """The name of a column, as the parser has it where it can be that of a variable."""
    text = decode_line(cell).strip()
    if not text or (text.isascii() and text.isidentifier()):  # as nearly all are: 2 microseconds less
        return text
    try:
        return read_name(text)
    except DcalcError:
        return text


class Tsv(Separated):
    """Tab-separated values: cells end at a tab, rows at a newline."""

    separator = b"\t"

    def _join_cells(self, row: bytes) -> bytes:
        """The text with its tabs spelled out."""
        return row.replace(b"\t", b"\\t")


class Spaces(Separated):
    """Cells between spaces or tabs, any number of them."""

    separator = b" "
    missing = b"nan"

    def _split_cells(self, row: bytes) -> list[bytes]:
        return row.split()

    def _is_plain(self, text: bytes) -> bool:
        """False where there is more than one space between cells, or in front of them."""
        return b"  " not in text and b"\t" not in text and b"\n " not in text and not text.startswith(b" ")

    def _join_cells(self, row: bytes) -> bytes:
        """The text with a mark in place of its spaces."""
        return b"_".join(row.split())

    def _format_numbers(self, columns: Sequence[Any]) -> list[bytes]:
        rows = super()._format_numbers(columns)
        width = len(columns)
        return [
            row
            if row.count(b" ") == width - 1 and b"" not in (cells := row.split(b" "))
            else b" ".join(cell or self.missing for cell in cells)
            for row in rows
        ]


_LONGEST = 4 << 20  # bytes of a row in which a quote stays open


class Quotes(NamedTuple):
    """Where quoted cells begin and end, as patterns: of one cell, of a row, and of the rest of one with an open quote.

    A quote opens a cell only where it stands first; the quantifiers never give back: linear time.
    """

    cell: re.Pattern[bytes]
    row: re.Pattern[bytes]
    rest: re.Pattern[bytes]


def _quotes_between(separator: bytes) -> Quotes:
    inside = rb'[^"]*+(?:""[^"]*+)*+"[^' + separator + rb"]*+"
    cell = rb'(?:"' + inside + rb'|(?!")[^' + separator + rb"]*+)"
    more = rb"(?:" + separator + cell + rb")*+"
    return Quotes(re.compile(cell), re.compile(cell + more), re.compile(inside + more))


class Csv(Separated):
    """Comma-separated values: rows end at a newline outside quotes."""

    quotes = _quotes_between(b",")

    def _split_rows(self, blocks: Iterator[bytes]) -> Iterator[Block | Lines]:
        """The rows; one whose quote is never closed, or only after 4 MiB, is its first line alone."""
        rows = _OpenRows(self.quotes)
        for block in blocks:
            if not rows.lines and b'"' not in block:
                yield Block(rows.number, block)
                rows.number += block.count(b"\n")
                continue
            yield rows.join([*split_lines(block)])
        if rows.lines:
            yield rows.join([], longest=-1)

    def _split_cells(self, row: bytes) -> list[bytes]:
        """The cells without their quotes."""
        if b'"' not in row:
            return row.split(self.separator)
        return [_unquote(cell) for cell in _split_quoted(self.quotes, row)]

    def _is_plain(self, text: bytes) -> bool:
        """False where there is a quote."""
        return b'"' not in text

    def _split_table(self, rows: list[bytes]) -> list[list[str]] | None:
        """The cells by Python's reader, which takes an open row together with the next."""
        import csv

        try:
            table = list(csv.reader([row.decode("latin-1") for row in rows], delimiter=self.separator.decode()))
        except csv.Error:  # a bare carriage return, a cell of over 128 KiB
            return None
        regular = len(table) == len(rows) and set(map(len, table)) == {len(self.names)}
        return table if regular and _is_whole(self.quotes, rows[-1]) else None

    def _is_open(self, row: bytes) -> bool:
        """True where a quote is not closed."""
        return not _is_whole(self.quotes, row)

    def _join_cells(self, row: bytes) -> bytes:
        """The text in quotes."""
        return b'"' + row.replace(b'"', b'""') + b'"'


_ONLY_NUMBER = re.compile(r"\s*[-+]?(?:[0-9]+[.,]?[0-9]*|[.,][0-9]+)(?:[eE][-+]?[0-9]+)?\s*")


class Semicolon(Csv):
    """Cells between semicolons, as spreadsheets write them where numbers have decimal commas.

    Without a heading the columns are those of the variables in their order.
    """

    separator = b";"
    quotes = _quotes_between(b";")

    def read_names(self) -> Sequence[str]:
        """The names in the heading; none where the first row has numbers alone."""
        names = super().read_names()
        if not names or not all(map(_ONLY_NUMBER.fullmatch, names)):
            return names
        assert self._head is not None
        self._blocks = chain([Lines([self.lines_above + 1], [self._head])], self._blocks)
        self._head = None
        return ()

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Find the columns of the names, which without a heading stand in their order."""
        super().bind(names, variables, wrt)
        if self._head is None and self.names:
            if len(names) != len(self.names):
                columns, count = count_noun(len(self.names), "column"), count_noun(len(names), "variable")
                message = f"the input has {columns} without a heading, but the expression has {count}"
                raise UsageError(message, help="give it a heading")
            self.names, self._places = list(names), list(range(len(names)))

    def read_part(self, part: Block | Lines) -> Iterator[Chunk]:
        """The numbers of the rows, which have decimal points; where one has a comma, the error tells what to do."""
        for chunk in super().read_part(part):
            for error in chunk.bad.values():
                if error.source is not None and "," in error.source:
                    error.help = "say --input-format decimal-comma"
            yield chunk


_WITH_COMMA = re.compile(rb"\s*[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?\s*")
_WITH_POINT = re.compile(rb"\s*[-+]?[0-9.]*\.[0-9]+(?:[,eE][-+0-9]*)?\s*")


class DecimalComma(Semicolon):
    """Cells between semicolons, whose numbers have decimal commas, as those that are put behind them."""

    def _split_part(self, part: Block | Lines, places: Sequence[int]) -> Cells | None:
        """The cells of the columns, with decimal points; a number that has a point already may mean thousands."""
        cells = super()._split_part(part, places)
        if cells is None:
            return None
        columns = [
            [self._read_cell(text, row, cells.bad) for row, text in enumerate(column)] for column in cells.columns
        ]
        return cells._replace(columns=columns)

    def _read_cell(self, text: bytes, row: int, bad: dict[int, DcalcError]) -> bytes:
        if _WITH_POINT.fullmatch(text):
            number = text.decode().strip()
            bad.setdefault(
                row, ParseError(f"{number} has a point, and decimals have commas here", help="leave points out")
            )
            return b"0"
        return text.replace(b",", b".") if _WITH_COMMA.fullmatch(text) else text

    def _format_numbers(self, columns: Sequence[Any]) -> list[bytes]:
        return [row.replace(b".", b",") for row in super()._format_numbers(columns)]


def _is_whole(quotes: Quotes, row: bytes) -> bool:
    return b'"' not in row or quotes.row.fullmatch(row) is not None


class _OpenRows:
    """Rows made of the lines that belong together.

    Time: linear in the text, since no line is looked at twice for whether it ends a row.
    """

    def __init__(self, quotes: Quotes) -> None:
        self.number = 1  # of the first of the lines
        self.lines: list[bytes] = []  # those of the row that is open
        self._quotes = quotes
        self._size = 0
        self._end = 0  # before this one no line ends a row that is open before it

    def join(self, more: list[bytes], *, longest: int = _LONGEST) -> Lines:
        """The rows that end in more lines. Where one is open for longer than that, its first line is a row of its
        own, and a bad one."""
        self.lines += more
        self._size += sum(map(len, more))
        numbers: list[int] = []
        rows: list[bytes] = []
        index = 0
        while index < len(self.lines):
            end = index + 1
            if not _is_whole(self._quotes, self.lines[index]):
                self._end = self._find_end(max(self._end, end))
                if self._end < len(self.lines):
                    end = self._end + 1
                elif self._size <= longest:
                    break
            numbers.append(self.number + index)
            rows.append(b"\n".join(self.lines[index:end]))
            self._size -= sum(map(len, self.lines[index:end]))
            index = end
        del self.lines[:index]
        self._end = max(self._end - index, 0)
        self.number += index
        return Lines(numbers, rows)

    def _find_end(self, start: int) -> int:
        """The first line from there on that ends a row that is open before it; else the number of lines."""
        return next(
            (
                index
                for index in range(start, len(self.lines))
                if b'"' in self.lines[index] and self._quotes.rest.fullmatch(self.lines[index])
            ),
            len(self.lines),
        )


def _split_quoted(quotes: Quotes, row: bytes) -> list[bytes]:
    """The cells as they are written; an open one goes to the end."""
    cells: list[bytes] = []
    start = 0
    while True:
        match = quotes.cell.match(row, start)
        if match is None:
            return [*cells, row[start:]]
        cells.append(match[0])
        if match.end() == len(row):
            return cells
        start = match.end() + 1


def _unquote(cell: bytes) -> bytes:
    if not cell.startswith(b'"'):
        return cell
    inside, _, after = cell[1:].rpartition(b'"')
    return inside.replace(b'""', b'"') + after
