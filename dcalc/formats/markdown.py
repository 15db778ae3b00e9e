"""A table as GitHub renders it: expressions as code, user text with its markup escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.formats.record import found
from dcalc.formats.record.columns import grid
from dcalc.formats.record.texts import Texts, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.finding import Column, Finding
    from dcalc.formats import Style
    from dcalc.formats.record.cells import Cells
    from dcalc.problem import Report

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")
_TICKS = re.compile("`+")


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """Heading, rule, rows."""
    columns, rows = grid(reports, style, Texts(style))
    return _table(columns, rows)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """What is said as a list, then each table under its title, then the verdict."""
    for finding in findings:
        if finding.failure is not None:
            if lost := found.without(finding, style, "-"):
                yield _escaped(lost.rstrip("\n")) + "\n\n"
            continue
        for label, value in found.said(finding):
            yield f"- {_escaped(label)}: {_code(one_line(value)) if value else ''}\n"
        for sheet in finding.sheets:
            yield f"\n**{_escaped(sheet.title)}**\n\n" if sheet.title else "\n"
            yield from _table(*found.table(sheet))
        if words := found.says(finding):
            yield f"\n{_escaped(words)}\n"


def _table(columns: Sequence[Column], rows: Iterable[Cells]) -> Iterator[str]:
    yield _line([_escaped(column.title) for column in columns])
    yield _line(["---:" if column.look == "number" else "---" for column in columns])
    for cells in rows:
        yield _line([_cell(cells.get(column.key, ""), column) for column in columns])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _cell(text: str, column: Column) -> str:
    return _code(one_line(text)) if column.look == "code" and text else _escaped(text)


def _escaped(text: str) -> str:
    return _MARKUP.sub(r"\\\1", one_line(text))


def _code(text: str) -> str:
    """A code span; a bar must be escaped even there, and the fence outgrow any tick inside."""
    fence = "`" * (1 + max(map(len, _TICKS.findall(text)), default=0))
    pad = " " if "`" in (text[0], text[-1]) else ""
    return f"{fence}{pad}{text}{pad}{fence}".replace("|", r"\|")
