"""What is left of special functions at infinity when their leading behaviour is taken out: asymptotic power series.

A remainder is a function F of v -> 0+ of which the asymptotic series is known, sum of a_k * v**k. It stands in
expressions as a row of its own, which the table of functions does not hold, with the order of the derivative that is
meant as its first argument, and may have parameters: the order of a Bessel function. The series may be differentiated
term by term, as F is analytic in a sector around the ray (Olver, Asymptotics and Special Functions, 1.8).
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial, prod
from typing import TypeAlias

from dcalc.expr import ONE, ZERO, Expr, number
from dcalc.functions import Row
from dcalc.proof.special_functions import bernoulli_number
from dcalc.verdict.coefficients import as_rational, plus, raised, times

Remainder: TypeAlias = Callable[..., Expr]
"""The coefficient a_k, given k and the parameters."""
REMAINDERS: dict[Row, Remainder] = {}
"""The coefficients of each remainder, by the row that stands for it."""


def _remainder(name: str, coefficient: Remainder, parameters: int = 0) -> Row:
    """A new row for a remainder."""
    names = ("k", *(f"p{place}" for place in range(parameters)), "v")
    row = Row(name, ", ".join(names))
    row.index = -1 - len(REMAINDERS)  # unlike those of the table, whose rows count from 0
    REMAINDERS[row] = coefficient
    return row


def _rational(values: Callable[[int], Fraction | int]) -> Remainder:
    """Rational coefficients."""
    return lambda k: number(Fraction(values(k)))


def _double_factorial(k: int) -> int:
    """(2k - 1)!!."""
    return prod(range(1, 2 * k, 2))


def _bernoulli(n: int) -> Fraction:
    return Fraction(1) if n == 0 else bernoulli_number(n)


def _even(values: Callable[[int], Fraction | int]) -> Remainder:
    """A series in v**2."""
    return _rational(lambda k: 0 if k % 2 else values(k // 2))


def _odd(values: Callable[[int], Fraction | int]) -> Remainder:
    """v times a series in v**2."""
    return _rational(lambda k: values(k // 2) if k % 2 else 0)


STIRLING = _remainder(
    "stirling",
    _odd(lambda j: _bernoulli(2 * j + 2) / ((2 * j + 2) * (2 * j + 1))),
)
"""Of lgamma(1/v); DLMF 5.11.1."""
DIGAMMA = _remainder("digamma_rest", _even(lambda j: -_bernoulli(2 * j) / (2 * j) if j else 0))
"""Of digamma(1/v) - log(1/v) + v/2; DLMF 5.11.2."""


def _polygamma(k: int, order: Expr) -> Expr:
    """Of v**(-n) * abs(polygamma(n, 1/v)); DLMF 5.15.8."""
    n = int(as_rational(order) or 0)
    if k == 0:
        return number(factorial(n - 1))
    if k == 1:
        return number(Fraction(factorial(n), 2))
    return ZERO if k % 2 else number(_bernoulli(k) * factorial(k + n - 1) / factorial(k))


POLYGAMMA = _remainder("polygamma_rest", _polygamma, 1)
ERFC = _remainder("erfc_rest", _even(lambda j: Fraction((-1) ** j * _double_factorial(j), 2**j)))
"""sqrt(pi)*x*exp(x**2)*erfc(x) at x = 1/v; DLMF 7.12.1."""
DAWSON = _remainder("dawson_rest", _even(lambda j: Fraction(_double_factorial(j), 2**j)))
"""2*x*dawson(x) at x = 1/v; DLMF 7.5.1 and 7.12.1."""
EI = _remainder("ei_rest", _rational(factorial))
"""x*exp(-x)*ei(x) at x = 1/v; DLMF 6.12.2."""
COSINE_PART = _remainder("f_rest", _odd(lambda j: (-1) ** j * factorial(2 * j)))
"""The auxiliary function f(1/v) of si and ci; DLMF 6.12.3."""
SINE_PART = _remainder("g_rest", _even(lambda j: (-1) ** (j - 1) * factorial(2 * j - 1) if j else 0))
"""The auxiliary function g(1/v); DLMF 6.12.4."""


def _rising(m: int) -> Fraction:
    """(1/2)_m."""
    return prod((Fraction(2 * j + 1, 2) for j in range(m)), start=Fraction(1))


FRESNEL_F = _remainder("fresnel_f_rest", _even(lambda j: (-1) ** j * _rising(2 * j)))
"""pi*x*f(x) at v = 2/(pi*x**2); DLMF 7.12.2."""
FRESNEL_G = _remainder("fresnel_g_rest", _odd(lambda j: (-1) ** j * _rising(2 * j + 1)))
"""pi*x*g(x) at v = 2/(pi*x**2); DLMF 7.12.3."""


def _hankel(k: int, order: Expr) -> Expr:
    """a_k(order) of DLMF 10.17.1."""
    square = times(number(4), raised(order, 2))
    factors = [plus(square, number(-((2 * j - 1) ** 2))) for j in range(1, k + 1)]
    return times(number(Fraction(1, factorial(k) * 8**k)), *factors) if factors else ONE


BESSEL_P = _remainder(
    "bessel_p_rest", lambda k, order: ZERO if k % 2 else times(number((-1) ** (k // 2)), _hankel(k, order)), 1
)
BESSEL_Q = _remainder(
    "bessel_q_rest", lambda k, order: times(number((-1) ** (k // 2)), _hankel(k, order)) if k % 2 else ZERO, 1
)
"""The even and the odd part in Hankel's expansions; DLMF 10.17.3."""
BESSEL_I = _remainder("bessel_i_rest", lambda k, order: times(number((-1) ** k), _hankel(k, order)), 1)
BESSEL_K = _remainder("bessel_k_rest", _hankel, 1)
"""Of besseli and besselk; DLMF 10.40.1, 10.40.2."""


def _airy(k: int) -> Fraction:
    """u_k of DLMF 9.7.2."""
    return Fraction(prod(range(2 * k + 1, 6 * k, 2)), 216**k * factorial(k)) if k else Fraction(1)


def _airy_slope(k: int) -> Fraction:
    """v_k of DLMF 9.7.2."""
    return Fraction(6 * k + 1, 1 - 6 * k) * _airy(k)


AIRY_FALLING = _remainder("airy_falling_rest", _rational(lambda k: (-1) ** k * _airy(k)))
AIRY_RISING = _remainder("airy_rising_rest", _rational(_airy))
AIRY_SLOPE_FALLING = _remainder("airy_slope_falling_rest", _rational(lambda k: (-1) ** k * _airy_slope(k)))
AIRY_SLOPE_RISING = _remainder("airy_slope_rising_rest", _rational(_airy_slope))
AIRY_EVEN = _remainder("airy_even_rest", _even(lambda j: (-1) ** j * _airy(2 * j)))
AIRY_ODD = _remainder("airy_odd_rest", _odd(lambda j: (-1) ** j * _airy(2 * j + 1)))
"""Series in 1/zeta, zeta = 2/3*x**(3/2), of the Airy functions; DLMF 9.7.5 to 9.7.11."""


def _incomplete_gamma(k: int, order: Expr) -> Expr:
    """(s - 1)*(s - 2)*...*(s - k)."""
    return times(*(plus(order, number(-j)) for j in range(1, k + 1))) if k else ONE


UPPER_GAMMA = _remainder("uppergamma_rest", _incomplete_gamma, 1)
"""x**(1 - s)*exp(x)*uppergamma(s, x); DLMF 8.11.2."""
