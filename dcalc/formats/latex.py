r"""LaTeX: a derivative as a formula, a gradient as `aligned`, numbers in a `tabular`.

Nothing here needs a package but amsmath.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcalc.expr import symbol
from dcalc.formats.record import found
from dcalc.formats.record.columns import grid, peek
from dcalc.formats.record.texts import Texts, comment, each, one_line
from dcalc.notation import write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcalc.finding import Column, Finding
    from dcalc.formats import Style
    from dcalc.formats.record.cells import Cells
    from dcalc.problem import Report

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    **{mark: "\\" + mark for mark in "#$%&_{}"},
}
_FORMULAS = ("expression", "derivative", "result", "value")
_ESCAPES = str.maketrans(_SPECIAL)
_DECIMAL = re.compile(r"^-?[\d.]+(e[+-]?\d+)?$")


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """Formulas where no point is given, else a table."""
    first, reports = peek(reports)
    pointed = first is not None and first.at is not None
    if style.command == "eval" or style.sweep or pointed:
        return _tabular(reports, style)
    texts = Texts(style, "latex")
    return (text for text in each(reports, style, lambda report: _formulas(report, style, texts)) if text)


def _formulas(report: Report, style: Style, texts: Texts) -> str:
    """The derivative, or a line of `aligned` for each partial one; a comment where there is none."""
    if report.failure is not None:
        return comment("error", report.failure.message, "%")
    if report.at is not None:
        values = [texts.value(answer) or r"\text{" + answer.status + "}" for answer in report.answers]
        return ", ".join(_number(value) for value in values) + "\n"
    found = [texts.derivative(report, answer) for answer in report.answers]
    missing = next((a for a, text in zip(report.answers, found, strict=True) if text is None), None)
    if missing is not None:
        return comment(missing.status, missing.reason, "%") if style.batch else ""
    if report.command != "grad":
        return f"{found[0]}\n"
    lines = [f"{_partial(name)} &= {text}" for name, text in zip(report.wrt, found, strict=True)]
    return "\\begin{aligned}\n" + " \\\\\n".join(lines) + "\n\\end{aligned}\n"


def _partial(name: str) -> str:
    return rf"\frac{{\partial f}}{{\partial {_name(name)}}}"


def _name(name: str) -> str:
    return write(symbol(name), "latex")


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """A `tabular` for each table; what is said beside them, and the verdict, as comments."""
    for finding in findings:
        if finding.failure is not None:
            yield from filter(None, [found.without(finding, style, "%")])
            continue
        for label, value in found.said(finding):
            yield f"% {label}: {one_line(value)}\n"
        for sheet in finding.sheets:
            if sheet.title:
                yield f"% {one_line(sheet.title)}\n"
            columns, rows = found.table(sheet, "latex")
            yield from _table(columns, rows)
        if words := found.says(finding):
            yield f"% {words}\n"


def _tabular(reports: Iterable[Report], style: Style) -> Iterator[str]:
    columns, rows = grid(reports, style, Texts(style, "latex"))
    return _table(columns, rows)


def _table(columns: Sequence[Column], rows: Iterable[Cells]) -> Iterator[str]:
    yield f"\\begin{{tabular}}{{{''.join('r' if c.look == 'number' else 'l' for c in columns)}}}\n"
    yield _line([_title(column) for column in columns]) + "\\hline\n"
    for cells in rows:
        yield _line([_cell(cells.get(column.key, ""), column) for column in columns])
    yield "\\end{tabular}\n"


def _line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + " \\\\\n"


def _title(column: Column) -> str:
    if isinstance(column.key, str):
        return _words(column.title)
    what, name = column.key
    return f"${_partial(name) if what == 'd' else _name(name)}$"


def _cell(text: str, column: Column) -> str:
    if not text:
        return ""
    if column.look == "number" and _DECIMAL.match(text):
        return f"${_number(text)}$"
    if column.key in _FORMULAS or column.look == "formula":
        return f"${text}$"
    if column.key == "variable":
        return f"${_name(text)}$"
    return _words(text)


def _number(text: str) -> str:
    """A decimal, its power of ten written out."""
    mantissa, _, power = text.partition("e")
    return rf"{mantissa} \times 10^{{{int(power)}}}" if power else text


def _words(text: str) -> str:
    return one_line(text).translate(_ESCAPES)
