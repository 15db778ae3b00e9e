"""The evaluators on floats: `RULES`, by row of the table.

They never raise, since branches that are not taken are evaluated too: where a function has
no real value, or an argument is nan, the result is nan; beyond the largest double it is
an infinity of the right sign. Errors stay within a few ulps; rows without a rule
here come from balls and are correctly rounded.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import cache, lru_cache

from dcalc.expr import Expr
from dcalc.functions import LGAMMA, Row
from dcalc.tape import Registry, Rule, Tape, lower, run
from dcalc.unknown import no_value

RULES = Registry("floats")
rule, rule_of = RULES.rule, RULES.rule_of


def constant(value: int | Fraction) -> float:
    """The double nearest to a rational; an infinity where it is beyond every double."""
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def evaluate(root: Expr, at: Mapping[str, float] | None = None) -> float:
    """The value of an expression, nan where there is none; rounding errors are those of the text."""
    return evaluate_all([root], at)[0]


def evaluate_all(roots: Sequence[Expr], at: Mapping[str, float] | None = None) -> list[float]:
    """The values of several expressions; what they share is computed once."""
    tape = _lower_last(tuple(roots))
    values = run(tape, at or {}, constant, evaluator)
    return [float(values[tape.place(root)]) for root in roots]


@lru_cache(maxsize=1)
def _lower_last(roots: tuple[Expr, ...]) -> Tape:
    """The tape of some roots; the last one is kept, as one expression is asked for at many points in a row."""
    return lower(*roots)


@cache
def evaluator(row: Row) -> Rule:
    """The function that evaluates a row: to a float, or to a bool for a condition.

    Raises LookupError for a row that has none (those with a body), Unsupported for an unknown function.
    """
    if row.body:
        raise LookupError(f"{row.key} has no evaluator on floats")
    if row.orders:
        raise no_value(row)
    return RULES.rules.get(row) or round_ball(row)


# --- errors as values, and the way through balls ----------------------------------------

NAN = math.nan


def guard(f: Callable[..., float]) -> Callable[..., float]:
    """A function of `math` whose only overflow is to +inf, with its errors as values."""

    def evaluate(*args: float) -> float:
        try:
            return f(*args)
        except ValueError:
            return NAN
        except OverflowError:
            return math.inf

    return evaluate


RULES.add_rules({name: guard(getattr(math, name)) for name in (
    "exp expm1 log log1p log2 log10 sqrt sin cos tan asin acos atan cosh tanh asinh acosh atanh erf erfc"
).split()})  # fmt: skip

_PRECISIONS = (64, 128, 256, 1024, 4096)  # the first nearly always decides; the last is for values beside zeros


def round_ball(row: Row) -> Callable[..., float]:
    """The ball evaluator of a row, at rising precision until it rounds to one double."""

    def evaluate(*args: float) -> float:
        from flint import arb, ctx

        from dcalc.errors import DcalcError, Undecided
        from dcalc.numbers import ball
        from dcalc.numbers.rounding import as_double

        if not all(map(math.isfinite, args)):
            return NAN
        saved = ctx.prec
        try:
            for ctx.prec in _PRECISIONS:
                try:
                    value = as_double(ball.evaluator(row)(*map(arb, args)))
                except Undecided:
                    continue
                except DcalcError:
                    return NAN
                if value is not None:
                    return value
            return NAN
        finally:
            ctx.prec = saved

    return evaluate


# --- constants and operators ----------------------------------------------------------


@rule_of("+")
def add(*values: float) -> float:
    """The sum of any number of values, from left to right."""
    if len(values) == 2:  # by far the most common
        return values[0] + values[1]
    total, *rest = values
    for value in rest:
        total += value
    return total


@rule_of("*")
def mul(*values: float) -> float:
    """The product of any number of values, from left to right."""
    if len(values) == 2:  # by far the most common
        return values[0] * values[1]
    total, *rest = values
    for value in rest:
        total *= value
    return total


@rule_of("/")
def div(u: float, v: float) -> float:
    """u/v; nan for v = 0."""
    return u / v if v else NAN


@rule_of("**")
def power(u: float, v: float) -> float:
    """u**v: any u where v is a whole number (0**0 is 1), else u >= 0."""
    if u != u or v != v:
        return NAN
    try:
        return math.pow(u, v)
    except ValueError:
        return NAN
    except OverflowError:
        return -math.inf if u < 0 and v % 2 == 1 else math.inf


RULES.add_rules({
    "-": operator.sub, "neg": operator.neg, "abs": abs, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "and": operator.and_, "or": operator.or_,
    "not": operator.not_,
})  # fmt: skip


# --- kinks, jumps and choices ---------------------------------------------------------


def _to_whole(rounding: Callable[[float], int]) -> Callable[[float], float]:
    """A rounding to whole numbers that leaves infinities and nan as they are."""
    return lambda x: float(rounding(x)) if math.isfinite(x) else x


floor = rule_of("floor")(_to_whole(math.floor))
ceil = rule_of("ceil")(_to_whole(math.ceil))
rule_of("round")(_to_whole(round))
trunc = rule_of("trunc")(_to_whole(math.trunc))


@rule
def mod(x: float, y: float) -> float:
    """x - y*floor(x/y); nan for y = 0."""
    return x % y if y else NAN


@rule
def max_(u: float, v: float) -> float:
    """The larger of two values; nan where one of them is."""
    return u if u >= v or u != u else v


# --- roots ----------------------------------------------------------------------------


@rule
def root(x: float, n: float) -> float:
    """The real n-th root: of x < 0 where n is odd, else of x >= 0."""
    if not n:
        return NAN
    if x < 0 and n % 2 == 1:
        return -root(-x, n)
    y = power(x, 1 / n)
    if not n.is_integer() or not 0 < y < math.inf:
        return y
    slope = power(y, n - 1)  # one step of Newton's method makes up for the rounding of 1/n
    return y - (y - x / slope) / n if 0 < slope < math.inf else y


_sin, _cos, _tan = guard(math.sin), guard(math.cos), guard(math.tan)
_lgamma = guard(math.lgamma)

# --- trigonometric functions ----------------------------------------------------------


@rule
def sinpi(x: float) -> float:
    """sin(pi*x), exact at whole and half numbers: the reduction is exact."""
    if not math.isfinite(x):
        return NAN
    r = math.remainder(x, 2.0)
    if abs(r) > 0.5:
        r = math.copysign(1.0, r) - r
    return math.sin(math.pi * r)


@rule
def cospi(x: float) -> float:
    """cos(pi*x), exact at whole and half numbers."""
    if not math.isfinite(x):
        return NAN
    return math.sin(math.pi * (0.5 - abs(math.remainder(x, 2.0))))


@rule
def asec(x: float) -> float:
    """acos(1/x), accurate near 1."""
    angle = math.atan2(_leg(x), 1.0)
    return math.pi - angle if x < 0 else angle


def _leg(x: float) -> float:
    """sqrt(x**2 - 1), without overflow; nan for abs(x) < 1."""
    size = abs(x)
    return math.sqrt(size - 1) * math.sqrt(size + 1) if size >= 1 else NAN


# --- hyperbolic functions -------------------------------------------------------------


@rule
def sinh(x: float) -> float:
    """(exp(x) - exp(-x))/2."""
    try:
        return math.sinh(x)
    except OverflowError:
        return math.copysign(math.inf, x)


@rule
def csch(x: float) -> float:
    """1/sinh(x), through exp(-abs(x)) where sinh may overflow; nan at 0."""
    if abs(x) < 1:
        return div(1.0, math.sinh(x))
    q = math.exp(-abs(x))
    return math.copysign(2 * q / (1 - q * q), x)


@rule
def sech(x: float) -> float:
    """1/cosh(x), through exp(-abs(x))."""
    q = math.exp(-abs(x))
    return 2 * q / (1 + q * q)


_TINY = 1e-8  # below it the next term, of the order of x**2, is less than half an ulp; and 1/x may overflow


@rule
def acsch(x: float) -> float:
    """asinh(1/x); nan at 0."""
    if 0 < abs(x) < _TINY:
        return math.copysign(math.log(2) - math.log(abs(x)), x)
    return math.asinh(div(1.0, x))


@rule
def asech(x: float) -> float:
    """acosh(1/x), 0 < x <= 1, accurate near 1."""
    if not 0 < x <= 1:
        return NAN
    if x < _TINY:
        return math.log(2) - math.log(x)
    return math.acosh(1 / x) if x < 0.5 else math.atanh(math.sqrt((1 - x) * (1 + x)))


@rule
def acoth(x: float) -> float:
    """atanh(1/x), abs(x) > 1, accurate near 1 and -1."""
    size = abs(x)
    return math.copysign(0.5 * math.log1p(2 / (size - 1)), x) if size > 1 else NAN


# --- exponentials and logarithms combined ---------------------------------------------


@rule
def sigmoid(x: float) -> float:
    """1/(1 + exp(-x))."""
    q = math.exp(-abs(x))
    return 1 / (1 + q) if x >= 0 else q / (1 + q)


@rule
def logit(p: float) -> float:
    """log(p/(1 - p)), 0 < p < 1; near 1/2 through the exact 2*p - 1."""
    if not 0 < p < 1:
        return NAN
    return 2 * math.atanh(2 * p - 1) if 0.25 < p < 0.75 else math.log(p / (1 - p))


@rule
def logsumexp(*z: float) -> float:
    """The logarithm of the sum of all exp(z), about the largest."""
    place = max(range(len(z)), key=z.__getitem__)
    top = z[place]
    if any(part != part for part in z):
        return NAN
    if math.isinf(top):
        return top
    return top + math.log1p(math.fsum(math.exp(part - top) for i, part in enumerate(z) if i != place))


@rule
def log1mexp(x: float) -> float:
    """log(1 - exp(x)), x < 0. Source: Maechler 2012, Accurately computing log(1 - exp(-abs(a)))."""
    if not x < 0:
        return NAN
    return math.log(-math.expm1(x)) if x > -math.log(2) else math.log1p(-math.exp(x))


@rule
def log2mexp(x: float) -> float:
    """log(2 - exp(x)), x < log(2); near that edge through the distance to it."""
    if x < 0.5:
        return math.log1p(-math.expm1(x))
    distance = (x - math.log(2)) - LOG2_REST
    return math.log(2) + math.log(-math.expm1(distance)) if distance < 0 else NAN


LOG2_REST = 2.3190468138462996e-17
"""log(2) less the double next to it."""


@rule
def logexpm1(x: float) -> float:
    """log(exp(x) - 1), x > 0."""
    if not x > 0:
        return NAN
    return math.log(math.expm1(x)) if x < 1 else x + math.log1p(-math.exp(-x))


@rule
def log1pmx(x: float) -> float:
    """log(1 + x) - x, x > -1; near 0 by the series of log(1 + x) in r = x/(2 + x)."""
    if not x > -1:
        return NAN
    if not -0.5 < x < 1:
        return math.log1p(x) - x
    r = x / (2 + x)
    square = r * r
    tail = 0.0
    for k in range(41, 1, -2):
        tail = (tail + 1 / k) * square
    return r * (2 * tail - x)


@rule
def logmxp1(x: float) -> float:
    """log(x) - x + 1, x > 0."""
    if not x > 0:
        return NAN
    return log1pmx(x - 1) if 0.5 < x < 2 else math.log(x) - x + 1


@rule
def xlogy(x: float, y: float) -> float:
    """x*log(y), and 0 at x = y = 0."""
    if y > 0:
        return x * math.log(y)
    return 0.0 if x == y == 0 else NAN


@rule
def xlog1py(x: float, y: float) -> float:
    """x*log(1 + y), and 0 at x = 0, y = -1."""
    if y > -1:
        return x * math.log1p(y)
    return 0.0 if x == 0 and y == -1 else NAN


@rule
def gamma(x: float) -> float:
    """The gamma function; nan at its poles."""
    try:
        return math.gamma(x)
    except ValueError:
        return NAN
    except OverflowError:
        return math.copysign(math.inf, x)


# --- what one expression says ----------------------------------------------------------

RULES.add_rules({
    "e": lambda: math.e,
    "pi": lambda: math.pi,
    "sign": lambda x: float((x > 0) - (x < 0)) if x == x else x,
    "step": lambda x: NAN if x != x else float(x >= 0),
    "frac": lambda x: x - floor(x),
    "min": lambda u, v: u if u <= v or u != u else v,
    "where": lambda condition, a, b: a if condition else b,
    "relu": lambda x: max_(x, 0.0),
    "cbrt": lambda x: root(x, 3.0),
    "hypot": lambda u, v: math.hypot(u, v) if u == u and v == v else NAN,
    "sec": lambda x: div(1.0, _cos(x)),
    "csc": lambda x: div(1.0, _sin(x)),
    "cot": lambda x: div(1.0, _tan(x)),
    "acsc": lambda x: math.copysign(math.atan2(1.0, _leg(x)), x),  # accurate near 1 and -1
    "acot": lambda x: math.atan(div(1.0, x)),
    "atan2": lambda y, x: math.atan2(y + 0.0, x) if y or x else NAN,  # in (-pi, pi]; + 0.0: a negative zero is zero
    "coth": lambda x: div(1.0, math.tanh(x)),
    "sinc": lambda x: _sin(x) / x if x else 1.0,
    "softplus": lambda x: max_(x, 0.0) + math.log1p(math.exp(-abs(x))),
    "logsubexp": lambda u, v: max_(u, v) + log1mexp(-abs(u - v)),
    "xlogx": lambda x: xlogy(x, x),
    "lgamma": lambda x: _lgamma(x) if x > 0 else round_ball(LGAMMA)(x),  # left of 0, where `math` is off, from balls
})  # fmt: skip
