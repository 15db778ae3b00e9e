"""Fits by least absolute deviations, whose best parameters are found by trying all corners."""

from __future__ import annotations

import random
import re
from fractions import Fraction

from tests.falsehoods.deviations import corners, loss, slopes_along
from tests.falsehoods.rows import calls_minimum
from tests.profile.question import RIGHT, Question, Record

Rows = list[tuple[Fraction, Fraction]]


def draw(rng: random.Random) -> Question:
    """A line through few points, one through the origin, or an exponential."""
    slope, start = rng.choice((2, -1, 0.5, 3)), rng.choice((0, 1, -2))
    model = rng.choice(("a*x", "a*x", "a*x", "a*x + b", "a*x + b", "a*x + b", "a*exp(b*x) + c"))
    xs = [str(x) for x in rng.sample(range(1, 12), rng.randint(3, 6))]
    noise = (0, 0.1, -0.1, 0.2, -0.3, 2.5)
    ys = [f"{slope * int(x) + (0 if model == 'a*x' else start) + rng.choice(noise):.4g}" for x in xs]
    data = "x,y\n" + "".join(f"{x},{y}\n" for x, y in zip(xs, ys, strict=True))
    rows = [(Fraction(float(x)), Fraction(float(y))) for x, y in zip(xs, ys, strict=True)]
    arguments = ("fit", model, "--data", "-", "--target", "y", "--loss", "mae")
    if "exp" in model:
        arguments += ("--from", "a=1,b=0.1,c=0")
    return Question(arguments, data, lambda reply: judged(reply["records"][0], rows, model))


def judged(record: Record, rows: Rows, model: str) -> str:
    """What is called a minimum is one, and as many residuals are 0 as are said to be."""
    if record["status"] == "error":
        return f"{record['error']}"
    said = record["message"]
    if not calls_minimum(said):
        return RIGHT
    values = [part["value"] for _, part in sorted(record["parameters"].items())]
    if "exp" in model:
        doubles = [(float(x), float(y)) for x, y in rows]
        return (
            f"a minimum at {values}, along which the loss slopes: {said}" if slopes_along(doubles, *values) else RIGHT
        )
    return _line(said, values, rows)


def _line(said: str, values: list[float], rows: Rows) -> str:
    has_start = len(values) > 1
    known = list(corners(rows, has_start))
    found = (Fraction(values[0]), Fraction(values[1] if has_start else 0))
    scale = max(abs(y) for _, y in rows)
    excess = loss(rows, found) - min(loss(rows, corner) for corner in known)
    if excess > scale * Fraction(1, 10**12):
        return f"a minimum at {values}, where the loss is {float(excess):.3g} above the least: {said}"
    if stated := re.search(r"(\d+) residuals? (?:is|are) 0", said):
        close = [
            corner
            for corner in known
            if all(abs(a - b) <= scale * Fraction(1, 10**13) for a, b in zip(corner, found, strict=True))
        ]
        if not any(_zeros(rows, corner) == int(stated[1]) for corner in close):
            return f"as many residuals are not 0 at {values}: {said}"
    return RIGHT


def _zeros(rows: Rows, line: tuple[Fraction, Fraction]) -> int:
    # The data are doubles: a residual is 0 to their last digits.
    slope, start = line
    return sum(abs(y - slope * x - start) <= (abs(y) + 1) * Fraction(1, 10**14) for x, y in rows)
