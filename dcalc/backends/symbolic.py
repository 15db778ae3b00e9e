"""The derivative as a simplified expression, evaluated in doubles."""

from __future__ import annotations

from dcalc.backends._doubles import at_doubles, estimate
from dcalc.derive import derivative
from dcalc.numbers.real import evaluate
from dcalc.problem import Estimate, Problem

ORDERS = "any"


def differentiate(problem: Problem) -> Estimate:
    """The value of the derivative expression; its rounding errors are those of the text.

    Raises Unsupported where a partial has no closed form, LimitError where the expression
    grows too large. Cost: linear in the size of the derivative.
    """
    node = derivative(problem.root, problem.wrt)
    return estimate("symbolic", evaluate(node, at_doubles(problem)), evaluations=1)
