"""Whether a hole is one in all variables: f extends continuously, from wherever one comes.

The limit along one variable does not show that: x*y/(x**2 + y**2). It is shown where f is put
together continuously from parts that are analytic around the point, or that are a function
of one continuous part with a removable hole there: sin(x + y)/(x + y) + abs(y).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from dcalc import functions as table
from dcalc.algebra.enclose import analytic
from dcalc.expr import Expr, is_leaf, make, symbol, variables, walk
from dcalc.verdict.constant import Constant
from dcalc.verdict.germ import Evaluation

if TYPE_CHECKING:
    from flint import arb

Tends = Callable[[Expr, str, Mapping[str, Constant]], bool]
"""Whether a function of one variable tends to its value or, where it has none, to a limit."""

_CONTINUOUS = frozenset((table.ADD, table.SUB, table.MUL, table.NEG, table.EXP, table.SIN, table.COS, table.ATAN))
_CONTINUOUS |= {table.ABS, table.MAX, table.MIN, table.HYPOT, table.CBRT, table.TANH, table.ERF, table.SIGMOID}
_RELATIONS = table.CONDITIONS - {table.AND, table.OR, table.NOT}
_INNER = "inner"


def extends(evaluation: Evaluation, tends: Tends) -> bool:
    """Whether f, which has a hole along one variable, is proved to extend continuously in all."""
    if variables(evaluation.root) in ([], [evaluation.name]):
        return True
    proved: dict[int, bool] = {}
    for node in walk(evaluation.root):
        proved[node.id] = _extends(node, evaluation, proved, tends)
    return proved[evaluation.root.id]


def _extends(node: Expr, evaluation: Evaluation, proved: dict[int, bool], tends: Tends) -> bool:
    if is_leaf(node):
        return True
    if node.op in table.CONDITIONS:
        return False
    if node.op in _CONTINUOUS and all(proved[arg.id] for arg in node.args):
        return True
    if node.op is table.DIV and all(proved[arg.id] for arg in node.args) and _is_nonzero(node.args[1], evaluation):
        return True
    if node.op is table.WHERE and (taken := _branch(node, evaluation, proved)) is not None:
        return proved[taken.id]
    if _is_analytic(node, evaluation) or _is_filled(node, evaluation, proved, tends):
        return True
    return _extends_alone(node, evaluation, tends)


def _branch(node: Expr, evaluation: Evaluation, proved: dict[int, bool]) -> Expr | None:
    """The branch that `where` takes at and around the point; None where it may take either."""
    condition, first, second = node.args
    if condition.op not in _RELATIONS or not all(proved[arg.id] for arg in condition.args):
        return None
    left, right = (_value(arg, evaluation) for arg in condition.args)
    germ = evaluation.germs.get(condition.id)
    if left is None or right is None or germ is None or (left - right).is_zero():
        return None
    taken: Expr = first if germ.value else second
    return taken


def _extends_alone(node: Expr, evaluation: Evaluation, tends: Tends) -> bool:
    """Whether a part that has one variable tends to its value, or to a limit where it has none."""
    names = variables(node)
    return len(names) == 1 and tends(node, names[0], evaluation.at)


def _is_nonzero(node: Expr, evaluation: Evaluation) -> bool:
    value = _value(node, evaluation)
    return value is not None and not value.is_zero()


def _value(node: Expr, evaluation: Evaluation) -> Constant | None:
    germ = evaluation.germs.get(node.id)
    return germ.value if germ is not None and isinstance(germ.value, Constant) else None


def _is_analytic(node: Expr, evaluation: Evaluation) -> bool:
    return analytic(node, variables(node), {name: _ball(value) for name, value in evaluation.at.items()})


def _ball(value: Constant) -> Callable[[], arb]:
    return lambda: value.ball


def _is_filled(node: Expr, evaluation: Evaluation, proved: dict[int, bool], tends: Tends) -> bool:
    """Whether the node is a function of one continuous part, with a hole that is removable."""
    for part in reversed(walk(node)):
        value = _value(part, evaluation)
        if part is node or value is None or not proved[part.id] or part.op is table.NUMBER:
            continue
        outer = _around(node, part)
        if variables(outer) == [_INNER] and tends(outer, _INNER, {_INNER: value}):
            return True
    return False


def _around(node: Expr, part: Expr) -> Expr:
    """The node with a variable in the place of a part."""
    made: dict[int, Expr] = {part.id: symbol(_INNER)}
    for inner in walk(node):
        if inner.id not in made:
            made[inner.id] = inner if is_leaf(inner) else make(inner.op, *(made[arg.id] for arg in inner.args))
    return made[node.id]
