"""Decimals are doubles: where the decimal itself stands at a kink, hole, jump or zero, a note says so."""

from __future__ import annotations

import random

from tests.profile.question import RIGHT, Question, Record

_DECIMALS = ("0.1", "0.3", "1.1", "-0.7", "2.2", "0.7", "-1.3", "0.05")
_SHAPES = (
    "abs({u})", "relu({u})", "{u}*sign({u})", "sign({u})", "where({u} < 0, 1, 2)", "1/{u}", "{u}/{u}", "sqrt({u})",
    "cbrt({u})",
    "floor({u})", "log(abs({u}))", "max({u}, 0)", "abs({u})**3/{u}",
)  # fmt: skip


def draw(rng: random.Random) -> Question:
    """A derivative beside a place at which there is none."""
    at = rng.choice(_DECIMALS)
    u = f"(x - {at})" if at[0] != "-" else f"(x + {at[1:]})"
    f = rng.choice(_SHAPES).format(u=u)
    command = rng.choice((("diff",), ("diff",), ("hessian",), ("grad",), ("taylor", "--order", "1")))
    return Question(command, {"expr": f, "at": {"x": float(at)}}, judged)


def judged(record: Record) -> str:
    """Whether the note is there."""
    if record["status"] in ("ok", "removable") and not any("exact" in note for note in record["notes"]):
        return "no word of what happens at exactly that decimal"
    return RIGHT
