"""One-sided limits that do not exist, shown along steps of several phases."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

from dcalc.expr import Expr
from dcalc.verdict.constant import Constant, MorePrecision
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.onesided import Side, side_of
from dcalc.verdict.outcomes import Missing, Open
from dcalc.verdict.phase import Phase
from dcalc.verdict.regular import is_regular
from dcalc.verdict.series import Series, monomial, subtract
from dcalc.verdict.terms import MoreTerms, Undecidable

_PLAIN = tuple(Fraction(*at) for at in ((1, 2), (3, 2), (0, 1), (1, 1), (1, 6), (5, 4)))
"""Phases at which sine and cosine are simple numbers."""
_GENERAL = tuple(Fraction(*at) for at in ((1, 5), (4, 5), (6, 5), (9, 5)))
"""Phases at which f' is asked for: where nothing else happens, as is tested."""
Questions = (Undecidable, MoreTerms, MorePrecision)


def sampled(evaluation: Evaluation, sign: int, order: int, holes: bool) -> Side | None:
    """How f on the side ``sign``, or the quotient that is its first derivative, is shown to have no limit.

    None where that is not shown. Where not ``holes``, f must have a value at all the steps. Of f
    alone, values of lower order are those along the steps, not limits.
    """
    if not is_swinging(evaluation):
        return None
    found = []
    for at in _PLAIN + _GENERAL:
        side = _side(_along(evaluation, evaluation.root, at), sign)
        if isinstance(side, Missing):
            if not holes:
                return None
            if at in _GENERAL:  # f has no value around these steps
                return Side([], "unbounded", True)
        if isinstance(side, Series) and (limits := _limits(side, min(order, 1))) is not None:
            found.append(limits)
            if holes and (divergence := _divergence(found)) is not None:
                return divergence
    return _divergence(found)


class _Limits(NamedTuple):
    """Where one sequence of steps leads: limits, and the sign of the infinite one that follows them, or 0."""

    values: list[Constant]
    infinite: int


def _limits(series: Series, order: int) -> _Limits | None:
    try:
        values, fails, _ = side_of(series, order)
        if fails and values:
            series = subtract(series, monomial(values[0]))
        return _Limits(values, series.sign() if fails else 0)
    except Questions:
        return None


def steep(evaluation: Evaluation, sign: int, root: Expr, quotient: Callable[[Series], Series]) -> str:
    """How the quotient of the derivative ``root`` of f fails to have a limit; empty where that is not shown."""
    found = []
    for at in _GENERAL:
        f = _along(evaluation, evaluation.root, at)
        slope = _side(_along(evaluation, root, at), sign)
        if not isinstance(slope, Series) or not _is_regular(f, sign):
            continue
        if (limits := _limits(quotient(slope), 0)) is not None:
            found.append(limits)
    divergence = _divergence(found)
    return divergence.fails if divergence is not None else ""


def is_swinging(evaluation: Evaluation) -> bool:
    """Whether a part of f oscillates on a side."""
    germs = evaluation.germs.values()
    return any(isinstance(side, Series) and side.osc is not None for germ in germs for side in (germ.left, germ.right))


def _along(evaluation: Evaluation, root: Expr, at: Fraction) -> Evaluation:
    made = Evaluation(root, evaluation.name, evaluation.at, evaluation.reach, evaluation.simplifying, Phase(at))
    made.run()
    return made


def _side(evaluation: Evaluation, sign: int) -> Series | Missing | Open:
    germ = evaluation.germs[evaluation.root.id]
    side: Series | Missing | Open = germ.left if sign < 0 else germ.right
    return side


def _is_regular(evaluation: Evaluation, sign: int) -> bool:
    try:
        return is_regular(evaluation, evaluation.name, "left" if sign < 0 else "right")
    except Questions:
        return False


def _divergence(found: list[_Limits]) -> Side | None:
    """The first order at which sequences of steps lead to different places, or beyond every number."""
    values: list[Constant] = []
    while found:
        k = len(values)
        finite = [limits.values[k] for limits in found if len(limits.values) > k]
        infinite = {limits.infinite for limits in found if len(limits.values) == k} - {0}
        if (finite and infinite) or len(infinite) > 1 or any(_differ(value, finite[0]) for value in finite[1:]):
            return Side(values, "oscillation", True)
        if infinite:
            return Side(values, "unbounded", True)
        if not finite:
            return None
        values.append(finite[0])
    return None


def _differ(first: Constant, second: Constant) -> bool:
    try:
        return not (first - second).is_zero()
    except MorePrecision:
        return False
