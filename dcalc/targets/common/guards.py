"""Choices whose branches are both computed: the branch that is not taken gets a harmless argument.

Otherwise its infinity becomes a warning in NumPy, an error in PostgreSQL, and 0*inf in the gradients of JAX and
PyTorch, though it is never chosen.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from itertools import product

from dcalc import functions as table
from dcalc.expr import Expr, is_leaf, make, number, substitute, symbol, variables, walk
from dcalc.numbers.real import evaluate_all

_CANDIDATES = ("0", "1", "-1", "1/2", "2", "-2", "1/4", "-1/4", "10", "-10", "100", "-100", "1/100", "-1/100")
_MOST_VARIABLES = 3
_SAFE = table.CONDITIONS | {
    table.ADD, table.SUB, table.NEG, table.WHERE, table.ABS, table.MAX, table.MIN, table.FLOOR, table.SIGN,
    table.SIN, table.COS, table.ATAN, table.TANH,
}  # fmt: skip
"""Operations that have a finite value wherever their arguments are of moderate size."""


def guard(roots: Sequence[Expr]) -> tuple[Expr, ...]:
    """The roots with harmless arguments in the branches that are not taken, where such are known."""
    images: dict[int, Expr] = {}
    for node in walk(*roots):
        if is_leaf(node):
            images[node.id] = node
            continue
        args = [images[arg.id] for arg in node.args]
        if node.op is table.WHERE:
            args[1] = _guard_branch(args[0], args[1], taken=True)
            args[2] = _guard_branch(args[0], args[2], taken=False)
        images[node.id] = make(node.op, *args)
    return tuple(images[root.id] for root in roots)


def _guard_branch(condition: Expr, branch: Expr, *, taken: bool) -> Expr:
    if all(is_leaf(node) or node.op in _SAFE for node in walk(branch)):
        return branch
    names = [name for name in variables(condition) if name in set(variables(branch))]
    if not names or len(names) > _MOST_VARIABLES:
        return branch
    point = _find_harmless(condition, branch, names, taken=taken)
    if point is None:
        return branch
    safe = {}
    for name, value in point.items():
        pair = (symbol(name), value) if taken else (value, symbol(name))
        safe[name] = make(table.WHERE, condition, *pair)
    return substitute(branch, safe)


def _find_harmless(condition: Expr, branch: Expr, names: Sequence[str], *, taken: bool) -> dict[str, Expr] | None:
    """A point on the branch's side of the condition where all of its parts are finite."""
    others = dict.fromkeys(variables(branch, condition), 1.0)
    parts = [node for node in walk(branch) if node.op not in table.CONDITIONS]
    for values in _candidates(len(names)):
        at = {**others, **{name: float(value.args[0]) for name, value in zip(names, values, strict=True)}}
        holds, *sizes = evaluate_all([make(table.WHERE, condition, number(1), number(0)), *parts], at)
        if bool(holds) == taken and all(math.isfinite(size) for size in sizes):
            return dict(zip(names, values, strict=True))
    return None


def _candidates(count: int) -> Iterator[tuple[Expr, ...]]:
    numbers = [number(Fraction(text)) for text in _CANDIDATES]
    same: Iterable[tuple[Expr, ...]] = ((value,) * count for value in numbers)
    yield from same
    if count > 1:
        yield from product(numbers[:6], repeat=count)
