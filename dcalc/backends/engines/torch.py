"""PyTorch: autograd of the expression as typed, on the processor."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import Answer, Engine, import_library
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.backends.engines.common.scripts import Script
from dcalc.functions import Row
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(
    orders=(0, 8), title="PyTorch", package="torch", dtypes=("float64", "float32"),
    remark="by create_graph beyond the first",
)  # fmt: skip


def _import(name: str = "torch") -> Any:
    return import_library(name, "PyTorch", "torch")


@cache
def _load_for(dtype: str) -> Library:
    torch = _import()
    number_type = getattr(torch, dtype)

    def lift(value: Any) -> Any:
        return value if isinstance(value, torch.Tensor) else torch.tensor(value, dtype=number_type)

    def wrap(row: Row, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            tensors = list(map(lift, args))
            value = function(*tensors)
            if any(tensor.requires_grad for tensor in tensors) and not value.requires_grad:
                raise NotImplementedError(f"it has no derivative of {row.name}")
            return value

        return call

    def choose(condition: Any, then: Any, otherwise: Any) -> Any:
        return torch.where(lift(condition).bool(), lift(then), lift(otherwise))

    def leak(x: Any, slope: Any) -> Any:  # its own function takes numbers alone
        if isinstance(slope, torch.Tensor):
            return torch.where(lift(x) > 0, x, slope * x)
        return torch.nn.functional.leaky_relu(lift(x), float(slope))

    def polygamma(order: Any, x: Any) -> Any:
        return torch.polygamma(int(order), lift(x))

    operations: dict[Row, Callable[..., Any]] = {
        table.WHERE: choose,
        table.AND: lambda u, v: torch.logical_and(lift(u), lift(v)),
        table.OR: lambda u, v: torch.logical_or(lift(u), lift(v)),
        table.NOT: lambda u: torch.logical_not(lift(u)),
        table.get("leaky_relu", 2): leak,
        table.get("polygamma", 2): polygamma,
    }
    return Library("PyTorch", "torch", {"torch": torch}, operations, wrap=wrap)


def _load() -> Library:
    return _load_for("float64")


def _load_single() -> Library:
    return _load_for("float32")


def _start(program: Program, problem: Problem, point: Mapping[str, float]) -> tuple[Any, dict[str, Any]]:
    """The value of f, and the tensors that it is made of."""
    torch = _import()
    dtype = getattr(torch, problem.dtype)
    tensors = {name: torch.tensor(value, dtype=dtype, requires_grad=True) for name, value in point.items()}
    value = program(tensors)
    return value if isinstance(value, torch.Tensor) else torch.tensor(value, dtype=dtype), tensors


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    torch = _import()
    value, tensors = _start(program, problem, point)
    for name in problem.wrt:
        if not value.requires_grad:
            return Answer(0.0)
        (partial,) = torch.autograd.grad(value, tensors[name], create_graph=len(problem.wrt) > 1, allow_unused=True)
        if partial is None:
            return Answer(0.0)
        value = partial
    return Answer(float(value))


def _gradient(program: Program, problem: Problem, point: Mapping[str, float]) -> list[Answer]:
    torch = _import()
    value, tensors = _start(program, problem, point)
    if not value.requires_grad:
        return [Answer(0.0)] * len(problem.wrt)
    partials = torch.autograd.grad(value, [tensors[name] for name in problem.wrt], allow_unused=True)
    return [Answer(0.0 if partial is None else float(partial)) for partial in partials]


def gradient_of_arrays(source: str, inputs: Sequence[Any], places: Sequence[int]) -> list[Any]:
    """The gradient of a function `f` of arrays by some of its arguments; ``source`` is its program for PyTorch.

    Raises what PyTorch raises, and Unsupported where it is missing.
    """
    torch = _import()
    names: dict[str, Any] = {"torch": torch}
    function = Script(source, names)["f"]
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=k in places) for k, value in enumerate(inputs)]
    value = function(*tensors)
    wanted = [tensors[place] for place in places]
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return [torch.zeros_like(one).numpy() for one in wanted]
    partials = torch.autograd.grad(value, wanted, allow_unused=True)
    return [
        (torch.zeros_like(one) if partial is None else partial).detach().numpy()
        for one, partial in zip(wanted, partials, strict=True)
    ]


_ENGINE = Engine("torch", CAPABILITIES, _load, _derive, _gradient)
_SINGLE = Engine("torch", CAPABILITIES, _load_single, _derive, _gradient)


def _engine(problem: Problem) -> Engine:
    return _ENGINE if problem.dtype == "float64" else _SINGLE


def differentiate(problem: Problem) -> Result:
    """What `backward` leaves in `grad`, once for each name. Raises Unsupported for functions that PyTorch lacks.

    Cost: milliseconds, and seconds of import where PyTorch is asked for the first time.
    """
    return _engine(problem).differentiate(problem)


def gradient(problem: Problem) -> list[Result]:
    """The gradient by one backward sweep. Raises as `differentiate`."""
    return _engine(problem).find_gradient(problem)
