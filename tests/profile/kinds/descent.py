"""Ends of descents of piecewise quadratics: what is called a minimum must be one."""

from __future__ import annotations

import random
from fractions import Fraction

from tests.falsehoods.rows import calls_minimum, denies_minimum
from tests.profile.formula import Formula, read
from tests.profile.near import Near, NoValue, number, step
from tests.profile.pieces import shown
from tests.profile.question import RIGHT, Question, Record

_BREAKS = (0, 0, 0, 1, -1, 2, Fraction(1, 2), -3)
_CLOSE = Fraction(1, 10**4)
_GRID = [Fraction(k, 2) for k in range(-60, 61)]


def draw(rng: random.Random) -> Question:
    """A descent in one variable, from one of a few starts by one of a few methods."""
    scale, middle = rng.choice((1, 1, 2, Fraction(1, 2))), rng.choice((0, 0, 1, -1, Fraction(1, 2)))
    terms = [f"{shown(scale)}*(x - {shown(middle)})**2", *(_term(rng) for _ in range(rng.choice((1, 1, 2))))]
    text = " + ".join(terms)
    if rng.random() < 0.3:
        place = shown(rng.choice(_BREAKS))
        comparison = rng.choice(("<", "<=", ">", ">=", "==", "!="))
        text = f"where(x {comparison} {place}, {text}, {terms[0]} - {rng.choice((0, 1, 2))})"
    start = rng.choice(("1", "-2", "0.3", "5", "0", "2"))
    method = rng.choice(("newton", "newton", "gd", "momentum"))
    arguments = ("descend", "--from", start, "--method", method, "--lr", "0.1") if method != "newton" else (
        "descend", "--from", start, "--method", method
    )  # fmt: skip
    return Question(arguments, {"expr": text}, lambda record: judged(record, read(text)))


def _term(rng: random.Random) -> str:
    """What bends or breaks."""
    size = shown(rng.choice((1, -1, 2, -2, 5, -3)))
    u = rng.choice((f"(x - {shown(rng.choice(_BREAKS))})", "x"))
    return f"{size}*" + rng.choice(
        (f"abs({u})", f"min({u}, 0)", f"relu({u})", f"relu(-{u})", f"step({u})", f"sign({u})", f"floor({u})",
         f"{u}*abs({u})",
         f"relu({u})**2", f"clip({u}, -1, 1)", f"ceil({u})", f"min({u}**2, 1)")
    )  # fmt: skip


def judged(record: Record, formula: Formula) -> str:
    """The end, its value and what is said of it."""
    if record["status"] == "error":
        return f"{record['error']}"
    if not record["at"]:
        return RIGHT
    end, said = Fraction(record["at"]["x"]), record["message"]
    value = formula({"x": number(end)}).exact()
    if record["value"] is not None and float(value) != record["value"]:
        return f"f is {float(value)!r} at the end {float(end)!r}, not {record['value']!r}"
    lowest = [p for p in (*minima(formula), *_own(formula, end)) if abs(p - end) <= _CLOSE * (1 + abs(end))]
    heights = [formula({"x": number(p)}).exact() for p in lowest]
    true = any(abs(value - height) <= _CLOSE * (1 + abs(height)) for height in heights)
    if calls_minimum(said) and not true:
        return f"a minimum at {float(end)!r}, where there is none: {said}"
    if denies_minimum(said) and end in lowest:
        return f"no minimum at {float(end)!r}, which is one: {said}"
    if "no step makes f smaller" in said and _falls(formula, end, value):
        return f"f falls from {float(end)!r} on: {said}"
    return RIGHT


def _falls(formula: Formula, end: Fraction, value: Fraction) -> bool:
    """Whether f is lower close by, and not by a last digit only."""
    steps = [sign * Fraction(1, 10**digits) for digits in range(3, 12) for sign in (-1, 1)]
    lower = min(formula({"x": number(end + step)}).exact() for step in steps)
    return lower < value - Fraction(1, 10**12) * (1 + abs(value))


def _own(formula: Formula, end: Fraction) -> list[Fraction]:
    return [end] if is_minimum(formula, end) else []


def is_minimum(formula: Formula, place: Fraction) -> bool:
    """Whether f is nowhere smaller around a place."""
    try:
        here = formula({"x": number(place)})
        beside = [formula({"x": number(place) + number(sign) * step(0)}) for sign in (-1, 1)]
    except NoValue:
        return False
    return all((side - here).sign >= 0 for side in beside)


def minima(formula: Formula) -> list[Fraction]:
    """The local minima near the origin: at breaks, which lie on a grid of halves, and between them."""
    found = {place for place in _GRID if is_minimum(formula, place)}
    for place in _GRID:
        vertex = _vertex(formula({"x": number(place) + step(0)}), place)
        if vertex is not None and is_minimum(formula, vertex):
            found.add(vertex)
    return sorted(found)


def _vertex(germ: Near, place: Fraction) -> Fraction | None:
    """Where the parabola that f is on the right of a place has its vertex, if that is in its piece."""
    start, coefficients = germ.series(0, 3)
    shifted = [Fraction(0)] * start + [part.exact() for part in coefficients]
    if len(shifted) < 3 or not shifted[2]:
        return None
    vertex = place - shifted[1] / (2 * shifted[2])
    return vertex if place <= vertex <= place + Fraction(1, 2) else None
