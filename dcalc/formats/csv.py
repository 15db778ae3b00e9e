"""Comma-separated values with a heading; quoted as RFC 4180 says, lines ending in a newline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats import Writer
from dcalc.formats.common.tables import write_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("csv",)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The heading, then the rows of each finding's table for programs."""
    return map(line, write_data(findings, style.heading, Writer(style)))


def line(cells: Iterable[str]) -> str:
    """One line of a file, with its newline."""
    return ",".join(map(_quoted, cells)) + "\n"


def _quoted(cell: str) -> str:
    # Not the csv module: before Python 3.13 it leaves a carriage return bare, which no reader takes.
    if cell.isalnum() or not any(mark in cell for mark in ',"\r\n'):
        return cell
    return '"' + cell.replace('"', '""') + '"'
