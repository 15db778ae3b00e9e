"""Small dense linear algebra on lists of rows, in doubles: what the optimisers need and no more.

These routines are written out since dcalc fits without NumPy, which is an extra. With it, only the QR factorisation
of tall matrices goes to LAPACK: for the few parameters of a fit the rest is faster than converting to arrays,
and a second code path would round differently, so that answers would depend on what is installed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Sequence
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from numpy import float64
    from numpy.typing import NDArray

    Array = NDArray[float64]


_SMALL = 40
"""Size up to which all eigenvalues are computed; Jacobi's rotations cost the cube of it."""
_TALL = 512
"""Rows at which a factorisation outweighs the time it takes to load NumPy."""
Vector = list[float]
Matrix = list[Vector]


def dot(a: Sequence[float], b: Sequence[float]) -> float:
    """The inner product of vectors of one length; its sum is rounded once."""
    return math.fsum(map(operator.mul, a, b))


def norm(a: Sequence[float]) -> float:
    """The Euclidean length, without overflow."""
    return math.hypot(*a)


def cholesky(matrix: Matrix) -> Matrix | None:
    """The lower factor L of a symmetric matrix L*L^T; None where the matrix is not positive definite."""
    size = len(matrix)
    lower: Matrix = [[0.0] * size for _ in range(size)]
    for i in range(size):
        for j in range(i + 1):
            rest = matrix[i][j] - dot(lower[i][:j], lower[j][:j])
            if i == j:
                if not rest > 0:
                    return None
                lower[i][i] = math.sqrt(rest)
            else:
                lower[i][j] = rest / lower[j][j]
    return lower


def solve_factored(lower: Matrix, right: Sequence[float]) -> Vector:
    """x with L*L^T*x = right."""
    size = len(lower)
    y: Vector = []
    for i in range(size):
        y.append((right[i] - dot(lower[i][:i], y)) / lower[i][i])
    x = [0.0] * size
    for i in reversed(range(size)):
        rest = math.fsum([y[i], *(-lower[k][i] * x[k] for k in range(i + 1, size))])
        x[i] = rest / lower[i][i]
    return x


def solve_least_squares(rows: Matrix, right: Sequence[float]) -> tuple[Vector, Matrix]:
    """(x, R): the x that minimises |rows*x - right|, and the upper factor R of rows = Q*R.

    By Householder reflections (Golub and Van Loan, Matrix Computations, 4th ed., 5.3.2), which lose half as
    many digits as normal equations. The coefficient of a column that depends on earlier ones is 0.
    Cost: 2*m*n**2.
    """
    upper, rest = reduce_to_triangle(rows, right)
    width = len(upper)
    x = [0.0] * width
    scale = max((abs(upper[k][k]) for k in range(width)), default=0.0)
    for i in reversed(range(min(width, len(rows)))):
        # A pivot far below the rounding of the largest is noise; dividing by it would fill x with it.
        if abs(upper[i][i]) > 1e-300 + 2.0**-52 * scale * 1e-3:
            x[i] = (rest[i] - dot(upper[i][i + 1 :], x[i + 1 :])) / upper[i][i]
    return x, upper


def reduce_to_triangle(rows: Matrix, right: Sequence[float]) -> tuple[Matrix, Vector]:
    """(R, c): rows = Q*R with R square and upper triangular, and c the first rows of Q^T*right.

    The x that minimises |R*x - c| minimises |rows*x - right|, also when the same rows are appended to both.
    Tall matrices go to NumPy (LAPACK's geqrf) where it is installed. Cost: 2*m*n**2.
    """
    height, width = len(rows), len(rows[0])
    if height >= _TALL and find_spec("numpy") is not None:
        return _reduce_by_lapack(rows, right, width)
    columns = [[row[j] for row in rows] for j in range(width)]
    rest = list(right)
    upper: Matrix = [[0.0] * width for _ in range(width)]
    for k in range(min(width, height)):
        _reflect(columns, rest, upper, k)
    return upper, [*rest[:width], *[0.0] * (width - height)]


def _reduce_by_lapack(rows: Matrix, right: Sequence[float], width: int) -> tuple[Matrix, Vector]:
    import numpy as np

    factor: Any = np.linalg.qr(np.column_stack([np.array(rows), np.array(right)]), mode="r")
    return factor[:width, :width].tolist(), factor[:width, width].tolist()


def _reflect(columns: Matrix, rest: Vector, upper: Matrix, k: int) -> None:
    """Reflect all columns and ``rest``, in place, so that column k is zero below its diagonal."""
    pivot = columns[k]
    length = norm(pivot[k:])
    if length:
        sign = math.copysign(1.0, pivot[k])
        direction = [part / length for part in pivot[k:]]  # of unit length, since squares of tiny numbers underflow
        direction[0] += sign
        half = sign * direction[0]
        for column in [*columns[k + 1 :], rest]:
            factor = dot(direction, column[k:]) / half
            for offset, part in enumerate(direction):
                column[k + offset] -= factor * part
        upper[k][k] = -sign * length
    for j in range(k + 1, len(columns)):
        upper[k][j] = columns[j][k]


def largest_eigenvalue(matrix: Matrix) -> float:
    """The largest absolute eigenvalue of a symmetric matrix.

    For large matrices it has a few right digits, by Lanczos' iteration (Golub and Van Loan, 10.1).
    Cost: n**3 for small n, then 40*n**2.
    """
    if len(matrix) > _SMALL:
        matrix = _project(matrix, _SMALL)
    return max(map(abs, eigenvalues(matrix)), default=0.0)


def _project(matrix: Matrix, size: int) -> Matrix:
    """The matrix on a Krylov space, where its extreme eigenvalues are almost unchanged."""
    basis: Matrix = []
    small: Matrix = [[0.0] * size for _ in range(size)]
    vector = [1 + 0.5 * math.sin(k) for k in range(len(matrix))]
    for k in range(size):
        for _ in range(2):  # twice is enough (Giraud, Langou and Rozloznik 2005)
            for base in basis:
                part = dot(base, vector)
                vector = [a - part * b for a, b in zip(vector, base, strict=True)]
        length = norm(vector)
        if k and length <= 1e-12 * norm([row[k - 1] for row in small]):
            break
        basis.append([part / length for part in vector])
        vector = [sum(map(operator.mul, row, basis[-1])) for row in matrix]
        for j, base in enumerate(basis):
            small[j][k] = small[k][j] = dot(base, vector)
    return small


def eigenvalues(matrix: Matrix) -> Vector:
    """All eigenvalues of a symmetric matrix in ascending order, by cyclic Jacobi rotations.

    Golub and Van Loan, 8.5. Cost: about 10*n**3.
    """
    a = [list(row) for row in matrix]
    size = len(a)
    for _ in range(60):
        off = math.fsum(a[i][j] ** 2 for i in range(size) for j in range(i))
        if off <= 1e-32 * math.fsum(a[i][i] ** 2 for i in range(size)) or not math.isfinite(off):
            break
        for p in range(size):
            for q in range(p + 1, size):
                _rotate(a, p, q)
    return sorted(a[i][i] for i in range(size))


def _rotate(a: Matrix, p: int, q: int) -> None:
    if not a[p][q]:
        return
    theta = (a[q][q] - a[p][p]) / (2 * a[p][q])
    t = math.copysign(1.0, theta) / (abs(theta) + math.hypot(1.0, theta))
    c = 1 / math.hypot(1.0, t)
    s = t * c
    for k in range(len(a)):
        a[k][p], a[k][q] = c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]
    for k in range(len(a)):
        a[p][k], a[q][k] = c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]


# --- sums of squares near a point --------------------------------------------------------------
# A sum of squares near a point, reduced to what does not grow with the number of rows.


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
    """Functions whose squares are summed.

    ``size`` is the mean square of what they are differences to, of which roundings are a part: infinite if unknown.
    """

    @property
    def size(self) -> float:
        """That mean square."""

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
