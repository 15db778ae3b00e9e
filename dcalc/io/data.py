"""Data of a fit: the columns of a file, or of stdin, as they are used."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, BinaryIO, cast

from dcalc.errors import DcalcError, UsageError
from dcalc.io.jsonl import read_object, split_array
from dcalc.io.limits import reading_data
from dcalc.io.lines import Source, is_row, peek_row, split_lines
from dcalc.io.rows import FILES, is_data_file, kind_of_input, kind_of_table, load_form, missing_column
from dcalc.io.separated import Separated

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.io.rows import InputKind


_ONLY_NUMBERS = re.compile(r"[-+0-9.,eE\s]*[0-9][-+0-9.,eE\s]*")


class DataFile(Mapping[str, "Sequence[object]"]):
    """The columns of a file by name, read when one of them is first asked for.

    The kind is told by its name, by the suffix of the path, or by the first row. Cells of text are text. ``titles``
    are those of columns that have another name than their variable. Raises UsageError, OSError on first use. Memory:
    all of the file.
    """

    def __init__(self, path: str, kind: str | None = None, titles: Mapping[str, str] | None = None) -> None:
        self.path = path
        self.kind = kind_of_input(None if path == "-" else path, kind)
        self.titles = titles or {}
        self._columns: Mapping[str, Sequence[object]] | None = None

    def __getitem__(self, name: str) -> Sequence[object]:
        return self._load()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())

    def _load(self) -> Mapping[str, Sequence[object]]:
        if self._columns is None:
            with reading_data() as rows:
                columns = dict(_read_columns(self.path, self.kind))
                rows += [len(column) for column in columns.values()][:1]
            for name, title in self.titles.items():
                if title not in columns:
                    raise missing_column(title, columns)
                columns[name] = columns.pop(title)
            self._columns = columns
        return self._columns


def _read_columns(path: str, kind: InputKind | None) -> Mapping[str, Sequence[object]]:
    """The columns of a file, or of stdin (-); where nothing else tells the kind, the first row does."""
    if path != "-" and kind is None and not is_data_file(path):
        suffixes = ", ".join(f".{name}" for name in FILES)
        help = f"its name must end in one of {suffixes}; else say --input-format csv"
        raise UsageError(f"the format of {path} is not known", help=help)
    if path == "-":
        if sys.stdin is None:
            raise UsageError("standard input is closed", help="write --data FILE.csv")
        return _read_text("stdin", sys.stdin.buffer, kind)
    if kind == "parquet" or kind == "arrow":
        from dcalc.io.frames import read_frame

        return read_frame(path, kind)
    with open(path, "rb") as file:
        return _read_text(path, file, kind)


def _read_text(path: str, file: BinaryIO, kind: InputKind | None) -> Mapping[str, Sequence[object]]:
    first, blocks = peek_row(Source(file, lambda: None))
    kind = kind or kind_of_table(first)
    try:
        match kind:
            case "jsonl":
                return _read_objects(path, blocks)
            case "json":
                return _read_objects(path, [b"\n".join(split_array(b"".join(blocks)))])
            case "parquet" | "arrow" | "plain":
                raise UsageError(f"data cannot be read as {kind} from {path}", help="name another --input-format")
            case _:
                table = load_form(kind)(blocks, first)
                assert isinstance(table, Separated)
                return _read_table(path, table)
    except UnicodeDecodeError as error:
        byte = error.object[error.start]
        raise UsageError(f"{path}: byte 0x{byte:02x} is not UTF-8", help="save it as UTF-8") from None


def _read_table(path: str, table: Separated) -> Mapping[str, Sequence[object]]:
    """The cells of each column as text."""
    try:
        names = table.read_names()
    except DcalcError as error:
        error.message = f"{path}: {error.message}"
        raise
    if table.names and all(map(_ONLY_NUMBERS.fullmatch, table.names)):
        raise UsageError(f"{path} has no heading", help="put a line with the names of the columns above it")
    if not names:
        raise UsageError(f"{path} is empty", help="it needs a heading with the names of the columns")
    columns: list[list[object]] = [[] for _ in names]
    for numbers, rows, cells, bad in table.read_cells(range(len(names))):
        blank = {row for row, text in enumerate(rows) if not text}  # there is nothing to fit in them
        for row, misfit in bad.items():
            if row not in blank:
                misfit.message = f"{path}, line {numbers[row]}: {misfit.message}"
                raise misfit
        for column, texts in zip(columns, cells, strict=True):
            column += [text.decode() for row, text in enumerate(texts) if row not in blank]
    return dict(zip(names, columns, strict=True))


def _read_objects(path: str, blocks: Iterable[bytes]) -> Mapping[str, Sequence[object]]:
    """The members of all objects by name; None where an object lacks one."""
    columns: dict[str, list[object]] = {}
    number = count = 0
    for block in blocks:
        for line in split_lines(block):
            number += 1
            if not is_row(line):
                continue
            try:
                record = read_object(line)
            except DcalcError as error:
                error.message = f"{path}, line {number}: {error.message}"
                raise
            for name in record:
                columns.setdefault(name, [None] * count)
            for name, column in columns.items():
                column.append(record.get(name))
            count += 1
    return cast("Mapping[str, Sequence[object]]", columns)
