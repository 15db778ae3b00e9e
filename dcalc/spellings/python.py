"""Python: its own functions, `math`, and the libraries that compute with arrays.

A name is read with the prefix of its library, such as `np.` or `torch.special.`, or with none where all
that have it agree on what it is.
"""

NATIVE = {
    **{name: f"math.{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 sqrt "
        "cbrt hypot floor ceil trunc erf erfc gamma lgamma pi e tau").split()},
    "pow": "pow",
    "log/2": "math.log", "abs": "abs", "min": "min", "max": "max", "round": "round",
}  # fmt: skip

EMITTED = {
    "pow": "math.pow", "fmod": "math.fmod", "mod": "(({0}) % ({1}))", "norm": "math.hypot", "deg2rad": "math.radians",
    "rad2deg": "math.degrees", "log_base": "math.log({1}, {0})",
}  # fmt: skip

PREFIXES = {
    **dict.fromkeys(("math", "cmath", "m"), "math"),
    **dict.fromkeys(("np", "numpy", "jnp", "jax.numpy", "anp", "autograd.numpy", "cp", "cupy", "onp"), "numpy"),
    **{f"{library}.polynomial{part}": "polynomial" for library in ("np", "numpy") for part in ("", ".polynomial")},
    **dict.fromkeys(("np.linalg", "numpy.linalg", "jnp.linalg", "linalg", "LA"), "linalg"),
    **dict.fromkeys(("torch", "torch.special", "torch.nn.functional", "nn.functional", "F"), "torch"),
    **dict.fromkeys(("jax.nn", "jax.lax", "lax", "nn"), "jax"),
    **dict.fromkeys(("tf", "tf.math", "tf.nn", "tf.keras.activations", "tensorflow", "tensorflow.math"), "tf"),
    **dict.fromkeys(("scipy.special", "special", "sp.special", "sc", "jax.scipy.special", "jsp.special"), "scipy"),
    **dict.fromkeys(("scipy.stats.norm", "stats.norm", "st.norm", "norm"), "norm"),
}  # fmt: skip
"""The names under which the libraries are imported, to what the synonyms call them."""

_SAME = (
    "sin cos tan asin acos atan sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 sqrt cbrt floor "
    "ceil trunc sign erf erfc erfinv erfcx digamma lgamma atan2 hypot sigmoid softplus relu arcsin arccos arctan "
    "arcsinh arccosh arctanh logaddexp xlogy xlog1py logit"
).split()
"""Names that mean here what they mean in every library that has them."""

_TRUNCATED = "x - y*trunc(x/y)"
_GELU = "x/2*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))"

SYNONYMS = {
    **{f"{name}({'u, v' if name in ('atan2', 'hypot', 'logaddexp', 'xlogy', 'xlog1py') else 'u'})":
       f"{name}({'u, v' if name in ('atan2', 'hypot', 'logaddexp', 'xlogy', 'xlog1py') else 'u'})" for name in _SAME},
    "arctan2(y, x)": "atan2(y, x)", "fabs(x)": "abs(x)", "absolute(x)": "abs(x)", "pow(x, y)": "x**y",
    "power(x, y)": "x**y", "square(x)": "x**2", "reciprocal(x)": "1/x", "negative(x)": "-x", "neg(x)": "-x",
    "positive(x)": "x", "add(x, y)": "x + y", "subtract(x, y)": "x - y", "sub(x, y)": "x - y",
    "multiply(x, y)": "x*y", "mul(x, y)": "x*y", "divide(x, y)": "x/y", "true_divide(x, y)": "x/y",
    "div(x, y)": "x/y", "floor_divide(x, y)": "floor(x/y)", "maximum(a, b)": "max(a, b)",
    "minimum(a, b)": "min(a, b)", "fmax(a, b)": "max(a, b)", "fmin(a, b)": "min(a, b)", "fmod(x, y)": _TRUNCATED,
    "rsqrt(x)": "1/sqrt(x)", "expit(x)": "sigmoid(x)", "rint(x)": "round(x)", "erfcinv(x)": "erfcinv(x)",
    "degrees(x)": "x*180/pi", "radians(x)": "x*pi/180", "deg2rad(x)": "x*pi/180", "rad2deg(x)": "x*180/pi",
    "copysign(x, y)": "where(y < 0, -abs(x), abs(x))", "psi(x)": "digamma(x)", "gammaln(x)": "lgamma(x)",
    "silu(x)": "swish(x)", "swish(x)": "swish(x)", "log_sigmoid(x)": "-softplus(-x)", "logsigmoid(x)": "-softplus(-x)",
    "relu6(x)": "clip(x, 0, 6)", "softsign(x)": "x/(1 + abs(x))", "soft_sign(x)": "x/(1 + abs(x))",
    "hardtanh(x, lo=-1, hi=1)": "clip(x, lo, hi)", "hard_tanh(x)": "clip(x, -1, 1)",
    "hard_sigmoid(x)": "clip(x/6 + 1/2, 0, 1)", "hardsigmoid(x)": "clip(x/6 + 1/2, 0, 1)",
    "hardswish(x)": "x*clip(x/6 + 1/2, 0, 1)", "hard_swish(x)": "x*clip(x/6 + 1/2, 0, 1)",
    "mish(x)": "x*tanh(softplus(x))", "tanhshrink(x)": "x - tanh(x)", "float(x)": "x", "double(x)": "x",
    "log_ndtr(x)": "lognormcdf(x)", "ndtr(x)": "normcdf(x)",
    "ndtri(p)": "norminv(p)", "entr(x)": "-xlogx(x)",
    # Python itself and its module math
    "abs(x)": "abs(x)", "int(x)": "trunc(x)", "math.fsum(a)": "a", "math.pow(x, y)": "x**y",
    "math.hypot(x, y, z)": "sqrt(x**2 + y**2 + z**2)",
    "log(x, b)": "log(x, b)", "math.remainder(x, y)": "x - y*round(x/y)", "math.ldexp(x, n)": "x*2**n",
    "math.fma(x, y, z)": "x*y + z", "math.factorial(n)": "factorial(n)", "math.gamma(x)": "gamma(x)",
    # NumPy and JAX's copy of it
    "numpy.abs(x)": "abs(x)", "numpy.mod(x, y)": "mod(x, y)",
    "numpy.remainder(x, y)": "mod(x, y)", "numpy.float_power(x, y)": "x**y", "numpy.fix(x)": "trunc(x)",
    "numpy.round(x)": "round(x)", "numpy.around(x)": "round(x)", "numpy.sinc(x)": "sinc(pi*x)",
    "numpy.clip(x, min, max)": "clip(x, min, max)", "numpy.clip(x, a_min, a_max)": "clip(x, a_min, a_max)",
    "numpy.heaviside(x, h)": "where(x > 0, 1, where(x < 0, 0, h))", "numpy.i0(x)": "besseli(0, x)",
    "numpy.logaddexp2(x, y)": "log2(2**x + 2**y)", "numpy.acos(x)": "acos(x)", "numpy.pow(x, y)": "x**y",
    "numpy.float64(x)": "x", "numpy.asarray(x)": "x", "numpy.array(x)": "x", "numpy.exp10(x)": "10**x",
    # torch
    "torch.abs(x)": "abs(x)", "torch.round(x)": "round(x)", "torch.sinc(x)": "sinc(pi*x)",
    "torch.fix(x)": "trunc(x)", "torch.frac(x)": "x - trunc(x)", "torch.remainder(x, y)": "mod(x, y)",
    "torch.tensor(x)": "x", "torch.as_tensor(x)": "x", "torch.sgn(x)": "sign(x)",
    "torch.clamp(x, min, max)": "clip(x, min, max)", "torch.clip(x, min, max)": "clip(x, min, max)",
    "torch.clamp(x, min)": "max(x, min)", "torch.clamp(x, max)": "min(x, max)", "torch.clip(x, min)": "max(x, min)",
    "torch.clip(x, max)": "min(x, max)",
    "torch.clamp_min(x, min)": "max(x, min)", "torch.clamp_max(x, max)": "min(x, max)",
    "torch.heaviside(x, values)": "where(x > 0, 1, where(x < 0, 0, values))", "torch.lerp(a, b, w)": "a + w*(b - a)",
    "torch.addcmul(a, x, y, value=1)": "a + value*x*y", "torch.addcdiv(a, x, y, value=1)": "a + value*x/y",
    "torch.polygamma(n, x)": "polygamma(n, x)", "torch.logaddexp2(x, y)": "log2(2**x + 2**y)",
    "torch.i0(x)": "besseli(0, x)", "torch.i0e(x)": "besselix(0, x)", "torch.i1(x)": "besseli(1, x)",
    "torch.i1e(x)": "besselix(1, x)", "torch.bessel_j0(x)": "besselj(0, x)", "torch.bessel_j1(x)": "besselj(1, x)",
    "torch.bessel_y0(x)": "bessely(0, x)", "torch.bessel_y1(x)": "bessely(1, x)", "torch.airy_ai(x)": "airyai(x)",
    "torch.modified_bessel_i0(x)": "besseli(0, x)", "torch.modified_bessel_i1(x)": "besseli(1, x)",
    "torch.modified_bessel_k0(x)": "besselk(0, x)", "torch.modified_bessel_k1(x)": "besselk(1, x)",
    "torch.spherical_bessel_j0(x)": "sinc(x)", "torch.zeta(s, a)": "zeta(s, a)",
    "torch.gammainc(s, x)": "gammap(s, x)", "torch.gammaincc(s, x)": "gammaq(s, x)",
    "torch.elu(x, alpha=1)": "where(x > 0, x, alpha*expm1(x))",
    "torch.celu(x, alpha=1)": "where(x > 0, x, alpha*expm1(x/alpha))",
    "torch.leaky_relu(x, negative_slope=0.01)": "where(x >= 0, x, negative_slope*x)",
    "torch.softplus(x, beta=1, threshold=20)": "softplus(beta*x)/beta", "torch.gelu(x)": "gelu(x)",
    "torch.selu(x)": "1.0507009873554804934193349852946*where(x > 0, x, 1.6732632423543772848170429916717*expm1(x))",
    "torch.softshrink(x, lambd=0.5)": "where(x > lambd, x - lambd, where(x < -lambd, x + lambd, 0))",
    "torch.hardshrink(x, lambd=0.5)": "where(x > lambd or x < -lambd, x, 0)",
    "torch.threshold(x, threshold, value)": "where(x > threshold, x, value)", "torch.rad2deg(x)": "x*180/pi",
    "torch.huber_loss(p, y, delta=1)": "huber(y, p, delta)", "torch.mse_loss(p, y)": "(p - y)**2",
    "torch.l1_loss(p, y)": "abs(p - y)",
    # jax.nn and jax.lax
    "jax.abs(x)": "abs(x)", "jax.max(a, b)": "max(a, b)", "jax.min(a, b)": "min(a, b)", "jax.rem(x, y)": _TRUNCATED,
    "jax.integer_pow(x, y)": "x**y", "jax.clamp(min, x, max)": "clip(x, min, max)", "jax.gelu(x)": _GELU,
    "jax.elu(x, alpha=1)": "where(x > 0, x, alpha*expm1(x))", "jax.celu(x, alpha=1)":
    "where(x > 0, x, alpha*expm1(x/alpha))", "jax.leaky_relu(x, negative_slope=0.01)":
    "where(x >= 0, x, negative_slope*x)", "jax.squareplus(x, b=4)": "(x + sqrt(x**2 + b))/2",
    "jax.selu(x)": "1.0507009873554804934193349852946*where(x > 0, x, 1.6732632423543772848170429916717*expm1(x))",
    # TensorFlow
    "tf.abs(x)": "abs(x)", "tf.round(x)": "round(x)", "tf.clip_by_value(x, lo, hi)": "clip(x, lo, hi)",
    "tf.floormod(x, y)": "mod(x, y)", "tf.mod(x, y)": "mod(x, y)", "tf.constant(x)": "x", "tf.gelu(x)": "gelu(x)",
    "tf.elu(x)": "elu(x)", "tf.leaky_relu(x, alpha=0.2)": "where(x >= 0, x, alpha*x)", "tf.zeta(s, a)": "zeta(s, a)",
    "tf.selu(x)": "1.0507009873554804934193349852946*where(x > 0, x, 1.6732632423543772848170429916717*expm1(x))",
    "tf.polygamma(n, x)": "polygamma(n, x)", "tf.pow(x, y)": "x**y",
    # scipy.special, and JAX's copy of it
    "scipy.round(x)": "round(x)", "scipy.sinc(x)": "sinc(pi*x)", "scipy.gamma(x)": "gamma(x)",
    "scipy.loggamma(x)": "lgamma(x)", "scipy.polygamma(n, x)": "polygamma(n, x)", "scipy.beta(a, b)": "beta(a, b)",
    "scipy.betaln(a, b)": "logbeta(a, b)", "scipy.factorial(n)": "factorial(n)", "scipy.rgamma(x)": "1/gamma(x)",
    "scipy.gammainc(s, x)": "gammap(s, x)", "scipy.gammaincc(s, x)": "gammaq(s, x)",
    "scipy.zeta(s)": "zeta(s)", "scipy.zeta(s, a)": "zeta(s, a)", "scipy.exp1(x)": "expint(x)",
    "scipy.expn(n, x)": "expint(n, x)", "scipy.expi(x)": "ei(x)", "scipy.lambertw(x)": "lambertw(x)",
    "scipy.jv(n, x)": "besselj(n, x)", "scipy.jn(n, x)": "besselj(n, x)", "scipy.yv(n, x)": "bessely(n, x)",
    "scipy.yn(n, x)": "bessely(n, x)", "scipy.iv(n, x)": "besseli(n, x)", "scipy.kv(n, x)": "besselk(n, x)",
    "scipy.kn(n, x)": "besselk(n, x)", "scipy.ive(n, x)": "besselix(n, x)", "scipy.kve(n, x)": "besselkx(n, x)",
    "scipy.j0(x)": "besselj(0, x)", "scipy.j1(x)": "besselj(1, x)", "scipy.y0(x)": "bessely(0, x)",
    "scipy.y1(x)": "bessely(1, x)", "scipy.i0(x)": "besseli(0, x)", "scipy.i1(x)": "besseli(1, x)",
    "scipy.i0e(x)": "besselix(0, x)", "scipy.i1e(x)": "besselix(1, x)", "scipy.k0(x)": "besselk(0, x)",
    "scipy.k1(x)": "besselk(1, x)", "scipy.k0e(x)": "besselkx(0, x)", "scipy.k1e(x)": "besselkx(1, x)",
    "scipy.spherical_jn(n, x)": "sphericalbesselj(n, x)", "scipy.ellipk(m)": "elliptic_k(m)",
    "scipy.ellipe(m)": "elliptic_e(m)", "scipy.ellipkm1(p)": "elliptic_k(1 - p)", "scipy.erfi(x)": "erfi(x)",
    "scipy.dawsn(x)": "dawson(x)", "scipy.exp10(x)": "10**x", "scipy.cosm1(x)": "cos(x) - 1",
    "scipy.exprel(x)": "where(x == 0, 1, expm1(x)/x)", "scipy.log_expit(x)": "-softplus(-x)",
    "scipy.sindg(x)": "sind(x)", "scipy.cosdg(x)": "cosd(x)", "scipy.tandg(x)": "tand(x)", "scipy.cotdg(x)": "cotd(x)",
    "scipy.huber(delta, r)": "where(abs(r) <= delta, r**2/2, delta*(abs(r) - delta/2))",
    "scipy.pseudo_huber(delta, r)": "delta**2*(sqrt(1 + (r/delta)**2) - 1)",
    "scipy.boxcox(x, lmbda)": "(x**lmbda - 1)/lmbda", "scipy.rel_entr(x, y)": "x*log(x/y)",
    "scipy.kl_div(x, y)": "x*log(x/y) - x + y", "scipy.binom(n, k)": "binomial(n, k)",
    "scipy.comb(n, k)": "binomial(n, k)", "math.comb(n, k)": "binomial(n, k)",
    "scipy.poch(z, m)": "gamma(z + m)/gamma(z)", "scipy.eval_legendre(n, x)": "legendre(n, x)",
    "scipy.eval_chebyt(n, x)": "chebyshevt(n, x)", "scipy.eval_chebyu(n, x)": "chebyshevu(n, x)",
    "scipy.eval_hermite(n, x)": "hermite(n, x)", "scipy.eval_laguerre(n, x)": "laguerre(n, x)",
    "scipy.eval_genlaguerre(n, a, x)": "laguerre(n, a, x)", "scipy.eval_gegenbauer(n, a, x)": "gegenbauer(n, a, x)",
    "scipy.betainc(a, b, x)": "betainc(a, b, x)", "scipy.ellipkinc(phi, m)": "elliptic_f(phi, m)",
    "scipy.ellipeinc(phi, m)": "elliptic_e(phi, m)", "scipy.spence(x)": "dilog(1 - x)",
    "scipy.log1pmx(x)": "log1p(x) - x", "scipy.powm1(x, y)": "x**y - 1",
    # scipy.stats.norm
    "norm.pdf(x)": "normpdf(x)", "norm.pdf(x, loc=0, scale=1)": "normpdf((x - loc)/scale)/scale",
    "norm.cdf(x)": "normcdf(x)", "norm.cdf(x, loc=0, scale=1)": "normcdf((x - loc)/scale)",
    "norm.sf(x)": "normcdf(-x)", "norm.sf(x, loc=0, scale=1)": "normcdf((loc - x)/scale)",
    "norm.logcdf(x)": "lognormcdf(x)", "norm.logcdf(x, loc=0, scale=1)": "lognormcdf((x - loc)/scale)",
    "norm.logpdf(x)": "-x**2/2 - log(2*pi)/2",
    "norm.logpdf(x, loc=0, scale=1)": "-((x - loc)/scale)**2/2 - log(scale) - log(2*pi)/2",
    "norm.ppf(q)": "norminv(q)", "norm.ppf(q, loc=0, scale=1)": "loc + scale*norminv(q)",
    # constants
    "pi": "pi", "tau": "tau", "numpy.e": "e", "torch.e": "e", "numpy.euler_gamma": "-digamma(1)",
}  # fmt: skip

REFUSED = {
    "sinc": "np.sinc(x) is sin(pi*x)/(pi*x): write np.sinc(x), or np.sin(x)/x",
    "clip": "write np.clip(x, a, b), or min(max(x, a), b)",
    "gelu": "write torch.nn.functional.gelu(x), or jax.nn.gelu(x), which is an approximation of it",
    "leaky_relu": "the slope differs: write torch.nn.functional.leaky_relu(x, 0.01)",
    "mod": "write np.mod(x, y) or np.fmod(x, y)",
    "remainder": "write np.remainder(x, y) or math.remainder(x, y)",
    "gamma": "write math.gamma(x)",
    "beta": "write scipy.special.beta(a, b)",
    "zeta": "write scipy.special.zeta(x)",
    "numpy.max": "np.max takes the largest element of an array: write np.maximum(x, y)",
    "numpy.min": "np.min takes the smallest element of an array: write np.minimum(x, y)",
    "inf": "infinity is not a number",
    "nan": "nan is not a number",
    "sum": "spell the terms out, with + between them",
    "mean": "arrays are not read: spell the terms out",
    "dot": "arrays are not read: spell the terms out, with + between them",
    "matmul": "arrays are not read: spell the terms out, with + between them",
    "prod": "spell the factors out, with * between them",
    "norm": "arrays are not read: write sqrt(x**2 + y**2)",
    "detach": "it hides a part from the derivative: leave it out",
    "stop_gradient": "it hides a part from the derivative: leave it out",
    "backward": "dcalc diff takes the derivative: leave it out",
    "grad": "dcalc diff takes the derivative: leave it out",
    "print": "leave it out: write what it is to print",
    "ln": "write math.log(x)",
    "eval": "text is never evaluated",
    "exec": "text is never evaluated",
    "__import__": "nothing is imported",
    "float32": "single precision is not read: leave it out",
    "float16": "half precision is not read: leave it out",
}
"""Names that mean several things, or that cannot be read as a function of numbers."""
