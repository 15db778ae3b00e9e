"""What is true of f at points of the axis, by the reference, each asked once."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache

from dcalc import functions as table
from dcalc.algebra.spans import Spans
from dcalc.backends import REFERENCE, load
from dcalc.compare import SCORE_DIGITS
from dcalc.expr import ONE, Expr, make, number
from dcalc.problem import Estimate, Problem

Place = float | Fraction


class Oracle:
    """One function of one variable: its values, slopes and verdicts."""

    def __init__(self, root: Expr, name: str) -> None:
        self.root = root
        self.name = name
        self.spans = Spans(root, name)

    @cache  # noqa: B019  # it lives as long as its one user
    def verdict(self, order: int, x: Place) -> Estimate:
        """The reference's word on a derivative at a double, or at a rational exactly."""
        return self._ask(self.root, order, x)

    def _ask(self, root: Expr, order: int, x: Place) -> Estimate:
        at = number(x) if isinstance(x, Fraction) else x
        return load(REFERENCE).differentiate(Problem(root, (self.name,) * order, {self.name: at}, SCORE_DIGITS))

    @cache  # noqa: B019
    def value(self, order: int, x: float) -> float:
        """f or a derivative at a double, correctly rounded; nan where there is none."""
        found = self.spans.value(order, x)
        if found is None:
            estimate = self.verdict(order, x)
            found = estimate.value if estimate.status == "ok" else None
        return math.nan if found is None else found

    def sign(self, x: float) -> int | None:
        """The sign of f' at a double, proved; None where there is no derivative or it is not known."""
        slope = self.value(1, x)
        if math.isnan(slope):
            return None
        if slope:
            return 1 if slope > 0 else -1
        text = self.verdict(1, x).text or ""  # a zero, or something far too small for a double
        return 0 if text == "0" else -1 if text.startswith("-") else 1 if text else None

    def is_pole(self, x: Place) -> bool:
        """Whether 1/f is proved to tend to 0 at a place where f has no value."""
        estimate = self._ask(make(table.DIV, ONE, self.root), 0, x)
        return estimate.status == "removable" and estimate.value == 0
