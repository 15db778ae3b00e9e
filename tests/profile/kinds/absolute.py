"""Fits by least absolute deviations, whose best parameters are found by trying all corners."""

from __future__ import annotations

import random
import re
from fractions import Fraction
from itertools import combinations

from tests.profile.question import RIGHT, Question, Record

Rows = list[tuple[Fraction, Fraction]]


def draw(rng: random.Random) -> Question:
    """A line through few points, or one through the origin."""
    slope, start = rng.choice((2, -1, 0.5, 3)), rng.choice((0, 1, -2))
    through_origin = rng.random() < 0.5
    xs = [str(x) for x in rng.sample(range(1, 12), rng.randint(3, 6))]
    ys = [f"{slope * int(x) + (0 if through_origin else start) + rng.choice((0, 0.1, -0.1, 0.2, -0.3, 2.5)):.4g}" for x in xs]
    data = "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(xs, ys, strict=True))
    rows = [(Fraction(float(x)), Fraction(float(y))) for x, y in zip(xs, ys, strict=True)]
    model = "a*x" if through_origin else "a*x + b"
    arguments = ("fit", model, "--data", "-", "--target", "y", "--loss", "mae")
    return Question(arguments, data, lambda reply: judged(reply["records"][0], rows, "b" in model))


def judged(record: Record, rows: Rows, has_start: bool) -> str:
    """What is called a minimum is one, and as many residuals are 0 as are said to be."""
    if record["status"] == "error":
        return f"{record['error']}"
    said = record["message"]
    if "a minimum" not in said or "not proved" in said:
        return RIGHT
    corners = list(_corners(rows, has_start))
    least = min(_loss(rows, corner) for corner in corners)
    values = [part["value"] for _, part in sorted(record["parameters"].items())]
    found = (Fraction(values[0]), Fraction(values[1] if has_start else 0))
    scale = max(abs(y) for _, y in rows)
    if _loss(rows, found) - least > scale * Fraction(1, 10**12):
        return f"a minimum at {values}, where the loss is {float(_loss(rows, found) - least):.3g} above the least: {said}"
    if stated := re.search(r"(\d+) residuals? (?:is|are) 0", said):
        close = [corner for corner in corners if all(abs(a - b) <= scale * Fraction(1, 10**13) for a, b in zip(corner, found, strict=True))]
        if not any(_zeros(rows, corner) == int(stated[1]) for corner in close):
            return f"{said}: not at {values}"
    return RIGHT


def _corners(rows: Rows, has_start: bool):  # type: ignore[no-untyped-def]
    """All parameters at which as many residuals vanish as there are parameters; one of them is best."""
    if not has_start:
        yield from ((y / x, Fraction(0)) for x, y in rows if x)
        return
    for (x0, y0), (x1, y1) in combinations(rows, 2):
        if x0 != x1:
            slope = (y1 - y0) / (x1 - x0)
            yield slope, y0 - slope * x0


def _loss(rows: Rows, parameters: tuple[Fraction, Fraction]) -> Fraction:
    slope, start = parameters
    return sum((abs(y - slope * x - start) for x, y in rows), Fraction(0)) / len(rows)


def _zeros(rows: Rows, parameters: tuple[Fraction, Fraction]) -> int:
    # Residuals of doubles: to the last digits, not exactly.
    slope, start = parameters
    return sum(abs(y - slope * x - start) <= (abs(y) + 1) * Fraction(1, 10**14) for x, y in rows)
