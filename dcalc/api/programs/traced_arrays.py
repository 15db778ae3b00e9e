"""Arrays of expressions: what programs of array libraries compute with, entry by entry.

An entry is a node, or a Python number or truth value where it depends on no variable. Operations on entries fold what
needs no variable, so that conditions on shapes and counters are decided and leave no trace.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any, NamedTuple

from dcalc import functions as table
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import ONE, ZERO, Expr, exact, make, number, symbol, walk
from dcalc.functions import Row
from dcalc.numerals import rational

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[Any]


Entry = Any
"""A node, or a bool, an int or a float."""
Operation = Callable[..., Entry]
MOST_OPERATIONS = 200_000
"""Operations on entries up to which a program is read."""
_CONSTANTS = {math.pi: table.PI, math.e: table.E, math.tau: table.TAU}


def load_numpy() -> Any:
    """NumPy, which every array library brings."""
    return import_module("numpy")


# --- entries --------------------------------------------------------------------------------


def node(entry: Entry) -> Expr:
    """An entry as a node. Raises Unsupported for an infinity; nan is 0/0."""
    if isinstance(entry, Expr):
        return as_number(entry)
    if isinstance(entry, bool):
        return ONE if entry else ZERO
    if isinstance(entry, int):
        return _signed(entry, number(abs(entry)))
    if isinstance(entry, complex):
        raise Unsupported("complex numbers cannot be read", help="write the real and the imaginary part")
    if math.isnan(entry):
        return make(table.DIV, ZERO, ZERO)
    if math.isinf(entry):
        raise Unsupported("infinity stands where a number is needed", help="use a large number in its place")
    if abs(entry) in _CONSTANTS:
        return _signed(entry, make(_CONSTANTS[abs(entry)]))
    return _signed(entry, number(rational(repr(abs(entry)))))


def _signed(value: float, magnitude: Expr) -> Expr:
    return make(table.NEG, magnitude) if value < 0 else magnitude


def is_condition(entry: Entry) -> bool:
    """Whether an entry is a truth value."""
    return isinstance(entry, bool) or (isinstance(entry, Expr) and entry.op in table.CONDITIONS)


def as_number(entry: Expr) -> Expr:
    """A node as a number: 1 where a condition holds, and 0 elsewhere."""
    return make(table.WHERE, entry, ONE, ZERO) if entry.op in table.CONDITIONS else entry


def as_condition(entry: Entry) -> Entry:
    """An entry as a truth value: whether it is not 0."""
    if not isinstance(entry, Expr):
        return bool(entry)
    if entry.op in table.CONDITIONS:
        return entry
    if entry.op is table.WHERE and entry.args[1:] == (ONE, ZERO):
        return entry.args[0]
    return make(table.NE, entry, ZERO)


def call(row: Row) -> Operation:
    """The operation that a row of the table is."""

    def apply(*entries: Entry) -> Entry:
        return make(row, *map(node, entries))

    return apply


def text(source: str, *names: str) -> Operation:
    """An operation written in dcalc's own language, in the names of its arguments."""
    from dcalc.rules import fill

    def apply(*entries: Entry) -> Entry:
        return fill(source, names, dict(zip(names, map(node, entries), strict=True)))

    return apply


def add(a: Entry, b: Entry) -> Entry:
    """The sum; of constants that are exact, too."""
    if _is_exactly(a, 0):
        return b
    if _is_exactly(b, 0):
        return a
    return a + b if _are_whole(a, b) else make(table.ADD, node(a), node(b))


def subtract(a: Entry, b: Entry) -> Entry:
    """The difference."""
    if _is_exactly(b, 0):
        return a
    return a - b if _are_whole(a, b) else make(table.SUB, node(a), node(b))


def multiply(a: Entry, b: Entry) -> Entry:
    """The product."""
    if _is_exactly(a, 1):
        return b
    if _is_exactly(b, 1):
        return a
    return a * b if _are_whole(a, b) else make(table.MUL, node(a), node(b))


def negate(a: Entry) -> Entry:
    """The negative."""
    return -a if not isinstance(a, Expr) else make(table.NEG, node(a))


def _is_exactly(entry: Entry, value: int) -> bool:
    return (type(entry) in (int, float) and entry == value) or (entry is (ONE if value else ZERO))


def _are_whole(*entries: Entry) -> bool:
    return all(isinstance(entry, int) for entry in entries)


def larger(a: Entry, b: Entry) -> Entry:
    """The maximum; minus infinity is less than all there is."""
    return _extreme(table.MAX, -math.inf, a, b)


def smaller(a: Entry, b: Entry) -> Entry:
    """The minimum."""
    return _extreme(table.MIN, math.inf, a, b)


def _extreme(row: Row, neutral: float, a: Entry, b: Entry) -> Entry:
    if isinstance(a, float) and a == neutral:
        return b
    if isinstance(b, float) and b == neutral:
        return a
    return a if a is b else make(row, node(a), node(b))


_DECIDED: dict[Row, Callable[[Any, Any], bool]] = {
    table.LT: lambda a, b: a < b, table.LE: lambda a, b: a <= b, table.GT: lambda a, b: a > b,
    table.GE: lambda a, b: a >= b, table.EQ: lambda a, b: a == b, table.NE: lambda a, b: a != b,
}  # fmt: skip


def compare(row: Row) -> Operation:
    """A relation, decided where it is between constants, with an infinity, or of a part with itself."""
    decide = _DECIDED[row]

    def apply(a: Entry, b: Entry) -> Entry:
        if isinstance(a, Expr) and isinstance(b, Expr):
            if is_condition(a) and is_condition(b):
                return _compare_conditions(row, a, b)
            return decide(0, 0) if a is b else make(row, as_number(a), as_number(b))
        if not isinstance(a, Expr) and not isinstance(b, Expr):
            return decide(a, b)
        known = b if isinstance(a, Expr) else a
        if isinstance(known, float) and math.isinf(known):  # values are finite
            return decide(0.0, known) if known is b else decide(known, 0.0)
        if is_condition(a) and is_condition(b):
            return _compare_conditions(row, a, b)
        return make(row, node(a), node(b))

    return apply


def _compare_conditions(row: Row, a: Entry, b: Entry) -> Entry:
    differ = either(both(a, invert(b)), both(invert(a), b))
    if row is table.NE:
        return differ
    if row is table.EQ:
        return invert(differ)
    return make(row, node(a), node(b))


def both(a: Entry, b: Entry) -> Entry:
    """Whether both conditions hold."""
    return _combine(table.AND, True, a, b)


def either(a: Entry, b: Entry) -> Entry:
    """Whether one of the conditions holds."""
    return _combine(table.OR, False, a, b)


def _combine(row: Row, neutral: bool, a: Entry, b: Entry) -> Entry:
    """Two conditions as one; ``neutral`` is the truth value that leaves the other condition as it is."""
    a, b = as_condition(a), as_condition(b)
    if isinstance(a, bool):
        return b if a is neutral else a
    if isinstance(b, bool):
        return a if b is neutral else b
    return a if a is b else make(row, a, b)


def invert(a: Entry) -> Entry:
    """Whether the condition does not hold."""
    a = as_condition(a)
    if isinstance(a, bool):
        return not a
    return a.args[0] if a.op is table.NOT else make(table.NOT, a)


def choose(condition: Entry, then: Entry, otherwise: Entry) -> Entry:
    """``then`` where the condition holds."""
    condition = as_condition(condition)
    if isinstance(condition, bool):
        return then if condition else otherwise
    if then is otherwise:
        return then
    if is_condition(then) and is_condition(otherwise):
        return either(both(condition, then), both(invert(condition), otherwise))
    return make(table.WHERE, condition, node(then), node(otherwise))


def power(base: Entry, exponent: Entry) -> Entry:
    """A power; a whole exponent stays a whole number."""
    if isinstance(exponent, float) and exponent.is_integer():
        exponent = int(exponent)
    if _is_exactly(exponent, 1):
        return base
    return make(table.POW, node(base), node(exponent))


def decide_finite(answer: bool, title: str) -> Operation:
    """Whether an entry is nan or infinite: ``answer`` for what has a value everywhere.

    Where an entry has none, a program goes on with another number, which is no part of the function; it is refused.
    """

    def apply(entry: Entry) -> Entry:
        if not isinstance(entry, Expr):
            return answer if math.isfinite(entry) else not answer
        if any(part.op.domain and not _is_power(part) for part in walk(entry)):
            raise unreadable(title, "isnan, or isfinite, of what may have no value,")
        return answer

    return apply


def _is_power(part: Expr) -> bool:
    """Whether a part is a power with a whole exponent that is not negative."""
    exponent = exact(part.args[1]) if part.op is table.POW else None
    return isinstance(exponent, int) and exponent >= 0


# --- arrays ---------------------------------------------------------------------------------


def is_symbolic(array: Any) -> bool:
    """Whether an array has entries that depend on variables."""
    return getattr(getattr(array, "dtype", None), "kind", "") == "O"


def to_entries(array: Any) -> Array:
    """An array of entries; a number of single precision is the decimal that it prints as."""
    numpy = load_numpy()
    if is_symbolic(array):
        return array  # type: ignore[no-any-return]  # an array of entries already
    values = numpy.asarray(array)
    if values.dtype.kind == "c":
        raise Unsupported("complex numbers cannot be read", help="write the real and the imaginary part")
    if values.dtype.kind == "f" and values.dtype != numpy.float64:
        values = numpy.vectorize(lambda value: float(str(value)), otypes=[float])(values)
    return values.astype(object)  # type: ignore[no-any-return]  # NumPy's own types are not at hand


def make_array(shape: Sequence[int], entries: Iterable[Entry]) -> Array:
    """An array of that shape, its entries row by row."""
    array = load_numpy().empty(tuple(shape), dtype=object)
    for place, entry in enumerate(entries):
        array.flat[place] = entry
    return array  # type: ignore[no-any-return]  # as above


def apply_to_entries(operation: Operation, *arrays: Any) -> Array:
    """The operation on each entry; arrays broadcast."""
    numpy = load_numpy()
    views = numpy.broadcast_arrays(*map(to_entries, arrays))
    check_size(views[0].size)
    return make_array(
        views[0].shape, (operation(*entries) for entries in zip(*(view.flat for view in views), strict=True))
    )


def check_size(size: int) -> None:
    """Raise LimitError for an array that is too large to be written out."""
    if size > MOST_OPERATIONS:
        raise LimitError(f"more than {MOST_OPERATIONS:,} operations on single numbers", help="read a smaller function")


def reduce_axes(
    operation: Callable[[list[Entry]], Entry], array: Any, axes: Iterable[int], *, keep: bool = False
) -> Array:
    """The operation on the entries along axes, which are left out, or kept with a length of 1."""
    numpy = load_numpy()
    entries = to_entries(array)
    gone = sorted(axis % entries.ndim for axis in axes) if entries.ndim else []
    rest = [axis for axis in range(entries.ndim) if axis not in gone]
    lined_up = entries.transpose(rest + gone).reshape([entries.shape[axis] for axis in rest] + [-1])
    check_size(entries.size)
    shape = [1 if axis in gone else length for axis, length in enumerate(entries.shape) if keep or axis not in gone]
    rows = lined_up.reshape(-1, lined_up.shape[-1]) if rest else lined_up.reshape(1, -1)
    return make_array(shape, (operation(list(row)) for row in numpy.asarray(rows, dtype=object)))


def sum_entries(entries: list[Entry]) -> Entry:
    """The sum of all."""
    return reduce(add, entries, 0)


def multiply_entries(entries: list[Entry]) -> Entry:
    """The product of all."""
    return reduce(multiply, entries, 1)


def largest_entry(entries: list[Entry]) -> Entry:
    """The largest of all."""
    return reduce(larger, entries)


def smallest_entry(entries: list[Entry]) -> Entry:
    """The smallest of all."""
    return reduce(smaller, entries)


def accumulate(operation: Callable[[Entry, Entry], Entry], array: Any, axis: int, *, backwards: bool = False) -> Array:
    """The running results along an axis."""
    numpy = load_numpy()
    entries = numpy.moveaxis(to_entries(array), axis, -1)
    out = numpy.empty(entries.shape, dtype=object)
    for place in numpy.ndindex(*entries.shape[:-1]):
        row = list(entries[place])[:: -1 if backwards else 1]
        running: list[Entry] = []
        for entry in row:
            running.append(entry if not running else operation(running[-1], entry))
        for column, entry in enumerate(running[:: -1 if backwards else 1]):
            out[(*place, column)] = entry
    return numpy.moveaxis(out, -1, axis)  # type: ignore[no-any-return]  # as above


def multiply_matrices(a: Any, b: Any) -> Array:
    """The matrix product, batches first, of arrays of two or more dimensions."""
    numpy = load_numpy()
    left, right = to_entries(a), to_entries(b)
    batch = numpy.broadcast_shapes(left.shape[:-2], right.shape[:-2])
    rows, inner, columns = left.shape[-2], left.shape[-1], right.shape[-1]
    left = numpy.broadcast_to(left, (*batch, rows, inner))
    right = numpy.broadcast_to(right, (*batch, inner, columns))
    check_size(left.size * columns)
    shape = (*batch, rows, columns)
    return make_array(
        shape,
        (
            sum_entries([multiply(left[(*at, i, k)], right[(*at, k, j)]) for k in range(inner)])
            for *at, i, j in numpy.ndindex(*shape)
        ),
    )


class Labels:
    """Entries under whole numbers, so that what only moves entries can be done by the library itself."""

    def __init__(self) -> None:
        self.entries: list[Entry] = [0]  # what programs put between the entries that they move

    def label(self, array: Any) -> Array:
        """Numbers in the place of entries."""
        numpy = load_numpy()
        entries = to_entries(array)
        start = len(self.entries)
        self.entries += list(entries.flat)
        labels = numpy.arange(start, len(self.entries), dtype=float)  # programs expect floats, and may fill with nan
        return labels.reshape(entries.shape)  # type: ignore[no-any-return]  # as above

    def resolve(self, labels: Any, what: str) -> Array:
        """The entries that numbers stand for. Raises Unsupported for a number that stands for none."""
        numbers = load_numpy().asarray(labels)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < max(1, len(self.entries)):
            raise Unsupported(f"{what} reaches beyond its array", help="keep indices within bounds")
        return make_array(numbers.shape, (self.entries[int(place)] for place in numbers.flat))


# --- variables ------------------------------------------------------------------------------


def name_leaves(name: str, shape: Sequence[int]) -> list[str]:
    """The names of the entries of an argument: its own, or w_0, w_1 ... and A_0_0, A_0_1 ..."""
    if not shape:
        return [name]
    return ["_".join((name, *map(str, place))) for place in load_numpy().ndindex(*shape)]


def make_variables(names: Sequence[str], shape: Sequence[int]) -> Array:
    """An array of variables."""
    return make_array(shape, map(symbol, names))


def check_names(names: Sequence[str]) -> None:
    """Raise Unsupported where two variables would have one name."""
    repeated = next((name for name in names if names.count(name) > 1), None) if len(set(names)) < len(names) else None
    if repeated is not None:
        raise Unsupported(f"two arguments would both be called {repeated}", help="rename a parameter of the function")


def expression_of(result: Any, title: str) -> Expr:
    """The one number that a function returns, as a node. Raises Unsupported for more than one."""
    entries = to_entries(result)
    if entries.size != 1:
        raise Unsupported(
            f"the function returns {entries.size} numbers, not one",
            help=f"return one entry, or a sum of them ({title})",
        )
    return node(entries.flat[0])


def unreadable(title: str, name: str) -> Unsupported:
    """The error for an operation that cannot be read."""
    return Unsupported(f"the operation {name} of {title} cannot be read", help="write it in operations on numbers")


# --- operations on single numbers, by the names that array libraries share ------------------


def _row(name: str, count: int = 1) -> Operation:
    row = table.find(name, count)
    assert row is not None, name
    return call(row)


ELEMENTARY: dict[str, Operation] = {
    **{name: _row(name) for name in (
        "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p sqrt cbrt abs sign floor "
        "ceil erf erfc digamma lgamma sigmoid trunc log2 log10").split()},
    "atan2": _row("atan2", 2),
    "add": add, "sub": subtract, "mul": multiply, "neg": negate, "div": call(table.DIV), "pow": power,
    "square": lambda x: power(x, 2), "rsqrt": text("1/sqrt(x)", "x"), "reciprocal": text("1/x", "x"),
    "max": larger, "min": smaller, "maximum": larger, "minimum": smaller,
    "lt": compare(table.LT), "le": compare(table.LE), "gt": compare(table.GT), "ge": compare(table.GE),
    "eq": compare(table.EQ), "ne": compare(table.NE),
    "logical_and": both, "logical_or": either, "logical_not": invert,
    "fmod": _row("fmod", 2),
}  # fmt: skip
"""By names that NumPy, JAX and PyTorch share."""


# --- arguments: which entries are variables, under which names, and which are constants -------


class Leaf(NamedTuple):
    """A number or an array within the arguments; without ``names`` it is a constant."""

    value: Any
    shape: tuple[int, ...]
    names: list[str]


class Arguments:
    """The leaves of arguments, and what makes arguments of leaves again.

    ``leaves`` are (path, value, shape, whether it is of floats); a path begins with the name of the parameter.
    """

    def __init__(
        self,
        leaves: Iterable[tuple[list[str], Any, tuple[int, ...], bool]],
        rebuild: Callable[[list[Any]], tuple[Any, ...]],
        convert: Callable[[Any, Leaf], Any],
    ) -> None:
        self.leaves = [
            Leaf(value, shape, name_leaves("_".join(path), shape) if is_float else [])
            for path, value, shape, is_float in leaves
        ]
        self.rebuild = rebuild
        self.convert = convert
        check_names(self.variables)

    @property
    def variables(self) -> list[str]:
        """The names of all variables, in the order of the arguments."""
        return [name for leaf in self.leaves for name in leaf.names]

    def inputs(self) -> list[Any]:
        """What a program is read with: arrays of variables, and constants as they are."""
        return [make_variables(leaf.names, leaf.shape) if leaf.names else leaf.value for leaf in self.leaves]

    def values(self) -> dict[str, float]:
        """The numbers that the arguments hold, by variable."""
        numpy = load_numpy()
        return {
            name: float(value)
            for leaf in self.leaves
            if leaf.names
            for name, value in zip(leaf.names, numpy.asarray(leaf.value, dtype=float).flat, strict=True)
        }

    def fill(self, values: Mapping[str, float]) -> tuple[Any, ...]:
        """The arguments with numbers for the variables, in the precision that each has."""
        numpy = load_numpy()
        return self.rebuild(
            [
                self.convert(numpy.array([values[name] for name in leaf.names]).reshape(leaf.shape), leaf)
                if leaf.names
                else leaf.value
                for leaf in self.leaves
            ]
        )


def parameter_names(function: Callable[..., Any], count: int) -> list[str]:
    """The names of the first parameters of a function, or x0, x1, ... where they are not known."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    positional = [each.name for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]
    if len(positional) >= count:
        return positional[:count]
    return ["x"] if count == 1 else [f"x{place}" for place in range(count)]


def name_steps(parts: Sequence[Any]) -> list[str]:
    """The steps of a path into nested arguments as words: indices, keys, attributes."""
    words = []
    for part in parts:
        step = next((getattr(part, name) for name in ("idx", "key", "name") if hasattr(part, name)), "part")
        words.append("".join(char if char.isalnum() else "_" for char in str(step)))
    return words
