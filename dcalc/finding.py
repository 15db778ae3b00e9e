"""What an analysis has found: a record for programs; facts, tables and pictures for people.

An analysis fills in a `Finding` and knows of no format; a format shows any finding and
knows of no analysis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from dcalc.expr import Expr
from dcalc.problem import Failure, Point, Report


class Best(NamedTuple):
    """A number that stands out in its column: tables mark it by a star, records do not."""

    value: float


Key = str | tuple[str, str]
Cell = Expr | float | str | Best | None
"""Nodes are written in the notation of the format, floats by repr, None is nothing."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the cell it shows, its heading, and how to treat both.

    ``look`` is `number` (never broken), `code` (an expression or a name), `formula` (code
    that LaTeX sets as mathematics) or `words`; for people alone a number is shortened by
    `brief` (to six digits), `error` (to two) and `time` (from seconds). ``rank`` tells which
    columns go first where there is too little room; 0 stays. They go under another cell,
    named ``short``; without that name they go altogether. ``right`` aligns to the right.
    """

    key: Key
    title: str
    look: str = "words"
    rank: int = 0
    short: str = ""
    right: bool = False


class Sheet(NamedTuple):
    """A table. A row's cell `mood` colours it: good, bad, warn, strong, dim.

    ``most`` is how many rows a person is shown, from both ends; 0 for all.
    ``apart``: where all columns do not fit, tables of some of them follow each other, each with
    the first column.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[Key, Cell]]
    title: str = ""
    most: int = 0
    apart: bool = False


class Said(NamedTuple):
    """One thing to say beside the tables; ``mood`` as in a row."""

    label: str
    cell: Cell
    mood: str = ""


class Curve(NamedTuple):
    """Points in order; nan in a point breaks the line. ``look``: line, dots, or thin (a contour)."""

    name: str
    points: Sequence[tuple[float, float]]
    look: str = "line"


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
    mood: str = ""


class Edge(NamedTuple):
    """An arrow between boxes, from an operand to what it is used in."""

    start: int
    end: int
    text: str = ""


class Graph(NamedTuple):
    """Boxes and arrows, without circles."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class Branch(NamedTuple):
    """A line of a tree, below the last one that is less deep; ``note`` is a word about it."""

    depth: int
    cells: tuple[Cell, ...]
    note: str = ""


class Subject(NamedTuple):
    """What an analysis is about: an expression, its variables, by which, where, how exactly.

    ``tol`` is None where --tol is not given: each analysis has its own idea of it. ``let`` are
    the bindings of --let, for analyses that read texts of their own; ``backends`` those asked
    for, where the command has --backend; ``more`` are further expressions, of a command that
    takes several; ``shown`` is how many digits are to be printed, None for those of a double.
    """

    root: Expr
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    order: int = 1
    at: Point | None = None
    digits: int = 30
    tol: float | None = None
    let: tuple[str, ...] = ()
    backends: tuple[str, ...] = ()
    more: tuple[Expr, ...] = ()
    shown: int | None = None


WITHOUT = (3, 4)
"""Exit codes of what has no value: why stands on stderr, as an error."""


@dataclass(frozen=True, slots=True)
class Finding:
    """A record of output of a command that is more than numbers at points.

    ``record``    what JSON holds beside the keys that all records have.
    ``said``      what is said before the tables, ``sentence`` the verdict after them.
    ``outline``   trees, which a terminal shows in the place of tables.
    ``data``      the table for programs (csv, tsv, pipes); None: the first sheet.
    ``plain``     the lines of cells for the next program in a pipe; None: the rows of ``data``.
    ``trail``     records of their own that JSON Lines shows first, a line each.
    ``code``      the exit status; with one of `WITHOUT` the sentence is no result.
    """

    command: str
    expression: Expr | None = None
    wrt: tuple[str, ...] = ()
    at: Point | None = None
    status: str = "ok"
    record: Mapping[str, Any] = field(default_factory=dict)
    said: tuple[Said, ...] = ()
    sheets: tuple[Sheet, ...] = ()
    pictures: tuple[Picture, ...] = ()
    graph: Graph | None = None
    outline: tuple[Branch, ...] = ()
    data: Sheet | None = None
    plain: Sequence[Sequence[Cell]] | None = None
    trail: Sequence[Mapping[str, Any]] = ()
    sentence: str = ""
    code: int = 0
    notes: tuple[str, ...] = ()
    failure: Failure | None = None
    line: int | None = None
    id: object = None

    @property
    def rows(self) -> Sheet | None:
        """The table for programs, where there is one."""
        return self.data or next(iter(self.sheets), None)


class Field(NamedTuple):
    """One key of an analysis' record, as its module declares it in `RECORD`: a type and what it holds.

    Types are `number`, `integer`, `string`, `boolean`, `null`, `any`; `[T]` is a list, `{T}` an object with
    a value per name, `A | B` either. `object` has the entries in ``keys``. Where there are ``values``, a string
    is one of them. An ``optional`` key is left out where it does not apply.
    """

    type: str
    doc: str
    keys: Mapping[str, Field] | None = None
    values: tuple[str, ...] = ()
    optional: bool = False


Record = Report | Finding
"""What a command makes, one an expression and point."""
