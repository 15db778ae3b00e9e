"""Parameters of a model that fit data best, with standard errors and, where possible, a proof."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import get_args

from dcalc.analysis.fit.report import make_finding
from dcalc.analysis.fit.worth import Request, assess
from dcalc.analysis.toolkit import undefined_finding
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, number, substitute, variables
from dcalc.finding import Field, Finding, Subject
from dcalc.optimise.breaks import list_kinks
from dcalc.optimise.dataset import (
    CLASSIFYING,
    CONSTANT_SIGMA,
    Data,
    Raw,
    Weighting,
    make_loss,
    prepare_data,
)
from dcalc.optimise.descent import Bounds, EndStatus, Settings, Watch, ignore_step
from dcalc.optimise.fitting import Plan, choose_method, run_fit
from dcalc.optimise.groups import SET, Groups, find_groups, number_sets
from dcalc.optimise.methods import BACKTRACKING, LM, SMOOTHED, MethodName
from dcalc.optimise.objective import are_free_of, differentiate
from dcalc.optimise.orthogonal import InputError
from dcalc.optimise.starts import Initializer, draw_parameters, echo_start, read_start, start_example
from dcalc.stable import stable

TOLERANCE = 1e-8
LEVEL = 0.95
EPOCHS = 100
_BINARY = ("bce", "bce_logits")
_PARAMETER = {
    "value": Field("number", "its value at the end"),
    "stderr": Field("number | null", "its standard error; null where the data do not determine it"),
    "low": Field("number | null", "the lower end of its interval, by the standard error", optional=True),
    "high": Field("number | null", "the upper end of its interval", optional=True),
    "profile_low": Field(
        "number | null", "with --profile the lower end by profile likelihood; null where there is none", optional=True
    ),
    "profile_high": Field("number | null", "the upper end by profile likelihood", optional=True),
    "held": Field(
        "string", "why it does not move: it is fixed, or at a bound", values=("fixed", "lower", "upper"), optional=True
    ),
}
_PREDICTION = {
    "at": Field("{number | string}", "the point, with the label of the data set"),
    "value": Field("number | null", "the model there; null where it has no value"),
    "stderr": Field("number | null", "its standard error"),
    "low": Field("number | null", "the lower end of the confidence band: of the curve"),
    "high": Field("number | null", "the upper end"),
    "new_low": Field("number | null", "the lower end of the prediction band: of a new measurement"),
    "new_high": Field("number | null", "the upper end; null where the noise there is not known"),
}
_VALLEY = {
    "parameters": Field("[string]", "parameters that are not told apart"),
    "determined": Field("[string]", "what is determined of them; empty where nothing is known to be"),
    "proved": Field("boolean", "whether the model depends on nothing else of them, whatever the data"),
}
_MATRIX = "{{number | null}} | null"
RECORD = {
    "status": Field("string", "how the run ended", values=get_args(EndStatus)),
    "parameters": Field("{object}", "the parameters by name", _PARAMETER),
    "loss": Field("number | null", "the mean loss at the end"),
    "accuracy": Field(
        "number", "the part of the rows whose class is predicted right, for losses of classes", optional=True
    ),
    "rss": Field("number | null", "the sum of squared residuals, divided by sigma or times the weights", optional=True),
    "residual_sd": Field("number | null", "the standard deviation of the residuals: of unit weight", optional=True),
    "reduced_chi2": Field("number | null", "with --sigma rss/freedom", optional=True),
    "p_value": Field(
        "number | null",
        "with --sigma how often chance makes rss as large, if model and sigmas are right",
        optional=True,
    ),
    "r2": Field("number | null", "1 - rss/tss; null where the target is constant", optional=True),
    "aic": Field("number | null", "Akaike's criterion, up to what is the same for all models", optional=True),
    "bic": Field("number | null", "the Bayesian criterion, up to what is the same for all models", optional=True),
    "freedom": Field("integer | null", "the residual degrees of freedom", optional=True),
    "level": Field("number", "the level of intervals and bands", optional=True),
    "covariance": Field(_MATRIX, "covariances by two names; null where the data do not determine them", optional=True),
    "correlation": Field(_MATRIX, "correlations by two names", optional=True),
    "undetermined": Field("[object]", "groups of parameters that are not told apart", _VALLEY, optional=True),
    "predictions": Field("[object]", "the model at the points of --predict", _PREDICTION, optional=True),
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

    ``sigma`` is a column or a number, ``weights`` a column, ``sigma_x`` a column, a number or several by the names of
    inputs. ``by`` is the column that tells data sets apart, ``each`` the parameters of which each set has its own.
    ``named`` is the name on the left of the model, the target where it is a column. ``notes`` are told first.
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
    named: str | None = None
    sigma: str | None = None
    weights: str | None = None
    is_absolute: bool = False
    sigma_x: str | None = None
    bounds: Sequence[tuple[str | None, tuple[float, float]]] = ()
    fixed: Mapping[str | int | None, float] = field(default_factory=dict)
    by: str | None = None
    each: Sequence[str] | None = None
    level: float | None = None
    predict: Sequence[str] = ()
    profile: bool = False
    notes: tuple[str, ...] = ()


def find(subject: Subject, *, options: FitOptions, watch: Watch = ignore_step) -> Finding:
    """The parameters at which the mean loss over the data is least.

    Raises UsageError and UnknownVariable where models, data, loss and start do not fit together. Cost: that
    of the steps, and about ten evaluations of all second derivatives in ball arithmetic.
    """
    if options.data is None:
        raise UsageError("no data are given", help="write --data FILE.csv")
    if (undefined := undefined_finding(subject, "fit")) is not None:
        return undefined
    models, raw = (subject.root, *subject.more), options.data
    extra = {name for name in (options.sigma, options.weights, options.by) if name is not None}
    extra |= {sigma for _, sigma in _read_input_errors(options.sigma_x)}
    named = options.named if options.named in raw else None
    target = options.target or named or _only_column_left(models, raw, extra)
    groups = None
    if options.by is not None:
        groups = find_groups(raw, options.by, _find_parameters(models, raw, target), options.each)
        raw = {**{name: raw[name] for name in raw}, SET: number_sets(raw, options.by, groups)}
        models = tuple(groups.rewrite(model) for model in models)
    elif options.each is not None:
        raise UsageError("--each is for several data sets", help="write --by and the column that tells them apart")
    fixed = _read_fixed(options.fixed, _find_parameters(models, raw, target), groups)
    models = tuple(_fix(model, fixed) for model in models)
    plan = _make_plan(subject, models, options, raw, target, groups)
    request = Request(
        LEVEL if options.level is None else options.level,
        options.predict,
        options.profile,
        options.level is not None or options.profile,
    )
    start = _choose_start(plan.names, options, raw, models, groups)
    fit = run_fit(plan, [start[name] for name in plan.names], watch)
    finding = make_finding(subject, plan, fit, assess(plan, fit, request), fixed, groups)
    return finding.replace(notes=(*options.notes, *echo_start(options.start, start), *finding.notes))


def _only_column_left(models: Sequence[Expr], data: Raw, extra: set[str]) -> str:
    """The column that neither the models nor options name, where there is one alone. Raises UsageError."""
    names = {name for model in models for name in variables(model)}
    columns = [name for name in data if name not in names and name not in extra]
    if len(columns) != 1:
        from dcalc.text import find_longer_title, join_words, some

        for name in sorted(names):
            if (title := find_longer_title(name, columns)) is not None:
                help = f"say that it is the one for {name}: --column '{name}={title}'"
                raise UsageError(f"the data have no column {name}", help=help)
        choice = f": {join_words(some(columns), 'or')}" if columns else ""
        raise UsageError("no target is given", help=f"write --target and the name of a column{choice}")
    return columns[0]


def _make_plan(
    subject: Subject, models: Sequence[Expr], options: FitOptions, raw: Raw, target: str, groups: Groups | None
) -> Plan:
    """What is minimised and how; all that can contradict itself is refused here."""
    names = _find_parameters(models, raw, target)
    used = [name for name in variables(*models) if name not in names]
    weighting, constants = _read_weighting(options, raw)
    inputs, more = _read_inputs(options, raw, used)
    constants |= more
    if constants:
        height = len(raw[target])
        raw = {**{name: raw[name] for name in raw}, **{name: [value] * height for name, value in constants.items()}}
    sigmas = [weighting.column] if weighting is not None and weighting.kind == "sigma" else []
    rows = prepare_data(
        raw,
        used,
        target,
        labels=options.loss in CLASSIFYING,
        sigmas=[*sigmas, *(error.sigma for error in inputs)],
        weights=options.weights,
    )
    _check_classes(options, rows, target)
    loss = make_loss(options.loss, models, target, len(rows.classes), weighting)
    if options.stable:
        loss = loss._replace(row=stable(loss.row))
    if inputs and not loss.squared:
        raise UsageError("--sigma-x goes with sums of squares", help="leave --loss out")
    settings = _make_settings(subject, options, choose_method(loss, options.method, options.batch), names, groups)
    if inputs and settings.method != LM:
        raise UsageError(f"{settings.method} does not go with --sigma-x", help="leave --method out: it is lm")
    return Plan(loss, names, rows, settings, options.batch, options.seed, weighting, inputs)


def _check_classes(options: FitOptions, rows: Data, target: str) -> None:
    if options.loss in _BINARY and max(len(rows.classes) - 1, *rows.columns[target]) > 1:
        raise UsageError(
            f"{options.loss} is for two classes, and {target} has more", help="choose --loss cross_entropy"
        )


def _make_settings(
    subject: Subject, options: FitOptions, method: MethodName, names: Sequence[str], groups: Groups | None
) -> Settings:
    batch, epochs = options.batch, options.epochs
    settings = replace(
        options.settings,
        method=method,
        steps=options.settings.steps if batch is None else epochs or EPOCHS,
        tol=TOLERANCE if subject.tol is None else subject.tol,
        bounds=_read_bounds(options, names, groups),
    )
    settings.check()
    if batch is None and epochs is not None:
        raise UsageError("--epochs counts passes over batches", help="write --batch 32 as well, or --steps")
    if batch is not None and settings.schedule == BACKTRACKING:
        raise UsageError(
            "backtracking needs all rows, and --batch uses some at a time", help="choose another --schedule"
        )
    if settings.bounds and (batch is not None or method == SMOOTHED):
        what = "--batch" if batch is not None else "absolute values"
        raise UsageError(f"--bounds does not go with {what}", help="leave it out, or take --loss huber")
    return settings


# --- what options say of data and parameters ----------------------------------------------


def _read_weighting(options: FitOptions, raw: Raw) -> tuple[Weighting | None, dict[str, float]]:
    """The weighting, and the columns that hold a number instead of being in the data."""
    if options.sigma is not None and options.weights is not None:
        raise UsageError("--sigma and --weights say the same in two ways", help="leave one out: weights are 1/sigma**2")
    if options.is_absolute and options.sigma is None:
        raise UsageError("--absolute-sigma is about the numbers of --sigma", help="write --sigma COLUMN as well")
    if options.weights is not None:
        return Weighting("weights", options.weights), {}
    if options.sigma is None:
        return None, {}
    column, constants = _read_deviation(options.sigma, raw, CONSTANT_SIGMA)
    return Weighting("sigma", column, options.is_absolute), constants


def _read_deviation(text: str, raw: Raw, name: str) -> tuple[str, dict[str, float]]:
    """The column that a standard deviation stands in; one of the given name for a number. Raises UsageError."""
    if text in raw:
        return text, {}
    try:
        value = float(text)
    except ValueError:
        columns = ", ".join(list(raw)[:12])
        raise UsageError(f"the data have no column {text}", help=f"the columns are {columns}") from None
    if not 0 < value < math.inf:
        raise UsageError(f"a sigma must be above 0, not {text}", help="write a number such as 0.1, or a column")
    return name, {name: value}


def _read_input_errors(text: str | None) -> list[tuple[str | None, str]]:
    """What --sigma-x means: `sx`, or `x=sx,z=0.1`."""
    pairs = [part.partition("=") for part in (text or "").split(",") if part.strip()]
    return [(name.strip(), sigma.strip()) if equal else (None, name.strip()) for name, equal, sigma in pairs]


def _read_inputs(options: FitOptions, raw: Raw, used: Sequence[str]) -> tuple[list[InputError], dict[str, float]]:
    """The inputs with errors, and the columns that hold a number instead of being in the data."""
    given = _read_input_errors(options.sigma_x)
    if not given:
        return [], {}
    if options.sigma is None:
        fix = "write --sigma as well: the best curve depends on how large the errors of both are"
        raise UsageError("--sigma-x without --sigma leaves the errors of the target open", help=fix)
    if options.batch is not None:
        raise UsageError("--batch does not go with --sigma-x", help="leave one out")
    names = [name for name in used if name != SET]
    inputs: list[InputError] = []
    constants: dict[str, float] = {}
    for name, text in given:
        if name is None and (len(names) != 1 or len(given) > 1):
            example = ",".join(f"{one}=COLUMN" for one in names[:3])
            raise UsageError(f"the model has {len(names)} inputs", help=f"write --sigma-x {example}")
        own = names[0] if name is None else name
        if own not in names:
            raise UnknownVariable(f"the model has no column {own}", help="--sigma-x names columns of the model")
        column, numbers = _read_deviation(text, raw, f"{CONSTANT_SIGMA}_{own}")
        inputs.append(InputError(own, column))
        constants |= numbers
    return inputs, constants


def _read_bounds(options: FitOptions, names: Sequence[str], groups: Groups | None) -> Bounds:
    bounds: dict[int, tuple[float, float]] = {}
    for given, ends in options.bounds:
        if given is None and len(names) != 1:
            raise UnknownVariable(
                f"one range, but the model has {len(names)} parameters", help=f"write --bounds {names[0]}=0:10"
            )
        own = [names[0]] if given is None else _own_names(given, groups)
        for name in own:
            if name not in names:
                raise UnknownVariable(f"the model has no free parameter {name}", help="leave its bounds out")
            bounds[names.index(name)] = ends
    return bounds


def _read_fixed(
    given: Mapping[str | int | None, float], names: Sequence[str], groups: Groups | None
) -> dict[str, float]:
    """The fixed parameters by name. Raises UsageError, UnknownVariable."""
    fixed: dict[str, float] = {}
    for name, value in given.items():
        if not isinstance(name, str):
            raise UsageError("--fix needs the names of parameters", help=f"write --fix {names[0]}=1")
        for own in _own_names(name, groups):
            if own not in names:
                raise UnknownVariable(f"the model has no parameter {own}", help=f"it has {', '.join(names[:8])}")
            fixed[own] = value
    if fixed and len(fixed) == len(names):
        raise UsageError("all parameters are fixed, so there is nothing to fit", help="leave one of them free")
    return fixed


def _own_names(name: str, groups: Groups | None) -> Sequence[str]:
    """The names that a parameter has in each data set."""
    return groups.own.get(name, (name,)) if groups is not None else (name,)


def _fix(model: Expr, fixed: Mapping[str, float]) -> Expr:
    from fractions import Fraction

    values = {name: number(Fraction(value)) for name, value in fixed.items()}
    return substitute(model, values) if values else model


def _find_parameters(models: Sequence[Expr], data: Raw, target: str) -> list[str]:
    names = variables(*models)
    if target in names:
        raise UsageError(f"the model holds {target}, which is to be fitted", help="name another column with --target")
    parameters = [name for name in names if name not in data]
    if not parameters:
        raise UsageError("the model has no parameter: all its variables are columns of the data")
    return parameters


def _choose_start(
    names: Sequence[str], options: FitOptions, data: Raw, models: Sequence[Expr], groups: Groups | None
) -> dict[str, float]:
    """A value for each parameter: as given, else drawn, else 0 where every start leads to the same end."""
    starts = options.start if groups is None else groups.spread_start(options.start)
    for name in starts:
        if name in data:
            raise UsageError(f"{name} is a column of the data, not a parameter", help="rename one of the two")
    given = read_start(
        {name: value for name, value in starts.items() if name not in options.fixed},
        names,
        "the model",
        "parameter",
        "1",
    )
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
        are_free_of([differentiate(model, name)], names) and not list_kinks(model, name)
        for model in models
        for name in names
    )
