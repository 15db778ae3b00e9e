"""Functions of numbers that are known up to an error: values, and bounds of how far they are from the truth.

The same rules bound the errors as in `formula`, but the columns have errors of their own, as intermediate results do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import local
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import functions as table
from dcalc.bulk.bound import LIMIT, Arrays
from dcalc.bulk.column_blocks import BLOCK
from dcalc.bulk.formula import Formula, Lowering, always, guards
from dcalc.bulk.ufunc_program import Layout, Machine, Operand
from dcalc.expr import walk

if TYPE_CHECKING:
    from dcalc.expr import Expr


class Estimate(NamedTuple):
    """Numbers, bounds of their absolute errors, and where those hold: arrays of one shape."""

    values: Any
    errors: Any
    sure: Any

    def is_within(self, tolerance: float) -> bool:
        """Whether every error is surely below a share of the largest value."""
        import numpy as np

        return bool((self.sure & (self.errors <= tolerance * np.abs(self.values).max(initial=0.0))).all())


@lru_cache(maxsize=256)
def _layout(root: Expr, names: tuple[str, ...]) -> tuple[Layout, float]:
    """The program of an expression whose columns are followed by their errors, and the slack of its bounds."""
    arrays = Arrays(2 * len(names), bounded=True, careful=True)
    lowering = _start(arrays, names)
    lowering.run([root], always([root]))
    value = lowering.values[root.id]
    sure = arrays.both(arrays.total, arrays.merge(value.sure))
    arrays.program.outputs = [value.v, arrays.error(value), sure]
    return arrays.program.finish(), slack_of(arrays)


def _start(arrays: Arrays, names: tuple[str, ...]) -> Lowering:
    """A graph whose columns have errors: the second half of the columns."""
    lowering = Lowering(arrays, [*names, *[f"{name}'" for name in names]])
    columns = lowering.columns
    lowering.columns = {name: columns[name]._replace(abs=columns[f"{name}'"].v) for name in names}
    return lowering


class _Machines(local):
    """The machines of the last layouts of this thread: to make buffers takes longer than to run over few rows."""

    _MOST = 8

    def __init__(self) -> None:
        self.kept: dict[int, Machine] = {}

    def take(self, layout: Layout) -> Machine:
        machine = self.kept.pop(id(layout), None)
        if machine is None or machine.layout is not layout:
            machine = Machine(layout)
        self.kept[id(layout)] = machine  # the last one used is the last to go
        if len(self.kept) > self._MOST:
            del self.kept[next(iter(self.kept))]
        return machine


_machines = _Machines()


def _run_with_errors(layout: Layout, columns: Sequence[Estimate]) -> Iterator[tuple[int, int, list[Any]]]:
    """As `run_blocks`, of columns that are followed by their errors."""
    return run_blocks(layout, [column.values for column in columns] + [column.errors for column in columns])


def run_blocks(layout: Layout, inputs: Sequence[Any]) -> Iterator[tuple[int, int, list[Any]]]:
    """Where each block starts, how long it is, and its outputs: views that the next block fills again."""
    import numpy as np

    machine = _machines.take(layout)
    size = len(inputs[0])
    with np.errstate(all="ignore"):
        for start in range(0, size, BLOCK):
            length = min(BLOCK, size - start)
            yield start, length, machine.run(inputs, start, length)


def evaluate(root: Expr, names: Sequence[str], columns: Sequence[Estimate]) -> Estimate:
    """The values of an expression in the names, over columns of one length. Linear in rows."""
    estimate, _ = _estimate(_layout(root, tuple(names)), columns)
    return estimate


def _estimate(program: tuple[Layout, float], columns: Sequence[Estimate]) -> tuple[Estimate, bool]:
    """The values that a program gives with its slack, and whether it is smooth in all rows, as far as it tells that."""
    import numpy as np

    layout, slack = program
    size = len(columns[0].values)
    values, errors = np.empty((2, size))
    sure = np.ones(size, dtype=bool)
    is_smooth = True
    for start, length, (value, error, mask, *smooth) in _run_with_errors(layout, columns):
        block = slice(start, start + length)
        values[block], errors[block], sure[block] = value, error, mask
        is_smooth = is_smooth and all(map(np.all, smooth))
    errors *= slack
    for column in columns:
        sure &= column.sure
    return Estimate(values, errors, sure & np.isfinite(values) & np.isfinite(errors)), is_smooth


def write_smooth(
    root: Expr, names: tuple[str, ...], *, joint: bool = False
) -> tuple[Arrays, list[Operand | bool]] | None:
    """The program of `_layout` that also tells where the expression is smooth for sure; None where it has choices.

    What a choice does not take must not be asked for the values of what it takes.
    """
    formula = Formula(root, [], names)
    formula.guards = guards(root)  # as they stand, so that they share their parts with the expression
    needed = [root, *formula.operands()]
    if any(part.op is table.WHERE for part in walk(*needed)):
        return None
    arrays = Arrays(2 * len(names), bounded=True, careful=True, joint=joint)
    lowering = _start(arrays, names)
    lowering.run(needed, always(needed))
    value = lowering.values[root.id]
    sure = arrays.both(arrays.total, arrays.merge(value.sure))
    smooth = arrays.both(arrays.total, formula.guard_mask(lowering))
    return arrays, [value.v, arrays.error(value), sure, smooth]


@lru_cache(maxsize=256)
def _smooth_layout(root: Expr, names: tuple[str, ...]) -> tuple[Layout, float] | None:
    program = write_smooth(root, names)
    if program is None:
        return None
    arrays, outputs = program
    arrays.program.outputs = list(outputs)
    return arrays.program.finish(), slack_of(arrays)


def slack_of(arrays: Arrays) -> float:
    """What makes up for all that the bounds of a program leave out."""
    return 1.0 + 4 * LIMIT * len(arrays.program.steps)


def evaluate_smooth(root: Expr, names: Sequence[str], columns: Sequence[Estimate]) -> tuple[Estimate, bool]:
    """As `evaluate`, and whether the expression is surely smooth in its columns, in all rows."""
    program = _smooth_layout(root, tuple(names))
    if program is None:
        return evaluate(root, names, columns), bool(find_smooth(root, names, columns).all())
    return _estimate(program, columns)


@lru_cache(maxsize=256)
def _quick_layout(root: Expr, names: tuple[str, ...]) -> Layout:
    """The program of an expression without bounds."""
    lowering = Lowering(Arrays(len(names), bounded=False), names)
    lowering.run([root], frozenset())
    program = lowering.arrays.program
    program.outputs = [lowering.values[root.id].v]
    return program.finish()


def evaluate_quickly(root: Expr, names: Sequence[str], columns: Sequence[Any]) -> Any:
    """The values of an expression over arrays of one shape, in doubles without bounds; nan where it has none."""
    import numpy as np

    shape = columns[0].shape
    flat = [column.reshape(-1) for column in columns]
    result = np.empty(flat[0].shape)
    for start, length, (block,) in run_blocks(_quick_layout(root, tuple(names)), flat):
        result[start : start + length] = block
    return result.reshape(shape)


@lru_cache(maxsize=256)
def _guards(root: Expr, names: tuple[str, ...]) -> Layout:
    """The program that tells where an expression and its partial derivatives are smooth for sure."""
    formula = Formula(root, [], names)
    arrays = Arrays(2 * len(names), bounded=True, careful=True)
    lowering = _start(arrays, names)
    needed = formula.operands()
    lowering.run(needed, always(needed))
    arrays.program.outputs = [arrays.both(arrays.total, formula.guard_mask(lowering))]
    return arrays.program.finish()


def find_smooth(root: Expr, names: Sequence[str], columns: Sequence[Estimate]) -> Any:
    """Where an expression is surely smooth in its columns: a mask over rows. Linear in rows."""
    import numpy as np

    size = len(columns[0].values)
    smooth = np.ones(size, dtype=bool)
    for start, length, (mask,) in _run_with_errors(_guards(root, tuple(names)), columns):
        smooth[start : start + length] = mask
    return smooth
