"""The spread of a result by random samples, as supplement 1 of the GUM has it (JCGM 101:2008)."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite, sqrt
from random import Random
from statistics import fmean
from typing import NamedTuple

from dcalc.analysis.propagate.measured import Measured
from dcalc.errors import UsageError
from dcalc.expr import Expr
from dcalc.numbers import real
from dcalc.optimise.linear import cholesky
from dcalc.tape import lower, run


class Sampled(NamedTuple):
    """The mean, the standard deviation and the central 95 % of samples; ``undefined`` of the ``size`` have no value."""

    size: int
    mean: float
    uncertainty: float
    low: float
    high: float
    undefined: int


def sample(
    root: Expr, given: Mapping[str, Measured], pairs: Mapping[tuple[str, str], float], count: int, seed: int
) -> Sampled | None:
    """Values at random points, normal around what was measured (Mersenne Twister); None where none has a value.

    ``pairs`` are correlation coefficients. Raises UsageError where no distribution has these.
    Cost: ``count`` evaluations in doubles.
    """
    random = Random(seed)
    spread = [name for name, one in given.items() if one.uncertainty]
    middle = {name: one.nearest for name, one in given.items()}
    factor = _factor(spread, pairs)
    tape = lower(root)
    place = tape.place(root)
    values = []
    for _ in range(count):
        normal = [random.gauss(0.0, 1.0) for _ in spread]
        point = dict(middle)
        for k, name in enumerate(spread):
            shift = sum(a * b for a, b in zip(factor[k], normal, strict=False))
            point[name] += given[name].uncertainty * shift
        values.append(run(tape, point, real.constant, real.evaluator)[place])
    finite = sorted(value for value in values if isfinite(value))
    if len(finite) < 2:
        return None
    mean = fmean(finite)
    deviation = sqrt(sum((value - mean) ** 2 for value in finite) / (len(finite) - 1))
    edge = len(finite) * 25 // 1000
    return Sampled(count, mean, deviation, finite[edge], finite[-1 - edge], count - len(finite))


def _factor(names: list[str], pairs: Mapping[tuple[str, str], float]) -> list[list[float]]:
    """The lower triangle whose product with its transpose is the matrix of correlations."""
    matrix = [[1.0 if a == b else pairs.get((a, b), pairs.get((b, a), 0.0)) for b in names] for a in names]
    factor = cholesky(matrix)
    if factor is None:
        raise UsageError("no distribution has these correlations", help="they must make a positive definite matrix")
    return factor
