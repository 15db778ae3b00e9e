"""One fit, from its start to a certified end: the choice of a method, the run, the proof, and standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dcalc.errors import UsageError
from dcalc.optimise.dataset import Data, Loss, MeanLoss, Residuals, Rows
from dcalc.optimise.descent import Run, Settings, Track, Watch, descend, descend_in_batches
from dcalc.optimise.least_absolute import Corner, fit_least_absolute
from dcalc.optimise.least_squares import fit_by_projection, gauss_newton, is_better, levenberg_marquardt
from dcalc.optimise.linear import Matrix, Vector, cholesky, norm, solve_factored, solve_least_squares
from dcalc.optimise.methods import FOR_FUNCTIONS, GAUSS_NEWTON, LBFGS, LM, METHODS, NEWTON, SMOOTHED, MethodName
from dcalc.optimise.minima import Minimum, certify_fit
from dcalc.optimise.searches.lbfgs import descend_by_lbfgs

METHOD_NAMES = (LM, GAUSS_NEWTON, *METHODS, NEWTON, LBFGS, *FOR_FUNCTIONS)
"""What --method takes."""


class Plan(NamedTuple):
    """A loss over data as a function of parameters, and how to minimise it; ``batch`` None takes all rows."""

    loss: Loss
    names: Sequence[str]
    data: Data
    settings: Settings
    batch: int | None = None
    seed: int = 0


class Fit(NamedTuple):
    """The end of a fit. ``minimum`` is its proof, None where there is none; ``corner`` that of absolute values."""

    run: Run
    at: Vector
    loss: float
    gradient_norm: float
    minimum: Minimum | None
    spread: Spread
    predictions: list[float]
    corner: Corner | None = None

    @property
    def is_certified(self) -> bool:
        """Whether the end is proved and every digit of the parameters right."""
        return self.minimum is not None or (self.corner is not None and self.corner.vertex is not None)


def choose_method(loss: Loss, method: MethodName | None, batch: int | None) -> MethodName:
    """The method asked for, else the best for the loss.

    That is Adam for batches, Levenberg-Marquardt for squares, smoothing for absolute values and Newton's
    method otherwise. Raises UsageError for a method that does not suit the loss.
    """
    if method in (LM, GAUSS_NEWTON) and not loss.squared:
        raise UsageError(f"{method} is for sums of squares", help="take --loss mse, or --method newton")
    if method in FOR_FUNCTIONS:
        raise UsageError(f"{method} is not for data", help="write dcalc descend, or leave --method out")
    if batch is not None and method not in (None, *METHODS):
        raise UsageError(f"{method} does not work with --batch", help=f"take one of {', '.join(METHODS)}")
    if method is not None:
        return method
    if batch is not None:
        return "adam"
    return LM if loss.squared else SMOOTHED if loss.name == "mae" else NEWTON


def run_fit(plan: Plan, start: Sequence[float], watch: Watch) -> Fit:
    """Descend from the start, then find the last digits and a proof in ball arithmetic.

    Ctrl-C ends it at the best point so far, of which nothing is proved.
    """
    objective = MeanLoss(plan.loss.row, plan.names, plan.data.columns)
    track = Track(watch)
    try:
        run, corner, minimum = _find_end(plan, objective, start, track)
    except KeyboardInterrupt:
        run, corner, minimum = track.keep_best(), None, None
    at = run.end.x if minimum is None else minimum.at
    loss, gradient = objective.gradient(at)
    if minimum is not None:
        loss = loss if minimum.value is None else minimum.value
        run = run._replace(status="converged" if minimum.is_minimum else "saddle")
    if corner is not None and corner.vertex is not None and corner.vertex.loss is not None:
        loss = corner.vertex.loss
    predictions = Rows([plan.loss.prediction], plan.data.columns).at(_by_name(plan, at))[0]
    spread = Spread(None) if run.status == "interrupted" else _find_spread(plan, objective, at, loss)
    return Fit(run, at, loss, norm(gradient), minimum, spread, predictions, corner)


def _find_end(
    plan: Plan, objective: MeanLoss, start: Sequence[float], watch: Watch
) -> tuple[Run, Corner | None, Minimum | None]:
    """The run, and what is proved of its end."""
    if plan.settings.method == SMOOTHED:
        corner = fit_least_absolute(plan.loss.residual, plan.names, plan.data, start, plan.settings, watch)
        return corner.run, corner, None
    run = _descend(plan, objective, start, watch)
    if run.status == "left_domain" or plan.batch is not None:
        return run, None, None
    return run, None, certify_fit(plan.loss.row, plan.loss.rough, plan.names, plan.data.columns, run.end.x)


def _by_name(plan: Plan, x: Sequence[float]) -> dict[str, float]:
    return dict(zip(plan.names, x, strict=True))


def _descend(plan: Plan, objective: MeanLoss, start: Sequence[float], watch: Watch) -> Run:
    settings = plan.settings
    if plan.batch is not None:
        return descend_in_batches(objective, start, settings, plan.data.rows, plan.batch, plan.seed, watch)
    if settings.method in (LM, GAUSS_NEWTON):
        residuals = Residuals(plan.loss.residual, plan.names, plan.data.columns)
        if settings.method == GAUSS_NEWTON:
            return gauss_newton(residuals, start, settings.steps, watch)
        return _fit_squares(plan, residuals, start, watch)
    if settings.method == LBFGS:
        return descend_by_lbfgs(objective, start, settings, watch)
    return descend(objective, start, settings, watch)


def _fit_squares(plan: Plan, residuals: Residuals, start: Sequence[float], watch: Watch) -> Run:
    """Fit all parameters together; where that fails, by projection."""

    def good(run: Run) -> bool:
        # In doubles a plateau far out looks like a minimum; there columns of the Jacobian are dependent.
        return not dependent_parameters(residuals.with_jacobian(run.end.x)[1], plan.names)

    steps = plan.settings.steps
    run = levenberg_marquardt(residuals, start, steps, watch, good)
    if run.status == "left_domain" or (run.status == "converged" and good(run)):
        return run
    other = fit_by_projection(plan.loss.residual, residuals, start, steps, watch, good)
    return run if other is None or not is_better(other, run) else other


def _find_spread(plan: Plan, objective: MeanLoss, at: Vector, loss: float) -> Spread:
    """Standard errors, where the loss is a likelihood or a sum of squares."""
    if not math.isfinite(loss):
        return Spread(None)
    if plan.loss.squared:
        residuals = Residuals(plan.loss.residual, plan.names, plan.data.columns)
        return spread_of_squares(residuals.with_jacobian(at)[1], loss * plan.data.rows, plan.names)
    if plan.loss.classifies:
        return spread_of_likelihood(objective.hessian(at), plan.data.rows, plan.names)
    return Spread(None)


# --- standard errors ----------------------------------------------------------------------

_DEPENDENT = 1e-12
"""A column of the Jacobian depends on earlier ones if less than this part of its length is independent of them."""
_TOGETHER = 1e-6
"""The least weight with which an earlier column takes part in that."""


class Spread(NamedTuple):
    """Standard errors, None where the data do not determine them, and a note that says why."""

    stderr: Vector | None
    note: str = ""


def spread_of_squares(jacobian: Matrix, rss: float, names: Sequence[str]) -> Spread:
    """From the Jacobian of the residuals: the covariance is s**2*(J^T*J)**-1 with s**2 = rss/(rows - parameters)."""
    rows, size = len(jacobian), len(names)
    if together := dependent_parameters(jacobian, names):
        return Spread(None, f"the data do not tell {' and '.join(together)} apart")
    if rows <= size:
        counted = f"{rows} row{'s' * (rows != 1)} for {size} parameter{'s' * (size != 1)}"
        return Spread(None, f"{counted}: no residual degrees of freedom for standard errors")
    _, upper = solve_least_squares(jacobian, [0.0] * rows)
    inverse = [_column_of_inverse(upper, j) for j in range(size)]
    deviation = math.sqrt(rss / (rows - size))
    return Spread([deviation * norm([column[i] for column in inverse]) for i in range(size)])


def spread_of_likelihood(hessian: Matrix, rows: int, names: Sequence[str]) -> Spread:
    """From the Hessian of the mean loss, where the summed loss is a negative log-likelihood."""
    lower = cholesky([[rows * entry for entry in row] for row in hessian])
    if lower is None or min(lower[i][i] for i in range(len(names))) <= 1e-8 * max(
        lower[i][i] for i in range(len(names))
    ):
        return Spread(None, "the Hessian is singular, so the data do not tell all parameters apart")
    units = [[float(i == j) for i in range(len(names))] for j in range(len(names))]
    return Spread([math.sqrt(solve_factored(lower, unit)[i]) for i, unit in enumerate(units)])


def dependent_parameters(jacobian: Matrix, names: Sequence[str]) -> list[str]:
    """Parameters that the data cannot tell apart: the first whose column depends on earlier ones, after those.

    Empty where all columns are independent.
    """
    scales = [norm(column) or 1.0 for column in zip(*jacobian, strict=True)]
    scaled = [[entry / scale for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    _, upper = solve_least_squares(scaled, [0.0] * len(jacobian))
    for k in range(min(len(names), len(jacobian))):
        if abs(upper[k][k]) <= _DEPENDENT:
            above = [upper[i][k] for i in range(k)]
            weights, _ = solve_least_squares([row[:k] for row in upper[:k]], above) if k else ([], [])
            return [*(names[i] for i in range(k) if abs(weights[i]) > _TOGETHER), names[k]]
    return []


def _column_of_inverse(upper: Matrix, j: int) -> Vector:
    size = len(upper)
    x = [0.0] * size
    for i in reversed(range(size)):
        rest = math.fsum([float(i == j), *(-upper[i][k] * x[k] for k in range(i + 1, size))])
        x[i] = rest / upper[i][i]
    return x


def r_squared(target: Sequence[float], rss: float) -> float | None:
    """1 - rss/tss; None where the target is constant."""
    mean = math.fsum(target) / len(target)
    total = math.fsum((y - mean) ** 2 for y in target)
    return 1 - rss / total if total else None
