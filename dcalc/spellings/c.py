"""C, C++ and what is alike in JavaScript and Java: `exp`, `std::exp`, `Math.exp`."""

NATIVE = {
    **{name: name for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 "
        "sqrt cbrt hypot floor ceil trunc erf erfc lgamma").split()},
    "gamma": "tgamma", "abs": "fabs", "round": "rint", "min": "fmin", "max": "fmax",
    "besselj0": "j0", "besselj1": "j1", "bessely0": "y0", "bessely1": "y1",
    "pi": "M_PI", "e": "M_E",
}  # fmt: skip

EMITTED = {"pow": "pow", "fmod": "fmod", "relu": "fdim({0}, 0)"}

_HALF_AWAY = "where(x < 0, -floor(1/2 - x), floor(x + 1/2))"
_TRUNCATED = "x - y*trunc(x/y)"

# `std::` and `Math.` are taken away where both have the function; a name that only one of them has, or that
# means something else there, is given with it.
SYNONYMS = {
    "pow(x, y)": "x**y", "fdim(x, y)": "max(x - y, 0)", "fma(x, y, z)": "x*y + z",
    "fmod(x, y)": _TRUNCATED, "remainder(x, y)": "x - y*round(x/y)", "copysign(x, y)": "where(y < 0, -abs(x), abs(x))",
    "ldexp(x, n)": "x*2**n", "scalbn(x, n)": "x*2**n", "exp10(x)": "exp10(x)", "nearbyint(x)": "round(x)",
    "round(x)": _HALF_AWAY, "gamma(x)": "gamma(x)", "jn(n, x)": "besselj(n, x)", "yn(n, x)": "bessely(n, x)",
    "sinpi(x)": "sinpi(x)", "cospi(x)": "cospi(x)", "rsqrt(x)": "1/sqrt(x)",
    **{f"{name}f({arg})": f"{name}({arg})" for name in (
        "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 sqrt cbrt "
        "floor ceil trunc erf erfc lgamma").split() for arg in ("x",)},
    "powf(x, y)": "x**y", "fabsf(x)": "abs(x)", "atan2f(y, x)": "atan2(y, x)", "hypotf(u, v)": "hypot(u, v)",
    "fminf(a, b)": "min(a, b)", "fmaxf(a, b)": "max(a, b)", "tgammaf(x)": "gamma(x)", "rintf(x)": "round(x)",
    "fmodf(x, y)": _TRUNCATED, "roundf(x)": _HALF_AWAY,
    "std::abs(x)": "abs(x)", "std::min(a, b)": "min(a, b)", "std::max(a, b)": "max(a, b)",
    "std::clamp(x, lo, hi)": "clip(x, lo, hi)", "std::lerp(a, b, t)": "a + t*(b - a)",
    "std::hypot(x, y, z)": "sqrt(x**2 + y**2 + z**2)", "std::beta(x, y)": "beta(x, y)", "std::expint(x)": "ei(x)",
    "std::riemann_zeta(x)": "zeta(x)", "std::cyl_bessel_j(n, x)": "besselj(n, x)",
    "std::cyl_neumann(n, x)": "bessely(n, x)", "std::cyl_bessel_i(n, x)": "besseli(n, x)",
    "std::cyl_bessel_k(n, x)": "besselk(n, x)", "std::sph_bessel(n, x)": "sphericalbesselj(n, x)",
    "std::comp_ellint_1(k)": "elliptic_k(k**2)", "std::comp_ellint_2(k)": "elliptic_e(k**2)",
    "Math.abs(x)": "abs(x)", "Math.min(a, b)": "min(a, b)", "Math.max(a, b)": "max(a, b)", "Math.sign(x)": "sign(x)",
    "Math.signum(x)": "sign(x)", "Math.round(x)": "floor(x + 1/2)", "Math.pow(x, y)": "x**y",
    "Math.hypot(x, y, z)": "sqrt(x**2 + y**2 + z**2)", "Math.toRadians(x)": "x*pi/180",
    "Math.toDegrees(x)": "x*180/pi", "Math.clamp(x, lo, hi)": "clip(x, lo, hi)",
    "M_PI_2": "pi/2", "M_PI_4": "pi/4", "M_1_PI": "1/pi", "M_2_PI": "2/pi", "M_2_SQRTPI": "2/sqrt(pi)",
    "M_SQRT2": "sqrt(2)", "M_SQRT1_2": "1/sqrt(2)", "M_LN2": "log(2)", "M_LN10": "log(10)", "M_LOG2E": "1/log(2)",
    "M_LOG10E": "1/log(10)", "Math.PI": "pi", "Math.E": "e", "Math.LN2": "log(2)", "Math.LN10": "log(10)",
    "Math.LOG2E": "1/log(2)", "Math.LOG10E": "1/log(10)", "Math.SQRT2": "sqrt(2)", "Math.SQRT1_2": "1/sqrt(2)",
    "std::numbers::pi": "pi", "std::numbers::e": "e", "std::numbers::sqrt2": "sqrt(2)", "std::numbers::ln2": "log(2)",
    "std::numbers::inv_pi": "1/pi", "std::numbers::inv_sqrtpi": "1/sqrt(pi)", "std::numbers::sqrt3": "sqrt(3)",
    "std::numbers::ln10": "log(10)", "std::numbers::phi": "(1 + sqrt(5))/2", "std::numbers::egamma": "-digamma(1)",
}  # fmt: skip

KEYWORDS = frozenset(
    "auto break case char const continue default do double else enum extern float for goto if inline int long register "
    "restrict return short signed sizeof static struct switch typedef union unsigned void volatile while class new "
    "delete template this throw try catch namespace using public private protected virtual bool true false".split()
)
"""Words that no variable can be called; dcalc writes such a name with an underscore behind it."""

REFUSED = {
    "abs": "abs takes whole numbers in C: write fabs(x) or std::abs(x)",
    "min": "write fmin(a, b) or std::min(a, b)",
    "max": "write fmax(a, b) or std::max(a, b)",
    "sign": "write Math.sign(x), or (x > 0.0) ? 1.0 : -1.0",
    "Math.rint": "write rint(x)",
    "Math.random": "a random number has no derivative",
    "rand": "a random number has no derivative",
}
"""Names with two meanings, or none."""
