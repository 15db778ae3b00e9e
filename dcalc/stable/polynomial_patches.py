"""Series patches: a polynomial where a sum cancels, with a proved bound of what it leaves out.

Within a radius of a center the sum is `t**k*(a0 + a1*t + ...)`, cut off where the rest is proved to be less than an
ulp of it; elsewhere it stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from flint import arb, ctx

from dcalc import functions as table
from dcalc.derive import derivative
from dcalc.errors import DcalcError
from dcalc.expr import Expr, exact, make, number, replace_nodes, substitute, symbol, variables, walk
from dcalc.numbers import rational_jet
from dcalc.numbers.enclosure import Encloser, constant
from dcalc.numerals import terminates
from dcalc.proof.equality import prove_number
from dcalc.simplify import Build, simplify
from dcalc.stable.taylor_models import Expansion, round_coefficient

_RADII = tuple(Fraction(1, size) for size in (1, 2, 4, 8, 16, 64, 256, 4096))
_HIGHEST = 40
"""The highest order of a coefficient that is looked at."""
_MOST_TERMS = 15
_TRUNCATED = Fraction(1, 1 << 54)
"""What the polynomial leaves out, relative to its first term: half of half an ulp."""
_BITS = 160
_CENTER_BITS = 600
_SHORT = 10**15
NAME = "t"
"""The name of the quantity in which a part is expanded; never printed."""


class Patch(NamedTuple):
    """The factor t**power and the polynomial that is left, by ascending powers, within a radius of 0."""

    power: int
    coefficients: tuple[Fraction, ...]
    radius: Fraction


def find_patch(root: Expr, name: str, center: Fraction, distance: float) -> Patch | None:
    """The polynomial of ``root`` around a center that holds at a distance from it; None where there is none.

    At 0 there is none where the root does not vanish, which needs none in a sum.

    The orders that vanish do so by exact rational arithmetic; the other coefficients are rounded. Rounding and
    the remainder, which is bounded by the Taylor coefficient over the whole range in ball arithmetic (Taylor's
    theorem with Lagrange's remainder), are together less than a quarter of an ulp of the first term, and the
    other terms leave half of that. Cost: a series in balls for the center, and one for each radius.
    """
    try:
        encloser = Encloser(root, name, _HIGHEST)
        with ctx.workprec(_CENTER_BITS):
            middle = constant(center)
            balls = encloser.coefficients({name: lambda: middle})
        power = next((order for order, ball in enumerate(balls) if not isinstance(ball, arb) or 0 not in ball), None)
        if power is None or power > _HIGHEST // 2 or (not power and not center) or not isinstance(balls[power], arb):
            return None
        if not all(isinstance(ball, arb) and ball.is_zero() for ball in balls[:power]) and not _vanishes(
            root, name, center, power
        ):
            return None
    except DcalcError:
        return None
    known = [(round_coefficient(ball), ball) for ball in balls[power:] if isinstance(ball, arb) and ball.is_finite()]
    if len(known) < len(balls) - power:
        return None
    for radius in _RADII:
        if radius < distance:
            return None
        count = _count_terms(encloser, center, radius, power, known)
        if count is not None:
            return Patch(power, tuple(value for value, _ in known[:count]), radius)
    return None


def _vanishes(root: Expr, name: str, center: Fraction, power: int) -> bool:
    """Whether the coefficients of all orders below a power are proved to be 0."""
    for order, value in enumerate(rational_jet.coefficients(root, name, power - 1, {name: center})):
        if value is None:
            part = derivative(root, (name,) * order)
            value = prove_number(simplify(substitute(part, {name: number(center)})))
        if value != 0:
            return False
    return True


def _count_terms(
    encloser: Encloser, center: Fraction, radius: Fraction, power: int, known: Sequence[tuple[Fraction, arb]]
) -> int | None:
    """How many coefficients are enough within a radius; None where those that are known are not."""
    first = abs(known[0][0])
    rest = sum((abs(value) * radius**order for order, (value, _) in enumerate(known[1:], 1)), Fraction(0))
    if 2 * rest > first:
        return None
    with ctx.workprec(_BITS):
        middle, reach = constant(center), constant(radius)
        ball = arb(middle, reach)
        tops = encloser.coefficients({encloser.name: lambda: ball})
        most = constant(first * _TRUNCATED)
        rounding = arb(0)
        used = 0
        for count in range(1, len(known)):
            value, exactly = known[count - 1]
            with ctx.workprec(_CENTER_BITS):
                off = abs(constant(value) - exactly)
            rounding += off * reach ** (count - 1)
            used += 1 if value else 0
            top = tops[power + count]
            if not isinstance(top, arb) or not top.is_finite() or used > _MOST_TERMS:
                return None
            if value and abs(top) * reach**count + rounding < most:
                return count
    return None


def write_patch(patch: Patch, quantity: Expr, build: Build) -> Expr:
    """t**k*(a0 + a1*t + ...) in the quantity t, the largest term first."""
    sign = 1 if patch.coefficients[0] > 0 else -1
    polynomial: Expr | None = None
    for order, value in enumerate(patch.coefficients):
        if not value:
            continue
        term = _times(_write_number(abs(value), build), _power(quantity, order))
        if polynomial is None:
            polynomial = term
        else:
            polynomial = make(table.ADD if value * sign > 0 else table.SUB, polynomial, term)
    assert polynomial is not None  # the first coefficient is not 0
    power = _power(quantity, patch.power)
    if sign < 0 and power is not None:
        return make(table.MUL, make(table.NEG, power), polynomial)
    whole = _times(polynomial, power, first=True)
    return whole if sign > 0 else make(table.NEG, whole)


def write_expansion(expansion: Expansion, quantity: Expr) -> Expr:
    """An expansion in a quantity: a power of it, which may be broken or negative, times a polynomial."""
    whole = write_patch(Patch(0, expansion.coefficients, expansion.radius), quantity, Build())
    power = expansion.power
    if not power:
        return whole
    raised = _raise(quantity, abs(power))
    if power < 0:
        return make(table.DIV, whole, raised)
    if whole.op is table.NEG:
        return make(table.MUL, make(table.NEG, raised), whole.args[0])
    return make(table.MUL, raised, whole)


def _raise(quantity: Expr, power: Fraction) -> Expr:
    return quantity if power == 1 else make(table.POW, quantity, number(power))


def _write_number(value: Fraction, build: Build) -> Expr:
    """A coefficient as a quotient, and one that was rounded as a decimal."""
    is_rounded = value.numerator > _SHORT and terminates(value)
    return number(value) if is_rounded else build.number(value)


def _power(quantity: Expr, power: int) -> Expr | None:
    return None if not power else quantity if power == 1 else make(table.POW, quantity, number(power))


def _times(value: Expr, power: Expr | None, *, first: bool = False) -> Expr:
    """The product of a coefficient and a power, which may be left out, or stand ``first``."""
    if power is None:
        return value
    if exact(value) == 1:
        return power
    return make(table.MUL, power, value) if first else make(table.MUL, value, power)


def near(quantity: Expr, radius: Fraction) -> Expr:
    """The condition that a quantity is within a radius of 0."""
    return make(table.LT, make(table.ABS, quantity), number(radius))


def in_terms_of(root: Expr, core: Expr, build: Build) -> Expr:
    """The root with a variable in the place of one of its parts, and of what is its opposite."""
    t = symbol(NAME)
    inner = replace_nodes(root, {core: t})
    return replace_nodes(inner, {build.mul((number(-1), core)): make(table.NEG, t)})


def find_cores(root: Expr, build: Build) -> Iterator[Expr]:
    """The parts, the largest first, of which all of the root is a function."""
    names = set(variables(root))
    if not names:
        return
    candidates = [node for node in walk(root) if node is not root and set(variables(node)) == names]
    if len(names) == 1:
        candidates = [node for node in candidates if node.op is table.SYMBOL]
    for core in reversed(candidates):
        rest = in_terms_of(root, core, build)
        if not (set(variables(rest)) - {NAME}) and rest.op is not table.SYMBOL:
            yield core
