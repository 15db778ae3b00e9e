"""Data files as columns: CSV, TSV, JSON Lines; Parquet and Arrow by Polars."""

from __future__ import annotations

import csv
import json
import sys
from io import StringIO
from typing import TYPE_CHECKING

from dcalc.cli.mapping.files import COLUMNS, KINDS, kind_of
from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_DELIMITERS = {"csv": ",", "tsv": "\t"}


def read_columns(path: str) -> Mapping[str, Sequence[object]]:
    """The columns of a file, told by the end of its name; of stdin (-), by its first line.

    Raises UsageError, OSError.
    """
    try:
        return _read(path)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path}: byte 0x{error.object[error.start]:02x} is no UTF-8", help="save it as UTF-8"
        ) from None


def _read(path: str) -> Mapping[str, Sequence[object]]:
    if path == "-":
        return _from_stdin()
    kind = kind_of(path)
    if kind is None:
        raise UsageError(f"{path} is of no format that is known", help=f"name it by what it holds: {', '.join(KINDS)}")
    if kind in COLUMNS:
        from dcalc.cli.mapping.frames import columns_of

        return columns_of(path, kind)
    with open(path, encoding="utf-8-sig", newline="") as file:
        return _json_lines(path, file) if kind == "jsonl" else _delimited(path, file, _DELIMITERS[kind])


def _from_stdin() -> Mapping[str, Sequence[object]]:
    if sys.stdin is None:
        raise UsageError("standard input is closed", help="write --data FILE.csv")
    text = sys.stdin.buffer.read().decode("utf-8-sig")
    first = text.lstrip()[:1]
    if first == "{":
        return _json_lines("stdin", StringIO(text))
    delimiter = "\t" if "\t" in text.partition("\n")[0] else ","
    return _delimited("stdin", StringIO(text, newline=""), delimiter)


def _delimited(path: str, file: Iterable[str], delimiter: str) -> Mapping[str, Sequence[object]]:
    rows = csv.reader(file, delimiter=delimiter, strict=True)
    try:
        heading = [name.strip() for name in next(rows, [])]
        if not heading:
            raise UsageError(f"{path} is empty", help="it needs a heading with the names of the columns")
        if twice := sorted({name for name in heading if heading.count(name) > 1}):
            raise UsageError(f"{path} has two columns named {twice[0]}", help="rename one of them")
        columns: list[list[object]] = [[] for _ in heading]
        for row in rows:
            if len(row) not in (0, len(heading)):
                message = f"{path}, line {rows.line_num}: {len(row)} cells under {len(heading)} headings"
                raise UsageError(message)
            for column, cell in zip(columns, row, strict=False):
                column.append(cell)
    except csv.Error as error:
        raise UsageError(f"{path}: {error}") from None
    return dict(zip(heading, columns, strict=True))


def _json_lines(path: str, file: Iterable[str]) -> Mapping[str, Sequence[object]]:
    columns: dict[str, list[object]] = {}
    count = 0
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            record = json.loads(line)
        except ValueError as error:
            raise UsageError(f"{path}, line {number}: {error}") from None
        if not isinstance(record, dict):
            raise UsageError(f"{path}, line {number}: no JSON object", help='write {"x": 1, "y": 2}')
        for name in record:
            columns.setdefault(name, [None] * count)
        for name, column in columns.items():
            column.append(record.get(name))
        count += 1
    return columns
