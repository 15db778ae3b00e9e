"""Expressions over all rows of data at once: what depends on parameters alone is computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from itertools import repeat
from typing import Any

from dcalc import functions as table
from dcalc.algebra.system import System
from dcalc.analysis.optimise.objective import DOUBLES
from dcalc.analysis.training.tall import Tall, worth_it
from dcalc.expr import Expr
from dcalc.tape import Tape, lower

Column = Sequence[float]


class Rows:
    """Several expressions on one tape, each to be evaluated over the columns of data.

    In doubles, unless ``system`` brings the constants and evaluators of other numbers; many
    rows of doubles by NumPy, where it is installed.
    """

    def __init__(
        self,
        roots: Sequence[Expr],
        columns: Mapping[str, Sequence[Any]],
        system: System = DOUBLES,
    ) -> None:
        self.roots = roots
        self.system = system
        self._tall: Tall | None = None
        self._take(columns)
        self.tape: Tape = lower(*roots)
        self.places = [self.tape.place(root) for root in roots]
        self.wide = self._wide()
        self.calls: list[Callable[..., Any] | None] = [
            None if op is table.NUMBER or op is table.SYMBOL else system.evaluator(op) for op, _ in self.tape.rows
        ]

    def over(self, columns: Mapping[str, Sequence[Any]]) -> Rows:
        """The same expressions over other data with the same columns."""
        other = copy(self)
        other._take(columns)
        return other

    def _take(self, columns: Mapping[str, Sequence[Any]]) -> None:
        self.columns = columns
        self.height = len(next(iter(columns.values())))
        self.by_array = self.system is DOUBLES and worth_it(self.height)

    def _wide(self) -> list[bool]:
        """For each row of the tape whether it differs from one row of data to the next."""
        wide: list[bool] = []
        for op, args in self.tape.rows:
            if op is table.NUMBER:
                wide.append(False)
            elif op is table.SYMBOL:
                wide.append(args[0] in self.columns)
            else:
                wide.append(any(wide[place] for place in args))
        return wide

    def at(self, parameters: Mapping[str, Any]) -> list[list[Any]]:
        """A column of values for each expression. Cost: one operation a row and node."""
        if self.by_array:
            self._tall = self._tall or Tall(self.roots)
            return self._tall.at(self.columns, parameters, self.height)
        values: list[Any] = []
        for (op, args), call, wide in zip(self.tape.rows, self.calls, self.wide, strict=True):
            if call is None:
                values.append(self._leaf(op, args[0], parameters))
            elif not wide:
                values.append(call(*[values[place] for place in args]))
            else:
                parts = [values[place] if self.wide[place] else repeat(values[place]) for place in args]
                values.append(list(map(call, *parts)))
        return [values[place] if self.wide[place] else [values[place]] * self.height for place in self.places]

    def _leaf(self, op: table.Row, payload: Any, parameters: Mapping[str, Any]) -> Any:
        if op is table.NUMBER:
            return self.system.constant(payload)
        return self.columns[payload] if payload in self.columns else parameters[payload]
