"""Models with vectors of parameters: that of one row as an expression of scalars, which every fit knows.

`X` is the row of all columns that have no other part in the fit, in their order; `[x1, x2]` is a row of some columns.
A parameter with axes is one for each entry: w is w0, w1, ..., W is W0_0, W0_1, ...
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import product
from math import prod
from typing import TYPE_CHECKING, NamedTuple

from dcalc.errors import UsageError
from dcalc.expr import symbol
from dcalc.notation import write
from dcalc.tensor.reader import Reading, lower_steps, read
from dcalc.tensor.sizes import Declared, write_shape

if TYPE_CHECKING:
    from dcalc.io.nested import ArrayValue

ROW = "X"
"""What the row of all other columns is called."""


class RowModel(NamedTuple):
    """A model of one row: its text in scalars, the entries of each parameter with axes, and what people are told."""

    text: str
    entries: Mapping[str, Sequence[str]]
    shapes: Mapping[str, tuple[int, ...]]
    notes: tuple[str, ...]


def lower_model(text: str, shapes: Mapping[str, Declared], columns: Sequence[str], apart: Sequence[str]) -> RowModel:
    """The model of a row in scalars. ``apart`` are the columns that are not part of `X`: the target first, and others.

    Raises ParseError for shapes that do not go together, UsageError where the model of a row is not a scalar or the
    shape of a parameter is not known. Cost: linear in the operations of a row.
    """
    declared = {name: Declared(()) for name in columns} | dict(shapes)
    row: list[str] = []
    words = set(re.findall(r"[^\W\d]\w*", text))
    if ROW in words and ROW not in columns:
        if not any(name in columns for name in apart[:1]):
            raise UsageError("no target is given", help="write --target and the name of a column, or y = X@w + b")
        row = [name for name in columns if name not in {*apart, *words}]
        _check_names(row)
        declared[ROW] = Declared((len(row),))
    reading = read(text, declared)
    if reading.root.shape:
        raise UsageError(
            f"the model of a row is a scalar; this is {write_shape(reading.root.shape)}",
            help="write X@w for the product of a row with a vector, and --shape for others",
        )
    parameters = {name: node for name, node in reading.variables.items() if node.shape and name != ROW}
    fixed = {name: _fix_shape(name, reading) for name in parameters}
    taken = {*columns, *reading.variables}
    entries = {name: _name_entries(name, shape, taken) for name, shape in fixed.items()}
    given = {name: list(map(symbol, names)) for name, names in entries.items()}
    if row:
        given[ROW] = list(map(symbol, row))
    (root,) = lower_steps(reading.list_steps(), {}, given).entries
    notes = [f"{ROW} is the row {', '.join(row)}"] if ROW in given else []
    notes += [f"{name} is {', '.join(names)}" for name, names in entries.items()]
    return RowModel(write(root), entries, fixed, tuple(notes))


def flatten_start(model: RowModel, values: Mapping[str, ArrayValue]) -> dict[str, float]:
    """The starts of all entries. Raises UsageError for one that has another shape than its parameter."""
    from dcalc.coordinates import nearest_double

    start: dict[str, float] = {}
    for name, value in values.items():
        shape = model.shapes.get(name, ())
        if value.shape != shape:
            own, other = write_shape(shape), write_shape(value.shape)
            raise UsageError(f"{name} is {own}; its start is {other}", help="correct --from or --shape")
        start.update(zip(model.entries.get(name, [name]), map(nearest_double, value.entries), strict=True))
    return start


def _check_names(names: Sequence[str]) -> None:
    for name in names:
        if not name.isidentifier():
            raise UsageError(f"the column {name!r} has no name for a model", help=f"give it one: --column 'x1={name}'")
    if not names:
        raise UsageError("no column is left for X", help="name the columns: [x1, x2]@w")


def _fix_shape(name: str, reading: Reading) -> tuple[int, ...]:
    shape = reading.variables[name].shape
    lengths = tuple(size for size in shape if isinstance(size, int))
    if len(lengths) < len(shape):
        example = " x ".join(str(size) if isinstance(size, int) else "4" for size in shape)
        raise UsageError(f"the shape of {name} is not known", help=f"declare it: --shape '{name}: {example}'")
    return lengths


def _name_entries(name: str, shape: tuple[int, ...], taken: set[str]) -> list[str]:
    """Names for the entries of a parameter, which nothing else has."""
    base = f"{name}_" if name[-1].isdigit() else name
    while True:
        names = [base + "_".join(map(str, index)) for index in product(*map(range, shape))]
        if not taken.intersection(names):
            break
        base += "_"
    taken.update(names)
    assert len(names) == prod(shape)
    return names
