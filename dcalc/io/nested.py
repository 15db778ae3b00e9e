"""Arrays as nested lists: entries in a shape, as JSON and --at have them. Formulas alone need no more of `arrays`."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from dcalc.point import Value


class ArrayValue(NamedTuple):
    """Numbers in a shape: the entries, the last axis fastest, and the lengths of the axes (none for a scalar)."""

    entries: Sequence[Value]
    shape: tuple[int, ...]

    def list_numbers(self) -> Sequence[Value]:
        """The entries as Python's numbers: those of NumPy print otherwise, and so are no coordinates."""
        entries: Any = self.entries
        return entries.tolist() if hasattr(entries, "tolist") else self.entries


def nest(value: ArrayValue) -> Any:
    """The entries as nested lists, as JSON has arrays; of a scalar the number."""
    return nest_entries(value.entries, value.shape)


def nest_entries(entries: Sequence[Any], shape: Sequence[int]) -> Any:
    """A flat sequence as nested lists of a shape."""
    if not shape:
        return entries[0]
    if len(shape) == 1:
        return list(entries)
    step = prod(shape[1:])
    return [nest_entries(entries[k * step : (k + 1) * step], shape[1:]) for k in range(shape[0])]


def write_nested(value: object) -> str:
    """Nested lists of doubles as text that --at takes; nan where an entry has no value."""
    if isinstance(value, list):
        return f"[{', '.join(map(write_nested, value))}]"
    return "nan" if value is None else repr(value)
