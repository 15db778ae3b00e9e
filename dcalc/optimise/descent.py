"""One descent, from its start to an end that has a name: converged, stalled, cycling, diverging and so on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Literal, NamedTuple, Protocol

from dcalc.errors import UsageError
from dcalc.optimise.linear import Vector, cholesky, largest_eigenvalue, norm, solve_factored
from dcalc.optimise.methods import (
    ARMIJO,
    BACKTRACKING,
    METHODS,
    NEWTON,
    SCHEDULES,
    SHORTEST,
    MethodName,
    Rule,
    ScheduleName,
    clip_gradient,
    uses_option,
)
from dcalc.optimise.objective import Objective, is_finite

EndStatus = Literal["converged", "diverging", "stalled", "cycling", "saddle", "left_domain", "max_steps", "interrupted"]
LONGEST_CYCLE = 8
"""Steps in the longest cycle that is looked for; too large a rate makes cycles of two."""
_SEEN_AGAIN = 1e-9
"""A point counts as one seen before if it is that near, relative to the last step."""
_ROUNDS = 16
"""Returns in a row after which a run is cycling: fewer may be a slow spiral inwards."""
_GROWTH = 1e10
"""A run diverges once f has grown by this multiple of 1 + abs(f) at the start."""
_SLOW = 4.0
"""A rate is advised where the largest stable one is more than this multiple of the one in use."""
_ROUNDING = 2.0**-48
"""A step that is shorter than this, relative to the point, is of the size of rounding errors."""
_CREEPS = 5
"""Such steps in a row after which a run stalls."""
_RISING = 100
"""Steps in a row on which f grows after which a run diverges; no run that converges does that."""
_BOTTOM = -1e300
"""Below it f falls beyond all doubles, where no step can be seen."""
MOMENTUM = 0.9
"""The usual default; PyTorch's own, 0, would make momentum plain gradient descent."""
Bounds = Mapping[int, tuple[float, float]]
"""The least and the largest value of a coordinate, by its place."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How to descend. None stands for the default of the method; ``tol`` is the gradient norm to reach.

    ``ranges`` and ``seed`` are for evolution: where its population is drawn from, and with which random numbers.
    """

    method: MethodName = "gd"
    lr: float | None = None
    schedule: ScheduleName = "constant"
    momentum: float | None = None
    clip: float | None = None
    clip_value: float | None = None
    steps: int = 1000
    tol: float = 1e-6
    bounds: Bounds = field(default_factory=dict)
    ranges: Bounds = field(default_factory=dict)
    seed: int = 0

    @property
    def rate(self) -> float:
        """The first learning rate; a line search begins with full steps."""
        if self.lr is not None:
            return self.lr
        return METHODS[self.method].lr if self.method in METHODS and self.schedule != BACKTRACKING else 1.0

    @property
    def inertia(self) -> float:
        """The part of the last step that momentum keeps."""
        return MOMENTUM if self.momentum is None else self.momentum

    @property
    def chosen(self) -> dict[str, object]:
        """The settings of first-order methods that were given, by the names of their options."""
        settings = {
            "momentum": self.momentum, "lr": self.lr, "clip": self.clip, "clip-value": self.clip_value,
            "schedule": None if self.schedule == "constant" else self.schedule,
        }  # fmt: skip
        return {name: value for name, value in settings.items() if value is not None}

    def check(self) -> None:
        """Raise UsageError for a setting that the method does not use."""
        for name in self.chosen:
            if not uses_option(self.method, name):
                fix = "write --method momentum, or nesterov" if name == "momentum" else _OWN_LENGTHS
                raise UsageError(f"{self.method} does not use --{name}", help=fix)

    def suit(self, method: MethodName) -> Settings:
        """The same settings for a method, without those that it does not use."""
        unused = {name for name in self.chosen if not uses_option(method, name)}
        return replace(
            self,
            method=method,
            momentum=None if "momentum" in unused else self.momentum,
            lr=None if "lr" in unused else self.lr,
            clip=None if "clip" in unused else self.clip,
            clip_value=None if "clip-value" in unused else self.clip_value,
            schedule="constant" if "schedule" in unused else self.schedule,
        )


_OWN_LENGTHS = "it chooses the lengths of its steps itself"


class Step(NamedTuple):
    """A point on the way; ``lr`` is the learning rate that led to it, None at the start."""

    number: int
    x: Vector
    value: float
    gradient_norm: float
    lr: float | None


class Run(NamedTuple):
    """A run that has ended. ``gradient`` is that at its end; ``lost`` the next point, if f has no number there.

    ``note`` is what a method tells of its end beside that.
    """

    status: EndStatus
    path: list[Step]
    gradient: Vector
    lost: Vector | None = None
    note: str = ""

    @property
    def end(self) -> Step:
        """The last point at which f and its gradient have numbers."""
        return self.path[-1]


Watch = Callable[[Step], object]


def ignore_step(_step: Step) -> None:
    """Watch nothing."""


class Track:
    """Watches a search and remembers its steps, so that the point reached outlives Ctrl-C."""

    def __init__(self, watch: Watch) -> None:
        self.path: list[Step] = []
        self._watch = watch

    def __call__(self, step: Step) -> None:
        """Remember a step, and hand it on."""
        self.path.append(step)
        self._watch(step)

    def keep_last(self) -> Run:
        """The run up to its last step. Raises KeyboardInterrupt where there is none: nothing is known of the end."""
        if not self.path:
            raise KeyboardInterrupt
        return Run("interrupted", self.path, [])

    def keep_best(self) -> Run:
        """As `keep_last`, for a search that makes several tries: the try that came lowest, up to there."""
        last = self.keep_last().path
        best = min(range(len(last)), key=lambda k: last[k].value if math.isfinite(last[k].value) else math.inf)
        first = max(k for k in range(best + 1) if not last[k].number or not k)
        return Run("interrupted", last[first : best + 1], [])


def descend(objective: Objective, start: Sequence[float], settings: Settings, watch: Watch = ignore_step) -> Run:
    """Descend until the end has a name or the steps are used up.

    Stops in front of a point without a finite value and gradient. Cost: one gradient per step, and the
    values that a line search asks for.
    """
    return _Descent(objective, settings, watch).run(start)


class _Descent:
    """One run, step by step."""

    def __init__(self, objective: Objective, settings: Settings, watch: Watch) -> None:
        self.objective = objective
        self.settings = settings
        self.watch = watch
        self.path: list[Step] = []
        self.again = self.rising = self.creeping = 0
        newton = settings.method == NEWTON
        self.rule: Rule | None = None if newton else METHODS[settings.method].make(settings.inertia)
        self.searches = newton or settings.schedule == BACKTRACKING

    def run(self, start: Sequence[float]) -> Run:
        x = clamp(start, self.settings.bounds)
        value, gradient = self.objective.gradient(x)
        if not is_finite(value, gradient):
            self.path.append(Step(0, x, value, norm(gradient) if math.isfinite(value) else math.nan, None))
            return Run("left_domain", self.path, gradient, x)
        rate: float | None = None
        while True:
            step = Step(len(self.path), x, value, norm(free_gradient(x, gradient, self.settings.bounds)), rate)
            self.path.append(step)
            self.watch(step)
            if (status := self._ended(step)) is not None:
                return Run(status, self.path, gradient)
            rate = self._rate(step.number)
            moved, rate = self._move(x, value, gradient, rate)
            if moved is None or moved == x:
                return Run("diverging" if value < _BOTTOM else "stalled", self.path, gradient)
            after, slope = self.objective.gradient(moved)
            if not is_finite(after, slope):
                return Run(self._how_lost(moved, after), self.path, gradient, moved)
            x, value, gradient = moved, after, slope

    # --- one step -----------------------------------------------------------------------

    def _rate(self, number: int) -> float:
        first, name = self.settings.rate, self.settings.schedule
        return first if name == BACKTRACKING else SCHEDULES[name](first, number, self.settings.steps)

    def _move(self, x: Vector, value: float, gradient: Vector, rate: float) -> tuple[Vector | None, float]:
        """The next point and the rate that leads there; None where a line search finds no step."""
        cut = clip_gradient(gradient, self.settings.clip, self.settings.clip_value)
        if not self.searches:
            return self._along(x, self._step(x, cut, rate)), rate
        full, steepest = self._step(x, cut, 1.0), [-g for g in cut]
        # Momentum may point uphill, and so may a step cut off by bounds: then the gradient is followed.
        is_downhill = sum(d * g for d, g in zip(full, gradient, strict=True)) < 0
        for direction in (full, steepest) if is_downhill else (steepest,):
            moved, used_rate = self._search_line(x, value, gradient, direction, rate)
            if moved is not None:
                return moved, used_rate
        return None, rate

    def _search_line(
        self, x: Vector, value: float, gradient: Vector, direction: Vector, rate: float
    ) -> tuple[Vector | None, float]:
        """The first point at which f has fallen enough, halving the rate (Armijo 1966), and lower ones beyond it.

        A full step along a gradient may be short of where f goes on falling, and any step may have crossed the valley;
        those of Newton's method have their own length.
        """

        def fall(length: float) -> tuple[float, Vector | None]:
            moved = self._along(x, [length * d for d in direction])
            promised = sum(g * (b - a) for g, a, b in zip(gradient, x, moved, strict=True))
            after = self.objective.value(moved) if promised < 0 else math.nan
            return (after, moved) if after <= value + ARMIJO * promised else (math.inf, None)

        first = rate
        lowest, nearest = fall(rate)
        while nearest is None and rate > first * 0.5**SHORTEST:
            rate /= 2
            lowest, nearest = fall(rate)
        if nearest is None or self.rule is None:
            return nearest, rate
        for factor in (2.0, 0.5) if rate == first else (0.5,):
            after, beyond = fall(rate * factor)
            while -math.inf < after < lowest:
                lowest, nearest, rate = after, beyond, rate * factor
                after, beyond = fall(rate * factor)
        return nearest, rate

    def _along(self, x: Vector, step: Vector) -> Vector:
        return clamp([a + d for a, d in zip(x, step, strict=True)], self.settings.bounds)

    def _step(self, x: Vector, gradient: Vector, rate: float) -> Vector:
        """The step before any line search; Newton's leaves coordinates held at a bound (Bertsekas 1982)."""
        if self.rule is not None:
            return self.rule(gradient, rate)
        fixed = held_places(x, gradient, self.settings.bounds)
        moving = [place for place in range(len(x)) if place not in fixed]
        hessian = self.objective.hessian(x)
        direction = newton_direction([[hessian[i][j] for j in moving] for i in moving], [gradient[i] for i in moving])
        step = [0.0] * len(x)
        for place, part in zip(moving, direction, strict=True):
            step[place] = rate * part
        return step

    # --- has it ended -------------------------------------------------------------------

    def _ended(self, step: Step) -> EndStatus | None:
        """The name of the end, if this step is one."""
        if step.gradient_norm <= self.settings.tol:
            return "converged"
        if self._diverges(step):
            return "diverging"
        if self._cycles(step):
            return "cycling"
        if self.searches and self._creeps(step):
            return "stalled"
        return "max_steps" if step.number >= self.settings.steps else None

    def _diverges(self, step: Step) -> bool:
        if not step.number:
            return False
        before, first = self.path[-2], self.path[0]
        self.rising = self.rising + 1 if step.value > before.value else 0
        return has_grown(first.value, step.value) or self.rising >= _RISING

    def _cycles(self, step: Step) -> bool:
        """Whether the run keeps coming back to where it was a few steps ago."""
        if step.number < LONGEST_CYCLE:
            return False
        last = math.dist(step.x, self.path[-2].x)
        back = any(
            math.dist(step.x, self.path[-1 - period].x) <= _SEEN_AGAIN * last for period in range(2, LONGEST_CYCLE + 1)
        )
        self.again = self.again + 1 if back else 0
        return self.again >= _ROUNDS

    def _creeps(self, step: Step) -> bool:
        """Whether a search for the lengths of steps finds none that is longer than rounding, as next to a kink."""
        if step.number:
            least = _ROUNDING * (1 + max(map(abs, step.x)))
            moves = any(abs(a - b) > least for a, b in zip(step.x, self.path[-2].x, strict=True))
            self.creeping = 0 if moves else self.creeping + 1
        return self.creeping >= _CREEPS

    def _how_lost(self, moved: Vector, value: float) -> EndStatus:
        """The name of an end without numbers: an overflow far out, or a step out of the domain."""
        far = not all(map(math.isfinite, moved)) or math.isinf(value)
        grew = len(self.path) > 1 and self.path[-1].value > self.path[0].value
        return "diverging" if far or grew else "left_domain"


def stop_at_kink(run: Run, place: Vector, value: float) -> Run:
    """A run with its end at the point that it has lost its numbers at, where f has a value and no gradient."""
    path = run.path
    if place is not run.end.x:
        path = [*path, Step(run.end.number + 1, place, value, math.nan, None)]
    return run._replace(status="stalled", path=path, lost=None)


def has_grown(first: float, last: float) -> bool:
    """Whether f has grown so far that the run will not come back."""
    return last - first > _GROWTH * (1 + abs(first))


def clamp(x: Sequence[float], bounds: Bounds) -> Vector:
    """The point with each coordinate moved inside of its bounds."""
    return [min(max(value, bounds[i][0]), bounds[i][1]) if i in bounds else value for i, value in enumerate(x)]


def held_places(x: Sequence[float], gradient: Sequence[float], bounds: Bounds) -> set[int]:
    """The places of coordinates at a bound beyond which f falls."""
    return {
        place
        for place, (low, high) in bounds.items()
        if (x[place] <= low and gradient[place] > 0) or (x[place] >= high and gradient[place] < 0)
    }


def free_gradient(x: Sequence[float], gradient: Sequence[float], bounds: Bounds) -> Vector:
    """The gradient with 0 for coordinates that are held at a bound."""
    fixed = held_places(x, gradient, bounds)
    return [0.0 if place in fixed else slope for place, slope in enumerate(gradient)]


def newton_direction(hessian: list[Vector], gradient: Sequence[float]) -> Vector:
    """-H**-1*g, with a multiple of the identity added to H where it is not positive definite.

    The multiple is the first that suffices, from 1e-3 of the largest entry by factors of 4 (Nocedal and
    Wright, Numerical Optimization, 2nd ed., algorithm 3.3). Returns -g where none does.
    """
    shift = 0.0
    largest = max((abs(entry) for row in hessian for entry in row), default=0.0)
    if not math.isfinite(largest):
        return [-g for g in gradient]
    for _ in range(SHORTEST):
        shifted = [[entry + (shift if i == j else 0.0) for j, entry in enumerate(row)] for i, row in enumerate(hessian)]
        lower = cholesky(shifted)
        if lower is not None:
            return [-d for d in solve_factored(lower, gradient)]
        shift = max(4 * shift, 1e-3 * largest or 1e-3)
    return [-g for g in gradient]


# --- stochastic descent -------------------------------------------------------------------


class HasGradient(Protocol):
    """What a step along a gradient needs."""

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """The value and the gradient."""


class InBatches(HasGradient, Protocol):
    """An objective over rows of data, of which some may be taken."""

    def of(self, rows: Sequence[int]) -> HasGradient:
        """The objective over some rows."""


def descend_in_batches(
    objective: InBatches, start: Sequence[float], settings: Settings, rows: int, size: int, seed: int, watch: Watch
) -> Run:
    """A run of ``settings.steps`` epochs, one step per batch; its path holds the epochs, with the loss of all rows.

    In each epoch the rows are shuffled (Python's Mersenne Twister) and cut into batches of ``size``, of which
    the last may be smaller (Robbins and Monro 1951; Bottou, Curtis and Nocedal 2018, 4.1).
    """
    random, rule = Random(seed), METHODS[settings.method].make(settings.inertia)
    order, x = list(range(rows)), list(start)
    batches = -(-rows // size)
    path: list[Step] = []
    rate: float | None = None
    for epoch in range(settings.steps + 1):
        value, gradient = objective.gradient(x)
        if not is_finite(value, gradient):
            return Run("left_domain", path or [Step(0, x, value, norm(gradient), None)], gradient, x)
        path.append(Step(epoch, list(x), value, norm(gradient), rate))
        watch(path[-1])
        if has_grown(path[0].value, value):
            return Run("diverging", path, gradient)
        if norm(gradient) <= settings.tol or epoch == settings.steps:
            break
        random.shuffle(order)
        for batch in range(batches):
            rate = SCHEDULES[settings.schedule](settings.rate, epoch * batches + batch, settings.steps * batches)
            part, slope = objective.of(order[batch * size : (batch + 1) * size]).gradient(x)
            if not is_finite(part, slope):
                return Run("left_domain", path, gradient, x)
            step = rule(clip_gradient(slope, settings.clip, settings.clip_value), rate)
            x = [a + d for a, d in zip(x, step, strict=True)]
    return Run("converged" if path[-1].gradient_norm <= settings.tol else "max_steps", path, gradient)


# --- why a run diverges -------------------------------------------------------------------

_MOST_WORK = 1e8
"""The most steps times the cube of the number of variables; only the first steps of a longer run are examined."""


def explain_instability(objective: Objective, path: Sequence[Step], settings: Settings) -> str:
    """`; the curvature 20 needs lr < 0.1, not 0.11`, for the first step whose rate was too large; else empty.

    Cost: a Hessian and its eigenvalues per step.
    """
    method = METHODS.get(settings.method)
    if method is None or method.stable is None:
        return ""
    most_steps = 1 + int(_MOST_WORK / len(path[0].x) ** 3)
    for step, after in zip(path[:most_steps], path[1:] or path, strict=False):
        hessian = objective.hessian(step.x)
        if not all(math.isfinite(entry) for row in hessian for entry in row):
            break
        top, rate = largest_eigenvalue(hessian), settings.rate if after.lr is None else after.lr
        most = method.stable(top, settings.inertia) if top else math.inf
        if most <= rate:
            where = "" if step is path[0] else f" at step {step.number}"
            return f"; the curvature {top:.3g}{where} needs lr < {most:.3g}, not {rate:g}"
    return ""


def suggest_rate(objective: Objective, run: Run, settings: Settings) -> str:
    """`; the curvature 20 there allows lr up to 0.1: try --lr 0.05`, or what else may help a run that was too slow.

    Cost: a Hessian and its largest eigenvalue.
    """
    method = METHODS.get(settings.method)
    if method is None:
        return "; more --steps may help"
    if method.stable is not None and settings.schedule == "constant" and settings.clip is settings.clip_value is None:
        hessian = objective.hessian(run.end.x)
        top = largest_eigenvalue(hessian) if all(map(math.isfinite, (h for row in hessian for h in row))) else 0.0
        most = method.stable(top, settings.inertia) if top > 0 else 0.0
        if math.isfinite(most) and most > _SLOW * settings.rate:
            return f"; the curvature {top:.3g} there allows lr up to {most:.3g}: try --lr {most / 2:.1g}"
    return "; more --steps may help, or --method newton"
