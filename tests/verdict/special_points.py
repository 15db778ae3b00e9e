"""Special functions at their poles, edges and joints: truths from the expansions of DLMF that are cited."""

from __future__ import annotations

import math

from tests.verdict.points import Point

EULER = 0.5772156649015329
ROOT_PI = math.sqrt(math.pi)

GAMMAS = [  # gamma has poles of residue (-1)**n/n! at -n; 1/gamma is entire: DLMF 5.2(i), 5.7.1
    Point("gamma(x)", 0, 1, "undefined"),
    Point("gamma(x)", -1, 1, "undefined"),
    Point("where(x < 0, gamma(exp(x)/2), gamma(1/2 + x))", 0, 2, "kink", None, 2.154928907144932, 15.580177442406253),
    Point("1/gamma(x)", 0, 1, "removable", 1),
    Point("1/gamma(x)", -1, 2, "removable", 0.8455686701969343),  # 1/gamma(x) = x*(x + 1)/gamma(x + 2)
    Point("gamma(x)*sin(pi*x)", 0, 1, "removable", -EULER * math.pi),
    Point("lgamma(x)", -2, 1, "undefined"),
    Point("lgamma(x)", 1, 1, "ok", -EULER),
    Point("log(gamma(x))", -0.5, 1, "undefined"),  # gamma is negative there
    Point("digamma(x)", -1, 1, "undefined"),
    Point("digamma(x)", 1e300, 1, "ok", 1e-300),  # trigamma(x) is 1/x + O(1/x**2): DLMF 5.15.8
    Point("digamma(x) + 1/x", 0, 1, "removable", math.pi**2 / 6),  # psi(1 + x): trigamma(1)
    Point("polygamma(2, x)", 0, 1, "undefined"),
    Point("zeta(10**16, x)", -2, 1, "undefined"),  # a pole at 0, -1, -2, ...: DLMF 25.11.1
    Point("trigamma(x)*x**2", 0, 1, "removable", 0),  # 1 + x**2*trigamma(1 + x)
    Point("factorial(x)", -1, 1, "undefined"),
    Point("beta(x, 2)", 0, 1, "undefined"),
    Point("x*beta(x, 2)", 0, 1, "removable", -1),  # 1/(1 + x)
    Point("beta(x, -1/2)", -1.5, 1, "ok", -16.755160819145566),  # 1/gamma(x - 1/2) is 0 there, with slope 2
    Point("logbeta(x, 2)", 0, 1, "undefined"),
    Point("uppergamma(2, x)", 0, 1, "ok", 0),  # (1 + x)*exp(-x)
    Point("uppergamma(1/2, x)", 0, 1, "boundary"),
    Point("lowergamma(1/2, x)", 0, 1, "boundary"),
    Point("lowergamma(5/2, x)", 0, 1, "boundary", None, None, 0),
    Point("uppergamma(0, x)", 0, 1, "undefined"),
    Point("zeta(x)", 1, 1, "undefined"),
    Point("(x - 1)*zeta(x)", 1, 1, "removable", EULER),  # DLMF 25.2.4
    Point("(x - 1)*zeta(x, 2)", 1, 1, "removable", EULER - 1),
    Point("x**3*zeta(2, x)", 0, 1, "removable", 1),  # x + x**3*zeta(2, x + 1)
    Point("1/zeta(3, x)", -1, 2, "removable", 0),  # (x + 1)**3 to leading order
    Point("sigmoid(zeta(2, x))", -1, 1, "removable", 0),  # 1 - exp(-1/t**2 + ...)
    Point("tanh(log1pmx(x**2 - 1))", 0, 2, "removable", 0),  # (u**2 - 1)/(u**2 + 1) of u = e*x**2*exp(-x**2)
]

INTEGRALS = [  # DLMF 6.6
    Point("ei(x)", 0, 1, "undefined"),
    Point("ei(x) - log(abs(x))", 0, 2, "removable", 0.5),  # euler + x + x**2/4
    Point("where(x == 0, 0, x*ei(x))", 0, 1, "vertical_tangent"),
    Point("li(x)", 1, 1, "undefined"),
    Point("ci(x)", 0, 1, "undefined"),
    Point("chi(x)", 0, 1, "undefined"),
    Point("ci(abs(x)) - log(abs(x))", 0, 2, "removable", -0.5),  # euler - x**2/4
    Point("si(x)", 0, 1, "ok", 1),
    Point("shi(x)/x", 0, 2, "removable", 1 / 9),  # 1 + x**2/18
    Point("expint(x)", 0, 1, "undefined"),
    Point("expint(x) + log(x)", 0, 1, "undefined"),  # a hole at the edge
    Point("expint(3, x)", 0, 1, "boundary", None, None, -1),  # 1/2 - x + ..., DLMF 8.19.8
    Point("expint(5/2, x)", 0, 1, "boundary", None, None, -2),  # 2/3 - 2*x + ..., DLMF 8.19.10
    Point("expint(2, x)", 0, 1, "boundary"),
    Point("elliptic_k(x)", 1, 1, "undefined"),
    Point("elliptic_e(x)", 1, 1, "boundary"),  # log(1 - m) in the slope: DLMF 19.12.2
    Point("elliptic_e(x)", 0, 1, "ok", -math.pi / 8),
    Point("(1 - x)*elliptic_e(x)", 1, 1, "boundary", None, -1, None),
]

BESSEL = [  # (x/2)**n/gamma(n + 1) leads: DLMF 10.7(i)
    Point("besselj(0, x)", 0, 2, "ok", -0.5),
    Point("besselj(2, x)", 0, 2, "ok", 0.25),
    Point("besselj(1/2, x)", 0, 1, "boundary"),
    Point("besselj(3/2, x)", 0, 1, "boundary", None, None, 0),
    Point("besselj(-1/2, x)", 0, 1, "undefined"),
    Point("besseli(5/2, x)", 0, 2, "boundary", None, None, 0),
    Point("bessely(0, x)", 0, 1, "undefined"),
    Point("besselk(0, x)", 0, 1, "undefined"),
    Point("sphericalbesselj(2, x)", 0, 2, "ok", 2 / 15),  # x**2/15
    Point("abs(sphericalbesselj(1, x))", 0, 1, "kink", None, -1 / 3, 1 / 3),
    Point("sinc(x)", 0, 4, "ok", 0.2),
    Point("abs(sinc(x) - 1)", 0, 2, "ok", 1 / 3),
    Point("airyaix(x)", 0, 1, "boundary", None, None, -0.2588194037928068),
]

INVERSES = [
    Point("lambertw(x)", 0, 1, "ok", 1),
    Point("lambertw(x - exp(-1))", 0, 1, "boundary"),  # a square root: DLMF 4.13.6
    Point("(lambertw(x - exp(-1)) + 1)**2", 0, 1, "boundary", None, None, 2 * math.e),  # 2*e*x
    Point("lambertw(x**2 - exp(-1))", 0, 1, "kink", None, -math.sqrt(2 * math.e), math.sqrt(2 * math.e)),
    Point("erfinv(x)", 1, 1, "undefined"),
    Point("erfinv(x)", 0, 1, "ok", ROOT_PI / 2),
    Point("erfcinv(x)", 0, 1, "undefined"),
    Point("logit(x)", 0, 1, "undefined"),
    Point("atanh(x)", 1, 1, "undefined"),
    Point("acoth(x)", 1, 1, "undefined"),
    Point("acsch(x)", 0, 1, "undefined"),
    Point("asinh(1/x)*x", 0, 1, "undefined"),  # x*log(2/abs(x))
    Point("acot(x)", 0, 1, "undefined"),
    Point("x*erf(1/x)", 0, 1, "undefined"),  # abs(x), but for something flat
    Point("x**2*erfc(1/x)", 0, 1, "removable", 0),
    Point("x**2*erfc(1/x)", 0, 2, "undefined"),  # 4*x**2*step(-x)/2
    Point("atan2(x, x)", 0, 1, "undefined"),
    Point("atan2(0, x)", 0, 1, "undefined"),
]

LOGARITHMS = [
    Point("logsubexp(x, 0)", 0, 1, "undefined"),
    Point("logsubexp(x, x)", 0, 1, "undefined"),
    Point("log1mexp(x)", 0, 1, "undefined"),
    Point("logexpm1(x)", 0, 1, "undefined"),
    Point("log1mexp(x) - log(-x)", 0, 1, "undefined"),  # a hole at the edge
    Point("logsubexp(x, 0) - log(abs(x))", 0, 1, "removable", 0.5),  # log((exp(x) - 1)/x)
    Point("log2mexp(x)", 0, 1, "ok", -1),
    Point("log1pmx(x)/x**2", 0, 1, "removable", 1 / 3),  # -1/2 + x/3
    Point("logmxp1(x)/(x - 1)**2", 1, 1, "removable", 1 / 3),
    Point("xlogx(x)", 1, 1, "ok", 1),
    Point("xlog1py(x, -1/2)", 0, 1, "ok", -0.6931471805599453),
    Point("bce(1, x)", 1, 1, "undefined"),  # log1p(-1)
    Point("softmax(0, x, x)", 0, 1, "ok", 0),
    Point("logaddexp(x, x) - log(2)", 0, 1, "ok", 1),
    Point("log_base(2, x)", 8, 1, "ok", 0.18033688011112042),  # 1/(8*log(2))
]

NORMS_AND_STEPS = [  # from the definitions
    Point("norm(x)", 0, 1, "kink", None, -1, 1),
    Point("norm(x, 2*x, 2*x)", 0, 1, "kink", None, -3, 3),
    Point("hypot(x, 0, 0)", 0, 1, "kink", None, -1, 1),
    Point("norm(x, 1, 2)", 0, 2, "ok", 1 / math.sqrt(5)),
    Point("hardtanh(x)", 1, 1, "kink", None, 1, 0),
    Point("hardtanh(x, -2, 2)", 1, 1, "ok", 1),
    Point("softsign(x)", 0, 1, "ok", 1),
    Point("softsign(x)", 0, 2, "kink", None, 2, -2),
    Point("heaviside(x)", 0, 1, "jump", None, None, 0),
    Point("fmod(x, 3)", 0, 1, "ok", 1),
    Point("fmod(x, 3)", 3, 1, "jump", None, None, 1),
    Point("fmod(-3, x)", 1, 1, "jump", None, 3),  # -3 + 3*x left of 1, -3 + 2*x right of it
    Point("norminv(x)", 0, 1, "undefined"),
    Point("norminv(x)", 1, 1, "undefined"),
    Point("lognormcdf(x)", 0, 1, "ok", math.sqrt(2 / math.pi)),
    Point("mish(x)", 0, 1, "ok", 0.6),  # tanh(log(2))
]

PARAMETERS = [  # by an order or parameter: mpmath at 50 digits
    Point("besselj(x, 2)", 1, 1, "ok", -0.056180760741813101202),
    Point("besselj(x, 2)", 1.5, 5, "ok", -0.5747703348962515232),
    Point("besselj(x, x)", 3, 1, "ok", -0.03383251888553720804),
    Point("besselk(x, 2)", 0, 1, "ok", 0),
    Point("besselk(x, 2)", 0, 2, "ok", 0.047221600738715181897),
    Point("uppergamma(x, 3)", -2, 1, "ok", 0.0012520866766046457119),
    Point("gammap(x, 210)", 200, 1, "ok", -0.021619881014598381196),
    Point("expint(x, 2)", 1, 1, "ok", -0.014264835789561086343),
    Point("polygamma(x, 2)", 1, 1, "ok", -0.95749442114868329842),
    Point("polygamma(x, 2)", 0, 1, "ok", 1.2552646347870588005),
    Point("polygamma(-2, x)", 2, 1, "ok", -0.91893853320467274178),
    Point("betainc(x, 3, 0.3)", 2, 1, "ok", -0.24609372774672350387),
    Point("polylog(x, 0.5)", 2, 1, "ok", -0.067314759696392129),
    # at the edges: DLMF 8.7.1, 8.17.7, 10.2.2
    Point("betainc(2, 3, x)", 0, 1, "boundary", None, None, 0),
    Point("betainc(1/2, 3, x)", 0, 1, "boundary"),
    Point("betainc(2, 1, x)", 1, 1, "boundary", None, 2),  # x**2
    Point("betainc(2, 1/2, x)", 1, 1, "boundary"),
    Point("betainc(x, 2, 0.5)", 0, 1, "undefined"),
    Point("lowerbeta(1, 2, x)", 0, 2, "boundary", None, None, -1),  # x - x**2/2
    Point("gammap(2, x)", 0, 2, "ok", 1),  # 1 - (1 + x)*exp(-x)
    Point("gammap(1/2, x)", 0, 1, "boundary"),
    Point("gammaq(x, 0)", 1, 1, "ok", 0),
    Point("uppergamma(x, 0)", 2, 1, "ok", 1 - EULER),  # gamma
    Point("uppergamma(x, -1)", 2, 1, "boundary"),  # of whole orders alone
    Point("besselj(x, 0)", 2, 1, "ok", 0),
    Point("besselj(x, -1)", 2, 1, "boundary"),
    Point("lowergamma(x, 2)", 0, 1, "undefined"),
    Point("polygamma(-2, x)", 0, 1, "undefined"),
    Point("polygamma(x, -1/2)", 1, 1, "boundary"),
]

POLYNOMIALS = [  # DLMF 18.9: values of the derivative, which is a polynomial of the family beside
    Point("legendre(3, x)", 1, 1, "ok", 6),
    Point("legendre(2, x)", 0, 1, "ok", 0),
    Point("chebyshevt(5, x)", 0.5, 1, "ok", -5),
    Point("chebyshevu(3, x)", 1, 1, "ok", 20),
    Point("hermite(0, x)", 2, 1, "ok", 0),
    Point("hermite(3, x)", 0, 3, "ok", 48),
    Point("laguerre(3, x)", 1, 1, "ok", -0.5),
    Point("gegenbauer(3, x, 1/2)", 1, 1, "ok", -7 / 6),  # x*(x + 1)*(x - 4)/3 there
    Point("binomial(x, 2)", 1, 1, "ok", 0.5),
    Point("binomial(5, x)", 7, 1, "ok", 1 / 42),  # gamma(6)/gamma(8), as 1/gamma(x) has the slope 1 at -1 less the sign
    Point("binomial(x, 1/2)", -1, 1, "undefined"),
    Point("binomial(-2, x)", 3, 1, "boundary"),
]

BRANCHES = [  # DLMF 4.13.6, 19.4, 25.12.12
    Point("lambertw(-1, x)", -math.exp(-1) * 1.5, 1, "undefined"),
    Point("lambertw(-1, x - exp(-1))", 0, 1, "boundary"),
    Point("(lambertw(-1, x - exp(-1)) + 1)**2", 0, 1, "boundary", None, None, 2 * math.e),
    Point("lambertw(-1, x)", 0, 1, "undefined"),
    Point("lambertw(-1, x*exp(x))", -2, 1, "ok", 1),
    Point("polylog(2, x)", 1, 1, "boundary"),
    Point("polylog(3, x)", 1, 1, "boundary", None, math.pi**2 / 6),
    Point("polylog(5/2, x)", 1, 1, "boundary", None, 2.612375348685488343),
    Point("polylog(1, x)", 1, 1, "undefined"),
    Point("dilog(x)", 0, 3, "ok", 2 / 3),  # x**3/9
    Point("dilog(x)", 1, 1, "boundary"),
    Point("elliptic_e(x, 1)", 2, 1, "ok", -math.cos(2)),
    Point("elliptic_e(2, x)", 1, 1, "boundary"),
    Point("elliptic_f(2, x)", 0, 1, "ok", 0.5 - math.sin(4) / 8),
    Point("elliptic_f(x, 1/2)", 2, 1, "ok", 1 / math.sqrt(1 - math.sin(2) ** 2 / 2)),
    Point("elliptic_f(x, 1)", 1, 1, "ok", 1 / math.cos(1)),
    Point("elliptic_f(1, x)", 1, 2, "ok", 0.84507587580978618),
]

QUOTIENTS = [  # of the power series in DLMF 4.19, 4.24, 4.38, 6.6
    Point("sin(x)/asinh(x)", 0, 2, "removable", 0),  # 1 - x**4/15 + ...
    Point("sin(x)/asinh(x)", 0, 4, "removable", -1.6),
    Point("asin(x)/atanh(x)", 0, 2, "removable", -1 / 3),
    Point("tan(x)/atanh(x)", 0, 2, "removable", 0),  # both are x + x**3/3 + ...
    Point("(asinh(x) - x)/x**3", 0, 2, "removable", 0.15),
    Point("si(x)/shi(x)", 0, 2, "removable", -2 / 9),
    Point("2*besselj(1, x)/x - besselj(0, x)", 0, 0, "removable", 0),  # J_2: x**2/8
    Point(
        "(sqrt(x) - 1)/(asinh(x) - log(1 + sqrt(2)))", 1, 1, "removable", 0
    ),  # t/2 - t**2/8 over (t - t**2/4)/sqrt(2)
    Point("2*besselj(1, x)/x - besselj(0, x)", 0, 2, "removable", 0.25),
    Point("(si(x) - si(pi))/sin(x)", math.pi, 1, "ok", 0.15915494309189535),
    Point("(elliptic_k(x) - pi/2)/x", 0, 1, "removable", 9 * math.pi / 128),  # DLMF 19.5.1
    Point("(elliptic_e(x) - 1)/(1 - x)", 1, 0, "undefined"),  # a side without values
]

SINGULAR = [  # K and Y: DLMF 10.31.1, 10.8.1; K at 1: 19.12.1; E_1: 6.6.2; half-integral orders: 10.39.2
    Point("where(x == 0, 1, abs(x)*besselk(1, abs(x)))", 0, 0, "ok", 1),  # 1 + x**2/2*log(abs(x)/2) + ...
    Point("where(x == 0, 1, abs(x)*besselk(1, abs(x)))", 0, 1, "ok", 0),
    Point("where(x == 0, 1, abs(x)*besselk(1, abs(x)))", 0, 2, "vertical_tangent"),
    Point("abs(x)*besselk(1, abs(x))", 0, 1, "removable", 0),
    Point("where(x == 0, 1, sqrt(2*abs(x)/pi)*besselk(1/2, abs(x)))", 0, 1, "kink", None, 1, -1),  # exp(-abs(x))
    Point("where(x == 0, 1, sqrt(2/pi)*abs(x)**(3/2)*besselk(3/2, abs(x)))", 0, 2, "ok", -1),  # (1 + t)*exp(-t)
    Point("where(x == 0, 1, sqrt(2/pi)*abs(x)**(3/2)*besselk(3/2, abs(x)))", 0, 3, "kink", None, -2, 2),
    Point("where(x == 0, 1, x**2*besselk(2, abs(x))/2)", 0, 2, "ok", -0.5),
    Point("where(x == 0, 1, x**2*besselk(2, abs(x))/2)", 0, 4, "vertical_tangent"),
    Point("besselk(0, abs(x)) + log(abs(x)/2)", 0, 0, "removable", -EULER),
    Point("abs(x)*bessely(1, abs(x))", 0, 1, "removable", 0),  # -2/pi + x**2*log
    Point("abs(x)*bessely(-1, abs(x))", 0, 0, "removable", 2 / math.pi),
    Point("besselk(0, x)", 0, 1, "undefined"),
    Point("uppergamma(0, abs(x)) + log(abs(x))", 0, 1, "undefined"),  # -euler + abs(x)
    Point("uppergamma(0, abs(x)) + log(abs(x)) - abs(x)", 0, 2, "removable", -0.5),  # -euler - x**2/4
    Point("where(x <= 0, 0, x*uppergamma(0, x))", 0, 1, "vertical_tangent", None, 0),
    Point("where(x <= 0, 1, x*uppergamma(-1, x))", 0, 1, "vertical_tangent", None, 0),  # 1 + x*log(x) + ...
    Point("x**2*elliptic_k(1 - x**2)", 0, 1, "removable", 0),
    Point("elliptic_k(1 - x**2) + log(abs(x))", 0, 0, "removable", math.log(4)),
    Point("where(x >= 1, 0, (1 - x)*elliptic_k(x))", 1, 1, "vertical_tangent", None, None, 0),
    Point("where(abs(x) >= 1, 0, (1 - x**2)*erfinv(x))", 1, 0, "ok", 0),
    Point("where(abs(x) >= 1, 0, (1 - x**2)*erfinv(x))", 1, 1, "vertical_tangent", None, None, 0),
    Point("where(abs(x) >= 1, 0, (1 - x**2)**2*erfinv(x))", -1, 1, "ok", 0),
    Point("where(abs(x) >= 1, 0, 1/erfinv(x))", 1, 0, "ok", 0),
    Point("where(x <= 0, 0, x**2*norminv(x))", 0, 1, "ok", 0),
    Point("where(x <= 0, 0, x*erfcinv(x))", 0, 1, "vertical_tangent", None, 0),
    Point("expint(0, x)", 0, 1, "undefined"),  # exp(-x)/x
    Point("x*expint(0, x)", 0, 1, "undefined"),  # there is nothing left of 0
    Point("abs(x)*expint(0, abs(x))", 0, 1, "undefined"),  # exp(-abs(x))
]

POINTS = (
    POLYNOMIALS
    + BRANCHES
    + PARAMETERS
    + NORMS_AND_STEPS
    + GAMMAS
    + INTEGRALS
    + BESSEL
    + INVERSES
    + LOGARITHMS
    + SINGULAR
    + QUOTIENTS
)
