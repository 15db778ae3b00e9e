"""SymPy, as `str` and `srepr` print it and as one types it."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan sec csc cot asin acos atan asec acsc acot atan2 sinh cosh tanh sech csch coth asinh acosh atanh "
        "asech acsch acoth exp log sqrt sign floor frac sinc erf erfc erfi erfinv erfcinv fresnels fresnelc gamma "
        "digamma polygamma beta factorial uppergamma lowergamma zeta ei li si ci shi chi elliptic_k elliptic_e "
        "besselj bessely besseli besselk airyai airybi airyaiprime airybiprime").split()},
    "log/2": "log", "zeta/2": "zeta", "abs": "Abs", "ceil": "ceiling", "mod": "Mod", "min": "Min", "max": "Max",
    "root": "real_root", "erf/2": "erf2", "lambertw": "LambertW", "ei": "Ei", "li": "li", "si": "Si", "ci": "Ci",
    "shi": "Shi", "chi": "Chi", "expint/2": "expint", "sphericalbesselj": "jn", "pi": "pi", "e": "E",
    "legendre": "legendre", "chebyshevt": "chebyshevt", "chebyshevu": "chebyshevu", "hermite": "hermite",
    "laguerre": "laguerre", "gegenbauer": "gegenbauer", "polylog": "polylog", "binomial": "binomial",
    "elliptic_f": "elliptic_f", "elliptic_e/2": "elliptic_e",
}  # fmt: skip

SYNONYMS = {
    "LambertW(x, k)": "lambertw(k, x)",
    "ln(x)": "log(x)", "cbrt(x)": "x**(1/3)", "root(x, n)": "x**(1/n)", "real_root(x)": "x",
    "loggamma(x)": "lgamma(x)", "trigamma(x)": "polygamma(1, x)", "E1(x)": "expint(x)",
    "Heaviside(x, h=1/2)": "where(x > 0, 1, where(x < 0, 0, h))", "Pow(x, y)": "x**y", "Rational(p, q=1)": "p/q",
    "log1p(x)": "log1p(x)", "expm1(x)": "expm1(x)", "exp2(x)": "exp2(x)", "log2(x)": "log2(x)",
    "log10(x)": "log10(x)", "hypot(x, y)": "hypot(x, y)", "logaddexp(x, y)": "logaddexp(x, y)", "Cbrt(x)": "x**(1/3)",
    "GoldenRatio": "(1 + sqrt(5))/2", "EulerGamma": "-digamma(1)", "half": "1/2",
}  # fmt: skip

REFUSED = {
    "I": "dcalc computes with real numbers",
    "oo": "infinity is not a number",
    "zoo": "infinity is not a number",
    "nan": "nan is not a number",
    "Derivative": "dcalc diff takes the derivative",
    "diff": "dcalc diff takes the derivative",
    "Integral": "dcalc differentiates; it does not integrate",
    "integrate": "dcalc differentiates; it does not integrate",
    "Sum": "spell the terms out, with + between them",
    "Product": "spell the factors out, with * between them",
    "DiracDelta": "it is not a function",
}
