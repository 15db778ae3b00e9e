"""A minimum to its last digit: Newton's method in balls, and a proof that it is there.

Krawczyk's operator (Neumaier, Interval Methods for Systems of Equations, 5.1) maps a box into
its own inside only where the box holds exactly one zero of the gradient; elimination in
balls then says whether it is a minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flint import arb, arb_mat, ctx

from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.numbers.rounding import as_double
from dcalc.optimise.data import Column, Rows
from dcalc.optimise.objective import BALLS, fill_symmetric, second_derivatives

_PRECISIONS = (192, 448, 1024)
_NEWTON_STEPS = 15
_CLOSE = 2.0**-60
"""A last Newton step below this part of the point: what is left is certified."""
_FAR = 1e-3
"""A first Newton step above this part of the point leads somewhere else."""

Balls = Sequence[arb]


class Minimum(NamedTuple):
    """A zero of a gradient, each coordinate rounded right; f there, None where it is not known to
    the last digit (0 is not, where it is the sum of squares that vanish); whether it is a proved minimum."""

    at: list[float]
    value: float | None
    is_minimum: bool


class NearbyZero(NamedTuple):
    """A zero of a gradient that is proved to lie no farther than ``distance`` from a point; what it
    is: minimum, maximum or saddle."""

    distance: float
    kind: str


class BallFunction(NamedTuple):
    """A function of several variables in balls: value and gradient, and the rows of its Hessian."""

    gradient: Callable[[Balls], tuple[arb, Balls]]
    hessian: Callable[[Balls], Sequence[Balls]]


def exact_balls(values: Sequence[float]) -> list[arb]:
    """Doubles as balls without a radius."""
    return [arb(value) for value in values]


def prove_zero_near(slopes: BallFunction, near: Sequence[float]) -> Minimum | None:
    """The zero of the gradient that is next to a point.

    None where Newton's method leads away, where no zero is proved, or where a derivative is
    missing. Cost: some 10 evaluations of the Hessian, more where it is close to singular.
    """
    saved = ctx.prec
    try:
        for ctx.prec in _PRECISIONS:
            point = _iterate_newton(slopes, near)
            if point is not None and (found := _prove_zero(slopes, point)) is not None:
                return found
        return None
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink, a singular Hessian: nothing is proved
        return None
    finally:
        ctx.prec = saved


def prove_zero_around(slopes: BallFunction, point: Sequence[float]) -> NearbyZero | None:
    """The only zero of the gradient in a box around a point, with the signs of the Hessian all over it.

    None where nothing is proved. Cost: three evaluations of the Hessian.
    """
    try:
        with ctx.workprec(_PRECISIONS[0]):
            x = exact_balls(point)
            found = _enclose_zero(slopes, x)
            if found is None:
                return None
            far = sum(((a - found.zero[i, 0]) ** 2 for i, a in enumerate(x)), arb(0)).sqrt()
            return NearbyZero(float(far.upper()), _name_zero(found.hessian))
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink, a singular Hessian: nothing is proved
        return None


def _name_zero(hessian: arb_mat) -> str:
    """What a zero of the gradient is where no matrix in the balls is singular."""
    if is_positive_definite(hessian):
        return "minimum"
    return "maximum" if is_positive_definite(-hessian) else "saddle"


def _iterate_newton(slopes: BallFunction, near: Sequence[float]) -> list[arb] | None:
    """Where Newton's method comes to rest, at the working precision."""
    x = exact_balls(near)
    for count in range(_NEWTON_STEPS):
        _, gradient = slopes.gradient(x)
        step = arb_mat(slopes.hessian(x)).solve(_to_column(gradient))
        moved = [(a - step[i, 0]).mid() for i, a in enumerate(x)]
        length = max(_relative_size(b - a, b) for a, b in zip(x, moved, strict=True))
        if not length <= (_FAR if not count else 1.0):
            return None
        x = moved
        if length <= _CLOSE**2:
            return x
    return x if length <= _CLOSE else None


def _to_column(values: Balls) -> arb_mat:
    return arb_mat([[value] for value in values])


def _relative_size(part: arb, whole: arb) -> float:
    size = abs(whole).upper()
    return float((abs(part).upper() / size) if size > 0 else abs(part).upper())


class _Enclosed(NamedTuple):
    """A column of balls that hold the only zero of a gradient in a box, and the Hessian over the
    box, in which no matrix is singular."""

    zero: arb_mat
    hessian: arb_mat


def _prove_zero(slopes: BallFunction, x: list[arb]) -> Minimum | None:
    """The zero in a small box around a point, where it is proved and rounds to doubles."""
    found = _enclose_zero(slopes, x)
    if found is None:
        return None
    zero = [found.zero[i, 0] for i in range(len(x))]
    at = [coordinate for ball in zero if (coordinate := as_double(ball)) is not None]
    if len(at) < len(zero):
        return None
    value, _ = slopes.gradient(zero)
    return Minimum(at, as_double(value), is_positive_definite(found.hessian))


def _enclose_zero(slopes: BallFunction, x: list[arb]) -> _Enclosed | None:
    """Krawczyk's operator on a box some Newton steps wide."""
    _, gradient = slopes.gradient(x)
    near = arb_mat(slopes.hessian(x)).mid().inv().mid()
    shift = near * _to_column(gradient)
    size = len(x)
    least = arb(2) ** (-ctx.prec // 2)
    radii = [4 * abs(shift[i, 0]).upper() + (abs(a).upper() + least) * least for i, a in enumerate(x)]
    box = [a + arb(0, radius) for a, radius in zip(x, radii, strict=True)]
    hessian = arb_mat(slopes.hessian(box))
    one = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    image = _to_column(x) - shift + (one - near * hessian) * _to_column([b - a for a, b in zip(x, box, strict=True)])
    return _Enclosed(image, hessian) if all(box[i].contains_interior(image[i, 0]) for i in range(size)) else None


def is_positive_definite(matrix: arb_mat) -> bool:
    """Whether every matrix in the balls is: all pivots of elimination are above 0."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        if not rows[k][k] > 0:
            return False
        for i in range(k + 1, size):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


# --- The end of a fit to its last digit: the mean loss in balls, for the proof in `algebra.minimum`.

MOST_WORK = 3_000_000
"""Rows times nodes of the second derivatives above which nothing is certified."""


def certify_fit(
    row: Expr, names: Sequence[str], columns: Mapping[str, Column], near: Sequence[float]
) -> Minimum | None:
    """The stationary point of the sum of ``row`` over all rows that is next to a point; its value
    is that of the mean. None where nothing is proved, or it would cost more than `MOST_WORK`."""
    partials = [derivative(row, (name,)) for name in names]
    balls = {name: exact_balls(column) for name, column in columns.items()}
    first = Rows([row, *partials], balls, BALLS)
    second = Rows(second_derivatives(partials, names), balls, BALLS)
    if second.height * len(second.tape.rows) > MOST_WORK:
        return None

    def gradient(x: Sequence[Any]) -> tuple[Any, list[Any]]:
        total, *slopes = map(sum, first.at(dict(zip(names, x, strict=True))))
        return total / first.height, slopes

    def hessian(x: Sequence[Any]) -> list[list[Any]]:
        return fill_symmetric(list(map(sum, second.at(dict(zip(names, x, strict=True))))), len(names))

    return prove_zero_near(BallFunction(gradient, hessian), near)
