"""Parameters of a model that fit data best, with standard errors and, where possible, a proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, assert_never, get_args

from dcalc.analysis.descend.ending import describe_status, find_breakdown, offer_stable_form
from dcalc.analysis.descend.report import SHOWN_STEPS, count_steps, exit_code
from dcalc.analysis.toolkit import undefined_finding
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import ZERO, Expr, variables
from dcalc.finding import Brief, Cell, Column, Fact, Field, Finding, Key, Sheet, Subject
from dcalc.optimise.dataset import CLASSIFYING, MeanLoss, Raw, Rows, make_loss, prepare_data
from dcalc.optimise.descent import EndStatus, Settings, Step, Watch, explain_instability, ignore_step
from dcalc.optimise.fitting import Fit, Plan, choose_method, r_squared, run_fit
from dcalc.optimise.least_absolute import Corner
from dcalc.optimise.methods import BACKTRACKING, MethodName
from dcalc.optimise.slopes import differentiate
from dcalc.optimise.starts import Initializer, draw_parameters, echo_start, read_start, start_example
from dcalc.shapes import Curve, Picture
from dcalc.stable import stable
from dcalc.text import format_error

TOLERANCE = 1e-8
_STEPS = 200
"""Pieces of the line that shows a model."""
_MOST_DOTS = 2_000
"""Rows in a picture; of more, only some are drawn."""
_ROOM = 0.05
"""Room above and below data and model, relative to their height."""
EPOCHS = 100
_BINARY = ("bce", "bce_logits")
_PARAMETER = {
    "value": Field("number", "its value at the end"),
    "stderr": Field("number | null", "its standard error; null where the data do not determine it"),
}
RECORD = {
    "status": Field("string", "how the run ended", values=get_args(EndStatus)),
    "parameters": Field("{object}", "the parameters by name", _PARAMETER),
    "loss": Field("number | null", "the mean loss at the end"),
    "accuracy": Field(
        "number", "the part of the rows whose class is predicted right, for losses of classes", optional=True
    ),
    "rss": Field("number | null", "the sum of squared residuals", optional=True),
    "residual_sd": Field("number | null", "the standard deviation of the residuals", optional=True),
    "r2": Field("number | null", "1 - rss/tss; null where the target is constant", optional=True),
    "gradient_norm": Field("number | null", "the length of the gradient of the mean loss at the end"),
    "iterations": Field("integer", "the number of steps; of epochs with --batch"),
    "rows": Field("integer", "the number of rows used"),
    "method": Field("string", "as --method takes it; smoothed for absolute values", values=get_args(MethodName)),
    "certified": Field("boolean", "whether the end is proved and every digit of the parameters right"),
    "message": Field("string", "what the end is worth"),
}


@dataclass(frozen=True, slots=True)
class FitOptions:
    """What `dcalc fit` takes beside the models.

    ``data`` holds columns; variables of the models that are not columns are parameters. ``loss`` is a name or
    an expression in y and p. The method follows from the loss unless it is given; then it takes the place of
    that of ``settings``. ``batch`` is the number of rows per step, ``epochs`` how often all rows are used.
    """

    data: Raw | None
    target: str | None
    loss: str = "mse"
    start: Mapping[str | int | None, float] = field(default_factory=dict)
    init: Initializer | None = None
    seed: int = 0
    method: MethodName | None = None
    settings: Settings = field(default_factory=Settings)
    batch: int | None = None
    epochs: int | None = None
    stable: bool = False


def find(subject: Subject, *, options: FitOptions, watch: Watch = ignore_step) -> Finding:
    """The parameters at which the mean loss over the data is least.

    Raises UsageError and UnknownVariable where models, data, loss and start do not fit together. Cost: that
    of the steps, and about ten evaluations of all second derivatives in ball arithmetic.
    """
    if options.data is None:
        raise UsageError("no data are given", help="write --data FILE.csv")
    if (undefined := undefined_finding(subject, "fit")) is not None:
        return undefined
    target = options.target or _only_column_left(subject, options.data)
    plan = _make_plan(subject, options, options.data, target)
    models = (subject.root, *subject.more)
    start = _choose_start(plan.names, options, options.data, models)
    finding = _make_finding(subject, plan, run_fit(plan, [start[name] for name in plan.names], watch))
    return finding.replace(notes=(*echo_start(options.start, start), *finding.notes))


def _only_column_left(subject: Subject, data: Raw) -> str:
    """The column that the models do not hold, where there is one alone. Raises UsageError."""
    names = {name for model in (subject.root, *subject.more) for name in variables(model)}
    columns = [name for name in data if name not in names]
    if len(columns) != 1:
        from dcalc.text import find_longer_title, join_words, some

        for name in sorted(names):
            if (title := find_longer_title(name, columns)) is not None:
                help = f"say that it is the one for {name}: --column '{name}={title}'"
                raise UsageError(f"the data have no column {name}", help=help)
        choice = f": {join_words(some(columns), 'or')}" if columns else ""
        raise UsageError("no target is given", help=f"write --target and the name of a column{choice}")
    return columns[0]


def _make_plan(subject: Subject, options: FitOptions, data: Raw, target: str) -> Plan:
    """What is minimised and how; all that can contradict itself is refused here."""
    models = (subject.root, *subject.more)
    names = _find_parameters(models, data, target)
    used = [name for name in variables(*models) if name not in names]
    rows = prepare_data(data, used, target, labels=options.loss in CLASSIFYING)
    if options.loss in _BINARY and max(len(rows.classes) - 1, *rows.columns[target]) > 1:
        raise UsageError(
            f"{options.loss} is for two classes, and {target} has more", help="choose --loss cross_entropy"
        )
    loss = make_loss(options.loss, models, target, len(rows.classes))
    if options.stable:
        loss = loss._replace(row=stable(loss.row))
    batch, epochs = options.batch, options.epochs
    settings = replace(
        options.settings,
        method=choose_method(loss, options.method, batch),
        steps=options.settings.steps if batch is None else epochs or EPOCHS,
        tol=TOLERANCE if subject.tol is None else subject.tol,
    )
    settings.check()
    if batch is None and epochs is not None:
        raise UsageError("--epochs counts passes over batches", help="write --batch 32 as well, or --steps")
    if batch is not None and settings.schedule == BACKTRACKING:
        raise UsageError(
            "backtracking needs all rows, and --batch uses some at a time", help="choose another --schedule"
        )
    return Plan(loss, names, rows, settings, batch, options.seed)


def _find_parameters(models: Sequence[Expr], data: Raw, target: str) -> list[str]:
    names = variables(*models)
    if target in names:
        raise UsageError(f"the model holds {target}, which is to be fitted", help="name another column with --target")
    parameters = [name for name in names if name not in data]
    if not parameters:
        raise UsageError("the model has no parameter: all its variables are columns of the data")
    return parameters


def _choose_start(names: Sequence[str], options: FitOptions, data: Raw, models: Sequence[Expr]) -> dict[str, float]:
    """A value for each parameter: as given, else drawn, else 0 where every start leads to the same end."""
    for name in options.start:
        if name in data:
            raise UsageError(f"{name} is a column of the data, not a parameter", help="rename one of the two")
    given = read_start(options.start, names, "the model", "parameter", "1")
    missing = [name for name in names if name not in given]
    if missing and options.init is None and not _is_linear(models, names):
        raise UnknownVariable(
            f"no start is given for {missing[0]}", help=f"{start_example(names, '1')}, or --init normal"
        )
    drawn = draw_parameters(options.init or "zeros", models, names, options.seed)
    return {name: given.get(name, drawn[name]) for name in names}


def _is_linear(models: Sequence[Expr], names: Sequence[str]) -> bool:
    """Whether all models are linear in the parameters, so that every start leads to the same end."""
    return all(
        isinstance(slope := differentiate(model, one), Expr) and differentiate(slope, other) is ZERO
        for model in models
        for place, one in enumerate(names)
        for other in names[: place + 1]
    )


# --- the finding --------------------------------------------------------------------------


def _make_finding(subject: Subject, plan: Plan, fit: Fit) -> Finding:
    run, names, size = fit.run, plan.names, plan.data.rows
    errors: Sequence[float | None] = fit.spread.stderr or [None] * len(names)
    figures = _quality(plan, fit)
    parameters = {n: {"value": v, "stderr": e} for n, v, e in zip(names, fit.at, errors, strict=True)}
    record: dict[str, Any] = {
        "parameters": parameters, **figures, "gradient_norm": fit.gradient_norm, "iterations": run.end.number,
        "rows": size, "method": plan.settings.method, "certified": fit.is_certified,
    }  # fmt: skip
    numbers: list[tuple[Cell, ...]] = [
        (name, value) if error is None else (name, value, error)
        for name, value, error in zip(names, fit.at, errors, strict=True)
    ]
    numbers += [(name, value) for name, value in figures.items() if value is not None]
    message = _explain_end(plan, fit)
    sentence, code = f"{describe_status(run.status)}: {message}", exit_code(run.status)
    return Finding(
        "fit", subject.root, tuple(names), None, run.status, {**record, "message": message},
        facts=tuple(Fact(name.replace("_", " "), value) for name, value in figures.items() if value is not None),
        brief=Brief(_sum_up(names, fit.at, errors, figures, sentence, converged=not code), pictures=1),
        sheets=(_parameters_sheet(names, fit.at, errors), _path_sheet(run.path)),
        pictures=_draw(plan, fit), plain=[*numbers, ("iterations", run.end.number)],
        sentence=sentence,
        code=code,
        notes=(*plan.data.notes, *filter(None, [fit.spread.note]), *_notes(plan, fit)),
    )  # fmt: skip


def _quality(plan: Plan, fit: Fit) -> dict[str, float | None]:
    """Numbers that tell how good the fit is; None where one means nothing."""
    size, target = plan.data.rows, plan.data.columns[plan.data.target]
    figures: dict[str, float | None] = {"loss": fit.loss}
    if plan.loss.classifies:
        return {**figures, "accuracy": _accuracy(plan, fit)}
    rss = fit.loss * size if plan.loss.squared else _rss(target, fit.predictions)
    free = size - len(plan.names)
    figures["rss"] = rss
    figures["residual_sd"] = math.sqrt(rss / free) if free > 0 and math.isfinite(rss) else None
    figures["r2"] = r_squared(target, rss) if math.isfinite(rss) else None
    return figures


def _rss(target: Sequence[float], predictions: Sequence[float]) -> float:
    if not all(map(math.isfinite, predictions)):
        return math.nan
    return math.fsum((y - p) ** 2 for y, p in zip(target, predictions, strict=True))


def _accuracy(plan: Plan, fit: Fit) -> float:
    """The part of the rows whose class is the one predicted."""
    target = plan.data.columns[plan.data.target]
    if plan.loss.threshold is not None:
        chosen = [float(p > plan.loss.threshold) for p in fit.predictions]
    else:
        at = dict(zip(plan.names, fit.at, strict=True))
        scores = Rows(plan.loss.scores, plan.data.columns).at(at)
        chosen = [float(row.index(max(row))) for row in map(list, zip(*scores, strict=True))]
    return sum(a == b for a, b in zip(chosen, target, strict=True)) / len(target)


def _notes(plan: Plan, fit: Fit) -> list[str]:
    target = plan.data.columns[plan.data.target]
    if not plan.loss.classifies:
        return ["the target is constant, so R2 means nothing"] if min(target) == max(target) else []
    notes = [f"{plan.data.target}: " + ", ".join(f"{k} is {label}" for k, label in enumerate(plan.data.classes))]
    if fit.minimum is None and _accuracy(plan, fit) == 1:
        notes.append("the classes are separated perfectly, so larger parameters may always fit better")
    return notes if plan.data.classes else notes[1:]


def _explain_end(plan: Plan, fit: Fit) -> str:
    """What the end is worth, in words."""
    run = fit.run
    small = f"gradient norm {fit.gradient_norm:.3g}"
    if fit.minimum is not None:
        what = (
            "a minimum, proved" if fit.minimum.is_minimum else "a stationary point that is not proved to be a minimum"
        )
        return f"{what}; every digit of the parameters is right"
    if fit.corner is not None and run.status == "converged":
        return _explain_corner(fit.corner)
    steps = count_steps(run, "epoch" if plan.batch is not None else "step")
    match run.status:
        case "left_domain":
            return _explain_lost_domain(plan, run.lost or run.end.x)
        case "converged":
            return f"{small}; nothing more is proved of the end"
        case "max_steps":
            were = "was" if run.end.number == 1 else "were"
            return f"{steps} {were} not enough: {small}, above {plan.settings.tol:g}"
        case "diverging":
            objective = MeanLoss(plan.loss.row, plan.names, plan.data.columns)
            grows = f"the loss grows from {run.path[0].value:.3g} to {run.end.value:.3g} in {steps}"
            return grows + explain_instability(objective, run.path, plan.settings)
        case "stalled" | "cycling" | "saddle":
            return f"after {steps}, {small}"
        case "interrupted":
            return f"after {steps}, {small}, in doubles"
        case _:
            assert_never(run.status)


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


def _sum_up(
    names: Sequence[str],
    at: Sequence[float],
    stderr: Sequence[float | None],
    figures: Mapping[str, float | None],
    sentence: str,
    *,
    converged: bool,
) -> list[Fact]:
    """The verdict, the parameters and how good the fit is, as a terminal shows them first."""
    lines = [Fact("", sentence, "good" if converged else "bad")]
    for name, value, error in zip(names, at, stderr, strict=True):
        spread = "" if error is None else f" ± {format_error(error)}"
        lines.append(Fact(name, f"{value!r}{spread}", "strong", wraps=False))
    told = [f"{name.replace('_', ' ')} {value:.6g}" for name, value in figures.items() if value is not None]
    return [*lines, Fact("", ", ".join(told), "dim")]


def _parameters_sheet(names: Sequence[str], at: Sequence[float], stderr: Sequence[float | None]) -> Sheet:
    columns = (
        Column("parameter", "parameter", "code"),
        Column("value", "value", "number"),
        Column("stderr", "std error", "brief", 1, "std error"),
    )
    rows: list[dict[Key, Cell]] = [
        {"parameter": name, "value": value, "stderr": error}
        for name, value, error in zip(names, at, stderr, strict=True)
    ]
    return Sheet(columns, rows)


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


def _draw(plan: Plan, fit: Fit) -> tuple[Picture, ...]:
    """The data with the model and the residuals; for classes the loss from step to step.

    Over the column that the model depends on, where it is one, else over the predictions.
    """
    if plan.loss.classifies or not all(map(math.isfinite, fit.predictions)):
        points = [(float(step.number), step.value) for step in fit.run.path]
        return (Picture((Curve("loss", points),), "Loss from step to step", "step", "loss"),)
    data = plan.data
    target = data.columns[data.target]
    inputs = [name for name in variables(plan.loss.prediction) if name in data.columns]
    name, places = (inputs[0], data.columns[inputs[0]]) if len(inputs) == 1 else ("prediction", fit.predictions)
    every = -(-data.rows // _MOST_DOTS)
    rows = list(zip(places, target, fit.predictions, strict=True))[::every]
    some = f", 1 of {every} rows" if every > 1 else ""
    low, high = min(places), max(places)
    line = _trace_model(plan, fit, inputs[0], low, high) if len(inputs) == 1 else [(low, low), (high, high)]
    model = Curve("model" if len(inputs) == 1 else "y = prediction", line)
    shown = Curve(f"data{some}", [(x, y) for x, y, _ in rows], "dots")
    heights = [*target, *fit.predictions]
    room = _ROOM * (max(heights) - min(heights))
    residuals = Curve("residual", [(x, y - prediction) for x, y, prediction in rows], "dots")
    return (
        Picture((model, shown), "Data and model", name, data.target, window=(min(heights) - room, max(heights) + room)),
        Picture((Curve("", [(low, 0.0), (high, 0.0)], "thin"), residuals), "Residuals", name, "residual"),
    )


def _trace_model(plan: Plan, fit: Fit, name: str, low: float, high: float) -> list[tuple[float, float]]:
    """The model between the least and the largest value of its one column, in doubles."""
    xs = [low + (high - low) * k / _STEPS for k in range(_STEPS)] + [high]
    columns = {column: xs if column == name else [0.0] * len(xs) for column in plan.data.columns}
    (values,) = Rows([plan.loss.prediction], columns).at(dict(zip(plan.names, fit.at, strict=True)))
    return list(zip(xs, map(float, values), strict=True))
