"""Hyperbolic functions and combinations of exp and log on balls.

Each form is chosen so that no large parts cancel: through Taylor's series about the
constant term, whose coefficients are known to the last bit, or through exp(-abs(x)).
"""

from flint import arb, arb_series

from dcalc.algebra.ball_common import (
    Ball,
    above,
    below,
    compose,
    constant,
    finite,
    finite_number,
    integrate,
    is_number,
    nonzero,
    reached,
    refusal,
)
from dcalc.algebra.ball_elementary import expm1, log1p


def sinh(x: Ball) -> Ball:
    """(exp(x) - exp(-x))/2."""
    return reached(x.sinh() if isinstance(x, arb) else _taylor(x, *x[0].sinh_cosh()), x)


def cosh(x: Ball) -> Ball:
    """(exp(x) + exp(-x))/2."""
    return reached(x.cosh() if isinstance(x, arb) else _taylor(x, *reversed(x[0].sinh_cosh())), x)


def _taylor(x: arb_series, even: arb, odd: arb) -> arb_series:
    """The function at x whose derivatives at x[0] are even, odd, even, odd, ..."""
    terms = [even, odd]
    for k in range(2, x.prec):
        terms.append(terms[k - 2] / (k * (k - 1)))
    return compose(terms[: x.prec], x)


def tanh(x: Ball) -> Ball:
    """sinh(x)/cosh(x)."""
    return x.tanh() if isinstance(x, arb) else _riccati(x, x[0].tanh(), x[0].sech() ** 2)


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


def sech(x: Ball) -> Ball:
    """1/cosh(x)."""
    return x.sech() if isinstance(x, arb) else 1 / cosh(x)


def csch(x: Ball) -> Ball:
    """1/sinh(x), x != 0."""
    nonzero(x)
    return finite(x.csch() if isinstance(x, arb) else 1 / sinh(x))


def _small(x: Ball) -> Ball:
    """exp(x)/(1 + exp(x)) for x < 0, and for x > 0 where exp(x) is no matter."""
    q = x.exp()
    return finite(q / (1 + q))


def sigmoid(x: Ball) -> Ball:
    """1/(1 + exp(-x)), the same on both sides of 0."""
    return _small(x) if constant(x) < 0 else finite(1 / (1 + (-x).exp()))


def softplus(x: Ball) -> Ball:
    """log(1 + exp(x)): exp(x) far left, x far right."""
    c = constant(x)
    value = c.exp().log1p() if c < 0 else c + (-c).exp().log1p()
    return finite(value) if isinstance(x, arb) else integrate(value, sigmoid, x)


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


def logit(p: Ball) -> Ball:
    """log(p/(1 - p)), 0 < p < 1."""
    above(p, 0)
    below(p, 1)
    return finite((p / (1 - p)).log())


def logsubexp(u: Ball, v: Ball) -> Ball:
    """log(abs(exp(u) - exp(v))), u != v."""
    gap = u - v
    nonzero(gap, "difference of the arguments")
    if constant(gap) > 0:
        return finite(u + log1mexp(-gap))
    return finite(v + log1mexp(gap))


def log1mexp(x: Ball) -> Ball:
    """log(1 - exp(x)), x < 0. Source: Maechler 2012, Accurately computing log(1 - exp(-abs(a)))."""
    below(x, 0)
    return finite((-expm1(x)).log() if constant(x) > -1 else log1p(-x.exp()))


def log2mexp(x: Ball) -> Ball:
    """log(2 - exp(x)), x < log(2)."""
    below(x, arb(2).log())
    return finite(log1p(-expm1(x)))


def logexpm1(x: Ball) -> Ball:
    """log(exp(x) - 1), x > 0."""
    above(x, 0)
    return finite(expm1(x).log() if constant(x) < 1 else x + log1p(-(-x).exp()))


def log1pmx(x: Ball) -> Ball:
    """log(1 + x) - x, x > -1; as a series through its slope, in which nothing cancels."""
    value = finite_number(log1p(constant(x)) - constant(x))
    return value if isinstance(x, arb) else integrate(value, lambda u: -u / (1 + u), x)


def logmxp1(x: Ball) -> Ball:
    """log(x) - x + 1, x > 0; as a series through its slope, in which nothing cancels."""
    above(x, 0)
    c = constant(x)
    value = finite_number(c.log() - (c - 1))
    return value if isinstance(x, arb) else integrate(value, lambda u: (1 - u) / u, x)


def xlogx(x: Ball) -> Ball:
    """x*log(x), and 0 at 0, x >= 0."""
    return xlogy(x, x)


def xlogy(x: Ball, y: Ball) -> Ball:
    """x*log(y), y > 0; 0 at x = y = 0."""
    if constant(y) > 0:
        return finite(x * y.log())
    return _zero_at_edge(x, y, "needs > 0")


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
