"""Constant parts of an expression that no point can mend: powers too large, and parts without a value."""

from __future__ import annotations

import math
from functools import lru_cache

from dcalc import functions as table
from dcalc.backends import load
from dcalc.errors import LimitError
from dcalc.expr import ONE, Expr, exact, is_leaf, make, walk
from dcalc.numbers.real import evaluate_all
from dcalc.problem import REFERENCE, Problem
from dcalc.reasons import short
from dcalc.simplify.arithmetic import MAX_BITS
from dcalc.simplify.build import simplify_all

_SAFE = {table.ADD, table.SUB, table.MUL, table.NEG, *table.CONDITIONS}
"""Operations that have a value wherever their arguments have one."""


def refuse_huge_powers(root: Expr) -> None:
    """Raise LimitError where a point would make such a power a number."""
    if has_huge_power(root):
        raise LimitError(f"a constant power of more than {MAX_BITS:,} bits", help="use logarithms")


@lru_cache(maxsize=64)
def has_huge_power(root: Expr) -> bool:
    """Whether a constant power of over 2**17 bits would have to be computed at a point."""
    constant: set[int] = set()
    powers = []
    for node in walk(root):
        if node.op is table.NUMBER:
            constant.add(node.id)
        elif node.op is not table.SYMBOL:
            for arg in node.args:
                if arg.id not in constant:
                    break
            else:
                constant.add(node.id)
                if node.op is table.POW:
                    powers.append(node)
    return bool(powers) and any(map(_is_huge, simplify_all(*powers)))


def _is_huge(simple: Expr) -> bool:
    if simple.op is not table.POW or exact(simple) is not None:  # 10**-1 is a number as it stands
        return False
    base, exponent = exact(simple.args[0]), exact(simple.args[1])
    return base is not None and type(exponent) is int and base not in (0, 1, -1)


def _constants(root: Expr) -> dict[int, bool]:
    """For every node whether it holds no variable."""
    constant: dict[int, bool] = {}
    for node in walk(root):
        if is_leaf(node):
            constant[node.id] = node.op is table.NUMBER
        else:
            constant[node.id] = all(constant[arg.id] for arg in node.args)
    return constant


def undefined_constant(root: Expr) -> str:
    """Why a constant part of an expression has no value; empty where all have one.

    The branches of `where` are left out: the one not taken may be anything.
    """
    risks = _risky_constants(root)
    if not risks:
        return ""
    for (place, risk), value in zip(risks, evaluate_all([risk for _, risk in risks]), strict=True):
        if not math.isfinite(value) and (sentence := _proved_undefined(risk)):
            return sentence if place is risk else f"{short(place)}: division by 0"
    return ""


def _risky_constants(root: Expr) -> list[tuple[Expr, Expr]]:
    """(where it stands, what to evaluate): the constant quotients, powers and calls, and 1/c for a
    constant c below a line, outside of the branches of where."""
    constant = _constants(root)
    risks: list[tuple[Expr, Expr]] = []
    for node in walk(root):
        if is_leaf(node):
            continue
        if node.op is table.DIV and constant[node.args[1].id]:
            risks.append((node, make(table.DIV, ONE, node.args[1])))
        elif constant[node.id] and node.args and node.op not in _SAFE:
            risks.append((node, node))
    strict = _strict(root) if risks else set()
    return [pair for pair in risks if pair[0].id in strict]


def _strict(root: Expr) -> set[int]:
    """The nodes that are evaluated whatever branch is taken."""
    seen: set[int] = set()
    stack = [root]
    while stack:
        node = stack.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        if node.op is table.WHERE:
            stack.append(node.args[0])
        elif node.op is not table.NUMBER and node.op is not table.SYMBOL:
            stack += node.args
    return seen


def _proved_undefined(node: Expr) -> str:
    """The reference's word: a double may be nan or infinite where there is a value."""
    result = load(REFERENCE).differentiate(Problem(node, (), {}))
    return result.reason if result.status == "undefined" else ""
