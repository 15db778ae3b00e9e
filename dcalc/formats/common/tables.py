"""Rows and columns of texts: tables of one finding, that several share, for programs; and columns of a terminal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from dcalc.errors import UsageError
from dcalc.finding import Finding, Key
from dcalc.formats import SHORTENED, Writer, each
from dcalc.text import escape_unprintable, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dcalc.finding import Cell, Column, Look, Sheet


Heading = Callable[[], Finding]
"""Makes the finding whose columns a table has that no finding filled."""
HELD = 100
"""Failed lines at the start that are held back until one shows which columns are needed."""

Texts = dict[Key, str]
"""A row as texts, by the keys of its columns; `mood` is how to colour it."""


def write_sheet(sheet: Sheet, writer: Writer) -> tuple[list[Column], list[Texts]]:
    """Columns and rows of texts for people; those shortened are numbers from here on."""
    looks = {column.key: column.look for column in sheet.columns}
    return numeric(sheet.columns), [_write_row(row, looks, writer) for row in _shown_rows(sheet)]


def numeric(columns: Iterable[Column]) -> list[Column]:
    """The columns, in which a shortened number is a number like others."""
    return [column._replace(look="number", right=True) if column.look in SHORTENED else column for column in columns]


def _write_row(row: Mapping[Key, Cell], looks: Mapping[Key, Look], writer: Writer) -> Texts:
    return {key: writer.text(cell, looks.get(key, "")) for key, cell in row.items()}


def _shown_rows(sheet: Sheet) -> Sequence[Mapping[Key, Cell]]:
    """As many rows as a person is shown, with one of dots where others are left out."""
    rows, most = sheet.rows, sheet.most
    if not most or len(rows) <= most:
        return rows
    gap: Mapping[Key, Cell] = {column.key: "..." for column in sheet.columns[:1]}
    return [*rows[: most // 2], gap, *rows[-(most // 2) :]]


# --- tables that findings share ---------------------------------------------------------------


def peek(findings: Iterable[Finding]) -> tuple[Finding | None, Iterator[Finding]]:
    """The first finding that is not a failure, and all of them again."""
    stream, held = iter(findings), []
    for finding in stream:
        held.append(finding)
        if finding.failure is None:
            return finding, chain(held, stream)
        if len(held) >= HELD:
            break
    return None, chain(held, stream)


def share_table(findings: Iterable[Finding], heading: Heading, writer: Writer) -> tuple[list[Column], Iterator[Texts]]:
    """The columns of a table for people that all findings share, and its rows.

    The columns are those of the first finding that is not a failure, else those of ``heading``.
    """
    first, findings = peek(findings)
    entry = (first or heading()).entry
    assert entry is not None  # where there is a heading, every finding has its entry
    columns = entry.columns
    looks = {column.key: column.look for column in columns}

    def rows(finding: Finding) -> list[Texts]:
        if finding.failure is not None:
            return [_failed_row(finding)]
        return [_write_row(row, looks, writer) for row in _entry_rows(finding, columns, writer)]

    return numeric(columns), chain.from_iterable(each(findings, writer, rows))


def _entry_rows(finding: Finding, columns: Sequence[Column], writer: Writer) -> Sequence[Mapping[Key, Cell]]:
    sheet = finding.entry
    if sheet is None:
        return ()
    if sheet.columns == columns or sheet.adapt is None:
        return sheet.rows
    return [sheet.adapt(row, columns, writer.text, typeset=writer.notation != "plain") for row in sheet.rows]


def _failed_row(finding: Finding) -> Texts:
    assert finding.failure is not None
    place = f" (line {finding.line})" if finding.line is not None else ""
    why = f"error{place}: {escape_unprintable(finding.failure.message)}"
    return {"status": "error", "kind": finding.failure.kind, "verdict": why, "remark": why, "mood": "bad"}


# --- tables for programs --------------------------------------------------------------------


def write_data(findings: Iterable[Finding], heading: Heading | None, writer: Writer) -> Iterator[list[str]]:
    """Heading and rows for csv and tsv.

    With a ``heading``, findings are rows of one table, failures among them, whose columns are those of
    the first that is not a failure. Raises UsageError where a later one has a column that the heading lacks: a
    number in the wrong column would be worse than none.
    """
    return _separate_data(findings, writer) if heading is None else _common_data(findings, heading, writer)


def _common_data(findings: Iterable[Finding], heading: Heading, writer: Writer) -> Iterator[list[str]]:
    first, findings = peek(findings)
    sheet = (first or heading()).data
    titles = _titles(sheet) if sheet is not None else []
    yield ["line", "id", "expression", *titles]
    known = set(titles)

    def rows(finding: Finding) -> list[list[str]]:
        if finding.failure is not None:
            failed: Mapping[Key, Cell] = {"status": "error", "kind": finding.failure.kind}
            return [_data_row(finding, failed, titles, writer)]
        if finding.data is None:
            return []
        lacking = next((title for title in _titles(finding.data) if title not in known), None)
        if lacking is not None:
            place = f"line {finding.line}" if finding.line is not None else "a record"
            message = f"{place} needs a column {lacking}, which the heading lacks"
            raise UsageError(message, help="--format jsonl can hold records of every kind")
        return [_data_row(finding, row, titles, writer) for row in finding.data.rows]

    yield from chain.from_iterable(each(findings, writer, rows))


def _titles(sheet: Sheet) -> list[str]:
    return [key if isinstance(key, str) else "_".join(key) for key in (column.key for column in sheet.columns)]


def _data_row(finding: Finding, row: Mapping[Key, Cell], titles: Iterable[str], writer: Writer) -> list[str]:
    return [*_place(finding, writer), *(writer.text(row.get(title)) for title in titles)]


def _place(finding: Finding, writer: Writer) -> list[str]:
    """The line, id and expression of a finding."""
    return [_plain_json(finding.line), _plain_json(finding.id), writer.question(finding)]


def _plain_json(value: object) -> str:
    """An id or line number: text as it is, anything else as JSON, nothing for null."""
    if isinstance(value, str):
        # JSON can spell half a character (\ud800), which no output can encode.
        return value if value.isascii() else value.encode("utf-8", "backslashreplace").decode()
    return "" if value is None else json.dumps(value)


def _separate_data(findings: Iterable[Finding], writer: Writer) -> Iterator[list[str]]:
    """The table for programs of each finding, under the heading of the first; in a batch the line, id and
    expression stand before each row."""
    titles: list[str] | None = None
    batch = writer.style.batch
    for finding in findings:
        sheet = finding.rows
        if finding.failure is not None or sheet is None:
            continue
        writer.turn_to(finding)
        names = _titles(sheet)
        if titles is None:
            titles = names
            yield [*(["line", "id", "expression"] if batch else []), *names]
        place = _place(finding, writer) if batch else []
        for row in sheet.rows:
            by_name = dict(zip(names, (writer.text(row.get(column.key)) for column in sheet.columns), strict=True))
            yield [*place, *(by_name.get(name, "") for name in titles)]


# --- columns of a terminal: no number is ever broken where it fits on a line -------------------

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
_SIGNS = frozenset(("+", "-", "*", "/", "=", "<", ">", "<=", ">="))
_BREAKS = re.compile(r"[(\[{]| [-+*/=<>]=?(?= |$)")
"""What makes one blank of a line a better place to break than another."""


def wrap(text: str, width: int) -> list[str]:
    """Lines of at most ``width`` columns: broken at blanks, rather before an operator than after it and rather outside
    of brackets than inside; else between tokens, else anywhere."""
    lines, line = [], ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer) <= width:
            line = longer
        elif text_width(word) <= width:
            full, rest = _break(line, width)
            if rest and text_width(f"{rest} {word}") > width:
                full, rest = line, ""
            lines.append(full)
            line = f"{rest} {word}" if rest else word
        else:
            *more, line = _pack(line and line + " ", word, width)
            lines += more
    return [*lines, line]


def _break(line: str, width: int) -> tuple[str, str]:
    """A full line in two, the second part empty where its end is the best place to go on from."""
    if not _BREAKS.search(line):
        return line, ""
    words = line.split(" ")
    best, place, depth = (len(line), True), len(words), 0
    for k, word in enumerate(words, 1):
        depth += sum(map(word.count, "([{")) - sum(map(word.count, ")]}"))
        score = (depth, word in _SIGNS)
        if score <= best and text_width(" ".join(words[:k])) >= width / 2:
            best, place = score, k
    return " ".join(words[:place]), " ".join(words[place:])


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
