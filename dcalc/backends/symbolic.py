"""The derivative as a simplified expression, evaluated in doubles."""

from __future__ import annotations

from dcalc.coordinates import at_doubles
from dcalc.derive import derivative
from dcalc.numbers.real import evaluate
from dcalc.problem import Capabilities, Problem, Result

CAPABILITIES = Capabilities()


def differentiate(problem: Problem) -> Result:
    """The value of the derivative expression; its rounding errors are those of the text.

    Raises Unsupported where a partial has no closed form, LimitError where the expression
    grows too large. Cost: linear in the size of the derivative.
    """
    node = derivative(problem.root, problem.wrt)
    return Result.from_double("symbolic", evaluate(node, at_doubles(problem.at)), evaluations=1)
