"""Orthogonal polynomials and binomial coefficients on balls.

Up to a degree the polynomials are summed as they stand, which is exact where zeros and values are simple numbers,
and takes series in every argument. Beyond it sums would cancel, so that flint's own functions take over, and for
series the derivatives, which are polynomials of the same families.
"""

from collections.abc import Callable, Sequence
from math import comb, factorial

from flint import arb, arb_series, fmpq, fmpq_poly, fmpz, fmpz_poly

from dcalc.errors import Undecided
from dcalc.numbers.ball import (
    Ball,
    above,
    as_number,
    compose,
    constant,
    finite,
    is_number,
    like,
    off_poles,
    refusal,
    rule,
    rule_of,
    whole,
)
from dcalc.numbers.ball_special import MAX_ORDER
from dcalc.numbers.slow_functions import GAMMA_BITS, allow

_SUMMED = 64
"""The sums lose up to 1.3 bits for each degree."""
_STEPS = 2_000


def degree(n: Ball, name: str) -> int:
    """The degree of a polynomial: a whole number up to 10,000."""
    number = as_number(n, f"the first argument of {name}")
    order = whole(number)
    if order is None:
        raise refusal(not number.contains_integer(), "degree needs to be a whole number")
    if abs(order) > MAX_ORDER:
        raise Undecided(f"degree is beyond {MAX_ORDER:,}")
    return order


def _evaluate(coefficients: Sequence[int | fmpz | fmpq], x: Ball) -> Ball:
    """A polynomial with exact coefficients, by Horner's rule."""
    total = like(x, 0)
    for c in reversed(coefficients):
        total = total * x + arb(c)
    return total


def _differentiate(value: Callable[[int], arb], x: arb_series) -> arb_series:
    """The series in x of a function whose k-th derivative is ``value(k)``."""
    return compose([value(k) / factorial(k) for k in range(x.prec)], x)


@rule
def legendre(n: Ball, x: Ball) -> Ball:
    """The Legendre polynomial of degree n = 0, 1, 2, ..."""
    order = degree(n, "legendre")
    above(constant(n), 0, closed=True, name="degree")
    if order <= _SUMMED:
        return _evaluate(fmpq_poly.legendre_p(order).coeffs(), x)
    if isinstance(x, arb):
        return finite(x.legendre_p(order))

    def value(k: int) -> arb:  # DLMF 18.9.19
        if not k:
            return constant(x).legendre_p(order)
        return _gegenbauer(order - k, arb(k + 0.5), constant(x)) * (arb(0.5).rising(k) * (1 << k))

    return finite(_differentiate(value, x))


@rule
def chebyshevt(n: Ball, x: Ball) -> Ball:
    """The Chebyshev polynomial of the first kind, n = 0, 1, 2, ..."""
    order = degree(n, "chebyshevt")
    above(constant(n), 0, closed=True, name="degree")
    if order <= _SUMMED:
        return _evaluate(fmpz_poly.chebyshev_t(order).coeffs(), x)
    if isinstance(x, arb):
        return finite(x.chebyshev_t(order))

    def value(k: int) -> arb:  # DLMF 18.9.19, 18.9.21
        if not k:
            return constant(x).chebyshev_t(order)
        return _gegenbauer(order - k, arb(k), constant(x)) * (order * factorial(k - 1) << k - 1)

    return finite(_differentiate(value, x))


@rule
def chebyshevu(n: Ball, x: Ball) -> Ball:
    """The Chebyshev polynomial of the second kind, n = 0, 1, 2, ..., and 0 for n = -1."""
    order = degree(n, "chebyshevu")
    above(constant(n), -1, closed=True, name="degree")
    if order < 0:
        return like(x, 0)
    if order <= _SUMMED:
        return _evaluate(fmpz_poly.chebyshev_u(order).coeffs(), x)
    return _ultraspherical(order, arb(1), x)


@rule
def gegenbauer(n: Ball, a: Ball, x: Ball) -> Ball:
    """The ultraspherical polynomial of degree n, which is 0 for n < 0, and of a > 0."""
    order = degree(n, "gegenbauer")
    above(a, 0, name="second argument")
    if order <= _SUMMED:
        return _sum_gegenbauer(order, a, x)
    if is_number(a):
        return _ultraspherical(order, constant(a), x)
    before, value = like(a, 1) + like(x, 0), 2 * a * x
    for k in range(2, _bound_steps(order) + 1):  # DLMF 18.9.1
        before, value = value, (2 * (a + (k - 1)) * x * value - (2 * a + (k - 2)) * before) / k
    return finite(value)


def _bound_steps(order: int) -> int:
    """The degree to which a recurrence is to go: each step loses some bits."""
    if order > _STEPS:
        raise Undecided(f"a degree above {_STEPS:,} where the parameter varies")
    return order


def _ultraspherical(order: int, a: arb, x: Ball) -> Ball:
    if isinstance(x, arb):
        return finite(_gegenbauer(order, a, x))
    return finite(_differentiate(lambda k: _gegenbauer(order - k, a + k, x[0]) * a.rising(k) * 2**k, x))


def _gegenbauer(order: int, a: arb, x: arb) -> arb:
    if order <= _SUMMED:
        return constant(_sum_gegenbauer(order, a, x))
    return x.chebyshev_u(order) if a == 1 else x.gegenbauer_c(order, a)


def _sum_gegenbauer(order: int, a: Ball, x: Ball) -> Ball:
    """DLMF 18.5.10."""
    total = like(a, 0) + like(x, 0)
    double = 2 * x
    for k in range(order // 2 + 1):
        power = order - 2 * k
        term = a.rising(order - k) * double**power if power else a.rising(order - k) + like(x, 0)
        total = total + term * arb(fmpq((-1) ** k, factorial(k) * factorial(power)))
    return total


@rule
def hermite(n: Ball, x: Ball) -> Ball:
    """The Hermite polynomial of physics, n = 0, 1, 2, ..., and 0 for n < 0."""
    order = degree(n, "hermite")
    if order < 0:
        return like(x, 0)
    if order <= _SUMMED:
        return _evaluate(_hermite_coefficients(order), x)
    if isinstance(x, arb):
        return finite(x.hermite_h(order))

    def value(k: int) -> arb:  # DLMF 18.9.25
        factor = comb(order, k) * factorial(k) << k
        return constant(hermite(arb(order - k), constant(x))) * factor if factor else arb(0)

    return finite(_differentiate(value, x))


def _hermite_coefficients(order: int) -> list[int]:
    """DLMF 18.5.13."""
    values = [0] * (order + 1)
    for k in range(order // 2 + 1):
        power = order - 2 * k
        values[power] = (-1) ** k * (factorial(order) // (factorial(k) * factorial(power))) << power
    return values


@rule_of("laguerre/3")
def laguerre(n: Ball, a: Ball, x: Ball) -> Ball:
    """The generalised Laguerre polynomial of degree n, which is 0 for n < 0, and parameter a."""
    order = degree(n, "laguerre")
    if order <= _SUMMED:
        return _sum_laguerre(order, a, x)
    if not is_number(a):
        before, last = like(a, 1) + like(x, 0), 1 + a - x
        for k in range(2, _bound_steps(order) + 1):  # DLMF 18.9.1
            before, last = last, ((a - x + (2 * k - 1)) * last - (a + (k - 1)) * before) / k
        return finite(last)
    b = constant(a)
    if isinstance(x, arb):
        return finite(x.laguerre_l(order, b))

    def value(k: int) -> arb:  # DLMF 18.9.23
        inner = constant(laguerre(arb(order - k), b + k, constant(x)))
        return -inner if k % 2 else inner

    return finite(_differentiate(value, x))


def _sum_laguerre(order: int, a: Ball, x: Ball) -> Ball:
    """DLMF 18.5.12."""
    total = like(a, 0) + like(x, 0)
    for k in range(order + 1):
        head = (a + k + 1).rising(order - k) if k < order else like(a, 1)
        term = head * x**k if k else head + like(x, 0)
        total = total + term * arb(fmpq((-1) ** k, factorial(order - k) * factorial(k)))
    return total


# --- binomial coefficients ------------------------------------------------------------

_FACTORS = 1_000
"""A binomial coefficient of a whole k up to this is a product."""


@rule
def binomial(n: Ball, k: Ball) -> Ball:
    """gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1)), and a polynomial in n where k = 0, 1, 2, ..."""
    count = whole(k)
    if count is not None and 0 <= count <= _FACTORS:
        return (n - count + 1).rising(count) / factorial(count) if count else like(n, 1)
    if count is not None and 0 <= count <= MAX_ORDER and isinstance(n, arb):
        return finite((n - count + 1).rising(count) / arb(count + 1).gamma())
    if not is_number(k) and is_number(n) and constant(n) < 0 and constant(n).contains_integer():
        raise Undecided("the first argument is a pole where the second varies")
    allow(GAMMA_BITS)
    off_poles(n + 1)
    return finite((n + 1).gamma() * (k + 1).rgamma() * (n - k + 1).rgamma())
