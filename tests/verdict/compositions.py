"""Random compositions: something singular at the point, smooth maps inside and outside of it."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from fractions import Fraction
from typing import NamedTuple

INNER = (
    "u", "u", "u", "sin(u)", "exp(u) - 1", "tanh(u)", "u + 2*u**2", "u*(3 + cos(x))", "log(1 + u)", "u**2", "u**3",
    "sqrt(1 + u) - 1", "-u/2", "asin(u)", "atan(u)",
)  # fmt: skip
KINKS = (
    "abs(u)", "max(u, 0)", "min(u, 2*u)", "sqrt(u**2)", "relu(u)", "where(u < 0, u, 3*u)", "abs(u**3)", "u*abs(u)",
    "clip(u, 0, 1)", "max(u, -u, u*u)", "where(u <= 0, u**2, u**3)", "hypot(u, 2*u)", "max(sin(u), tanh(u))",
    "where(u == 0, 0, sin(u))", "sqrt(1 - cos(u))", "acos(cos(u))", "asin(1 - u**2)",
)  # fmt: skip
HOLES = (
    "sin(u)/u", "(exp(u) - 1)/u", "u/u", "(1 - cos(u))/u**2", "u/(exp(u) - 1)", "log(1 + u)/u", "(tan(u) - u)/u**3",
    "1/u - 1/sin(u)", "(exp(u) - 1 - u)/u**2", "u*(1/u)", "(sqrt(1 + u) - 1)/u", "tanh(u)/sin(u)", "cot(u)*u",
)  # fmt: skip
POLES = ("1/u", "u**(-2)", "log(abs(u))", "1/sqrt(u)", "cot(u)", "gamma(u)", "gamma(u - 1)", "lgamma(u - 2)")
EDGES = (
    "sqrt(u)", "u*sqrt(u)", "asin(1 + u)", "acosh(1 + u)", "u**(3/2)", "u**(5/2)", "u**u", "u*log(u)", "xlogx(u)",
    "sqrt(-u**2)", "log(u)", "asec(1 + u)", "asech(1 + u)", "u**(u**2)", "(-2)**u",
)  # fmt: skip
JUMPS = (
    "floor(u)", "ceil(u)", "sign(u)", "frac(u)", "mod(u + 2, 2)", "atan(1/u)", "u/abs(u)", "floor(2 - u**2)",
    "1/(1 + exp(1/u))", "tanh(1/u)", "atan2(u, -1)", "floor(cos(u))", "0**abs(u)", "where(u**2 == 0, 1, u)",
)  # fmt: skip
ROOTS = (
    "cbrt(u)", "cbrt(u**2)", "(u**2)**(1/3)", "root(u, 3)", "cbrt(u)**4", "root(u**2, 4)", "abs(u)**(5/3)",
    "cbrt(u)*cbrt(u**2)", "abs(u)**(3/2)",
)  # fmt: skip
FLAT = (
    "exp(-1/u**2)", "where(u <= 0, 0, exp(-1/u))", "exp(-1/u**2)/u**3", "exp(-1/abs(u))", "erf(1/u)", "u*tanh(1/u)",
)  # fmt: skip
SCALES = (
    "u*log(abs(u))", "u**2*log(abs(u))", "where(u == 0, 0, u**2*log(abs(u)))", "abs(u)**u",
    "where(u == 0, 0, u*sin(1/u))", "where(u == 0, 0, u**2*sin(1/u))", "u**3*cos(1/u)",
    "where(u == 0, 0, u**4*sin(1/u**2))",
)  # fmt: skip
IDENTITIES = (
    "max(u, -u) - abs(u)", "abs(u) - sqrt(u**2)", "max(u, 0) + min(u, 0)", "abs(u)*sign(u)", "abs(u)**2", "cbrt(u)**3",
    "floor(u) + frac(u)", "log(exp(u))",
)  # fmt: skip
SINGULAR = (KINKS, KINKS, HOLES, HOLES, POLES, EDGES, EDGES, JUMPS, JUMPS, ROOTS, FLAT, SCALES, IDENTITIES)
OUTER = (
    "exp(s)", "sin(s)", "tanh(s)", "s**2", "s**3", "s + x", "s*x", "s*exp(x/9)", "2*s - 1/2", "cos(s)", "atan(s)",
    "s/(2 + sin(x))", "1/(2 + s)", "log(3 + s)", "abs(s)", "sqrt(2 + s)", "max(s, x)", "s*u", "s*u**2", "-s",
    "min(s, 1/3)", "sigmoid(s)", "cbrt(s)", "relu(s)", "s**(1/2)",
)  # fmt: skip
POINTS = (0.0, 0.0, 0.0, 1.0, -1.0, 2.0, 0.5, 3.0, 0.1, 3.141592653589793, 2.0**-30, -0.25, 1e-6)


class Composition(NamedTuple):
    """A problem: the text of f, the point, the order."""

    text: str
    at: float
    order: int


def fill(template: str, names: Mapping[str, str]) -> str:
    """A template with texts in the places of single letters that stand alone."""
    words = re.split(r"([A-Za-z]+)", template)
    return "".join(f"({names[word]})" if word in names else word for word in words)


def composition(rng: random.Random) -> Composition:
    """A random composition."""
    at = rng.choice(POINTS)
    shift = f"x - ({Fraction(at)})" if at else "x"
    inner = fill(rng.choice(INNER), {"u": shift})

    def singular() -> str:
        return fill(rng.choice(rng.choice(SINGULAR)), {"u": inner})

    text = singular()
    for _ in range(rng.choice((0, 1, 1, 2, 2, 3))):
        outer = rng.choice(OUTER) if rng.random() > 0.12 else rng.choice(("s + r", "s*r", "s - r"))
        text = fill(outer, {"s": text, "r": singular(), "u": shift})
    return Composition(text, at, rng.choice((0, 1, 1, 1, 2, 2, 3, 4)))
