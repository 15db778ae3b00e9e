"""Functions of NumPy arrays made of expressions: values and derivatives at many points at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, overload

from dcalc.api.derivatives import Derivative, Source, check_names, parse
from dcalc.api.expression import Expression
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import natural
from dcalc.problem import Result
from dcalc.tensor.signs import has_arrays

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from dcalc.api.array_expression import ArrayExpression
    from dcalc.api.compiled_arrays import CompiledArrays

    Array = NDArray[np.float64]

Mode = Literal["bound", "fast", "certify"]
D = TypeVar("D")
_STRANGE = {"c": "complex numbers", "M": "dates", "m": "durations"}
"""Kinds of arrays that NumPy would turn into doubles without a word, or nearly so."""
_LEAST = 2.0**-1074
"""The smallest double above 0: what a value that underflows may be off by."""


@dataclass(frozen=True)
class Evaluation(Generic[D]):
    """Everything about an evaluation, in arrays of the shape of the points.

    ``statuses`` holds the status of each point: that of the first number without a value, else ok.
    ``value_bounds`` and ``derivative_bounds`` are proved absolute errors, nan where there is no value, None of a
    function that was compiled with ``mode="fast"``. ``results`` has, by index, what is known of every number at
    the points where not all are ok: the value first, then the derivatives.
    """

    values: Array
    derivatives: D
    statuses: NDArray[np.str_]
    value_bounds: Array | None
    derivative_bounds: D | None
    results: Mapping[tuple[int, ...], tuple[Result, ...]]


class Compiled(Generic[D]):
    """A function of NumPy arrays: ``values, derivatives = g(x=array)``. `dcalc.compile` makes them.

    Arrays are of any shape and are broadcast; the results have the common shape, and are of type float32 where
    all arrays are. Where there is no value, or no derivative, the result is nan. It may be called from several
    threads.
    """

    def __init__(
        self,
        source: Source,
        wrt: str | Expression | Iterable[str | Expression],
        *,
        mode: Mode = "bound",
        tolerance: float = 1e-12,
        jobs: int = 1,
    ) -> None:
        from dcalc.bulk.kernel import Kernel

        _numpy()
        self.single = isinstance(wrt, str | Expression)
        self.wrt = check_names([wrt] if isinstance(wrt, str | Expression) else wrt)
        if not 0 <= tolerance < 1:
            raise UsageError(f"the tolerance must be at least 0 and below 1, not {tolerance}", help="write 1e-9")
        if jobs < 1:
            raise UsageError(f"jobs must be at least 1, not {jobs}", help="leave jobs out")
        expression = parse(source, variables=self.wrt)
        self.function = expression.function if isinstance(expression, Derivative) else expression
        first = expression.wrt if isinstance(expression, Derivative) else ()
        self.names = tuple(natural(self.function.variables)) or self.wrt[:1] or ("x",)
        self._arguments = expression, wrt if self.single else self.wrt, mode, tolerance, jobs
        self.mode = mode
        self.tolerance = tolerance
        targets = [first, *((*first, name) for name in self.wrt)]
        self.kernel = Kernel(self.function.node, targets, self.names, mode=mode, tolerance=tolerance, jobs=jobs)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, self._arguments

    def __call__(self, arrays: Mapping[str, ArrayLike] | None = None, /, **named: ArrayLike) -> tuple[Array, D]:
        """(values, derivatives) at the points: one array, or a tuple of them where several names were given.

        Raises UnknownVariable where a variable has no array, UsageError where shapes do not broadcast. Cost: some
        20 to 100 ns per point, and 0.1 ms for each point that the reference has to answer.
        """
        shape, columns, dtype = self._read(named if arrays is None else _merge(arrays, named))
        outputs = [_shaped(column, shape, dtype) for column in self.kernel.rows(columns).values]
        return outputs[0], self._derivatives(outputs[1:])

    def evaluate(self, arrays: Mapping[str, ArrayLike] | None = None, /, **named: ArrayLike) -> Evaluation[D]:
        """Values and derivatives with their statuses and proved bounds. Raises and costs as a call does."""
        np = _numpy()
        shape, columns, dtype = self._read(named if arrays is None else _merge(arrays, named))
        rows = self.kernel.rows(columns)
        outputs = [_shaped(column, shape, dtype) for column in rows.values]
        statuses = np.full(shape, "ok", dtype="<U18")
        results = {}
        for row, troubles in {**_list_too_large(outputs), **rows.troubles}.items():
            index = tuple(int(k) for k in np.unravel_index(row, shape))
            statuses[index] = next(result.status for result in troubles if result.status != "ok")
            results[index] = tuple(troubles)
        bounds = None if self.mode == "fast" else [self._bound(array) for array in outputs]
        return Evaluation(
            outputs[0],
            self._derivatives(outputs[1:]),
            statuses,
            None if bounds is None else bounds[0],
            None if bounds is None else self._derivatives(bounds[1:]),
            results,
        )

    def __repr__(self) -> str:
        wrt = repr(self.wrt[0]) if self.single else repr(self.wrt)
        return f"<compiled {self.function} and its derivative by {wrt}>"

    def _derivatives(self, arrays: list[Array]) -> D:
        return arrays[0] if self.single else tuple(arrays)  # type: ignore[return-value]  # D says which, by overload

    def _bound(self, array: Any) -> Any:
        """The largest error of each value: half a unit of its last place where every digit is certified."""
        np = _numpy()
        size = np.abs(array)
        wide = size.astype(np.float64)
        # Half of the number has half its unit, the largest double included; one that underflows has a whole unit.
        bound = np.spacing(wide / 2)
        if self.mode != "certify":  # a tolerance below that asks for the nearest double
            bound = np.maximum(np.nextafter(self.tolerance * wide, np.inf) + _LEAST, bound)
        return bound if array.dtype == np.float64 else bound + 2 * np.spacing(size / 2)  # rounded once more

    def _read(self, named: Mapping[str, Any]) -> tuple[tuple[int, ...], list[Array], Any]:
        """The common shape, a column of doubles for each variable, and the type of the results."""
        np = _numpy()
        if foreign := [name for name in named if name not in self.names and name not in self.wrt]:
            raise UnknownVariable(f"the function has no variable {foreign[0]}", help=f"it has {', '.join(self.names)}")
        needed = self.function.variables
        if missing := [name for name in needed if name not in named]:
            raise UnknownVariable(f"no array is given for {missing[0]}", help=f"write g({missing[0]}=array)")
        arrays = [np.asarray(named.get(name, 0.0)) for name in self.names]
        types = {array.dtype for array in arrays}
        if strange := {dtype.kind for dtype in types} & set(_STRANGE):
            raise UsageError(f"an array holds {_STRANGE[strange.pop()]}", help="give arrays of real numbers")
        if masked := [name for name, array in named.items() if np.ma.is_masked(array)]:
            raise UsageError(f"entries of {masked[0]} are masked", help=f"write g({masked[0]}=array.filled(nan))")
        try:
            common = np.broadcast_arrays(*arrays)
            columns = [np.ascontiguousarray(array, dtype=np.float64).reshape(-1) for array in common]
        except (TypeError, ValueError, OverflowError) as error:
            raise UsageError(f"the arrays do not go together: {error}", help="give arrays of numbers") from None
        return common[0].shape, columns, np.float32 if types == {np.dtype(np.float32)} else np.float64


def _merge(arrays: Any, named: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(arrays, Mapping):
        raise UsageError("arrays are given by name", help="write g(x=array), or g({'x': array})")
    return {**arrays, **named}


def _rebuild(source: Source, wrt: str | tuple[str, ...], mode: Mode, tolerance: float, jobs: int) -> Compiled[Any]:
    """A compiled function from what it was made of, as pickling and copying need it."""
    return Compiled(source, wrt, mode=mode, tolerance=tolerance, jobs=jobs)


def _list_too_large(outputs: Sequence[Any]) -> dict[int, list[Result]]:
    """The results of each point with a number beyond the type of the arrays, by its place."""
    np = _numpy()
    columns = [np.reshape(output, -1) for output in outputs]
    results = {}
    for row in np.flatnonzero(np.any(np.isinf(columns), axis=0)).tolist():
        numbers = [Result.from_double("", float(column[row])) for column in columns]
        reason = f"beyond {columns[0].dtype}"
        results[row] = [each.replace(reason=reason) if each.status == "overflow" else each for each in numbers]
    return results


def _shaped(column: Any, shape: tuple[int, ...], dtype: Any) -> Any:
    """A column in the shape of the points; a number where they are one."""
    array = column.reshape(shape)
    if array.dtype != dtype:
        with _numpy().errstate(over="ignore", under="ignore"):
            array = array.astype(dtype)
    return array if shape else array[()]


def _numpy() -> Any:
    """NumPy. Raises UsageError where it is not installed."""
    try:
        import numpy as np
    except ImportError:
        raise UsageError("functions of arrays need NumPy", help="pip install 'dcalc[fast]'") from None
    return np


@overload
def compile(  # type: ignore[overload-overlap]  # a name is an iterable of names, too, but comes first
    f: Source, wrt: str | Expression, *, mode: Mode = "bound", tolerance: float = 1e-12, jobs: int = 1
) -> Compiled[Array]: ...
@overload
def compile(
    f: Source, wrt: Iterable[str | Expression], *, mode: Mode = "bound", tolerance: float = 1e-12, jobs: int = 1
) -> Compiled[tuple[Array, ...]]: ...
@overload
def compile(  # type: ignore[overload-overlap]  # as above
    f: ArrayExpression, wrt: str, *, mode: Mode = "bound", tolerance: float | None = None, jobs: int = 1
) -> CompiledArrays[Array]: ...
@overload
def compile(
    f: ArrayExpression, wrt: Iterable[str], *, mode: Mode = "bound", tolerance: float | None = None, jobs: int = 1
) -> CompiledArrays[tuple[Array, ...]]: ...
def compile(
    f: Source,
    wrt: str | Expression | Iterable[str | Expression],
    *,
    mode: Mode = "bound",
    tolerance: float | None = None,
    jobs: int = 1,
) -> Compiled[Array] | Compiled[tuple[Array, ...]] | CompiledArrays[Array] | CompiledArrays[tuple[Array, ...]]:
    """A function of NumPy arrays that gives f and its derivatives by ``wrt``: one name, or several.

    By default every number is within ``tolerance``, relatively, by a proved bound, and what cannot be proved so is
    answered by the reference. ``mode="certify"`` rounds every number correctly; ``mode="fast"`` has no bounds and
    does as doubles do. ``jobs`` is the number of threads. Of a derivative, values and derivatives are those of its
    function, one order higher. Raises UsageError without NumPy, Unsupported where a partial has no closed form and
    the mode is fast. Cost: about 10 ms, then 20 to 100 ns per point.

    A scalar of vectors and matrices, as `dcalc.parse("norm(A@x - b)^2")`, becomes a function of whole arrays, which
    gives its value and its gradient: see `CompiledArrays`. There the tolerance is relative to the largest entry, and
    1e-9 by default.
    """
    if isinstance(f, str) and has_arrays(f):
        f = parse(f)
    if isinstance(f, Expression) and hasattr(type(f), "tensor"):
        from dcalc.api.array_expression import ArrayExpression
        from dcalc.api.compiled_arrays import CompiledArrays

        assert isinstance(f, ArrayExpression)
        single = isinstance(wrt, str | Expression)
        names = check_names([wrt] if isinstance(wrt, str | Expression) else wrt)
        return CompiledArrays(f, names, single=single, mode=mode, tolerance=tolerance or 1e-9)
    return Compiled(f, wrt, mode=mode, tolerance=1e-12 if tolerance is None else tolerance, jobs=jobs)
