"""L-BFGS-B."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dcalc.optimise.descent import Run, Settings, Step, Watch, clamp, free_gradient
from dcalc.optimise.linear import norm
from dcalc.optimise.methods import LBFGS
from dcalc.optimise.objective import Objective, is_finite
from dcalc.optimise.searches.scipy_access import load_scipy


def descend_by_lbfgs(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch) -> Run:
    """A run of scipy.optimize.minimize(method="L-BFGS-B"), one step per iteration.

    SciPy's is the implementation of record (Zhu, Byrd, Lu and Nocedal 1997) and is not written again here. Raises
    UsageError where SciPy is not installed.
    """
    minimize = load_scipy(LBFGS).minimize
    path: list[Step] = []

    def record(x: Sequence[float]) -> tuple[float, list[float]]:
        value, gradient = objective.gradient(x)
        length = norm(free_gradient(x, gradient, settings.bounds)) if math.isfinite(value) else math.nan
        step = Step(len(path), list(x), value, length, None if not path else 1.0)
        path.append(step)
        watch(step)
        return value, gradient

    x = clamp(start, settings.bounds)
    value, gradient = record(x)
    if not is_finite(value, gradient):
        return Run("left_domain", path, gradient, x)
    low_high = [settings.bounds.get(place, (None, None)) for place in range(len(x))]
    result: Any = minimize(
        lambda at: objective.gradient(at.tolist()), x, jac=True, method="L-BFGS-B", bounds=low_high,
        callback=lambda at: record(at.tolist()),
        options={"maxiter": settings.steps, "gtol": settings.tol / max(len(x), 1) ** 0.5, "ftol": 0.0, "maxls": 50},
    )  # fmt: skip
    value, gradient = objective.gradient(path[-1].x)
    if not is_finite(float(result.fun), gradient):
        return Run("left_domain", path, gradient, result.x.tolist())
    if path[-1].gradient_norm <= settings.tol:
        return Run("converged", path, gradient)
    return Run("max_steps" if result.nit >= settings.steps else "stalled", path, gradient)
