"""Derivatives of functions of pieces in one and two variables, at and beside the places where pieces meet."""

from __future__ import annotations

import random
from collections.abc import Mapping
from fractions import Fraction

from tests.profile.formula import Formula, read
from tests.profile.pieces import Pieces
from tests.profile.question import OPEN, RIGHT, Judge, Question, Record
from tests.profile.truth import Truth, truth

_PLACES = (0, 0, 0, 1, -1, 2, Fraction(1, 2), Fraction(-3, 4), 17)
_UNKNOWN = ("unresolved", "unsupported")


def draw(rng: random.Random) -> Question:
    """A derivative of order 1 to 3, mixed or not; a gradient; or a Hessian."""
    names = ("x",) if rng.random() < 0.35 else ("x", "y")
    corner = {name: Fraction(rng.choice(_PLACES)) for name in names}
    text = Pieces(rng, corner).function()
    formula = read(text)
    at = {
        name: value + (rng.choice((1, -1, Fraction(1, 8))) if rng.random() < 0.1 else 0)
        for name, value in corner.items()
    }
    line: dict[str, object] = {"expr": text, "at": {name: float(value) for name, value in at.items()}}
    shape = rng.random()
    if shape < 0.12:
        return Question(("grad",), {**line, "wrt": list(names)}, _gradient(formula, names, at))
    if shape < 0.24:
        return Question(("hessian",), {**line, "wrt": list(names)}, _hessian(formula, names, at))
    order = rng.choice((1, 2, 2, 2, 3))
    wrt = tuple(rng.choice(names) for _ in range(order))
    line |= {"wrt": list(wrt)} if len(set(wrt)) > 1 else {"wrt": wrt[0], "order": order}
    return Question(("diff",), line, lambda record: judged(record, truth(formula, wrt, at), mixed=len(set(wrt)) > 1))


def judged(record: Record, right: Truth, *, mixed: bool = False) -> str:
    """What is said of a derivative, held against the truth."""
    status, value = record["status"], record.get("value")
    said = f"{record.get('kind') or status} {'' if value is None else value}".strip()
    if status in _UNKNOWN:
        return OPEN
    if status == "error":
        return f"{said}: {record['error']}"
    if right.status == "continued" and status == "removable":
        assert right.value is not None
        return RIGHT if abs(value - right.value) < 1e-9 else f"{said}, not about {float(right.value)}"
    if right.status == "continued":
        right = right._replace(status="undefined", value=None)
    if right.status in ("ok", "removable"):
        expected = _double(right.value)
        if status in ("ok", "removable") and value == expected and (status == right.status or mixed):
            return RIGHT
        # Of several variables a hole is filled only where the limit in all of them is known.
        return (
            RIGHT if right.status == "removable" and status == "undefined" else f"{said}, not {right.status} {expected}"
        )
    if status in ("ok", "removable"):
        return f"{said}, not {right.kind or right.status}"
    if not right.kind:
        return (
            RIGHT if right.status == "not_differentiable" or status == right.status else f"{said}, not {right.status}"
        )
    if record.get("kind") != right.kind:
        return f"{said}, not {right.kind}"
    if mixed:
        return RIGHT
    sides = [(side, record.get(side), _double(getattr(right, side))) for side in ("left", "right")]
    return next((f"{side} {found}, not {expected}" for side, found, expected in sides if found != expected), RIGHT)


def _double(value: Fraction | None) -> float | None:
    return None if value is None else float(value)


def _gradient(formula: Formula, names: tuple[str, ...], at: Mapping[str, Fraction]) -> Judge:
    def judge(record: Record) -> str:
        if record["status"] == "error":
            return f"{record['error']}"
        found = []
        for name in names:
            part = record["components"][name]
            found.append((name, judged({**part, "value": record["value"][name]}, truth(formula, (name,), at))))
        return _first(found)

    return judge


def _hessian(formula: Formula, names: tuple[str, ...], at: Mapping[str, Fraction]) -> Judge:
    def judge(record: Record) -> str:
        if record["status"] == "error":
            return f"{record['error']}"
        found = []
        for first in names:
            for second in names:
                status = record["components"][first][second]
                value = None if record["value"] is None else record["value"][first][second]
                right = truth(formula, (first, second), at)
                if status in ("ok", "removable") and value is None:
                    continue
                kind = right.kind if status == right.status else None  # of which the record says nothing
                said = {"status": status, "value": value, "kind": kind}
                found.append((first + second, judged(said, right, mixed=True)))
        return _first(found)

    return judge


def _first(found: list[tuple[str, str]]) -> str:
    """The first false statement; else whether anything is left open."""
    wrong = next((f"{name}: {said}" for name, said in found if said not in (RIGHT, OPEN)), "")
    return wrong or (OPEN if any(said == OPEN for _, said in found) else RIGHT)
