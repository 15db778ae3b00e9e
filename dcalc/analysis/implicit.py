"""Derivatives of a curve that is given by an equation, F(x, y) = 0, or by a parameter.

By the implicit function theorem y is a function of x near a point of the curve where F is smooth and dF/dy is not 0;
then dy/dx = -(dF/dx)/(dF/dy), and each further derivative is that of the last one along the curve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast, get_args

from dcalc import functions as table
from dcalc.analysis.toolkit import certificate, explain_status, printed_cell
from dcalc.backends.reference import is_analytic
from dcalc.derive import derivative
from dcalc.errors import LimitError, UsageError
from dcalc.expr import Expr, make, number, replace_nodes, substitute, symbol, variables, walk
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.problem import Kind, Problem, Result, Status
from dcalc.simplify import simplify
from dcalc.simplify.shorten import shorten
from dcalc.solver import solve
from dcalc.text import join_words
from dcalc.unknown import refuse_values

MOST_ORDER = 8
"""The highest derivative: texts grow with the factorial of the order."""
IN_JSON = ("of",)
"""Keys of a JSON problem that `find` takes."""
RECORD = {
    "of": Field("string | null", "the variable that the equation makes a function; null of a curve with a parameter"),
    "order": Field("integer", "how many times to differentiate"),
    "derivative": Field("string", "the derivative as an expression in the variables of the equation"),
    "value": Field("number | null", "the derivative at the point"),
    "kind": Field("string | null", "why there is none", values=get_args(Kind)),
    "reference": Field("object | null", "the digits behind the value"),
    "curvature": Field("string | number | null", "with a parameter: the curvature, signed", optional=True),
    "speed": Field("string | number | null", "with a parameter: the length of the velocity", optional=True),
}


class _Verdict(NamedTuple):
    """What is true at a point: a status, why there is no derivative, notes."""

    status: Status
    kind: Kind | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()


def find(subject: Subject, *, of: str | None, parametric: bool = False) -> Finding:
    """The derivative of the order of the subject, as an expression, and at its point if there is one.

    ``subject.root`` and the first of ``subject.more`` are the sides of the equation; with ``parametric`` they are x and
    y as functions of the variable of the subject. Raises UsageError where the names do not fit, LimitError above
    `MOST_ORDER`. Cost: that of the expressions, and of certified values at a point.
    """
    if not subject.more:
        raise UsageError("an equation is asked for", help="write dcalc implicit 'x^2 + y^2 = 25' --of y")
    if subject.order < 1:
        raise UsageError("the order must be at least 1", help="write -n 1")
    if subject.order > MOST_ORDER:
        raise LimitError(f"the order is above {MOST_ORDER}", help=f"write -n {MOST_ORDER}, or less")
    if parametric:
        return _find_parametric(subject)
    return _find_implicit(subject, of)


def _find_implicit(subject: Subject, of: str | None) -> Finding:
    left, right = subject.root, subject.more[0]
    root = make(table.SUB, left, right)
    if of is not None and of not in variables(root) and (call := _find_call(root, of)) is not None:
        return _find_of_call(subject, root, call)
    names = variables(root)
    of, by = _choose_names(names, of, subject.wrt)
    steep, flat = derivative(root, (of,)), derivative(root, (by,))
    first = _divide(make(table.NEG, flat), steep)
    last = first
    for _ in range(subject.order - 1):
        along = make(table.MUL, derivative(last, (of,)), first)
        last = shorten(simplify(make(table.ADD, derivative(last, (by,)), along)))
    title = _name_derivative(of, by, subject.order)
    question: dict[str, object] = {"of": of, "order": subject.order, "derivative": last}
    if subject.at is None:
        return _formula(subject, (left, right), by, title, question)
    verdict = _judge(subject, root, of, by)
    result = solve(Problem(last, (), subject.at, subject.digits), expression=False) if not verdict.reason else None
    if result is not None and result.value is None:
        verdict = _Verdict(result.status, None, explain_status(result))
    return _value(subject, (left, right), by, question, verdict, result)


def _find_call(root: Expr, name: str) -> Expr | None:
    """The call `y(t)` of an unknown function of one variable by its name; None where there is none, or are several."""
    calls = [node for node in walk(root) if node.op.function == name]
    is_plain = len(calls) == 1 and calls[0].op.orders == (0,) and calls[0].args[0].op is table.SYMBOL
    return calls[0] if is_plain else None


def _find_of_call(subject: Subject, root: Expr, call: Expr) -> Finding:
    """The derivative of `y(t)` along an equation whose other functions may depend on t as well."""
    of, by = call.op.function, call.args[0].args[0]
    if subject.wrt not in ((), (by,)):
        raise UsageError(f"{of} is a function of {by} alone", help=f"write --wrt {by}")
    open_root = replace_nodes(root, {call: symbol(of)})
    first = _divide(make(table.NEG, derivative(open_root, (by,))), derivative(open_root, (of,)))
    last = first
    for _ in range(subject.order - 1):
        along = make(table.MUL, derivative(last, (of,)), first)
        last = shorten(simplify(make(table.ADD, derivative(last, (by,)), along)))
    last = substitute(last, {of: call})
    question: dict[str, object] = {"of": of, "order": subject.order, "derivative": last}
    if subject.at is not None:
        refuse_values(node.op for node in walk(root))
    title = _name_derivative(of, by, subject.order)
    return _formula(subject, (subject.root, subject.more[0]), by, title, question)


def _choose_names(names: Sequence[str], of: str | None, wrt: Sequence[str]) -> tuple[str, str]:
    """The variable that becomes a function, and the one it depends on. Raises UsageError."""
    for name in (*([] if of is None else [of]), *wrt):
        if name not in names:
            raise UsageError(f"the equation has no variable {name}", help=f"it has {join_words(names, 'and')}")
    if len(wrt) > 1:
        raise UsageError("one variable to differentiate by is asked for", help=f"write --wrt {wrt[0]}")
    if len(names) < 2:
        raise UsageError("an equation in two variables is asked for", help="write 'x^2 + y^2 = 25'")
    if of is None:
        of = "y" if "y" in names and "y" not in wrt else next(name for name in reversed(names) if name not in wrt)
    others = [name for name in names if name != of]
    by = wrt[0] if wrt else "x" if "x" in others else others[0]
    if by == of:
        raise UsageError(f"{of} cannot be both", help=f"write --of {of} --wrt {others[0]}")
    if not wrt and len(others) > 1 and "x" not in others:
        raise UsageError("the variable to differentiate by is not clear", help=f"write --wrt {others[0]}")
    return of, by


def _name_derivative(of: str, by: str, order: int) -> str:
    return f"d{of}/d{by}" if order == 1 else f"d{order}{of}/d{by}{order}"


def _divide(above: Expr, below: Expr) -> Expr:
    return shorten(simplify(make(table.DIV, above, below)))


def _judge(subject: Subject, root: Expr, of: str, by: str) -> _Verdict:
    """Whether the equation makes y a smooth function of x near the point."""
    at = subject.at
    assert at is not None
    value = solve(Problem(root, (), at, subject.digits), expression=False)
    if value.value is None:
        return _Verdict(value.status, None, explain_status(value))
    notes: tuple[str, ...] = ()
    if value.value != 0:
        notes = (
            f"the point is not on the curve: the sides differ by {value.value:.3g}; "
            "the slope is that of the curve through the point on which they differ by as much",
        )
    if not is_analytic(root, (of, by), at):
        return _Verdict("unresolved", None, "the equation is not proved to be smooth around the point", notes)
    steep = solve(Problem(root, (of,), at, subject.digits), expression=False)
    flat = solve(Problem(root, (by,), at, subject.digits), expression=False)
    if steep.value is None or flat.value is None:
        lost = steep if steep.value is None else flat
        return _Verdict(lost.status, lost.kind, explain_status(lost), notes)
    if steep.value != 0:
        return _Verdict("ok", None, "", notes)
    if flat.value != 0:
        return _Verdict(
            "not_differentiable", "vertical_tangent", f"the curve is vertical there: it has {by} fixed", notes
        )
    return _Verdict(
        "undefined", None, "both partial derivatives of the equation are 0 there: the curve may cross itself", notes
    )


# --- curves with a parameter -------------------------------------------------------------------


def _find_parametric(subject: Subject) -> Finding:
    x, y = subject.root, subject.more[0]
    names = variables(x, y)
    if len(subject.wrt) != 1 and "t" not in names and len(names) != 1:
        raise UsageError("the parameter is not clear", help=f"write --wrt {names[0] if names else 't'}")
    t = subject.wrt[0] if len(subject.wrt) == 1 else "t" if "t" in names else names[0]
    if t not in names:
        raise UsageError(f"the curve has no parameter {t}", help=f"its variables are {join_words(names, 'and')}")
    dx, dy = derivative(x, (t,)), derivative(y, (t,))
    last = _divide(dy, dx)
    for _ in range(subject.order - 1):
        last = _divide(derivative(last, (t,)), dx)
    square = make(table.ADD, *(make(table.POW, part, number(2)) for part in (dx, dy)))
    speed = shorten(simplify(make(table.get("sqrt", 1), square)))
    turn = make(
        table.SUB,
        make(table.MUL, dx, derivative(y, (t, t))),
        make(table.MUL, dy, derivative(x, (t, t))),
    )
    curvature = _divide(turn, make(table.POW, speed, number(3)))
    question: dict[str, object] = {
        "of": None, "order": subject.order, "derivative": last, "curvature": curvature, "speed": speed,
    }  # fmt: skip
    if subject.at is None:
        rows: list[tuple[str, Cell]] = [
            ("dy/dx" if subject.order == 1 else f"d{subject.order}y/dx{subject.order}", last)
        ]
        rows += [("curvature", curvature), ("speed", speed)]
        return _finding(subject, (x, y), t, question, facts=[Fact(n, c, "strong") for n, c in rows], plain=rows)
    verdict = _judge_parameter(subject, (x, y), t)
    result = solve(Problem(last, (), subject.at, subject.digits), expression=False) if not verdict.reason else None
    if result is not None and result.value is None:
        verdict = _Verdict(result.status, None, explain_status(result))
    numbers = {
        name: solve(Problem(root, (), subject.at, subject.digits), expression=False).value
        for name, root in (("curvature", curvature), ("speed", speed))
    }
    return _value(subject, (x, y), t, {**question, **numbers}, verdict, result)


def _judge_parameter(subject: Subject, sides: tuple[Expr, Expr], t: str) -> _Verdict:
    """Whether the parameter makes y a smooth function of x near the point."""
    at = subject.at
    assert at is not None
    slopes = [solve(Problem(side, (t,), at, subject.digits), expression=False) for side in sides]
    lost = next((slope for slope in slopes if slope.value is None), None)
    if lost is not None:
        return _Verdict(lost.status, lost.kind, explain_status(lost))
    if not all(is_analytic(side, (t,), at) for side in sides):
        return _Verdict("unresolved", None, "the curve is not proved to be smooth around the point")
    if slopes[0].value != 0:
        return _Verdict("ok")
    if slopes[1].value != 0:
        return _Verdict("not_differentiable", "vertical_tangent", f"the curve is vertical there: dx/d{t} is 0")
    return _Verdict("undefined", None, f"the curve stands still there: dx/d{t} and dy/d{t} are 0")


# --- findings ----------------------------------------------------------------------------------


_FINE = _Verdict("ok")


def _formula(subject: Subject, sides: tuple[Expr, Expr], by: str, title: str, question: dict[str, object]) -> Finding:
    derivative_cell = question["derivative"]
    assert isinstance(derivative_cell, Expr)
    return _finding(
        subject, sides, by, question, facts=[Fact(title, derivative_cell, "strong")], plain=[(derivative_cell,)]
    )


def _value(
    subject: Subject,
    sides: tuple[Expr, Expr],
    by: str,
    question: dict[str, object],
    verdict: _Verdict,
    result: Result | None,
) -> Finding:
    code = 3 if verdict.reason else 0
    cell: Cell = None if result is None else printed_cell(result, subject)
    facts = [] if cell is None else [Fact("value", cell, "strong"), *certificate([result] if result else [])]
    return _finding(
        subject, sides, by, question, facts=facts, plain=[] if code else [(cell,)],
        verdict=verdict, value=None if code or result is None else result.value,
        reference=None if code or result is None else result.reference, code=code,
    )  # fmt: skip


def _finding(
    subject: Subject,
    sides: tuple[Expr, Expr],
    by: str,
    question: dict[str, object],
    *,
    facts: Sequence[Fact],
    plain: Sequence[Sequence[Cell]],
    verdict: _Verdict = _FINE,
    value: float | None = None,
    reference: Result | None = None,
    code: int = 0,
) -> Finding:
    return Finding(
        "implicit",
        expression=sides,
        wrt=(by,),
        at=subject.at,
        status=verdict.status,
        record={**question, "value": value, "kind": verdict.kind, "reference": reference},
        facts=facts,
        sheets=[_sheet(question, value, verdict)],
        brief=Brief([*([Fact("", verdict.reason, "bad")] if verdict.reason else []), *facts]),
        plain=plain,
        sentence=verdict.reason,
        code=code,
        notes=verdict.notes,
        named=False,
        sides=question["of"] is not None,
    )


def _sheet(question: Mapping[str, object], value: float | None, verdict: _Verdict) -> Sheet:
    """What is known, a row for each quantity."""
    cells = {
        "derivative": question["derivative"],
        "value": value,
        **{k: question.get(k) for k in ("curvature", "speed")},
    }
    rows: list[Mapping[Key, Cell]] = [
        {"name": name, "value": cast("Cell", cell), "status": verdict.status}
        for name, cell in cells.items()
        if cell is not None
    ]
    return Sheet((Column("name", ""), Column("value", "value", "code"), Column("status", "status")), rows)
