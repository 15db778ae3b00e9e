"""DuckDB's SQL. Its `fmod` has the sign of the divisor, its `mod` that of the dividend."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp sqrt cbrt floor ceil trunc abs "
        "log2 log10 gamma lgamma").split()},
    "log": "ln", "round": "round_even({0}, 0)", "min": "least", "max": "greatest", "pi": "pi()",
}  # fmt: skip

EMITTED = {
    "pow": "pow", "mod": "fmod", "fmod": "mod", "sign": "CAST(sign({0}) AS DOUBLE)", "deg2rad": "radians",
    "rad2deg": "degrees", "log_base": "log", "log/2": "log({1}, {0})",
}  # fmt: skip
