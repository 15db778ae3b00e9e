"""Results for the next program in the pipe: no box, no wrapping, one record per line."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from dcalc.coordinates import in_numbers
from dcalc.formats import Writer, each, verdict
from dcalc.notation import write_point
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.finding import Cell, Finding, Sheet
    from dcalc.formats import Style
    from dcalc.problem import Point

SUFFIXES = ("txt",)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The lines of every finding, numbers in full, its verdict last; nothing for a single problem without a value."""
    writer = Writer(style)

    def write_lines(finding: Finding) -> str:
        if finding.failure is not None:
            return writer.failed_line(finding)
        place = _tell_apart(finding, writer) if style.batch or style.sweep else []
        rows = _rows_of(finding.rows) if finding.plain is None else finding.plain
        lines = [[*place, *[cell if isinstance(cell, str) else writer.text(cell) for cell in row]] for row in rows]
        if finding.sentence and (words := verdict(finding)):
            lines.append([*place, words])
        text = ""
        for line in lines:
            shown = [cell if cell.isascii() and cell.isprintable() else escape_unprintable(cell) for cell in line]
            text += "\t".join(shown) + "\n"
        return text

    return filter(None, each(findings, writer, write_lines))


def _tell_apart(finding: Finding, writer: Writer) -> list[str]:
    """What tells the lines of several findings apart: the expression in a batch, the point in a sweep."""
    place = []
    if writer.style.batch and finding.named and (question := writer.question(finding)):
        place.append(question)
    if writer.style.sweep and finding.at is not None:  # arrays come one at a time
        place.append(write_point(in_numbers(cast("Point", finding.at))))
    return place


def _rows_of(sheet: Sheet | None) -> Sequence[Sequence[Cell]]:
    """The cells of a table, of which there may be none."""
    return [] if sheet is None else [[row.get(column.key) for column in sheet.columns] for row in sheet.rows]
