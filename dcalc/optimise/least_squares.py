"""Levenberg-Marquardt and Gauss-Newton for sums of squares."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from typing import TYPE_CHECKING, NamedTuple

from dcalc.expr import Expr
from dcalc.optimise.dataset import Residuals
from dcalc.optimise.descent import Bounds, Run, Step, Watch, clamp, free_gradient, held_places
from dcalc.optimise.linear import (
    Linearised,
    Matrix,
    SumOfSquares,
    Vector,
    dot,
    linearise,
    norm,
    solve_least_squares,
    sum_squares,
)
from dcalc.optimise.objective import are_free_of, differentiate

if TYPE_CHECKING:
    from dcalc.optimise.linear import Array

_SMALLEST_STEP = 1e-15
"""A step shorter than this, relative to the point, is some roundings of it."""
_PERFECT = 1e-26
"""A sum of squares that has fallen to this part of the first is made of the rounding of the model and the data."""
_NOTHING = 1e-28
"""A sum of squares that is this part of the first is that of roundings alone, so that no step means anything."""
_SMALL = 1e-20
"""A sum of squares that has fallen to this part of the first is no worse than that of any other try."""
_ORTHOGONAL = 1e-13
"""The fit has converged once the cosine of the angle between the residuals and every column of the Jacobian is
below this: in doubles their inner product is then rounding alone."""
_FLAT = 1e-7
"""When no step moves the point, the gradient is as small as rounding lets it be below this cosine."""
_DAMPINGS = (1e-3, 1.0, 1e3, 1e-8)
"""First dampings, tried in turn until a run ends at a minimum: the usual one, then bolder and more careful ones."""


_ESCAPE = 60
"""Steps over which a run that only crawls towards infinity is recognised."""
_CRAWL = 1e-4
"""Relative fall of the sum over these steps below which it crawls."""
_FOLLOWED = 200
"""Steps for which the best try that crawls is followed, should it turn after all."""
_KNOWN = 1e-4
"""A try that comes that close to the sum at which another one ended far out is on its way to the same place."""


class Damping(NamedTuple):
    """How a try begins: its damping, and whether columns are scaled by their lengths (Marquardt)."""

    first: float
    scaled: bool


_FEWEST = 3
"""Parameters from which a decomposition by NumPy costs less than a factorisation without."""
TRIES = tuple(Damping(first, scaled) for scaled in (True, False) for first in _DAMPINGS)
Good = Callable[[Run], bool]


def levenberg_marquardt(
    residuals: SumOfSquares,
    start: Sequence[float],
    steps: int,
    watch: Watch,
    good: Good = lambda _: True,
    bounds: Bounds = {},  # noqa: B006  # it is only read
    enough: float = 0.0,
) -> Run:
    """The best run among tries with several dampings, up to the first that is ``good``.

    Within ``bounds`` parameters that would leave them are held while the others step, and steps are cut off at them.
    Tries that crawl towards infinity are given up, but for the best, which is followed for a while. A run has converged
    where a full step promises a fall by less than the part ``enough`` of the sum.

    The method of Levenberg (1944) and Marquardt (1963) with the scaling of Moré (1978) and the damping of
    Nielsen (1999). Each step solves the damped problem by QR, so that no digits are lost to normal equations.
    Gradients in the path are those of the mean square. Cost: a Jacobian and a QR factorisation per step.
    """
    best: Run | None = None
    for damping in TRIES:
        plateau = best.end.value if best is not None and best.status in ("converged", "stalled") else -math.inf
        run = _Fit(residuals, steps, watch, bounds, plateau, enough).run(start, damping)
        if best is None or is_better(run, best, good):
            best = run
        if run.status == "left_domain" and not run.path[1:]:
            break  # the start itself has no residuals
        is_perfect = run.end.value <= _SMALL * min(run.path[0].value, residuals.size)
        if (run.status == "converged" and good(run)) or is_perfect:
            break
    assert best is not None  # there is at least one try
    if best.status != "stalled" or not is_escaping(best.path):
        return best
    last = _Fit(residuals, min(steps, _FOLLOWED), watch, bounds, None).run(best.end.x, TRIES[0])
    status = "stalled" if last.status == "max_steps" and len(last.path) <= steps else last.status
    path = [*best.path, *(step._replace(number=len(best.path) + k) for k, step in enumerate(last.path[1:]))]
    return last._replace(status=status, path=path)


def gauss_newton(residuals: SumOfSquares, start: Sequence[float], steps: int, watch: Watch, bounds: Bounds) -> Run:
    """Undamped steps of the linearised problem, each halved until the sum of squares falls."""
    return _Fit(residuals, steps, watch, bounds).run(start, None)


def is_better(run: Run, best: Run, good: Good) -> bool:
    """Whether a run ends better: converged to what is good rather than not, then by the smaller sum."""
    keys = [(end.status != "converged" or not good(end), end.end.value) for end in (run, best)]
    return keys[0] < keys[1]


def is_escaping(path: Sequence[Step], window: int = _ESCAPE // 3) -> bool:
    """Whether parameters grow with no end in sight while the sum hardly falls: it has no minimum on this way.

    They grow where the last of several steps, all away from 0, is about as long as the others; near a minimum steps
    become short.
    """
    steps = path[-window - 1 :]
    if len(steps) < 4 or not steps[0].value - steps[-1].value <= _CRAWL * abs(steps[-1].value):
        return False
    for track in zip(*(step.x for step in steps), strict=True):
        moves = [b - a for a, b in pairwise(track)]
        away = math.copysign(1.0, track[-1])
        longest = max(map(abs, moves))
        if all(away * move > 0 for move in moves) and abs(moves[-1]) >= 0.3 * longest > 0.003 * abs(track[-1]):
            return True
    return False


_SLIGHTLY = 1e-3
_LEAP = 30.0
"""A step that multiplies a parameter by this, and lowers the sum by less than that part, leads out to infinity."""


def has_leapt(path: Sequence[Step]) -> bool:
    """Whether the last step has led a parameter many times as far away from 0 as it was, and hardly lowered the sum."""
    if len(path) < 2 or path[-2].value - path[-1].value > _SLIGHTLY * abs(path[-1].value):
        return False
    return any(_LEAP * abs(a) < abs(b) and a * b > 0 for a, b in zip(path[-2].x, path[-1].x, strict=True))


class _Fit:
    """One try: damped steps from a start."""

    def __init__(
        self,
        residuals: SumOfSquares,
        steps: int,
        watch: Watch,
        bounds: Bounds,
        plateau: float | None = -math.inf,
        enough: float = 0.0,
    ) -> None:
        self.enough = enough
        self.plateau = plateau
        self.residuals = residuals
        self.steps = steps
        self.watch = watch
        self.bounds = bounds
        self.path: list[Step] = []

    def run(self, start: Sequence[float], damping: Damping | None) -> Run:
        """Steps until the residuals are orthogonal to the Jacobian, or nothing moves."""
        x = clamp(start, self.bounds)
        here = self.residuals.linearise(x)
        if not math.isfinite(here.total):
            return self._lost(x)
        strength = damping.first if damping is not None else 0.0
        growth, scale, rate = 2.0, [0.0] * len(x), None
        while True:
            scale = [max(a, b) for a, b in zip(scale, here.lengths, strict=True)]
            gradient = self._record(x, here, rate)
            if held := held_places(x, gradient, self.bounds):
                here = here.hold(held)
            if (
                here.largest_cosine <= _ORTHOGONAL
                or self._is_part(_NOTHING)
                or sum_squares(here.beside) < self.enough * here.total
            ):
                return Run("converged", self.path, gradient)
            if len(self.path) > self.steps:
                return Run("max_steps", self.path, gradient)
            if self._is_lost():
                return Run("stalled", self.path, gradient)
            weights = [part or 1.0 for part in scale] if damping is None or damping.scaled else [1.0] * len(x)
            if damping is None:
                moved, rate = self._halved(x, here, [place for place in range(len(x)) if place not in held])
            else:
                moved, rate, strength, growth = self._damped(x, here, weights, strength, growth)
            if moved is None:
                ends = here.largest_cosine < _FLAT or self._is_part(_PERFECT)
                return Run("converged" if ends else "stalled", self.path, gradient)
            x = moved
            here = self.residuals.linearise(x)
            if not math.isfinite(here.total):
                return Run("left_domain", self.path, gradient, x)

    def _damped(
        self, x: Vector, here: Linearised, weights: Vector, strength: float, growth: float
    ) -> tuple[Vector | None, float, float, float]:
        """(next point or None, damping of its step, next damping, next growth of it)."""
        steps = _DampedSteps(here, weights)
        for _ in range(80):
            step = steps.step(strength)
            if norm([w * d for w, d in zip(weights, step, strict=True)]) <= _SMALLEST_STEP * norm(
                [w * a for w, a in zip(weights, x, strict=True)]
            ):
                return None, strength, strength, growth
            moved = clamp([a + d for a, d in zip(x, step, strict=True)], self.bounds)
            if self.bounds:
                step = [b - a for a, b in zip(x, moved, strict=True)]
            after = self.residuals.measure(moved)
            promised = _promised_decrease(here, step)
            if after < here.total:
                gain = (here.total - after) / promised if promised > 0 else 1.0
                weaker = strength * max(1 / 3, 1 - (2 * gain - 1) ** 3)  # Nielsen 1999, (2.4)
                return moved, strength, max(weaker, 1e-20), 2.0
            strength, growth = max(strength, 1e-12) * growth, growth * 2
        return None, strength, strength, growth

    def _halved(self, x: Vector, here: Linearised, moving: Sequence[int]) -> tuple[Vector | None, float]:
        part, _ = solve_least_squares(here.select(moving).upper, [-c for c in here.beside]) if moving else ([], [])
        step = [0.0] * len(x)
        for place, entry in zip(moving, part, strict=True):
            step[place] = entry
        rate = 1.0
        for _ in range(60):
            moved = clamp([a + rate * d for a, d in zip(x, step, strict=True)], self.bounds)
            if moved == x:
                return None, rate
            if self.residuals.measure(moved) < here.total:
                return moved, rate
            rate /= 2
        return None, rate

    def _is_part(self, part: float) -> bool:
        """Whether the sum is at most that part of the first one, and of that of the target: a start may be absurd."""
        return self.path[-1].value <= part * min(self.path[0].value, self.residuals.size)

    def _is_lost(self) -> bool:
        """Whether the run is on its way to infinity, or to where another try has ended."""
        value = self.path[-1].value
        if self.plateau is None:
            return False
        if abs(value - self.plateau) <= _KNOWN * value and is_escaping(self.path, _ESCAPE // 6):
            return True
        return len(self.path) % 10 == 0 and is_escaping(self.path, _ESCAPE)

    def _record(self, x: Vector, here: Linearised, rate: float | None) -> Vector:
        gradient = here.gradient
        slope = norm(free_gradient(x, gradient, self.bounds))
        step = Step(len(self.path), list(x), here.total / here.rows, slope, rate)
        self.path.append(step)
        self.watch(step)
        return gradient

    def _lost(self, x: Vector) -> Run:
        """The run whose start has no number."""
        self.path.append(Step(0, x, math.nan, math.nan, None))
        return Run("left_domain", self.path, [math.nan] * len(x), x)


class _DampedSteps:
    """The steps of one linearised problem for any damping: those d that minimise |R*d + c|**2 + strength*|W*d|**2.

    With NumPy loaded one singular value decomposition of R/W serves all; else each is a QR factorisation of its own.
    """

    def __init__(self, here: Linearised, weights: Vector) -> None:
        self.here, self.weights = here, weights
        self.factors = _decompose(here, weights) if len(weights) >= _FEWEST and "numpy" in sys.modules else None

    def step(self, strength: float) -> Vector:
        """The step with that damping."""
        if self.factors is not None:
            along, values, back = self.factors
            step: Vector = (back @ (along * (values / (values * values + strength)))).tolist()
            return step
        size, root = len(self.weights), math.sqrt(strength)
        extra = [[root * weight if i == j else 0.0 for j in range(size)] for i, weight in enumerate(self.weights)]
        return solve_least_squares([*self.here.upper, *extra], [*(-c for c in self.here.beside), *([0.0] * size)])[0]


def _decompose(here: Linearised, weights: Vector) -> tuple[Array, Array, Array]:
    """(-U^T*c, the singular values, W**-1*V) of R/W = U*S*V^T."""
    import numpy as np

    scale = np.array(weights)
    left, values, right = np.linalg.svd(np.array(here.upper) / scale)
    return -(np.array(here.beside) @ left), values, right.T / scale[:, None]


def _promised_decrease(here: Linearised, step: Vector) -> float:
    """By how much a step lowers the linearised sum of squares; the part outside of the range of Q stays."""
    after = [c + dot(row, step) for c, row in zip(here.beside, here.upper, strict=True)]
    return sum_squares(here.beside) - sum_squares(after)


# --- variable projection (Golub and Pereyra 1973) -----------------------------------------
#
# Where a model is linear in some parameters, their best values follow from the others. The problem in the others alone
# has fewer local minima.


class Projected:
    """Residuals as functions of the nonlinear parameters, with the linear ones at their best values."""

    def __init__(self, residuals: Residuals, linear: Sequence[str]) -> None:
        self.residuals = residuals
        self.size = residuals.size
        self.linear = [residuals.names.index(name) for name in linear]
        self.others = [place for place in range(len(residuals.names)) if place not in self.linear]

    def whole(self, x: Sequence[float]) -> Vector:
        """The point in all parameters."""
        point = [0.0] * len(self.residuals.names)
        for place, value in zip(self.others, x, strict=True):
            point[place] = value
        rest, jacobian = self.residuals.with_jacobian(point)
        basis = [[row[place] for place in self.linear] for row in jacobian]
        if not _are_finite([rest, *basis]):
            return [math.nan] * len(point)
        best, _ = solve_least_squares(basis, [-r for r in rest])
        for place, value in zip(self.linear, best, strict=True):
            point[place] = value
        return point

    def measure(self, x: Sequence[float]) -> float:
        """The sum of squares."""
        return self.residuals.measure(self.whole(x))

    def linearise(self, x: Sequence[float]) -> Linearised:
        """The residuals with Kaufman's Jacobian (1975): columns without their part in the span of the linear ones."""
        rest, jacobian = self.residuals.with_jacobian(self.whole(x))
        if not _are_finite([rest, *jacobian]):
            return linearise([math.nan] * len(rest), [[math.nan] * len(x)] * len(rest))
        basis = [[row[place] for place in self.linear] for row in jacobian]
        columns = []
        for place in self.others:
            column = [row[place] for row in jacobian]
            weights, _ = solve_least_squares(basis, column)
            columns.append([a - dot(row, weights) for a, row in zip(column, basis, strict=True)])
        return linearise(rest, [list(row) for row in zip(*columns, strict=True)])


def _are_finite(matrix: Matrix) -> bool:
    return all(map(math.isfinite, chain.from_iterable(matrix)))


def fit_by_projection(
    residual: Expr, residuals: Residuals, start: Sequence[float], steps: int, watch: Watch, good: Good
) -> Run | None:
    """A run in the nonlinear parameters, continued from its end in all; None where there
    are not parameters of the one kind or the other. Cost: as that of `levenberg_marquardt`."""
    linear = linear_parameters(residual, residuals.names)
    if not 0 < len(linear) < len(residuals.names):
        return None
    reduced = Projected(residuals, linear)

    def watch_whole(step: Step) -> None:
        watch(step._replace(x=reduced.whole(step.x)))

    run = levenberg_marquardt(reduced, [start[place] for place in reduced.others], steps, watch_whole)
    if run.status == "left_domain":
        return None
    path = [step._replace(x=reduced.whole(step.x)) for step in run.path]
    last = levenberg_marquardt(residuals, path[-1].x, steps, watch, good)
    return last._replace(path=[*path, *(step._replace(number=len(path) + k) for k, step in enumerate(last.path))])


def linear_parameters(residual: Expr, names: Sequence[str]) -> list[str]:
    """Parameters in which an expression is jointly linear, chosen greedily in the order of ``names``."""
    linear: list[str] = []
    for name in names:
        slope = differentiate(residual, name)
        if are_free_of([slope], {*linear, name}):
            linear.append(name)
    return linear
