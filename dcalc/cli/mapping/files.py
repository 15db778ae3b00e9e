"""Which format a file is in: by an option, else by its suffix, else by its first line."""

from __future__ import annotations

import os

TEXT = ("csv", "tsv", "jsonl")
COLUMNS = ("parquet", "arrow")
KINDS = (*TEXT, *COLUMNS)
_SUFFIXES = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl",
    "parquet": "parquet", "pq": "parquet", "arrow": "arrow", "ipc": "arrow", "feather": "arrow",
}  # fmt: skip


def kind_of(path: str | None, asked: str | None = None) -> str | None:
    """The format of a path, None where neither ``asked`` nor the suffix tells. Raises UsageError."""
    if asked is not None:
        if asked not in KINDS:
            from dcalc.suggest import unknown

            raise unknown("kind of file", asked, KINDS)
        return asked
    suffix = os.path.splitext(path or "")[1][1:].lower()
    return _SUFFIXES.get(suffix)
