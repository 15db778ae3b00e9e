"""Tables for a person at a terminal: what was asked, the answer, then how far each backend is off.

User text only ever enters as `Text`, never as Rich markup, and control characters are
spelled out before.
"""

from __future__ import annotations

from io import StringIO
from itertools import chain, islice
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.box import SIMPLE_HEAD, Box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from dcalc.expr import Expr
from dcalc.finding import Fact, Formula
from dcalc.formats import BESIDE, Writer, each
from dcalc.formats.common.tables import NARROWEST, Fit, apart, fit, needed, packed, share_table, wrap, write_sheet
from dcalc.formats.picture import terminal
from dcalc.notation import write_point
from dcalc.text import escape_unprintable, shorten, text_width

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from dcalc.finding import Branch, Column, Finding, Mood, Sheet
    from dcalc.formats import Style
    from dcalc.formats.common.tables import Texts
    from dcalc.shapes import Picture

_ASCII_BOX = Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)
_NARROWEST = 20
_IN_A_ROW = 300
"""Characters of a text in a row of a table; `plain` shows all."""
_SHOWN = 2_000
"""Characters of an expression that a person is shown."""
_INDENT = "  "
_NOTE = "note: "
_WIDEST = 100
_DEEPEST = 8
"""Branches of a tree that go to the right."""
_GUIDE = 4
"""Columns that a branch takes, to the left of its text."""
_HEIGHT = 16
"""Of a picture, in characters."""
_COLORS: dict[Mood, str] = {
    "good": "green",
    "bad": "bold red",
    "warn": "yellow",
    "strong": "bold",
    "dim": "dim",
    "": "",
}


class _FactLine(NamedTuple):
    """A line of the block before the tables; ``wraps`` unless it is a number, which is broken last."""

    label: str
    text: str
    mood: Mood = ""
    wraps: bool = True


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """Pages of one table where several findings share one; else what is said, the tables, the pictures and
    the verdict of each."""
    screen = _Screen(style)
    if style.heading is not None and (style.batch or style.sweep):
        return _pages(screen, findings, style.heading)
    texts = filter(None, each(findings, screen.writer, lambda finding: _page(screen, finding)))
    return (text if not index else "\n" + text for index, text in enumerate(texts))


def _page(screen: _Screen, finding: Finding) -> str:
    """All of one finding: nothing for a failure, whose place is stderr."""
    if finding.failure is not None:
        return ""
    style = screen.style
    brief = None if style.verbose else finding.brief
    if brief is not None:
        facts = [_fact(screen.writer, one) for one in brief.lines]
        sheets = () if style.quiet else brief.sheets
        shown, outline = finding.pictures[: brief.pictures], finding.outline[: brief.branches]
    else:
        facts = _all_facts(screen.writer, finding) if style.verbose else _answer_first(screen.writer, finding)
        sheets, shown, outline = finding.sheets, finding.pictures, finding.outline
    notes = "" if style.quiet else _notes(screen, finding.notes)
    block = [_block(screen, facts) + notes] if facts else []
    pictures = [_picture(screen, picture) for picture in shown]
    trees = [_trees(screen, outline)] if outline else []
    answers = [part for sheet in sheets if sheet.is_answer for part in _tables(screen, sheet)]
    others = [part for sheet in sheets if not sheet.is_answer for part in _tables(screen, sheet)] if not trees else []
    order = [pictures, trees, others] if brief is not None else [trees, others, pictures]
    before = [block, answers] if style.verbose else [answers, block]
    return "\n".join(filter(None, chain(*before, *order, [] if block else [notes])))


def _tables(screen: _Screen, sheet: Sheet) -> list[str]:
    """A table under its title, or several where its columns go apart."""
    lines = wrap(screen.clean(sheet.title), screen.width) if sheet.title else []
    title = screen.draw(*[Text(line, _COLORS["strong"]) for line in lines])
    columns, rows = write_sheet(sheet, screen.writer)
    groups = apart(columns, _widths(screen, columns, rows), screen.width) if sheet.apart else [columns]
    return [(title if not k else "") + _Sheet(screen, group).draw(rows) for k, group in enumerate(groups)]


def _answer_first(writer: Writer, finding: Finding) -> list[_FactLine]:
    """The answer, without a label where it is one, what vouches for it, and the rest.

    Who asked sees the question on the line above.
    """
    if finding.all_facts is not None:
        return [_fact(writer, one) for one in finding.all_facts]
    answers = [fact for fact in finding.facts if fact.mood == "strong"]
    others = [fact for fact in finding.facts if fact.mood != "strong"]
    if len(answers) == 1:
        answers = [answers[0]._replace(label="")]
    verdict = [Fact("", finding.sentence, "bad" if finding.code else "")] if finding.sentence else []
    return [_fact(writer, fact) for fact in (*answers, *verdict, *others)]


def _all_facts(writer: Writer, finding: Finding) -> list[_FactLine]:
    """The question, then all that is said before the tables."""
    if finding.all_facts is not None:
        return [_fact(writer, one) for one in finding.all_facts]
    expression = finding.expression
    question = [Fact("expression", expression)] if isinstance(expression, Expr) else []
    if finding.sides:
        question = [Fact("equation", writer.question(finding))]
    if finding.at:
        question.append(Fact("at", write_point(finding.at, named=True)))
    verdict = [Fact("verdict", finding.sentence, "bad" if finding.code else "good")] if finding.sentence else []
    return [_fact(writer, fact) for fact in (*question, *finding.facts, *verdict)]


def _fact(writer: Writer, fact: Fact) -> _FactLine:
    text = writer.text(fact.cell)
    if not text and isinstance(fact.cell, Formula):
        return _FactLine(fact.label, f"(over {BESIDE:,} characters; shown where no point is given)", "dim")
    return _FactLine(fact.label, _shortened(text) if fact.wraps else text, fact.mood, fact.wraps)


def _notes(screen: _Screen, notes: Sequence[str]) -> str:
    """The remarks, as stderr has them, indented where they go on."""
    lines: list[Text] = []
    for note in dict.fromkeys(notes):
        first, *rest = wrap(screen.clean(note), screen.width - len(_NOTE))
        lines.append(Text.assemble((_NOTE, _COLORS["warn"]), first))
        lines += [Text(" " * len(_NOTE) + line) for line in rest]
    return screen.draw(*lines)


def _shortened(text: str) -> str:
    """The text of an expression, without its middle where it is too long for a person."""
    return shorten(text, _SHOWN, " ... [{count:,} characters in all; --format plain shows them] ... ")


def _trees(screen: _Screen, outline: Sequence[Branch]) -> str:
    """The lines as trees; from some depth on they go no further to the right."""
    deepest = min(_DEEPEST, (screen.width - _NARROWEST // 2) // _GUIDE)
    trees: list[Tree] = []
    path: list[Tree] = []
    for line in outline:
        del path[min(line.depth, deepest) :]
        room = screen.width - _GUIDE * len(path)
        text = screen.clean(_shortened("".join(screen.writer.text(cell) for cell in line.cells)))
        words = ": ".join(filter(None, (line.note, screen.clean(line.formula))))
        gap = "  " if text_width(f"{text}  {words}") <= room else "\n"
        label = Text("\n".join(wrap(text, room)))
        label.append(gap + "\n".join(wrap(words, room)) if words else "", _COLORS["dim"])
        path.append(path[-1].add(label) if path else Tree(label, guide_style=_COLORS["dim"]))
        if len(path) == 1:
            trees.append(path[0])
    return screen.draw(*trees)


def _widths(screen: _Screen, columns: list[Column], rows: list[Texts]) -> list[int]:
    return needed(columns, [[screen.clean(row.get(column.key, "")) for column in columns] for row in rows])


def _picture(screen: _Screen, picture: Picture) -> str:
    """Curves in characters, each line made of pieces of one colour."""
    rows = terminal.draw(picture, min(screen.width, _WIDEST), _HEIGHT, unicode=screen.style.unicode)
    return screen.draw(*[Text("").join(Text(screen.clean(piece), color) for piece, color in row) for row in rows])


def _pages(screen: _Screen, findings: Iterable[Finding], heading: Callable[[], Finding]) -> Iterator[str]:
    """Several problems or points: one table, drawn a page at a time."""
    columns, rows = share_table(findings, heading, screen.writer)
    sheet = _Sheet(screen, columns)
    while page := list(islice(rows, max(screen.style.page, 1))):
        yield sheet.draw(page)


class _AsciiText(StringIO):
    """Text for a terminal that can show no more: Rich asks its file, and draws trees accordingly."""

    encoding = "ascii"


class _Screen:
    """Rich's console on a string."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.width = max(style.width, _NARROWEST)
        self.writer = Writer(style)
        self.console = Console(
            file=StringIO() if style.unicode else _AsciiText(),
            width=self.width,
            height=100,
            color_system="standard" if style.color else None,
            force_terminal=style.color,
            no_color=not style.color,
            highlight=False,
            markup=False,
            emoji=False,
            legacy_windows=False,
        )

    def clean(self, text: str) -> str:
        """The text in characters that this terminal can show, each in its place."""
        text = escape_unprintable(text)
        if self.style.unicode:
            return text
        return text.replace("±", "+/-").encode("ascii", "backslashreplace").decode()

    def draw(self, *parts: Text | Table | Tree) -> str:
        """The parts, each from the start of a line."""
        with self.console.capture() as capture:
            for part in parts:
                self.console.print(part, soft_wrap=isinstance(part, Text))
        lines = capture.get().split("\n")[:-1]
        return "".join(line.rstrip() + "\n" for line in lines)


def _block(screen: _Screen, known: Sequence[_FactLine]) -> str:
    """Lines of label and text; a number too long to stand beside its label goes below it, and so does every text
    where the labels leave too little room."""
    widest = max(text_width(fact.label) for fact in known) + len(_INDENT)
    room = screen.width - widest
    lines = []
    for fact in known:
        text, color = screen.clean(fact.text), _COLORS[fact.mood]
        labels = widest if fact.label else 0
        label, margin = fact.label.ljust(labels), " " * labels
        if fact.label and (room < NARROWEST or (text_width(text) > room and not fact.wraps)):
            lines.append(Text(label, _COLORS["dim"]))
            label, margin = _INDENT, _INDENT
        first, *rest = wrap(text, screen.width - len(margin))
        # Not a sum of two texts: the style of the first would hold for both, and dim what is to stand out.
        lines.append(Text.assemble((label, _COLORS["dim"]), (first, color)))
        lines += [Text(margin + line, color) for line in rest]
    return screen.draw(*lines)


class _Sheet:
    """A table whose rows come a page at a time; later pages keep the widths of earlier ones."""

    def __init__(self, screen: _Screen, columns: list[Column]) -> None:
        self.screen = screen
        self.columns = columns
        self.titles = [screen.clean(column.title) for column in columns]
        self.natural = [0] * len(columns)
        self.layout: Fit | None = None
        self.begun = False

    def draw(self, page: list[Texts]) -> str:
        """One page; the heading stands over the first, and again where the widths change."""
        rows = [[self._cell(cells, column) for column in self.columns] for cells in page]
        moods = [_COLORS[cast("Mood", cells.get("mood", ""))] for cells in page]
        self.natural = [*map(max, self.natural, needed(self.columns, rows))]
        before, self.layout = self.layout, fit(self.columns, self.natural, self.screen.width)
        if self.layout is None:
            return self._stacked(rows)
        heading = not self.begun or before != self.layout
        self.begun = True
        return self._table(self.layout, rows, moods, heading) + self._footnotes(self.layout, rows)

    def _cell(self, cells: Texts, column: Column) -> str:
        text = self.screen.clean(cells.get(column.key, ""))
        return text if column.look == "number" else shorten(text, _IN_A_ROW)

    def _table(self, layout: Fit, rows: list[list[str]], moods: list[str], heading: bool) -> str:
        table = Table(
            box=SIMPLE_HEAD if self.screen.style.unicode else _ASCII_BOX,
            show_edge=False,
            pad_edge=False,
            padding=(0, 1, 0, 0),
            show_header=heading,
            header_style=_COLORS["dim"],
        )
        columns = list(zip(layout.shown, layout.widths, strict=True))
        for index, width in columns:
            title = "\n".join(wrap(self.titles[index], width))
            side = "right" if self.columns[index].right else "left"
            table.add_column(Text(title), width=width, justify=side)  # type: ignore[arg-type]  # one of two words
        for row, mood in zip(rows, moods, strict=True):
            cells = [wrap(row[index], width) for index, width in columns]
            self._fold(layout, row, cells)
            table.add_row(*[Text("\n".join(lines), mood) for lines in cells])
        return self.screen.draw(table)

    def _fold(self, layout: Fit, row: list[str], cells: list[list[str]]) -> None:
        """Put what has no column of its own under the widest cell of its row."""
        widest = layout.widths.index(max(layout.widths))
        folded = [index for index in layout.folded if row[index] and self.columns[index].look != "words"]
        items = [f"{self.columns[index].short} {row[index]}" for index in folded]
        cells[widest] += packed(items, layout.widths[widest])

    def _footnotes(self, layout: Fit, rows: list[list[str]]) -> str:
        """Words that have no column of their own, under the table, over its whole width."""
        lines: list[Text] = []
        for row in rows:
            whose = ", ".join(filter(None, (row[i] for i in layout.shown if self.columns[i].look == "code")))
            for index in layout.folded:
                if row[index] and self.columns[index].look == "words":
                    lines += self._lines(f"{whose}: {row[index]}" if whose else row[index], "", "dim")
        return self.screen.draw(Text(""), *lines) if lines else ""

    def _stacked(self, rows: list[list[str]]) -> str:
        """Where not even the numbers fit side by side: one line per cell, and a blank line after each row."""
        lines: list[Text] = []
        for row in rows:
            for title, text in zip(self.titles, row, strict=True):
                lines += self._labelled(title, text) if text else []
            lines.append(Text(""))
        return self.screen.draw(*lines)

    def _labelled(self, title: str, text: str) -> list[Text]:
        if text_width(title) + 2 + text_width(text) <= self.screen.width:
            return [Text(f"{title}: {text}")]
        return [*self._lines(f"{title}:", "", ""), *self._lines(text, _INDENT, "")]

    def _lines(self, text: str, margin: str, mood: Mood) -> list[Text]:
        return [Text(margin + line, _COLORS[mood]) for line in wrap(text, self.screen.width - len(margin))]
