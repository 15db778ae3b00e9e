"""How well data determine parameters: covariances, and what is determined where parameters cannot be told apart."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

from flint import arb, arb_mat, fmpq

from dcalc.numbers.rounding import nearest_double
from dcalc.optimise.exact import ExactMinimum
from dcalc.optimise.linear import Linearised, Matrix, Vector, cholesky, dot, norm, reduce_to_triangle, solve_factored
from dcalc.text import count_noun

_DEPENDENT = 1e-12
"""A column of the Jacobian depends on others if less than this part of its length is independent of them."""
_TOGETHER = 1e-7
"""The least weight with which a column takes part in that."""


class Ranks(NamedTuple):
    """Which columns of a Jacobian depend on which.

    ``basis`` holds the places of independent columns, ``rest`` those of the others. ``weights[i][j]`` is the part
    of column ``basis[i]`` in column ``rest[j]``, 0 where it is rounding alone.
    """

    basis: list[int]
    rest: list[int]
    weights: Matrix

    def groups(self) -> list[list[int]]:
        """Places that are not told apart from each other, in order; a place alone has no effect at all."""
        groups: list[set[int]] = []
        for j, place in enumerate(self.rest):
            group = {place, *(self.basis[i] for i, row in enumerate(self.weights) if row[j])}
            for other in [other for other in groups if other & group]:
                groups.remove(other)
                group |= other
            groups.append(group)
        return [sorted(group) for group in groups]


class Spread(NamedTuple):
    """The covariance of the parameters: None at places that the data do not determine, and as a whole where none is.

    ``freedom`` counts the residual degrees of freedom behind it; None where the noise is known, or the number of
    rows alone makes estimates normal. ``ranks`` tells what depends on what, if anything does; ``note`` says why
    something is missing. ``errors`` are standard errors that are known better than by roots of variances.
    """

    covariance: list[list[float | None]] | None
    freedom: int | None = None
    note: str = ""
    ranks: Ranks | None = None
    errors: Sequence[float | None] | None = None

    def stderr(self, size: int) -> list[float | None]:
        """The standard errors."""
        if self.errors is not None:
            return list(self.errors)
        if self.covariance is None:
            return [None] * size
        diagonal = [row[place] for place, row in enumerate(self.covariance)]
        return [None if variance is None else math.sqrt(variance) for variance in diagonal]

    def spread_out(self, places: Sequence[int], size: int) -> Spread:
        """The same among ``size`` parameters, of which only those at the places moved; None for the others."""
        if len(places) == size:
            return self
        errors: list[float | None] = [None] * size
        covariance: list[list[float | None]] = [[None] * size for _ in range(size)]
        for i, place in enumerate(places):
            if self.errors is not None:
                errors[place] = self.errors[i]
            for j, other in enumerate(places):
                if self.covariance is not None:
                    covariance[place][other] = self.covariance[i][j]
        return self._replace(
            covariance=None if self.covariance is None else covariance, errors=None if self.errors is None else errors
        )

    def without(self, places: Collection[int]) -> Spread:
        """The same with None for what concerns parameters at the places."""
        if not places or self.covariance is None or self.errors is None:
            return self
        covariance = [
            [None if i in places or j in places else entry for j, entry in enumerate(row)]
            for i, row in enumerate(self.covariance)
        ]
        errors = [None if i in places else error for i, error in enumerate(self.errors)]
        return self._replace(covariance=covariance, errors=errors)


def correlate(covariance: Sequence[Sequence[float | None]]) -> list[list[float | None]]:
    """The correlations of a covariance; None where one is missing or a variance is 0."""

    def entry(i: int, j: int) -> float | None:
        shared, first, second = covariance[i][j], covariance[i][i], covariance[j][j]
        if shared is None or not first or not second:
            return None
        return 1.0 if i == j else max(-1.0, min(1.0, shared / math.sqrt(first) / math.sqrt(second)))

    return [[entry(i, j) for j in range(len(covariance))] for i in range(len(covariance))]


def spread_of_squares(here: Linearised, chi_square: float, held: int, *, is_absolute: bool) -> Spread:
    """From the residuals at their minimum: the covariance is s**2*(J^T*J)**-1 with s**2 = chi_square/(rows - rank).

    s is 1 where the residuals are in units of known deviations. ``held`` parameters at
    bounds count as free to move. Where columns depend on each other, places that no
    such column concerns still have a covariance. Cost: some multiples of parameters**3.
    """
    rows, size = here.rows, len(here.lengths)
    ranks = rank_columns(here.upper)
    freedom = rows - len(ranks.basis) - held
    dependent = ranks if ranks.rest else None
    if freedom <= 0 and not is_absolute:
        number = size + held
        counted = f"{count_noun(rows, 'row')} for {count_noun(number, 'parameter')}"
        note = f"{counted}: no residual degrees of freedom for standard errors"
        return Spread(None, freedom, "" if dependent else note, dependent)
    inverse = _invert_normal([[row[place] for place in ranks.basis] for row in here.upper])
    variance = 1.0 if is_absolute else chi_square / freedom
    covariance: list[list[float | None]] = [[None] * size for _ in range(size)]
    free = [i for i, row in enumerate(ranks.weights) if not any(row)]
    for i in free:
        for j in free:
            covariance[ranks.basis[i]][ranks.basis[j]] = variance * inverse[i][j]
    return Spread(covariance, None if is_absolute else freedom, "", dependent)


def spread_of_products(products: arb_mat, freedom: int, *, is_absolute: bool) -> Spread | None:
    """The same right to the last digit, from the products of the residuals and the columns of J with each other.

    None where a digit is not decided.
    """
    size = products.nrows() - 1
    try:
        normal = arb_mat([[products[1 + i, 1 + j] for j in range(size)] for i in range(size)])
        inverse = normal.inv() * (arb(1) if is_absolute else products[0, 0] / freedom)
        entries = [[nearest_double(inverse[i, j]) for j in range(size)] for i in range(size)]
        errors = [nearest_double(_root(inverse[i, i])) for i in range(size)]
    except (ArithmeticError, ValueError):  # a singular matrix
        return None
    if any(entry is None for row in [*entries, errors] for entry in row):
        return None
    return Spread(entries, None if is_absolute else freedom, errors=errors)


def _root(square: arb) -> arb:
    """The square root of a variance, which a ball around 0 may hold, too."""
    return square.sqrt() if square > 0 else arb(0, abs(square).upper().sqrt())


def spread_of_exact(minimum: ExactMinimum, freedom: int, *, is_absolute: bool) -> Spread | None:
    """The same from an exact minimum. Raises OverflowError."""
    if freedom <= 0 and not is_absolute:
        return None
    covariance, errors = minimum.round_covariance(fmpq(1) if is_absolute else minimum.total / freedom)
    return Spread(covariance, None if is_absolute else freedom, errors=errors)


def spread_of_likelihood(hessian: Matrix, rows: int) -> Spread:
    """From the Hessian of the mean loss, where the summed loss is a negative log-likelihood."""
    lower = cholesky([[rows * entry for entry in row] for row in hessian])
    size = len(hessian)
    if lower is None or min(lower[i][i] for i in range(size)) <= 1e-8 * max(lower[i][i] for i in range(size)):
        return Spread(None, None, "the Hessian is singular, so the data do not tell all parameters apart")
    units = [[float(i == j) for i in range(size)] for j in range(size)]
    columns = [solve_factored(lower, unit) for unit in units]
    return Spread([[columns[max(i, j)][min(i, j)] for j in range(size)] for i in range(size)])


def rank_columns(jacobian: Matrix) -> Ranks:
    """Which columns depend on others, by QR and elimination with complete pivoting on columns of unit length."""
    scales = [norm(column) for column in zip(*jacobian, strict=True)]
    size = len(scales)
    scaled = [[entry / (scale or 1.0) for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    rows, _ = reduce_to_triangle(scaled, [0.0] * len(scaled))
    basis: list[int] = []
    for k in range(size):
        candidates = [(abs(rows[i][j]), -j, i) for i in range(k, size) for j in range(size) if j not in basis]
        largest, place, i = max(candidates, default=(0.0, 0, 0))
        if largest <= _DEPENDENT:
            break
        basis.append(-place)
        rows[k], rows[i] = rows[i], rows[k]
        rows[k] = [entry / rows[k][-place] for entry in rows[k]]
        for other in range(size):
            if other != k and (factor := rows[other][-place]):
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[k], strict=True)]
    rest = [j for j in range(size) if j not in basis]
    weights = [
        [rows[i][j] * scales[j] / scales[place] if abs(rows[i][j]) > _TOGETHER else 0.0 for j in rest]
        for i, place in enumerate(basis)
    ]
    return Ranks(basis, rest, weights)


def _invert_normal(jacobian: Matrix) -> Matrix:
    """(J^T*J)**-1 by QR of J with columns of unit length, without the squares of its condition."""
    scales = [norm(column) or 1.0 for column in zip(*jacobian, strict=True)]
    scaled = [[entry / scale for entry, scale in zip(row, scales, strict=True)] for row in jacobian]
    upper, _ = reduce_to_triangle(scaled, [0.0] * len(scaled))
    columns = [_column_of_inverse(upper, j) for j in range(len(scales))]
    rows = list(zip(*columns, strict=True))
    return [
        [dot(a, b) / scales[i] / scales[j] for j, b in enumerate(rows)]
        for i, a in enumerate(rows)
    ]  # fmt: skip


def _column_of_inverse(upper: Matrix, j: int) -> Vector:
    size = len(upper)
    x = [0.0] * size
    for i in reversed(range(size)):
        rest = math.fsum([float(i == j), *(-upper[i][k] * x[k] for k in range(i + 1, size))])
        x[i] = rest / upper[i][i]
    return x


def r_squared(target: Sequence[float], weights: Sequence[float] | None, rss: float) -> float | None:
    """1 - rss/tss, both weighted, around the weighted mean; None where the target is constant."""
    if min(target) == max(target):
        return None
    counts = weights or [1.0] * len(target)
    mean = math.fsum(w * y for w, y in zip(counts, target, strict=True)) / math.fsum(counts)
    total = math.fsum(w * (y - mean) ** 2 for w, y in zip(counts, target, strict=True))
    return 1 - rss / total if total else None
