"""The gradient of a scalar that is written with vectors and matrices, by each of its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.analysis.array_formulas import as_cell, shapes_by_name
from dcalc.analysis.array_gaps import note_lost_values
from dcalc.analysis.array_point import Answer, Given, Part, differentiate_at, read_scalar
from dcalc.finding import ArrayFormula, Cell, Column, Fact, Finding, Key, Sheet
from dcalc.io.nested import nest, nest_entries, write_nested
from dcalc.numbers.rounding import format_number
from dcalc.tensor.gradient import differentiate, tidy
from dcalc.tensor.nodes import Node
from dcalc.tensor.reader import Reading
from dcalc.tensor.sizes import Declared, write_shape


def find(text: str, wrt: Sequence[str], shapes: Mapping[str, Declared], given: Given | None, digits: int) -> Finding:
    """The gradient of an expression by the names in ``wrt``, or by all of its variables, at values if they are given.

    Each part has the shape of its variable. Raises ParseError for shapes that do not go together, UsageError where
    the expression is not a scalar or lacks a name, or where values do not fit. Cost: some milliseconds for the formula.
    """
    fix = "write sum(...) or norm(...) around it, or ask for dcalc jacobian"
    reading, names = read_scalar(text, shapes, wrt, "a gradient is that of", fix)
    parts = [tidy(part) for part in differentiate(reading.root, [reading.variables[name] for name in names])]
    if given is not None:
        return _finding_at(reading, names, parts, given, differentiate_at(reading, names, given, digits))
    return _finding(reading, names, parts)


def _finding(reading: Reading, names: tuple[str, ...], parts: Sequence[Node]) -> Finding:
    cells = dict(zip(names, map(as_cell, parts), strict=True))
    sheet = _sheet(cells, reading)
    return Finding(
        "grad",
        expression=as_cell(reading.root),
        wrt=names,
        several=True,
        question={"order": 1, "derivative": cells, "shapes": shapes_by_name(reading)},
        record={
            "kind": None,
            "f": None,
            "value": None,
            "norm": None,
            "components": {},
            "reference": None,
            "backends": [],
        },
        sheets=[sheet],
        data=sheet,
        entry=sheet,
        plain=list(cells.items()),
        formulas=list(cells.items()),
        notes=(*reading.notes, *note_lost_values(reading.requirements, parts, names)),
    )


def _finding_at(
    reading: Reading, names: tuple[str, ...], parts: Sequence[Node], given: Given, answer: Answer
) -> Finding:
    """The record of a gradient at values."""
    from dcalc.analysis.grad import component

    values = {name: nest_entries(part.values, part.shape) for name, part in answer.parts.items()}
    length = answer.norm
    cells = dict(zip(names, map(as_cell, parts), strict=True))
    texts = {name: array_cell(value) for name, value in values.items()}
    sheet = Sheet(
        (Column("variable", "variable", "code"), Column("shape", "shape"), Column("value", "value", "number")),
        [
            {"variable": name, "shape": write_shape(answer.parts[name].shape), "value": text}
            for name, text in texts.items()
        ],
        is_answer=True,
    )
    facts = [Fact("norm", format_number(length), "dim")] if length is not None else []
    code = 3 if answer.reason else 0
    return Finding(
        "grad",
        expression=as_cell(reading.root),
        wrt=names,
        several=True,
        at={name: nest(value) for name, value in given.arrays.items()},
        status=answer.status,
        code=code,
        sentence=answer.reason if code else "",
        question={"order": 1, "derivative": cells, "shapes": shapes_by_name(reading)},
        record={
            "kind": answer.kind,
            "f": answer.f,
            "value": values,
            "norm": length,
            "components": {entry: component(result) for entry, result in answer.lacking},
            "reference": {name: _digits(part) for name, part in answer.parts.items()},
            "bound": {name: part.bound for name, part in answer.parts.items()},
            "backends": [],
        },
        facts=facts,
        sheets=[sheet],
        data=sheet,
        entry=sheet,
        plain=[] if code else list(texts.items()),
        lacking=[(result.status, f"by {entry}: {result.reason}") for entry, result in answer.lacking[:_MOST_NAMED]]
        or None,
        notes=(*reading.notes, *answer.notes),
    )


_MOST_NAMED = 10
"""Entries without a derivative that are named."""


def array_cell(value: object) -> ArrayFormula:
    """An array of doubles as text that --at takes, nan where an entry has no value."""
    return ArrayFormula(lambda _notation: write_nested(value))


def _digits(part: Part) -> object:
    """The digits of each entry, in the shape of the variable; None where they are not known."""
    if not part.results:
        return None
    return nest_entries([None if one.reference is None else one.reference.decimal for one in part.results], part.shape)


def _sheet(cells: Mapping[str, ArrayFormula], reading: Reading) -> Sheet:
    columns = (
        Column("variable", "variable", "code"),
        Column("shape", "shape"),
        Column("derivative", "derivative", "code"),
    )
    rows: list[Mapping[Key, Cell]] = [
        {"variable": name, "shape": write_shape(reading.variables[name].shape), "derivative": cell}
        for name, cell in cells.items()
    ]
    return Sheet(columns, rows)
