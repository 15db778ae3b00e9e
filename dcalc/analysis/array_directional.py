"""The derivative of an expression of arrays along a direction, at values: each entry is certified as it was typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from dcalc import functions as table
from dcalc.analysis.array_formulas import as_cell, shapes_by_name
from dcalc.analysis.array_gradient import array_cell
from dcalc.analysis.array_point import Given, check_names, fit_values, lower_at
from dcalc.analysis.toolkit import Direction
from dcalc.errors import UsageError
from dcalc.expr import ZERO, make, symbol
from dcalc.finding import Column, Finding, Sheet
from dcalc.io.arrays import read_arrays
from dcalc.io.nested import nest, nest_entries
from dcalc.numbers.rounding import finite_or_none
from dcalc.problem import Problem
from dcalc.tensor.lower import entry_names
from dcalc.tensor.reader import lower_steps, read
from dcalc.tensor.sizes import Declared, write_shape


def find(
    text: str,
    wrt: Sequence[str],
    shapes: Mapping[str, Declared],
    given: Given | None,
    digits: int,
    *,
    along: str | Direction,
    command: Literal["grad", "jacobian"] = "grad",
) -> Finding:
    """The derivative along a direction, which gives arrays to variables: `x=[1,0],b=[0,0,1]`; others stay.

    It has the shape of the expression. Raises UsageError without values, or for a direction that does not fit them.
    Cost: that of as many certified derivatives by one variable.
    """
    from dcalc.solver import solve

    if given is None:
        raise UsageError("a direction of arrays needs values", help="add --at 'x=[1,2]'")
    if not isinstance(along, str):
        if any(name is None for name, _ in along):
            raise UsageError("a direction of arrays has names", help="write --along 'x=[1,0]'")
        along = ",".join(f"{name}={value!r}" for name, value in along)
    direction = read_arrays([along])
    reading = read(text, shapes)
    check_names(reading, given)
    if command == "grad" and reading.root.shape:
        raise UsageError(
            f"a gradient is that of a scalar; this is {write_shape(reading.root.shape)}", help="ask for dcalc jacobian"
        )
    for name in direction:
        if name not in reading.variables or (wrt and name not in wrt):
            raise UsageError(f"--along names {name}, which is not differentiated by", help="leave it out")
    fit_values({name: Declared(given.arrays[name].shape) for name in direction}, direction)
    steps = reading.list_steps()
    _, at = lower_at(steps, given)
    taken = set(reading.variables)
    step = next(name for name in ("t", "h", "s", *(f"t{k}" for k in range(1, len(taken) + 2))) if name not in taken)
    moved = {}
    for name, value in direction.items():
        names = entry_names(name, given.arrays[name].shape)
        slopes = [f"d{entry}" for entry in names]
        at.update(zip(slopes, value.entries, strict=True))
        moved[name] = [
            make(table.ADD, symbol(entry), make(table.MUL, symbol(step), symbol(slope)))
            for entry, slope in zip(names, slopes, strict=True)
        ]
    whole = lower_steps(steps, given.sizes, moved)
    at[step] = ZERO
    results = [solve(Problem(root, (step,), at, digits), expression=False) for root in whole.entries]
    lacking = next((one for one in results if one.code), None)
    value = nest_entries([finite_or_none(one.value) for one in results], whole.shape)
    record: dict[str, Any] = {"along": {name: nest(one) for name, one in direction.items()}, "value": value}
    if command == "jacobian":
        record.update(components=[], reference=[])
    else:
        (first,) = results
        record.update(derivative=None, kind=first.kind, left=first.left, right=first.right, reference=first.reference)
    sheet = Sheet((Column("value", "value", "number"),), [{"value": array_cell(value)}])
    return Finding(
        command,
        expression=as_cell(reading.root),
        wrt=tuple(direction),
        at={name: nest(one) for name, one in given.arrays.items()},
        status=lacking.status if lacking else "ok",
        question={"shapes": shapes_by_name(reading)},
        record=record,
        sheets=[sheet],
        data=sheet,
        plain=[] if lacking else [(array_cell(value),)],
        sentence=lacking.reason if lacking else "",
        code=lacking.code if lacking else 0,
        notes=reading.notes,
    )
