"""Comma-separated values with a heading; quoted as RFC 4180 says, lines ending in a newline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats.record import found
from dcalc.formats.record.columns import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.problem import Report


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """The heading, then a line a record (a backend, where several were asked)."""
    return map(line, sheet(reports, style))


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The heading, then the rows of each finding's first table."""
    return map(line, found.sheets(findings, style))


def line(cells: Iterable[str]) -> str:
    """One line of a file, with its newline."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    # Not the csv module: before Python 3.13 it leaves a carriage return bare, which no reader takes.
    if cell.isalnum() or not any(mark in cell for mark in ',"\r\n'):
        return cell
    return '"' + cell.replace('"', '""') + '"'
