"""Expressions with vectors and matrices as Python objects, with arrays of NumPy as their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from dcalc.api.derivatives import MAX_ORDER, Derivative, Gradient, Matrix
from dcalc.errors import DcalcError, LimitError, NoValue, Unsupported, UsageError
from dcalc.tensor.nodes import Node, use_table
from dcalc.tensor.reader import Reading, read
from dcalc.tensor.sizes import Declared, read_shapes, write_shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcalc.analysis.array_point import Answer, Given, Part
    from dcalc.api.expression import Expression
    from dcalc.expr import Expr
    from dcalc.io.nested import ArrayValue
    from dcalc.problem import Result

    Numbers = float | Sequence[float] | Sequence[Sequence[float]] | NDArray[np.float64]
    """A number, nested lists, or an array of NumPy."""
    Value = NDArray[np.float64]
    """An array of NumPy, or nested lists without it; a float for a scalar, which is typed as an array of no axes."""


class ArrayExpression(Derivative):
    """An expression with vectors and matrices, or its derivative by variables: it prints in matrix notation.

    The derivative of an array of shape S by a variable of shape V has the shape S + V. `at` takes and gives arrays.
    """

    __slots__ = ("__dict__", "_declared", "_source")

    def __init__(self, source: str, shapes: Mapping[str, Declared], wrt: tuple[str, ...] = ()) -> None:
        # What is differentiated is known by its text, so that a derivative has the function of its own.
        self.function = ArrayExpression(source, shapes) if wrt else self
        self.wrt = wrt
        self._names = None
        self._text = None
        self._source = source
        self._declared = dict(shapes)

    @cached_property
    def reading(self) -> Reading:
        """The text with its shapes."""
        return read(self._source, self._declared)

    @cached_property
    def tensor(self) -> Node:
        """The node in the graph of arrays. Raises Unsupported where a derivative has no closed form."""
        from dcalc.tensor.gradient import differentiate, tidy

        reading = self.reading
        use_table(reading.table)
        node = reading.root
        for name in self.wrt:
            (node,) = map(tidy, differentiate(node, [reading.variables[name]]))
        return node

    @property
    def source(self) -> str:
        """The text of the function."""
        return self._source

    @property
    def declared(self) -> Mapping[str, Declared]:
        """The shapes that were declared."""
        return self._declared

    @property
    def node(self) -> Expr:
        """An array has no node in the graph of scalars. Raises Unsupported."""
        raise Unsupported("arrays do not combine with expressions of numbers", help="write all of it as one text")

    @property
    def shape(self) -> tuple[int | str, ...]:
        """The lengths of the axes, by name where they are not known as numbers."""
        return tuple(size if isinstance(size, int) else str(size) for size in self.tensor.shape)

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the variables, in natural order."""
        from dcalc.expr import natural

        return tuple(natural(self.reading.variables))

    @property
    def notes(self) -> tuple[str, ...]:
        """Which shapes were found out, in a sentence."""
        return self.reading.notes

    def _write(self) -> str:
        if self._text is None:
            from dcalc.tensor import plain

            node = self.tensor
            use_table(self.reading.table)  # it has what numbers look like
            self._text = plain.write(node)
        return self._text

    def latex(self) -> str:
        """The expression in LaTeX, for mathematics mode: vectors and matrices are bold."""
        from dcalc.tensor import latex

        return latex.write(self.tensor)

    def __repr__(self) -> str:
        by = f".diff({', '.join(map(repr, self.wrt))})" if self.wrt else ""
        return f"dcalc.parse({self._source!r}{self._shape_argument()}){by}"

    def _shape_argument(self) -> str:
        parts = [
            f"{name}: {write_shape(one.shape) if one.shape else 'scalar'}{' symmetric' * one.symmetric}"
            for name, one in self._declared.items()
        ]
        return f", shape={', '.join(parts)!r}" if parts else ""

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self._source, self._declared, self.wrt)

    def _clashing(self) -> tuple[str, ...]:
        return ()

    def __eq__(self, other: object) -> bool:
        """Equal where both print the same."""
        if not isinstance(other, ArrayExpression):
            return NotImplemented
        return self._write() == other._write()

    __hash__ = Derivative.__hash__

    # --- questions ------------------------------------------------------------------------

    def diff(self, *wrt: str, order: int = 1) -> ArrayExpression:
        """The derivative by one variable, ``order`` times, or once by each name; it has their axes after its own."""
        names = wrt or (self.variables if len(self.variables) == 1 else ())
        if not names:
            raise UsageError(f"the expression has several variables: {', '.join(self.variables)}", help="name one")
        if len(names) > 1 and order != 1:
            raise UsageError("an order goes with one variable", help="repeat names instead")
        if not 0 <= order <= MAX_ORDER:
            raise LimitError(f"orders go from 0 up to {MAX_ORDER:,}", help="lower the order")
        for name in names:
            self.check_name(name)
        return ArrayExpression(self._source, self._declared, (*self.wrt, *(names * order)))

    def check_name(self, name: str) -> None:
        """Raise UsageError for a name that is not a variable."""
        if name not in self.variables:
            raise UsageError(f"the expression has no variable {name}", help=f"it has {', '.join(self.variables)}")

    def grad(self, *wrt: str) -> ArrayGradient:
        """The derivatives of a scalar by the names, or by all variables, each in the shape of its variable."""
        if self.reading.root.shape:
            raise UsageError("a gradient is that of a scalar", help="write .diff(name) for the Jacobian")
        for name in wrt:
            self.check_name(name)
        return ArrayGradient(self, wrt or self.variables)

    def hessian(self, *wrt: str) -> ArrayMatrix:
        """The second derivatives of a scalar by all pairs of the names, or of all variables.

        That by x and A has the axes of x first.
        """
        names = wrt or self.variables
        return ArrayMatrix("hessian", {name: ArrayGradient(self.grad(*names)[name], names) for name in names})

    def simplify(self) -> ArrayExpression:
        """Itself: nodes of arrays are in normal form."""
        return self

    def equals(self, other: str | ArrayExpression) -> bool:
        """Whether an expression is proved to be equal to this one, for all lengths; False where that is not seen."""
        from dcalc.tensor.equality import is_proved_equal
        from dcalc.tensor.reader import declare

        text = other if isinstance(other, str) else str(other)
        return is_proved_equal(self.tensor, read(text, declare(self.reading), beside=self.reading).root)

    def at(  # type: ignore[override]  # arrays have arrays for values
        self, point: Mapping[str, Numbers] | None = None, /, **values: Numbers
    ) -> Value:
        """The value at arrays or nested lists: a float for a scalar, else an array of NumPy, or lists without it.

        Entries are right to the last digit; where there are very many entries or operations they are doubles with a
        proved bound. Raises NoValue where an entry has no value, and UsageError for values that do not fit.
        """
        reading, given = self._fit({**(point or {}), **values})
        if len(self.wrt) == 1 and not reading.root.shape:
            return self._gradient_at(reading, given, self.wrt)[self.wrt[0]]
        part = self._derivative_at(reading, given)
        return as_array(part.values, part.shape)

    def enclose(self, point: Mapping[str, Numbers] | None = None, /, **values: Numbers) -> tuple[Value, Value]:
        """Doubles below and above the value, as two arrays: the nearest ones, the same where an entry is exact.

        Where there are very many entries or operations they are as far off as the proved bound of all.

        Raises NoValue where an entry has no value, and UsageError for values that do not fit.
        """
        reading, given = self._fit({**(point or {}), **values})
        part = self._derivative_at(reading, given)
        if part.bound is not None:
            import numpy as np

            middle = np.array(part.values, dtype=np.float64).reshape(part.shape)
            return np.nextafter(middle - part.bound, -np.inf), np.nextafter(middle + part.bound, np.inf)
        ends = [result.enclosure or (None, None) for result in part.results]
        return as_array([low for low, _ in ends], part.shape), as_array([high for _, high in ends], part.shape)

    def _derivative_at(self, reading: Reading, given: Given) -> Part:
        """The entries at values. Raises NoValue where one has none."""
        from dcalc.analysis.array_formulas import derivatives_at

        answer = derivatives_at(reading, [self.wrt], given, _DIGITS)
        (part,) = answer.parts.values()
        for result in part.results:
            _refuse_lack(result)
        if answer.reason:
            raise NoValue(answer.reason, answer.status)
        return part

    def fit_shapes(self, shapes: Mapping[str, tuple[int, ...]]) -> tuple[Reading, dict[str, Declared]]:
        """The text with arrays of these shapes, which are numbers. Raises UsageError for those that do not fit."""
        from dcalc.analysis.array_point import fit_values, number_lengths, require_all
        from dcalc.io.nested import ArrayValue

        declared, given = fit_values(self._declared, {name: ArrayValue((), shape) for name, shape in shapes.items()})
        own = {name: one._replace(shape=shapes.get(name, one.shape)) for name, one in declared.items()}
        own = number_lengths(own, given.sizes)
        reading = read(self._source, own)
        require_all(reading, shapes)
        return reading, own

    def gradient_at(self, values: Mapping[str, Numbers], names: Sequence[str]) -> Answer:
        """The gradient by some variables with everything that is known of it. Raises NoValue where it has none."""
        from dcalc.analysis.array_point import differentiate_at

        reading, given = self._fit(values)
        answer = differentiate_at(reading, names, given, _DIGITS)
        if answer.reason:
            raise NoValue(answer.reason, answer.status)
        return answer

    def _gradient_at(self, reading: Reading, given: Given, names: Sequence[str]) -> dict[str, Value]:
        from dcalc.analysis.array_point import differentiate_at

        answer = differentiate_at(reading, names, given, _DIGITS)
        if answer.reason:
            raise NoValue(answer.reason, answer.status)
        return {name: as_array(part.values, part.shape) for name, part in answer.parts.items()}

    def _fit(self, values: Mapping[str, Numbers]) -> tuple[Reading, Given]:
        """The text with the shapes of the values, and these."""
        from dcalc.analysis.array_point import fit_values

        declared, given = fit_values(self._declared, {name: read_value(name, one) for name, one in values.items()})
        return read(self._source, declared), given


_DIGITS = 30


class ArrayGradient(Gradient):
    """The derivatives of a scalar by arrays, as a mapping from their names."""

    __slots__ = ()
    function: ArrayExpression

    def __init__(self, function: ArrayExpression, names: tuple[str, ...]) -> None:
        self.function, self.names, self.first = function, names, ()

    def __getitem__(self, name: str) -> ArrayExpression:
        if name not in self.names:
            raise KeyError(name)
        return self.function.diff(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def at(  # type: ignore[override]  # as above
        self, point: Mapping[str, Numbers] | None = None, /, **values: Numbers
    ) -> dict[str, Value]:
        """The derivatives at arrays, by name, from one sweep. See `ArrayExpression.at`."""
        if self.function.wrt:
            return {name: self[name].at(point, **values) for name in self.names}
        reading, given = self.function._fit({**(point or {}), **values})
        return self.function._gradient_at(reading, given, self.names)


class ArrayMatrix(Matrix):
    """Derivatives by arrays in rows, by name: a Hessian has one row per variable, Jacobians have one per function."""

    __slots__ = ()

    def at(  # type: ignore[override]  # as above
        self, point: Mapping[str, Numbers] | None = None, /, **values: Numbers
    ) -> dict[str, dict[str, Value]]:
        """The derivatives at arrays, by row and name. See `ArrayExpression.at`."""
        rows: dict[str, dict[str, Value]] = {}
        given = {**(point or {}), **values}
        for label, row in self.items():
            assert isinstance(row, ArrayGradient)
            known = row.function.variables
            own = {name: value for name, value in given.items() if self.kind == "hessian" or name in known}
            rows[label] = {name: row[name].at(own) for name in row}
        return rows


def stack_jacobians(functions: Sequence[Expression], names: tuple[str, ...]) -> ArrayMatrix:
    """The first derivatives of several functions of arrays: rows f1, f2, ... Raises UsageError for one of numbers."""
    rows: dict[str, Gradient] = {}
    for k, function in enumerate(functions, 1):
        if not isinstance(function, ArrayExpression):
            raise UsageError(f"{function} has no arrays", help="ask for it by itself")
        rows[f"f{k}"] = ArrayGradient(function, tuple(name for name in names if name in function.variables))
    return ArrayMatrix("jacobian", rows)


def parse_arrays(text: str, shape: str | None) -> ArrayExpression:
    """A text with vectors and matrices, with shapes as for `--shape`. Raises what `dcalc.tensor.reader.read` raises."""
    expression = ArrayExpression(text, read_shapes(shape) if shape else {})
    _ = expression.reading
    return expression


def read_value(name: str, value: Numbers) -> ArrayValue:
    """A number, nested lists or an array of NumPy as a value. Raises UsageError."""
    from dcalc.io.arrays import flatten
    from dcalc.io.nested import ArrayValue

    given: Any = value  # told apart by what it has, lest NumPy is imported for it
    try:
        if hasattr(given, "tolist") and given.ndim:
            return ArrayValue(given.astype("float64").ravel(), tuple(given.shape))
        if hasattr(given, "tolist"):
            given = given.tolist()
        if isinstance(given, list | tuple):
            given = [list(row) if isinstance(row, tuple) else row for row in given]
        return flatten(given)
    except (ValueError, DcalcError) as error:
        raise UsageError(f"{name}: {error}", help="write numbers in lists of one length") from None


def as_array(values: Sequence[float | None], shape: tuple[int, ...]) -> Value:
    """Entries as an array of NumPy, or as nested lists where there is none; a single one as a float."""
    from dcalc.io.nested import nest_entries

    if not shape:
        return cast("Value", values[0])
    try:
        import numpy as np
    except ImportError:
        return cast("Value", nest_entries(values, shape))
    return np.array(values, dtype=np.float64).reshape(shape)


def _refuse_lack(result: Result) -> None:
    if result.value is None:
        raise NoValue(str(result), result.status)
