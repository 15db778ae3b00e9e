"""A function of several variables in doubles: value, gradient, Hessian at points given as lists."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from dcalc.algebra import real
from dcalc.analysis.optimise.linear import Matrix, Vector
from dcalc.derive import derivative
from dcalc.expr import Expr
from dcalc.tape import Tape, lower, run


class Objective(Protocol):
    """What an optimiser asks of a function; nan or an infinity where it has no number."""

    names: Sequence[str]

    def value(self, x: Sequence[float]) -> float:
        """f."""

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""


class Expression:
    """The objective that an expression is, in some of its variables; ``fixed`` holds the others.

    f and all derivatives of an order stand on one tape, so that what they share is
    computed once.
    """

    def __init__(self, root: Expr, names: Sequence[str], fixed: Mapping[str, float]) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self._partials = [derivative(root, (name,)) for name in names]
        self._first = lower(root, *self._partials)
        self._value = lower(root)
        self._second: tuple[Tape, list[list[Expr]]] | None = None

    def value(self, x: Sequence[float]) -> float:
        """f."""
        return float(self._run(self._value, x)[self._value.place(self.root)])

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        values = self._run(self._first, x)
        place = self._first.place
        return float(values[place(self.root)]), [float(values[place(partial)]) for partial in self._partials]

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        tape, rows = self._second or self._derived()
        values = self._run(tape, x)
        lower_half = [[float(values[tape.place(entry)]) for entry in row] for row in rows]
        size = len(lower_half)
        return [[lower_half[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)]

    def _derived(self) -> tuple[Tape, list[list[Expr]]]:
        rows = [
            [derivative(partial, (name,)) for name in self.names[: i + 1]] for i, partial in enumerate(self._partials)
        ]
        self._second = lower(*(entry for row in rows for entry in row)), rows
        return self._second

    def _run(self, tape: Tape, x: Sequence[float]) -> list[Any]:
        inputs = dict(self.fixed)
        inputs.update(zip(self.names, x, strict=True))
        return run(tape, inputs, real.constant, real.evaluator)


def is_finite(f: float, gradient: Sequence[float]) -> bool:
    """Whether one can go on from here."""
    return math.isfinite(f) and all(map(math.isfinite, gradient))
