"""Exact bounds of an expression by interval arithmetic over rationals: a proof that f is nowhere below its value.

Endpoints are rational or infinite. A function whose exact value is not rational widens its bounds to rational ones, so
that f is proved to be least only where its value at the point is exact: sums of sizes, norms and squares at their
zeros, which are the kinks that gradients say nothing of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from math import inf, isqrt
from typing import NamedTuple

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, walk
from dcalc.functions import Row
from dcalc.tape import in_order

Bound = Fraction | float
"""An endpoint: a rational, or an infinite float."""
_ZERO, _ONE = Fraction(0), Fraction(1)
_MOST_BITS = 20_000
"""Rationals beyond this size are given up: their arithmetic would cost more than the descent."""
_LARGEST_POWER = 64


class Range(NamedTuple):
    """Values from ``low`` to ``high``; both are the same where the value is exact."""

    low: Bound
    high: Bound


EVERYTHING = Range(-inf, inf)


def is_least(root: Expr, at: Mapping[str, float], free: Mapping[str, tuple[float, float]]) -> bool:
    """Whether f is proved to be nowhere smaller than at a point, as the ``free`` variables run between their bounds.

    Linear in the nodes, each of which is an operation on rationals.
    """
    here = {name: Range(Fraction(value), Fraction(value)) for name, value in at.items()}
    known = _find_ranges(root, here)
    value = known[root.id]
    if value.low != value.high or any(_may_lack_value(node, known[node.id]) for node in walk(root)):
        return False
    box = {name: Range(*(end if _is_infinite(end) else Fraction(end) for end in ends)) for name, ends in free.items()}
    return find_range(root, {**here, **box}).low >= value.high


def _may_lack_value(node: Expr, here: Range) -> bool:
    """Whether nothing is known of a part at a point, as of 1/x in x*sin(1/x) at 0; conditions have no numbers."""
    return node.op not in table.CONDITIONS and _is_infinite(here.low) and _is_infinite(here.high)


def find_range(root: Expr, box: Mapping[str, Range]) -> Range:
    """Bounds of an expression wherever it has values in a box; variables that the box lacks have any value."""
    return _find_ranges(root, box)[root.id]


def _find_ranges(root: Expr, box: Mapping[str, Range]) -> dict[int, Range]:
    """Bounds of all nodes, by their ids."""
    nodes, inner = in_order(root)
    ranges: dict[int, Range] = {}
    for node in nodes:
        if node.op is table.NUMBER:
            value = Fraction(node.args[0])
            ranges[node.id] = Range(value, value)
        elif node.op is table.SYMBOL:
            ranges[node.id] = box.get(node.args[0], EVERYTHING)
        elif node.id in inner:
            ranges[node.id] = ranges[inner[node.id].id]
        else:
            found = _apply(node.op, node.args, [ranges[arg.id] for arg in node.args])
            ranges[node.id] = EVERYTHING if any(map(_is_large, found)) else found
    return ranges


def _is_large(bound: Bound) -> bool:
    return isinstance(bound, Fraction) and bound.numerator.bit_length() + bound.denominator.bit_length() > _MOST_BITS


def _apply(row: Row, nodes: Sequence[Expr], args: Sequence[Range]) -> Range:
    """The range of an operation on ranges."""
    if row is table.MUL:
        return _multiply(nodes, args)
    if row in _AT_ZERO and args[0] == (0, 0):
        return Range(_AT_ZERO[row], _AT_ZERO[row])
    return _OPERATIONS[row](*args) if row in _OPERATIONS else _BOUNDED.get(row, EVERYTHING)


_AT_ZERO: Mapping[Row, Fraction] = {
    table.EXP: _ONE, table.COSH: _ONE, table.COS: _ONE, table.SIN: _ZERO, table.TAN: _ZERO, table.SINH: _ZERO,
    table.TANH: _ZERO, table.ATAN: _ZERO, table.ASIN: _ZERO, table.ASINH: _ZERO, table.ERF: _ZERO, table.ERFC: _ONE,
    table.CBRT: _ZERO,
}  # fmt: skip
"""Values at 0 that are rational."""
_BOUNDED: Mapping[Row, Range] = {
    table.COSH: Range(_ONE, inf), table.COS: Range(-_ONE, _ONE), table.SIN: Range(-_ONE, _ONE),
    table.TANH: Range(-_ONE, _ONE), table.get("sigmoid", 1): Range(_ZERO, _ONE), table.ERF: Range(-_ONE, _ONE),
    table.ERFC: Range(_ZERO, Fraction(2)),
}  # fmt: skip


def _negate(one: Range) -> Range:
    return Range(-one.high, -one.low)


def _add(*args: Range) -> Range:
    """The range of a sum: infinite ends are told apart, as large rationals are beyond a float."""
    lows, highs = [one.low for one in args], [one.high for one in args]
    return Range(-inf if -inf in lows else Fraction(sum(lows)), inf if inf in highs else Fraction(sum(highs)))


def _multiply(nodes: Sequence[Expr], args: Sequence[Range]) -> Range:
    """The range of a product, in which factors that stand twice are squares."""
    by_node = dict(zip(nodes, args, strict=True))
    product = Range(_ONE, _ONE)
    for node, count in Counter(nodes).items():
        product = _times(product, _raise(by_node[node], Fraction(count)))
    return product


def _divide(first: Range, second: Range) -> Range:
    return _times(first, _raise(second, Fraction(-1)))


def _times(first: Range, second: Range) -> Range:
    ends = [_multiply_bounds(one, other) for one in first for other in second]
    return Range(min(ends), max(ends))


def _multiply_bounds(first: Bound, second: Bound) -> Bound:
    if not first or not second:
        return _ZERO  # an infinite end is never reached
    if _is_infinite(first) or _is_infinite(second):
        return inf if (first > 0) == (second > 0) else -inf
    return first * second


def _take_size(one: Range) -> Range:
    low, high = _size(one.low), _size(one.high)
    return Range(_ZERO if one.low < 0 < one.high else min(low, high), max(low, high))


def _size(bound: Bound) -> Bound:
    return -bound if bound < 0 else bound


def _take_length(*args: Range) -> Range:
    """The range of the root of a sum of squares."""
    return _raise(_add(*(_raise(one, Fraction(2)) for one in args)), Fraction(1, 2))


def _power(base: Range, exponent: Range) -> Range:
    is_exact = exponent.low == exponent.high and isinstance(exponent.low, Fraction)
    return _raise(base, Fraction(exponent.low)) if is_exact else EVERYTHING


def _raise(base: Range, power: Fraction) -> Range:
    """The range of a power with an exact exponent."""
    if power.denominator > 1:
        return _raise_to_fraction(base, power)
    if power < 0:
        below = _raise(base, -power)
        if below.low > 0:
            return Range(_invert(below.high), _invert(below.low))
        return EVERYTHING if below.low < 0 else Range(_invert(below.high), inf)
    if power > _LARGEST_POWER:
        return EVERYTHING if power % 2 else Range(_ZERO, inf)
    if power % 2 == 0:
        base = _take_size(base)
    return Range(_raise_bound(base.low, int(power)), _raise_bound(base.high, int(power)))


def _is_infinite(bound: Bound) -> bool:
    """Whether an endpoint is infinite; `isinf` would make a double of it, which need not be near."""
    return bound in (inf, -inf)


def _raise_bound(bound: Bound, power: int) -> Bound:
    if _is_infinite(bound):
        return bound if power else _ONE
    return bound**power


def _invert(bound: Bound) -> Bound:
    """1/u of a positive endpoint."""
    return _ZERO if _is_infinite(bound) else inf if not bound else 1 / bound


def _raise_to_fraction(base: Range, power: Fraction) -> Range:
    """The range of a root or of a power of one, which has values where the base is not negative."""
    low = max(base.low, _ZERO)
    ends = [_take_root(end, power.denominator) for end in (low, base.high)]
    if power < 0:
        return Range(_ZERO, inf)
    exact = [None if end is None else _raise_bound(end, power.numerator) for end in ends]
    return Range(_ZERO if exact[0] is None else exact[0], inf if exact[1] is None else exact[1])


def _take_root(bound: Bound, degree: int) -> Bound | None:
    """The root of an endpoint that is not negative; None where it is not rational."""
    if _is_infinite(bound) or bound in (0, 1):
        return bound
    if degree != 2 or bound < 0:
        return None
    assert isinstance(bound, Fraction)
    parts = isqrt(bound.numerator), isqrt(bound.denominator)
    root = Fraction(*parts)
    return root if root * root == bound else None


_OPERATIONS: Mapping[Row, Callable[..., Range]] = {
    table.ADD: _add,
    table.SUB: lambda first, second: _add(first, _negate(second)),
    table.NEG: _negate,
    table.DIV: _divide,
    table.POW: _power,
    table.SQRT: lambda one: _raise(one, Fraction(1, 2)),
    table.ABS: _take_size,
    table.HYPOT: _take_length,
    table.MAX: lambda *args: Range(max(one.low for one in args), max(one.high for one in args)),
    table.MIN: lambda *args: Range(min(one.low for one in args), min(one.high for one in args)),
    table.get("relu", 1): lambda one: Range(max(one.low, _ZERO), max(one.high, _ZERO)),
    table.SIGN: lambda one: Range(*(Fraction((end > 0) - (end < 0)) for end in one)),
    table.WHERE: lambda _, *args: Range(min(one.low for one in args), max(one.high for one in args)),
    table.EXP: lambda one: Range(_ONE if one.low >= 0 else _ZERO, _ONE if one.high <= 0 else inf),
    table.LOG: lambda one: Range(_ZERO if one.low >= 1 else -inf, _ZERO if one.high <= 1 else inf),
    table.LOGSUMEXP: lambda *args: Range(max(one.low for one in args), inf),
}
"""What operations make of ranges; a product is told from its factors."""


_KEEP_SIGN = frozenset((table.MUL, table.DIV, table.POW, table.SQRT, table.MIN))
"""Operations that have a positive value where their arguments do; of a power the base counts."""
_SIGMOID = table.get("sigmoid", 1)
_OPEN: Mapping[Row, tuple[bool, bool]] = {table.EXP: (True, False), _SIGMOID: (True, True), table.TANH: (True, True)}
"""Functions that do not reach the low and the high end of their range."""


def is_positive(root: Expr) -> bool:
    """Whether an expression is proved to be positive wherever it has a value. Linear in the nodes."""
    nodes, inner = in_order(root)
    ranges = _find_ranges(root, {})
    ends: dict[int, tuple[bool, bool]] = {}  # whether the ends of the range are not reached
    positive: set[int] = set()
    for node in nodes:
        below = () if is_leaf(node) else (inner[node.id],) if node.id in inner else node.args
        ends[node.id] = _find_open_ends(node, [ends[arg.id] for arg in below], node.id in inner)
        low = ranges[node.id].low
        counted = below[:1] if node.op is table.POW else below
        keeps = bool(counted) and (node.op in _KEEP_SIGN or node.id in inner)
        if low > 0 or (low == 0 and ends[node.id][0]) or (keeps and all(arg.id in positive for arg in counted)):
            positive.add(node.id)
    return root.id in positive


def _find_open_ends(node: Expr, below: Sequence[tuple[bool, bool]], is_body: bool) -> tuple[bool, bool]:
    """Whether a node does not reach the ends of its range, as far as that is plain."""
    if is_body:
        return below[0]
    if node.op is table.ADD:
        return any(low for low, _ in below), any(high for _, high in below)
    if node.op is table.MUL and len(below) == 2 and node.args[0].op is table.NUMBER and node.args[0].args[0]:
        return below[1] if node.args[0].args[0] > 0 else below[1][::-1]
    return _OPEN.get(node.op, (False, False))
