"""The data of a fit: columns of numbers, without the rows in which one is missing."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from dcalc.errors import UsageError

Raw = Mapping[str, Sequence[object]]
"""Columns as they were read: numbers, texts, None where a cell is empty."""
_MISSING = {"", "na", "nan", "null", "none", "?"}


class Data(NamedTuple):
    """Columns of equal length; ``classes`` are the labels behind the numbers of the target, if it had any."""

    columns: dict[str, list[float]]
    target: str
    classes: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(self.columns[self.target])


def prepared(raw: Raw, names: Sequence[str], target: str, *, labels: bool) -> Data:
    """The columns that a model needs, and the target; with ``labels`` the target may be words.

    Raises UsageError where a column is missing, holds no numbers, or no row is left.
    """
    if target not in raw:
        raise UsageError(f"the data have no column {target}", help=f"the columns are {', '.join(list(raw)[:12])}")
    wanted = [*dict.fromkeys([*names, target])]
    classes = _classes(raw[target]) if labels else ()
    codes = {label: float(code) for code, label in enumerate(classes)}
    columns: dict[str, list[float]] = {name: [] for name in wanted}
    lost = 0
    for row in zip(*(raw[name] for name in wanted), strict=True):
        numbers = [
            codes[str(cell).strip()] if codes and name == target and not _is_missing(cell) else _number(cell, name)
            for name, cell in zip(wanted, row, strict=True)
        ]
        if all(map(math.isfinite, numbers)):
            for name, number in zip(wanted, numbers, strict=True):
                columns[name].append(number)
        else:
            lost += 1
    if not columns[target]:
        raise UsageError("the data have no row without a missing value", help="see that the columns hold numbers")
    notes = (f"{lost} of {lost + len(columns[target])} rows are left out: a value is missing",) if lost else ()
    return Data(columns, target, classes, notes)


def _is_missing(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and cell.strip().lower() in _MISSING)


def _number(cell: object, name: str) -> float:
    """The cell as a double, nan where it is missing."""
    if _is_missing(cell):
        return math.nan
    try:
        return float(cell)  # type: ignore[arg-type]  # what is no number is told below
    except (TypeError, ValueError):
        raise UsageError(
            f"column {name} holds {str(cell)[:40]!r}, which is no number",
            help="words may be classes: --loss cross_entropy, or bce_logits for two",
        ) from None


def _classes(cells: Sequence[object]) -> tuple[str, ...]:
    """The labels in order; none where they are numbers already."""
    labels = {str(cell).strip() for cell in cells if not _is_missing(cell)}
    try:
        values = {float(label) for label in labels}
    except ValueError:
        return tuple(sorted(labels))
    if any(not value.is_integer() or value < 0 for value in values):
        raise UsageError("classes are counted from 0, or are words", help="write 0, 1, 2 in the target's column")
    return ()
