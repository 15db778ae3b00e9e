"""JAX: its copy of NumPy, and of SciPy's special functions. What is read stands in `python`."""

from math import inf

from dcalc.spellings.numpy import EMITTED as _EMITTED
from dcalc.spellings.numpy import NATIVE as _NUMPY

NATIVE = {
    **{key: name.replace("np.", "jnp.", 1) for key, name in _NUMPY.items() if key != "exp2"},
    **{name: f"special.{name}" for name in "erf erfc gamma digamma xlogy xlog1py".split()},
    "lgamma": "special.gammaln", "gammap": "special.gammainc", "gammaq": "special.gammaincc",
    "norminv": "special.ndtri",
    "ei": "special.expi", "expint": "special.exp1",
}  # fmt: skip

EMITTED = {
    **{key: name.replace("np.", "jnp.", 1) for key, name in _EMITTED.items()},
    **{name: f"jax.nn.{name}" for name in "relu leaky_relu elu sigmoid softplus mish".split()},
    "swish": "jax.nn.silu", "softsign": "jax.nn.soft_sign", "hardtanh": "jnp.clip",
    "softmax": "jax.nn.softmax(jnp.stack(jnp.broadcast_arrays({*})[1:]), axis=0)[int({0})]",
    "xlogx": "special.xlogy({0}, {0})", "erfcx": "special.erfcx", "dawson": "special.dawsn", "zeta/2": "special.zeta",
    "fresnels": "special.fresnel({0})[0]", "fresnelc": "special.fresnel({0})[1]", "si": "special.sici({0})[0]",
    "ci": "special.sici({0})[1]", "logit": "special.logit",
}  # fmt: skip

AVOIDED = {
    "atanh": 50.0, "exp2": 41.0, "erfinv": 1.2e4, "polygamma": inf, "beta": 3.2e9, "logbeta": 1.7e14,
    "betainc": 500.0, "expint/2": "for whole orders alone", "normcdf": 750.0, "lognormcdf": 140.0, "gelu": inf,
    "logsumexp": "for one array of all arguments",
}  # fmt: skip
"""Ulps in JAX 0.10: in the tails, and close to 1."""

IDIOMS = {
    "relu": "jax.nn.relu", "leaky_relu": "jax.nn.leaky_relu({0}, {1})", "elu": "jax.nn.elu", "gelu":
    "jax.nn.gelu({0}, approximate=False)", "sigmoid": "jax.nn.sigmoid",
    "softplus": "jax.nn.softplus", "swish": "jax.nn.silu", "logit": "special.logit", "erfinv": "special.erfinv",
    "logsumexp": "jax.nn.logsumexp(jnp.stack([{*}]))", "polygamma": "special.polygamma", "zeta/2": "special.zeta",
    "beta": "special.beta", "logbeta": "special.betaln", "betainc": "special.betainc", "expint/2": "special.expn",
    "normcdf": "special.ndtr", "lognormcdf": "special.log_ndtr",
    "clip": "jnp.clip",
}  # fmt: skip
