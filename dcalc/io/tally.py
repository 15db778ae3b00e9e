"""The tally of a call: how many rows were answered, which errors are printed, and the exit code.

Points on stdin, `map`, batches of problems and single calls all count here, so that the note on rows
without an answer and the exit status mean the same everywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dcalc.text import count_noun

if TYPE_CHECKING:
    from dcalc.errors import DcalcError


class Voice(Protocol):
    """Where errors and notes go."""

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        """Tell one error, with the line and the id of its row where it is one of many."""

    def note(self, text: str) -> None:
        """Tell a remark, once however often it is passed."""


class Tally:
    """Counts rows, passes on what is wrong with them, and decides the exit code.

    ``several`` says that there may be many rows (a batch, a sweep, a stream): the exit code is then 1
    where one of them has no answer, while the code of a single row is its own. Of a stream's errors
    ``most_errors`` are printed, and the number of the others at the end.
    """

    def __init__(self, voice: Voice, *, several: bool, most_errors: int | None = None) -> None:
        self.voice = voice
        self.several = several
        self.most_errors = most_errors
        self.code = 0
        self.rows = self.without = self.errors = 0

    def count_record(self, code: int) -> None:
        """Count one row, whose exit code would be ``code`` if it stood alone."""
        self.rows += 1
        if code > 1 and self.several:
            self.count_missing()
        elif code:
            self.code = code

    def count_rows(self, rows: int, without: int) -> None:
        """Count many rows, of which ``without`` have no answer."""
        self.rows += rows
        if without:
            self.count_missing(without)

    def count_missing(self, rows: int = 1) -> None:
        """Note that rows, which are counted already, have no answer."""
        self.without += rows
        self.code = 1

    def report_error(self, error: DcalcError, *, line: int | None, id: object) -> None:
        """Tell what is wrong with a row, unless enough errors were printed."""
        self.errors += 1
        if self.most_errors is None or self.errors <= self.most_errors:
            self.voice.error(error, line=line, id=id)

    def close(self) -> int:
        """Say what is left to say, after the results. Returns the exit code."""
        if self.most_errors is not None and (more := self.errors - self.most_errors) > 0:
            self.voice.note(f"{count_noun(more, 'more line')} {'is' if more == 1 else 'are'} in error")
        if self.without and self.rows > 1:
            self.voice.note(f"{self.without} of {self.rows} without an answer")
        return self.code
