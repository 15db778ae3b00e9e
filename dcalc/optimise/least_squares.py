"""Levenberg-Marquardt and Gauss-Newton for sums of squares."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import NamedTuple, Protocol

from dcalc.expr import ZERO, Expr
from dcalc.optimise.dataset import Residuals
from dcalc.optimise.descent import Run, Step, Watch
from dcalc.optimise.linear import Matrix, Vector, dot, norm, reduce_to_triangle, solve_least_squares
from dcalc.optimise.slopes import differentiate

_SMALLEST_STEP = 1e-15
"""A step shorter than this, relative to the point, is some roundings of it."""
_PERFECT = 1e-26
"""A sum of squares that has fallen to this part of the first is made of the rounding of the model and the data."""
_ORTHOGONAL = 1e-13
"""The fit has converged once the cosine of the angle between the residuals and every column of the Jacobian is
below this: in doubles their inner product is then rounding alone."""
_DAMPINGS = (1e-3, 1.0, 1e3, 1e-8)
"""First dampings, tried in turn until a run ends at a minimum: the usual one, then bolder and more careful ones."""


class SumOfSquares(Protocol):
    """Functions whose squares are summed; nan or an infinity where one has no number."""

    def at(self, x: Sequence[float]) -> Vector:
        """The residuals."""

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The residuals and their Jacobian."""


class Damping(NamedTuple):
    """How a try begins: its damping, and whether columns are scaled by their lengths (Marquardt)."""

    first: float
    scaled: bool


TRIES = tuple(Damping(first, scaled) for scaled in (True, False) for first in _DAMPINGS)
Good = Callable[[Run], bool]


def levenberg_marquardt(
    residuals: SumOfSquares, start: Sequence[float], steps: int, watch: Watch, good: Good = lambda _: True
) -> Run:
    """The best run among tries with several dampings, up to the first that is ``good``.

    The method of Levenberg (1944) and Marquardt (1963) with the scaling of Moré (1978) and the damping of
    Nielsen (1999). Each step solves the damped problem by QR, so that no digits are lost to normal equations.
    Gradients in the path are those of the mean square. Cost: a Jacobian and a QR factorisation per step.
    """
    best: Run | None = None
    for damping in TRIES:
        run = _Fit(residuals, steps, watch).run(start, damping)
        if best is None or is_better(run, best):
            best = run
        if run.status == "left_domain" and not run.path[1:]:
            break  # the start itself has no residuals
        if run.status == "converged" and good(run):
            break
    assert best is not None  # there is at least one try
    return best


def gauss_newton(residuals: SumOfSquares, start: Sequence[float], steps: int, watch: Watch) -> Run:
    """Undamped steps of the linearised problem, each halved until the sum of squares falls."""
    return _Fit(residuals, steps, watch).run(start, None)


def is_better(run: Run, best: Run) -> bool:
    """Whether a run ends better: converged rather than not, then by the smaller sum."""
    return (run.status != "converged", run.end.value) < (best.status != "converged", best.end.value)


class _Fit:
    """One try: damped steps from a start."""

    def __init__(self, residuals: SumOfSquares, steps: int, watch: Watch) -> None:
        self.residuals = residuals
        self.steps = steps
        self.watch = watch
        self.path: list[Step] = []

    def run(self, start: Sequence[float], damping: Damping | None) -> Run:
        """Steps until the residuals are orthogonal to the Jacobian, or nothing moves."""
        x = list(start)
        rest, jacobian = self.residuals.with_jacobian(x)
        total = _sum_squares(rest)
        if not _is_usable(total, jacobian):
            return self._lost(x)
        strength = damping.first if damping is not None else 0.0
        growth, scale, rate = 2.0, [0.0] * len(x), None
        while True:
            scale = [max(a, b) for a, b in zip(scale, _column_lengths(jacobian), strict=True)]
            gradient = self._record(x, rest, jacobian, rate)
            if _is_orthogonal(rest, jacobian):
                return Run("converged", self.path, gradient)
            if len(self.path) > self.steps:
                return Run("max_steps", self.path, gradient)
            weights = [part or 1.0 for part in scale] if damping is None or damping.scaled else [1.0] * len(x)
            if damping is None:
                moved, rate = self._halved(x, total, rest, jacobian)
            else:
                moved, rate, strength, growth = self._damped(x, total, rest, jacobian, weights, strength, growth)
            if moved is None:
                ends = self._is_flat(rest, jacobian) or self.path[-1].value <= _PERFECT * self.path[0].value
                return Run("converged" if ends else "stalled", self.path, gradient)
            x = moved
            rest, jacobian = self.residuals.with_jacobian(x)
            total = _sum_squares(rest)
            if not _is_usable(total, jacobian):
                return Run("left_domain", self.path, gradient, x)

    def _damped(
        self, x: Vector, total: float, rest: Vector, jacobian: Matrix, weights: Vector, strength: float, growth: float
    ) -> tuple[Vector | None, float, float, float]:
        """(next point or None, damping of its step, next damping, next growth of it)."""
        upper, beside = reduce_to_triangle(jacobian, rest)  # once per Jacobian; each damping then costs n**3 alone
        for _ in range(80):
            step = _solve_damped(upper, beside, [math.sqrt(strength) * weight for weight in weights])
            if norm([w * d for w, d in zip(weights, step, strict=True)]) <= _SMALLEST_STEP * norm(
                [w * a for w, a in zip(weights, x, strict=True)]
            ):
                return None, strength, strength, growth
            moved = [a + d for a, d in zip(x, step, strict=True)]
            after = _sum_squares(self.residuals.at(moved))
            promised = _promised_decrease(upper, beside, step)
            if after < total and math.isfinite(after):
                gain = (total - after) / promised if promised > 0 else 1.0
                weaker = strength * max(1 / 3, 1 - (2 * gain - 1) ** 3)  # Nielsen 1999, (2.4)
                return moved, strength, max(weaker, 1e-20), 2.0
            strength, growth = max(strength, 1e-12) * growth, growth * 2
        return None, strength, strength, growth

    def _halved(self, x: Vector, total: float, rest: Vector, jacobian: Matrix) -> tuple[Vector | None, float]:
        step, _ = solve_least_squares(jacobian, [-r for r in rest])
        rate = 1.0
        for _ in range(60):
            moved = [a + rate * d for a, d in zip(x, step, strict=True)]
            if moved == x:
                return None, rate
            if _sum_squares(self.residuals.at(moved)) < total:
                return moved, rate
            rate /= 2
        return None, rate

    def _record(self, x: Vector, rest: Vector, jacobian: Matrix, rate: float | None) -> Vector:
        gradient = [2 * dot(column, rest) / len(rest) for column in zip(*jacobian, strict=True)]
        step = Step(len(self.path), list(x), _sum_squares(rest) / len(rest), norm(gradient), rate)
        self.path.append(step)
        self.watch(step)
        return gradient

    def _lost(self, x: Vector) -> Run:
        """The run whose start has no number."""
        self.path.append(Step(0, x, math.nan, math.nan, None))
        return Run("left_domain", self.path, [math.nan] * len(x), x)

    @staticmethod
    def _is_flat(rest: Vector, jacobian: Matrix) -> bool:
        """Whether, when no step moves the point, the gradient is as small as rounding lets it be."""
        return _largest_cosine(rest, jacobian) < 1e-7


def _solve_damped(upper: Matrix, beside: Vector, damping: Sequence[float]) -> Vector:
    size = len(damping)
    extra = [[damping[i] if i == j else 0.0 for j in range(size)] for i in range(size)]
    return solve_least_squares([*upper, *extra], [*(-c for c in beside), *([0.0] * size)])[0]


def _promised_decrease(upper: Matrix, beside: Vector, step: Vector) -> float:
    """By how much a step lowers the linearised sum of squares; the part outside of the range of Q stays."""
    return _sum_squares(beside) - _sum_squares([c + dot(row, step) for c, row in zip(beside, upper, strict=True)])


def _sum_squares(rest: Sequence[float]) -> float:
    return math.fsum(r * r for r in rest) if all(map(math.isfinite, rest)) else math.nan


def _is_usable(total: float, jacobian: Matrix) -> bool:
    return math.isfinite(total) and all(math.isfinite(entry) for row in jacobian for entry in row)


def _column_lengths(jacobian: Matrix) -> Vector:
    return [norm(column) for column in zip(*jacobian, strict=True)]


def _largest_cosine(rest: Vector, jacobian: Matrix) -> float:
    """The largest cosine of the angle between the residuals and a column of the Jacobian."""
    length = norm(rest)
    if not length:
        return 0.0
    return max(
        (abs(dot(column, rest)) / (norm(column) * length) for column in zip(*jacobian, strict=True) if norm(column)),
        default=0.0,
    )


def _is_orthogonal(rest: Vector, jacobian: Matrix) -> bool:
    return _largest_cosine(rest, jacobian) <= _ORTHOGONAL


# --- variable projection (Golub and Pereyra 1973) -----------------------------------------
#
# Where a model is linear in some parameters, their best values follow from the others. The problem in the others alone
# has fewer local minima.


class Projected:
    """Residuals as functions of the nonlinear parameters, with the linear ones at their best values."""

    def __init__(self, residuals: Residuals, linear: Sequence[str]) -> None:
        self.residuals = residuals
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

    def at(self, x: Sequence[float]) -> Vector:
        """The residuals."""
        return self.residuals.at(self.whole(x))

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The residuals and Kaufman's Jacobian (1975): columns without their part in the span of the linear ones."""
        rest, jacobian = self.residuals.with_jacobian(self.whole(x))
        if not _are_finite([rest, *jacobian]):
            return [math.nan] * len(rest), [[math.nan] * len(x)] * len(rest)
        basis = [[row[place] for place in self.linear] for row in jacobian]
        columns = []
        for place in self.others:
            column = [row[place] for row in jacobian]
            weights, _ = solve_least_squares(basis, column)
            columns.append([a - dot(row, weights) for a, row in zip(column, basis, strict=True)])
        return rest, [list(row) for row in zip(*columns, strict=True)]


def _are_finite(matrix: Matrix) -> bool:
    return all(map(math.isfinite, chain.from_iterable(matrix)))


def fit_by_projection(
    residual: Expr, residuals: Residuals, start: Sequence[float], steps: int, watch: Watch, good: Good
) -> Run | None:
    """A run in the nonlinear parameters, continued from its end in all; None where there
    are no parameters of the one kind or the other. Cost: as that of `levenberg_marquardt`."""
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
        if isinstance(slope, Expr) and all(differentiate(slope, other) is ZERO for other in (*linear, name)):
            linear.append(name)
    return linear
