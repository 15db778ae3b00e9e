"""The simplex of Nelder and Mead, which takes values alone."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from dcalc.optimise.descent import Run, Settings, Watch
from dcalc.optimise.linear import Vector
from dcalc.optimise.methods import NELDER_MEAD
from dcalc.optimise.objective import Objective
from dcalc.optimise.searches.by_values import Report, Search, Values, search_by_values
from dcalc.optimise.searches.scipy_access import load_scipy

_SMALL = 1e-8
"""The size of the simplex, and the differences of f in it, at which the search ends: half of the digits of a double,
as f does not tell points that are nearer to a minimum apart."""
_MANY = 4
"""Variables from which SciPy's adaptive parameters are used (Gao and Han 2012)."""


def search_by_simplex(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch) -> Run:
    """A run of scipy.optimize.minimize(method="Nelder-Mead"), one step per iteration, then Newton's last steps.

    SciPy's is the implementation of record (Nelder and Mead 1965; Gao and Han 2012) and is not written again here.
    Raises UsageError where SciPy is not installed.
    """
    minimize = load_scipy(NELDER_MEAD).minimize

    def search(values: Values, x: Vector, report: Report) -> Search:
        bounds = [settings.bounds.get(place, (None, None)) for place in range(len(x))] if settings.bounds else None
        with warnings.catch_warnings():
            # Of infinite values, and of a first simplex that is cut off by bounds: neither does harm.
            warnings.simplefilter("ignore")
            result = minimize(
                values, x, method="Nelder-Mead", bounds=bounds, callback=lambda _: report(),
                options={"maxiter": settings.steps, "xatol": _SMALL, "fatol": _SMALL, "adaptive": len(x) >= _MANY},
            )  # fmt: skip
        return Search(bool(result.success))

    return search_by_values(objective, start, settings, watch, search)
