"""Special functions of arguments that tend to infinity, by what is known of them there and a remainder.

A rule (`AT_INFINITY`) takes the scale of the question, the sign of the infinity, and the arguments, of which the last
one is infinite. It raises Undefined outside of the domain, Undecidable where no series is known here. Most are
formulas in dcalc's own language, in ``u``, which tends to inf, an order ``n`` before it, and remainders.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import factorial, prod
from typing import TYPE_CHECKING, TypeAlias

from dcalc import functions as table
from dcalc import rules
from dcalc.errors import Undefined
from dcalc.expr import ONE, ZERO, Expr, make, number, variables
from dcalc.functions import Row
from dcalc.numbers.ball_special import MAX_ORDER
from dcalc.proof.special_functions import bernoulli_number
from dcalc.records import NamedTuple
from dcalc.verdict.coefficients import as_rational, minus, negative, plus, raised, times
from dcalc.verdict.scale import Undecidable

if TYPE_CHECKING:
    from dcalc.verdict.asymptotics import PhasedScale


# --- remainders --------------------------------------------------------------------------------
# What is left of special functions when their leading behaviour is taken out: asymptotic power series.
#
# A remainder is a function F of v -> 0+ of which the asymptotic series is known, sum of a_k * v**k. It stands in
# expressions as a row of its own, which the table of functions does not hold, with the order of the derivative that is
# meant as its first argument, and may have parameters: the order of a Bessel function. The series may be differentiated
# term by term, as F is analytic in a sector around the ray (Olver, Asymptotics and Special Functions, 1.8).


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


def _even_series(values: Callable[[int], Fraction | int]) -> Remainder:
    """A series in v**2."""
    return _rational(lambda k: 0 if k % 2 else values(k // 2))


def _odd_series(values: Callable[[int], Fraction | int]) -> Remainder:
    """v times a series in v**2."""
    return _rational(lambda k: values(k // 2) if k % 2 else 0)


STIRLING = _remainder(
    "stirling",
    _odd_series(lambda j: _bernoulli(2 * j + 2) / ((2 * j + 2) * (2 * j + 1))),
)
"""Of lgamma(1/v); DLMF 5.11.1."""
DIGAMMA = _remainder("digamma_rest", _even_series(lambda j: -_bernoulli(2 * j) / (2 * j) if j else 0))
"""Of digamma(1/v) - log(1/v) + v/2; DLMF 5.11.2."""


def _polygamma_rest(k: int, order: Expr) -> Expr:
    """Of v**(-n) * abs(polygamma(n, 1/v)); DLMF 5.15.8."""
    n = int(as_rational(order) or 0)
    if k == 0:
        return number(factorial(n - 1))
    if k == 1:
        return number(Fraction(factorial(n), 2))
    return ZERO if k % 2 else number(_bernoulli(k) * factorial(k + n - 1) / factorial(k))


POLYGAMMA = _remainder("polygamma_rest", _polygamma_rest, 1)
ERFC = _remainder("erfc_rest", _even_series(lambda j: Fraction((-1) ** j * _double_factorial(j), 2**j)))
"""sqrt(pi)*x*exp(x**2)*erfc(x) at x = 1/v; DLMF 7.12.1."""
DAWSON = _remainder("dawson_rest", _even_series(lambda j: Fraction(_double_factorial(j), 2**j)))
"""2*x*dawson(x) at x = 1/v; DLMF 7.5.1 and 7.12.1."""
EI = _remainder("ei_rest", _rational(factorial))
"""x*exp(-x)*ei(x) at x = 1/v; DLMF 6.12.2."""
COSINE_PART = _remainder("f_rest", _odd_series(lambda j: (-1) ** j * factorial(2 * j)))
"""The auxiliary function f(1/v) of si and ci; DLMF 6.12.3."""
SINE_PART = _remainder("g_rest", _even_series(lambda j: (-1) ** (j - 1) * factorial(2 * j - 1) if j else 0))
"""The auxiliary function g(1/v); DLMF 6.12.4."""


def _rising(m: int) -> Fraction:
    """(1/2)_m."""
    return prod((Fraction(2 * j + 1, 2) for j in range(m)), start=Fraction(1))


FRESNEL_F = _remainder("fresnel_f_rest", _even_series(lambda j: (-1) ** j * _rising(2 * j)))
"""pi*x*f(x) at v = 2/(pi*x**2); DLMF 7.12.2."""
FRESNEL_G = _remainder("fresnel_g_rest", _odd_series(lambda j: (-1) ** j * _rising(2 * j + 1)))
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
AIRY_EVEN = _remainder("airy_even_rest", _even_series(lambda j: (-1) ** j * _airy(2 * j)))
AIRY_ODD = _remainder("airy_odd_rest", _odd_series(lambda j: (-1) ** j * _airy(2 * j + 1)))
"""Series in 1/zeta, zeta = 2/3*x**(3/2), of the Airy functions; DLMF 9.7.5 to 9.7.11."""


def _incomplete_gamma(k: int, order: Expr) -> Expr:
    """(s - 1)*(s - 2)*...*(s - k)."""
    return times(*(plus(order, number(-j)) for j in range(1, k + 1))) if k else ONE


UPPER_GAMMA = _remainder("uppergamma_rest", _incomplete_gamma, 1)
"""x**(1 - s)*exp(x)*uppergamma(s, x); DLMF 8.11.2."""


# --- formulas ----------------------------------------------------------------------------------


Rule = Callable[..., Expr]
Law = Callable[..., Expr]
"""A function at inf, of the scale and its arguments."""
_HALF = number(Fraction(1, 2))


class _Rest(NamedTuple):
    """A remainder of an argument, and with a parameter if it has one."""

    row: Row
    argument: str = "1/u"
    parameter: str = "n"


def _formula(text: str, **remainders: Row | _Rest) -> Law:
    """A function by its formula, in which names stand for remainders."""
    names = ("n", "u", *remainders)

    def apply(scale: PhasedScale, *args: Expr) -> Expr:
        values = dict(zip(names[2 - len(args) : 2], args, strict=True))
        waves: dict[Expr, tuple[Expr, Expr]] = {}

        def write(source: str) -> Expr:
            return rules.fill(source, names, values, lambda op, parts: _build(scale, waves, op, parts))

        for name, remainder in remainders.items():
            row, argument, parameter = remainder if isinstance(remainder, _Rest) else _Rest(remainder)
            parameters = [write(parameter)] if len(row.args) > 2 else []
            values[name] = make(row, ZERO, *parameters, write(argument))
        return write(text)

    return apply


def _build(scale: PhasedScale, waves: dict[Expr, tuple[Expr, Expr]], op: Row, args: Sequence[Expr]) -> Expr:
    """A node of a formula in the scale; constants but for sums and products are written as they are."""
    if op in (table.SIN, table.COS):
        if args[0] not in waves:
            waves[args[0]] = scale.sine_cosine(args[0])
        return waves[args[0]][op is table.COS]
    if op in _ARITHMETIC:
        return _ARITHMETIC[op](*args)
    if not variables(*args):
        return make(table.POW, args[0], _HALF) if op is table.SQRT else make(op, *args)
    if op is table.POW:
        return scale.power(*args)
    if op is table.EXP:
        return scale.exponential(*args)
    return scale.logarithm(*args) if op is table.LOG else make(op, *args)


_ARITHMETIC: Mapping[Row, Callable[..., Expr]] = {
    table.ADD: plus,
    table.SUB: minus,
    table.NEG: negative,
    table.MUL: times,
    table.DIV: lambda first, second: times(first, raised(second, -1)),
}

# --- both infinities ------------------------------------------------------------------------------------------


def _outside(name: str, law: Law) -> Rule:
    """A function that has no values at -inf."""

    def apply(scale: PhasedScale, sign: int, *args: Expr) -> Expr:
        if sign < 0:
            raise Undefined(f"{name} has no values there")
        return law(scale, *args)

    return apply


def _undecided(name: str, law: Law) -> Rule:
    """A function of which nothing is known at -inf."""

    def apply(scale: PhasedScale, sign: int, *args: Expr) -> Expr:
        if sign < 0:
            raise Undecidable(f"{name} at -inf")
        return law(scale, *args)

    return apply


def _both(law: Law, mirrored: Law | None = None) -> Rule:
    """A function with one formula at both infinities, or another one at -inf, in minus its argument."""

    def apply(scale: PhasedScale, sign: int, u: Expr) -> Expr:
        return law(scale, u) if sign > 0 or mirrored is None else mirrored(scale, negative(u))

    return apply


def _odd(law: Law) -> Rule:
    """An odd function."""
    return _both(law, lambda scale, u: negative(law(scale, u)))


def _of_parity(law: Law) -> Rule:
    """A function with an order: odd or even as the order is; others have no values at -inf."""

    def apply(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
        if sign > 0:
            return law(scale, order, u)
        n = as_rational(order)
        if n is None or n.denominator != 1:
            raise Undefined("a Bessel function of a broken order has no values there")
        value = law(scale, order, negative(u))
        return value if n % 2 == 0 else negative(value)

    return apply


# --- functions that are not one formula -----------------------------------------------------------------------

_DIGAMMA = _undecided("digamma", _formula("log(u) - 1/(2*u) + r", r=DIGAMMA))
_UPPER_GAMMA = "exp(-u)*u**(n - 1)*r"


def _polygamma(scale: PhasedScale, sign: int, order: Expr, u: Expr) -> Expr:
    n = as_rational(order)
    if n == 0:
        return _DIGAMMA(scale, sign, u)
    if sign < 0 or n is None or n.denominator != 1 or n < 0:
        raise Undecidable("polygamma at infinity")
    if n > MAX_ORDER:
        raise Undecidable("polygamma of a far order")
    v = raised(u, -1)
    return times(number((-1) ** (int(n) + 1)), raised(v, n), make(POLYGAMMA, ZERO, order, v))


def _zeta(scale: PhasedScale, u: Expr) -> Expr:
    """1 + 2**-s + 3**-s + 4**-s + ..., what follows being at most 2*5**-s; DLMF 25.2.1."""
    powers = [scale.exponential(negative(times(u, make(table.LOG, number(n))))) for n in (2, 3, 4, 5)]
    return plus(ONE, *powers[:3], times(scale.unknown(0.0, 2.0), powers[3]))


def _lambertw(scale: PhasedScale, u: Expr) -> Expr:
    """log(u) - log(log(u) - ...): each step divides the error, log(W) at first, by W; DLMF 4.13.10."""
    log_u = scale.logarithm(u)
    first = total = log_u
    for _ in range(_LAMBERT_STEPS):
        total = minus(first, scale.logarithm(total))
    error = times(scale.logarithm(log_u), raised(times(_HALF, log_u), -_LAMBERT_STEPS))
    return plus(total, times(scale.unknown(-1.0, 1.0), error))


_LAMBERT_STEPS = 4

# --- the table ------------------------------------------------------------------------------------------------

_STIRLING = "(u - 0.5)*log(u) - u + 0.5*log(2*pi) + r"
_ERFC = "exp(-(u*u))*r/(u*sqrt(pi))"
_E1 = "-(exp(-u)*q/(-u))"
_WAVE = "u - (0.5*n + 0.25)*pi"  # DLMF 10.17.2
_BESSEL = {"p": BESSEL_P, "q": BESSEL_Q}
_FRESNEL = {"f": _Rest(FRESNEL_F, "1/(0.5*pi*u*u)"), "g": _Rest(FRESNEL_G, "1/(0.5*pi*u*u)")}
_FALLING, _RISING = "exp(-(2/3*u**(3/2)))", "exp(2/3*u**(3/2))"
_IN_ZETA = "1/(2/3*u**(3/2))"
_AIRY = {"p": _Rest(AIRY_EVEN, _IN_ZETA), "q": _Rest(AIRY_ODD, _IN_ZETA)}
_AIRY_WAVE = "2/3*u**(3/2) - 0.25*pi"

AT_INFINITY: Mapping[Row, Rule] = {
    table.GAMMA: _undecided("gamma", _formula(f"exp({_STIRLING})", r=STIRLING)),
    table.LGAMMA: _undecided("gamma", _formula(_STIRLING, r=STIRLING)),
    table.DIGAMMA: _DIGAMMA,
    table.get("polygamma", 2): _polygamma,
    table.get("uppergamma", 2): _outside("uppergamma", _formula(_UPPER_GAMMA, r=UPPER_GAMMA)),
    table.get("lowergamma", 2): _outside("lowergamma", _formula(f"gamma(n) - {_UPPER_GAMMA}", r=UPPER_GAMMA)),
    table.get("zeta", 1): _undecided("zeta", _zeta),
    table.LAMBERTW: _outside("lambertw", _lambertw),
    table.ERFC: _both(_formula(_ERFC, r=ERFC), _formula(f"2 - {_ERFC}", r=ERFC)),
    table.get("erf", 1): _odd(_formula(f"1 - {_ERFC}", r=ERFC)),
    table.get("erfcx", 1): _both(
        _formula("r/(u*sqrt(pi))", r=ERFC), _formula("2*exp(u*u) - r/(u*sqrt(pi))", r=ERFC)
    ),
    table.get("dawson", 1): _both(_formula("r/(2*u)", r=DAWSON)),
    table.get("erfi", 1): _both(_formula("exp(u*u)*r/(u*sqrt(pi))", r=DAWSON)),
    table.get("ei", 1): _both(_formula("exp(u)*r/u", r=EI)),
    table.get("expint", 1): _outside("expint", _formula(_E1, q=_Rest(EI, "1/(-u)"))),
    # x**(n - 1)*uppergamma(1 - n, x); DLMF 8.19.1
    table.get("expint", 2): _outside(
        "expint", _formula("u**(n - 1)*(exp(-u)*u**(1 - n - 1)*r)", r=_Rest(UPPER_GAMMA, "1/u", "1 - n"))
    ),
    table.get("li", 1): _outside("li", _formula("exp(log(u))*r/log(u)", r=_Rest(EI, "1/log(u)"))),
    table.get("si", 1): _odd(_formula("0.5*pi - p*cos(u) - q*sin(u)", p=COSINE_PART, q=SINE_PART)),
    table.get("ci", 1): _outside("ci", _formula("p*sin(u) - q*cos(u)", p=COSINE_PART, q=SINE_PART)),
    # (ei(x) + E1(x))/2 and (ei(x) - E1(x))/2; DLMF 6.5.3
    table.get("shi", 1): _odd(_formula(f"0.5*(exp(u)*r/u + ({_E1}))", r=EI, q=_Rest(EI, "1/(-u)"))),
    table.get("chi", 1): _outside("chi", _formula(f"0.5*(exp(u)*r/u - ({_E1}))", r=EI, q=_Rest(EI, "1/(-u)"))),
    # 1/2 plus what oscillates; DLMF 7.5.3, 7.5.4
    table.get("fresnels", 1): _odd(
        _formula("0.5 + (-f*cos(0.5*pi*u*u) - g*sin(0.5*pi*u*u))/(pi*u)", **_FRESNEL)
    ),
    table.get("fresnelc", 1): _odd(
        _formula("0.5 + (f*sin(0.5*pi*u*u) - g*cos(0.5*pi*u*u))/(pi*u)", **_FRESNEL)
    ),
    # J and Y by DLMF 10.17.3 and 10.17.4
    table.get("besselj", 2): _of_parity(
        _formula(f"(2/(pi*u))**(1/2)*(p*cos({_WAVE}) - q*sin({_WAVE}))", **_BESSEL)
    ),
    table.get("bessely", 2): _outside(
        "bessely", _formula(f"(2/(pi*u))**(1/2)*(p*sin({_WAVE}) + q*cos({_WAVE}))", **_BESSEL)
    ),
    table.get("besseli", 2): _of_parity(_formula("exp(u)*(1/(2*pi*u))**(1/2)*r", r=BESSEL_I)),
    table.get("besselk", 2): _outside("besselk", _formula("exp(-u)*(pi/(2*u))**(1/2)*r", r=BESSEL_K)),
    # DLMF 9.7.5 to 9.7.11
    table.get("airyai", 1): _both(
        _formula(f"0.5/sqrt(pi)*u**(-1/4)*{_FALLING}*r", r=_Rest(AIRY_FALLING, _IN_ZETA)),
        _formula(f"u**(-1/4)/sqrt(pi)*(cos({_AIRY_WAVE})*p + sin({_AIRY_WAVE})*q)", **_AIRY),
    ),
    table.get("airybi", 1): _both(
        _formula(f"1/sqrt(pi)*u**(-1/4)*{_RISING}*r", r=_Rest(AIRY_RISING, _IN_ZETA)),
        _formula(f"u**(-1/4)/sqrt(pi)*(cos({_AIRY_WAVE})*q - sin({_AIRY_WAVE})*p)", **_AIRY),
    ),
    table.get("airyaiprime", 1): _undecided(
        "the slope of an Airy function",
        _formula(f"-0.5/sqrt(pi)*u**(1/4)*{_FALLING}*r", r=_Rest(AIRY_SLOPE_FALLING, _IN_ZETA)),
    ),
    table.get("airybiprime", 1): _undecided(
        "the slope of an Airy function",
        _formula(f"1/sqrt(pi)*u**(1/4)*{_RISING}*r", r=_Rest(AIRY_SLOPE_RISING, _IN_ZETA)),
    ),
}  # fmt: skip
