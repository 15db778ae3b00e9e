"""Functions that a library has, with another formula where the library loses digits: one line each, by call.

In the text of a patch the function itself is the one of the library. A target names those that it needs; how far
its library is off was measured against certified values.
"""

from __future__ import annotations

from dcalc.targets.common.helpers import STEP

_LGAMMA = (
    "z*(0.42278433509846713939 + z*(0.3224670334241132182 + z*(-0.06735230105319809513 + z*(0.02058080842778454788 + "
    "z*(-0.007385551028673985266 + z*(0.002890510330741523286 + z*(-0.001192753911703260977 + "
    "z*(0.0005096695247430424223 + z*(-0.0002231547584535793798 + z*(9.945751278180853371e-5 + "
    "z*(-4.49262367381331417e-5 + z*(2.050721277567069155e-5 + z*(-9.439488275268395904e-6 + "
    "z*(4.374866789907487804e-6 + z*(-2.039215753801366237e-6 + z*(9.551412130407419833e-7 + "
    "z*(-4.492469198764566043e-7 + z*2.120718480555466587e-7)))))))))))))))))"
)
"""log(gamma(2 + z)), to an ulp where abs(z) <= 1/4: DLMF 5.7.3."""
_REST = f"(x - {STEP})*(x + {STEP})"
"""What x**2 is more than the square of the step."""
PATCHES = {
    # JAX: up to 127 ulps from -0.42 to -0.35
    "log1p": ("log1p(x)", "where(x > -1/2 and x < -1/4, -log1p(-x/(1 + x)), log1p(x))"),
    # the square in exp(-x**2) is rounded: 122 ulps at 23
    "erfc": ("erfc(x)", f"where(x < 1, erfc(x), exp(-({STEP})**2)*(1 + expm1(-{_REST}))*erfcx(x))"),
    # the same for exp(x**2): 171 ulps at -23
    "erfcx": ("erfcx(x)", f"where(x < 0, 2*exp(({STEP})**2)*(1 + expm1({_REST})) - erfcx(-x), erfcx(x))"),
    # close to its zeros at 1 and 2 no digit is right
    "lgamma": (
        "lgamma(x)",
        f"where(abs(x - 1) < 1/4, {_LGAMMA.replace('z', '(x - 1)')} - log1p(x - 1), "
        f"where(abs(x - 2) < 1/4, {_LGAMMA.replace('z', '(x - 2)')}, lgamma(x)))",
    ),
    # close to its poles pi*x is rounded: 1e10 ulps
    "digamma": ("digamma(x)", "where(x < 0, digamma(1 - x) - pi*cospi(x)/sinpi(x), digamma(x))"),
    # where the argument of erfc is rounded: 500 ulps at -23
    "normcdf": (
        "normcdf(x)",
        f"where(x > -1, erfc(-x/sqrt(2))/2, exp(-({STEP})**2/2)*(1 + expm1(-{_REST}/2))*erfcx(-x/sqrt(2))/2)",
    ),
    # close to 1/2 the quotient is rounded before its logarithm vanishes: 1e7 ulps
    "logit": ("logit(p)", "where(p > 1/4 and p < 3/4, 2*atanh(2*p - 1), logit(p))"),
    # for small numbers 1 + erf(x) cancels: no digit is right at -20
    "gelu": ("gelu(x)", "where(x > -1, gelu(x), x*normcdf(x))"),
    # the logarithm is that of 1 less a tail: 1,000 ulps at 29
    "lognormcdf": ("lognormcdf(x)", "where(x < 1, lognormcdf(x), log1p(-normcdf(-x)))"),
    # XLA makes one exponential of two, and with it one rounded square: 177 ulps at 30
    "normpdf": ("normpdf(x)", f"exp(-({STEP})**2/2)*(1 + expm1(-{_REST}/2))/sqrt(2*pi)"),
}
"""The call and the text of each patch."""


def patch(*names: str) -> dict[str, str]:
    """The patches with these names, as texts by calls."""
    return dict(PATCHES[name] for name in names)
