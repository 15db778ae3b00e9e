"""What is drawn of a finding: curves over axes, and graphs of boxes and arrows.

It is apart from `dcalc.finding`, since most calls draw nothing and each of these classes takes time to make.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

BoxMood = Literal["", "good", "bad", "warn"]
"""How to colour a box."""
CurveLook = Literal["line", "dots", "thin"]
"""How a curve is drawn; a thin one is a contour."""


class Curve(NamedTuple):
    """Points in order; nan in a point breaks the line. ``look``: line, dots, or thin (a contour)."""

    name: str
    points: Sequence[tuple[float, float]]
    look: CurveLook = "line"


class Mark(NamedTuple):
    """A point of a picture that is worth a word; marks of one text are explained once.

    Where y is nan it is all of the vertical line there.
    """

    x: float
    y: float
    text: str


class Picture(NamedTuple):
    """Curves over a common pair of axes; a logarithmic one shows positive numbers alone.

    ``window`` is the part of the vertical axis that is shown; None: all that the curves need.
    """

    curves: tuple[Curve, ...]
    title: str = ""
    x_label: str = ""
    y_label: str = ""
    log_x: bool = False
    log_y: bool = False
    marks: tuple[Mark, ...] = ()
    window: tuple[float, float] | None = None

    def numbered(self) -> list[tuple[int | None, Curve]]:
        """The curves with the numbers that stand for colours; thin ones have none."""
        heavy = [curve for curve in self.curves if curve.look != "thin"]
        return [(None if curve.look == "thin" else heavy.index(curve), curve) for curve in self.curves]


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
