"""What all evaluators on balls share: the two kinds of value, guards and Taylor composition.

A value is an `arb`, a real number enclosed by a ball, or an `arb_series`, a power series
whose coefficients are such balls, cut off at its own ``prec``. Precision and length are
flint's (`ctx.prec`, `ctx.cap`), set by the caller.

A guard tells inside, outside and undecided apart. At the very edge a number is decided
(log(0) has no value, sqrt(0) has one), a series never is: whether f can be continued, or
has a slope on one side, is not for a two-sided series to say.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from flint import arb, arb_series, ctx

from dcalc.errors import Immense, Undecided, Undefined, Unsupported

Ball = arb | arb_series


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


def reached(x: Ball, *args: Ball) -> Ball:
    """``x``, the value of a function that has one at ``args``; Immense where it is too large for a ball."""
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
    if not is_number(x):
        return None
    c = constant(x)
    return nearest_whole(c) if c.is_integer() else None


def nearest_whole(c: arb) -> int | None:
    """The only integer in a ball, else None, also beyond 4,096 bits.

    flint ends the process where the exponent of a number is very large, up or down.
    """
    if abs(c) < _HALF:
        return 0 if 0 in c else None
    value = c.unique_fmpz() if _LEAST < c < _LARGEST else None
    return None if value is None else int(value)


_LARGEST = arb(1 << 4096)
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
