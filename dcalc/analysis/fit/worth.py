"""What a fit is worth in numbers: how good it is, intervals of its parameters, and bands around its curve."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flint import arb, ctx

from dcalc import coordinates
from dcalc.errors import LimitError, UnknownVariable, UsageError
from dcalc.expr import variables
from dcalc.numbers.rounding import nearest_double
from dcalc.optimise.covariance import r_squared
from dcalc.optimise.dataset import CONSTANT_SIGMA, Rows
from dcalc.optimise.fitting import Fit, Plan, make_residuals, predict_rows
from dcalc.optimise.groups import SET
from dcalc.optimise.intervals import Interval, Prediction, Profile, Profiler, chance_above, predict, student_half_width
from dcalc.optimise.objective import exact_balls
from dcalc.text import count_noun

MOST_PREDICTIONS = 100_000
_BITS = 192
"""Bits for figures of a proved fit, whose loss is known to more."""


class Request(NamedTuple):
    """What is asked for beside the parameters: the level of intervals, points, profiles; ``has_level``: intervals
    are to be shown."""

    level: float
    predict: Sequence[str] = ()
    profile: bool = False
    has_level: bool = False


class Worth(NamedTuple):
    """Numbers about a fit. ``figures`` are those that are shown with every fit, ``criteria`` further ones; both are
    None where a number means nothing. Intervals and profiles belong to the parameters in their order."""

    request: Request
    figures: Mapping[str, float | None]
    criteria: Mapping[str, float | None]
    freedom: int | None
    intervals: Sequence[Interval | None]
    profiles: Sequence[Profile | None]
    predictions: Sequence[Prediction]
    notes: Sequence[str] = ()


def assess(plan: Plan, fit: Fit, request: Request) -> Worth:
    """The numbers about a fit. Cost: with profiles, some twenty fits for each parameter."""
    figures, criteria = _measure_quality(plan, fit), _compute_criteria(plan, fit)
    freedom = None if plan.loss.classifies else plan.data.rows - _rank(plan, fit)
    errors = fit.spread.stderr(len(plan.names))
    width = student_half_width(request.level, fit.spread.freedom) if any(e is not None for e in errors) else math.nan
    intervals = [
        None if error is None else (value - width * error, value + width * error)
        for value, error in zip(fit.at, errors, strict=True)
    ]
    profiles, notes = _find_profiles(plan, fit, errors, width) if request.profile else ([None] * len(fit.at), [])
    points = _read_points(plan, request.predict)
    predictions = (
        predict(
            plan.loss.prediction,
            dict(zip(plan.names, fit.at, strict=True)),
            points,
            fit.spread,
            [_noise_at(plan, figures, point) for point in points],
            request.level,
        )
        if points
        else []
    )
    if predictions and all(prediction.measurement is None for prediction in predictions):
        notes = [*notes, *_explain_missing_band(plan, fit)]
    return Worth(
        request, figures, criteria, freedom, intervals, profiles, predictions, [*notes, *_judge_sigmas(plan, criteria)]
    )


def _rank(plan: Plan, fit: Fit) -> int:
    """The number of parameters that the data determine; those at a bound count, as they were free to move (lmfit)."""
    return len(plan.names) - sum(len(valley.free) for valley in fit.valleys)


def _measure_quality(plan: Plan, fit: Fit) -> dict[str, float | None]:
    """Numbers that tell how good the fit is; None where one means nothing."""
    data = plan.data
    target = data.columns[data.target]
    figures: dict[str, float | None] = {"loss": fit.loss}
    if plan.loss.classifies:
        return {**figures, "accuracy": compute_accuracy(plan, fit)}
    counts = _weights(plan)
    rss = fit.loss * data.rows if plan.loss.squared else _sum_squares(target, predict_rows(plan, fit.at), counts)
    free = data.rows - _rank(plan, fit)
    figures["rss"] = rss
    figures["residual_sd"] = math.sqrt(rss / free) if free > 0 and math.isfinite(rss) else None
    figures["r2"] = r_squared(target, counts, rss) if math.isfinite(rss) and not plan.inputs else None
    return figures | _certify_quality(plan, fit, free, figures)


def _certify_quality(plan: Plan, fit: Fit, free: int, figures: Mapping[str, float | None]) -> dict[str, float | None]:
    """The nearest doubles of those figures of a proved fit that mean something; without those that are not decided."""
    if fit.minimum is None or fit.minimum.height is None or not plan.loss.squared:
        return {}
    with ctx.workprec(_BITS):
        rss = fit.minimum.height * plan.data.rows
        balls = {"rss": rss, "residual_sd": (rss / max(free, 1)).sqrt()}
        if figures["r2"] is not None:
            balls["r2"] = 1 - rss / _enclose_variation(plan)
        certified = {name: nearest_double(ball) for name, ball in balls.items() if figures[name] is not None}
    return {name: value for name, value in certified.items() if value is not None}


def _enclose_variation(plan: Plan) -> arb:
    """The sum of the squared distances of the target from its mean, both weighted."""
    target = exact_balls(plan.data.columns[plan.data.target])
    counts = [arb(1)] * len(target)
    if plan.weighting is not None:
        column = exact_balls(plan.data.columns[plan.weighting.column])
        counts = column if plan.weighting.kind == "weights" else [1 / (sigma * sigma) for sigma in column]
    weighted = sum((w * y for w, y in zip(counts, target, strict=True)), arb(0))
    mean = weighted / sum(counts, arb(0))
    return sum((w * (y - mean) ** 2 for w, y in zip(counts, target, strict=True)), arb(0))


def _weights(plan: Plan) -> Sequence[float] | None:
    """By what squared residuals are multiplied; None where all count the same."""
    if plan.weighting is None:
        return None
    column = plan.data.columns[plan.weighting.column]
    return column if plan.weighting.kind == "weights" else [1 / (sigma * sigma) for sigma in column]


def _sum_squares(target: Sequence[float], predictions: Sequence[float], weights: Sequence[float] | None) -> float:
    if not all(map(math.isfinite, predictions)):
        return math.nan
    counts = weights or [1.0] * len(target)
    return math.fsum(w * (y - p) ** 2 for w, y, p in zip(counts, target, predictions, strict=True))


def compute_accuracy(plan: Plan, fit: Fit) -> float:
    """The part of the rows whose class is the one predicted."""
    target = plan.data.columns[plan.data.target]
    if plan.loss.threshold is not None:
        chosen = [float(p > plan.loss.threshold) for p in predict_rows(plan, fit.at)]
    else:
        at = dict(zip(plan.names, fit.at, strict=True))
        scores = Rows(plan.loss.scores, plan.data.columns).at(at)
        chosen = [float(row.index(max(row))) for row in map(list, zip(*scores, strict=True))]
    return sum(a == b for a, b in zip(chosen, target, strict=True)) / len(target)


def _compute_criteria(plan: Plan, fit: Fit) -> dict[str, float | None]:
    """Akaike's and the Bayesian criterion, of likelihoods up to a constant, and chi-square with sigmas.

    Where the noise is not known, -2*log(likelihood) is rows*log(rss/rows), as in lmfit and in Burnham and Anderson,
    Model Selection (2002), 2.2; where it is, rss.
    """
    rows, size = plan.data.rows, _rank(plan, fit)
    absolute = plan.weighting is not None and plan.weighting.is_absolute
    rss = fit.loss * rows
    if plan.loss.classifies:
        deviance: float | None = 2 * rss
    elif not plan.loss.squared:
        return {}
    elif absolute:
        deviance = rss
    else:
        deviance = rows * math.log(rss / rows) if rss > 0 else None
    if deviance is None or not math.isfinite(deviance):
        return {"aic": None, "bic": None}
    criteria: dict[str, float | None] = {"aic": deviance + 2 * size, "bic": deviance + math.log(rows) * size}
    if plan.weighting is not None and plan.weighting.kind == "sigma":
        freedom = rows - size
        criteria["reduced_chi2"] = rss / freedom if freedom > 0 else None
        criteria["p_value"] = chance_above(rss, freedom) if freedom > 0 else None
    return criteria


_UNLIKELY = 1e-3
"""Chi-square that chance exceeds less often, or more often than all but this, is worth a note."""


def _judge_sigmas(plan: Plan, criteria: Mapping[str, float | None]) -> list[str]:
    """A note where sigmas do not go with the scatter of the residuals."""
    chance, reduced = criteria.get("p_value"), criteria.get("reduced_chi2")
    if chance is None or reduced is None or plan.weighting is None or _UNLIKELY <= chance <= 1 - _UNLIKELY:
        return []
    what = (
        f"the residuals are {math.sqrt(reduced):.3g} times as large as sigma says: the model or sigma is not right"
        if chance < _UNLIKELY
        else f"the residuals are only {math.sqrt(reduced):.3g} times as large as sigma says"
    )
    if plan.weighting.is_absolute:
        return [f"{what}, and standard errors trust sigma"]
    return [f"{what}; standard errors follow the residuals, unless --absolute-sigma is given"]


# --- profiles -----------------------------------------------------------------------------


def _find_profiles(
    plan: Plan, fit: Fit, errors: Sequence[float | None], width: float
) -> tuple[list[Profile | None], list[str]]:
    """The interval by profile likelihood of each parameter with a standard error, and notes."""
    if not plan.loss.squared:
        raise UsageError("--profile is for sums of squares", help="leave --loss out")
    if not any(errors) or not fit.loss:
        return [None] * len(fit.at), ["there are no profiles, since the data give no standard errors"]
    total = fit.loss * plan.data.rows
    scale = 1.0 if fit.spread.freedom is None else total / fit.spread.freedom
    profiler = Profiler(make_residuals(plan), fit.at, total, scale, width, plan.settings.bounds)
    profiles = [profiler.profile(place, error) if error else None for place, error in enumerate(errors)]
    notes = [
        f"on the way along {name} the loss falls below that of the end, so this is not the least one"
        for name, profile in zip(plan.names, profiles, strict=True)
        if profile is not None and profile.lower_sum
    ]
    return profiles, notes[:1]


# --- predictions --------------------------------------------------------------------------


def _read_points(plan: Plan, texts: Sequence[str]) -> list[dict[str, float]]:
    """The points of --predict, for each data set where there are several. Raises UsageError, LimitError."""
    if not texts:
        return []
    from dcalc.point import read_lists

    if plan.loss.classifies:
        raise UsageError("--predict is for models of numbers", help="leave it out with losses of classes")
    used = [name for name in variables(plan.loss.prediction) if name in plan.data.columns]
    names = [name for name in used if name != SET]
    if not names:
        raise UsageError("the model has no columns, so it is the same everywhere", help="leave --predict out")
    extra = [] if plan.weighting is None or plan.weighting.column == CONSTANT_SIGMA else [plan.weighting.column]
    points: list[dict[str, float]] = []
    sets = sorted(set(plan.data.columns[SET])) if SET in used else [None]
    given = read_lists(texts)
    if given.count * len(sets) > MOST_PREDICTIONS:
        raise LimitError(f"more than {MOST_PREDICTIONS:,} predictions", help="take a longer step")
    for grid in given.grids:
        if (None in grid.places or 0 in grid.places) and len(grid.places) != len(names):
            values = "one value" if None in grid.places else f"{len(grid.places)} values"
            raise UsageError(
                f"{values}, but the model has {count_noun(len(names), 'input')}", help="name them: x=1,z=2"
            )
        for point in grid.points(names[0], order=names):
            numbers = {name: coordinates.nearest_double(value) for name, value in point.items()}
            if strange := [name for name in numbers if name not in (*names, *extra)]:
                raise UnknownVariable(f"the model has no input {strange[0]}", help=f"it has {', '.join(names)}")
            if lacking := [name for name in names if name not in numbers]:
                raise UnknownVariable(
                    f"--predict gives no value for {lacking[0]}", help=f"write {lacking[0]}=1 as well"
                )
            points += [numbers if code is None else {**numbers, SET: code} for code in sets]
    return points


def _noise_at(plan: Plan, figures: Mapping[str, float | None], point: Mapping[str, float]) -> float | None:
    """The standard deviation of a new measurement at a point; None where it is not known."""
    weighting, unit = plan.weighting, figures.get("residual_sd")
    if not plan.loss.squared:
        return None
    if weighting is None:
        return unit
    if weighting.column == CONSTANT_SIGMA:
        own: float | None = plan.data.columns[CONSTANT_SIGMA][0]
    else:
        given = point.get(weighting.column)
        own = given if given is None or weighting.kind == "sigma" else (1 / math.sqrt(given) if given > 0 else None)
    if own is None or weighting.is_absolute:
        return own
    return None if unit is None else own * unit


def _explain_missing_band(plan: Plan, fit: Fit) -> list[str]:
    """Why there is no band for new measurements."""
    if fit.spread.covariance is None or plan.weighting is None:
        return ["there are no bands, since the data give no standard errors"]
    column = plan.weighting.column
    return [f"bands of new measurements need their {column}: write --predict 'x=1,{column}=0.1'"]
