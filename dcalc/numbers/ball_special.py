"""Special functions on balls: gamma and its kin, zeta, error functions, integrals, Bessel and Airy functions."""

from collections.abc import Callable
from math import factorial, floor

from flint import acb, acb_series, arb, arb_series, ctx

from dcalc.errors import Undecided, Undefined
from dcalc.numbers.ball import (
    Ball,
    above,
    abs_,
    as_number,
    below,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    inverse,
    is_number,
    like,
    nonzero,
    off_poles,
    orders,
    power,
    refusal,
    require,
    rule,
    rule_of,
    unequal,
    whole,
)
from dcalc.numbers.ball_elementary import log1p
from dcalc.numbers.cost import (
    GAMMA_BITS,
    INVERSE_BITS,
    ZETA_BITS,
    allow,
    allow_bessel,
    allow_hurwitz,
    allow_incomplete_gamma,
    allow_polygamma,
)

_SHARP = 60
_FAR = 50
"""Balls known to fewer bits than the one, and not further left than the other, are stepped to the right."""


@rule
def gamma(x: Ball) -> Ball:
    """The gamma function, away from its poles 0, -1, -2, ..."""
    off_poles(x)
    allow(GAMMA_BITS)
    if _is_wide(x):
        return finite(_step_right(x, max(1, 1 - floor(float(constant(x).lower())))))
    return finite(x.gamma())


def _is_wide(x: Ball) -> bool:
    """Whether flint's own balls are too wide: left of 0 they are as wide as its reflection formula
    makes them."""
    center = constant(x)
    return bool(-_FAR < center < 1) and center.rel_accuracy_bits() < _SHARP


def _step_right(x: Ball, steps: int) -> Ball:
    """gamma(x + steps)/(x*(x + 1)*...), DLMF 5.5.1."""
    product = x
    for k in range(1, steps):
        product = product * (x + k)
    return (x + steps).gamma() / product


@rule
def lgamma(x: Ball) -> Ball:
    """log(abs(gamma(x))), away from the poles."""
    off_poles(x)
    allow(GAMMA_BITS)
    if constant(x) > 0:
        return finite(x.lgamma())
    return finite(abs_(gamma(x)).log() if _is_wide(x) else -abs_(x.rgamma()).log())


@rule
def digamma(x: Ball) -> Ball:
    """gamma'(x)/gamma(x), away from the poles."""
    off_poles(x)
    allow(ZETA_BITS)
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


@rule
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
    allow_polygamma(order, x)
    if x > 0:
        return finite_number(acb(x).polygamma(acb(order)).real)
    with orders(order + 1):
        cot = arb_series([x, 1], prec=order + 1).cot_pi()[order] * factorial(order)
    mirrored = acb(1 - x).polygamma(acb(order)).real
    return finite_number((-mirrored if order % 2 else mirrored) - arb.pi() * cot)


MAX_ORDER = 10_000
"""Functions of larger whole orders take too long and are undecided."""


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


@rule
def invdigamma(x: Ball) -> Ball:
    """The positive y with digamma(y) = x."""
    value = _invdigamma(constant(x))
    return value if isinstance(x, arb) else inverse(value, digamma, x)


def _invdigamma(x: arb) -> arb:
    """The positive y with digamma(y) = x, by Newton's method and then a proof: where
    abs(digamma(y) - x) <= r*digamma'(y + r), the mean value theorem puts the root within r
    of y, since digamma' falls."""
    allow(INVERSE_BITS)
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


@rule
def beta(a: Ball, b: Ball) -> Ball:
    """gamma(a)*gamma(b)/gamma(a + b), away from the poles of gamma in a and b."""
    off_poles(a)
    off_poles(b)
    allow(GAMMA_BITS)
    return finite(a.gamma() * b.gamma() * (a + b).rgamma())


@rule
def logbeta(a: Ball, b: Ball) -> Ball:
    """log(abs(beta(a, b)))."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


# --- zeta -----------------------------------------------------------------------------


@rule
def zeta(s: Ball) -> Ball:
    """The Riemann zeta function, s != 1."""
    unequal(s, 1)
    if constant(s) > _DISTANT:
        return _distant_zeta(s)
    allow(ZETA_BITS)
    if not constant(s) > -_DISTANT:
        allow(384 if is_number(s) else 0)
    return finite(s.zeta())


_DISTANT = 1 << 32
"""From here on flint takes long for what is 1 + 2**-s to millions of digits."""


def _distant_zeta(s: Ball) -> Ball:
    """1 + 2**-s, s > 2**32. What follows, and each of its coefficients in s, is less than that term
    of 2**-s times 2**(-s/2): the term of 3**-s is, and those after it are less than half of the one before."""
    second = (-s * arb(2).log()).exp()
    scale = 1 + arb(0, (-constant(s) / 2 * arb(2).log()).exp().upper())
    if isinstance(second, arb):
        return finite(1 + second * scale)
    return finite(1 + arb_series([second[k] * scale for k in range(second.prec)], prec=second.prec))


@rule_of("zeta/2")
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
    allow_hurwitz(constant(s))
    return finite(s.zeta(number))


def _hurwitz(s: arb, a: arb) -> arb:
    unequal(s, 1)
    if a > 0:
        if s > _MANY * ctx.prec and a < 4 * s:
            return _power_sum(s, a)
        allow_hurwitz(s)
        return finite_number(s.zeta(a))
    order = whole(s)
    if order is None:
        outside = a <= 0 and not s.contains_integer()
        raise refusal(outside, "second argument needs > 0 where the first is not a whole number")
    if order < -MAX_ORDER:
        raise Undecided(f"order is below -{MAX_ORDER:,}")
    if order <= 0:
        return -a.bernoulli_poly(1 - order) / (1 - order)  # DLMF 25.11.14
    off_poles(a)
    if order > MAX_ORDER:  # flint would ask for as many terms, and end the process where it gets none
        raise Undecided(f"order is above {MAX_ORDER:,}")
    sign = -1 if order % 2 else 1
    return finite_number(sign * _polygamma(order - 1, a) / factorial(order - 1))  # DLMF 25.11.12


_MANY = 4
"""A multiple of the bits beyond which powers of that exponent fall so fast that they are summed as they are."""


def _power_sum(s: arb, a: arb) -> arb:
    """The sum of (a + k)**-s, where s is large and a is not much larger: at most three terms for each bit.

    The rest is less than its first term and the integral from there on (DLMF 25.11.1).
    """
    total, term, k = arb(0), a**-s, 0
    first = term
    while True:
        total += term
        k += 1
        term = (a + k) ** -s
        rest = (term + term * (a + k) / (s - 1)).upper()
        if not rest > first * arb(2) ** -ctx.prec or k > _MANY * ctx.prec:
            return finite_number(total + arb(rest / 2, rest / 2))


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


@rule
def uppergamma(s: Ball, x: Ball) -> Ball:
    """The integral of t**(s - 1)*exp(-t) from x: x > 0; for s > 0 also x = 0, and any x where
    s is a whole number. Unsupported where s varies."""
    order = as_number(s, "the first argument of uppergamma")
    if not constant(x) > 0:
        _edge(order, x)
    allow_incomplete_gamma(order, constant(x))
    value = constant(x).gamma_upper(order)
    return finite(value if isinstance(x, arb) else integrate(value, lambda u: -_integrand(order, u), x))


@rule
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
        if s > 1 << 20 and not x > -8192:
            allow(0)
        return x.gamma_lower(s)
    if not x < 0.95 * s:
        allow_incomplete_gamma(s, x)
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


# --- error functions ------------------------------------------------------------------


@rule_of("erf/2")
def erf_between(a: arb, b: arb) -> arb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a > 0 and b > 0:
        return a.erfc() - b.erfc()
    if a < 0 and b < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


def _method(name: str) -> Callable[[Ball], Ball]:
    """A function that flint has as a method of numbers and of series."""

    def evaluate(x: Ball) -> Ball:
        return finite(getattr(x, name)())

    return evaluate


for _name in ("erf", "erfc", "erfi"):
    rule_of(_name)(_method(_name))


@rule
def erfinv(x: Ball) -> Ball:
    """The inverse of erf, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    value = finite_number(constant(x).erfinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erf(), x)


@rule
def erfcinv(x: Ball) -> Ball:
    """The inverse of erfc, 0 < x < 2."""
    above(x, 0)
    below(x, 2)
    value = finite_number(constant(x).erfcinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erfc(), x)


@rule
def erfcx(x: Ball) -> Ball:
    """exp(x**2)*erfc(x); for x > 1 as Tricomi's U (DLMF 7.11.5), which knows no overflow. The series
    by y' = 2*x*y - 2/sqrt(pi)."""
    c = constant(x)
    if c > 1:
        half = arb(0.5)
        value = (c * c).hypgeom_u(half, half) / arb.const_sqrt_pi()
    else:
        value = (c * c).exp() * c.erfc()
    return finite(value if isinstance(x, arb) else _hermite(x, value, 2, -2 / arb.const_sqrt_pi()))


@rule
def logerfcx(x: Ball) -> Ball:
    """log(erfcx(x))."""
    return erfcx(x).log()


@rule
def logerfc(x: Ball) -> Ball:
    """log(erfc(x))."""
    return logerfcx(x) - x * x if constant(x) > 1 else finite(x.erfc().log())


@rule
def lognormcdf(x: Ball) -> Ball:
    """log(erfc(-x/sqrt(2))/2); right of 0, where that is next to 1, through its distance from 1."""
    scaled = x / arb(2).sqrt()
    if constant(x) > 0:
        return finite(log1p(scaled.erfc() / -2))
    return logerfc(-scaled) - arb(2).log()


@rule
def dawson(x: Ball) -> Ball:
    """Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x (DLMF 7.11.4). The
    series by y' = 1 - 2*x*y."""
    c = constant(x)
    value = c * (-c * c).hypgeom_1f1(arb(1), arb(1.5))
    return finite(value if isinstance(x, arb) else _hermite(x, value, -2, arb(1)))


def _hermite(x: arb_series, value: arb, factor: int, free: arb) -> arb_series:
    """The function y at x with y' = factor*x*y + free, and y(x[0]) = value."""
    center = x[0]
    terms = [value, factor * center * value + free]
    for k in range(2, x.prec):
        terms.append(factor * (center * terms[k - 1] + terms[k - 2]) / k)
    return compose(terms[: x.prec], x)


@rule
def fresnels(x: Ball) -> Ball:
    """The integral of sin(pi*t**2/2) from 0 to x."""
    return finite(x.fresnel_s())


@rule
def fresnelc(x: Ball) -> Ball:
    """The integral of cos(pi*t**2/2) from 0 to x."""
    return finite(x.fresnel_c())


# --- exponential integrals ------------------------------------------------------------


@rule
def ei(x: Ball) -> Ball:
    """The exponential integral, x != 0: principal value for x > 0."""
    nonzero(x)
    return finite(x.ei())


@rule
def expint(x: Ball) -> Ball:
    """The exponential integral E1, x > 0."""
    above(x, 0)
    value = finite_number(constant(x).expint(1))
    return value if isinstance(x, arb) else integrate(value, lambda u: -(-u).exp() / u, x)


@rule_of("expint/2")
def expint_order(n: Ball, x: Ball) -> Ball:
    """The generalized exponential integral of order n: x > 0, or x = 0 and n > 1. Unsupported
    where n varies."""
    order = as_number(n, "the first argument of expint")
    above(x, 0, closed=bool(order > 1), name="second argument")
    allow_incomplete_gamma(1 - order, constant(x))
    value = finite_number(constant(x).expint(order))
    return value if isinstance(x, arb) else integrate(value, lambda u: _expint_slope(order, u), x)


def _expint_slope(n: arb, x: Ball) -> Ball:
    """-E_(n-1), through the incomplete gamma function (DLMF 8.19.1)."""
    return -power(x, n - 2) * uppergamma(2 - n, x)


@rule
def si(x: Ball) -> Ball:
    """The sine integral; near 0 through its slope, whose terms do not cancel there."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return x.si()
    return integrate(x[0].si(), sinc, x)


@rule
def shi(x: Ball) -> Ball:
    """The hyperbolic sine integral; near 0 through its slope, as `si`."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return finite(x.shi())
    return integrate(x[0].shi(), sinhc, x)


@rule
def li(x: Ball) -> Ball:
    """The logarithmic integral, x >= 0, x != 1: principal value for x > 1."""
    above(x, 0, closed=True)
    unequal(x, 1)
    return finite(x.li())


@rule
def ci(x: Ball) -> Ball:
    """The cosine integral, x > 0."""
    above(x, 0)
    return finite(x.ci())


@rule
def chi(x: Ball) -> Ball:
    """The hyperbolic cosine integral, x > 0."""
    above(x, 0)
    return finite(x.chi())


@rule
def lambertw(x: Ball) -> Ball:
    """The principal branch of Lambert's W, x >= -1/e."""
    above(x, -arb(-1).exp(), closed=True)
    return finite(x.lambertw())


# --- elliptic integrals ---------------------------------------------------------------


@rule
def elliptic_k(m: Ball) -> Ball:
    """The complete elliptic integral of the first kind, parameter m < 1."""
    below(m, 1)
    if isinstance(m, arb):
        return finite_number(acb(m).elliptic_k().real)
    return finite(compose(_elliptic_terms(m[0], m.prec), m))


@rule
def elliptic_e(m: Ball) -> Ball:
    """The complete elliptic integral of the second kind, parameter m <= 1."""
    below(m, 1, closed=True)
    if isinstance(m, arb):
        return finite_number(acb(m).elliptic_e().real)
    with orders(m.prec + 1):
        terms = _elliptic_terms(m[0], m.prec + 1)
        k = arb_series(terms, prec=m.prec + 1)
        x = arb_series([m[0], 1], prec=m.prec + 1)
        e = (1 - x) * (k + 2 * x * k.derivative())  # DLMF 19.4.1, which divides by m
    return finite(compose([e[i] for i in range(m.prec)], m))


def _elliptic_terms(m: arb, count: int) -> list[arb]:
    with orders(count):
        series = acb_series([acb(m), acb(1)], prec=count).elliptic_k()
    return [series[i].real for i in range(count)]


# --- Bessel and Airy functions --------------------------------------------------------

_MAX_ORDER = 100_000_000
"""flint takes minutes for orders and arguments far beyond this, and finds no digit."""
Slope = Callable[[int, arb, arb], arb]
"""The slope of the function of order n + m, from m and those of order n + m - 1 and n + m + 1."""


@rule
def besselj(n: Ball, x: Ball) -> Ball:
    """The Bessel function J: any x where n is a whole number, else x > 0, or x = 0 < n.
    Unsupported where n varies, as for all that follow."""
    order = _order(n, "besselj")
    _real_axis(order, x)
    allow_bessel(order, constant(x), modified=False)
    return _by_orders(lambda m: constant(x).bessel_j(order + m), _falling, x)


@rule
def bessely(n: Ball, x: Ball) -> Ball:
    """The Bessel function Y, x > 0."""
    order = _order(n, "bessely")
    above(x, 0, name="second argument")
    allow_bessel(order, constant(x), modified=False)
    return _by_orders(lambda m: constant(x).bessel_y(order + m), _falling, x)


@rule
def besseli(n: Ball, x: Ball) -> Ball:
    """The modified Bessel function I, where `besselj` has a value."""
    order = _order(n, "besseli")
    _real_axis(order, x)
    allow_bessel(order, constant(x), modified=False)
    return _by_orders(lambda m: constant(x).bessel_i(order + m), _rising, x)


@rule
def besselk(n: Ball, x: Ball) -> Ball:
    """The modified Bessel function K, x > 0."""
    order = _order(n, "besselk")
    above(x, 0, name="second argument")
    allow_bessel(order, constant(x), modified=True)
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


@rule
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


@rule
def airyai(x: Ball) -> Ball:
    """The Airy function Ai."""
    return finite(x.airy_ai())


@rule
def airyaiprime(x: Ball) -> Ball:
    """The derivative of Ai."""
    return finite(x.airy_ai(derivative=1) if isinstance(x, arb) else x.airy_ai_prime())


@rule
def airybi(x: Ball) -> Ball:
    """The Airy function Bi."""
    return finite(x.airy_bi())


@rule
def airybiprime(x: Ball) -> Ball:
    """The derivative of Bi."""
    return finite(x.airy_bi(derivative=1) if isinstance(x, arb) else x.airy_bi_prime())
