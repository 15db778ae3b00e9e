"""Bessel and Airy functions on balls, with power series in order and argument."""

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from flint import acb, arb, arb_series

from dcalc.errors import Undecided
from dcalc.numbers.ball import (
    RULES,
    Ball,
    above,
    as_number,
    compose,
    constant,
    finite,
    is_number,
    like,
    require,
    rule,
    whole,
)
from dcalc.numbers.ball_circle import Bound, expand, near
from dcalc.numbers.ball_special import natural
from dcalc.numbers.slow_functions import allow_bessel, allow_parameter

_MAX_ORDER = 100_000_000
"""flint takes minutes for orders and arguments far beyond this, and finds no digit."""
Slope = Callable[[int, arb, arb], arb]
"""The slope of the function of order n + m, from m and those of order n + m - 1 and n + m + 1."""


def _falling(_m: int, below: arb, above: arb) -> arb:
    return (below - above) / 2


def _rising(_m: int, below: arb, above: arb) -> arb:
    return (below + above) / 2


class _Kind(NamedTuple):
    """One of the four Bessel functions: its value on real and complex balls, its slope, and where it has values."""

    value: Callable[[Any, Any], Any]
    slope: Slope
    positive: bool = False
    """Whether it has values for x > 0 alone; else for any x where the order is whole, and for x = 0 < n."""
    costly: bool = False
    """Whether its evaluation costs what that of K does."""
    even: bool = False
    """Whether those of opposite whole orders are equal (DLMF 10.27.1, 10.27.3), and found once."""
    bound: Bound | None = None


def _bound_k(n: acb, x: acb) -> arb:
    """K of the real parts: the integral of exp(-x*cosh(t))*cosh(n*t) (DLMF 10.32.9)."""
    start = x.real.lower()
    return start.bessel_k(abs(n.real).upper()) if start > 0 else arb.pos_inf()


_J = _Kind(lambda n, x: x.bessel_j(n), _falling)
_Y = _Kind(lambda n, x: x.bessel_y(n), _falling, positive=True)
_I = _Kind(lambda n, x: x.bessel_i(n), _rising, even=True)
_K = _Kind(
    lambda n, x: x.bessel_k(n), lambda m, a, b: -_rising(m, a, b), positive=True, costly=True, even=True, bound=_bound_k
)


@rule
def besselk(n: Ball, x: Ball) -> Ball:
    """The modified Bessel function K, x > 0."""
    if is_number(x) and isinstance(n, arb_series) and n[0].is_zero():
        return _even_in_order(n, x)
    return _bessel(_K, n, x)


def _bessel(kind: _Kind, n: Ball, x: Ball) -> Ball:
    """A Bessel function by its neighbours in order, or as a series in the order where that varies."""
    if not is_number(n):
        return _vary_order(kind, n, x)
    order = _order(n)
    if kind.positive:
        above(x, 0, name="second argument")
    else:
        _real_axis(order, x)
    at = constant(x)
    allow_bessel(order, at, modified=kind.costly)
    whole_order = whole(order) if kind.even else None
    if whole_order is None:
        return _by_orders(lambda m: kind.value(order + m, at), kind.slope, x)
    known = cache(lambda size: kind.value(arb(size), at))
    return _by_orders(lambda m: known(abs(whole_order + m)), kind.slope, x)


_KINDS = {"besselj": _J, "bessely": _Y, "besseli": _I, "besselk": _K}


def expand_bessel(name: str, order: arb, x: arb, count: int) -> list[arb] | None:
    """Taylor coefficients of a Bessel function of fixed order, each enclosed over all of x; None where x holds 0.

    The equation x**2*y'' + x*y' = q*y, q = n**2 - x**2, or n**2 + x**2 of modified ones (DLMF 10.2.1, 10.25.1), gives
    each from those before, so that three values are found in place of two for each coefficient. Over a wide x
    they are bounded from the middle: in t = log(abs(x)) the equation is y_tt = q*y, so that the larger of abs(y) and
    abs(y_t)/s, where s**2 is at least 1 and abs(q), grows by a factor of at most exp(s*abs(t - t0)).
    """
    kind = _KINDS[name]
    sign = -1 if kind.slope is _falling else 1
    if x.contains(0):
        return None
    middle = arb(x.mid())
    if kind.positive:
        above(middle, 0, name="second argument")
    else:
        _real_axis(order, middle)
    allow_bessel(order, middle, modified=kind.costly)
    value: arb = kind.value(order, middle)
    slope = kind.slope(0, kind.value(order - 1, middle), kind.value(order + 1, middle))
    if not x.rad().is_zero():
        steep = abs(order * order + sign * x * x).max(arb(1)).sqrt().upper()
        reach = abs((x / middle).log()).upper()
        bound = (abs(value).max(abs(middle * slope) / steep) * (steep * reach).exp()).upper()
        value, slope = arb(0, bound), arb(0, bound * steep) / x
    terms = [value, slope]
    while len(terms) < count:
        k = len(terms) - 2
        before = 2 * x * terms[k - 1] if k > 0 else arb(0)
        if k > 1:
            before += terms[k - 2]
        own = (k * k - order * order - sign * x * x) * terms[k] - sign * before
        terms.append(-(x * (k + 1) * (2 * k + 1) * terms[k + 1] + own) / (x * x * (k + 1) * (k + 2)))
    if not all(term.is_finite() for term in terms):
        raise Undecided(f"{name} is not enclosed here")
    return terms[:count]


def _order(n: Ball) -> arb:
    """The order, which is a number."""
    order = constant(n)
    if not abs(order) < _MAX_ORDER:
        raise Undecided(f"the order is beyond {_MAX_ORDER:,}")
    return order


_ROOM = 0.5
"""How far an order may move, in which Bessel functions of x > 0 are entire."""


def _vary_order(kind: _Kind, n: Ball, x: Ball) -> Ball:
    """A Bessel function of an order that varies: x > 0, or x = 0 where J and I are 0 for all orders around."""
    if isinstance(x, arb) and x.is_zero() and constant(n) > 0 and not kind.positive:
        return like(n, 0)
    if not constant(x) > 0:  # of whole orders alone, if at all
        raise Undecided("second argument needs > 0 where the order varies")
    allow_parameter(constant(n))
    value = _bessel(kind, constant(n), constant(x))
    return finite(expand(kind.value, (n, x), (_ROOM, near(x)), value, kind.bound))


def _even_in_order(n: arb_series, x: Ball) -> Ball:
    """K at order 0, where half of its derivatives are 0 (DLMF 10.27.3)."""
    own = arb_series([arb(0), arb(1)], prec=n.prec)
    series = arb_series(_vary_order(_K, own, x))
    return compose([arb(0) if k % 2 else term for k, term in enumerate(series.coeffs()[: n.prec])], n)


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
    require(bool(at_zero), bool(outside), "second argument needs > 0 where the order is not a whole number")


@rule
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


# --- what one expression says ----------------------------------------------------------

RULES.add_rules({
    "besselj": lambda n, x: _bessel(_J, n, x),  # any x where n is whole, else x > 0, or x = 0 < n
    "bessely": lambda n, x: _bessel(_Y, n, x),  # x > 0
    "besseli": lambda n, x: _bessel(_I, n, x),  # where J has a value
    "airyai": lambda x: finite(x.airy_ai()),
    "airyaiprime": lambda x: finite(x.airy_ai(derivative=1) if isinstance(x, arb) else x.airy_ai_prime()),
    "airybi": lambda x: finite(x.airy_bi()),
    "airybiprime": lambda x: finite(x.airy_bi(derivative=1) if isinstance(x, arb) else x.airy_bi_prime()),
})  # fmt: skip
