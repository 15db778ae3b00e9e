"""SymPy: diff of the expression in real symbols, computed by what lambdify makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from functools import cache, lru_cache
from typing import Any

from dcalc import functions as table
from dcalc.backends.engines.common.engine import Answer, Engine, import_library, real_number
from dcalc.backends.engines.common.foreign_program import Library, Program
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities(orders=(0, 8), title="SymPy", package="sympy", remark="in real symbols, by lambdify")


def _import() -> Any:
    return import_library("sympy", "SymPy", "sympy")


@cache
def _load() -> Library:
    sympy = _import()

    def number(value: int | Fraction) -> Any:
        return sympy.Integer(value) if isinstance(value, int) else sympy.Float(float(value))

    def choose(condition: Any, then: Any, otherwise: Any) -> Any:
        return sympy.Piecewise((then, condition), (otherwise, True))

    operations = {table.WHERE: choose, table.AND: sympy.And, table.OR: sympy.Or, table.NOT: sympy.Not,
                  table.EQ: sympy.Eq, table.NE: sympy.Ne,
                  table.LOGSUMEXP: lambda *args: sympy.log(sum(map(sympy.exp, args)))}  # fmt: skip
    return Library("SymPy", "sympy", {"": sympy}, operations, number=number)


@lru_cache(maxsize=16)
def _code(program: Program, wrt: tuple[str, ...], names: tuple[str, ...]) -> Any:
    """The derivative as a function of numbers."""
    sympy = _import()
    symbols = {name: sympy.Symbol(name, real=True) for name in names}
    node = sympy.sympify(program(symbols))
    for name in wrt:
        node = sympy.diff(node, symbols[name])
    try:
        return sympy.lambdify(list(symbols.values()), node)
    except NotImplementedError:
        rest = ", ".join(sorted(map(str, node.atoms(sympy.Derivative)))) or str(node)
        raise NotImplementedError(f"it leaves {rest}, for which lambdify has no code") from None


def _derive(program: Program, problem: Problem, point: Mapping[str, float]) -> Answer:
    code = _code(program, problem.wrt, tuple(point))
    try:
        return Answer(real_number(code(*point.values())))
    except NameError as error:  # lambdify leaves what it has no code for in the text
        raise NotImplementedError(f"lambdify has no code for {error.name}") from None


_ENGINE = Engine("sympy", CAPABILITIES, _load, _derive)


def differentiate(problem: Problem) -> Result:
    """The number that the lambdified derivative gives. Raises Unsupported for functions that SymPy lacks.

    Cost: milliseconds, and seconds where a derivative grows large.
    """
    return _ENGINE.differentiate(problem)
