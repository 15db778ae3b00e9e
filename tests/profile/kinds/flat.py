# ruff: noqa: E501  # a row is a line
"""Outer functions without a finite slope at a number, of inner ones that are that number on an interval."""

from __future__ import annotations

import random
from typing import NamedTuple

from tests.falsehoods.command import ask_batch
from tests.profile.question import RIGHT, Question, Record


class Outer(NamedTuple):
    """A function, a number at which its slope is infinite, the side of it where it has values, and its partial."""

    text: str
    edge: str
    side: int
    partial: str


OUTER = (
    Outer("sqrt({u})", "0", 1, "1/(2*sqrt({u}))"), Outer("({u})**(1/2)", "0", 1, "1/(2*sqrt({u}))"),
    Outer("({u})**0.75", "0", 1, "0.75*({u})**-0.25"), Outer("cbrt({u})", "0", 0, "1/(3*cbrt({u})**2)"),
    Outer("root({u}, 5)", "0", 0, "1/(5*root({u}, 5)**4)"), Outer("root({u}, 4)", "0", 1, "1/(4*root({u}, 4)**3)"),
    Outer("asin({u})", "1", -1, "1/sqrt(1 - ({u})**2)"), Outer("acos({u})", "1", -1, "-1/sqrt(1 - ({u})**2)"),
    Outer("asin({u})", "-1", 1, "1/sqrt(1 - ({u})**2)"), Outer("acos({u})", "-1", 1, "-1/sqrt(1 - ({u})**2)"),
    Outer("acosh({u})", "1", 1, "1/sqrt(({u})**2 - 1)"), Outer("asec({u})", "1", 1, "1/(({u})*sqrt(({u})**2 - 1))"),
    Outer("asech({u})", "1", -1, "-1/(({u})*sqrt(1 - ({u})**2))"), Outer("hypot({u}, 0)", "0", 0, "({u})/hypot({u}, 0)"),
    Outer("sqrt(({u})**2)", "0", 0, "({u})/sqrt(({u})**2)"), Outer("abs({u})**(1/3)", "0", 0, "sign({u})*abs({u})**(-2/3)/3"),
    Outer("acos(1 - abs({u}))", "0", 0, "sign({u})/sqrt(1 - (1 - abs({u}))**2)"), Outer("sqrt(1 - cos({u}))", "0", 0, "sin({u})/(2*sqrt(1 - cos({u})))"),
)  # fmt: skip


class Flat(NamedTuple):
    """A function that is 0 on one interval and positive elsewhere; its slope; points inside of the interval."""

    text: str
    slope: str
    inside: tuple[str, ...]


FLAT = (
    Flat("relu(x)", "step(x)", ("-1", "-0.3", "-50")), Flat("max(0, x)", "step(x)", ("-2", "-1e-9")),
    Flat("relu(x - 1)/4", "step(x - 1)/4", ("0", "0.5", "-3")), Flat("relu(-x)", "-step(-x)", ("1", "0.01", "20")),
    Flat("(x + abs(x))/8", "(1 + sign(x))/8", ("-1", "-7")), Flat("where(x > 0, x**2/9, 0)", "where(x > 0, 2*x/9, 0)", ("-1", "-0.2")),
    Flat("where(x < 2, 0, x/9 - 2/9)", "where(x < 2, 0, 1/9)", ("1", "-4")), Flat("relu(abs(x) - 1)/3", "step(abs(x) - 1)*sign(x)/3", ("0.5", "-0.9")),
    Flat("clip(x, 0, 1)/2", "where(x > 0 and x < 1, 1/2, 0)", ("-1", "-5")), Flat("abs(x)/8 - x/8", "sign(x)/8 - 1/8", ("1", "3")),
    Flat("relu(x)**2/9", "2*relu(x)/9", ("-1", "-2.5")), Flat("max(x, 0)*max(x, 0)/9", "2*max(x, 0)/9", ("-4", "-0.5")),
    Flat("x/9 - min(x, 0)/9", "(1 - step(-x))/9", ("-3", "-0.7")), Flat("relu(x)/5 + relu(-x - 3)/5", "(step(x) - step(-x - 3))/5", ("-1", "-2")),
)  # fmt: skip


def draw(rng: random.Random) -> Question:
    """The text of a derivative, a value of it, or a claim that is 0/0 on an interval."""
    outer, flat = rng.choice(OUTER), rng.choice(FLAT)
    sign = outer.side or rng.choice((1, -1))
    inner = (
        f"{outer.edge} {'+' if sign > 0 else '-'} ({flat.text})"
        if outer.edge != "0"
        else f"{'' if sign > 0 else '-'}({flat.text})"
    )
    f = outer.text.format(u=inner)
    shape = rng.random()
    if shape < 0.4:
        return Question(("diff",), {"expr": f}, lambda record: _text(record, flat))
    if shape < 0.7:
        at, order = rng.choice(flat.inside), rng.choice((1, 1, 2))
        return Question(("diff",), {"expr": f, "at": {"x": float(at)}, "order": order}, _value)
    claim = f"{'' if sign > 0 else '-'}({flat.slope})*({outer.partial.format(u=inner)})"
    return Question(("check",), {"expr": f, "claim": claim}, _claim)


def _text(record: Record, flat: Flat) -> str:
    text = record.get("derivative")
    if text is None:
        return f"{record}"
    values = ask_batch(("eval",), [{"expr": text, "at": {"x": float(at)} if "x" in text else {}} for at in flat.inside])
    wrong = [at for at, value in zip(flat.inside, values, strict=True) if value.get("value") != 0]
    return f"{text}: not 0 at {wrong[0]}" if wrong else RIGHT


def _value(record: Record) -> str:
    return (
        RIGHT
        if record["status"] == "ok" and record["value"] == 0
        else f"{record['status']} {record.get('value')}, not 0"
    )


def _claim(record: Record) -> str:
    verdict = record.get("verdict")
    if verdict == "proved" or (verdict == "agrees" and not record["notes"]):
        return f"{verdict}, of a claim that is 0/0 on an interval"
    return RIGHT
