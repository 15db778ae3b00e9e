"""Scalars of vectors and matrices, compiled: the value and the gradient at arrays of NumPy, with proved bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from dcalc.api.array_expression import ArrayExpression
from dcalc.api.compiled_function import Mode
from dcalc.errors import NoValue, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray

    from dcalc.bulk.inexact import Estimate
    from dcalc.bulk.tensor_gradient import GradientFunction
    from dcalc.bulk.tensors import TensorFunction
    from dcalc.tensor.reader import Reading
    from dcalc.tensor.sizes import Declared

    Array = NDArray[np.float64]

D = TypeVar("D")
_Shapes = tuple[tuple[int, ...], ...]


@dataclass(frozen=True)
class BoundedGradient(Generic[D]):
    """A value with its gradient, each derivative in the shape of its variable.

    ``value_bound`` and ``derivative_bounds`` are proved absolute errors, None of a function that was compiled with
    ``mode="fast"``.
    """

    value: float
    derivatives: D
    value_bound: float | None
    derivative_bounds: D | None


class CompiledArrays(Generic[D]):
    """A function of arrays: ``value, derivatives = g(X=X, y=y, w=w)``. `dcalc.compile` makes them of array texts.

    With ``mode="bound"`` entries are doubles whose bounds are below the tolerance, relative to the largest entry of
    their derivative; what cannot be proved so is certified entry by entry, if the arrays are not too large for that.
    With ``mode="certify"`` all are, with ``mode="fast"`` none has a bound. What depends on shapes alone is kept for
    the last shapes. It may be called from several threads.
    """

    def __init__(self, source: ArrayExpression, wrt: tuple[str, ...], *, single: bool, mode: Mode, tolerance: float):
        if source.wrt or source.reading.root.shape:
            raise UsageError("only scalars of arrays are compiled", help="compile the expression, by its variables")
        for name in wrt:
            source.check_name(name)
        self.function = source
        self.wrt = wrt
        self.single = single
        self.mode = mode
        self.tolerance = tolerance
        self._last: tuple[_Shapes, Reading, GradientFunction | TensorFunction] | None = None

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.function, self.wrt, self.single, self.mode, self.tolerance)

    def __repr__(self) -> str:
        return f"<compiled {self.function} and its derivative by {', '.join(self.wrt)}>"

    def __call__(self, arrays: Mapping[str, ArrayLike] | None = None, /, **named: ArrayLike) -> tuple[float, D]:
        """(value, derivatives): one array, or a tuple of them where several names were given.

        Raises NoValue where there is no value or no gradient, with the reason, and UsageError for arrays that do not
        fit. Cost: about twice that of NumPy's operations; of a first call with new shapes some milliseconds more.
        """
        answer = self.evaluate(arrays, **named)
        return answer.value, answer.derivatives

    def evaluate(self, arrays: Mapping[str, ArrayLike] | None = None, /, **named: ArrayLike) -> BoundedGradient[D]:
        """The value and the derivatives with their proved bounds. Raises and costs as a call does."""
        import numpy as np

        given = {**(arrays or {}), **named}
        columns = {
            name: np.ascontiguousarray(array, dtype=np.float64).reshape(np.shape(array))
            for name, array in given.items()
        }
        values = {name: column if column.ndim else float(column) for name, column in columns.items()}
        if self.mode == "certify":
            return self._certify(values)
        if self.mode == "fast":
            value, *derivatives = self._prepare(columns)(columns)
            return BoundedGradient(float(value), self._pack(derivatives), None, None)
        outcome = self._prepare(columns)(columns, self._fits)
        if not outcome.is_smooth or not all(map(self._fits, outcome.derivatives)):
            return self._certify(values)
        value = outcome.value
        return BoundedGradient(
            float(value.values),
            self._pack([part.values for part in outcome.derivatives]),
            float(value.errors),
            self._pack([part.errors for part in outcome.derivatives]),
        )

    def _fits(self, part: Estimate) -> bool:
        return part.is_within(self.tolerance)

    def _prepare(self, arrays: Mapping[str, Any]) -> Any:
        """The function for arrays of these shapes."""
        from dcalc.analysis.array_point import check_labels

        shapes = tuple((name, *array.shape) for name, array in sorted(arrays.items()))
        last = self._last
        if last is None or last[0] != shapes:
            reading, declared = self.function.fit_shapes({name: array.shape for name, array in arrays.items()})
            last = self._last = shapes, reading, self._make(reading, declared)
        reading = last[1]
        if reading.labels:
            check_labels(reading, {name: array.ravel().tolist() for name, array in arrays.items()}, {})
        return last[2]

    def _make(self, reading: Reading, declared: Mapping[str, Declared]) -> GradientFunction | TensorFunction:
        if self.mode == "fast":
            from dcalc.bulk.tensors import TensorFunction
            from dcalc.tensor.gradient import differentiate

            by = [reading.variables[name] for name in self.wrt]
            return TensorFunction([reading.root, *differentiate(reading.root, by)], {})
        from dcalc.bulk.tensor_gradient import GradientFunction

        return GradientFunction(reading, [(name,) for name in self.wrt], {})

    def _certify(self, values: Mapping[str, Any]) -> BoundedGradient[D]:
        import numpy as np

        answer = self.function.gradient_at(values, self.wrt)
        if answer.f is None:
            raise NoValue(answer.reason or "the value is not known", answer.status)
        parts = [answer.parts[name] for name in self.wrt]
        arrays = [np.array(part.values, dtype=np.float64).reshape(part.shape) for part in parts]
        bounds = [
            np.spacing(np.abs(array)) / 2 if part.bound is None else np.full(part.shape, part.bound)
            for array, part in zip(arrays, parts, strict=True)
        ]
        return BoundedGradient(answer.f, self._pack(arrays), float(np.spacing(abs(answer.f))) / 2, self._pack(bounds))

    def _pack(self, arrays: Any) -> D:
        """One array, or a tuple of them; a derivative by a scalar is a number."""
        plain = tuple(array if array.shape else array[()] for array in arrays)
        return plain[0] if self.single else plain  # type: ignore[return-value]  # D says which, by overload


def _rebuild(source: ArrayExpression, wrt: tuple[str, ...], single: bool, mode: Mode, tolerance: float) -> Any:
    """A compiled function from what it was made of, as pickling and copying need it."""
    return CompiledArrays(source, wrt, single=single, mode=mode, tolerance=tolerance)
