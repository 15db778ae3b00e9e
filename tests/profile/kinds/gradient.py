# ruff: noqa: E501  # a row is a line
"""Claims about gradients of two variables, right ones and such as are wrong at a point, on a line, in a quarter."""

from __future__ import annotations

import random

from tests.profile.kinds.claim import right_claim, wrong_claim
from tests.profile.question import Question

PAIRS = (
    ("x*y", "y", "x"), ("x**2 + y**2", "2*x", "2*y"), ("x + y", "1", "1"), ("x**2*y", "2*x*y", "x**2"), ("sin(x*y)", "y*cos(x*y)", "x*cos(x*y)"),
    ("exp(x)*y", "exp(x)*y", "exp(x)"), ("x*exp(-y**2)", "exp(-y**2)", "-2*x*y*exp(-y**2)"), ("(x - y)**3", "3*(x - y)**2", "-3*(x - y)**2"),
    ("log(1 + x**2 + y**2)", "2*x/(1 + x**2 + y**2)", "2*y/(1 + x**2 + y**2)"), ("x*abs(x) + y", "2*abs(x)", "1"), ("x*abs(y)*y", "abs(y)*y", "2*x*abs(y)"),
    ("max(x - y, 0)**2", "2*max(x - y, 0)", "-2*max(x - y, 0)"), ("sqrt(1 + x**2 + y**2)", "x/sqrt(1 + x**2 + y**2)", "y/sqrt(1 + x**2 + y**2)"),
    ("atan(x - 2*y)", "1/(1 + (x - 2*y)**2)", "-2/(1 + (x - 2*y)**2)"), ("7 + x + 0*y", "1", "0"), ("where(x > y, (x - y)**2, 0)", "where(x > y, 2*(x - y), 0)", "where(x > y, 2*(y - x), 0)"),
)  # fmt: skip
"""Functions that have a gradient everywhere, and its two parts."""
FAULTS = (
    ("where(x == y, 1, 0)", "line"), ("where(x == 0, 1, 0)", "line"), ("where(y == 17, x + 100, 0)", "line"), ("where(x + y == 1, 1, 0)", "line"),
    ("where(x == 0 and y == 0, 1, 0)", "point"), ("where(x == 3 and y == -1, 2, 0)", "point"), ("where(x == 1/3 and y == 0.7, 1, 0)", "point"),
    ("where(x**2 + y**2 == 0, 1, 0)", "point"), ("where(x == y**2, 1, 0)", "curve"), ("relu(x - 50)", "half plane"), ("relu(-y - 1000)", "half plane"),
    ("where(x > 4, 1, 0)", "half plane"), ("where(y < -10, x, 0)", "half plane"), ("relu(x + y - 100)", "half plane"), ("where(x > 100 and y > 100, 1, 0)", "quarter"),
    ("relu(x - 5)*relu(y - 5)", "quarter"), ("where(x**2 + y**2 > 1e6, 1, 0)", "outside"), ("relu(x*y - 1000)", "outside"), ("1e-30", "tiny"),
    ("where(abs(x - 3) < 1e-6, 1, 0)", "strip"), ("where(abs(x - y) < 1e-9, 1, 0)", "strip"), ("max(x, 1e5) - 1e5", "half plane"), ("y - clip(y, -1e3, 1e3)", "outside"),
)  # fmt: skip
"""What is 0 nearly everywhere."""


def draw(rng: random.Random) -> Question:
    """A claim about both parts, or about one of them."""
    f, by_x, by_y = rng.choice(PAIRS)
    if rng.random() < 0.25:
        line = rng.choice(("x == y", "x == 0 or y == 0", "x > 30", "x == 2 and y == 2"))
        f = f"where({line}, {f}, {f})"
        return _question(f, by_x, by_y, rng, None)
    if rng.random() < 0.15:
        return _question(f, by_x, by_y, rng, None)
    fault, kind = rng.choice(FAULTS)
    if rng.random() < 0.5:
        by_x = f"{by_x} + {fault}"
        return _question(f, by_x, by_y, rng, kind, "x")
    return _question(f, by_x, f"{by_y} + {fault}", rng, kind, "y")


def _question(f: str, by_x: str, by_y: str, rng: random.Random, kind: str | None, part: str = "x") -> Question:
    judge = right_claim if kind is None else wrong_claim(kind, part)
    if rng.random() < 0.5:
        return Question(("check",), {"expr": f, "claim": f"x: {by_x}, y: {by_y}"}, judge)
    return Question(("check",), {"expr": f, "wrt": part, "claim": by_x if part == "x" else by_y}, judge)
