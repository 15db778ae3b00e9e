"""Rows of a kernel held against the reference, which decides them by balls and one-sided series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dcalc.bulk.kernel import Kernel
from dcalc.expr import Expr
from dcalc.notation import write

TOLERANCE = 1e-12
HOSTILE = [0.0, 0.5, 1.0, -1.0, 2.0, 0.75, -0.5, 1e-17, 1e-8, -1e-8, 3.141592653589793, 1e-300, 1e200, 5e-324, 20.0,
           -40.0, 1e5, 0.49999999999999994, 750.0, -750.0]  # fmt: skip
TAME = [0.0, 0.5, 1.0, -1.0, 2.0, 0.75, -0.5, 3.0, 1.5, 0.1, 0.3, -2.0]


def columns(rng: Any, count: int, length: int, special: Sequence[float]) -> list[Any]:
    """Normal numbers with special ones among them, some of them in several columns at once."""
    made = [np.where(rng.random(length) < 0.4, rng.choice(special, length), 2 * rng.normal(size=length))
            for _ in range(count)]  # fmt: skip
    for column in made[1:]:
        column[::9] = made[0][::9]
    return made


def lies(
    root: Expr, targets: Sequence[tuple[str, ...]], names: Sequence[str], points: Sequence[Any], most: int | None = None
) -> list[str]:
    """What is wrong with the rows that a kernel answers without asking the reference: those it
    holds to be within the tolerance, and those that it does again in balls."""
    kernel = Kernel(root, targets, names)
    if kernel.run is None or kernel.refine is None:
        return []
    length = len(points[0])
    values, doubtful, wide = kernel.run(points, length)
    sure = sorted(set(range(length)) - set(doubtful))
    found = []
    for row in sure if most is None else sure[:: max(1, len(sure) // most)]:
        point = [float(column[row]) for column in points]
        row_values = kernel.refine(point) if row in wide else [float(value[row]) for value in values]
        for target, value, truth in zip(targets, row_values or (), kernel.referee.answers(point), strict=False):
            if truth.status == "unresolved":
                continue
            right = truth.status == "ok" and truth.value is not None
            if not right or not abs(value - truth.value) <= TOLERANCE * abs(truth.value):  # type: ignore[operator]  # a truth has a value
                found.append(f"{write(root)} by {target} at {point}: {value}, but {truth.status} {truth.value}")
    return found
