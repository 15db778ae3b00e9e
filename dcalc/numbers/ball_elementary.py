"""Exponentials, logarithms and trigonometric functions on balls.

Only what can fail is tested for being finite: an exponential may overflow, a tangent be
near a pole; a logarithm that passed its guard has finite coefficients throughout.
"""

from flint import arb, arb_series

from dcalc.errors import Undecided, Undefined
from dcalc.numbers.ball import (
    RULES,
    Ball,
    above,
    below,
    check_reach,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    is_number,
    nonzero,
    refusal,
    require,
    rule,
)

# --- exponentials and logarithms ------------------------------------------------------


@rule
def exp(x: Ball) -> Ball:
    """The exponential; of a number so large that flint has no ball for it, the whole line."""
    value = x.exp()
    if not constant(value) > 0 and constant(x) < 0:  # flint gives only a bound; the inverse may be known
        inverse = (-x).exp()
        value = 1 / inverse if constant(inverse).is_finite() else value
    return value if isinstance(x, arb) else check_reach(value, x)


@rule
def expm1(x: Ball) -> Ball:
    """exp(x) - 1 without cancellation at 0."""
    return x.expm1() if isinstance(x, arb) else _at(x.exp(), x[0].expm1())


@rule
def log(x: Ball) -> Ball:
    """The natural logarithm, x > 0."""
    above(x, 0)
    return x.log()


@rule
def log1p(x: Ball) -> Ball:
    """log(1 + x), x > -1, without cancellation at 0."""
    above(x, -1)
    value = constant(x).log1p()
    return value if isinstance(x, arb) else integrate(value, lambda u: 1 / (1 + u), x)


def _log(x: Ball, base: int) -> Ball:
    above(x, 0)
    value = constant(x).log_base(base)
    return value if isinstance(x, arb) else _at(x.log() / arb(base).log(), value)


def _at(series: Ball, value: arb) -> arb_series:
    """The series with a constant term that is known better."""
    result = arb_series(series)
    result[0] = value
    return result


# --- trigonometric functions ----------------------------------------------------------


def _reciprocal(x: Ball, name: str = "argument") -> Ball:
    nonzero(x, name)
    return 1 / x


@rule
def sinpi(x: Ball) -> Ball:
    """sin(pi*x), exact at whole and half numbers."""
    return x.sin_pi()


@rule
def cospi(x: Ball) -> Ball:
    """cos(pi*x), exact at whole and half numbers."""
    return x.cos_pi()


# --- their inverses -------------------------------------------------------------------


@rule
def asin(x: Ball) -> Ball:
    """The inverse sine, -1 <= x <= 1."""
    _at_most_one(x)
    return finite(x.asin())


@rule
def acos(x: Ball) -> Ball:
    """The inverse cosine, -1 <= x <= 1."""
    _at_most_one(x)
    return finite(x.acos())


@rule
def atan(x: Ball) -> Ball:
    """The inverse tangent."""
    return x.atan()


@rule
def acsc(x: Ball) -> Ball:
    """asin(1/x), abs(x) >= 1."""
    _at_least_one(x)
    return asin(1 / x)


@rule
def asec(x: Ball) -> Ball:
    """acos(1/x), abs(x) >= 1."""
    _at_least_one(x)
    return acos(1 / x)


@rule
def atan2(y: Ball, x: Ball) -> Ball:
    """The angle of the point (x, y), in (-pi, pi]; Undefined at the origin, and a jump of
    2*pi where y passes 0 at x < 0."""
    cy, cx = constant(y), constant(x)
    if cx > 0:
        return (y / x).atan()
    if 0 not in cy:
        quarter = arb.pi() / 2 if cy > 0 else -arb.pi() / 2
        return quarter - (x / y).atan()
    if isinstance(y, arb) and cy == 0:
        if isinstance(x, arb) and cx == 0:
            raise Undefined("both arguments are 0")
        if cx < 0:
            return arb.pi() if isinstance(x, arb) else arb_series([arb.pi()], prec=x.prec)
    raise Undecided("the point may lie on the cut, or be the origin")


@rule
def asinh(x: Ball) -> Ball:
    """The inverse hyperbolic sine."""
    value = constant(x).asinh()
    return value if isinstance(x, arb) else integrate(value, lambda u: (1 + u * u).rsqrt(), x)


@rule
def acosh(x: Ball) -> Ball:
    """The inverse hyperbolic cosine, x >= 1."""
    above(x, 1, closed=True)
    value = constant(x).acosh()
    return value if isinstance(x, arb) else integrate(value, lambda u: ((u - 1) * (u + 1)).rsqrt(), x)


@rule
def atanh(x: Ball) -> Ball:
    """The inverse hyperbolic tangent, -1 < x < 1."""
    above(x, -1)
    below(x, 1)
    value = constant(x).atanh()
    return value if isinstance(x, arb) else integrate(value, lambda u: 1 / ((1 - u) * (1 + u)), x)


@rule
def asech(x: Ball) -> Ball:
    """acosh(1/x), 0 < x <= 1."""
    above(x, 0)
    below(x, 1, closed=True)
    return acosh(1 / x)


@rule
def acoth(x: Ball) -> Ball:
    """atanh(1/x), abs(x) > 1."""
    size = abs(constant(x))
    require(size > 1, size < 1 or (isinstance(x, arb) and size <= 1), "argument needs < -1 or > 1")
    return atanh(1 / x)


def _at_most_one(x: Ball) -> None:
    above(x, -1, closed=True)
    below(x, 1, closed=True)


def _at_least_one(x: Ball) -> None:
    size = abs(constant(x))
    inside = size >= 1 if isinstance(x, arb) else size > 1
    require(inside, size < 1, "argument needs <= -1 or >= 1")


# --- hyperbolic functions, and combinations of exp and log ------------------------------


@rule
def sinh(x: Ball) -> Ball:
    """(exp(x) - exp(-x))/2."""
    return check_reach(x.sinh() if isinstance(x, arb) else _taylor(x, *x[0].sinh_cosh()), x)


@rule
def cosh(x: Ball) -> Ball:
    """(exp(x) + exp(-x))/2."""
    return check_reach(x.cosh() if isinstance(x, arb) else _taylor(x, *reversed(x[0].sinh_cosh())), x)


def _taylor(x: arb_series, even: arb, odd: arb) -> arb_series:
    """The function at x whose derivatives at x[0] are even, odd, even, odd, ..."""
    terms = [even, odd]
    for k in range(2, x.prec):
        terms.append(terms[k - 2] / (k * (k - 1)))
    return compose(terms[: x.prec], x)


@rule
def coth(x: Ball) -> Ball:
    """cosh(x)/sinh(x), x != 0."""
    nonzero(x)
    return finite(x.coth() if isinstance(x, arb) else _riccati(x, x[0].coth(), -(x[0].csch() ** 2)))


def _riccati(x: arb_series, value: arb, slope: arb) -> arb_series:
    """The function y at x with y' = 1 - y**2, its slope at x[0] known better than so."""
    terms = [value, slope]
    for k in range(2, x.prec):
        total = arb(0)
        for i in range(k):
            total += terms[i] * terms[k - 1 - i]
        terms.append(-total / k)
    return compose(terms[: x.prec], x)


@rule
def csch(x: Ball) -> Ball:
    """1/sinh(x), x != 0."""
    nonzero(x)
    return finite(x.csch() if isinstance(x, arb) else 1 / sinh(x))


def _small(x: Ball) -> Ball:
    """exp(x)/(1 + exp(x)) for x < 0, and for those x > 0 where exp(x) does not overflow."""
    q = x.exp()
    return finite(q / (1 + q))


@rule
def sigmoid(x: Ball) -> Ball:
    """1/(1 + exp(-x)), the same on both sides of 0."""
    return _small(x) if constant(x) < 0 else finite(1 / (1 + (-x).exp()))


@rule
def softplus(x: Ball) -> Ball:
    """log(1 + exp(x)): exp(x) far left, x far right."""
    c = constant(x)
    value = c.exp().log1p() if c < 0 else c + (-c).exp().log1p()
    return finite(value) if isinstance(x, arb) else integrate(value, sigmoid, x)


@rule
def logsumexp(*z: Ball) -> Ball:
    """The logarithm of the sum of all exp(z), about the largest."""
    if len(z) == 1:
        return z[0]
    top = constant(z[0]).mid()
    for other in z[1:]:
        middle = constant(other).mid()
        top = middle if middle > top else top
    total: Ball = arb(0)
    for part in z:
        total = total + (part - top).exp()
    return finite(top + total.log())


# --- logarithms of what cancels -------------------------------------------------------


@rule
def logit(p: Ball) -> Ball:
    """log(p/(1 - p)), 0 < p < 1."""
    above(p, 0)
    below(p, 1)
    return finite((p / (1 - p)).log())


@rule
def logsubexp(u: Ball, v: Ball) -> Ball:
    """log(abs(exp(u) - exp(v))), u != v."""
    gap = u - v
    nonzero(gap, "difference of the arguments")
    if constant(gap) > 0:
        return finite(u + log1mexp(-gap))
    return finite(v + log1mexp(gap))


@rule
def log1mexp(x: Ball) -> Ball:
    """log(1 - exp(x)), x < 0. Source: Maechler 2012, Accurately computing log(1 - exp(-abs(a)))."""
    below(x, 0)
    return finite((-expm1(x)).log() if constant(x) > -1 else log1p(-x.exp()))


@rule
def log2mexp(x: Ball) -> Ball:
    """log(2 - exp(x)), x < log(2)."""
    below(x, arb(2).log())
    return finite(log1p(-expm1(x)))


@rule
def logexpm1(x: Ball) -> Ball:
    """log(exp(x) - 1), x > 0."""
    above(x, 0)
    return finite(expm1(x).log() if constant(x) < 1 else x + log1p(-(-x).exp()))


@rule
def log1pmx(x: Ball) -> Ball:
    """log(1 + x) - x, x > -1; as a series through its slope, in which nothing cancels."""
    above(x, -1)
    value = finite_number(log1p(constant(x)) - constant(x))
    return value if isinstance(x, arb) else integrate(value, lambda u: -u / (1 + u), x)


@rule
def logmxp1(x: Ball) -> Ball:
    """log(x) - x + 1, x > 0; as a series through its slope, in which nothing cancels."""
    above(x, 0)
    c = constant(x)
    value = finite_number(c.log() - (c - 1))
    return value if isinstance(x, arb) else integrate(value, lambda u: (1 - u) / u, x)


@rule
def xlogy(x: Ball, y: Ball) -> Ball:
    """x*log(y), y > 0; 0 at x = y = 0."""
    if constant(y) > 0:
        return finite(x * y.log())
    return _zero_at_edge(x, y, "needs > 0")


@rule
def xlog1py(x: Ball, y: Ball) -> Ball:
    """x*log(1 + y), y > -1; 0 at x = 0, y = -1."""
    if constant(y) > -1:
        return finite(x * log1p(y))
    return _zero_at_edge(x, y + 1, "needs > -1")


def _zero_at_edge(x: Ball, y: Ball, needs: str) -> Ball:
    if is_number(x) and is_number(y):
        if y == 0 and x == 0:
            return arb(0)
        raise refusal(constant(y) < 0 or (constant(y) <= 0 and x != 0), f"argument of the logarithm {needs}")
    raise refusal(constant(y) < 0, f"argument of the logarithm {needs}")


# --- what one expression says ----------------------------------------------------------

RULES.add_rules({
    "log2": lambda x: _log(x, 2),  # exact at powers of 2
    "log10": lambda x: _log(x, 10),  # exact at powers of 10
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "tan": lambda x: finite(x.tan()),
    "sec": lambda x: _reciprocal(x.cos(), "cosine of the argument"),
    "csc": lambda x: _reciprocal(x.sin(), "sine of the argument"),
    "cot": lambda x: x.cos() * _reciprocal(x.sin(), "sine of the argument"),
    "acot": lambda x: _reciprocal(x).atan(),
    "acsch": lambda x: asinh(_reciprocal(x)),
    "tanh": lambda x: x.tanh() if isinstance(x, arb) else _riccati(x, x[0].tanh(), x[0].sech() ** 2),
    "sech": lambda x: x.sech() if isinstance(x, arb) else 1 / cosh(x),
    "xlogx": lambda x: xlogy(x, x),
})  # fmt: skip
