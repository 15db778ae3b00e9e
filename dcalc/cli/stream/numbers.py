"""Columns of doubles from text and to text, by the block where that can be done.

What a number is, is said by `--at` (`dcalc.at`): text that JSON reads as the same double
goes through a JSON parser in one call, all else a cell at a time. Doubles are printed as
Python's repr, in bulk by orjson, whose few other spellings are put right.
"""

from __future__ import annotations

import re
from functools import cache
from math import inf
from typing import TYPE_CHECKING, Any

from dcalc.at import FLOAT as FLOAT_TEXT
from dcalc.at import read_number
from dcalc.cli.stdin import decode
from dcalc.cli.stream.chunk import bare
from dcalc.cli.stream.vectors import as_column, has_fast
from dcalc.errors import DcalcError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

FLOAT = re.compile(FLOAT_TEXT.pattern.encode())
_PLAIN = b"0123456789+-.eE \t\r\n,"
_MINUS_ZERO = (b"-0,", b"-0 ", b"-0\t", b"-0\r", b"-0\n")  # JSON reads the integer 0
_LARGE = 1 << 15
_HUGE = 1 << 1023  # integers beyond the largest double begin above this


@cache
def loads() -> Callable[[bytes], Any]:
    """The JSON parser: orjson's, else Python's."""
    if has_fast():
        import orjson

        return orjson.loads
    import json

    return json.loads


def bulk(text: bytes) -> Any:
    """The numbers of a text in which they stand between commas; None where it has to be looked at closely.

    A list, or an array where there are so many that NumPy will be needed anyway.
    """
    if text.translate(None, _PLAIN):
        return None
    try:
        found: Any = loads()(b"[" + text + b"]")
    except ValueError:
        return None
    if len(text) < _LARGE or not has_fast():
        return None if _has_minus_zero(text) or not is_finite(found) else found
    array = as_column(found)
    return array if array.all() or not _has_minus_zero(text) else None


def _has_minus_zero(text: bytes) -> bool:
    """Whether there is a `-0`, which JSON reads as the integer 0."""
    return any(mark in text for mark in _MINUS_ZERO) or text.endswith(b"-0")


def is_finite(column: Sequence[float]) -> bool:
    """False where Python's JSON parser has taken what is beyond a double; orjson never does."""
    return has_fast() or not column or -_HUGE < min(column) <= max(column) < _HUGE


def column(cells: Sequence[bytes], exact: bool) -> tuple[list[Any], dict[int, DcalcError]]:
    """The values of cells, and what is wrong with those that are no numbers (their value is nan)."""
    if not exact:
        text = b",".join(cells)
        found = bulk(text) if text.count(b",") == len(cells) - 1 else None
        if found is not None and len(found) == len(cells):
            return found, {}
    values: list[Any] = []
    bad: dict[int, DcalcError] = {}
    for row, cell in enumerate(cells):
        try:
            values.append(value(cell, exact))
        except DcalcError as error:
            values.append(float("nan"))
            bad[row] = bare(error)
    return values, bad


def value(cell: bytes, exact: bool) -> Any:
    """One number, as `--at` reads it. Raises DcalcError."""
    if not exact and (found := one(cell.strip())) is not None:
        return found
    text = decode(cell)
    if not text.strip():
        raise UsageError("a number is missing")
    return read_number(text, exact=exact)


def one(cell: bytes) -> float | None:
    """The value of a decimal number within the range of a double; None for any other text."""
    if FLOAT.fullmatch(cell) and -inf < (found := float(cell)) < inf:
        return found
    return None


def lines(columns: Sequence[Any], separator: bytes) -> bytes:
    """A line a row, its cells parted by the separator, without a newline at the end.

    ``columns`` are arrays of doubles, or lists of floats and None. A cell without a finite
    value is empty.
    """
    if isinstance(columns[0], list):
        texts = [map(_text, column) for column in columns]
        return b"\n".join(map(separator.join, zip(*texts, strict=True)))
    return _lines(columns, separator)


def cells(column: Any) -> list[bytes]:
    """The numbers of a column as text."""
    return lines([column], b",").split(b"\n")


def _text(value: float | None) -> bytes:
    return repr(value).encode() if value is not None and -inf < value < inf else b""


def _lines(columns: Sequence[Any], separator: bytes) -> bytes:
    """`lines` of arrays: all numbers in one text, whose commas become what stands between cells."""
    import numpy as np
    import orjson

    width = len(columns)
    flat = np.ascontiguousarray(columns[0] if width == 1 else np.column_stack(columns).ravel())
    marks = np.frombuffer(orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY), dtype=np.uint8)[1:-1].copy()
    places = np.flatnonzero(marks == ord(","))
    marks[places] = ord(separator)
    marks[places[width - 1 :: width]] = ord("\n")
    size = np.abs(flat)
    unlike = np.flatnonzero(~((size >= _SMALLEST) & (size < _LARGEST) | (size == 0.0)))
    return _respelled(marks.tobytes(), places, unlike, flat) if unlike.size else marks.tobytes()


# Outside of these orjson spells numbers unlike Python does: 0.00001 for 1e-05, 1e-7 for 1e-07, and null.
_SMALLEST, _LARGEST = 1e-4, 1e16


def _respelled(text: bytes, places: Any, unlike: Any, flat: Any) -> bytes:
    """The text with the numbers at some ordinals as Python spells them; ``places`` are those of the
    marks between all numbers."""
    ends = [*places[unlike[:-1]].tolist(), places[unlike[-1]] if unlike[-1] < len(places) else len(text)]
    starts = [0 if not ordinal else places[ordinal - 1] + 1 for ordinal in unlike.tolist()]
    parts: list[bytes] = []
    done = 0
    for start, end, value in zip(starts, ends, flat[unlike].tolist(), strict=True):
        parts += (text[done:start], _text(value))
        done = end
    return b"".join([*parts, text[done:]])
