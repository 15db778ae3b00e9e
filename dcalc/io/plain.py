"""One point per line, as `--at` takes it; out come the point, a tab, and the values."""

from __future__ import annotations

import re
from functools import cached_property
from math import isfinite
from typing import TYPE_CHECKING, Any

from dcalc.errors import DcalcError, LimitError, UsageError
from dcalc.io.doubles import FLOAT, format_column, format_pieces, format_rows, read_plain_numbers
from dcalc.io.lines import Block, decode_line, is_row, number_blocks
from dcalc.io.rows import MOST_ROWS, BlockForm, Chunk, drop_traceback
from dcalc.text import escape_unprintable, is_missing, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.io.lines import Lines
    from dcalc.io.rows import Answers, Task


LONGEST = 4 << 20
"""Bytes of a line: a point with a hundred thousand variables has fewer."""


def _refuse_long(line: bytes) -> bytes:
    """The line itself. Raises LimitError, before any of it is read, where it is too long for a point."""
    if len(line) > LONGEST:
        raise LimitError("the line is over 4 MiB, too long for a point", help="write one point per line")
    return line


def _name_missing(line: bytes) -> DcalcError | None:
    """The error for a row in which `#N/A` or its like stands for a number, None for any other."""
    cells = (cell.partition("=")[2] or cell for cell in re.split(r"[\s,]+", line.decode(errors="replace").strip()))
    word = next((cell for cell in cells if cell and is_missing(cell)), None)
    return UsageError(f"a number is missing ({word})") if word and word.lower() != "nan" else None


class Plain(BlockForm):
    """`1`, `pi/4`, `x=1,y=2`, a sweep. The first line tells which names the points have."""

    wants_f = False

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._first = first
        self._blocks = blocks
        self._exact = exact
        self._names: tuple[str, ...] = ()
        self._variables: tuple[str, ...] = ()
        self._wrt: tuple[str, ...] = ()

    def read_names(self) -> Sequence[str]:
        """The names in the first row; none where it cannot be read, which will be said of it."""
        from dcalc.point import read_points

        try:
            (grid,) = read_points([decode_line(_refuse_long(self._first.strip()))], exact=self._exact).grids
        except DcalcError:
            return ()
        return [name for name in grid.places if isinstance(name, str)]

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Take any names: each point is checked by itself."""
        self._names, self._variables, self._wrt = tuple(names), tuple(variables), tuple(wrt)
        self._encoded = [name.encode() for name in names]

    @cached_property
    def _usual(self) -> re.Pattern[bytes]:
        number = rb"\s*(" + FLOAT.pattern + rb")\s*"
        named = [rb"\s*" + re.escape(name) + rb"\s*=" + number for name in self._encoded]
        return re.compile(number if len(named) == 1 else b",".join(named))

    @cached_property
    def _bare(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?:\s*,\s*|\s+)".join([rb"(" + FLOAT.pattern + rb")"] * len(self._names)))

    def set_task(self, task: Task) -> None:
        """Do nothing: a row is a point and its values, without titles."""

    @property
    def is_compact(self) -> bool:  # type: ignore[override]  # which is the same for all other kinds
        """True for numbers alone."""
        return len(self._names) == 1 and not self._exact

    def format_heading(self) -> bytes:
        """Nothing: there is no heading."""
        return b""

    def read_parts(self) -> Iterator[Block | Chunk]:
        """The blocks; one in which there is a sweep, of which a line is many points, in chunks."""
        for block in number_blocks(self._blocks):
            if b":" in block.text:
                yield from self.read_part(block)
            else:
                yield block

    def read_part(self, part: Block | Lines) -> Iterator[Chunk]:
        """The points: those of a block of plain numbers at once, others one line at a time."""
        assert isinstance(part, Block)  # no row has several lines
        text = part.text.rstrip()
        if not text:
            return
        plain = not self._exact and len(self._names) == 1 and b"," not in text
        numbers = read_plain_numbers(text, b"\n") if plain else None
        if numbers is None:
            yield from self._read_lines(part)
        else:
            part.count = len(numbers) - 1 + part.text.count(b"\n", len(text))
            yield Chunk([numbers], range(part.first, part.first + len(numbers)))

    def _read_lines(self, block: Block) -> Iterator[Chunk]:
        chunk = self._new_chunk()
        usual = self._usual.fullmatch if not self._exact else lambda _: None
        for number, line in enumerate(block.text.split(b"\n"), block.first):
            if not line:
                continue
            if (match := usual(line)) and isfinite(sum(values := list(map(float, match.groups())))):
                self._append(chunk, number, line, values)
            elif is_row(line):
                for point in self._read_points(line.strip(), chunk):
                    self._append(chunk, number, line, point)
                    if len(chunk) >= MOST_ROWS:
                        yield chunk
                        chunk = self._new_chunk()
        if len(chunk):
            yield chunk

    def _append(self, chunk: Chunk, number: int, line: bytes, point: Sequence[Any]) -> None:
        for column, value in zip(chunk.columns, point, strict=True):
            column.append(value)
        chunk.lines.append(number)  # type: ignore[attr-defined]  # a list, in here
        chunk.raw.append(line)  # type: ignore[attr-defined]  # a list, too

    def _read_points(self, line: bytes, chunk: Chunk) -> Iterator[tuple[Any, ...]]:
        """The points of a line; where there is an error, one of nans that is marked as bad.

        Numbers alone, as many as there are variables, are values of these in their order.
        """
        from dcalc.coordinates import nearest_double
        from dcalc.point import read_points

        if len(self._names) > 1 and (bare := self._bare.fullmatch(line)):
            line = b",".join(b"%b=%b" % pair for pair in zip(self._encoded, bare.groups(), strict=True))
        try:
            spec = read_points([decode_line(_refuse_long(line))], exact=self._exact)
            for point in spec.points(self._variables, self._wrt):
                values = (point[name] for name in self._names)
                yield tuple(values) if self._exact else tuple(map(nearest_double, values))
        except DcalcError as error:
            if b";" in line and b"=" not in line:
                error.help = "for cells between semicolons say --input-format semicolon, or decimal-comma"
            chunk.bad[len(chunk)] = _name_missing(line) or drop_traceback(error)
            yield (float("nan"),) * len(self._names)

    def _new_chunk(self) -> Chunk:
        return Chunk([[] for _ in self._names], [], [])

    def format_rows(self, chunk: Chunk, answers: Answers) -> Iterator[bytes | memoryview]:
        """`point<TAB>value...`, with the status behind where a value is missing."""
        odd = answers.odd_statuses()
        if len(self._names) == 1 and not odd:
            yield from format_pieces([*answers.columns, *answers.values], b"\t")
            return
        rows = format_rows(answers.values, b"\t").splitlines()
        points = self._format_points(answers.columns)
        for row in answers.bad:
            rows[row] = b"\t" * (len(answers.values) - 1)
            if chunk.raw:
                text = shorten(chunk.raw[row].decode(errors="surrogateescape").strip(), LONGEST)
                points[row] = escape_unprintable(text).encode()
        for row, status in odd.items():
            if not all(rows[row].split(b"\t")):
                rows[row] += b"\t" + status.encode()
        yield b"".join(b"%b\t%b\n" % pair for pair in zip(points, rows, strict=True))

    def _format_points(self, columns: list[Any]) -> list[bytes]:
        """The points as plain output shows them: `0.1`, or `x=1.0,y=2.0`."""
        if len(self._names) == 1:
            return format_column(columns[0])
        marks = [f"{name}=".encode() for name in self._names]
        named = [map(mark.__add__, format_column(column)) for mark, column in zip(marks, columns, strict=True)]
        return list(map(b",".join, zip(*named, strict=True)))
