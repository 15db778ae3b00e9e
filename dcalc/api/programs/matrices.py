"""Determinants, inverses and sorted rows of arrays of expressions: of small ones, written out entry by entry.

Nothing is pivoted, a determinant is a sum of products: a program is read the same wherever its numbers lie.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from dcalc import functions as table
from dcalc.api.programs import traced_arrays as a
from dcalc.errors import Unsupported

_MOST_ROWS = 6
_MOST_SORTED = 16
_SQRT, _ABS = a.call(table.SQRT), a.call(table.ABS)
_DIVIDE = a.call(table.DIV)


def for_each_matrix(operation: Callable[[Any], Any], arrays: Any) -> Any:
    """The operation on each matrix of a batch: the last two axes. Raises Unsupported for large ones."""
    numpy = a.load_numpy()
    entries = a.to_entries(arrays)
    if max(entries.shape[-2:]) > _MOST_ROWS:
        raise Unsupported(
            f"a matrix with more than {_MOST_ROWS} rows is not written out", help="check it with dcalc check --shape"
        )
    results = [numpy.asarray(operation(entries[at]), dtype=object) for at in numpy.ndindex(*entries.shape[:-2])]
    return numpy.stack(results).reshape((*entries.shape[:-2], *results[0].shape))


def determinant(matrix: Any) -> Any:
    """The determinant, by Laplace's expansion along the rows; each minor is built once."""
    size = len(matrix)
    minors: dict[tuple[int, ...], Any] = {(): 1}
    for row in range(size - 1, -1, -1):
        below = minors
        minors = {}
        for columns in combinations(range(size), size - row):
            total: Any = 0
            for place, column in enumerate(columns):
                term = a.multiply(matrix[row, column], below[columns[:place] + columns[place + 1 :]])
                total = a.subtract(total, term) if place % 2 else a.add(total, term)
            minors[columns] = total
    return minors[tuple(range(size))]


def invert(matrix: Any) -> Any:
    """The inverse: the cofactors over the determinant."""
    numpy = a.load_numpy()
    size, whole = len(matrix), determinant(matrix)
    inverse = numpy.empty((size, size), dtype=object)
    for row, column in numpy.ndindex(size, size):
        minor = determinant(numpy.delete(numpy.delete(matrix, column, 0), row, 1))
        inverse[row, column] = _DIVIDE(a.negate(minor) if (row + column) % 2 else minor, whole)
    return inverse


def solve(matrix: Any, right: Any) -> Any:
    """The solution of a system of equations for each column, or for a vector."""
    inverse, right = for_each_matrix(invert, matrix), a.to_entries(right)
    if right.ndim == inverse.ndim - 1:
        return a.multiply_matrices(inverse, right[..., None])[..., 0]
    return a.multiply_matrices(inverse, right)


def factor(matrix: Any) -> Any:
    """The lower factor of Cholesky's, of which the lower triangle alone is read."""
    numpy = a.load_numpy()
    lower = numpy.full(matrix.shape, 0, dtype=object)
    for row in range(len(matrix)):
        for column in range(row + 1):
            rest = matrix[row, column]
            for k in range(column):
                rest = a.subtract(rest, a.multiply(lower[row, k], lower[column, k]))
            lower[row, column] = _SQRT(rest) if row == column else _DIVIDE(rest, lower[column, column])
    return lower


def sort(array: Any, axis: int, *, descending: bool = False) -> Any:
    """The entries in order along an axis, by minima and maxima of neighbours. Raises Unsupported for long rows."""
    numpy = a.load_numpy()
    rows = numpy.moveaxis(a.to_entries(array), axis, -1).copy()
    if rows.shape[-1] > _MOST_SORTED:
        raise Unsupported(f"more than {_MOST_SORTED} entries are not sorted", help="sort fewer of them")
    for at in numpy.ndindex(*rows.shape[:-1]):
        row = rows[at]
        for end in range(len(row) - 1, 0, -1):
            for place in range(end):
                pair = row[place], row[place + 1]
                row[place], row[place + 1] = a.smaller(*pair), a.larger(*pair)
        if descending:
            row[:] = row[::-1].copy()
    return numpy.moveaxis(rows, -1, axis)
