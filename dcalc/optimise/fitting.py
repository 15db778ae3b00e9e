"""One fit, from its start to a certified end: the choice of a method, the run, the proof, and standard errors."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Literal, NamedTuple

from dcalc.errors import UsageError
from dcalc.expr import Expr, number, substitute
from dcalc.optimise.breaks import list_kinks
from dcalc.optimise.certify import Proof, RowSum, certify_fit, follow_fit, prove_sign
from dcalc.optimise.covariance import (
    Ranks,
    Spread,
    Valley,
    find_valleys,
    rank_columns,
    spread_of_likelihood,
    spread_of_squares,
)
from dcalc.optimise.dataset import CONSTANT_SIGMA, Data, Loss, MeanLoss, Residuals, Rows, Weighting
from dcalc.optimise.descent import (
    Bounds,
    Run,
    Settings,
    Step,
    Track,
    Watch,
    clamp,
    descend,
    descend_in_batches,
    free_gradient,
    held_places,
)
from dcalc.optimise.least_absolute import Corner, fit_least_absolute
from dcalc.optimise.least_squares import (
    fit_by_projection,
    gauss_newton,
    has_leapt,
    is_better,
    is_escaping,
    levenberg_marquardt,
)
from dcalc.optimise.linear import Vector, norm
from dcalc.optimise.methods import FOR_FUNCTIONS, GAUSS_NEWTON, LBFGS, LM, METHODS, NEWTON, SMOOTHED, MethodName
from dcalc.optimise.minima import Course, Minimum
from dcalc.optimise.objective import differentiate
from dcalc.optimise.orthogonal import InputError, OrthogonalResiduals, certify_orthogonal
from dcalc.optimise.searches import descend_by_lbfgs

METHOD_NAMES = (LM, GAUSS_NEWTON, *METHODS, NEWTON, LBFGS, *FOR_FUNCTIONS)
"""What --method takes."""
_NOT_OF_FIRST_ORDER = (
    "the model does not change with all parameters to first order there, so standard errors mean nothing"
)
_SMALL = 1e-20
"""A mean square that has fallen to this part of the first is no worse than that of any other end."""
_PERFECT = 1e-26
"""A mean square that has fallen to this part of the first is made of rounding."""


class Plan(NamedTuple):
    """A loss over data as a function of parameters, and how to minimise it; ``batch`` None takes all rows."""

    loss: Loss
    names: Sequence[str]
    data: Data
    settings: Settings
    batch: int | None = None
    seed: int = 0
    weighting: Weighting | None = None
    inputs: Sequence[InputError] = ()
    """Columns of the model that have errors, which are fitted by orthogonal distances."""


_MOST_KINKS = 4
_BESIDE = (1.0, 1e-2, 1e-4, 1e-6)
"""How far from a kink the loss is asked, relative to the parameter and 1."""
Side = Literal["lower", "upper"]


Objective = MeanLoss | Residuals | OrthogonalResiduals
"""What is minimised: a mean of a loss, or a sum of squares."""


class Fit(NamedTuple):
    """The end of a fit. ``minimum`` is its proof, None where there is none; ``corner`` that of absolute values.

    ``held`` are the places of parameters at a bound beyond which the loss would fall. ``valleys`` are groups of
    parameters that are not told apart; ``is_along``: the minimum is proved with one value of each group kept.
    ``is_on_the_way``: Newton's method leads away from the end of a sum of squares, so that it is not next to a minimum.
    ``kinked`` are parameters that have a kink or a jump of the model there, where derivatives say nothing.
    """

    run: Run
    at: Vector
    loss: float
    gradient_norm: float
    minimum: Minimum | None
    spread: Spread
    corner: Corner | None = None
    held: Mapping[int, Side] = {}
    valleys: Sequence[Valley] = ()
    is_along: bool = False
    is_on_the_way: bool = False
    kinked: Sequence[int] = ()

    @property
    def is_certified(self) -> bool:
        """Whether the end is proved and every digit of the parameters right."""
        return self.minimum is not None or (self.corner is not None and self.corner.vertex is not None)


def predict_rows(plan: Plan, at: Sequence[float]) -> list[float]:
    """The model in each row of the data."""
    return Rows([plan.loss.prediction], plan.data.columns).at(_by_name(plan, at))[0]


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
    objective = _make_objective(plan)
    track = Track(watch)
    try:
        return _find_fit(plan, objective, start, track)
    except KeyboardInterrupt:
        return _describe_end(plan, objective, track.keep_best())


def _find_fit(plan: Plan, objective: Objective, start: Sequence[float], watch: Watch) -> Fit:
    run, corner = _find_end(plan, objective, start, watch)
    if corner is None and plan.batch is None:
        run = _leave_kinks(plan, objective, run, watch)
    if corner is not None and corner.vertex is not None and corner.vertex.loss is not None:
        return _describe_end(plan, objective, run, corner)._replace(loss=corner.vertex.loss)
    if corner is not None or run.status == "left_domain" or plan.batch is not None:
        return _describe_end(plan, objective, run, corner)
    held = _find_held(plan, run.end.x, run.gradient)
    proof = _certify(plan, run.end.x, held, [])
    if proof is not None and (proof.minimum.is_minimum or not _follow_newton(plan, run, held).goes_on):
        return _describe_proved(plan, objective, run, proof, held)
    fit = _describe_end(plan, objective, run)
    kept = [place for valley in fit.valleys if valley.is_proved for place in valley.free]
    if kept and (proof := _certify(plan, run.end.x, held, kept)) is not None and proof.minimum.is_minimum:
        # The model is constant along a way on which only what is kept moves freely: a minimum with that kept is one.
        return _describe_proved(plan, objective, run, proof, held, kept)._replace(is_along=True)
    if run.status not in ("converged", "stalled"):
        return fit
    if run.status == "converged" and not fit.kinked:
        free = [place for valley in fit.valleys if valley.is_known for place in valley.free]
        course = _follow_newton(plan, run, [*held, *free])
        if course.goes_on:
            return fit._replace(run=run._replace(status="stalled"), is_on_the_way=True)
        if course.end != run.end.x and not free and (proof := _certify(plan, course.end, held, [])) is not None:
            return _describe_proved(plan, objective, run, proof, held)
    if is_escaping(run.path) or has_leapt(run.path):
        return fit._replace(run=run._replace(status="stalled"), is_on_the_way=True)
    return fit


def _describe_proved(
    plan: Plan, objective: Objective, run: Run, proof: Proof, held: Mapping[int, Side], kept: Sequence[int] = ()
) -> Fit:
    """What holds at a minimum that is proved, with the values of some parameters kept."""
    minimum = proof.minimum
    run = run._replace(status="converged" if minimum.is_minimum else "saddle")
    spread = None
    if proof.spread is not None:
        spread = proof.spread.spread_out(_find_moving(plan, [*held, *kept]), len(plan.names))
    # Where nothing is kept, no matrix of second derivatives near the end is singular, whatever doubles say.
    fit = _describe_end(plan, objective, run, at=minimum.at, spread=None if kept else spread, height=minimum.value)
    if kept and spread is not None:
        together = {place for valley in fit.valleys for place in valley.places}
        fit = fit._replace(spread=spread.without(together)._replace(ranks=fit.spread.ranks))
    elif fit.valleys and not kept:
        fit = fit._replace(spread=Spread(None, note=_NOT_OF_FIRST_ORDER), valleys=())
    return fit._replace(minimum=minimum)


def _find_moving(plan: Plan, fixed: Collection[int]) -> list[int]:
    """The places of the parameters that are not fixed."""
    return [place for place in range(len(plan.names)) if place not in fixed]


def _describe_end(
    plan: Plan,
    objective: Objective,
    run: Run,
    corner: Corner | None = None,
    at: Vector | None = None,
    spread: Spread | None = None,
    height: float | None = None,
) -> Fit:
    """What holds at an end of which nothing is proved yet, but for a ``spread`` and a loss, ``height``, if known."""
    at = run.end.x if at is None else at
    loss, gradient = objective.gradient(at)
    loss = loss if height is None else height
    held = _find_held(plan, at, gradient)
    if spread is None:
        spread = Spread(None) if run.status == "interrupted" else _find_spread(plan, objective, at, loss, held)
    steepness = norm(free_gradient(at, gradient, plan.settings.bounds))
    kinked = _find_kinked(plan, at)
    fit = Fit(run, at, loss, steepness, None, spread, corner, held, kinked=kinked)
    if spread.ranks is None:
        return fit
    valleys = _find_valleys(plan, at, held, spread.ranks)
    return fit._replace(valleys=[valley for valley in valleys if not {*valley.places} & {*kinked}])


def _make_objective(plan: Plan) -> Objective:
    """What is minimised."""
    if plan.settings.method in (LM, GAUSS_NEWTON):
        return make_residuals(plan)
    return make_orthogonal(plan) if plan.inputs else MeanLoss(plan.loss.row, plan.names, plan.data.columns)


def make_residuals(plan: Plan) -> Residuals | OrthogonalResiduals:
    """What is squared and summed."""
    return (
        make_orthogonal(plan)
        if plan.inputs
        else Residuals(plan.loss.residual, plan.names, plan.data.columns, plan.data.target)
    )


def make_orthogonal(plan: Plan) -> OrthogonalResiduals:
    """The distances of the rows from the curve."""
    data = plan.data
    sigma = CONSTANT_SIGMA if plan.weighting is None else plan.weighting.column
    return OrthogonalResiduals(plan.loss.prediction, plan.names, data.columns, data.target, sigma, plan.inputs)


def _find_end(plan: Plan, objective: Objective, start: Sequence[float], watch: Watch) -> tuple[Run, Corner | None]:
    """The run, and its corner where absolute values are summed."""
    if plan.settings.method == SMOOTHED:
        corner = fit_least_absolute(plan.loss.residual, plan.names, plan.data, start, plan.settings, watch)
        return corner.run, corner
    return _descend(plan, objective, start, watch), None


def _find_kinked(plan: Plan, at: Sequence[float]) -> list[int]:
    """The parameters that move some row across a kink or a jump of the model."""
    kinked: list[int] = []
    if not list_kinks(plan.loss.prediction, *plan.names):
        return kinked
    for place, name in enumerate(plan.names):
        for kink in list_kinks(plan.loss.prediction, name):
            across, speeds = Rows([kink, differentiate(kink, name)], plan.data.columns).at(_by_name(plan, at))
            if any(part == 0 and speed for part, speed in zip(across, speeds, strict=True)):
                kinked.append(place)
                break
    return kinked


def _leave_kinks(plan: Plan, objective: Objective, run: Run, watch: Watch) -> Run:
    """The run, continued from either side of a kink at its end as long as it ends lower from there.

    A parameter without effect to first order, as a is in `a**3` at 0, is taken for one at a kink.
    """
    for _ in range(_MOST_KINKS):
        stuck = _find_stuck(plan, objective, run.end.x) if run.status in ("converged", "stalled") else []
        starts = [_find_beside(plan, objective, run.end, place, side) for place in stuck for side in (1, -1)]
        ends = [_descend(plan, objective, start, watch) for start in starts if start is not None]
        best = min(ends, default=run, key=lambda end: end.end.value)
        if not best.end.value < run.end.value:
            return run
        path = [*run.path, *(step._replace(number=len(run.path) + k) for k, step in enumerate(best.path))]
        run = best._replace(path=path)
    return run


def _find_stuck(plan: Plan, objective: Objective, at: Sequence[float]) -> list[int]:
    """The parameters of which derivatives say nothing: at a kink, or with a column of the Jacobian that is 0."""
    kinked = _find_kinked(plan, at)
    if not isinstance(objective, Residuals):
        return kinked
    lengths = objective.linearise(at).lengths
    return [place for place, length in enumerate(lengths) if place in kinked or not length]


def _find_beside(plan: Plan, objective: Objective, end: Step, place: int, side: Literal[1, -1]) -> Vector | None:
    """The lowest of some points on one side of a parameter; None where the loss is the same there, or has no number."""
    steps = [side * size * (1 + abs(end.x[place])) for size in _BESIDE]
    points = [clamp([*end.x[:place], end.x[place] + step, *end.x[place + 1 :]], plan.settings.bounds) for step in steps]
    losses = [(loss, point) for point in points if math.isfinite(loss := objective.gradient(point)[0])]
    others = [(loss, point) for loss, point in losses if loss != end.value]
    return min(others, key=lambda pair: pair[0])[1] if others else None


def _find_held(plan: Plan, at: Sequence[float], gradient: Sequence[float]) -> dict[int, Side]:
    """The parameters at a bound beyond which the loss falls, and at which."""
    bounds = plan.settings.bounds
    held = held_places(at, gradient, bounds) if bounds and len(gradient) == len(at) else ()
    return {place: "lower" if at[place] <= bounds[place][0] else "upper" for place in sorted(held)}


def _keep(root: Expr, plan: Plan, at: Sequence[float], kept: Sequence[int]) -> Expr:
    """An expression with the values of some parameters in their place."""
    return substitute(root, {plan.names[place]: number(Fraction(at[place])) for place in kept}) if kept else root


def _sum_over(plan: Plan, at: Sequence[float], moving: Sequence[int]) -> RowSum:
    """The loss of all rows as a function of some of the parameters, with the values of the others in their places."""
    kept = [place for place in range(len(at)) if place not in moving]
    row, rough = _keep(plan.loss.row, plan, at, kept), _keep(plan.loss.rough, plan, at, kept)
    residual = _keep(plan.loss.residual, plan, at, kept) if plan.loss.squared else None
    return RowSum(row, rough, residual, [plan.names[place] for place in moving], plan.data.columns)


def _certify(plan: Plan, at: Sequence[float], held: Mapping[int, Side], kept: Sequence[int]) -> Proof | None:
    """The proof of a minimum in the parameters that are neither held by a bound nor kept.

    It is one in the held parameters, too, where the loss is proved to rise from their bounds, and in all of the box
    where the others end inside of their bounds.
    """
    if plan.inputs:
        if held or kept:
            return None
        distances = make_orthogonal(plan)
        sigma = CONSTANT_SIGMA if plan.weighting is None else plan.weighting.column
        minimum = certify_orthogonal(plan.loss.prediction, distances, plan.data.target, sigma, at)
        return Proof(minimum) if minimum is not None and _is_inside(minimum.at, plan.settings.bounds) else None
    moving = _find_moving(plan, [*held, *kept])
    point = list(at)
    proof: Proof | None = Proof(Minimum([], None, is_minimum=True))
    if moving:
        absolute = plan.weighting is not None and plan.weighting.is_absolute
        loss = _sum_over(plan, at, moving)
        proof = certify_fit(loss, [at[place] for place in moving], len(held), is_absolute=absolute)
        if proof is None:
            return None
        for place, value in zip(moving, proof.minimum.at, strict=True):
            point[place] = value
        bounds = {k: ends for k, ends in plan.settings.bounds.items() if k in moving}
        if not (_is_inside_or_at if proof.minimum.is_exact else _is_inside)(point, bounds):
            return None
    for place, side in held.items():
        alone = _sum_over(plan, at, [place, *moving])
        sign: Literal[1, -1] = 1 if side == "lower" else -1
        if not prove_sign(alone, [at[place]], [point[k] for k in moving], sign):
            return None
    return proof and proof._replace(minimum=proof.minimum._replace(at=point))


def _follow_newton(plan: Plan, run: Run, kept: Collection[int]) -> Course:
    """Where Newton's method leads from where a run came to rest, with the values of some parameters kept.

    In doubles a sum of squares is flat far out, and where parameters are almost not told apart.
    """
    at = list(run.end.x)
    moving = _find_moving(plan, kept)
    if plan.inputs or not moving:
        return Course(at, goes_on=False)
    least = _PERFECT * run.path[0].value
    course = follow_fit(
        _sum_over(plan, at, moving),
        [at[place] for place in moving],
        least,
        is_second_order=plan.settings.method not in METHODS,
    )
    for place, value in zip(moving, course.end, strict=True):
        at[place] = value
    is_inside = _is_inside_or_at(at, plan.settings.bounds)
    return course._replace(end=at) if is_inside else Course(list(run.end.x), goes_on=False)


def _is_inside_or_at(point: Sequence[float], bounds: Bounds) -> bool:
    return all(low <= point[place] <= high for place, (low, high) in bounds.items())


def _is_inside(point: Sequence[float], bounds: Bounds) -> bool:
    return all(low < point[place] < high for place, (low, high) in bounds.items())


def _by_name(plan: Plan, x: Sequence[float]) -> dict[str, float]:
    return dict(zip(plan.names, x, strict=True))


def _descend(plan: Plan, objective: Objective, start: Sequence[float], watch: Watch) -> Run:
    settings = plan.settings
    if settings.method == GAUSS_NEWTON and not isinstance(objective, MeanLoss):
        return gauss_newton(objective, start, settings.steps, watch, settings.bounds)
    if settings.method == LM and not isinstance(objective, MeanLoss):
        return _fit_squares(plan, objective, start, watch)
    if plan.batch is not None and isinstance(objective, MeanLoss):
        return descend_in_batches(objective, start, settings, plan.data.rows, plan.batch, plan.seed, watch)
    if not isinstance(objective, MeanLoss):
        raise UsageError(f"{settings.method} does not go with --sigma-x", help="leave --method out: it is lm")
    if settings.method == LBFGS:
        return descend_by_lbfgs(objective, start, settings, watch)
    return descend(objective, start, settings, watch)


def _fit_squares(plan: Plan, residuals: Residuals | OrthogonalResiduals, start: Sequence[float], watch: Watch) -> Run:
    """Fit all parameters together; where that fails, by projection."""

    def good(run: Run) -> bool:
        # In doubles a plateau far out looks like a minimum; there columns of the Jacobian are dependent, though the
        # model tells all parameters apart.
        held = _find_held(plan, run.end.x, run.gradient)
        ranks = _rank_end(plan, residuals, run.end.x, held)
        return not ranks.rest or all(valley.is_known for valley in _find_valleys(plan, run.end.x, held, ranks))

    steps, bounds = plan.settings.steps, plan.settings.bounds
    run = levenberg_marquardt(residuals, start, steps, watch, good, bounds)
    if (
        run.status == "left_domain"
        or bounds
        or isinstance(residuals, OrthogonalResiduals)
        or (run.status == "converged" and good(run))
        or run.end.value <= _SMALL * min(run.path[0].value, residuals.size)
    ):
        return run
    other = fit_by_projection(plan.loss.residual, residuals, start, steps, watch, good)
    return run if other is None or not is_better(other, run, good) else other


def _rank_end(
    plan: Plan, residuals: Residuals | OrthogonalResiduals, at: Sequence[float], held: Mapping[int, Side]
) -> Ranks:
    """Which columns of the Jacobian depend on others, of parameters that no bound holds."""
    moving = _find_moving(plan, held)
    return rank_columns(residuals.linearise(at).select(moving).upper) if moving else Ranks([], [], [])


def _find_valleys(plan: Plan, at: Sequence[float], held: Mapping[int, Side], ranks: Ranks) -> list[Valley]:
    """The parameters that are not told apart, as places among all parameters."""
    moving = _find_moving(plan, held)
    names, values = [plan.names[place] for place in moving], [at[place] for place in moving]
    model = _keep(plan.loss.prediction, plan, at, list(held))
    return [
        valley._replace(places=[moving[k] for k in valley.places], free=[moving[k] for k in valley.free])
        for valley in find_valleys(model, names, values, plan.data.columns, ranks)
    ]


def _find_spread(plan: Plan, objective: Objective, at: Vector, loss: float, held: Mapping[int, Side]) -> Spread:
    """The covariance, where the loss is a likelihood or a sum of squares: of parameters that no bound holds."""
    moving = _find_moving(plan, held)
    if not math.isfinite(loss) or not moving:
        return Spread(None)
    if plan.loss.squared:
        residuals = make_residuals(plan) if isinstance(objective, MeanLoss) else objective
        here = residuals.linearise(at).select(moving)
        absolute = plan.weighting is not None and plan.weighting.is_absolute
        spread = spread_of_squares(here, loss * plan.data.rows, len(held), is_absolute=absolute)
    elif plan.loss.classifies and isinstance(objective, MeanLoss):
        hessian = objective.hessian(at)
        spread = spread_of_likelihood([[hessian[i][j] for j in moving] for i in moving], plan.data.rows)
    else:
        return Spread(None)
    return spread.spread_out(moving, len(at))
