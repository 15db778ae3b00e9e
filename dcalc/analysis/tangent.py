"""The tangent and the normal of a curve at a point; where there is none, why, and the tangents of both sides."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import isfinite
from typing import Literal, NamedTuple, get_args

from dcalc import functions as table
from dcalc.analysis import plot
from dcalc.analysis.solve import find_variable
from dcalc.analysis.toolkit import Over, explain_status, require_point
from dcalc.coordinates import nearest_double
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import ZERO, Expr, make, number, substitute, symbol
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Mood, Sheet, Subject
from dcalc.isolate.curve import Curve
from dcalc.isolate.graph import name_constant
from dcalc.isolate.smooth import at as place_at
from dcalc.isolate.smooth import evaluate_constant
from dcalc.notation import write, write_point
from dcalc.numbers.rounding import explain_underflow, finite_or_none, is_beside
from dcalc.problem import Problem, Result
from dcalc.shapes import Mark, Picture
from dcalc.simplify import simplify
from dcalc.solver import solve

LineKind = Literal["tangent", "normal", "left tangent", "right tangent"]
_ROOM = 2.0
"""How much of the curve is drawn on either side of the point, where no range is given."""
_NEAR = Fraction(1, 1 << 20)
RECORD = {
    "f": Field("number | null", "f at the point; of a hole what continuity gives it"),
    "slope": Field("number | null", "the derivative there; null where there is none"),
    "kind": Field("string | null", "why there is no derivative"),
    "tangent": Field("string | null", "the tangent as an equation; null where there is none"),
    "normal": Field("string | null", "the normal as an equation; null where there is none"),
    "lines": Field(
        "[object]",
        "all lines, one-sided tangents included",
        {
            "kind": Field("string", "which line", values=get_args(LineKind)),
            "equation": Field("string", "the line as an equation, `y = ...`, or `x = ...` of a vertical one"),
            "slope": Field("number | null", "its slope, null of a vertical one"),
            "exact": Field("boolean", "whether the equation is exact, and not with rounded numbers"),
        },
    ),
}


class Line(NamedTuple):
    """A line through the point: an expression in the variable, None for a vertical one."""

    kind: LineKind
    expression: Expr | None
    slope: float | None
    is_exact: bool


def find(subject: Subject, over: Over | None = None) -> Finding:
    """The tangent and the normal at the point of the subject; ``over`` is what is drawn.

    Raises UsageError for several variables or without a point. Cost: that of a verdict.
    """
    name = find_variable(subject, "tangent")
    at = require_point(subject, "tangent")
    return Tangent(subject, name, at.get(name, 0.0), over).finding()


class Tangent:
    """The lines at one point."""

    def __init__(self, subject: Subject, name: str, x: float | Expr, over: Over | None) -> None:
        self.subject, self.name, self.x, self.over = subject, name, x, over
        point = {name: x}
        self.verdict: Result = solve(Problem(subject.root, (name,), point, subject.digits))
        self.value: Result = solve(Problem(subject.root, (), point, subject.digits))
        self.node = x if isinstance(x, Expr) else number(Fraction(x))
        self.is_exact = isinstance(x, Expr) or not is_beside(x)
        self.height = self._find_height()
        self.lines = list(self._list_lines())

    # --- numbers ----------------------------------------------------------------------------------

    def _find_height(self) -> Expr | None:
        """f at the point: in closed form where the point is exact, else the nearest double."""
        if self.value.value is None:
            return None
        exact = self._evaluate(self.subject.root) if self.value.status == "ok" else None
        return exact or number(Fraction(self.value.value))

    def _evaluate(self, root: Expr) -> Expr | None:
        """An expression at the point in closed form; None where it has no short one, or the point is not exact."""
        if not self.is_exact:
            return None
        value = evaluate_constant(substitute(root, {self.name: self.node}))
        return None if value is None else name_constant(value)

    def _find_slope(self) -> Expr | None:
        """The derivative in closed form, held against the certified one."""
        try:
            exact = self._evaluate(derivative(self.subject.root, (self.name,)))
        except DcalcError:  # no closed form, or a long one
            return None
        return exact if exact is not None and self.verdict.value == nearest_double(exact) else None

    def _list_lines(self) -> Sequence[Line]:
        verdict = self.verdict
        if self.height is None:
            return []
        if verdict.value is not None:
            slope = self._find_slope()
            is_exact = slope is not None and self._is_closed
            node = slope or number(Fraction(verdict.value))
            return [self._line("tangent", node, verdict.value, is_exact), self._normal(node, verdict.value, is_exact)]
        if self._is_vertical:
            flat = Line("normal", self.height, 0.0, self._is_closed)
            return [Line("tangent", None, None, self.is_exact), flat]
        sides: tuple[tuple[LineKind, float | None, int], ...] = (
            ("left tangent", verdict.left, -1),
            ("right tangent", verdict.right, 1),
        )
        lines = []
        for kind, value, side in sides:
            if value is not None and isfinite(value):
                slope = self._find_side(side, value)
                is_exact = slope is not None and self._is_closed
                lines.append(self._line(kind, slope or number(Fraction(value)), value, is_exact))
            elif verdict.kind == "vertical_tangent":
                lines.append(Line(kind, None, None, self.is_exact))
        return lines

    @property
    def _is_vertical(self) -> bool:
        """Whether the derivatives from both sides are infinite."""
        return self.verdict.kind == "vertical_tangent" and self.verdict.left is self.verdict.right is None

    @property
    def _is_closed(self) -> bool:
        """Whether the value of f is exact."""
        return self.is_exact and self._evaluate(self.subject.root) is not None

    def _find_side(self, side: int, value: float) -> Expr | None:
        """A one-sided derivative in closed form."""
        if not self.is_exact:
            return None
        place = nearest_double(self.node)
        room = Fraction(max(1.0, abs(place))) * _NEAR
        curve = Curve(self.subject.root, self.name, place_at(Fraction(place) - room), place_at(Fraction(place) + room))
        for piece in curve.pieces:
            end = piece.high if side < 0 else piece.low
            if piece.function is None or end.compare(place_at(self.node)) != 0:
                continue
            slope = piece.function.slope
            limit = None if slope is None else slope.limit(end, 1 if side > 0 else -1)
            if slope is None or limit is None:
                continue
            known = limit.value or slope.constant_at(self.node)
            exact = None if known is None else name_constant(known)
            return exact if exact is not None and nearest_double(exact) == value else None
        return None

    def _line(self, kind: LineKind, slope: Expr, value: float | None, is_exact: bool) -> Line:
        """The line of a slope through the point: multiplied out where that is exact."""
        assert self.height is not None
        x = symbol(self.name)
        if is_exact:
            start = simplify(make(table.SUB, self.height, make(table.MUL, slope, self.node)))
            return Line(kind, simplify(make(table.ADD, make(table.MUL, slope, x), start)), value, True)
        step = make(table.SUB, x, self.node if isinstance(self.x, Expr) else number(Fraction(repr(self.x))))
        height, rate = _decimal(self.height), _decimal(slope)
        line = make(table.ADD, height, make(table.MUL, rate, step))
        return Line(kind, simplify(line) if ZERO in (height, rate, self.node) else line, value, False)

    def _normal(self, slope: Expr, value: float, is_exact: bool) -> Line:
        is_flat = self.verdict.decimal == "0"
        if is_flat or (value == 0 and not is_exact):
            return Line("normal", None, None, self.is_exact and is_flat)
        across = simplify(make(table.DIV, number(-1), slope))
        return self._line("normal", across, finite_or_none(nearest_double(across)), is_exact)

    # --- the finding ------------------------------------------------------------------------------

    def equation(self, line: Line) -> str:
        """`y = 2*x + 1`, `x = 0`."""
        if line.expression is None:
            return f"{self.name} = {write(self.node) if isinstance(self.x, Expr) else repr(self.x)}"
        return f"{'y' if self.name != 'y' else 'z'} = {write(line.expression)}"

    def _sentence(self) -> str:
        verdict, where = self.verdict, write_point({self.name: self.x}, named=True)
        if self.height is None:
            return explain_status(self.value)
        if verdict.value is not None:
            return "f has a hole there, which continuity fills" if verdict.status == "removable" else ""
        if self._is_vertical:
            return f"the tangent at {where} is vertical"
        if verdict.kind in ("kink", "vertical_tangent"):
            return f"f has a kink at {where}, and so no tangent"
        if verdict.kind == "boundary" and self.lines:
            return f"f ends at {where}: the tangent is one-sided"
        return f"there is no tangent: {explain_status(verdict)}"

    def finding(self) -> Finding:
        """The record, the lines, the picture."""
        sentence = self._sentence()
        equations: dict[str, str] = {line.kind: self.equation(line) for line in self.lines}
        has_tangent = "tangent" in equations
        sheet = self._sheet()
        mood: Mood = "good" if has_tangent else "bad"
        lines = [Fact(line.kind, self.equation(line), "strong") for line in self.lines]
        record = {
            "f": self.value.value,
            "slope": self.verdict.value,
            "kind": self.verdict.kind,
            "tangent": equations.get("tangent"),
            "normal": equations.get("normal"),
            "lines": [
                {"kind": line.kind, "equation": self.equation(line), "slope": line.slope, "exact": line.is_exact}
                for line in self.lines
            ],
        }
        return Finding(
            "tangent",
            self.subject.root,
            (self.name,),
            {self.name: self.x},
            status="ok" if has_tangent and self.verdict.status != "removable" else self.verdict.status,
            record=record,
            facts=tuple(lines),
            brief=Brief([*lines, *([Fact("", sentence, mood)] if sentence else [])], (), 1),
            sheets=(sheet,),
            plain=[(line.kind, self.equation(line)) for line in self.lines],
            pictures=self._pictures,
            sentence=sentence if self.lines or not has_tangent else "",
            code=0 if has_tangent else 3,
            notes=tuple(
                filter(None, (explain_underflow(one.value, one.decimal) for one in (self.value, self.verdict)))
            ),
        )

    def _sheet(self) -> Sheet:
        columns = (
            Column("kind", "line", "words"),
            Column("equation", "equation", "code"),
            Column("slope", "slope", "number"),
        )
        rows: list[dict[Key, Cell]] = [
            {"kind": line.kind, "equation": self.equation(line), "slope": line.slope} for line in self.lines
        ]
        return Sheet(columns, rows)

    def _pictures(self) -> tuple[Picture, ...]:
        """The curve with its lines and the point."""
        x = nearest_double(self.x)
        over = self.over or [(None, (x - _ROOM, x + _ROOM))]
        drawn = tuple(line.expression for line in self.lines if line.expression is not None)
        subject = Subject(root=self.subject.root, names=(self.name,), wrt=(), more=drawn)
        (picture, *_) = plot.find(subject, over).pictures or (None,)
        if picture is None:
            return ()
        names = [line.kind for line in self.lines if line.expression is not None]
        shown = [curve for curve in picture.curves if curve.look == "line"]
        first, *others = shown
        curves = tuple(first._replace(name="f") if curve is first else curve for curve in picture.curves)
        renamed = {id(curve): name for curve, name in zip(others, names, strict=False)}
        curves = tuple(curve._replace(name=renamed.get(id(curve), curve.name)) for curve in curves)
        marks = [Mark(x, self.value.value, "point", "dot")] if self.value.value is not None else []
        marks += [Mark(x, float("nan"), line.kind) for line in self.lines if line.expression is None]
        return (picture._replace(curves=curves, title=write(self.subject.root), marks=tuple(marks)),)


def _decimal(node: Expr) -> Expr:
    """A number as the decimal that its nearest double prints as."""
    return number(Fraction(repr(nearest_double(node))))
