"""Minima to their last digit: Newton's method at high precision, then a proof in ball arithmetic.

Krawczyk's operator (Krawczyk 1969; Neumaier, Interval Methods for Systems of Equations, 5.1) maps a box into its own
interior only if the box holds exactly one zero of the gradient. Elimination in balls then decides whether that zero
is a minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from math import inf
from typing import Literal, NamedTuple, TypeVar

from flint import arb, arb_mat, ctx, fmpq_mat

from dcalc.errors import DcalcError
from dcalc.numbers.rounding import nearest_double
from dcalc.optimise.objective import exact_balls

_FIRST_BITS = 128
"""Bits for the first attempt, from a point that is right to half of a double's digits."""
_FIRST_STEP = 2.0**-25
"""After a Newton step below this part of the point the next one is beyond the last digit of a double."""
_HESSIAN_BITS = 64
"""Bits for its Hessian over a box, which need not be narrow."""
PRECISIONS = (192, 448, 1024)
"""Bits, raised until a proof succeeds: an ill-conditioned Hessian needs more."""
FINEST = 2560
"""Bits at which a coordinate that is 0 is enclosed in less than the least double."""
_STEPS_IN_DOUBLES = 4
_NEWTON_STEPS = 15
"""From a point that is right to a few digits quadratic convergence takes about eight."""
_SHORTER = 1e-4
"""With the inverse Hessian of a nearby point a step is at least that much shorter than the last, or it is renewed."""
_CLOSE = 2.0**-60
"""Newton's method has converged once a step is below this part of the point, beyond the last digit of a double."""
_BOX = 4
"""Newton steps from the middle of a box to its sides: room for Krawczyk's operator to map it into its interior."""
_CONTRACTIONS = 12
_NARROWER = 0.2
"""Balls that are narrowed by less than this factor are as narrow as they become."""
_REFINEMENTS = 3
"""Points from which a zero is enclosed, where kinks are as near as the first Newton step is long."""
_TINY = 1e-9
"""A coordinate below this part of the largest may be 0 but for rounding, so that its steps may be long."""
_FAR = 1e-3
"""A first Newton step above this part of the point leads to another zero than the one that the fit has found."""
_CLEARLY = 1e-6
"""A curvature below this part of those along the axes is not clearly negative."""
_FOLLOWED = 24
"""Steps of Newton's method after which it has come close to a minimum, or leads on for ever."""
_FEWEST_FOLLOWED = 8
_SHRUNK = 0.5
"""Steps of which the last is below this part of an earlier one, in the second half of them, come to rest."""
_VANISHED = 1e-8
"""On the way to infinity each fall is a third of the last at least, as that of exp(-a); along a flat valley what is
left is soon nothing."""
_DAMPINGS = (0.0, *(10.0**power for power in range(-44, 4, 3)))
"""Parts of the curvatures along the axes that are added, from where they matter for the narrowest valleys."""
_STRONG_DAMPINGS = (0.01, 1.0)
"""Where f is flat along a valley, and curves downward a little off its bottom, strong damping leads to the bottom."""
_LONGEST_LOGARITHM = 50.0
"""A step in logarithms that multiplies by more leads beyond what a double holds."""

Balls = Sequence[arb]
Answer = TypeVar("Answer")
ZeroKind = Literal["minimum", "maximum", "saddle"]


class Minimum(NamedTuple):
    """A zero of a gradient, each coordinate the nearest double, and whether it is a proved minimum.

    ``value`` is f there, None where its nearest double is not decided, and ``height`` the ball around f. ``zero`` are
    the balls that are proved to hold it; ``is_exact`` tells that it is the doubles themselves.
    """

    at: list[float]
    value: float | None
    is_minimum: bool
    zero: Sequence[arb] = ()
    is_exact: bool = False
    height: arb | None = None


class NearbyZero(NamedTuple):
    """A zero of a gradient, proved to lie within ``distance`` of a point, and what it is."""

    distance: float
    kind: ZeroKind


class Course(NamedTuple):
    """Where a descent leads; it ``goes_on`` where its steps have not become shorter, though each lowers f."""

    end: list[float]
    goes_on: bool


class Estimate(NamedTuple):
    """Value, gradient and Hessian at a point, in doubles."""

    value: float
    gradient: Sequence[float]
    hessian: Sequence[Sequence[float]]


class BallFunction(NamedTuple):
    """A function of several variables over balls: value and gradient, and the rows of its Hessian.

    ``is_smooth`` tells whether f is proved to have no kink and no jump in a box: the expressions of derivatives
    do not show these, and Krawczyk's operator needs a gradient that the Hessian is the derivative of.
    ``estimate`` is the same in doubles, where that is cheaper.
    """

    gradient: Callable[[Balls], tuple[arb, Balls]]
    hessian: Callable[[Balls], Sequence[Balls]]
    is_smooth: Callable[[Balls], bool]
    estimate: Callable[[Sequence[float]], Estimate] | None = None


class Enclosed(NamedTuple):
    """Balls around the only zero of a gradient in a box, and the Hessian over the box, none of it singular.

    ``inverse`` is nearly that of the Hessian, ``rest`` what its product with that leaves of the identity.
    """

    zero: list[arb]
    hessian: arb_mat
    inverse: arb_mat
    rest: arb_mat


def enclose_zero(
    slopes: BallFunction,
    near: Sequence[float],
    judge: Callable[[Enclosed], Answer | None],
    precisions: Sequence[int] = PRECISIONS,
) -> Answer | None:
    """What ``judge`` says of the balls around the only zero of a vector function next to a point.

    ``slopes`` holds the function in the place of a gradient, its Jacobian in that of the Hessian. Balls become
    narrower until it says something. None where Newton's method leads away, a derivative is missing, or no proof
    succeeds. Cost: two evaluations of the gradient and one of the Hessian, more where that is nearly singular.
    """
    enclosed: Enclosed | None = None
    for bits in (_FIRST_BITS, *precisions):
        try:
            with ctx.workprec(bits):
                if bits == _FIRST_BITS:
                    enclosed = _enclose_from_doubles(slopes, near)
                elif enclosed is None:
                    enclosed = _enclose_by_newton(slopes, exact_balls(near))
                elif bits == PRECISIONS[0]:
                    enclosed = _sharpen(slopes, enclosed)
                else:
                    enclosed = _enclose_by_newton(slopes, [part.mid() for part in enclosed.zero])
                if enclosed is not None and (answer := judge(enclosed)) is not None:
                    return answer
        except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink or a singular matrix: there is no proof
            if bits != _FIRST_BITS:  # which may be too few
                return None
    return None


def describe_zero(slopes: BallFunction, enclosed: Enclosed, wanted: int | None = None) -> Minimum | None:
    """A zero whose nearest doubles are decided, and what it is."""
    doubles = [nearest_double(ball) for ball in enclosed.zero[:wanted]]
    at = [coordinate for coordinate in doubles if coordinate is not None]
    if len(at) < len(doubles):
        return None
    value, _ = slopes.gradient(enclosed.zero)
    return Minimum(at, nearest_double(value), is_positive_definite(enclosed.hessian), enclosed.zero, height=value)


def prove_zero_around(slopes: BallFunction, point: Sequence[float]) -> NearbyZero | None:
    """The only zero of the gradient in a small box around a point, classified by the Hessian over the box.

    Where the box of the point crosses a kink, that of the next Newton step is tried, as long as its zero is as near
    as the first box promised. None where no proof succeeds. Cost: three evaluations of the Hessian per try.
    """
    try:
        with ctx.workprec(PRECISIONS[0]):
            start, least = exact_balls(point), arb(2) ** (-ctx.prec // 2)
            x, reach = start, None
            for _ in range(_REFINEMENTS):
                inverse = _invert_hessian(slopes, x)
                shift = _multiply(inverse, slopes.gradient(x)[1])
                reach = _length(shift) if reach is None else reach
                enclosed = _enclose(slopes, x, inverse, [(abs(a).upper() + least) * least for a in x])
                if enclosed is not None:
                    break
                x = [(a - b).mid() for a, b in zip(x, shift, strict=True)]
            else:
                return None
            far = _length([a - b for a, b in zip(start, enclosed.zero, strict=True)])
            if not far <= _BOX * reach + _CLOSE * (1 + _length(start)):
                return None
            kind = _name_zero(enclosed.hessian)
            return None if kind is None else NearbyZero(float(far), kind)
    except (DcalcError, ArithmeticError, ValueError):  # an edge, a kink or a singular Hessian: there is no proof
        return None


def follow_newton(
    slopes: BallFunction, near: Sequence[float], most: int, least: float = -inf, *, is_second_order: bool = True
) -> Course:
    """Where damped Newton's method leads from a point at which doubles came to rest, in balls that are not rounded.

    Each step is one of the variables or of their logarithms, whichever lowers f more: valleys such as that of `a*b` are
    straight in logarithms. ``is_second_order``: a Hessian that is proved to be clearly indefinite at the point shows
    that it is not next to a minimum, however small its gradient is. Nothing is decided where f is below ``least``, or
    ``most`` steps are too few. Cost: a Hessian for each step.
    """
    rests = Course(list(near), goes_on=False)
    steps = min(_FOLLOWED, most)
    if steps < _FEWEST_FOLLOWED:
        return rests
    try:
        with ctx.workprec(PRECISIONS[1]):
            x = exact_balls(near)
            if not slopes.gradient(x)[0] > least:
                return rests
            if is_second_order and _is_clearly_indefinite(arb_mat(slopes.hessian(x))):
                return Course(list(near), goes_on=True)
            return _follow(slopes, x, steps)
    except (DcalcError, ArithmeticError, ValueError, StopIteration):  # an edge or a kink
        return rests


def _follow(slopes: BallFunction, x: list[arb], steps: int) -> Course:
    """Where so many steps lead."""
    scales = [abs(a) if a != 0 else arb(1) for a in x]
    lengths: list[float] = []
    falls: list[float] = []
    for _ in range(steps):
        moved = _descend_once(slopes, x)
        if moved is None:
            return Course(list(map(float, x)), goes_on=False)
        fall, after = moved
        lengths.append(max(float(abs(b - a) / c) for a, b, c in zip(x, after, scales, strict=True)))
        falls.append(fall)
        x = after
    later = slice(steps // 2, None)
    is_moving = lengths[-1] > _SHRUNK * max(lengths[later]) and falls[-1] > _VANISHED * max(falls[later])
    return Course(list(map(float, x)), goes_on=is_moving)


def _is_clearly_indefinite(hessian: arb_mat) -> bool:
    """Whether a Hessian has a negative curvature that the rest of a gradient along a valley does not explain."""
    size = hessian.nrows()
    if read_definiteness(hessian) is True:
        return False
    lifted = arb_mat(hessian)
    for i in range(size):
        lifted[i, i] += _CLEARLY * abs(hessian[i, i])
        if all(hessian[i, j] == 0 for j in range(size)):
            lifted[i, i] = arb(1)  # neither up nor down
    return read_definiteness(lifted) is False


def _descend_once(slopes: BallFunction, x: Balls) -> tuple[float, list[arb]] | None:
    """The lower of the points to which a damped step leads, in parameters and in logarithms, and by how much it is
    lower; None if none is."""
    value, gradient = slopes.gradient(x)
    hessian = arb_mat(slopes.hessian(x))
    size = len(x)
    scaled = arb_mat([[x[i] * hessian[i, j] * x[j] for j in range(size)] for i in range(size)])
    for i in range(size):
        scaled[i, i] += x[i] * gradient[i]
    logarithmic = [a * part for a, part in zip(x, gradient, strict=True)]
    falls = [
        fall
        for dampings in (_DAMPINGS, _STRONG_DAMPINGS)
        for fall in (
            _try_steps(slopes, value, _list_moves(x, hessian, gradient, dampings)),
            _try_steps(slopes, value, _list_logarithmic_moves(x, scaled, logarithmic, dampings)),
        )
        if fall is not None
    ]
    return max(falls, key=lambda fall: fall[0], default=None)


def _try_steps(slopes: BallFunction, value: arb, moves: Iterable[list[arb]]) -> tuple[float, list[arb]] | None:
    """The first point at which f is proved to be lower, and by how much."""
    for moved in moves:
        height = slopes.gradient(moved)[0]
        if height < value:
            return float(value - height), moved
    return None


def _list_moves(x: Balls, hessian: arb_mat, gradient: Balls, dampings: Sequence[float]) -> Iterator[list[arb]]:
    for step in _solve_damped(hessian, gradient, dampings):
        yield [(a - part).mid() for a, part in zip(x, step, strict=True)]


def _list_logarithmic_moves(
    x: Balls, hessian: arb_mat, gradient: Balls, dampings: Sequence[float]
) -> Iterator[list[arb]]:
    for step in _solve_damped(hessian, gradient, dampings):
        if all(abs(part) < _LONGEST_LOGARITHM for part in step):
            yield [(a * (-part).exp()).mid() for a, part in zip(x, step, strict=True)]


def _solve_damped(hessian: arb_mat, gradient: Balls, dampings: Sequence[float]) -> Iterator[list[arb]]:
    """Steps to the minima of quadratic models that are damped so much that they have one."""
    for damping in dampings:
        lifted = arb_mat(hessian)
        for i in range(hessian.nrows()):
            lifted[i, i] += damping * abs(hessian[i, i])
            if hessian[i, i] == 0:
                lifted[i, i] = arb(1)
        if read_definiteness(lifted) is True:
            yield [part.mid() for part in lifted.solve(arb_mat([[part] for part in gradient])).entries()]


def _length(vector: Balls) -> arb:
    """An upper bound of the Euclidean length."""
    return sum((abs(part).upper() ** 2 for part in vector), arb(0)).sqrt().upper()


def _invert_hessian(slopes: BallFunction, x: Balls) -> arb_mat:
    """An approximate inverse of the Hessian at a point, without radii."""
    return arb_mat(slopes.hessian(x)).mid().inv().mid()


def _multiply(matrix: arb_mat, vector: Balls) -> list[arb]:
    product = matrix * arb_mat([[part] for part in vector])
    return [product[i, 0] for i in range(len(vector))]


def _name_zero(hessian: arb_mat) -> ZeroKind | None:
    """The kind of a zero of the gradient, given that no matrix in the balls is singular; None where it is not decided.

    Eigenvalues of such matrices keep their signs over the balls, so those of the middle decide, whose pivots are
    sharper.
    """
    middle = hessian.mid()
    signs = [read_definiteness(matrix) for matrix in (middle, -middle)]
    if True in signs:
        return "minimum" if signs[0] else "maximum"
    return None if None in signs else "saddle"


def _enclose_from_doubles(slopes: BallFunction, near: Sequence[float]) -> Enclosed | None:
    """The zero beside the end of some Newton steps in doubles; None where these lead away, or nothing is proved."""
    x = exact_balls(near)
    for count in range(_STEPS_IN_DOUBLES):
        if slopes.estimate is None:
            value, gradient = slopes.gradient(x)
            hessian = arb_mat(slopes.hessian(x)).mid()
        else:
            estimate = slopes.estimate(list(map(float, x)))
            value, gradient, hessian = arb(estimate.value), exact_balls(estimate.gradient), arb_mat(estimate.hessian)
        inverse = hessian.inv().mid()
        step = _multiply(inverse, gradient)
        scales = _measure_coordinates(x, value, hessian)
        x = exact_balls([float((a - part).mid()) for a, part in zip(x, step, strict=True)])
        length = max(float(abs(part).upper() / scale) for part, scale in zip(step, scales, strict=True))
        if length <= _FIRST_STEP:
            return _enclose(slopes, x, inverse, [scale * arb(2) ** (-ctx.prec // 2) for scale in scales])
        if not length <= (1.0 if count else _FAR):
            return None
    return None


def _enclose_by_newton(slopes: BallFunction, x: list[arb]) -> Enclosed | None:
    """The zero to which Newton's method converges at the working precision; None where it does not, or proves nothing.

    Its inverse Hessian is kept while each step is far shorter than the one before, since second derivatives cost most.
    """
    hessian = arb_mat(slopes.hessian(x)).mid()
    inverse, last = hessian.inv().mid(), 1.0
    done = min(_CLOSE**2, 2.0 ** -(ctx.prec // 4))
    for count in range(_NEWTON_STEPS):
        value, gradient = slopes.gradient(x)
        step = _multiply(inverse, gradient)
        scales = _measure_coordinates(x, value, hessian)
        parts = [abs(part).upper() / scale for part, scale in zip(step, scales, strict=True)]
        length = max(map(float, parts))
        if not length <= (1.0 if count else _FAR):
            return None
        x = [(a - part).mid() for a, part in zip(x, step, strict=True)]
        if length <= done:
            break
        if length > _SHORTER * last:
            inverse = _invert_hessian(slopes, x)
        last = length
    least = arb(2) ** (-ctx.prec // 2)
    return _enclose(slopes, x, inverse, [scale * least for scale in scales]) if length <= _CLOSE else None


def is_next_to(x: Balls, near: Sequence[float], value: arb, hessian: arb_mat) -> bool:
    """Whether a zero is as near to a point as one to which Newton's method leads is."""
    scales = _measure_coordinates(x, value, hessian)
    return all(abs(a - b) <= _FAR * scale for a, b, scale in zip(x, near, scales, strict=True))


def _measure_coordinates(x: Balls, value: arb, hessian: arb_mat) -> list[arb]:
    """Lengths with which steps are compared: a coordinate's size, or how far it moves to change f by its own size.

    The second, some standard errors of a parameter, counts for one that is 0; where f is 0 as well, a small part of
    what the other coordinates are, in units of equal curvature.
    """
    bends = [abs(hessian[i, i]).upper().sqrt() for i in range(len(x))]
    whole = max(abs(a) * bend for a, bend in zip(x, bends, strict=True)) * _TINY + abs(value).upper().sqrt()
    reaches = [(whole / bend).mid() if bend > 0 else arb(0) for bend in bends]
    least = arb(2) ** (-ctx.prec)
    return [max(abs(a), reach, least) for a, reach in zip(x, reaches, strict=True)]


def _enclose(slopes: BallFunction, x: list[arb], inverse: arb_mat, radii: Sequence[arb]) -> Enclosed | None:
    """Krawczyk's operator on a box some Newton steps wider than the ``radii``; None where it does not prove a zero.

    ``inverse`` is that of the Hessian at a point nearby.
    """
    _, gradient = slopes.gradient(x)
    shift = _multiply(inverse, gradient)
    sides = [_BOX * abs(part).upper() + radius for part, radius in zip(shift, radii, strict=True)]
    box = [a + arb(0, side) for a, side in zip(x, sides, strict=True)]
    if not slopes.is_smooth(box):
        return None
    with ctx.workprec(_HESSIAN_BITS if ctx.prec == _FIRST_BITS else ctx.prec):
        hessian = arb_mat(slopes.hessian(box))
    rest = arb_mat([[int(i == j) for j in range(len(x))] for i in range(len(x))]) - inverse * hessian
    zero = _contract(x, shift, rest, box)
    if not all(whole.contains_interior(part) for whole, part in zip(box, zero, strict=True)):
        return None
    return _sharpen(slopes, Enclosed(zero, hessian, inverse, rest))


def _sharpen(slopes: BallFunction, enclosed: Enclosed) -> Enclosed:
    """The same zero in narrower balls: the operator is applied at their middles, as long as that helps."""
    zero = enclosed.zero
    size = max(map(abs, zero)).upper()
    goals = [(abs(part).upper() + _TINY * size) * arb(2) ** (-9 * ctx.prec // 16) for part in zero]
    for _ in range(_CONTRACTIONS):
        widths = [part.rad() for part in zero]
        if all(width <= goal for width, goal in zip(widths, goals, strict=True)):
            break
        middle = [part.mid() for part in zero]
        _, gradient = slopes.gradient(middle)
        zero = _contract(middle, _multiply(enclosed.inverse, gradient), enclosed.rest, zero)
        if not any(part.rad() < _NARROWER * width for part, width in zip(zero, widths, strict=True)):
            break  # what is left is rounding
    return enclosed._replace(zero=zero)


def _contract(x: Balls, shift: Balls, rest: arb_mat, box: Balls) -> list[arb]:
    """Where the zero of a box must be, seen from a point in it."""
    spread = _multiply(rest, [b - a for a, b in zip(x, box, strict=True)])
    return [a - part + wide for a, part, wide in zip(x, shift, spread, strict=True)]


def is_positive_definite(matrix: arb_mat | fmpq_mat) -> bool:
    """Whether every matrix in the balls is positive definite: all pivots of elimination are above 0."""
    return read_definiteness(matrix) is True


def read_definiteness(matrix: arb_mat | fmpq_mat) -> bool | None:
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
