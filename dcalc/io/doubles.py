"""Columns of doubles from text and to text, by the block where that can be done.

How a number is written is defined by `--at` (`dcalc.point`): text that JSON reads as the same double
goes through orjson in one call, all else a cell at a time. Doubles are printed as Python's repr,
arrays in one call of orjson, whose few other spellings are put right afterwards.
"""

from __future__ import annotations

import re
import struct
from functools import cache
from importlib.util import find_spec
from math import inf
from typing import TYPE_CHECKING, Any

from dcalc.errors import DcalcError, UsageError
from dcalc.io.limits import has_address_space
from dcalc.io.lines import decode_line
from dcalc.io.rows import drop_traceback
from dcalc.point import FLOAT as FLOAT_TEXT
from dcalc.point import read_number
from dcalc.text import is_missing

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAN = re.compile("nan", re.IGNORECASE)  # a number to some, which is not finite
FLOAT = re.compile(FLOAT_TEXT.pattern.encode())
_PLAIN = b"0123456789+-.eE \t\r\n,"
_MINUS_ZERO = (b"-0,", b"-0 ", b"-0\t", b"-0\r", b"-0\n")  # JSON reads the integer 0
_LARGE = 1 << 15
_ADDRESS_SPACE, _PER_CORE = 128, 32  # MB that NumPy and OpenBLAS claim


@cache
def has_fast() -> bool:
    """True where NumPy and orjson are installed, and can be loaded: rows are worked on in bulk (the extra `fast`).

    Whatever asks does without them otherwise, one row after the other, with the same results.
    """
    return (
        find_spec("numpy") is not None
        and find_spec("orjson") is not None
        and has_address_space(_ADDRESS_SPACE, per_core=_PER_CORE)
    )


def read_plain_numbers(text: bytes, separator: bytes = b",") -> Any:
    """The numbers of a text in which they stand between commas, or newlines; None where each needs a closer look.

    A list, or an array where there are so many that NumPy will be needed anyway.
    """
    if not has_fast():
        return None
    import orjson

    is_large = len(text) >= _LARGE
    if not _is_plain(text, is_large=is_large):
        return None
    try:
        values = orjson.loads(b"[%b]" % text.replace(separator, b","))
        if not is_large:
            return None if _has_minus_zero(text) else values
        import numpy as np

        numbers = np.frombuffer(
            struct.pack(f"{len(values)}d", *values)
        )  # in two thirds of the time of NumPy's own ways
    except (ValueError, struct.error):  # not JSON, or an array in an array
        return None
    return numbers if numbers.all() or not _has_minus_zero(text) else None


def _is_plain(text: bytes, *, is_large: bool) -> bool:
    """False where a text may hold anything that JSON reads, but numbers, space and arrays."""
    if not is_large:
        return not text.translate(None, _PLAIN)
    import numpy as np

    largest = np.frombuffer(text, dtype=np.uint8).max()  # true, null and objects have larger ones than a number
    return largest <= ord("e") and b'"' not in text


def _has_minus_zero(text: bytes) -> bool:
    """True where there is a `-0`, which JSON reads as the integer 0."""
    return any(mark in text for mark in _MINUS_ZERO) or text.endswith(b"-0")


def read_column(cells: Sequence[bytes], exact: bool) -> tuple[Any, dict[int, DcalcError]]:
    """The values of cells, and what is wrong with those that are not numbers (their value is nan)."""
    if not exact:
        text = b",".join(cells)
        numbers = read_plain_numbers(text) if text.count(b",") == len(cells) - 1 else None
        if numbers is not None and len(numbers) == len(cells):
            return numbers, {}
    values: list[Any] = []
    bad: dict[int, DcalcError] = {}
    for row, cell in enumerate(cells):
        try:
            values.append(_read_cell(cell, exact))
        except DcalcError as error:
            values.append(float("nan"))
            bad[row] = drop_traceback(error)
    return values, bad


def _read_cell(cell: bytes, exact: bool) -> Any:
    """One number, as `--at` reads it. Raises DcalcError."""
    if not exact and FLOAT.fullmatch(digits := cell.strip()) and -inf < (value := float(digits)) < inf:
        return value
    text = decode_line(cell)
    if is_missing(text) and not _NAN.fullmatch(text.strip()):
        raise UsageError(f"a number is missing{f' ({word})' if (word := text.strip()) else ''}")
    return read_number(text, exact=exact)


def format_rows(columns: Sequence[Any], separator: bytes) -> bytes:
    """One line per row, its cells between separators (bytes, one for all or one for each gap); each ends in a newline.

    ``columns`` are arrays of doubles, or lists of floats and None. A cell without a finite
    value is empty.
    """
    return bytes(format_text(columns, separator))


def format_text(columns: Sequence[Any], separator: bytes) -> bytes | memoryview:
    """`format_rows`, where what is long need not be copied into bytes."""
    if not isinstance(columns[0], list):
        return _format_arrays(columns, separator)
    texts = [map(_format_number, column) for column in columns]
    gaps = separator * (len(columns) - 1) if len(separator) == 1 else separator
    ends = [bytes((gap,)) for gap in (*gaps, *b"\n")]
    return b"".join(cell + end for row in zip(*texts, strict=True) for cell, end in zip(row, ends, strict=True))


def format_column(column: Any) -> list[bytes]:
    """The numbers of a column as text."""
    return format_rows([column], b",").splitlines()


def _format_number(value: float | None) -> bytes:
    return repr(value).encode() if value is not None and -inf < value < inf else b""


_PIECE = 4_096
"""Rows formatted at a time: their text stays in a core's cache."""
_WIDEST = 25
"""Bytes of the longest double, -2.2250738585072014e-308, and what stands behind it."""


def _format_arrays(columns: Sequence[Any], separator: bytes) -> memoryview:
    """`format_rows` of arrays: all numbers in one text, whose commas become what stands between cells."""
    import numpy as np
    import orjson

    width, length = len(columns), len(columns[0])
    rows = np.empty((min(_PIECE, length), width))
    is_mark = np.empty(rows.size * _WIDEST, dtype=bool)
    gaps = np.frombuffer(separator * (width - 1) if len(separator) == 1 else separator, dtype=np.uint8)
    marks = np.tile(np.append(gaps, np.uint8(ord("\n"))), len(rows))
    text = np.empty(length * width * _WIDEST, dtype=np.uint8)
    end = 0
    for start in range(0, length, _PIECE):
        count = min(_PIECE, length - start)
        for place, column in enumerate(columns):
            rows[:count, place] = column[start : start + count]
        flat = rows[:count].reshape(-1)
        json = np.frombuffer(orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY), dtype=np.uint8)[1:]
        piece = text[end : end + len(json)]
        piece[:] = json
        piece[-1] = ord(",")  # the bracket
        places = np.equal(piece, ord(","), out=is_mark[: len(piece)]).nonzero()[0]
        piece[places] = marks[: len(places)]
        size = np.abs(flat)
        if not (size.min() >= _SMALLEST and size.max() < _LARGEST):
            unlike = np.flatnonzero(~((size >= _SMALLEST) & (size < _LARGEST) | (size == 0.0)))
            spelled = np.frombuffer(_respell(piece.data, places, unlike, flat), dtype=np.uint8)
            piece = text[end : end + len(spelled)]
            piece[:] = spelled
        end += len(piece)
    return text[:end].data


# Outside of these orjson does not spell numbers as Python does: 0.00001 for 1e-05, 1e-7 for 1e-07, and null.
_SMALLEST, _LARGEST = 1e-4, 1e16


def _respell(text: memoryview, places: Any, unlike: Any, flat: Any) -> bytes:
    """The text with the numbers at the ordinals ``unlike`` as Python spells them.

    ``places`` are those of the marks behind all numbers.
    """
    starts = [0 if not ordinal else places[ordinal - 1] + 1 for ordinal in unlike.tolist()]
    parts: list[bytes | memoryview] = []
    done = 0
    for start, end, value in zip(starts, places[unlike].tolist(), flat[unlike].tolist(), strict=True):
        parts += (text[done:start], _format_number(value))
        done = end
    return b"".join([*parts, text[done:]])
