"""A point a line, as `--at` takes it; out come the point, a tab, and the values."""

from __future__ import annotations

import re
from math import isfinite
from typing import TYPE_CHECKING, Any

from dcalc.at import read_points
from dcalc.cli.complain import visible
from dcalc.cli.stdin import decode
from dcalc.cli.stream.chunk import ROWS, Chunk, bare, is_row
from dcalc.cli.stream.numbers import FLOAT, bulk, cells, lines
from dcalc.errors import DcalcError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.cli.ask import Question
    from dcalc.cli.stream.chunk import Results
    from dcalc.cli.stream.task import Task


class Form:
    """`1`, `pi/4`, `x=1,y=2`, a sweep. The first line tells which names the points have."""

    wants_f = False
    comments = 0

    def __init__(self, blocks: Iterator[bytes], first: bytes, *, exact: bool = False) -> None:
        self._first = first
        self._blocks = blocks
        self._exact = exact
        self._names: tuple[str, ...] = ()
        self._seen = 0

    def brings(self) -> Sequence[str]:
        """The names in the first row, where it can be read: if not, that will be said of it."""
        try:
            (block,) = read_points([decode(self._first.strip())], exact=self._exact).blocks
        except DcalcError:
            return ()
        return [name for name in block.places if name is not None]

    def bind(self, question: Question, names: Sequence[str]) -> None:
        """Any names will do: each point is checked by itself."""
        self._question = question
        self._names = tuple(names)
        number = rb"\s*(" + FLOAT.pattern + rb")\s*"
        named = [rb"\s*" + re.escape(name.encode()) + rb"\s*=" + number for name in names]
        self._usual = re.compile(number if len(names) == 1 else b",".join(named))

    def title(self, task: Task) -> None:
        """Nothing: a row is a point and its values."""

    def heading(self) -> bytes:
        """Nothing."""
        return b""

    def chunks(self) -> Iterator[Chunk]:
        """Blocks of plain numbers at once, others a line at a time."""
        for block in self._blocks:
            first = self._seen + 1
            text = block.rstrip()
            plain = text and not self._exact and len(self._names) == 1 and b"," not in text
            found = bulk(text.replace(b"\n", b",")) if plain else None
            if found is None:
                self._seen += block.count(b"\n")
                yield from self._by_line(block, first)
            else:
                self._seen += len(found) - 1 + block.count(b"\n", len(text))
                yield Chunk([found], range(first, first + len(found)))

    def _by_line(self, block: bytes, first: int) -> Iterator[Chunk]:
        chunk = self._empty()
        usual = self._usual.fullmatch if not self._exact else lambda _: None
        for number, line in enumerate(block.split(b"\n"), first):
            if (match := usual(line)) and isfinite(sum(found := list(map(float, match.groups())))):
                self._append(chunk, number, line, found)
            elif is_row(line):
                for point in self._points(line.strip(), chunk):
                    self._append(chunk, number, line, point)
                    if len(chunk) >= ROWS:
                        yield chunk
                        chunk = self._empty()
        if len(chunk):
            yield chunk

    def _append(self, chunk: Chunk, number: int, line: bytes, point: Sequence[Any]) -> None:
        for column, value in zip(chunk.columns, point, strict=True):
            column.append(value)
        chunk.lines.append(number)  # type: ignore[attr-defined]  # a list, in here
        chunk.raw.append(line)  # type: ignore[attr-defined]

    def _points(self, line: bytes, chunk: Chunk) -> Iterator[tuple[Any, ...]]:
        """The points of a line; where there is an error, one of nans that is marked as bad."""
        try:
            spec = read_points([decode(line)], exact=self._exact)
            for point in spec.points(self._question.names, self._question.wrt):
                yield tuple(point[name] for name in self._names)
        except DcalcError as error:
            chunk.bad[len(chunk)] = bare(error)
            yield (float("nan"),) * len(self._names)

    def _empty(self) -> Chunk:
        return Chunk([[] for _ in self._names], [], [])

    def text(self, chunk: Chunk, results: Results) -> bytes:
        """`point<TAB>value...`, with the status behind where a value is missing."""
        odd = results.odd()
        if len(self._names) == 1 and not odd:
            return lines([*results.columns, *results.values], b"\t") + b"\n"
        rows = lines(results.values, b"\t").split(b"\n")
        points = self._written(results.columns)
        for row in results.bad:
            rows[row] = b"\t" * (len(results.values) - 1)
            if chunk.raw:
                points[row] = visible(chunk.raw[row].decode(errors="surrogateescape").strip()).encode()
        for row, word in odd.items():
            if not all(rows[row].split(b"\t")):
                rows[row] += b"\t" + word.encode()
        return b"".join(b"%b\t%b\n" % pair for pair in zip(points, rows, strict=True))

    def _written(self, columns: list[Any]) -> list[bytes]:
        """The points as plain output shows them: `0.1`, or `x=1.0,y=2.0`."""
        if len(self._names) == 1:
            return lines(columns, b"\t").split(b"\n")
        marks = [f"{name}=".encode() for name in self._names]
        named = [map(mark.__add__, cells(column)) for mark, column in zip(marks, columns, strict=True)]
        return list(map(b",".join, zip(*named, strict=True)))
