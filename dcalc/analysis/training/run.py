"""One fit, from its start to an end held against certified derivatives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dcalc.algebra.minimum import Minimum
from dcalc.analysis.optimise import scipys
from dcalc.analysis.optimise.linear import Vector, norm
from dcalc.analysis.optimise.methods import METHODS
from dcalc.analysis.optimise.run import NEWTON, Run, Settings, Watch, descend
from dcalc.analysis.training import least_squares, quality
from dcalc.analysis.training.certify import certified
from dcalc.analysis.training.data import Data
from dcalc.analysis.training.least_absolute import Corner, least_absolute
from dcalc.analysis.training.losses import Loss
from dcalc.analysis.training.projection import by_projection
from dcalc.analysis.training.quality import Spread
from dcalc.analysis.training.rows import Rows
from dcalc.analysis.training.stochastic import epochs
from dcalc.analysis.training.summed import MeanLoss, Residuals
from dcalc.errors import UsageError

LM = "lm"
GAUSS_NEWTON = "gauss-newton"
SMOOTHED = "smoothed"
METHOD_NAMES = (LM, GAUSS_NEWTON, *METHODS, NEWTON, scipys.LBFGS)


class Plan(NamedTuple):
    """What is fitted to what, and how."""

    loss: Loss
    names: Sequence[str]
    data: Data
    settings: Settings
    batch: int | None = None
    seed: int = 0


class Fit(NamedTuple):
    """The end of a fit. ``minimum`` is None where nothing is proved of it."""

    run: Run
    at: Vector
    loss: float
    gradient_norm: float
    minimum: Minimum | None
    spread: Spread
    predictions: list[float]
    corner: Corner | None = None


def method_of(loss: Loss, asked: str | None, batch: int | None) -> str:
    """The method: Levenberg-Marquardt for squares, one of its own for absolute values, Newton's for
    other losses, Adam for batches. Raises UsageError for one that does not go with the loss."""
    if asked in (LM, GAUSS_NEWTON) and not loss.squared:
        raise UsageError(f"{asked} is for sums of squares", help="take --loss mse, or --method newton")
    if batch is not None and asked not in (None, *METHODS):
        raise UsageError(f"{asked} does not go with --batch", help=f"take one of {', '.join(METHODS)}")
    if asked is not None:
        return asked
    if batch is not None:
        return "adam"
    return LM if loss.squared else SMOOTHED if loss.name == "mae" else NEWTON


def fit(plan: Plan, start: Sequence[float], watch: Watch) -> Fit:
    """Descend from the start, then let balls find the last digits and the proof."""
    objective = MeanLoss(plan.loss.row, plan.names, plan.data.columns)
    corner, minimum = None, None
    if plan.settings.method == SMOOTHED:
        corner = least_absolute(plan.loss.residual, plan.names, plan.data, start, plan.settings, watch)
        run = corner.run
    else:
        run = _run(plan, objective, start, watch)
    if run.status != "left_domain" and plan.batch is None and corner is None:
        minimum = certified(plan.loss.row, plan.names, plan.data.columns, run.end.x)
    at = run.end.x if minimum is None else minimum.at
    loss, gradient = objective.gradient(at)
    if minimum is not None:
        loss = loss if minimum.value is None else minimum.value
        run = run._replace(status="converged" if minimum.is_minimum else "saddle")
    predictions = Rows([plan.loss.prediction], plan.data.columns).at(_named(plan, at))[0]
    return Fit(run, at, loss, norm(gradient), minimum, _spread(plan, objective, at, loss), predictions, corner)


def _named(plan: Plan, x: Sequence[float]) -> dict[str, float]:
    return dict(zip(plan.names, x, strict=True))


def _run(plan: Plan, objective: MeanLoss, start: Sequence[float], watch: Watch) -> Run:
    settings = plan.settings
    if plan.batch is not None:
        return epochs(objective, start, settings, plan.data.rows, plan.batch, plan.seed, watch)
    if settings.method in (LM, GAUSS_NEWTON):
        residuals = Residuals(plan.loss.residual, plan.names, plan.data.columns)
        if settings.method == GAUSS_NEWTON:
            return least_squares.gauss_newton(residuals, start, settings.steps, watch)
        return _marquardt(plan, residuals, start, watch)
    if settings.method == scipys.LBFGS:
        return scipys.lbfgs(objective, start, settings, watch)
    return descend(objective, start, settings, watch)


def _marquardt(plan: Plan, residuals: Residuals, start: Sequence[float], watch: Watch) -> Run:
    """In all parameters; where that ends nowhere, by projection."""

    def good(run: Run) -> bool:
        # A plateau far out looks like a minimum to a double; there the columns have become dependent.
        return not quality.dependent(residuals.with_jacobian(run.end.x)[1], plan.names)

    steps = plan.settings.steps
    run = least_squares.marquardt(residuals, start, steps, watch, good)
    if run.status == "left_domain" or (run.status == "converged" and good(run)):
        return run
    other = by_projection(plan.loss.residual, residuals, start, steps, watch, good)
    return run if other is None or not least_squares.better(other, run) else other


def _spread(plan: Plan, objective: MeanLoss, at: Vector, loss: float) -> Spread:
    """Standard errors, where the loss is one of statistics'."""
    if not math.isfinite(loss):
        return Spread(None)
    if plan.loss.squared:
        residuals = Residuals(plan.loss.residual, plan.names, plan.data.columns)
        return quality.of_squares(residuals.with_jacobian(at)[1], loss * plan.data.rows, plan.names)
    if plan.loss.classifies:
        return quality.of_likelihood(objective.hessian(at), plan.data.rows, plan.names)
    return Spread(None)
