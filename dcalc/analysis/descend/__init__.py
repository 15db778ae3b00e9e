"""Descent from a start, or several: where it ends, and what that end is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random

from dcalc.analysis.descend.ending import (
    CertifiedEnd,
    CertifiedShape,
    certify_end,
    certify_shape,
    find_breakdown,
    make_objective,
    offer_stable_form,
)
from dcalc.analysis.descend.report import End, count_steps, make_finding
from dcalc.analysis.toolkit import Over, read_box, undefined_finding
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr
from dcalc.finding import Finding, Subject
from dcalc.optimise import descent
from dcalc.optimise.descent import (
    LONGEST_CYCLE,
    NEWTON,
    Run,
    Settings,
    Step,
    Watch,
    clamp,
    descend,
    explain_instability,
    ignore_step,
)
from dcalc.optimise.methods import METHODS
from dcalc.optimise.starts import read_start, start_example
from dcalc.problem import Problem
from dcalc.solve import solve
from dcalc.stable import stable as stable_form

_METHODS = (*METHODS, NEWTON, descent.LBFGS)
TOLERANCE = 1e-6
AROUND = 3.0
"""Starts are drawn from this far to either side of the first, where no box is given."""


def find(
    subject: Subject,
    *,
    start: Mapping[str | None, float] | None,
    settings: Settings,
    starts: int | None = None,
    seed: int | None = None,
    over: Over | None = None,
    bounds: Over | None = None,
    stable: bool = False,
    path: bool = False,
    watch: Watch | None = None,
) -> Finding:
    """The descent from ``start``, and with ``starts`` from others drawn from a box; the best is shown.

    Variables that --wrt does not name stay where they start. Raises UnknownVariable where a
    start lacks a variable, UsageError for an expression without one. Cost: that of the
    steps, and a certified Hessian at the end.
    """
    if settings.method not in _METHODS:
        raise UsageError(
            f"{settings.method} is for data", help=f"write dcalc fit, or take one of {', '.join(_METHODS)}"
        )
    settings.check()
    if over is not None and starts is None:
        raise UsageError("--box is where --starts are drawn from", help="write --starts 10 as well")
    if (nothing := undefined_finding(subject, "descend")) is not None:
        return nothing
    at = _read_start(subject, start or {})
    names = list(subject.wrt)
    fixed = {name: value for name, value in at.items() if name not in names}
    places = {names.index(name): ends for name, ends in read_box(bounds, names, {}).items()}
    settings = replace(settings, tol=TOLERANCE if subject.tol is None else subject.tol, bounds=places)
    root = stable_form(subject.root) if stable else subject.root
    search = _Search(root, names, fixed, settings, watch or ignore_step)
    first = [at[name] for name in names]
    ends = [search.end(x) for x in (first, *_draw_starts(first, names, (starts or 1) - 1, seed or 0, over))]
    best = min(ends, key=_end_rank)
    notes = ["the start is moved to the nearest point inside of the bounds"] * (clamp(first, places) != first)
    return replace(make_finding(subject, names, fixed, ends, best, path=path), notes=tuple(notes))


def _read_start(subject: Subject, start: Mapping[str | None, float]) -> dict[str, float]:
    """A value for every variable. Raises UnknownVariable, UsageError."""
    names = subject.names
    if not names:
        raise UsageError("the expression has no variable to descend along", help="write one such as '(x-3)**2'")
    known = read_start(start, names, "the expression", "variable", "0")
    for name in names:
        if name not in known:
            raise UnknownVariable(f"no start is given for {name}", help=start_example(names, "0"))
    return {name: known[name] for name in names}


def _draw_starts(
    first: Sequence[float], names: Sequence[str], count: int, seed: int, over: Over | None
) -> list[list[float]]:
    """Starts from a box, each coordinate uniform and independent (Mersenne Twister)."""
    around = {name: (value - AROUND, value + AROUND) for name, value in zip(names, first, strict=True)}
    ranges = read_box(over, names, around)
    random = Random(seed)
    return [[random.uniform(*ranges[name]) for name in names] for _ in range(count)]


class _Search:
    """Runs of one expression, each judged at its end."""

    def __init__(
        self, root: Expr, names: Sequence[str], fixed: Mapping[str, float], settings: Settings, watch: Watch
    ) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed
        self.settings = settings
        self.watch = watch
        self.objective = make_objective(root, names, fixed)

    def end(self, start: Sequence[float]) -> End:
        """The end of the run from a start, held to certified derivatives: small doubles are no proof."""
        method = descent.descend_by_lbfgs if self.settings.method == descent.LBFGS else descend
        run = method(self.objective, start, self.settings, self.watch)
        if run.status == "left_domain" and run.lost is run.end.x:
            return End(run, run.status, self._left_domain(run))
        found = certify_end(self.root, self.names, self.at(run.end.x), self.settings.bounds)
        if run.status == "converged":
            return self._converged(run, found)
        if run.lost is not None and all(map(math.isfinite, run.lost)):  # which of the two, doubles do not tell
            there = solve(Problem(self.root, (), self.at(run.lost)), expression=False)
            run = run._replace(status="left_domain" if there.status == "undefined" else "diverging")
        return End(run, run.status, getattr(self, f"_{run.status}")(run, found), found)

    def at(self, x: Sequence[float]) -> dict[str, float]:
        """A point by name, with what stays fixed."""
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _converged(self, run: Run, found: CertifiedEnd) -> End:
        if found.gradient_norm is None:
            return End(run, "stalled", f"the gradient in doubles is small, but there is none: {found.missing}", found)
        if not found.gradient_norm <= self.settings.tol:
            return End(run, "stalled", f"the gradient is {found.gradient_norm:.3g}, which doubles do not see", found)
        at = self.at(run.end.x)
        form = certify_shape(self.root, [name for name in self.names if name not in found.held], at)
        small = f"gradient norm {found.gradient_norm:.3g}, certified{_format_eigenvalues(form)}"
        place = ", ".join(f"{name} = {at[name]:.6g}" for name in found.held)
        where = f"at a bound, {place}, beyond which f falls: " if place else ""
        kind = "" if form.near is None else form.near.kind
        if kind == "minimum":
            return End(run, "converged", f"{where}a minimum: {small}", found, form)
        if kind:
            return End(run, "saddle", f"{where}the end is a {kind} and no minimum: {small}", found, form)
        if form.definiteness in ("indefinite", "negative_definite", "negative_semidefinite"):
            return End(run, "saddle", f"{where}f curves downward, so the end is no minimum: {small}", found, form)
        return End(run, "converged", f"{where}{small}; that it is a minimum is not proved", found, form)

    def _diverging(self, run: Run, _found: CertifiedEnd) -> str:
        """With the learning rate that the curvature allows."""
        first, last = run.path[0].value, run.end.value
        course = f"f {'falls' if last < first else 'grows'} from {first:.3g} to {last:.3g} in {count_steps(run)}"
        if last < first:
            return f"{course}, and then beyond all doubles"
        return course + explain_instability(self.objective, run.path, self.settings)

    def _left_domain(self, run: Run, _found: CertifiedEnd | None = None) -> str:
        at = self.at(run.lost or run.end.x)
        lost = find_breakdown(self.root, at)
        place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
        where = f"the start is {place}" if run.lost is run.end.x else f"step {run.end.number + 1} leads to {place}"
        why = lost.words() if lost is not None else "the gradient has no number there"
        return f"{where}: {why}{offer_stable_form(self.root, self.names, at)}"

    def _stalled(self, run: Run, found: CertifiedEnd) -> str:
        why = found.missing or "no step makes f smaller"
        return f"step {run.end.number} does not move any more, {_format_norm(run.end)}; {why}"

    def _cycling(self, run: Run, _found: CertifiedEnd) -> str:
        bound = explain_instability(self.objective, run.path[-LONGEST_CYCLE:], self.settings)
        why = bound or "; a smaller learning rate may help"
        return f"the last steps come back to the same points, {_format_norm(run.end)}{why}"

    def _max_steps(self, run: Run, _found: CertifiedEnd) -> str:
        were = "was" if run.end.number == 1 else "were"
        return f"{count_steps(run)} {were} not enough: {_format_norm(run.end)}, above {self.settings.tol:g}"


def _format_norm(step: Step) -> str:
    return f"gradient norm {step.gradient_norm:.3g}"


def _format_eigenvalues(form: CertifiedShape) -> str:
    values = [value for value in form.eigenvalues if value is not None]
    if not values or len(values) < len(form.eigenvalues):
        return ""
    listed = [f"{value:.3g}" for value in values]
    shown = f"{listed[0]} to {listed[-1]}" if len(listed) > 4 else ", ".join(listed)
    return f", the Hessian's eigenvalues are {shown}"


def _end_rank(end: End) -> tuple[bool, float]:
    """Converged ends first, the lowest of them; then the lowest of the others."""
    value = end.run.end.value
    return end.status != "converged", value if math.isfinite(value) else math.inf
