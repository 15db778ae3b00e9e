"""What the backends that compute in doubles share."""

from __future__ import annotations

import math
from typing import Any

from dcalc.numbers.real import evaluate
from dcalc.problem import Estimate, Gradient, Problem


def at_doubles(problem: Problem | Gradient) -> dict[str, float]:
    """The point in doubles; a constant expression is evaluated."""
    return {name: value if isinstance(value, float) else evaluate(value) for name, value in (problem.at or {}).items()}


def estimate(backend: str, value: float, **rest: Any) -> Estimate:
    """The estimate of a number: nan has no value, an infinity overflows.

    No error is claimed: derivatives in doubles have no truncation error, but their rounding errors
    grow with the condition of each step, and what bounds those is ball arithmetic.
    """
    if math.isnan(value):
        return Estimate(backend, None, "undefined", note="no number in doubles", **rest)
    if math.isinf(value):
        return Estimate(backend, None, "overflow", note="beyond a double", **rest)
    return Estimate(backend, value, **rest)
