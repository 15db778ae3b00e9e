"""Error functions, exponential, elliptic and Fresnel integrals, Lambert's W on balls.

erf, erfc, erfi, si and shi are flint's own methods and stand in no file.
"""

from flint import acb, acb_series, arb, arb_series

from dcalc.algebra.ball_common import (
    Ball,
    above,
    below,
    compose,
    finite,
    nonzero,
    orders,
    unequal,
)

# --- error functions ------------------------------------------------------------------


def erf_between(a: arb, b: arb) -> arb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a > 0 and b > 0:
        return a.erfc() - b.erfc()
    if a < 0 and b < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


def erfinv(x: arb) -> arb:
    """The inverse of erf, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    return _number(x.erfinv())


def erfcinv(x: arb) -> arb:
    """The inverse of erfc, 0 < x < 2."""
    above(x, 0)
    below(x, 2)
    return _number(x.erfcinv())


def erfcx(x: arb) -> arb:
    """exp(x**2)*erfc(x); for x > 1 as Tricomi's U (DLMF 7.11.5), which knows no overflow."""
    if x > 1:
        half = arb(0.5)
        return _number((x * x).hypgeom_u(half, half) / arb.const_sqrt_pi())
    return _number((x * x).exp() * x.erfc())


def logerfcx(x: arb) -> arb:
    """log(erfcx(x))."""
    return erfcx(x).log()


def logerfc(x: arb) -> arb:
    """log(erfc(x))."""
    return logerfcx(x) - x * x if x > 1 else x.erfc().log()


def dawson(x: arb) -> arb:
    """Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x (DLMF 7.11.4)."""
    return _number(x * (-x * x).hypgeom_1f1(arb(1), arb(1.5)))


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


def expint(x: arb) -> arb:
    """The exponential integral E1, x > 0."""
    above(x, 0)
    return _number(x.expint(1))


def expint_order(n: arb, x: arb) -> arb:
    """The generalized exponential integral of order n: x > 0, or x = 0 and n > 1."""
    above(x, 0, closed=bool(n > 1), name="second argument")
    return _number(x.expint(n))


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
        return _number(acb(m).elliptic_k().real)
    return finite(compose(_elliptic_terms(m[0], m.prec), m))


def elliptic_e(m: Ball) -> Ball:
    """The complete elliptic integral of the second kind, parameter m <= 1."""
    below(m, 1, closed=True)
    if isinstance(m, arb):
        return _number(acb(m).elliptic_e().real)
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


def _number(x: arb) -> arb:
    return finite(x)  # type: ignore[return-value]  # a number stays one
