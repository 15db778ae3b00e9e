"""What a call says on stderr, and the exit code that it comes to.

Errors and notes are text for people, or JSON objects for programs. Points on stdin, `map`, batches of problems and
single calls are all counted in a `Tally`, so that the note on rows without an answer and the exit code mean the same
everywhere. Nothing of what a user typed may act on the terminal: control characters are shown, not
sent, and wide characters are counted so that the caret stands under what it means.
"""

from __future__ import annotations

import os
import sys
from errno import ENOMEM
from typing import TYPE_CHECKING, Any

from dcalc.errors import DcalcError, LimitError
from dcalc.io.sink import wants_color
from dcalc.records import Frozen, Lazy
from dcalc.text import count_noun, escape_unprintable, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import AnyStatus, Failure, Finding

_INDENT = "  "
_GAP = "..."
_LONGEST = 400


def spell_out(text: str) -> str:
    """The text with every character that a terminal would act on, or hide, spelled out."""
    return escape_unprintable(text, getattr(sys.stderr, "encoding", None) or "utf-8")


def terminal_width(stream: Any = None) -> int:
    """Columns of the terminal: COLUMNS, else what it says itself, else 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked[:6]) > 0:
        return int(asked[:6])
    try:
        shown: Any = stream or sys.__stderr__
        return os.get_terminal_size(shown.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        return 80


def underline(source: str, span: tuple[int, int], columns: int) -> list[str]:
    """The line of the source that holds the span, and carets under it.

    A line that is longer than ``columns`` is cut on the sides, never through the start of
    the span. Cost: of the part shown alone.
    """
    first, last = max(span[0], 0), max(span[1], span[0] + 1)
    start = source.rfind("\n", 0, first) + 1
    end = source.find("\n", first)
    end = len(source) if end < 0 else end
    room = max(columns - len(_INDENT) - 1, 20)
    low, high = max(start, first - room), min(end, first + room)
    before, inside = spell_out(source[low:first]), spell_out(source[first : min(last, high)])
    after = spell_out(source[min(last, high) : high])
    cut_left, cut_right = low > start, high < end
    if cut_left or text_width(before) + text_width(inside) + text_width(after) + cut_right > room:
        before, inside, after = _cut(before, inside, after, room, cut_left, cut_right)
    marks = " " * text_width(before) + "^" * max(text_width(inside), 1)
    return [_INDENT + (before + inside + after).rstrip(" "), _INDENT + marks]


def _cut(before: str, inside: str, after: str, room: int, cut_left: bool, cut_right: bool) -> tuple[str, str, str]:
    """The three parts shortened to ``room`` columns, with `...` where something is gone."""
    room -= 2 * len(_GAP)
    kept = _fit(inside, room)
    cut_right = cut_right or kept != inside
    left = _fit(before[::-1], max((room - text_width(kept)) // 2, room - text_width(kept) - text_width(after)))[::-1]
    right = _fit(after, room - text_width(kept) - text_width(left)) if kept == inside else ""
    if cut_left or left != before:
        left = _GAP + left
    if cut_right or right != after:
        right += _GAP
    return left, kept, right


def _fit(text: str, room: int) -> str:
    """The longest beginning of the text that takes at most ``room`` columns."""
    text = text[: max(room, 0)]
    while text_width(text) > room:
        text = text[:-1]
    return text


def shorten_message(text: str) -> str:
    """The text as it may be shown, without its middle where it is long."""
    return shorten(spell_out(text), _LONGEST, _GAP)


def error_text(error: DcalcError, *, line: int | None = None, columns: int = 80, color: bool = False) -> str:
    """An error as text: message, source line, caret, help."""
    word = "\x1b[1;31merror:\x1b[0m" if color else "error:"
    place = f"line {line}: " if line is not None else ""
    rows = [f"{word} {place}{shorten_message(error.message)}"]
    if error.source is not None and error.span is not None and error.source.strip():
        rows += underline(error.source, error.span, columns)
    if error.help:
        rows.append(f"help: {shorten_message(error.help)}")
    return "\n".join(rows) + "\n"


def as_failure(error: DcalcError) -> Failure:
    """The error as a record; columns count from 1."""
    from dcalc.finding import Failure

    first, last = error.span if error.span is not None else (None, None)
    return Failure(
        kind=error.kind,
        message=error.message,
        column=None if first is None else first + 1,
        end_column=None if last is None else last + 1,
        help=error.help,
    )


def internal_error(problem: BaseException) -> DcalcError:
    """A defect of dcalc, or the end of memory, in one line."""
    if isinstance(problem, MemoryError) or _lacks_room(problem):
        return LimitError("out of memory", help="split the work into smaller calls")
    error = DcalcError(f"internal error: {type(problem).__name__}: {problem}", help="run it again with --debug")
    error.kind = "internal"
    error.exit_code = 70
    return error


def _lacks_room(problem: BaseException) -> bool:
    """Whether a library or a thread could not start because memory is limited, which is said in many ways."""
    if isinstance(problem, RuntimeError):
        return str(problem) == "can't start new thread"
    if isinstance(problem, OSError):
        return problem.errno == ENOMEM
    if not isinstance(problem, ImportError | SystemError):
        return False
    from dcalc.io.limits import has_room

    return not has_room(_ROOM, per_core=0, data=_DATA)


_ROOM, _DATA = 1 << 12, 1 << 9  # MB with which anything can be loaded


# --- What a call says on stderr: errors, notes, and the statuses of problems without a value.


class Voice(Frozen):
    """Says errors and notes on stderr, as text or as JSON objects; ``quiet`` leaves out the notes.

    ``color`` is the value of --color; ``said`` are the notes so far.
    """

    json: bool = False
    quiet: bool = False
    color: str = "never"
    said: Lazy[set[str]] = Lazy(set)

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        """Say one error; ``line`` and ``id`` tell where it is one of many."""
        if self.json:
            self._say_object(as_failure(error), line, id)
        else:
            say(error_text(error, line=line, columns=terminal_width(), color=wants_color(self.color, sys.stderr)))

    def status(self, status: AnyStatus, sentence: str, *, line: int | None = None, id: object = None) -> None:
        """Say why a problem that was understood has no value."""
        if self.json:
            from dcalc.finding import Failure

            self._say_object(Failure(status, sentence), line, id)
            return
        say(error_text(DcalcError(sentence), line=line, color=wants_color(self.color, sys.stderr)))

    def note(self, text: str) -> None:
        """Say a remark, once: not with -q, nor with JSON, whose records carry it."""
        if self.quiet or self.json or text in self.said or len(self.said) >= 100:
            return
        self.said.add(text)
        say(f"note: {shorten_message(text)}\n")

    def _say_object(self, failure: Failure, line: int | None, id: object) -> None:
        import json

        from dcalc.formats import failure_record

        place = {} if line is None else {"id": id, "line": line}
        say(json.dumps({**place, **failure_record(failure)}) + "\n")


def say(text: str) -> None:
    """Write to stderr where there is one; a reader that went away does not stop the work."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(text)
        sys.stderr.flush()
    except (OSError, ValueError):
        return


# --- What a call comes to.


class Tally:
    """Counts rows or findings, passes on what is wrong with them, and decides the exit code.

    ``several`` says that there may be many (a batch, a sweep, a stream): the exit code is then 1
    where one of them has no answer, while the code of a single one is its own. Of a stream's errors
    ``most_errors`` are printed, and the number of the others at the end. In a ``batch`` notes and errors name their
    line; without ``echo`` those of findings are not said, as the format shows them to the same eyes.
    """

    def __init__(
        self,
        voice: Voice,
        *,
        several: bool,
        batch: bool = False,
        echo: bool = True,
        most_errors: int | None = None,
    ) -> None:
        self.voice = voice
        self.several = several
        self.batch = batch
        self.echo = echo
        self.most_errors = most_errors
        self.code = 0
        self.rows = self.without = self.errors = 0
        self._last: Finding | None = None

    def watch(self, findings: Iterable[Finding]) -> Iterator[Finding]:
        """The same findings, counted on their way to the format."""
        for finding in findings:
            self._last = finding
            code = 2 if finding.failure is not None else finding.code
            self.rows += 1
            if code > 1 and self.several:
                self.count_missing()
            elif code:
                self.code = code
            if self.echo:
                if code and self.batch:
                    self._complain(finding, finding.line)
                place = f"line {finding.line}: " if self.batch else ""
                for note in finding.notes:
                    self.voice.note(place + note)
            yield finding

    def _complain(self, finding: Finding, line: int | None) -> None:
        """Say why there is no value, where there is none; a failure was told where it happened."""
        for status, sentence in finding.complaints:
            self.voice.status(status, sentence, line=line, id=finding.id)

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
        if self._last is not None and self._last.code and self.echo and not self.several:
            self._complain(self._last, None)
        if self.most_errors is not None and (more := self.errors - self.most_errors) > 0:
            self.voice.note(f"{count_noun(more, 'more line')} {'is' if more == 1 else 'are'} in error")
        if self.without and self.rows > 1:
            self.voice.note(f"{self.without} of {self.rows} without an answer")
        return self.code
