"""Descent from a start, or several: where it ends, and what that end is worth."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from random import Random
from typing import Any, NamedTuple

from dcalc.analysis import Over, box
from dcalc.analysis.optimise import ending, scipys
from dcalc.analysis.optimise.ending import Worth
from dcalc.analysis.optimise.linear import eigenvalue_bound
from dcalc.analysis.optimise.methods import METHODS
from dcalc.analysis.optimise.objective import Expression
from dcalc.analysis.optimise.picture import SHOWN_STEPS, drawn
from dcalc.analysis.optimise.run import NEWTON, Run, Settings, Step, Watch, descend, nobody
from dcalc.errors import UnknownVariable, UsageError
from dcalc.expr import Expr
from dcalc.finding import Cell, Column, Finding, Key, Said, Sheet, Subject
from dcalc.stable import stable as stable_form

_METHODS = (*METHODS, NEWTON, scipys.LBFGS)
TOLERANCE = 1e-6
AROUND = 3.0
"""Starts are drawn from this far to either side of the first, where no box is given."""


class End(NamedTuple):
    """A run, what its end is called, and why."""

    run: Run
    status: str
    message: str
    worth: Worth | None = None


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
    at = _start(subject, start or {})
    names = list(subject.wrt)
    fixed = {name: value for name, value in at.items() if name not in names}
    places = {names.index(name): ends for name, ends in box(bounds, names, {}).items()}
    settings = replace(settings, tol=TOLERANCE if subject.tol is None else subject.tol, bounds=places)
    root = stable_form(subject.root) if stable else subject.root
    search = _Search(root, names, fixed, settings, watch or nobody)
    first = [at[name] for name in names]
    ends = [search.end(x) for x in (first, *_drawn(first, names, (starts or 1) - 1, seed or 0, over))]
    best = min(ends, key=_rank)
    return _finding(subject, names, fixed, ends, best, path=path)


def _start(subject: Subject, start: Mapping[str | None, float]) -> dict[str, float]:
    if not subject.names:
        raise UsageError("the expression has no variable to descend along", help="write one such as '(x-3)**2'")
    if None in start:
        if len(subject.names) > 1:
            raise UnknownVariable(
                f"one value, but the expression has {len(subject.names)} variables", help=_example(subject.names)
            )
        return {subject.names[0]: start[None]}
    for name in start:
        if name not in subject.names:
            raise UnknownVariable(f"the expression has no variable {name}", help=_example(subject.names))
    for name in subject.names:
        if name not in start:
            raise UnknownVariable(f"no start is given for {name}", help=_example(subject.names))
    return {name: start[name] for name in subject.names}


def _example(names: Sequence[str]) -> str:
    return "write --from " + ",".join(f"{name}=0" for name in names[:8])


def _drawn(first: Sequence[float], names: Sequence[str], count: int, seed: int, over: Over | None) -> list[list[float]]:
    """Starts from a box, each coordinate uniform and independent (Mersenne Twister)."""
    around = {name: (value - AROUND, value + AROUND) for name, value in zip(names, first, strict=True)}
    ranges = box(over, names, around)
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
        self.objective = Expression(root, names, fixed)

    def end(self, start: Sequence[float]) -> End:
        """The end of the run from a start."""
        method = scipys.lbfgs if self.settings.method == scipys.LBFGS else descend
        run = method(self.objective, start, self.settings, self.watch)
        if run.status == "converged":
            return self._converged(run)
        return End(run, run.status, getattr(self, f"_{run.status}")(run))

    def at(self, x: Sequence[float]) -> dict[str, float]:
        """A point by name, with what stays fixed."""
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _converged(self, run: Run) -> End:
        """Held to certified derivatives: small doubles are no proof."""
        found = ending.worth(self.root, self.names, self.at(run.end.x))
        if found.gradient_norm is None:
            return End(run, "stalled", f"the gradient in doubles is small, but there is none: {found.missing}", found)
        if self.settings.bounds and not found.gradient_norm <= self.settings.tol:
            return End(run, "converged", f"at a bound, where the gradient points outward; {_norm(run.end)}", found)
        if not found.gradient_norm <= self.settings.tol:
            return End(run, "stalled", f"the gradient is {found.gradient_norm:.3g}, which doubles do not see", found)
        small = f"gradient norm {found.gradient_norm:.3g}, certified"
        curved = f"the Hessian's eigenvalues are {_listed(found.eigenvalues)}"
        if found.shape in ("saddle", "maximum"):
            return End(run, "saddle", f"the end is a {found.shape} and no minimum: {small}, {curved}", found)
        if found.shape == "minimum":
            return End(run, "converged", f"a minimum: {small}, {curved}", found)
        return End(run, "converged", f"{small}; whether it is a minimum is not decided by the Hessian", found)

    def _diverging(self, run: Run) -> str:
        """With the learning rate that the curvature allows."""
        first, rate, method = run.path[0], self.settings.rate, METHODS.get(self.settings.method)
        grows = f"f grows from {first.value:.3g} to {run.end.value:.3g} in {run.end.number} steps"
        if method is None or method.stable is None:
            return grows
        for step in run.path:
            hessian = self.objective.hessian(step.x)
            if not all(math.isfinite(entry) for row in hessian for entry in row):
                break
            top = eigenvalue_bound(hessian)
            most = method.stable(top, self.settings.momentum) if top else math.inf
            if most < rate:
                where = "" if step is first else f" at step {step.number}"
                return f"{grows}; the curvature {top:.3g}{where} needs lr < {most:.3g}, not {rate:g}"
        return grows

    def _left_domain(self, run: Run) -> str:
        at = self.at(run.lost or run.end.x)
        lost = ending.fault(self.root, at)
        place = ", ".join(f"{name} = {value:.6g}" for name, value in at.items())
        where = f"the start is {place}" if run.lost is run.end.x else f"step {run.end.number + 1} leads to {place}"
        why = lost.words() if lost is not None else "the gradient has no number there"
        return f"{where}: {why}{ending.offer(self.root, self.names, at)}"

    def _stalled(self, run: Run) -> str:
        found = ending.worth(self.root, self.names, self.at(run.end.x))
        why = found.missing or "no step makes f smaller"
        return f"step {run.end.number} does not move any more, {_norm(run.end)}; {why}"

    def _cycling(self, run: Run) -> str:
        return f"the last steps come back to the same points, {_norm(run.end)}; a smaller learning rate may help"

    def _max_steps(self, run: Run) -> str:
        return f"{run.end.number} steps were not enough: {_norm(run.end)}, above {self.settings.tol:g}"


def _norm(step: Step) -> str:
    return f"gradient norm {step.gradient_norm:.3g}"


def _listed(values: Sequence[float]) -> str:
    if len(values) > 4:
        return f"{values[0]:.3g} to {values[-1]:.3g}"
    return ", ".join(f"{value:.3g}" for value in values)


def _rank(end: End) -> tuple[bool, float]:
    """Converged ends first, the lowest of them; then the lowest of the others."""
    value = end.run.end.value
    return end.status != "converged", value if math.isfinite(value) else math.inf


# --- what is shown ----------------------------------------------------------------------


def _finding(
    subject: Subject, names: Sequence[str], fixed: Mapping[str, float], ends: list[End], best: End, *, path: bool
) -> Finding:
    last = best.run.end
    at = {**fixed, **dict(zip(names, last.x, strict=True))}
    steps = [_record(names, step) for step in best.run.path]
    record: dict[str, Any] = {
        "steps": last.number, "value": last.value, "gradient_norm": _known(best),
        "eigenvalues": None if best.worth is None else best.worth.eigenvalues, "message": best.message,
    }  # fmt: skip
    if len(ends) > 1:
        record["starts"] = [_start_record(names, end) for end in ends]
    if path:
        record["path"] = steps
    said = (Said("f", last.value, "strong"), Said("gradient norm", _known(best)), Said("steps", last.number))
    numbers: list[tuple[Cell, ...]] = [(name, at[name]) for name in subject.names]
    numbers += [("value", last.value), ("gradient_norm", _known(best)), ("steps", last.number)]
    table = _path_sheet(names, best.run.path)
    rows = [tuple(row.get(column.key) for column in table.columns) for row in table.rows] if path else numbers
    return Finding(
        "descend", subject.root, tuple(names), at, best.status, record,
        said=said,
        sheets=(table, *([_starts_sheet(names, ends)] if len(ends) > 1 else [])),
        pictures=drawn(subject.root, names, fixed, [end.run for end in ends], best.run),
        plain=rows, trail=steps if path else (),
        sentence=f"{ending.called(best.status)}: {best.message}",
        code=0 if best.status == "converged" else 1,
    )  # fmt: skip


def _known(end: End) -> float:
    """The certified gradient norm, where there is one."""
    certified = None if end.worth is None else end.worth.gradient_norm
    return end.run.end.gradient_norm if certified is None else certified


def _record(names: Sequence[str], step: Step) -> dict[str, Any]:
    return {
        "step": step.number, "at": dict(zip(names, step.x, strict=True)), "value": step.value,
        "gradient_norm": step.gradient_norm, "lr": step.lr,
    }  # fmt: skip


def _start_record(names: Sequence[str], end: End) -> dict[str, Any]:
    first, last = end.run.path[0], end.run.end
    return {
        "start": dict(zip(names, first.x, strict=True)), "end": dict(zip(names, last.x, strict=True)),
        "value": last.value, "status": end.status, "steps": last.number,
    }  # fmt: skip


def _path_sheet(names: Sequence[str], path: Sequence[Step]) -> Sheet:
    """All steps."""
    columns = (
        Column("step", "step", "number", right=True),
        *(Column(("at", name), name, "brief") for name in names),
        Column("value", "f", "brief"),
        Column("gradient_norm", "gradient norm", "error", 1, "gradient norm"),
        Column("lr", "lr", "brief", 2, "lr"),
    )
    rows: list[dict[Key, Cell]] = [
        {
            "step": step.number, **{("at", name): value for name, value in zip(names, step.x, strict=True)},
            "value": step.value, "gradient_norm": step.gradient_norm, "lr": step.lr,
        }
        for step in path
    ]  # fmt: skip
    return Sheet(columns, rows, "Path", SHOWN_STEPS)


def _starts_sheet(names: Sequence[str], ends: Sequence[End]) -> Sheet:
    columns = (
        *(Column(("from", name), f"from {name}", "brief", 2, f"from {name}") for name in names),
        *(Column(("at", name), name, "brief") for name in names),
        Column("value", "f", "brief"),
        Column("status", "status", "words", 1),
    )
    rows: list[dict[Key, Cell]] = [
        {
            **{("from", name): value for name, value in zip(names, end.run.path[0].x, strict=True)},
            **{("at", name): value for name, value in zip(names, end.run.end.x, strict=True)},
            "value": end.run.end.value, "status": end.status.replace("_", " "),
            "mood": "" if end.status == "converged" else "warn",
        }
        for end in ends
    ]  # fmt: skip
    return Sheet(columns, rows, "Starts")
