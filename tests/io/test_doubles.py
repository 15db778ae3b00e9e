"""Doubles from text and to text in bulk, against Python's own float and repr, and `--at`."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.coordinates import nearest_double
from dcalc.errors import DcalcError
from dcalc.io.doubles import format_rows, has_fast, read_column, read_plain_numbers
from dcalc.point import read_points

finite = st.floats(allow_nan=False, allow_infinity=False)
bits = st.integers(0, 2**64 - 1).map(lambda whole: struct.unpack("<d", struct.pack("<Q", whole))[0])
texts = st.one_of(
    finite.map(repr),
    finite.map("{:.17e}".format),
    st.integers(-(10**25), 10**25).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=4).map(str),
    st.sampled_from(["", " ", "-0", "-0.0", "+1", ".5", "1.", "1_000", "01", "1e5", "1E5", "1e999", "-1e999", "nan"]),
    st.sampled_from(["inf", "NaN", "true", "null", "pi/4", "1,2", "1 2", "x", '"1"', "[1]", "1e-400", "\u0663"]),
    st.text("0123456789+-.eE_ \t", max_size=6),
)


def as_at(text: str) -> float | None:
    """The value that `--at` reads, None where it refuses."""
    with suppress(DcalcError):
        (grid,) = read_points([text]).grids
        if None in grid.values:
            return nearest_double(grid.values[None])
    return None


def as_column(values: Sequence[float]) -> Any:
    """A column as the engine makes it: an array, or a list without NumPy."""
    if not has_fast():
        return list(values)
    import numpy as np

    return np.array(values)


@given(st.lists(texts, min_size=1, max_size=8))
def test_a_cell_is_read_as_the_option_reads_it(cells: list[str]) -> None:
    values, bad = read_column([cell.encode() for cell in cells], exact=False)
    expected = [as_at(cell) for cell in cells]
    assert [row in bad for row in range(len(cells))] == [value is None for value in expected]
    found = [repr(float(value)) for row, value in enumerate(values) if row not in bad]
    assert found == [repr(value) for value in expected if value is not None]


@pytest.mark.parametrize("size", [3, 5000])
@pytest.mark.parametrize("odd", ["-0", "+1", ".5", "1.", "01", "1e999", "true", "null", '"1"', "[1]", "", "1 2", "nan"])
def test_what_json_reads_otherwise_is_looked_at_closely(extra: str, odd: str, size: int) -> None:
    for place in (0, size // 2, size - 1):
        cells = ["0.12345678901234567"] * size
        cells[place] = odd
        assert read_plain_numbers(",".join(cells).encode()) is None


@pytest.mark.parametrize("size", [3, 5000])
def test_plain_numbers_are_read_at_once(extra: str, size: int) -> None:
    cells = ["-0.5", "1e5", "7", "0", "123456789012345678901234567890"] * size
    found = read_plain_numbers(",".join(cells).encode())
    lines = read_plain_numbers("\n".join(cells).encode(), b"\n")
    assert (lines is None) == (found is None) and (lines is None or list(lines) == list(found))
    assert (found is None) == (extra == "bare")  # without the libraries each cell is read by itself
    if found is None:
        found, bad = read_column([cell.encode() for cell in cells], exact=False)
        assert not bad
    assert [float(value) for value in found] == [float(cell) for cell in cells]


@given(st.lists(st.tuples(bits, bits), min_size=1, max_size=20))
def test_every_double_is_printed_as_repr_has_it(rows: list[tuple[float, float]]) -> None:
    columns = [as_column([row[place] for row in rows]) for place in (0, 1)]

    def shown(value: float) -> str:
        return repr(value) if abs(value) < float("inf") else ""

    assert format_rows(columns, b",").decode().splitlines() == [",".join(map(shown, row)) for row in rows]


@pytest.mark.parametrize(
    "value",
    [1e-5, 9.999999999999999e-5, 1e-4, 0.00012, 1e-7, 1.5e-10, 5e-324, 1e15, 1e16, 1.5e16, 1e22, 1e100, 1.7e308]
    + [10.00001, 100.000011, 0.0, 1 / 3],
)
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("before", [10.0, 0.0, 1e-7])
def test_where_libraries_spell_otherwise(extra: str, value: float, sign: int, before: float) -> None:
    columns = [as_column([before, sign * value, before]), as_column([sign * value, before, sign * value])]
    expected = [f"{before!r}\t{sign * value!r}", f"{sign * value!r}\t{before!r}"]
    assert format_rows(columns, b"\t").decode().splitlines() == [*expected, expected[0]]


def test_many_rows_are_written_in_pieces(extra: str) -> None:
    values = [k / 7 * 10.0 ** (k % 23 - 8) for k in range(9000)]
    values[5000] = float("nan")
    texts = [repr(value) if value == value else "" for value in values]
    assert format_rows([as_column(values), as_column(values[::-1])], b"\t").decode().splitlines() == [
        f"{a}\t{b}" for a, b in zip(texts, texts[::-1], strict=True)
    ]
    assert format_rows([as_column([])], b"\t") == b""
