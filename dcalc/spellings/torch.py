"""PyTorch. What is read stands in `python`."""

from math import inf

NATIVE = {
    **{name: f"torch.{name}" for name in (
        "sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 expm1 log log1p log2 log10 sqrt "
        "hypot floor ceil trunc abs sign round erf erfc erfinv lgamma digamma sigmoid logaddexp xlogy").split()},
    "min": "torch.minimum", "max": "torch.maximum", "mod": "torch.remainder", "fmod": "torch.fmod",
    "abs2": "torch.square", "inv": "torch.reciprocal", "pi": "torch.pi", "e": "torch.e",
    "erfcx": "torch.special.erfcx",
    "norminv": "torch.special.ndtri", "xlog1py": "torch.special.xlog1py", "gammap": "torch.special.gammainc",
    "gammaq": "torch.special.gammaincc",
}  # fmt: skip

EMITTED = {
    "pow": "torch.pow", "deg2rad": "torch.deg2rad", "rad2deg": "torch.rad2deg", "clip": "torch.clamp", "hardtanh":
    "torch.clamp", "relu": "torch.relu", "elu": "torch.nn.functional.elu", "swish": "torch.nn.functional.silu",
    "softsign": "torch.nn.functional.softsign", "mish": "torch.nn.functional.mish", "xlogx":
    "torch.special.xlogy({0}, {0})", "softplus": "torch.nn.functional.softplus({0}, 1.0, 40.0)", "zeta/2":
    "torch.special.zeta", "logit": "torch.logit", "gelu": "torch.nn.functional.gelu", "lognormcdf":
    "torch.special.log_ndtr",
}  # fmt: skip

AVOIDED = {
    "normcdf": inf, "besselj0": 2.1e10, "besselj1": 7.7e9, "bessely0": 8.2e8, "bessely1": 5.9e8, "airyai": 1.7e10,
    "polygamma": 8.9e10, "logsumexp": "for one tensor of all arguments",
}  # fmt: skip
"""Ulps in PyTorch 2.13: close to zeros, and of `normcdf` far out."""

IDIOMS = {
    "relu": "torch.nn.functional.relu", "elu": "torch.nn.functional.elu", "gelu": "torch.nn.functional.gelu",
    "softplus": "torch.nn.functional.softplus", "swish": "torch.nn.functional.silu", "logit": "torch.logit",
    "logsumexp": "torch.logsumexp(torch.stack([{*}]), 0)",
    "zeta/2": "torch.special.zeta", "normcdf": "torch.special.ndtr", "lognormcdf": "torch.special.log_ndtr",
    "besselj0": "torch.special.bessel_j0", "besselj1": "torch.special.bessel_j1",
    "bessely0": "torch.special.bessel_y0", "bessely1": "torch.special.bessel_y1", "airyai": "torch.special.airy_ai",
}  # fmt: skip
