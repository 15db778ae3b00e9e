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
from dcalc.io.limits import has_room
from dcalc.io.lines import decode_line
from dcalc.io.rows import drop_traceback
from dcalc.text import FLOAT as FLOAT_TEXT
from dcalc.text import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

FLOAT = re.compile(FLOAT_TEXT.pattern.encode())
_NAN = re.compile("nan", re.IGNORECASE)  # a number to some, which is not finite
_PLAIN = b"0123456789+-.eE \t\r\n,"
_MINUS_ZERO = (b"-0,", b"-0 ", b"-0\t", b"-0\r", b"-0\n")  # JSON reads the integer 0
_LARGE = 1 << 15
_ADDRESS_SPACE, _PER_CORE, _DATA = 128, 32, 64  # MB that NumPy and OpenBLAS claim


@cache
def has_fast() -> bool:
    """True where NumPy and orjson are installed, and can be loaded: rows are worked on in bulk (the extra `fast`).

    Whatever asks does without them otherwise, one row after the other, with the same results.
    """
    return (
        find_spec("numpy") is not None
        and find_spec("orjson") is not None
        and has_room(_ADDRESS_SPACE, per_core=_PER_CORE, data=_DATA)
    )


def read_plain_numbers(text: bytes, separator: bytes = b",") -> list[float] | memoryview[float] | None:
    """The numbers of a text in which they stand between commas, or newlines; None where each needs a closer look.

    A list, or doubles in memory where there are many. NumPy is not needed.
    """
    if not has_fast():
        return None
    import orjson

    is_large = len(text) >= _LARGE
    if (b"u" in text or b"l" in text) if is_large else text.translate(None, _PLAIN):
        return None  # maybe true, false or null, which would pass for numbers, or some other word
    try:
        values: list[float] = orjson.loads(b"[%b]" % text.replace(separator, b","))
        doubles = struct.pack(f"{len(values)}d", *values)
    except (ValueError, struct.error):  # not JSON, or something else in an array
        return None
    if _ZERO in doubles and _has_minus_zero(text):
        return None
    return memoryview(doubles).cast("d") if is_large else values


_ZERO = bytes(8)


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
    from dcalc.point import read_number

    text = decode_line(cell)
    if is_missing(text) and not _NAN.fullmatch(text.strip()):
        raise UsageError(f"a number is missing{f' ({word})' if (word := text.strip()) else ''}")
    return read_number(text, exact=exact)


def format_rows(columns: Sequence[Any], separator: bytes) -> bytes:
    """One line per row, its cells between separators (bytes, one for all or one for each gap); each ends in a newline.

    ``columns`` are arrays of doubles, or lists of floats and None. A cell without a finite
    value is empty.
    """
    return b"".join(format_pieces(columns, separator))


def format_pieces(columns: Sequence[Any], separator: bytes) -> Iterable[bytes | memoryview]:
    """`format_rows` in pieces, which are made one after the other."""
    if not isinstance(columns[0], list):
        return _format_arrays(columns, separator)
    texts = [map(_format_number, column) for column in columns]
    gaps = separator * (len(columns) - 1) if len(separator) == 1 else separator
    ends = [bytes((gap,)) for gap in (*gaps, *b"\n")]
    return (cell + end for row in zip(*texts, strict=True) for cell, end in zip(row, ends, strict=True))


def format_column(column: Any) -> list[bytes]:
    """The numbers of a column as text."""
    return format_rows([column], b",").splitlines()


def _format_number(value: float | None) -> bytes:
    return repr(value).encode() if value is not None and -inf < value < inf else b""


_PIECE = 4_096
"""Rows formatted at a time: their text stays in a core's cache."""
_WORD = 4
"""Bytes of which one at most is a comma, as no double is shorter than 0.0."""


def _format_arrays(columns: Sequence[Any], separator: bytes) -> Iterator[bytes | memoryview]:
    """`format_rows` of arrays: all numbers in one text, whose commas become what stands between cells.

    They are looked for by the word, and changed where they stand by what tells them from their successors.
    """
    import numpy as np
    import orjson

    width, length = len(columns), len(columns[0])
    rows = np.empty((min(_PIECE, length), width))
    ends = np.frombuffer((separator * (width - 1) if len(separator) == 1 else separator) + b"\n", dtype=np.uint8)
    changes = np.tile(ends ^ ord(","), len(rows)).astype(np.uint32)
    for start in range(0, length, _PIECE):
        count = min(_PIECE, length - start)
        for place, column in enumerate(columns):
            rows[:count, place] = column[start : start + count]
        flat = rows[:count].reshape(-1)
        json = orjson.dumps(flat, option=orjson.OPT_SERIALIZE_NUMPY)
        size = len(json)
        text = np.zeros(size + -size % _WORD, dtype=np.uint8)
        text[:size] = np.frombuffer(json, dtype=np.uint8)
        text[size - 1] = ord(",")  # the bracket
        commas = (text == ord(",")).view(np.uint32)
        words = np.flatnonzero(commas != 0)
        text.view(np.uint32)[words] ^= commas[words] * changes[: len(words)]
        magnitude = np.abs(flat)
        if magnitude.min() >= _SMALLEST and magnitude.max() < _LARGEST:
            yield text[1:size].data
            continue
        unlike = np.flatnonzero(~((magnitude >= _SMALLEST) & (magnitude < _LARGEST)))
        unlike = unlike[flat[unlike] != 0.0]
        before = (words[unlike - 1] * _WORD).tolist()
        if before and unlike[0] == 0:
            before[0] = -1
        yield _respell(text[:size].data, json, before, flat[unlike].tolist())


# Outside of these orjson does not spell numbers as Python does: 0.00001 for 1e-05, 1e-7 for 1e-07, and null.
_SMALLEST, _LARGEST = 1e-4, 1e16


def _respell(text: memoryview, json: bytes, before: list[int], values: list[float]) -> bytes:
    """The text behind its bracket with some values as Python spells them: each follows the next comma of the JSON that
    it was, the first of all its bracket."""
    parts: list[bytes | memoryview] = []
    done = 1
    for place, value in zip(before, values, strict=True):
        start = json.find(b",", place) + 1 if place >= 0 else 1
        parts += (text[done:start], _format_number(value))
        done = json.find(b",", start) % len(json)  # the last one has a bracket behind it
    return b"".join([*parts, text[done:]])
