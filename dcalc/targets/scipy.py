"""NumPy with the special functions of SciPy."""

from __future__ import annotations

import builtins
import keyword

from dcalc.targets.common.lowering import patch
from dcalc.targets.numpy import NumPy


class SciPy(NumPy):
    """SciPy."""

    title = "SciPy"
    spelling = "scipy"
    keywords = frozenset((*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "np", "numpy", "scipy", "special"))
    patches = patch("erfc", "erfcx", "lgamma", "digamma", "normcdf")
    imports = ("import numpy as np", "from scipy import special")


TARGET = SciPy
