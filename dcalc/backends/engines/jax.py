"""JAX: grad of the expression as typed, operation by operation, on the processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import Answer, Engine, import_library
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.backends.engines.common.scripts import Script
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(
    orders=(0, 8), title="JAX", package="jax", dtypes=("float64", "float32"), remark="grad of grad beyond the first"
)


@cache
def _load() -> Library:
    jax, jnp = _import("jax"), _import("jax.numpy")
    modules = {"jax": jax, "jnp": jnp, "special": _import("jax.scipy.special")}
    operations = {table.WHERE: jnp.where, table.AND: jnp.logical_and, table.OR: jnp.logical_or,
                  table.NOT: jnp.logical_not}  # fmt: skip
    return Library("JAX", "jax", modules, operations)


def _import(name: str) -> Any:
    return import_library(name, "JAX", "jax")


def _function(program: Program, names: list[str]) -> Callable[..., Any]:
    """The expression as a function of numbers in the order of the names."""
    jnp = _import("jax.numpy")

    def call(*args: Any) -> Any:
        value = jnp.asarray(program(dict(zip(names, args, strict=True))))
        return value if jnp.issubdtype(value.dtype, jnp.floating) else value.astype(float)

    return call


def _run(function: Callable[..., Any], problem: Problem, point: Mapping[str, float]) -> Any:
    """The function at the point, in the precision that is asked for; the settings of the process stay."""
    jax = _import("jax")
    wide = jax.enable_x64 if hasattr(jax, "enable_x64") else _import("jax.experimental").enable_x64
    with wide(problem.dtype == "float64"), jax.default_device(jax.local_devices(backend="cpu")[0]):
        return function(*point.values())


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    jax, names = _import("jax"), list(point)
    function = _function(program, names)
    for name in problem.wrt:
        function = jax.grad(function, argnums=names.index(name))
    return Answer(float(_run(function, problem, point)))


def _gradient(program: Program, problem: Problem, point: Mapping[str, float]) -> list[Answer]:
    jax, names = _import("jax"), list(point)
    places = tuple(names.index(name) for name in problem.wrt)
    partials = _run(jax.grad(_function(program, names), argnums=places), problem, point)
    return [Answer(float(partial)) for partial in partials]


def gradient_of_arrays(source: str, inputs: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """The gradient of a function `f` of arrays by some of its arguments; ``source`` is its program for JAX.

    Raises what JAX raises, and Unsupported where it is missing.
    """
    jax, jnp = _import("jax"), _import("jax.numpy")
    names: dict[str, Any] = {"jax": jax, "jnp": jnp, "special": _import("jax.scipy.special")}
    function = Script(source, names)["f"]
    wide = jax.enable_x64 if hasattr(jax, "enable_x64") else _import("jax.experimental").enable_x64
    with wide(True), jax.default_device(jax.local_devices(backend="cpu")[0]):
        return list(jax.grad(function, argnums=tuple(places))(*map(jnp.asarray, inputs)))


_ENGINE = Engine("jax", CAPABILITIES, _load, _derive, _gradient)


def differentiate(problem: Problem) -> Result:
    """What `jax.grad` gives, once for each name. Raises Unsupported for functions that JAX lacks, by name.

    Cost: a tenth of a second where JAX is asked for the first time.
    """
    return _ENGINE.differentiate(problem)


def gradient(problem: Problem) -> list[Result]:
    """What one `jax.grad` by all names gives. Raises as `differentiate`."""
    return _ENGINE.find_gradient(problem)
