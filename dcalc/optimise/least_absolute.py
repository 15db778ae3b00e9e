"""Least absolute deviations: the minimum usually is a corner, where some residuals are 0 and the loss has a kink.

The sum of sqrt(r**2 + d**2) is minimised by Newton's method for ever smaller d (Madsen and Nielsen 1993). The corner
next to the end is then solved for and proved; where that fails, the shortest subgradient is measured.

At a corner as many residuals are 0 as there are parameters. It is a minimum if 0 is a subgradient: weights from -1
to 1 on the residuals that are 0 balance the signs of the others. For a model that is linear in its parameters, with
rational coefficients, all of this is exact, and the corner is found by the simplex method of Barrodale and Roberts
(1973). Otherwise Krawczyk's operator proves the corner, and weights strictly inside prove a strict minimum.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from statistics import median
from typing import Any, NamedTuple

from flint import arb, arb_mat, fmpq, fmpq_mat

from dcalc import functions as table
from dcalc.expr import Expr, make, number, symbol
from dcalc.numbers.rounding import as_double, nearest_double
from dcalc.optimise.breaks import list_kinks, may_cross
from dcalc.optimise.dataset import Data, MeanLoss, Residuals, Rows
from dcalc.optimise.descent import Run, Settings, Step, Watch, descend
from dcalc.optimise.exact import NotRationalError, evaluate_exactly, to_exact
from dcalc.optimise.linear import cholesky, dot, norm, solve_least_squares
from dcalc.optimise.methods import NEWTON
from dcalc.optimise.minima import BallFunction, Balls, Enclosed, enclose_zero
from dcalc.optimise.objective import BALLS, Partial, are_free_of, differentiate, exact_balls
from dcalc.proof.constant import to_fraction

_SMOOTHING = "_d"  # names begin with a letter, so no column has this one
# Factors of ten: each minimum is close enough to the next for full Newton steps.
_SCALES = (1.0, 1e-1, 1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8)
_MOST_STEPS = 30
"""From one minimum to the next a dozen Newton steps are enough; more go round in circles of rounding."""
_ROUNDING = 1e-14
"""Residuals below this part of the target are nothing but the rounding of the model and the data."""
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
    size = max(map(abs, data.columns[data.target]))
    row = make(
        table.SQRT, make(table.ADD, *(make(table.POW, part, number(2)) for part in (residual, symbol(_SMOOTHING))))
    )
    path: list[Step] = []
    x = list(start)
    for scale in _SCALES:
        columns = {**data.columns, _SMOOTHING: [scale * (middle or 1.0)] * data.rows}
        objective = MeanLoss(row, names, columns)
        steps = settings.steps if not path else min(settings.steps, _MOST_STEPS)
        stage = replace(settings, method=NEWTON, lr=None, schedule="constant", tol=1e-10, steps=steps)
        run = descend(objective, x, stage, watch)
        path += [step._replace(number=len(path) + k) for k, step in enumerate(run.path)]
        if run.status == "left_domain":
            return Corner(run._replace(path=path), None, math.inf)
        x = run.end.x
        if max(map(abs, exact.at(x))) <= _ROUNDING * size:
            break  # all residuals are rounding
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


# --- Corners of a sum of absolute values, proved to be minima.

_MOST_ENTRIES = 100_000
"""Rows times parameters above which nothing is proved: exact arithmetic would take seconds."""
_MOST_PIVOTS = 300
"""From a point near the best corner a few pivots lead to it; many more would go round in circles."""
_LAST_DIGIT = Fraction(1, 2**48)
"""A residual below this part of its terms is what is left of rounding the data to doubles."""
_INDEPENDENT = 1e-9
"""The least pivot, of rows of length 1, with which a row counts as independent of those before."""


class Vertex(NamedTuple):
    """A corner proved to be a minimum: its nearest doubles, the mean loss there, and how many residuals are 0.

    ``nearly`` counts those as well that the rounding of the data to doubles keeps from being 0.
    """

    at: list[float]
    loss: float | None
    zeros: int
    nearly: int


def prove_vertex(residual: Expr, names: Sequence[str], data: Data, near: Sequence[float]) -> Vertex | None:
    """The corner next to a point, or the best of all for a linear model, if it is proved to be a minimum.

    Cost: some passes over the data in exact arithmetic, or in balls.
    """
    if data.rows * len(names) > _MOST_ENTRIES or data.rows < len(names):
        return None
    partials = [differentiate(residual, name) for name in names]
    if are_free_of(partials, names):
        try:
            return _LinearProgram(_read_exact_rows(residual, partials, names, data)).solve(near)
        except NotRationalError:
            pass  # coefficients such as exp(x): balls enclose them
    return _prove_by_balls(residual, partials, names, data, near)


# --- linear models with rational coefficients ---------------------------------------------


class _ExactRow(NamedTuple):
    """A residual as start + slopes*parameters."""

    start: fmpq
    slopes: list[fmpq]

    def at(self, point: Sequence[fmpq]) -> fmpq:
        return self.start + self.along(point)

    def size_at(self, point: Sequence[fmpq]) -> fmpq:
        """The sum of the terms without their signs."""
        return sum((abs(a * b) for a, b in zip(self.slopes, point, strict=True)), abs(self.start))

    def along(self, direction: Sequence[fmpq]) -> fmpq:
        return sum((a * b for a, b in zip(self.slopes, direction, strict=True)), fmpq(0))


def _read_exact_rows(residual: Expr, partials: Sequence[Partial], names: Sequence[str], data: Data) -> list[_ExactRow]:
    """The residuals of all rows. Raises NotRationalError."""
    starts, *slopes = evaluate_exactly([residual, *partials], data.columns, dict.fromkeys(names, fmpq(0)))
    return [_ExactRow(start, list(row)) for start, *row in zip(starts, *slopes, strict=True)]


def _sign(value: Any) -> int:
    return int(value > 0) - int(value < 0)


class _LinearProgram:
    """The sum of absolute values of linear residuals, minimised from corner to corner.

    A residual that is 0 and not in the basis has the sign that it last had, so that ties are broken.
    """

    def __init__(self, rows: list[_ExactRow]) -> None:
        self.rows = rows
        self.size = len(rows[0].slopes)
        self.signs = [0] * len(rows)

    def solve(self, near: Sequence[float]) -> Vertex | None:
        """The best corner; None where the parameters are not determined by the data, or pivots run out."""
        point = [to_exact(value) for value in near]
        rests = [abs(row.at(point)) for row in self.rows]
        basis = self._choose_basis(sorted(range(len(rests)), key=lambda place: rests[place]))
        if basis is None:
            return None
        for _ in range(_MOST_PIVOTS):
            square = fmpq_mat([self.rows[place].slopes for place in basis])
            point = self._solve(square, [-self.rows[place].start for place in basis])
            rests = [row.at(point) for row in self.rows]
            for place, rest in enumerate(rests):
                self.signs[place] = _sign(rest) or self.signs[place] or 1
            weights = self._solve(square.transpose(), [-pull for pull in self._pulls(set(basis))])
            leaving = next((k for k, weight in enumerate(weights) if abs(weight) > 1), None)
            if leaving is None:
                return self._describe(point, rests)
            basis[leaving] = self._pivot(square, leaving, _sign(weights[leaving]), basis, rests)
        return None

    def _choose_basis(self, order: Sequence[int]) -> list[int] | None:
        """The first rows in an order that determine all parameters."""
        basis: list[int] = []
        for place in order:
            slopes = [self.rows[k].slopes for k in (*basis, place)]
            if fmpq_mat(slopes).rank() == len(slopes):
                basis.append(place)
            if len(basis) == self.size:
                return basis
        return None

    @staticmethod
    def _solve(square: fmpq_mat, right: Sequence[fmpq]) -> list[fmpq]:
        solution = square.solve(fmpq_mat([[value] for value in right]))
        return [solution[k, 0] for k in range(len(right))]

    def _pulls(self, basis: set[int]) -> list[fmpq]:
        """The gradient of what is not in the basis."""
        total = [fmpq(0)] * self.size
        for place, row in enumerate(self.rows):
            if place not in basis:
                total = [a + self.signs[place] * b for a, b in zip(total, row.slopes, strict=True)]
        return total

    def _pivot(self, square: fmpq_mat, leaving: int, side: int, basis: list[int], rests: Sequence[fmpq]) -> int:
        """The row that takes the place of the leaving one: where the loss stops falling along that edge."""
        direction = self._solve(square, [fmpq(side if k == leaving else 0) for k in range(self.size)])
        inside = set(basis)
        breaks = []
        slope = fmpq(1)
        for place, row in enumerate(self.rows):
            if place in inside:
                continue
            speed = row.along(direction)
            slope += self.signs[place] * speed
            if speed and _sign(speed) != self.signs[place]:
                breaks.append((-rests[place] / speed, place, abs(speed)))
        self.signs[basis[leaving]] = side
        for _, place, speed in sorted(breaks):
            slope += 2 * speed
            if slope >= 0:
                return place
            self.signs[place] = -self.signs[place]
        raise AssertionError("a sum of absolute values is bounded below")

    def _describe(self, point: Sequence[fmpq], rests: Sequence[fmpq]) -> Vertex:
        exact = [to_fraction(value) for value in point]
        zeros = sum(rest == 0 for rest in rests)
        sizes = [row.size_at(point) for row in self.rows]
        last = to_exact(_LAST_DIGIT)
        nearly = sum(abs(rest) <= last * size for rest, size in zip(rests, sizes, strict=True))
        loss = to_fraction(sum((abs(rest) for rest in rests), fmpq(0))) / len(rests)
        return Vertex([float(value) for value in exact], float(loss), zeros, max(zeros, nearly))


# --- other models -------------------------------------------------------------------------


def _prove_by_balls(
    residual: Expr, partials: Sequence[Partial], names: Sequence[str], data: Data, near: Sequence[float]
) -> Vertex | None:
    """A corner at which just as many residuals are 0 as there are parameters, a strict minimum."""
    basis = _choose_smallest(Residuals(residual, names, data.columns), near)
    if basis is None:
        return None
    balls = {name: exact_balls(column) for name, column in data.columns.items()}
    everything = Rows([residual, *partials], balls, BALLS)
    square = everything.over({name: [column[place] for place in basis] for name, column in balls.items()})
    kinks = list_kinks(residual, *names)
    breaks = Rows(kinks, balls, BALLS) if kinks else None

    def name_point(x: Balls) -> dict[str, arb]:
        return dict(zip(names, x, strict=True))

    def is_smooth(box: Balls) -> bool:
        return breaks is None or not may_cross(breaks.at(name_point(box)))

    system = BallFunction(
        lambda x: (arb(0), square.at(name_point(x))[0]),
        lambda x: list(zip(*square.at(name_point(x))[1:], strict=True)),
        is_smooth,
    )

    def judge(enclosed: Enclosed) -> Vertex | None:
        rests, *columns = everything.at(name_point(enclosed.zero))
        return _judge_corner(enclosed.zero, rests, list(zip(*columns, strict=True)), basis)

    return enclose_zero(system, near, judge)


def _choose_smallest(residuals: Residuals, near: Sequence[float]) -> list[int] | None:
    """The smallest residuals whose gradients are independent; None where there are too few."""
    rests, jacobian = residuals.with_jacobian(near)
    basis: list[int] = []
    units: list[list[float]] = []
    for place in sorted(range(len(rests)), key=lambda k: abs(rests[k])):
        length = dot(jacobian[place], jacobian[place]) ** 0.5
        if not length or length != length:
            continue
        row = [entry / length for entry in jacobian[place]]
        products = [[dot(a, b) for b in (*units, row)] for a in (*units, row)]
        lower = cholesky(products)
        if lower is not None and lower[-1][-1] > _INDEPENDENT:
            basis.append(place)
            units.append(row)
        if len(basis) == len(near):
            return basis
    return None


def _judge_corner(
    corner: list[arb], rests: Sequence[arb], jacobian: Sequence[Sequence[arb]], basis: Sequence[int]
) -> Vertex | None:
    """The corner, if the signs of the other residuals are certain and all weights lie strictly inside of -1 and 1."""
    inside = set(basis)
    pulls = [arb(0)] * len(basis)
    for place, (rest, row) in enumerate(zip(rests, jacobian, strict=True)):
        if place not in inside:
            if 0 in rest or not rest.is_finite():
                return None
            pulls = [a + _sign(rest) * b for a, b in zip(pulls, row, strict=True)]
    square = arb_mat([list(jacobian[place]) for place in basis]).transpose()
    weights = square.solve(arb_mat([[-pull] for pull in pulls]))
    if not all(abs(weights[k, 0]) < 1 for k in range(len(basis))):
        return None
    at = [value for ball in corner if (value := nearest_double(ball)) is not None]
    if len(at) < len(corner):
        return None
    total = sum((abs(rest) for place, rest in enumerate(rests) if place not in inside), arb(0))
    return Vertex(at, as_double(total / len(rests)), len(basis), len(basis))
