"""Values that are right to the last digit, by programs over double-doubles: for rows in which digits are missing.

The rules of `operators` and `elementary` write these programs, too, with smaller errors for each step. A value counts
where its error leaves only one double to round to, so that it is the one that balls give, and no digit depends on which
rows were done in which way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dcalc import functions as table
from dcalc.bulk import double_double
from dcalc.bulk.bound import LIMIT, Arrays, Value
from dcalc.bulk.ufunc_program import Layout, Operand, Program, Reg
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.numbers import FLINT

if TYPE_CHECKING:
    from dcalc.bulk.ufunc_program import Column

_ROWS = 8_192
"""Rows a block. A function has some 200 steps and as many short-lived buffers, which a core's cache holds."""
_CONSTANT_BITS = 256
_CONSTANT = 2.0**-103
"""The relative error of a constant as a double-double."""
_UP, _LAST = 1.0 + 2.0**-50, 2.0**-52


class LongProgram(Program):
    """Steps over double-doubles. Raises Unsupported for one that is not known there."""

    def step(self, call: str | Callable[..., Any], ins: tuple[Any, ...], kinds: tuple[bool, ...]) -> tuple[Reg, ...]:
        """The places that a call fills: those of the same call before, if there was one."""
        if isinstance(call, str) and call not in double_double.OPERATIONS:
            raise Unsupported(f"{call} is not known of double-doubles")
        if not isinstance(call, str | _Constant):
            raise Unsupported("this function is not known of double-doubles")
        return super().step(call, ins, kinds)


class _Constant:
    """A step without arguments; equal ones are one."""

    def __init__(self, parts: double_double.Pair) -> None:
        self.parts = parts

    def __call__(self) -> double_double.Pair:
        return self.parts

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Constant) and self.parts == other.parts

    def __hash__(self) -> int:
        return hash(self.parts)


class LongArrays(Arrays):
    """Arithmetic on values that writes a program over double-doubles.

    A number that leaves their range becomes nan and its row does not count, so that nothing underflows: `tiny` is 0.
    """

    unit, function, power = double_double.UNIT, double_double.FUNCTION, double_double.POWER
    in_doubles = False

    def __init__(self, inputs: int) -> None:
        super().__init__(inputs, bounded=True, careful=True)
        self.program = LongProgram(inputs)
        self.tiny = 0.0

    def pi(self) -> Value:
        """The constant."""
        from flint import arb, ctx

        with FLINT, ctx.workprec(_CONSTANT_BITS):
            return self._ball_value(arb.pi())

    def constant(self, node: Expr) -> Value:
        """The number that an expression without variables means. Raises Unsupported where it has none."""
        if node.op is table.NUMBER and float(node.args[0]) == node.args[0]:
            return _exact(float(node.args[0]))
        from flint import ctx

        from dcalc.numbers.enclosure import Encloser, Fault

        with FLINT, ctx.workprec(_CONSTANT_BITS):
            ball = Encloser(node, "", 0).at({}).f
            if isinstance(ball, Fault) or not ball.is_finite():
                raise Unsupported("a constant has no value")
            return self._ball_value(ball)

    def _ball_value(self, ball: Any) -> Value:
        high, low = double_double.pair(ball)
        if ball == high:
            return _exact(high)
        if not double_double.LEAST <= abs(high) <= double_double.MOST or abs(ball - high - low) > _CONSTANT * abs(high):
            raise Unsupported("a constant is not known to enough digits")
        (place,) = self.program.step(_Constant((high, low)), (), (False,))
        return Value(place, _CONSTANT, sign=2 if high > 0 else -2)

    def compute(self, name: str, a: Operand, b: Operand) -> Operand:
        """One of the four operations, also of two constants, whose result need not be a double."""
        return self.program.op(name, a, b)


def _exact(number: float) -> Value:
    return Value(number, sign=2 * ((number > 0) - (number < 0)) or 1)


class Rounder:
    """Runs a layout whose outputs are values, their errors, and the mask of the rows that count."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.width = len(layout.outputs) // 2
        self.slack = (1.0 + 4 * LIMIT * len(layout.steps)) * _UP

    def values(self, columns: Sequence[Column]) -> tuple[list[Any], Any]:
        """(values, mask): an array a target, and the rows in which all are right to the last digit.

        Cost: some 50 ns a row and a step of arithmetic, ten times that for a function.
        """
        import numpy as np

        length = len(columns[0]) if columns else 0
        values = [np.empty(length) for _ in range(self.width)]
        decided = np.zeros(length, dtype=bool)
        with np.errstate(all="ignore"):
            for start in range(0, length, _ROWS):
                part = slice(start, start + _ROWS)
                numbers, mask = self._block([np.asarray(column[part], dtype=np.float64) for column in columns])
                decided[part] = mask
                for value, number in zip(values, numbers, strict=True):
                    value[part] = number
        return values, decided

    def _block(self, columns: Sequence[Any]) -> tuple[list[Any], Any]:
        import numpy as np

        places: dict[tuple[bool, int], Any] = {}
        for index, column in enumerate(columns):
            places[False, index] = double_double.keep((column, np.zeros_like(column)))
        for call, ins, outs in self.layout.steps:
            function = double_double.OPERATIONS[call] if isinstance(call, str) else call
            (out,) = outs
            places[out.boolean, out.index] = function(*[_look_up(places, part) for part in ins])
        *numbers, mask = [_look_up(places, part) for part in self.layout.outputs]
        values = numbers[: self.width]
        for (high, low), (error, _) in zip(values, numbers[self.width :], strict=True):
            room = error * self.slack + _LAST * np.abs(low)  # more than what the next two sums round away
            mask = mask & (high + (low - room) == high) & (high + (low + room) == high) & np.isfinite(high)
        return [high + 0.0 for high, _ in values], mask  # no zero is negative, as those of balls


def _look_up(places: dict[tuple[bool, int], Any], part: Any) -> Any:
    if isinstance(part, Reg):
        return places[part.boolean, part.index]
    return part if isinstance(part, bool) else (part, 0.0)
