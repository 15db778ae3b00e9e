"""Tables as frames of Polars: one batch of rows at a time, whatever the size of the table."""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol, assert_never

from dcalc.errors import LimitError, UsageError
from dcalc.io.doubles import read_column as read_words
from dcalc.io.limits import has_room
from dcalc.io.lines import Pace, Source
from dcalc.io.replacement import replace_file, replace_folder
from dcalc.io.rows import is_columns, missing_column, name_taken
from dcalc.io.separated import Csv, Tsv
from dcalc.io.sink import can_be_replaced, open_device

if TYPE_CHECKING:
    from dcalc.io.mapper import BatchMapper, Report
    from dcalc.io.rows import FileKind
    from dcalc.io.sources import Partition, PartitionKind

_ADDRESS_SPACE, _PER_CORE, _DATA = 1_200, 64, 600  # MB that Polars claims; it hangs where it does not get them
_FEWEST, _MOST = 1 << 8, 1 << 16  # rows of a batch
_NOT_IN_ARROW = ("Int128", "UInt128")
_DIGITS = 38  # of decimals, at most; files may have more
_CELLS = 1 << 22  # of a batch: wide tables come in short ones
_SYSTEM_ERROR = re.compile(r"([^:]+) \(os error [0-9]+\)")  # what went wrong beneath Polars
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}  # as formats/tsv.py has them


def polars() -> Any:
    """The library. Raises UsageError where it is not installed, LimitError where it has no room."""
    if not has_room(_ADDRESS_SPACE, per_core=_PER_CORE, data=_DATA):
        raise LimitError(
            "out of memory: column files need more than ulimit -v or -d allows",
            help="raise that limit, or write the file as CSV",
        )
    try:
        import polars as pl
    except ImportError:
        raise UsageError("column files need polars", help="pip install 'dcalc[fast]'") from None
    return pl


def rows_of_batch(columns: int) -> int:
    """The most rows that a batch of so many columns should have."""
    return max(_FEWEST, min(_MOST, _CELLS // max(columns, 1)))


# --- Reading.


def read_frame(path: str, kind: FileKind) -> dict[str, list[Any]]:
    """All columns of a file, in memory. Raises UsageError, OSError."""
    with open(path, "rb"):  # a file that cannot be read is refused in the system's words, not in those of Polars
        lazy = scan_files([path], kind)
    frame = translate_errors(lazy.collect, path)
    return {name: frame[name].to_list() for name in frame.columns}


def scan_files(
    paths: Sequence[str], kind: FileKind, *, above: int = 0, partitions: Mapping[str, Partition] | None = None
) -> Any:
    """Files as a lazy frame; ``above`` is the number of lines above the heading of a text, ``partitions`` are the
    columns that folders such as `year=2024` give."""
    pl = polars()
    added = partitions or {}
    types: dict[PartitionKind, tuple[Any, Callable[[str], object]]] = {
        "bigint": (pl.Int64, int), "double": (pl.Float64, float),
        "date": (pl.Date, date.fromisoformat), "string": (pl.String, str),
    }  # fmt: skip
    schema = {name: types[partition.kind][0] for name, partition in added.items()}
    if kind == "parquet" or kind == "arrow":
        scan = pl.scan_parquet if kind == "parquet" else pl.scan_ipc
        return scan(list(paths), glob=False, hive_partitioning=bool(schema), hive_schema=schema or None)

    def read_value(partition: Partition, place: int) -> Any:
        text = partition.values[place]
        dtype, read = types[partition.kind]
        return pl.lit(None if text is None else read(text), dtype)

    lazies = [
        lazy.with_columns(read_value(partition, place).alias(name) for name, partition in added.items())
        for place, lazy in enumerate(_scan_texts(paths, kind, above))
    ]
    return lazies[0] if len(lazies) == 1 else pl.concat(lazies, how="diagonal_relaxed")


def _scan_texts(paths: Sequence[str], kind: Literal["csv", "tsv", "jsonl"], above: int) -> list[Any]:
    """Each file as a lazy frame. A column of numbers that has words in another file is text in all of them, so that
    its cells keep the spelling that they have in the files."""
    pl = polars()
    # All of a text is looked at for its types: a number in front tells nothing of what follows.
    options: dict[str, Any] = {"infer_schema_length": None}
    if kind == "jsonl":  # whose names are always patterns to Polars
        return [pl.scan_ndjson(re.sub(r"([*?\[])", r"[\1]", path), **options) for path in paths]
    options |= {"glob": False, "skip_lines": above}
    if kind == "tsv":
        options |= {"separator": "\t", "quote_char": None}
    lazies = [pl.scan_csv(path, **options) for path in paths]
    if len(lazies) == 1:
        return lazies
    schemas = [translate_errors(lazy.collect_schema, path) for path, lazy in zip(paths, lazies, strict=True)]
    words = {title for schema in schemas for title, dtype in schema.items() if dtype == pl.String}
    return [
        pl.scan_csv(path, **options, schema_overrides=dict.fromkeys(words & schema.keys(), pl.String))
        for path, schema in zip(paths, schemas, strict=True)
    ]


def read_schema(path: str, kind: FileKind) -> dict[str, Any]:
    """The columns of a file, with their types. Raises UsageError."""
    return dict(translate_errors(lambda: scan_files([path], kind).collect_schema(), path))


class Heading(NamedTuple):
    """The number of lines above a heading, and the titles in it."""

    above: int
    titles: list[str]


def read_heading(paths: Sequence[str], kind: Literal["csv", "tsv"]) -> Heading:
    """The heading of texts, that of the first one. Raises UsageError for what stands in one twice, which engines would
    rename, and where the number differs, or the columns do."""
    counts: dict[int, str] = {}
    first_names: list[str] | None = None
    for path in paths:
        with open(path, "rb") as file:
            table = (Csv if kind == "csv" else Tsv)(iter(Source(file, lambda: None)))
            names = list(table.read_names())
            counts.setdefault(table.lines_above, path)
        first_names = names if first_names is None else first_names
        for title in [*first_names, *names]:
            if (title in names) != (title in first_names):
                have, lack = (path, paths[0]) if title in names else (paths[0], path)
                raise UsageError(
                    f"{have} has a column {title}, {lack} has none", help="read those that agree by a pattern"
                )
    if len(counts) > 1:
        (above, first), (other, second), *_ = counts.items()
        raise UsageError(
            f"the heading is in line {above + 1} of {first} and in line {other + 1} of {second}",
            help="delete the lines above it",
        )
    return Heading(next(iter(counts)), first_names or [])


def refuse_changes(paths: Sequence[str], kind: FileKind, name: str) -> None:
    """Raise UsageError where files of columns do not have the same ones, whatever their order, or one of them twice.

    Cost: a millisecond per file, whose footer is read.
    """
    if not is_columns(kind):
        return
    first = read_schema(paths[0], kind)
    for path in paths[1:]:
        other = read_schema(path, kind)
        if other == first:
            continue
        title = next(title for title in {**first, **other} if first.get(title) != other.get(title))
        kinds = [f"{columns[title]}" if title in columns else "missing" for columns in (first, other)]
        raise UsageError(
            f"{name}: the column {title} is {kinds[0]} in {paths[0]} and {kinds[1]} in {path}",
            help="read those that agree, or unite them in SQL: FROM read_parquet('...', union_by_name = true)",
        )


# --- Answering.


class Frames(Protocol):
    """A table that gives frames of Polars in order."""

    @property
    def name(self) -> str:
        """What errors call it."""

    @property
    def schema(self) -> Mapping[str, Any]:
        """The types of its columns, as Polars has them."""

    @property
    def is_text(self) -> bool:
        """Whether its numbers are read from text, so that there may be words, such as `#N/A`, between them."""

    def frames(self, rows: int) -> Iterator[Any]:
        """Its rows, about so many at a time."""


class Target(NamedTuple):
    """Where a table is written: None is standard output. ``partition`` are the columns that make folders."""

    path: str | None
    kind: FileKind
    partition: tuple[str, ...] = ()


Watch = Callable[["Report", int | None], None]
"""Is told of each batch that was answered, and the number of its first row; raises KeyboardInterrupt after Ctrl-C."""


def check_frames(table: Frames, mapper: BatchMapper, target: Target, describe: Callable[[str], str]) -> None:
    """Raise where a table lacks a column, or holds what cannot be differentiated or written.

    ``describe`` tells the type of a column. Raises UnknownVariable, UsageError.
    """
    pl = polars()
    schema = table.schema
    for title in mapper.columns.values():
        if title not in schema:
            raise missing_column(title, schema)
        dtype = schema[title]
        if not (dtype.is_numeric() or dtype == pl.Null or (table.is_text and dtype == pl.String)):
            raise UsageError(
                f"the column {title} holds {describe(title)}, not numbers", help="convert it to numbers first"
            )
    for title in mapper.new_titles:
        if title in schema:
            raise name_taken(title)
    for title in target.partition:
        if title not in schema:
            raise missing_column(title, schema)
    for title, dtype in schema.items():
        if isinstance(dtype, pl.Decimal) and (dtype.precision or 0) > _DIGITS:
            help = "read it by --engine duckdb, which makes doubles of it"
            raise UsageError(f"Polars cannot hold the column {title} of {describe(title)}", help=help)
        if _has_no_text(dtype, target.kind):
            help = "leave it out, or write --format parquet"
            raise UsageError(f"{target.kind} cannot hold the column {title} of {describe(title)}", help=help)


def write_frames(table: Frames, mapper: BatchMapper, target: Target, watch: Watch) -> None:
    """Write all rows of a table with their new columns.

    Memory: a few batches, and a row group of Parquet. Raises UsageError where the table turns out to be damaged,
    and where there is no room for the result.
    """
    from polars.io.plugins import register_io_source

    pl = polars()
    statuses = {part.status for part in mapper.parts}
    new = {title: pl.String if title in statuses else pl.Float64 for title in mapper.new_titles}
    failure: list[BaseException] = []

    def batches(*_: object) -> Iterator[Any]:
        try:
            yield from _answer_frames(table, mapper, watch)
        except (Exception, KeyboardInterrupt) as problem:  # noqa: BLE001  # it is raised below
            # Polars would make a text of it, and still be creating files when it has raised it: to Polars, the table
            # ends here, so that all it writes is closed before it is deleted.
            failure.append(problem)

    lazy = register_io_source(batches, schema={**table.schema, **new})
    with _open_target(target) as place:
        try:
            translate_errors(lambda: _sink(lazy, place, target), target.path or "standard output")
        finally:
            if failure:
                raise failure[0] from None


def _answer_frames(table: Frames, mapper: BatchMapper, watch: Watch) -> Iterator[Any]:
    from dcalc.io.arrow import Batch, table_of

    pl = polars()
    first, pace = 1, Pace(_FEWEST, rows_of_batch(len(table.schema)))
    schema = mapper.new_schema()
    for batch in table.frames(rows_of_batch(len(table.schema))):
        left = batch
        while left.height:
            frame, left = left.head(pace.size), left.slice(pace.size)
            with pace:
                columns, wrong = _read_numbers(frame, mapper.columns)
                new, report = mapper.answer_columns(columns, frame.height, wrong)
                watch(report, first)
            first += frame.height
            yield frame.hstack(pl.DataFrame(Batch(table_of(schema, frame.height, new))).get_columns())


def _read_numbers(frame: Any, titles: Mapping[str, str]) -> tuple[dict[str, Any], dict[int, str]]:
    """The numbers of each variable, and what is wrong with rows in which there are words instead."""
    import numpy as np

    from dcalc.io.arrow import Column, columns_of, open_batches, read_column

    pl = polars()
    columns: dict[str, Any] = {}
    wrong: dict[int, str] = {}
    for name, title in titles.items():
        if frame[title].dtype == pl.String:
            values, errors = read_words([(cell or "").encode() for cell in frame[title]], exact=False)
            columns[name] = Column(np.array(values, dtype=np.float64), None)
            columns[name].values[list(errors)] = np.nan
            for row, error in errors.items():
                wrong.setdefault(row, f"column {title}: {error.message}")
            continue
        column = frame.select(pl.col(title)).rechunk()
        if str(frame[title].dtype) in _NOT_IN_ARROW:
            column = column.cast(pl.Float64)
        (batch,) = open_batches(column)[1]
        columns[name] = read_column(*columns_of(batch))
    return columns, wrong


# --- Writing.


@contextmanager
def _open_target(target: Target) -> Iterator[Any]:
    """What Polars is to write to; a file or folder appears under its name only when it is whole."""
    path = target.path
    if target.partition:
        if path is None:
            raise UsageError("partitions need a folder", help="name one: --out FOLDER")
        with replace_folder(path) as part:
            yield part
    elif path is None:
        if is_columns(target.kind):
            raise UsageError(f"{target.kind} is not a text format: it needs a file", help="name one: --out FILE")
        yield sys.stdout.buffer
    elif not can_be_replaced(path):
        if os.path.isdir(path):
            raise UsageError(f"{path} is a folder", help="name a file, or write --partition-by COLUMN")
        with open_device(path) as device:
            yield device
    else:
        # Opened here: Polars opens a name in a thread of its own, which may be after an error has deleted the part.
        with replace_file(path) as part, open(part, "wb") as file:
            yield file


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


def _sink(lazy: Any, place: Any, target: Target) -> None:
    pl = polars()
    if target.partition:
        place = pl.PartitionBy(place, key=list(target.partition), include_key=False)
    options: dict[str, Any] = {"maintain_order": True, "mkdir": bool(target.partition)}
    match target.kind:
        case "parquet":
            lazy.sink_parquet(place, **options)
        case "arrow":
            lazy.sink_ipc(place, **options)
        case "jsonl":
            lazy.sink_ndjson(place, **options)
        case "csv":
            lazy.sink_csv(place, **options)
        case "tsv":
            text = pl.col(pl.String).str.replace_many(_ESCAPES)
            lazy.with_columns(text).sink_csv(place, separator="\t", quote_style="never", **options)
        case _:
            assert_never(target.kind)


def translate_errors(work: Callable[[], Any], name: str) -> Any:
    """The result of the work on a file.

    Raises UsageError, which names the file, for an error of Polars, and BrokenPipeError for a closed pipe.
    """
    pl = polars()
    try:
        return work()
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as problem:
        if getattr(problem, "errno", None) in (errno.EMFILE, errno.ENFILE):  # as a module is loaded, perhaps
            raise UsageError(f"{name}: {os.strerror(errno.EMFILE)}", help="allow more of them: ulimit -n 64") from None
        text = str(problem).strip().partition("\n")[0]
        if "Broken pipe" in text:
            raise BrokenPipeError from None
        system = _SYSTEM_ERROR.search(text)
        if system is not None:
            full = "make room, or write to another disk" if "No space" in system[1] else None
            raise UsageError(f"{name}: {system[1].strip()}", help=full) from None
        raise UsageError(f"{name}: {text}", help="it may be damaged, or not what its name says") from None
