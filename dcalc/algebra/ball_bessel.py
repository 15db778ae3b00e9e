"""Bessel and Airy functions on balls."""

from flint import acb, acb_series, arb, arb_series

from dcalc.algebra.ball_common import Ball, above, finite, require, whole
from dcalc.algebra.ball_gamma import natural


def besselj(n: arb, x: arb) -> arb:
    """The Bessel function J: any x where n is a whole number, else x > 0, or x = 0 < n."""
    _real_axis(n, x)
    return _number(x.bessel_j(n))


def bessely(n: arb, x: arb) -> arb:
    """The Bessel function Y, x > 0."""
    above(x, 0, name="second argument")
    return _number(x.bessel_y(n))


def besseli(n: arb, x: arb) -> arb:
    """The modified Bessel function I, where `besselj` has a value."""
    _real_axis(n, x)
    return _number(x.bessel_i(n))


def besselk(n: arb, x: arb) -> arb:
    """The modified Bessel function K, x > 0."""
    above(x, 0, name="second argument")
    return _number(x.bessel_k(n))


def _real_axis(n: arb, x: arb) -> None:
    if x > 0 or whole(n) is not None:
        return
    outside = not n.contains_integer() and (x < 0 or (x == 0 and n < 0))
    require(x == 0 and n > 0, outside, "second argument needs > 0 where the order is no whole number")


def sphericalbesselj(n: arb, x: arb) -> arb:
    """The spherical Bessel function j of order n = 0, 1, 2, ...: through 0F1, which knows no
    division by x (DLMF 10.53.1)."""
    order = natural(n)
    scale = (x / 2) ** order * arb.const_sqrt_pi() / 2
    return _number(scale * (-x * x / 4).hypgeom_0f1(n + 1.5) * (n + 1.5).rgamma())


def sinc(x: Ball) -> Ball:
    """sin(x)/x, and 1 at 0."""
    if isinstance(x, arb):
        return x.sinc()
    if abs(x[0]) > 1:
        return finite(x.sin() / x)
    z = acb_series(-x * x / 4)
    inner = acb_series.hypgeom([], [acb_series([acb(1.5)])], z)
    return finite(arb_series([inner[k].real for k in range(x.prec)], prec=x.prec))


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


def _number(x: arb) -> arb:
    return finite(x)  # type: ignore[return-value]  # a number stays one
