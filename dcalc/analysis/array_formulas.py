"""Derivatives of expressions of arrays as formulas: one derivative, Jacobians, Hessians, and simplified forms.

At values they are lists of certified entries: each is asked of the expression as it was typed. Where there would be too
many they are doubles with proved bounds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product as cross
from typing import TYPE_CHECKING, Any, Literal

from dcalc.analysis.array_gaps import note_lost_values
from dcalc.analysis.array_point import require_variables
from dcalc.errors import UsageError
from dcalc.expr import likely_arguments, natural
from dcalc.finding import ArrayFormula, Cell, Column, Finding, Key, Sheet
from dcalc.io.nested import nest, nest_entries
from dcalc.numbers.rounding import finite_or_none
from dcalc.tensor import plain
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.lower import entry_names
from dcalc.tensor.nodes import Node, list_lengths
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import Declared, write_shape

if TYPE_CHECKING:
    from dcalc.analysis.array_point import Answer, Given, Part
    from dcalc.problem import Result

Command = Literal["diff", "jacobian", "hessian", "simplify", "eval"]


def as_cell(node: Node) -> ArrayFormula:
    """A node as a cell, written when a format asks for it."""
    return ArrayFormula(lambda notation: _write(node, notation))


def _write(node: Node, notation: str) -> str:
    if notation != "latex":
        return plain.write(node)
    from dcalc.tensor import latex

    return latex.write(node)


def shapes_by_name(reading: Reading) -> dict[str, list[int | str]]:
    """The shapes of all variables, for records."""
    return {
        name: [size if isinstance(size, int) else str(size) for size in node.shape]
        for name, node in reading.variables.items()
    }


def choose_names(reading: Reading, wrt: Sequence[str]) -> tuple[str, ...]:
    """The variable to differentiate by: the one that is named, the only one, or the usual one. Raises UsageError."""
    require_variables(reading, wrt)
    known = natural(reading.variables)
    likely = likely_arguments(known)
    names = tuple(wrt) or (tuple(known) if len(known) == 1 else tuple(likely) if len(likely) == 1 else ())
    if not names:
        raise UsageError(
            "the expression has several variables", help=f"name one: --wrt {known[0]}" if known else "--wrt x"
        )
    return names


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    given: Given | None,
    digits: int,
    *,
    command: Command,
    order: int = 1,
    is_expanded: bool = False,
) -> Finding:
    """What a command finds of an expression of arrays, as a formula, or as entries where values are given.

    A derivative has the axes of the expression first, those of the variable after them. Raises ParseError for shapes
    that do not go together, UsageError for what does not fit. Cost: some milliseconds for a formula; for entries that
    of as many certified derivatives, or of NumPy's operations where these would be too many.
    """
    reading = read(text, shapes)
    if command in ("simplify", "eval"):
        if command == "eval" and not (given or reading.variables or list_lengths(reading.root)):
            from dcalc.analysis.array_point import Given

            given = Given({}, {})
        return _find_value(reading, command, given, digits, is_expanded)
    if command == "hessian" and reading.root.shape:
        raise UsageError(
            f"a Hessian is that of a scalar; this is {write_shape(reading.root.shape)}", help="ask for dcalc jacobian"
        )
    every = tuple(natural(reading.variables))
    names = choose_names(reading, wrt or (every if command in ("jacobian", "hessian") else ()))
    if command == "diff" and len(names) > 1:
        raise UsageError("diff is by one variable", help=f"write --wrt {names[0]}, or ask for dcalc grad")
    times = 2 if command == "hessian" else order
    derivatives = _differentiate(reading, names, times)
    answer = None if given is None else derivatives_at(reading, [*derivatives], given, digits)
    return _finding(command, reading, names, derivatives, given, answer, times)


Keys = tuple[str, ...]


def _differentiate(reading: Reading, names: Keys, order: int) -> dict[Keys, Node]:
    """The derivatives of an order by the variables: by pairs of them for second ones."""
    nodes: dict[Keys, Node] = {(): reading.root}
    for _ in range(order):
        after: dict[Keys, Node] = {}
        for keys, node in nodes.items():
            parts = differentiate(node, [reading.variables[name] for name in names])
            after.update({(*keys, name): tidy(part) for name, part in zip(names, parts, strict=True)})
        nodes = after
    return nodes


# --- at values ---------------------------------------------------------------------------------


def derivatives_at(reading: Reading, names: Sequence[Keys], given: Given, digits: int) -> Answer:
    """The derivatives by variables in turn, or the expression itself by none; the parts go by the names, with commas.

    Entries are certified one by one; where these are too many they are doubles with proved bounds. Raises UsageError
    where values are missing.
    """
    from dcalc.analysis.array_point import Answer, Part, check_names, estimate_derivatives, is_large, join_notes

    check_names(reading, given)
    if is_large(reading, names, given):
        return estimate_derivatives(reading, names, given)
    parts: dict[str, Part] = {}
    for keys in names:
        results, shape = entries_at(reading, keys, given, digits)
        parts[",".join(keys)] = Part(shape, [one.value for one in results], results)
    every = [one for part in parts.values() for one in part.results]
    lacking = [("", one) for one in every if one.code]
    worst = lacking[0][1] if lacking else None
    return Answer(
        None, parts, worst.status if worst else "ok", worst.kind if worst else None, worst.reason if worst else "",
        join_notes(every), lacking,
    )  # fmt: skip


def entries_at(reading: Reading, keys: Keys, given: Given, digits: int) -> tuple[list[Result], tuple[int, ...]]:
    """The certified entries of the derivative by some variables in turn, or of the expression itself, with its shape.

    Raises UsageError where values are missing.
    """
    from dcalc.analysis.array_point import check_names, lower_at
    from dcalc.problem import Problem
    from dcalc.solver import solve

    check_names(reading, given)
    whole, at = lower_at(reading.list_steps(), given)
    shape = whole.shape
    for name in keys:
        shape += given.arrays[name].shape
    results = [
        solve(Problem(root, names, at, digits), expression=False)
        for root in whole.entries
        for names in cross(*(entry_names(name, given.arrays[name].shape) for name in keys))
    ]
    return results, shape


def _find_value(reading: Reading, command: Command, given: Given | None, digits: int, is_expanded: bool) -> Finding:
    """The expression itself, in normal form, multiplied out, or at values."""
    if is_expanded:
        from dcalc.tensor.equality import expand

        result = expand(reading.root)
    else:
        result = tidy(reading.root)
    if command == "simplify" or given is None:
        return Finding(
            command,
            expression=as_cell(reading.root),
            record={"result": as_cell(result)} if command == "simplify" else {"value": None},
            plain=[(as_cell(result),)],
            formulas=[("", as_cell(result))],
            sheets=[Sheet((Column("result", "result", "code"),), [{"result": as_cell(result)}])],
            notes=(*reading.notes, *note_lost_values(reading.requirements, [result])),
        )
    answer = derivatives_at(reading, [()], given, digits)
    (part,) = answer.parts.values()
    value = _nest(part)
    return Finding(
        command,
        expression=as_cell(reading.root),
        at={name: nest(one) for name, one in given.arrays.items()},
        status=answer.status,
        record={"value": value, "reference": part.results[0].reference if part.results and not part.shape else None},
        plain=[] if answer.code else [(_text(value),)],
        sheets=[Sheet((Column("value", "value", "number"),), [{"value": _text(value)}])],
        sentence=answer.reason,
        code=answer.code,
        notes=(*reading.notes, *answer.notes),
    )


def _nest(part: Part) -> Any:
    return nest_entries([finite_or_none(value) for value in part.values], part.shape)


def _text(value: Any) -> str:
    return repr(value).replace("None", "nan")


# --- the finding -------------------------------------------------------------------------------


def _finding(
    command: Command,
    reading: Reading,
    names: Keys,
    derivatives: Mapping[Keys, Node],
    given: Given | None,
    answer: Answer | None,
    order: int,
) -> Finding:
    cells: dict[Keys, Cell] = {keys: as_cell(node) for keys, node in derivatives.items()}
    numbers: dict[Keys, Any] = {}
    if answer is not None:
        numbers = {keys: _nest(answer.parts[",".join(keys)]) for keys in derivatives}
        cells = {keys: _text(number) for keys, number in numbers.items()}
    rows = [
        (",".join(keys), cell)
        for keys, cell in cells.items()
        if command != "hessian" or list(keys) == sorted(keys, key=names.index)
    ]
    sheet = _sheet(rows, derivatives)
    formulas = {keys: as_cell(node) for keys, node in derivatives.items()}
    question: dict[str, Any] = {"shapes": shapes_by_name(reading)}
    if command == "diff":
        question = {"order": order, "derivative": next(iter(formulas.values())), **question}
        record: dict[str, Any] = {
            "f": None, "value": next(iter(numbers.values()), None), "left": None, "right": None, "kind": None,
            "reference": None, "backends": [],
        }  # fmt: skip
    elif command == "jacobian":
        value: Any = [{name: cell for (name,), cell in (numbers or cells).items()}]
        record = {"value": value, "components": [], "reference": []}
    else:
        record = {"value": _nest_pairs(numbers or cells), "eigenvalues": None, "definiteness": None}
    lines: list[tuple[Cell, ...]] = [(cell,) for _, cell in rows] if command == "diff" else list(rows)
    return Finding(
        command,
        expression=as_cell(reading.root),
        wrt=names if command != "diff" else names * order,
        at=None if given is None else {name: nest(one) for name, one in given.arrays.items()},
        status=answer.status if answer else "ok",
        question=question,
        record=record,
        sheets=[sheet],
        data=sheet,
        entry=sheet,
        plain=[] if answer and answer.code else lines,
        formulas=None if answer else rows,
        sentence=answer.reason if answer else "",
        code=answer.code if answer else 0,
        notes=(*reading.notes, *(answer.notes if answer else _note_lost(reading, derivatives))),
    )


def _note_lost(reading: Reading, derivatives: Mapping[Keys, Node]) -> list[str]:
    """Where the formulas hold; values have a verdict each."""
    return note_lost_values(reading.requirements, list(derivatives.values()), tuple(reading.variables))


def _nest_pairs(cells: Mapping[Keys, Any]) -> dict[str, dict[str, Any]]:
    """Second derivatives by one variable and the other."""
    rows: dict[str, dict[str, Any]] = {}
    for (first, second), cell in cells.items():
        rows.setdefault(first, {})[second] = cell
    return rows


def _sheet(rows: Sequence[tuple[str, Cell]], derivatives: Mapping[Keys, Node]) -> Sheet:
    columns = (
        Column("variable", "variable", "code"),
        Column("shape", "shape"),
        Column("derivative", "derivative", "code"),
    )
    shapes = {",".join(keys): write_shape(node.shape) for keys, node in derivatives.items()}
    lines: list[Mapping[Key, Cell]] = [
        {"variable": name, "shape": shapes[name], "derivative": cell} for name, cell in rows
    ]
    return Sheet(columns, lines)
