"""Files by columns, which Polars reads and writes: one batch of rows at a time, whatever the size of the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, assert_never

from dcalc.errors import DcalcError, LimitError, UsageError
from dcalc.io.limits import has_address_space
from dcalc.io.lines import Pace, Source
from dcalc.io.numbers import read_column
from dcalc.io.rows import Chunk, is_columns, missing_column
from dcalc.io.separated import Csv, Tsv

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcalc.io.rows import Answers, FileKind, Task

_ADDRESS_SPACE, _PER_CORE = 1_200, 64  # MB that Polars claims; it hangs where it does not get them
_FEWEST, _ROWS = 1 << 8, 1 << 16
_SYSTEM_ERROR = re.compile(r"([^:]+) \(os error [0-9]+\)")  # what went wrong beneath Polars
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}  # as formats/tsv.py has them


def polars() -> Any:
    """The library. Raises UsageError where it is not installed, LimitError where it has no room."""
    if not has_address_space(_ADDRESS_SPACE, per_core=_PER_CORE):
        raise LimitError(
            "out of memory: column files need more address space than ulimit -v allows",
            help="raise that limit, or write the file as CSV",
        )
    try:
        import polars as pl
    except ImportError:
        raise UsageError("column files need polars", help="pip install 'dcalc[fast]'") from None
    return pl


def read_frame(path: str, kind: FileKind) -> dict[str, list[Any]]:
    """All columns of a file, in memory. Raises UsageError, OSError."""
    with open(path, "rb"):  # a file that cannot be read is refused in the system's words, not in those of Polars
        lazy = _scan(path, kind)
    frame = _translate_errors(lazy.collect, path)
    return {name: frame[name].to_list() for name in frame.columns}


class Frame:
    """A file that is read in batches. Raises UsageError where it cannot be."""

    def __init__(self, path: str, kind: FileKind) -> None:
        above = 0
        with open(path, "rb") as file:  # as above
            if kind == "csv" or kind == "tsv":
                table = (Csv if kind == "csv" else Tsv)(iter(Source(file, lambda: None)))
                table.read_names()  # refuses what stands twice, which Polars would rename
                above = table.lines_above
        self._path = path
        self.kind = kind
        self._lazy = _scan(path, kind, above)
        self.schema: dict[str, Any] = dict(_translate_errors(self._lazy.collect_schema, path))
        self._is_counted = is_columns(kind)

    def count(self) -> int | None:
        """The number of rows where the file tells it without being read."""
        if not self._is_counted:
            return None
        pl = polars()
        return int(_translate_errors(lambda: self._lazy.select(pl.len()).collect().item(), self._path))

    def check(self, names: Sequence[str]) -> None:
        """Raise UnknownVariable or UsageError where a name has no column of numbers."""
        for name in names:
            if name not in self.schema:
                raise missing_column(name, self.schema)
            if not (self.schema[name].is_numeric() or self.schema[name] == polars().Null or self._has_words(name)):
                raise UsageError(
                    f"the column {name} holds {self.schema[name]}, not numbers", help="convert it to numbers first"
                )

    def _has_words(self, name: str) -> bool:
        """True for words between numbers in a file of text: those, such as `#N/A`, are errors of their rows."""
        pl = polars()
        if is_columns(self.kind) or self.schema[name] != pl.String:
            return False
        is_number = pl.col(name).str.strip_chars().cast(pl.Float64, strict=False).is_not_null()
        return bool(_translate_errors(lambda: self._lazy.select(is_number.any()).collect().item(), self._path))

    def write(
        self,
        path: Any,
        name: str,
        kind: FileKind,
        task: Task,
        titles: Sequence[str],
        answer: Callable[[Chunk], Answers],
    ) -> None:
        """Write all rows and their answers to a path or stream, which errors call ``name``.

        ``titles`` are those of the columns that give values to the variables.

        Memory: a few batches, and a row group of Parquet. Raises UsageError where the file turns out to be
        damaged, and where there is no room for the result.
        """
        from polars.io.plugins import register_io_source

        pl = polars()
        for column, dtype in self.schema.items():
            if _has_no_text(dtype, kind):
                help = "leave it out, or write --format parquet"
                raise UsageError(f"{kind} cannot hold the column {column} of {dtype}", help=help)
        new = {**dict.fromkeys(task.titles, pl.Float64), task.status: pl.String}
        failure: list[BaseException] = []

        def batches(*_: object) -> Iterator[Any]:
            try:
                yield from self._answer_batches(task, titles, answer)
            except BaseException as problem:  # polars would make a text of it
                failure.append(problem)
                raise

        lazy = register_io_source(batches, schema={**self.schema, **new})
        try:
            _translate_errors(lambda: _sink(lazy, path, kind), name)
        except Exception:
            if failure:
                raise failure[0] from None
            raise

    def _answer_batches(self, task: Task, titles: Sequence[str], answer: Callable[[Chunk], Answers]) -> Iterator[Any]:
        first, pace = 1, Pace(_FEWEST, _ROWS)
        batches = iter(self._lazy.collect_batches(chunk_size=_ROWS, maintain_order=True))
        while (batch := _translate_errors(lambda: next(batches, None), self._path)) is not None:
            while batch.height:
                frame, batch = batch.head(pace.size), batch.slice(pace.size)
                chunk = _read_chunk(frame, titles, first)
                first += len(chunk)
                with pace:
                    columns = _new_columns(answer(chunk), task, len(chunk))
                yield frame.with_columns(columns)


def _read_chunk(frame: Any, names: Sequence[str], first: int) -> Chunk:
    """The rows of a batch; those in which a number is missing are bad."""
    import numpy as np

    pl = polars()
    columns: list[Any] = []
    bad: dict[int, DcalcError] = {}
    for name in names:
        if frame[name].dtype == pl.String:
            values, wrong = read_column([(cell or "").encode() for cell in frame[name]], exact=False)
            columns.append(np.array(values, dtype=np.float64))
            for row, error in wrong.items():
                error.message = f"column {name}: {error.message}"
                bad.setdefault(row, error)
            continue
        column = frame[name].cast(pl.Float64).to_numpy()
        columns.append(column)
        for row in np.flatnonzero(~np.isfinite(column)).tolist():
            missing = frame[name][row] is None
            bad[row] = UsageError(f"{name} is missing" if missing else f"{name} is not a finite number")
    return Chunk(columns, range(first, first + frame.height), bad=bad)


def _new_columns(answers: Answers, task: Task, rows: int) -> list[Any]:
    """The new columns: null where there is no value."""
    pl = polars()
    statuses: Any = pl.repeat("ok", rows, eager=True)
    if odd := answers.odd_statuses():
        statuses = statuses.scatter(list(odd), list(odd.values()))
    values = [
        pl.Series(title, column, dtype=pl.Float64, strict=False).fill_nan(None)
        for title, column in zip(task.titles, answers.values, strict=True)
    ]
    return [*values, statuses.alias(task.status)]


def _scan(path: str, kind: FileKind, above: int = 0) -> Any:
    """The file as a lazy frame; ``above`` is the number of lines above the heading of a text."""
    pl = polars()
    # All of a text is looked at for its types: a number in front tells nothing of what follows.
    text: dict[str, Any] = {"glob": False, "infer_schema_length": None, "skip_lines": above}
    match kind:
        case "parquet":
            return pl.scan_parquet(path, glob=False)
        case "arrow":
            return pl.scan_ipc(path, glob=False)
        case "jsonl":
            return pl.scan_ndjson(path, infer_schema_length=None)
        case "csv":
            return pl.scan_csv(path, **text)
        case "tsv":
            return pl.scan_csv(path, separator="\t", quote_char=None, **text)
        case _:
            assert_never(kind)


def _has_no_text(dtype: Any, kind: FileKind) -> bool:
    """True where Polars cannot write a type in a text format; for some types it would not say so, but panic."""
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


def _sink(lazy: Any, path: Any, kind: FileKind) -> None:
    match kind:
        case "parquet":
            lazy.sink_parquet(path, maintain_order=True)
        case "arrow":
            lazy.sink_ipc(path, maintain_order=True)
        case "jsonl":
            lazy.sink_ndjson(path, maintain_order=True)
        case "csv":
            lazy.sink_csv(path, maintain_order=True)
        case "tsv":
            pl = polars()
            text = pl.col(pl.String).str.replace_many(_ESCAPES)
            lazy.with_columns(text).sink_csv(path, separator="\t", quote_style="never", maintain_order=True)
        case _:
            assert_never(kind)


def _translate_errors(work: Callable[[], Any], name: str) -> Any:
    """The result of the work on a file.

    Raises UsageError, which names the file, for an error of Polars, and BrokenPipeError for a closed pipe.
    """
    pl = polars()
    try:
        return work()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
        text = str(problem).strip().partition("\n")[0]
        if "Broken pipe" in text:
            raise BrokenPipeError from None
        system = _SYSTEM_ERROR.search(text)
        if system is not None:
            raise UsageError(f"{name}: {system[1].strip()}") from None
        raise UsageError(f"{name}: {text}", help="it may be damaged, or not what its name says") from None
