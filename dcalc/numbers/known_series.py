"""Power series at 0 with rational coefficients that are known in closed form, of functions without such recurrences."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import factorial

from flint import fmpq

from dcalc import functions as table
from dcalc.functions import Row

Coefficient = Callable[..., "fmpq | None"]
"""The coefficient of an order; its parameters follow. None where it is not rational."""


def _bessel(sign: int) -> Coefficient:
    def coefficient(k: int, order: fmpq) -> fmpq | None:
        """Of J or I of a whole order from 0 on (DLMF 10.2.2, 10.25.2)."""
        if order.q != 1 or order < 0:
            return None
        n = int(order.p)
        m, odd = divmod(k - n, 2)
        return fmpq(0) if k < n or odd else fmpq(sign**m, factorial(m) * factorial(m + n) * 2**k)

    return coefficient


def _integral(sign: int) -> Coefficient:
    """Of si and shi: the integrals of sin(t)/t and sinh(t)/t (DLMF 6.6.5)."""
    return lambda k: fmpq(sign ** (k // 2), k * factorial(k)) if k % 2 else fmpq(0)


KNOWN_SERIES: Mapping[Row, Coefficient] = {
    table.get("lambertw", 1): lambda k: fmpq((-k) ** (k - 1), factorial(k)) if k else fmpq(0),  # DLMF 4.13.5
    table.get("si", 1): _integral(-1),
    table.get("shi", 1): _integral(1),
    table.get("sinc", 1): lambda k: fmpq(0) if k % 2 else fmpq((-1) ** (k // 2), factorial(k + 1)),
    table.get("dawson", 1): lambda k: (  # DLMF 7.6.1
        fmpq((-4) ** (k // 2) * factorial(k // 2), factorial(k)) if k % 2 else fmpq(0)
    ),
    table.get("besselj", 2): _bessel(-1),
    table.get("besseli", 2): _bessel(1),
}
"""The coefficients at 0 in the last argument, where it is 0; those before it are parameters."""
