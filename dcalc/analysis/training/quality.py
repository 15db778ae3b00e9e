"""How good a fit is: standard errors, R2, residual standard deviation, accuracy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from dcalc.analysis.optimise.linear import Matrix, Vector, cholesky, least_squares, norm, solve_factored

_DEPENDENT = 1e-12
"""A column of the Jacobian of which less than this is left depends on those before it."""
_TOGETHER = 1e-6


class Spread(NamedTuple):
    """Standard errors (none where the data do not give them) and what is to be said of them."""

    stderr: Vector | None
    note: str = ""


def of_squares(jacobian: Matrix, rss: float, names: Sequence[str]) -> Spread:
    """From the Jacobian of the residuals: s**2*(J^T*J)**-1, with s**2 = rss/(rows - parameters)."""
    rows, size = len(jacobian), len(names)
    if together := dependent(jacobian, names):
        return Spread(None, f"the data do not tell {' and '.join(together)} apart")
    if rows <= size:
        counted = f"{rows} row{'s' * (rows != 1)} for {size} parameter{'s' * (size != 1)}"
        return Spread(None, f"{counted}: nothing is left to judge the fit by")
    _, upper = least_squares(jacobian, [0.0] * rows)
    inverse = [_column_of_inverse(upper, j) for j in range(size)]
    deviation = math.sqrt(rss / (rows - size))
    return Spread([deviation * norm([column[i] for column in inverse]) for i in range(size)])


def of_likelihood(hessian: Matrix, rows: int, names: Sequence[str]) -> Spread:
    """From the Hessian of the mean loss, where the sum is a negative log-likelihood."""
    lower = cholesky([[rows * entry for entry in row] for row in hessian])
    if lower is None or min(lower[i][i] for i in range(len(names))) <= 1e-8 * max(
        lower[i][i] for i in range(len(names))
    ):
        return Spread(None, "the Hessian is singular, so the data do not tell all parameters apart")
    units = [[float(i == j) for i in range(len(names))] for j in range(len(names))]
    return Spread([math.sqrt(solve_factored(lower, unit)[i]) for i, unit in enumerate(units)])


def dependent(jacobian: Matrix, names: Sequence[str]) -> list[str]:
    """Parameters that the data do not tell apart: the first column that depends on those before
    it, and those; empty where there is none."""
    scales = [norm(column) or 1.0 for column in zip(*jacobian, strict=True)]
    scaled = [[entry / scale for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    _, upper = least_squares(scaled, [0.0] * len(jacobian))
    for k in range(min(len(names), len(jacobian))):
        if abs(upper[k][k]) <= _DEPENDENT:
            above = [upper[i][k] for i in range(k)]
            weights, _ = least_squares([row[:k] for row in upper[:k]], above) if k else ([], [])
            return [*(names[i] for i in range(k) if abs(weights[i]) > _TOGETHER), names[k]]
    return []


def _column_of_inverse(upper: Matrix, j: int) -> Vector:
    size = len(upper)
    x = [0.0] * size
    for i in reversed(range(size)):
        rest = math.fsum([float(i == j), *(-upper[i][k] * x[k] for k in range(i + 1, size))])
        x[i] = rest / upper[i][i]
    return x


def r_squared(target: Sequence[float], rss: float) -> float | None:
    """1 - rss/tss; None where the target is constant."""
    mean = math.fsum(target) / len(target)
    total = math.fsum((y - mean) ** 2 for y in target)
    return 1 - rss / total if total else None
