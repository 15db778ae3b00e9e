"""Julia with SpecialFunctions.jl and LogExpFunctions.jl."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan sec csc cot asin acos atan asec acsc acot sinh cosh tanh sech csch coth asinh acosh atanh asech "
        "acsch acoth exp expm1 exp2 exp10 log log1p log2 log10 sqrt cbrt hypot sinpi cospi abs sign floor ceil trunc "
        "min max mod erf erfc erfi erfinv erfcinv erfcx logerfc logerfcx dawson gamma digamma trigamma polygamma "
        "invdigamma beta logbeta besselj bessely besseli besselk besselj0 besselj1 bessely0 bessely1 besseljx "
        "besselyx besselix besselkx airyai airybi airyaiprime airybiprime airyaix airyaiprimex zeta sind cosd tand "
        "secd cscd cotd asind acosd atand asecd acscd acotd deg2rad rad2deg xlogx xlogy xlog1py logit "
        "log1psq log1mexp log2mexp logexpm1 log1pmx logmxp1 logaddexp logsubexp").split()},
    "log/2": "log({1}, {0})", "log_base": "log", "atan2": "atan", "abs2": "abs2", "inv": "inv", "round": "round",
    "erf/2": "erf", "sigmoid": "logistic", "softplus": "log1pexp",
    "elliptic_k": "ellipk", "elliptic_e": "ellipe", "ei": "expinti", "expint": "expint", "expint/2": "expint",
    "si": "sinint", "ci": "cosint", "uppergamma": "gamma", "sphericalbesselj": "sphericalbesselj", "pi": "pi",
    "e": "MathConstants.e", "fmod": "rem", "lgamma": "first(logabsgamma({0}))",
}  # fmt: skip
