"""Intervals of a fit: how far a parameter may go while the others follow it, and where the curve may lie.

The interval of a parameter, by profile likelihood, holds the values at which the least sum of squares stays below the
threshold of an F test (Bates and Watts, Nonlinear Regression Analysis (1988), 6.1), or of a chi-square test where the
noise is known. Unlike standard errors it does not take the model for linear; bands of the curve do (2.3.2). All is in
doubles.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from flint import arb, ctx

from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.numbers.rounding import as_double
from dcalc.optimise.covariance import Spread
from dcalc.optimise.dataset import Rows
from dcalc.optimise.descent import Bounds, ignore_step
from dcalc.optimise.least_squares import levenberg_marquardt
from dcalc.optimise.linear import Linearised, SumOfSquares, Vector
from dcalc.optimise.objective import BALLS, Partial, differentiate, exact_balls

# --- quantiles ---------------------------------------------------------------------------------
# Quantiles of the normal and of Student's distribution, right to the last digit.
#
# Tails are enclosed in balls (DLMF 7.17, 8.17.2), and the doubles are searched by bisection, which needs no start and
# no derivative.


_PRECISIONS = (96, 192, 384, 768)
"""Bits, raised until it is decided on which side of a double the quantile lies."""
_INFINITY = 0x7FF0000000000000


@lru_cache(maxsize=64)
def student_half_width(level: float, freedom: int | None) -> float:
    """The t for which a variable of Student's distribution lies within -t and t with probability ``level``.

    ``freedom`` counts the degrees of freedom; None stands for the normal distribution. The nearest double.
    Domain: 0 < level < 1, freedom at least 1. Cost: some 70 incomplete beta functions, below 20 ms.
    """
    with ctx.workprec(1200):  # exact
        outside = 1 - arb(level)
    return _find_double(lambda t: _outside_normal(t) if freedom is None else _outside_student(t, freedom), outside)


def chance_above(chi_square: float, freedom: int) -> float:
    """The probability that a chi-square variable exceeds ``chi_square``, in doubles (DLMF 8.2.4)."""
    with ctx.workprec(128):
        return float((arb(chi_square) / 2).gamma_upper(arb(freedom) / 2, 1))


def _outside_normal(t: arb) -> arb:
    return (t / arb(2).sqrt()).erfc()


def _outside_student(t: arb, freedom: int) -> arb:
    whole, squared = arb(freedom), t * t
    if squared < whole:  # of an argument near 1 the function is lost
        return 1 - (squared / (whole + squared)).beta_lower(arb(1) / 2, whole / 2, 1)
    return (whole / (whole + squared)).beta_lower(whole / 2, arb(1) / 2, 1)


def _find_double(outside: Callable[[arb], arb], wanted: arb) -> float:
    """The double nearest to where a function that falls from 1 to 0 has the value ``wanted``."""
    low, high = 0, _INFINITY - 1  # bit patterns of positive doubles are ordered as the doubles are
    while high - low > 1:
        middle = (low + high) // 2
        if _is_above(outside, arb(_as_double(middle)), wanted):
            low = middle
        else:
            high = middle
    ends = _as_double(low), _as_double(high)
    with ctx.workprec(96):
        half = (arb(ends[0]) + arb(ends[1])) / 2
    return ends[1] if _is_above(outside, half, wanted) else ends[0]


def _is_above(outside: Callable[[arb], arb], t: arb, wanted: arb) -> bool:
    """Whether the function is above a value at t; equality that no precision decides counts as below."""
    for bits in _PRECISIONS:
        with ctx.workprec(bits):
            value = outside(t)
            if value > wanted:
                return True
            if value < wanted:
                return False
    return False


def _as_double(bits: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", bits))[0]
    return value


# --- intervals ---------------------------------------------------------------------------------


_STEPS = 60
"""Steps of each fit of the other parameters; they begin near their best values."""
_ENOUGH = 1e-13
"""The others are at their best once steps lower the sum by less than this part of it."""
_SEARCH = 60
_EXACT = 1e-11
"""Relative to the half-width: the end of an interval is found when it moves less."""
_FARTHEST = 1e4
"""Standard errors beyond which an interval is without an end."""
_LOWER = 1e-6
"""A sum that falls by more than this part below that of the fit belongs to another minimum."""


class Profile(NamedTuple):
    """The interval of a parameter; None where it has no end on that side. ``lower_sum``: the sum of squares falls
    below that of the fit on the way, so that the fit is not the least."""

    low: float | None
    high: float | None
    lower_sum: bool = False


class _PinnedResiduals:
    """Residuals as functions of all parameters but one."""

    def __init__(self, residuals: SumOfSquares, place: int) -> None:
        self.residuals = residuals
        self.size = residuals.size
        self.place = place
        self.value = 0.0

    def whole(self, x: Sequence[float]) -> Vector:
        """The point in all parameters."""
        return [*x[: self.place], self.value, *x[self.place :]]

    def measure(self, x: Sequence[float]) -> float:
        """The sum of squares."""
        return self.residuals.measure(self.whole(x))

    def linearise(self, x: Sequence[float]) -> Linearised:
        """The residuals and their Jacobian in the others."""
        others = [place for place in range(len(x) + 1) if place != self.place]
        return self.residuals.linearise(self.whole(x)).select(others)


class Profiler:
    """Profiles of a sum of squares around its minimum.

    ``scale`` is the variance of a residual, ``width`` the half-width of an interval in standard errors of a linear
    model: Student's t, or that of a normal distribution.
    """

    def __init__(
        self, residuals: SumOfSquares, at: Sequence[float], total: float, scale: float, width: float, bounds: Bounds
    ) -> None:
        self.residuals = residuals
        self.at = list(at)
        self.total = total
        self.scale = scale
        self.width = width
        self.bounds = bounds

    def profile(self, place: int, stderr: float) -> Profile:
        """The interval of the parameter at a place. Cost: some ten fits of the others to a side."""
        kept = _PinnedResiduals(self.residuals, place)
        low = self._find_end(kept, place, -stderr)
        high = self._find_end(kept, place, stderr)
        return Profile(low[0], high[0], low[1] or high[1])

    def _find_end(self, kept: _PinnedResiduals, place: int, stderr: float) -> tuple[float | None, bool]:
        """Where the signed root of the rise of the sum reaches the width, by the secant method within brackets.

        In a linear model that root is linear, so that few steps are needed (Bates and Watts 1988, 6.1.2).
        """
        ends = self.bounds.get(place, (-math.inf, math.inf))
        limit = abs(ends[1 if stderr > 0 else 0] - self.at[place])
        near, far = (0.0, -self.width), None
        distance = min(self.width * abs(stderr), limit)
        x = [*self.at[:place], *self.at[place + 1 :]]
        fell = False
        for _ in range(_SEARCH):
            kept.value = self.at[place] + math.copysign(distance, stderr)
            rise, x = self._refit(kept, place, x)
            fell = fell or rise < -_LOWER * self.total
            height = math.sqrt(max(rise, 0.0) / self.scale) - self.width if math.isfinite(rise) else math.inf
            if height < 0 and distance >= limit:
                return kept.value, fell  # the bound ends the interval
            if height < 0:
                near = (distance, height)
            else:
                far = (distance, height)
            if far is None:
                if distance > _FARTHEST * abs(stderr) * self.width:
                    return None, fell
                slope = (near[1] + self.width) / near[0]
                guess = self.width / slope if slope > 0 else math.inf
                distance = min(max(1.5 * distance, 1.05 * guess if guess < 4 * distance else 0.0), 4 * distance, limit)
                continue
            if far[0] - near[0] <= _EXACT * far[0]:
                break
            guess = near[0] - near[1] * (far[0] - near[0]) / (far[1] - near[1]) if math.isfinite(far[1]) else math.nan
            small = _EXACT / 2 * far[0]
            if abs(height) <= _EXACT * self.width:
                break
            usual = near[0] + small < guess < far[0] - small
            distance = guess if usual and _ % 4 != 3 else (near[0] + far[0]) / 2
        return self.at[place] + math.copysign(distance, stderr), fell

    def _refit(self, kept: _PinnedResiduals, place: int, x: Vector) -> tuple[float, Vector]:
        """The rise of the sum with that parameter kept, and the others at their best."""
        if not x:
            return kept.measure(x) - self.total, x
        shifted = {k - (k > place): ends for k, ends in self.bounds.items() if k != place}
        run = levenberg_marquardt(kept, x, _STEPS, ignore_step, bounds=shifted, enough=_ENOUGH)
        return kept.measure(run.end.x) - self.total, run.end.x if math.isfinite(run.end.value) else x


# --- The model at other points, with bands: where the curve lies, and where a new measurement would.

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
