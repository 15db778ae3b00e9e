"""NumPy: functions of arrays. What is read stands in `python`."""

NATIVE = {
    **{name: f"np.{name}" for name in (
        "sin cos tan sinh cosh tanh exp exp2 expm1 log log1p log2 log10 sqrt cbrt hypot floor ceil trunc abs sign "
        "logaddexp").split()},
    "asin": "np.arcsin", "acos": "np.arccos", "atan": "np.arctan", "atan2": "np.arctan2", "asinh": "np.arcsinh",
    "acosh": "np.arccosh", "atanh": "np.arctanh", "round": "np.rint", "min": "np.minimum", "max": "np.maximum",
    "mod": "np.mod", "fmod": "np.fmod", "abs2": "np.square", "inv": "np.reciprocal", "pi": "np.pi", "e": "np.e",
}  # fmt: skip

EMITTED = {
    "pow": "np.power", "deg2rad": "np.deg2rad", "rad2deg": "np.rad2deg", "step": "np.heaviside({0}, 1.0)", "clip":
    "np.clip",
}  # fmt: skip
