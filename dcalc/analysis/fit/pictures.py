"""The pictures of a fit: data and model with its confidence band, and the residuals."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dcalc.analysis.fit.worth import Worth
from dcalc.expr import variables
from dcalc.optimise.bands import predict
from dcalc.optimise.dataset import Rows
from dcalc.optimise.fitting import Fit, Plan, predict_rows
from dcalc.optimise.groups import SET, Groups
from dcalc.shapes import Curve, Picture

_STEPS = 200
"""Pieces of the line that shows a model."""
_PARTS = 40
"""Pieces of its band."""
_MOST_DOTS = 2_000
"""Rows in a picture; of more, only some are drawn."""
_MOST_SETS = 8
"""Data sets with a curve of their own."""
_ROOM = 0.05
"""Room above and below data and model, relative to their height."""
Points = list[tuple[float, float]]


def draw_fit(plan: Plan, fit: Fit, worth: Worth, groups: Groups | None) -> tuple[Picture, ...]:
    """The data with the model and the residuals; for classes the loss from step to step.

    Over the column that the model depends on, where it is one, else over the predictions.
    """
    predictions = predict_rows(plan, fit.at)
    if plan.loss.classifies or not all(map(math.isfinite, predictions)):
        points = [(float(step.number), step.value) for step in fit.run.path]
        return (Picture((Curve("loss", points),), "Loss from step to step", "step", "loss"),)
    data = plan.data
    target = data.columns[data.target]
    inputs = [name for name in variables(plan.loss.prediction) if name in data.columns and name != SET]
    is_curve = len(inputs) == 1 and (groups is None or len(groups.labels) <= _MOST_SETS)
    name, places = (inputs[0], data.columns[inputs[0]]) if is_curve else ("prediction", predictions)
    every = -(-data.rows // _MOST_DOTS)
    rows = list(zip(places, target, predictions, strict=True))[::every]
    some = f", 1 of {every} rows" if every > 1 else ""
    low, high = min(places), max(places)
    if is_curve:
        models = _trace_models(plan, fit, worth, groups, inputs[0], low, high)
    else:
        models = [Curve("y = prediction", [(low, low), (high, high)])]
    shown = Curve(f"data{some}", [(x, y) for x, y, _ in rows], "dots")
    heights = [*target, *predictions]
    room = _ROOM * (max(heights) - min(heights))
    window = (min(heights) - room, max(heights) + room)
    scale = _scale_residuals(plan)[::every]
    residuals = Curve("residual", [(x, (y - p) * by) for (x, y, p), by in zip(rows, scale, strict=True)], "dots")
    label = (
        "residual"
        if plan.weighting is None
        else "residual/sigma"
        if plan.weighting.kind == "sigma"
        else "residual*sqrt(weight)"
    )
    return (
        Picture((*models, shown), "Data and model", name, data.target, window=window),
        Picture((Curve("", [(low, 0.0), (high, 0.0)], "thin"), residuals), "Residuals", name, label),
    )  # fmt: skip


def _scale_residuals(plan: Plan) -> list[float]:
    """By what residuals are multiplied, so that all scatter alike."""
    if plan.weighting is None:
        return [1.0] * plan.data.rows
    column = plan.data.columns[plan.weighting.column]
    return [1 / value if plan.weighting.kind == "sigma" else math.sqrt(value) for value in column]


def _trace_models(
    plan: Plan, fit: Fit, worth: Worth, groups: Groups | None, name: str, low: float, high: float
) -> list[Curve]:
    """The model between the least and the largest value of its one column, with its band; a curve for each set."""
    curves: list[Curve] = []
    labels = ["model"] if groups is None else list(groups.labels)
    for code, label in enumerate(labels):
        curves.append(Curve(label, _trace_model(plan, fit, name, low, high, float(code))))
        curves += _trace_band(plan, fit, worth, name, low, high, float(code))
    return curves


def _spread_places(low: float, high: float, count: int) -> list[float]:
    return [low + (high - low) * k / count for k in range(count)] + [high]


def _trace_model(plan: Plan, fit: Fit, name: str, low: float, high: float, code: float) -> Points:
    """The model over its one column, in doubles."""
    xs = _spread_places(low, high, _STEPS)
    columns = {
        column: xs if column == name else [code if column == SET else 0.0] * len(xs) for column in plan.data.columns
    }
    (values,) = Rows([plan.loss.prediction], columns).at(dict(zip(plan.names, fit.at, strict=True)))
    return list(zip(xs, map(float, values), strict=True))


def _trace_band(plan: Plan, fit: Fit, worth: Worth, name: str, low: float, high: float, code: float) -> list[Curve]:
    """The confidence band of the model; none where standard errors are missing."""
    if fit.spread.covariance is None or fit.spread.ranks is not None or not low < high:
        return []
    xs = _spread_places(low, high, _PARTS)
    points = [{name: x, SET: code} for x in xs]
    parameters = dict(zip(plan.names, fit.at, strict=True))
    predictions = predict(plan.loss.prediction, parameters, points, fit.spread, [None] * len(xs), worth.request.level)
    edges = [prediction.curve for prediction in predictions]
    known: Sequence[tuple[float, tuple[float, float]]] = [
        (x, edge) for x, edge in zip(xs, edges, strict=True) if edge is not None
    ]
    if len(known) < 2:
        return []
    level = f"{100 * worth.request.level:g}% band"
    return [Curve(level, [(x, edge[0]) for x, edge in known], "band", [edge[1] for _, edge in known])]
