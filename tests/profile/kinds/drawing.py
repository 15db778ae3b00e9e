"""Marks of plots: all extrema, kinks, poles, holes and jumps of functions whose features are known."""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from tests.profile.question import RIGHT, Question, Record


class Mark(NamedTuple):
    """A feature and its place."""

    kind: str
    x: float


def draw(rng: random.Random) -> Question:
    """A function on an interval."""
    a = round(rng.uniform(-2.5, 2.5), rng.choice((1, 2, 5, 7)))
    text, marks = _drawn(rng, a)
    inside = [mark for mark in marks if -2.99 < mark.x < 2.99]
    return Question(("plot", "--over=-3:3"), {"expr": text}, lambda record: judged(record, inside))


def _drawn(rng: random.Random, a: float) -> tuple[str, list[Mark]]:
    """A function, and its features between -3 and 3."""
    u = f"(x - {a})" if a > 0 else f"(x + {-a})"
    width = rng.choice(("1e-4", "1e-6", "1e-9", "1e-12", "0.01"))
    k = rng.choice((1, 2, 3, 5))
    gap = rng.choice((0.5, 0.1, 0.01, 0.001))
    low, high = a - gap, a + gap
    return rng.choice(
        (
            (f"1/({u}**2 + {width})", [Mark("maximum", a)]),
            (f"-1/({u}**2 + {width})", [Mark("minimum", a)]),
            (f"exp(-{u}**2/{width})", [Mark("maximum", a)]),
            (f"{u}/{u}", [Mark("hole", a)]),
            (f"{u}*(x + 7)/{u}", [Mark("hole", a)]),
            (f"sin({u})/{u}", [Mark("hole", a)]) if abs(a) < 1 else (f"1/{u}", [Mark("pole", a)]),
            (f"1/{u}**2", [Mark("pole", a)]),
            (f"1/({u}**2 - {gap}**2)", [Mark("pole", low), Mark("maximum", a), Mark("pole", high)]),
            (f"abs({u}) + 2*x", [Mark("kink", a)]),
            (f"abs({u}) + abs({u} - {gap})", [Mark("kink", a), Mark("kink", high)]),
            (f"asin(sin({k}*{u}))", _repeated("kink", a, k, 0.5)),
            (f"acos(cos({k}*{u}))", _repeated("kink", a, k, 0)),
            (f"abs(sin({k}*{u}))", [*_repeated("kink", a, k, 0), *_repeated("maximum", a, k, 0.5)]),
            (f"where(x > {a}, x + 1, x)", [Mark("jump", a)]),
            (f"sign({u})", [Mark("jump", a)]),
            (f"cbrt({u})", [Mark("vertical_tangent", a)]),
            (f"{u}**2 + 0.3", [Mark("minimum", a)]),
            (f"sqrt({u}**2 + {width})", [Mark("minimum", a)]),
            (f"{width}/({u}**2 + {width}) + x/1000", []),
        )
    )  # fmt: skip


def _repeated(kind: str, start: float, k: int, phase: float) -> list[Mark]:
    """A feature at start + (n + phase)*pi/k."""
    return [Mark(kind, start + (n + phase) * math.pi / k) for n in range(-60, 60)]


def judged(record: Record, right: list[Mark]) -> str:
    """All that should be marked is, or a note says that something may be missing."""
    if record["status"] == "error":
        return f"{record['error']}"
    if wrong := [mark["x"] for mark in record["marks"] if mark["kind"] == "zero" and abs(mark["f"]) > 1e-9]:
        return f"a zero at {wrong[0]}, where f has another value"
    found = [Mark(mark["kind"], mark["x"]) for mark in record["marks"] if mark["kind"] != "zero"]
    missing = [mark for mark in right if not any(_same(mark, other) for other in found)]
    if missing and not any(" not " in note or " may " in note for note in record["notes"]):
        return f"no {missing[0].kind} at {missing[0].x}, and no word of it: {found[:4]}"
    if not right:
        return RIGHT
    places = [mark for mark in found if not any(_same(mark, other) for other in right) and abs(mark.x) < 2.99]
    return f"a {places[0].kind} at {places[0].x}, where there is none" if places else RIGHT


def _same(one: Mark, other: Mark) -> bool:
    # A kink at which f turns is an extremum, too; what breaks between two doubles is not told more of.
    kinds = {one.kind, other.kind}
    return abs(one.x - other.x) < 1e-6 and (
        len(kinds) == 1 or kinds <= {"kink", "minimum", "maximum"} or kinds in ({"jump", "break"}, {"hole", "break"})
    )
