"""Which kind of input a stream is: told by an option, else by its first line."""

from __future__ import annotations

import os
from importlib import import_module
from itertools import chain
from typing import TYPE_CHECKING, cast

from dcalc.at import read_name
from dcalc.cli.stream import forms
from dcalc.cli.stream.chunk import is_row
from dcalc.cli.stream.numbers import FLOAT
from dcalc.errors import DcalcError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from dcalc.cli.stream.chunk import Form


def names() -> list[str]:
    """The kinds, sorted: the files of the folder."""
    files = os.listdir(forms.__path__[0])
    return sorted(file[:-3] for file in files if file.endswith(".py") and file[0] != "_")


def load(kind: str) -> Callable[..., Form]:
    """The class of a kind. Raises UsageError for an unknown name."""
    if kind not in names():
        from dcalc.suggest import unknown

        raise unknown("input format", kind, names())
    return cast("Callable[..., Form]", import_module(f"{forms.__name__}.{kind}").Form)


def peeked(blocks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first row, empty where there is none, and all the blocks again."""
    stream, ahead = iter(blocks), []
    for block in stream:
        ahead.append(block)
        if row := next(filter(is_row, block.split(b"\n")), b""):
            return row, chain(ahead, stream)
    return b"", iter(ahead)


def told_by(row: bytes, variables: Collection[str]) -> str:
    """The kind of input that begins with this row."""
    row = row.strip()
    if row.startswith(b"{"):
        return "jsonl"
    separator, kind = (b"\t", "tsv") if b"\t" in row else (b",", "csv")
    cells = [cell.strip().strip(b'"') for cell in row.split(separator)]
    if any(_names_one_of(cell, variables) for cell in cells):
        return kind
    # Columns with other names: that they are other ones will be said. A point has = or ( beside a comma.
    is_heading = len(cells) > 1 and not FLOAT.fullmatch(cells[0]) and (kind == "tsv" or not {*b"=("} & {*row})
    return kind if is_heading else "plain"


def _names_one_of(cell: bytes, variables: Collection[str]) -> bool:
    try:
        return read_name(cell.decode()) in variables
    except (UnicodeDecodeError, DcalcError):
        return False
