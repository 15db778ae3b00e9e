"""Number systems: the arithmetics over which the tape of an expression runs.

`real` is floats, `ball` enclosures in flint's balls and power series of balls (`ball_elementary` and
`ball_special` hold the larger functions), `complex` complex numbers near the real axis. `dual` numbers,
`jet`s (truncated Taylor series) and `adjoint`s work over any of them. `enclosure` turns balls into proved
bounds of derivatives, and `rounding` turns bounds into digits.
"""

from threading import RLock

FLINT = RLock()
"""Held by whoever computes in balls while other threads may: flint's precision and the length of its
series are global to the process."""
