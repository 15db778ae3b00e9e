"""Formulas row by row in plain Python, where there is no NumPy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dcalc.algebra import real
from dcalc.derive import derivative
from dcalc.expr import Expr
from dcalc.simplify import simplify
from dcalc.tape import lower, run


class RowByRow:
    """One expression and its derivatives on one tape over floats.

    Raises Unsupported where a partial has no closed form, LimitError where one grows too large.
    """

    def __init__(self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str]) -> None:
        self.names = names
        roots = [derivative(root, wrt) if wrt else simplify(root) for wrt in targets]
        self.tape = lower(*roots)
        self.places = [self.tape.place(node) for node in roots]

    def run(self, columns: Sequence[Sequence[float]], length: int) -> tuple[list[Any], list[int], list[int]]:
        """(values, doubtful, []): a list a target, and the rows in which a value is not finite."""
        values: list[list[float]] = [[] for _ in self.places]
        doubtful: list[int] = []
        for row in range(length):
            at: dict[str, Any] = {name: float(column[row]) for name, column in zip(self.names, columns, strict=True)}
            found = run(self.tape, at, real.constant, real.evaluator)
            for value, place in zip(values, self.places, strict=True):
                value.append(float(found[place]))
            if not all(math.isfinite(value[-1]) for value in values):
                doubtful.append(row)
        return values, doubtful, []
