"""Functions of a constant whole order, written out by their recurrences."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial

from dcalc import functions as table
from dcalc.expr import ZERO, Expr, exact, make, number
from dcalc.functions import Row
from dcalc.rules import fill

_HIGHEST_POLYNOMIAL = 100
_HIGHEST_BESSEL = 12
_ULP = Fraction(1, 1 << 54)


def write_out(node: Expr) -> Expr | None:
    """What a function of a constant whole order is in simpler ones; None for others and for orders that are too high.

    Linear in the order.
    """
    rule = _RULES.get(node.op)
    order = exact(node.args[0]) if rule is not None else None
    if rule is None or type(order) is not int:
        return None
    return rule(order, *node.args[1:])


def _spherical(order: int, x: Expr) -> Expr | None:
    """j_n: its series where x is at most n + 1, which alternates, and the recurrence beyond, which is stable there."""
    if not 0 <= order <= _HIGHEST_BESSEL:
        return None
    sinc = make(table.get("sinc", 1), x)
    if not order:
        return sinc
    reach = order + 1
    below, value = sinc, fill("(s - cos(x))/x", ("s", "x"), {"s": sinc, "x": x})
    for k in range(1, order):
        names = {"p": below, "q": value, "x": x}
        below, value = value, fill(f"{2 * k + 1}/x*q - p", ("p", "q", "x"), names)
    series = fill(_spherical_series(order, reach), ("x",), {"x": x})
    near = make(table.LT, make(table.ABS, x), number(reach))
    return make(table.WHERE, near, series, value)


def _spherical_series(order: int, reach: int) -> str:
    """x**n/(2*n + 1)!! times a polynomial in x**2; the first term that is left out is below half an ulp of the sum,
    which is at least a hundredth of the first one."""
    odd = factorial(2 * order + 1) // (2**order * factorial(order))
    terms = []
    k, coefficient = 0, Fraction(1)
    while abs(coefficient) * reach ** (2 * k) > _ULP / 100:
        terms.append(f"({coefficient.numerator}/{coefficient.denominator})*x**{2 * k}")
        k += 1
        coefficient *= Fraction(-1, 2 * k * (2 * order + 2 * k + 1))
    return f"x**{order}*({' + '.join(terms)})/{odd}"


def _recur(first: str, second: str, step: Callable[[int], str]) -> Callable[..., Expr | None]:
    """A polynomial by its three-term recurrence: texts in x, a and the two before, p and q."""

    def write(order: int, *args: Expr) -> Expr | None:
        if not 0 <= order <= _HIGHEST_POLYNOMIAL:
            return None
        *extra, x = args
        names = {"x": x, "a": extra[0] if extra else ZERO}
        below, value = fill(first, ("x", "a"), names), fill(second, ("x", "a"), names)
        if not order:
            return below
        for k in range(1, order):
            below, value = value, fill(step(k), ("x", "a", "p", "q"), {**names, "p": below, "q": value})
        return value

    return write


def _chebyshev_second(order: int, x: Expr) -> Expr | None:
    return ZERO if order == -1 else _CHEBYSHEV(order, x)


def _gegenbauer(order: int, a: Expr, x: Expr) -> Expr | None:
    return ZERO if order < 0 else _GEGENBAUER(order, a, x)


_CHEBYSHEV = _recur("1", "2*x", lambda k: "2*x*q - p")
_GEGENBAUER = _recur("1", "2*a*x", lambda k: f"(2*({k} + a)*x*q - ({k} - 1 + 2*a)*p)/{k + 1}")


def _polygamma(order: int, x: Expr) -> Expr | None:
    return make(table.DIGAMMA, x) if not order else None


_RULES: dict[Row, Callable[..., Expr | None]] = {
    table.get("sphericalbesselj", 2): _spherical,
    table.get("legendre", 2): _recur("1", "x", lambda k: f"({2 * k + 1}*x*q - {k}*p)/{k + 1}"),
    table.get("chebyshevt", 2): _recur("1", "x", lambda k: "2*x*q - p"),
    table.get("chebyshevu", 2): _chebyshev_second,
    table.get("hermite", 2): _recur("1", "2*x", lambda k: f"2*x*q - {2 * k}*p"),
    table.get("laguerre", 3): _recur("1", "1 + a - x", lambda k: f"(({2 * k + 1} + a - x)*q - ({k} + a)*p)/{k + 1}"),
    table.get("gegenbauer", 3): _gegenbauer,
    table.get("polygamma", 2): _polygamma,
}
ALL_ORDERS = frozenset(_RULES) - {table.get("polygamma", 2)}
"""Rows of which each order up to some limit is written out."""
