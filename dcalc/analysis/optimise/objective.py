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
        self._second: tuple[Tape, list[Expr]] | None = None

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
        if self._second is None:
            entries = second_derivatives(self._partials, self.names)
            self._second = lower(*entries), entries
        tape, entries = self._second
        values = self._run(tape, x)
        return symmetric([float(values[tape.place(entry)]) for entry in entries], len(self.names))

    def _run(self, tape: Tape, x: Sequence[float]) -> list[Any]:
        inputs = dict(self.fixed)
        inputs.update(zip(self.names, x, strict=True))
        return run(tape, inputs, real.constant, real.evaluator)


def second_derivatives(partials: Sequence[Expr], names: Sequence[str]) -> list[Expr]:
    """The lower half of the Hessian, row by row."""
    return [derivative(partial, (name,)) for i, partial in enumerate(partials) for name in names[: i + 1]]


def symmetric(half: Sequence[Any], size: int) -> list[list[Any]]:
    """The matrix of which that is the lower half."""
    return [[half[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(size)] for i in range(size)]


def is_finite(f: float, gradient: Sequence[float]) -> bool:
    """Whether one can go on from here."""
    return math.isfinite(f) and all(map(math.isfinite, gradient))
