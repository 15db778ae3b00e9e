"""First-order methods and learning-rate schedules.

Each method makes a `Rule`, which turns a gradient and a learning rate into the step to add to the point, and
keeps the memory between steps. Conventions and defaults, except for the momentum, are those of PyTorch's
torch.optim (SGD, Adagrad, RMSprop, Adam), so that paths can be compared digit by digit.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, NamedTuple

from dcalc.optimise.linear import Vector

MethodName = Literal[
    "gd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "newton", "lbfgs", "nelder-mead", "evolution",
    "lm", "gauss-newton", "smoothed",
]  # fmt: skip
NEWTON: MethodName = "newton"
LBFGS: MethodName = "lbfgs"
NELDER_MEAD: MethodName = "nelder-mead"
EVOLUTION: MethodName = "evolution"
LM: MethodName = "lm"
GAUSS_NEWTON: MethodName = "gauss-newton"
SMOOTHED: MethodName = "smoothed"
"""For absolute values; it cannot be asked for by name."""
ScheduleName = Literal["constant", "step", "cosine", "1/t", "backtracking"]
Rule = Callable[[Sequence[float], float], Vector]


class Method(NamedTuple):
    """A first-order method: a function from the momentum to a rule, and the default learning rate."""

    make: Callable[[float], Rule]
    lr: float
    doc: str
    stable: Callable[[float, float], float] | None = None
    """From the largest curvature and the momentum to the largest learning rate that is stable on a quadratic."""


def _gd(_momentum: float) -> Rule:
    """Cauchy 1847; torch.optim.SGD."""
    return lambda gradient, lr: [-lr * g for g in gradient]


def _momentum(momentum: float) -> Rule:
    """Heavy ball (Polyak 1964) as torch.optim.SGD has it: the first buffer is the gradient."""
    buffer: Vector = []

    def step(gradient: Sequence[float], lr: float) -> Vector:
        buffer[:] = [momentum * b + g for b, g in zip(buffer, gradient, strict=True)] if buffer else gradient
        return [-lr * b for b in buffer]

    return step


def _nesterov(momentum: float) -> Rule:
    """Nesterov 1983 as torch.optim.SGD(nesterov=True) has it (Sutskever et al. 2013)."""
    buffer: Vector = []

    def step(gradient: Sequence[float], lr: float) -> Vector:
        buffer[:] = [momentum * b + g for b, g in zip(buffer, gradient, strict=True)] if buffer else gradient
        return [-lr * (g + momentum * b) for b, g in zip(buffer, gradient, strict=True)]

    return step


def _adagrad(_momentum: float) -> Rule:
    """Duchi, Hazan and Singer 2011; torch.optim.Adagrad, eps 1e-10."""
    total: Vector = []

    def step(gradient: Sequence[float], lr: float) -> Vector:
        squares = [g * g for g in gradient]
        total[:] = [t + s for t, s in zip(total, squares, strict=True)] if total else squares
        return [-lr * g / (math.sqrt(t) + 1e-10) for g, t in zip(gradient, total, strict=True)]

    return step


def _rmsprop(_momentum: float, alpha: float = 0.99) -> Rule:
    """Tieleman and Hinton 2012; torch.optim.RMSprop, alpha 0.99, eps 1e-8."""
    mean: Vector = []

    def step(gradient: Sequence[float], lr: float) -> Vector:
        mean[:] = mean or [0.0] * len(gradient)
        mean[:] = [alpha * m + (1 - alpha) * g * g for m, g in zip(mean, gradient, strict=True)]
        return [-lr * g / (math.sqrt(m) + 1e-8) for g, m in zip(gradient, mean, strict=True)]

    return step


def _adam(_momentum: float, beta1: float = 0.9, beta2: float = 0.999) -> Rule:
    """Kingma and Ba 2015; torch.optim.Adam, betas 0.9 and 0.999, eps 1e-8."""
    first: Vector = []
    second: Vector = []
    count = 0

    def step(gradient: Sequence[float], lr: float) -> Vector:
        nonlocal count
        count += 1
        first[:] = first or [0.0] * len(gradient)
        second[:] = second or [0.0] * len(gradient)
        first[:] = [m + (1 - beta1) * (g - m) for m, g in zip(first, gradient, strict=True)]
        second[:] = [beta2 * v + (1 - beta2) * g * g for v, g in zip(second, gradient, strict=True)]
        size, root = lr / (1 - beta1**count), math.sqrt(1 - beta2**count)
        return [-size * m / (math.sqrt(v) / root + 1e-8) for m, v in zip(first, second, strict=True)]

    return step


METHODS: Mapping[MethodName, Method] = {
    "gd": Method(_gd, 1e-3, "gradient descent", lambda top, _: 2 / top),
    "momentum": Method(_momentum, 1e-3, "gradient descent with momentum", lambda top, mu: 2 * (1 + mu) / top),
    "nesterov": Method(
        _nesterov, 1e-3, "Nesterov's accelerated gradient", lambda top, mu: 2 * (1 + mu) / ((1 + 2 * mu) * top)
    ),
    "adagrad": Method(_adagrad, 1e-2, "Adagrad"),
    "rmsprop": Method(_rmsprop, 1e-2, "RMSprop"),
    "adam": Method(_adam, 1e-3, "Adam"),
}
"""By `MethodName`. At the largest stable rate the characteristic polynomial of the step on a quadratic has a
root at -1 (Goh 2017, Why Momentum Really Works)."""
WITH_MOMENTUM = ("momentum", "nesterov")
FOR_FUNCTIONS: tuple[MethodName, ...] = (NELDER_MEAD, EVOLUTION)
"""Methods that do without derivatives; they are for functions, not for losses over data."""


def uses_option(method: MethodName, option: str) -> bool:
    """Whether a method uses an option that learning rates, momentum and clipping have."""
    if option == "momentum":
        return method in WITH_MOMENTUM
    return method in METHODS or method == NEWTON


def clip_gradient(gradient: Sequence[float], by_norm: float | None, by_value: float | None) -> Vector:
    """The gradient with its components limited to ``by_value``, then its length to ``by_norm``.

    As torch.nn.utils.clip_grad_value_ and clip_grad_norm_ do (Pascanu, Mikolov and Bengio 2013).
    """
    cut = list(gradient)
    if by_value is not None:
        cut = [max(-by_value, min(by_value, g)) for g in cut]
    if by_norm is not None:
        factor = min(1.0, by_norm / (math.hypot(*cut) + 1e-6))  # PyTorch adds 1e-6 to the length
        cut = [g * factor for g in cut]
    return cut


# --- schedules ----------------------------------------------------------------------------

Schedule = Callable[[float, int, int], float]
"""From (first rate, step counted from 0, number of steps) to the rate of that step."""

STEP_PARTS = 3
"""`step` divides the rate by ten after each of this many equal parts of the run: at 1/3 and 2/3 of it."""

SCHEDULES: Mapping[str, Schedule] = {
    "constant": lambda lr, _step, _steps: lr,
    # torch.optim.lr_scheduler.StepLR with gamma 0.1 and a third of the steps.
    "step": lambda lr, step, steps: lr * 0.1 ** (step * STEP_PARTS // max(steps, 1)),
    # Loshchilov and Hutter 2017, without restarts: torch.optim.lr_scheduler.CosineAnnealingLR.
    "cosine": lambda lr, step, steps: lr * (1 + math.cos(math.pi * step / max(steps, 1))) / 2,
    # Robbins and Monro 1951.
    "1/t": lambda lr, step, _steps: lr / (1 + step),
}
BACKTRACKING: ScheduleName = "backtracking"
"""Not a function of the step: each step starts from the full rate and halves it until f falls enough."""
SCHEDULE_NAMES = (*SCHEDULES, BACKTRACKING)
ARMIJO = 1e-4
"""A step is accepted if it keeps this part of the decrease that the slope promises (Armijo 1966); 1e-4 is usual
(Nocedal and Wright, Numerical Optimization, 2nd ed., 3.1)."""
SHORTEST = 60
"""Halvings after which a search gives up: 2**-60 of a step is below the last digit of the point."""
