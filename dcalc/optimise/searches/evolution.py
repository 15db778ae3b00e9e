"""Differential evolution: a population of points that may leave one basin for another."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Sequence
from typing import Any

from dcalc.optimise.descent import Run, Settings, Watch
from dcalc.optimise.linear import Vector
from dcalc.optimise.methods import EVOLUTION
from dcalc.optimise.objective import Objective
from dcalc.optimise.searches.by_values import Report, Search, Values, search_by_values
from dcalc.optimise.searches.scipy_access import load_scipy

_IN_VAIN = 50
"""Generations after which a search ends that has met no number at all."""
_EDGE = 1e-3
"""An end is at the edge of the range of its population within this part of it."""


def search_by_evolution(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch) -> Run:
    """A run of scipy.optimize.differential_evolution, one step per generation, then Newton's last steps.

    SciPy's is the implementation of record (Storn and Price 1997) and is not written again here; its defaults hold:
    15 points per variable, the best of which lead. The population is drawn from ``settings.ranges``, with the start
    as one of its points, and stays there; Newton's method is held by ``settings.bounds`` alone. Raises UsageError where
    SciPy is not installed.
    """
    differential_evolution = load_scipy(EVOLUTION).differential_evolution
    ranges = settings.ranges

    def search(values: Values, x: Vector, report: Report) -> Search:
        generations = 0

        def follow(_best: Any, convergence: float) -> bool:
            nonlocal generations
            generations += 1
            report()
            return values.best is None and generations >= _IN_VAIN

        inside = all(low <= x[place] <= high for place, (low, high) in ranges.items())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of infinite values, which are points outside of the domain
            result = differential_evolution(
                values, [ranges[place] for place in range(len(x))], maxiter=settings.steps, polish=False,
                x0=x if inside else None, callback=follow,
                **_seed(differential_evolution, settings.seed),
            )  # fmt: skip
        return Search(bool(result.success), _describe(values, result, settings))

    return search_by_values(objective, start, settings, watch, search)


def _seed(differential_evolution: Any, seed: int) -> dict[str, Any]:
    """The generator of random numbers, under the name that this version of SciPy has for it."""
    from numpy.random import default_rng

    name = "rng" if "rng" in inspect.signature(differential_evolution).parameters else "seed"
    return {name: default_rng(seed)}


def _describe(values: Values, result: Any, settings: Settings) -> str:
    """What keeps the end of the population from being what was looked for; empty where nothing does."""
    after = f"{result.nit} generation{'s' * (result.nit != 1)}"
    if values.best is None:
        return f"f has no number at any point that was tried in {after}"
    if not result.success:
        return f"the points of the population still differ after {after}: a lower one may have been missed"
    is_at_edge = any(
        min(values.best[place] - low, high - values.best[place]) <= _EDGE * (high - low)
        for place, (low, high) in settings.ranges.items()
        if place not in settings.bounds
    )
    return "the population ends at the edge of its range: f may be lower beyond it" if is_at_edge else ""
