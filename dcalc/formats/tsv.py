r"""Tab-separated values with a heading; inside a cell tabs and newlines are `\t` and `\n`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats.record import found
from dcalc.formats.record.columns import sheet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.problem import Report

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """The heading, then a line a record (a backend, where several were asked)."""
    return map(line, sheet(reports, style))


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The heading, then the rows of each finding's first table."""
    return map(line, found.sheets(findings, style))


def line(cells: Iterable[str]) -> str:
    """One line of a file, with its newline."""
    return "\t".join(cell.translate(_ESCAPES) for cell in cells) + "\n"
