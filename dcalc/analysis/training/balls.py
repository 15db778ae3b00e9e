"""The minimum to its last digit: Newton's method in balls, and a proof that it is there.

Krawczyk's operator (Neumaier, Interval Methods for Systems of Equations, 5.1) maps a box into
its own inside only where the box holds exactly one zero of the gradient; elimination in
balls then says whether it is a minimum.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx

from dcalc.algebra import ball
from dcalc.algebra.enclose import constant
from dcalc.algebra.jet import System
from dcalc.algebra.rounding import as_double
from dcalc.analysis.training.rows import Column, Rows
from dcalc.analysis.training.summed import second_derivatives, symmetric
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr

MOST_WORK = 3_000_000
"""Rows times nodes of the second derivatives above which nothing is certified."""
_PRECISIONS = (192, 448, 1024)
_NEWTON_STEPS = 15
_CLOSE = 2.0**-60
"""A last Newton step below this part of the point: what is left is certified."""
_FAR = 1e-3
"""A first Newton step above this part of the point leads somewhere else."""
_BALLS = System(constant, ball.evaluator)


class Minimum(NamedTuple):
    """A zero of a gradient, each coordinate rounded right; the sum there; whether it is a proved minimum."""

    at: list[float]
    total: float
    is_minimum: bool


def certified(row: Expr, names: Sequence[str], columns: Mapping[str, Column], near: Sequence[float]) -> Minimum | None:
    """The zero of the gradient of the sum of ``row`` over all rows that is next to a point.

    None where Newton's method leads away, where no zero is proved, where a derivative is
    missing, or where it would cost more than `MOST_WORK`. Cost: some 10 evaluations of all
    second derivatives in balls.
    """
    slopes = _Slopes(row, names, columns)
    if slopes.work > MOST_WORK:
        return None
    saved = ctx.prec
    try:
        for ctx.prec in _PRECISIONS:
            point = _newton(slopes, near)
            if point is not None and (found := _proved(slopes, point)) is not None:
                return found
        return None
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink, a singular Hessian: nothing is proved
        return None
    finally:
        ctx.prec = saved


class _Slopes:
    """Gradient and Hessian of the sum, in balls."""

    def __init__(self, row: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> None:
        self.names = names
        partials = [derivative(row, (name,)) for name in names]
        balls = {name: [arb(value) for value in column] for name, column in columns.items()}
        self._first = Rows([row, *partials], balls, _BALLS)
        self._second = Rows(second_derivatives(partials, names), balls, _BALLS)
        self.work = self._second.height * len(self._second.tape.rows)

    def gradient(self, x: Sequence[arb]) -> tuple[arb, arb_mat]:
        """The sum, and its gradient as a column."""
        total, *slopes = _sums(self._first.at(dict(zip(self.names, x, strict=True))))
        return total, arb_mat([[part] for part in slopes])

    def hessian(self, x: Sequence[arb]) -> arb_mat:
        """The Hessian."""
        sums = _sums(self._second.at(dict(zip(self.names, x, strict=True))))
        return arb_mat(symmetric(sums, len(self.names)))


def _sums(columns: Sequence[Sequence[Any]]) -> list[Any]:
    return [sum(column, arb(0)) for column in columns]


def _newton(slopes: _Slopes, near: Sequence[float]) -> list[arb] | None:
    """Where Newton's method comes to rest, at the working precision."""
    x = [arb(value) for value in near]
    for count in range(_NEWTON_STEPS):
        step = slopes.hessian(x).solve(slopes.gradient(x)[1])
        moved = [(a - step[i, 0]).mid() for i, a in enumerate(x)]
        length = max(_relative(b - a, b) for a, b in zip(x, moved, strict=True))
        if not length <= (_FAR if not count else 1.0):
            return None
        x = moved
        if length <= _CLOSE**2:
            return x
    return x if length <= _CLOSE else None


def _relative(part: arb, whole: arb) -> float:
    size = abs(whole).upper()
    return float((abs(part).upper() / size) if size > 0 else abs(part).upper())


def _proved(slopes: _Slopes, x: list[arb]) -> Minimum | None:
    """The zero in a small box around a point, where it is proved."""
    near = slopes.hessian(x).mid().inv().mid()
    total, gradient = slopes.gradient(x)
    shift = near * gradient
    size = len(x)
    radii = [4 * abs(shift[i, 0]).upper() + abs(a).upper() * arb(2) ** (-ctx.prec // 2) for i, a in enumerate(x)]
    box = [a + arb(0, radius) for a, radius in zip(x, radii, strict=True)]
    hessian = slopes.hessian(box)
    one = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    around = arb_mat([[b - a] for a, b in zip(x, box, strict=True)])
    image = arb_mat([[a] for a in x]) - shift + (one - near * hessian) * around
    if not all(box[i].contains_interior(image[i, 0]) for i in range(size)):
        return None
    at = [as_double(image[i, 0]) for i in range(size)]
    if any(value is None for value in at):
        return None
    return Minimum([value for value in at if value is not None], float(total.mid()), _is_positive_definite(hessian))


def _is_positive_definite(matrix: arb_mat) -> bool:
    """By elimination: all pivots of a positive definite matrix are above 0, and of no other."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        if not rows[k][k] > 0:
            return False
        for i in range(k + 1, size):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True
