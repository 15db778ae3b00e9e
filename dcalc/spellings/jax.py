"""JAX: its copy of NumPy, and of SciPy's special functions. What is read stands in `python`."""

from dcalc.spellings.numpy import NATIVE as _NUMPY

NATIVE = {
    **{key: name.replace("np.", "jnp.", 1) for key, name in _NUMPY.items() if key != "exp2"},
    **{name: f"special.{name}" for name in "erf erfc gamma digamma xlogy xlog1py".split()},
    "lgamma": "special.gammaln", "gammap": "special.gammainc", "gammaq": "special.gammaincc",
    "norminv": "special.ndtri",
    "ei": "special.expi", "expint": "special.exp1",
}  # fmt: skip
