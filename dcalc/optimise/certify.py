"""The end of a fit, proved: exactly where the loss is quadratic over rational numbers, else in ball arithmetic."""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from math import ulp
from typing import Literal, NamedTuple

from flint import arb, arb_mat, ctx

from dcalc.errors import DcalcError, Unsupported
from dcalc.expr import ZERO, Expr, walk
from dcalc.optimise.breaks import list_kinks, may_cross
from dcalc.optimise.covariance import Spread, spread_of_exact, spread_of_products
from dcalc.optimise.dataset import Column, Rows, multiply_with_first
from dcalc.optimise.exact import ExactMinimum, minimise_quadratic, recognise_zero, to_exact
from dcalc.optimise.minima import (
    FINEST,
    PRECISIONS,
    BallFunction,
    Balls,
    Course,
    Enclosed,
    Estimate,
    Minimum,
    describe_zero,
    enclose_zero,
    follow_newton,
    is_positive_definite,
)
from dcalc.optimise.objective import (
    BALLS,
    N,
    Partial,
    are_free_of,
    differentiate,
    differentiate_twice,
    exact_balls,
    fill_symmetric,
)
from dcalc.proof.constant import to_fraction

MOST_WORK = 3_000_000
"""Rows times nodes of the second derivatives above which nothing is certified: one evaluation would take seconds."""
_MOST_FINE_WORK = 20_000
"""The same for the finest balls, in which a function takes twenty times as long."""
_SERIES = 3_000
"""Nodes that take as long as a series in the order of a Bessel function."""
_MOST_FOLLOWING = 500_000
"""Rows times nodes of the second derivatives of all of these steps: about a second."""


class RowSum(NamedTuple):
    """The sum of an expression over all rows of the data, as a function of some parameters.

    ``rough`` is the part of ``row`` in which kinks matter: the model, for a loss with a continuous gradient.
    ``residual`` is what is squared, None in other losses.
    """

    row: Expr
    rough: Expr
    residual: Expr | None
    names: Sequence[str]
    columns: Mapping[str, Column]

    @property
    def height(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))


class Proof(NamedTuple):
    """A stationary point that is proved, and the covariance there, None where there is none or it is not decided."""

    minimum: Minimum
    spread: Spread | None = None


def certify_fit(loss: RowSum, near: Sequence[float], held: int, *, is_absolute: bool) -> Proof | None:
    """The stationary point of a sum that lies next to a point.

    ``held`` and ``is_absolute`` are those of `spread_of_squares`. None where no proof succeeds, or it would cost more
    than `MOST_WORK`.
    """
    freedom = loss.height - len(loss.names) - held
    exact = _solve_exactly(loss, near, freedom, is_absolute=is_absolute)
    if exact is not None:
        return exact
    slopes = _enclose_derivatives(loss)
    if slopes is None:
        return None
    best: Proof | None = None

    def judge(enclosed: Enclosed) -> Proof | None:
        nonlocal best
        minimum = describe_zero(slopes.function, enclosed)
        if minimum is None:
            return _recognise(loss, enclosed, freedom, is_absolute=is_absolute)
        if isinstance(slopes, _BallSquares) and slopes.has_no_residuals(minimum.zero):
            minimum = minimum._replace(value=0.0, height=arb(0))
        best = Proof(minimum)
        if not isinstance(slopes, _BallSquares) or (freedom <= 0 and not is_absolute):
            return best
        spread = spread_of_products(slopes.multiply(minimum.zero), freedom, is_absolute=is_absolute)
        best = best._replace(spread=spread)
        return best if spread is not None and minimum.value is not None else None

    precisions = PRECISIONS if slopes.work > _MOST_FINE_WORK else (*PRECISIONS, FINEST)
    return enclose_zero(slopes.function, near, judge, precisions) or best


def _solve_exactly(loss: RowSum, near: Sequence[float], freedom: int, *, is_absolute: bool) -> Proof | None:
    """The minimum of a sum of squares that is linear in its parameters, with rational coefficients."""
    if loss.residual is None:
        return None
    partials = [differentiate(loss.residual, name) for name in loss.names]
    if not are_free_of(partials, loss.names):
        return None
    exact = minimise_quadratic(loss.row, loss.names, loss.columns)
    if exact is None or not exact.is_next_to(near):
        return None
    return _round_exact(exact, loss.height, freedom, is_minimum=True, is_absolute=is_absolute)


def _recognise(loss: RowSum, enclosed: Enclosed, freedom: int, *, is_absolute: bool) -> Proof | None:
    """A zero whose doubles are not decided in balls, since it is made of simple fractions."""
    if loss.residual is None or ctx.prec < PRECISIONS[1]:
        return None
    exact = recognise_zero(loss.residual, loss.names, loss.columns, enclosed.zero)
    if exact is None:
        return None
    is_minimum = is_positive_definite(enclosed.hessian)
    return _round_exact(exact, loss.height, freedom, is_minimum=is_minimum, is_absolute=is_absolute)


def _round_exact(
    exact: ExactMinimum, height: int, freedom: int, *, is_minimum: bool, is_absolute: bool
) -> Proof | None:
    try:
        at = exact.round_point()
        is_exact = all(to_exact(double) == value for double, value in zip(at, exact.at, strict=True))
        mean = exact.total / height
        with ctx.workprec(PRECISIONS[0]):
            ball = arb(mean)
        minimum = Minimum(at, float(to_fraction(mean)), is_minimum, is_exact=is_exact, height=ball)
        return Proof(minimum, spread_of_exact(exact, freedom, is_absolute=is_absolute))
    except OverflowError:
        return None


# --- derivatives in balls -----------------------------------------------------------------


class _BallSum:
    """The mean of an expression over all rows in balls, with derivatives of the sum. Raises Unsupported."""

    def __init__(self, loss: RowSum) -> None:
        self.loss = loss
        self.balls = {name: exact_balls(column) for name, column in loss.columns.items()}
        self.first, self.second = self._derive()
        self.work = loss.height * (len(self.second.tape.rows) + _SERIES * len(self.second.slopes))
        kinks = list_kinks(loss.rough, *loss.names)
        self.kinks = Rows(kinks, self.balls, BALLS) if kinks else None
        self.function = BallFunction(self.gradient, self.hessian, self.is_smooth, self.estimate)

    def _derive(self) -> tuple[Rows[arb], Rows[arb]]:
        partials = [differentiate(self.loss.row, name) for name in self.loss.names]
        seconds = differentiate_twice(partials, self.loss.names)
        return Rows([self.loss.row, *partials], self.balls, BALLS), Rows(seconds, self.balls, BALLS)

    def name(self, x: Sequence[N]) -> dict[str, N]:
        """A point by the names of the parameters."""
        return dict(zip(self.loss.names, x, strict=True))

    def gradient(self, x: Balls) -> tuple[arb, Balls]:
        """The mean and the gradient of the sum."""
        total, *slopes = map(_sum, self.first.at(self.name(x)))
        return total / self.loss.height, slopes

    def hessian(self, x: Balls) -> Sequence[Balls]:
        """The second derivatives of the sum."""
        return fill_symmetric(list(map(_sum, self.second.at(self.name(x)))), len(self.loss.names))

    def estimate(self, x: Sequence[float]) -> Estimate:
        """The same in doubles."""
        parts = [*self.first.parts, *self.second.parts]
        mean, *sums = map(math.fsum, Rows(parts, self.loss.columns).at(self.name(x)))
        size = len(x)
        return Estimate(mean / self.loss.height, sums[:size], fill_symmetric(sums[size:], size))

    def is_smooth(self, box: Balls) -> bool:
        """Whether no row has a kink in a box."""
        if self.kinks is None:
            return True
        return not may_cross(self.kinks.at(self.name(box)))


class _BallSquares(_BallSum):
    """The same for squares r**2: J^T*r and J^T*J + sum of r*r'' take fewer derivatives than those of a square."""

    def _derive(self) -> tuple[Rows[arb], Rows[arb]]:
        residual, names = self.loss.residual, self.loss.names
        assert residual is not None  # of squares
        partials = [differentiate(residual, name) for name in names]
        seconds: list[Partial] = differentiate_twice(partials, names)
        places = [(i, j) for i in range(len(names)) for j in range(i + 1)]
        self.curved = [place for place, part in zip(places, seconds, strict=True) if part is not ZERO]
        curved = [part for part in seconds if part is not ZERO]
        self.last: tuple[Balls, int, arb_mat] | None = None
        first = [residual, *partials]
        return Rows(first, self.balls, BALLS), Rows([*first, *curved], self.balls, BALLS)

    def multiply(self, x: Balls) -> arb_mat:
        """The products of r and the columns of J with each other at a point; the last ones are kept."""
        if self.last is None or self.last[0] is not x or self.last[1] != ctx.prec:
            self.last = (x, ctx.prec, _multiply_columns(self.first.at(self.name(x))))
        return self.last[2]

    def has_no_residuals(self, zero: Balls) -> bool:
        """Whether r is proved to be 0 at a zero of the gradient: where J is square and regular, J^T*r = 0 shows it."""
        if self.loss.height != len(zero):
            return False
        products = self.multiply(zero)
        size = len(zero)
        return is_positive_definite(arb_mat([[products[1 + i, 1 + j] for j in range(size)] for i in range(size)]))

    def gradient(self, x: Balls) -> tuple[arb, Balls]:
        products = self.multiply(x)
        return products[0, 0] / self.loss.height, [2 * products[0, 1 + i] for i in range(len(x))]

    def hessian(self, x: Balls) -> Sequence[Balls]:
        size = len(x)
        columns = self.second.at(self.name(x))
        products = _multiply_columns(columns[: 1 + size])
        whole = [[2 * products[1 + i, 1 + j] for j in range(size)] for i in range(size)]
        for (i, j), column in zip(self.curved, columns[1 + size :], strict=True):
            bend = 2 * _sum(list(map(operator.mul, columns[0], column)))
            whole[i][j] += bend
            whole[j][i] = whole[i][j]
        return whole

    def estimate(self, x: Sequence[float]) -> Estimate:
        size = len(x)
        products = multiply_with_first(Rows(self.second.parts, self.loss.columns), self.name(x), 1 + size)
        whole = [[2 * products[1 + j][1 + i] for j in range(size)] for i in range(size)]
        for k, (i, j) in enumerate(self.curved, 1 + size):
            whole[i][j] += 2 * products[0][k]
            whole[j][i] = whole[i][j]
        gradient = [2 * products[0][1 + i] for i in range(size)]
        return Estimate(products[0][0] / self.loss.height, gradient, whole)


def _multiply_columns(columns: Sequence[Balls]) -> arb_mat:
    matrix = arb_mat(columns)
    return matrix * matrix.transpose()


def _sum(values: Balls) -> arb:
    return sum(values, arb(0))


def _enclose_derivatives(loss: RowSum) -> _BallSum | None:
    """The derivatives of a sum; None where a second one is missing or costs too much."""
    if loss.height * len(walk(loss.row)) > MOST_WORK:
        return None  # second derivatives have more nodes
    try:
        slopes = _BallSum(loss) if loss.residual is None else _BallSquares(loss)
    except Unsupported:  # a mixed one by two variables without partials in closed form
        return None
    return slopes if slopes.work <= MOST_WORK else None


# --- from the end of a search onwards -----------------------------------------------------


def follow_fit(loss: RowSum, near: Sequence[float], least: float, *, is_second_order: bool) -> Course:
    """Where Newton's method leads from a point at which doubles came to rest, as `follow_newton` tells."""
    slopes = _enclose_derivatives(loss)
    if slopes is None:
        return Course(list(near), goes_on=False)
    steps = _MOST_FOLLOWING // slopes.work
    return follow_newton(slopes.function, near, steps, least, is_second_order=is_second_order)


def prove_sign(loss: RowSum, held: Sequence[float], zero: Sequence[float], sign: Literal[1, -1]) -> bool:
    """Whether the derivative of a sum by the first of its parameters is proved to have that sign.

    ``held`` are exact values of the first parameters, ``zero`` the doubles nearest to proved values of the others.
    """
    partial = differentiate(loss.row, loss.names[0])
    try:
        with ctx.workprec(PRECISIONS[0]):
            balls = {name: exact_balls(column) for name, column in loss.columns.items()}
            point = [*exact_balls(held), *(arb(value, ulp(value)) for value in zero)]
            (slopes,) = Rows([partial], balls, BALLS).at(dict(zip(loss.names, point, strict=True)))
            return bool(sign * _sum(slopes) > 0)
    except (DcalcError, ArithmeticError, ValueError):  # there is no derivative
        return False
