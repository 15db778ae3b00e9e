"""Batches of rows in the Arrow C interface: numbers out of their columns, new columns beside them.

A batch, or a stream of batches, is any object that has `__arrow_c_array__` or `__arrow_c_stream__`: whose library
made it does not matter, and none of them is imported. nanoarrow handles the structures of the interface; streams
that call Python for their next batch, which it does not have, are made here.
"""

from __future__ import annotations

import ctypes
import errno
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from dcalc.errors import LimitError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from nanoarrow.c_array import CArray
    from nanoarrow.c_schema import CSchema
    from numpy.typing import NDArray


class ArrowArrayLike(Protocol):
    """A batch of any library."""

    def __arrow_c_array__(self, requested_schema: object | None = None, /) -> tuple[object, object]:
        """Capsules with a schema and an array."""


class ArrowStreamLike(Protocol):
    """A table, a frame, a relation, or a reader of any library."""

    def __arrow_c_stream__(self, requested_schema: object | None = None, /) -> object:
        """A capsule with a stream."""


class ArrowSchemaLike(Protocol):
    """The names and types of columns, of any library."""

    def __arrow_c_schema__(self) -> object:
        """A capsule with a schema."""


class Column(NamedTuple):
    """Numbers as doubles; ``missing`` tells the rows in which there is none, and is None where there are none such."""

    values: NDArray[np.float64]
    missing: NDArray[np.bool_] | None


def nanoarrow() -> Any:
    """The library. Raises UsageError where it is not installed."""
    try:
        import nanoarrow as na
        import numpy  # noqa: F401  # it has to be there, too
    except ImportError:
        raise UsageError("batches of Arrow need nanoarrow and NumPy", help="pip install 'dcalc[fast]'") from None
    return na


# --- Schemas.

_INTEGERS = {
    "c": "int8", "C": "uint8", "s": "int16", "S": "uint16", "i": "int32", "I": "uint32", "l": "int64", "L": "uint64",
}  # fmt: skip
_TYPES = {**_INTEGERS, "e": "float16", "f": "float32", "g": "float64"}
"""NumPy's types for the formats of numbers in the Arrow C interface."""


def column_schemas(schema: CSchema) -> dict[str, CSchema]:
    """The schema of each column by name. Raises UsageError for what is not a batch of rows, and for equal names."""
    if schema.format != "+s":
        raise UsageError(f"a batch of rows is needed, not {describe(schema)}", help="give a table or a record batch")
    columns: dict[str, CSchema] = {}
    for column in schema.children:
        if column.name in columns:
            raise UsageError(f"two columns are named {column.name}", help="give one of them another name")
        columns[column.name] = column
    return columns


def describe(schema: CSchema) -> str:
    """The type of a column in the words of Arrow."""
    text = str(schema).partition("\n")[0]
    if "[invalid" in text:
        return f"a type that Arrow does not have ({schema.format})"
    return text.partition("CSchema ")[2][:-1] or str(schema.format)


def holds_numbers(schema: CSchema) -> bool:
    """Whether the values of a column are real numbers, as they are or looked up in a dictionary; or all missing."""
    if schema.dictionary is not None:
        return holds_numbers(schema.dictionary)
    return schema.format in _TYPES or schema.format == "n" or schema.format.startswith("d:")


def check_types(columns: Mapping[str, CSchema]) -> None:
    """Raise UsageError for a column that cannot be passed on: one of 128-bit integers of Polars."""
    for title, column in columns.items():
        if "[invalid" in str(column):
            raise UsageError(f"the column {title} holds {describe(column)}", help="cast it, or leave it out")


def check_numbers(columns: Mapping[str, CSchema], titles: Iterable[str]) -> None:
    """Raise UnknownVariable or UsageError where a title has no column of numbers."""
    from dcalc.io.rows import missing_column

    for title in titles:
        if title not in columns:
            raise missing_column(title, columns)
        if not holds_numbers(columns[title]):
            raise UsageError(
                f"the column {title} holds {describe(columns[title])}, not numbers", help="convert it to numbers first"
            )


def append_columns(schema: CSchema, new: CSchema) -> CSchema:
    """The schema with the columns of another one behind its own."""
    na = nanoarrow()
    return na.c_schema(na.struct([*schema.children, *new.children]))


# --- Numbers out of a column.


def read_column(array: CArray) -> Column:
    """The numbers of a column, which `holds_numbers`: each the double nearest to it.

    Cost: none for doubles, one conversion for others; decimals of more than 53 bits cost 0.3 microseconds each.
    """
    import numpy as np

    if array.schema.format == "n":
        return Column(np.full(array.length, np.nan), np.ones(array.length, dtype=bool))
    kind = array.schema.format
    rows = slice(array.offset, array.offset + array.length)
    missing = _missing(array, rows)
    if array.schema.dictionary is not None:
        words = read_column(array.dictionary)
        indices = np.frombuffer(array.view().buffer(1), dtype=_TYPES[kind])[rows].astype(np.intp)
        if missing is not None:
            indices[missing] = 0  # what stands there may be anything
        if not len(words.values):
            return Column(np.full(array.length, np.nan), np.ones(array.length, dtype=bool))
        if words.missing is not None:
            absent = words.missing[indices]
            missing = absent if missing is None else missing | absent
        return Column(words.values[indices], missing)
    if kind.startswith("d:"):
        return Column(_read_decimals(array, rows), missing)
    values = np.frombuffer(array.view().buffer(1), dtype=_TYPES[kind])[rows]
    return Column(values.astype(np.float64, copy=False), missing)


def _missing(array: CArray, rows: slice) -> NDArray[np.bool_] | None:
    import numpy as np

    if not array.null_count or not array.length:
        return None
    bits = np.frombuffer(array.view().buffer(0), dtype=np.uint8)
    if not len(bits):
        return None
    absent: NDArray[np.bool_] = np.unpackbits(bits, count=rows.stop, bitorder="little")[rows] == 0
    return absent


_LARGEST_POWER = 22  # the largest power of ten that is a double
_EXACT = 1 << 53


def _read_decimals(array: CArray, rows: slice) -> NDArray[np.float64]:
    """Decimals as the doubles nearest to them: a single division is rounded once where both sides are exact."""
    import numpy as np

    _, scale, *bits = map(int, array.schema.format[2:].split(","))
    width = bits[0] if bits else 128
    if not array.length:
        return np.empty(0)
    # nanoarrow has no view of the narrow ones; all that is read here is copied.
    buffer = (ctypes.c_char * (rows.stop * width // 8)).from_address(array.buffers[1])
    if width < 128:
        low = np.frombuffer(buffer, dtype=f"<i{width // 8}")[rows].astype(np.int64)
        fits = np.abs(low) < _EXACT
    else:
        words = np.frombuffer(buffer, dtype="<i8").reshape(-1, width // 64)[rows]
        low = words[:, 0]
        fits = (words[:, 1:] == (low >> 63)[:, None]).all(axis=1) & (low > -_EXACT) & (low < _EXACT)
    if abs(scale) > _LARGEST_POWER:
        fits = np.zeros(len(low), dtype=bool)
    power = 10.0 ** min(abs(scale), _LARGEST_POWER)
    values = np.asarray(low / power if scale >= 0 else low * power, dtype=np.float64)
    if not fits.all():
        raw = np.frombuffer(buffer, dtype=f"V{width // 8}")[rows]
        for row in np.flatnonzero(~fits).tolist():
            whole = int.from_bytes(raw[row].tobytes(), "little", signed=True)
            values[row] = whole / 10**scale if scale >= 0 else float(whole * 10**-scale)
    return values


# --- New columns.


def number_column(values: NDArray[np.float64]) -> CArray:
    """A column of doubles, null where a value is nan. The array is not copied."""
    import numpy as np

    na = nanoarrow()
    absent = np.isnan(values)
    nulls = int(np.count_nonzero(absent))
    bits = np.packbits(~absent, bitorder="little") if nulls else None
    return na.c_array_from_buffers(na.float64(), len(values), [bits, values], null_count=nulls, validation_level="none")


def word_column(codes: NDArray[np.uint8], words: Sequence[str]) -> CArray:
    """A column of text: the word of each code. The first word is that of most rows."""
    import numpy as np

    na = nanoarrow()
    length = len(codes)
    if codes.any():
        texts = np.array([word.encode() for word in words])
        sizes = np.array([len(word) for word in texts.tolist()])
        ends = np.concatenate([[0], np.cumsum(sizes[codes])])
        width = texts.dtype.itemsize
        letters = texts.view(np.uint8).reshape(len(words), width)
        data: Any = letters[codes][np.arange(width) < sizes[codes][:, None]]
    else:
        data = words[0].encode() * length
        ends = np.arange(length + 1) * len(words[0].encode())
    if ends[-1] >= 1 << 31:
        raise LimitError("a batch has too many rows", help="give it in smaller parts")
    return na.c_array_from_buffers(
        na.string(), length, [None, ends.astype(np.int32), data], null_count=0, validation_level="none"
    )


def table_of(schema: CSchema, length: int, columns: Sequence[CArray]) -> CArray:
    """A batch out of columns, which are shared and not copied."""
    return nanoarrow().c_array_from_buffers(
        schema, length, [None], null_count=0, children=columns, validation_level="none"
    )


def columns_of(batch: CArray) -> list[CArray]:
    """The columns of a batch; of a slice of one those rows of them.

    Raises UsageError for an array of structs some of which are null, with anything at all in their columns.
    """
    rows = slice(batch.offset, batch.offset + batch.length)
    absent = _missing(batch, rows)
    if absent is not None and absent.any():
        raise UsageError(
            f"row {int(absent.argmax()) + 1} of a batch is null as a whole",
            help="give its columns their own nulls: pyarrow.RecordBatch.from_struct_array(batch)",
        )
    return [child if (child.length, batch.offset) == (batch.length, 0) else child[rows] for child in batch.children]


# --- Batches and streams that others read.


class Batch:
    """A batch of rows. Every library that reads the Arrow C interface takes it: `polars.DataFrame(batch)`,
    `pyarrow.record_batch(batch)`, `duckdb.from_arrow(batch)`."""

    def __init__(self, array: CArray) -> None:
        self.array = array

    def __len__(self) -> int:
        return int(self.array.length)

    def __repr__(self) -> str:
        return f"<batch of {len(self):,} rows: {', '.join(column_schemas(self.array.schema))}>"

    def __arrow_c_schema__(self) -> object:
        return self.array.schema.__arrow_c_schema__()

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self.array.__arrow_c_array__()
        return capsules

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return open_stream(self.array.schema, iter([self.array]))


class BatchStream:
    """Batches that are made when they are asked for. It can be read again where its source can.

    ``open`` gives the batches from the first on.
    """

    def __init__(self, schema: CSchema, open: Callable[[], Iterator[CArray]]) -> None:
        self.schema = schema
        self._open = open

    def __repr__(self) -> str:
        return f"<stream of batches: {', '.join(column_schemas(self.schema))}>"

    def __iter__(self) -> Iterator[Batch]:
        return map(Batch, self._open())

    def __arrow_c_schema__(self) -> object:
        return self.schema.__arrow_c_schema__()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return open_stream(self.schema, self._open())


class _StreamStruct(ctypes.Structure):
    """`struct ArrowArrayStream`."""

    _fields_ = (
        ("get_schema", ctypes.c_void_p),
        ("get_next", ctypes.c_void_p),
        ("get_last_error", ctypes.c_void_p),
        ("release", ctypes.c_void_p),
        ("private_data", ctypes.c_void_p),
    )


class _Reading:
    """A stream that somebody reads."""

    def __init__(self, batches: Iterator[CArray]) -> None:
        self.batches = batches
        self.message = ctypes.c_char_p(None)


_ARRAY_SIZE, _ARRAY_RELEASE = 80, 64  # bytes of `struct ArrowArray`, and where its `release` stands
_READINGS: dict[int, _Reading] = {}
"""The streams that are being read, by their `private_data`."""
_pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
_pointer_of.restype = ctypes.c_void_p
_pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


def open_stream(schema: CSchema, batches: Iterator[CArray]) -> object:
    """A capsule with a stream whose batches are made as they are asked for.

    What goes wrong meanwhile reaches the reader as an error of its own, with the text of ours.

    It is nanoarrow's stream of a list, with two functions replaced. That which releases it stays the one of
    nanoarrow, since readers call it where an exception is under way, in which no Python may run; a token in the
    list, which is never handed out, tells when that happens.
    """
    import numpy as np

    na = nanoarrow()
    token = np.zeros(1, dtype=np.uint8)
    holder = na.c_array_from_buffers(na.uint8(), 1, [None, token], null_count=0)
    from nanoarrow.c_array_stream import CArrayStream

    stream = CArrayStream.from_c_arrays([holder], schema, validate=False)
    struct = _StreamStruct.from_address(stream._addr())
    _READINGS[struct.private_data] = _Reading(batches)
    weakref.finalize(token, _READINGS.pop, struct.private_data)
    struct.get_next, struct.get_last_error = _GET_NEXT, _GET_LAST_ERROR
    return stream.__arrow_c_stream__()


def _get_next(stream: int, out: int) -> int:
    reading = _READINGS[_StreamStruct.from_address(stream).private_data]
    try:
        batch = next(reading.batches, None)
        if batch is None:
            ctypes.memset(out, 0, _ARRAY_SIZE)  # a structure that is released already: the end
        else:
            capsule = batch.__arrow_c_array__()[1]
            source = _pointer_of(capsule, b"arrow_array")
            ctypes.memmove(out, source, _ARRAY_SIZE)
            ctypes.memset(source + _ARRAY_RELEASE, 0, ctypes.sizeof(ctypes.c_void_p))  # it was moved
    except BaseException as problem:  # noqa: BLE001  # it is told to the reader, which is written in C
        reading.message = ctypes.c_char_p(str(problem).encode() or type(problem).__name__.encode())
        return errno.EIO
    return 0


def _get_last_error(stream: int) -> int | None:
    reading = _READINGS[_StreamStruct.from_address(stream).private_data]
    return ctypes.cast(reading.message, ctypes.c_void_p).value


# They live as long as the process, since nobody can tell when a stream is read for the last time.
_CALLBACKS = (
    ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(_get_next),
    ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(_get_last_error),
)
_GET_NEXT, _GET_LAST_ERROR = (ctypes.cast(callback, ctypes.c_void_p).value for callback in _CALLBACKS)


def open_batches(source: ArrowArrayLike | ArrowStreamLike) -> tuple[CSchema, Iterator[CArray]]:
    """The schema and the batches of what any library gives. Raises UsageError where it has no Arrow interface."""
    na = nanoarrow()
    if hasattr(source, "__arrow_c_array__"):  # first: as a stream, a batch without rows is none at all
        array = na.c_array(source)
        return array.schema, iter([array])
    if hasattr(source, "__arrow_c_stream__"):
        stream = na.c_array_stream(source)
        return stream.get_schema(), iter(stream)
    raise UsageError(
        f"a {type(source).__name__} does not have the Arrow interface",
        help="give a frame of Polars, a table of pyarrow, or anything else with __arrow_c_stream__",
    )
