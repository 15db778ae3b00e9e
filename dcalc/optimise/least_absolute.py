"""Least absolute deviations: the minimum usually is a corner, where some residuals are 0 and the loss has a kink.

The sum of sqrt(r**2 + d**2) is minimised by Newton's method for ever smaller d (Madsen and Nielsen 1993). The corner
next to the end is then solved for and proved (`vertex`); where that fails, the shortest subgradient is measured.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from statistics import median
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol
from dcalc.optimise.dataset import Data, MeanLoss, Residuals
from dcalc.optimise.descent import Run, Settings, Step, Watch, descend
from dcalc.optimise.linear import dot, norm, solve_least_squares
from dcalc.optimise.methods import NEWTON
from dcalc.optimise.vertex import Vertex, prove_vertex

_SMOOTHING = "_d"  # names begin with a letter, so no column has this one
# Factors of ten: each minimum is close enough to the next for full Newton steps.
_SCALES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
_ZERO = 1e-5
"""Residuals below this part of their median count as 0: far below noise, far above the last smoothing, 1e-8."""
_INSIDE = 1e-6
"""The tolerance of the subgradient condition, relative to the columns of the Jacobian."""


class Corner(NamedTuple):
    """The end of a fit of absolute values: the corner, if it is proved to be a minimum, else a numerical check.

    ``subgradient`` is the length of the shortest one in doubles, relative to the columns of the Jacobian.
    """

    run: Run
    vertex: Vertex | None
    subgradient: float


def fit_least_absolute(
    residual: Expr, names: Sequence[str], data: Data, start: Sequence[float], settings: Settings, watch: Watch
) -> Corner:
    """The descent with less and less smoothing. Cost: about ten descents by Newton's method."""
    exact = Residuals(residual, names, data.columns)
    middle = median(map(abs, exact.at(start)))
    row = make(
        table.SQRT, make(table.ADD, *(make(table.POW, part, number(2)) for part in (residual, symbol(_SMOOTHING))))
    )
    path: list[Step] = []
    x = list(start)
    for scale in _SCALES:
        columns = {**data.columns, _SMOOTHING: [scale * (middle or 1.0)] * data.rows}
        objective = MeanLoss(row, names, columns)
        run = descend(objective, x, replace(settings, method=NEWTON, lr=None, schedule="constant", tol=1e-10), watch)
        path += [step._replace(number=len(path) + k) for k, step in enumerate(run.path)]
        if run.status == "left_domain":
            return Corner(run._replace(path=path), None, math.inf)
        x = run.end.x
    x = _sharpen(exact, x)
    vertex = prove_vertex(residual, names, data, x)
    x = x if vertex is None else vertex.at
    left = _shortest_subgradient(exact, x)
    loss = math.fsum(map(abs, exact.at(x))) / data.rows
    path.append(Step(len(path), x, loss, left, None))
    ends_here = vertex is not None or left <= _INSIDE
    return Corner(Run("converged" if ends_here else "stalled", path, [left]), vertex, left)


def _sharpen(exact: Residuals, x: Sequence[float]) -> list[float]:
    """The nearby point at which residuals that are almost 0 vanish to the last digit."""
    for _ in range(4):
        rest, jacobian = exact.with_jacobian(x)
        threshold = _zero_threshold(rest)
        near = [(row, -r) for row, r in zip(jacobian, rest, strict=True) if abs(r) <= threshold]
        if len(near) != len(x):  # no corner fixed by as many residuals as parameters
            break
        step, _ = solve_least_squares([row for row, _ in near], [r for _, r in near])
        x = [a + d for a, d in zip(x, step, strict=True)]
    return list(x)


def _zero_threshold(rest: Sequence[float]) -> float:
    return _ZERO * (median(map(abs, rest)) or 1.0)


def _shortest_subgradient(exact: Residuals, x: Sequence[float]) -> float:
    """The length of the shortest subgradient relative to the Jacobian's columns.

    The subgradients differ in the weight, from -1 to 1, of each residual that is 0.
    """
    rest, jacobian = exact.with_jacobian(x)
    floor = _zero_threshold(rest)
    free = [row for row, r in zip(jacobian, rest, strict=True) if abs(r) <= floor]
    pulls = [
        math.fsum(
            math.copysign(entry, entry * r) if entry else 0.0
            for entry, r in zip(column, rest, strict=True)
            if abs(r) > floor
        )
        for column in zip(*jacobian, strict=True)
    ]
    scales = [norm(column) or 1.0 for column in zip(*jacobian, strict=True)]
    if not free:
        return norm([pull / scale for pull, scale in zip(pulls, scales, strict=True)])
    sides = [[row[j] / scales[j] for row in free] for j in range(len(scales))]
    goal = [-pull / scale for pull, scale in zip(pulls, scales, strict=True)]
    weights, _ = solve_least_squares(sides, goal) if len(free) <= len(sides) else _solve_underdetermined(sides, goal)
    kept = [max(-1.0, min(1.0, weight)) for weight in weights]
    return norm([dot(side, kept) - wanted for side, wanted in zip(sides, goal, strict=True)])


def _solve_underdetermined(sides: list[list[float]], goal: Sequence[float]) -> tuple[list[float], list[list[float]]]:
    """The shortest weights where they outnumber the conditions: sides^T*(sides*sides^T)**-1*goal."""
    square = [[dot(a, b) for b in sides] for a in sides]
    multipliers, upper = solve_least_squares(square, goal)
    return [dot([side[k] for side in sides], multipliers) for k in range(len(sides[0]))], upper
