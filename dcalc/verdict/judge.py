"""From value and one-sided series to a verdict: does the n-th derivative exist, and what is it.

Kinds follow the lowest order that fails, tested in this order: boundary, jump,
oscillation, vertical tangent, kink.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import factorial
from typing import NamedTuple

from flint import arb, fmpq

from dcalc.expr import Expr, is_leaf, variables, walk
from dcalc.verdict.arithmetic import start_work
from dcalc.verdict.constant import ZERO, Constant, MorePrecision, TooLarge
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.outcomes import Germ, Missing, Open
from dcalc.verdict.series import MoreTerms, Rank, Series, Undecidable

REACH = 40
"""Orders beyond the leading one that are looked at before a question is left open."""


class Verdict(NamedTuple):
    """What is true at a point; constants are enclosures at the precision that decided."""

    status: str
    kind: str | None = None
    value: Constant | None = None
    left: Constant | None = None
    right: Constant | None = None
    f: Constant | None = None
    sentence: str = ""
    node: Expr | None = None


class Side(NamedTuple):
    """A side's derivatives of order 0 to n: constants, or the order and way in which they fail."""

    values: list[Constant]
    fails: str = ""  # "", oscillation, infinite


def judge(root: Expr, name: str, order: int, at: Mapping[str, Constant]) -> Verdict:
    """The verdict on the derivative of that order by ``name``, at flint's working precision.

    Raises MorePrecision where more bits may decide. Cost: below a millisecond for most.
    """
    reach = order + 4
    start_work()
    while True:
        evaluation = Evaluation(root, name, dict(at), reach)
        try:
            germ = evaluation.run()
            return _along_one_axis(_decide(evaluation, germ, order), name)
        except MoreTerms:
            if reach >= REACH + order:
                return Verdict("unresolved", sentence="all known terms of the series cancel")
            reach = min(2 * reach, REACH + order)
        except (Undecidable, TooLarge) as error:
            return Verdict("unresolved", sentence=str(error))


def _along_one_axis(verdict: Verdict, name: str) -> Verdict:
    """A hole in several variables is not shown to be removable by the limit along one of them."""
    if verdict.status != "removable" or verdict.node is None or variables(verdict.node) in ([], [name]):
        return verdict
    return Verdict("undefined", sentence=verdict.sentence, node=verdict.node)


def _decide(evaluation: Evaluation, germ: Germ, order: int) -> Verdict:
    value = germ.value
    if isinstance(value, Open):
        return Verdict("unresolved", sentence=value.reason, node=value.node)
    if isinstance(value, Missing):
        return _hole(evaluation, germ, order, value)
    left = _side(germ.left, order)
    right = left if germ.left is germ.right else _side(germ.right, order)
    open_side = next((side for side in (germ.left, germ.right) if isinstance(side, Open)), None)
    missing = next((side for side in (germ.left, germ.right) if isinstance(side, Missing)), None)
    if missing is not None:
        verdict = _boundary(germ, left, right, order, missing)._replace(node=_owner(evaluation, missing))
    elif open_side is not None:
        return Verdict("unresolved", sentence=open_side.reason, node=open_side.node, f=value)
    else:
        verdict = _both(germ, left, right, order)
    return verdict._replace(f=value, node=verdict.node or _blame(evaluation, verdict))


def _side(series: Series | Missing | Open, order: int) -> Side | None:
    """The derivatives of a side: f and its first n, as t grows from 0 in that direction."""
    if not isinstance(series, Series):
        return None
    if series.growth is not None:
        return Side([ZERO] * (order + 1)) if series.grows() < 0 else Side([], "infinite")
    values: list[Constant] = []
    for k in range(order + 1):
        if series.osc is not None and series.osc.a <= k:
            if not series.osc.pure:
                raise Undecidable("an oscillation of unknown size")
            return _before_oscillation(series, values, k)
        if series.err is not None and series.err <= k:
            raise MoreTerms
        if _infinite(series, k):
            return Side(values, "infinite")
        values.append(_coefficient(series, k))
    return Side(values)


def _before_oscillation(series: Series, values: list[Constant], k: int) -> Side:
    if k >= 2:
        raise Undecidable("an oscillating part at higher order")
    assert series.osc is not None
    larger = [
        term for term in series.terms if term.rank.a < series.osc.a and not _regular(term.rank) and not term.c.is_zero()
    ]
    grows = series.osc.a < 0 and k == 0
    return Side(values, "infinite" if larger and not grows else "oscillation")


def _regular(rank: Rank) -> bool:
    return isinstance(rank.a, int) and rank.a >= 0 and not rank.b


def _infinite(series: Series, k: int) -> bool:
    """Whether derivative k is the first that a broken power or a logarithm makes infinite."""
    for rank, c in series.terms:
        broken = rank.a < k and (type(rank.a) is not int or rank.b != 0 or rank.a < 0)
        growing = rank.a == k and rank.b > 0
        if (broken or growing) and not c.is_zero():
            return True
    return False


def _coefficient(series: Series, k: int) -> Constant:
    for rank, c in series.terms:
        if rank == (k, 0):
            return c.times(factorial(k))
    return ZERO


def _equal(germ: Germ, left: Side, right: Side, k: int) -> bool:
    """Whether the k-th derivatives from the two sides agree."""
    a, b = left.values[k], right.values[k]
    if germ.joint:
        return True
    return (a is b and not k) or (a - (-b if k % 2 else b)).is_zero()


def _limit_is_value(cont: bool, side: Side, value: Constant) -> bool:
    return cont or (bool(side.values) and (side.values[0] - value).is_zero())


def _hole(evaluation: Evaluation, germ: Germ, order: int, missing: Missing) -> Verdict:
    """f has no value at the point: removable where both sides and all derivatives agree."""
    for side in (germ.left, germ.right):
        if isinstance(side, Missing):
            return Verdict("undefined", sentence=side.reason, node=_owner(evaluation, side))
    for side in (germ.left, germ.right):
        if isinstance(side, Open):
            return Verdict("unresolved", sentence=side.reason, node=side.node)
    left, right = _side(germ.left, order), _side(germ.right, order)
    assert left is not None
    assert right is not None
    node = _owner(evaluation, missing)
    undefined = Verdict("undefined", sentence=missing.reason, node=node)
    if left.fails or right.fails:
        return undefined
    if not all(_equal(germ, left, right, k) for k in range(order + 1)):
        return undefined
    return Verdict("removable", value=right.values[order], sentence=missing.reason, node=node)


def _boundary(germ: Germ, left: Side | None, right: Side | None, order: int, missing: Missing) -> Verdict:
    """f is defined at the point and not on one side (or both)."""
    assert isinstance(germ.value, Constant)
    on_left = _given(germ.cont_left, left, germ.value, order, -1)
    on_right = _given(germ.cont_right, right, germ.value, order, 1)
    return Verdict("not_differentiable", "boundary", None, on_left, on_right, sentence=missing.reason)


def _given(cont: bool, side: Side | None, value: Constant, order: int, sign: int) -> Constant | None:
    """The derivative of a side, where it exists to that order and f is continuous from there."""
    if side is None or len(side.values) <= order or not _limit_is_value(cont, side, value):
        return None
    return -side.values[order] if sign < 0 and order % 2 else side.values[order]


def _both(germ: Germ, left: Side | None, right: Side | None, order: int) -> Verdict:
    """f is defined at the point and on both sides."""
    assert left is not None
    assert right is not None
    value = germ.value
    on_left = _given(germ.cont_left, left, value, order, -1)
    on_right = _given(germ.cont_right, right, value, order, 1)

    def fails(kind: str) -> Verdict:
        return Verdict("not_differentiable", kind, None, on_left, on_right)

    for side in (left, right):
        if not side.values and side.fails == "oscillation":
            return fails("oscillation")
    if not (left.values and right.values):
        return fails("jump")
    if not (_limit_is_value(germ.cont_left, left, value) and _limit_is_value(germ.cont_right, right, value)):
        return fails("jump")
    for k in range(1, order + 1):
        failing = [side.fails for side in (left, right) if len(side.values) <= k]
        if "oscillation" in failing:
            return fails("oscillation")
        if failing:
            return fails("vertical_tangent")
        if not _equal(germ, left, right, k):
            return fails("kink")
    return Verdict("ok", value=right.values[order])


def _blame(evaluation: Evaluation, verdict: Verdict) -> Expr | None:
    """The deepest node that is not smooth though all its operands are; of oscillations, the source."""
    if verdict.status != "not_differentiable":
        return None
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if not _listed(evaluation, node) or isinstance(germ.value, bool):
            continue
        if verdict.kind == "oscillation":
            if _oscillates(germ):
                return node
        elif not germ.smooth and all(_harmless(evaluation.germs[arg.id]) for arg in _operands(node)):
            return node
    return None


def _oscillates(germ: Germ) -> bool:
    return any(isinstance(side, Series) and side.osc is not None for side in (germ.left, germ.right))


def _harmless(germ: Germ) -> bool:
    return germ.smooth or isinstance(germ.value, bool)


def _listed(evaluation: Evaluation, node: Expr) -> bool:
    """Whether the node stands in the expression itself, not in what a function was written out to."""
    if not evaluation.original:
        evaluation.original.update(part.id for part in walk(evaluation.root))
    return node.id in evaluation.original


def _operands(node: Expr) -> tuple[Expr, ...]:
    return () if is_leaf(node) else node.args


def _owner(evaluation: Evaluation, lack: Missing) -> Expr | None:
    """The part of the expression itself that a missing value belongs to: sqrt(x), not x**(1/2)."""
    for node in evaluation.order:
        germ = evaluation.germs[node.id]
        if _listed(evaluation, node) and any(part is lack for part in (germ.value, germ.left, germ.right)):
            return node
    return lack.node


def point(value: arb) -> Constant:
    """The constant of a coordinate that is a double, exactly."""
    mantissa, exponent = value.man_exp()
    scale = fmpq(1 << int(exponent)) if exponent >= 0 else fmpq(1, 1 << -int(exponent))
    return Constant(value, fmpq(mantissa) * scale)


def constant_of(node: Expr) -> Constant:
    """The constant that an expression without variables means; raises MorePrecision."""
    value = Evaluation(node, "", {}, 4).run().value
    return value if isinstance(value, Constant) else Constant(arb("nan"), None, "call", ("none", (), node.id))


__all__ = ["MorePrecision", "Verdict", "constant_of", "judge", "point"]
