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
RULES.add_rules({name: getattr(acb, name) for name in (
    "sinc erf erfc erfi gamma digamma zeta lambertw si ci shi chi elliptic_k elliptic_e elliptic_f"
).split()})  # fmt: skip


@rule_of("erf/2")
def erf_between(a: acb, b: acb) -> acb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a.real > 0 and b.real > 0:
        return a.erfc() - b.erfc()
    if a.real < 0 and b.real < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


def _inverse(f: Callable[[acb], acb], slope: Callable[[acb], acb], start: arb, x: acb) -> acb:
    """w with f(w) = x by Newton's method from the root for the real part: the first step is off by the
    square of the imaginary part, the third by its 8th power."""
    w = acb(start)
    for _ in range(3):
        w -= (f(w) - x) / slope(w)
    return w


def erfcx(x: acb) -> acb:
    """exp(z**2)*erfc(z), right of 1 as Tricomi's U (DLMF 7.11.5)."""
    if x.real > 1:
        return (x * x).hypgeom_u(acb(0.5), acb(0.5)) / acb.pi().sqrt()
    return (x * x).exp() * x.erfc()


@rule
def logerfc(x: acb) -> acb:
    """log(erfc(z))."""
    return erfcx(x).log() - x * x if x.real > 1 else x.erfc().log()


@rule
def lognormcdf(x: acb) -> acb:
    """log(erfc(-z/sqrt(2))/2)."""
    scaled = x / acb(2).sqrt()
    return (scaled.erfc() / -2).log1p() if x.real > 0 else logerfc(-scaled) - acb(2).log()


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


@rule_of("zeta/2")
def hurwitz(s: acb, a: acb) -> acb:
    """The Hurwitz zeta function; left of 0, for a whole s > 1, by recurrence (DLMF 25.11.3)."""
    total = acb(0)
    while not a.real > 0 and s.real > 1:
        total += a ** (-s)
        a = a + 1
    return s.zeta(a) + total


@rule
def ei(x: acb) -> acb:
    """The exponential integral."""
    return x.ei() if x.real > 0 else -(-x).expint(acb(1))


@rule
def sphericalbesselj(n: acb, x: acb) -> acb:
    """The spherical Bessel function j (DLMF 10.53.1)."""
    index = n + acb(1.5)
    return (x / 2) ** natural(n.real) * acb.pi().sqrt() / 2 * (-x * x / 4).hypgeom_0f1(index) * index.rgamma()


RULES.add_rules({
    "erfinv": lambda x: _inverse(acb.erf, lambda w: 2 * (-w * w).exp() / acb.pi().sqrt(), x.real.mid().erfinv(), x),
    "erfcinv": lambda x: _inverse(acb.erfc, lambda w: -2 * (-w * w).exp() / acb.pi().sqrt(), x.real.mid().erfcinv(), x),
    "erfcx": erfcx,
    "logerfcx": lambda x: erfcx(x).log(),
    "dawson": lambda x: x * (-x * x).hypgeom_1f1(acb(1), acb(1.5)),  # DLMF 7.11.4
    "fresnels": acb.fresnel_s,
    "fresnelc": acb.fresnel_c,
    "invdigamma": lambda x: _inverse(
        acb.digamma, lambda w: w.polygamma(acb(1)), constant(invdigamma_ball(x.real.mid())), x
    ),
    "beta": lambda a, b: a.gamma() * b.gamma() * (a + b).rgamma(),
    "logbeta": lambda a, b: lgamma(a) + lgamma(b) - lgamma(a + b),
    "uppergamma": lambda s, x: x.gamma_upper(s),
    "lowergamma": lambda s, x: x.gamma_lower(s),
    "gammap": lambda s, x: x.gamma_lower(s, 1),
    "gammaq": lambda s, x: x.gamma_upper(s, 1),
    "betainc": lambda a, b, x: x.beta_lower(a, b, 1),
    "expint": lambda x: x.expint(acb(1)),
    "expint/2": lambda n, x: x.expint(n),
    "li": lambda x: ei(x.log()),
    "besselj": lambda n, x: x.bessel_j(n),
    "bessely": lambda n, x: x.bessel_y(n),
    "besseli": lambda n, x: x.bessel_i(n),
    "besselk": lambda n, x: x.bessel_k(n),
    "airyai": lambda x: x.airy_ai(),
    "airyaiprime": lambda x: x.airy_ai(derivative=1),
    "airybi": lambda x: x.airy_bi(),
    "airybiprime": lambda x: x.airy_bi(derivative=1),
    "polylog": lambda s, x: x.polylog(s),
    "dilog": lambda x: x.polylog(acb(2)),
    "lambertw/2": lambda k, x: x.lambertw(-1 if k.real == -1 else 0),
    "elliptic_e/2": acb.elliptic_e_inc,
    "binomial": lambda n, k: (n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma(),
    "legendre": lambda n, x: x.legendre_p(n),
    "chebyshevt": lambda n, x: x.chebyshev_t(n),
    "chebyshevu": lambda n, x: x.chebyshev_u(n),
    "gegenbauer": lambda n, a, x: acb(0) if n.real < 0 else x.gegenbauer_c(n, a),
    "hermite": lambda n, x: acb(0) if n.real < 0 else x.hermite_h(n),
    "laguerre/3": lambda n, a, x: acb(0) if n.real < 0 else x.laguerre_l(n, a),
})  # fmt: skip
