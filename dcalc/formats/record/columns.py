"""Which columns a tabular format shows, and the rows beneath them: `sheet` for programs, `grid` for people."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.finding import Column
from dcalc.formats.record.cells import rows
from dcalc.formats.record.texts import Texts, each, point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.formats import Style
    from dcalc.formats.record.cells import Cells
    from dcalc.problem import Report

HELD = 100
"""Failed lines at the start that are held back until one shows which columns are needed."""

SCORES = ("backend", "value", "abs_error", "rel_error", "ulps", "error_bound", "evaluations", "seconds")
VERDICT = ("status", "kind", "left", "right")


def sheet(reports: Iterable[Report], style: Style) -> Iterator[list[str]]:
    """Heading and rows for csv and tsv.

    Raises UsageError where a later point or gradient has a name that the heading lacks:
    a number in the wrong column would be worse than none.
    """
    first, reports = peek(reports)
    texts = Texts(style)
    at, wrt = _at(first, style), _wrt(first, style)
    columns = _sheet_columns(style, at, wrt)
    yield _distinct(columns)
    for found in each(reports, style, lambda report: _fitting(report, style, texts, at, wrt)):
        for cells in found:
            yield [cells.get(column.key, "") for column in columns]


def grid(
    reports: Iterable[Report], style: Style, texts: Texts, reference: bool = True
) -> tuple[list[Column], Iterator[Cells]]:
    """Columns for people, and the rows of cells in which they are found."""
    first, reports = peek(reports)
    wide = style.sweep and not style.batch
    columns = _grid_columns(first, style)

    def shown(report: Report) -> list[Cells]:
        return [
            _in_columns(cells, columns, report, texts.notation) for cells in rows(report, style, texts, wide, reference)
        ]

    return columns, chain.from_iterable(each(reports, style, shown))


def peek(reports: Iterable[Report]) -> tuple[Report | None, Iterator[Report]]:
    """The first report that is no failure, and all of them again."""
    stream, held = iter(reports), []
    for report in stream:
        held.append(report)
        if report.failure is None:
            return report, chain(held, stream)
        if len(held) >= HELD:
            break
    return None, chain(held, stream)


def _at(first: Report | None, style: Style) -> tuple[str, ...]:
    """The names of the coordinates."""
    if style.variables is not None:
        return style.variables
    return tuple(first.at or ()) if first is not None else ()


def _wrt(first: Report | None, style: Style) -> tuple[str, ...]:
    """The names of the partial derivatives."""
    if style.wrt is not None:
        return style.wrt
    return first.wrt if first is not None else ()


def _scored(style: Style) -> bool:
    return style.backends or style.command == "compare"


def _sheet_columns(style: Style, at: tuple[str, ...], wrt: tuple[str, ...]) -> list[Column]:
    before: tuple[str, ...] = ("line", "id", "expression")
    after: tuple[str, ...] = ("f", "value", *VERDICT)
    f: list[Column] = []
    partials: list[Column] = []
    if _scored(style):
        before += ("wrt", "order", "derivative")
        after = ("f", "reference", *SCORES, *VERDICT, "note")
    elif style.command == "grad":
        f, partials = [_plain("f")], [Column(("d", name), f"df_d{name}") for name in wrt]
        after = ("norm", "status", "kind")
    elif style.command == "eval":
        after = ("value", "status", "kind")
    elif style.command == "simplify":
        after = ("result", "status", "kind")
    else:
        before += ("wrt", "order", "derivative")
    points = [Column(("at", name), name) for name in at]
    return [*map(_plain, before), *points, *f, *partials, *map(_plain, after)]


def _plain(name: str) -> Column:
    return Column(name, name)


def _distinct(columns: list[Column]) -> list[str]:
    """The headings; a variable named like a column of ours gets `at_` before its name."""
    taken = {column.title for column in columns if isinstance(column.key, str)}
    titles: list[str] = []
    known = set()
    for column in columns:
        title = column.title
        while isinstance(column.key, tuple) and (title in taken or title in known):
            title = f"at_{title}"
        titles.append(title)
        known.add(title)
    return titles


def _fitting(report: Report, style: Style, texts: Texts, at: tuple[str, ...], wrt: tuple[str, ...]) -> list[Cells]:
    known = set(at)
    extra = [name for name in report.at or () if name not in known]
    if report.command == "grad" and not _scored(style):
        extra += [f"df_d{name}" for name in report.wrt if name not in wrt]
    if extra and report.failure is None:
        place = f"line {report.line}" if report.line is not None else "a record"
        message = f"{place} needs a column {extra[0]}, which the heading lacks"
        raise UsageError(message, help="--format jsonl takes records of every kind")
    return rows(report, style, texts, wide=True)


def _grid_columns(first: Report | None, style: Style) -> list[Column]:
    pointed = style.command == "eval" or (first is not None and first.at is not None)
    before = _which(first, style)
    if _scored(style):
        return before + _score_columns(style)
    middle = {"grad": _grad_columns, "simplify": _simplify_columns}.get(style.command, _diff_columns)
    found = before + middle(first, style, pointed)
    if pointed or style.batch or style.sweep:
        found.append(Column("verdict", "status"))
    return found


def _which(first: Report | None, style: Style) -> list[Column]:
    """The columns that tell one record from the next."""
    pointed = first is not None and bool(first.at)
    expression = Column("expression", "expression", "code")
    if style.batch:
        return [expression, Column("at", "at", "code")] if pointed else [expression]
    if _scored(style) and style.sweep:
        return [Column("at", "at", "code")]
    if style.sweep:
        return _points(first, style)
    return [] if _scored(style) or style.command == "grad" else [expression]


def _points(first: Report | None, style: Style) -> list[Column]:
    return [Column(("at", name), name, "number") for name in _at(first, style)]


def _score_columns(style: Style) -> list[Column]:
    partial = [Column("variable", "variable", "code")] if style.command == "grad" else []
    return [
        *partial,
        Column("backend", "backend", "code"),
        Column("said", "value", "number"),
        Column("short abs", "abs error", "number", 3, "abs", right=True),
        Column("short rel", "rel error", "number", 1, "rel", right=True),
        Column("short ulps", "ulps", "number", 4, "ulps", right=True),
        Column("short digits", "digits", "number", 2, "digits", right=True),
        Column("time", "time", "number", 5, "time", right=True),
        Column("remark", "note", "words", 6, "note"),
    ]


def _grad_columns(first: Report | None, style: Style, pointed: bool) -> list[Column]:
    if style.sweep and not style.batch:
        return [Column(("d", name), f"df/d{name}", "number") for name in _wrt(first, style)]
    found = [Column("variable", "variable", "code")]
    if not style.batch or not pointed:
        found.append(Column("derivative", "derivative", "code", 1 if pointed else 0, "derivative"))
    return [*found, Column("value", "value", "number")] if pointed else found


def _diff_columns(first: Report | None, style: Style, pointed: bool) -> list[Column]:
    value = Column("value", "value", "number")
    derivative = Column("derivative", "derivative", "code")
    if not pointed:
        return [derivative]
    single = not (style.batch or style.sweep)
    found = _points(first, style) if single else []
    if style.command != "eval":
        found = [derivative, *found] if single else found
        found += [] if style.batch else [Column("f", "f", "number", 1)]
    return [*found, value]


def _simplify_columns(_first: Report | None, _style: Style, _pointed: bool) -> list[Column]:
    return [Column("result", "result", "code")]


def _in_columns(cells: Cells, columns: list[Column], report: Report, notation: str) -> Cells:
    """The cells, with what these columns have no place for put where there is one."""
    keys = {column.key for column in columns}
    if report.at and "derivative" in keys and "value" not in keys:
        # A batch that began without points: the number stands with its point.
        return {**cells, "derivative": f"{cells.get('value', '')} at {point(report, named=True)}"}
    if report.at is None and "value" in keys and "derivative" not in keys and cells.get("derivative"):
        # And one that began with points: the derivative stands with its status, a formula for the value.
        if notation != "plain":
            return {**cells, "value": cells["derivative"]}
        return {**cells, "verdict": f"{cells['verdict']}: {cells['derivative']}"}
    return cells
