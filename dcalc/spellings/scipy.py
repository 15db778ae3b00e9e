"""SciPy's special functions, beside NumPy's. What is read stands in `python`."""

from math import inf

from dcalc.spellings.numpy import EMITTED as _EMITTED
from dcalc.spellings.numpy import NATIVE as _NUMPY

NATIVE = {
    **_NUMPY,
    **{name: f"special.{name}" for name in (
        "erf erfc erfi erfinv erfcinv erfcx gamma digamma polygamma beta xlogy xlog1py zeta betainc").split()},
    "dawson": "special.dawsn", "lgamma": "special.gammaln", "logbeta": "special.betaln",
    "gammap": "special.gammainc", "gammaq": "special.gammaincc", "binomial": "special.binom",
    "norminv": "special.ndtri",
    "ei": "special.expi", "expint": "special.exp1", "lambertw": "np.real(special.lambertw({0}))",
    "si": "special.sici({0})[0]", "ci": "special.sici({0})[1]", "shi": "special.shichi({0})[0]",
    "chi": "special.shichi({0})[1]", "fresnels": "special.fresnel({0})[0]", "fresnelc": "special.fresnel({0})[1]",
    "li": "special.expi(np.log({0}))", "elliptic_k": "special.ellipk", "elliptic_e": "special.ellipe",
    "elliptic_f": "special.ellipkinc", "elliptic_e/2": "special.ellipeinc", "besselj": "special.jv",
    "bessely": "special.yv", "besseli": "special.iv", "besselk": "special.kv", "besselix": "special.ive",
    "besselkx": "special.kve", "besselj0": "special.j0", "besselj1": "special.j1", "bessely0": "special.y0",
    "bessely1": "special.y1", "airyai": "special.airy({0})[0]", "airyaiprime": "special.airy({0})[1]",
    "airybi": "special.airy({0})[2]", "airybiprime": "special.airy({0})[3]", "airyaix": "special.airye({0})[0]",
    "airyaiprimex": "special.airye({0})[1]",
}  # fmt: skip

EMITTED = {
    **_EMITTED,
    "exp10": "special.exp10", "sigmoid": "special.expit", "softplus": "np.logaddexp(0, {0})", "logit": "special.logit",
    "xlogx": "special.xlogy({0}, {0})", "trigamma": "special.polygamma(1, {0})", "zeta/2": "special.zeta",
    "lambertw/2": "np.real(special.lambertw({1}, {0}))", "legendre": "special.eval_legendre", "chebyshevt":
    "special.eval_chebyt", "chebyshevu": "special.eval_chebyu", "gegenbauer": "special.eval_gegenbauer", "hermite":
    "special.eval_hermite", "laguerre": "special.eval_laguerre", "laguerre/3": "special.eval_genlaguerre",
}  # fmt: skip

AVOIDED = {
    "normcdf": 380.0, "lognormcdf": 76.0, "sind": inf, "cosd": inf, "tand": inf, "cotd": inf, "dilog": 4.4e11,
}  # fmt: skip
"""Ulps in SciPy 1.17: in the tails, of the functions of degrees at 1e16 or close to 0, of `spence` close to 1."""

IDIOMS = {
    "sigmoid": "special.expit", "logit": "special.logit",
    "normcdf": "special.ndtr", "lognormcdf": "special.log_ndtr",
}  # fmt: skip
