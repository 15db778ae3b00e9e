"""Findings to text. Each file of this folder is a format; what they share stands here: a style, and a `Writer` of cells
as texts and as JSON, in one notation. What those with tables share stands in `common/`.

The folder is the registry: a file `NAME.py` here is `--format NAME`, and nothing is imported
before it is asked for. A format is one function, `present(findings, style)`, which yields chunks of
text, each ending in a newline, does no input or output and never holds the whole stream. `SUFFIXES` are those
of its files, `PICTURE = True` says that it draws, and `BINARY = True` that it makes bytes.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from math import isfinite
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar, cast

from dcalc.coordinates import is_typed_exactly, nearest_double
from dcalc.errors import DcalcError, LimitError, OutOfTime
from dcalc.expr import Expr
from dcalc.finding import WITHOUT, ArrayFormula, Best, Failure, Finding, Formula
from dcalc.notation import write, write_coordinate, write_point
from dcalc.numbers.rounding import finite_or_none, format_duration, format_error, format_number
from dcalc.problem import Result
from dcalc.records import Frozen
from dcalc.text import escape_unprintable, unknown_name, unknown_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from dcalc.finding import AnyStatus, Cell, Look
    from dcalc.problem import ArrayPoint, Coordinate, Point


class Style(Frozen):
    """What a format has to know beside the findings themselves.

    ``command``    the command, as in the JSON envelope.
    ``width``      columns of the terminal; only `table` looks at it.
    ``verbose``    a terminal shows all there is, not only the answer and the backends in few lines.
    ``quiet``      notes are left out.
    ``color``      escape sequences are welcome; only `table` makes any.
    ``unicode``    the output can show more than ASCII (names apart).
    ``batch``      a batch of expressions: a problem without a value still gets its line.
    ``sweep``      several points: each answer stands beside its point.
    ``comment``    what begins the line of a problem without a value in plain text.
    ``inputs``     length of the input text of the one expression; 0 in a batch.
    ``heading``    makes what heads the table that the findings share, even where there are none;
                   None: each finding has tables of its own.
    ``page``       rows that a table collects to find its widths; 1 where a person waits.
    ``on_error``   called with a finding whose derivative is too long to print, and the
                   error, before its error record is written; None raises the error.
    """

    command: str = "diff"
    width: int = 80
    verbose: bool = False
    quiet: bool = False
    color: bool = False
    unicode: bool = True
    batch: bool = False
    sweep: bool = False
    comment: str = "#"
    inputs: int = 0
    heading: Callable[[], Finding] | None = None
    page: int = 100
    on_error: Callable[[Finding, DcalcError], None] | None = None


class Format(Protocol):
    """What a file of this folder provides."""

    def present(self, findings: Iterable[Finding], style: Style) -> Iterator[str] | Iterator[bytes]:
        """The findings as chunks of text, each ending in a newline; bytes where the format is `BINARY`."""


def names() -> list[str]:
    """The formats, sorted: the files of this folder. Imports none of them."""
    files = [file for folder in __path__ for file in os.listdir(folder)]
    return sorted(file[:-3] for file in files if file.endswith(".py") and file[0] != "_")


def load(name: str) -> Format:
    """The module of a format. Raises UsageError, with did-you-mean, for an unknown name."""
    spec = find_spec(f"dcalc.formats.{name}") if name.isidentifier() else None
    if spec is None or spec.submodule_search_locations is not None:
        raise unknown_name("format", name, names())
    return cast("Format", import_module(spec.name))


def by_suffix(path: str) -> str | None:
    """The format that the name of a file asks for: `svg` of `plot.svg`; None for a name without a suffix.

    Raises UsageError for a suffix of no format.
    """
    suffix = os.path.splitext(path)[1][1:].lower()
    if not suffix:
        return None
    known = names()
    for name in [suffix, *known] if suffix in known else known:  # by its own name none but one is imported
        if suffix in _suffixes(name):
            return name
    raise unknown_suffix(path, [one for name in known for one in _suffixes(name)[:1]])


def _suffixes(name: str) -> tuple[str, ...]:
    return getattr(load(name), "SUFFIXES", ())


def is_picture(name: str) -> bool:
    """Whether the format draws."""
    return bool(getattr(load(name), "PICTURE", False))


def is_binary(name: str) -> bool:
    """Whether the format makes bytes, which a terminal cannot show."""
    return bool(getattr(load(name), "BINARY", False))


# --- cells as texts and as JSON ----------------------------------------------------------------

BESIDE = 10_000
"""Beside a value, a derivative whose text is longer is left out."""
ALONE = 1_000_000
"""A derivative on its own may be this long, or `_GROWTH` times its input."""
_GROWTH = 16

Text = TypeVar("Text")
Record = dict[str, Any]


def _six_digits(value: float) -> str:
    return f"{value:.6g}" if isfinite(value) else ""


SHORTENED: Mapping[Look | Literal[""], Callable[[float], str]] = {
    "error": format_error,
    "time": format_duration,
    "brief": _six_digits,
}
"""Numbers that people see in few digits, by the look of their column."""


class Writer:
    """Texts in one notation, kept from one finding to the next.

    A sweep has the same expression and derivative at every point, so their texts are made once;
    a finding with another expression drops them, so that a batch leaves nothing behind.
    """

    def __init__(self, style: Style, notation: str = "plain") -> None:
        self.style = style
        self.notation = notation
        self._root: Expr | None = None
        self._expression: str | None = None
        self._formulas: dict[tuple[int, bool], str | None] = {}

    def turn_to(self, finding: Finding) -> None:
        """Make ready for the cells of a finding."""
        root = finding.expression
        if root is not self._root:
            self._root = root if isinstance(root, Expr) else None
            self._expression = None
            self._formulas.clear()

    def text(self, cell: Cell, look: Look | Literal[""] = "") -> str:
        """A cell as text: nothing for None, for a number without a value, and for a derivative left out.

        Raises LimitError for a derivative that is too long although it is all that is asked.
        """
        if isinstance(cell, str):
            return cell
        if cell is None:
            return ""
        if isinstance(cell, Formula):
            return self.formula(cell) or ""
        if isinstance(cell, Expr):
            return self.expression(cell)
        if isinstance(cell, ArrayFormula):
            return cell.write(self.notation)
        if isinstance(cell, Best):
            return ("*" if look else "") + self.text(cell.value, look)
        if isinstance(cell, float):
            return SHORTENED[look](cell) if look in SHORTENED else format_number(cell)
        return str(cell)

    def expression(self, node: Expr) -> str:
        """An expression; that of the finding itself is written once."""
        if node is not self._root:
            return write(node, self.notation)
        if self._expression is None:
            self._expression = self._write(node, None)
        return self._expression

    def formula(self, formula: Formula) -> str | None:
        """A derivative; None where it is too long beside a value. Raises LimitError as `text` does."""
        key = (formula.node.id, formula.beside)
        if key not in self._formulas:
            self._formulas[key] = self._write_within_limits(formula.node, formula.beside)
        return self._formulas[key]

    def _write_within_limits(self, node: Expr, beside: bool) -> str | None:
        inputs = self.style.inputs
        limit = BESIDE if beside else max(ALONE, _GROWTH * inputs)
        try:
            return self._write(node, limit)
        except LimitError:
            if beside:
                return None
            # In a batch the length of the input is not known: measured only here, where it matters.
            longer = 0 if inputs or self._root is None else _GROWTH * len(write(self._root))
            if longer <= limit:
                raise
            return self._write(node, longer)

    def _write(self, node: Expr, limit: int | None) -> str:
        """The node; parts are named only where the input was not itself that long."""
        text = write(node, self.notation, against=self.style.inputs, limit=limit)
        if "=" in text and not self.style.inputs and self._root is not None:
            text = write(node, self.notation, against=len(write(self._root)), limit=limit)
        return text

    # --- what is shown of a finding -----------------------------------------------------------

    def facts(self, finding: Finding) -> list[tuple[str, str]]:
        """What is said before the tables, as label and text, the expression first."""
        expression = self.question(finding)
        asked = [("expression", expression)] if expression else []
        at = [("at", write_point(finding.at, named=True))] if finding.at else []
        notes = [("note", note) for note in finding.notes]
        return [*asked, *at, *((fact.label, self.text(fact.cell)) for fact in finding.facts), *notes]

    def question(self, finding: Finding) -> str:
        """The expression, or an equation with both of its sides; empty for several expressions."""
        expression = finding.expression
        if isinstance(expression, tuple):
            return " = ".join(map(self.text, expression)) if finding.sides else ""
        return "" if expression is None else self.text(expression)

    def failed_line(self, finding: Finding, mark: str | None = None) -> str:
        """The line of a finding that failed, where there are others beside it; it ends in a newline.

        It begins with ``mark``, or else with what the style has for it.
        """
        if finding.failure is None or not (self.style.batch or self.style.sweep):
            return ""
        # In C a backslash at the end of a comment would make the next line a part of it.
        message = finding.failure.message.rstrip("\\") if mark is None else finding.failure.message
        return comment("error", message, self.style.comment if mark is None else mark)

    # --- as JSON -------------------------------------------------------------------------------

    def record(self, finding: Finding) -> Record:
        """The JSON record: the keys that all have, around those of the command.

        It still holds cells, which `json_value` and `plain_value` turn into what JSON knows.
        """
        if finding.failure is not None:
            return {"id": finding.id, "line": finding.line, **failure_record(finding.failure)}
        wrt = finding.wrt
        return {
            "id": finding.id,
            "line": finding.line,
            "expression": finding.expression,
            "wrt": wrt[0] if wrt is not None and len(wrt) == 1 and not finding.several else wrt,
            **finding.question,
            **coordinates(finding.at),
            "status": finding.status,
            **finding.record,
            "notes": list(dict.fromkeys(finding.notes)),
        }

    def json_value(self, value: object) -> object:
        """What JSON holds of a value that it does not know by itself. Raises TypeError for one without a form."""
        if isinstance(value, Expr):
            return self.expression(value)
        if isinstance(value, Formula):
            return self.formula(value)
        if isinstance(value, ArrayFormula):
            return value.write("plain")
        if isinstance(value, Result):
            return reference_record(value)
        if isinstance(value, Mapping):
            return dict(value)
        raise TypeError(f"a record cannot hold a {type(value).__name__}")

    def plain_value(self, value: Any) -> Any:
        """A value as JSON knows it, however deep: null for each number that is infinite or nan."""
        if isinstance(value, float):
            return finite_or_none(value)
        if isinstance(value, Mapping):
            return {str(key): self.plain_value(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self.plain_value(part) for part in value]
        return self.json_value(value) if isinstance(value, Expr | Formula | ArrayFormula | Result) else value


def failure_record(failure: Failure) -> Record:
    """The part of a record that says what is wrong: also what stderr shows with --json."""
    return {
        "status": "error",
        "error": {
            "kind": failure.kind,
            "message": failure.message,
            "column": failure.column,
            "end_column": failure.end_column,
            "help": failure.help,
        },
    }


def reference_record(reference: Result) -> Record | None:
    """The digits of a reference; None where there are none."""
    if reference.decimal is None:
        return None
    return {"value": reference.decimal, "digits": reference.precision, "certified": reference.certified}


def coordinates(at: Point | ArrayPoint | None) -> dict[str, Any]:
    """The point as JSON shows it, by variable: as doubles, and as text where it was typed exactly."""
    if at is None:
        return {"at": None}
    doubles = {name: _coordinate(value) for name, value in at.items()}
    exact_at = {name: write_coordinate(value) for name, value in at.items() if is_typed_exactly(value)}
    return {"at": doubles, "exact_at": exact_at} if exact_at else {"at": doubles}


def _coordinate(value: Coordinate) -> object:
    """The nearest double, or lists of them; text where the coordinate is beyond the doubles."""
    if isinstance(value, list):
        return [_coordinate(part) for part in value]
    assert isinstance(value, float | int | Expr)  # rows of JSON have whole numbers, too
    near = nearest_double(value)
    return near if isfinite(near) else write_coordinate(value)


def comment(status: AnyStatus, sentence: str, mark: str = "#") -> str:
    """The line of a problem without a value, which a reader of expressions passes over."""
    return f"{mark} {status}: {escape_unprintable(sentence)}\n" if sentence else f"{mark} {status}\n"


def verdict(finding: Finding) -> str:
    """The verdict, where it is a result; without a value it stands on stderr."""
    return "" if finding.code in WITHOUT else escape_unprintable(finding.sentence)


def each(findings: Iterable[Finding], writer: Writer, build: Callable[[Finding], Text]) -> Iterator[Text]:
    """What ``build`` makes of every finding, in order.

    A derivative too long to print, or to be written in time, ends the stream, unless the style's ``on_error``
    is there to be told: then its record is an error and the next one follows.
    """
    for finding in findings:
        writer.turn_to(finding)
        try:
            text = build(finding)
        except (LimitError, OutOfTime) as end:
            if writer.style.on_error is None:
                raise
            error = end.as_error() if isinstance(end, OutOfTime) else end
            writer.style.on_error(finding, error)
            failure = Failure(error.kind, error.message, help=error.help)
            text = build(Finding(finding.command, failure=failure, line=finding.line, id=finding.id))
        yield text
