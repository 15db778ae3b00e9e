"""Functions at the points where their Taylor series end: poles, logarithms, edges of domains, infinity.

A rule (`RULES`) takes the arguments on one side of the point. It gives None where the limit is an ordinary
point, raises Undefined where the side lies outside of the domain, Undecidable where the function has no
series in powers and logarithms, or none is known here.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import factorial, isfinite, prod
from typing import NamedTuple

from flint import arb, arb_series, ctx

from dcalc import functions as table
from dcalc.errors import Undefined
from dcalc.functions import Row
from dcalc.numbers.ball_special import MAX_ORDER
from dcalc.proof.constant import MINUS_ONE, ONE, ZERO, Constant, function_value, pi, rational
from dcalc.proof.special_functions import bernoulli_number, closed_constant
from dcalc.verdict.composition import (
    Coefficients,
    compose,
    constant_power,
    expand_taylor,
    exponential,
    log_value,
    logarithm,
    power,
    sign_at_infinity,
    sine_cosine,
    split,
    taylor_constant,
)
from dcalc.verdict.scale import FLAT, Undecidable, logarithmic_order
from dcalc.verdict.series import (
    ONE_SERIES,
    ZERO_SERIES,
    Series,
    add,
    constant_term,
    monomial,
    multiply,
    negate,
    scale,
    subtract,
)

SingularRule = Callable[[Row, list[Series], int], Series | None]
"""The series of a function at a singular point, with the given number of orders beyond the leading one."""

# --- how far a series is from a singular point ----------------------------------------------------------


def finite_limit(series: Series) -> Constant | None:
    """The limit of a series, None where it is infinite."""
    growing, limit, _ = split(series)
    return None if growing.terms else limit


class Distance(NamedTuple):
    """How far a series is from an edge that it tends to, and on which side (-1 or 1) it is."""

    series: Series
    sign: int

    def inside(self, inner: int) -> Series:
        """The distance, from an edge where the domain lies on the side ``inner``; raises Undefined outside."""
        if self.sign != inner:
            raise Undefined("argument outside of the domain")
        return self.series

    @property
    def size(self) -> Series:
        """The absolute value of the distance."""
        return self.series if self.sign > 0 else negate(self.series)


def distance_from(series: Series, edge: Constant, row: Row) -> Distance | None:
    """The distance of a series that tends to ``edge``; None for other limits."""
    limit = finite_limit(series)
    if limit is None or not (limit - edge).is_zero():
        return None
    distance = subtract(series, monomial(edge))
    sign = distance.sign()
    if not sign:
        raise Undefined(f"{row.name} has no value there")
    return Distance(distance, sign)


def rational_terms(values: Callable[[int], Fraction | int]) -> Coefficients:
    """The coefficients of a power series with rational ones."""
    return lambda count: [rational(values(k)) for k in range(count)]


# --- exponential, trigonometric and elliptic integrals where they have logarithms -----------------------


def _euler() -> Constant:
    return function_value("euler", (), arb.const_euler())


def ei(row: Row, args: list[Series], reach: int) -> Series | None:
    """ei(x) = euler + log(abs(x)) + sum of x**k/(k*k!); DLMF 6.6.1."""
    distance = distance_from(args[0], ZERO, row)
    return None if distance is None else _log_integral(distance.series, distance.size, 1, reach)


def _log_integral(x: Series, size: Series, sign: int, reach: int) -> Series:
    smooth = rational_terms(lambda k: Fraction(sign**k, k * factorial(k)) if k else 0)
    start = add(monomial(_euler()), logarithm(size, reach))
    return add(start, compose(smooth, x, reach))


def expint(row: Row, args: list[Series], reach: int) -> Series | None:
    """E1(x) = -ei(-x), x > 0; DLMF 6.6.2."""
    distance = distance_from(args[0], ZERO, row)
    if distance is None:
        return None
    x = distance.inside(1)
    return negate(_log_integral(x, x, -1, reach))


def expint_order(row: Row, args: list[Series], reach: int) -> Series | None:
    """Of an order n, at 0: a power or a logarithm, and an entire function; DLMF 8.19.8, 8.19.10."""
    order, distance = constant_term(args[0]), distance_from(args[1], ZERO, row)
    if order is None or distance is None:
        return None
    x, n = distance.inside(1), order.as_integer()
    n = n if n is not None and n > 0 else None  # whose power series has a term 1/0, and so a logarithm
    if n is not None and n > MAX_ORDER:
        raise Undecidable(f"{row.name} of a far order")

    def smooth(count: int) -> list[Constant]:
        skip = n - 1 if n is not None else -1
        below = [order - rational(1 + k) for k in range(count)]
        return [
            ZERO if k == skip else below[k].inverse().scale(Fraction((-1) ** k, factorial(k))) for k in range(count)
        ]

    rest = compose(smooth, x, reach)
    if n is None:
        front = monomial(_gamma_at(ONE - order))
        return add(multiply(front, constant_power(x, order - ONE, reach), reach), rest)
    psi = function_value("digamma", (order,), order.ball.digamma())
    front = scale(subtract(monomial(psi), logarithm(x, reach)), rational(Fraction((-1) ** (n - 1), factorial(n - 1))))
    return add(multiply(power(x, Fraction(n - 1), reach) if n > 1 else ONE_SERIES, front, reach), rest)


def li(row: Row, args: list[Series], reach: int) -> Series | None:
    """li(x) = ei(log(x)); at 0 x/log(x) times the sum of k!/log(x)**k, an asymptotic series; DLMF 6.12.2."""
    if (distance := distance_from(args[0], ONE, row)) is not None:
        small = logarithm(args[0], reach)
        return _log_integral(small, Distance(small, distance.sign).size, 1, reach)
    if (distance := distance_from(args[0], ZERO, row)) is not None:
        x = distance.inside(1)
        inverse = power(logarithm(x, reach), Fraction(-1), reach)
        return multiply(x, multiply(inverse, compose(rational_terms(factorial), inverse, reach), reach), reach)
    return None


def cosine_integral(sign: int) -> SingularRule:
    """ci and chi: euler + log(x) + sum of (sign*x**2)**k/(2*k*(2*k)!), x > 0; DLMF 6.6.6."""

    def rule(row: Row, args: list[Series], reach: int) -> Series | None:
        distance = distance_from(args[0], ZERO, row)
        if distance is None:
            return None
        x = distance.inside(1)
        smooth = rational_terms(lambda k: Fraction(sign ** (k // 2), k * factorial(k)) if k and k % 2 == 0 else 0)
        return add(add(monomial(_euler()), logarithm(x, reach)), compose(smooth, x, reach))

    return rule


def elliptic_e(row: Row, args: list[Series], reach: int) -> Series | None:
    """E(m) at 1; DLMF 19.12.2."""
    distance = distance_from(args[0], ONE, row)
    if distance is None:
        return None
    x = negate(distance.inside(-1))  # 1 - m
    # log(4/sqrt(x)), and what d(j) differs from d(0) = 2*log(2) in the coefficients
    front = add(monomial(log_value(rational(4))), scale(logarithm(x, reach), rational(Fraction(-1, 2))))
    weights = compose(lambda count: [rational(w) for w, _ in _elliptic_terms(count)], x, reach)
    rest = compose(lambda count: [rational(w * d) for w, d in _elliptic_terms(count)], x, reach)
    inner = add(multiply(weights, front, reach), rest)
    return add(ONE_SERIES, scale(multiply(x, inner, reach), rational(Fraction(1, 2))))


def elliptic_k(row: Row, args: list[Series], reach: int) -> Series | None:
    """K(m) at 1: the sum of ((1/2)_j/j!)**2*x**j*(d(j) - log(x)/2), x = 1 - m; DLMF 19.12.1."""
    distance = distance_from(args[0], ONE, row)
    if distance is None:
        return None
    x = negate(distance.inside(-1))
    front = add(monomial(log_value(rational(4))), scale(logarithm(x, reach), rational(Fraction(-1, 2))))

    def terms(count: int) -> list[tuple[Fraction, Fraction]]:
        """The weights, and d(j) - d(0)."""
        values, weight, offset = [], Fraction(1), Fraction(0)
        for j in range(count):
            values.append((weight, offset))
            weight *= Fraction(2 * j + 1, 2 * j + 2) ** 2
            offset -= Fraction(2, (2 * j + 1) * (2 * j + 2))
        return values

    weights = compose(lambda count: [rational(w) for w, _ in terms(count)], x, reach)
    rest = compose(lambda count: [rational(w * d) for w, d in terms(count)], x, reach)
    return add(multiply(weights, front, reach), rest)


def _elliptic_terms(count: int) -> list[tuple[Fraction, Fraction]]:
    """(1/2)_j*(3/2)_j/((2)_j*j!), and d(j) - d(0) - 1/((2*j + 1)*(2*j + 2))."""
    terms = []
    weight, offset = Fraction(1), Fraction(0)
    for j in range(count):
        step = Fraction(1, (2 * j + 1) * (2 * j + 2))
        terms.append((weight, offset - step))
        offset -= 2 * step
        weight *= (Fraction(1, 2) + j) * (Fraction(3, 2) + j) / ((2 + j) * (1 + j))
    return terms


# --- gamma, beta, polygamma, incomplete gamma and zeta functions at their poles and edges ----------------

_MAX_SHIFT = 60
"""Poles of gamma up to this are reached by its recurrence, a step each."""
_STIRLING = 6
"""Terms of Stirling's series: an error of s**(-13)."""
_EXACT_FACTORIALS = 400
"""Factorials up to this are written out exactly."""


def reciprocal_gamma(series: Series, reach: int) -> Series:
    """1/gamma, which has no poles: an exact zero at 0, -1, -2, ..."""
    growing, limit, small = split(series)
    if growing.terms:
        raise Undecidable("gamma at infinity")
    limit = limit.snap_to_integer()
    whole = limit.as_integer() if limit.exact is not None else None
    value = closed_constant(table.GAMMA, (limit,))
    first = None if value is None else value.inverse()
    if whole is not None and 0 < whole < _EXACT_FACTORIALS:
        first = rational(Fraction(1, factorial(whole - 1)))

    def coefficients(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([limit.ball, arb(1)], prec=max(count, 2)).rgamma()
            series = [taylor_constant(table.GAMMA, (limit, MINUS_ONE), k, values[k]) for k in range(count)]
            return series if first is None else [first, *series[1:]][:count]
        finally:
            ctx.cap = cap

    return compose(coefficients, small, reach)


def gamma(_row: Row, args: list[Series], reach: int) -> Series:
    """Through 1/gamma, which is entire; at infinity by Stirling's series."""
    if sign_at_infinity(args[0]) > 0:
        return _stirling(args[0], reach)
    below = reciprocal_gamma(args[0], reach)
    if below.is_exact_zero:
        raise Undefined("a pole")
    return power(below, Fraction(-1), reach)


def _stirling(s: Series, reach: int) -> Series:
    """exp of (s - 1/2)*log(s) - s + log(2*pi)/2 + 1/(12*s) - ...; DLMF 5.11.1."""
    inverse = power(s, Fraction(-1), reach)
    square = multiply(inverse, inverse, reach)
    total = subtract(multiply(subtract(s, monomial(rational(Fraction(1, 2)))), logarithm(s, reach), reach), s)
    total = add(total, monomial(log_value(pi().scale(2)).scale(Fraction(1, 2))))
    for k in range(1, _STIRLING + 1):
        total = add(total, scale(inverse, rational(bernoulli_number(2 * k) / (2 * k * (2 * k - 1)))))
        inverse = multiply(inverse, square, reach)
    rest = inverse.dominant_rank()
    return exponential(add(total, Series((), FLAT if rest.a == FLAT else logarithmic_order(rest.a, rest.b))), reach)


def beta(row: Row, args: list[Series], reach: int) -> Series:
    """gamma(a)*gamma(b)/gamma(a + b)."""
    product = multiply(gamma(row, args[:1], reach), gamma(row, args[1:], reach), reach)
    return multiply(product, reciprocal_gamma(add(*args), reach), reach)


def binomial(_row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(n + 1)/(gamma(k + 1)*gamma(n - k + 1)), where it is not a polynomial in n."""
    n, k = args
    count = constant_term(k)
    whole = None if count is None else count.as_integer()
    if whole is not None and whole >= 0:
        return None
    product = multiply(gamma(_row, [add(n, ONE_SERIES)], reach), reciprocal_gamma(add(k, ONE_SERIES), reach), reach)
    return multiply(product, reciprocal_gamma(add(subtract(n, k), ONE_SERIES), reach), reach)


def _pole(series: Series, row: Row) -> tuple[int, Series] | None:
    """(m, s + m) for a series s that tends to the pole -m of gamma."""
    limit = finite_limit(series)
    whole = None if limit is None or limit.ball > 0 else limit.as_integer()
    if whole is None or whole > 0:
        return None
    if whole < -_MAX_SHIFT:
        raise Undecidable(f"{row.name} at a far pole")
    distance = distance_from(series, rational(whole), row)
    return None if distance is None else (-whole, distance.series)


def digamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """The polygamma function of order 0."""
    return polygamma(row, [Series(()), *args], reach)


def polygamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """psi_n(s) = psi_n(s + m + 1) - (-1)**n*n! * sum of (s + j)**(-n-1), j = 0..m; DLMF 5.15.5."""
    order = constant_term(args[0])
    if order is None:
        _require_positive(row, args[1])
        return None
    n = order.as_integer()
    if n is None or n < 0:  # balanced, right of 0
        if (distance := distance_from(args[1], ZERO, row)) is not None:
            distance.inside(1)
            raise Undecidable(f"{row.name} at 0")
        return None
    pole = _pole(args[1], row)
    if pole is None:
        return None
    if n > MAX_ORDER:
        raise Undecidable(f"{row.name} of a far order")
    shift = monomial(rational(pole[0] + 1))
    arguments = [add(args[1], shift)] if row is table.DIGAMMA else [args[0], add(args[1], shift)]
    total = expand_taylor(row, arguments, len(arguments) - 1, reach)
    factor = rational((-1) ** (n + 1) * factorial(n))
    for j in range(pole[0] + 1):
        part = power(add(args[1], monomial(rational(j))), Fraction(-n - 1), reach)
        total = add(total, scale(part, factor))
    return total


def _require_positive(row: Row, x: Series) -> Constant | None:
    """A function of x > 0 alone, where its first argument varies: raises Undefined where x is another constant, which
    is returned where it is 0."""
    constant = constant_term(x)
    if constant is None or (sign := constant.sign()) > 0:
        return None
    if sign < 0:
        raise Undefined(f"{row.name} needs a second argument > 0 where the first varies")
    return constant


def lower_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """x**s * sum of (-x)**k/(k!*(s + k)), s > 0; DLMF 8.7.1."""
    order = constant_term(args[0])
    if order is None:
        _require_positive(row, args[1])
        if (edge := distance_from(args[0], ZERO, row)) is not None:
            edge.inside(1)
            raise Undecidable(f"{row.name} of an order that tends to 0")
        return None
    distance = distance_from(args[1], ZERO, row)
    if distance is None or order.as_integer() is not None:
        return None
    x, s = distance.inside(1), order

    def smooth(count: int) -> list[Constant]:
        return [(s + rational(k)).inverse().scale(Fraction((-1) ** k, factorial(k))) for k in range(count)]

    return multiply(constant_power(x, s, reach), compose(smooth, x, reach), reach)


def upper_gamma(row: Row, args: list[Series], reach: int) -> Series | None:
    """gamma(s) less the lower function, s > 0; else x**s times expint(1 - s, x); DLMF 8.19.1."""
    order = constant_term(args[0])
    if order is None:
        _require_positive(row, args[1])
    if order is None:
        return None
    if order.sign() <= 0:
        if (distance := distance_from(args[1], ZERO, row)) is None:
            return None
        integral = expint_order(row, [monomial(ONE - order), args[1]], reach)
        assert integral is not None
        return multiply(constant_power(distance.inside(1), order, reach), integral, reach)
    lower = lower_gamma(row, args, reach)
    return None if lower is None else subtract(monomial(_gamma_at(order)), lower)


def _gamma_at(at: Constant) -> Constant:
    """gamma at a constant that is not a pole, exactly where it has a closed form."""
    closed = closed_constant(table.GAMMA, (at,))
    return function_value("gamma", (at,), at.ball.gamma()) if closed is None else closed


def incomplete_beta(row: Row, args: list[Series], reach: int) -> Series | None:
    """x**a/beta(a, b) * sum of (1 - b)_k*x**k/(k!*(a + k)) at 0, and 1 less the same of 1 - x, b and a at 1; DLMF
    8.17.4, 8.17.7."""
    first, second = constant_term(args[0]), constant_term(args[1])
    if first is None or second is None:
        for parameter in args[:2]:
            if (edge := distance_from(parameter, ZERO, row)) is not None:
                edge.inside(1)
                raise Undecidable(f"{row.name} of a parameter that tends to 0")
        return None
    for ordinal, constant in (("first", first), ("second", second)):
        if constant.sign() <= 0:
            raise Undefined(f"{row.name} needs a {ordinal} argument > 0")
    if (distance := distance_from(args[2], ZERO, row)) is not None:
        return _beta_at_zero(first, second, distance.inside(1), reach)
    if (distance := distance_from(args[2], ONE, row)) is not None:
        rest = negate(distance.inside(-1))
        return subtract(ONE_SERIES, _beta_at_zero(second, first, rest, reach))
    return None


def _beta_at_zero(a: Constant, b: Constant, x: Series, reach: int) -> Series:
    scale_ball = (a.ball + b.ball).gamma() * a.ball.rgamma() * b.ball.rgamma()
    front = function_value("beta", (a, b, MINUS_ONE), scale_ball)

    def smooth(count: int) -> list[Constant]:
        values, value = [], front
        for k in range(count):
            values.append(value * (a + rational(k)).inverse())
            value = (value * (rational(k + 1) - b)).scale(Fraction(1, k + 1))
        return values

    return multiply(constant_power(x, a, reach), compose(smooth, x, reach), reach)


def zeta(row: Row, args: list[Series], reach: int) -> Series | None:
    """Of Riemann, and of Hurwitz for a > 0: 1/(s - 1) and an entire function. Hurwitz's poles in a are
    those of a polygamma function; DLMF 25.11.12."""
    second = constant_term(args[1]) if len(args) > 1 else ONE
    if second is None or not second.ball > 0:
        return _zeta_of_two(row, args, reach)
    distance = distance_from(args[0], ONE, row)
    if distance is None:
        return None

    def smooth(count: int) -> list[Constant]:
        cap, ctx.cap = ctx.cap, max(count, 2)
        try:
            values = arb_series([arb(1), arb(1)], prec=max(count, 2)).zeta(second.ball, True)
            return [function_value("stieltjes", (second, rational(k)), values[k]) for k in range(count)]
        finally:
            ctx.cap = cap

    return add(power(distance.series, Fraction(-1), reach), compose(smooth, distance.series, reach))


def _zeta_of_two(row: Row, args: list[Series], reach: int) -> Series | None:
    order = constant_term(args[0])
    n = None if order is None else order.as_integer()
    if order is not None and n is not None and n >= 2:
        series = polygamma(table.get("polygamma", 2), [monomial(rational(n - 1)), args[1]], reach)
        return None if series is None else scale(series, rational(Fraction((-1) ** n, factorial(n - 1))))
    first, second = (finite_limit(arg) for arg in args)
    whole = None if second is None or second.ball > 0 else second.as_integer()
    if (first is not None and (first - ONE).is_zero()) or (whole is not None and whole <= 0):
        raise Undecidable(f"{row.name} at a pole")
    return None


def polylog(row: Row, args: list[Series], reach: int) -> Series | None:
    """At 1, by w = -log(x): gamma(1 - s)*w**(s - 1) and a power series, or of a whole order s > 0 a power of w times
    its logarithm; DLMF 25.12.12, and Erdelyi et al. 1953, 1.11(9)."""
    order, distance = constant_term(args[0]), distance_from(args[1], ONE, row)
    if distance is None:
        return None
    distance.inside(-1)
    if order is None:
        raise Undecidable(f"{row.name} at 1 where the order varies")
    w = negate(logarithm(args[1], reach))
    n = order.as_integer()
    skip = -1 if n is None or n < 1 else n - 1
    if skip > MAX_ORDER:
        raise Undecidable(f"{row.name} of a far order")

    def smooth(count: int) -> list[Constant]:
        values = []
        for k in range(count):
            at = order - rational(k)
            value = ZERO if k == skip else function_value("zeta", (at,), at.ball.zeta())
            values.append(value.scale(Fraction((-1) ** k, factorial(k))))
        return values

    rest = compose(smooth, w, reach)
    if skip < 0:
        front = monomial(function_value("gamma", (ONE - order,), (1 - order.ball).gamma()))
        return add(multiply(front, constant_power(w, order - ONE, reach), reach), rest)
    harmonic = sum((Fraction(1, k) for k in range(1, skip + 1)), Fraction(0))
    inner = subtract(monomial(rational(harmonic)), logarithm(w, reach))
    power_of = power(negate(w), Fraction(skip), reach) if skip else ONE_SERIES
    return add(scale(multiply(power_of, inner, reach), rational(Fraction(1, factorial(skip)))), rest)


def incomplete_elliptic(row: Row, args: list[Series], reach: int) -> Series | None:
    """At m = 1 beyond the first quarter, by periods: f(phi, m) = 2*j*f(m) + f(phi - j*pi, m); DLMF 19.2.10."""
    angle, parameter = constant_term(args[0]), constant_term(args[1])
    if row.name == "elliptic_f" and parameter is not None and (parameter - ONE).is_zero():
        for sign in (1, -1):
            if (distance := distance_from(args[0], pi().scale(Fraction(sign, 2)), row)) is not None:
                distance.inside(-sign)
                raise Undecidable(f"{row.name} at the edge of its domain")
    if angle is None or parameter is not None or (distance := distance_from(args[1], ONE, row)) is None:
        return None
    turns = float((angle.ball / arb.pi()).mid())
    if not isfinite(turns):
        raise Undecidable(f"{row.name} beyond the doubles")
    periods = round(turns)
    if not periods:
        return None
    distance.inside(-1)
    if row.name != "elliptic_e":
        raise Undecidable(f"{row.name} at the edge of its domain")
    whole = elliptic_e(table.get("elliptic_e", 1), args[1:], reach)
    rest = expand_taylor(row, [monomial(angle - pi().scale(periods)), args[1]], 1, reach)
    return None if whole is None else add(scale(whole, rational(2 * periods)), rest)


# --- branch points and other edges ----------------------------------------------------------------------


def _lambertw(row: Row, args: list[Series], reach: int) -> Series | None:
    """At -1/e a series in p = sqrt(2*(e*x + 1)), on the branch -1 in -p; DLMF 4.13.6, coefficients by Corless et al.
    1996, 4.22."""
    base = function_value("exp", (ONE,), arb.const_e())
    *branch, x = args
    if constant_term(x) is not None or finite_limit(x) is None:
        return None
    lower = bool(branch) and (k := constant_term(branch[0])) is not None and k.sign() < 0
    if lower and (distance := distance_from(x, ZERO, row)) is not None:
        distance.inside(-1)
        raise Undecidable(f"{row.name} at the edge of its domain")
    distance = distance_from(x, -base.inverse(), row)
    if distance is None:
        return None
    p = power(scale(distance.inside(1), base.scale(2)), Fraction(1, 2), reach)
    return compose(_branch_coefficients, negate(p) if lower else p, reach)


def _branch_coefficients(count: int) -> list[Constant]:
    """mu_k of W = sum of mu_k*p**k."""
    mu, alpha = [Fraction(-1), Fraction(1)], [Fraction(2), Fraction(-1)]
    for k in range(2, count):
        alpha.append(sum((mu[j] * mu[k + 1 - j] for j in range(2, k)), Fraction(0)))
        value = Fraction(k - 1, k + 1) * (mu[k - 2] / 2 + alpha[k - 2] / 4) - alpha[k] / 2 - mu[k - 1] / (k + 1)
        mu.append(value)
    return [rational(value) for value in mu[:count]]


def _bessel(sign: int) -> SingularRule:
    """J and I of an order that is not a whole number, at 0: (x/2)**n times an even series; DLMF 10.2.2, 10.25.2."""

    def rule(row: Row, args: list[Series], reach: int) -> Series | None:
        order = constant_term(args[0])
        if order is None:
            return _bessel_by_order(row, args)
        distance = distance_from(args[1], ZERO, row)
        if distance is None or order.as_integer() is not None:
            return None
        half = scale(distance.inside(1), rational(Fraction(1, 2)))
        closed = closed_constant(table.GAMMA, (order + ONE,))
        first = function_value("rgamma", (order + ONE,), (order.ball + 1).rgamma())
        first = first if closed is None else closed.inverse()

        def smooth(count: int) -> list[Constant]:
            values, value = [], first
            for k in range(count):
                values.append(ZERO if k % 2 else value)
                if k % 2:
                    step = (k + 1) // 2
                    value = (value * (order + rational(step)).inverse()).scale(Fraction(sign, step))
            return values

        return multiply(constant_power(half, order, reach), compose(smooth, half, reach), reach)

    return rule


def _bessel_by_order(row: Row, args: list[Series]) -> Series | None:
    """Where the order varies at a fixed x <= 0: 0 at 0 for positive orders."""
    if _require_positive(row, args[1]) is None:
        return None
    if args[0].sign() < 0:
        raise Undefined(f"{row.name} of a negative order at 0")
    if (limit := finite_limit(args[0])) is not None and limit.is_zero():
        raise Undecidable(f"{row.name} at 0 jumps at order 0")
    return ZERO_SERIES


def _bessel_second(row: Row, args: list[Series], reach: int) -> Series | None:
    """Y and K at 0: for a whole order a finite sum of negative powers, a logarithm times J or I, and a series
    (DLMF 10.8.1, 10.31.1); else a combination of J or I of two orders (10.2.3, 10.27.4)."""
    order, distance = constant_term(args[0]), distance_from(args[1], ZERO, row)
    if order is None or distance is None:
        return None
    x, modified = distance.inside(1), row is _BESSEL_K
    n = order.as_integer()
    if n is None:
        return _of_two_orders(order, x, modified, reach)
    if abs(n) > _MAX_BESSEL:
        raise Undecidable(f"{row.name} of a far order")
    half, size, sign = scale(x, rational(Fraction(1, 2))), abs(n), 1 if modified else -1

    def weights(k: int) -> Fraction:
        j, odd = divmod(k, 2)
        return Fraction(0) if odd else Fraction(sign**j, factorial(j) * factorial(size + j))

    def harmonic(k: int) -> Fraction:
        return weights(k) * sum((Fraction(1, i) for m in (k // 2, size + k // 2) for i in range(1, m + 1)), Fraction(0))

    top = power(half, Fraction(size), reach) if size else ONE_SERIES
    logarithmic = multiply(
        add(logarithm(half, reach), monomial(_euler())), compose(rational_terms(weights), half, reach), reach
    )
    rest = scale(compose(rational_terms(harmonic), half, reach), rational(Fraction(-1, 2)))
    total = multiply(top, add(logarithmic, rest), reach)
    if modified and size % 2 == 0:
        total = negate(total)
    for k in range(size):
        factor = Fraction((-sign) ** k * factorial(size - k - 1), 2 * factorial(k))
        pole = power(half, Fraction(2 * k - size), reach) if 2 * k != size else ONE_SERIES
        total = add(total, scale(pole, rational(factor if modified else -factor)))
    if modified:
        return total
    return scale(total, pi().inverse().scale(2 if n >= 0 or n % 2 == 0 else -2))


def _of_two_orders(order: Constant, x: Series, modified: bool, reach: int) -> Series:
    """K as pi/2*(I(-n) - I(n))/sin(n*pi), Y as (J(n)*cos(n*pi) - J(-n))/sin(n*pi)."""
    first = table.get("besseli" if modified else "besselj", 2)
    rule = _bessel(1 if modified else -1)
    plus, minus = (rule(first, [monomial(n), x], reach) for n in (order, -order))
    assert plus is not None
    assert minus is not None
    sine, cosine = sine_cosine(pi() * order)
    below = sine.inverse()
    if modified:
        return scale(subtract(minus, plus), pi().scale(Fraction(1, 2)) * below)
    if not cosine.is_zero():
        minus = subtract(minus, scale(plus, cosine))
    return scale(minus, -below)


_BESSEL_K = table.get("besselk", 2)
_MAX_BESSEL = 60
"""Negative powers at 0 that are written out."""


def _inverse_error(*edges: tuple[int, int, int]) -> SingularRule:
    """erfinv and erfcinv at the edges of their domains: (edge, side of the domain, sign at it).

    erfc(y) = t gives y**2 + log(y) + O(1) = log(1/t), DLMF 7.12.1, and so y = sqrt(log(1/t)) up to O(L**(-1/4)).
    """

    def rule(row: Row, args: list[Series], reach: int) -> Series | None:
        for edge, inner, sign in edges:
            if (distance := distance_from(args[0], rational(edge), row)) is not None:
                distance.inside(inner)
                root = power(negate(logarithm(distance.size, reach)), Fraction(1, 2), reach)
                return scale(add(root, Series((), logarithmic_order(0, Fraction(-1, 4)))), rational(sign))
        return None

    return rule


def _spherical(row: Row, args: list[Series], reach: int) -> Series | None:
    """j_n: at 0 by its power series (DLMF 10.53.1), elsewhere through J of a half-integral order."""
    order = constant_term(args[0])
    n, limit = None if order is None else order.as_integer(), finite_limit(args[1])
    if order is None or n is None or n < 0 or limit is None:
        return None
    if n > MAX_ORDER:
        raise Undecidable(f"{row.name} of a far order")
    sign = limit.sign()
    if sign:
        size = args[1] if sign > 0 else negate(args[1])
        bessel = table.get("besselj", 2)
        values = expand_taylor(bessel, [monomial(order + rational(Fraction(1, 2))), size], 1, reach)
        front = power(scale(power(size, Fraction(-1), reach), pi().scale(Fraction(1, 2))), Fraction(1, 2), reach)
        return scale(multiply(front, values, reach), rational(sign**n))

    def smooth(k: int) -> Fraction:
        half, odd = divmod(k, 2)
        below = factorial(half) * 2**half * prod(range(1, 2 * n + 2 * half + 2, 2))
        return Fraction(0) if odd else Fraction((-1) ** half, below)

    front = power(args[1], Fraction(n), reach) if n else ONE_SERIES
    return multiply(front, compose(rational_terms(smooth), args[1], reach), reach)


# --- at infinity --------------------------------------------------------------------------------


def _erf(row: Row, args: list[Series], _reach: int) -> Series | None:
    """erf tends to +-1 and erfc to 0 or 2, faster than any power."""
    side = sign_at_infinity(args[0])
    if not side:
        return None
    return add(monomial(rational(side if row is table.ERF else 1 - side)), Series((), FLAT))


def _asinh(_row: Row, args: list[Series], reach: int) -> Series | None:
    """+-log(size + sqrt(size**2 + 1))."""
    side = sign_at_infinity(args[0])
    if not side:
        return None
    size = args[0] if side > 0 else negate(args[0])
    root = power(add(multiply(size, size, reach), ONE_SERIES), Fraction(1, 2), reach)
    return scale(logarithm(add(size, root), reach), rational(side))


RULES: dict[Row, SingularRule] = {
    table.GAMMA: gamma,
    table.DIGAMMA: digamma,
    table.ERF: _erf,
    table.ERFC: _erf,
    table.ASINH: _asinh,
    table.LAMBERTW: _lambertw,
    table.get("lambertw", 2): _lambertw,
    table.get("binomial", 2): binomial,
    table.get("polylog", 2): polylog,
    table.get("elliptic_f", 2): incomplete_elliptic,
    table.get("elliptic_e", 2): incomplete_elliptic,
    table.get("polygamma", 2): polygamma,
    table.get("beta", 2): beta,
    table.get("lowergamma", 2): lower_gamma,
    table.get("uppergamma", 2): upper_gamma,
    table.get("betainc", 3): incomplete_beta,
    table.get("zeta", 1): zeta,
    table.get("zeta", 2): zeta,
    table.get("ei", 1): ei,
    table.get("expint", 1): expint,
    table.get("li", 1): li,
    table.get("ci", 1): cosine_integral(-1),
    table.get("chi", 1): cosine_integral(1),
    table.get("elliptic_e", 1): elliptic_e,
    table.get("elliptic_k", 1): elliptic_k,
    table.get("besselj", 2): _bessel(-1),
    table.get("besseli", 2): _bessel(1),
    table.get("sphericalbesselj", 2): _spherical,
    table.get("bessely", 2): _bessel_second,
    _BESSEL_K: _bessel_second,
    table.get("erfinv", 1): _inverse_error((-1, 1, -1), (1, -1, 1)),
    table.get("erfcinv", 1): _inverse_error((0, 1, 1), (2, -1, -1)),
    table.get("expint", 2): expint_order,
}
_POLES = (gamma, digamma, polygamma, beta, binomial, zeta, _spherical)
MEROMORPHIC = frozenset(row for row, rule in RULES.items() if rule in _POLES)
"""Rows whose singular points are poles, so that one series holds on both sides."""
