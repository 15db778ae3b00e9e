"""Special functions on balls: gamma and its kin, zeta, error functions, integrals and inverses."""

from collections.abc import Callable
from math import factorial, floor, isfinite

from flint import acb, acb_series, arb, arb_series, ctx

from dcalc.errors import Undecided, Undefined
from dcalc.numbers.ball import (
    RULES,
    Ball,
    above,
    abs_,
    as_number,
    below,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    inverse,
    is_number,
    like,
    nonzero,
    off_poles,
    orders,
    refusal,
    require,
    rule,
    rule_of,
    unequal,
    whole,
)
from dcalc.numbers.ball_circle import Analytic, expand, near
from dcalc.numbers.ball_elementary import log1p
from dcalc.numbers.slow_functions import GAMMA_BITS, INVERSE_BITS, ZETA_BITS, allow, allow_hurwitz, allow_polygamma

_SHARP = 60
_MOST_STEPS = 50
"""Balls known to fewer bits than the one, and not further left than the other, are stepped to the right."""


@rule
def gamma(x: Ball) -> Ball:
    """The gamma function, away from its poles 0, -1, -2, ..."""
    off_poles(x)
    allow(GAMMA_BITS)
    if _is_wide(x):
        return finite(_step_right(x, max(1, 1 - floor(float(constant(x).lower())))))
    return finite(x.gamma())


def _is_wide(x: Ball) -> bool:
    """Whether flint's own balls are too wide: left of 0 they are as wide as its reflection formula
    makes them."""
    center = constant(x)
    return bool(-_MOST_STEPS < center < 1) and center.rel_accuracy_bits() < _SHARP


def _step_right(x: Ball, steps: int) -> Ball:
    """gamma(x + steps)/(x*(x + 1)*...), DLMF 5.5.1."""
    product = x
    for k in range(1, steps):
        product = product * (x + k)
    return (x + steps).gamma() / product


@rule
def lgamma(x: Ball) -> Ball:
    """log(abs(gamma(x))), away from the poles."""
    off_poles(x)
    allow(GAMMA_BITS)
    if constant(x) > 0:
        return finite(x.lgamma())
    return finite(abs_(gamma(x)).log() if _is_wide(x) else -abs_(x.rgamma()).log())


@rule
def digamma(x: Ball) -> Ball:
    """gamma'(x)/gamma(x), away from the poles."""
    off_poles(x)
    allow(ZETA_BITS)
    if isinstance(x, arb):
        return finite(x.digamma())
    if x[0] > _FAR:
        return finite(compose([x[0].digamma(), *_slopes(x[0], x.prec - 1)], x))
    with orders(x.prec + 1):
        near = arb_series([x[0], 1], prec=x.prec + 1)
        if x[0] > 1:
            slope = near.lgamma().derivative()
        else:  # where 1/gamma is in reach, and the logarithm of gamma would need its size
            r = near.rgamma()
            slope = -r.derivative() / r
    return finite(compose([slope[k] for k in range(x.prec)], x))


_FAR = 1 << 20
"""Beyond this 1/gamma needs many more bits than are asked."""


def _slopes(c: arb, count: int) -> list[arb]:
    """The Taylor coefficients of digamma from the first on: zeta(k + 1, c) with signs (DLMF 5.15.1)."""
    return [_hurwitz(arb(k + 1), c) * (1 if k % 2 else -1) for k in range(1, count + 1)]


@rule
def polygamma(n: Ball, x: Ball) -> Ball:
    """The n-th derivative of digamma, n = 0, 1, 2, ..., away from the poles; for all other n, and where n varies, the
    balanced polygamma function of x > 0."""
    if is_number(n) and (constant(n) >= 0 or not constant(n).is_exact()) and constant(n).contains_integer():
        return _whole_polygamma(n, x)
    if is_number(n):
        above(x, 0, name="second argument")
    elif not constant(x) > 0:
        raise Undecided("second argument needs > 0 where the first varies")
    order, c = constant(n), constant(x)
    if not abs(order) < MAX_ORDER:
        raise Undecided(f"order is beyond {MAX_ORDER:,}")
    allow(ZETA_BITS)
    if not is_number(n):
        value = polygamma(order, c)
        return finite(expand(balanced_polygamma, (n, x), (0.5, near(x)), value))
    if isinstance(x, arb):
        return finite_number(balanced_polygamma(acb(order), acb(c)).real)
    terms = [constant(polygamma(order + k, c)) / factorial(k) for k in range(x.prec)]
    return finite(compose(terms, x))


def balanced_polygamma(n: acb, x: acb) -> acb:
    """(zeta'(n + 1, x) + (euler + digamma(-n))*zeta(n + 1, x))/gamma(-n), entire in n (Espinosa and Moll 2004).

    The slope by x is that of order n + 1, and the mean over x from 0 to 1 is 0 for n < 0.
    """
    with orders(2):
        below = acb_series([-n, acb(1)], prec=2).rgamma()
        above = acb_series([n + 1, acb(1)], prec=2).zeta(x)
    return below[0] * (above[1] + acb(arb.const_euler()) * above[0]) - below[1] * above[0]


def _whole_polygamma(n: Ball, x: Ball) -> Ball:
    order = natural(constant(n))
    off_poles(x)
    if isinstance(x, arb):
        return _polygamma(order, x)
    if not order:
        return digamma(x)
    terms = _hurwitz_terms(arb(order + 1), x[0], x.prec)  # DLMF 25.11.12
    return finite(compose(terms, x) * (factorial(order) if order % 2 else -factorial(order)))


def _polygamma(order: int, x: arb) -> arb:
    """Left of 0 by reflection (DLMF 5.15.6), which flint leaves out."""
    allow_polygamma(order, x)
    if x > 0:
        return finite_number(acb(x).polygamma(acb(order)).real)
    with orders(order + 1):
        cot = arb_series([x, 1], prec=order + 1).cot_pi()[order] * factorial(order)
    mirrored = acb(1 - x).polygamma(acb(order)).real
    return finite_number((-mirrored if order % 2 else mirrored) - arb.pi() * cot)


MAX_ORDER = 10_000
"""Functions of larger whole orders take too long and are undecided."""


def natural(n: arb) -> int:
    """The integer n >= 0 that an order must be."""
    order = whole(n)
    if order is None:
        raise refusal(not n.contains_integer(), "order needs to be a whole number")
    if order < 0:
        raise Undefined("order needs >= 0")
    if order > MAX_ORDER:
        raise Undecided(f"order is above {MAX_ORDER:,}")
    return order


@rule
def invdigamma(x: Ball) -> Ball:
    """The positive y with digamma(y) = x."""
    center = constant(x)
    if center.rel_accuracy_bits() < _NARROW:  # it rises
        value = _invdigamma(center.lower()).union(_invdigamma(center.upper()))
    else:
        value = _invdigamma(center)
    return value if isinstance(x, arb) else inverse(value, digamma, x)


_NARROW = 16
"""Bits of a ball at the center of which Newton's method finds what the inverse is at all of it."""


def _invdigamma(x: arb) -> arb:
    """The positive y with digamma(y) = x, by Newton's method and then a proof: where
    abs(digamma(y) - x) <= r*digamma'(y + r), the mean value theorem puts the root within r
    of y, since digamma' falls. Far out exp(x) < y < exp(x) + 1 + exp(-x), by 1/(2*y) < log(y) - digamma(y) < 1/y
    (Alzer, Math. Comp. 66, 1997)."""
    allow(INVERSE_BITS)
    if x > ctx.prec:
        return finite_number(x.exp().union(x.exp() + 1 + (-x).exp()))
    # Minka 2000, Estimating a Dirichlet distribution, appendix C: good to 4 digits at least.
    y = x.exp() + 0.5 if x > -2 else -1 / (x - arb(1).digamma())
    for _ in range(8 + ctx.prec.bit_length()):
        step = (y.digamma() - x) / _slope(y)
        y = (y - step).mid()
        if abs(step) < y * arb(2) ** (-ctx.prec // 2 - 4):
            break  # the next step would be below the last bit
    miss = abs(y.digamma() - x).upper()
    radius = (2 * miss / _slope(y)).upper()
    if not y - radius > 0 or not miss <= _slope(y + radius) * radius:
        raise Undecided("the inverse of digamma is not enclosed")
    return finite_number((y - radius).union(y + radius))


def _slope(y: arb) -> arb:
    return acb(y).polygamma(acb(1)).real


@rule
def beta(a: Ball, b: Ball) -> Ball:
    """gamma(a)*gamma(b)/gamma(a + b), away from the poles of gamma in a and b."""
    off_poles(a)
    off_poles(b)
    allow(GAMMA_BITS)
    return finite(a.gamma() * b.gamma() * (a + b).rgamma())


# --- zeta -----------------------------------------------------------------------------


@rule
def zeta(s: Ball) -> Ball:
    """The Riemann zeta function, s != 1."""
    unequal(s, 1)
    if constant(s) > _DISTANT:
        return _distant_zeta(s)
    allow(ZETA_BITS)
    if not constant(s) > -_DISTANT:
        allow(384 if is_number(s) else 0)
    return finite(s.zeta())


_DISTANT = 1 << 32
"""From here on flint takes long for what is 1 + 2**-s to millions of digits."""


def _distant_zeta(s: Ball) -> Ball:
    """1 + 2**-s, s > 2**32. What follows, and each of its coefficients in s, is less than that term
    of 2**-s times 2**(-s/2): the term of 3**-s is, and those after it are less than half of the one before."""
    second = (-s * arb(2).log()).exp()
    scale = 1 + arb(0, (-constant(s) / 2 * arb(2).log()).exp().upper())
    if isinstance(second, arb):
        return finite(1 + second * scale)
    return finite(1 + arb_series([second[k] * scale for k in range(second.prec)], prec=second.prec))


@rule_of("zeta/2")
def hurwitz(s: Ball, a: Ball) -> Ball:
    """The Hurwitz zeta function, s != 1: a > 0, or s a whole number and a no pole."""
    if is_number(s):
        number = constant(s)
        if isinstance(a, arb):
            return like(s, _hurwitz(number, a))
        if whole(number) is not None and 0 < number <= MAX_ORDER:
            off_poles(a)  # beside a pole there are values, of which a series is known up to this order
        return finite(compose(_hurwitz_terms(number, a[0], a.prec), a))
    unequal(s, 1)
    if not constant(a) > 0:
        raise Undecided("second argument needs > 0")
    allow_hurwitz(constant(s))
    if isinstance(a, arb):
        return finite(s.zeta(a))
    value = _hurwitz(constant(s), a[0])
    return finite(expand(lambda s, a: s.zeta(a), (s, a), (near(s, 1), near(a)), value))


def _hurwitz(s: arb, a: arb) -> arb:
    unequal(s, 1)
    if a > 0:
        if s > _MANY * ctx.prec and a < 4 * s:
            return _power_sum(s, a)
        allow_hurwitz(s)
        return finite_number(s.zeta(a))
    order = whole(s)
    if order is None:
        outside = a <= 0 and not s.contains_integer()
        raise refusal(outside, "second argument needs > 0 where the first is not a whole number")
    if order < -MAX_ORDER:
        raise Undecided(f"order is below -{MAX_ORDER:,}")
    if order <= 0:
        return -a.bernoulli_poly(1 - order) / (1 - order)  # DLMF 25.11.14
    off_poles(a)
    if order > MAX_ORDER:  # flint would ask for as many terms, and end the process where it gets none
        raise Undecided(f"order is above {MAX_ORDER:,}")
    sign = -1 if order % 2 else 1
    return finite_number(sign * _polygamma(order - 1, a) / factorial(order - 1))  # DLMF 25.11.12


_MANY = 4
"""A multiple of the bits beyond which powers of that exponent fall so fast that they are summed as they are."""


def _power_sum(s: arb, a: arb) -> arb:
    """The sum of (a + k)**-s, where s is large and a is not much larger: at most three terms for each bit.

    The rest is less than its first term and the integral from there on (DLMF 25.11.1).
    """
    total, term, k = arb(0), a**-s, 0
    first = term
    while True:
        total += term
        k += 1
        term = (a + k) ** -s
        rest = (term + term * (a + k) / (s - 1)).upper()
        if not rest > first * arb(2) ** -ctx.prec or k > _MANY * ctx.prec:
            return finite_number(total + arb(rest / 2, rest / 2))


def _hurwitz_terms(s: arb, a: arb, count: int) -> list[arb]:
    """Taylor coefficients in a: the k-th derivative is (-1)**k*s*(s+1)...(s+k-1)*zeta(s + k, a)."""
    terms = [_hurwitz(s, a)]
    factor = arb(1)
    for k in range(1, count):
        before, factor = factor, -factor * (s + k - 1) / k
        if s + k == 1:  # a factor 0 against the pole of zeta, whose residue is 1
            terms.append(-before / k)
        else:
            terms.append(arb(0) if factor.is_zero() else factor * _hurwitz(s + k, a))
    return terms


@rule
def polylog(s: Ball, x: Ball) -> Ball:
    """The polylogarithm of order s: x < 1, or x = 1 and s > 1."""
    if isinstance(x, arb) and x == 1:
        above(s, 1, name="first argument")
        return zeta(s)
    below(x, 1, name="second argument")
    order, c = constant(s), constant(x)
    if not abs(order) < MAX_ORDER:
        raise Undecided(f"order is beyond {MAX_ORDER:,}")
    evaluate = _sum_polylog if abs(c) < _SUMMED and abs(order) > _LARGE else acb.polylog
    if evaluate is not _sum_polylog:
        allow(0 if abs(order) > 200 else 768 if abs(order) > 50 else ZETA_BITS)
    value = finite_number(evaluate(acb(c), acb(order)).real)
    if is_number(s) and is_number(x):
        return value
    if is_number(s) and isinstance(x, arb_series) and c.is_zero():  # the defining series
        return compose([arb(0), *(arb(k) ** -order for k in range(1, x.prec))], x)
    inside = abs(c) < 1
    rooms = (0.5, near(x, 1).min(1 - abs(c).upper()) if inside else near(x, 1))
    return finite(expand(lambda s, x: evaluate(x, s), (s, x), rooms, value, _bound_polylog if inside else None))


_SUMMED = 0.75
_LARGE = 20
"""Where powers fall fast enough to sum them, and orders for which flint loses many digits."""
_MANY_TERMS = 50_000


def _sum_polylog(x: acb, s: acb) -> acb:
    """The defining series (DLMF 25.12.10)."""
    total, power, k = acb(0), acb(1), 0
    size, low = abs(x), s.real.lower()
    tiny = arb(2) ** -ctx.prec
    while k < _MANY_TERMS:
        k += 1
        power *= x
        term = power * acb(k) ** -s
        total += term
        ratio = size * (arb(k + 1) / k) ** (-low).max(arb(0))
        if ratio < 1 and not abs(term) > tiny * abs(total):
            rest = arb(0, (abs(term) * ratio / (1 - ratio)).upper())
            return total + acb(rest, rest)
    raise Undecided("the sum converges too slowly")


def _bound_polylog(s: acb, x: acb) -> arb:
    """The defining series with real parts, inside of the unit circle."""
    size = abs(x).upper()
    return size.polylog(s.real.lower()) if size < 1 else arb.pos_inf()


# --- error functions ------------------------------------------------------------------


@rule_of("erf/2")
def erf_between(a: arb, b: arb) -> arb:
    """erf(b) - erf(a), in the tails through erfc."""
    if a > 0 and b > 0:
        return a.erfc() - b.erfc()
    if a < 0 and b < 0:
        return (-b).erfc() - (-a).erfc()
    return b.erf() - a.erf()


def _method(name: str) -> Callable[[Ball], Ball]:
    """A function that flint has as a method of numbers and of series."""

    def evaluate(x: Ball) -> Ball:
        return finite(getattr(x, name)())

    return evaluate


for _name in ("erf", "erfc", "erfi"):
    rule_of(_name)(_method(_name))


@rule
def erfinv(x: Ball) -> Ball:
    """The inverse of erf, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    value = finite_number(constant(x).erfinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erf(), x)


@rule
def erfcinv(x: Ball) -> Ball:
    """The inverse of erfc, 0 < x < 2."""
    above(x, 0)
    below(x, 2)
    value = finite_number(constant(x).erfcinv())
    return value if isinstance(x, arb) else inverse(value, lambda y: y.erfc(), x)


@rule
def erfcx(x: Ball) -> Ball:
    """exp(x**2)*erfc(x); for x > 1 as Tricomi's U (DLMF 7.11.5), which knows no overflow. The series
    by y' = 2*x*y - 2/sqrt(pi)."""
    c = constant(x)
    if c > 1:
        half = arb(0.5)
        value = (c * c).hypgeom_u(half, half) / arb.const_sqrt_pi()
    else:
        value = (c * c).exp() * c.erfc()
    return finite(value if isinstance(x, arb) else _hermite(x, value, 2, -2 / arb.const_sqrt_pi()))


@rule
def logerfcx(x: Ball) -> Ball:
    """log(erfcx(x))."""
    return erfcx(x).log()


@rule
def logerfc(x: Ball) -> Ball:
    """log(erfc(x))."""
    return logerfcx(x) - x * x if constant(x) > 1 else finite(x.erfc().log())


@rule
def lognormcdf(x: Ball) -> Ball:
    """log(erfc(-x/sqrt(2))/2); right of 0, where that is next to 1, through its distance from 1."""
    scaled = x / arb(2).sqrt()
    if constant(x) > 0:
        return finite(log1p(scaled.erfc() / -2))
    return logerfc(-scaled) - arb(2).log()


@rule
def dawson(x: Ball) -> Ball:
    """Dawson's integral, exp(-x**2) times the integral of exp(t**2) from 0 to x (DLMF 7.11.4). The
    series by y' = 1 - 2*x*y."""
    c = constant(x)
    value = c * (-c * c).hypgeom_1f1(arb(1), arb(1.5))
    return finite(value if isinstance(x, arb) else _hermite(x, value, -2, arb(1)))


def _hermite(x: arb_series, value: arb, factor: int, free: arb) -> arb_series:
    """The function y at x with y' = factor*x*y + free, and y(x[0]) = value."""
    center = x[0]
    terms = [value, factor * center * value + free]
    for k in range(2, x.prec):
        terms.append(factor * (center * terms[k - 1] + terms[k - 2]) / k)
    return compose(terms[: x.prec], x)


# --- exponential integrals ------------------------------------------------------------


@rule
def ei(x: Ball) -> Ball:
    """The exponential integral, x != 0: principal value for x > 0."""
    nonzero(x)
    return finite(x.ei())


@rule
def expint(x: Ball) -> Ball:
    """The exponential integral E1, x > 0."""
    above(x, 0)
    value = finite_number(constant(x).expint(1))
    return value if isinstance(x, arb) else integrate(value, lambda u: -(-u).exp() / u, x)


@rule
def sinc(x: Ball) -> Ball:
    """sin(x)/x, and 1 at 0."""
    if isinstance(x, arb):
        return x.sinc()
    if abs(x[0]) > 1:
        return finite(x.sin() / x)
    return _half_order(-x * x / 4)


def sinhc(x: Ball) -> Ball:
    """sinh(x)/x, and 1 at 0, where x is small."""
    return (x * x / 4).hypgeom_0f1(arb(1.5)) if isinstance(x, arb) else _half_order(x * x / 4)


def _half_order(z: arb_series) -> arb_series:
    """0F1 with 3/2 below (DLMF 10.39.9)."""
    inner = acb_series.hypgeom([], [acb_series([acb(1.5)])], acb_series(z))
    return finite(arb_series([inner[k].real for k in range(z.prec)], prec=z.prec))  # type: ignore[return-value]  # a series stays one


@rule
def si(x: Ball) -> Ball:
    """The sine integral; near 0 through its slope, whose terms do not cancel there."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return x.si()
    return integrate(x[0].si(), sinc, x)


@rule
def shi(x: Ball) -> Ball:
    """The hyperbolic sine integral; near 0 through its slope, as `si`."""
    if isinstance(x, arb) or abs(x[0]) > 1:
        return finite(x.shi())
    return integrate(x[0].shi(), sinhc, x)


@rule
def li(x: Ball) -> Ball:
    """The logarithmic integral, x >= 0, x != 1: principal value for x > 1."""
    above(x, 0, closed=True)
    unequal(x, 1)
    return finite(x.li())


@rule
def ci(x: Ball) -> Ball:
    """The cosine integral, x > 0."""
    above(x, 0)
    return finite(x.ci())


@rule
def chi(x: Ball) -> Ball:
    """The hyperbolic cosine integral, x > 0."""
    above(x, 0)
    return finite(x.chi())


@rule
def lambertw(x: Ball) -> Ball:
    """The principal branch of Lambert's W, x >= -1/e."""
    above(x, -arb(-1).exp(), closed=True)
    return finite(x.lambertw())


@rule_of("lambertw/2")
def lambertw_branch(k: Ball, x: Ball) -> Ball:
    """Lambert's W on its real branches: k = 0, x >= -1/e, and k = -1, -1/e <= x < 0."""
    branch = whole(as_number(k, "the first argument of lambertw"))
    if branch not in (0, -1):
        raise Undefined("first argument needs to be 0 or -1")
    if branch == 0:
        return lambertw(x)
    above(x, -arb(-1).exp(), closed=True, name="second argument")
    below(x, 0, name="second argument")
    return finite(x.lambertw(-1))


# --- elliptic integrals ---------------------------------------------------------------


@rule
def elliptic_k(m: Ball) -> Ball:
    """The complete elliptic integral of the first kind, parameter m < 1."""
    below(m, 1)
    if isinstance(m, arb):
        return finite_number(acb(m).elliptic_k().real)
    return finite(compose(_elliptic_terms(m[0], m.prec), m))


@rule
def elliptic_e(m: Ball) -> Ball:
    """The complete elliptic integral of the second kind, parameter m <= 1."""
    below(m, 1, closed=True)
    if isinstance(m, arb):
        return finite_number(acb(m).elliptic_e().real)
    with orders(m.prec + 1):
        terms = _elliptic_terms(m[0], m.prec + 1)
        k = arb_series(terms, prec=m.prec + 1)
        x = arb_series([m[0], 1], prec=m.prec + 1)
        e = (1 - x) * (k + 2 * x * k.derivative())  # DLMF 19.4.1, which divides by m
    return finite(compose([e[i] for i in range(m.prec)], m))


def _incomplete(f: Analytic, complete: Callable[[Ball], Ball], phi: Ball, m: Ball, closed: bool) -> Ball:
    angle, parameter = constant(phi), constant(m)
    rest = 1 - parameter * angle.sin() ** 2
    fixed = is_number(phi) and is_number(m)
    if not parameter < 1 and not (closed and is_number(m) and parameter <= 1):
        above(rest if fixed else phi * 0 + m * 0 + rest, 0, closed=closed, name="1 - m*sin(phi)**2")
        half = arb.pi() / 2
        outside = abs(angle) > half and (fixed or parameter > 1)
        require(bool(abs(angle) < half), bool(outside), "abs(phi) needs < pi/2")
    value = finite_number(f(acb(angle), acb(parameter)).real)
    if fixed:
        return value
    turns = float((angle / arb.pi()).mid())
    if not isfinite(turns):
        raise Undecided("an angle beyond the doubles")
    periods = round(turns)
    if periods:  # DLMF 19.2.10: the path from 0 would pass near what it need not
        return finite(_incomplete(f, complete, phi - periods * arb.pi(), m, closed) + 2 * periods * complete(m))
    room = (rest / (4 + 4 * abs(parameter))).min(arb(0.25)).lower()

    def bound(phi: acb, m: acb) -> arb:
        """The integral along phi*u, 0 < u < 1, where 1 - m*sin(phi*u)**2 stays right of 0: its root has no branch
        point there, so that f is analytic, too."""
        largest = arb(0)
        for k in range(_PIECES):
            inner = 1 - m * (phi * arb((k + 0.5) / _PIECES, 0.5 / _PIECES)).sin() ** 2
            if not inner.real > 0:
                return arb.pos_inf()
            largest = largest.max(abs(inner if closed else 1 / inner).upper())
        return abs(phi) * largest.sqrt()

    return finite(expand(f, (phi, m), (room, room), value, bound))


_PIECES = 64
"""Parts of a path on which an integrand is bounded."""


def _elliptic_terms(m: arb, count: int) -> list[arb]:
    with orders(count):
        series = acb_series([acb(m), acb(1)], prec=count).elliptic_k()
    return [series[i].real for i in range(count)]


# --- what one expression says ----------------------------------------------------------

RULES.add_rules({
    "logbeta": lambda a, b: lgamma(a) + lgamma(b) - lgamma(a + b),
    "dilog": lambda x: polylog(arb(2), x),
    "fresnels": lambda x: finite(x.fresnel_s()),
    "fresnelc": lambda x: finite(x.fresnel_c()),
    "elliptic_f": lambda phi, m: _incomplete(acb.elliptic_f, elliptic_k, phi, m, closed=False),
    "elliptic_e/2": lambda phi, m: _incomplete(acb.elliptic_e_inc, elliptic_e, phi, m, closed=True),
})  # fmt: skip
