"""Blocks of JSON Lines that are read and written at once are read and written as line by line."""

from __future__ import annotations

import json
import random

import pytest

from dcalc.analysis import grad
from dcalc.cli.pipeline import RowRecorder, new_task
from dcalc.finding import Subject
from dcalc.io import jsonl
from dcalc.io.row_solver import RowSolver
from dcalc.io.rows import read_chunks
from dcalc.parser import parse

ROOT = parse("log(x)*y + abs(y)").root
QUESTION = Subject(root=ROOT, names=("x", "y"), wrt=("x", "y"), targets=(("x",), ("y",)))
COUNT = 1_900
ODD = [
    '{"x": 1, "y": 2, "y": 3}', '{"x": 1}', '{"y": 1, "x": 2}', '{"x": 1, "y": 2 }', '{"x":1,"y":2}',
    "{}", "", "# note",
    '{"x": -0, "y": -0}', '{"x": 01, "y": 1}', '{"x": 1, "y": 1e999}', '{"x": 1 2, "y": 1}', '{"x": 1,2, "y": 1}',
    '{"x": 2, "y": 1, "id": "é"}', '{"x": 2, "y": null}', '{"x": 12345678901234567890123, "y": -0.0}', "[1, 2]", "{",
    '{"x": 1}{"y": 2}', '{"x": "1", "y": 2}', '{"x": 1, "y": 2}\r', ' {"x": 1, "y": 2}', '{"x": {"y": 1}, "y": 2}',
]  # fmt: skip


def plain_lines(seed: int) -> list[str]:
    draw = random.Random(seed)
    ys = [0.0, 1e-300, -2.5, 7, 1e17]
    return [f'{{"x": {draw.uniform(-0.1, 3)!r}, "y": {draw.choice([*ys, draw.gauss(0, 1)])!r}}}' for _ in range(COUNT)]


def answer(lines: list[str], *, recorded: bool) -> list[bytes]:
    """The output, line by line."""
    half = len(lines) // 2 + 1
    blocks = ["".join(f"{line}\n" for line in part).encode() for part in (lines[:half], lines[half:])]
    recorder = RowRecorder(grad.finding, QUESTION) if recorded else None
    task = new_task(QUESTION, ("x", "y"), QUESTION.targets, ("df_dx", "df_dy"), "", recorder)
    form = jsonl.JsonLines(iter(blocks), lines[0].encode())
    form.read_names()
    form.bind(("x", "y"), QUESTION.names, QUESTION.wrt)
    form.set_task(task)
    solver = RowSolver(task, mode="fast", head=0, with_f=form.wants_f)
    pieces = [p for chunk in read_chunks(form) for p in form.format_rows(chunk, solver.answer(chunk))]
    return b"".join(pieces).splitlines()


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("odd", [None, *ODD])
def test_what_is_done_at_once_is_what_is_done_line_by_line(
    monkeypatch: pytest.MonkeyPatch, odd: str | None, recorded: bool
) -> None:
    lines = plain_lines(3)
    if odd is not None:
        lines.insert(COUNT // 2, odd)
        lines.append(odd)
    at_once = answer(lines, recorded=recorded)
    monkeypatch.setattr(jsonl.JsonLines, "_read_alike", lambda *_: None)
    monkeypatch.setattr(jsonl.RecordMembers, "_format_at_once", lambda *_: None)
    assert at_once == answer(lines, recorded=recorded)


def test_blocks_of_like_objects_are_read_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = plain_lines(4)
    seen: list[int] = []
    other = jsonl.JsonLines._read_at_once
    monkeypatch.setattr(jsonl.JsonLines, "_read_at_once", lambda *args: seen.append(1) or other(*args))
    records = [json.loads(line) for line in answer(lines, recorded=True)]
    assert [record["line"] for record in records] == list(range(1, len(lines) + 1))
    assert [{"x": record["x"], "y": record["y"]} for record in records] == [json.loads(line) for line in lines]
    assert not seen
    assert {record["status"] for record in records} == {"ok", "undefined"}
