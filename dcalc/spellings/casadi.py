"""CasADi: symbols and their functions. Nothing is read in it."""

NATIVE = {
    **{name: f"casadi.{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp expm1 log log1p log10 sqrt hypot floor "
        "ceil sign erf erfinv fmod pi").split()},
    "abs": "casadi.fabs", "min": "casadi.fmin", "max": "casadi.fmax",
}  # fmt: skip
