"""A table as GitHub renders it: expressions as code, user text with its markup escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.formats.record.columns import grid
from dcalc.formats.record.texts import Texts, one_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.formats import Style
    from dcalc.formats.record.columns import Column
    from dcalc.problem import Report

_MARKUP = re.compile(r"([\\`*_\[\]<>|~&$])")
_TICKS = re.compile("`+")


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """Heading, rule, rows."""
    columns, rows = grid(reports, style, Texts(style))
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
