"""A fitted model at other points, with bands: where the curve lies, and where a new measurement would.

Both are linear in the errors of the parameters, as in Bates and Watts, Nonlinear Regression Analysis (1988), 2.3.2.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flint import ctx

from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.numbers.quantiles import student_half_width
from dcalc.numbers.rounding import as_double
from dcalc.optimise.covariance import Spread
from dcalc.optimise.dataset import Rows
from dcalc.optimise.objective import BALLS, exact_balls
from dcalc.optimise.slopes import Partial, differentiate

_BITS = 128
Interval = tuple[float, float]


class Prediction(NamedTuple):
    """The model at a point: None where it has no value there. ``curve`` holds the value of the model, ``measurement``
    that of a new measurement, each at the level asked for; None where it is not known how far values scatter."""

    at: Mapping[str, float]
    value: float | None
    stderr: float | None
    curve: Interval | None
    measurement: Interval | None


def predict(
    model: Expr,
    parameters: Mapping[str, float],
    points: Sequence[Mapping[str, float]],
    spread: Spread,
    noise: Sequence[float | None],
    level: float,
) -> list[Prediction]:
    """The model with the fitted ``parameters`` at points, with its bands.

    ``noise`` holds the standard deviation of a new measurement at each point, None where it is not known. Values are
    the nearest doubles. Places without covariance count as exact, as parameters at a bound are.
    Cost: the first derivatives in ball arithmetic at each point.
    """
    names = list(parameters)
    partials = [differentiate(model, name) for name in names]
    heights, gradients = _evaluate([model, *partials], parameters, points)
    predictions = []
    for point, value, gradient, scatter in zip(points, heights, gradients, noise, strict=True):
        error = _error_along(gradient, spread) if value is not None else None
        if value is None or error is None:
            predictions.append(Prediction(point, value, None, None, None))
            continue
        width = student_half_width(level, spread.freedom)
        measured = None if scatter is None else width * math.hypot(error, scatter)
        predictions.append(
            Prediction(
                point,
                value,
                error,
                (value - width * error, value + width * error),
                None if measured is None else (value - measured, value + measured),
            )
        )
    return predictions


def _evaluate(
    parts: Sequence[Partial], parameters: Mapping[str, float], points: Sequence[Mapping[str, float]]
) -> tuple[list[float | None], list[list[float]]]:
    """The values of the first part, and those of the others, at points; None where there is no value."""
    columns = {name: exact_balls([point[name] for point in points]) for name in points[0]}
    try:
        with ctx.workprec(_BITS):
            fixed = {name: exact_balls([value])[0] for name, value in parameters.items()}
            values, *slopes = Rows(parts, columns, BALLS).at(fixed)
            heights = [as_double(value) if value.is_finite() else None for value in values]
            return heights, [[float(slope.mid()) for slope in row] for row in zip(*slopes, strict=True)]
    except DcalcError:  # the model has no value at one of the points
        if len(points) == 1:
            return [None], [[math.nan] * (len(parts) - 1)]
        each = [_evaluate(parts, parameters, [point]) for point in points]
        return [heights[0] for heights, _ in each], [gradients[0] for _, gradients in each]


def _error_along(gradient: Sequence[float], spread: Spread) -> float | None:
    """The standard error of a linear function of the parameters."""
    if spread.covariance is None or not all(map(math.isfinite, gradient)):
        return None
    parts = [
        a * b * entry
        for a, row in zip(gradient, spread.covariance, strict=True)
        for b, entry in zip(gradient, row, strict=True)
        if entry is not None
    ]
    return math.sqrt(max(math.fsum(parts), 0.0))
