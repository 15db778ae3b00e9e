# ruff: noqa: E501  # a row is a line
"""Points that are typed as expressions: what happens at exactly that number, by construction."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import NamedTuple

from mpmath import mpf

from tests.falsehoods.constants import constant
from tests.profile.question import OPEN, RIGHT, Question, Record


class Zero(NamedTuple):
    """An inner function u that is 0 at a typed number, with its slope there, as mpmath reads it."""

    at: str
    inner: str
    slope: str


ZEROS = (
    Zero("1/3", "x - 1/3", "1"), Zero("1/3", "3*x - 1", "3"), Zero("-2/7", "x + 2/7", "1"), Zero("2/3", "2 - 3*x", "-3"),
    Zero("sqrt(2)", "x - sqrt(2)", "1"), Zero("sqrt(2)", "x**2 - 2", "2*sqrt(2)"), Zero("-sqrt(3)/3", "x**2 - 1/3", "-2*sqrt(3)/3"),
    Zero("pi/2", "cos(x)", "-1"), Zero("pi", "sin(x)", "-1"), Zero("2*pi", "sin(x)", "1"), Zero("3*pi/2", "cos(x)", "1"),
    Zero("pi/6", "sin(x) - 1/2", "sqrt(3)/2"), Zero("2*pi/3", "cos(x) + 1/2", "-sqrt(3)/2"), Zero("pi/4", "tan(x) - 1", "2"),
    Zero("-pi/3", "2*cos(x) - 1", "sqrt(3)"), Zero("e", "log(x) - 1", "exp(-1)"), Zero("log(2)", "exp(x) - 2", "2"),
    Zero("0.1*pi", "sin(10*x)", "-10"), Zero("1/e", "log(x) + 1", "e"), Zero("asin(1/3)", "sin(x) - 1/3", "sqrt(8)/3"),
    Zero("(1+sqrt(5))/2", "x**2 - x - 1", "sqrt(5)"), Zero("cbrt(2)", "x**3 - 2", "3*cbrt(4)"), Zero("1/7", "7*x - 1", "7"),
    Zero("pi/3", "x - pi/3", "1"), Zero("1e-1/3", "30*x - 1", "30"), Zero("2**(1/2)", "x*x - 2", "2*sqrt(2)"), Zero("10/3", "sinpi(3*x)", "3*pi"),
)  # fmt: skip


class Shape(NamedTuple):
    """An outer function of u, and what f has at a zero of u of slope s."""

    outer: str
    status: str
    value: Callable[[mpf], mpf] | None = None
    left: Callable[[mpf], mpf | None] = lambda _: None
    right: Callable[[mpf], mpf | None] = lambda _: None


SHAPES = (
    Shape("abs({u})", "kink", None, lambda s: -abs(s), abs),
    Shape("relu({u})", "kink", None, lambda s: min(s, 0), lambda s: max(s, 0)),
    Shape("min({u}, 2*({u}))", "kink", None, lambda s: s * (2 if s > 0 else 1), lambda s: s * (2 if s < 0 else 1)),
    Shape("1/({u})", "undefined"),
    Shape("log(abs({u}))", "undefined"),
    Shape("({u})**2", "ok", lambda _: mpf(0)),
    Shape("({u})*abs({u})", "ok", lambda _: mpf(0)),
    Shape("sin({u})", "ok", lambda s: s),
    Shape("where({u} == 0, 0, sin({u})**2/({u}))", "ok", lambda s: s),
    Shape("where({u} == 0, 1, ({u})**2)", "jump"),
    Shape("({u})**2/({u})", "removable", lambda s: s),
    Shape("cbrt({u})", "vertical_tangent"),
    Shape("sqrt({u})", "boundary"),
    Shape("floor({u})", "jump", None, lambda s: None if s > 0 else mpf(0), lambda s: mpf(0) if s > 0 else None),
    Shape("sign({u})", "jump"),
    Shape("exp({u})", "ok", lambda s: s),
    Shape("cosh({u})", "ok", lambda _: mpf(0)),
)


def draw(rng: random.Random) -> Question:
    """A derivative at a typed number."""
    zero, shape = rng.choice(ZEROS), rng.choice(SHAPES)
    f = shape.outer.format(u=zero.inner)
    slope = constant(zero.slope)
    expected = {
        "value": None if shape.value is None else shape.value(slope),
        "left": shape.left(slope),
        "right": shape.right(slope),
    }
    return Question(("diff",), {"expr": f, "at": {"x": zero.at}}, lambda record: judged(record, shape.status, expected))


def judged(record: Record, status: str, expected: dict[str, mpf | None]) -> str:
    """Status, kind and numbers."""
    found = record.get("kind") or record["status"]
    if found == "unresolved":
        return OPEN
    if found != status:
        return f"{found} {record.get('value')}, not {status}"
    numbers = [(name, record[name], None if value is None else float(value)) for name, value in expected.items()]
    return next((f"{name} {said}, not {right}" for name, said, right in numbers if said != right), RIGHT)
