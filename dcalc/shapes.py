"""What is drawn of a finding: curves over axes, and graphs of boxes and arrows.

It is apart from `dcalc.finding`, since most calls draw nothing and each of these classes takes time to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

BoxMood = Literal["", "good", "bad", "warn"]
"""How to colour a box."""
CurveLook = Literal["line", "dots", "thin", "band", "loose band"]
"""How a curve is drawn; a thin one is a contour, a band an area between two edges."""
Sign = Literal["dot", "open", "up", "down", "cross", "diamond", "hollow", "square", "bar"]
"""What a mark looks like: a filled or an open circle, a triangle, a cross, and so on."""


class Curve(NamedTuple):
    """Points in order; nan in a point breaks the line.

    A ``band`` belongs to the curve before it and has its colour: its points are the lower edge, ``top`` has the
    heights of the upper one. A ``loose band`` is not proved to hold the curve.
    """

    name: str
    points: Sequence[tuple[float, float]]
    look: CurveLook = "line"
    top: Sequence[float] = ()

    @property
    def is_band(self) -> bool:
        """Whether it is an area between two edges."""
        return self.look in ("band", "loose band")


class Mark(NamedTuple):
    """A point of a picture that is worth a word; marks of one text and sign are explained once.

    Where y is nan it is all of the vertical line there. What is not ``proved`` is drawn as such.
    """

    x: float
    y: float
    text: str
    sign: Sign = "dot"
    proved: bool = True


class Picture(NamedTuple):
    """Curves over a common pair of axes; a logarithmic one shows positive numbers alone.

    ``window`` is the part of the vertical axis that is shown; None: all that the curves need. ``width`` and
    ``height`` are those that were asked for: columns and rows of a terminal, pixels of an image.
    """

    curves: tuple[Curve, ...]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()
    window: tuple[float, float] | None = None
    width: int | None = None
    height: int | None = None

    def numbered(self) -> list[tuple[int | None, Curve]]:
        """The curves with the numbers that stand for colours; thin ones have none, bands that of their curve."""
        numbers: list[tuple[int | None, Curve]] = []
        last = -1
        for curve in self.curves:
            last += curve.look in ("line", "dots")
            numbers.append((None if curve.look == "thin" else max(last, 0), curve))
        return numbers


class Node(NamedTuple):
    """A box of a graph: what stands in it, a line each; ``mood`` as in a row."""

    id: int
    lines: tuple[str, ...]
    mood: BoxMood = ""


class Edge(NamedTuple):
    """An arrow between boxes, from an operand to what it is used in."""

    start: int
    end: int
    text: str = ""


class Graph(NamedTuple):
    """Boxes and arrows, without circles."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
