"""Error functions, exponential, elliptic and Fresnel integrals, Lambert's W on balls.

erf, erfc and erfi are flint's own methods and stand in no file.
"""

from flint import acb, acb_series, arb, arb_series

from dcalc.algebra.ball_arithmetic import power
from dcalc.algebra.ball_bessel import sinc, sinhc
from dcalc.algebra.ball_common import (
    Ball,
    above,
    as_number,
    below,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    inverse,
    nonzero,
    orders,
    unequal,
)
from dcalc.algebra.ball_gamma import uppergamma

# --- error functions ------------------------------------------------------------------


def erf_between(a: arb, b: arb) -> arb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a > 0 and b > 0:
        return a.erfc() - b.erfc()
    if a < 0 and b < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


def erfinv(x: Ball) -> Ball:
    """The inverse of erf, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    value = finite_number(constant(x).erfinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erf(), x)


def erfcinv(x: Ball) -> Ball:
    """The inverse of erfc, 0 < x < 2."""
    above(x, 0)
    below(x, 2)
    value = finite_number(constant(x).erfcinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erfc(), x)


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


def logerfcx(x: Ball) -> Ball:
    """log(erfcx(x))."""
    return erfcx(x).log()


def logerfc(x: Ball) -> Ball:
    """log(erfc(x))."""
    return logerfcx(x) - x * x if constant(x) > 1 else finite(x.erfc().log())


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


def fresnels(x: Ball) -> Ball:
    """The integral of sin(pi*t**2/2) from 0 to x."""
    return finite(x.fresnel_s())


def fresnelc(x: Ball) -> Ball:
    """The integral of cos(pi*t**2/2) from 0 to x."""
    return finite(x.fresnel_c())


# --- exponential integrals ------------------------------------------------------------


def ei(x: Ball) -> Ball:
    """The exponential integral, x != 0: principal value for x > 0."""
    nonzero(x)
    return finite(x.ei())


def expint(x: Ball) -> Ball:
    """The exponential integral E1, x > 0."""
    above(x, 0)
    value = finite_number(constant(x).expint(1))
    return value if isinstance(x, arb) else integrate(value, lambda u: -(-u).exp() / u, x)


def expint_order(n: Ball, x: Ball) -> Ball:
    """The generalized exponential integral of order n: x > 0, or x = 0 and n > 1. Unsupported
    where n varies."""
    order = as_number(n, "the first argument of expint")
    above(x, 0, closed=bool(order > 1), name="second argument")
    value = finite_number(constant(x).expint(order))
    return value if isinstance(x, arb) else integrate(value, lambda u: _expint_slope(order, u), x)


def _expint_slope(n: arb, x: Ball) -> Ball:
    """-E_(n-1), through the incomplete gamma function (DLMF 8.19.1)."""
    return -power(x, n - 2) * uppergamma(2 - n, x)


def si(x: Ball) -> Ball:
    """The sine integral; near 0 through its slope, whose terms do not cancel there."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return x.si()
    return integrate(x[0].si(), sinc, x)


def shi(x: Ball) -> Ball:
    """The hyperbolic sine integral; near 0 through its slope, as `si`."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return finite(x.shi())
    return integrate(x[0].shi(), sinhc, x)


def li(x: Ball) -> Ball:
    """The logarithmic integral, x >= 0, x != 1: principal value for x > 1."""
    above(x, 0, closed=True)
    unequal(x, 1)
    return finite(x.li())


def ci(x: Ball) -> Ball:
    """The cosine integral, x > 0."""
    above(x, 0)
    return finite(x.ci())


def chi(x: Ball) -> Ball:
    """The hyperbolic cosine integral, x > 0."""
    above(x, 0)
    return finite(x.chi())


def lambertw(x: Ball) -> Ball:
    """The principal branch of Lambert's W, x >= -1/e."""
    above(x, -arb(-1).exp(), closed=True)
    return finite(x.lambertw())


# --- elliptic integrals ---------------------------------------------------------------


def elliptic_k(m: Ball) -> Ball:
    """The complete elliptic integral of the first kind, parameter m < 1."""
    below(m, 1)
    if isinstance(m, arb):
        return finite_number(acb(m).elliptic_k().real)
    return finite(compose(_elliptic_terms(m[0], m.prec), m))


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
