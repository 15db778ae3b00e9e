"""Values of vectors and matrices: lists as they are typed, `x=[1,2,3]`, and files, `A=@A.csv`.

A typed number means what it means as a point: a decimal is the double that it reads as, other constants are exact.
Numbers in files are doubles.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from math import inf, isfinite, prod
from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.io.nested import ArrayValue
from dcalc.point import Value, name_given_twice, read_number, read_value, split_name, split_outside_brackets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from random import Random

_FILE = re.compile(r"\s*@\s*(.*\S)\s*")


def read_arrays(texts: Iterable[str], *, exact: bool = False) -> dict[str, ArrayValue]:
    """The values that one or several --at give, by name: `c=2,x=[1,pi/2]`, `A=@A.csv`.

    ``exact`` takes decimals exactly, too. Raises UsageError or ParseError, with the span in the text at fault, and
    OSError for a file that cannot be read. Cost: linear in characters.
    """
    values: dict[str, ArrayValue] = {}
    for text in texts:
        for start, end in split_outside_brackets(text, ","):
            name, span, begin = split_name(text, start, end)
            if name is None:
                raise UsageError(
                    "values of arrays need names", source=text, span=span, help="write --at 'x=[1,2,3],y=2'"
                )
            if name in values:
                raise name_given_twice(name, text, *span)
            if file := _FILE.fullmatch(text, begin, end):
                values[name] = read_array_file(file[1], name)
            else:
                values[name] = _read_typed(text, begin, end, exact)
    return values


_FILLED = re.compile(r"\s*(?:([^\s*]+)\s*\*\s*)?(zeros|ones|normal|uniform)\s*\(([\d\s,]+)\)\s*")


def starts_arrays(text: str) -> bool:
    """Whether a text for --from gives arrays."""
    return "[" in text or "@" in text or any(f"{word}(" in text for word in ("zeros", "ones", "normal", "uniform"))


def read_start_arrays(text: str, seed: int) -> dict[str, ArrayValue]:
    """The values of --from: lists, files, numbers, and `zeros(3)`, `ones(2, 3)`, `0.1*normal(4, 8)`, `uniform(5)`.

    Random numbers have mean 0 and standard deviation 1, or are between 0 and 1; ``seed`` makes them the same again
    (Mersenne Twister). Raises as `read_arrays` does.
    """
    from random import Random

    random = Random(seed)
    values: dict[str, ArrayValue] = {}
    for start, end in split_outside_brackets(text, ","):
        name, span, begin = split_name(text, start, end)
        if filled := _FILLED.fullmatch(text, begin, end):
            if name is None:
                raise UsageError("arrays need names", source=text, span=span, help="write --from 'w=zeros(3)'")
            values[name] = _fill(filled, random)
        else:
            values.update(read_arrays([text[start:end]]))
    return values


def _fill(match: re.Match[str], random: Random) -> ArrayValue:
    factor, word, lengths = match.groups()
    shape = tuple(int(length) for length in lengths.split(",") if length.strip())
    if not 1 <= len(shape) <= 2 or 0 in shape:
        raise UsageError(f"{match[0].strip()} has no shape", help=f"write {word}(3) or {word}(2, 3)")
    scale = 1.0 if factor is None else float(read_number(factor))
    draw = {"zeros": lambda: 0.0, "ones": lambda: 1.0, "normal": lambda: random.gauss(0, 1), "uniform": random.random}
    return ArrayValue([scale * draw[word]() for _ in range(prod(shape))], shape)


# --- Lists as they are typed.


def _read_typed(text: str, start: int, end: int, exact: bool) -> ArrayValue:
    word = text[start:end].strip()
    if not word.startswith("["):
        return ArrayValue([read_value(text, start, end, exact)], ())
    if not exact and (value := _read_numbers(word)) is not None:
        return value
    entries: list[Value] = []
    shape = _read_list(text, start, end, entries, exact)
    return ArrayValue(entries, shape)


def _read_numbers(word: str) -> ArrayValue | None:
    """A list of plain numbers, read at the speed of JSON; None for any other text."""
    import json

    try:
        nested = json.loads(word)
        return flatten(nested)
    except (ValueError, RecursionError):
        return None


def _read_list(text: str, start: int, end: int, entries: list[Value], exact: bool) -> tuple[int, ...]:
    """Read a list of numbers, or of lists of numbers, into ``entries``. Returns the shape."""
    first, last = _inside_brackets(text, start, end)
    rows = list(split_outside_brackets(text, ",", first, last))
    shapes = set()
    for left, right in rows:
        if not text[left:right].strip():
            raise UsageError("an entry is missing", source=text, span=(left, max(right, left + 1)), help="write [1, 2]")
        if not text[left:right].lstrip().startswith("["):
            entries.append(read_value(text, left, right, exact))
            shapes.add(0)
            continue
        inner, outer = _inside_brackets(text, left, right)
        cells = list(split_outside_brackets(text, ",", inner, outer))
        if any(text[slice(*cell)].lstrip().startswith("[") for cell in cells):
            raise UsageError(
                "an array has at most two axes", source=text, span=(left, right), help="write [[1, 2], [3, 4]]"
            )
        entries += [read_value(text, *cell, exact) for cell in cells]
        shapes.add(len(cells))
        if len(shapes) > 1:
            raise _ragged(text, (left, right))
    if len(shapes) > 1:
        raise _ragged(text, (start, end))
    width = shapes.pop()
    return (len(rows), width) if width else (len(rows),)


def _inside_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    word = text[start:end].strip()
    if len(word) < 2 or not word.endswith("]"):
        raise UsageError("a list ends in ]", source=text, span=(start, end), help="write [1, 2, 3]")
    return text.index("[", start) + 1, text.rindex("]", start, end)


def _ragged(text: str, span: tuple[int, int]) -> UsageError:
    return UsageError("the rows have different lengths", source=text, span=span, help="write [[1, 2], [3, 4]]")


def flatten(nested: object) -> ArrayValue:
    """Nested lists of numbers, as JSON has them, as an array. Raises ValueError where they are none."""
    if not isinstance(nested, list):
        return ArrayValue([_take_number(nested)], ())
    if not nested:
        raise ValueError("an array has at least one entry")
    if not isinstance(nested[0], list):
        return ArrayValue([_take_number(entry) for entry in nested], (len(nested),))
    widths = {len(row) if isinstance(row, list) else -1 for row in nested}
    if len(widths) > 1:
        raise ValueError("the rows have different lengths")
    entries = [_take_number(entry) for row in nested for entry in row]
    if not entries:
        raise ValueError("an array has at least one entry")
    return ArrayValue(entries, (len(nested), widths.pop()))


def _take_number(entry: object) -> float:
    """A number of JSON as a double."""
    if type(entry) not in (int, float):
        import json

        raise ValueError(f"{json.dumps(entry)[:40]} is not a number")
    try:
        value = float(entry)  # type: ignore[arg-type]  # a number, as the line above has it
    except OverflowError:
        value = inf
    if not isfinite(value):
        raise ValueError("an entry is not finite, or beyond a double")
    return value


# --- Files.


def read_array_file(path: str, name: str) -> ArrayValue:
    """The array in a file: nested lists in .json, rows of numbers in .csv and .tsv, .npy, columns in .parquet.

    A heading above numbers is passed over. One column is a vector; so is one row, unless ``name``, that of the
    variable, begins with an upper-case letter, as matrices do; a member of that name is taken from a JSON object.
    Raises UsageError, OSError. Cost: that of the library that reads the file.
    """
    suffix = path.rpartition(".")[2].lower()
    read = _READERS.get(suffix)
    if read is None:
        suffixes = ", ".join(f".{known}" for known in _READERS)
        raise UsageError(f"no array is read from {path}", help=f"its name must end in one of {suffixes}")
    try:
        value = read(path, name)
    except ValueError as error:
        raise UsageError(f"{path}: {error}", help="an array is a list of numbers, or rows of equal length") from None
    if len(value.shape) > 2:
        raise UsageError(f"{path} has {len(value.shape)} axes", help="give a vector or a matrix")
    return value


def _read_json(path: str, name: str) -> ArrayValue:
    import json

    with open(path, "rb") as file:
        nested = json.loads(file.read())
    if isinstance(nested, dict):
        if name not in nested:
            raise ValueError(f"it is an object without {name}")
        nested = nested[name]
    return flatten(nested)


def _read_rows(path: str, name: str, separator: str) -> ArrayValue:
    import csv

    entries = array("d")
    width = rows = 0
    with open(path, encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=separator)
        for cells in reader:
            if not cells or (cells[0].startswith("#") and not rows):
                continue
            try:
                row = array("d", map(float, cells))
            except ValueError:
                if width or _has_number(cells):
                    raise ValueError(f"line {reader.line_num} has a cell that is not a number") from None
                width = len(cells)  # a heading
                continue
            if not all(map(isfinite, row)):
                raise ValueError(f"line {reader.line_num} has a number that is not finite")
            if width and len(row) != width:
                raise ValueError(f"line {reader.line_num} has {len(row)} cells, not {width}")
            width = len(row)
            rows += 1
            entries.extend(row)
    return _shape_table(entries, rows, width, name)


def _has_number(cells: Sequence[str]) -> bool:
    for cell in cells:
        try:
            float(cell)
        except ValueError:
            continue
        return True
    return False


def _shape_table(entries: Sequence[Value], rows: int, width: int, name: str) -> ArrayValue:
    if not rows:
        raise ValueError("there are no rows of numbers")
    if width == 1:
        return ArrayValue(entries, (rows,))
    if rows == 1 and not name[0].isupper():
        return ArrayValue(entries, (width,))
    return ArrayValue(entries, (rows, width))


def _read_npy(path: str, name: str) -> ArrayValue:
    try:
        import numpy as np
    except ImportError:
        raise UsageError(".npy files need NumPy", help="pip install 'dcalc[fast]'") from None
    try:
        numbers = np.load(path, allow_pickle=False)
    except (ValueError, EOFError):  # whose words are about pickles, which are never loaded
        numbers = None
    if not isinstance(numbers, np.ndarray) or numbers.dtype.kind not in "fiub":
        raise ValueError("it holds no array of real numbers")
    doubles = np.ascontiguousarray(numbers, dtype=np.float64)
    if not np.isfinite(doubles).all():
        raise ValueError("an entry is not finite")
    if not doubles.size:
        raise ValueError("an array has at least one entry")
    entries = array("d")
    entries.frombytes(doubles.tobytes())
    return ArrayValue(entries, tuple(numbers.shape))


def _read_columns(path: str, name: str) -> ArrayValue:
    from dcalc.io.frames import read_frame

    columns = read_frame(path, "parquet")
    for title, column in columns.items():
        if not all(type(cell) in (int, float) and isfinite(cell) for cell in column):
            raise ValueError(f"column {title} has a cell that is not a finite number")
    rows = len(next(iter(columns.values()), []))
    entries = array("d", (cell for row in zip(*columns.values(), strict=True) for cell in row))
    return _shape_table(entries, rows, len(columns), name)


_READERS: Mapping[str, Callable[[str, str], ArrayValue]] = {
    "json": _read_json,
    "csv": lambda path, name: _read_rows(path, name, ","),
    "tsv": lambda path, name: _read_rows(path, name, "\t"),
    "npy": _read_npy,
    "parquet": _read_columns,
}
