"""Rows at which f is proved to be smooth, and only digits are missing: the same formulas in balls.

That costs a tenth of the reference, which would first have to find out what the programs know.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from dcalc import functions as table
from dcalc.algebra.arrays.balls import FLINT
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.tape import lower

_BITS = (128, 256, 512)


class Refiner:
    """Several expressions on one tape over balls."""

    def __init__(self, roots: Sequence[Expr], names: Sequence[str]) -> None:
        from dcalc.algebra import ball

        self.tape = lower(*roots)
        self.places = [self.tape.place(root) for root in roots]
        self.columns = {name: place for place, name in enumerate(names)}
        self.calls: list[Callable[..., Any] | None] = []
        self.moving: list[int] = []
        varies: list[bool] = []
        for place, (op, args) in enumerate(self.tape.rows):
            leaf = op is table.NUMBER or op is table.SYMBOL
            varies.append(op is table.SYMBOL or (not leaf and any(varies[i] for i in args)))
            self.calls.append(None if leaf else ball.evaluator(op))
            if varies[-1]:
                self.moving.append(place)
        self.fixed = cache(self._fixed)

    def answers(self, point: Sequence[float]) -> list[float] | None:
        """The values rounded to doubles, right to the last digit; None where they are not decided,
        or are beyond a double."""
        from flint import ctx

        from dcalc.algebra.rounding import as_double

        with FLINT:
            for bits in _BITS:
                with ctx.workprec(bits):
                    try:
                        values = self._run(bits, point)
                    except (DcalcError, ArithmeticError, ValueError):
                        return None
                    found = [as_double(values[place]) for place in self.places]
                if None not in found:
                    return found if all(abs(v) < float("inf") for v in found if v is not None) else None  # type: ignore[return-value]  # no None
        return None

    def _fixed(self, bits: int) -> list[Any]:
        """The tape with the values of constants filled in, at the working precision: ``bits`` tells
        those that are kept apart."""
        from dcalc.algebra.enclose import constant

        values: list[Any] = [None] * len(self.tape.rows)
        moving = set(self.moving)
        for place, (_, args) in enumerate(self.tape.rows):
            call = self.calls[place]
            if place not in moving:
                values[place] = constant(args[0]) if call is None else call(*[values[i] for i in args])
        return values

    def _run(self, bits: int, point: Sequence[float]) -> list[Any]:
        from flint import arb

        values = list(self.fixed(bits))
        for place in self.moving:
            args = self.tape.rows[place][1]
            call = self.calls[place]
            if call is None:
                values[place] = arb(point[self.columns[args[0]]])
            else:
                values[place] = call(*[values[i] for i in args])
        return values
