"""Expressions over many rows by NumPy, where it is installed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from dcalc.algebra.arrays.bound import Arrays
from dcalc.algebra.arrays.lowering import Lowering
from dcalc.algebra.arrays.program import Machine
from dcalc.expr import Expr, variables

FEWEST = 512
"""Rows below which a program costs more to write than it saves."""
_BLOCK = 16_384


def worth_it(rows: int) -> bool:
    """Whether there are rows enough, and NumPy."""
    return rows >= FEWEST and find_spec("numpy") is not None


class Tall:
    """Several expressions as one program over blocks of rows, each value within some ulps."""

    def __init__(self, roots: Sequence[Expr]) -> None:
        self.names = variables(*roots)
        lowering = Lowering(Arrays(len(self.names), bounded=False), self.names)
        lowering.run(roots, frozenset())
        program = lowering.arrays.program
        program.outputs = [lowering.values[root.id].v for root in roots]
        self.machine = Machine(program.finished())

    def at(
        self, columns: Mapping[str, Sequence[float]], parameters: Mapping[str, float], rows: int
    ) -> list[list[float]]:
        """A column of values for each expression."""
        import numpy as np

        inputs = [
            np.asarray(columns[name]) if name in columns else np.broadcast_to(parameters[name], rows)
            for name in self.names
        ]
        found: list[Any] = [np.empty(rows) for _ in self.machine.layout.outputs]
        with np.errstate(all="ignore"):
            for start in range(0, rows, _BLOCK):
                size = min(_BLOCK, rows - start)
                for column, part in zip(found, self.machine.run(inputs, start, size), strict=True):
                    column[start : start + size] = part
        return [column.tolist() for column in found]
