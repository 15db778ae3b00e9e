"""CasADi: gradient of the expression as typed, in its scalar symbols SX."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import Answer, Engine, import_library
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(orders=(0, 8), title="CasADi", package="casadi", remark="gradient of gradient")


def _import() -> Any:
    return import_library("casadi", "CasADi", "casadi")


@cache
def _load() -> Library:
    casadi = _import()
    operations = {table.WHERE: casadi.if_else, table.AND: casadi.logic_and, table.OR: casadi.logic_or,
                  table.NOT: casadi.logic_not,
                  table.LOGSUMEXP: lambda *args: casadi.log(sum(map(casadi.exp, args)))}  # fmt: skip
    return Library("CasADi", "casadi", {"casadi": casadi}, operations)


def _symbols(program: Program, point: Mapping[str, float]) -> tuple[Any, dict[str, Any]]:
    casadi = _import()
    symbols = {name: casadi.SX.sym(name) for name in point}
    return casadi.SX(program(symbols)), symbols


def _evaluate(outputs: list[Any], symbols: Mapping[str, Any], point: Mapping[str, float]) -> list[float]:
    function = _import().Function("derivative", list(symbols.values()), outputs)
    numbers = function(*point.values())
    return [float(number) for number in (numbers if len(outputs) > 1 else [numbers])]


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    value, symbols = _symbols(program, point)
    for name in problem.wrt:
        value = _import().gradient(value, symbols[name])
    (number,) = _evaluate([value], symbols, point)
    return Answer(number)


def _gradient(program: Program, problem: Problem, point: Mapping[str, float]) -> list[Answer]:
    value, symbols = _symbols(program, point)
    partials = [_import().gradient(value, symbols[name]) for name in problem.wrt]
    return [Answer(number) for number in _evaluate(partials, symbols, point)]


_ENGINE = Engine("casadi", CAPABILITIES, _load, _derive, _gradient)


def differentiate(problem: Problem) -> Result:
    """What `casadi.gradient` gives, once for each name. Raises Unsupported for functions that CasADi lacks.

    Cost: milliseconds.
    """
    return _ENGINE.differentiate(problem)


def gradient(problem: Problem) -> list[Result]:
    """The gradients by each name, as one function. Raises as `differentiate`."""
    return _ENGINE.find_gradient(problem)
