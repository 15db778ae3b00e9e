"""Orthogonal distance regression: least squares where the inputs have errors, too (Boggs and Rogers 1990).

For given parameters each row has its own best inputs, which are found first. What is left of the row is then a residual
in the parameters alone, and its derivative is that of the model divided by the effective deviation, since the best
inputs are stationary. So Levenberg-Marquardt for plain residuals fits these as well, and its covariance is that of
ODRPACK. The proof is about parameters and inputs together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from flint import arb

from dcalc import functions as table
from dcalc.errors import Unsupported
from dcalc.expr import Expr, make, number, symbol
from dcalc.optimise.breaks import list_kinks, may_cross
from dcalc.optimise.dataset import Column, Rows
from dcalc.optimise.exact import passes_through_data
from dcalc.optimise.linear import Linearised, Matrix, Vector, dot, linearise, sum_squares
from dcalc.optimise.minima import (
    FINEST,
    PRECISIONS,
    BallFunction,
    Balls,
    Enclosed,
    Minimum,
    describe_zero,
    enclose_zero,
)
from dcalc.optimise.objective import BALLS, differentiate, differentiate_twice, exact_balls, fill_symmetric

_STEPS = 100
"""Gauss-Newton steps to the best inputs; from those of a nearby point a few are enough."""
_FEW = 8
"""Steps after which inputs that still move, where that lowers nothing, are good enough: some creep."""
_STILL = 1e-13
"""Inputs have been found when they move less, in units of their deviations."""
_ROUNDING = 1e-13
"""A sum that rises by less, relative to itself, has not risen."""
MOST_UNKNOWNS = 160
"""Parameters and inputs above which nothing is proved: the cost is the cube of it."""
_MOST_FINE = 24
"""The same for the finest balls."""
_MEASURED = "_measured_"
"""Before the name of an input: its column as measured; names begin with a letter, so no column has such a name."""


class InputError(NamedTuple):
    """An input of the model, and the column with its standard deviation."""

    name: str
    sigma: str


class OrthogonalResiduals:
    """Distances of the rows from the curve in units of their deviations, as functions of the parameters.

    Rows of infinite distance are nan. Cost: some evaluations of the model and its slopes over all rows.
    """

    def __init__(
        self,
        model: Expr,
        names: Sequence[str],
        columns: Mapping[str, Column],
        target: str,
        sigma: str,
        inputs: Sequence[InputError],
    ) -> None:
        self.names = names
        self.columns = columns
        self.target, self.sigma, self.inputs = columns[target], columns[sigma], inputs
        self.size = sum_squares([y / width for y, width in zip(self.target, self.sigma, strict=True)]) / len(
            self.target
        )
        self._deviations = [columns[error.sigma] for error in inputs]
        self._value = Rows([model], columns)
        self._slopes = Rows([model, *(differentiate(model, error.name) for error in inputs)], columns)
        self._jacobian = Rows([differentiate(model, name) for name in names], columns)
        self.best: list[Column] = [columns[error.name] for error in inputs]

    def at(self, x: Sequence[float]) -> Vector:
        """The distances, with the sign of the residual."""
        return self._find_inputs(x)[0]

    def with_jacobian(self, x: Sequence[float]) -> tuple[Vector, Matrix]:
        """The distances and their Jacobian; the inputs that are found are where the next search begins."""
        rest, inputs, effective = self._find_inputs(x)
        self.best = inputs
        columns = self._jacobian.over(self._with_inputs(inputs)).at(self._name_point(x))
        return rest, [
            [entry / width for entry in row]
            for row, width in zip(zip(*columns, strict=True), effective, strict=True)
        ]  # fmt: skip

    def measure(self, x: Sequence[float]) -> float:
        """The sum of squares; nan where a distance has no number."""
        return sum_squares(self.at(x))

    def linearise(self, x: Sequence[float]) -> Linearised:
        """The distances and their Jacobian, for steps."""
        return linearise(*self.with_jacobian(x))

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """The mean square and its gradient."""
        here = self.linearise(x)
        return here.total / here.rows, here.gradient

    def _name_point(self, x: Sequence[float]) -> dict[str, float]:
        return dict(zip(self.names, x, strict=True))

    def _with_inputs(self, inputs: Sequence[Column]) -> dict[str, Column]:
        return {**self.columns, **{error.name: column for error, column in zip(self.inputs, inputs, strict=True)}}

    def _find_inputs(self, x: Sequence[float]) -> tuple[Vector, list[Column], Vector]:
        """(distances, best inputs, effective deviations) of all rows: Gauss-Newton steps, halved while one rises."""
        at = self._name_point(x)
        measured = [self.columns[error.name] for error in self.inputs]
        inputs: list[Vector] = [list(column) for column in self.best]
        values, *slopes = self._slopes.over(self._with_inputs(inputs)).at(at)
        sums = self._sum(values, inputs, measured)
        if not all(map(math.isfinite, sums)):  # the inputs of another point have no value here
            inputs = [list(column) for column in measured]
            values, *slopes = self._slopes.over(self._with_inputs(inputs)).at(at)
            sums = self._sum(values, inputs, measured)
        for count in range(_STEPS):
            steps = self._step(values, slopes, inputs, measured)
            if self._is_still(steps, inputs):
                break
            moved, after = self._search(at, inputs, steps, sums, measured)
            falls = any(new < old - _ROUNDING * old for new, old in zip(after, sums, strict=True))
            if moved == inputs or (count >= _FEW and not falls):
                break
            inputs, sums = moved, after
            values, *slopes = self._slopes.over(self._with_inputs(inputs)).at(at)
        effective = [
            math.sqrt(s * s + math.fsum((d * e) ** 2 for d, e in zip(row, widths, strict=True)))
            for s, row, widths in zip(
                self.sigma, zip(*slopes, strict=True), zip(*self._deviations, strict=True), strict=True
            )
        ]
        distances = [math.copysign(math.sqrt(total), value - y) for total, value, y in
                     zip(sums, values, self.target, strict=True)]  # fmt: skip
        return distances, list(inputs), effective

    def _sum(self, values: Column, inputs: Sequence[Column], measured: Sequence[Column]) -> Vector:
        sums = [((value - y) / s) ** 2 for value, y, s in zip(values, self.target, self.sigma, strict=True)]
        for column, given, widths in zip(inputs, measured, self._deviations, strict=True):
            sums = [total + ((a - b) / w) ** 2 for total, a, b, w in zip(sums, column, given, widths, strict=True)]
        return sums

    def _step(
        self, values: Column, slopes: Sequence[Column], inputs: Sequence[Column], measured: Sequence[Column]
    ) -> list[Vector]:
        """The steps to the best inputs of the linearised model."""
        steps: list[Vector] = []
        for value, y, s, row, places, given, widths in zip(
            values, self.target, self.sigma, zip(*slopes, strict=True), zip(*inputs, strict=True),
            zip(*measured, strict=True), zip(*self._deviations, strict=True), strict=True,
        ):  # fmt: skip
            shifts = [a - b for a, b in zip(places, given, strict=True)]
            left = value - y - dot(row, shifts)
            whole = s * s + math.fsum((d * w) ** 2 for d, w in zip(row, widths, strict=True))
            steps.append([-w * w * d * left / whole - shift for d, w, shift in zip(row, widths, shifts, strict=True)])
        return [list(column) for column in zip(*steps, strict=True)]

    def _is_still(self, steps: Sequence[Column], inputs: Sequence[Column]) -> bool:
        return all(
            abs(step) <= _STILL * width + 1e-15 * abs(place) or not math.isfinite(step)
            for column, places, widths in zip(steps, inputs, self._deviations, strict=True)
            for step, place, width in zip(column, places, widths, strict=True)
        )

    def _search(
        self,
        at: Mapping[str, float],
        inputs: Sequence[Vector],
        steps: Sequence[Vector],
        sums: Vector,
        measured: Sequence[Column],
    ) -> tuple[list[Vector], Vector]:
        """The inputs after a step, shortened row by row until the sum of no row rises; rows that cannot fall stay."""
        rates = [1.0] * len(sums)
        for _ in range(30):
            moved = [
                [a + rate * d if rate else a for a, d, rate in zip(column, step, rates, strict=True)]
                for column, step in zip(inputs, steps, strict=True)
            ]
            (values,) = self._value.over(self._with_inputs(moved)).at(at)
            after = self._sum(values, moved, measured)
            rising = [not new <= old + _ROUNDING * max(old, _ROUNDING) for new, old in zip(after, sums, strict=True)]
            if not any(rising):
                return moved, after
            rates = [rate / 2 if rises else rate for rate, rises in zip(rates, rising, strict=True)]
        rates = [0.0 if rises else rate for rate, rises in zip(rates, rising, strict=True)]
        moved = [
            [a + rate * d if rate else a for a, d, rate in zip(column, step, rates, strict=True)]
            for column, step in zip(inputs, steps, strict=True)
        ]
        (values,) = self._value.over(self._with_inputs(moved)).at(at)
        return moved, self._sum(values, moved, measured)


def certify_orthogonal(
    model: Expr, residuals: OrthogonalResiduals, target: str, sigma: str, at: Sequence[float]
) -> Minimum | None:
    """The stationary point of the sum of squared distances next to a point, in parameters and inputs together.

    None where no proof succeeds, or there are more than `MOST_UNKNOWNS`. Where it is a minimum in all of them, it
    is one in the parameters. Cost: the cube of the number of unknowns.
    """
    residuals.with_jacobian(at)
    size = len(residuals.names)
    if size + len(residuals.target) * len(residuals.inputs) > MOST_UNKNOWNS:
        return None
    try:
        slopes = _JointSlopes(model, residuals, target, sigma)
    except Unsupported:  # a mixed one by two variables without partials in closed form
        return None
    near = [*at, *(value for column in residuals.best for value in column)]
    function = BallFunction(slopes.gradient, slopes.hessian, slopes.is_smooth)
    residual = make(table.SUB, model, symbol(target))

    def judge(enclosed: Enclosed) -> Minimum | None:
        minimum = describe_zero(function, enclosed, size)
        if minimum is None or minimum.value is not None:
            return minimum
        parameters = enclosed.zero[:size]
        if not passes_through_data(residual, residuals.names, residuals.columns, parameters):
            return minimum
        return minimum._replace(value=0.0, is_minimum=True, height=arb(0))

    precisions = PRECISIONS if len(near) > _MOST_FINE else (*PRECISIONS, FINEST)
    return enclose_zero(function, near, judge, precisions)


class _JointSlopes:
    """Derivatives of the sum of squared distances by the parameters and then by the inputs, column by column.

    Inputs of different rows do not meet in second derivatives, so that these are few columns of numbers.
    """

    def __init__(self, model: Expr, residuals: OrthogonalResiduals, target: str, sigma: str) -> None:
        self.names, self.own = list(residuals.names), [error.name for error in residuals.inputs]
        self.height = len(residuals.target)
        row = _write_distance(model, residuals.inputs, target, sigma)
        both = [*self.names, *self.own]
        partials = [differentiate(row, name) for name in both]
        balls = {name: exact_balls(column) for name, column in residuals.columns.items()}
        self.columns = balls | {_MEASURED + name: balls[name] for name in self.own}
        self.first = Rows([row, *partials], self.columns, BALLS)
        self.second = Rows(differentiate_twice(partials, both), self.columns, BALLS)
        kinks = list_kinks(model, *both)
        self.third = Rows(kinks, self.columns, BALLS) if kinks else None

    def gradient(self, point: Balls) -> tuple[arb, Balls]:
        """The mean square and the derivatives of the sum."""
        parameters, columns = self._place(point)
        total, *slopes = self.first.over(columns).at(parameters)
        size = len(self.names)
        sums = [sum(column, arb(0)) for column in slopes[:size]]
        return sum(total, arb(0)) / self.height, [*sums, *(entry for column in slopes[size:] for entry in column)]

    def hessian(self, point: Balls) -> Sequence[Balls]:
        """The second derivatives of the sum."""
        parameters, columns = self._place(point)
        size = len(self.names) + len(self.own)
        blocks = fill_symmetric(self.second.over(columns).at(parameters), size)
        whole = [[arb(0)] * len(point) for _ in point]
        for i in range(size):
            for j in range(i + 1):
                for (a, b), entry in self._spread(i, j, blocks[i][j]):
                    whole[a][b] = whole[b][a] = entry
        return whole

    def is_smooth(self, box: Balls) -> bool:
        """Whether no row has a kink in a box."""
        if self.third is None:
            return True
        parameters, columns = self._place(box)
        return not may_cross(self.third.over(columns).at(parameters))

    def _place(self, point: Balls) -> tuple[dict[str, arb], dict[str, Sequence[arb]]]:
        size, height = len(self.names), self.height
        inputs = {name: point[size + k * height : size + (k + 1) * height] for k, name in enumerate(self.own)}
        return dict(zip(self.names, point[:size], strict=True)), {**self.columns, **inputs}

    def _spread(self, i: int, j: int, column: Sequence[arb]) -> list[tuple[tuple[int, int], arb]]:
        """Where the rows of a block of the Hessian stand in it; two parameters have one place, for the sum."""
        size, height = len(self.names), self.height
        if i < size:
            return [((i, j), sum(column, arb(0)))]
        start = size + (i - size) * height
        if j < size:
            return [((start + r, j), entry) for r, entry in enumerate(column)]
        other = size + (j - size) * height
        return [((start + r, other + r), entry) for r, entry in enumerate(column)]


def _write_distance(model: Expr, inputs: Sequence[InputError], target: str, sigma: str) -> Expr:
    """The squared distance of a row, in which the names of the inputs stand for the true ones."""
    total = _square(make(table.SUB, model, symbol(target)), sigma)
    for error in inputs:
        shift = make(table.SUB, symbol(error.name), symbol(_MEASURED + error.name))
        total = make(table.ADD, total, _square(shift, error.sigma))
    return total


def _square(difference: Expr, sigma: str) -> Expr:
    return make(table.POW, make(table.DIV, difference, symbol(sigma)), number(2))
