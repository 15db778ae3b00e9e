"""Stochastic descent: a step a batch, the rows drawn anew each epoch."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from dcalc.analysis.optimise.linear import norm
from dcalc.analysis.optimise.methods import METHODS, clipped
from dcalc.analysis.optimise.objective import is_finite
from dcalc.analysis.optimise.run import Run, Settings, Step, Watch, has_grown
from dcalc.analysis.optimise.schedules import SCHEDULES
from dcalc.analysis.training.summed import MeanLoss


def epochs(
    objective: MeanLoss, start: Sequence[float], settings: Settings, rows: int, size: int, seed: int, watch: Watch
) -> Run:
    """A run of ``settings.steps`` epochs; its steps are the epochs, with the loss over all rows.

    Rows are shuffled by Python's Mersenne Twister and cut into batches of ``size``; the last
    may be smaller (Robbins and Monro 1951; Bottou, Curtis and Nocedal 2018, 4.1).
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
            step = rule(clipped(slope, settings.clip, settings.clip_value), rate)
            x = [a + d for a, d in zip(x, step, strict=True)]
    return Run("converged" if path[-1].gradient_norm <= settings.tol else "max_steps", path, gradient)
