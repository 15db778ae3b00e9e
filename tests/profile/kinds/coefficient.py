# ruff: noqa: E501  # a row is a line
"""Taylor polynomials one of whose coefficients is exactly 0, though no term of f is."""

from __future__ import annotations

import random
from fractions import Fraction
from math import factorial
from typing import NamedTuple

from mpmath import mp, mpf

from tests.falsehoods.constants import constant
from tests.profile.question import OPEN, RIGHT, Question, Record


class Entire(NamedTuple):
    """A function, a place, and its first derivatives there as numbers of dcalc's and of mpmath's language."""

    text: str
    at: str
    derivatives: tuple[str, ...]


FUNCTIONS = (
    Entire("exp(x)", "1", ("e", "e", "e", "e")), Entire("sin(x)", "1", ("sin(1)", "cos(1)", "-sin(1)", "-cos(1)")),
    Entire("log(x)", "2", ("log(2)", "1/2", "-1/4", "1/4")), Entire("ei(x)", "1", ("ei(1)", "e", "0", "e")),
    Entire("uppergamma(2, x)", "1", ("2/e", "-1/e", "0", "1/e")), Entire("erf(x)", "0", ("0", "2/sqrt(pi)", "0", "-4/sqrt(pi)")),
    Entire("x*exp(-x)", "2", ("2*exp(-2)", "-exp(-2)", "0", "exp(-2)")), Entire("exp(-x**2/2)", "1", ("exp(-1/2)", "-exp(-1/2)", "0", "2*exp(-1/2)")),
    Entire("sqrt(x)", "2", ("sqrt(2)", "1/sqrt(8)", "-1/(8*sqrt(2))", "3/(32*sqrt(2))")), Entire("si(x)", "0", ("0", "1", "0", "-1/3")),
    Entire("atan(x)", "1", ("pi/4", "1/2", "-1/2", "1/2")), Entire("x**2*log(x)", "1", ("0", "1", "3", "2")), Entire("log(x)/x", "e", ("1/e", "0", "-exp(-3)", "5*exp(-4)")),
    Entire("fresnels(x)", "0", ("0", "0", "0", "pi")), Entire("dawson(x)", "0", ("0", "1", "0", "-4")), Entire("xlogx(x)", "1", ("0", "1", "1", "-1")),
)  # fmt: skip
"""By differentiating by hand: ei' = e^x/x, Gamma(2, x)' = -x e^-x, si' = sin(x)/x (DLMF 6.2, 8.8.13), F' = 1 - 2xF (7.5.2)."""


def draw(rng: random.Random) -> Question:
    """A function less one of its Taylor terms, or as it is."""
    f = rng.choice(FUNCTIONS)
    order = rng.choice((1, 2, 3, 3))
    removed = rng.randint(0, order) if rng.random() < 0.6 else None
    text, x = f.text, "x" if f.at == "0" else f"(x - {f.at})"
    if removed is not None:
        text = f"{f.text} - ({f.derivatives[removed]})*{x}**{removed}/{factorial(removed)}"
    scale = rng.choice((1, 1, 3, Fraction(-1, 2)))
    text = text if scale == 1 else f"({scale})*({text})"
    with mp.workdps(50):
        right = [
            float(
                mpf(0)
                if k == removed
                else constant(f.derivatives[k]) * scale.numerator / scale.denominator / factorial(k)
            )
            for k in range(order + 1)
        ]
    arguments = ("taylor", "--order", str(order))
    at = 2.718281828459045 if f.at == "e" else float(f.at)
    return Question(
        arguments, {"expr": text, "at": {"x": f.at if f.at == "e" else at}}, lambda record: judged(record, right)
    )


def judged(record: Record, right: list[float]) -> str:
    """The coefficients."""
    if record["status"] in ("unresolved", "unsupported"):
        return OPEN
    said = record.get("coefficients")
    if record["status"] != "ok" or said is None:
        return f"{record['status']}, without coefficients"
    return RIGHT if said == right else f"{said}, not {right}"
