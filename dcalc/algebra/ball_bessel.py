"""Bessel and Airy functions on balls."""

from collections.abc import Callable

from flint import acb, acb_series, arb, arb_series

from dcalc.algebra.ball_common import Ball, above, as_number, compose, constant, finite, is_number, require, whole
from dcalc.algebra.ball_gamma import natural
from dcalc.errors import Undecided

_MAX_ORDER = 100_000_000
"""flint takes minutes for orders and arguments far beyond this, and finds no digit."""
Slope = Callable[[int, arb, arb], arb]
"""The slope of the function of order n + m, from m and those of order n + m - 1 and n + m + 1."""


def besselj(n: Ball, x: Ball) -> Ball:
    """The Bessel function J: any x where n is a whole number, else x > 0, or x = 0 < n.
    Unsupported where n varies, as for all that follow."""
    order = _order(n, "besselj")
    _real_axis(order, x)
    return _by_orders(lambda m: constant(x).bessel_j(order + m), _falling, x)


def bessely(n: Ball, x: Ball) -> Ball:
    """The Bessel function Y, x > 0."""
    order = _order(n, "bessely")
    above(x, 0, name="second argument")
    return _by_orders(lambda m: constant(x).bessel_y(order + m), _falling, x)


def besseli(n: Ball, x: Ball) -> Ball:
    """The modified Bessel function I, where `besselj` has a value."""
    order = _order(n, "besseli")
    _real_axis(order, x)
    return _by_orders(lambda m: constant(x).bessel_i(order + m), _rising, x)


def besselk(n: Ball, x: Ball) -> Ball:
    """The modified Bessel function K, x > 0."""
    order = _order(n, "besselk")
    above(x, 0, name="second argument")
    return _by_orders(lambda m: constant(x).bessel_k(order + m), lambda m, a, b: -_rising(m, a, b), x)


def _order(n: Ball, name: str) -> arb:
    """The order, which is a number."""
    order = as_number(n, f"the first argument of {name}")
    if not abs(order) < _MAX_ORDER:
        raise Undecided(f"the order is beyond {_MAX_ORDER:,}")
    return order


def _falling(_m: int, below: arb, above: arb) -> arb:
    return (below - above) / 2


def _rising(_m: int, below: arb, above: arb) -> arb:
    return (below + above) / 2


def _by_orders(value: Callable[[int], arb], slope: Slope, x: Ball) -> Ball:
    """A function of x among its neighbours in order, ``value(0)``: derivatives are weighted means of
    them, so that nothing grows (DLMF 10.6.1, 10.29.1, 10.51.2). Quadratic in the length."""
    if isinstance(x, arb):
        return finite(value(0))
    reach = x.prec - 1
    row = [value(m) for m in range(-reach, reach + 1)]
    terms = [row[reach]]
    scale = arb(1)
    for k in range(1, x.prec):
        first = k - reach
        row = [slope(first + i, row[i], row[i + 2]) for i in range(len(row) - 2)]
        scale /= k
        terms.append(row[reach - k] * scale)
    return finite(compose(terms, x))


def _real_axis(n: arb, x: Ball) -> None:
    c = constant(x)
    if c > 0 or whole(n) is not None:
        return
    outside = not n.contains_integer() and (c < 0 or (is_number(x) and c == 0 and n < 0))
    at_zero = is_number(x) and c == 0 and n > 0
    require(bool(at_zero), bool(outside), "second argument needs > 0 where the order is no whole number")


def sphericalbesselj(n: Ball, x: Ball) -> Ball:
    """The spherical Bessel function j of order n = 0, 1, 2, ...: through 0F1, which knows no
    division by x (DLMF 10.53.1)."""
    order = natural(as_number(n, "the first argument of sphericalbesselj"))

    def value(m: int) -> arb:
        return _spherical(order + m, constant(x)) if order + m >= 0 else arb(0)

    def slope(m: int, below: arb, above: arb) -> arb:
        index = order + m
        return (index * below - (index + 1) * above) / (2 * index + 1)

    return _by_orders(value, slope, x)


def _spherical(n: int, x: arb) -> arb:
    index = n + arb(1.5)
    return (x / 2) ** n * arb.const_sqrt_pi() / 2 * (-x * x / 4).hypgeom_0f1(index) * index.rgamma()


def sinc(x: Ball) -> Ball:
    """sin(x)/x, and 1 at 0."""
    if isinstance(x, arb):
        return x.sinc()
    if abs(x[0]) > 1:
        return finite(x.sin() / x)
    return _half_order(-x * x / 4)


def sinhc(x: Ball) -> Ball:
    """sinh(x)/x, and 1 at 0, where x is small."""
    return (x * x / 4).hypgeom_0f1(arb(1.5)) if isinstance(x, arb) else _half_order(x * x / 4)


def _half_order(z: arb_series) -> arb_series:
    """0F1 with 3/2 below (DLMF 10.39.9)."""
    inner = acb_series.hypgeom([], [acb_series([acb(1.5)])], acb_series(z))
    return finite(arb_series([inner[k].real for k in range(z.prec)], prec=z.prec))  # type: ignore[return-value]  # a series stays one


def airyai(x: Ball) -> Ball:
    """The Airy function Ai."""
    return finite(x.airy_ai())


def airyaiprime(x: Ball) -> Ball:
    """The derivative of Ai."""
    return finite(x.airy_ai(derivative=1) if isinstance(x, arb) else x.airy_ai_prime())


def airybi(x: Ball) -> Ball:
    """The Airy function Bi."""
    return finite(x.airy_bi())


def airybiprime(x: Ball) -> Ball:
    """The derivative of Bi."""
    return finite(x.airy_bi(derivative=1) if isinstance(x, arb) else x.airy_bi_prime())
