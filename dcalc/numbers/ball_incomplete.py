"""Incomplete gamma and beta functions and exponential integrals on balls, with power series in all arguments."""

from collections.abc import Callable
from typing import TypeVar

from flint import acb, arb, ctx

from dcalc.errors import Undecided
from dcalc.numbers.ball import (
    Ball,
    above,
    below,
    constant,
    finite,
    finite_number,
    integrate,
    is_number,
    like,
    power,
    refusal,
    rule,
    rule_of,
    whole,
)
from dcalc.numbers.ball_circle import expand, near
from dcalc.numbers.slow_functions import allow, allow_incomplete_gamma, allow_parameter

# --- incomplete gamma functions -------------------------------------------------------

Number = TypeVar("Number", arb, acb)
_LARGE = 20
"""Orders from which flint's own lower function takes long where x is of the same size."""
_MANY = 50_000
"""The number of terms at which a sum is given up."""
_ROOM = 0.5
"""How far an order may move that could go anywhere."""


@rule
def uppergamma(s: Ball, x: Ball) -> Ball:
    """The integral of t**(s - 1)*exp(-t) from x: x > 0; for s > 0 also x = 0, and any x where
    s is a whole number."""
    if not is_number(s):
        if _is_zero(x) and constant(s) > 0:
            return finite(s.gamma())
        value = _value_beside(uppergamma, s, x)
        return finite(expand(lambda s, x: x.gamma_upper(s), (s, x), (_ROOM, near(x)), value, _bound_upper))
    order = constant(s)
    if not constant(x) > 0:
        _edge(order, x)
    allow_incomplete_gamma(order, constant(x))
    value = constant(x).gamma_upper(order)
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: -_integrand(order, u), x))


@rule
def lowergamma(s: Ball, x: Ball) -> Ball:
    """The integral of t**(s - 1)*exp(-t) from 0 to x, s > 0: x >= 0, and any x where s is a
    whole number."""
    above(s, 0, name="first argument")
    if not is_number(s):
        if _is_zero(x):
            return like(s, 0)
        value = _value_beside(lowergamma, s, x)
        rooms = (near(s).min(arb(_ROOM)), near(x))
        return finite(expand(lambda s, x: x.gamma_lower(s), (s, x), rooms, value, _bound_lower))
    order = constant(s)
    if not constant(x) > 0:
        _edge(order, x)
    value = _lowergamma(order, constant(x))
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: _integrand(order, u), x))


@rule
def gammap(s: Ball, x: Ball) -> Ball:
    """lowergamma(s, x)/gamma(s), where `lowergamma` has a value."""
    above(s, 0, name="first argument")
    if not is_number(s):
        if _is_zero(x):
            return like(s, 0)
        value = _value_beside(gammap, s, x)
        near_end = constant(x) < constant(s)
        return finite(
            expand(
                lambda s, x: _regularized_sum(s, x) if near_end else 1 - x.gamma_upper(s, 1),
                (s, x), (_ROOM, near(x)), value, lambda s, x: 1 + _bound_regularized(s, x),
            )
        )  # fmt: skip
    order, c = constant(s), constant(x)
    if not c > 0:
        _edge(order, x)
    if c > order > _LARGE:
        value = 1 - constant(gammaq(order, c))
    elif order > _LARGE and c > 1:
        value = _lowergamma(order, c) * order.rgamma()
    else:
        allow_parameter(order)
        value = c.gamma_lower(order, 1)
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: _density(order, u), x))


@rule
def gammaq(s: Ball, x: Ball) -> Ball:
    """uppergamma(s, x)/gamma(s), where `lowergamma` has a value."""
    above(s, 0, name="first argument")
    if not is_number(s):
        if _is_zero(x):
            return like(s, 1)
        value = _value_beside(gammaq, s, x)
        rooms = (_ROOM, near(x))
        near_end = constant(x) < constant(s) and constant(s) > _LARGE
        return finite(
            expand(
                lambda s, x: 1 - _regularized_sum(s, x) if near_end else x.gamma_upper(s, 1),
                (s, x), rooms, value, _bound_regularized,
            )
        )  # fmt: skip
    order, c = constant(s), constant(x)
    if not c > 0:
        _edge(order, x)
    if order > _LARGE and c < order and c > 1:
        value = 1 - constant(gammap(order, c))
    else:
        allow_incomplete_gamma(order, c)
        value = c.gamma_upper(order, 1)
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: -_density(order, u), x))


def _is_zero(x: Ball) -> bool:
    return isinstance(x, arb) and x.is_zero()


def _value_beside(evaluate: Callable[[arb, arb], Ball], s: Ball, x: Ball) -> Ball:
    """The value at a point around which s varies, so that x needs to be positive."""
    if not constant(x) > 0:  # of whole numbers s alone, if at all
        raise Undecided("second argument needs > 0 where the first varies")
    allow_parameter(constant(s))
    return evaluate(constant(s), constant(x))


def _integrand(s: arb, x: Ball) -> Ball:
    return power(x, s - 1) * (-x).exp()


def _density(s: arb, x: Ball) -> Ball:
    return _integrand(s, x) * s.rgamma()


def _bound_upper(s: acb, x: acb) -> arb:
    """The integral along x + u, u > 0, where abs((x + u)**(s - 1)) is at most the same of real parts, once
    exp(abs(s.imag)*pi/2) and what abs(x + u) is longer than its real part are taken apart."""
    start = x.real.lower()
    if not start > 0:
        return arb.pos_inf()
    low, high = s.real.lower(), s.real.upper()
    turn = (abs(s.imag) * arb.pi() / 2).exp()
    stretch = (abs(x).upper() / start) ** (high - 1).max(arb(0))
    return turn * stretch * (start.gamma_upper(low) + start.gamma_upper(high))


def _bound_regularized(s: acb, x: acb) -> arb:
    return _bound_upper(s, x) * abs(s.rgamma())


def _bound_lower(s: acb, x: acb) -> arb:
    """The integral along x*u, 0 < u < 1, Re(x) > 0."""
    low, high, size = s.real.lower(), s.real.upper(), abs(x).upper()
    if not (low > 0 and x.real > 0):
        return arb.pos_inf()
    return (abs(s.imag) * arb.pi() / 2).exp() * (size**low + size**high) / low


def _lowergamma(s: arb, x: arb) -> arb:
    """flint's own, save where it takes seconds for a few digits: s large and x of its size."""
    if s < 20 or not x > 1:
        if s > 1 << 20 and not x > -8192:
            allow(0)
        return x.gamma_lower(s)
    if not x < 0.95 * s:
        allow_incomplete_gamma(s, x)
        return s.gamma() - x.gamma_upper(s)
    return _sum_lower(s, x) * x**s * (-x).exp() / s


def _sum_lower(s: Number, x: Number) -> Number:
    """The sum of x**k/((s + 1)*...*(s + k)), which is s*x**-s*exp(x)*lowergamma(s, x) (DLMF 8.11.4)."""
    total = term = x * 0 + 1
    tiny = arb(2) ** -ctx.prec
    size, start, k = abs(x), s.real + 1, 0
    while True:
        ratio = size / (start + k)
        if ratio < 1 and abs(term) < tiny * abs(total):
            return _widen(total, abs(term) * ratio / (1 - ratio))
        if k > _MANY:
            raise Undecided("the sum converges too slowly")
        k += 1
        term *= x / (s + k)
        total += term


def _regularized_sum(s: acb, x: acb) -> acb:
    """P by that sum."""
    return _sum_lower(s, x) * (s * x.log() - x).exp() * (s + 1).rgamma()


def _widen(total: Number, rest: arb) -> Number:
    """A sum with room for what is left out."""
    room = arb(0, rest.upper())
    return total + room if isinstance(total, arb) else total + acb(room, room)


def _edge(s: arb, x: Ball) -> None:
    """Whether an incomplete gamma function has a value at x, which may be 0 or less."""
    c = constant(x)
    at_zero = isinstance(x, arb) and c == 0
    if s > 0 and (at_zero or whole(s) is not None):
        return
    outside = s <= 0 if at_zero else c < 0 and (s <= 0 or not s.contains_integer())
    raise refusal(outside, "second argument needs > 0")


# --- exponential integrals ------------------------------------------------------------


@rule_of("expint/2")
def expint_order(n: Ball, x: Ball) -> Ball:
    """The generalized exponential integral of order n: x > 0, or x = 0 and n > 1."""
    if not is_number(n):
        if _is_zero(x) and constant(n) > 1:
            return 1 / (n - 1)
        value = _value_beside(expint_order, n, x)
        return finite(expand(lambda n, x: x.expint(n), (n, x), (_ROOM, near(x)), value, _bound_expint))
    order = constant(n)
    above(x, 0, closed=bool(order > 1), name="second argument")
    allow_incomplete_gamma(1 - order, constant(x))
    value = finite_number(constant(x).expint(order))
    return value if isinstance(x, arb) else integrate(value, lambda u: _expint_slope(order, u), x)


def _expint_slope(n: arb, x: Ball) -> Ball:
    """-E_(n-1), through the incomplete gamma function (DLMF 8.19.1)."""
    return -power(x, n - 2) * uppergamma(2 - n, x)


def _bound_expint(n: acb, x: acb) -> arb:
    """The integral of exp(-x*t)*t**-n from 1 on, with real parts (DLMF 8.19.3)."""
    start = x.real.lower()
    return start.expint(n.real.lower()) if start > 0 else arb.pos_inf()


# --- incomplete beta functions --------------------------------------------------------


@rule
def betainc(a: Ball, b: Ball, x: Ball) -> Ball:
    """The regularised incomplete beta function I_x(a, b): a, b > 0 and 0 <= x <= 1."""
    above(a, 0, name="first argument")
    above(b, 0, name="second argument")
    above(x, 0, closed=True, name="third argument")
    below(x, 1, closed=True, name="third argument")
    if isinstance(x, arb) and (x == 0 or x == 1):
        return like(b if is_number(a) else a, int(x == 1))
    c = constant(x)
    allow_parameter(constant(a))
    allow_parameter(constant(b))
    value = _betainc(constant(a), constant(b), c)
    if isinstance(a, arb) and isinstance(b, arb):
        scale = (a + b).gamma() * a.rgamma() * b.rgamma()
        return value if isinstance(x, arb) else finite(integrate(value, lambda u: _density_of_beta(a, b, u) * scale, x))
    rooms = (near(a).min(arb(_ROOM)), near(b).min(arb(_ROOM)), near(x).min(near(x, 1)))
    mirrored = _is_beyond(constant(a), constant(b), c)
    return finite(
        expand(
            lambda a, b, x: 1 - _sum_beta(b, a, 1 - x) if mirrored else _sum_beta(a, b, x),
            (a, b, x), rooms, value, _bound_beta,
        )
    )  # fmt: skip


def _betainc(a: arb, b: arb, x: arb) -> arb:
    return finite_number(1 - _sum_beta(b, a, 1 - x) if _is_beyond(a, b, x) else _sum_beta(a, b, x))


def _is_beyond(a: arb, b: arb, x: arb) -> bool:
    """Whether the other end is the one to start from: that of the smaller sum, save where both are of a size and
    the other converges much faster."""
    if x > 1 - _NEAR and a * (1 - x) < _ALIKE:
        return True
    return bool(x * (a + b) > a) and not (x < _NEAR and b * x < _ALIKE)


_NEAR = 0.25
_ALIKE = 32


def _sum_beta(a: Number, b: Number, x: Number) -> Number:
    """x**a*(1 - x)**b/(a*beta(a, b)) times the sum of (a + b)_k/(a + 1)_k*x**k (DLMF 8.17.8)."""
    total = term = x * 0 + 1
    tiny = arb(2) ** -ctx.prec
    size, gap, start, k = abs(x), abs(b - 1), a.real + 1, 0
    while True:
        ratio = size * (1 + gap / (start + k))
        if ratio < 1 and abs(term) < tiny * abs(total):
            break
        if k > _MANY:
            raise Undecided("the sum converges too slowly")
        term *= x * (a + b + k) / (a + 1 + k)
        total += term
        k += 1
    total = _widen(total, abs(term) * ratio / (1 - ratio))
    front = (a * x.log() + b * (1 - x).log()).exp()
    return total * front * (a + b).gamma() * (a + 1).rgamma() * b.rgamma()


def _density_of_beta(a: arb, b: arb, x: Ball) -> Ball:
    return power(x, a - 1) * power(1 - x, b - 1)


def _bound_beta(a: acb, b: acb, x: acb) -> arb:
    """The integral of t**(a - 1)*(1 - t)**(b - 1) along x*u, 0 < u < 1, over the beta function of a and b.

    With real parts for a, b and x that is less than the same function for lower ends; what abs(x) and abs(1 - x) are
    longer than the real parts of x and 1 - x, and the turns of the powers, are taken apart.
    """
    near_end, far_end = x.real.lower(), (1 - x).real.lower()
    low, other = a.real.lower(), b.real.lower()
    if not (near_end > 0 and far_end > 0 and low > 0 and other > 0):
        return arb.pos_inf()
    turn = ((abs(a.imag) + abs(b.imag)) * arb.pi() / 2).exp()
    stretch = (abs(x).upper() / near_end) ** a.real.upper()
    stretch *= (abs(1 - x).upper() / far_end) ** (b.real.upper() - 1).max(arb(0))
    whole_real = low.gamma() * other.gamma() * (low + other).rgamma()
    return turn * stretch * whole_real * abs((a + b).gamma() * a.rgamma() * b.rgamma())
