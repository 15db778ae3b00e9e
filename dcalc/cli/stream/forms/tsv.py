r"""Tab-separated values: no quotes, since a tab or a newline in a cell is written `\t`, `\n`."""

from __future__ import annotations

from dcalc.cli.stream.separated import Separated


class Form(Separated):
    """Cells end at a tab, rows at a newline."""

    separator = b"\t"

    def one_cell(self, row: bytes) -> bytes:
        """The text with its tabs spelled out."""
        return row.replace(b"\t", b"\\t")
