"""Findings as records and as texts: what all formats make of a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import isfinite
from typing import TYPE_CHECKING, Any

from dcalc.expr import Expr
from dcalc.figures import duration, finite, number, short
from dcalc.finding import WITHOUT, Best
from dcalc.formats.record import coordinates, digits_of, failed
from dcalc.formats.record.texts import comment, one_line, place
from dcalc.notation import write
from dcalc.problem import Result

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcalc.finding import Cell, Column, Finding, Key, Sheet
    from dcalc.formats import Style
    from dcalc.formats.record.cells import Cells


def _six(value: float) -> str:
    return f"{value:.6g}" if isfinite(value) else ""


_SHORTENED = {"error": short, "time": duration, "brief": _six}


def text(cell: Cell, look: str = "", notation: str = "plain") -> str:
    """A cell as text: nothing for None and for a number without a value."""
    if cell is None:
        return ""
    if isinstance(cell, Expr):
        return write(cell, notation)
    if isinstance(cell, str):
        return cell
    if isinstance(cell, Best):
        return ("*" if look else "") + text(cell.value, look)
    if isinstance(cell, float):
        return _SHORTENED[look](cell) if look in _SHORTENED else number(cell)
    return str(cell)


def table(sheet: Sheet, notation: str = "plain") -> tuple[list[Column], list[Cells]]:
    """Columns and rows of texts for people; those shortened are numbers from here on."""
    looks = {column.key: column.look for column in sheet.columns}
    rows = [{key: text(cell, looks.get(key, ""), notation) for key, cell in row.items()} for row in _brief(sheet)]
    columns = [
        replace(column, look="number", right=True) if column.look in _SHORTENED else column for column in sheet.columns
    ]
    return columns, rows


def _brief(sheet: Sheet) -> Sequence[Mapping[Key, Cell]]:
    """As many rows as a person is shown, with one of dots where others are left out."""
    rows, most = sheet.rows, sheet.most
    if not most or len(rows) <= most:
        return rows
    gap: Mapping[Key, Cell] = {column.key: "..." for column in sheet.columns[:1]}
    return [*rows[: most // 2], gap, *rows[-(most // 2) :]]


def said(finding: Finding) -> list[tuple[str, str]]:
    """What is said before the tables, as label and text, the expression first."""
    asked = [] if finding.expression is None else [("expression", write(finding.expression))]
    at = [("at", place(finding.at, named=True))] if finding.at else []
    notes = [("note", note) for note in finding.notes]
    return [*asked, *at, *((label, text(cell)) for label, cell, _ in finding.said), *notes]


def lines(finding: Finding) -> list[list[str]]:
    """The lines of cells for a pipe; numbers in full."""
    if finding.plain is not None:
        return [[one_line(text(cell)) for cell in row] for row in finding.plain]
    sheet = finding.rows
    if sheet is None:
        return []
    return [[one_line(text(row.get(column.key))) for column in sheet.columns] for row in sheet.rows]


def record(finding: Finding) -> dict[str, Any]:
    """The JSON record: the keys that all have, around those of the command."""
    if finding.failure is not None:
        return {"id": finding.id, "line": finding.line, **failed(finding.failure)}
    return {
        "id": finding.id,
        "line": finding.line,
        "expression": None if finding.expression is None else write(finding.expression),
        "wrt": list(finding.wrt) if len(finding.wrt) != 1 else finding.wrt[0],
        "at": coordinates(finding.at),
        "status": finding.status,
        **{key: plainly(value) for key, value in finding.record.items()},
        "notes": list(finding.notes),
    }


def plainly(value: Any) -> Any:
    """A value as JSON can hold it: nodes as text, references as their digits, null for numbers that are none."""
    if isinstance(value, Expr):
        return write(value)
    if isinstance(value, float):
        return finite(value)
    if isinstance(value, Result):
        return digits_of(value)
    if isinstance(value, Mapping):
        return {str(key): plainly(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plainly(part) for part in value]
    return value


def before(finding: Finding, style: Style) -> list[str]:
    """What tells the lines of several findings apart: the expression in a batch, the point in a sweep."""
    found = []
    if style.batch and finding.expression is not None:
        found.append(write(finding.expression))
    if style.sweep and finding.at is not None:
        found.append(place(finding.at))
    return found


def without(finding: Finding, style: Style, mark: str = "#") -> str:
    """The line of a finding that failed, where there are others beside it."""
    if finding.failure is None or not (style.batch or style.sweep):
        return ""
    return comment("error", finding.failure.message, mark)


def says(finding: Finding) -> str:
    """The verdict, where it is a result; without a value it stands on stderr."""
    return "" if finding.code in WITHOUT else one_line(finding.sentence)


def sheets(findings: Iterable[Finding], style: Style) -> Iterable[list[str]]:
    """Heading and rows for csv and tsv: of the table for programs of each finding.

    The heading is that of the first; in a batch the line, id and expression stand before.
    """
    titles: list[str] | None = None
    for finding in findings:
        sheet = finding.rows
        if finding.failure is not None or sheet is None:
            continue
        names = [key if isinstance(key, str) else "_".join(key) for key in (column.key for column in sheet.columns)]
        if titles is None:
            titles = names
            yield [*(["line", "id", "expression"] if style.batch else []), *names]
        own = [str(finding.line or ""), str(finding.id or ""), text(finding.expression)] if style.batch else []
        for row in sheet.rows:
            by_name = dict(zip(names, (text(row.get(column.key)) for column in sheet.columns), strict=True))
            yield [*own, *(by_name.get(name, "") for name in titles)]
