"""Taylor mode: jets of any order along one variable by recurrences, in doubles."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dcalc.algebra import real
from dcalc.algebra.jet import Jets, Plan
from dcalc.algebra.system import System
from dcalc.backends._doubles import at_doubles, estimate
from dcalc.derive import along_one
from dcalc.expr import Expr
from dcalc.problem import Estimate, Problem

ORDERS = "any; mixed partials by jets of the derivative expression"


def differentiate(problem: Problem) -> Estimate:
    """The n-th coefficient of the jet along the variable, times n!.

    Raises Unsupported where a partial has no closed form. Cost: n**2 for each operation.
    """
    root, name, order = along_one(problem.root, problem.wrt)
    at = at_doubles(problem)
    value, evaluations = jet_coefficient(root, name, order, at)
    return estimate("taylor", scaled(value, order), evaluations=evaluations)


def jet_coefficient(root: Expr, name: str, order: int, at: Mapping[str, float]) -> tuple[float, int]:
    """Taylor coefficient of that order of the root along the variable, and operations done."""
    plan = Plan(root, name, order)
    jets = Jets(plan, System(real.constant, real.evaluator), at)
    jets.grow(order)
    jet = jets.jets[root.id]
    return (float(jet[order]) if order < len(jet) else 0.0), plan.evaluations


def scaled(coefficient: float, order: int) -> float:
    """coefficient * order!, where the factorial alone may be beyond a double."""
    if order <= 170:
        return coefficient * math.factorial(order)
    for factor in range(2, order + 1):
        coefficient *= factor
    return coefficient
