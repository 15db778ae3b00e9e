"""Variable projection: where a model is linear in some parameters, they follow from the others.

What is left is a problem in the others alone, with fewer valleys to get lost in (Golub and
Pereyra 1973); its Jacobian is Kaufman's (1975).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain

from dcalc.analysis.optimise.linear import Matrix, Vector, dot, least_squares
from dcalc.analysis.optimise.run import Run, Watch
from dcalc.analysis.training.least_squares import Good, marquardt
from dcalc.analysis.training.summed import Residuals
from dcalc.derive import derivative
from dcalc.expr import ZERO, Expr


class Projected:
    """Residuals in the parameters that are not linear, the linear ones being at their best."""

    def __init__(self, residuals: Residuals, linear: Sequence[str]) -> None:
        self.residuals = residuals
        self.linear = [residuals.names.index(name) for name in linear]
        self.others = [place for place in range(len(residuals.names)) if place not in self.linear]

    def whole(self, x: Sequence[float]) -> Vector:
        """The point in all parameters."""
        point = [0.0] * len(self.residuals.names)
        for place, value in zip(self.others, x, strict=True):
            point[place] = value
        rest, jacobian = self.residuals.with_jacobian(point)
        basis = [[row[place] for place in self.linear] for row in jacobian]
        if not _are_finite([rest, *basis]):
            return [math.nan] * len(point)
        best, _ = least_squares(basis, [-r for r in rest])
        for place, value in zip(self.linear, best, strict=True):
            point[place] = value
        return point

    def at(self, x: Sequence[float]) -> Vector:
        """The residuals."""
        return self.residuals.at(self.whole(x))

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The residuals and their Jacobian, without what the linear parameters make good."""
        rest, jacobian = self.residuals.with_jacobian(self.whole(x))
        if not _are_finite([rest, *jacobian]):
            return [math.nan] * len(rest), [[math.nan] * len(x)] * len(rest)
        basis = [[row[place] for place in self.linear] for row in jacobian]
        columns = []
        for place in self.others:
            column = [row[place] for row in jacobian]
            weights, _ = least_squares(basis, column)
            columns.append([a - dot(row, weights) for a, row in zip(column, basis, strict=True)])
        return rest, [list(row) for row in zip(*columns, strict=True)]


def _are_finite(matrix: Matrix) -> bool:
    return all(map(math.isfinite, chain.from_iterable(matrix)))


def by_projection(
    residual: Expr, residuals: Residuals, start: Sequence[float], steps: int, watch: Watch, good: Good
) -> Run | None:
    """A run in the parameters that are not linear, and from its end one in all; None where there
    are no parameters of the one kind or the other. Cost: as that of `marquardt`."""
    linear = linear_in(residual, residuals.names)
    if not 0 < len(linear) < len(residuals.names):
        return None
    reduced = Projected(residuals, linear)
    run = marquardt(reduced, [start[place] for place in reduced.others], steps, watch)
    if run.status == "left_domain":
        return None
    path = [step._replace(x=reduced.whole(step.x)) for step in run.path]
    last = marquardt(residuals, path[-1].x, steps, watch, good)
    return last._replace(path=[*path, *(step._replace(number=len(path) + k) for k, step in enumerate(last.path))])


def linear_in(residual: Expr, names: Sequence[str]) -> list[str]:
    """Parameters in which an expression is linear together: the first that go with those before them."""
    found: list[str] = []
    for name in names:
        slope = derivative(residual, (name,))
        if all(derivative(slope, (other,)) is ZERO for other in (*found, name)):
            found.append(name)
    return found
