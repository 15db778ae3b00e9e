"""Methods that SciPy has: L-BFGS-B, and two that take no derivatives, Nelder-Mead and differential evolution."""

from __future__ import annotations

import inspect
import math
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from dcalc.errors import UsageError
from dcalc.optimise.descent import Run, Settings, Step, Watch, clamp, descend, free_gradient
from dcalc.optimise.linear import Vector, norm
from dcalc.optimise.methods import EVOLUTION, LBFGS, NELDER_MEAD, NEWTON, MethodName
from dcalc.optimise.objective import Objective, is_finite
from dcalc.text import count_noun


def load_scipy(method: MethodName) -> Any:
    """The module scipy.optimize. Raises UsageError where SciPy is not installed."""
    try:
        from scipy import optimize
    except ImportError:
        raise UsageError(f"{method} needs SciPy, which is not installed", help="pip install 'dcalc[scipy]'") from None
    return optimize


# --- L-BFGS-B.


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


# --- What methods without derivatives share: f as they see it, the lowest point so far, and Newton's last steps.
# Such a method ends near a minimum and cannot tell that it is one. From its lowest point Newton's method goes on to
# where the gradient is as small as it must be for any method, so that all ends are judged alike.

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


# --- The simplex of Nelder and Mead, which takes values alone.

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


# --- Differential evolution: a population of points that may leave one basin for another.

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
    after = count_noun(int(result.nit), "generation")
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


# --- Methods by their names.

Method = Callable[[Objective, Sequence[float], Settings, Watch], Run]
"""From a start to an end that has a name; each step is told to the watch."""
SEARCHES: Mapping[MethodName, Method] = {
    LBFGS: descend_by_lbfgs,
    NELDER_MEAD: search_by_simplex,
    EVOLUTION: search_by_evolution,
}


def load_libraries(methods: Iterable[MethodName]) -> None:
    """Import what methods need, so that a missing library shows at once and no run's time holds the import.

    Raises UsageError where a library is not installed.
    """
    for method in methods:
        if method in SEARCHES:
            load_scipy(method)


def run_search(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch) -> Run:
    """A run of the method that the settings name.

    Raises UsageError where it needs a library that is not installed.
    """
    return SEARCHES.get(settings.method, descend)(objective, start, settings, watch)
