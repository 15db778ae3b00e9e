"""Expressions as functions of NumPy arrays, for libraries that take differences of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from importlib import import_module
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import import_library
from dcalc.backends.engines.common.foreign_program import Library, Program


def load_numpy(title: str, extra: str) -> Library:
    """NumPy and SciPy's special functions, for a library that needs both. Raises Unsupported."""
    import_library(extra, title, extra)
    numpy = import_library("numpy", title, extra)
    modules = {"np": numpy, "special": import_module("scipy.special")}
    operations = {table.WHERE: numpy.where, table.AND: numpy.logical_and, table.OR: numpy.logical_or,
                  table.NOT: numpy.logical_not,
                  table.LOGSUMEXP: lambda *args: reduce(numpy.logaddexp, args)}  # fmt: skip
    return Library(title, "scipy", modules, operations)


def array_function(
    program: Program, point: Mapping[str, float], names: Sequence[str], *, is_vector: bool = False
) -> Callable[[Any], Any]:
    """The expression as a function of an array: of one variable, or with the variables along its first axis."""
    numpy = import_module("numpy")

    def call(x: Any) -> Any:
        inputs = {**point, **dict(zip(names, x if is_vector else [x], strict=True))}
        shape = numpy.shape(x)[1:] if is_vector else numpy.shape(x)
        value = program(inputs)
        return value if numpy.shape(value) == shape else numpy.broadcast_to(numpy.asarray(value, dtype=float), shape)

    return call
