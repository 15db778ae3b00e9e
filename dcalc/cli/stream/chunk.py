"""Rows on their way from a reader past the engine to a writer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcalc.cli.ask import Question
    from dcalc.cli.stream.task import Task
    from dcalc.errors import DcalcError
    from dcalc.problem import Result

ROWS = 1 << 16
"""Rows of a chunk at most."""


@dataclass(slots=True)
class Chunk:
    """Rows as read: a column of numbers for each name, and what the writer needs of their text.

    ``columns[i][row]`` is a float (an exact constant where more digits are asked); of rows in
    ``bad``, which are no points, it means nothing. ``lines[row]`` is the number of the line.
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
class Results:
    """The answers to a chunk, a column a target.

    ``columns`` are those of the chunk as the engine took them; ``values[i][row]`` is nan, or
    None, where there is no value; ``f`` is the column of the function's values where it was
    asked for. ``answers`` holds an answer a target for the rows that were looked at one by one,
    all that are not plainly ok among them. ``bad`` is the chunk's, and what failed since.
    """

    columns: list[Any]
    values: list[Any]
    f: Any
    answers: dict[int, Sequence[Result]]
    bad: dict[int, DcalcError]
    certified: int = 0
    vectorised: int = 0
    referred: int = 0

    def odd(self) -> dict[int, str]:
        """The word for every row that is not plainly ok."""
        found = dict.fromkeys(self.bad, "error")
        for row, answers in self.answers.items():
            word = next((answer.status for answer in answers if answer.status != "ok"), "ok")
            if word != "ok":
                found.setdefault(row, word)
        return found

    def without(self) -> int:
        """The number of rows that lack an answer."""
        lacking = (
            row
            for row, answers in self.answers.items()
            if row not in self.bad and any(answer.code and not answer.chosen for answer in answers)
        )
        return len(self.bad) + sum(1 for _ in lacking)


def bare(error: DcalcError) -> DcalcError:
    """The error without the frames in which it arose, which thousands of them could not be kept with."""
    error.__context__ = None
    return error.with_traceback(None)


def is_row(line: bytes) -> bool:
    """False for blank lines and comments, which are passed over."""
    line = line.lstrip()
    return bool(line) and not line.startswith(b"#")


class Form(Protocol):
    """A kind of input, as `--input-format` names it; an object reads and writes one stream.

    It is made from the blocks of the stream, and the first row in them. ``comments`` counts the
    lines beginning with # that were passed over where a row of data might begin so, too.
    """

    comments: int

    def brings(self) -> Sequence[str]:
        """Names that it gives values to, in its order, as far as its beginning shows. Raises DcalcError."""

    def bind(self, question: Question, names: Sequence[str]) -> None:
        """Take the names of the variables. Raises DcalcError where one has no column."""

    def title(self, task: Task) -> None:
        """Take what is to be written. Raises UsageError where a name is taken already."""

    @property
    def wants_f(self) -> bool:
        """True where the value of the function is written beside those of the derivatives."""

    def heading(self) -> bytes:
        """What stands before all rows of the output."""

    def chunks(self) -> Iterator[Chunk]:
        """The rows. Whatever is wrong with one of them is in its chunk."""

    def text(self, chunk: Chunk, results: Results) -> bytes:
        """The rows of the output, in order."""
