"""Derivatives as texts: read back, they must have the values that the derivative has."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import product

from tests.profile.formula import Foreign, Formula, read
from tests.profile.near import Near, NoValue, number, step
from tests.profile.pieces import Pieces, spread
from tests.profile.question import OPEN, RIGHT, Question, Record
from tests.profile.truth import Point, truth

_PLACES = (0, 0, 1, -1, 2, Fraction(1, 3), 17)


def draw(rng: random.Random) -> Question:
    """A derivative of order 1 or 2 without a point."""
    names = ("x",) if rng.random() < 0.5 else ("x", "y")
    corner = {name: Fraction(rng.choice(_PLACES)) for name in names}
    text = Pieces(rng, corner).function()
    wrt = tuple(rng.choice(names) for _ in range(rng.choice((1, 1, 2))))
    places = [spread([value])[1:] for value in corner.values()]
    points = [dict(zip(names, values, strict=True)) for values in product(*places)]
    line: dict[str, object] = {"expr": text}
    line |= {"wrt": list(wrt)} if len(set(wrt)) > 1 else {"wrt": wrt[0], "order": len(wrt)}
    return Question(("diff",), line, lambda record: judged(record, read(text), wrt, points))


def judged(record: Record, formula: Formula, wrt: tuple[str, ...], points: list[Point]) -> str:
    """The text at points: the derivative's number, or none at places that are alone."""
    if record["status"] == "error":
        return f"{record['error']}"
    text = record["derivative"]
    try:
        derivative = read(text)
        found = (_at(derivative, formula, wrt, point) for point in points)
        wrong = next((f"{text}: {said}" for said in found if said), RIGHT)
        return OPEN if wrong and any("several choices" in note for note in record["notes"]) else wrong
    except Foreign:
        return OPEN


def _at(derivative: Formula, formula: Formula, wrt: tuple[str, ...], point: Point) -> str:
    right = truth(formula, wrt, point)
    if right.status != "ok":
        return ""
    at = {name: number(value) for name, value in point.items()}
    place = ", ".join(f"{name}={value}" for name, value in point.items())
    value = _value(derivative, at)
    if value is not None:
        return "" if value.exact() == right.value else f"{value.exact()} at {place}, not {right.value}"
    beside = [{**at, name: at[name] + number(sign) * step(0)} for name in at for sign in (-1, 1)]
    alone = all(_value(derivative, near) is not None or _value(formula, near) is None for near in beside)
    return "" if alone else f"no value around {place}, not {right.value}"


def _value(formula: Formula, at: dict[str, Near]) -> Near | None:
    try:
        return formula(at)
    except NoValue:
        return None
