"""Running error bounds: numbers of a block beside bounds of how far they are from the truth.

For a computed v and the true number t,  abs(v - t) <= (rel + own)*abs(v) + abs,  where rel is a
constant of the program, and own and abs, mostly, places for a number a row. Relative errors of
products, quotients, powers and roots add up before anything has run, so that many bounds cost
nothing at all; see Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3.3
(running error analysis).

Three things hold it together:

- What a function does to an error is linearised. It may be, since a row counts only where every
  error that is not a constant stays below `LIMIT`, relative to the argument's distance from the
  nearest singularity; what is dropped, and the rounding of the bounds themselves, is below
  `2*LIMIT` of the bound in each step, and made up for at the end (`slack`).
- Relative errors say nothing where numbers underflow, and nothing holds where they overflow. The
  tight program has no remedy: it runs with the processor's exceptions raised, and functions are
  checked to stay in `LEAST` to `MOST`. Where one is raised, the careful program runs: it adds
  `TINY` to every error and drops rows with a number that is not finite.
- A choice (comparison, floor, sign) counts only where no error can change it. What is doubtful in
  the branch of `where` that is not taken does not matter: such doubts travel with the value.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

from dcalc.bulk.ufunc_program import Exceptional, Operand, Program, Reg
from dcalc.records import NamedTuple

UNIT = 2.0**-53
"""Half the distance of 1 from the next double: the error of +, -, *, / and the square root."""
FUNCTION = 2.0**-50
"""The relative error of NumPy's functions: 4 ulps. That is what NumPy holds its vectorised ones to in
its own tests, on every processor; those that it takes from the C library are given with 1 or 2 in
glibc's manual (cbrt with 4). Measured, at random points and beside multiples of pi/2: 1.2 at most."""
LIMIT = 2.0**-30
"""The largest error that may be linearised, relative to the distance from where the slope changes: what is
dropped is then within `slack`."""
TINY = 2.0**-1060
"""Above the sum of some thousand roundings of numbers that underflow."""
LEAST, MOST = 2.0**-960, 2.0**960

Mask = Reg | bool
_FOLDED: dict[str, Callable[[float, float], float]] = {
    "add": operator.add, "subtract": operator.sub, "multiply": operator.mul, "divide": operator.truediv,
}  # fmt: skip


class Value(NamedTuple):
    """A number a row: itself, the three parts of its error, its sign where that is known (1: never
    negative, 2: always positive, -1 and -2 likewise), and the masks of where it counts."""

    v: Operand
    rel: float = 0.0
    own: Operand = 0.0
    abs: Operand = 0.0
    sign: int = 0
    sure: frozenset[Reg] = frozenset()


class Truth(NamedTuple):
    """A condition a row, and the masks of where it is decided."""

    v: Mask
    sure: frozenset[Reg] = frozenset()


class Arrays:
    """Arithmetic on values that writes a program; without ``bounded`` the errors stay 0, unwritten.

    ``strict`` is set by the caller while a value is made that every row needs: then doubts are
    collected in `total` at once, and need not be carried along. ``joint`` errors are to hold for all rows together: a
    relative one stays relative where it can, since rows differ in size. ``unit``, ``function`` and ``power`` are the
    relative errors of arithmetic, of functions, and what a power has beside that of a function.
    """

    unit, function, power = UNIT, FUNCTION, 0.0
    in_doubles = True

    def __init__(self, inputs: int, *, bounded: bool, careful: bool = False, joint: bool = False) -> None:
        self.program = Program(inputs)
        self.bounded = bounded
        self.careful = careful
        self.joint = joint
        self.tiny = TINY if careful else 0.0
        self.strict = True
        self.total: Mask = True

    def inputs(self) -> list[Value]:
        """The columns, exact. In the tight program: finite, and not near 0 unless 0."""
        values = [Value(place) for place in self.program.inputs]
        for value in values:
            if self.bounded:
                self._in_range(value, True, True)
        return values

    def pi(self) -> Value:
        """The constant."""
        return Value(math.pi, self.unit, sign=2)

    # --- errors as operands: constants are folded ------------------------------------------

    def plus(self, a: Operand, b: Operand) -> Operand:
        """a + b."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return a + b
        if b == 0.0:
            return a
        return b if a == 0.0 else self.program.op("add", a, b)

    def times(self, a: Operand, b: Operand) -> Operand:
        """a*b."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return a * b
        if a == 0.0 or b == 0.0:
            return 0.0
        if a == 1.0 or b == 1.0:
            return b if a == 1.0 else a
        return self.program.op("multiply", a, b)

    def over(self, a: Operand, b: Operand) -> Operand:
        """a/b."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return a / b if b else float("inf")
        return 0.0 if a == 0.0 else self.program.op("divide", a, b)

    def larger(self, a: Operand, b: Operand) -> Operand:
        """The larger of two errors."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return max(a, b)
        if a == 0.0 or b == 0.0:
            return b if a == 0.0 else a
        return self.program.op("maximum", a, b)

    def size(self, value: Value) -> Operand:
        """The absolute value of the number."""
        if not isinstance(value.v, Reg):
            return abs(value.v)
        return value.v if value.sign > 0 else self.program.op("absolute", value.v)

    def error(self, value: Value) -> Operand:
        """The whole error, absolute."""
        rel = self.plus(value.own, value.rel)
        return self.plus(self.times(rel, self.size(value)), value.abs) if rel != 0.0 else value.abs

    def ratio(self, value: Value) -> tuple[float, Operand, frozenset[Reg]]:
        """The whole error, relative: its constant part, the rest, and where that is below LIMIT."""
        if value.abs == 0.0:
            return value.rel, value.own, frozenset()
        own = self.plus(value.own, self.over(value.abs, self.size(value)))
        return value.rel, own, self.small(own)

    def compute(self, name: str, a: Operand, b: Operand) -> Operand:
        """One of the four operations; of constants, now."""
        if isinstance(a, Reg) or isinstance(b, Reg):
            return self.program.op(name, a, b)
        constant = _FOLDED[name](a, b) if name != "divide" or b else math.nan
        return constant if constant == 0.0 or LEAST <= abs(constant) <= MOST else math.nan  # nan: for the reference

    # --- doubts -----------------------------------------------------------------------------

    def both(self, a: Mask, b: Mask) -> Mask:
        """Where both hold."""
        if isinstance(a, bool):
            return b if a else a
        if isinstance(b, bool):
            return a if b else b
        return a if a is b else self.program.op("logical_and", a, b)

    def either(self, a: Mask, b: Mask) -> Mask:
        """Where one of two holds."""
        if isinstance(a, bool):
            return a or b
        if isinstance(b, bool):
            return b or a
        return self.program.op("logical_or", a, b)

    def need(self, mask: Mask) -> frozenset[Reg]:
        """The value being made counts only where the mask holds."""
        if mask is True:
            return frozenset()
        if mask is False:  # nowhere, and a place for it
            mask = self.program.op("less", 1.0, 0.0)
        if self.strict:
            self.total = self.both(self.total, mask)
            return frozenset()
        return frozenset((mask,))

    def small(self, error: Operand) -> frozenset[Reg]:
        """The mask of the rows in which an error is below LIMIT, as the bounds derived from it require."""
        return self.need(self.at_most(error, LIMIT)) if self.bounded else frozenset()

    def at_most(self, a: Operand, b: Operand) -> Mask:
        """Where a <= b."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return a <= b
        return self.program.op("less_equal", a, b)

    def above(self, a: Operand, b: Operand) -> Mask:
        """Where a > b."""
        if not isinstance(a, Reg) and not isinstance(b, Reg):
            return a > b
        return self.program.op("greater", a, b)

    def merge(self, sure: frozenset[Reg]) -> Mask:
        """Where all masks hold."""
        sure_mask: Mask = True
        for mask in sorted(sure, key=lambda place: place.index):
            sure_mask = self.both(sure_mask, mask)
        return sure_mask

    def _in_range(self, value: Value, low: bool, high: bool, decays: bool = False) -> frozenset[Reg]:
        """What a function gave neither overflows nor underflows."""
        if self.careful:
            return self.need(self.program.op("isfinite", value.v))
        size = self.size(value)
        if low:
            self.program.check(_positive if decays else _zero_or_more, size)
        if high:
            self.program.check(_no_more, size)
        return frozenset()

    # --- results ----------------------------------------------------------------------------

    def make_value(
        self, v: Operand, rel: float, own: Operand, error: Operand, args: tuple[Value | Truth, ...],
        sure: frozenset[Reg] = frozenset(), *, sign: int = 0, exact: bool = False,
    ) -> Value:  # fmt: skip
        """The value of an arithmetic step, whose exceptions the processor tells; ``exact``: one
        that does not underflow."""
        if not self.bounded:
            return Value(v, sign=sign)
        if rel > LIMIT:
            sure |= self.need(False)
        if self.careful and isinstance(v, Reg):
            sure |= self.need(self.program.op("isfinite", v))
        error = error if exact else self.plus(error, self.tiny)
        return Value(v, rel, own, error, sign, sure.union(*[arg.sure for arg in args]))

    def call_function(
        self, v: Operand, own: Operand, error: Operand, args: tuple[Value, ...],
        sure: frozenset[Reg] = frozenset(), *, rel: float = 0.0, sign: int = 0,
        low: bool = True, high: bool = True, decays: bool = False,
    ) -> Value:  # fmt: skip
        """The value of a function: in the tight program it is checked not to be near underflow
        (``low``) or overflow (``high``) where it can be. A 0 is the exact one of an argument 0,
        unless the function ``decays``."""
        if not self.bounded:
            return Value(v, sign=sign)
        if not isinstance(own, Reg):
            rel, own = rel + own, 0.0
        value = Value(v, rel + self.function, own, self.plus(error, self.tiny), sign)
        if value.rel > LIMIT:
            sure |= self.need(False)
        sure |= self._in_range(value, low, high, decays)
        return value._replace(sure=sure.union(*[arg.sure for arg in args]))


def product_sign(first: int, second: int) -> int:
    """The sign of a product or quotient."""
    return first * second if abs(first) < 2 or abs(second) < 2 else first * second // 2


def _positive(size: Any, out: Any) -> None:
    if not size.min() >= LEAST:
        raise Exceptional


def _zero_or_more(size: Any, out: Any) -> None:
    if not size.min() >= LEAST and not ((size >= LEAST) | (size == 0.0)).all():
        raise Exceptional


def _no_more(size: Any, out: Any) -> None:
    if not size.max() <= MOST:
        raise Exceptional
