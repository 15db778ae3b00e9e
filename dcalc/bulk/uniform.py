"""Arrays of doubles with one bound for all entries, and what expressions make of them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import inf, isfinite, prod, sqrt
from typing import Any

from dcalc.bulk.bound import UNIT
from dcalc.bulk.extremes import ExtremesProgram, Range, cut_program, find_range, join_ranges
from dcalc.bulk.inexact import Estimate, evaluate_smooth, run_blocks, slack_of, write_smooth
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import SLACK, collapse
from dcalc.expr import Expr

_LEAST, _MOST = 2.0**-400, 2.0**400
"""Lengths of vectors whose squares neither underflow nor overflow."""
_CHUNK = 1000
"""Entries whose squares are summed together where a rough bound will do."""


class Uniform:
    """An array whose entries are all within ``error`` of the truth, which is infinite where no bound is known.

    ``is_smooth`` tells whether all operations that lead to it are surely smooth there. ``ends`` are the smallest and
    the largest entry, where they are known already.
    """

    __slots__ = ("_ends", "_lengths", "_squares", "error", "is_smooth", "values")

    def __init__(self, values: Any, error: float = 0.0, *, is_smooth: bool = True, ends: Range | None = None) -> None:
        self.values = values
        self.error = error
        self.is_smooth = is_smooth
        self._ends = ends
        self._lengths: dict[tuple[int, ...], float] = {}
        self._squares: Any = None

    @property
    def ends(self) -> Range:
        """The smallest and the largest entry, or a number below and one above."""
        if self._ends is None:
            array = collapse(self.values)
            self._ends = find_range(array) if array.size else (0.0, 0.0)
        return self._ends

    @property
    def largest(self) -> float:
        """The absolute value of the largest entry, or a number above; infinite where an entry is not a number."""
        low, high = self.ends
        return max(-low, high)

    @property
    def is_known(self) -> bool:
        """Whether the bound says something."""
        return self.error < inf and self.largest < inf  # not so of nan

    def measure(self, axes: tuple[int, ...]) -> float:
        """A bound of the lengths of the vectors along some axes."""
        known = self._lengths.get(axes)
        if known is None:
            known = self._lengths[axes] = self._measure(axes)
        return known

    def _measure(self, axes: tuple[int, ...]) -> float:
        array = self.values
        every = list(range(array.ndim))
        squares = np.einsum(array, every, array, every, [axis for axis in every if axis not in axes])
        return self._take_root(squares.max(initial=0.0), axes)

    def measure_roughly(self, axes: tuple[int, ...]) -> float:
        """As `measure`, by one sum of squares for all axes, which costs least: several vectors together stand for each
        that is the last axis, the whole array for others."""
        array = self.values
        if not array.flags.c_contiguous or not array.size:
            return self.largest * sqrt(prod(array.shape[axis] for axis in axes))
        if self._squares is None:
            width = array.shape[-1]
            count = array.size // width
            rows = next(k for k in range(max(1, _CHUNK // width), 0, -1) if count % k == 0)
            chunks = array.reshape(-1, rows * width)
            self._squares = np.matmul(chunks[:, None, :], chunks[:, :, None])
        return self._take_root(self._squares.max() if axes == (array.ndim - 1,) else self._squares.sum(), axes)

    def _take_root(self, squares: float, axes: tuple[int, ...]) -> float:
        """The length of a vector from the sum of its squares, unless these underflow or overflow."""
        length = sqrt(squares) * (1.0 + self.values.size * UNIT) * SLACK
        terms = prod(self.values.shape[axis] for axis in axes)
        return length if _LEAST < length < _MOST else self.largest * sqrt(terms) * SLACK

    @classmethod
    def of(cls, estimate: Estimate, *, is_smooth: bool = True) -> Uniform:
        """What has a bound for each entry, with the largest for all."""
        error = float(collapse(estimate.errors).max(initial=0.0)) if collapse(estimate.sure).all() else inf
        return cls(estimate.values, error, is_smooth=is_smooth)

    def as_estimate(self) -> Estimate:
        """The same bound for each entry."""
        shape = self.values.shape
        return Estimate(self.values, np.full(shape, self.error), np.full(shape, self.is_known))


def _flatten(array: Any, shape: tuple[int, ...]) -> Any:
    """The entries of an array of this shape, or those of a scalar as often as needed, in one row."""
    return (array if array.shape == shape else np.broadcast_to(array, shape)).reshape(-1)


@lru_cache(maxsize=256)
def _plan(root: Expr, names: tuple[str, ...]) -> tuple[ExtremesProgram, float] | None:
    program = write_smooth(root, names, joint=True)
    if program is None:
        return None
    arrays, (value, *results) = program
    cut = cut_program(arrays.program, value, results)
    return None if cut is None else (cut, slack_of(arrays))


def apply_jointly(root: Expr, names: Sequence[str], args: Sequence[Uniform], shape: tuple[int, ...]) -> Uniform:
    """An expression in the names, applied to the entries of arrays, each of this shape or a scalar.

    Cost: that of the values, and some 50 us.
    """
    columns = [_flatten(arg.values, shape) for arg in args]
    is_smooth = all(arg.is_smooth for arg in args)
    is_known = all(arg.error < inf for arg in args)  # what is not known may be in a branch that is not taken
    plan = _plan(root, tuple(names))
    size = prod(shape)
    if plan is None or not size:
        estimates = [
            Estimate(column, np.broadcast_to(arg.error, size), np.isfinite(column))
            for column, arg in zip(columns, args, strict=True)
        ]
        result, fits = evaluate_smooth(root, names, estimates)
        whole = Uniform.of(Estimate(*(part.reshape(shape) for part in result)), is_smooth=is_smooth and fits)
        whole.error = whole.error if is_known else inf
        return whole
    program, slack = plan
    values = np.empty(size)
    blocks: list[list[Range]] = []
    for start, length, (block, *extra) in run_blocks(program.values, columns):
        values[start : start + length] = block
        blocks.append(list(map(find_range, extra)))
    leaves = list(map(join_ranges, zip(*blocks, strict=True)))
    errors = [(arg.error, arg.error) for arg in args]
    (_, bound), (sure, _), (smooth, _) = program.run(leaves, [*(arg.ends for arg in args), *errors])
    error = bound * slack if is_known and sure and isfinite(bound) else inf
    own = None if program.value is None else leaves[program.value]
    return Uniform(values.reshape(shape), error, is_smooth=is_smooth and bool(smooth), ends=own)
