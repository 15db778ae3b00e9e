"""Columns of doubles as they are worked on: arrays where NumPy is there, else lists with nan for nothing."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAN = float("nan")


@cache
def has_fast() -> bool:
    """True where the libraries of the extra `fast` that streams use are there."""
    return find_spec("numpy") is not None and find_spec("orjson") is not None


def as_column(column: Any) -> Any:
    """Any sequence of numbers as a column; None is nan."""
    if has_fast():
        import numpy as np

        return np.asarray(column, dtype=np.float64)
    return [_NAN if value is None else float(value) for value in column]


def as_columns(columns: Sequence[Any]) -> list[Any]:
    """Each of them as a column."""
    return [as_column(column) for column in columns]


def taken(column: Any, rows: Sequence[int]) -> Any:
    """The values of some rows."""
    return column[rows] if has_fast() else [column[row] for row in rows]


def spread(column: Any, rows: Sequence[int], length: int) -> Any:
    """A column of that length with the values at those rows, nan at the others."""
    full = as_column([_NAN] * length)
    if has_fast():
        full[rows] = column
    else:
        for row, value in zip(rows, column, strict=True):
            full[row] = value
    return full


def joined(first: Any, second: Any) -> Any:
    """One column after the other."""
    if has_fast():
        import numpy as np

        return np.concatenate((first, second))
    return [*first, *second]
