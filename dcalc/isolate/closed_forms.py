"""Which number an isolated zero is: candidates by what its digits look like, each decided by an exact zero test.

A candidate is the zero only where the function is proved to be 0 at it, since it lies in an interval that holds one
zero. So a coincidence of digits can cost time, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from flint import arb, ctx

from dcalc import functions as table
from dcalc.expr import Expr, make, number
from dcalc.functions import Row
from dcalc.isolate.smooth import Place, Smooth, at, is_moderate
from dcalc.numbers.rounding import midpoint
from dcalc.proof.polynomials import rational_expression
from dcalc.simplify import simplify

_BITS = 240
_COST = 400
"""What naming a place costs, in the units of `Work`."""
_MOST = 1_000_000
"""Denominators and numerators of numbers that are tried: more digits than that are never met by chance at `_BITS`."""
_UNIT = 1 << 160
_GAP = 1 << 64
"""A partial quotient of that size ends the continued fraction of a rational."""
_POWERS = (2, 3, 4)
_LARGE = 1e6


def name_place(place: Place, function: Smooth) -> Place:
    """The place in closed form, where the function is proved to be 0 at one; else itself."""
    if place.node is not None or place.sign:
        return place
    function.work.spend(_COST)
    for candidate in list_candidates(place.ball(_BITS)):
        named = at(candidate)
        if named.ball(_BITS).overlaps(place.ball(_BITS)) and function.is_zero_at(named):
            return named
    return place


def list_candidates(ball: arb) -> Iterator[Expr]:
    """Closed forms that a number may have, the simplest first."""
    with ctx.workprec(_BITS):
        if 0 in ball:
            yield number(0)
            return
        if not is_moderate(ball):
            return
        yield from _list_rationals(ball, None)
        yield from _list_rationals(ball / arb.pi(), make(table.PI))
        for power in _POWERS:
            for inner in (
                *_list_rationals(ball**power, None),
                *_list_rationals(ball**power / arb.pi(), make(table.PI)),
            ):
                yield _signed(make(table.POW, inner, rational_expression(Fraction(1, power))), ball)
        yield from _list_rationals(ball * arb.pi(), make(table.DIV, number(1), make(table.PI)))
        if abs(ball) < _LARGE:
            yield from _list_quadratic(ball)
        yield from _list_inverses(ball)


def _list_rationals(ball: arb, unit: Expr | None) -> Iterator[Expr]:
    value = _find_rational(ball)
    if value is not None:
        node = rational_expression(value)
        yield node if unit is None else simplify(make(table.MUL, node, unit))


def _find_rational(ball: arb) -> Fraction | None:
    """The only rational of a small denominator in a ball, by continued fractions; None where there is none."""
    if not ball.is_finite() or not ball.rad() < arb(2) ** -(_BITS // 2) * (1 + abs(ball)).lower():
        return None
    if not abs(ball) < _MOST**2:
        return None
    above, below = int(midpoint(ball) * _UNIT), _UNIT
    p, q, last_p, last_q = 1, 0, 0, 1
    while below:
        whole, rest = divmod(above, below)
        if q and whole > _GAP:  # what is left is nothing to the digits that there are
            return Fraction(p, q) if p in ball * q else None
        p, q, last_p, last_q = whole * p + last_p, whole * q + last_q, p, q
        if q > _MOST:
            return None
        above, below = below, rest
    return Fraction(p, q) if p in ball * q else None


def _signed(node: Expr, ball: arb) -> Expr:
    node = simplify(node)
    return node if ball > 0 else simplify(make(table.NEG, node))


def _list_quadratic(ball: arb) -> Iterator[Expr]:
    """(p + sqrt(q))/r with small whole numbers: a + b*x + c*x**2 = 0 by a short vector of a lattice."""
    from flint import fmpz_mat

    scale = arb(2) ** (_BITS // 2)
    rows = []
    for place, power in enumerate((arb(1), ball, ball * ball)):
        whole = (power * scale).mid().unique_fmpz() or int(midpoint(power * scale))
        rows.append([int(k == place) for k in range(3)] + [int(whole)])
    reduced = fmpz_mat(rows).lll()
    c, b, a = (int(reduced[0, k]) for k in range(3))
    if not a or max(abs(a), abs(b), abs(c)) > _MOST:
        return
    if 0 not in a * ball * ball + b * ball + c:
        return
    root = make(table.POW, number(b * b - 4 * a * c), rational_expression(Fraction(1, 2)))
    for sign in (1, -1):
        above = make(table.ADD, number(-b), make(table.MUL, number(sign), root))
        yield simplify(make(table.DIV, above, number(2 * a)))


_INVERSES: tuple[tuple[str, str], ...] = (
    ("exp", "log"), ("log", "exp"), ("tan", "atan"), ("sin", "asin"), ("cos", "acos"), ("cosh", "acosh"),
    ("sinh", "asinh"), ("tanh", "atanh"),
)  # fmt: skip


def _list_inverses(ball: arb) -> Iterator[Expr]:
    """log(r), exp(r), atan(r) and the like of simple numbers r, their multiples of 1/2 and angles beside them."""
    for forward, backward in _INVERSES:
        row = table.get(backward, 1)
        for multiple in (1, 2, -1, -2) if forward == "exp" else (1, 2) if forward in ("sin", "cos", "tan") else (1,):
            yield from _list_inverse(ball, forward, row, multiple)
    for inverse in _list_inverse(1 / ball, "exp", table.LOG, 1):
        yield simplify(make(table.DIV, number(1), inverse))
    yield from _list_lambert(ball)


def _list_inverse(ball: arb, forward: str, row: Row, multiple: int) -> Iterator[Expr]:
    if forward == "log" and not ball > 0:
        return
    if abs(ball) > _LARGE:
        return
    image = getattr(ball * multiple, forward)()
    mirrored = forward == "cosh" and bool(ball < 0)
    arguments = [*_list_rationals(image, None)]
    if not arguments and forward in ("log", "exp"):
        arguments = [*_list_rationals(image / arb.pi(), make(table.PI))]
    if not arguments:
        arguments = [
            _signed(make(table.POW, inner, rational_expression(Fraction(1, 2))), image)
            for inner in _list_rationals(image**2, None)
        ]
    for argument in arguments:
        node = simplify(make(table.DIV, make(row, argument), number(multiple)))
        if forward in ("sin", "cos", "tan"):
            yield from _turn(node, ball, multiple)
        else:
            yield simplify(make(table.NEG, node)) if mirrored else node


def _turn(node: Expr, ball: arb, multiple: int) -> Iterator[Expr]:
    """An angle, and its mirror image, as many half turns on as lead to the number."""
    for sign in (1, -1):
        first = node if sign > 0 else make(table.NEG, node)
        gap = (ball - at(first).ball(_BITS)) * multiple / arb.pi()
        turns = _find_rational(gap)
        if turns is not None and turns.denominator == 1:
            shift = make(table.MUL, rational_expression(turns / multiple), make(table.PI))
            yield simplify(make(table.ADD, first, shift))


def _list_lambert(ball: arb) -> Iterator[Expr]:
    """lambertw(r), exp(lambertw(r)) for x*exp(x) = r and x*log(x) = r."""
    row = table.get("lambertw", 1)
    if ball > -1 and abs(ball) < 100:
        for argument in _list_rationals(ball * ball.exp(), None):
            yield make(row, argument)
