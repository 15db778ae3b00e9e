"""Pictures in characters: braille dots where the terminal has them, else stars."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

from dcalc.formats.picture.scale import Scale, label, scale

if TYPE_CHECKING:
    from dcalc.finding import Curve, Picture

Piece = tuple[str, str]
"""Characters, and the colour that all of them have."""

_COLORS = ("cyan", "yellow", "magenta", "green", "blue", "red")
_LETTERS = "*+ox#@"
_MARK = "bold red"
_BRAILLE = 0x2800
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))  # by row and column of a cell
_TICKS = 4


class _Canvas:
    """A grid of dots in cells of ``across`` by ``down``; a cell has the colour of its last dot."""

    def __init__(self, columns: int, rows: int, unicode: bool) -> None:
        self.columns = columns
        self.rows = rows
        self.across, self.down = (2, 4) if unicode else (1, 1)
        self.dots: dict[tuple[int, int], int] = {}
        self.owner: dict[tuple[int, int], int] = {}

    def dot(self, x: float, y: float, owner: int) -> None:
        """Set the dot at a place of the unit square, the origin at the lower left."""
        column = min(int(x * self.columns * self.across), self.columns * self.across - 1)
        row = min(int((1 - y) * self.rows * self.down), self.rows * self.down - 1)
        cell = (row // self.down, column // self.across)
        self.dots[cell] = self.dots.get(cell, 0) | _DOTS[row % self.down][column % self.across]
        self.owner[cell] = owner

    def line(self, start: tuple[float, float], end: tuple[float, float], owner: int) -> None:
        """Dots from one place to another, close enough to touch; what is outside is left out."""
        wide, high = self.columns * self.across, self.rows * self.down
        steps = max(int(abs(end[0] - start[0]) * wide), int(abs(end[1] - start[1]) * high), 1)
        for k in range(min(steps, 4 * (wide + high)) + 1):
            x = start[0] + (end[0] - start[0]) * k / steps
            y = start[1] + (end[1] - start[1]) * k / steps
            if 0 <= x <= 1 and 0 <= y <= 1:
                self.dot(x, y, owner)

    def row(self, index: int) -> Iterator[tuple[str, int | None]]:
        """The characters of one row, each with its owner."""
        for column in range(self.columns):
            cell = (index, column)
            owner = self.owner.get(cell)
            if owner is None:
                yield " ", None
            elif owner < 0:
                yield "o" if self.across == 1 else "●", owner
            elif self.across == 1:
                yield _LETTERS[owner % len(_LETTERS)], owner
            else:
                yield chr(_BRAILLE + self.dots[cell]), owner


def draw(picture: Picture, width: int, height: int, *, unicode: bool = True) -> list[list[Piece]]:
    """The picture as rows of coloured pieces: title, curves with their axes, a legend.

    ``width`` and ``height`` count characters; the curves take what the labels leave.
    """
    points = [point for curve in picture.curves for point in curve.points]
    across = scale((x for x, _ in points), picture.log_x)
    up = scale((y for _, y in points), picture.log_y)
    labels = _labels(up, height)
    margin = max(map(len, labels.values()), default=0) + 1
    canvas = _Canvas(max(width - margin - 1, 10), height, unicode)
    for owner, curve in enumerate(picture.curves):
        _trace(canvas, curve, owner, across, up)
    for mark in picture.marks:
        x, y = across.place(mark.x), up.place(mark.y)
        if x is not None and y is not None and 0 <= x <= 1 and 0 <= y <= 1:
            canvas.dot(x, y, -1)
    rows: list[list[Piece]] = [[(picture.title, "bold")]] if picture.title else []
    if picture.y_label:
        rows.append([(" " * (margin + 1) + picture.y_label, "dim")])
    edge = "│" if unicode else "|"
    sides = (labels.get(index, "").rjust(margin - 1) + " " + edge for index in range(height))
    rows += [[(side, "dim"), *_merged(canvas.row(index))] for index, side in enumerate(sides)]
    rows += _beneath(across, canvas.columns, margin, picture.x_label, unicode)
    return rows + _legend(picture, unicode)


def _labels(up: Scale, height: int) -> dict[int, str]:
    found = {}
    for tick in up.ticks(_TICKS):
        place = up.place(tick)
        if place is not None:
            found[min(int((1 - place) * height), height - 1)] = label(tick)
    return found


def _trace(canvas: _Canvas, curve: Curve, owner: int, across: Scale, up: Scale) -> None:
    places = [(across.place(x), up.place(y)) for x, y in curve.points]
    for x, y in places:
        if x is not None and y is not None and 0 <= x <= 1 and 0 <= y <= 1:
            canvas.dot(x, y, owner)
    if curve.look == "dots":
        return
    for (x0, y0), (x1, y1) in pairwise(places):
        if x0 is not None and y0 is not None and x1 is not None and y1 is not None:
            canvas.line((x0, y0), (x1, y1), owner)


def _merged(cells: Iterator[tuple[str, int | None]]) -> list[Piece]:
    """Neighbours of one colour in one piece, without blanks at the end."""
    pieces: list[Piece] = []
    for char, owner in cells:
        color = "" if owner is None else _MARK if owner < 0 else _COLORS[owner % len(_COLORS)]
        if pieces and pieces[-1][1] == color:
            pieces[-1] = (pieces[-1][0] + char, color)
        else:
            pieces.append((char, color))
    if pieces and not pieces[-1][0].strip():
        pieces.pop()
    return pieces


def _beneath(across: Scale, columns: int, margin: int, name: str, unicode: bool) -> list[list[Piece]]:
    """The lower axis with its ticks, and the numbers under those that have room."""
    axis, corner, cross = ("─", "└", "┴") if unicode else ("-", "+", "+")
    line, numbers, free = [axis] * columns, [" "] * (columns + margin + 1), 0
    for tick in across.ticks(max(columns // 14, 2)):
        place = across.place(tick)
        if place is None or not 0 <= place <= 1:
            continue
        column = min(int(place * columns), columns - 1)
        line[column] = cross
        text = label(tick)
        start = min(max(margin + 1 + column - len(text) // 2, free), columns + margin + 1 - len(text))
        if start >= free:
            numbers[start : start + len(text)] = text
            free = start + len(text) + 1
    rows: list[list[Piece]] = [
        [(" " * margin + corner + "".join(line), "dim")],
        [("".join(numbers).rstrip(), "dim")],
    ]
    return [*rows, [(" " * (margin + 1) + name.center(columns).rstrip(), "dim")]] if name else rows


def _legend(picture: Picture, unicode: bool) -> list[list[Piece]]:
    """Which curve is which, where there are several, and what the marks mean."""
    rows: list[list[Piece]] = []
    named = [(owner, curve) for owner, curve in enumerate(picture.curves) if curve.name]
    if len(named) > 1:
        line: list[Piece] = []
        for owner, curve in named:
            sign = "━━" if unicode else _LETTERS[owner % len(_LETTERS)]
            line += [(f"  {sign} ", _COLORS[owner % len(_COLORS)]), (curve.name, "")]
        rows.append(line)
    sign = "●" if unicode else "o"
    rows += [[(f"  {sign} ", _MARK), (mark.text, "")] for mark in picture.marks]
    return rows
