"""C++ with its header cmath. What is read stands in `c`.

The special functions of C++17 are not used: they throw where others give nan, and libc++ lacks them.
"""

from dcalc.spellings.c import EMITTED as _EMITTED
from dcalc.spellings.c import NATIVE as _C

_MACROS = ("M_PI", "M_E", "j0", "j1", "y0", "y1")
NATIVE = {key: f"std::{name}" for key, name in _C.items() if name not in _MACROS}

EMITTED = {key: f"std::{name}" for key, name in _EMITTED.items()}
