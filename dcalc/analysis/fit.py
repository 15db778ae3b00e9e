"""Parameters of a model that fit data best, with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dcalc.analysis.descend import ending
from dcalc.analysis.descend.report import SHOWN_STEPS, count_steps
from dcalc.analysis.toolkit import undefined_finding
from dcalc.derive import derivative
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import ZERO, Expr, variables
from dcalc.finding import Cell, Column, Curve, Finding, Key, Picture, Said, Sheet, Subject
from dcalc.optimise import data as rows_of
from dcalc.optimise import losses, starts
from dcalc.optimise.data import Data, MeanLoss, Raw, Rows
from dcalc.optimise.descent import Settings, Step, Watch, explain_instability, ignore_step
from dcalc.optimise.fitting import Fit, Plan, choose_method, r_squared, run_fit
from dcalc.optimise.methods import BACKTRACKING
from dcalc.optimise.starts import read_start, start_example
from dcalc.stable import stable as stable_form

TOLERANCE = 1e-8
EPOCHS = 100
_BINARY = ("bce", "bce_logits")


def find(
    subject: Subject,
    *,
    data: Raw | None,
    target: str | None,
    loss: str | None = None,
    start: Mapping[str | None, float] | None = None,
    init: str | None = None,
    seed: int | None = None,
    method: str | None = None,
    settings: Settings,
    batch: int | None = None,
    epochs: int | None = None,
    stable: bool = False,
    watch: Watch | None = None,
) -> Finding:
    """The parameters at which the mean loss over the data is least.

    ``data`` holds columns; what the model names and they do not is a parameter. Raises
    UsageError and UnknownVariable where model, data, loss and start do not go together.
    Cost: the steps', and some 10 evaluations of all second derivatives in balls.
    """
    if data is None:
        raise UsageError("no data are given", help="write --data FILE.csv")
    if target is None:
        raise UsageError("no target is given", help="write --target and the name of a column")
    if (nothing := undefined_finding(subject, "fit")) is not None:
        return nothing
    models = (subject.root, *subject.more)
    names = _find_parameters(models, data, target)
    used = [name for name in variables(*models) if name not in names]
    name = loss or "mse"
    rows = rows_of.prepare_data(data, used, target, labels=name in losses.CLASSIFYING)
    if name in _BINARY and max(len(rows.classes) - 1, *rows.columns[target]) > 1:
        raise UsageError(f"{name} is for two classes, and {target} has more", help="take --loss cross_entropy")
    meant = losses.make_loss(name, models, target, len(rows.classes))
    if stable:
        meant = meant._replace(row=stable_form(meant.row))
    at = _choose_start(names, data, models, start or {}, init, seed or 0)
    settings = replace(
        settings,
        method=choose_method(meant, method, batch),
        steps=epochs or EPOCHS if batch is not None else settings.steps,
        tol=TOLERANCE if subject.tol is None else subject.tol,
    )
    settings.check()
    if batch is None and epochs is not None:
        raise UsageError("--epochs counts passes over batches", help="write --batch 32 as well, or --steps")
    if batch is not None and settings.schedule == BACKTRACKING:
        raise UsageError("a search needs all rows, and --batch takes some", help="take another --schedule")
    plan = Plan(meant, names, rows, settings, batch, seed or 0)
    found = run_fit(plan, [at[parameter] for parameter in names], watch or ignore_step)
    return _make_finding(subject, plan, found)


def _find_parameters(models: Sequence[Expr], data: Raw, target: str) -> list[str]:
    names = variables(*models)
    if target in names:
        raise UsageError(f"the model holds {target}, which is to be fitted", help="name another column with --target")
    found = [name for name in names if name not in data]
    if not found:
        raise UsageError("the model has no parameter: all its variables are columns of the data")
    return found


def _choose_start(
    names: Sequence[str],
    data: Raw,
    models: Sequence[Expr],
    given: Mapping[str | None, float],
    init: str | None,
    seed: int,
) -> dict[str, float]:
    """A value for each parameter: as given, else drawn, else 0 where that is as good as any."""
    for name in given:
        if name in data:
            raise UsageError(f"{name} is a column of the data and no parameter", help="rename one of the two")
    known = read_start(given, names, "the model", "parameter", "1")
    missing = [name for name in names if name not in known]
    if missing and init is None and not _is_linear(models, names):
        raise UnknownVariable(
            f"no start is given for {missing[0]}", help=f"{start_example(names, '1')}, or --init normal"
        )
    drawn = starts.draw_parameters(init or "zeros", models, names, seed)
    return {name: known.get(name, drawn[name]) for name in names}


def _is_linear(models: Sequence[Expr], names: Sequence[str]) -> bool:
    """Whether all models are linear in the parameters, so that every start leads to the same end."""
    return all(
        derivative(derivative(model, (one,)), (other,)) is ZERO
        for model in models
        for place, one in enumerate(names)
        for other in names[: place + 1]
    )


# --- what is shown ----------------------------------------------------------------------


def _make_finding(subject: Subject, plan: Plan, found: Fit) -> Finding:
    run, names, size = found.run, plan.names, plan.data.rows
    stderr: Sequence[float | None] = found.spread.stderr or [None] * len(names)
    facts = _quality(plan, found)
    parameters = {n: {"value": v, "stderr": e} for n, v, e in zip(names, found.at, stderr, strict=True)}
    record: dict[str, Any] = {
        "parameters": parameters, **facts, "gradient_norm": found.gradient_norm, "iterations": run.end.number,
        "rows": size, "method": plan.settings.method, "certified": found.minimum is not None,
    }  # fmt: skip
    numbers: list[tuple[Cell, ...]] = list(zip(names, found.at, strict=True))
    numbers += [(name, value) for name, value in facts.items() if value is not None]
    message = _explain_end(plan, found)
    return Finding(
        "fit", subject.root, tuple(names), None, run.status, {**record, "message": message},
        said=tuple(Said(name.replace("_", " "), value) for name, value in facts.items() if value is not None),
        sheets=(_parameters_sheet(names, found.at, stderr), _path_sheet(run.path)),
        pictures=_draw(plan, found), plain=[*numbers, ("iterations", run.end.number)],
        sentence=f"{ending.describe_status(run.status)}: {message}",
        code=0 if run.status == "converged" else 1,
        notes=(*plan.data.notes, *filter(None, [found.spread.note]), *_notes(plan, found)),
    )  # fmt: skip


def _quality(plan: Plan, found: Fit) -> dict[str, float | None]:
    """Numbers that say how good the fit is; None where they mean nothing."""
    size, target = plan.data.rows, plan.data.columns[plan.data.target]
    facts: dict[str, float | None] = {"loss": found.loss}
    if plan.loss.classifies:
        return {**facts, "accuracy": _accuracy(plan, found)}
    rss = found.loss * size if plan.loss.squared else _rss(target, found.predictions)
    free = size - len(plan.names)
    facts["rss"] = rss
    facts["residual_sd"] = math.sqrt(rss / free) if free > 0 and math.isfinite(rss) else None
    facts["r2"] = r_squared(target, rss) if math.isfinite(rss) else None
    return facts


def _rss(target: Sequence[float], predictions: Sequence[float]) -> float:
    if not all(map(math.isfinite, predictions)):
        return math.nan
    return math.fsum((y - p) ** 2 for y, p in zip(target, predictions, strict=True))


def _accuracy(plan: Plan, found: Fit) -> float:
    """The part of the rows whose class is the likeliest one."""
    target = plan.data.columns[plan.data.target]
    if plan.loss.threshold is not None:
        chosen = [float(p > plan.loss.threshold) for p in found.predictions]
    else:
        at = dict(zip(plan.names, found.at, strict=True))
        scores = Rows(plan.loss.scores, plan.data.columns).at(at)
        chosen = [float(row.index(max(row))) for row in map(list, zip(*scores, strict=True))]
    return sum(a == b for a, b in zip(chosen, target, strict=True)) / len(target)


def _notes(plan: Plan, found: Fit) -> list[str]:
    target = plan.data.columns[plan.data.target]
    if not plan.loss.classifies:
        return ["the target is constant, so R2 means nothing"] if min(target) == max(target) else []
    notes = [f"{plan.data.target}: " + ", ".join(f"{k} is {label}" for k, label in enumerate(plan.data.classes))]
    if found.minimum is None and _accuracy(plan, found) == 1:
        notes.append("the classes are separated perfectly, so larger parameters may always fit better")
    return notes if plan.data.classes else notes[1:]


def _explain_end(plan: Plan, found: Fit) -> str:
    run = found.run
    small = f"gradient norm {found.gradient_norm:.3g}"
    if found.minimum is not None:
        what = "a minimum, proved" if found.minimum.is_minimum else "a stationary point that is no proved minimum"
        return f"{what}; every digit of the parameters is right"
    if found.corner is not None and found.corner.holds:
        return f"a minimum at a kink, where {found.corner.zeros} residuals are 0 and the subgradient holds 0"
    if run.status == "left_domain":
        return _explain_lost_domain(plan, run.lost or run.end.x)
    if run.status == "converged":
        return f"{small}; nothing more is proved of the end"
    taken = count_steps(run, "epoch" if plan.batch is not None else "step")
    if run.status == "max_steps":
        return f"{taken} {'was' if run.end.number == 1 else 'were'} not enough: {small}, above {plan.settings.tol:g}"
    if run.status == "diverging":
        objective = MeanLoss(plan.loss.row, plan.names, plan.data.columns)
        grows = f"the loss grows from {run.path[0].value:.3g} to {run.end.value:.3g} in {taken}"
        return grows + explain_instability(objective, run.path, plan.settings)
    return f"after {taken}, {small}"


def _explain_lost_domain(plan: Plan, x: Sequence[float]) -> str:
    """The first row and the part of the loss that have no number there."""
    data: Data = plan.data
    at = dict(zip(plan.names, x, strict=True))
    place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
    for row in range(data.rows):
        here = {**{name: column[row] for name, column in data.columns.items()}, **at}
        if (fault := ending.find_breakdown(plan.loss.row, here)) is not None:
            offer = ending.offer_stable_form(plan.loss.row, plan.names, here)
            return f"at {place}, row {row + 1} of the data: {fault.words()}{offer}"
    return f"at {place} the gradient has no number"


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


def _draw(plan: Plan, found: Fit) -> tuple[Picture, ...]:
    """Residuals over predictions; for classes the loss from step to step."""
    if plan.loss.classifies or not all(map(math.isfinite, found.predictions)):
        points = [(float(step.number), step.value) for step in found.run.path]
        return (Picture((Curve("loss", points),), "Loss from step to step", "step", "loss"),)
    target = plan.data.columns[plan.data.target]
    points = [(p, y - p) for y, p in zip(target, found.predictions, strict=True)]
    ends = [(min(found.predictions), 0.0), (max(found.predictions), 0.0)]
    curves = (Curve("", ends, "thin"), Curve("residual", points, "dots"))
    return (Picture(curves, "Residuals", "prediction", "residual"),)
