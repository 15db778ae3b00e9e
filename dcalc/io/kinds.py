"""Which kind of input or file it is: told by an option, else by the suffix of a path, else by the first row."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast, get_args

from dcalc.errors import DcalcError
from dcalc.io.lines import decode_line
from dcalc.point import FLOAT, read_name

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from dcalc.io.rows import Form

TableKind = Literal["csv", "jsonl", "tsv"]
"""Text with named columns."""
RowKind = Literal["csv", "jsonl", "plain", "tsv"]
"""Text that passes through row by row, as `--input-format` names it."""
FileKind = Literal["csv", "tsv", "jsonl", "parquet", "arrow"]
"""Files with named columns; the last two are not text, and are read and written by columns."""
ROWS: tuple[RowKind, ...] = get_args(RowKind)
FILES: tuple[FileKind, ...] = get_args(FileKind)
COLUMNS = ("parquet", "arrow")
_FORMS: dict[RowKind, tuple[str, str]] = {
    "csv": ("separated", "Csv"),
    "jsonl": ("jsonl", "JsonLines"),
    "plain": ("plain", "Plain"),
    "tsv": ("separated", "Tsv"),
}
_SUFFIXES: dict[str, FileKind] = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl",
    "parquet": "parquet", "pq": "parquet", "arrow": "arrow", "ipc": "arrow", "feather": "arrow",
}  # fmt: skip


def is_columns(kind: FileKind | RowKind | None) -> bool:
    """True for a file of columns, which is not text."""
    return kind in COLUMNS


def row_kind(name: str) -> RowKind:
    """The kind of that name. Raises UsageError."""
    if name not in ROWS:
        from dcalc.text import unknown_name

        raise unknown_name("input format", name, ROWS)
    return name


def load_form(kind: RowKind) -> Callable[..., Form]:
    """The class that reads and writes rows of a kind."""
    module, name = _FORMS[kind]
    return cast("Callable[..., Form]", getattr(import_module(f"dcalc.io.{module}"), name))


def kind_of_path(path: str | None, asked: str | None = None) -> FileKind | None:
    """The kind of a file, None where neither ``asked`` nor the suffix tells. Raises UsageError."""
    if asked is not None:
        if asked not in FILES:
            from dcalc.text import unknown_name

            raise unknown_name("kind of file", asked, FILES)
        return asked
    suffix = os.path.splitext(path or "")[1][1:].lower()
    return _SUFFIXES.get(suffix)


def kind_of_table(row: bytes) -> TableKind:
    """The kind of a table that begins with this row."""
    if row.lstrip().startswith(b"{"):
        return "jsonl"
    return "tsv" if b"\t" in row else "csv"


def kind_of_points(row: bytes, variables: Collection[str]) -> RowKind:
    """The kind of input that begins with this row, where points of these variables are expected."""
    row = row.strip()
    kind = kind_of_table(row)
    if kind == "jsonl":
        return kind
    cells = [cell.strip().strip(b'"') for cell in row.split(b"\t" if kind == "tsv" else b",")]
    if any(_is_one_of(cell, variables) for cell in cells):
        return kind
    # Columns with other names make a table, of which it will be said that they are other ones; a row that
    # is a point has = or ( beside a comma.
    is_heading = len(cells) > 1 and not FLOAT.fullmatch(cells[0].decode(errors="replace"))
    return kind if is_heading and (kind == "tsv" or not {*b"=("} & {*row}) else "plain"


def _is_one_of(cell: bytes, variables: Collection[str]) -> bool:
    try:
        return read_name(decode_line(cell)) in variables
    except DcalcError:
        return False
