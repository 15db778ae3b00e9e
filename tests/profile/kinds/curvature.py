"""What a Hessian is said to make of a point at which f is pieced together from quadratic forms."""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from tests.profile.formula import Formula, read
from tests.profile.near import number
from tests.profile.question import OPEN, RIGHT, Question, Record

_FORMS = (
    "max({u}**2, {v}**2)", "min({u}**2, {v}**2)", "abs({u}*{v})", "{u}*abs({v})", "{v}*abs({u})",
    "abs({u}**2 - {v}**2)",
    "relu({u}*{v})", "{u}*{v}", "{u}**2", "{v}**2", "relu({u})*relu({v})", "where({u} == {v}, 0, {u}*{v})",
    "where({u} == 0 or {v} == 0, 0, {u}*{v})", "max(abs({u}), abs({v}))**2", "(abs({u}) + abs({v}))**2",
)  # fmt: skip
_RAYS = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0))
"""All forms are quadratic polynomials between these directions."""


class Signs(NamedTuple):
    """Whether f - f(p) is positive, zero, negative in some direction."""

    positive: bool
    zero: bool
    negative: bool


def draw(rng: random.Random) -> Question:
    """A sum of quadratic forms with pieces, seen from the point at which all are 0."""
    a, b = rng.choice(((0, 0), (0, 0), (1, -2)))
    u, v = (
        name if not place else f"(x - {place})" if name == "x" else f"(y + {-place})"
        for name, place in (("x", a), ("y", b))
    )
    terms = []
    for _ in range(rng.choice((1, 2, 3))):
        factor = rng.choice((1, -1, 2, 3, -3, 5, -4))
        terms.append(f"{factor}*" + rng.choice(_FORMS).format(u=u, v=v))
    terms.append(f"{rng.choice((1, -1, 4, -4, 2))}*({u}**2 + {v}**2)")
    text = " + ".join(terms).replace("+ -", "- ")
    formula = read(text)
    line = {"expr": text, "at": {"x": float(a), "y": float(b)}}
    return Question(("hessian",), line, lambda record: judged(record, signs(formula, Fraction(a), Fraction(b))))


def signs(formula: Formula, a: Fraction, b: Fraction) -> Signs:
    """The signs that a form of the second degree takes around a point."""

    def height(x: int, y: int) -> Fraction:
        return formula({"x": number(a + x), "y": number(b + y)}).exact()

    found = set()
    for (x0, y0), (x1, y1) in pairwise(_RAYS):
        first, last = height(x0, y0), height(x1, y1)
        # A sector is open: on its edges `where` may say otherwise.
        inner = [height(i * x0 + j * x1, i * y0 + j * y1) for i, j in ((1, 1), (1, 2), (2, 1))]
        found |= _signs_between(*_coefficients(*inner)) | {_sign(first), _sign(last)}
    return Signs(1 in found, 0 in found, -1 in found)


def _coefficients(one: Fraction, two: Fraction, three: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """a, b, c of a*s**2 + b*s*t + c*t**2 from its values at (1, 1), (1, 2), (2, 1)."""
    difference = (three - two) / 3  # (4*a + 2*b + c) - (a + 2*b + 4*c) is 3*(a - c)
    cross = 5 * one - two - three  # their sum is 5*(a + b + c) - b
    return (one - cross + difference) / 2, cross, (one - cross - difference) / 2


def _signs_between(a: Fraction, b: Fraction, c: Fraction) -> set[int]:
    """The signs of a*s**2 + b*s*t + c*t**2 for s, t > 0."""
    found = {_sign(a + b + c)}
    if a:
        found.add(_sign(a))  # as t tends to 0
    elif b:
        found.add(_sign(b))
    if c:
        found.add(_sign(c))
    elif b:
        found.add(_sign(b))
    discriminant = b * b - 4 * a * c
    if a * b < 0 and b * c < 0 and discriminant >= 0:
        found |= {0, _sign(-a)} if discriminant else {0}
    if 1 in found and -1 in found:
        found.add(0)
    return found


def _sign(value: Fraction) -> int:
    return (value > 0) - (value < 0)


_SAID = (
    ("strict local minimum", Signs(True, False, False)),
    ("strict local maximum", Signs(False, False, True)),
    ("upward in every direction", Signs(True, False, False)),
    ("downward in every direction", Signs(False, False, True)),
)


def judged(record: Record, right: Signs) -> str:
    """Each phrase of the verdict."""
    if record["status"] == "error":
        return f"{record['error']}"
    said = record.get("verdict") or ""
    if not said:
        return OPEN if record["status"] == "ok" else RIGHT  # where second derivatives are missing none is owed
    wrong = any(phrase in said and right != needed for phrase, needed in _SAID)
    wrong = wrong or ("saddle point" in said and not (right.positive and right.negative))
    wrong = wrong or ("upward in some directions" in said and not (right.positive and right.negative))
    wrong = wrong or ("downward in no direction" in said and right.negative)
    wrong = wrong or ("upward in no direction" in said and right.positive)
    wrong = wrong or ("does not curve" in said and (right.positive or right.negative))
    wrong = wrong or "no stationary point" in said
    return f"{said}, of {right}" if wrong else RIGHT
