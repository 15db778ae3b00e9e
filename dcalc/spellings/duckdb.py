"""DuckDB's SQL."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan cot asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp sqrt cbrt floor ceil trunc abs "
        "log2 log10 gamma lgamma").split()},
    "log": "ln", "round": "round_even({0}, 0)", "min": "least", "max": "greatest", "pi": "pi()",
}  # fmt: skip
