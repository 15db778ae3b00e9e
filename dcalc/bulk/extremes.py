"""Programs with one error for all rows: the values alone run over rows, the errors over extremes.

A running error bound costs several times what the values do, as each row has an error of its own. Here the program
of `bound` is cut in two. The steps that give the values run over rows; what the others read of them is their smallest
and their largest entry, and from these each step gives the smallest and the largest number that it would give in any
row. Sums, products, quotients and square roots round monotonously, so that nothing is lost by roundings; where
extremes of both signs would hide that a number stays away from 0, as its absolute value does, that runs over rows, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from dcalc.bulk.ufunc_program import Layout, Operand, Program, Reg, Step

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


def _add(a: Range, b: Range) -> Range:
    return _hull((a[0] + b[0], a[1] + b[1]))


def _subtract(a: Range, b: Range) -> Range:
    return _hull((a[0] - b[1], a[1] - b[0]))


def _multiply(a: Range, b: Range) -> Range:
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
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "negative": lambda a: (-a[1], -a[0]),
    "absolute": _absolute,
    "square": lambda a: _multiply(_absolute(a), _absolute(a)),
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
