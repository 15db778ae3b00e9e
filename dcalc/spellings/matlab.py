"""MATLAB with its Symbolic Math Toolbox, and Octave.

Programs do without what loses digits in Octave, and what is an error there.
"""

from math import inf

NATIVE = {
    **{name: name for name in (
        "sin cos tan sec csc cot asin acos atan asec acsc acot atan2 sinh cosh tanh sech csch coth asinh acosh atanh "
        "asech acsch acoth exp expm1 log log1p log2 log10 sqrt hypot abs sign floor ceil mod min max erf erfc erfcx "
        "erfi erfinv erfcinv gamma beta factorial dawson sind cosd tand secd cscd cotd asind acosd atand asecd acscd "
        "acotd deg2rad rad2deg besselj bessely besseli besselk zeta lambertw ei").split()},
    "trunc": "fix", "root": "nthroot", "lgamma": "gammaln", "logbeta": "betaln", "digamma": "psi",
    "polygamma": "psi", "expint": "expint", "si": "sinint", "ci": "cosint", "shi": "sinhint", "chi": "coshint",
    "li": "logint", "fresnels": "fresnels", "fresnelc": "fresnelc", "uppergamma": "igamma",
    "legendre": "legendreP", "chebyshevt": "chebyshevT", "chebyshevu": "chebyshevU",
    "hermite": "hermiteH", "laguerre": "laguerreL", "binomial": "nchoosek", "polylog": "polylog",
    "elliptic_f": "ellipticF", "elliptic_e/2": "ellipticE", "where": "piecewise", "pi": "pi", "e": "exp(1)",
}  # fmt: skip

EMITTED = {
    "pow": "(({0}).^({1}))", "cbrt": "nthroot({0}, 3)", "besselj0": "besselj(0, {0})", "besselj1": "besselj(1, {0})",
    "bessely0": "bessely(0, {0})", "bessely1": "bessely(1, {0})", "besseljx": "besselj({0}, {1}, 1)", "besselyx":
    "bessely({0}, {1}, 1)", "besselix": "besseli({0}, {1}, 1)", "besselkx": "besselk({0}, {1}, 1)",
    "airyai": "real(airy(0, {0}))", "airyaiprime": "real(airy(1, {0}))", "airybi": "real(airy(2, {0}))",
    "airybiprime": "real(airy(3, {0}))", "airyaix": "real(airy(0, {0}, 1))", "airyaiprimex": "real(airy(1, {0}, 1))",
    "gammap": "gammainc({1}, {0})", "gammaq": "gammainc({1}, {0}, 'upper')", "betainc": "betainc({2}, {0}, {1})",
    "elliptic_k": "ellipke",
}  # fmt: skip

_MISSING = "Octave lacks it"
_WHOLE = "an error outside of whole numbers"
AVOIDED = {
    "asec": 3.3e5, "acsc": 80.0, "asech": 4.2e6, "acoth": 2.2e4, "erfinv": 4.9e6, "erfcinv": 6.2e6, "root": 200.0,
    "sind": inf, "cosd": inf, "tand": inf, "secd": inf, "cscd": inf, "cotd": inf, "asecd": 3e5, "acscd": 72.0,
    "polygamma": "an error below 0", "factorial": _WHOLE, "binomial": _WHOLE, "where": "for symbols alone",
    **dict.fromkeys(
        "zeta lambertw ei shi chi li fresnels fresnelc uppergamma legendre chebyshevt chebyshevu hermite laguerre "
        "polylog elliptic_f elliptic_e/2".split(), _MISSING),
}  # fmt: skip
"""Ulps in Octave 7.3: of the functions of degrees at 1e22 or close to 0, of others close to 1 or far out."""

SYNONYMS = {
    "exp10(x)": "10**x", "exp2(x)": "2**x", "cbrt(x)": "cbrt(x)", "rem(x, y)": "x - y*trunc(x/y)",
    "round(x)": "where(x < 0, -floor(1/2 - x), floor(x + 1/2))", "power(x, y)": "x**y", "mpower(x, y)": "x**y",
    "plus(x, y)": "x + y", "minus(x, y)": "x - y", "times(x, y)": "x*y", "mtimes(x, y)": "x*y",
    "rdivide(x, y)": "x/y", "mrdivide(x, y)": "x/y", "ldivide(x, y)": "y/x", "uminus(x)": "-x", "uplus(x)": "x",
    "heaviside(x)": "(1 + sign(x))/2", "sinc(x)": "sinc(pi*x)", "sinpi(x)": "sinpi(x)", "cospi(x)": "cospi(x)",
    "ellipticK(m)": "elliptic_k(m)", "ellipticE(m)": "elliptic_e(m)", "ellipke(m)": "elliptic_k(m)",
    "airy(x)": "airyai(x)", "real(x)": "x",
    "nthroot(x, n)": "root(x, n)", "realsqrt(x)": "sqrt(x)", "reallog(x)": "log(x)",
    "realpow(x, y)": "x**y", "normcdf(x)": "normcdf(x)", "norminv(p)": "norminv(p)",
    "normpdf(x)": "normpdf(x)", "dilog(x)": "dilog(1 - x)",
    "betainc(x, a, b)": "betainc(a, b, x)", "psi(x)": "digamma(x)", "logsumexp(a, b)": "logsumexp(a, b)",
    "gammainc(x, a)": "gammap(a, x)", "double(x)": "x",
}  # fmt: skip

REFUSED = {
    "i": "dcalc computes with real numbers",
    "j": "dcalc computes with real numbers",
    "Inf": "infinity is not a number",
    "inf": "infinity is not a number",
    "NaN": "NaN is not a number",
    "nan": "NaN is not a number",
    "end": "indices are not read",
    "sum": "spell the terms out, with + between them",
    "prod": "spell the factors out, with .* between them",
    "diff": "dcalc diff takes the derivative",
    "int": "dcalc differentiates; it does not integrate",
    "single": "single precision is not read: leave it out",
}
