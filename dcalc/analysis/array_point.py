"""Gradients of array expressions at values: digits where that is affordable, doubles with proved bounds elsewhere.

What is true at a point is asked of the expression as it was typed, entry by entry, as for any other expression. Where
there are too many operations for that, arrays of doubles answer, if each operation is proved to be smooth there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from math import hypot, inf, prod
from typing import TYPE_CHECKING, Any

from dcalc.coordinates import nearest_double
from dcalc.errors import LimitError, UsageError
from dcalc.expr import Expr, natural
from dcalc.io.nested import ArrayValue
from dcalc.notation import write
from dcalc.numbers.rounding import finite_or_none
from dcalc.records import NamedTuple
from dcalc.tensor.lower import Array, entry_names, fix_shape
from dcalc.tensor.nodes import Kind, walk
from dcalc.tensor.reader import Reading, Step, lower_steps, read
from dcalc.tensor.sizes import Declared, Dim, Size, write_shape
from dcalc.text import join_words

if TYPE_CHECKING:
    from dcalc.bulk.inexact import Estimate
    from dcalc.point import Value
    from dcalc.problem import Kind as NotSmooth
    from dcalc.problem import Result, Status

DIGITS = 30
"""Significant digits of certified values, where no others are asked for."""
MOST_CERTIFIED = 120_000
"""Operations on single numbers up to which every entry is certified: some seconds."""
MOST_ENTRIES = 2_000, 400
"""First derivatives, and those of higher order, up to which each is certified by itself: two to three seconds."""
MOST_NUMBERS = 4_000_000
"""Entries of a derivative in doubles."""
SHARP = 1e-12
"""A bound above this share of the largest entry is looked for entry by entry, which takes longer and is closer."""
CLOSE = 1e-6
"""An entry whose bound is above this share of the largest one has no value."""


_MAKE_SCALAR = "write sum(...) around the expression, or one entry of it"


class Given(NamedTuple):
    """Values of variables by name, and lengths by name."""

    arrays: Mapping[str, ArrayValue]
    sizes: Mapping[str, int]


class Part(NamedTuple):
    """The derivatives by the entries of one variable, in order: results, or doubles with bounds."""

    shape: tuple[int, ...]
    values: Sequence[float | None]
    results: Sequence[Result] = ()
    bound: float | None = None


class Answer(NamedTuple):
    """A gradient at values; ``reason`` says why a part of it has no value, ``lacking`` names such entries."""

    f: float | None
    parts: Mapping[str, Part]
    status: Status
    kind: NotSmooth | None
    reason: str
    notes: tuple[str, ...]
    lacking: Sequence[tuple[str, Result]] = ()

    @property
    def code(self) -> int:
        """The exit status: 0 where every part has a value."""
        return self.lacking[0][1].code if self.lacking else 3 if self.reason else 0

    @property
    def norm(self) -> float | None:
        """The length of the gradient, right to the last digit where all digits are certified; None where a part of it
        has no value."""
        from dcalc.analysis.answers import norm

        results = [result for part in self.parts.values() for result in part.results]
        if results:
            return norm(results)
        values = [value for part in self.parts.values() for value in part.values]
        return None if None in values else finite_or_none(hypot(*(value for value in values if value is not None)))


def require_variables(reading: Reading, names: Iterable[str]) -> None:
    """Raise UsageError for a name that is not a variable of the expression."""
    for name in names:
        if name not in reading.variables:
            known = join_words(natural(reading.variables), "and")
            raise UsageError(f"the expression has no variable {name}", help=f"its variables are {known}")


def read_scalar(
    text: str, shapes: Mapping[str, Declared], wrt: Sequence[str], what: str, help: str = ""
) -> tuple[Reading, tuple[str, ...]]:
    """A scalar of arrays, and the names that it is differentiated by: all of its variables where ``wrt`` has none.

    Raises ParseError for shapes that do not go together; UsageError, which begins with ``what``, where the expression
    is not a scalar, or lacks a name.
    """
    reading = read(text, shapes)
    if reading.root.shape:
        raise UsageError(f"{what} a scalar; this is {write_shape(reading.root.shape)}", help=help or _MAKE_SCALAR)
    names = tuple(wrt) or tuple(natural(reading.variables))
    require_variables(reading, names)
    return reading, names


def fit_values(declared: Mapping[str, Declared], values: Mapping[str, ArrayValue]) -> tuple[dict[str, Declared], Given]:
    """The shapes of all names that are declared or have values, and the values in these shapes.

    A row of numbers is a vector where one is declared. The lengths that have names are numbers in the text, too, where
    other names have values and no declared shape. Raises UsageError where a value does not fit.
    """
    shapes = dict(declared)
    arrays: dict[str, ArrayValue] = {}
    sizes: dict[str, int] = {}
    for name, value in values.items():
        shape = declared[name].shape if name in declared else value.shape
        if len(shape) == 1 and len(value.shape) == 2 and 1 in value.shape:
            value = ArrayValue(value.entries, (prod(value.shape),))
        if len(shape) != len(value.shape) or not all(
            _fit_length(*pair, sizes) for pair in zip(shape, value.shape, strict=True)
        ):
            raise UsageError(
                f"{name} is declared as {write_shape(shape)}; its value is {write_shape(value.shape)}",
                help="correct --shape or --at",
            )
        if name in declared and declared[name].symmetric:
            _require_symmetry(name, value)
        shapes.setdefault(name, Declared(value.shape))
        arrays[name] = value
    if not set(values) <= set(declared):
        shapes = number_lengths(shapes, sizes)
    return shapes, Given(arrays, sizes)


def number_lengths(shapes: Mapping[str, Declared], sizes: Mapping[str, int]) -> dict[str, Declared]:
    """The shapes, and the numbers that lengths are, to read a text with.

    Raises UsageError where the name of a length has a value.
    """
    for name, length in sizes.items():
        if name in shapes and shapes[name].length is None:
            raise UsageError(
                f"{name} has a value, and is the length of an axis, {length}",
                help="leave out its value, or give the length another name in --shape",
            )
    return {**shapes, **{name: Declared((), length=length) for name, length in sizes.items()}}


def _require_symmetry(name: str, value: ArrayValue) -> None:
    """Raise UsageError where a matrix is not equal to its transpose. Linear in the entries."""
    size = value.shape[0]
    for row in range(size if len(value.entries) else 0):
        across, down = value.entries[row * size : (row + 1) * size], value.entries[row::size]
        if list(across) == list(down):
            continue
        column = next(k for k in range(size) if across[k] != down[k])
        first, second = (_write_number(entry) for entry in (across[column], down[column]))
        raise UsageError(
            f"{name} is declared as symmetric; {name}[{row}, {column}] is {first}, {name}[{column}, {row}] is {second}",
            help="correct --shape or --at",
        )


def _write_number(value: Value) -> str:
    """A number as it was typed, or the double that it is."""
    return repr(value) if isinstance(value, float) else write(value)


def _fit_length(size: Size, length: int, sizes: dict[str, int]) -> bool:
    """Whether a declared length can be this number; what a name in it comes to is kept."""
    if isinstance(size, Dim):
        return length > size.offset and sizes.setdefault(size.name, length - size.offset) == length - size.offset
    return size == length


def differentiate_at(reading: Reading, names: Sequence[str], given: Given, digits: int) -> Answer:
    """The gradient by the entries of some variables, at values for all of them.

    Raises UsageError where a value is missing or belongs to no variable. Cost: up to `MOST_CERTIFIED` operations some
    tens of microseconds for each; above, about four times that of NumPy.
    """
    check_names(reading, given)
    steps = reading.list_steps()
    if count_operations(steps, given.sizes) <= MOST_CERTIFIED:
        return _certify(reading, steps, names, given, digits)
    return estimate_derivatives(reading, [(name,) for name in names], given)


def require_all(reading: Reading, names: Collection[str]) -> None:
    """Raise UsageError where a variable has no value, or a value no variable."""
    require_variables(reading, names)
    for name, node in reading.variables.items():
        if name not in names:
            what = "[1, 2, 3]" if node.rank == 1 else "@FILE.csv" if node.rank else "1"
            raise UsageError(f"no value is given for {name}", help=f"add --at '{name}={what}'")


def check_names(reading: Reading, given: Given) -> None:
    """Raise UsageError where a variable has no value, a value no variable, or a label no class."""
    require_all(reading, given.arrays)
    check_labels(reading, {name: given.arrays[name].entries for name in reading.labels}, given.sizes)


def check_labels(reading: Reading, entries: Mapping[str, Sequence[Value]], sizes: Mapping[str, int]) -> None:
    """Raise UsageError where a label is not the number of a class."""
    for name, size in reading.labels.items():
        (count,) = fix_shape((size,), sizes)
        for entry in entries[name]:
            value = nearest_double(entry)
            if not (0 <= value < count and value == int(value)):
                raise UsageError(
                    f"{name} has the label {value:g}", help=f"there are {count} classes, from 0 to {count - 1}"
                )


def count_operations(steps: Mapping[int, Step], sizes: Mapping[str, int]) -> int:
    """About how many operations on single numbers an expression comes to."""
    total = 0
    for step in steps.values():
        for node in walk(step.node):
            if node.kind is Kind.PRODUCT:
                total += prod(fix_shape(node.network.sizes, sizes))
            elif node.kind in (Kind.INVERSE, Kind.DET, Kind.LOGDET):
                total += fix_shape(node.args[0].shape, sizes)[0] ** 4
            elif node.kind is not Kind.VARIABLE:
                total += prod(fix_shape(node.args[0].shape if node.args else node.shape, sizes))
    return total


def is_large(reading: Reading, keys: Sequence[Sequence[str]], given: Given) -> bool:
    """Whether the derivatives by some variables in turn have too many entries to certify each."""
    if count_operations(reading.list_steps(), given.sizes) > MOST_CERTIFIED:
        return True
    size = prod(fix_shape(reading.root.shape, given.sizes))
    return any(
        own and size * prod(prod(given.arrays[name].shape) for name in own) > MOST_ENTRIES[len(own) > 1] for own in keys
    )


# --- digits ------------------------------------------------------------------------------------


def lower_at(steps: Mapping[int, Step], given: Given) -> tuple[Array, dict[str, Any]]:
    """The expression as it was typed, entry by entry, in the entries of all arrays, and the point by entry."""
    at: dict[str, Any] = {}
    for name, value in given.arrays.items():
        at.update(zip(entry_names(name, value.shape), value.list_numbers(), strict=True))
    return lower_steps(steps, given.sizes), at


def _certify(reading: Reading, steps: Mapping[int, Step], names: Sequence[str], given: Given, digits: int) -> Answer:
    from dcalc.problem import Problem
    from dcalc.solver import solve_all

    whole, at = lower_at(steps, given)
    (root,) = whole.entries
    wanted = {name: entry_names(name, given.arrays[name].shape) for name in names}
    every = tuple(entry for entries in wanted.values() for entry in entries)
    results = solve_all(Problem(root, every, at, digits, gradient=True), expression=False)
    by_entry = dict(zip(every, results, strict=True))
    parts = {}
    for name, entries in wanted.items():
        own = [by_entry[entry] for entry in entries]
        parts[name] = Part(given.arrays[name].shape, [one.value for one in own], own)
    lacking = [(entry, one) for entry, one in by_entry.items() if one.code]
    worst = lacking[0][1] if lacking else next((one for one in results if one.status != "ok"), results[0])
    f = next((one.f for one in results if one.f is not None), None)
    return Answer(f, parts, worst.status, worst.kind, worst.reason, join_notes(results), lacking)


_MOST_NOTES = 10
"""Notes of entries that are told."""


def join_notes(results: Iterable[Result]) -> tuple[str, ...]:
    """What is told of the entries of an answer, such as the decimal of one that is 0 as a double, each once."""
    notes = tuple(dict.fromkeys(note for one in results for note in one.notes))
    more = (f"so are {len(notes) - _MOST_NOTES:,} further entries",) if len(notes) > _MOST_NOTES else ()
    return notes[:_MOST_NOTES] + more


# --- doubles with bounds -----------------------------------------------------------------------


ROUGH = "an operation may be at a kink or at the edge of its domain, and the arrays are too large to decide it"
"""Why large arrays have no derivative."""


def estimate_derivatives(reading: Reading, keys: Sequence[Sequence[str]], given: Given) -> Answer:
    """The derivatives by some variables in turn as doubles with proved bounds; the parts go by the names, with commas.

    Without names it is the expression itself. Raises UsageError without NumPy, LimitError where an array is too large.
    """
    try:
        import numpy as np
    except ImportError:
        raise UsageError("arrays of this size need NumPy", help="pip install 'dcalc[fast]'") from None
    from dcalc.bulk.tensor_gradient import GradientFunction

    shape = fix_shape(reading.root.shape, given.sizes)
    size = max(prod(shape) * prod(prod(given.arrays[name].shape) for name in own) for own in keys)
    if size > MOST_NUMBERS:
        raise LimitError(
            f"{size:,} derivatives are too many at values",
            help="ask for the formula, or for the derivative along a direction: --along 'x=[1,0]'",
        )
    columns = {name: as_bounded_doubles(value) for name, value in given.arrays.items()}
    function = GradientFunction(reading, keys, given.sizes)
    arrays = {name: values for name, (values, _) in columns.items()}
    errors = {name: error for name, (_, error) in columns.items() if error.any()}
    outcome = function(arrays, lambda part: part.is_within(SHARP), errors)
    f = outcome.value.values if not outcome.value.values.shape and outcome.value.sure.all() else None
    names = [",".join(own) for own in keys]
    results = outcome.derivatives if any(keys) else [outcome.value]
    if any(keys) and not outcome.is_smooth:
        shapes = [fix_shape(node.shape, given.sizes) for node in function.derivatives]
        nothing = {name: Part(shape, [None] * prod(shape), (), inf) for name, shape in zip(names, shapes, strict=True)}
        return Answer(None if f is None else float(f), nothing, "unresolved", None, ROUGH, ())
    parts = {name: _bounded_part(result, np) for name, result in zip(names, results, strict=True)}
    lost = [name for name, part in parts.items() if None in part.values]
    if lost:
        reason = f"rounding takes the digits of some {f'derivatives by {lost[0]}' if any(keys) else 'entries'}"
        return Answer(None if f is None else float(f), parts, "unresolved", None, reason, ())
    bound = max(part.bound or 0.0 for part in parts.values())
    note = f"doubles, proved to be within {bound:.1g} of the truth"
    return Answer(None if f is None else float(f), parts, "ok", None, "", (note,))


def as_bounded_doubles(value: ArrayValue) -> tuple[Any, Any]:
    """The doubles nearest to the entries, in the shape of the array, and how far these may be off."""
    import numpy as np

    doubles = as_doubles(value)
    errors = np.zeros(())
    if isinstance(value.entries, list) and any(isinstance(entry, Expr) for entry in value.entries):
        errors = np.array(
            [np.spacing(abs(d)) * isinstance(e, Expr) for d, e in zip(doubles, value.entries, strict=True)]
        )
        errors = errors.reshape(value.shape)
    return doubles.reshape(value.shape), errors


def as_doubles(value: ArrayValue) -> Any:
    """The entries as one row of NumPy's doubles, each the nearest to what was given."""
    import numpy as np

    if not isinstance(value.entries, list):
        return np.asarray(value.entries, dtype=np.float64)
    return np.array([nearest_double(entry) for entry in value.entries])


def _bounded_part(result: Estimate, np: Any) -> Part:
    """The entries that are close enough to the truth, and the largest bound of all."""
    largest = float(np.abs(result.values).max(initial=0.0))
    close = result.sure & (result.errors <= CLOSE * largest)
    values = [
        value if fits else None
        for value, fits in zip(result.values.ravel().tolist(), close.ravel().tolist(), strict=True)
    ]
    return Part(result.values.shape, values, (), float(result.errors.max(initial=0.0)))
