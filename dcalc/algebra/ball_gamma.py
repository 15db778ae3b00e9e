"""Gamma, beta, polygamma, zeta and incomplete gamma functions on balls."""

from math import factorial, floor

from flint import acb, arb, arb_series, ctx

from dcalc.algebra.ball_arithmetic import power
from dcalc.algebra.ball_choice import abs_
from dcalc.algebra.ball_common import (
    Ball,
    above,
    as_number,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    inverse,
    is_number,
    like,
    off_poles,
    orders,
    refusal,
    unequal,
    whole,
)
from dcalc.errors import Undecided, Undefined

_SHARP = 60
_FAR = 50
"""Balls known to fewer bits than the one, and not further left than the other, are stepped to the right."""


def gamma(x: Ball) -> Ball:
    """The gamma function, away from its poles 0, -1, -2, ..."""
    off_poles(x)
    if _is_wide(x):
        return finite(_stepped(x, max(1, 1 - floor(float(constant(x).lower())))))
    return finite(x.gamma())


def _is_wide(x: Ball) -> bool:
    """Whether flint's own balls are too wide: left of 0 they are as wide as its reflection formula
    makes them."""
    center = constant(x)
    return bool(-_FAR < center < 1) and center.rel_accuracy_bits() < _SHARP


def _stepped(x: Ball, steps: int) -> Ball:
    """gamma(x + steps)/(x*(x + 1)*...), DLMF 5.5.1."""
    product = x
    for k in range(1, steps):
        product = product * (x + k)
    return (x + steps).gamma() / product


def lgamma(x: Ball) -> Ball:
    """log(abs(gamma(x))), away from the poles."""
    off_poles(x)
    if constant(x) > 0:
        return finite(x.lgamma())
    return finite(abs_(gamma(x)).log() if _is_wide(x) else -abs_(x.rgamma()).log())


def digamma(x: Ball) -> Ball:
    """gamma'(x)/gamma(x), away from the poles."""
    off_poles(x)
    if isinstance(x, arb):
        return finite(x.digamma())
    if x[0] > _FAR:
        return finite(compose([x[0].digamma(), *_slopes(x[0], x.prec - 1)], x))
    with orders(x.prec + 1):
        near = arb_series([x[0], 1], prec=x.prec + 1)
        if x[0] > 1:
            slope = near.lgamma().derivative()
        else:  # where 1/gamma is in reach, and the logarithm of gamma would need its size
            r = near.rgamma()
            slope = -r.derivative() / r
    return finite(compose([slope[k] for k in range(x.prec)], x))


_FAR = 1 << 20
"""Beyond this 1/gamma needs many more bits than are asked."""


def _slopes(c: arb, count: int) -> list[arb]:
    """The Taylor coefficients of digamma from the first on: zeta(k + 1, c) with signs (DLMF 5.15.1)."""
    return [_hurwitz(arb(k + 1), c) * (1 if k % 2 else -1) for k in range(1, count + 1)]


def polygamma(n: Ball, x: Ball) -> Ball:
    """The n-th derivative of digamma, n = 0, 1, 2, ..., away from the poles. Unsupported where n varies."""
    order = natural(as_number(n, "the first argument of polygamma"))
    off_poles(x)
    if isinstance(x, arb):
        return _polygamma(order, x)
    if not order:
        return digamma(x)
    terms = _hurwitz_terms(arb(order + 1), x[0], x.prec)  # DLMF 25.11.12
    return finite(compose(terms, x) * (factorial(order) if order % 2 else -factorial(order)))


def _polygamma(order: int, x: arb) -> arb:
    """Left of 0 by reflection (DLMF 5.15.6), which flint leaves out."""
    if x > 0:
        return finite_number(acb(x).polygamma(acb(order)).real)
    with orders(order + 1):
        cot = arb_series([x, 1], prec=order + 1).cot_pi()[order] * factorial(order)
    mirrored = acb(1 - x).polygamma(acb(order)).real
    return finite_number((-mirrored if order % 2 else mirrored) - arb.pi() * cot)


MAX_ORDER = 10_000
"""Beyond this a function of integral order takes too long, and nothing is said of it."""


def natural(n: arb) -> int:
    """The integer n >= 0 that an order must be."""
    order = whole(n)
    if order is None:
        raise refusal(not n.contains_integer(), "order needs to be a whole number")
    if order < 0:
        raise Undefined("order needs >= 0")
    if order > MAX_ORDER:
        raise Undecided(f"order is above {MAX_ORDER:,}")
    return order


def invdigamma(x: Ball) -> Ball:
    """The positive y with digamma(y) = x."""
    value = _invdigamma(constant(x))
    return value if isinstance(x, arb) else inverse(value, digamma, x)


def _invdigamma(x: arb) -> arb:
    """The positive y with digamma(y) = x, by Newton's method and then a proof: where
    abs(digamma(y) - x) <= r*digamma'(y + r), the mean value theorem puts the root within r
    of y, since digamma' falls."""
    # Minka 2000, Estimating a Dirichlet distribution, appendix C: good to 4 digits at least.
    y = x.exp() + 0.5 if x > -2 else -1 / (x - arb(1).digamma())
    for _ in range(8 + ctx.prec.bit_length()):
        step = (y.digamma() - x) / _slope(y)
        y = (y - step).mid()
        if abs(step) < y * arb(2) ** (-ctx.prec // 2 - 4):
            break  # the next step would be below the last bit
    miss = abs(y.digamma() - x).upper()
    radius = (2 * miss / _slope(y)).upper()
    if not y - radius > 0 or not miss <= _slope(y + radius) * radius:
        raise Undecided("the inverse of digamma is not enclosed")
    return finite_number((y - radius).union(y + radius))


def _slope(y: arb) -> arb:
    return acb(y).polygamma(acb(1)).real


def beta(a: Ball, b: Ball) -> Ball:
    """gamma(a)*gamma(b)/gamma(a + b), away from the poles of gamma in a and b."""
    off_poles(a)
    off_poles(b)
    return finite(a.gamma() * b.gamma() * (a + b).rgamma())


def logbeta(a: Ball, b: Ball) -> Ball:
    """log(abs(beta(a, b)))."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


# --- zeta -----------------------------------------------------------------------------


def zeta(s: Ball) -> Ball:
    """The Riemann zeta function, s != 1."""
    unequal(s, 1)
    return finite(s.zeta())


def hurwitz(s: Ball, a: Ball) -> Ball:
    """The Hurwitz zeta function, s != 1: a > 0, or s a whole number and a no pole.

    A series in s or one in a; Unsupported where both vary.
    """
    if is_number(s):
        number = constant(s)
        if isinstance(a, arb):
            return like(s, _hurwitz(number, a))
        return finite(compose(_hurwitz_terms(number, a[0], a.prec), a))
    number = as_number(a, "both arguments of zeta")
    unequal(s, 1)
    if not number > 0:
        raise Undecided("second argument needs > 0")
    return finite(s.zeta(number))


def _hurwitz(s: arb, a: arb) -> arb:
    unequal(s, 1)
    if a > 0:
        return finite_number(s.zeta(a))
    order = whole(s)
    if order is None:
        outside = a <= 0 and not s.contains_integer()
        raise refusal(outside, "second argument needs > 0 where the first is no whole number")
    if order <= 0:
        return -a.bernoulli_poly(1 - order) / (1 - order)  # DLMF 25.11.14
    off_poles(a)
    if order > MAX_ORDER:  # flint would ask for as many terms, and end the process where it gets none
        raise Undecided(f"order is above {MAX_ORDER:,}")
    sign = -1 if order % 2 else 1
    return finite_number(sign * _polygamma(order - 1, a) / factorial(order - 1))  # DLMF 25.11.12


def _hurwitz_terms(s: arb, a: arb, count: int) -> list[arb]:
    """Taylor coefficients in a: the k-th derivative is (-1)**k*s*(s+1)...(s+k-1)*zeta(s + k, a)."""
    terms = [_hurwitz(s, a)]
    factor = arb(1)
    for k in range(1, count):
        before, factor = factor, -factor * (s + k - 1) / k
        if s + k == 1:  # a factor 0 against the pole of zeta, whose residue is 1
            terms.append(-before / k)
        else:
            terms.append(arb(0) if factor.is_zero() else factor * _hurwitz(s + k, a))
    return terms


# --- incomplete gamma functions -------------------------------------------------------


def uppergamma(s: Ball, x: Ball) -> Ball:
    """The integral of t**(s - 1)*exp(-t) from x: x > 0; for s > 0 also x = 0, and any x where
    s is a whole number. Unsupported where s varies."""
    order = as_number(s, "the first argument of uppergamma")
    if not constant(x) > 0:
        _edge(order, x)
    value = constant(x).gamma_upper(order)
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: -_integrand(order, u), x))


def lowergamma(s: Ball, x: Ball) -> Ball:
    """The integral of t**(s - 1)*exp(-t) from 0 to x, s > 0: x >= 0, and any x where s is a
    whole number. Unsupported where s varies."""
    order = as_number(s, "the first argument of lowergamma")
    above(order, 0, name="first argument")
    if not constant(x) > 0:
        _edge(order, x)
    value = _lowergamma(order, constant(x))
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: _integrand(order, u), x))


def _integrand(s: arb, x: Ball) -> Ball:
    return power(x, s - 1) * (-x).exp()


def _lowergamma(s: arb, x: arb) -> arb:
    """flint's own, save where it takes seconds for a few digits: s large and x of its size."""
    if s < 20 or not x > 1:
        return x.gamma_lower(s)
    if not x < 0.95 * s:
        return s.gamma() - x.gamma_upper(s)
    # DLMF 8.11.4: all terms positive, each less than the last by a ratio that falls.
    total = term = arb(1)
    tiny = arb(2) ** -ctx.prec
    k = arb(0)
    while not term < tiny:
        k += 1
        term *= x / (s + k)
        total += term
    ratio = x / (s + k + 1)
    rest = (term * ratio / (1 - ratio)).upper()
    return (total + arb(0, rest)) * x**s * (-x).exp() / s


def _edge(s: arb, x: Ball) -> None:
    """Whether an incomplete gamma function has a value at x, which may be 0 or less."""
    c = constant(x)
    at_zero = isinstance(x, arb) and c == 0
    if s > 0 and (at_zero or whole(s) is not None):
        return
    outside = s <= 0 if at_zero else c < 0 and (s <= 0 or not s.contains_integer())
    raise refusal(outside, "second argument needs > 0")
