"""autograd, of HIPS: grad of the expression as typed, on its copy of NumPy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib import import_module
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import Answer, Engine, import_library
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.backends.engines.common.scripts import Script
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(orders=(0, 8), title="autograd", package="autograd", remark="grad of grad beyond the first")


def _import(name: str) -> Any:
    return import_library(name, "autograd", "autograd")


@cache
def _load() -> Library:
    numpy = _import("autograd.numpy")
    modules = {"np": numpy}
    with suppress(ImportError):  # it needs SciPy, which autograd does not bring
        modules["special"] = import_module("autograd.scipy.special")
    operations = {table.WHERE: numpy.where, table.AND: numpy.logical_and, table.OR: numpy.logical_or,
                  table.NOT: numpy.logical_not,
                  table.LOGSUMEXP: lambda *args: modules["special"].logsumexp(numpy.array(args))}  # fmt: skip
    return Library("autograd", "scipy", modules, operations)


def _function(program: Program, names: list[str]) -> Callable[..., Any]:
    def call(*args: Any) -> Any:
        value = program(dict(zip(names, args, strict=True)))
        return float(value) if isinstance(value, int) else value

    return call


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    grad, names = _import("autograd").grad, list(point)
    function = _function(program, names)
    for name in problem.wrt:
        function = grad(function, names.index(name))
    return Answer(float(function(*point.values())))


def _gradient(program: Program, problem: Problem, point: Mapping[str, float]) -> list[Answer]:
    grad, names = _import("autograd").grad, list(point)
    places = tuple(names.index(name) for name in problem.wrt)
    partials = grad(_function(program, names), places)(*point.values())
    return [Answer(float(partial)) for partial in partials]


def gradient_of_arrays(source: str, inputs: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """The gradient of a function `f` of arrays by some of its arguments; ``source`` is its program for NumPy.

    Raises what autograd raises, and Unsupported where it is missing.
    """
    names: dict[str, Any] = {"np": _import("autograd.numpy")}
    function = Script(source, names)["f"]
    return list(_import("autograd").grad(function, tuple(places))(*inputs))


_ENGINE = Engine("autograd", CAPABILITIES, _load, _derive, _gradient)


def differentiate(problem: Problem) -> Result:
    """What `autograd.grad` gives, once for each name. Raises Unsupported for functions that it lacks.

    Cost: a millisecond.
    """
    return _ENGINE.differentiate(problem)


def gradient(problem: Problem) -> list[Result]:
    """What one `autograd.grad` by all names gives. Raises as `differentiate`."""
    return _ENGINE.find_gradient(problem)
