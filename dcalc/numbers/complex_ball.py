"""Special functions on complex balls (`acb`), at flint's precision.

Functions with a branch cut on the real axis lose what the cut adds, a constant of the order of
pi: their imaginary part is 0 on the axis. Arguments are inside of the real domain.
"""

from collections.abc import Callable
from math import factorial

from flint import acb, arb

from dcalc.numbers.ball import constant
from dcalc.numbers.ball_special import balanced_polygamma, natural
from dcalc.numbers.ball_special import invdigamma as invdigamma_ball
from dcalc.tape import Registry

RULES = Registry("complex balls")
rule, rule_of = RULES.rule, RULES.rule_of
for _name in (
    "sinc", "erf", "erfc", "erfi", "gamma", "digamma", "zeta", "lambertw", "si", "ci", "shi", "chi", "elliptic_k",
    "elliptic_e",
):  # fmt: skip
    rule_of(_name)(getattr(acb, _name))


# --- error functions ------------------------------------------------------------------


@rule_of("erf/2")
def erf_between(a: acb, b: acb) -> acb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a.real > 0 and b.real > 0:
        return a.erfc() - b.erfc()
    if a.real < 0 and b.real < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


@rule
def erfinv(x: acb) -> acb:
    """The inverse of erf."""
    return _inverse(lambda w: w.erf(), lambda w: 2 * (-w * w).exp() / acb.pi().sqrt(), x.real.mid().erfinv(), x)


@rule
def erfcinv(x: acb) -> acb:
    """The inverse of erfc."""
    return _inverse(lambda w: w.erfc(), lambda w: -2 * (-w * w).exp() / acb.pi().sqrt(), x.real.mid().erfcinv(), x)


def _inverse(f: Callable[[acb], acb], slope: Callable[[acb], acb], start: arb, x: acb) -> acb:
    """w with f(w) = x by Newton's method from the root for the real part: the first step is off by the
    square of the imaginary part, the third by its 8th power."""
    w = acb(start)
    for _ in range(3):
        w -= (f(w) - x) / slope(w)
    return w


@rule
def erfcx(x: acb) -> acb:
    """exp(z**2)*erfc(z), right of 1 as Tricomi's U (DLMF 7.11.5)."""
    if x.real > 1:
        return (x * x).hypgeom_u(acb(0.5), acb(0.5)) / acb.pi().sqrt()
    return (x * x).exp() * x.erfc()


@rule
def logerfcx(x: acb) -> acb:
    """log(erfcx(z))."""
    return erfcx(x).log()


@rule
def logerfc(x: acb) -> acb:
    """log(erfc(z))."""
    return logerfcx(x) - x * x if x.real > 1 else x.erfc().log()


@rule
def lognormcdf(x: acb) -> acb:
    """log(erfc(-z/sqrt(2))/2)."""
    scaled = x / acb(2).sqrt()
    return (scaled.erfc() / -2).log1p() if x.real > 0 else logerfc(-scaled) - acb(2).log()


@rule
def dawson(x: acb) -> acb:
    """Dawson's integral (DLMF 7.11.4)."""
    return x * (-x * x).hypgeom_1f1(acb(1), acb(1.5))


@rule
def fresnels(x: acb) -> acb:
    """The integral of sin(pi*t**2/2) from 0 to z."""
    return x.fresnel_s()


@rule
def fresnelc(x: acb) -> acb:
    """The integral of cos(pi*t**2/2) from 0 to z."""
    return x.fresnel_c()


# --- gamma functions ------------------------------------------------------------------


@rule
def lgamma(x: acb) -> acb:
    """The function that is log(abs(gamma(x))) on the axis."""
    if x.real > 0:
        return x.lgamma()
    r = x.rgamma()
    return -(r if r.real > 0 else -r).log()


@rule
def polygamma(n: acb, x: acb) -> acb:
    """The n-th derivative of digamma; left of 0 by recurrence (DLMF 5.15.5). Balanced for other n."""
    if not (n.imag.is_zero() and n.real >= 0 and n.real.is_integer()):
        return balanced_polygamma(n, x)
    total = acb(0)
    order = natural(n.real)
    sign = -1 if order % 2 else 1
    while not x.real > 0:
        total -= sign * factorial(order) / x ** (order + 1)
        x = x + 1
    return x.polygamma(n) + total


@rule
def invdigamma(x: acb) -> acb:
    """The inverse of digamma right of 0."""
    return _inverse(lambda w: w.digamma(), lambda w: w.polygamma(acb(1)), constant(invdigamma_ball(x.real.mid())), x)


@rule
def beta(a: acb, b: acb) -> acb:
    """gamma(a)*gamma(b)/gamma(a + b)."""
    return a.gamma() * b.gamma() * (a + b).rgamma()


@rule
def logbeta(a: acb, b: acb) -> acb:
    """The function that is log(abs(beta(a, b))) on the axis."""
    return lgamma(a) + lgamma(b) - lgamma(a + b)


@rule
def uppergamma(s: acb, x: acb) -> acb:
    """The integral of t**(s - 1)*exp(-t) from z."""
    return x.gamma_upper(s)


@rule
def lowergamma(s: acb, x: acb) -> acb:
    """The integral of t**(s - 1)*exp(-t) from 0 to z."""
    return x.gamma_lower(s)


@rule
def gammap(s: acb, x: acb) -> acb:
    """lowergamma(s, z)/gamma(s)."""
    return x.gamma_lower(s, 1)


@rule
def gammaq(s: acb, x: acb) -> acb:
    """uppergamma(s, z)/gamma(s)."""
    return x.gamma_upper(s, 1)


@rule
def betainc(a: acb, b: acb, x: acb) -> acb:
    """The regularised incomplete beta function."""
    return x.beta_lower(a, b, 1)


@rule_of("zeta/2")
def hurwitz(s: acb, a: acb) -> acb:
    """The Hurwitz zeta function; left of 0, for a whole s > 1, by recurrence (DLMF 25.11.3)."""
    total = acb(0)
    while not a.real > 0 and s.real > 1:
        total += a ** (-s)
        a = a + 1
    return s.zeta(a) + total


# --- integrals ------------------------------------------------------------------------


@rule
def ei(x: acb) -> acb:
    """The exponential integral."""
    return x.ei() if x.real > 0 else -(-x).expint(acb(1))


@rule
def expint(x: acb) -> acb:
    """The exponential integral E1."""
    return x.expint(acb(1))


@rule_of("expint/2")
def expint_order(n: acb, x: acb) -> acb:
    """The generalized exponential integral of order n."""
    return x.expint(n)


@rule
def li(x: acb) -> acb:
    """The logarithmic integral."""
    return ei(x.log())


# --- Bessel and Airy functions --------------------------------------------------------


@rule
def besselj(n: acb, x: acb) -> acb:
    """The Bessel function J."""
    return x.bessel_j(n)


@rule
def bessely(n: acb, x: acb) -> acb:
    """The Bessel function Y."""
    return x.bessel_y(n)


@rule
def besseli(n: acb, x: acb) -> acb:
    """The modified Bessel function I."""
    return x.bessel_i(n)


@rule
def besselk(n: acb, x: acb) -> acb:
    """The modified Bessel function K."""
    return x.bessel_k(n)


@rule
def sphericalbesselj(n: acb, x: acb) -> acb:
    """The spherical Bessel function j (DLMF 10.53.1)."""
    index = n + acb(1.5)
    return (x / 2) ** natural(n.real) * acb.pi().sqrt() / 2 * (-x * x / 4).hypgeom_0f1(index) * index.rgamma()


@rule
def airyai(x: acb) -> acb:
    """The Airy function Ai."""
    return x.airy_ai()


@rule
def airyaiprime(x: acb) -> acb:
    """The derivative of Ai."""
    return x.airy_ai(derivative=1)


@rule
def airybi(x: acb) -> acb:
    """The Airy function Bi."""
    return x.airy_bi()


@rule
def airybiprime(x: acb) -> acb:
    """The derivative of Bi."""
    return x.airy_bi(derivative=1)


# --- polylogarithms, elliptic integrals and polynomials -------------------------------


@rule
def polylog(s: acb, x: acb) -> acb:
    """The polylogarithm of order s."""
    return x.polylog(s)


@rule
def dilog(x: acb) -> acb:
    """The dilogarithm."""
    return x.polylog(acb(2))


@rule_of("lambertw/2")
def lambertw_branch(k: acb, x: acb) -> acb:
    """Lambert's W on the branch k."""
    return x.lambertw(-1 if k.real == -1 else 0)


@rule
def elliptic_f(phi: acb, m: acb) -> acb:
    """The incomplete elliptic integral of the first kind."""
    return acb.elliptic_f(phi, m)


@rule_of("elliptic_e/2")
def elliptic_e_incomplete(phi: acb, m: acb) -> acb:
    """The incomplete elliptic integral of the second kind."""
    return acb.elliptic_e_inc(phi, m)


@rule
def binomial(n: acb, k: acb) -> acb:
    """gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1))."""
    return (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma()


@rule
def legendre(n: acb, x: acb) -> acb:
    """The Legendre polynomial."""
    return x.legendre_p(n)


@rule
def chebyshevt(n: acb, x: acb) -> acb:
    """The Chebyshev polynomial of the first kind."""
    return x.chebyshev_t(n)


@rule
def chebyshevu(n: acb, x: acb) -> acb:
    """The Chebyshev polynomial of the second kind."""
    return x.chebyshev_u(n)


@rule
def gegenbauer(n: acb, a: acb, x: acb) -> acb:
    """The ultraspherical polynomial, 0 for n < 0."""
    return acb(0) if n.real < 0 else x.gegenbauer_c(n, a)


@rule
def hermite(n: acb, x: acb) -> acb:
    """The Hermite polynomial, 0 for n < 0."""
    return acb(0) if n.real < 0 else x.hermite_h(n)


@rule_of("laguerre/3")
def laguerre(n: acb, a: acb, x: acb) -> acb:
    """The generalised Laguerre polynomial, 0 for n < 0."""
    return acb(0) if n.real < 0 else x.laguerre_l(n, a)
