"""numdifftools: adaptive central differences with its own extrapolation, on NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from dcalc.backends.engines.common.engine import Answer, Engine, array_function, import_library, load_numpy
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(orders=(1, 10), mixed=False, tolerance=1e-6, title="numdifftools", package="numdifftools")


@cache
def _load() -> Library:
    return load_numpy("numdifftools", "numdifftools")


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    numdifftools = import_library("numdifftools", "numdifftools", "numdifftools")
    name = problem.wrt[0]
    function: Callable[[Any], Any] = array_function(program, point, [name])
    result = numdifftools.Derivative(function, n=problem.order, full_output=True)(point[name])
    if hasattr(result, "estimate"):
        return Answer(float(result.estimate), float(result.error_estimate))
    value, info = result  # before version 0.11
    return Answer(float(value), float(info.error_estimate))


_ENGINE = Engine("numdifftools", CAPABILITIES, _load, _derive)


def differentiate(problem: Problem) -> Result:
    """What `numdifftools.Derivative` gives, with the error that it claims. Raises Unsupported for mixed partials.

    Cost: some hundred evaluations of f.
    """
    return _ENGINE.differentiate(problem)
