"""The gradient of a scalar that is written with vectors and matrices, by each of its variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc.errors import UsageError
from dcalc.expr import natural
from dcalc.finding import Cell, Column, Finding, Key, Sheet, Written
from dcalc.tensor import latex, plain
from dcalc.tensor.gradient import differentiate
from dcalc.tensor.nodes import Node
from dcalc.tensor.reader import Declared, Reading, read
from dcalc.tensor.sizes import write_shape
from dcalc.tensor.tidy import tidy

_WRITERS = {"plain": plain.write, "latex": latex.write}


def find(text: str, wrt: Sequence[str], shapes: Mapping[str, Declared]) -> Finding:
    """The gradient of an expression by the names in ``wrt``, or by all of its variables.

    Each part has the shape of its variable. Raises ParseError for shapes that do not go together, UsageError where
    the expression is no scalar or lacks a name. Cost: some milliseconds.
    """
    reading = read(text, shapes)
    if reading.root.shape:
        raise UsageError(
            f"a gradient is that of a scalar; this is {write_shape(reading.root.shape)}",
            help="write sum(...) or norm(...) around it, or ask for dcalc jacobian",
        )
    names = tuple(wrt) or tuple(natural(reading.variables))
    for name in names:
        if name not in reading.variables:
            raise UsageError(
                f"the expression has no variable {name}", help=f"it has {', '.join(natural(reading.variables))}"
            )
    parts = [tidy(part) for part in differentiate(reading.root, [reading.variables[name] for name in names])]
    return _finding(reading, names, parts)


def as_cell(node: Node) -> Written:
    """A node as a cell, written when a format asks for it."""
    return Written(lambda notation: _WRITERS[notation if notation in _WRITERS else "plain"](node))


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
        notes=reading.notes,
    )


def shapes_by_name(reading: Reading) -> dict[str, list[int | str]]:
    """The shapes of all variables, for records."""
    return {
        name: [size if isinstance(size, int) else str(size) for size in node.shape]
        for name, node in reading.variables.items()
    }


def _sheet(cells: Mapping[str, Written], reading: Reading) -> Sheet:
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
