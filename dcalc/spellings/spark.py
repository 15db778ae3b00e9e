"""Spark's SQL, from version 3.5 on. log1p and hypot are written out: what speaks Spark's protocol may lose digits."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan sec csc cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log2 log10 sqrt cbrt "
        "abs").split()},
    "deg2rad": "radians", "rad2deg": "degrees",
    "sign": "signum", "log": "ln", "round": "rint", "min": "least", "max": "greatest", "pi": "pi()", "e": "e()",
    "floor": "CAST(floor({0}) AS DOUBLE)", "ceil": "CAST(ceil({0}) AS DOUBLE)",
}  # fmt: skip

EMITTED = {"pow": "power", "fmod": "(({0}) % ({1}))", "log_base": "log", "log/2": "log({1}, {0})"}
