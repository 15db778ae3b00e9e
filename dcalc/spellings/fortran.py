"""Fortran 2018: its intrinsic functions."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp log log10 sqrt hypot abs min max erf "
        "erfc gamma").split()},
    "trunc": "aint", "mod": "modulo", "fmod": "mod", "erfcx": "erfc_scaled", "lgamma": "log_gamma",
    "besselj0": "bessel_j0", "besselj1": "bessel_j1", "bessely0": "bessel_y0", "bessely1": "bessel_y1",
}  # fmt: skip
