"""Polars: files, folders and patterns, on one machine, with nothing else to install."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError
from dcalc.io.frames import (
    check_frames,
    polars,
    read_heading,
    refuse_changes,
    scan_files,
    translate_errors,
    write_frames,
)
from dcalc.io.rows import is_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcalc.io.engines import Settings
    from dcalc.io.frames import Target, Watch
    from dcalc.io.mapper import BatchMapper
    from dcalc.io.sources import Source

EXTRA = "fast"
SETTINGS: frozenset[str] = frozenset()


def claims(source: Source, settings: Settings) -> bool:
    """Whether a source is made of files."""
    return source.shape in ("file", "files") and settings.master is None and not source.is_remote


@contextmanager
def open_table(source: Source, settings: Settings) -> Iterator[Scan]:
    """The files of a source. Raises UsageError, OSError."""
    if source.shape in ("query", "table"):
        raise UsageError("Polars reads files, not SQL or databases", help="write --engine duckdb")
    yield Scan(source)


class Scan:
    """Files that are read in batches. Raises UsageError where they cannot be."""

    def __init__(self, source: Source) -> None:
        paths = source.files()
        kind = source.kind_of(paths)
        above = read_heading(paths, kind).above if kind == "csv" or kind == "tsv" else 0
        self.name = source.text
        self.is_text = not is_columns(kind)
        refuse_changes(paths, kind, self.name)
        self._lazy = scan_files(paths, kind, above=above, partitions=source.partitions(paths))
        self.schema: dict[str, Any] = dict(translate_errors(self._lazy.collect_schema, self.name))

    @property
    def titles(self) -> list[str]:
        """The names of the columns."""
        return list(self.schema)

    def count(self) -> int | None:
        """The number of rows where the files tell it without being read."""
        if self.is_text:
            return None
        pl = polars()
        return int(translate_errors(lambda: self._lazy.select(pl.len()).collect().item(), self.name))

    def check(self, mapper: BatchMapper, target: Target) -> None:
        """Raise UnknownVariable or UsageError where the columns do not fit what is asked for."""
        pl = polars()
        check_frames(self, mapper, target, lambda title: str(self.schema[title]))
        for title in mapper.columns.values():
            if self.schema[title] == pl.String and not self._has_numbers(title):
                raise UsageError(f"the column {title} holds String, not numbers", help="convert it to numbers first")

    def _has_numbers(self, title: str) -> bool:
        """True for words between numbers in a file of text: those, such as `#N/A`, are errors of their rows."""
        pl = polars()
        is_number = pl.col(title).str.strip_chars().cast(pl.Float64, strict=False).is_not_null()
        return bool(translate_errors(lambda: self._lazy.select(is_number.any()).collect().item(), self.name))

    def frames(self, rows: int) -> Iterator[Any]:
        """The rows in order."""
        batches = iter(self._lazy.collect_batches(chunk_size=rows, maintain_order=True))
        while (batch := translate_errors(lambda: next(batches, None), self.name)) is not None:
            yield batch

    def write(self, mapper: BatchMapper, target: Target, watch: Watch) -> None:
        """Write all rows and their new columns."""
        write_frames(self, mapper, target, watch)
