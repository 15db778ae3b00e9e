"""The largest learning rate at which a method is stable, by the curvature that a run has met."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dcalc.analysis.optimise.linear import largest_eigenvalue
from dcalc.analysis.optimise.methods import METHODS
from dcalc.analysis.optimise.objective import Objective
from dcalc.analysis.optimise.run import Settings, Step

_MOST_WORK = 1e8
"""Steps times the cube of the variables: of longer runs only the first steps are looked at."""


def needed(objective: Objective, path: Sequence[Step], settings: Settings) -> str:
    """`; the curvature 20 needs lr < 0.1, not 0.11`, at the first step at which the rate was too
    large; empty where none is known. Cost: a Hessian and its eigenvalues a step."""
    method = METHODS.get(settings.method)
    if method is None or method.stable is None:
        return ""
    most_steps = 1 + int(_MOST_WORK / len(path[0].x) ** 3)
    for step, after in zip(path[:most_steps], path[1:] or path, strict=False):
        hessian = objective.hessian(step.x)
        if not all(math.isfinite(entry) for row in hessian for entry in row):
            break
        top, rate = largest_eigenvalue(hessian), settings.rate if after.lr is None else after.lr
        most = method.stable(top, settings.inertia) if top else math.inf
        if most <= rate:
            where = "" if step is path[0] else f" at step {step.number}"
            return f"; the curvature {top:.3g}{where} needs lr < {most:.3g}, not {rate:g}"
    return ""
