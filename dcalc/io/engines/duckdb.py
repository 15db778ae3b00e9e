"""DuckDB: SQL, tables of a database file, files and folders, larger than memory.

What DuckDB answers is streamed out of it through the Arrow C interface and answered batch by batch: a function that
it calls for itself would get a thirtieth of the rows at a time, which takes twice as long.
"""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from dcalc.errors import LimitError, UsageError
from dcalc.io.engines import missing_engine
from dcalc.io.frames import check_frames, polars, read_heading, read_schema, refuse_changes, write_frames
from dcalc.io.replacement import scratch_folder
from dcalc.io.rows import is_columns
from dcalc.text import join_words, some

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcalc.io.engines import Settings
    from dcalc.io.frames import Target, Watch
    from dcalc.io.mapper import BatchMapper
    from dcalc.io.rows import FileKind
    from dcalc.io.sources import Source

EXTRA = "duckdb"
SETTINGS = frozenset({"--db", "--memory"})
MEMORY = 256_000_000
"""Bytes that DuckDB may take where --memory does not say."""
_WIDE = 64
"""From so many columns on batches are cut short, which DuckDB does only together with pyarrow."""
_FOREIGN = {"INTERVAL", "BIT", "BIGNUM"}
"""Types that neither Parquet nor Polars has."""


def claims(source: Source, settings: Settings) -> bool:
    """Whether a source is SQL, or a table of a database."""
    return source.shape in ("query", "table") and settings.master is None


@contextmanager
def open_table(source: Source, settings: Settings) -> Iterator[Relation]:
    """The rows of a source. Raises UsageError, LimitError, OSError."""
    polars()  # first: where it has too little room DuckDB has, too, which it says by the page
    try:
        import duckdb
    except ImportError:
        raise missing_engine("DuckDB", EXTRA) from None
    from dcalc.io.arrow import nanoarrow

    nanoarrow()
    memory = settings.memory or MEMORY
    with ExitStack() as stack:
        spill = stack.enter_context(scratch_folder(settings.near))
        options: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": f"{memory}B", "threads": str(settings.jobs), "temp_directory": spill,
        }  # fmt: skip
        connection = _translate(
            lambda: duckdb.connect(
                source.database or ":memory:", read_only=source.database is not None, config=options
            ),
            memory,
        )  # fmt: skip
        stack.callback(connection.close)
        connection.execute("SET enable_progress_bar = false")  # it would be written among the results
        yield Relation(connection, source, memory)


class Relation:
    """Rows that DuckDB streams."""

    def __init__(self, connection: Any, source: Source, memory: int) -> None:
        self._memory = memory
        self.is_text = False
        titles: list[str] = []
        match source.shape:
            case "query":
                query = _read_query(connection, source.text)
                self.name = "the query"
            case "table":
                query = f"FROM {_find_table(connection, source)}"
                self.name = source.text
            case "file" | "files":
                query, self.is_text, titles = _read_files(source)
                self.name = source.text
        self._rows = self._run(lambda: connection.sql(query))
        if self._rows is None:
            raise UsageError("the query gives no rows", help="write a SELECT")
        if len(set(self._rows.columns)) < len(self._rows.columns):
            raise UsageError("two columns of the query have one name", help="name them: SELECT a.x AS ax, b.x AS bx")
        if self.is_text and not titles:
            _refuse_renamed(self._rows.columns)
        titles = titles or self._rows.columns
        self._types = dict(zip(titles, map(str, self._rows.types), strict=True))
        self._refuse_foreign()
        types = self._run(lambda: self._first_schema(self._rows)).values()
        self.schema: dict[str, Any] = dict(zip(titles, types, strict=True))

    @property
    def titles(self) -> list[str]:
        """The names of the columns."""
        return list(self._types)

    def count(self) -> None:
        """Unknown: it would take another run of the query."""

    def check(self, mapper: BatchMapper, target: Target) -> None:
        """Raise UnknownVariable or UsageError where the columns do not fit what is asked for."""
        check_frames(self, mapper, target, self._types.__getitem__)

    def frames(self, rows: int) -> Iterator[Any]:
        """The rows in the order in which DuckDB gives them."""
        from dcalc.io.arrow import open_batches

        pl = polars()
        source = self._run(lambda: self._cut_short(rows))
        _, batches = self._run(lambda: open_batches(source))
        while (batch := self._run(lambda: next(batches, None))) is not None:
            frame = pl.DataFrame(batch)
            frame.columns = self.titles
            yield frame.cast(self.schema)

    def write(self, mapper: BatchMapper, target: Target, watch: Watch) -> None:
        """Write all rows and their new columns."""
        write_frames(self, mapper, target, watch)

    def _run(self, work: Callable[[], Any]) -> Any:
        return _translate(work, self._memory)

    def _cut_short(self, rows: int) -> Any:
        """The rows in batches that are not too large: by pyarrow, where it is installed and they are wide."""
        if len(self._types) >= _WIDE:
            try:
                import pyarrow  # noqa: F401  # DuckDB asks for it
            except ImportError:
                return self._rows
            return self._rows.to_arrow_reader(rows)
        return self._rows

    def _first_schema(self, rows: Any) -> Any:
        from dcalc.io.arrow import open_batches

        schema, _ = open_batches(rows.limit(0))
        return polars().Schema(schema)

    def _refuse_foreign(self) -> None:
        for title, kind in self._types.items():
            if re.split(r"\W", kind)[0] in _FOREIGN:
                raise UsageError(
                    f"the column {title} holds {kind}, which files do not have",
                    help=f"cast it in SQL: SELECT * REPLACE ({_quote(title)}::VARCHAR AS {_quote(title)}) FROM ...",
                )


def _read_files(source: Source) -> tuple[str, bool, list[str]]:
    """SQL that reads files of one schema, whether they are text, and the titles of their columns as far as the files
    tell: DuckDB renames those that it would not tell apart, such as x and X."""
    files = source.files()
    kind = source.kind_of(files)
    paths = "[" + ", ".join(_literal(_escape(path)) for path in files) + "]"
    refuse_changes(files, kind, source.text)  # DuckDB would take the types of the first one: 2 for 1.5
    partitions = source.partitions(files)
    options = f"hive_partitioning = {str(bool(partitions)).lower()}"
    if partitions:
        types = ", ".join(f"{_literal(name)}: {_SQL[partition.kind]}" for name, partition in partitions.items())
        options += f", hive_types = {{{types}}}"
    titles: list[str] = []
    if kind == "csv" or kind == "tsv":
        above, titles = read_heading(files, kind)
        options += f", skip = {above}"
    elif kind == "parquet":
        titles = list(read_schema(files[0], kind))
    if titles:
        titles += [name for name in partitions if name not in titles]
    return f"FROM {_reader(kind, paths, options)}", not is_columns(kind), titles


def _refuse_renamed(titles: Sequence[str]) -> None:
    """Raise UsageError for members of objects, such as x and X, the second of which DuckDB calls X_1."""
    lower = {title.lower(): title for title in reversed(titles)}
    for title in titles:
        name = re.sub("_[0-9]+$", "", title)
        twin = lower.get(name.lower(), name)
        if name not in (title, twin):
            raise UsageError(f"DuckDB does not tell {name} from {twin}", help="leave --engine out: Polars does")


_SQL = {"bigint": "BIGINT", "double": "DOUBLE", "date": "DATE", "string": "VARCHAR"}
_TEXT = "header = true, comment = '', sample_size = -1, union_by_name = true"
"""Of what DuckDB would guess, a comment is the worst: rows that begin with # would be gone."""


def _reader(kind: FileKind, paths: str, options: str) -> str:
    match kind:
        case "parquet":
            return f"read_parquet({paths}, {options})"
        case "csv":
            return f"read_csv({paths}, delim = ',', quote = '\"', escape = '\"', {_TEXT}, {options})"
        case "tsv":
            return f"read_csv({paths}, delim = '\t', quote = '', escape = '', {_TEXT}, {options})"
        case "jsonl":
            return f"read_ndjson({paths}, sample_size = -1, union_by_name = true, {options})"
        case "arrow":
            raise UsageError("DuckDB does not read Arrow files", help="leave --engine out: Polars does")


def _read_query(connection: Any, text: str) -> str:
    """A query that only gives rows. Raises UsageError."""
    statements = _translate(lambda: connection.extract_statements(text), 0)
    if len(statements) != 1 or statements[0].type.name != "SELECT":
        raise UsageError("--in takes one query that gives rows", help="write a SELECT, without others around it")
    return str(statements[0].query).rstrip().removesuffix(";")


def _find_table(connection: Any, source: Source) -> str:
    """The name of a table or view of a database, quoted; the only one, where none is named."""
    rows = connection.execute(
        "SELECT table_schema, table_name FROM information_schema.tables WHERE table_catalog = current_database() "
        "ORDER BY ALL"
    ).fetchall()
    names = {table if schema == "main" else f"{schema}.{table}": (schema, table) for schema, table in rows}
    named = source.text.removeprefix("main.") if source.text not in names else source.text
    if not source.text and len(names) == 1:
        (named,) = names
    if named not in names:
        has = f"it has {join_words(some(names), 'and')}" if names else "it has none at all"
        message = f"{source.database} has no table {source.text}" if source.text else "--in names no table"
        raise UsageError(message, help=f"{has}; SQL is taken, too: --in 'SELECT ...'")
    return ".".join(map(_quote, names[named]))


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _escape(path: str) -> str:
    """The path as a pattern that matches nothing else."""
    return re.sub(r"([*?\[])", r"[\1]", path)


def _translate(work: Callable[[], Any], memory: int) -> Any:
    """The result of work in DuckDB. Raises LimitError where its memory is too small, else UsageError."""
    import duckdb

    try:
        return work()
    except (duckdb.Error, RuntimeError) as problem:  # a stream that fails has an error of nanoarrow's
        if not isinstance(problem, duckdb.Error) and not type(problem).__module__.startswith("nanoarrow"):
            raise
        text = str(problem).strip()
        if "Out of Memory Error" in text:
            raise LimitError(
                f"DuckDB needs more than {memory // 10**6:,} MB of memory", help="allow it more: --memory 4GB"
            ) from None
        first, *others = re.sub(r"^.*?\w+ Error: ", "", text).split("\n\n")[0].splitlines() or ["it failed"]
        help = " ".join(others).strip() or "look at the query and the file"
        raise UsageError(f"DuckDB: {first}", help=help) from None
