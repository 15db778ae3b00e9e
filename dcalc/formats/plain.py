"""Results for the next program in the pipe: no box, no wrapping, one record per line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats import Writer, each, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("txt",)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The lines of every finding, its verdict last; nothing for a single problem without a value."""
    writer = Writer(style)

    told_apart = style.batch or style.sweep

    def write_lines(finding: Finding) -> str:
        if finding.failure is not None:
            return writer.failed_line(finding)
        place = writer.place(finding) if told_apart else []
        text = ""
        for row in writer.lines(finding):
            text += "\t".join([*place, *row]) + "\n"
        if finding.sentence and (words := verdict(finding)):
            text += "\t".join([*place, words]) + "\n"
        return text

    return filter(None, each(findings, writer, write_lines))
