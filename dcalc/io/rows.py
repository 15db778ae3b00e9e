"""Rows on their way from a reader past the engine to a writer, and what a kind of input must do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.errors import DcalcError
    from dcalc.expr import Expr
    from dcalc.problem import Point, Result

MOST_ROWS = 1 << 16
"""The most rows of a chunk."""


class Recorder(Protocol):
    """Makes the JSON records of rows, as `--format jsonl` has them."""

    def record(self, at: Point, results: Sequence[Result], line: int) -> dict[str, Any]:
        """The record of a row, with one result per target."""

    def failure(self, error: DcalcError) -> dict[str, Any]:
        """The members of a record of a row that is in error."""


@dataclass(frozen=True, slots=True)
class Task:
    """What is computed of each row, and under which titles.

    ``names`` are the variables in the order of the columns; each of the ``targets`` is a tuple of
    names to differentiate by, () being the function itself. ``titles`` head the columns of the
    targets, ``status`` that of the verdict; both have the ``prefix``. With a ``recorder`` JSON
    Lines gain the members of a record, else those of the columns.
    """

    root: Expr
    names: tuple[str, ...]
    targets: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]
    status: str
    prefix: str = ""
    recorder: Recorder | None = None

    def refuse_taken(self, present: Iterable[str]) -> None:
        """Raise UsageError where a column of the input bears the name of a new one."""
        taken = set(present)
        for title in (*self.titles, self.status):
            if title in taken:
                raise name_taken(title)


def name_taken(title: str) -> UsageError:
    """The error for an input with a column that bears the name of a new one."""
    help = "choose other names for the new columns: --prefix d_"
    return UsageError(f"the input already has a column {title}", help=help)


@dataclass(slots=True)
class Chunk:
    """Rows as read: a column of numbers for each name, and what the writer needs of their text.

    ``columns[i][row]`` is a float (an exact constant where more digits are asked); it means nothing
    in rows of ``bad``, which are not points. ``lines[row]`` is the number of the line.
    ``raw[row]`` is the text of the row as it was, without its line end.
    """

    columns: list[Any]
    lines: Sequence[int]
    raw: Sequence[bytes] = ()
    bad: dict[int, DcalcError] = field(default_factory=dict)
    ids: dict[int, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(slots=True)
class Answers:
    """The answers to a chunk, one column per target.

    ``columns`` are those of the chunk as the engine took them; ``values[i][row]`` is nan, or
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

    def read_chunks(self) -> Iterator[Chunk]:
        """The rows. Whatever is wrong with one of them is in its chunk."""

    def format_rows(self, chunk: Chunk, answers: Answers) -> bytes:
        """The rows of the output, in order."""
