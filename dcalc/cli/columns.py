"""Data files as columns: CSV, TSV, JSON Lines; Parquet and Arrow by Polars."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_DELIMITERS = {"csv": ",", "tsv": "\t"}
_LINES = ("jsonl", "ndjson")
_BY_POLARS = ("parquet", "arrow", "feather", "ipc")


def read_columns(path: str) -> Mapping[str, Sequence[object]]:
    """The columns of a file, told by the end of its name. Raises UsageError, OSError."""
    suffix = path.rpartition(".")[2].lower()
    if suffix in _DELIMITERS:
        return _delimited(path, _DELIMITERS[suffix])
    if suffix in _LINES:
        return _json_lines(path)
    if suffix in _BY_POLARS:
        return _by_polars(path, suffix)
    known = ", ".join((*_DELIMITERS, *_LINES, *_BY_POLARS))
    raise UsageError(f"{path} is of no format that is known", help=f"name it by what it holds: {known}")


def _delimited(path: str, delimiter: str) -> Mapping[str, Sequence[object]]:
    with open(path, encoding="utf-8-sig", newline="") as file:
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
        except (csv.Error, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: {error}") from None
    return dict(zip(heading, columns, strict=True))


def _json_lines(path: str) -> Mapping[str, Sequence[object]]:
    columns: dict[str, list[object]] = {}
    with open(path, encoding="utf-8-sig") as file:
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


def _by_polars(path: str, suffix: str) -> Mapping[str, Sequence[object]]:
    try:
        import polars
    except ImportError:
        raise UsageError(f"{suffix} files need Polars", help="pip install 'dcalc[fast]'") from None
    try:
        frame = polars.read_parquet(path) if suffix == "parquet" else polars.read_ipc(path)
    except polars.exceptions.PolarsError as error:
        raise UsageError(f"{path}: {str(error).splitlines()[0]}") from None
    return {name: frame[name].to_list() for name in frame.columns}
