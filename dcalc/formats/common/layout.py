"""Fitting text into columns of a terminal; no number is ever broken where it fits on a line."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcalc.text import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcalc.finding import Column

GAP = 2
"""Blanks between two columns."""
NARROWEST = 12
"""A column of text is made no narrower than this; one that would be is folded away."""
TITLE = 12
"""A heading longer than this may be broken."""
GROUP = 10
"""Digits of a number too long for any line are broken in groups of this many."""

# A number, a name, or any other single character: none of these is broken while it fits.
_TOKEN = re.compile(r"\d[\d.]*(?:[eE][-+]?\d+)?|\w+|\*\*|.", re.DOTALL)


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns: broken at blanks, else between tokens, else anywhere."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer) <= width:
            line = longer
        elif text_width(word) <= width:
            lines.append(line)
            line = word
        else:
            *full, line = _pack(line and line + " ", word, width)
            lines += full
    return [*lines, line]


def _pack(line: str, word: str, width: int) -> list[str]:
    """A word longer than a line, begun on a line that has room."""
    lines = [line]
    for token in _TOKEN.findall(word):
        for piece in _pieces(token, width):
            if text_width(lines[-1]) + text_width(piece) > width:
                lines.append("")
            lines[-1] += piece
    return [line.rstrip() for line in lines if line.strip()]


def _pieces(token: str, width: int) -> list[str]:
    if text_width(token) <= width:
        return [token]
    step = max(width // 2, 1)
    if token[0].isdigit():
        step = width - width % GROUP or width
    return [token[start : start + step] for start in range(0, len(token), step)]


@dataclass(frozen=True, slots=True)
class Fit:
    """Which columns are shown, how wide, and which are folded into a second line."""

    shown: list[int]
    folded: list[int]
    widths: list[int]


def needed(columns: Sequence[Column], cells: Sequence[Sequence[str]]) -> list[int]:
    """The width that each column would like to have; 0 for one that may go and is empty."""
    wide = [max((text_width(row[index]) for row in cells), default=0) for index in range(len(columns))]
    return [
        max(size, min(text_width(column.title), TITLE)) if size or not column.rank else 0
        for size, column in zip(wide, columns, strict=True)
    ]


def fit(columns: Sequence[Column], natural: Sequence[int], width: int) -> Fit | None:
    """Columns and their widths; None where even the most important do not fit.

    The least important columns are folded first; columns of text share what the numbers leave.
    """
    least = [
        size if column.look == "number" else min(size, NARROWEST) for size, column in zip(natural, columns, strict=True)
    ]
    shown = [index for index, size in enumerate(natural) if size]
    folded: list[int] = []
    while (room := width - sum(least[i] for i in shown) - GAP * (len(shown) - 1)) < 0:
        last = max(shown, key=lambda index: columns[index].rank)
        if columns[last].rank == 0:
            return None
        shown.remove(last)
        folded.append(last)
    folded = sorted(index for index in folded if columns[index].short)
    # Words that are folded become footnotes; only the rest needs room in a cell.
    fill = any(columns[index].look != "words" for index in folded)
    return Fit(shown, folded, _shared(shown, least, natural, room, fill))


def apart(columns: Sequence[Column], natural: Sequence[int], width: int) -> list[list[Column]]:
    """The columns in groups that fit, as even as can be, each with the first column before it."""
    first, *rest = columns
    room = width - natural[0]
    count = 1
    while count < len(rest) and any(sum(size + GAP for size in group) > room for group in _evenly(natural[1:], count)):
        count += 1
    return [[first, *group] for group in _evenly(rest, count)]


def _evenly(items: Sequence[Any], count: int) -> list[Sequence[Any]]:
    """The items in that many runs of about one length."""
    size = -(-len(items) // count) or 1
    return [items[start : start + size] for start in range(0, len(items), size)] or [items]


def _shared(shown: list[int], least: Sequence[int], natural: Sequence[int], room: int, fill: bool) -> list[int]:
    """The widths: room is given first to the columns that need least of it.

    With ``fill`` the widest gets what is left: something will be folded in there.
    """
    widths = dict.fromkeys(shown, 0)
    waiting = sorted(shown, key=lambda index: natural[index] - least[index])
    for place, index in enumerate(waiting):
        extra = min(natural[index] - least[index], room // (len(waiting) - place))
        widths[index] = least[index] + extra
        room -= extra
    if fill:
        widths[max(shown, key=lambda index: widths[index])] += room
    return [widths[index] for index in shown]


def packed(items: Sequence[str], width: int) -> list[str]:
    """Items on as few lines as they take, with commas; broken only if longer than a line."""
    lines: list[str] = []
    for item in items:
        if lines and text_width(lines[-1]) + 2 + text_width(item) <= width:
            lines[-1] += ", " + item
        else:
            lines += wrap(item, width)
    return lines
