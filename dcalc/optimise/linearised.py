"""A sum of squares near a point, reduced to what does not grow with the number of rows."""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dcalc.optimise.linear import Matrix, Vector, dot, norm, reduce_to_triangle

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Array = NDArray[float64]


class Linearised(NamedTuple):
    """Residuals r and their Jacobian J at a point: J = Q*upper, and ``beside`` is the part of Q^T*r that steps change.

    ``slopes`` are J^T*r, ``lengths`` those of the columns of J. ``total`` is r^T*r, nan where a number is missing.
    """

    rows: int
    total: float
    slopes: Vector
    lengths: Vector
    upper: Matrix
    beside: Vector

    @property
    def gradient(self) -> Vector:
        """The gradient of the mean square."""
        return [2 * slope / self.rows for slope in self.slopes]

    @property
    def largest_cosine(self) -> float:
        """The largest cosine of the angle between the residuals and a column of the Jacobian."""
        length = math.sqrt(self.total)
        if not length:
            return 0.0
        pairs = zip(self.slopes, self.lengths, strict=True)
        return max((abs(slope) / (own * length) for slope, own in pairs if own), default=0.0)

    def hold(self, places: Collection[int]) -> Linearised:
        """The same with columns of 0 for parameters that keep their places."""
        return self._replace(
            slopes=[0.0 if j in places else slope for j, slope in enumerate(self.slopes)],
            lengths=[0.0 if j in places else length for j, length in enumerate(self.lengths)],
            upper=[[0.0 if j in places else entry for j, entry in enumerate(row)] for row in self.upper],
        )

    def select(self, places: Sequence[int]) -> Linearised:
        """The same for some of the parameters; ``upper`` is no longer triangular."""
        return self._replace(
            slopes=[self.slopes[j] for j in places],
            lengths=[self.lengths[j] for j in places],
            upper=[[row[j] for j in places] for row in self.upper],
        )


class SumOfSquares(Protocol):
    """Functions whose squares are summed."""

    def measure(self, x: Sequence[float]) -> float:
        """The sum; nan where a function has no number."""

    def linearise(self, x: Sequence[float]) -> Linearised:
        """The functions and their Jacobian."""


def sum_squares(rest: Sequence[float]) -> float:
    """The sum of squares, rounded once; nan where a number is missing."""
    return math.fsum(map(operator.mul, rest, rest)) if all(map(math.isfinite, rest)) else math.nan


def linearise(rest: Vector, jacobian: Matrix) -> Linearised:
    """Residuals and Jacobian, row by row. Cost: 2*rows*parameters**2."""
    columns = list(zip(*jacobian, strict=True))
    total = sum_squares(rest) if all(all(map(math.isfinite, row)) for row in jacobian) else math.nan
    if not math.isfinite(total):
        return _nothing(len(rest), len(columns))
    upper, beside = reduce_to_triangle(jacobian, rest)
    return Linearised(
        len(rest), total, [dot(column, rest) for column in columns], [norm(column) for column in columns], upper, beside
    )


def linearise_arrays(values: Array) -> Linearised:
    """The same from an array of NumPy whose rows are the residuals and the columns of the Jacobian; sums are some
    roundings off."""
    import numpy as np

    size, rows = len(values) - 1, values.shape[1]
    products = (values @ values[0]).tolist()
    factor: Any = np.linalg.qr(values[_put_last(size)].T, mode="r")
    if not (math.isfinite(products[0]) and np.isfinite(factor).all()):
        return _nothing(rows, size)
    return Linearised(
        rows,
        products[0],
        products[1:],
        [float(np.sqrt(column @ column)) for column in values[1:]],
        factor[:size, :size].tolist(),
        factor[:size, size].tolist(),
    )


@cache
def _put_last(size: int) -> list[int]:
    """The places of so many rows with the first one at the end."""
    return [*range(1, size + 1), 0]


def _nothing(rows: int, size: int) -> Linearised:
    """Where a number is missing."""
    nan = math.nan
    return Linearised(rows, nan, [nan] * size, [nan] * size, [[nan] * size for _ in range(size)], [nan] * size)
