"""Derivatives with their steps, in an order in which each uses earlier ones only."""

from __future__ import annotations

from typing import NamedTuple

from dcalc import functions as table
from dcalc.analysis.steps.laws import rule
from dcalc.analysis.steps.told import Teller, Told
from dcalc.errors import LimitError
from dcalc.expr import ZERO, Expr, walk
from dcalc.notation import write
from dcalc.simplify import rebuild, style

MAX_NODES = 2_000
"""Of an expression; the steps of a larger one would not be read."""


class Step(NamedTuple):
    """A rule applied: the derivative of ``before`` is ``after``; for `rewrite` and `simplify` they are equal.

    ``of`` are the steps that it makes use of, by their index; ``formula`` is the rule in general.
    """

    rule: str
    before: Expr
    after: Expr
    by: str
    formula: str = ""
    of: tuple[int, ...] = ()


def derivation(root: Expr, names: tuple[str, ...], *, verbose: bool = False) -> tuple[list[Step], Expr]:
    """(steps, derivative): what `derive.derivative` does, which returns the same node."""
    build = Teller(style(root).decimals)
    steps: list[Step] = []
    node = rebuild(root, build)
    if _reads_otherwise(root, node):
        steps.append(Step("rewrite", root, node, ""))
    for name in names:
        told = Told(build, name)
        made = told.run(_limited(node))
        steps += _written(told, node, len(steps), verbose=verbose)
        node = made
    return steps, node


def _reads_otherwise(before: Expr, after: Expr) -> bool:
    """Whether a change is one that can be seen: x*y**-1 and x/y are written alike."""
    return before is not after and write(before) != write(after)


def _limited(root: Expr) -> Expr:
    if len(walk(root)) > MAX_NODES:
        raise LimitError(f"steps are shown for up to {MAX_NODES:,} parts", help="use dcalc diff for the answer alone")
    return root


def _written(told: Told, root: Expr, first: int, *, verbose: bool) -> list[Step]:
    """The steps of one derivative, those that are used before those that use them."""
    steps: list[Step] = []
    index: dict[int, int] = {}
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        if node.id in index:
            continue
        parts = _parts(told, node)
        if not ready:
            stack.append((node, True))
            stack += [(part, False) for part in reversed(parts)]
            continue
        if verbose:
            changes = dict.fromkeys(told.simplified.get(node.id, ()))
            steps += [Step("simplify", *change, "") for change in changes if _reads_otherwise(*change)]
        index[node.id] = first + len(steps)
        name, formula = rule(told, node)
        of = tuple(index[part.id] for part in parts)
        steps.append(Step(name, node, told.tangents.get(node.id, ZERO), told.name, formula, of))
    return steps


def _parts(told: Told, node: Expr) -> list[Expr]:
    """The nodes whose derivatives a step makes use of, each once; that of the variable goes without saying."""
    if node.id in told.bodies:
        return [told.bodies[node.id]]
    return [part for part in dict.fromkeys(told.moving(node)) if part.op is not table.SYMBOL]
