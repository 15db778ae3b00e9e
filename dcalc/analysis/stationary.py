"""What kind of point a stationary point is where second derivatives cannot tell.

In one variable the sides of the point decide. In several a point is not a minimum where f falls along a line, and it is
one where f is proved to be its value there plus even powers with positive factors.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, product
from typing import NamedTuple

from flint import fmpq, fmpq_mat

from dcalc import functions as table
from dcalc.analysis.toolkit import restrict_to_line
from dcalc.backends.reference import is_analytic
from dcalc.coordinates import substitute_point
from dcalc.derive import derivative
from dcalc.errors import LimitError, Unsupported
from dcalc.expr import Expr, exact, make, number, variables, walk
from dcalc.finding import Subject
from dcalc.proof.polynomial_forms import rewrite
from dcalc.simplify import simplify
from dcalc.verdict import Beside, Comparison, compare_beside

_MOST_CORNERED = 4
"""Variables up to which the directions to all corners are tried."""
_MOST_FACTORED = 200
"""Nodes of an expression that is factored."""
_MOST_TERMS = 200
"""Of the polynomials that it is factored by."""


def describe_sides(beside: Beside) -> str | None:
    """What a point is in one variable, as a sentence about a gradient of 0; None where the sides are not decided."""
    sides = {beside.left, beside.right}
    if None in sides or "missing" in sides:
        return None
    if sides == {"above"}:
        return "a strict local minimum: the gradient is 0 and f is larger on both sides"
    if sides == {"below"}:
        return "a strict local maximum: the gradient is 0 and f is smaller on both sides"
    if sides == {"equal"}:
        return "a point around which f is constant"
    if sides == {"above", "below"}:
        return "an inflection, neither a minimum nor a maximum: the gradient is 0, and f is smaller on one side alone"
    kind = "minimum" if "above" in sides else "maximum"
    return f"a local {kind} that is not strict: the gradient is 0 and f is constant on one side"


class Lines(NamedTuple):
    """A direction from the point along which f rises, and one along which it falls; None where none is found."""

    rises: str | None
    falls: str | None


def search_lines(subject: Subject, directions: Sequence[Sequence[Fraction]]) -> Lines:
    """The first directions, among these and their opposites, that are proved to lead up and down."""
    ends: dict[Comparison, str] = {}
    for direction in directions:
        seeds = {name: seed for name, seed in zip(subject.wrt, direction, strict=True) if seed}
        root, step = restrict_to_line(subject, seeds)
        beside = compare_beside(root, step, {**(subject.at or {}), step: 0.0})
        for sign in (1, -1):
            if (outcome := beside.side(sign)) in ("above", "below"):
                ends.setdefault(outcome, ", ".join(f"{name}={sign * seed}" for name, seed in seeds.items()))
        if len(ends) == 2:
            break
    return Lines(ends.get("above"), ends.get("below"))


def list_axes(size: int) -> list[list[Fraction]]:
    """The unit vectors."""
    return [[Fraction(int(i == j)) for j in range(size)] for i in range(size)]


def list_diagonals(size: int) -> list[list[Fraction]]:
    """The sums and differences of two unit vectors."""
    axes = list_axes(size)
    return [
        [a + sign * b for a, b in zip(axes[i], axes[j], strict=True)]
        for i in range(size)
        for j in range(i)
        for sign in (1, -1)
    ]


def list_corners(size: int) -> list[list[Fraction]]:
    """The directions to the corners of a cube, one of each pair of opposites; none in more dimensions than four."""
    if not 2 <= size <= _MOST_CORNERED:
        return []
    return [[Fraction(1), *map(Fraction, signs)] for signs in product((1, -1), repeat=size - 1)]


def list_flat_directions(matrix: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """A basis of the vectors that a matrix maps to 0."""
    size = len(matrix)
    reduced, rank = fmpq_mat([[_to_flint(entry) for entry in row] for row in matrix]).rref()
    pivots = [next(j for j in range(size) if reduced[i, j] != 0) for i in range(rank)]
    basis = []
    for free in (j for j in range(size) if j not in pivots):
        vector = [Fraction(int(j == free)) for j in range(size)]
        for row, pivot in enumerate(pivots):
            vector[pivot] = -Fraction(int(reduced[row, free].p), int(reduced[row, free].q))
        basis.append(vector)
    return basis


def _to_flint(value: Fraction) -> fmpq:
    return fmpq(value.numerator, value.denominator)


class EvenSum(NamedTuple):
    """f as a constant plus products of even powers, those of absolute values included, all with factors of that sign,
    each of them 0 at the point.

    ``is_strict``: the bases have independent gradients enough that no other point near by makes all of them 0.
    """

    sign: int
    is_strict: bool
    has_absolutes: bool = False


def is_quadratic(subject: Subject) -> bool:
    """Whether f is proved to be a polynomial of at most the second degree around the point."""
    if not is_analytic(subject.root, subject.wrt, subject.at or {}):
        return False
    try:
        seconds = [derivative(subject.root, pair) for pair in combinations_with_replacement(subject.wrt, 2)]
    except (Unsupported, LimitError):
        return False
    return not {*variables(*seconds)} & {*subject.wrt}


def read_even_sum(subject: Subject) -> EvenSum | None:
    """The form of f as such a sum, read off its simplified expression or its factors; None where none is seen."""
    simple = simplify(subject.root)
    if (even := _read_even_terms(subject, simple)) is not None or len(walk(simple)) > _MOST_FACTORED:
        return even
    value = exact(simplify(substitute_point(simple, subject.at or {})))
    try:
        factors = rewrite(simple if value is None else make(table.SUB, simple, number(value)), "factor", _MOST_TERMS)
    except LimitError:
        return None
    return _read_even_terms(subject, factors)


def _read_even_terms(subject: Subject, root: Expr) -> EvenSum | None:
    bases: list[Expr] = []
    signs = set()
    for factor, node in _list_terms(root):
        if exact(node) is not None:
            continue
        powers = node.args if node.op is table.MUL else (node,)
        own = [base for power in powers if (base := _read_even_power(power)) is not None]
        values = [exact(substitute_point(base, subject.at or {})) for base in own]
        if len(own) < len(powers) or 0 not in values:
            return None
        if None not in values and values.count(0) == 1:  # else the term is 0 on more than the zeros of one base
            bases.append(own[values.index(0)])
        signs.add(1 if factor > 0 else -1)
    if len(signs) != 1:
        return None
    return EvenSum(signs.pop(), _are_independent(subject, bases), any(node.op is table.ABS for node in walk(root)))


def _list_terms(root: Expr) -> Iterator[tuple[Fraction, Expr]]:
    """The terms of a sum with their rational factors."""
    stack = [(Fraction(1), root)]
    while stack:
        factor, node = stack.pop()
        if node.op is table.ADD:
            stack += [(factor, arg) for arg in node.args]
        elif node.op is table.SUB:
            stack += [(factor, node.args[0]), (-factor, node.args[1])]
        elif node.op is table.NEG:
            stack.append((-factor, node.args[0]))
        elif node.op is table.MUL and (value := exact(node.args[0])) is not None and value:
            rest = node.args[1:]
            stack.append((factor * Fraction(value), rest[0] if len(rest) == 1 else make(table.MUL, *rest)))
        elif node.op is table.DIV and (value := exact(node.args[1])) is not None and value:
            stack.append((factor / Fraction(value), node.args[0]))
        else:
            yield factor, node


def _read_even_power(node: Expr) -> Expr | None:
    """The base of an even power, or of a positive one of an absolute value; None for anything else."""
    if node.op is not table.POW and node.op is not table.ABS:
        return None
    base: Expr = node.args[0] if node.op is table.POW else node
    exponent = exact(node.args[1]) if node.op is table.POW else 1
    if exponent is None or exponent <= 0:
        return None
    if base.op is table.ABS:
        inner: Expr = base.args[0]
        return inner
    return base if Fraction(exponent).denominator == 1 and exponent % 2 == 0 else None


def _are_independent(subject: Subject, bases: Sequence[Expr]) -> bool:
    """Whether the gradients of the bases span all directions, so that their common zero is isolated."""
    rows = []
    if not all(is_analytic(base, subject.wrt, subject.at or {}) for base in bases):
        return False
    for base in bases:
        try:
            row = [exact(substitute_point(derivative(base, (name,)), subject.at or {})) for name in subject.wrt]
        except (Unsupported, LimitError):
            return False
        if None in row:
            return False
        rows.append([_to_flint(Fraction(entry)) for entry in row if entry is not None])
    return fmpq_mat(rows).rank() == len(subject.wrt)
