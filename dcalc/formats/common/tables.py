"""Rows and columns of texts: tables of one finding, tables that several share, tables for programs."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import chain
from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.finding import Finding, Key
from dcalc.formats.common.writer import SHORTENED, Writer, each
from dcalc.text import escape_unprintable

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
    """The first finding that is no failure, and all of them again."""
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

    The columns are those of the first finding that is no failure, else those of ``heading``.
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
    the first that is no failure. Raises UsageError where a later one has a column that the heading lacks: a
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
    expression = finding.expression
    text = "" if expression is None or isinstance(expression, tuple) else writer.text(expression)
    return [_plain_json(finding.line), _plain_json(finding.id), text]


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
