"""Fortran 2018: its intrinsic functions."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp log log10 sqrt hypot abs min max erf "
        "erfc gamma").split()},
    "trunc": "aint", "mod": "modulo", "fmod": "mod", "erfcx": "erfc_scaled", "lgamma": "log_gamma",
    "besselj0": "bessel_j0", "besselj1": "bessel_j1", "bessely0": "bessel_y0", "bessely1": "bessel_y1",
}  # fmt: skip

IDIOMS = {
    "floor": "floor", "ceil": "ceiling", "round": "anint", "sign": "sign(1.0_real64, {0})", "besselj": "bessel_jn",
    "bessely": "bessel_yn",
}  # fmt: skip
AVOIDED = {
    "floor": "a whole number, which overflows", "ceil": "a whole number, which overflows",
    "round": "halves go away from 0", "sign": "1 at 0", "besselj": "for whole orders alone",
    "bessely": "for whole orders alone",
}  # fmt: skip

EMITTED = {"pow": "(({0})**({1}))", "norm": "norm2([{*}])", "relu": "dim({0}, 0.0_real64)"}
