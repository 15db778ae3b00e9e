"""Spark's SQL, from version 3.5 on."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan sec csc cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log1p log2 log10 sqrt "
        "cbrt hypot abs").split()},
    "sign": "signum", "log": "ln", "round": "rint", "min": "least", "max": "greatest", "pi": "pi()", "e": "e()",
    "floor": "CAST(floor({0}) AS DOUBLE)", "ceil": "CAST(ceil({0}) AS DOUBLE)",
}  # fmt: skip
