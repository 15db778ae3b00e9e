"""A function as a product of factors, each a function of its own: where one is 0, the function is.

Factors are those of the numerator as a polynomial in the parts of the expression. A polynomial in the variable has
all its zeros from exact isolation; one in a single other part, such as sin(x), is 0 where that part is a zero of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import lcm
from typing import NamedTuple

from flint import arb, ctx, fmpq, fmpq_mpoly, fmpz_poly

from dcalc import functions as table
from dcalc.errors import LimitError
from dcalc.expr import Expr, exact, is_leaf, make, number, substitute, symbol, variables, walk
from dcalc.isolate.closed_forms import name_place
from dcalc.isolate.smooth import Place, Smooth, at
from dcalc.proof.polynomial_forms import Ring
from dcalc.proof.roots import Zero, rational_expression, real_zeros, univariate
from dcalc.simplify import simplify

_MOST_TERMS = 200
_MOST_FACTORS = 12


class Factor(NamedTuple):
    """A factor, and its zeros on the whole line where it is a polynomial in the variable; None where they are not
    known."""

    function: Smooth
    zeros: Sequence[Place] | None = None


def split_factors(function: Smooth) -> list[Factor]:
    """The factors of the numerator that depend on the variable; the function itself where it has no such form.

    Wherever the function has a value it is 0 exactly where one of them is.
    """
    written, unit = _unify_exponentials(function.root)
    try:
        ring = Ring(written, keeps_quotients=False, most=_MOST_TERMS)
        above = ring.element.above
        if not above:
            return [Factor(Smooth(number(0), function.name, function.work))]
        parts = [part for part, _ in above.factor()[1]]
    except (LimitError, OverflowError):
        return [Factor(function)]
    if len(parts) > _MOST_FACTORS:
        return [Factor(function)]
    return [factor for part in parts for factor in _read_factor(part, ring, function, unit)]


_UNIT = symbol("unit exponential")


def _unify_exponentials(root: Expr) -> tuple[Expr, Expr]:
    """The expression with a name for an exponential of which all others are powers, and that exponential."""
    powers = [node for node in walk(root) if node.op is table.EXP and variables(node)]
    if len(powers) < 2:
        return root, _UNIT
    first = powers[0].args[0]
    shares: dict[Expr, Fraction] = {}
    for node in powers:
        ratio = exact(simplify(make(table.DIV, node.args[0], first)))
        if ratio is None:
            return root, _UNIT
        shares[node] = Fraction(ratio)
    unit = Fraction(1, lcm(*(share.denominator for share in shares.values())))
    base = make(table.EXP, simplify(make(table.MUL, rational_expression(unit), first)))
    images: dict[Expr, Expr] = {}
    for node in walk(root):
        if is_leaf(node):
            images[node] = node
        elif node in shares:
            images[node] = make(table.POW, _UNIT, number(int(shares[node] / unit)))
        else:
            images[node] = make(node.op, *(images[arg] for arg in node.args))
    return images[root], base


def _read_factor(part: fmpq_mpoly, ring: Ring, function: Smooth, unit: Expr) -> list[Factor]:
    places = [place for place, degree in enumerate(part.degrees()) if degree]
    if len(places) == 1:
        (place,) = places
        base, degree = ring.bases[place], ring.degrees[place]
        base = unit if base is _UNIT else base
        poly = univariate(part, place)
        if poly is not None and base is symbol(function.name) and degree == 1:
            root = ring.sum_of(part)
            own = Smooth(root, function.name, function.work)
            return [Factor(own, [place_of_zero(zero, own) for zero in real_zeros(poly)])]
        if poly is not None and (poly.degree() > 1 or degree > 1):
            split = _split_levels(poly, base, degree, function)
            if split is not None:
                return split
    root = ring.sum_of(part)
    if unit is not _UNIT:
        root = simplify(substitute(root, {_UNIT.args[0]: unit}))
    return [Factor(Smooth(root, function.name, function.work))]


def _split_levels(poly: fmpz_poly, base: Expr, degree: int, function: Smooth) -> list[Factor] | None:
    """The polynomial in base**(1/degree) as the differences of that part from its zeros; None where they have no
    closed form."""
    factors = []
    for zero in real_zeros(poly):
        if zero.expression is None:
            return None
        level = zero.expression
        if degree > 1:
            if zero.low < 0:
                continue
            level = make(table.POW, level, number(degree))
        gap = simplify(make(table.SUB, base, level))
        factors.append(Factor(Smooth(gap, function.name, function.work)))
    return factors or [Factor(Smooth(number(1), function.name, function.work))]


def place_of_zero(zero: Zero, function: Smooth) -> Place:
    """A zero of a polynomial as a place."""
    if zero.expression is not None:
        return at(zero.expression)
    return name_place(Place(zero_of=function, low=_exact_ball(zero.low), high=_exact_ball(zero.high)), function)


def _exact_ball(value: Fraction) -> arb:
    """The exact ball of a rational whose denominator is a power of 2."""
    with ctx.workprec(value.numerator.bit_length() + value.denominator.bit_length()):
        return arb(fmpq(value.numerator, value.denominator))
