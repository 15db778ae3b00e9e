"""JAX: its copy of NumPy, and of SciPy's special functions. What is read stands in `python`."""

from dcalc.spellings.numpy import NATIVE as _NUMPY

NATIVE = {
    **{key: name.replace("np.", "jnp.", 1) for key, name in _NUMPY.items() if key != "exp2"},
    **{name: f"special.{name}" for name in "erf erfc gamma digamma xlogy xlog1py".split()},
    "lgamma": "special.gammaln", "gammap": "special.gammainc", "gammaq": "special.gammaincc",
    "norminv": "special.ndtri",
    "ei": "special.expi", "expint": "special.exp1",
}  # fmt: skip

IDIOMS = {
    "relu": "jax.nn.relu", "leaky_relu": "jax.nn.leaky_relu({0}, {1})", "elu": "jax.nn.elu", "gelu":
    "jax.nn.gelu({0}, approximate=False)", "sigmoid": "jax.nn.sigmoid",
    "softplus": "jax.nn.softplus", "swish": "jax.nn.silu", "logit": "special.logit", "erfinv": "special.erfinv",
    "logsumexp": "jax.nn.logsumexp(jnp.stack([{*}]))", "polygamma": "special.polygamma", "zeta/2": "special.zeta",
    "beta": "special.beta", "logbeta": "special.betaln", "betainc": "special.betainc", "expint/2": "special.expn",
    "normcdf": "special.ndtr", "lognormcdf": "special.log_ndtr",
    "clip": "jnp.clip",
}  # fmt: skip
