"""What people type, as they type it: a line each in `typed/NOTATION.txt`, with the meaning or `refuse`.

The meanings are in dcalc's own language and were written down before the lines were read. A reading agrees with one
where both are the same node, or have the same values at random points.
"""

from __future__ import annotations

import math
import random
from pathlib import Path

import pytest

from dcalc.errors import DcalcError
from dcalc.expr import Expr, variables
from dcalc.numbers.real import evaluate
from dcalc.parser import parse

FILES = sorted((Path(__file__).parent / "typed").glob("*.txt"))
MARK = " => "
REFUSED = "refuse"


def lines(path: Path) -> list[tuple[str, str]]:
    """The texts of a file with their meanings; a line with neither is a heading."""
    rows = [line.rpartition(MARK) for line in path.read_text(encoding="utf-8").splitlines() if MARK in line]
    return [(text.replace("\\n ", "\n"), meaning) for text, _, meaning in rows]


def agrees(reading: Expr, meaning: Expr) -> bool:
    if reading is meaning:
        return True
    draw = random.Random(1)
    for _ in range(4):
        point = {name: draw.uniform(-2, 2) for name in variables(reading, meaning)}
        a, b = evaluate(reading, point), evaluate(meaning, point)
        if not (math.isclose(a, b, rel_tol=1e-12) or (math.isnan(a) and math.isnan(b))):
            return False
    return True


def misreading(text: str, notation: str, meaning: str) -> str | None:
    """What is wrong with the reading of a text, None where nothing is."""
    try:
        parsed = parse(text, notation=notation)
    except DcalcError as error:
        if meaning == REFUSED:
            return None if error.help and error.span else f"{text}: no help, or no place"
        return f"{text}: {error.message}"
    if meaning == REFUSED or not agrees(parsed.root, parse(meaning).root):
        return f"{text}: read, but {meaning} is meant"
    return None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_what_is_typed_is_what_is_read(path: Path) -> None:
    wrong = [misreading(text, path.stem, meaning) for text, meaning in lines(path)]
    assert [*filter(None, wrong)] == []


def test_there_are_many_of_each_kind() -> None:
    counts = {path.stem: len(lines(path)) for path in FILES}
    assert counts.keys() >= {"plain", "python", "latex", "c", "matlab", "mathematica", "sympy"}
    assert counts["python"] >= 200
    assert sum(counts.values()) - counts["python"] >= 300
