"""Findings in every format: records, facts, tables, pictures, verdicts."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from dcalc.finding import Column, Fact, Failure, Finding, Sheet
from dcalc.formats import Style, load, names
from dcalc.shapes import Curve, Mark, Picture
from tests.formats.made_reports import HOSTILE, expr

TABLE = Sheet(
    (Column("name", "name", "code"), Column("value", "value", "number"), Column("off", "off by", "error", 1, "off")),
    (
        {"name": expr("x**2"), "value": 0.1, "off": 1.234e-9, "mood": "good"},
        {"name": "y", "value": math.nan, "off": None, "mood": "bad"},
    ),
    "Errors",
)
CURVE = Picture(
    (Curve("error", [(10.0**-k, 10.0 ** (-2 * k)) for k in range(1, 9)]), Curve("hole", [(1e-3, math.nan)])),
    "V-curve", "h", "error", True, True, (Mark(1e-8, 1e-16, "best"),),
)  # fmt: skip


def found(**fields: object) -> Finding:
    made: dict[str, object] = {
        "expression": expr("x**2*sin(x)"),
        "wrt": ("x",),
        "at": {"x": 1.0},
        "record": {"rows": [{"h": 0.1, "error": math.inf, "text": expr("x+1")}], "exact": None},
        "facts": (Fact("limit", 2.5, "strong"),),
        "sheets": (TABLE,),
        "pictures": (CURVE,),
        "sentence": "all is well",
    }
    return Finding("quotient", **{**made, **fields})  # type: ignore[arg-type]


FAILED = Finding("quotient", failure=Failure("parse", "no such thing"), line=2)


def text(format_name: str, *findings: Finding, **style: object) -> str:
    chunks = list(load(format_name).present(findings, Style("quotient", **style)))  # type: ignore[arg-type]
    assert all(chunk.endswith("\n") for chunk in chunks)
    return "".join(chunks)


def test_json_has_the_keys_of_all_around_those_of_the_command():
    (record,) = json.loads(text("json", found(line=1)))["records"]
    assert record == {
        "id": None, "line": 1, "expression": "x**2*sin(x)", "wrt": "x", "at": {"x": 1.0}, "status": "ok",
        "rows": [{"h": 0.1, "error": None, "text": "x + 1"}], "exact": None, "notes": [],
    }  # fmt: skip


def test_json_lines_show_a_trail_first_and_json_does_not():
    lines = text("jsonl", found(trail=[{"step": 0, "x": math.nan}])).splitlines()
    assert json.loads(lines[0]) == {"step": 0, "x": None} and "expression" in json.loads(lines[1])
    assert len(json.loads(text("json", found(trail=[{"step": 0}])))["records"]) == 1


def test_plain_is_the_rows_and_the_verdict():
    assert text("plain", found()) == "x**2\t0.1\t1.234e-09\ny\t\t\nall is well\n"
    assert text("plain", found(plain=[("limit", 2.0)])) == "limit\t2.0\nall is well\n"


def test_what_has_no_value_is_told_on_stderr_alone():
    assert text("plain", found(code=3, plain=())) == ""


@pytest.mark.parametrize(
    ("name", "line"), [("plain", "# error: no such thing\n"), ("latex", "% error: no such thing\n")]
)
def test_a_failure_among_others_keeps_its_line(name, line):
    assert text(name, FAILED, batch=True) == line
    assert text(name, FAILED) == ""


def test_a_batch_tells_its_findings_apart():
    assert text("plain", found(plain=[("a", 1.0)], sentence=""), batch=True) == "x**2*sin(x)\ta\t1.0\n"
    assert text("plain", found(plain=[("a", 1.0)], sentence=""), sweep=True) == "1.0\ta\t1.0\n"


@pytest.mark.parametrize(("name", "delimiter"), [("csv", ","), ("tsv", "\t")])
def test_sheets_hold_the_first_table(name, delimiter):
    rows = list(csv.reader(io.StringIO(text(name, found(), found())), delimiter=delimiter))
    one = [["x**2", "0.1", "1.234e-09"], ["y", "", ""]]
    assert rows == [["name", "value", "off"], *one, *one]
    first, second, _ = csv.reader(io.StringIO(text(name, found(line=7), batch=True)), delimiter=delimiter)
    assert (first[:3], second[:3]) == (["line", "id", "expression"], ["7", "", "x**2*sin(x)"])


@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.parametrize("unicode", [True, False])
def test_a_table_keeps_to_its_width(width, unicode):
    shown = text("table", found(sentence=HOSTILE), width=width, unicode=unicode)
    assert max(map(len, shown.split("\n"))) <= width
    assert "1.2e-9" in shown and "V-curve" in shown and "best" in shown and "\x1b" not in shown
    assert unicode or shown.isascii()


@pytest.mark.parametrize(("value", "below"), [("", "  "), (1.0, "  1.0")])
@pytest.mark.parametrize("letters", [28, 30, 31, 104])
def test_a_text_stands_below_labels_that_leave_it_no_room(letters, value, below):
    facts = (Fact("v" * letters, value), Fact("w", value))
    shown = text("table", found(facts=facts, sheets=(), pictures=(), sentence=""), width=30)
    assert [line.strip() for line in shown.splitlines() if line.strip()][:1] == ["v" * letters]
    assert shown.splitlines()[1:4] == [below.rstrip(), "w", below.rstrip()]


@pytest.mark.parametrize("name", sorted({*names()} - {"svg", "png", "pdf", "dot", "mermaid"}))
def test_every_format_shows_every_finding(name):
    hostile = Sheet((Column(("at", "x"), HOSTILE, "words"),), ({("at", "x"): HOSTILE},), HOSTILE)
    shown = text(name, found(), found(sheets=(), pictures=()), found(sheets=(hostile,), sentence=HOSTILE), FAILED)
    assert shown and "\x1b" not in shown and "\x00" not in shown.replace("\\x00", "")
