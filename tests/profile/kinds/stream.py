"""Many points at once: functions of pieces at points of a file, most of them where pieces meet."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Mapping, Sequence
from fractions import Fraction

from tests.profile.formula import read
from tests.profile.kinds.where import judged
from tests.profile.pieces import Pieces
from tests.profile.question import OPEN, RIGHT, Question, Record
from tests.profile.truth import truth

_OFFSETS = (0, 0, 0, 1, -1, Fraction(1, 8), 30)


def draw(rng: random.Random) -> Question:
    """A gradient, or a derivative along one variable, at a dozen points on stdin."""
    names = ("x",) if rng.random() < 0.4 else ("x", "y")
    corner = {name: Fraction(rng.choice((0, 1, -2, 17, Fraction(1, 4)))) for name in names}
    text = Pieces(rng, corner).function()
    while any(name not in text for name in names):
        text += f" + {names[-1]}*{names[0]}"
    points = [{name: value + rng.choice(_OFFSETS) for name, value in corner.items()} for _ in range(12)]
    lines = "".join(json.dumps({name: float(value) for name, value in point.items()}) + "\n" for point in points)
    if len(names) == 1 and rng.random() < 0.5:
        order = rng.choice((1, 2))
        arguments = ("diff", text, "--at", "-", "--order", str(order))
        return Question(arguments, lines, lambda reply: _diff(reply["records"], text, order, points))
    return Question(("grad", text, "--at", "-"), lines, lambda reply: _grad(reply["records"], text, names, points))


def _diff(records: Sequence[Record], text: str, order: int, points: Sequence[Mapping[str, Fraction]]) -> str:
    if len(records) != len(points):
        return f"{len(records)} records of {len(points)} points"
    rights = [truth(read(text), ("x",) * order, point) for point in points]
    return _first([judged(record, right) for record, right in zip(records, rights, strict=True)])


def _grad(records: Sequence[Record], text: str, names: Sequence[str], points: Sequence[Mapping[str, Fraction]]) -> str:
    if len(records) != len(points):
        return f"{len(records)} records of {len(points)} points"
    found = []
    for record, point in zip(records, points, strict=True):
        for name in names:
            if not re.search(rf"\b{name}\b", text):
                continue  # no variable of this function
            right = truth(read(text), (name,), point)
            part = {**record["components"][name], "value": record["value"][name]}
            found.append(judged(part, right))
    return _first(found)


def _first(found: list[str]) -> str:
    return next((said for said in found if said not in (RIGHT, OPEN)), OPEN if OPEN in found else RIGHT)
