"""What methods without derivatives share: f as they see it, the lowest point so far, and Newton's last steps.

Such a method ends near a minimum and cannot tell that it is one. From its lowest point Newton's method goes on to where
the gradient is as small as it must be for any method, so that all ends are judged alike.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dcalc.optimise.descent import Run, Settings, Step, Watch, clamp, descend
from dcalc.optimise.linear import Vector
from dcalc.optimise.methods import LBFGS, NEWTON
from dcalc.optimise.objective import Objective, is_finite
from dcalc.optimise.searches.lbfgs import descend_by_lbfgs

_LAST_STEPS = 20
"""Steps of Newton's method from a point that is right to a few digits; four are usual."""
_NOTHING = 1e-6
"""A fall of f, as a part of 1 + abs(f), below which the last steps have not led away from where the search ended."""
_MOST_FOR_NEWTON = 24
"""Variables up to which second derivatives are taken; L-BFGS-B does without."""


class Search(NamedTuple):
    """How a search by values ended: whether it found its end by itself, and a remark on that."""

    has_ended: bool
    note: str = ""


class Unbounded(Exception):
    """f is below all doubles at a point."""

    def __init__(self, x: Vector) -> None:
        super().__init__()
        self.x = x


class Values:
    """f as an array function of SciPy's, infinite where it has no number, and its lowest point so far.

    Raises Unbounded at a point where f is minus infinity.
    """

    def __init__(self, objective: Objective) -> None:
        self.objective = objective
        self.lowest = math.inf
        self.best: Vector | None = None

    def __call__(self, at: Any) -> float:
        """f at an array of coordinates."""
        return self.at(at.tolist())

    def at(self, x: Vector) -> float:
        """f at a point."""
        value = float(self.objective.value(x))
        if value == -math.inf:
            raise Unbounded(x)
        if not math.isfinite(value):
            return math.inf
        if value < self.lowest:
            self.lowest, self.best = value, x
        return value


Report = Callable[[], None]
"""Called after each step of a search: its lowest point is a step of the run."""


def search_by_values(
    objective: Objective,
    start: Sequence[float],
    settings: Settings,
    watch: Watch,
    search: Callable[[Values, Vector, Report], Search],
) -> Run:
    """A run whose steps are the lowest points so far of a search, and then those of Newton's method.

    Gradients are taken by the latter alone; the other steps have nan in the place of their length. Ctrl-C counts as a
    step to the lowest point so far.
    """
    values = Values(objective)
    path: list[Step] = []

    def report() -> None:
        if values.best is not None:
            path.append(Step(len(path), values.best, values.lowest, math.nan, None))
            watch(path[-1])

    x = clamp(start, settings.bounds)
    try:
        first = values.at(x)
        path.append(Step(0, x, first if math.isfinite(first) else math.nan, math.nan, None))
        watch(path[-1])
        search_end = search(values, x, report)
    except Unbounded as below:
        report()
        return Run("diverging", path or [Step(0, x, -math.inf, math.nan, None)], [], below.x)
    except KeyboardInterrupt:
        if path and values.lowest < math.inf and path[-1].value != values.lowest:
            report()
        raise
    if values.best is None:
        return Run("left_domain", path, [], x, search_end.note)
    if path[-1].value != values.lowest:
        report()
    return _refine(objective, path, settings, watch, search_end)


def _refine(objective: Objective, path: list[Step], settings: Settings, watch: Watch, search: Search) -> Run:
    """The run with the last steps to where the gradient is small enough; f never rises on the way."""
    best = path[-1]
    value, gradient = objective.gradient(best.x)
    unrefined: Run = Run("stalled" if search.has_ended else "max_steps", path, gradient, None, search.note)
    if not is_finite(value, gradient):
        return unrefined
    few = len(best.x) <= _MOST_FOR_NEWTON
    method = descend if few else descend_by_lbfgs
    last = method(
        objective,
        best.x,
        replace(settings, method=NEWTON if few else LBFGS, steps=_LAST_STEPS),
        lambda step: watch(step._replace(number=best.number + step.number)) if step.number else None,
    )
    steps = [step._replace(number=best.number + step.number) for step in last.path]
    refined = last._replace(path=[*path[:-1], *steps], note=search.note)
    has_fallen = best.value - refined.end.value > _NOTHING * (1 + abs(best.value))
    if last.status in ("converged", "diverging") or (last.status == "max_steps" and has_fallen):
        return refined
    # More steps of a search that has ended by itself would not help: f has a kink there, or an edge.
    return refined._replace(status=unrefined.status, lost=None)
