"""Files of columns by Polars: a batch of rows at a time, whatever the size of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dcalc.cli.stream import kinds
from dcalc.cli.stream.chunk import Chunk
from dcalc.cli.stream.pace import Pace
from dcalc.cli.stream.source import Source
from dcalc.errors import DcalcError, UnknownVariable, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcalc.cli.stream.chunk import Results
    from dcalc.cli.stream.task import Task

_FEWEST, _ROWS = 1 << 8, 1 << 16
_SYSTEMS_WORDS = re.compile(r"([^:]+) \(os error [0-9]+\)")  # what went wrong beneath Polars
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}  # as formats/tsv.py has them


def polars() -> Any:
    """The library. Raises UsageError where it is not there."""
    try:
        import polars as pl
    except ImportError:
        raise UsageError("files of columns need polars", help="pip install 'dcalc[fast]'") from None
    return pl


def columns_of(path: str, kind: str) -> dict[str, list[Any]]:
    """All columns of a file, in memory. Raises UsageError, OSError."""
    with open(path, "rb"):  # where it cannot be read, this says so in the system's words
        lazy = _scanned(path, kind)
    frame = _said(lazy.collect)
    return {name: frame[name].to_list() for name in frame.columns}


class Frame:
    """A file that is read in batches. Raises UsageError where it cannot be."""

    def __init__(self, path: str, kind: str) -> None:
        with open(path, "rb") as file:  # as above
            if kind in ("csv", "tsv"):
                kinds.load(kind)(iter(Source(file, lambda: None)), b"").brings()  # Polars renames what stands twice
        self._lazy = _scanned(path, kind)
        self.schema: dict[str, Any] = dict(_said(self._lazy.collect_schema))
        self._is_counted = kind in ("parquet", "arrow")

    def count(self) -> int | None:
        """The number of rows where the file tells it without being read."""
        if not self._is_counted:
            return None
        pl = polars()
        return int(_said(lambda: self._lazy.select(pl.len()).collect().item()))

    def check(self, names: Sequence[str]) -> None:
        """Raise DcalcError where a name has no column of numbers."""
        for name in names:
            if name not in self.schema:
                from dcalc.suggest import listed, some

                help = f"it has {listed(some(self.schema), 'and')}" if self.schema else "it has none at all"
                raise UnknownVariable(f"the file has no column {name}", help=help)
            if not (self.schema[name].is_numeric() or self.schema[name] == polars().Null):
                raise UsageError(
                    f"the column {name} holds no numbers but {self.schema[name]}", help="convert it to numbers first"
                )

    def write(self, path: Any, kind: str, task: Task, answered: Callable[[Chunk], Results]) -> None:
        """Write all rows and their answers. Memory: a few batches, and a row group of Parquet."""
        from polars.io.plugins import register_io_source

        pl = polars()
        for name, dtype in self.schema.items():
            if _has_no_text(dtype, kind):
                help = "leave it out, or write --format parquet"
                raise UsageError(f"{kind} cannot hold the column {name} of {dtype}", help=help)
        new = {**dict.fromkeys(task.titles, pl.Float64), task.status: pl.String}
        failure: list[BaseException] = []

        def batches(*_: object) -> Iterator[Any]:
            try:
                yield from self._answers(task, answered)
            except BaseException as problem:  # polars would make a text of it
                failure.append(problem)
                raise

        lazy = register_io_source(batches, schema={**self.schema, **new})
        try:
            _said(lambda: _sink(lazy, path, kind))
        except Exception:
            if failure:
                raise failure[0] from None
            raise

    def _answers(self, task: Task, answered: Callable[[Chunk], Results]) -> Iterator[Any]:
        first, pace = 1, Pace(_FEWEST, _ROWS)
        for batch in self._lazy.collect_batches(chunk_size=_ROWS, maintain_order=True):
            while batch.height:
                frame, batch = batch.head(pace.size), batch.slice(pace.size)
                chunk = _chunk(frame, task.names, first)
                first += len(chunk)
                with pace:
                    columns = _columns(answered(chunk), task, len(chunk))
                yield frame.with_columns(columns)


def _chunk(frame: Any, names: Sequence[str], first: int) -> Chunk:
    """The rows of a batch; those in which a number is missing are bad ones."""
    import numpy as np

    pl = polars()
    columns = [frame[name].cast(pl.Float64).to_numpy() for name in names]
    bad: dict[int, DcalcError] = {}
    for name, column in zip(names, columns, strict=True):
        for row in np.flatnonzero(~np.isfinite(column)).tolist():
            missing = frame[name][row] is None
            bad[row] = UsageError(f"{name} is missing" if missing else f"{name} is no finite number")
    return Chunk(columns, range(first, first + frame.height), bad=bad)


def _columns(results: Results, task: Task, rows: int) -> list[Any]:
    """The new columns: null where there is no value."""
    pl = polars()
    words: Any = pl.repeat("ok", rows, eager=True)
    if odd := results.odd():
        words = words.scatter(list(odd), list(odd.values()))
    values = [
        pl.Series(title, column, dtype=pl.Float64, strict=False).fill_nan(None)
        for title, column in zip(task.titles, results.values, strict=True)
    ]
    return [*values, words.alias(task.status)]


def _scanned(path: str, kind: str) -> Any:
    pl = polars()
    if kind == "parquet":
        return pl.scan_parquet(path, glob=False)
    if kind == "arrow":
        return pl.scan_ipc(path, glob=False)
    if kind == "jsonl":
        return pl.scan_ndjson(path, infer_schema_length=None)
    # All of a text is looked at for its types: a number in front tells nothing of what follows.
    how: dict[str, Any] = {} if kind == "csv" else {"separator": "\t", "quote_char": None}
    return pl.scan_csv(path, glob=False, infer_schema_length=None, **how)


def _has_no_text(dtype: Any, kind: str) -> bool:
    """True of what Polars cannot write in a text format; of some of it it would not say so, but panic."""
    pl = polars()
    if kind in ("csv", "tsv"):
        return bool(dtype.is_nested() or dtype in (pl.Binary, pl.Duration))
    parts = [dtype]
    for part in parts:
        if isinstance(part, pl.List | pl.Array):
            parts.append(part.inner)
        elif isinstance(part, pl.Struct):
            parts += [field.dtype for field in part.fields]
    return kind == "jsonl" and pl.Binary in parts


def _sink(lazy: Any, path: Any, kind: str) -> None:
    if kind == "parquet":
        lazy.sink_parquet(path, maintain_order=True)
    elif kind == "arrow":
        lazy.sink_ipc(path, maintain_order=True)
    elif kind == "jsonl":
        lazy.sink_ndjson(path, maintain_order=True)
    elif kind == "csv":
        lazy.sink_csv(path, maintain_order=True)
    else:
        pl = polars()
        text = pl.col(pl.String).str.replace_many(_ESCAPES)
        lazy.with_columns(text).sink_csv(path, separator="\t", quote_style="never", maintain_order=True)


def _said(work: Callable[[], Any]) -> Any:
    """What the work gives, with an error of Polars as one of ours."""
    pl = polars()
    try:
        return work()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
        text = str(problem).strip().partition("\n")[0]
        if "Broken pipe" in text:
            raise BrokenPipeError from None
        system = _SYSTEMS_WORDS.search(text)
        raise UsageError(system[1].strip() if system is not None else text) from None
