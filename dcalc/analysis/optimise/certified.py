"""Functions whose derivatives have no closed form: their numbers are those of the reference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from dcalc.algebra.real import evaluate
from dcalc.analysis._derivatives import seconds, slopes
from dcalc.analysis.optimise.linear import Matrix, Vector
from dcalc.analysis.optimise.objective import Expression, Objective
from dcalc.errors import Unsupported
from dcalc.expr import Expr
from dcalc.finding import Subject


def objective_of(root: Expr, names: Sequence[str], fixed: Mapping[str, float]) -> Objective:
    """The objective that an expression is: on a tape, or else from one certified derivative to the next.

    Raises Unsupported where a derivative is not known at all.
    """
    try:
        found = Expression(root, names, fixed)
        found.partials  # noqa: B018  # made here, where a missing one can be told
        return found
    except Unsupported:
        return Certified(root, names, fixed)


class Certified:
    """An objective by the reference, right to the last digit. Cost: some 100 times that of a tape."""

    def __init__(self, root: Expr, names: Sequence[str], fixed: Mapping[str, float]) -> None:
        self.root = root
        self.names = names
        self.fixed = fixed

    def value(self, x: Sequence[float]) -> float:
        """f."""
        return evaluate(self.root, self._at(x))

    def gradient(self, x: Sequence[float]) -> tuple[float, Vector]:
        """f and its gradient."""
        if not all(map(math.isfinite, x)):
            return math.nan, [math.nan] * len(x)
        try:
            answers = slopes(self._subject(x), self.root, self.names)
        except Unsupported as error:
            raise Unsupported(error.message, help="hold that variable fixed: --wrt names the others") from error
        return self.value(x), [_known(answer.value) for answer in answers]

    def hessian(self, x: Sequence[float]) -> Matrix:
        """All second derivatives."""
        matrix = seconds(self._subject(x))
        return [[_known(matrix[a][b].value) for b in self.names] for a in self.names]

    def _at(self, x: Sequence[float]) -> dict[str, float]:
        return {**self.fixed, **dict(zip(self.names, x, strict=True))}

    def _subject(self, x: Sequence[float]) -> Subject:
        at = self._at(x)
        return Subject(self.root, tuple(at), tuple(self.names), at=at)


def _known(value: float | None) -> float:
    return math.nan if value is None else value
