"""Pictures in characters: braille dots where the terminal has them, else stars."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from dcalc.formats.picture.axes import Frame, Place, Scale, frame, label

if TYPE_CHECKING:
    from dcalc.shapes import Curve, Picture

Piece = tuple[str, str]
"""Characters, and the colour that all of them have."""

_COLORS = ("cyan", "yellow", "magenta", "green", "blue", "red")
_LETTERS = "*+x#@%"
_MARK = "bold red"
_POINT, _LINE, _THIN = -1, -2, -3
_SIGNS = {_POINT: ("●", "O"), _LINE: ("┊", ":")}
"""Marks in Unicode and in ASCII."""
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

    def dot(self, place: Place, owner: int) -> None:
        """Set the dot at a place of the unit square."""
        x, y = place
        column = min(int(x * self.columns * self.across), self.columns * self.across - 1)
        row = min(int((1 - y) * self.rows * self.down), self.rows * self.down - 1)
        cell = (row // self.down, column // self.across)
        self.dots[cell] = self.dots.get(cell, 0) | _DOTS[row % self.down][column % self.across]
        self.owner[cell] = owner

    def line(self, start: Place, end: Place, owner: int) -> None:
        """Dots from one place of the unit square to another, close enough to touch."""
        wide, high = self.columns * self.across, self.rows * self.down
        steps = max(int(abs(end[0] - start[0]) * wide), int(abs(end[1] - start[1]) * high), 1)
        for k in range(steps + 1):
            part = k / steps
            self.dot((start[0] + (end[0] - start[0]) * part, start[1] + (end[1] - start[1]) * part), owner)

    def upright(self, x: float | None) -> None:
        """A line from the top to the bottom, behind what is drawn before."""
        if x is None or not 0 <= x <= 1:
            return
        column = min(int(x * self.columns), self.columns - 1)
        for row in range(self.rows):
            self.owner.setdefault((row, column), _LINE)

    def row(self, index: int) -> Iterator[tuple[str, int | None]]:
        """The characters of one row, each with its owner."""
        for column in range(self.columns):
            cell = (index, column)
            owner = self.owner.get(cell)
            if owner is None:
                yield " ", None
            elif owner in _SIGNS:
                yield _SIGNS[owner][self.across == 1], owner
            elif self.across == 1:
                yield "." if owner == _THIN else _LETTERS[owner % len(_LETTERS)], owner
            else:
                yield chr(_BRAILLE + self.dots[cell]), owner


def draw(picture: Picture, width: int, height: int, *, unicode: bool = True) -> list[list[Piece]]:
    """The picture as rows of coloured pieces: title, curves with their axes, a legend.

    ``width`` and ``height`` count characters; the curves take what the labels leave.
    """
    axes = frame(picture)
    across, up = axes
    labels = _labels(up, height)
    margin = max(map(len, labels.values()), default=0) + 1
    canvas = _Canvas(max(width - margin - 1, 10), height, unicode)
    for number, curve in picture.numbered():
        _trace(canvas, curve, _THIN if number is None else number, axes)
    for mark in picture.marks:
        if math.isnan(mark.y):
            canvas.upright(across.place(mark.x))
        elif (place := axes.inside(mark.x, mark.y)) is not None:
            canvas.dot(place, _POINT)
    rows: list[list[Piece]] = [[(picture.title, "bold")]] if picture.title else []
    if picture.y_label:
        rows.append([(" " * (margin + 1) + picture.y_label, "dim")])
    edge = "│" if unicode else "|"
    sides = (labels.get(index, "").rjust(margin - 1) + " " + edge for index in range(height))
    rows += [[(side, "dim"), *_merged(canvas.row(index))] for index, side in enumerate(sides)]
    rows += _beneath(across, canvas.columns, margin, picture.x_label, unicode)
    return rows + _legend(picture, width, unicode)


def _labels(up: Scale, height: int) -> dict[int, str]:
    labels = {}
    for tick in up.ticks(_TICKS):
        place = up.place(tick)
        if place is not None:
            labels[min(int((1 - place) * height), height - 1)] = label(tick, up.log)
    return labels


def _trace(canvas: _Canvas, curve: Curve, owner: int, axes: Frame) -> None:
    for place in axes.points(curve):
        canvas.dot(place, owner)
    if curve.look == "dots":
        return
    for stroke in axes.strokes(curve):
        for start, end in pairwise(stroke):
            canvas.line(start, end, owner)


def _color(owner: int | None) -> str:
    if owner is None:
        return ""
    return "dim" if owner == _THIN else _MARK if owner < 0 else _COLORS[owner % len(_COLORS)]


def _merged(cells: Iterator[tuple[str, int | None]]) -> list[Piece]:
    """Neighbours of one colour in one piece, without blanks at the end."""
    pieces: list[Piece] = []
    for char, owner in cells:
        color = _color(owner)
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
    for tick in across.ticks(max(columns // 12, 3)):
        place = across.place(tick)
        if place is None or not 0 <= place <= 1:
            continue
        column = min(int(place * columns), columns - 1)
        line[column] = cross
        text = label(tick, across.log)
        start = min(max(margin + 1 + column - len(text) // 2, free), columns + margin + 1 - len(text))
        if start >= free:
            numbers[start : start + len(text)] = text
            free = start + len(text) + 1
    rows: list[list[Piece]] = [
        [(" " * margin + corner + "".join(line), "dim")],
        [("".join(numbers).rstrip(), "dim")],
    ]
    return [*rows, [(" " * (margin + 1) + name.center(columns).rstrip(), "dim")]] if name else rows


def _legend(picture: Picture, width: int, unicode: bool) -> list[list[Piece]]:
    """Which curve is which, where there are several, and what the marks mean."""
    named = [(owner, curve.name) for owner, curve in picture.numbered() if curve.name and owner is not None]
    lines = ["••" if curve.look == "dots" else "━━" for curve in picture.curves] if unicode else _LETTERS
    entries = [(lines[owner % len(lines)], _COLORS[owner % len(_COLORS)], name) for owner, name in named]
    texts = {mark.text: _LINE if math.isnan(mark.y) else _POINT for mark in picture.marks if mark.text}
    marks = [(_SIGNS[kind][not unicode], _MARK, text) for text, kind in texts.items()]
    return _packed(entries if len(entries) > 1 else [], width) + _packed(marks, width)


def _packed(entries: Sequence[tuple[str, str, str]], width: int) -> list[list[Piece]]:
    """Signs with their meanings, as many in a row as there is room for."""
    rows: list[list[Piece]] = []
    room = 0
    for sign, color, text in entries:
        size = len(sign) + len(text) + 3
        if size > room:
            rows.append([])
            room = width
        rows[-1] += [(f"  {sign} ", color), (text, "")]
        room -= size
    return rows
