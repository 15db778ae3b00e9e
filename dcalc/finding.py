"""What a command answers: a record for programs; facts, tables and pictures for people.

An analysis fills in a `Finding` and knows of no format; a format shows any finding and
knows of no analysis. What only some formats show is given as a function and worked out
when a format asks for it: see `Lazy`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from dcalc.errors import ErrorKind
from dcalc.expr import Expr
from dcalc.problem import ArrayPoint, Dtype, Point, Status
from dcalc.records import Frozen, Lazy, NamedTuple

if TYPE_CHECKING:
    from dcalc.shapes import Graph, Picture

RunStatus = Literal["converged", "diverging", "stalled", "cycling", "saddle", "left_domain", "max_steps", "interrupted"]
"""How a descent, or a fit, ends."""
AnyStatus = Status | RunStatus
"""What is known of a finding."""
Mood = Literal["", "good", "bad", "warn", "strong", "dim"]
"""How to colour a fact or a row."""
Look = Literal["words", "code", "formula", "number", "brief", "error", "time"]
"""What stands in a column: see `Column`."""


class Best(NamedTuple):
    """A number that stands out in its column: tables mark it by a star, records do not."""

    value: float


class Formula:
    """A derivative, which may be longer than anyone would read.

    ``beside`` a value it is left out where its text is too long; alone, that is an error.
    """

    # No dataclass and no tuple: making one would cost a short call time, and JSON takes a tuple for a list.
    __slots__ = ("beside", "node")

    def __init__(self, node: Expr, beside: bool) -> None:
        self.node = node
        self.beside = beside


class ArrayFormula:
    """A formula of arrays, which is not an `Expr`: ``write`` gives its text in a notation."""

    __slots__ = ("write",)

    def __init__(self, write: Callable[[str], str]) -> None:
        self.write = write


Key = str | tuple[str, str]
Cell = Expr | Formula | ArrayFormula | float | str | Best | None
"""Nodes are written in the notation of the format, floats by repr, None is nothing."""


class Column(NamedTuple):
    """A column: the cell it shows, its heading, and how to treat both.

    ``look`` is `number` (never broken), `code` (an expression or a name), `formula` (code
    that LaTeX sets as mathematics) or `words`; for people alone a number is shortened by
    `brief` (to six digits), `error` (to two) and `time` (from seconds). ``rank`` tells which
    columns go first where there is too little room; 0 stays. They go under another cell,
    named ``short``; without that name they go altogether. ``right`` aligns to the right.
    """

    key: Key
    title: str
    look: Look = "words"
    rank: int = 0
    short: str = ""
    right: bool = False


class Sheet(NamedTuple):
    """A table. The cell `mood` of a row, a `Mood`, colours it.

    ``most`` is how many rows a person is shown, from both ends; 0 for all.
    ``is_answer``: the table is what was asked for, and stands before all that is said of it.
    ``apart``: where all columns do not fit, tables of some of them follow each other, each with
    the first column. ``adapt(row, columns, write, typeset=...)`` fits a row into the columns of
    another table, where findings of two kinds share one: it moves what has no column of its own.
    """

    columns: tuple[Column, ...]
    rows: Sequence[Mapping[Key, Cell]]
    title: str = ""
    most: int = 0
    apart: bool = False
    is_answer: bool = False
    adapt: Callable[..., Mapping[Key, Cell]] | None = None


class Fact(NamedTuple):
    """One thing to tell beside the tables; ``wraps`` unless it is a number, which is never broken."""

    label: str
    cell: Cell
    mood: Mood = ""
    wraps: bool = True


class Brief(NamedTuple):
    """What a terminal shows unless all there is was asked for: the answer, and tables in few lines.

    ``lines`` without a label begin at the left edge; of the pictures the first ``pictures`` are shown, of the outline
    all up to ``branches``.
    """

    lines: Sequence[Fact]
    sheets: Sequence[Sheet] = ()
    pictures: int | None = None
    branches: int | None = None


class Branch(NamedTuple):
    """A line of a tree, below the last one that is less deep; ``note`` is a word about it, and ``formula`` what it
    says in symbols."""

    depth: int
    cells: tuple[Cell, ...]
    note: str = ""
    formula: str = ""


class Setting(NamedTuple):
    """What a finding stands among.

    ``batch``      it is one of several problems, so its expression has to be shown.
    ``sweep``      it is one of several points, so its point has to be shown.
    ``variables``  the columns of coordinates of a whole batch; None: those of each point.
    ``wrt``        its columns of partial derivatives; None: those of each gradient.
    """

    batch: bool = False
    sweep: bool = False
    variables: tuple[str, ...] | None = None
    wrt: tuple[str, ...] | None = None


ALONE = Setting()


class Subject(Frozen):
    """What an analysis is about: an expression, its variables, by which, where, how exactly. Built by keyword.

    ``targets`` are the derivatives that ``wrt`` and ``order`` come to, each as the names to
    differentiate by in turn. ``tol`` is None where --tol is not given: each analysis has its own
    idea of it. ``let`` are the bindings of --let, ``notation`` what they are written in, for analyses that read texts
    of their own;
    ``backends`` those asked for, where the command has --backend, in the precision ``dtype``; ``more`` are further
    expressions,
    of a command that takes several; ``shown`` is how many digits are to be printed, None for those
    of a double; ``written`` is False where nobody sees the derivative as an expression beside its
    value; ``notes`` are remarks on the question, such as a variable that the expression lacks.
    """

    root: Expr
    names: tuple[str, ...]
    wrt: tuple[str, ...]
    order: int = 1
    at: Point | None = None
    digits: int = 30
    tol: float | None = None
    let: tuple[str, ...] = ()
    notation: str = "plain"
    backends: tuple[str, ...] = ()
    dtype: Dtype = "float64"
    more: tuple[Expr, ...] = ()
    shown: int | None = None
    targets: tuple[tuple[str, ...], ...] = ()
    setting: Setting = ALONE
    written: bool = True
    notes: tuple[str, ...] = ()


ENVELOPE = frozenset(("id", "line", "expression", "wrt", "at", "exact_at", "status"))
"""The keys that every record has, written by the format alone."""


WITHOUT = (3, 4)
"""Exit codes of what has no value: why stands on stderr, as an error."""


class Failure(NamedTuple):
    """Why a line of input has no answer: an error as data, for records inline."""

    kind: ErrorKind | AnyStatus
    message: str
    column: int | None = None
    end_column: int | None = None
    help: str | None = None


class Finding(Frozen):
    """A record of output.

    ``record``    what JSON holds beside the keys that all records have.
    ``facts``     what is shown before the tables, ``sentence`` the verdict after them; facts in the mood `strong`, or
                  else a table that says so, are the answer.
    ``outline``   trees, which a terminal shows in the place of tables.
    ``data``      the table for programs (csv, tsv, pipes); None: the first sheet.
    ``plain``     the lines of cells for the next program in a pipe; None: the rows of ``data``.
    ``trail``     records of their own that JSON Lines shows first, a line each.
    ``code``      the exit status; with one of `WITHOUT` the sentence is not a result.

    Those of derivatives and values, which come by the thousand, have more:

    ``question``  what JSON holds between `wrt` and `at`: what else the question was.
    ``several``   `wrt` is a list in JSON even where it is a single name.
    ``all_facts`` all that a terminal shows before the tables, in the place of ``facts``.
    ``brief``     what a terminal shows unless all was asked for, the answer first; None: it follows from the rest.
    ``entry``     the rows for people in a table that several findings share, one heading over
                  all; None where each finding has tables of its own.
    ``formulas``  the answer as formulas, each with the name that it belongs to or none; empty where
                  one is missing, None where a formula is never the answer.
    ``named``     in a batch each line of a pipe begins with the expression.
    ``sides``     the expressions are both sides of an equation.
    ``lacking``   a status and a sentence for each part without a value; None: those of the whole.
    ``derivation``  lines that are set below each other where formulas are set; empty where there are none.
    ``equation``  the answer as a formula that is set as such where formulas are; None where it is none.

    Raises ValueError where a key of the record is one of the `ENVELOPE`.
    """

    command: str
    expression: Expr | ArrayFormula | tuple[Expr, ...] | None = None
    wrt: tuple[str, ...] | None = ()
    at: Point | ArrayPoint | None = None
    status: AnyStatus = "ok"
    record: Lazy[Mapping[str, Any]] = Lazy(dict, without=ENVELOPE)
    facts: Lazy[Sequence[Fact]] = Lazy(())
    sheets: Lazy[Sequence[Sheet]] = Lazy(())
    pictures: Lazy[tuple[Picture, ...]] = Lazy(())
    graph: Graph | None = None
    outline: tuple[Branch, ...] = ()
    data: Lazy[Sheet | None] = Lazy(None)
    plain: Lazy[Sequence[Sequence[Cell]] | None] = Lazy(None)
    trail: Sequence[Mapping[str, Any]] = ()
    sentence: str = ""
    code: int = 0
    notes: tuple[str, ...] = ()
    failure: Failure | None = None
    line: int | None = None
    id: object = None
    question: Lazy[Mapping[str, Any]] = Lazy(dict, without=ENVELOPE)
    several: bool = False
    all_facts: Lazy[Sequence[Fact] | None] = Lazy(None)
    brief: Lazy[Brief | None] = Lazy(None)
    entry: Lazy[Sheet | None] = Lazy(None)
    formulas: Lazy[Sequence[tuple[str, Cell]] | None] = Lazy(None)
    named: bool = True
    sides: bool = False
    lacking: Lazy[Sequence[tuple[AnyStatus, str]] | None] = Lazy(None)
    equation: Equation | None = None
    derivation: tuple[DerivationLine, ...] = ()

    # Comparing findings, or showing them, would work out their fields.
    __eq__, __hash__, __repr__ = object.__eq__, object.__hash__, object.__repr__

    @property
    def rows(self) -> Sheet | None:
        """The table for programs, where there is one."""
        return self.data or next(iter(self.sheets), None)

    @property
    def complaints(self) -> Sequence[tuple[AnyStatus, str]]:
        """A status and a sentence for each part without a value."""
        if self.lacking is not None:
            return self.lacking
        return ((self.status, self.sentence or self.status),) if self.code in WITHOUT else ()


class Equation(NamedTuple):
    """What is proved, as a formula: the limit of ``expression`` as ``name`` tends to ``place`` is ``value``.

    ``side`` is left or right for the limit of one side.
    """

    expression: Expr
    name: str
    place: float | Expr
    side: str | None
    value: Expr | str


class DerivationLine(NamedTuple):
    """A line of a derivation: the derivative of ``function`` by ``by`` is ``result``, by a ``rule``.

    Without a function the line goes on from the one above; without a result it states the rule as a ``formula``, a
    function and its derivative, with what its letters stand for. Without ``by`` function and result are equal.
    """

    function: Expr | ArrayFormula | None
    by: str
    result: Expr | ArrayFormula | None
    rule: str = ""
    formula: tuple[Expr, Expr] | None = None
    parts: tuple[tuple[str, Expr | ArrayFormula], ...] = ()


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
