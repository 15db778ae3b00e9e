"""The end of a fit to its last digit: the mean loss in balls, for the proof in `algebra.minimum`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dcalc.algebra.minimum import Minimum, Slopes, exactly, proved_near
from dcalc.analysis.optimise.objective import BALLS, second_derivatives, symmetric
from dcalc.analysis.training.rows import Column, Rows
from dcalc.derive import derivative
from dcalc.expr import Expr

MOST_WORK = 3_000_000
"""Rows times nodes of the second derivatives above which nothing is certified."""


def certified(row: Expr, names: Sequence[str], columns: Mapping[str, Column], near: Sequence[float]) -> Minimum | None:
    """The stationary point of the sum of ``row`` over all rows that is next to a point; its value
    is that of the mean. None where nothing is proved, or it would cost more than `MOST_WORK`."""
    partials = [derivative(row, (name,)) for name in names]
    balls = {name: exactly(column) for name, column in columns.items()}
    first = Rows([row, *partials], balls, BALLS)
    second = Rows(second_derivatives(partials, names), balls, BALLS)
    if second.height * len(second.tape.rows) > MOST_WORK:
        return None

    def gradient(x: Sequence[Any]) -> tuple[Any, list[Any]]:
        total, *slopes = map(sum, first.at(dict(zip(names, x, strict=True))))
        return total / first.height, slopes

    def hessian(x: Sequence[Any]) -> list[list[Any]]:
        return symmetric(list(map(sum, second.at(dict(zip(names, x, strict=True))))), len(names))

    return proved_near(Slopes(gradient, hessian), near)
