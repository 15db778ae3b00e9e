"""How the learning rate changes from step to step. Steps are counted from 0."""

from __future__ import annotations

import math
from collections.abc import Callable

Schedule = Callable[[float, int, int], float]
"""(first rate, step, number of steps) to the rate of that step."""

STEP_PARTS = 3
"""The rate of `step` is cut to a tenth this many times less one: at 1/3 and 2/3 of all steps."""

SCHEDULES: dict[str, Schedule] = {
    "constant": lambda lr, _step, _steps: lr,
    # torch.optim.lr_scheduler.StepLR with gamma 0.1 and a third of the steps.
    "step": lambda lr, step, steps: lr * 0.1 ** (step * STEP_PARTS // max(steps, 1)),
    # Loshchilov and Hutter 2017, without restarts: torch.optim.lr_scheduler.CosineAnnealingLR.
    "cosine": lambda lr, step, steps: lr * (1 + math.cos(math.pi * step / max(steps, 1))) / 2,
    # Robbins and Monro 1951.
    "1/t": lambda lr, step, _steps: lr / (1 + step),
}
BACKTRACKING = "backtracking"
"""Not a function of the step: the rate is halved until f falls enough."""
NAMES = (*SCHEDULES, BACKTRACKING)
ARMIJO = 1e-4
"""The part of the decrease that the slope promises which a step must keep (Armijo 1966)."""
SHORTEST = 60
"""Halvings after which no step is found: below the last digit of the point."""
