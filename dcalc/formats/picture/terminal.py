"""Pictures in characters: braille dots where the terminal has them, else letters.

Curves differ by their dashes, dots and marks by their signs, so that nothing is told by colour alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from dcalc.formats.common.tables import wrap
from dcalc.formats.picture.axes import Frame, Place, Scale, Ticks, bars, frame, write_ticks
from dcalc.text import text_width

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Mark, Picture, Sign

Piece = tuple[str, str]
"""Characters, and the colour that all of them have."""
Owner = int | str
"""Whose a cell is: a curve's, by its number, or a sign's, by its characters."""

COLORS = (
    "cyan", "magenta", "green", "yellow", "blue",
    "bright_magenta", "bright_cyan", "bright_green", "bright_yellow", "bright_blue",
)  # fmt: skip
"""One for each curve, none of them red, which is that of marks."""
_MARK, _DIM = "bold red", "dim"
_LETTERS = "*+x#@%&$=s"
"""Curves in ASCII."""
_DOTTED = "•◆▲■○◇△□▼★"
"""Dots in Unicode, where there are few of them or several curves; many of one curve are dots of braille."""
_DASHES = ((1, 0), (3, 2), (1, 2), (5, 3), (2, 1), (6, 2), (1, 1), (4, 4), (2, 4), (8, 2))
"""Dots of a curve that are set, and left out, in turn."""
_FAINT = (1, 2)
"""The same of a thin one, which a path crosses."""
_SAMPLES = ("━━━", "╍╍╍", "┈┈┈", "╌╌╌", "┅┅┅", "━ ━", "· ·", "─ ─", "╴╴╴", "━╌━")
_SIGNS: dict[Sign | Literal["line", "doubt", "doubtful line"], tuple[str, str]] = {
    "dot": ("●", "O"),
    "open": ("○", "o"),
    "up": ("▲", "^"),
    "down": ("▼", "v"),
    "cross": ("×", "0"),
    "diamond": ("◆", "~"),
    "hollow": ("◇", "<"),
    "square": ("■", "="),
    "bar": ("▮", "!"),
    "line": ("┊", ":"),
    "doubt": ("?", "?"),
    "doubtful line": ("╎", ";"),
}
"""Marks in Unicode and in ASCII."""
_ZERO = "┈"
_APART = {"band": 2, "loose band": 4}
_AREAS = {"band": ("⢕⢕⢕", "."), "loose band": ("⠡⠡⠡", ". .")}
"""How far apart the dots of a band are, and what it looks like in Unicode and in ASCII."""
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a cell
_TICKS = 5
_DENSE = 3
"""Dots to a column from which on they are drawn small."""
_THIN = -1


class _Canvas:
    """A grid of dots in cells of ``across`` by ``down``; a cell has the colour of its last dot."""

    def __init__(self, columns: int, rows: int, unicode: bool) -> None:
        self.columns = columns
        self.rows = rows
        self.unicode = unicode
        self.across, self.down = (2, 4) if unicode else (1, 1)
        self.dots: dict[tuple[int, int], int] = {}
        self.owner: dict[tuple[int, int], Owner] = {}
        self.inked = 0

    def place(self, place: Place) -> tuple[int, int]:
        """The row and the column of the dot at a place of the unit square."""
        x, y = place
        column = min(int(x * self.columns * self.across), self.columns * self.across - 1)
        return min(int((1 - y) * self.rows * self.down), self.rows * self.down - 1), column

    def dot(self, place: Place, owner: int) -> None:
        """Set the dot at a place of the unit square."""
        self._set(*self.place(place), owner)

    def _set(self, row: int, column: int, owner: int) -> None:
        cell = (row // self.down, column // self.across)
        self.dots[cell] = self.dots.get(cell, 0) | _DOTS[row % self.down][column % self.across]
        self.owner[cell] = owner

    def sign(self, place: Place, sign: str) -> None:
        """Put a character over whatever is there."""
        row, column = self.place(place)
        self.owner[row // self.down, column // self.across] = sign

    def line(self, start: Place, end: Place, owner: int) -> None:
        """Dots from one place of the unit square to another, close enough to touch, but for the dashes."""
        wide, high = self.columns * self.across, self.rows * self.down
        steps = max(int(abs(end[0] - start[0]) * wide), int(abs(end[1] - start[1]) * high), 1)
        on, off = (_FAINT if owner == _THIN else _DASHES[owner % len(_DASHES)]) if self.unicode else (1, 0)
        for k in range(steps + 1):
            self.inked += k > 0
            if self.inked % (on + off) < on:
                part = k / steps
                self.dot((start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part), owner)

    def bar(self, low: Place, high: Place, owner: int, apart: int) -> None:
        """A column of dots between two ends that are always set, one every so many rows, ``apart`` being even."""
        (bottom, column), (top, _) = self.place(low), self.place(high)
        for row in range(top, bottom + 1):
            if row in (top, bottom) or (row + column * apart // 2) % apart == 0:
                self._set(row, column, owner)

    def upright(self, x: float | None, sign: str) -> None:
        """A line from the top to the bottom, behind what is drawn before."""
        if x is None or not 0 <= x <= 1:
            return
        column = min(int(x * self.columns), self.columns - 1)
        for row in range(self.rows):
            self.owner.setdefault((row, column), sign)

    def level(self, y: float) -> None:
        """A faint line from the left to the right, behind what is drawn before."""
        row = min(int((1 - y) * self.rows), self.rows - 1)
        for column in range(self.columns):
            self.owner.setdefault((row, column), _ZERO)

    def row(self, index: int) -> Iterator[Piece]:
        """The characters of one row, each with its colour."""
        for column in range(self.columns):
            cell = (index, column)
            owner = self.owner.get(cell)
            if owner is None:
                yield " ", ""
            elif isinstance(owner, str):
                yield owner, _color_sign(owner)
            elif not self.unicode:
                yield "." if owner == _THIN else _LETTERS[owner % len(_LETTERS)], _color(owner)
            else:
                yield chr(_BRAILLE + self.dots[cell]), _color(owner)


def draw(picture: Picture, width: int, height: int, *, unicode: bool = True) -> list[list[Piece]]:
    """The picture as rows of coloured pieces: title, curves with their axes, a legend.

    ``width`` and ``height`` count characters, unless the picture asks for its own; the curves take what the labels
    leave.
    """
    width, height = picture.width or width, picture.height or height
    axes = frame(picture)
    across, up = axes
    ticks = write_ticks(up, max(min(height // 3, _TICKS), 2))
    labels = _labels(up, ticks, height)
    margin = max(map(len, labels.values()), default=0) + 1
    canvas = _Canvas(max(width - margin - 1, 10), height, unicode)
    for number, curve in sorted(picture.numbered(), key=lambda one: not one[1].is_band):  # lines lie upon bands
        _trace(canvas, curve, _THIN if number is None else number, axes, picture)
    for mark in picture.marks:
        if math.isnan(mark.y):
            canvas.upright(across.place(mark.x), _sign(mark, unicode))
        elif (place := axes.inside(mark.x, mark.y)) is not None:
            canvas.sign(place, _sign(mark, unicode))
    has_lines = any(curve.look == "thin" for curve in picture.curves)  # contours, or a line at 0 of its own
    if unicode and not has_lines and not up.log and (zero := up.place(0.0)) is not None and 0 < zero < 1:
        canvas.level(zero)
    rows: list[list[Piece]] = [[(line, "bold")] for line in wrap(picture.title, width)] if picture.title else []
    if top := "  ".join(filter(None, [picture.y_label, ticks.offset])):
        rows.append([(" " * (margin + 1) + top, _DIM)])
    for index in range(height):
        edge = ("┤" if index in labels else "│") if unicode else "|"
        rows.append([(labels.get(index, "").rjust(margin - 1) + " " + edge, _DIM), *_merged(canvas.row(index))])
    rows += _beneath(across, canvas.columns, margin, picture.x_label, unicode)
    return rows + _legend(picture, width, unicode)


def _labels(up: Scale, ticks: Ticks, height: int) -> dict[int, str]:
    """The text of each row that has one."""
    labels = {}
    for tick, text in zip(ticks.values, ticks.texts, strict=True):
        place = up.place(tick)
        if place is not None and -1e-9 <= place <= 1 + 1e-9:
            labels[max(min(int((1 - place) * height), height - 1), 0)] = text
    return labels


def _trace(canvas: _Canvas, curve: Curve, owner: int, axes: Frame, picture: Picture) -> None:
    """Draw one curve."""
    if curve.is_band:
        for (x0, low0), (x1, high1) in _columns(canvas, axes, curve):
            canvas.bar((x0, low0), (x1, high1), owner if canvas.unicode else _THIN, _APART[curve.look])
        return
    if curve.look == "dots":
        is_one = sum(other.look == "dots" for other in picture.curves) == 1
        dense = is_one and len(curve.points) > _DENSE * canvas.columns
        for place in axes.points(curve):
            if canvas.unicode and not dense:
                canvas.sign(place, f"{_DOTTED[owner % len(_DOTTED)]}{owner}")
            else:
                canvas.dot(place, owner)
        return
    canvas.inked = 0
    for stroke in axes.strokes(curve):
        if len(stroke) == 1:
            canvas.dot(stroke[0], owner)
        for start, end in pairwise(stroke):
            canvas.line(start, end, owner)


def _columns(canvas: _Canvas, axes: Frame, band: Curve) -> Iterator[tuple[Place, Place]]:
    """The ends of a band in each column of dots that it covers: as far as its points there reach."""
    ends: dict[int, tuple[float, float]] = {}
    wide = canvas.columns * canvas.across
    spans = list(bars(axes, band))
    for (x, low), (_, high) in spans:
        column = min(max(int(x * wide), 0), wide - 1)
        known = ends.get(column, (low, high))
        ends[column] = (min(known[0], low), max(known[1], high))
    for column, (low, high) in ends.items():
        x = (column + 0.5) / wide
        yield (x, low), (x, high)


def _sign(mark: Mark, unicode: bool) -> str:
    """The character of a mark; what is not proved has one of its own."""
    if math.isnan(mark.y):
        return _SIGNS["line" if mark.proved else "doubtful line"][not unicode]
    return _SIGNS[mark.sign if mark.proved else "doubt"][not unicode]


def _color(owner: int) -> str:
    return _DIM if owner == _THIN else COLORS[owner % len(COLORS)]


def _color_sign(sign: str) -> str:
    """The colour of a mark, of the line at 0, or of the dot of a curve, which has the curve's number behind it."""
    if sign == _ZERO:
        return _DIM
    return _color(int(sign[1:])) if len(sign) > 1 else _MARK


def _merged(cells: Iterator[Piece]) -> list[Piece]:
    """Neighbours of one colour in one piece, without blanks at the end."""
    pieces: list[Piece] = []
    for char, color in cells:
        if pieces and pieces[-1][1] == color:
            pieces[-1] = (pieces[-1][0] + char[0], color)
        else:
            pieces.append((char[0], color))
    if pieces and not pieces[-1][0].strip():
        pieces.pop()
    return pieces


def _beneath(across: Scale, columns: int, margin: int, name: str, unicode: bool) -> list[list[Piece]]:
    """The lower axis with its ticks, and the numbers under those that have room."""
    axis, corner, cross = ("─", "└", "┴") if unicode else ("-", "+", "+")
    line, numbers, free = [axis] * columns, [" "] * (columns + margin + 1), 0
    ticks = write_ticks(across, max(columns // 12, 3))
    for tick, text in zip(ticks.values, ticks.texts, strict=True):
        place = across.place(tick)
        if place is None or not 0 <= place <= 1:
            continue
        column = min(int(place * columns), columns - 1)
        line[column] = cross
        start = min(max(margin + 1 + column - len(text) // 2, free), columns + margin + 1 - len(text))
        if start >= free:
            numbers[start : start + len(text)] = text
            free = start + len(text) + 1
    rows: list[list[Piece]] = [
        [(" " * margin + corner + "".join(line), _DIM)],
        [("".join(numbers).rstrip(), _DIM)],
    ]
    below = "  ".join(filter(None, [name, ticks.offset]))
    return [*rows, [(" " * (margin + 1) + below.center(columns).rstrip(), _DIM)]] if below else rows


def _legend(picture: Picture, width: int, unicode: bool) -> list[list[Piece]]:
    """Which curve is which, where there are several, and what the marks mean."""
    named = [(owner, curve) for owner, curve in picture.numbered() if curve.name and owner is not None]
    lines = [(owner, curve) for owner, curve in named if not curve.is_band]
    entries = [(_sample(curve, owner, unicode), _color(owner), curve.name) for owner, curve in lines]
    areas = {curve.name: (owner, curve) for owner, curve in named if curve.is_band}
    bands = [(_sample(curve, owner, unicode), _color(owner), name) for name, (owner, curve) in areas.items()]
    texts = {(_sign(mark, unicode), _describe(mark)): None for mark in picture.marks if mark.text}
    marks = [(sign, _MARK, text) for sign, text in texts]
    return _packed((entries if len(entries) > 1 else []) + bands, width) + _packed(marks, width)


def _describe(mark: Mark) -> str:
    return mark.text if mark.proved else f"{mark.text}, not proved"


def _sample(curve: Curve, owner: int, unicode: bool) -> str:
    """What a curve looks like, in a few characters."""
    if curve.is_band:
        return _AREAS[curve.look][not unicode]
    if not unicode:
        return _LETTERS[owner % len(_LETTERS)]
    return _DOTTED[owner % len(_DOTTED)] if curve.look == "dots" else _SAMPLES[owner % len(_SAMPLES)]


def _packed(entries: Sequence[tuple[str, str, str]], width: int) -> list[list[Piece]]:
    """Signs with their meanings, as many in a row as there is room for; a long one goes on below."""
    rows: list[list[Piece]] = []
    room = 0
    for sign, color, text in entries:
        size = text_width(sign) + text_width(text) + 3
        if size > room:
            rows.append([])
            room = width
        first, *rest = wrap(text, max(width - text_width(sign) - 3, 1))
        rows[-1] += [(f"  {sign} ", color), (first, "")]
        rows += [[(" " * (text_width(sign) + 3) + line, "")] for line in rest]
        room = 0 if rest else room - size
    return rows
