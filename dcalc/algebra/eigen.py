"""Eigenvalues of real symmetric matrices, enclosed, and how many of them are zero for certain."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat

from dcalc.algebra.rounding import as_double

Entry = Fraction | str
"""An exact number, or a decimal that is right to the last of its digits."""
_GUARD = 64
_ENOUGH = 60


class Spectrum(NamedTuple):
    """Eigenvalues in ascending order as the nearest doubles, None where too little is known of one;
    and their signs, None where one cannot be told from 0."""

    values: list[float | None]
    signs: list[int | None]

    @property
    def decided(self) -> bool:
        """Whether nothing is left open."""
        return None not in self.values and None not in self.signs


def spectrum(matrix: Sequence[Sequence[Entry]], digits: int, zeros: int = 0) -> Spectrum:
    """The eigenvalues of a symmetric matrix; at least ``zeros`` of them are known to be 0.

    ``digits`` is how many of each decimal are right. Cost: n**3 at that precision.
    """
    with ctx.workprec(int(3.33 * digits) + _GUARD):
        balls = arb_mat([[_ball(entry, digits) for entry in row] for row in matrix])
        try:
            found = acb_mat(balls).eig(multiple=True)
        except ValueError:  # none of them could be enclosed
            return Spectrum([None] * len(matrix), [None] * len(matrix))
        # A symmetric matrix has real eigenvalues: the imaginary parts are errors.
        real = sorted((value.real for value in found), key=lambda value: float(value.mid()))
        known = max(zeros, singular(matrix))
        near = [value for value in real if 0 in value]
        signs = [0 if 0 in value and len(near) == known else _sign(value) for value in real]
        values = [0.0 if sign == 0 else _double(value) for value, sign in zip(real, signs, strict=True)]
        return Spectrum(values, signs)


def singular(matrix: Sequence[Sequence[Entry]]) -> int:
    """How often 0 is an eigenvalue of a matrix of exact numbers; 0 where one of them is none."""
    rows: list[list[fmpq]] = []
    for row in matrix:
        exact = [entry for entry in row if isinstance(entry, Fraction)]
        if len(exact) < len(row):
            return 0
        rows.append([fmpq(entry.numerator, entry.denominator) for entry in exact])
    return len(rows) - fmpq_mat(rows).rank()  # what symmetric matrices lack in rank are zero eigenvalues


def _ball(entry: Entry, digits: int) -> arb:
    if isinstance(entry, Fraction):
        return arb(fmpq(entry.numerator, entry.denominator))
    middle = arb(entry)
    return middle + arb(0, abs(middle) * arb(10) ** (1 - digits))


def _sign(value: arb) -> int | None:
    if value.is_zero():
        return 0
    if value > 0:
        return 1
    return -1 if value < 0 else None


def _double(value: arb) -> float | None:
    found = as_double(value)
    return float(value.mid()) if found is None and value.rel_accuracy_bits() > _ENOUGH else found
