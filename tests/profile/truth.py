"""What is true of a derivative at a point, from its definition, by exact one-sided germs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import groupby, product
from math import factorial
from typing import NamedTuple

from tests.profile.formula import Formula
from tests.profile.near import Near, NoValue, number, step

Point = Mapping[str, Fraction]


class Truth(NamedTuple):
    """A verdict: a kind where there is no derivative, ``left`` and ``right`` the derivatives of the
    sides, where they have one and f is continuous from there.

    ``kind`` is "" where the definition settles only that there is no number, since the derivative
    before the last has none beside the point; then the sides are not told either.
    """

    status: str
    kind: str = ""
    value: Fraction | None = None
    left: Fraction | None = None
    right: Fraction | None = None


class Run(NamedTuple):
    """So many derivatives by one variable after the other."""

    name: str
    order: int


_BESIDE = (Fraction(1, 1 << 60), Fraction(1, 1 << 50))
_CLOSE = Fraction(1, 1 << 40)


def truth(formula: Formula, wrt: Sequence[str], at: Point) -> Truth:
    """The verdict on the derivative by the first name, then by the second, and so on.

    Where f has no value, but derivatives on all sides of the point that are as good as equal, the status is
    `continued`: that is their limit, or f has no derivative.
    """
    verdict = _truth(formula, wrt, at)
    if verdict.status != "undefined" or len(at) < 2 or not wrt:
        return verdict
    values = []
    for distance, *signs in product(_BESIDE, *[(-1, 1)] * len(at)):
        place = {name: at[name] + sign * distance for name, sign in zip(at, signs, strict=True)}
        beside = _truth(formula, wrt, place)
        if beside.status != "ok" or beside.value is None:
            return verdict
        values.append(beside.value)
    return Truth("continued", value=values[0]) if max(values) - min(values) < _CLOSE else verdict


def _truth(formula: Formula, wrt: Sequence[str], at: Point) -> Truth:
    runs = [Run(name, len(list(group))) for name, group in groupby(wrt)]
    point = {name: number(value) for name, value in at.items()}
    if not runs:
        try:
            return Truth("ok", value=formula(point).exact())
        except NoValue:
            return Truth("undefined")
    for count in range(1, len(runs)):
        before = _verdict(formula, runs[:count], point)
        if before.status not in ("ok", "removable"):
            return before._replace(left=None, right=None)
    return _verdict(formula, runs, point)


class _Side(NamedTuple):
    """What a function does beside the point: the power at which it starts, and its coefficients."""

    start: int
    coefficients: list[Near]

    def derivative(self, order: int) -> Near | None:
        """The limit of the derivative, in the direction of the side; None where it is infinite."""
        if self.start < 0:
            return None
        place = order - self.start
        return self.coefficients[place] * number(factorial(order)) if place >= 0 else number(0)


def _verdict(formula: Formula, runs: Sequence[Run], point: Mapping[str, Near]) -> Truth:
    """The verdict on the last of the runs, where those before it have a value at the point."""
    *inner, (name, order) = runs
    level = len(inner)
    try:
        value: Near | None = _value(formula, inner, point)
    except NoValue:
        value = None
    try:
        left, right = (_side(formula, inner, point, name, sign, order, level) for sign in (-1, 1))
    except NoValue:
        return Truth("undefined") if value is None and not inner else Truth("not_differentiable")
    pairs = [(left.derivative(k), right.derivative(k), (-1) ** k) for k in range(order + 1)]
    alike = [a is not None and b is not None and a * number(sign) == b for a, b, sign in pairs]
    last = pairs[order]
    if value is None:
        return Truth("removable", value=_exact(last[1])) if all(alike) else Truth("undefined")
    joined = [side is not None and side == value for side in pairs[0][:2]]
    if all(joined) and all(alike):
        return Truth("ok", value=_exact(last[1]))
    sides = [
        _exact(side * number(sign)) if joins and side is not None else None
        for side, joins, sign in zip(last[:2], joined, ((-1) ** order, 1), strict=True)
    ]
    return Truth("not_differentiable", "kink" if all(joined) else "jump", None, *sides)


def _exact(value: Near | None) -> Fraction | None:
    return None if value is None else value.exact()


def _side(
    formula: Formula, inner: Sequence[Run], point: Mapping[str, Near], name: str, sign: int, order: int, level: int
) -> _Side:
    """The germ of the derivatives of the inner runs, on one side."""
    moved = {**point, name: point[name] + number(sign) * step(level)}
    return _Side(*_value(formula, inner, moved).series(level, order + 1))


def _value(formula: Formula, runs: Sequence[Run], point: Mapping[str, Near]) -> Near:
    """The derivative at a point, which may itself be beside one. Raises NoValue."""
    if not runs:
        return formula(point)
    *inner, (name, order) = runs
    level = len(inner)
    here = _value(formula, inner, point)
    left, right = (_side(formula, inner, point, name, sign, order, level) for sign in (-1, 1))
    if left.start < 0 or right.start < 0 or left.derivative(0) != here or right.derivative(0) != here:
        raise NoValue
    for k in range(1, order + 1):
        a, b = left.derivative(k), right.derivative(k)
        if a is None or b is None or a * number((-1) ** k) != b:
            raise NoValue
    return b if order else here
