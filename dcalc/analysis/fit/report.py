"""The finding of a fit: what its end is worth in words, its record, its tables and its pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, assert_never

from dcalc.analysis.descend.ending import describe_status, find_breakdown, offer_stable_form
from dcalc.analysis.descend.report import SHOWN_STEPS, count_steps, exit_code
from dcalc.analysis.fit.worth import Worth, compute_accuracy
from dcalc.expr import variables
from dcalc.finding import Brief, Cell, Column, Fact, Finding, Key, Sheet, Subject
from dcalc.notation import write
from dcalc.numbers.rounding import format_error
from dcalc.optimise.covariance import correlate
from dcalc.optimise.dataset import MeanLoss, Rows
from dcalc.optimise.descent import Step, explain_instability
from dcalc.optimise.fitting import Fit, Plan, predict_rows
from dcalc.optimise.groups import SET, Groups
from dcalc.optimise.intervals import predict
from dcalc.optimise.least_absolute import Corner
from dcalc.shapes import Curve, Picture
from dcalc.text import join_words

Matrix = Sequence[Sequence[float | None]]
_MOST_NAMES = 12
"""Parameters up to which a terminal shows all of their correlations."""


def make_finding(
    subject: Subject, plan: Plan, fit: Fit, worth: Worth, fixed: Mapping[str, float], groups: Groups | None
) -> Finding:
    """The finding of a fit, with what it is worth and the parameters that were ``fixed``."""
    run, names = fit.run, plan.names
    numbers = [_write_parameter(plan, fit, worth, place) for place in range(len(names))]
    numbers += [(name, value) for name, value in worth.figures.items() if value is not None]
    numbers.append(("iterations", run.end.number))
    numbers += [_write_prediction(prediction, groups) for prediction in _prediction_rows(worth, groups)]
    message = _explain_end(plan, fit)
    sentence, code = f"{describe_status(run.status)}: {message}", exit_code(run.status)
    figures = {**worth.figures, **worth.criteria}
    predictions = _predictions_sheet(worth, groups)
    sheets = [_parameters_sheet(plan, fit, worth, fixed), *predictions]
    correlations = [_correlations_sheet(names, fit.spread.covariance)] if fit.spread.covariance is not None else []
    return Finding(
        "fit", subject.root, tuple(names), None, run.status,
        {**_make_record(plan, fit, worth, fixed, groups), "message": message},
        facts=tuple(Fact(name.replace("_", " "), value) for name, value in figures.items() if value is not None),
        brief=Brief(
            _sum_up(plan, fit, worth, sentence, converged=not code), sheets=predictions, pictures=1,
        ),
        sheets=(*sheets, *correlations, _path_sheet(run.path)),
        pictures=partial(draw_fit, plan, fit, worth, groups), plain=numbers,
        data=predictions[0] if predictions else None,
        sentence=sentence,
        code=code,
        notes=(
            *plan.data.notes, *filter(None, [fit.spread.note]), *(valley.describe(names) for valley in fit.valleys),
            *worth.notes, *_remark(plan, fit),
        ),
    )  # fmt: skip


def _make_record(
    plan: Plan, fit: Fit, worth: Worth, fixed: Mapping[str, float], groups: Groups | None
) -> dict[str, Any]:
    names, covariance = plan.names, fit.spread.covariance
    parameters: dict[str, dict[str, Any]] = {}
    for place, (name, error) in enumerate(zip(names, fit.spread.stderr(len(names)), strict=True)):
        low, high = worth.intervals[place] or (None, None)
        parameters[name] = {"value": fit.at[place], "stderr": error, "low": low, "high": high}
        if worth.request.profile:
            profile = worth.profiles[place]
            parameters[name] |= {
                "profile_low": None if profile is None else profile.low,
                "profile_high": None if profile is None else profile.high,
            }
        if place in fit.held:
            parameters[name]["held"] = fit.held[place]
    parameters |= {name: {"value": value, "stderr": None, "held": "fixed"} for name, value in fixed.items()}
    record: dict[str, Any] = {"parameters": parameters, **worth.figures, **worth.criteria}
    if worth.freedom is not None:
        record["freedom"] = worth.freedom
    record |= {
        "level": worth.request.level,
        "covariance": None if covariance is None else _by_names(names, covariance),
        "correlation": None if covariance is None else _by_names(names, correlate(covariance)),
    }
    if fit.valleys:
        record["undetermined"] = [
            {
                "parameters": [names[place] for place in valley.places],
                "determined": [write(combination) for combination in valley.combinations],
                "proved": valley.is_proved,
            }
            for valley in fit.valleys
        ]
    if worth.predictions:
        record["predictions"] = list(_prediction_rows(worth, groups))
    return record | {
        "gradient_norm": fit.gradient_norm, "iterations": fit.run.end.number, "rows": plan.data.rows,
        "method": plan.settings.method, "certified": fit.is_certified,
    }  # fmt: skip


def _by_names(names: Sequence[str], matrix: Matrix) -> dict[str, dict[str, float | None]]:
    return {name: dict(zip(names, row, strict=True)) for name, row in zip(names, matrix, strict=True)}


def _remark(plan: Plan, fit: Fit) -> list[str]:
    target = plan.data.columns[plan.data.target]
    notes = []
    if fit.held and fit.spread.covariance is not None:
        held = join_words([plan.names[place] for place in fit.held], "and")
        notes.append(f"standard errors are those of the other parameters, with {held} kept at the bound")
    if not plan.loss.classifies:
        constant = ["the target is constant, so R2 means nothing"] if min(target) == max(target) else []
        return [*notes, *constant]
    if plan.data.classes:
        notes.append(
            f"{plan.data.target}: " + ", ".join(f"{k} is {label}" for k, label in enumerate(plan.data.classes))
        )
    if fit.minimum is None and compute_accuracy(plan, fit) == 1:
        notes.append("the classes are separated perfectly, so larger parameters may always fit better")
    return notes


# --- the end in words ---------------------------------------------------------------------


def _explain_end(plan: Plan, fit: Fit) -> str:
    """What the end is worth, in words."""
    run = fit.run
    small = f"gradient norm {fit.gradient_norm:.3g}"
    if fit.minimum is not None:
        return _explain_minimum(plan, fit, is_minimum=fit.minimum.is_minimum)
    if fit.corner is not None and run.status == "converged":
        return _explain_corner(fit.corner)
    steps = count_steps(run, "epoch" if plan.batch is not None else "step")
    match run.status:
        case "left_domain":
            return _explain_lost_domain(plan, run.lost or run.end.x)
        case "converged" if fit.kinked:
            at_kink = join_words([plan.names[place] for place in fit.kinked], "and")
            return f"the model has a kink or a jump in {at_kink} there, so that no minimum is proved; {small}"
        case "converged":
            return f"{small}; nothing more is proved of the end{_explain_held(plan, fit)}"
        case "max_steps":
            were = "was" if run.end.number == 1 else "were"
            return f"{steps} {were} not enough: {small}, above {plan.settings.tol:g}"
        case "diverging":
            objective = MeanLoss(plan.loss.row, plan.names, plan.data.columns)
            grows = f"the loss grows from {run.path[0].value:.3g} to {run.end.value:.3g} in {steps}"
            return grows + explain_instability(objective, run.path, plan.settings)
        case "stalled" | "cycling" | "saddle":
            if fit.is_on_the_way:
                return f"after {steps}, {small}, but the loss falls on, if slowly: {_offer_bounds(plan, fit)}"
            return f"after {steps}, {small}{_explain_held(plan, fit)}"
        case "interrupted":
            return f"after {steps}, {small}, in doubles"
        case _:
            assert_never(run.status)


def _offer_bounds(plan: Plan, fit: Fit) -> str:
    """What to do where parameters leave for infinity."""
    largest = max(range(len(fit.at)), key=lambda place: abs(fit.at[place]))
    return f"start elsewhere, or bound them, as by --bounds {plan.names[largest]}=-100:100"


def _explain_minimum(plan: Plan, fit: Fit, *, is_minimum: bool) -> str:
    what = "a minimum" if is_minimum else "a stationary point"
    within = " within the bounds" if fit.held else ""
    what += f"{within}, proved" if is_minimum else f"{within} that is not proved to be a minimum"
    held = _explain_held(plan, fit).removeprefix(" within the bounds")
    if fit.is_along:
        kept = join_words([plan.names[place] for valley in fit.valleys for place in valley.free], "and")
        return f"{what}{held}, one of many with the same loss; every digit is right for this {kept}"
    return f"{what}{held}; every digit of the parameters is right"


def _explain_held(plan: Plan, fit: Fit) -> str:
    """Which parameters are at a bound."""
    if not fit.held:
        return ""
    where = [f"{plan.names[place]} is at its {side} bound {fit.at[place]:g}" for place, side in fit.held.items()]
    return f" within the bounds: {join_words(where, 'and')}"


def _explain_corner(corner: Corner) -> str:
    """The end of a fit of absolute values."""
    vertex = corner.vertex
    if vertex is None:
        length = f"{corner.subgradient:.3g}"
        return f"the shortest subgradient is {length} in doubles; that it is a minimum is not proved"
    if vertex.nearly == vertex.zeros:
        where = "1 residual is" if vertex.zeros == 1 else f"{vertex.zeros} residuals are"
        return f"a minimum at a kink, where {where} 0 and the subgradient holds 0"
    exactly = f"{vertex.zeros} of them exactly"
    return (
        f"a minimum at a kink, where {vertex.nearly} residuals vanish to the last digit of the data, {exactly},"
        " and the subgradient holds 0"
    )


def _explain_lost_domain(plan: Plan, x: Sequence[float]) -> str:
    """The first row and the part of the loss that have no number there."""
    data = plan.data
    at = dict(zip(plan.names, x, strict=True))
    place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
    for row in range(data.rows):
        here = {**{name: column[row] for name, column in data.columns.items()}, **at}
        if (breakdown := find_breakdown(plan.loss.row, here)) is not None:
            offer = offer_stable_form(plan.loss.row, plan.names, here)
            return f"at {place}, row {row + 1} of the data: {breakdown.describe()}{offer}"
    return f"at {place} the gradient has no number"


# --- tables -------------------------------------------------------------------------------


def _sum_up(plan: Plan, fit: Fit, worth: Worth, sentence: str, *, converged: bool) -> list[Fact]:
    """The verdict, the parameters and how good the fit is, as a terminal shows them first."""
    lines = [Fact("", sentence, "good" if converged else "bad")]
    errors = fit.spread.stderr(len(plan.names))
    for place, (name, value, error) in enumerate(zip(plan.names, fit.at, errors, strict=True)):
        spread = "" if error is None else f" ± {format_error(error)}"
        if place in fit.held:
            spread = f" (at its {fit.held[place]} bound)"
        if worth.request.has_level and (interval := worth.intervals[place]) is not None:
            spread += f", {100 * worth.request.level:g}% {interval[0]:.6g} to {interval[1]:.6g}"
        if (profile := worth.profiles[place]) is not None:
            spread += f", by profile {_write_end(profile.low)} to {_write_end(profile.high)}"
        lines.append(Fact(name, f"{value!r}{spread}", "strong", wraps=False))
    figures = [f"{name.replace('_', ' ')} {value:.6g}" for name, value in worth.figures.items() if value is not None]
    criteria = [f"{name.replace('_', ' ')} {value:.6g}" for name, value in worth.criteria.items() if value is not None]
    return [*lines, Fact("", ", ".join([*figures, *criteria]), "dim")]


def _write_end(value: float | None) -> str:
    return "no end" if value is None else f"{value:.6g}"


def _parameters_sheet(plan: Plan, fit: Fit, worth: Worth, fixed: Mapping[str, float]) -> Sheet:
    columns = [
        Column("parameter", "parameter", "code"),
        Column("value", "value", "number"),
        Column("stderr", "std error", "brief", 1, "std error"),
    ]
    if worth.request.has_level:
        columns += [Column("low", "low", "brief", 2, "low"), Column("high", "high", "brief", 2, "high")]
    if worth.request.profile:
        columns += [
            Column("profile_low", "profile low", "brief", 2, "profile low"),
            Column("profile_high", "profile high", "brief", 2, "profile high"),
        ]
    if fit.held or fixed:
        columns.append(Column("held", "held"))
    rows: list[dict[Key, Cell]] = []
    for place, (name, value, error) in enumerate(
        zip(plan.names, fit.at, fit.spread.stderr(len(plan.names)), strict=True)
    ):
        low, high = worth.intervals[place] or (None, None)
        profile = worth.profiles[place]
        rows.append(
            {
                "parameter": name, "value": value, "stderr": error, "low": low, "high": high,
                "profile_low": None if profile is None else profile.low,
                "profile_high": None if profile is None else profile.high,
                "held": fit.held.get(place),
            }
        )  # fmt: skip
    rows += [{"parameter": name, "value": value, "held": "fixed"} for name, value in fixed.items()]
    return Sheet(tuple(columns), rows)


def _correlations_sheet(names: Sequence[str], covariance: Matrix) -> Sheet:
    """The covariances, a row for each parameter, with its correlations behind them."""
    correlation = correlate(covariance)
    columns = [Column("parameter", "", "code")]
    columns += [Column(("covariance", name), f"cov {name}", "brief") for name in names]
    columns += [Column(("correlation", name), f"corr {name}", "brief") for name in names]
    rows: list[dict[Key, Cell]] = []
    for name, row, parts in zip(names, covariance, correlation, strict=True):
        cells: dict[Key, Cell] = {"parameter": name}
        for other, entry, part in zip(names, row, parts, strict=True):
            cells[("covariance", other)], cells[("correlation", other)] = entry, part
        rows.append(cells)
    return Sheet(tuple(columns), rows, "Covariance and correlation", _MOST_NAMES, apart=True)


def _write_parameter(plan: Plan, fit: Fit, worth: Worth, place: int) -> tuple[Cell, ...]:
    """A line of a pipe: the value, the standard error, and the intervals that were asked for."""
    cells: list[Cell] = [plan.names[place], fit.at[place], fit.spread.stderr(len(plan.names))[place]]
    if worth.request.has_level:
        cells += worth.intervals[place] or (None, None)
    if worth.request.profile:
        profile = worth.profiles[place]
        cells += (None, None) if profile is None else (profile.low, profile.high)
    return tuple(cells) if any(cell is not None for cell in cells[2:]) else tuple(cells[:2])


def _prediction_rows(worth: Worth, groups: Groups | None) -> list[dict[str, Any]]:
    """The predictions as records."""
    rows = []
    for prediction in worth.predictions:
        at: dict[str, float | str] = {name: value for name, value in prediction.at.items() if name != SET}
        if groups is not None and SET in prediction.at:
            at["set"] = groups.labels[int(prediction.at[SET])]
        low, high = prediction.curve or (None, None)
        new_low, new_high = prediction.measurement or (None, None)
        rows.append(
            {"at": at, "value": prediction.value, "stderr": prediction.stderr, "low": low, "high": high,
             "new_low": new_low, "new_high": new_high}
        )  # fmt: skip
    return rows


def _write_prediction(row: Mapping[str, Any], groups: Groups | None) -> tuple[Cell, ...]:
    """A line of a pipe: the point, the value, and both bands."""
    point = ",".join(f"{name}={value!r}" if isinstance(value, float) else f"{name}={value}"
                     for name, value in row["at"].items())  # fmt: skip
    return (point, *(row[key] for key in ("value", "stderr", "low", "high", "new_low", "new_high")))


def _predictions_sheet(worth: Worth, groups: Groups | None) -> list[Sheet]:
    if not worth.predictions:
        return []
    rows = _prediction_rows(worth, groups)
    coordinates = list(rows[0]["at"])
    columns = [Column(("at", name), name, "words" if name == "set" and groups else "brief") for name in coordinates]
    columns += [
        Column("value", "value", "number"), Column("stderr", "std error", "brief", 1, "std error"),
        Column("low", "low", "brief", 2, "low"), Column("high", "high", "brief", 2, "high"),
        Column("new_low", "new low", "brief", 3, "new low"), Column("new_high", "new high", "brief", 3, "new high"),
    ]  # fmt: skip
    cells: list[dict[Key, Cell]] = [
        {**{("at", name): row["at"][name] for name in coordinates}, **{k: v for k, v in row.items() if k != "at"}}
        for row in rows
    ]
    return [
        Sheet(
            tuple(columns), cells, f"Predictions: the curve, and a new measurement, at level {worth.request.level:.6g}"
        )
    ]


def _path_sheet(path: Sequence[Step]) -> Sheet:
    columns = (
        Column("step", "step", "number", right=True),
        Column("loss", "loss", "brief"),
        Column("gradient_norm", "gradient norm", "error", 1, "gradient norm"),
    )
    rows: list[dict[Key, Cell]] = [
        {"step": step.number, "loss": step.value, "gradient_norm": step.gradient_norm} for step in path
    ]
    return Sheet(columns, rows, "Path", SHOWN_STEPS)


# --- pictures: data and model with its confidence band, and the residuals --------------------

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
