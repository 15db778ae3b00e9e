"""SQLite's SQL, with its mathematical functions."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp sqrt floor ceil trunc abs log2 log10 "
        "min max").split()},
    "log": "ln", "pi": "pi()",
}  # fmt: skip
