"""Minima to their last digit: Newton's method at high precision, then a proof in ball arithmetic.

Krawczyk's operator (Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, 5.1) maps a box into its own
interior only if the box holds exactly one zero of the gradient. Elimination in balls then decides whether that zero
is a minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ulp
from typing import Literal, NamedTuple, TypeVar

from flint import arb, arb_mat, ctx

from dcalc.errors import DcalcError, Unsupported
from dcalc.expr import Expr
from dcalc.numbers.rounding import as_double
from dcalc.optimise.breaks import list_kinks
from dcalc.optimise.dataset import Column, Rows
from dcalc.optimise.objective import BALLS, fill_symmetric
from dcalc.optimise.slopes import differentiate, differentiate_twice
from dcalc.tape import lower

_PRECISIONS = (192, 448, 1024)
"""Bits, raised until a proof succeeds: an ill-conditioned Hessian needs more."""
_NEWTON_STEPS = 15
"""From a point that is right to a few digits quadratic convergence takes about eight."""
_SHORTER = 1e-4
"""With the inverse Hessian of a nearby point a step is at least that much shorter than the last, or it is renewed."""
_CLOSE = 2.0**-60
"""Newton's method has converged once a step is below this part of the point, beyond the last digit of a double;
the square of it, the size of the step after, ends the iteration at once."""
_BOX = 4
"""Newton steps from the middle of a box to its sides: room for Krawczyk's operator to map it into its interior."""
_REFINEMENTS = 3
"""Points from which a zero is enclosed, where kinks are as near as the first Newton step is long."""
_FALLS = 1e-12
"""A Newton step that promises a fall by a smaller part of the mean is made of rounding."""
_CLEARLY = 1e-6
"""A curvature below this part of those along the axes is not clearly negative."""
_FOLLOWED = 12
_RATES = (1.0, 0.5, 0.25, 0.0625, 1 / 256)
_TINY = 1e-14
"""A coordinate below this part of the largest may be 0 but for rounding, so that its steps may be long."""
_FAR = 1e-3
"""A first Newton step above this part of the point leads to another zero than the one that the fit has found."""

Balls = Sequence[arb]
Judged = TypeVar("Judged")
ZeroKind = Literal["minimum", "maximum", "saddle"]


class Minimum(NamedTuple):
    """A zero of a gradient, each coordinate the nearest double, and whether it is a proved minimum.

    ``value`` is f there, None where its nearest double is not decided: a sum of squares that vanishes only
    approximately could be 0 or not. ``zero`` are the balls that are proved to hold it.
    """

    at: list[float]
    value: float | None
    is_minimum: bool
    zero: Sequence[arb] = ()


class NearbyZero(NamedTuple):
    """A zero of a gradient, proved to lie within ``distance`` of a point, and what it is."""

    distance: float
    kind: ZeroKind


class BallFunction(NamedTuple):
    """A function of several variables over balls: value and gradient, and the rows of its Hessian.

    ``is_smooth`` tells whether f is proved to have no kink and no jump in a box: the expressions of derivatives
    do not show these, and Krawczyk's operator needs a gradient that the Hessian is the derivative of.
    """

    gradient: Callable[[Balls], tuple[arb, Balls]]
    hessian: Callable[[Balls], Sequence[Balls]]
    is_smooth: Callable[[Balls], bool]


def exact_balls(values: Sequence[float]) -> list[arb]:
    """Doubles as balls of radius 0."""
    return [arb(value) for value in values]


def prove_zero_near(slopes: BallFunction, near: Sequence[float], wanted: int | None = None) -> Minimum | None:
    """The zero of the gradient next to a point; its first coordinates, where so many are ``wanted``.

    None where Newton's method leads away, a derivative is missing, or no proof succeeds. Cost: about ten
    evaluations of the Hessian, more where it is nearly singular.
    """
    saved = ctx.prec
    try:
        for ctx.prec in _PRECISIONS:
            point = _iterate_newton(slopes, near)
            if point is not None and (minimum := _prove_zero(slopes, point, wanted)) is not None:
                return minimum
        return None
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink or a singular Hessian: there is no proof
        return None
    finally:
        ctx.prec = saved


def enclose_root(
    slopes: BallFunction, near: Sequence[float], judge: Callable[[list[arb]], Judged | None]
) -> Judged | None:
    """What ``judge`` says of the balls around the only zero of a vector function next to a point.

    ``slopes`` holds the function in the place of a gradient, its Jacobian in that of the Hessian. None where no
    proof succeeds. Cost: that of `prove_zero_near`.
    """
    try:
        for bits in _PRECISIONS:
            with ctx.workprec(bits):
                point = _iterate_newton(slopes, near)
                enclosed = None if point is None else _enclose_zero(slopes, point.point, point.inverse)
                if (
                    enclosed is not None
                    and (answer := judge([enclosed.zero[i, 0] for i in range(len(near))])) is not None
                ):
                    return answer
        return None
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink or a singular matrix: there is no proof
        return None


def prove_zero_around(slopes: BallFunction, point: Sequence[float]) -> NearbyZero | None:
    """The only zero of the gradient in a small box around a point, classified by the Hessian over the box.

    Where the box of the point crosses a kink, that of the next Newton step is tried, as long as its zero is as near
    as the first box promised. None where no proof succeeds. Cost: three evaluations of the Hessian per try.
    """
    try:
        with ctx.workprec(_PRECISIONS[0]):
            start = exact_balls(point)
            x, reach = start, None
            for _ in range(_REFINEMENTS):
                shift = _newton_shift(slopes, x)
                reach = _length(shift) if reach is None else reach
                enclosed = _enclose_zero(slopes, x)
                if enclosed is not None:
                    break
                x = [(a - b).mid() for a, b in zip(x, shift, strict=True)]
            else:
                return None
            far = _length([a - enclosed.zero[i, 0] for i, a in enumerate(start)])
            if not far <= _BOX * reach + _CLOSE * (1 + _length(start)):
                return None
            kind = _name_zero(enclosed.hessian)
            return None if kind is None else NearbyZero(float(far), kind)
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink or a singular Hessian: there is no proof
        return None


def _length(vector: Balls) -> arb:
    """An upper bound of the Euclidean length."""
    return sum((abs(part).upper() ** 2 for part in vector), arb(0)).sqrt().upper()


def _newton_shift(slopes: BallFunction, x: Balls) -> list[arb]:
    """What Newton's method subtracts from a point."""
    _, gradient = slopes.gradient(x)
    step = arb_mat(slopes.hessian(x)).mid().inv().mid() * _to_column(gradient)
    return [step[i, 0] for i in range(len(x))]


def _name_zero(hessian: arb_mat) -> ZeroKind | None:
    """The kind of a zero of the gradient, given that no matrix in the balls is singular; None where it is not decided.

    Eigenvalues of such matrices keep their signs over the balls, so those of the middle decide, whose pivots are
    sharper.
    """
    middle = hessian.mid()
    signs = [_read_definiteness(matrix) for matrix in (middle, -middle)]
    if True in signs:
        return "minimum" if signs[0] else "maximum"
    return None if None in signs else "saddle"


class _Converged(NamedTuple):
    """Where Newton's method has converged, and an inverse of the Hessian nearby."""

    point: list[arb]
    inverse: arb_mat


def _iterate_newton(slopes: BallFunction, near: Sequence[float]) -> _Converged | None:
    """The point to which Newton's method converges at the working precision; None where it does not.

    Its inverse Hessian is kept while each step is far shorter than the one before, since second derivatives cost most.
    """
    x = exact_balls(near)
    tiny = arb(_TINY * max(map(abs, near), default=0.0))
    inverse, last = arb_mat(slopes.hessian(x)).mid().inv().mid(), 1.0
    for count in range(_NEWTON_STEPS):
        _, gradient = slopes.gradient(x)
        step = inverse * _to_column(gradient)
        moved = [(a - step[i, 0]).mid() for i, a in enumerate(x)]
        length = max(_relative_size(b - a, b) for a, b in zip(x, moved, strict=True))
        far = max(_relative_size(b - a, b if abs(a) > tiny else tiny) for a, b in zip(x, moved, strict=True))
        if not far <= (_FAR if not count else 1.0):
            return None
        x = moved
        if length <= _CLOSE**2:
            return _Converged(x, inverse)
        if length > _SHORTER * last:
            inverse = arb_mat(slopes.hessian(x)).mid().inv().mid()
        last = length
    return _Converged(x, inverse) if length <= _CLOSE else None


def _to_column(values: Balls) -> arb_mat:
    return arb_mat([[value] for value in values])


def _relative_size(part: arb, whole: arb) -> float:
    size = abs(whole).upper()
    return float((abs(part).upper() / size) if size > arb(2) ** (-ctx.prec // 2) else abs(part).upper())


class _Enclosed(NamedTuple):
    """Balls around the only zero of a gradient in a box, and the Hessian over the box, none of it singular."""

    zero: arb_mat
    hessian: arb_mat


def _prove_zero(slopes: BallFunction, near: _Converged, wanted: int | None) -> Minimum | None:
    """The zero in a small box around a point, if it is proved and its nearest doubles are decided."""
    enclosed = _enclose_zero(slopes, near.point, near.inverse)
    if enclosed is None:
        return None
    zero = [enclosed.zero[i, 0] for i in range(len(near.point))]
    doubles = [as_double(ball) for ball in zero[:wanted]]
    at = [coordinate for coordinate in doubles if coordinate is not None]
    if len(at) < len(doubles):
        return None
    value, _ = slopes.gradient(zero)
    return Minimum(at, as_double(value), is_positive_definite(enclosed.hessian), zero)


def _enclose_zero(slopes: BallFunction, x: list[arb], near: arb_mat | None = None) -> _Enclosed | None:
    """Krawczyk's operator on a box some Newton steps wide; None where it does not prove a zero.

    ``near`` is an inverse of the Hessian at a point nearby; that at x where it is not known.
    """
    _, gradient = slopes.gradient(x)
    near = arb_mat(slopes.hessian(x)).mid().inv().mid() if near is None else near
    shift = near * _to_column(gradient)
    size = len(x)
    least = arb(2) ** (-ctx.prec // 2)
    radii = [_BOX * abs(shift[i, 0]).upper() + (abs(a).upper() + least) * least for i, a in enumerate(x)]
    box = [a + arb(0, radius) for a, radius in zip(x, radii, strict=True)]
    if not slopes.is_smooth(box):
        return None
    hessian = arb_mat(slopes.hessian(box))
    one = arb_mat([[int(i == j) for j in range(size)] for i in range(size)])
    image = _to_column(x) - shift + (one - near * hessian) * _to_column([b - a for a, b in zip(x, box, strict=True)])
    return _Enclosed(image, hessian) if all(box[i].contains_interior(image[i, 0]) for i in range(size)) else None


def is_positive_definite(matrix: arb_mat) -> bool:
    """Whether every matrix in the balls is positive definite: all pivots of elimination are above 0."""
    return _read_definiteness(matrix) is True


def _read_definiteness(matrix: arb_mat) -> bool | None:
    """Whether the matrices in the balls are positive definite; None where a pivot of elimination is not decided."""
    size = matrix.nrows()
    rows = [[matrix[i, j] for j in range(size)] for i in range(size)]
    for k in range(size):
        if not rows[k][k] > 0:
            return False if rows[k][k] <= 0 else None
        for i in range(k + 1, size):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[k], strict=True)]
    return True


# --- the end of a fit ---------------------------------------------------------------------

MOST_WORK = 3_000_000
"""Rows times nodes of the second derivatives above which nothing is certified: one evaluation would take seconds."""
_SERIES = 3_000
"""Nodes that take as long as a series in the order of a Bessel function."""


def certify_fit(
    row: Expr, rough: Expr, names: Sequence[str], columns: Mapping[str, Column], near: Sequence[float]
) -> Minimum | None:
    """The stationary point of the mean of ``row`` over all rows that lies next to a point.

    ``rough`` is the part of ``row`` in which kinks matter: the model, for a loss with a continuous gradient.
    None where no proof succeeds, or it would cost more than `MOST_WORK`.
    """
    slopes = _make_slopes(row, rough, names, columns)
    return None if slopes is None else prove_zero_near(slopes, near)


def follow_newton(
    row: Expr, rough: Expr, names: Sequence[str], columns: Mapping[str, Column], near: Sequence[float], least: float
) -> tuple[list[float], bool]:
    """Where Newton's method leads from a point at which doubles came to rest, and whether it goes on from there.

    Steps are shortened until the mean of ``row`` falls. It goes on while a step promises a fall by more than 1e-12
    of the mean, or while the Hessian is proved to be clearly indefinite: then the end is not next to a minimum,
    however small its gradient is. Nothing is decided where a Hessian is singular, or the mean is below ``least``.
    """
    slopes = _make_slopes(row, rough, names, columns)
    x = list(near)
    if slopes is None:
        return x, False
    try:
        with ctx.workprec(_PRECISIONS[1]):
            for _ in range(_FOLLOWED):
                balls = exact_balls(x)
                value, gradient = slopes.gradient(balls)
                if not value > least:
                    return x, False
                hessian = arb_mat(slopes.hessian(balls))
                if _read_definiteness(hessian) is not True:
                    # Along a valley the curvature is made of the rest of the gradient, and may have any sign.
                    lifted = arb_mat(hessian)
                    for i in range(len(x)):
                        lifted[i, i] += _CLEARLY * abs(hessian[i, i])
                    return x, _read_definiteness(lifted) is False
                step = hessian.solve(_to_column(gradient))
                height = len(next(iter(columns.values())))
                promised = sum((g * step[i, 0] for i, g in enumerate(gradient)), arb(0)) / (2 * height)
                if not promised > value * _FALLS:
                    return x, False
                for rate in _RATES:
                    moved = [float((a - rate * step[i, 0]).mid()) for i, a in enumerate(balls)]
                    if slopes.gradient(exact_balls(moved))[0] < value:
                        break
                else:
                    return x, False  # doubles are too coarse for a lower point
                x = moved
            return x, True
    except (DcalcError, ArithmeticError, ValueError, StopIteration):  # an edge, a kink or a singular Hessian
        return x, False


def _make_slopes(row: Expr, rough: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> BallFunction | None:
    """The mean of ``row`` over all rows with its derivatives; None where a second one is missing or costs too much."""
    partials = [differentiate(row, name) for name in names]
    height = len(next(iter(columns.values())))
    if height * len(lower(row).nodes) > MOST_WORK:
        return None  # second derivatives have more nodes
    try:
        seconds = differentiate_twice(partials, names)
    except Unsupported:  # a mixed one by two variables without partials in closed form
        return None
    balls = {name: exact_balls(column) for name, column in columns.items()}
    first = Rows([row, *partials], balls, BALLS)
    second = Rows(seconds, balls, BALLS)
    if second.height * (len(second.tape.rows) + _SERIES * len(second.slopes)) > MOST_WORK:
        return None
    kinks = list({kink.id: kink for name in names for kink in list_kinks(rough, name)}.values())
    third = Rows(kinks, balls, BALLS) if kinks else None

    def gradient(x: Balls) -> tuple[arb, Balls]:
        total, *slopes = map(_sum, first.at(dict(zip(names, x, strict=True))))
        return total / first.height, slopes

    def hessian(x: Balls) -> Sequence[Balls]:
        return fill_symmetric(list(map(_sum, second.at(dict(zip(names, x, strict=True))))), len(names))

    def is_smooth(box: Balls) -> bool:
        if third is None:
            return True
        columns_of_kinks = third.at(dict(zip(names, box, strict=True)))
        return not any(0 in value for column in columns_of_kinks for value in column)

    return BallFunction(gradient, hessian, is_smooth)


def prove_sign(
    row: Expr,
    names: Sequence[str],
    columns: Mapping[str, Column],
    held: Sequence[float],
    zero: Sequence[float],
    sign: Literal[1, -1],
) -> bool:
    """Whether the derivative of the sum of ``row`` by the first of the names is proved to have that sign.

    ``held`` are exact values of the first names, ``zero`` the doubles nearest to proved values of the others.
    """
    partial = differentiate(row, names[0])
    try:
        with ctx.workprec(_PRECISIONS[0]):
            balls = {name: exact_balls(column) for name, column in columns.items()}
            point = [*exact_balls(held), *(arb(value, ulp(value)) for value in zero)]
            (slopes,) = Rows([partial], balls, BALLS).at(dict(zip(names, point, strict=True)))
            return bool(sign * _sum(slopes) > 0)
    except (DcalcError, ArithmeticError, ValueError):  # there is no derivative
        return False


def _sum(values: Balls) -> arb:
    return sum(values, arb(0))
