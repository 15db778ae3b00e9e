"""Errors and notes as text for people, or as JSON objects for programs, on stderr.

Nothing of what a user typed may act on the terminal: control characters are shown, not
sent, and wide characters are counted so that the caret stands under what it means.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from dcalc.errors import DcalcError, LimitError
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from dcalc.problem import Failure

_INDENT = "  "
_GAP = "..."
_LONGEST = 400


def visible(text: str) -> str:
    """The text with every character that a terminal would act on, or hide, spelled out."""
    return escape_unprintable(text, getattr(sys.stderr, "encoding", None) or "utf-8")


def cells(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(char) in ("Mn", "Me") else 2 if east_asian_width(char) in "WF" else 1 for char in text)


def width(stream: Any = None) -> int:
    """Columns of the terminal: COLUMNS, else what it says itself, else 80."""
    asked = os.environ.get("COLUMNS", "")
    if asked.isascii() and asked.isdigit() and int(asked[:6]) > 0:
        return int(asked[:6])
    try:
        shown: Any = stream or sys.__stderr__
        return os.get_terminal_size(shown.fileno()).columns or 80
    except (AttributeError, OSError, ValueError):
        return 80


def underlined(source: str, span: tuple[int, int], columns: int) -> list[str]:
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
    before, inside = visible(source[low:first]), visible(source[first : min(last, high)])
    after = visible(source[min(last, high) : high])
    cut_left, cut_right = low > start, high < end
    if cut_left or cells(before) + cells(inside) + cells(after) + cut_right > room:
        before, inside, after = _cut(before, inside, after, room, cut_left, cut_right)
    marks = " " * cells(before) + "^" * max(cells(inside), 1)
    return [_INDENT + (before + inside + after).rstrip(), _INDENT + marks]


def _cut(before: str, inside: str, after: str, room: int, cut_left: bool, cut_right: bool) -> tuple[str, str, str]:
    """The three parts shortened to ``room`` columns, with `...` where something is gone."""
    room -= 2 * len(_GAP)
    kept = _fit(inside, room)
    cut_right = cut_right or kept != inside
    left = _fit(before[::-1], max((room - cells(kept)) // 2, room - cells(kept) - cells(after)))[::-1]
    right = _fit(after, room - cells(kept) - cells(left)) if kept == inside else ""
    if cut_left or left != before:
        left = _GAP + left
    if cut_right or right != after:
        right += _GAP
    return left, kept, right


def _fit(text: str, room: int) -> str:
    """The longest beginning of the text that takes at most ``room`` columns."""
    text = text[: max(room, 0)]
    while cells(text) > room:
        text = text[:-1]
    return text


def short(text: str) -> str:
    """The text as it may be shown, without its middle where it is long."""
    text = visible(text)
    if len(text) <= _LONGEST:
        return text
    return text[: _LONGEST // 2] + _GAP + text[-_LONGEST // 2 :]


def error_text(error: DcalcError, *, line: int | None = None, columns: int = 80, color: bool = False) -> str:
    """The error as DESIGN has it: message, source line, caret, help."""
    word = "\x1b[1;31merror:\x1b[0m" if color else "error:"
    place = f"line {line}: " if line is not None else ""
    rows = [f"{word} {place}{short(error.message)}"]
    if error.source is not None and error.span is not None and error.source.strip():
        rows += underlined(error.source, error.span, columns)
    if error.help:
        rows.append(f"help: {short(error.help)}")
    return "\n".join(rows) + "\n"


def failure(error: DcalcError) -> Failure:
    """The error as a record; columns count from 1."""
    from dcalc.problem import Failure

    first, last = error.span if error.span is not None else (None, None)
    return Failure(
        kind=error.kind,
        message=error.message,
        column=None if first is None else first + 1,
        end_column=None if last is None else last + 1,
        help=error.help,
    )


def internal(problem: BaseException) -> DcalcError:
    """A defect of dcalc, or the end of memory, in one line."""
    if isinstance(problem, MemoryError):
        return LimitError("out of memory", help="ask for less at a time")
    error = DcalcError(f"internal error: {type(problem).__name__}: {problem}", help="run it again with --debug")
    error.kind = "internal"
    error.exit_code = 70
    return error
