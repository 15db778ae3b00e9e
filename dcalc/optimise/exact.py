"""Losses over rational numbers: data are doubles, so models that are linear in their parameters are fitted exactly.

Exact answers decide what balls cannot: whether a parameter, a residual or a loss is 0.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

from flint import arb, arb_mat, ctx, fmpq, fmpq_mat

from dcalc import functions as table
from dcalc.expr import Expr
from dcalc.functions import Row
from dcalc.numbers.rounding import midpoint, nearest_double
from dcalc.optimise.dataset import Column, Rows
from dcalc.optimise.minima import is_next_to, is_positive_definite
from dcalc.optimise.objective import Partial, are_free_of, differentiate, differentiate_twice
from dcalc.proof.constant import to_fraction
from dcalc.tape import System

_LARGEST_POWER = 64
_MOST_ENTRIES = 100_000
"""Rows times derivatives above which nothing is solved exactly: it would take seconds."""
_MOST_DENOMINATOR = 10**30
"""Fractions with larger denominators are not seen to be exact; doubles near 1 have less."""
_MOST_BITS = 20_000
"""Bits of a sum's denominator above which nothing is solved exactly: quotients by data have a prime to each row."""
_ROOT_BITS = (128, 512, 2048)


class NotRationalError(Exception):
    """A value that is not made of rational numbers by rational operations, or that takes too long."""


def to_exact(value: float | Fraction) -> fmpq:
    """The rational number that a double or a fraction is."""
    exact = Fraction(value)
    return fmpq(exact.numerator, exact.denominator)


def _find_rule(op: Row) -> Callable[..., fmpq]:
    rule = _RULES.get(op)
    if rule is None:
        raise NotRationalError
    return rule


def _divide(a: fmpq, b: fmpq) -> fmpq:
    if b == 0:
        raise NotRationalError
    return a / b


def _raise_to(base: fmpq, exponent: fmpq) -> fmpq:
    if exponent.q != 1 or abs(exponent) > _LARGEST_POWER or (base == 0 and exponent < 0):
        raise NotRationalError
    return base ** int(exponent.p)


_RULES: Mapping[Row, Callable[..., fmpq]] = {
    table.ADD: lambda *terms: reduce(operator.add, terms),
    table.SUB: operator.sub,
    table.MUL: lambda *factors: reduce(operator.mul, factors),
    table.NEG: operator.neg,
    table.DIV: _divide,
    table.POW: _raise_to,
}
_SMOOTH = System(to_exact, _find_rule)
_PIECES: Mapping[Row, Callable[..., fmpq]] = {
    table.BY_KEY["abs"]: abs,
    table.BY_KEY["sign"]: lambda a: fmpq(int(a > 0) - int(a < 0)),
}
_IN_PIECES = System(to_exact, lambda op: _PIECES.get(op) or _find_rule(op))


def evaluate_exactly(
    parts: Sequence[Partial], columns: Mapping[str, Column], at: Mapping[str, fmpq], *, in_pieces: bool = False
) -> list[list[fmpq]]:
    """A column of values for each expression; ``in_pieces`` allows for kinks. Raises NotRationalError."""
    exact = {name: [to_exact(value) for value in column] for name, column in columns.items()}
    return Rows(parts, exact, _IN_PIECES if in_pieces else _SMOOTH).at(at)


class ExactMinimum(NamedTuple):
    """The only minimum of a sum that is quadratic in its parameters: where, the sum there, and its Hessian."""

    at: list[fmpq]
    total: fmpq
    hessian: fmpq_mat

    def round_point(self) -> list[float]:
        """The nearest doubles of the parameters. Raises OverflowError."""
        return [float(to_fraction(value)) for value in self.at]

    def is_next_to(self, near: Sequence[float]) -> bool:
        """Whether the minimum is next to a point."""
        size = len(self.at)
        hessian = arb_mat([[arb(self.hessian[i, j]) for j in range(size)] for i in range(size)])
        return is_next_to([arb(value) for value in self.at], near, arb(self.total), hessian)

    def round_covariance(self, variance: fmpq) -> tuple[list[list[float | None]], list[float | None]]:
        """Nearest doubles of ``variance`` times the inverse of half the Hessian, and of the roots of its diagonal."""
        inverse = self.hessian.inv()
        entries = [[2 * variance * inverse[i, j] for j in range(len(self.at))] for i in range(len(self.at))]
        return (
            [[float(to_fraction(entry)) for entry in row] for row in entries],
            [_round_root(entries[i][i]) for i in range(len(self.at))],
        )


def recognise_zero(
    residual: Expr, names: Sequence[str], columns: Mapping[str, Column], zero: Sequence[arb]
) -> ExactMinimum | None:
    """The simple fractions that balls hold, if they are a zero of the gradient of a sum of squares, exactly.

    Its Hessian is that of the linearised residuals. Only this tells that a parameter is 0, or midway between doubles.
    """
    at = [_find_simple(ball) for ball in zero]
    point = {name: value for name, value in zip(names, at, strict=True) if value is not None}
    if len(point) < len(names):
        return None
    parts = [residual, *(differentiate(residual, name) for name in names)]
    try:
        matrix = fmpq_mat(evaluate_exactly(parts, columns, point, in_pieces=True))
    except NotRationalError:
        return None
    products = matrix * matrix.transpose()
    size = len(names)
    if any(products[0, 1 + i] != 0 for i in range(size)):
        return None
    hessian = fmpq_mat([[2 * products[1 + i, 1 + j] for j in range(size)] for i in range(size)])
    return ExactMinimum(list(point.values()), products[0, 0], hessian) if hessian.rank() == size else None


def passes_through_data(
    residual: Expr, names: Sequence[str], columns: Mapping[str, Column], zero: Sequence[arb]
) -> bool:
    """Whether all residuals are exactly 0 at the simple fractions that balls hold."""
    point = {name: value for name, ball in zip(names, zero, strict=True) if (value := _find_simple(ball)) is not None}
    if len(point) < len(names):
        return False
    try:
        return not any(map(any, evaluate_exactly([residual], columns, point, in_pieces=True)))
    except NotRationalError:
        return False


def _find_simple(ball: arb) -> fmpq | None:
    """The fraction with a small denominator in a ball; None where there is none."""
    simple = to_exact(midpoint(ball).limit_denominator(_MOST_DENOMINATOR))
    return simple if ball.contains(arb(simple)) else None


def minimise_quadratic(row: Expr, names: Sequence[str], columns: Mapping[str, Column]) -> ExactMinimum | None:
    """The minimum of the sum of ``row`` over all rows, where that is quadratic with rational coefficients.

    None where it is not, where no minimum is the only one, and where there is too much of it.
    Cost: some operations on rational numbers per row and derivative.
    """
    size = len(names)
    partials = [differentiate(row, name) for name in names]
    seconds = differentiate_twice(partials, names)
    height = len(next(iter(columns.values())))
    if height * (1 + size + len(seconds)) > _MOST_ENTRIES or not are_free_of(seconds, names):
        return None
    try:
        sums = list(map(_add_up, evaluate_exactly([row, *partials, *seconds], columns, dict.fromkeys(names, fmpq(0)))))
    except NotRationalError:
        return None
    slopes, half = sums[1 : 1 + size], sums[1 + size :]
    hessian = fmpq_mat([[half[max(i, j) * (max(i, j) + 1) // 2 + min(i, j)] for j in range(size)] for i in range(size)])
    if not is_positive_definite(hessian):
        return None
    solution = hessian.solve(fmpq_mat([[-slope] for slope in slopes]))
    at = [solution[i, 0] for i in range(size)]
    return ExactMinimum(at, sums[0] + _add_up([a * slope for a, slope in zip(at, slopes, strict=True)]) / 2, hessian)


def _add_up(column: Sequence[fmpq]) -> fmpq:
    """The sum. Raises NotRationalError where its denominator grows too long."""
    total = fmpq(0)
    for value in column:
        total += value
        if total.q.bit_length() > _MOST_BITS:
            raise NotRationalError
    return total


def _round_root(square: fmpq) -> float | None:
    """The nearest double of a square root; None where it is not decided."""
    for bits in _ROOT_BITS:
        with ctx.workprec(bits):
            root = nearest_double(arb(square).sqrt())
        if root is not None:
            return root
    return None
