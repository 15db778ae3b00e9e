"""SQLite's SQL, with its mathematical functions. Its `log` of two arguments is NULL for bases below 1."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp sqrt floor ceil trunc abs log2 log10 "
        "min max").split()},
    "log": "ln", "pi": "pi()",
}  # fmt: skip

EMITTED = {"pow": "pow", "fmod": "mod", "sign": "CAST(sign({0}) AS REAL)", "deg2rad": "radians", "rad2deg": "degrees"}
