"""The end of a descent at a kink or a jump, or beside one: what f does there, proved by germs.

Gradients say nothing of these: x**2 + floor(x) has slope 2*x right of 0, and is lower left of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

from dcalc.expr import Expr, number
from dcalc.numerals import decimal, terminates
from dcalc.optimise.breaks import find_breaks
from dcalc.verdict import Beside, compare_beside

Interval = tuple[float, float]
_EVERYWHERE: Interval = (float("-inf"), float("inf"))
_NAMES = {-1: "left", 1: "right"}


class Edge(NamedTuple):
    """A place along one variable at which f is proved to have a minimum along it, or not to have one, and why."""

    place: Fraction
    is_minimum: bool
    message: str


def judge_end(root: Expr, name: str, at: Mapping[str, float], bounds: Interval | None) -> Edge | None:
    """What f does along ``name`` at the end itself; None where that is not decided."""
    place = Fraction(at[name])
    return _judge_place(root, name, at, place, bounds or _EVERYWHERE)


def judge_breaks(root: Expr, name: str, at: Mapping[str, float], window: float, bounds: Interval | None) -> Edge | None:
    """What f does at the nearest break within a distance of the end along ``name``; None if it is not decided."""
    low, high = bounds or _EVERYWHERE
    for place in find_breaks(root, name, at, window):
        if low <= place <= high:
            return _judge_place(root, name, at, place, (low, high))
    return None


def _judge_place(root: Expr, name: str, at: Mapping[str, float], place: Fraction, bounds: Interval) -> Edge | None:
    beside = compare_beside(root, name, {**at, name: number(place)})
    signs = [sign for sign, bound in ((-1, bounds[0]), (1, bounds[1])) if place != bound]
    shown = f"{name} = {decimal(place) if terminates(place) else place}"
    sides = {beside.side(sign) for sign in signs}
    if sides <= {"above", "equal", "missing"} and sides != {"missing"}:
        return Edge(place, True, f"f is nowhere smaller close to {shown}")
    side = (place < at[name]) - (place > at[name])
    if beside.side(side) == "below" and side:
        return _judge_near_side(beside, place, side, shown)
    falling = [sign for sign in signs if beside.side(sign) == "below"]
    if not falling:
        return None
    where = " and to the ".join(_NAMES[sign] for sign in falling)
    return Edge(place, False, f"f is smaller to the {where} of {shown}, which the gradient does not show")


def _judge_near_side(beside: Beside, place: Fraction, side: int, shown: str) -> Edge | None:
    """A place at which f is larger than where the descent comes from: it jumps there, or the end is not near."""
    if beside.trend(side) != "above":
        return None
    return Edge(
        place, False, f"f falls towards {shown} from the {_NAMES[side]} and is larger there, so the limit is not taken"
    )
