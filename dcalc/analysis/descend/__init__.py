"""Descent from one start or several: where it ends, and what that end is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import assert_never, get_args

from dcalc.analysis.descend.ending import (
    CURVED_DOWN,
    MOST_VARIABLES,
    CertifiedEnd,
    CertifiedShape,
    Edge,
    certify_end,
    certify_shape,
    find_breakdown,
    judge_breaks,
    judge_end,
    make_objective,
    offer_stable_form,
)
from dcalc.analysis.descend.report import End, count_steps, make_finding
from dcalc.analysis.toolkit import Over, note_point, read_box, undefined_finding
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr, number
from dcalc.finding import Field, Finding, Subject
from dcalc.optimise.descent import (
    LONGEST_CYCLE,
    EndStatus,
    Run,
    Settings,
    Step,
    Track,
    Watch,
    clamp,
    descend,
    descend_by_lbfgs,
    explain_instability,
    ignore_step,
    suggest_rate,
)
from dcalc.optimise.methods import BACKTRACKING, LBFGS, METHODS, NEWTON
from dcalc.optimise.objective import EngineObjective
from dcalc.optimise.starts import echo_start, read_start, start_example
from dcalc.problem import Problem
from dcalc.solve import solve
from dcalc.stable import stable

_BESIDE = 1e-6
"""A break is beside an end at less than this part of it."""
_METHODS = (*METHODS, NEWTON, LBFGS)
TOLERANCE = 1e-6
AROUND = 3.0
"""Starts are drawn from this far to either side of the first, unless a box is given."""
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
    "path": Field("[object]", "all steps of the best run, with --path", _STEP, optional=True),
}


@dataclass(frozen=True, slots=True)
class DescentOptions:
    """What `dcalc descend` takes beside the expression.

    ``starts`` is the number of starts; all but the first are drawn from the box ``over`` with ``seed``.
    ``stable`` descends on the stable form of the expression, ``path`` reports every step.
    """

    start: Mapping[str | int | None, float] = field(default_factory=dict)
    settings: Settings = field(default_factory=Settings)
    starts: int | None = None
    seed: int = 0
    over: Over | None = None
    bounds: Over | None = None
    stable: bool = False
    path: bool = False


def find(subject: Subject, *, options: DescentOptions, watch: Watch = ignore_step) -> Finding:
    """The best end of the descents from all starts.

    Variables that --wrt does not name stay where they start. Raises UnknownVariable where a start lacks a
    variable, UsageError for an expression without variables and for options that contradict each other.
    Cost: that of the steps, and of one certified Hessian per end.
    """
    if options.settings.method not in _METHODS:
        raise UsageError(
            f"{options.settings.method} is for data",
            help=f"write dcalc fit, or choose one of {', '.join(_METHODS)}",
        )
    options.settings.check()
    if options.over is not None and options.starts is None:
        raise UsageError("--box is where --starts are drawn from", help="write --starts 10 as well")
    if (undefined := undefined_finding(subject, "descend")) is not None:
        return undefined
    at = _read_start(subject, options.start)
    names = list(subject.wrt)
    fixed = {name: value for name, value in at.items() if name not in names}
    bounds = {names.index(name): ends for name, ends in read_box(options.bounds, names, {}).items()}
    tol = TOLERANCE if subject.tol is None else subject.tol
    settings = replace(options.settings, tol=tol, bounds=bounds)
    searches = settings.method == "gd" and settings.lr is None and settings.schedule == "constant"
    if searches:
        settings = replace(settings, schedule=BACKTRACKING)
    search = _Search(stable(subject.root) if options.stable else subject.root, names, fixed, settings, watch,
                     subject.backends)  # fmt: skip
    first = [at[name] for name in names]
    ends: list[End] = []
    for x in (first, *_draw_starts(first, names, options)):
        ends.append(search.find_end(x))
        if ends[-1].status == "interrupted":
            break
    finding = make_finding(subject, names, fixed, ends, min(ends, key=_end_rank), path=options.path)
    moved = ("the start is moved to the nearest point inside of the bounds",) if clamp(first, bounds) != first else ()
    if ends[-1].status == "interrupted":
        return finding.replace(notes=moved)
    free = ["without --lr each step is as long as a line search allows"] if len(ends[0].run.path) > 1 else []
    chosen = [*free] if searches else []
    chosen += [f"the steps follow the gradients of {name}" for name in subject.backends]
    notes = (*echo_start(options.start, at), *chosen, *moved, *_note_ends(subject, at, names, ends))
    return finding.replace(notes=notes) if notes else finding


def _note_ends(subject: Subject, start: Mapping[str, float], names: Sequence[str], ends: Sequence[End]) -> list[str]:
    """What a double hides of the gradient at the start and at the ends."""
    places = [start, *({**start, **dict(zip(names, end.run.end.x, strict=True))} for end in ends)]
    notes = [note for at in places for note in note_point(subject.replace(at=at), *((name,) for name in names))]
    return list(dict.fromkeys(notes))


def _read_start(subject: Subject, given: Mapping[str | int | None, float]) -> dict[str, float]:
    """A value for every variable. Raises UnknownVariable, UsageError."""
    names = subject.names
    if not names:
        raise UsageError("the expression has no variable to descend along", help="write one such as '(x-3)**2'")
    start = read_start(given, names, "the expression", "variable", "0")
    for name in names:
        if name not in start:
            raise UnknownVariable(f"no start is given for {name}", help=start_example(names, "0"))
    return {name: start[name] for name in names}


def _draw_starts(first: Sequence[float], names: Sequence[str], options: DescentOptions) -> list[list[float]]:
    """All starts but the first: each coordinate is uniform and independent (Mersenne Twister)."""
    around = {name: (value - AROUND, value + AROUND) for name, value in zip(names, first, strict=True)}
    ranges = read_box(options.over, names, around)
    random = Random(options.seed)
    return [[random.uniform(*ranges[name]) for name in names] for _ in range((options.starts or 1) - 1)]


class _Search:
    """Runs on one expression, each judged at its end by certified derivatives: small doubles prove nothing."""

    def __init__(
        self,
        root: Expr,
        names: Sequence[str],
        fixed: Mapping[str, float],
        settings: Settings,
        watch: Watch,
        backends: Sequence[str] = (),
    ) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self.settings = settings
        self.watch = watch
        self.objective = (
            EngineObjective(root, names, fixed, backends[0]) if backends else make_objective(root, names, fixed)
        )

    def find_end(self, start: Sequence[float]) -> End:
        """The end of the run from a start, and its verdict."""
        track = Track(self.watch)
        try:
            return self._find_end(start, track)
        except KeyboardInterrupt:
            run = track.keep_last()  # nothing is certified of it: who interrupts does not want to wait
            return End(run, run.status, self._explain(run, CertifiedEnd(None, None)))

    def _find_end(self, start: Sequence[float], watch: Watch) -> End:
        method = descend_by_lbfgs if self.settings.method == LBFGS else descend
        run = method(self.objective, start, self.settings, watch)
        if run.status == "left_domain" and run.lost is run.end.x:
            return End(run, run.status, self._explain_lost_domain(run))
        certified = certify_end(self.root, self.names, self._named(run.end.x), self.settings.bounds)
        if run.status == "converged":
            return self._judge_converged(run, certified)
        if run.status == "stalled" and (end := self._judge_edges(run, certified, None)) is not None:
            return end
        if run.lost is not None and all(map(math.isfinite, run.lost)):
            # Doubles cannot tell an overflow from the edge of the domain; the reference can.
            there = solve(Problem(self.root, (), self._named(run.lost)), expression=False)
            run = run._replace(status="left_domain" if there.status == "undefined" else "diverging")
        return End(run, run.status, self._explain(run, certified), certified)

    def _named(self, x: Sequence[float]) -> dict[str, float]:
        """A point by name, with the fixed variables."""
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _judge_converged(self, run: Run, certified: CertifiedEnd) -> End:
        norm = certified.gradient_norm
        if norm is None:
            if (end := self._judge_edges(run, certified, None)) is not None:
                return end
            message = f"the gradient in doubles is small, but there is none: {certified.missing}"
            return End(run, "stalled", message, certified)
        if not norm <= self.settings.tol:
            return End(run, "stalled", f"the gradient is {norm:.3g}, which doubles do not see", certified)
        at = self._named(run.end.x)
        shape = certify_shape(self.root, self._free_names(certified), at, certified.held)
        small = f"gradient norm {norm:.3g}, certified{_format_eigenvalues(shape)}"
        held = ", ".join(f"{name} = {at[name]:.6g}" for name in certified.held)
        where = f"at a bound, {held}, beyond which f falls: " if held else ""
        kind = None if shape.near is None else shape.near.kind
        if kind == "minimum":
            return End(run, "converged", f"{where}a minimum: {small}", certified, shape)
        if kind is not None:
            return End(run, "saddle", f"{where}the end is a {kind} and not a minimum: {small}", certified, shape)
        if shape.definiteness in CURVED_DOWN:
            message = f"{where}f curves downward, so the end is not a minimum: {small}"
            return End(run, "saddle", message, certified, shape)
        if (end := self._judge_edges(run, certified, shape)) is not None:
            return end
        return End(run, "converged", f"{where}{small}; that it is a minimum is not proved", certified, shape)

    def _free_names(self, certified: CertifiedEnd) -> list[str]:
        return [name for name in self.names if name not in certified.held]

    def _judge_edges(self, run: Run, certified: CertifiedEnd, shape: CertifiedShape | None) -> End | None:
        """The verdict where the end is at a kink or a jump, or beside one; None where f is not proved to do either.

        In one variable a place from which f rises is where the descent ends: the run takes one more step to it.
        """
        at, names = self._named(run.end.x), self._free_names(certified)
        bounds = {name: self.settings.bounds.get(place) for place, name in enumerate(self.names)}
        window = _find_window(run.end, certified, shape)
        for name in names[:MOST_VARIABLES]:
            edge = judge_end(self.root, name, at, bounds[name]) if self._is_flat(name, at) else None
            edge = edge or judge_breaks(self.root, name, at, window, bounds[name])
            if edge is None or (edge.is_minimum and len(self.names) > 1):
                continue
            if edge.is_minimum:
                return self._move_to_minimum(run, name, at, edge)
            return End(run, "stalled", edge.message, certified, shape)
        return None

    def _is_flat(self, name: str, at: Mapping[str, float]) -> bool:
        """Whether f has no slope along a variable: elsewhere it falls to one side of any point."""
        answer = solve(Problem(self.root, (name,), at), expression=False)
        return answer.value is None or answer.value == 0

    def _move_to_minimum(self, run: Run, name: str, at: Mapping[str, float], edge: Edge) -> End | None:
        """The run with its end at a proved minimum; None where no double is that place, and f jumps there."""
        x = float(edge.place)
        there = certify_end(self.root, self.names, {**at, name: x}, self.settings.bounds)
        least = solve(Problem(self.root, (), {**at, name: number(edge.place)}), expression=False).value
        if there.value is None or least is None or abs(there.value - least) > _BESIDE * (1 + abs(least)):
            return None
        if x != at[name]:
            norm = math.nan if there.gradient_norm is None else there.gradient_norm
            run = run._replace(path=[*run.path, Step(run.end.number + 1, [x], there.value, norm, None)])
        shape = certify_shape(self.root, self.names, {**at, name: x}) if there.gradient_norm is not None else None
        return End(run, "converged", f"a minimum: {edge.message}", there, shape)

    def _explain(self, run: Run, certified: CertifiedEnd) -> str:
        """Why a run ended without converging."""
        match run.status:
            case "diverging":
                return self._explain_divergence(run)
            case "left_domain":
                return self._explain_lost_domain(run)
            case "stalled":
                why = certified.missing or "no step that was tried makes f smaller"
                return f"step {run.end.number} does not move any more, {_format_norm(run.end)}; {why}"
            case "cycling":
                bound = explain_instability(self.objective, run.path[-LONGEST_CYCLE:], self.settings)
                why = bound or "; a smaller learning rate may help"
                return f"the last steps come back to the same points, {_format_norm(run.end)}{why}"
            case "max_steps":
                were = "was" if run.end.number == 1 else "were"
                above = f"{_format_norm(run.end)}, above {self.settings.tol:g}"
                advice = suggest_rate(self.objective, run, self.settings)
                return f"{count_steps(run)} {were} not enough: {above}{advice}"
            case "interrupted":
                return f"at step {run.end.number}: {_format_norm(run.end)}, in doubles"
            case "converged" | "saddle":
                raise AssertionError(run.status)  # judged by its second derivatives, not here
            case _:
                assert_never(run.status)

    def _explain_divergence(self, run: Run) -> str:
        """How f went, and the learning rate that its curvature allows."""
        first, last = run.path[0].value, run.end.value
        course = f"f {'falls' if last < first else 'grows'} from {first:.3g} to {last:.3g} in {count_steps(run)}"
        if last < first:
            return f"{course}, and then beyond all doubles"
        return course + explain_instability(self.objective, run.path, self.settings)

    def _explain_lost_domain(self, run: Run) -> str:
        """The point outside of the domain, and the part of f that has no number there."""
        at = self._named(run.lost or run.end.x)
        breakdown = find_breakdown(self.root, at)
        place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
        where = f"the start is {place}" if run.lost is run.end.x else f"step {run.end.number + 1} leads to {place}"
        why = breakdown.describe() if breakdown is not None else "the gradient has no number there"
        return f"{where}: {why}{offer_stable_form(self.root, self.names, at)}"


def _find_window(end: Step, certified: CertifiedEnd, shape: CertifiedShape | None) -> float:
    """How far from the end a break is looked for: some steps of Newton's method, a little where there is none."""
    small = _BESIDE * (1 + max(map(abs, end.x)))
    values = [abs(value) for value in (shape.eigenvalues if shape is not None else ()) if value]
    if not values or certified.gradient_norm is None:
        return small
    return max(small, 4 * certified.gradient_norm / min(values))


def _format_norm(step: Step) -> str:
    return f"gradient norm {step.gradient_norm:.3g}"


def _format_eigenvalues(shape: CertifiedShape) -> str:
    values = [value for value in shape.eigenvalues if value is not None]
    if not values or len(values) < len(shape.eigenvalues):
        return ""
    texts = [f"{value:.3g}" for value in values]
    return f", the Hessian's eigenvalues are {f'{texts[0]} to {texts[-1]}' if len(texts) > 4 else ', '.join(texts)}"


def _end_rank(end: End) -> tuple[bool, float]:
    """Converged ends first, the lowest of them; then the lowest of the others."""
    value = end.run.end.value
    return end.status != "converged", value if math.isfinite(value) else math.inf
