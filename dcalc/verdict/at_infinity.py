"""Special functions of arguments that tend to infinity, by what is known of them there and a remainder.

A rule (`AT_INFINITY`) takes the scale of the question, the sign of the infinity, and the arguments, of which the last
one is infinite. It raises Undefined outside of the domain, Undecidable where no series is known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.expr import ONE, ZERO, Expr, make, number
from dcalc.functions import Row
from dcalc.verdict import remainders as rest
from dcalc.verdict.coefficients import as_rational, minus, negative, plus, raised, times
from dcalc.verdict.scale import Undecidable

if TYPE_CHECKING:
    from dcalc.verdict.asymptotics import PhasedScale

Rule = Callable[..., Expr]
_HALF = number(Fraction(1, 2))
_PI = make(table.PI)
_ROOT_OF_PI = make(table.POW, _PI, _HALF)


def _remainder(row: Row, v: Expr, *parameters: Expr) -> Expr:
    return make(row, ZERO, *parameters, v)


def _inverse(node: Expr) -> Expr:
    return raised(node, -1)


def _outside(row_name: str) -> Undefined:
    return Undefined(f"{row_name} has no values there")


def _odd(rule: Callable[[PhasedScale, Expr], Expr]) -> Rule:
    """An odd function by its rule at inf."""

    def apply(scale: PhasedScale, sign: int, u: Expr) -> Expr:
        return rule(scale, u) if sign > 0 else negative(rule(scale, negative(u)))

    return apply


def _of_parity(rule: Callable[[PhasedScale, Expr, Expr], Expr]) -> Rule:
    """A function with an order by its rule at inf: odd or even as the order is; others have no values at -inf."""

    def apply(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
        if sign > 0:
            return rule(scale, order, u)
        n = as_rational(order)
        if n is None or n.denominator != 1:
            raise _outside("a Bessel function of a broken order")
        value = rule(scale, order, negative(u))
        return value if n % 2 == 0 else negative(value)

    return apply


# --- the gamma function and its kin ------------------------------------------------------------------------


def _lgamma(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise Undecidable("gamma at -inf")
    log_u = scale.logarithm(u)
    constant = times(_HALF, make(table.LOG, times(number(2), _PI)))
    leading = plus(times(minus(u, _HALF), log_u), negative(u), constant)
    return plus(leading, _remainder(rest.STIRLING, _inverse(u)))


def _gamma(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    return scale.exponential(_lgamma(scale, sign, u))


def _digamma(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise Undecidable("digamma at -inf")
    v = _inverse(u)
    return plus(scale.logarithm(u), negative(times(_HALF, v)), _remainder(rest.DIGAMMA, v))


def _polygamma(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    n = as_rational(order)
    if n == 0:
        return _digamma(scale, sign, u)
    if sign < 0 or n is None or n.denominator != 1 or n < 0:
        raise Undecidable("polygamma at infinity")
    v = _inverse(u)
    return times(number((-1) ** (int(n) + 1)), raised(v, n), _remainder(rest.POLYGAMMA, v, order))


def _upper_gamma(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("uppergamma")
    power = scale.power(u, minus(order, ONE))
    return times(scale.exponential(negative(u)), power, _remainder(rest.UPPER_GAMMA, _inverse(u), order))


def _lower_gamma(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("lowergamma")
    return minus(make(table.GAMMA, order), _upper_gamma(scale, sign, order, u))


def _zeta(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    """1 + 2**-s + 3**-s + 4**-s + ..., what follows being at most 2*5**-s; DLMF 25.2.1."""
    if sign < 0:
        raise Undecidable("zeta at -inf")
    powers = [scale.exponential(negative(times(u, make(table.LOG, number(n))))) for n in (2, 3, 4, 5)]
    return plus(ONE, *powers[:3], times(scale.unknown(0.0, 2.0), powers[3]))


def _lambertw(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    """log(u) - log(log(u) - ...): each step divides the error, log(W) at first, by W; DLMF 4.13.10."""
    if sign < 0:
        raise _outside("lambertw")
    log_u = scale.logarithm(u)
    first = total = log_u
    for _ in range(_LAMBERT_STEPS):
        total = minus(first, scale.logarithm(total))
    error = times(scale.logarithm(log_u), raised(times(_HALF, log_u), -_LAMBERT_STEPS))
    return plus(total, times(scale.unknown(-1.0, 1.0), error))


_LAMBERT_STEPS = 4

# --- error functions and exponential integrals -----------------------------------------------------------------


def _scaled_erfc(u: Expr) -> Expr:
    """exp(u**2)*erfc(u)."""
    v = _inverse(u)
    return times(v, _remainder(rest.ERFC, v), _inverse(_ROOT_OF_PI))


def _erfc_falling(scale: PhasedScale, u: Expr) -> Expr:
    """erfc of an argument that tends to inf."""
    return times(scale.exponential(negative(times(u, u))), _scaled_erfc(u))


def _erfc(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    return _erfc_falling(scale, u) if sign > 0 else minus(number(2), _erfc_falling(scale, negative(u)))


def _erf(scale: PhasedScale, u: Expr) -> Expr:
    return minus(ONE, _erfc_falling(scale, u))


def _erfcx(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign > 0:
        return _scaled_erfc(u)
    return minus(times(number(2), scale.exponential(times(u, u))), _scaled_erfc(negative(u)))


def _dawson(_scale: PhasedScale, _sign: int, u: Expr) -> Expr:
    v = _inverse(u)
    return times(_HALF, v, _remainder(rest.DAWSON, v))


def _erfi(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    growth = scale.exponential(times(u, u))
    return times(number(2), growth, _dawson(scale, sign, u), _inverse(_ROOT_OF_PI))


def _ei(scale: PhasedScale, _sign: int, u: Expr) -> Expr:
    v = _inverse(u)
    return times(scale.exponential(u), v, _remainder(rest.EI, v))


def _expint(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("expint")
    return negative(_ei(scale, -1, negative(u)))


def _expint_order(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    """x**(n - 1)*uppergamma(1 - n, x); DLMF 8.19.1."""
    power = scale.power(u, minus(order, ONE))
    return times(power, _upper_gamma(scale, sign, minus(ONE, order), u))


def _li(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("li")
    return _ei(scale, 1, scale.logarithm(u))


def _si(scale: PhasedScale, u: Expr) -> Expr:
    v = _inverse(u)
    sine, cosine = scale.sine_cosine(u)
    f, g = _remainder(rest.COSINE_PART, v), _remainder(rest.SINE_PART, v)
    return plus(times(_HALF, _PI), negative(times(f, cosine)), negative(times(g, sine)))


def _ci(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("ci")
    v = _inverse(u)
    sine, cosine = scale.sine_cosine(u)
    return minus(times(_remainder(rest.COSINE_PART, v), sine), times(_remainder(rest.SINE_PART, v), cosine))


def _shi(scale: PhasedScale, u: Expr) -> Expr:
    """(ei(x) + E1(x))/2; DLMF 6.5.3."""
    return times(_HALF, plus(_ei(scale, 1, u), _expint(scale, 1, u)))


def _chi(scale: PhasedScale, sign: int, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("chi")
    return times(_HALF, minus(_ei(scale, 1, u), _expint(scale, 1, u)))


def _fresnel(scale: PhasedScale, u: Expr, *, sine: bool) -> Expr:
    """1/2 plus what oscillates; DLMF 7.5.3, 7.5.4."""
    angle = times(_HALF, _PI, u, u)
    by_sine, by_cosine = scale.sine_cosine(angle)
    f, g = (_remainder(row, _inverse(angle)) for row in (rest.FRESNEL_F, rest.FRESNEL_G))
    if sine:
        swing = negative(plus(times(f, by_cosine), times(g, by_sine)))
    else:
        swing = minus(times(f, by_sine), times(g, by_cosine))
    return plus(_HALF, times(swing, _inverse(times(_PI, u))))


def _fresnels(scale: PhasedScale, u: Expr) -> Expr:
    return _fresnel(scale, u, sine=True)


def _fresnelc(scale: PhasedScale, u: Expr) -> Expr:
    return _fresnel(scale, u, sine=False)


# --- Bessel and Airy functions -------------------------------------------------------------------------------------


def _hankel(scale: PhasedScale, order: Expr, u: Expr) -> tuple[Expr, Expr]:
    """J and Y of a large argument; DLMF 10.17.3, 10.17.4."""
    v = _inverse(u)
    shift = times(plus(times(_HALF, order), number(Fraction(1, 4))), _PI)
    sine, cosine = scale.sine_cosine(minus(u, shift))
    size = scale.power(times(number(2), _inverse(_PI), v), _HALF)
    p, q = (_remainder(row, v, order) for row in (rest.BESSEL_P, rest.BESSEL_Q))
    first = times(size, minus(times(p, cosine), times(q, sine)))
    second = times(size, plus(times(p, sine), times(q, cosine)))
    return first, second


def _besselj(scale: PhasedScale, order: Expr, u: Expr) -> Expr:
    return _hankel(scale, order, u)[0]


def _bessely(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("bessely")
    return _hankel(scale, order, u)[1]


def _besseli(scale: PhasedScale, order: Expr, u: Expr) -> Expr:
    v = _inverse(u)
    size = scale.power(times(_HALF, _inverse(_PI), v), _HALF)
    return times(scale.exponential(u), size, _remainder(rest.BESSEL_I, v, order))


def _besselk(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    if sign < 0:
        raise _outside("besselk")
    v = _inverse(u)
    size = scale.power(times(_HALF, _PI, v), _HALF)
    return times(scale.exponential(negative(u)), size, _remainder(rest.BESSEL_K, v, order))


def _zeta_of_airy(scale: PhasedScale, u: Expr) -> Expr:
    return times(number(Fraction(2, 3)), scale.power(u, number(Fraction(3, 2))))


def _airy(scale: PhasedScale, sign: int, u: Expr, *, rising: bool) -> Expr:
    """Ai, or Bi where ``rising``; DLMF 9.7.5, 9.7.7, 9.7.9, 9.7.11."""
    z = u if sign > 0 else negative(u)
    zeta = _zeta_of_airy(scale, z)
    size = times(_inverse(_ROOT_OF_PI), scale.power(z, number(Fraction(-1, 4))))
    v = _inverse(zeta)
    if sign > 0:
        growth = scale.exponential(zeta if rising else negative(zeta))
        row = rest.AIRY_RISING if rising else rest.AIRY_FALLING
        return times(ONE if rising else _HALF, size, growth, _remainder(row, v))
    sine, cosine = scale.sine_cosine(minus(zeta, times(number(Fraction(1, 4)), _PI)))
    even, odd = _remainder(rest.AIRY_EVEN, v), _remainder(rest.AIRY_ODD, v)
    if rising:
        return times(size, minus(times(cosine, odd), times(sine, even)))
    return times(size, plus(times(cosine, even), times(sine, odd)))


def _airy_slope(scale: PhasedScale, sign: int, u: Expr, *, rising: bool) -> Expr:
    """Ai' or Bi'; DLMF 9.7.6, 9.7.8."""
    if sign < 0:
        raise Undecidable("the slope of an Airy function at -inf")
    zeta = _zeta_of_airy(scale, u)
    size = times(_inverse(_ROOT_OF_PI), scale.power(u, number(Fraction(1, 4))))
    growth = scale.exponential(zeta if rising else negative(zeta))
    row = rest.AIRY_SLOPE_RISING if rising else rest.AIRY_SLOPE_FALLING
    factor = ONE if rising else number(Fraction(-1, 2))
    return times(factor, size, growth, _remainder(row, _inverse(zeta)))


AT_INFINITY: Mapping[Row, Rule] = {
    table.GAMMA: _gamma,
    table.LGAMMA: _lgamma,
    table.DIGAMMA: _digamma,
    table.get("polygamma", 2): _polygamma,
    table.get("uppergamma", 2): _upper_gamma,
    table.get("lowergamma", 2): _lower_gamma,
    table.get("zeta", 1): _zeta,
    table.LAMBERTW: _lambertw,
    table.ERFC: _erfc,
    table.get("erf", 1): _odd(_erf),
    table.get("erfcx", 1): _erfcx,
    table.get("dawson", 1): _dawson,
    table.get("erfi", 1): _erfi,
    table.get("ei", 1): _ei,
    table.get("expint", 1): _expint,
    table.get("expint", 2): _expint_order,
    table.get("li", 1): _li,
    table.get("si", 1): _odd(_si),
    table.get("ci", 1): _ci,
    table.get("shi", 1): _odd(_shi),
    table.get("chi", 1): _chi,
    table.get("fresnels", 1): _odd(_fresnels),
    table.get("fresnelc", 1): _odd(_fresnelc),
    table.get("besselj", 2): _of_parity(_besselj),
    table.get("bessely", 2): _bessely,
    table.get("besseli", 2): _of_parity(_besseli),
    table.get("besselk", 2): _besselk,
    table.get("airyai", 1): lambda scale, sign, u: _airy(scale, sign, u, rising=False),
    table.get("airybi", 1): lambda scale, sign, u: _airy(scale, sign, u, rising=True),
    table.get("airyaiprime", 1): lambda scale, sign, u: _airy_slope(scale, sign, u, rising=False),
    table.get("airybiprime", 1): lambda scale, sign, u: _airy_slope(scale, sign, u, rising=True),
}
