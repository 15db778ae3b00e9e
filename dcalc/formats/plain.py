"""Results for the next program in the pipe: no box, no wrapping, one record a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.formats.common.writer import Writer, each, verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The lines of every finding, its verdict last; nothing for a single problem without a value."""
    writer = Writer(style)

    def write_lines(finding: Finding) -> str:
        if finding.failure is not None:
            return writer.failed_line(finding)
        rows = writer.lines(finding)
        if words := verdict(finding):
            rows = [*rows, [words]]
        place = writer.place(finding)
        return "".join(["\t".join([*place, *row]) + "\n" for row in rows])

    return filter(None, each(findings, writer, write_lines))
