"""Power series of balls by Cauchy's integral over a circle: for parameters, in which no recurrence is known.

The coefficients of g(t) = f(a(t), b(t), ...) at 0 are means of g over points of a circle of radius r:

    g_k = mean of g(r*w)*(r*w)**-k over the N-th roots of unity w, less g_(k+N)*r**N + g_(k+2N)*r**(2N) + ...

since the roots add up what is alike modulo N (Trefethen and Weideman 2014, The Exponentially Convergent Trapezoidal
Rule, section 2). Where abs(g) <= M on a larger circle of radius R, inside of which g is analytic, Cauchy's estimate
abs(g_n) <= M/R**n bounds what is left out by M/R**k * q/(1 - q), q = (r/R)**N. M comes from an inequality, or from
boxes that cover that circle, so that everything here is proved. A small r/R needs few points, and k*log2(R/r) more
bits for each.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import pi

from flint import acb, arb, arb_series, ctx

from dcalc.errors import Undecided
from dcalc.numbers.ball import Ball, constant

Analytic = Callable[..., acb]
"""A function of complex balls, analytic inside of the rooms of its arguments, and real on the real axis."""
Bound = Callable[..., arb]
"""What its absolute value is at most, where the arguments are in boxes."""

_COVERS = (8, 32, 128)
"""Boxes that cover the upper half of the circle: more, where fewer give no bound."""
_SHRINKS = (1, 0.75, 0.5, 0.125, 0.015625)
"""What part of the radius is tried: a circle may meet points at which a formula fails though the function does not."""
_ROUGH = 64
"""Bits for the bound, of which only the size matters."""
_HALVINGS = 4_000
_SPARE = 24


def expand(
    f: Analytic, args: Sequence[Ball], rooms: Sequence[arb | float], value: Ball, bound: Bound | None = None
) -> arb_series:
    """The power series of f(*args), of which ``value`` is the first term.

    ``rooms`` say how far each argument may move, in the complex plane, from where it is, with f analytic all the way.
    ``bound`` is a proved bound of abs(f) from boxes of the arguments; without one it is found by f itself. Raises
    Undecided where none is found. Cost: two evaluations for each coefficient, and some 10 more for the bound.
    """
    count = min(arg.prec for arg in args if isinstance(arg, arb_series))
    radius = _find_radius(args, rooms)
    if radius is None:
        return arb_series([constant(value)], prec=count)
    for shrink in _SHRINKS:
        outer = radius * shrink
        size = _cover(f, args, outer) if bound is None else _bound_disc(bound, args, outer)
        if size is not None:
            return arb_series([constant(value), *_average(f, args, outer, size, count)[1:]], prec=count)
    raise Undecided("no bound in the complex plane is found")


def _find_radius(args: Sequence[Ball], rooms: Sequence[arb | float]) -> arb | None:
    """The radius of a circle of t in which all arguments stay in their rooms; None where none of them moves."""
    moving = [
        ([abs(c).upper() for c in arg.coeffs()[1 : arg.prec]], arb(room) - arg[0].rad())
        for arg, room in zip(args, rooms, strict=True)
        if isinstance(arg, arb_series)
    ]
    if not any(size > 0 for sizes, _ in moving for size in sizes):
        return None
    radius = arb(1)
    for _ in range(_HALVINGS):
        if all(_reach(sizes, radius) < room for sizes, room in moving):
            return radius
        radius /= 2
    raise Undecided("there is no room in the complex plane")


def _reach(sizes: Sequence[arb], radius: arb) -> arb:
    """How far a power series without its first term can go."""
    total = arb(0)
    for size in reversed(sizes):
        total = (total + size) * radius
    return total


def _at(args: Sequence[Ball], t: acb) -> list[acb]:
    """The arguments at a complex t."""
    return [_evaluate(arg, t) if isinstance(arg, arb_series) else acb(arg) for arg in args]


def _evaluate(series: arb_series, t: acb) -> acb:
    total = acb(0)
    for c in reversed(series.coeffs()[: series.prec]):
        total = total * t + c
    return total


def _bound_disc(bound: Bound, args: Sequence[Ball], radius: arb) -> arb | None:
    """The bound by boxes around the whole disc; None where that is not finite."""
    with ctx.workprec(_ROUGH):
        size = bound(*_at(args, acb(arb(0, radius), arb(0, radius)))).upper()
    return size if size.is_finite() else None


def _cover(f: Analytic, args: Sequence[Ball], radius: arb) -> arb | None:
    """What abs(f) is at most on the circle, which is covered by boxes; None where that is not finite."""
    with ctx.workprec(_ROUGH):
        for cover in _COVERS:
            half = pi / cover / 2 * 1.01  # an arc is longer than its parts are far from its middle
            largest = arb(0)
            for k in range(cover):
                angle = arb(2 * k + 1) / (2 * cover)
                box = acb(arb(angle.cos_pi().mid(), half), arb(angle.sin_pi().mid(), half))
                largest = largest.max(abs(f(*_at(args, box * radius))).upper())
                if not largest.is_finite():
                    break
            else:
                return largest
    return None


def _average(f: Analytic, args: Sequence[Ball], outer: arb, bound: arb, count: int) -> list[arb]:
    """The coefficients, each a mean over the points of a circle far inside of the outer one."""
    points = 2 * count + 4
    shift = -(-(ctx.prec + _SPARE) // points)  # log2 of the ratio of the two radii
    rest = bound * arb(2) ** (-shift * points)
    with ctx.workprec(ctx.prec + shift * (count + 2) + _SPARE):
        inner = outer * arb(2) ** -shift
        roots = [_root_of_unity(k, points) for k in range(points)]
        values = [f(*_at(args, root * inner)) for root in roots[: points // 2 + 1]]
        terms = []
        for k in range(count):
            total = values[0].real + (-values[-1].real if k % 2 else values[-1].real)
            for j in range(1, points // 2):
                total += 2 * (values[j] * roots[-j * k % points]).real
            terms.append(total / points / inner**k)
    return [term + arb(0, (2 * rest / outer**k).upper()) for k, term in enumerate(terms)]


def _root_of_unity(k: int, count: int) -> acb:
    angle = arb(2 * k) / count
    return acb(angle.cos_pi(), angle.sin_pi())


def near(x: Ball, edge: arb | int = 0) -> arb:
    """The room that an argument has which must not come to an edge."""
    return abs(constant(x) - edge).lower()
