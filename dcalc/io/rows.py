"""Kinds of input: what each must do with rows on their way to the row solver and back, and which kind it is.

The kind is given by an option, else by the suffix of a path, else by the first row.
"""

from __future__ import annotations

import os
from importlib import import_module
from itertools import combinations_with_replacement
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any, Literal, Protocol, SupportsIndex, cast, get_args

from dcalc.errors import DcalcError, UnknownVariable, UsageError
from dcalc.io.lines import decode_line
from dcalc.records import NamedTuple
from dcalc.text import FLOAT

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from dcalc.expr import Expr
    from dcalc.io.lines import Block, Lines
    from dcalc.io.uncertainty import Spread
    from dcalc.problem import Point, Result


MOST_ROWS = 1 << 16
"""The most rows of a chunk."""


class Recorder(Protocol):
    """Makes the JSON records of rows, as `--format jsonl` has them."""

    def record(self, at: Point, results: Sequence[Result], line: int) -> dict[str, Any]:
        """The record of a row, with one result per target."""

    def failure(self, error: DcalcError) -> dict[str, Any]:
        """The members of a record of a row that is in error."""


class Task(NamedTuple):
    """What is computed of each row, and under which titles.

    ``names`` are the variables in the order of the columns; each of the ``targets`` is a tuple of
    names to differentiate by, () being the function itself. ``titles`` head the columns of the
    targets, ``status`` that of the verdict; both have the ``prefix``. With a ``recorder`` JSON
    Lines gain the members of a record, else those of the columns. With a ``spread`` the targets are its own,
    the ``names`` end with the titles of its columns, and the ``titles`` are those of f and its uncertainty.
    """

    root: Expr
    names: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]
    status: str
    prefix: str = ""
    recorder: Recorder | None = None
    spread: Spread | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """The names that are variables of the function."""
        return self.names if self.spread is None else self.names[: len(self.names) - len(self.spread.columns)]

    def refuse_taken(self, present: Iterable[str]) -> None:
        """Raise UsageError where a column of the input bears the name of a new one."""
        taken = set(present)
        for title in (*self.titles, self.status):
            if title in taken:
                raise name_taken(title)


def choose_targets(wrt: Sequence[str], *, value: bool, hessian: bool) -> tuple[tuple[str, ...], ...]:
    """What a function is differentiated by for each of its columns: () for its value."""
    targets: list[tuple[str, ...]] = [()] if value else []
    targets += [(name,) for name in wrt]
    targets += list(combinations_with_replacement(wrt, 2)) if hessian else []
    return tuple(targets)


def title_of(target: Sequence[str], name: str = "f") -> str:
    """The title of the column of a derivative: df_dx, d2f_dxdy."""
    order = "" if len(target) == 1 else str(len(target))
    return f"d{order}{name}_" + "".join(f"d{variable}" for variable in target) if target else name


SPREAD_TITLES = ("f", "u_f")
"""The titles of the columns of a value and its uncertainty."""


def name_taken(title: str) -> UsageError:
    """The error for an input with a column that bears the name of a new one."""
    help = "choose other names for the new columns: --prefix d_"
    return UsageError(f"the input already has a column {title}", help=help)


def missing_column(name: str, titles: Iterable[str]) -> UnknownVariable:
    """The error for an input without a column of that name; a title that is longer, `x [m]`, may be what is meant."""
    from dcalc.text import find_longer_title, join_words, some

    titles = list(titles)
    for mark, kind in ((";", "semicolon, or decimal-comma where decimals have commas"), ("\t", "tsv"), (" ", "spaces")):
        if len(titles) == 1 and name in titles[0].replace('"', "").split(mark)[: 1 << 10]:
            help = f"say how its cells are separated: --input-format {kind}"
            return UnknownVariable(f"the input has no column {name}", help=help)
    if titles and all(FLOAT.fullmatch(title.strip()) for title in titles):
        help = "put a line with the names of the columns above it"
        return UnknownVariable("the input has no heading", help=help)
    if (longer := find_longer_title(name, titles)) is not None:
        help = f"say that it is the one for {name}: --column '{name}={longer}'"
    else:
        help = f"it has {join_words(some(titles), 'and')}" if titles else "it has none at all"
    return UnknownVariable(f"the input has no column {name}", help=help)


class Chunk:
    """Rows as read: a column of numbers for each name, and what the writer needs of their text.

    ``columns[i][row]`` is a float (an exact constant where more digits are asked); it means nothing
    in rows of ``bad``, which are not points. ``lines[row]`` is the number of the line.
    ``raw[row]`` is the text of the row as it was, without its line end. ``is_head`` marks rows at the beginning of a
    stream, which are certified one by one.
    """

    __slots__ = ("bad", "columns", "ids", "is_head", "lines", "raw")

    def __init__(
        self, columns: list[Any], lines: Sequence[int], raw: Sequence[bytes] = (),
        bad: dict[int, DcalcError] | None = None, ids: dict[int, object] | None = None, *, is_head: bool = False,
    ) -> None:  # fmt: skip
        self.columns = columns
        self.lines = lines
        self.raw = raw
        self.bad = {} if bad is None else bad
        self.ids = {} if ids is None else ids
        self.is_head = is_head

    def __len__(self) -> int:
        return len(self.lines)

    def part(self, start: int, stop: int, *, is_head: bool = False) -> Chunk:
        """Some of the rows."""
        return Chunk(
            [column[start:stop] for column in self.columns],
            self.lines[start:stop],
            self.raw[start:stop],
            {row - start: error for row, error in self.bad.items() if start <= row < stop},
            {row - start: identity for row, identity in self.ids.items() if start <= row < stop},
            is_head=is_head,
        )

    def __reduce_ex__(self, _protocol: SupportsIndex) -> tuple[Callable[..., Chunk], tuple[Any, ...]]:
        """To another process doubles in memory go through memory that both see."""
        columns = [_as_buffer(column) if isinstance(column, memoryview) else column for column in self.columns]
        return _load_chunk, (columns, self.lines, self.raw, self.bad, self.ids, self.is_head)


def _as_buffer(doubles: memoryview) -> PickleBuffer:
    return PickleBuffer(doubles if doubles.contiguous else doubles.tobytes())


def _load_chunk(
    columns: list[Any], lines: Sequence[int], raw: Sequence[bytes], bad: dict[int, DcalcError], ids: dict[int, object],
    is_head: bool,
) -> Chunk:  # fmt: skip
    doubles = [memoryview(part).cast("d") if isinstance(part, memoryview | bytes) else part for part in columns]
    return Chunk(doubles, lines, raw, bad, ids, is_head=is_head)


class Answers(NamedTuple):
    """The answers to a chunk, one column per target.

    ``columns`` are those of the chunk as the row solver took them; ``values[i][row]`` is nan, or
    None, where there is no value; ``f`` is the column of the function's values where it was
    asked for. ``results`` holds one result per target for the rows that were solved one by one,
    which include all that are not plainly ok. ``bad`` is the chunk's, and what failed since.
    """

    columns: list[Any]
    values: list[Any]
    f: Any
    results: dict[int, Sequence[Result]]
    bad: dict[int, DcalcError]
    certified: int = 0
    vectorised: int = 0
    referred: int = 0
    notes: tuple[str, ...] = ()

    def part(self, start: int, stop: int) -> Answers:
        """The answers to some of the rows, without the counts."""
        return Answers(
            [column[start:stop] for column in self.columns],
            [column[start:stop] for column in self.values],
            None if self.f is None else self.f[start:stop],
            {row - start: results for row, results in self.results.items() if start <= row < stop},
            {row - start: error for row, error in self.bad.items() if start <= row < stop},
        )

    def odd_statuses(self) -> dict[int, str]:
        """The status of every row that is not plainly ok."""
        statuses = dict.fromkeys(self.bad, "error")
        for row, results in self.results.items():
            status = next((result.status for result in results if result.status != "ok"), "ok")
            if status != "ok":
                statuses.setdefault(row, status)
        return statuses

    def count_missing(self) -> int:
        """The number of rows without an answer."""
        lacking = (
            row
            for row, results in self.results.items()
            if row not in self.bad and any(result.code and not result.chosen for result in results)
        )
        return len(self.bad) + sum(1 for _ in lacking)


def drop_traceback(error: DcalcError) -> DcalcError:
    """The error without the frames in which it arose: thousands of them are kept at a time."""
    error.__context__ = None
    return error.with_traceback(None)


class Form(Protocol):
    """A kind of input, as `--input-format` names it; an object reads and writes one stream.

    It is made from the blocks of the stream, the first row in them, and whether numbers are kept exact.
    """

    def read_names(self) -> Sequence[str]:
        """Names that it gives values to, in its order, as far as its beginning shows. Raises DcalcError."""

    def bind(self, names: Sequence[str], variables: Sequence[str], wrt: Sequence[str]) -> None:
        """Take the names whose values each row gives, in the order of the chunks' columns.

        ``variables`` are those of the expression, ``wrt`` those it is differentiated by. Raises
        DcalcError where a name has no column.
        """

    def set_task(self, task: Task) -> None:
        """Take what is to be written. Raises UsageError where a name is taken already."""

    @property
    def wants_f(self) -> bool:
        """True where the value of the function is written beside those of the derivatives."""

    def format_heading(self) -> bytes:
        """What stands above all rows of the output."""

    @property
    def is_compact(self) -> bool:
        """True where rows that are taken apart are mostly doubles, which is less to send than their text."""

    def read_parts(self) -> Iterator[Block | Lines | Chunk]:
        """The rows as they come, taken apart as little as it takes to see where each ends."""

    def read_part(self, part: Block | Lines) -> Iterator[Chunk]:
        """The rows of a part, which may be read in another process. Whatever is wrong with one of them is in its
        chunk."""

    def format_rows(self, chunk: Chunk, answers: Answers) -> Iterable[bytes | memoryview]:
        """The rows of the output, in order and in pieces."""


class BlockForm:
    """What forms that read blocks have in common: in another process they read nothing but what they are sent."""

    _blocks: Iterator[Any]
    is_compact = False

    def __getstate__(self) -> dict[str, Any]:
        """Everything but the stream."""
        return {**self.__dict__, "_blocks": iter(())}


def read_chunks(form: Form) -> Iterator[Chunk]:
    """All rows of a stream."""
    for part in form.read_parts():
        yield from split_part(form, part)


def split_part(form: Form, part: Block | Lines | Chunk) -> Iterator[Chunk]:
    """The rows of a part, whether it is taken apart already or not."""
    return iter([part]) if isinstance(part, Chunk) else form.read_part(part)


# --- Which kind of input or file it is.

TableKind = Literal["csv", "tsv", "spaces", "semicolon", "decimal-comma", "json", "jsonl"]
"""Text with named columns. Cells stand between commas, tabs, spaces, or semicolons: with decimal points,
or with decimal commas."""
RowKind = Literal["plain", "csv", "tsv", "spaces", "semicolon", "decimal-comma", "json", "jsonl"]
"""Text that passes through row by row, as `--input-format` names it."""
FileKind = Literal["csv", "tsv", "jsonl", "parquet", "arrow"]
"""Files with named columns; the last two are not text, and are read and written by columns."""
InputKind = RowKind | FileKind
ROWS: tuple[RowKind, ...] = get_args(RowKind)
FILES: tuple[FileKind, ...] = get_args(FileKind)
INPUTS = (*dict.fromkeys((*ROWS, *FILES)),)
COLUMNS = ("parquet", "arrow")
_FORMS: dict[RowKind, tuple[str, str]] = {
    "plain": ("plain", "Plain"),
    "csv": ("separated", "Csv"),
    "tsv": ("separated", "Tsv"),
    "spaces": ("separated", "Spaces"),
    "semicolon": ("separated", "Semicolon"),
    "decimal-comma": ("separated", "DecimalComma"),
    "json": ("jsonl", "JsonArray"),
    "jsonl": ("jsonl", "JsonLines"),
}
_SUFFIXES: dict[str, FileKind] = {
    "csv": "csv", "tsv": "tsv", "tab": "tsv", "jsonl": "jsonl", "ndjson": "jsonl",
    "parquet": "parquet", "pq": "parquet", "arrow": "arrow", "ipc": "arrow", "feather": "arrow",
}  # fmt: skip


TEXT_SUFFIXES = ("txt", "dat")
"""Suffixes of text that may be a table of any kind."""


def is_columns(kind: InputKind | None) -> bool:
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


def kind_of_input(path: str | None, name: str | None = None) -> InputKind | None:
    """The kind of what is read, None where neither a ``name`` nor the suffix tells. Raises UsageError."""
    if name is None:
        suffix = _suffix(path)
        return "json" if suffix == "json" else _SUFFIXES.get(suffix)
    if name not in INPUTS:
        from dcalc.text import unknown_name

        raise unknown_name("input format", name, INPUTS)
    return name


def as_file_kind(kind: InputKind | None) -> FileKind | None:
    """The kind of a file with named columns; None for other text, and where no kind is known."""
    return next((known for known in FILES if known == kind), None)


def kind_of_output(path: str | None, name: str | None) -> FileKind | None:
    """The kind of file to write, None where neither a ``name`` nor the suffix tells. Raises UsageError."""
    if name is None:
        return _SUFFIXES.get(_suffix(path))
    if name not in FILES:
        from dcalc.text import unknown_name

        raise unknown_name("kind of file", name, FILES)
    return name


def is_data_file(argument: str) -> bool:
    """Whether an argument is the name of a file of data: no expression ends in such a suffix."""
    return kind_of_input(argument) is not None or _suffix(argument) in TEXT_SUFFIXES


def _suffix(path: str | None) -> str:
    return os.path.splitext(path or "")[1][1:].lower()


def kind_of_table(row: bytes) -> TableKind:
    """The kind of a table that begins with this row."""
    row = row.strip()
    if row.startswith((b"{", b"[")):
        return "jsonl" if row.startswith(b"{") else "json"
    if b"\t" in row:
        return "tsv"
    if b"," not in row and b'"' not in row:
        if b";" in row:
            return "semicolon"
        if len(cells := row.split()) > 1 and all(map(_is_name, cells)):
            return "spaces"
    return "csv"


_SEPARATORS = {"csv": b",", "tsv": b"\t", "semicolon": b";", "decimal-comma": b";", "spaces": None}


def kind_of_points(row: bytes, variables: Collection[str]) -> RowKind:
    """The kind of input that begins with this row, where points of these variables are expected."""
    row = row.strip()
    kind = kind_of_table(row)
    if kind == "jsonl" or kind == "json":
        return kind
    cells = [cell.strip().strip(b'"') for cell in row.split(_SEPARATORS[kind])]
    if any(_is_one_of(cell, variables) for cell in cells):
        return kind
    if kind == "spaces" or kind == "semicolon":  # `t x` and `t1 = 2; t1` are not tables of other columns
        return "plain"
    # Columns with other names make a table, of which it will be said that they are other ones; a row that
    # is a point has = or ( beside a comma.
    is_heading = len(cells) > 1 and not FLOAT.fullmatch(cells[0].decode(errors="replace"))
    return kind if is_heading and (kind == "tsv" or not {*b"=("} & {*row}) else "plain"


def _is_name(cell: bytes) -> bool:
    from dcalc.point import read_name

    try:
        read_name(decode_line(cell))
    except DcalcError:
        return False
    return True


def _is_one_of(cell: bytes, variables: Collection[str]) -> bool:
    from dcalc.point import read_name

    try:
        return read_name(decode_line(cell)) in variables
    except DcalcError:
        return False
