"""A table as GitHub renders it: expressions as code, user text with its markup escaped."""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING

from dcalc.formats import Writer, verdict
from dcalc.formats.common.tables import share_table, write_sheet
from dcalc.text import escape_unprintable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.finding import Column, Finding
    from dcalc.formats import Style
    from dcalc.formats.common.tables import Texts

SUFFIXES = ("md", "markdown")
_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")
_TICKS = re.compile("`+")


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """One table where findings share one; else what is said as a list, each table under its title, the verdict."""
    writer = Writer(style)
    if style.heading is not None:
        return _table(*share_table(findings, style.heading, writer))
    return chain.from_iterable(_page(finding, writer) for finding in findings)


def _page(finding: Finding, writer: Writer) -> Iterator[str]:
    """A finding with tables of its own."""
    if finding.failure is not None:
        if line := writer.failed_line(finding, "-"):
            yield _escaped(line.rstrip("\n")) + "\n\n"
        return
    writer.turn_to(finding)
    for label, value in writer.facts(finding):
        yield f"- {_escaped(label)}: {code_span(escape_unprintable(value)) if value else ''}\n"
    yield from _outline(finding, writer)
    for sheet in () if finding.outline else finding.sheets:
        yield f"\n**{_escaped(sheet.title)}**\n\n" if sheet.title else "\n"
        yield from _table(*write_sheet(sheet, writer))
    if words := verdict(finding):
        yield f"\n{_escaped(words)}\n"


def _outline(finding: Finding, writer: Writer) -> Iterator[str]:
    """Trees as nested lists."""
    if finding.outline:
        yield "\n"
    for line in finding.outline:
        text = code_span(escape_unprintable("".join(writer.text(cell) for cell in line.cells)))
        formula = code_span(escape_unprintable(line.formula)) if line.formula else ""
        words = ": ".join(filter(None, (_escaped(line.note), formula)))
        yield f"{'  ' * line.depth}- {text}{f' {words}' if words else ''}\n"


def _table(columns: Sequence[Column], rows: Iterable[Texts]) -> Iterator[str]:
    yield _line([_escaped(column.title) for column in columns])
    yield _line(["---:" if column.look == "number" else "---" for column in columns])
    for cells in rows:
        yield _line([_cell(cells.get(column.key, ""), column) for column in columns])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str, column: Column) -> str:
    return code_span(escape_unprintable(text)) if column.look == "code" and text else _escaped(text)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", escape_unprintable(text))


def code_span(text: str) -> str:
    """A code span; a bar must be escaped even there, and the fence outgrow any tick inside."""
    fence = "`" * (1 + max(map(len, _TICKS.findall(text)), default=0))
    pad = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")
