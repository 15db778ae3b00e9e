"""The quotients whose limit the derivative is: what each takes of f, and how it errs."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import NamedTuple

from dcalc.backends.complex import Step
from dcalc.backends.finite import STENCILS, Sampler, Stencil, difference_quotient, extrapolated
from dcalc.problem import Problem

_FORWARD: Stencil = ((1, 1.0), (0, -1.0))
_BACKWARD: Stencil = ((0, 1.0), (-1, -1.0))
_FIVE: Stencil = ((2, -1.0), (1, 8.0), (-1, -8.0), (-2, 1.0))


class Quotients:
    """The quotients of one problem in doubles; nan where f has no number."""

    def __init__(self, problem: Problem) -> None:
        self.f = Sampler(problem)

    @cached_property
    def imaginary(self) -> Step:
        """The complex step; raises Unsupported when it is taken and f is not analytic there."""
        f = self.f
        return Step(f.root, f.name, f.inputs)

    def moves(self, h: float) -> bool:
        """Whether a step of that size changes the point at all."""
        return self.f.center + h != self.f.center

    def forward(self, h: float) -> float:
        """(f(x + h) - f(x))/h."""
        return difference_quotient(self.f, _FORWARD, h, h)

    def backward(self, h: float) -> float:
        """(f(x) - f(x - h))/h."""
        return difference_quotient(self.f, _BACKWARD, h, h)

    def central(self, h: float) -> float:
        """(f(x + h) - f(x - h))/(2h)."""
        return difference_quotient(self.f, STENCILS[1], h, h)

    def five(self, h: float) -> float:
        """(-f(x + 2h) + 8f(x + h) - 8f(x - h) + f(x - 2h))/(12h); Abramowitz and Stegun 25.3.6."""
        return difference_quotient(self.f, _FIVE, h, 12 * h)

    def complex(self, h: float) -> float:
        """Im f(x + ih)/h."""
        return self.imaginary(h)

    def richardson(self, h: float) -> float:
        """Central quotients at h, h/2 and h/4, extrapolated twice."""
        coarse, middle, fine = (self.central(h / part) for part in (1, 2, 4))
        return extrapolated(extrapolated(fine, middle, 1), extrapolated(middle, coarse, 1), 2)


class Scheme(NamedTuple):
    """A quotient, the power of h that its truncation error falls with, and what it looks like.

    ``side`` is 1 or -1 where it looks to one side of the point alone; an ``imaginary`` step never
    drowns in the point.
    """

    quotient: Callable[[Quotients, float], float]
    order: int
    formula: str
    side: int = 0
    imaginary: bool = False


SCHEMES = {
    "forward": Scheme(Quotients.forward, 1, "(f(x+h) - f(x))/h", 1),
    "backward": Scheme(Quotients.backward, 1, "(f(x) - f(x-h))/h", -1),
    "central": Scheme(Quotients.central, 2, "(f(x+h) - f(x-h))/(2h)"),
    "five": Scheme(Quotients.five, 4, "(-f(x+2h) + 8f(x+h) - 8f(x-h) + f(x-2h))/(12h)"),
    "complex": Scheme(Quotients.complex, 2, "Im f(x+ih)/h", imaginary=True),
    "richardson": Scheme(Quotients.richardson, 6, "central at h, h/2, h/4, extrapolated twice"),
}
