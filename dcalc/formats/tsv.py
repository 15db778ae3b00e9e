r"""Tab-separated values with a heading; inside a cell tabs and newlines are `\t` and `\n`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats import Writer
from dcalc.formats.common.tables import write_data

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("tsv", "tab")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The heading, then the rows of each finding's table for programs."""
    return map(line, write_data(findings, style.heading, Writer(style)))


def line(cells: Iterable[str]) -> str:
    """One line of a file, with its newline."""
    return "\t".join(cell.translate(_ESCAPES) for cell in cells) + "\n"
