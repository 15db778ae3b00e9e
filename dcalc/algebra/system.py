"""What a number system is: constants and evaluators, over which tapes, duals and jets run."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from dcalc.functions import Row


class System:
    """A number system: its constants and its evaluators."""

    def __init__(
        self,
        constant: Callable[[int | Fraction], Any],
        evaluator: Callable[[Row], Callable[..., Any]],
    ) -> None:
        self.constant = constant
        self.evaluator = evaluator

    def value(self, op: Row, args: list[Any], moving: list[bool]) -> Any:
        """The value of a row at the point; ``moving`` tells which arguments vary around it."""
        return self.evaluator(op)(*args)
