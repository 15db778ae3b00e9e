"""Complex step: the imaginary part of f(x + ih) over h, for an h too small to be seen, in doubles.

No difference is taken, so none cancels. See Squire and Trapp, Using Complex Variables to
Estimate Derivatives of Real Functions, SIAM Review 40, 1998.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from dcalc.coordinates import at_doubles
from dcalc.derive import derivative, on_lines
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.numbers.complex import NotAnalytic, values
from dcalc.problem import Capabilities, Problem, Result
from dcalc.reasons import short
from dcalc.tape import lower

CAPABILITIES = Capabilities(
    orders=(1, None), needs="analytic", remark="beyond the first, by a step over the derivative expression"
)

_STEPS = (2.0**-200, 2.0**-100, 2.0**-60, 2.0**-32)
"""Times the point. Where the imaginary part underflows, a larger one is taken."""
_SMALLEST = 2.0**-1000
_SAFE = 2.0**-960
"""Imaginary parts above this have all their bits."""
_WIDER = 16.0
_AGREE = 1e-10


def differentiate(problem: Problem) -> Result:
    """Im f(x + ih)/h. Two steps must agree, or the point is too near to where f is singular.

    Raises Unsupported where a part of f is not analytic at the point, or has no complex
    evaluator. A derivative so small that no imaginary part shows it comes out as 0. Cost: two
    to eight evaluations in complex numbers.
    """
    if not problem.wrt:
        raise Unsupported("a complex step needs a variable to differentiate by", help="use dcalc eval")
    root = derivative(problem.root, problem.wrt[:-1]) if problem.order > 1 else problem.root
    step = Step(on_lines(root, problem.wrt[-1:]), problem.wrt[-1], at_doubles(problem.at))
    for size in _STEPS:
        width = max(size * (abs(step.center) or 1.0), _SMALLEST)
        quotient, wider = step(width), step(width * _WIDER)
        if not abs(quotient * width) < _SAFE:
            break
    if 2 * abs(quotient) * _WIDER < 3 * abs(wider):
        return Result.from_double("complex", 0.0, evaluations=step.evaluations)  # it falls with the step
    if math.isfinite(quotient) and abs(quotient - wider) > _AGREE * abs(wider):
        reason = "the quotient depends on the step"
        return Result("complex", None, "unresolved", reason=reason, evaluations=step.evaluations)
    return Result.from_double("complex", quotient, evaluations=step.evaluations)


class Step:
    """The complex step of an expression along a variable at a point."""

    def __init__(self, root: Expr, name: str, at: Mapping[str, float]) -> None:
        self.root, self.name, self.at = root, name, at
        self.center = at.get(name, 0.0)
        self.tape = lower(root)
        self.evaluations = 0

    def __call__(self, width: float) -> float:
        """The imaginary part over the width of the step; nan where f has no number, and f itself where
        that is beyond a double."""
        self.evaluations += 1
        inputs = {**self.at, self.name: complex(self.center, width)}
        value = values(self.tape, inputs, {self.name})[self.tape.place(self.root)]
        if type(value) is NotAnalytic:
            raise Unsupported(f"{short(value.node)}: {value.reason}")
        if math.isinf(value.real):
            return float(value.real)
        if type(value) is complex:
            return value.imag / width
        return 0.0 if math.isfinite(value) else math.nan
