"""The spread of a result by random samples, as supplement 1 of the GUM has it (JCGM 101:2008)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isfinite, sqrt, ulp
from random import Random
from statistics import fmean
from typing import NamedTuple

from dcalc.analysis.propagate.measured import Measured
from dcalc.errors import UsageError
from dcalc.expr import Expr
from dcalc.numbers import real
from dcalc.optimise.linear import dot
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
    root: Expr, given: Mapping[str, Measured], factor: Sequence[Sequence[float]], count: int, seed: int
) -> Sampled | None:
    """Values at random points, normal around what was measured (Mersenne Twister); None where none has a value.

    ``factor`` is that of the correlations of the quantities with an uncertainty, in their order.
    Cost: ``count`` evaluations in doubles.
    """
    random = Random(seed)
    spread = [name for name, one in given.items() if one.uncertainty]
    middle = {name: one.nearest for name, one in given.items()}
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


def factor_correlations(names: Sequence[str], pairs: Mapping[tuple[str, str], float]) -> list[list[float]]:
    """The lower triangle whose product with its transpose is the matrix of correlations, which may be singular.

    Quantities that are perfectly correlated have a 0 on the diagonal. Raises UsageError for coefficients that no
    distribution has: those of a matrix with a negative eigenvalue. Cost: cubic.
    """
    size = len(names)
    matrix = [[1.0 if a == b else pairs.get((a, b), pairs.get((b, a), 0.0)) for b in names] for a in names]
    lower = [[0.0] * size for _ in names]
    slack = 8 * size * ulp(1.0)
    for j in range(size):
        pivot = matrix[j][j] - dot(lower[j][:j], lower[j][:j])
        lower[j][j] = sqrt(pivot) if pivot > slack else 0.0
        for i in range(j + 1, size):
            rest = matrix[i][j] - dot(lower[i][:j], lower[j][:j])
            if lower[j][j]:
                lower[i][j] = rest / lower[j][j]
            elif abs(rest) > sqrt(slack):  # an entry is at most the root of the product of its two pivots
                raise _no_distribution()
        if pivot < -slack:
            raise _no_distribution()
    return lower


def _no_distribution() -> UsageError:
    return UsageError("no distribution has these correlations", help="their matrix must have no negative eigenvalue")
