"""Taylor mode: jets of any order along one variable by recurrences, in doubles."""

from __future__ import annotations

import math
from fractions import Fraction
from math import factorial

from dcalc.coordinates import at_doubles
from dcalc.derive import along_one, on_lines
from dcalc.numbers import real
from dcalc.numbers.jet import Jets, Plan
from dcalc.problem import Capabilities, Problem, Result
from dcalc.tape import System

CAPABILITIES = Capabilities(remark="mixed partials by jets of the derivative expression")

_PLAIN = 100
"""Beyond this order the coefficients of exp(x) and of 1/(1 - x) do not both fit into doubles."""


def differentiate(problem: Problem) -> Result:
    """The n-th coefficient of the jet along the variable, times n!.

    Raises Unsupported where a partial has no closed form. Cost: n**2 for each operation.
    """
    root, name, order = along_one(problem.root, problem.wrt)
    root = on_lines(root, (name,)) if order else root
    plan = Plan(root, name, order)
    unit = _unit(order)
    jets = Jets(plan, System(real.constant, real.evaluator), at_doubles(problem.at), unit)
    jets.grow(order)
    jet = jets.jets[root.id]
    coefficient = float(jet[order]) if order < len(jet) else 0.0
    factor = factorial(order) / Fraction(unit) ** order
    return Result.from_double("taylor", coefficient * float(factor), evaluations=plan.evaluations)


def _unit(order: int) -> float:
    """The unit of the variable in which n! is 1, as near as a double can say it."""
    return math.exp(math.lgamma(order + 1) / order) if order > _PLAIN else 1.0
