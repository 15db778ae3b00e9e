"""Minibatches of arrays of data: which axis the rows are on, and the objective over some of them.

The rows are the first axis of the data. Which arrays have it is told by the shapes of the expression itself: in
`mean((y - X@w)^2)` the first axes of X and y are one length, whatever numbers they have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from dcalc.bulk.lazy_numpy import np
from dcalc.errors import UsageError
from dcalc.tensor.declarations import Declared
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import Dim, Size

if TYPE_CHECKING:
    from dcalc.optimise.linear import Vector

Gradient = Callable[[Mapping[str, Any], "Sequence[float]"], "tuple[float, Vector]"]
"""f and its gradient at a vector, over arrays of the data by name."""


class Batches:
    """An expression of arrays over some rows of its data: an objective for `descend_in_batches`.

    ``names`` are the arrays that have the rows as their first axis. ``make`` gives the gradient of the expression for
    a number of rows, as `Gradient`; it is kept, since batches of one size share it.
    """

    def __init__(self, names: Sequence[str], data: Mapping[str, Any], make: Callable[[int], Gradient]) -> None:
        self.names = names
        self.data = data
        self.rows: int = data[names[0]].shape[0]
        self._make = make
        self._known: dict[int, Gradient] = {}

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f over all rows, and its gradient."""
        return self._at(self.data, self.rows, x)

    def of(self, rows: Sequence[int]) -> Batch:
        """The objective over some rows."""
        places = np.array(rows)
        return Batch(self, {**self.data, **{name: self.data[name][places] for name in self.names}}, len(rows))

    def _at(self, data: Mapping[str, Any], rows: int, x: Sequence[float]) -> tuple[float, Vector]:
        if rows not in self._known:
            self._known[rows] = self._make(rows)
        return self._known[rows](data, x)


class Batch:
    """The objective over some rows."""

    def __init__(self, whole: Batches, data: Mapping[str, Any], rows: int) -> None:
        self._whole = whole
        self._data = data
        self._rows = rows

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f over these rows, and its gradient."""
        return self._whole._at(self._data, self._rows, x)


def find_row_arrays(text: str, arrays: Mapping[str, Any], moving: Sequence[str]) -> list[str]:
    """The arrays of the data whose first axis is that of the rows. Raises UsageError where there are none.

    ``arrays`` are those of all names. Where several lengths begin arrays of data, the rows are the longest.
    """
    shapes = {
        name: Declared(tuple(Dim(f"?{name} {axis}") for axis in range(array.ndim))) for name, array in arrays.items()
    }
    reading = read(text, shapes)
    lengths: dict[Size, list[str]] = {}
    for name, node in reading.variables.items():
        if name not in moving and node.shape:
            lengths.setdefault(node.shape[0], []).append(name)
    lengths = {size: names for size, names in lengths.items() if not _stands_elsewhere(size, names, reading)}
    if not lengths:
        raise UsageError(
            "no array of the data has rows to take batches of",
            help="batches are taken of the first axis of X in X@w, which nothing else may have",
        )
    return max(lengths.values(), key=lambda names: arrays[names[0]].shape[0])


def _stands_elsewhere(size: Size, names: Sequence[str], reading: Reading) -> bool:
    """Whether a length is that of another axis as well, such as one of what is trained."""
    for name, node in reading.variables.items():
        axes = node.shape[1:] if name in names else node.shape
        if size in axes:
            return True
    return not isinstance(size, Dim)
