"""What a call says on stderr: errors, notes, and the statuses of problems without a value."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcalc.errors import DcalcError
    from dcalc.problem import Failure


class Voice:
    """Says errors and notes on stderr, as text or as JSON objects; ``quiet`` leaves out the notes."""

    def __init__(self, *, json: bool = False, quiet: bool = False, color: bool = False) -> None:
        self.json = json
        self.quiet = quiet
        self.color = color
        self._notes: set[str] = set()

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        """Say one error; ``line`` and ``id`` tell where it is one of many."""
        # Imported here and below, since a call in which nothing is said does not need it.
        from dcalc.cli.complain import error_text, failure, width

        if self.json:
            self._say_object(failure(error), line, id)
        else:
            say(error_text(error, line=line, columns=width(), color=self.color))

    def status(self, status: str, sentence: str, *, line: int | None = None, id: object = None) -> None:
        """Say why a problem that was understood has no value."""
        if self.json:
            from dcalc.problem import Failure

            self._say_object(Failure(status, sentence), line, id)
            return
        from dcalc.cli.complain import error_text
        from dcalc.errors import DcalcError

        say(error_text(DcalcError(sentence), line=line, color=self.color))

    def note(self, text: str) -> None:
        """Say a remark, once: not with -q, nor with JSON, whose records carry it."""
        if self.quiet or self.json or text in self._notes or len(self._notes) >= 100:
            return
        from dcalc.cli.complain import short

        self._notes.add(text)
        say(f"note: {short(text)}\n")

    def _say_object(self, failure: Failure, line: int | None, id: object) -> None:
        import json

        from dcalc.formats.common.writer import failure_record

        place = {} if line is None else {"id": id, "line": line}
        say(json.dumps({**place, **failure_record(failure)}) + "\n")


def say(text: str) -> None:
    """Write to stderr where there is one; a reader that went away is no reason to stop."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return
