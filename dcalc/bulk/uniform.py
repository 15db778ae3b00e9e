"""Arrays of doubles with one bound for all entries, and what expressions make of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from math import inf, isfinite, prod, sqrt
from typing import Any, NamedTuple

from dcalc import functions as table
from dcalc.bulk.bound import TINY, UNIT
from dcalc.bulk.contraction import EinsteinSum, Join, Shared, look_up
from dcalc.bulk.inexact import Estimate, evaluate_smooth, run_blocks, slack_of, write_smooth
from dcalc.bulk.lazy_numpy import np
from dcalc.bulk.tensors import (
    SLACK,
    NodeFunction,
    Rule,
    collapse,
    estimate_constant,
    inline_conditions,
    reduce_estimate,
    round_number,
)
from dcalc.bulk.ufunc_program import Layout, Operand, Program, Reg, Step
from dcalc.expr import Expr, make, number, symbol
from dcalc.tensor.lower import fix_shape
from dcalc.tensor.nodes import Kind, Node, Number

# --- extremes ----------------------------------------------------------------------------------
# Programs with one error for all rows: the values alone run over rows, the errors over extremes.
#
# A running error bound costs several times what the values do, as each row has an error of its own. Here the program
# of `bound` is cut in two. The steps that give the values run over rows; what the others read of them is their smallest
# and their largest entry, and from these each step gives the smallest and the largest number that it would give in any
# row. Sums, products, quotients and square roots round monotonously, so that nothing is lost by roundings; where
# extremes of both signs would hide that a number stays away from 0, as its absolute value does, that runs over rows,
# too.


Range = tuple[float, float]
"""The smallest and the largest of some numbers; of truth values, which are 0 and 1."""
ANY: Range = (-math.inf, math.inf)
"""Of numbers that may be anything, nan included: whatever is asked of them is not sure."""
_NO, _YES, _EITHER = (0.0, 0.0), (1.0, 1.0), (0.0, 1.0)


def find_range(array: Any) -> Range:
    """The extremes of an array that has entries; anything where one of them is nan."""
    return _hull((float(array.min()), float(array.max())))


def join_ranges(ranges: Iterable[Range]) -> Range:
    """The extremes of several arrays together, from those of each."""
    lows, highs = zip(*ranges, strict=True)
    return min(lows), max(highs)


def _hull(numbers: Iterable[float]) -> Range:
    ends = sorted(numbers)
    return (ends[0], ends[-1]) if not any(map(math.isnan, ends)) else ANY


def _add_ranges(a: Range, b: Range) -> Range:
    return _hull((a[0] + b[0], a[1] + b[1]))


def _subtract(a: Range, b: Range) -> Range:
    return _hull((a[0] - b[1], a[1] - b[0]))


def _multiply_ranges(a: Range, b: Range) -> Range:
    return _hull((a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]))


def _divide(a: Range, b: Range) -> Range:
    if b[0] <= 0.0 <= b[1]:
        return ANY
    return _hull((a[0] / b[0], a[0] / b[1], a[1] / b[0], a[1] / b[1]))


def _absolute(a: Range) -> Range:
    if a[0] >= 0.0:
        return a
    return (-a[1], -a[0]) if a[1] <= 0.0 else (0.0, max(-a[0], a[1]))


def _sqrt(a: Range) -> Range:
    return (math.sqrt(a[0]), math.sqrt(a[1])) if a[0] >= 0.0 else ANY


def _log(a: Range) -> Range:
    return (math.log(a[0]), math.log(a[1])) if a[0] > 0.0 and a[1] < math.inf else ANY


def _greater(a: Range, b: Range) -> Range:
    return (float(a[0] > b[1]), float(a[1] > b[0])) if ANY not in (a, b) else _EITHER


def _greater_equal(a: Range, b: Range) -> Range:
    return (float(a[0] >= b[1]), float(a[1] >= b[0])) if ANY not in (a, b) else _EITHER


def _is_finite(a: Range) -> Range:
    return _YES if -math.inf < a[0] and a[1] < math.inf else _EITHER


def _select(condition: Range, a: Range, b: Range) -> Range:
    if condition in (_YES, _NO):
        return a if condition == _YES else b
    return _hull((*a, *b))


_RULES: Mapping[str, Callable[..., Range]] = {
    "add": _add_ranges,
    "subtract": _subtract,
    "multiply": _multiply_ranges,
    "divide": _divide,
    "negative": lambda a: (-a[1], -a[0]),
    "absolute": _absolute,
    "square": lambda a: _multiply_ranges(_absolute(a), _absolute(a)),
    "sqrt": _sqrt,
    "log": _log,
    "maximum": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])) if ANY not in (a, b) else ANY,
    "minimum": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])) if ANY not in (a, b) else ANY,
    "greater": _greater,
    "less": lambda a, b: _greater(b, a),
    "greater_equal": _greater_equal,
    "less_equal": lambda a, b: _greater_equal(b, a),
    "isfinite": _is_finite,
    "logical_and": lambda a, b: (min(a[0], b[0]), min(a[1], b[1])),
    "logical_or": lambda a, b: (max(a[0], b[0]), max(a[1], b[1])),
    "logical_not": lambda a: (1.0 - a[1], 1.0 - a[0]),
    "select": _select,
}
_ASKS = frozenset({"greater", "less", "greater_equal", "less_equal", "divide"})
"""Steps to which it matters how near to 0 a number comes."""
_DISTANCES = frozenset({"absolute", "subtract"})
_WITH_POLES = frozenset({"divide", "log", "sqrt"})
"""Steps of which nothing is known over some ranges, though every row may have a value."""


class ExtremesProgram(NamedTuple):
    """A program cut in two: ``values`` gives the value and then the numbers at ``leaves`` in each row, ``steps`` the
    extremes of all places that follow from those, from the columns and from their errors, which are at ``columns``.

    ``value`` tells which of the leaves is the value itself, if one is.
    """

    values: Layout
    leaves: tuple[int, ...]
    columns: tuple[int, ...]
    steps: tuple[tuple[Callable[..., Range], tuple[int | Range, ...], int], ...]
    results: tuple[int | Range, ...]
    value: int | None

    def run(self, leaves: Iterable[Range], columns: Iterable[Range]) -> list[Range]:
        """The extremes of the results, from those of the leaves, of the columns and of their errors."""
        places: dict[int, Range] = dict(zip(self.leaves, leaves, strict=True))
        places.update(zip(self.columns, columns, strict=True))
        for rule, ins, out in self.steps:
            places[out] = rule(*[places[part] if isinstance(part, int) else part for part in ins])
        return [places[part] if isinstance(part, int) else part for part in self.results]


def cut_program(program: Program, value: Operand, results: Sequence[Operand | bool]) -> ExtremesProgram | None:
    """The program in two parts, where the second half of its inputs are errors; None where that does not go.

    The value must not depend on errors, and extremes must be known of every step that does. Linear in steps.
    """
    columns = tuple(place.index for place in program.inputs)
    made = {out.index: step for step in program.steps for out in step.outs}
    inexact = set(columns[len(columns) // 2 :])
    for step in program.steps:
        if not inexact.isdisjoint(_places(step)):
            inexact.update(out.index for out in step.outs)
    rows = _find_needed(value, made)
    if not inexact.isdisjoint(rows):
        return None
    readers: dict[int, set[Any]] = {}
    for step in program.steps:
        if rows.isdisjoint(out.index for out in step.outs):
            for index in _places(step):
                readers.setdefault(index, set()).add(step.call)
    leaves: dict[int, Reg] = {}
    steps: dict[int, Step] = {}
    stack = [part for part in results if isinstance(part, Reg)]
    while stack:
        place = stack.pop()
        index = place.index
        if index in leaves or index in steps or index in columns:
            continue
        step = made[index]
        if _follows(step, readers.get(index, set()), in_rows=index in rows, is_exact=index not in inexact):
            steps[index] = step
            stack += [part for part in step.ins if isinstance(part, Reg)]
        elif index in inexact:
            return None
        else:
            leaves[index] = place
    program.outputs = [value, *leaves.values()]
    rules = [(_RULES[str(step.call)], tuple(map(_as_range, step.ins)), index) for index, step in sorted(steps.items())]
    own = [*leaves].index(value.index) if isinstance(value, Reg) and value.index in leaves else None
    return ExtremesProgram(program.finish(), tuple(leaves), columns, tuple(rules), tuple(map(_as_range, results)), own)


def _follows(step: Step, readers: set[Any], *, in_rows: bool, is_exact: bool) -> bool:
    """Whether the extremes of a place are taken from those of what it is made of, and not from its own rows."""
    if step.call not in _RULES:
        return False
    if is_exact and step.call in _DISTANCES and not readers.isdisjoint(_ASKS):
        return False
    # Those of a step on one place are as good; for the question whether numbers are finite all are good enough.
    return not in_rows or (step.call not in _WITH_POLES and (readers <= {"isfinite"} or len(set(_places(step))) == 1))


def _places(step: Step) -> list[int]:
    return [part.index for part in step.ins if isinstance(part, Reg)]


def _as_range(part: Operand | bool) -> int | Range:
    return part.index if isinstance(part, Reg) else (float(part), float(part))


def _find_needed(root: Operand, made: Mapping[int, Step]) -> set[int]:
    """The places that one depends on, itself included."""
    needed: set[int] = set()
    stack = [root.index] if isinstance(root, Reg) else []
    while stack:
        index = stack.pop()
        if index not in needed:
            needed.add(index)
            if index in made:
                stack += _places(made[index])
    return needed


# --- values ------------------------------------------------------------------------------------


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


# --- nodes over arrays -------------------------------------------------------------------------
# Nodes over arrays of doubles with one bound for all entries, several times faster than a bound for each entry.
#
# For a sum of K products of numbers a_k and b_k that are known up to errors d and e, the computed one is off by at most
#
#     gamma(n)*|a||b| + sqrt(K)*(|a|*e + d*|b|) + K*d*e,
#
# by the inequality of Cauchy and Schwarz, where |a| and |b| are the largest lengths of the vectors that are multiplied,
# and n counts the roundings (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., ch. 3.1).


_NEAR_OVERFLOW = 2.0**1000
_THIN = 8
"""Factors that have this many times the entries of the other factor and of the result take as long to measure as the
product takes."""


class UniformFunction(NodeFunction[Uniform]):
    """The values of some nodes with a bound for each, as a function of those of their variables."""

    def make_rule(self, node: Node, sizes: Mapping[str, int]) -> tuple[Rule[Uniform], Sequence[Node]]:
        """What computes a node, and the nodes whose values it takes."""
        shape = fix_shape(node.shape, sizes)
        if node.kind is Kind.APPLY:
            root, leaves = inline_conditions(node)
            names = list(leaves.values())
            if not names:  # a constant such as pi
                return lambda _args, _: apply_jointly(root, ["u0"], [Uniform(np.zeros(shape))], shape), ()
            return lambda args, _: apply_jointly(root, names, args, shape), list(leaves)
        if node.kind is Kind.PRODUCT:
            return _make_product(node, sizes), node.args
        if node.kind is Kind.SUM:
            return lambda args, _: _add(args), node.args
        if not node.args:
            return lambda _args, _: Uniform.of(estimate_constant(node, shape, sizes)), ()

        def reduce(args: Sequence[Uniform], _: Shared) -> Uniform:
            result, is_smooth = reduce_estimate(node, args[0].as_estimate())
            return Uniform.of(result, is_smooth=is_smooth and args[0].is_smooth)

        return reduce, node.args


def _add(terms: Sequence[Uniform]) -> Uniform:
    result = Uniform(sum((term.values for term in terms[1:]), terms[0].values))
    result.is_smooth = all(term.is_smooth for term in terms)
    sizes = [result.largest] if len(terms) == 2 else [term.largest for term in terms]
    rounding = (len(terms) - 1) * UNIT * SLACK * sum(sizes)
    result.error = _check(sum(term.error for term in terms) + rounding, sum(sizes))
    return result


def _check(error: float, size: float) -> float:
    """A bound, made up for its own roundings; infinite where numbers come near to an overflow."""
    return error * SLACK if error < _NEAR_OVERFLOW and size < _NEAR_OVERFLOW else inf


def _make_product(node: Node, sizes: Mapping[str, int]) -> Rule[Uniform]:
    network = node.network
    contraction = EinsteinSum(network.labels, network.out, fix_shape(network.sizes, sizes))
    rules = {step: _BoundedJoin(step, contraction.lengths) for step, _ in contraction.steps}
    coefficient, off = round_number(network.coefficient)

    def join(step: Join, parts: Sequence[Uniform], shared: Shared) -> Uniform:
        return look_up(shared, step.key, parts, lambda: rules[step].run(parts))

    def multiply(args: Sequence[Uniform], shared: Shared) -> Uniform:
        factors = [_raise(arg, power, shared) for arg, power in zip(args, network.exponents, strict=True)]
        result = contraction.run(factors, lambda step, parts: join(step, parts, shared))
        if coefficient != 1.0:
            result = _scale(result, coefficient, off)
        placed = contraction.place(result.values)
        if placed is result.values:
            return result
        low, high = result.ends
        if contraction.has_diagonal:  # there are zeros beside it
            low, high = min(low, 0.0), max(high, 0.0)
        return Uniform(placed, result.error, is_smooth=result.is_smooth, ends=(low, high))

    if contraction.labels:
        return multiply
    return lambda _args, _: _scale(Uniform(contraction.place(np.ones(()))), coefficient, off)  # eye(n) among them


def _raise(array: Uniform, exponent: Number, shared: Shared) -> Uniform:
    if exponent == 1:
        return array
    if exponent == 2:  # the most frequent power by far, at the price of one operation
        return look_up(shared, exponent, [array], lambda: _square(array))
    power = make(table.POW, symbol("u0"), number(exponent))
    return look_up(shared, exponent, [array], lambda: apply_jointly(power, ["u0"], [array], array.values.shape))


def _square(array: Uniform) -> Uniform:
    size = array.largest * array.largest  # a power of a float raises where it overflows
    error = (2 * array.largest + array.error) * array.error + UNIT * size + TINY
    return Uniform(np.square(array.values), _check(error, size), is_smooth=array.is_smooth)


def complement_square(array: Uniform) -> Uniform:
    """1 less the square of each entry."""
    squared = _square(array)
    size = 1.0 + array.largest * array.largest
    low, high = sorted(1.0 - end * end for end in array.ends)  # rounded as the entries are
    if array.ends[0] <= 0.0 <= array.ends[1]:
        high = 1.0
    values = np.subtract(1.0, squared.values, out=squared.values)
    error = _check(squared.error + UNIT * size, size)
    return Uniform(values, error, is_smooth=array.is_smooth, ends=(low, high))


def _scale(array: Uniform, coefficient: float, off: float) -> Uniform:
    """An array times a number that is known up to ``off``."""
    factor = abs(coefficient)
    size = factor * array.largest
    error = (factor + off) * array.error + (off + UNIT * factor) * array.largest + TINY
    low, high = sorted(coefficient * end for end in array.ends)  # rounded as the entries are
    return Uniform(array.values * coefficient, _check(error, size), is_smooth=array.is_smooth, ends=(low, high))


class _BoundedJoin:
    """The product of two arrays, or the sum of one; what depends on shapes alone is found once."""

    def __init__(self, join: Join, lengths: Sequence[int]) -> None:
        self.join = join
        self.root = sqrt(join.terms)
        self.gamma = join.roundings * UNIT / (1 - join.roundings * UNIT)
        self.operands = []
        sizes = [prod(lengths[label] for label in own) for own in join.labels]
        every = sum(sizes) + prod(join.shape)
        for own, size in zip(join.labels, sizes, strict=True):
            axes = tuple(k for k, label in enumerate(own) if label in join.summed)
            terms = prod(lengths[own[k]] for k in axes)
            self.operands.append((axes, sqrt(join.terms / terms) if terms else 0.0, size > _THIN * (every - size)))

    def run(self, parts: Sequence[Uniform]) -> Uniform:
        """The result, whose error is that of the formula above."""
        values = np.asarray(self.join.run([part.values for part in parts]))
        lengths = list(map(_measure, parts, self.operands))
        terms = self.join.terms
        if len(parts) == 1:
            (part,) = parts
            size, error = self.root * lengths[0], terms * part.error
            is_smooth = part.is_smooth
        else:
            left, right = parts
            size = lengths[0] * lengths[1]
            error = self.root * (lengths[0] * right.error + left.error * lengths[1]) + terms * left.error * right.error
            is_smooth = left.is_smooth and right.is_smooth
        if self.join.roundings:
            error += self.gamma * size + (terms + 1) * TINY
        return Uniform(values, _check(error, size), is_smooth=is_smooth)


def _measure(part: Uniform, plan: tuple[tuple[int, ...], float, bool]) -> float:
    """A bound of the lengths of the vectors of a factor along the axes that are summed.

    The second number of the ``plan`` makes up for labels of the sum that it does not have: it is repeated along them.
    """
    axes, repeated, is_thin = plan
    if not axes:
        return part.largest * repeated
    return (part.measure_roughly(axes) if is_thin else part.measure(axes)) * repeated
