"""Descent from one start or several: where it ends, and what that end is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import get_args

from dcalc.analysis.descend.comparison import RUN, compare_methods
from dcalc.analysis.descend.ending import make_objective
from dcalc.analysis.descend.report import End, make_finding
from dcalc.analysis.descend.trial import Trial
from dcalc.analysis.toolkit import Over, keep_finite, note_point, read_box, undefined_finding
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr
from dcalc.finding import Field, Finding, Subject
from dcalc.optimise.descent import EndStatus, Settings, Watch, clamp, ignore_step
from dcalc.optimise.linear import Vector
from dcalc.optimise.methods import (
    BACKTRACKING,
    EVOLUTION,
    FOR_FUNCTIONS,
    LBFGS,
    METHODS,
    NEWTON,
    MethodName,
    uses_option,
)
from dcalc.optimise.objective import EngineObjective, Objective
from dcalc.optimise.searches import load_libraries
from dcalc.optimise.starts import echo_start, read_start, start_example
from dcalc.stable import stable
from dcalc.text import join_words

_METHODS: tuple[MethodName, ...] = (*METHODS, NEWTON, LBFGS, *FOR_FUNCTIONS)
TOLERANCE = 1e-6
AROUND = 3.0
"""Starts are drawn from this far to either side of the first, unless a box or bounds are given."""
LEAST_REACH = 10.0
"""Evolution draws its points from at least this far to either side of a start, unless a box or bounds are given."""
_STEP = {
    "step": Field("integer", "its number, from 0"),
    "at": Field("{number}", "the point"),
    "value": Field("number | null", "f there"),
    "gradient_norm": Field("number | null", "the length of the gradient there"),
    "lr": Field("number | null", "the learning rate that led there; null at the start"),
}
_START = {
    "start": Field("{number}", "the start"),
    "end": Field("{number}", "the end"),
    "value": Field("number | null", "f at the end"),
    "status": Field("string", "the name of the end", values=get_args(EndStatus)),
    "steps": Field("integer", "the number of steps"),
}
RECORD = {
    "status": Field("string", "how the best run ended", values=get_args(EndStatus)),
    "steps": Field("integer", "the number of steps of the best run"),
    "value": Field("number | null", "f at the end, certified where that is possible"),
    "gradient_norm": Field("number | null", "the length of the gradient at the end, certified where that is possible"),
    "eigenvalues": Field("[number | null] | null", "of the Hessian at the end; null where the run did not converge"),
    "message": Field("string", "what the end is worth"),
    "starts": Field("[object]", "the runs from all starts, where there are several", _START, optional=True),
    "method": Field("string", "the method of the best run, with --methods", values=_METHODS, optional=True),
    "runs": Field("[object]", "the runs by all methods from all starts, with --methods", RUN, optional=True),
    "path": Field("[object]", "all steps of the best run, with --path", _STEP, optional=True),
}


@dataclass(frozen=True, slots=True)
class DescentOptions:
    """What `dcalc descend` takes beside the expression.

    ``more`` holds starts beside ``start``; ``starts`` is the number of starts with those that are drawn with ``seed``
    from the box ``over``, or else within ``bounds``. ``methods`` are compared where there are any, in the place of
    the one of the settings. ``stable`` descends on the stable form of the expression, ``path`` reports every step.
    """

    start: Mapping[str | int | None, float] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    starts: int | None = None
    seed: int = 0
    over: Over | None = None
    bounds: Over | None = None
    stable: bool = False
    path: bool = False
    more: Sequence[Mapping[str | int | None, float]] = ()
    methods: Sequence[MethodName] = ()


def find(subject: Subject, *, options: DescentOptions, watch: Watch = ignore_step) -> Finding:
    """The best end of the descents from all starts, by each method where several are compared.

    Variables that --wrt does not name stay where they start. Raises UnknownVariable where a start lacks a
    variable, UsageError for an expression without variables and for options that contradict each other.
    Cost: that of the steps, and of one certified Hessian per end.
    """
    methods = options.methods or (options.settings.method,)
    _check(options, methods)
    if (undefined := undefined_finding(subject, "descend")) is not None:
        return undefined
    names = list(subject.wrt)
    at, starts = _read_starts(subject, options)
    fixed = {name: value for name, value in at.items() if name not in names}
    bounds = _by_place(read_box(options.bounds, names, {}), names)
    tol = TOLERANCE if subject.tol is None else subject.tol
    settings = replace(options.settings, tol=tol, bounds=bounds, seed=options.seed)
    root = stable(subject.root) if options.stable else subject.root
    objective = _make_objective(root, names, fixed, subject.backends)
    load_libraries(methods)
    ends: list[End] = []
    for x, method in ((x, method) for x in starts for method in methods):
        own = _choose_settings(settings, method, x, names, options)
        ends.append(Trial(root, names, fixed, own, objective, watch).find_end(x))
        if ends[-1].status == "interrupted":
            break
    best = min(ends, key=_end_rank)
    if options.methods:
        finding = compare_methods(subject, names, fixed, ends, best, path=options.path)
    else:
        finding = make_finding(subject, names, fixed, ends, best, path=options.path)
    first = starts[0]
    moved = ("the start is moved to the nearest point inside of the bounds",) if clamp(first, bounds) != first else ()
    if ends[-1].status == "interrupted":
        return finding.replace(notes=moved)
    notes = [*_note_start(subject, options, at), *_note_steps(settings, methods, ends), *moved]
    notes += [f"the steps follow the gradients of {name}" for name in subject.backends]
    notes += _note_ranges(settings, methods, first, names, options)
    notes += [f"{end.method}: {end.run.note}" for end in ends if end.run.note]
    notes = list(dict.fromkeys([*notes, *_note_ends(subject, at, names, ends)]))
    return finding.replace(notes=tuple(notes)) if notes else finding


def _check(options: DescentOptions, methods: Sequence[MethodName]) -> None:
    """Raise UsageError for options that contradict each other, or that no method uses."""
    for method in methods:
        if method not in _METHODS:
            raise UsageError(f"{method} is for data", help=f"write dcalc fit, or choose one of {', '.join(_METHODS)}")
    if len(methods) == 1:
        replace(options.settings, method=methods[0]).check()
    for name in options.settings.chosen:
        if not any(uses_option(method, name) for method in methods):
            raise UsageError(f"none of {join_words(methods, 'and')} uses --{name}", help="leave it out")
    if options.over is not None and options.starts is None and EVOLUTION not in methods:
        raise UsageError("--box is where --starts are drawn from", help="write --starts 10 as well")
    if options.more and options.starts is not None:
        raise UsageError("--starts draws starts beside a single one", help="leave out --starts, or all but one --from")


def _choose_settings(
    settings: Settings, method: MethodName, x: Sequence[float], names: Sequence[str], options: DescentOptions
) -> Settings:
    """The settings of one method: gd without --lr searches for the lengths of its steps."""
    own = settings.suit(method)
    if method == NEWTON and options.methods:
        own = replace(own, lr=None)  # --lr is for the others here: it would keep Newton's method from its full steps
    if _searches(own):
        own = replace(own, schedule=BACKTRACKING)
    if method != EVOLUTION:
        return own
    ranges, _ = _choose_ranges(x, names, options)
    return replace(own, ranges=_by_place(ranges, names))


def _searches(settings: Settings) -> bool:
    return settings.method == "gd" and settings.lr is None and settings.schedule == "constant"


def _by_place(ranges: Mapping[str, tuple[float, float]], names: Sequence[str]) -> dict[int, tuple[float, float]]:
    return {names.index(name): ends for name, ends in ranges.items()}


def _choose_ranges(
    x: Sequence[float], names: Sequence[str], options: DescentOptions
) -> tuple[dict[str, tuple[float, float]], list[str]]:
    """Where evolution draws its points from, and the names whose range follows from the start alone.

    A range is that of --box, else that of --bounds, else the start with `LEAST_REACH` to either side, or twice the
    size of the coordinate where that is more: 0 and the opposite of the coordinate are always inside.
    """
    given = read_box(options.over, names, read_box(keep_finite(options.bounds), names, {}))
    reach = {name: max(LEAST_REACH, 2 * abs(value)) for name, value in zip(names, x, strict=True)}
    around = {name: (value - reach[name], value + reach[name]) for name, value in zip(names, x, strict=True)}
    return {**around, **given}, [name for name in names if name not in given]


# --- notes --------------------------------------------------------------------------------


def _note_start(subject: Subject, options: DescentOptions, at: Mapping[str, float]) -> tuple[str, ...]:
    if options.start or not at:
        return echo_start(options.start, at)
    shown = ",".join(f"{name}={at[name]:.6g}" for name in subject.wrt)
    return (f"the start is drawn at random: {shown}",)


def _note_steps(settings: Settings, methods: Sequence[MethodName], ends: Sequence[End]) -> list[str]:
    if not any(_searches(settings.suit(method)) for method in methods):
        return []
    moved = any(len(end.run.path) > 1 for end in ends if end.method == "gd")
    name = "each step of gd" if len(methods) > 1 else "each step"
    return [f"without --lr {name} is as long as a line search allows"] if moved else []


def _note_ranges(
    settings: Settings, methods: Sequence[MethodName], x: Sequence[float], names: Sequence[str], options: DescentOptions
) -> list[str]:
    """The ranges of evolution that nobody has given."""
    ranges, derived = _choose_ranges(x, names, options)
    if EVOLUTION not in methods or not derived:
        return []
    shown = ",".join(f"{name}={ranges[name][0]:g}:{ranges[name][1]:g}" for name in derived)
    several = " around the first start" if options.more or options.starts is not None else ""
    return [f"evolution draws its points from {shown}{several}; --bounds or --box sets another range"]


def _note_ends(subject: Subject, start: Mapping[str, float], names: Sequence[str], ends: Sequence[End]) -> list[str]:
    """What a double hides of the gradient at the start and at the ends."""
    places = [start, *({**start, **dict(zip(names, end.run.end.x, strict=True))} for end in ends)]
    notes = [note for at in places for note in note_point(subject.replace(at=at), *((name,) for name in names))]
    return list(dict.fromkeys(notes))


def _read_starts(subject: Subject, options: DescentOptions) -> tuple[dict[str, float], list[Vector]]:
    """The first start with a value for every variable, and all starts. Raises UnknownVariable, UsageError.

    Without any start, variables that have bounds, or a box, are drawn from there: a uniform, independent coordinate
    each (Mersenne Twister). So are the other starts, from `AROUND` to either side of the first if need be.
    """
    names = list(subject.wrt)
    if not subject.names:
        raise UsageError("the expression has no variable to descend along", help="write one such as '(x-3)**2'")
    random = Random(options.seed)
    ranges = read_box(options.over, names, read_box(keep_finite(options.bounds), names, {}))
    drawn = {} if options.start else {name: random.uniform(*ranges[name]) for name in names if name in ranges}
    starts = [_read_start(subject, given, drawn) for given in (options.start, *options.more)]
    first = starts[0]
    if any(start[name] != first[name] for start in starts for name in first if name not in names):
        raise UsageError("variables that --wrt does not name must have one value", help="write the same in each --from")
    around = {name: (first[name] - AROUND, first[name] + AROUND) for name in names}
    ranges = {**around, **ranges}
    others = [[random.uniform(*ranges[name]) for name in names] for _ in range((options.starts or 1) - 1)]
    return first, [*([start[name] for name in names] for start in starts), *others]


def _read_start(
    subject: Subject, given: Mapping[str | int | None, float], drawn: Mapping[str, float]
) -> dict[str, float]:
    """A value for every variable, those that are not given as ``drawn``. Raises UnknownVariable."""
    names = subject.names
    start = {**drawn, **read_start(given, names, "the expression", "variable", "0")}
    for name in names:
        if name not in start:
            raise UnknownVariable(f"no start is given for {name}", help=start_example(names, "0"))
    return {name: start[name] for name in names}


def _make_objective(root: Expr, names: Sequence[str], fixed: Mapping[str, float], backends: Sequence[str]) -> Objective:
    return EngineObjective(root, names, fixed, backends[0]) if backends else make_objective(root, names, fixed)


def _end_rank(end: End) -> tuple[bool, float]:
    """Converged ends first, the lowest of them; then the lowest of the others."""
    value = end.run.end.value
    return end.status != "converged", value if math.isfinite(value) else math.inf
