"""Evaluators on balls, by row (`RULES`): operators, choices, and what the other files of balls share.

A value is an `arb`, a real number enclosed by a ball, or an `arb_series`, a power series
whose coefficients are such balls, cut off at its own ``prec``. Precision and length are
flint's (`ctx.prec`, `ctx.cap`), set by the caller. They are global to the process: threads that
compute in balls at the same time hold `dcalc.numbers.FLINT`.

A guard tells inside, outside and undecided apart. At the very edge a number is decided
(log(0) has no value, sqrt(0) has one), a series never is: whether f can be continued, or
has a slope on one side, is not for a two-sided series to say.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from importlib import import_module

from flint import arb, arb_series, ctx

from dcalc.errors import Immense, Undecided, Undefined, Unsupported
from dcalc.functions import Row
from dcalc.tape import Registry, Rule
from dcalc.unknown import no_value

Ball = arb | arb_series
RULES = Registry("balls")
rule, rule_of = RULES.rule, RULES.rule_of
_MORE = tuple(f"dcalc.numbers.ball_{name}" for name in ("elementary", "special", "bessel", "incomplete", "polynomials"))
"""Modules with more rules, loaded when the first row asks for them."""


def constant(x: Ball) -> arb:
    """The value at the point: a number itself, the first coefficient of a series."""
    return x if isinstance(x, arb) else x[0]


def is_number(x: Ball) -> bool:
    """True for an `arb`. A series whose known terms vanish may still vary beyond them."""
    return isinstance(x, arb)


def as_number(x: Ball, name: str) -> arb:
    """A number that ``name`` must be; Unsupported where it varies."""
    if not is_number(x):
        raise Unsupported(f"no derivative by {name} is known")
    return constant(x)


def like(x: Ball, value: arb | int) -> Ball:
    """The constant ``value`` as the same kind as ``x``."""
    return arb(value) if isinstance(x, arb) else arb_series([value], prec=x.prec)


def finite_number(x: Ball) -> arb:
    """A number as such, once it is known to be finite."""
    return finite(x)  # type: ignore[return-value]  # a number stays one


def finite(x: Ball) -> Ball:
    """``x`` itself; Undecided where an enclosure in it is infinite or not a number."""
    if isinstance(x, arb):
        if x.is_finite():
            return x
        raise _not_finite()
    for k in range(len(x)):
        if not x[k].is_finite():
            raise _not_finite()
    return x


def check_reach(x: Ball, *args: Ball) -> Ball:
    """``x``, the value of a function that is defined at ``args``; raises Immense where it is too large for a
    ball."""
    if constant(x).is_finite():
        return x
    raise (Immense if all(constant(arg).is_finite() for arg in args) else Undecided)("the enclosure is not finite")


def _not_finite() -> Undecided:
    return Undecided("the enclosure is not finite")


def refusal(outside: bool, needs: str) -> Undefined | Undecided:
    """The error to raise for an argument that is not certainly inside of a domain."""
    return Undefined(needs) if outside else Undecided(needs)


def require(inside: bool, outside: bool, needs: str) -> None:
    """Nothing where certainly ``inside``, else the `refusal`."""
    if not inside:
        raise refusal(outside, needs)


def above(x: Ball, edge: arb | int, closed: bool = False, name: str = "argument") -> None:
    """Guard x > edge, or x >= edge where ``closed``."""
    c = constant(x)
    if c > edge:
        return
    number = isinstance(x, arb)
    outside = c <= edge if number and not closed else c < edge
    if not (number and closed and c >= edge):
        raise refusal(outside, f"{name} needs {'>=' if closed else '>'} {_text(edge)}")


def below(x: Ball, edge: arb | int, closed: bool = False, name: str = "argument") -> None:
    """Guard x < edge, or x <= edge where ``closed``."""
    c = constant(x)
    if c < edge:
        return
    number = isinstance(x, arb)
    outside = c >= edge if number and not closed else c > edge
    if not (number and closed and c <= edge):
        raise refusal(outside, f"{name} needs {'<=' if closed else '<'} {_text(edge)}")


def nonzero(x: Ball, name: str = "argument") -> None:
    """Guard x != 0."""
    unequal(x, 0, name)


def unequal(x: Ball, value: int, name: str = "argument") -> None:
    """Guard x != value."""
    c = constant(x)
    if not c != value:  # "certainly not equal" is not the contrary of ==
        raise refusal(isinstance(x, arb) and c == value, f"{name} needs != {value}")


def off_poles(x: Ball) -> None:
    """Guard against 0, -1, -2, ..., the poles of gamma."""
    c = constant(x)
    at_pole = isinstance(x, arb) and c <= 0 and c.is_integer()
    require(c > 0 or not c.contains_integer(), at_pole, "argument is a pole: 0 or a negative whole number")


def whole(x: Ball) -> int | None:
    """The integer that ``x`` exactly is, else None (also beyond 4,096 bits)."""
    value = x.unique_fmpz() if isinstance(x, arb) and x.is_integer() and _LEAST < x < _LARGEST else None
    return None if value is None else int(value)


def nearest_whole(c: arb) -> int | None:
    """The only integer in a ball, else None, also beyond 4,096 bits.

    flint ends the process where the exponent of a number is very large, up or down.
    """
    if abs(c) < _HALF:
        return 0 if 0 in c else None
    value = c.unique_fmpz() if _LEAST < c < _LARGEST else None
    return None if value is None else int(value)


_LARGEST = arb(1 << 4096)  # no use of a whole number, such as an order or an exponent, needs more
_LEAST = -_LARGEST
_HALF = arb(0.5)


def compose(coefficients: Sequence[arb], x: arb_series) -> arb_series:
    """f(x) where ``coefficients`` are those of f at x[0]: accurate to the last bit of each
    of them, where a formula for f would cancel."""
    if x.prec == 2:
        return arb_series([coefficients[0], coefficients[1] * x[1]], prec=2)
    outer = arb_series(coefficients, prec=x.prec)
    if len(x) < 2:  # no known term but the constant: flint takes its absence for a constant
        return arb_series([coefficients[0]], prec=x.prec)
    return outer(arb_series([arb(0), *x.coeffs()[1:]], prec=x.prec))


def integrate(value: arb, slope: Callable[[Ball], Ball], x: arb_series) -> arb_series:
    """f(x) where f at x[0] is ``value`` and the derivative of f is ``slope``."""
    if x.prec == 2:
        return arb_series([value, constant(slope(x[0])) * x[1]], prec=2)
    return (slope(x) * x.derivative()).integral() + value


def inverse(value: arb, f: Callable[[arb_series], Ball], x: arb_series) -> arb_series:
    """y(x) with f(y) = x, where y at x[0] is ``value``."""
    with orders(x.prec):
        outer = arb_series(f(arb_series([value, 1], prec=x.prec)))
        outer[0] = arb(0)
        inner = outer.reversion()
    return finite(compose([value, *(inner[k] for k in range(1, x.prec))], x))  # type: ignore[return-value]  # a series stays one


@contextmanager
def orders(count: int) -> Iterator[None]:
    """Series of ``count`` terms inside the block."""
    saved = ctx.cap
    ctx.cap = count
    try:
        yield
    finally:
        ctx.cap = saved


def _text(edge: arb | int) -> str:
    return str(edge) if isinstance(edge, int) else edge.str(6, radius=False)


# --- Look-up by row.


@cache
def evaluator(row: Row) -> Rule:
    """The function that evaluates a row: to a ball or series, or to a bool for a condition.

    Raises LookupError for a row that has none (those with a body), Unsupported for an unknown function.
    """
    for module in _MORE:
        if row in RULES.rules:
            break
        import_module(module)
    if row not in RULES.rules:
        if row.orders:
            raise no_value(row)
        raise LookupError(f"{row.key} has no evaluator on balls")
    return RULES.rules[row]


# --- Operators on balls: arithmetic, powers and roots, comparisons, logic, constants.


@rule
def e() -> arb:
    """The base of natural logarithms."""
    return arb.const_e()


@rule
def pi() -> arb:
    """The circumference of a circle over its diameter."""
    return arb.pi()


@rule_of("+")
def add(*values: Ball) -> Ball:
    """The sum of any number of values."""
    if len(values) == 2:  # by far the most common
        return values[0] + values[1]
    total, *rest = values
    for value in rest:
        total = total + value
    return total


@rule_of("-")
def sub(u: Ball, v: Ball) -> Ball:
    """u - v."""
    return u - v


@rule_of("*")
def mul(*values: Ball) -> Ball:
    """The product of any number of values."""
    if len(values) == 2:  # by far the most common
        return values[0] * values[1]
    total, *rest = values
    for value in rest:
        total = total * value
    return total


@rule
def neg(u: Ball) -> Ball:
    """-u."""
    return -u


@rule_of("/")
def div(u: Ball, v: Ball) -> Ball:
    """u/v; Undefined where v is exactly 0, Undecided where it may be."""
    nonzero(v, "divisor")
    return u / v


@rule_of("**")
def power(u: Ball, v: Ball) -> Ball:
    """u**v in the reals: any base where v is a whole number (0**0 is 1), else u > 0, or
    u = 0 < v."""
    exponent = whole(v)
    if exponent is not None:
        return _whole_power(u, exponent, v)
    base, c = constant(u), constant(v)
    if base > 0:
        return check_reach(u**v, u, v)
    if base < 0 and not c.contains_integer():
        raise Undefined("base is negative and the exponent is not a whole number")
    if isinstance(u, arb) and base == 0 and c != 0:
        require(c > 0, c < 0, "0 needs an exponent >= 0")
        return like(v, 0)
    raise Undecided("base needs > 0")


def _whole_power(u: Ball, n: int, v: Ball) -> Ball:
    kind = v if isinstance(u, arb) else u
    if n == 0:
        return like(kind, 1)
    if n < 0:
        nonzero(u, "base")
    elif not isinstance(u, arb) and n >= u.prec and u[0].is_zero():
        return like(kind, 0)  # flint gives NaN where n is not a machine word
    if n > 0 and isinstance(u, arb) and 0 in u:
        return finite(_product(u, n))  # flint takes the logarithm, which a ball around 0 has not
    return check_reach(u**n, u)


def _product(u: arb, n: int) -> arb:
    """u**n, n > 0, by squaring."""
    result, square = arb(1), u
    for bit in reversed(bin(n)[2:]):
        if bit == "1":
            result = result * square
        square = square * square
    return result


@rule
def sqrt(x: Ball) -> Ball:
    """The square root, x >= 0; exact where it is rational with a power of 2 below."""
    above(x, 0, closed=True)
    return x.sqrt()


@rule
def cbrt(x: Ball) -> Ball:
    """The real cube root of any x."""
    return _root(x, 3)


@rule
def root(x: Ball, n: Ball) -> Ball:
    """The real n-th root: of x < 0 where n is an odd whole number, else of x >= 0."""
    nonzero(n, "degree")
    degree = whole(n)
    if degree is None and constant(x) < 0 and constant(n).contains_integer():
        raise Undecided("a negative argument needs an odd degree")
    if degree is None or degree % 2 == 0:
        above(x, 0, closed=True)
    if degree is None:
        return power(x, 1 / n)
    return _root(x, degree) if degree > 0 else div(arb(1), _root(x, -degree))


def _root(x: Ball, n: int) -> Ball:
    c = constant(x)
    if c > 0:
        return _positive_root(x, n)
    if c < 0:
        return -_positive_root(-x, n)
    if not isinstance(x, arb):
        raise Undecided("argument of a root may be 0")
    size = abs(c).upper()
    return _exact_root(size, n).union(-_exact_root(size, n)) if size > 0 else arb(0)


def _positive_root(x: Ball, n: int) -> Ball:
    value = _exact_root(constant(x), n)
    if isinstance(x, arb):
        return finite(value)
    series = x ** (arb(1) / n)
    series[0] = value
    return finite(series)


def _exact_root(c: arb, n: int) -> arb:
    """The n-th root of c > 0: an exact integer where it is one, so that floor(cbrt(8)) is 2."""
    value = c.root(n) if n < 1 << 63 else c ** (arb(1) / n)
    nearest = nearest_whole(value)
    return arb(nearest) if nearest is not None and arb(nearest) ** n == c else value


@rule
def hypot(u: Ball, v: Ball) -> Ball:
    """sqrt(u**2 + v**2)."""
    return sqrt(u * u + v * v)


# --- conditions -----------------------------------------------------------------------


@rule_of("<")
def lt(u: Ball, v: Ball) -> bool:
    """u < v; Undecided where the balls overlap, or where series part from a tie."""
    a, b = constant(u), constant(v)
    tie_decides = is_number(u) and is_number(v)
    if a < b:
        return True
    if a > b or (tie_decides and a >= b):
        return False
    raise Undecided("the two sides of the comparison may be equal")


@rule_of("==")
def eq(u: Ball, v: Ball) -> bool:
    """u == v: decided where the balls are apart, or are the same exact number."""
    a, b = constant(u), constant(v)
    if a != b:
        return False
    if is_number(u) and is_number(v) and a == b:
        return True
    raise Undecided("the two sides of the comparison may be equal")


rule_of(">")(lambda u, v: lt(v, u))
rule_of("<=")(lambda u, v: not lt(v, u))
rule_of(">=")(lambda u, v: not lt(u, v))
rule_of("!=")(lambda u, v: not eq(u, v))


# Bitwise, so that anything but a bool (a part without a value) is a TypeError; `False and ...`
# is False whatever the other part is, and `True or ...` is True.


@rule
def and_(u: bool, v: bool) -> bool:
    """Both conditions hold."""
    return False if u is False or v is False else u & v


@rule
def or_(u: bool, v: bool) -> bool:
    """One of the conditions holds."""
    return True if u is True or v is True else u | v


@rule
def not_(u: bool) -> bool:
    """The condition does not hold."""
    return u ^ True


# --- Kinks, jumps and choices on balls: each is decided by the constant term.

_ZERO = arb(0)


@rule
def abs_(x: Ball) -> Ball:
    """The absolute value."""
    c = constant(x)
    if isinstance(x, arb):
        return abs(c)
    if 0 in c:
        raise Undecided("argument may be 0, where abs has a kink")
    return x if c > 0 else -x


@rule
def sign(x: Ball) -> Ball:
    """-1, 0 or 1."""
    c = constant(x)
    if 0 not in c:
        return like(x, 1 if c > 0 else -1)
    if isinstance(x, arb) and c == 0:
        return _ZERO
    raise Undecided("argument may be 0, where sign jumps")


@rule
def step(x: Ball) -> Ball:
    """1 where x >= 0, else 0."""
    c = constant(x)
    if c > 0 or (isinstance(x, arb) and c >= 0):
        return like(x, 1)
    if c < 0:
        return like(x, 0)
    raise Undecided("argument may be 0, where step jumps")


@rule
def relu(x: Ball) -> Ball:
    """max(x, 0)."""
    return max_(x, _ZERO)


@rule
def floor(x: Ball) -> Ball:
    """The largest integer that is at most x."""
    return like(x, _floor(x, constant(x)))


@rule
def ceil(x: Ball) -> Ball:
    """The smallest integer that is at least x."""
    return like(x, -_floor(x, -constant(x)))


@rule
def round_(x: Ball) -> Ball:
    """The nearest integer, the even one of two."""
    moved = constant(x) + 0.5
    value = _floor(x, moved)
    if value == moved and not (value / 2).is_integer():
        value -= 1
    return like(x, value)


@rule
def trunc(x: Ball) -> Ball:
    """x rounded toward 0, where it does not jump."""
    c = constant(x)
    if abs(c) < 1:
        return like(x, 0)
    return floor(x) if c > 0 else ceil(x)


def _floor(x: Ball, c: arb) -> arb:
    """floor(c), where ``x`` tells whether a jump at c itself matters."""
    value = c.floor()
    if not value.is_exact() or (c == value and not isinstance(x, arb)):
        raise Undecided("argument may be at a jump")
    return value


@rule
def frac(x: Ball) -> Ball:
    """x - floor(x)."""
    return x - floor(x)


@rule
def mod(x: Ball, y: Ball) -> Ball:
    """x - y*floor(x/y), y != 0."""
    return x - y * floor(div(x, y))


@rule
def max_(u: Ball, v: Ball) -> Ball:
    """The larger of two values."""
    a, b = constant(u), constant(v)
    if a > b or u is v:
        return u
    if a < b:
        return v
    if isinstance(u, arb) and isinstance(v, arb):
        return u.max(v)
    raise Undecided("the arguments may be equal, where max has a kink")


@rule
def min_(u: Ball, v: Ball) -> Ball:
    """The smaller of two values."""
    return -max_(-u, -v) if u is not v else u


@rule
def where(condition: bool, a: Ball, b: Ball) -> Ball:
    """a where the condition holds, else b."""
    return a if condition else b
