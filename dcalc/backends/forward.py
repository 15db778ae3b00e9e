"""Forward mode: dual numbers, and duals of duals for higher and mixed orders, in doubles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dcalc.coordinates import at_doubles
from dcalc.derive import on_lines
from dcalc.errors import Unsupported
from dcalc.numbers import real
from dcalc.numbers.dual import Dual, Duals
from dcalc.problem import Capabilities, Problem, Result
from dcalc.tape import System, lower, run

MAX_ORDER = 6
"""Each order costs three times the one before."""
CAPABILITIES = Capabilities(orders=(0, MAX_ORDER))


def differentiate(problem: Problem) -> Result:
    """The tangent of the root, one level of duals for each name.

    Raises Unsupported beyond `MAX_ORDER`, and where a partial has no closed form.
    Cost: 3**order for each product.
    """
    if not CAPABILITIES.cover(problem):
        raise Unsupported(f"duals of duals go up to order {MAX_ORDER}", help="use --backend taylor")
    system = System(real.constant, real.evaluator)
    for _ in problem.wrt:
        system = Duals(system)
    root = on_lines(problem.root, problem.wrt)
    tape = lower(root)
    inputs = {name: seeded(name, value, problem.wrt) for name, value in at_doubles(problem.at).items()}
    dual = run(tape, inputs, system.constant, system.evaluator)[tape.place(root)]
    return Result.from_double("forward", top(dual, problem.order), evaluations=len(tape.rows))


def seeded(name: str, value: float, wrt: Sequence[str]) -> Any:
    """A variable as a dual of a level for each name of ``wrt``, with tangent 1 where it is its own."""
    dual: Any = value
    one: Any = 1.0
    for other in wrt:
        dual = Dual(dual, one if other == name else None)
        one = Dual(one)
    return dual


def top(dual: Any, levels: int) -> float:
    """The tangent of the tangent of ... a dual; 0 where one of them does not vary."""
    for _ in range(levels):
        dual = dual.tangent
        if dual is None:
            return 0.0
    return float(dual)
