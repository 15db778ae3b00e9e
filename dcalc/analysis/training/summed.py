"""The mean loss over all rows as an objective, and residuals with their Jacobian."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from copy import copy

from dcalc.analysis.optimise.linear import Matrix, Vector
from dcalc.analysis.optimise.objective import second_derivatives, symmetric
from dcalc.analysis.training.rows import Column, Rows
from dcalc.derive import derivative
from dcalc.expr import Expr


class MeanLoss:
    """The mean of an expression over the rows, as an objective in the parameters."""

    def __init__(self, row: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        self.row = row
        self.names = names
        self.columns = columns
        self._partials = [derivative(row, (name,)) for name in names]
        self._value = Rows([row], columns)
        self._gradient = Rows([row, *self._partials], columns)
        self._hessian: Rows | None = None

    def value(self, x: Sequence[float]) -> float:
        """The mean loss."""
        return _mean(self._value.at(self._named(x))[0])

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """The mean loss and its gradient."""
        value, *partials = map(_mean, self._gradient.at(self._named(x)))
        return value, partials

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives of the mean loss."""
        if self._hessian is None:
            self._hessian = Rows(second_derivatives(self._partials, self.names), self.columns)
        return symmetric(list(map(_mean, self._hessian.at(self._named(x)))), len(self.names))

    def of(self, rows: Sequence[int]) -> MeanLoss:
        """The mean over some of the rows: a batch."""
        part = copy(self)
        part.columns = {name: [column[row] for row in rows] for name, column in self.columns.items()}
        part._value, part._gradient = self._value.over(part.columns), self._gradient.over(part.columns)
        part._hessian = None
        return part

    def _named(self, x: Sequence[float]) -> dict[str, float]:
        return dict(zip(self.names, x, strict=True))


class Residuals:
    """Residuals of all rows, and their Jacobian: a row of it for each row of data."""

    def __init__(self, residual: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        self.names = names
        self._value = Rows([residual], columns)
        self._jacobian = Rows([residual, *(derivative(residual, (name,)) for name in names)], columns)

    def at(self, x: Sequence[float]) -> Vector:
        """The residuals."""
        return self._value.at(dict(zip(self.names, x, strict=True)))[0]

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The residuals and their Jacobian."""
        residuals, *columns = self._jacobian.at(dict(zip(self.names, x, strict=True)))
        return residuals, [list(row) for row in zip(*columns, strict=True)]


def _mean(values: Sequence[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except (OverflowError, ValueError):  # infinities of both signs, or a sum beyond a double
        return math.nan
