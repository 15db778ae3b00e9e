"""The rows that are answered by the reference, one by one."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dcalc.algebra.arrays.balls import FLINT
from dcalc.backends import REFERENCE, load
from dcalc.errors import DcalcError
from dcalc.expr import Expr
from dcalc.problem import DOUBLE_DIGITS, Estimate, Problem


class Referee:
    """Answers for all targets of an expression at a point. Cost: some 0.1 ms a target."""

    def __init__(self, root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str]) -> None:
        self.root = root
        self.targets = targets
        self.names = names

    def answers(self, point: Sequence[float]) -> list[Estimate]:
        """One estimate a target; a coordinate that is no number is an error."""
        for name, value in zip(self.names, point, strict=True):
            if not math.isfinite(value):
                return [failed(f"{name} is {value}, no real number")] * len(self.targets)
        at = dict(zip(self.names, point, strict=True))
        with FLINT:
            return [self._answer(Problem(self.root, wrt, at, DOUBLE_DIGITS)) for wrt in self.targets]

    def outside(self, point: Sequence[float]) -> list[Estimate]:
        """The same where f is known to have no value all around the point: its derivative along a
        variable is asked for, which is soonest found to be undefined, and says it for all."""
        at = dict(zip(self.names, point, strict=True))
        with FLINT:
            answer = self._answer(Problem(self.root, tuple(self.names[:1]), at, DOUBLE_DIGITS))
        return [answer] * len(self.targets) if answer.status == "undefined" else self.answers(point)

    def _answer(self, problem: Problem) -> Estimate:
        try:
            return load(REFERENCE).differentiate(problem)  # loaded for the first row that is referred
        except DcalcError as error:
            return failed(error.message)


def failed(sentence: str) -> Estimate:
    """No answer, and why."""
    return Estimate(REFERENCE, None, "error", note=sentence)


def is_plain(answers: Sequence[Estimate]) -> bool:
    """Whether all answers are plain numbers."""
    return all(answer.status == "ok" for answer in answers)


def numbers(answers: Sequence[Estimate]) -> list[float]:
    """The values, nan where there is none."""
    return [math.nan if answer.value is None else answer.value for answer in answers]
