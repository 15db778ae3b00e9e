"""JavaScript: what its object Math has. What is read stands in `c`."""

NATIVE = {
    **{name: f"Math.{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log log1p log2 log10 sqrt cbrt "
        "hypot floor ceil trunc abs sign min max").split()},
    "pi": "Math.PI", "e": "Math.E",
}  # fmt: skip

EMITTED = {"pow": "Math.pow", "fmod": "(({0}) % ({1}))", "norm": "Math.hypot"}
