"""Real constants with a proof of zero: coefficients of one-sided series.

A constant has a ball at the working precision and, where it is rational, its exact value. Otherwise it
remembers what it was made from, so that a zero test whose ball holds zero can look deeper: first at an
element of a field over interned atoms (`zero`), where 0 is seen to be 0; then at a root bound for algebraic
numbers. What neither decides asks for more precision: a tiny ball is never taken for zero.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from flint import arb, ctx, fmpq

from dcalc import functions as table
from dcalc.expr import Expr, make, number, walk
from dcalc.numbers.ball import nearest_whole
from dcalc.numerals import whole_root
from dcalc.simplify import simplify

if TYPE_CHECKING:
    from dcalc.proof.field import Field, Quotient
    from dcalc.proof.zero import Bound


Operation = Literal["", "+", "*", "inv", "pow", "pi", "call"]
_MAX_EXACT = 1 << 18
"""Bits that a power may have and still be held exactly."""
_MAX_ROOTED = 1 << 16
"""Bits of a number of which exact roots are looked for."""


class Retry(Exception):
    """A question that the same computation may decide if it is done again with more of something."""


class NeedMoreBits(Retry):
    """A question that the working precision does not decide; ``bits`` where the need is known."""

    def __init__(self, bits: int = 0) -> None:
        super().__init__(bits)
        self.bits = bits


class Constant:
    """A real number: ``ball`` encloses it, ``exact`` is its value where it is rational.

    ``op`` is how it was made of ``args``: "+", "*", "inv", "pow" (the exponent a Fraction), "pi", or "call"
    with the name of a function, its arguments, and the order of a Taylor coefficient or None.
    """

    __slots__ = ("args", "ball", "element", "exact", "op", "root")

    def __init__(self, ball: arb, exact: fmpq | None, op: Operation = "", args: tuple[Any, ...] = ()) -> None:
        self.ball = ball
        self.exact = exact
        self.op = op
        self.args = args
        self.element: tuple[Field, Quotient] | None = None  # kept by `zero.Prover`, with its field
        self.root: tuple[Bound | None] | None = None  # kept by `zero`; (None,) where there is no bound

    def __repr__(self) -> str:
        return str(self.exact) if self.exact is not None else str(self.ball.str(8))

    def __add__(self, other: Constant) -> Constant:
        if self.exact is not None and other.exact is not None:
            return rational(self.exact + other.exact)
        if self.exact is not None and self.exact == 0:
            return other
        if other.exact is not None and other.exact == 0:
            return self
        return Constant(self.ball + other.ball, None, "+", (self, other))

    def __neg__(self) -> Constant:
        return self * MINUS_ONE

    def __sub__(self, other: Constant) -> Constant:
        return ZERO if self is other else self + (-other)

    def __mul__(self, other: Constant) -> Constant:
        a, b = self.exact, other.exact
        if a is not None and b is not None:
            return rational(a * b)
        if a is not None and (a == 0 or a == 1):
            return ZERO if a == 0 else other
        if b is not None and (b == 0 or b == 1):
            return ZERO if b == 0 else self
        return Constant(self.ball * other.ball, None, "*", (self, other))

    def inverse(self) -> Constant:
        """1/c for a constant proved not to be zero."""
        if self.exact is not None:
            return rational(1 / self.exact)
        return Constant(1 / self.ball, None, "inv", (self,))

    def power(self, exponent: Fraction) -> Constant:
        """c**exponent for c > 0 proved, or c != 0 and a whole exponent."""
        if exponent == 1:
            return self
        is_whole = exponent.denominator == 1
        if self.exact is not None:
            value = _whole_power(self.exact, int(exponent)) if is_whole else _exact_root(self.exact, exponent)
            if value is not None:
                return rational(value)
        ball = self.ball ** (int(exponent) if is_whole else arb(fmpq(exponent.numerator, exponent.denominator)))
        return Constant(ball, None, "pow", (self, exponent))

    def scale(self, value: Fraction | int) -> Constant:
        """The constant times a rational."""
        return self * rational(value)

    @property
    def is_rational_zero(self) -> bool:
        """Whether the constant is 0, exactly; False where that would have to be proved."""
        return self.exact is not None and bool(self.exact == 0)

    def split_factor(self) -> tuple[fmpq, Constant]:
        """(rational, rest) of which the constant is the product; the rest is ONE for a rational."""
        if self.exact is not None:
            return self.exact, ONE
        if self.op == "*":
            first, second = self.args
            if first.exact is not None:
                return first.exact, second
            if second.exact is not None:
                return second.exact, first
        return ONE.exact, self  # type: ignore[return-value]  # 1 is rational

    def sign(self) -> int:
        """-1, 0 or 1, proved; raises NeedMoreBits where it cannot be."""
        if self.exact is not None:
            return (self.exact > 0) - (self.exact < 0)
        if self.ball > 0:
            return 1
        if self.ball < 0:
            return -1
        if self._is_proved_zero():
            return 0
        raise NeedMoreBits

    def is_zero(self) -> bool:
        """Whether the constant is zero, proved either way; raises NeedMoreBits."""
        if self.exact is not None:
            return bool(self.exact == 0)
        if self.ball > 0 or self.ball < 0:
            return False
        return self.sign() == 0

    def _is_proved_zero(self) -> bool:
        from dcalc.proof.zero import is_proved_zero  # which is made of constants itself

        return bool(self.ball.is_finite()) and is_proved_zero(self)

    def snap_to_zero(self) -> Constant:
        """The constant, as an exact 0 where it is one; raises NeedMoreBits where it may be."""
        return ZERO if self.exact is None and 0 in self.ball and self.is_zero() else self

    def snap_to_integer(self) -> Constant:
        """The constant, exactly where it is a whole number; raises NeedMoreBits where it may be."""
        if self.exact is not None or nearest_whole(self.ball) is None:
            return self
        whole = self.as_integer()
        return self if whole is None else rational(whole)

    def as_integer(self) -> int | None:
        """The integer that the constant is, None if it is proved to be none; raises NeedMoreBits."""
        if self.exact is not None:
            return int(self.exact.p) if self.exact.q == 1 else None
        near = nearest_whole(self.ball)
        if near is not None:
            return near if (self - rational(near)).is_zero() else None
        if not self.ball.is_finite() or (not self.ball.abs_upper() < 1 and self.ball.contains_integer()):
            raise NeedMoreBits
        return None

    def floor(self) -> int:
        """The largest integer that is at most the constant; raises NeedMoreBits."""
        if self.exact is not None:
            return int(self.exact.p // self.exact.q)
        whole = self.as_integer()
        below = nearest_whole(self.ball.floor()) if whole is None else whole
        if below is None:
            raise NeedMoreBits
        return below


def rational(value: fmpq | Fraction | int) -> Constant:
    """The constant of an exact rational."""
    exact = value if isinstance(value, fmpq) else fmpq(value.numerator, value.denominator)
    return Constant(arb(exact), exact)


def to_fraction(value: fmpq) -> Fraction:
    """A rational of flint's as one of Python's."""
    return Fraction(int(value.p), int(value.q))


def function_value(name: str, args: tuple[Constant, ...], ball: arb, order: int | None = None) -> Constant:
    """The value of a function, or its Taylor coefficient of an order, at constants; raises NeedMoreBits."""
    if not ball.is_finite():
        raise NeedMoreBits
    return Constant(ball, None, "call", (name, args, order))


def _whole_power(base: fmpq, exponent: int) -> fmpq | None:
    """base**exponent, None where it is too large to be held exactly."""
    size = max(int(base.p).bit_length(), int(base.q).bit_length())
    if size > 1 and size * abs(exponent) > _MAX_EXACT:
        return None
    if abs(exponent) > 1 << 62:  # 0, 1 and -1: flint wants a machine word
        exponent = 2 + exponent % 2
    return base**exponent


def _exact_root(base: fmpq, exponent: Fraction) -> fmpq | None:
    """base**exponent where that is rational, for base > 0."""
    degree = exponent.denominator
    parts = int(base.p), int(base.q)
    if parts[0] < 0 or max(part.bit_length() for part in parts) > _MAX_ROOTED:
        return None
    above, below = (whole_root(part, degree) for part in parts)
    if above is None or below is None:
        return None
    return _whole_power(fmpq(above, below), exponent.numerator)


ZERO = rational(0)
ONE = rational(1)
MINUS_ONE = rational(-1)


def pi() -> Constant:
    """pi at the working precision."""
    return Constant(arb.pi(), None, "pi")


def working_precision() -> int:
    """The working precision in bits."""
    return int(ctx.prec)


# --- Constants as expressions: the closed form of a number that knows what it was made of.


def write_constant(value: Constant, *, in_full: bool = False) -> Expr | None:
    """A constant in closed form, simplified; None where it is made of what has none, or is long to read and not asked
    for ``in_full``. No recursion."""
    nodes: dict[int, Expr] = {}
    stack = [value]
    while stack:
        top = stack[-1]
        parts = [part for part in _parts(top) if id(part) not in nodes]
        if parts and len(nodes) + len(stack) < _MOST_PARTS:
            stack += parts
            continue
        stack.pop()
        node = None if parts else _write_part(top, [nodes[id(part)] for part in _parts(top)], in_full)
        if node is None:
            return None
        nodes[id(top)] = node
    root = simplify(nodes[id(value)])
    return root if in_full or len(walk(root)) <= _MOST_NODES else None


_MOST_PARTS = 60
_MOST_NODES = 12
"""Nodes of a closed form that is still worth reading beside the digits."""


_LARGEST = 1_000_000
"""Numerators and denominators below this are read at a glance."""


def _write_ratio(value: Fraction) -> Expr:
    """A rational as a quotient, never as a decimal."""
    return number(value) if value.denominator == 1 else make(table.DIV, *map(number, value.as_integer_ratio()))


def _parts(value: Constant) -> list[Constant]:
    if value.exact is not None:
        return []
    return list(value.args[1]) if value.op == "call" else [part for part in value.args if isinstance(part, Constant)]


def _write_part(value: Constant, args: list[Expr], in_full: bool) -> Expr | None:
    """A constant from what it was made of; None for what the table of functions does not know."""
    if value.exact is not None:
        ratio = to_fraction(value.exact)
        is_short = max(abs(ratio.numerator), ratio.denominator) < _LARGEST
        return _write_ratio(ratio) if in_full or is_short else None
    if value.op == "pi":
        return make(table.PI)
    if value.op == "pow":
        return make(table.POW, *args, _write_ratio(value.args[1]))
    if value.op == "inv":
        return make(table.POW, *args, number(-1))
    if value.op in ("+", "*"):
        return make(table.ADD if value.op == "+" else table.MUL, *args)
    name, _, order = value.args if value.op == "call" else ("", (), None)
    row = table.find(name, len(args)) if not order and args else None
    return None if row is None else make(row, *args)
