"""Comma-separated values as RFC 4180 has them: a quoted cell may hold commas and newlines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.cli.stream.separated import Separated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcalc.cli.stream.separated import Rows

_LONGEST = 4 << 20  # bytes of a row in which a quote stays open
# A quote opens a cell only where it stands first; the quantifiers never give back: linear time.
_INSIDE = rb'[^"]*+(?:""[^"]*+)*+"[^,]*+'
_CELL = rb'(?:"' + _INSIDE + rb'|(?!")[^,]*+)'
_ONE = re.compile(_CELL)
_ROW = re.compile(_CELL + rb"(?:," + _CELL + rb")*+")
_REST = re.compile(_INSIDE + rb"(?:," + _CELL + rb")*+")


class Form(Separated):
    """Rows end at a newline outside of quotes."""

    def rows(self, blocks: Iterator[bytes]) -> Iterator[Rows]:
        """The rows; one whose quote is never closed, or only after 4 MiB, is its first line alone."""
        open_lines: list[bytes] = []
        line = 1
        for block in blocks:
            found = block.removesuffix(b"\n").split(b"\n")
            if not open_lines and b'"' not in block:
                yield range(line, line + len(found)), found
                line += len(found)
                continue
            numbers, rows, open_lines = _joined(line, [*open_lines, *found])
            line += sum(row.count(b"\n") + 1 for row in rows)
            yield numbers, rows
        while open_lines:
            numbers, rows, open_lines = _joined(line + 1, open_lines[1:], [(line, open_lines[0])])
            line += sum(row.count(b"\n") + 1 for row in rows)
            yield numbers, rows

    def cells(self, row: bytes) -> list[bytes]:
        """The cells without their quotes."""
        if b'"' not in row:
            return row.split(b",")
        return [_unquoted(cell) for cell in _split(row)]

    def is_plain(self, text: bytes) -> bool:
        """False where there is a quote."""
        return b'"' not in text

    def table(self, rows: list[bytes]) -> list[list[str]] | None:
        """The cells by Python's reader, which takes an open row together with the next."""
        import csv

        try:
            found = list(csv.reader([row.decode("latin-1") for row in rows]))
        except csv.Error:  # a bare carriage return, a cell of over 128 KiB
            return None
        regular = len(found) == len(rows) and set(map(len, found)) == {len(self.names)}
        return found if regular and _is_whole(rows[-1]) else None

    def is_open(self, row: bytes) -> bool:
        """True where a quote is not closed."""
        return not _is_whole(row)

    def one_cell(self, row: bytes) -> bytes:
        """The text in quotes."""
        return b'"' + row.replace(b'"', b'""') + b'"'


def _is_whole(row: bytes) -> bool:
    return b'"' not in row or _ROW.fullmatch(row) is not None


def _joined(
    line: int, found: list[bytes], before: list[tuple[int, bytes]] | None = None
) -> tuple[list[int], list[bytes], list[bytes]]:
    """Line numbers and rows made of the lines that belong together; and the lines of one still open.

    Time: linear in the text, since of an open row only the new line is looked at.
    """
    done = before or []
    index = 0
    while index < len(found):
        end = _end(found, index)
        if end is None:
            size = sum(map(len, found[index:]))
            if size <= _LONGEST:
                break
            end = index + 1  # the line alone, which is a bad one
        done.append((line + index, b"\n".join(found[index:end])))
        index = end
    return [number for number, _ in done], [row for _, row in done], found[index:]


def _end(found: list[bytes], start: int) -> int | None:
    """One past the last line of the row that begins there; None where it does not end."""
    if _is_whole(found[start]):
        return start + 1
    for index in range(start + 1, len(found)):
        if b'"' in found[index] and _REST.fullmatch(found[index]):
            return index + 1
    return None


def _split(row: bytes) -> list[bytes]:
    """The cells as they are written; an open one goes to the end."""
    found: list[bytes] = []
    start = 0
    while True:
        match = _ONE.match(row, start)
        if match is None:
            return [*found, row[start:]]
        found.append(match[0])
        if match.end() == len(row):
            return found
        start = match.end() + 1


def _unquoted(cell: bytes) -> bytes:
    if not cell.startswith(b'"'):
        return cell
    inside, _, after = cell[1:].rpartition(b'"')
    return inside.replace(b'""', b'"') + after
