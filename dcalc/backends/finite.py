"""Central differences with Richardson extrapolation; step and error chosen from the function.

The noise of f is measured from a table of differences (More and Wild, Estimating
Derivatives of Noisy Simulations, 2012) and bounded by ball arithmetic, then steps are halved from as far as the domain
allows, extrapolated (Ridders, Adv. Eng. Software 4, 1982), and the entry kept whose
truncation and rounding errors together are least. Both make up the error that is claimed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from flint import arb, ctx

from dcalc.coordinates import at_doubles
from dcalc.errors import Unsupported
from dcalc.numbers import FLINT, real
from dcalc.numbers.enclosure import Constant, Encloser, Fault
from dcalc.problem import Capabilities, Problem, Result
from dcalc.tape import lower, run

CAPABILITIES = Capabilities(orders=(1, 4), mixed=False, tolerance=1e-6, guarded=True)

_EPS = 2.0**-52
_HALVINGS = 52
_SHAPE = 0.7548828125  # steps are this times a power of two: exact, and no whole part of a period
_COLUMNS = 7
Stencil = tuple[tuple[int, float], ...]
"""Offsets in steps, each with its weight."""
STENCILS: dict[int, Stencil] = {  # central, by order; to be divided by h**order
    1: ((1, 0.5), (-1, -0.5)),
    2: ((1, 1.0), (0, -2.0), (-1, 1.0)),
    3: ((2, 0.5), (1, -1.0), (-1, 1.0), (-2, -0.5)),
    4: ((2, 1.0), (1, -4.0), (0, 6.0), (-1, -4.0), (-2, 1.0)),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An approximation of the tableau with its estimated errors."""

    value: float
    truncation: float
    rounding: float

    @property
    def error(self) -> float:
        """What is claimed: both kinds of error together."""
        return self.truncation + self.rounding


def differentiate(problem: Problem) -> Result:
    """The derivative and an honest error. No step leaves the domain of f.

    Raises Unsupported for mixed partials and orders other than 1 to 4. Cost: some 100
    evaluations of f.
    """
    if not CAPABILITIES.cover(problem):
        raise Unsupported("finite differences go up to order 4, by one variable", help="use --backend reference")
    sampler = Sampler(problem)
    if not math.isfinite(sampler(0.0)):
        return Result("finite", None, "undefined", reason="f has no number there", evaluations=sampler.count)
    best = extrapolate(sampler, problem.order)
    if best is None:
        reason = "no room for a step on both sides"
        return Result("finite", None, "unresolved", reason=reason, evaluations=sampler.count)
    if sampler.is_noise():
        reason = "f changes faster than doubles are spaced"
        return Result("finite", None, "unresolved", reason=reason, evaluations=sampler.count)
    if problem.order == 1 and sides_disagree(sampler, best):
        reason = "one-sided quotients differ"
        return Result("finite", None, "not_differentiable", "kink", reason=reason, evaluations=sampler.count)
    if not math.isfinite(best.value):
        return Result("finite", None, "overflow", reason="beyond a double", evaluations=sampler.count)
    return Result("finite", best.value, error_bound=best.error, evaluations=sampler.count)


class Sampler:
    """f at distances from the point, each computed once."""

    def __init__(self, problem: Problem) -> None:
        self.inputs = at_doubles(problem.at)
        self.name = problem.wrt[0]
        self.center = self.inputs.get(self.name, 0.0)
        self.root = problem.root
        self.tape = lower(problem.root)
        self.samples: dict[float, float] = {}

    @property
    def count(self) -> int:
        """How often f was evaluated."""
        return len(self.samples)

    def __call__(self, distance: float) -> float:
        """f at center + distance; nan outside of the domain."""
        value = self.samples.get(distance)
        if value is None:
            inputs = {**self.inputs, self.name: self.center + distance}
            value = float(run(self.tape, inputs, real.constant, real.evaluator)[self.tape.place(self.root)])
            self.samples[distance] = value
        return value

    def spacing(self) -> float:
        """The smallest power of two that the center can be moved by without rounding."""
        return math.ulp(self.center) or 2.0**-1074

    @cached_property
    def noise(self) -> float:
        """Rounding noise of f near the point: what differences show, or what a bound allows.

        Neither is enough alone. Differences miss the error of a cancellation, which is the
        same for all samples close by; the bound knows nothing of the evaluators of `math`.
        """
        return max(self._observed_noise(), self.noise_bound(97 * self.spacing()))

    def is_noise(self) -> bool:
        """Whether neighbouring doubles show as much change as far ones, as in sin(x) at 1e22."""
        values = [value for value in self.samples.values() if math.isfinite(value)]
        largest = max(map(abs, values), default=0.0)
        spread = max(values, default=0.0) / 2 - min(values, default=0.0) / 2
        observed = self._observed_noise()
        return observed > 1e-6 * largest and observed > 1e-3 * spread

    @cached_property
    def _encloser(self) -> Encloser:
        return Encloser(self.root, "", 0)

    def noise_bound(self, distance: float) -> float:
        """The radius of f in ball arithmetic with the precision of doubles, at a distance from the
        point: at a round number the sums may all be exact, or a factor 0."""
        near = {**self.inputs, self.name: self.center + distance}
        with FLINT, ctx.workprec(53):
            f = self._encloser.at({name: _ball(value) for name, value in near.items()}).f
        return 0.0 if isinstance(f, Fault) or not f.is_finite() else float(f.rad())

    def _observed_noise(self) -> float:
        step = max(self.spacing() * 97, 2.0**-1000)  # an odd multiple, so that no pattern repeats
        values = [self(i * step) for i in range(-3, 4)]
        scale = max((abs(v) for v in values if math.isfinite(v)), default=0.0)
        if not (scale and all(map(math.isfinite, values))):
            return 4 * _EPS * scale
        values = [v / scale for v in values]
        levels = []
        for k in range(1, 7):
            values = [b - a for a, b in pairwise(values)]
            gamma = math.factorial(k) ** 2 / math.factorial(2 * k)
            levels.append(math.sqrt(gamma * sum(v * v for v in values) / len(values)))
        return scale * max(_EPS, min(levels[3:]))


def _ball(value: float) -> Constant:
    return lambda: arb(value)


def extrapolate(f: Sampler, order: int) -> Entry | None:
    """The best entry of the tableau of quotients at ever smaller steps; None where no step fits."""
    rows: list[Entry] = []
    previous: list[Entry] = []
    noise = f.noise
    smallest = f.spacing() * 2**13  # below, center + step would be rounded
    step = widest_step(f, order)
    for _ in range(_HALVINGS):
        if step < smallest:
            break
        row = _row(f, order, step, noise, previous)
        if len(row) > 1:
            rows.append(min(row[1:], key=lambda entry: entry.error))
        previous = row
        step /= 2
    return _consistent(rows)


def difference_quotient(f: Callable[[float], float], stencil: Stencil, step: float, unit: float) -> float:
    """The weighted sum of f at the places of a stencil, over ``unit``; nan where that is 0."""
    return sum(weight * f(offset * step) for offset, weight in stencil) / unit if unit else math.nan


def extrapolated(fine: float, coarse: float, column: int) -> float:
    """Richardson's combination of two central approximations, of steps h and 2h, that frees them of
    the error in h**(2*column)."""
    factor = 4.0**column
    return (factor * fine - coarse) / (factor - 1)


def _row(f: Sampler, order: int, step: float, noise: float, previous: list[Entry]) -> list[Entry]:
    """The quotient at a step and its extrapolations; empty where a number is missing."""
    stencil = STENCILS[order]
    unit = real.power(step, order)
    quotient = difference_quotient(f, stencil, step, unit)
    if not math.isfinite(quotient):
        return []
    noise = max(noise, f.noise_bound(step))
    rounding = sum(abs(weight) for _, weight in stencil) * noise / unit + abs(quotient) * _EPS
    row = [Entry(quotient, math.inf, rounding)]
    for column in range(1, min(len(previous), _COLUMNS - 1) + 1):
        old, last = previous[column - 1], row[-1]
        factor = 4.0**column
        value = extrapolated(last.value, old.value, column)
        rounding = (factor * last.rounding + old.rounding) / (factor - 1)
        row.append(Entry(value, max(abs(value - last.value), abs(value - old.value)), rounding))
    return row


def _consistent(rows: list[Entry]) -> Entry | None:
    """The entry of least error, where what smaller steps contradict counts as error: wide steps
    may agree by chance, as over whole periods, or where a peak is far narrower than the step.

    A smaller step is believed no further than it agrees with its neighbours, since rounding
    errors of f may be the same for all samples close by.
    """
    gaps = [abs(a.value - b.value) for a, b in pairwise(rows)]
    around = [max(gaps[max(0, k - 1) : k + 1], default=0.0) for k in range(len(rows))]
    best: Entry | None = None
    for k, entry in enumerate(rows):
        later = range(k + 1, len(rows))
        contradicted = max(
            (abs(entry.value - rows[j].value) - 10 * max(rows[j].error, around[j]) for j in later), default=0.0
        )
        honest = Entry(entry.value, max(entry.truncation, contradicted, *gaps[k : k + 1]), entry.rounding)
        if best is None or honest.error < best.error:
            best = honest
    return best


def widest_step(f: Sampler, order: int) -> float:
    """The largest step, not over the scale of the point, whose stencil stays in the domain."""
    reach = 1 if order < 3 else 2
    scale = max(abs(f.center), 2.0**-20) if abs(f.center) < 1 else abs(f.center)
    exponent = math.frexp(scale if f.center else 1.0)[1] - 1  # log2 would round that of the largest doubles up
    step = _SHAPE * 2.0**exponent / reach
    smallest = f.spacing()
    while step > smallest and not _inside(f, step * reach):
        step /= 2
    return step


def _inside(f: Sampler, distance: float) -> bool:
    """Whether f has numbers at several places up to that distance on both sides."""
    return all(math.isfinite(f(sign * distance * part)) for part in (1.0, 0.5, 0.75) for sign in (1, -1))


def sides_disagree(f: Sampler, best: Entry) -> bool:
    """Whether forward and backward quotients stay apart, by the same gap, while the step shrinks."""
    step = math.ldexp(1.0, math.frexp(max(abs(f.center), 2.0**-10))[1] - 7)
    gaps = []
    for _ in range(5):
        gaps.append((f(step) - 2 * f(0.0) + f(-step)) / step)
        step /= 4
    if not all(map(math.isfinite, gaps)):
        return False
    last = gaps[-1]
    steady = all(abs(gap - last) < 0.05 * abs(last) for gap in gaps[1:])
    return steady and abs(last) > max(4 * f.noise / step, 1e-6 * abs(best.value))
