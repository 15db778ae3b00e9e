"""The Wolfram Language, in its InputForm and FullForm."""

NATIVE = {
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "sec": "Sec", "csc": "Csc", "cot": "Cot", "asin": "ArcSin",
    "acos": "ArcCos", "atan": "ArcTan", "asec": "ArcSec", "acsc": "ArcCsc", "acot": "ArcCot",
    "atan2": "ArcTan[{1}, {0}]", "sinh": "Sinh", "cosh": "Cosh", "tanh": "Tanh", "sech": "Sech", "csch": "Csch",
    "coth": "Coth", "asinh": "ArcSinh", "acosh": "ArcCosh", "atanh": "ArcTanh", "asech": "ArcSech",
    "acsch": "ArcCsch", "acoth": "ArcCoth", "exp": "Exp", "log": "Log", "log_base": "Log[{0}, {1}]", "log2": "Log2",
    "log10": "Log10", "sqrt": "Sqrt", "cbrt": "CubeRoot", "root": "Surd", "abs": "Abs", "sign": "Sign",
    "floor": "Floor", "ceil": "Ceiling", "round": "Round", "trunc": "IntegerPart", "mod": "Mod", "min": "Min",
    "max": "Max", "relu": "Ramp", "sinc": "Sinc", "step": "UnitStep", "sigmoid": "LogisticSigmoid", "erf": "Erf",
    "erf/2": "Erf[{0}, {1}]", "erfc": "Erfc", "erfi": "Erfi", "erfinv": "InverseErf", "erfcinv": "InverseErfc",
    "dawson": "DawsonF", "fresnels": "FresnelS", "fresnelc": "FresnelC", "gamma": "Gamma", "uppergamma": "Gamma",
    "lgamma": "LogGamma", "digamma": "PolyGamma", "polygamma": "PolyGamma", "beta": "Beta", "factorial": "Factorial",
    "zeta": "Zeta", "zeta/2": "HurwitzZeta", "lambertw": "ProductLog", "ei": "ExpIntegralEi",
    "expint/2": "ExpIntegralE", "li": "LogIntegral", "si": "SinIntegral", "ci": "CosIntegral", "shi": "SinhIntegral",
    "chi": "CoshIntegral", "elliptic_k": "EllipticK", "elliptic_e": "EllipticE", "besselj": "BesselJ",
    "bessely": "BesselY", "besseli": "BesselI", "besselk": "BesselK", "sphericalbesselj": "SphericalBesselJ",
    "airyai": "AiryAi", "airybi": "AiryBi", "airyaiprime": "AiryAiPrime", "airybiprime": "AiryBiPrime",
    "legendre": "LegendreP", "chebyshevt": "ChebyshevT", "chebyshevu": "ChebyshevU", "hermite": "HermiteH",
    "laguerre": "LaguerreL", "laguerre/3": "LaguerreL", "gegenbauer": "GegenbauerC", "polylog": "PolyLog",
    "binomial": "Binomial", "elliptic_f": "EllipticF", "elliptic_e/2": "EllipticE", "lambertw/2": "ProductLog",
    "gammaq": "GammaRegularized", "betainc": "BetaRegularized[{2}, {0}, {1}]",
    "pi": "Pi", "e": "E", "deg": "Degree",
}  # fmt: skip

SYNONYMS = {
    "Power[x, y]": "x**y", "Subtract[x, y]": "x - y", "Divide[x, y]": "x/y", "Minus[x]": "-x",
    "Rational[p, q]": "p/q", "RealAbs[x]": "abs(x)", "RealSign[x]": "sign(x)", "FractionalPart[x]": "x - trunc(x)",
    "Haversine[x]": "sin(x/2)**2", "Quotient[x, y]": "floor(x/y)", "Log1p[x]": "log1p(x)", "Expm1[x]": "expm1(x)",
    "Clip[x]": "clip(x, -1, 1)", "Unitize[x]": "abs(sign(x))", "EllipticE[m]": "elliptic_e(m)", "Gamma[x]": "gamma(x)",
    "GoldenRatio": "(1 + sqrt(5))/2", "EulerGamma": "-digamma(1)",
}  # fmt: skip

REFUSED = {
    "I": "dcalc computes with real numbers",
    "Infinity": "infinity is not a number",
    "ComplexInfinity": "infinity is not a number",
    "Indeterminate": "Indeterminate is not a number",
    "D": "dcalc diff takes the derivative",
    "Dt": "dcalc diff takes the derivative",
    "Derivative": "dcalc diff takes the derivative",
    "Integrate": "dcalc differentiates; it does not integrate",
    "Sum": "spell the terms out, with + between them",
    "Product": "spell the factors out, with * between them",
    "HeavisideTheta": "it has no value at 0: write UnitStep[x]",
    "N": "leave it out: decimals are exact",
}
