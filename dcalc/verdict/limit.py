"""Limits of a function: of each side of a point, at infinity, and whether the sides agree.

A side's germ decides: its generalised power series shows a limit, an infinite one, or an oscillation that has none.
Infinity is approached as x = 1/t with t -> 0+. What these series do not decide, such as logarithms of logarithms and
parts that are smaller than every power, is asked of an asymptotic scale (`asymptotics`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple, TypeAlias

from dcalc import functions as table
from dcalc.expr import Expr, make, number, substitute, symbol, variables
from dcalc.proof.budget import Budget, limit_work
from dcalc.proof.constant import ZERO, Constant, NeedMoreBits
from dcalc.verdict.asymptotics import limit_along
from dcalc.verdict.coefficients import negative, plus, raised, times
from dcalc.verdict.germ import Evaluation
from dcalc.verdict.judge import REACH, constant_of, find_owner
from dcalc.verdict.one_sided import sample_steps
from dcalc.verdict.scale import NeedMoreTerms, Oscillation, Undecidable
from dcalc.verdict.series import NoValue, OpenQuestion, Series, SideValue

Sign = Literal[-1, 1]
Place: TypeAlias = "Expr | Sign"
"""Where a limit is taken: at a number, as an expression without variables, or at infinity of a sign."""
Tendency = Literal["finite", "infinite", "oscillation", "undefined", "open"]
"""What f does on one side of a place: `undefined` where it has no values there, `open` where that is not decided."""
LimitKind = Literal["jump", "oscillation"]
"""Why there is no limit: the sides lead to different places, or one of them leads to none."""
_SHORT, _LONG = (4, 8), (16, REACH)
"""Orders beyond the leading one that are looked at, one after the other while all known terms cancel."""
_CANCELLED = "all known terms of the series cancel"
_OSCILLATES = "an oscillation of unknown size"


class SideLimit(NamedTuple):
    """What f tends to on one side: a ``value``, or infinity of a ``sign``, or why to nothing.

    ``node`` is the part of the expression that the reason is about, where one is known.
    """

    tendency: Tendency
    value: Constant | None = None
    sign: int = 0
    reason: str = ""
    node: Expr | None = None


class LimitVerdict(NamedTuple):
    """The limit, and those of the sides that were looked at; a side that does not exist is None.

    ``both`` is what holds for all of them: `open` where that is not decided.
    """

    both: SideLimit
    left: SideLimit | None
    right: SideLimit | None
    kind: LimitKind | None = None


def find_limit(
    root: Expr, name: str, others: Mapping[str, Constant], place: Place, sides: tuple[Sign, ...]
) -> LimitVerdict:
    """The limit of ``root`` as ``name`` tends to a place, the other variables constant, at flint's working precision.

    At infinity there is one side: -inf is approached from the right, inf from the left. Raises NeedMoreBits where
    more bits may decide. Cost: milliseconds; bounded.
    """
    if isinstance(place, int):
        inverted, step = invert(root, name, place)
        path = run_away if place > 0 else negative
        (limit,), _ = _find_sides(root, name, others, (path,), partial(find_sides, inverted, step, others, ZERO, (1,)))
        limit = limit._replace(node=None)  # which is written in t
        left, right = (limit, None) if place > 0 else (None, limit)
        return _join_sides(left, right, is_joint=False)
    paths = [partial(approach, place, sign) for sign in sides]
    by_series = partial(find_sides, root, name, others, constant_of(place), sides)
    limits, is_joint = _find_sides(root, name, others, paths, by_series)
    by_sign = dict(zip(sides, limits, strict=True))
    return _join_sides(by_sign.get(-1), by_sign.get(1), is_joint=is_joint)


Path: TypeAlias = Callable[[Expr], Expr]
"""Where the variable is, by an x that tends to infinity."""


def run_away(x: Expr) -> Expr:
    """The path that leads to inf."""
    return x


def approach(place: Expr, sign: Sign, x: Expr) -> Expr:
    """A path that leads to a number from one side."""
    return plus(place, times(number(sign), raised(x, -1)))


def _find_sides(
    root: Expr,
    name: str,
    others: Mapping[str, Constant],
    paths: Sequence[Path],
    by_series: Callable[..., tuple[list[SideLimit], bool]],
) -> tuple[list[SideLimit], bool]:
    """The limit along each path: by short series, by a scale where these leave it open, or else by long series."""
    needs: NeedMoreBits | None = None
    try:
        limits, is_joint = by_series(_SHORT)
    except NeedMoreBits as error:
        needs, limits, is_joint = error, [SideLimit("open")] * len(paths), False
    for place, path in enumerate(paths):
        if limits[place].tendency == "open":
            answer = limit_along(root, name, others, path)
            if answer.tendency != "open":
                limits[place] = SideLimit(answer.tendency, answer.value, answer.sign, answer.reason)
            elif needs is not None:
                raise needs
            elif limits[place].reason != _CANCELLED:
                limits[place] = SideLimit("open", reason=answer.reason)
    if any(limit.reason == _CANCELLED for limit in limits):
        longer, is_joint = by_series(_LONG)
        limits = [other if limit.tendency == "open" else limit for limit, other in zip(limits, longer, strict=True)]
    return limits, is_joint


def invert(root: Expr, name: str, sign: Sign) -> tuple[Expr, str]:
    """f(sign/t), and the name of t."""
    step = "t"
    while step in variables(root):
        step += "_"
    return substitute(root, {name: make(table.DIV, number(sign), symbol(step))}), step


def _join_sides(left: SideLimit | None, right: SideLimit | None, *, is_joint: bool) -> LimitVerdict:
    """What both sides come to: f is looked at where it has values."""
    seen = [side for side in (left, right) if side is not None]
    having = [side for side in seen if side.tendency != "undefined"]
    if not having:
        return LimitVerdict(seen[0], left, right)
    if (swinging := next((side for side in having if side.tendency == "oscillation"), None)) is not None:
        return LimitVerdict(swinging, left, right, "oscillation")
    if (undecided := next((side for side in having if side.tendency == "open"), None)) is not None:
        return LimitVerdict(undecided, left, right)
    first, last = having[0], having[-1]
    if first is last or (is_joint and first.value is not None) or _agree(first, last):
        return LimitVerdict(last, left, right)
    return LimitVerdict(SideLimit("oscillation"), left, right, "jump")


def _agree(first: SideLimit, second: SideLimit) -> bool:
    """Whether two limits are the same; raises NeedMoreBits."""
    if first.value is None or second.value is None:
        return first.value is second.value and first.sign == second.sign
    return (first.value - second.value).is_zero()


# --- one side ----------------------------------------------------------------------------------------


def find_sides(
    root: Expr,
    name: str,
    others: Mapping[str, Constant],
    place: Constant,
    signs: tuple[Sign, ...],
    reaches: tuple[int, ...] = (*_SHORT, *_LONG),
) -> tuple[list[SideLimit], bool]:
    """What f tends to as ``name`` approaches a number from each side, and whether the sides are one series.

    Raises NeedMoreBits where more bits may decide.
    """
    limits = [SideLimit("open")] * len(signs)
    for reach in reaches:
        evaluation = Evaluation(root, name, {**others, name: place}, reach, reach > _SHORT[0])
        with limit_work(Budget()):
            germ = evaluation.run()
            limits = [
                _read_side(evaluation, germ.side(sign), sign) if limit.tendency == "open" else limit
                for sign, limit in zip(signs, limits, strict=True)
            ]
        if all(limit.reason != _CANCELLED for limit in limits):
            return limits, germ.joint
    return limits, False


def _read_side(evaluation: Evaluation, side: SideValue, sign: Sign) -> SideLimit:
    """The limit of a germ; an oscillation without one is shown along steps of several phases, too."""
    if isinstance(side, NoValue):
        return SideLimit("undefined", reason=side.reason, node=find_owner(evaluation, side))
    if isinstance(side, OpenQuestion):
        if isinstance(side.retry, NeedMoreTerms):
            return SideLimit("open", reason=_CANCELLED, node=side.node)
        if side.retry is not None:
            raise side.retry
        return _sample(evaluation, sign) or SideLimit("open", reason=side.reason, node=side.node)
    assert isinstance(side, Series)  # f is a number, not a condition
    try:
        return read_limit(side)
    except NeedMoreTerms:
        return SideLimit("open", reason=_CANCELLED)
    except Undecidable as error:
        return _sample(evaluation, sign) or SideLimit("open", reason=str(error))


def _sample(evaluation: Evaluation, sign: Sign) -> SideLimit | None:
    """An oscillation that leads to different places along different steps; None where that is not shown."""
    side = sample_steps(evaluation, sign, 0, holes=True)
    return SideLimit("oscillation") if side is not None and side.fails == "oscillation" and not side.values else None


def read_limit(series: Series) -> SideLimit:
    """The limit of a series as t -> 0+. Raises NeedMoreTerms, NeedMoreBits and Undecidable."""
    if series.growth is not None and series.growth_sign() < 0:
        return SideLimit("finite", ZERO)
    if series.growth is not None:
        return SideLimit("infinite", sign=sign) if (sign := series.sign()) else SideLimit("finite", ZERO)
    value = ZERO
    swing = series.oscillation if series.oscillation is not None and series.oscillation.a <= 0 else None
    for rank, c in series.terms:
        a, b = rank
        if swing is not None and not swing.is_below(rank):
            break
        if a > 0 or (a == 0 and b < 0):
            break
        if a == 0 == b:
            value = c
        elif not c.is_zero():
            return SideLimit("infinite", sign=c.sign())
    if swing is not None:
        return _read_oscillation(series, swing)
    if series.error is not None and series.error <= 0:
        raise NeedMoreTerms
    return SideLimit("finite", value)


def _read_oscillation(series: Series, oscillation: Oscillation) -> SideLimit:
    """A part that oscillates and does not vanish leads nowhere, if its size is proved and no larger term hides it."""
    if series.error is not None and series.error <= oscillation.a:
        raise NeedMoreTerms
    if oscillation.a == 0 and oscillation.exact_size:
        return SideLimit("oscillation")
    raise Undecidable(_OSCILLATES)
