"""Errors as text: the caret stands under what it means, on any terminal."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcalc.errors import DcalcError, ParseError
from dcalc.io.complaints import Voice, as_failure, error_text, spell_out, terminal_width, underline
from dcalc.text import text_width


def test_the_form_of_an_error() -> None:
    error = ParseError("no function named sinn", span=(5, 9), source="x**2*sinn(x)", help="did you mean sin?")
    assert error_text(error) == (
        "error: no function named sinn\n  x**2*sinn(x)\n       ^^^^\nhelp: did you mean sin?\n"
    )
    assert error_text(error, line=7).startswith("error: line 7: no function")
    assert error_text(error, color=True).startswith("\x1b[1;31merror:\x1b[0m no")


def test_without_a_place_or_help() -> None:
    assert error_text(DcalcError("no")) == "error: no\n"
    assert error_text(DcalcError("no", span=(0, 0), source="")) == "error: no\n"


@pytest.mark.parametrize(
    ("source", "span", "shown"),
    [
        ("x+", (2, 2), ["  x+", "    ^"]),
        ("x+", (2, 3), ["  x+", "    ^"]),
        ("日本+x", (3, 4), ["  日本+x", "       ^"]),
        ("日本+x", (0, 2), ["  日本+x", "  ^^^^"]),
        ("e\u0301+x", (3, 4), ["  e\u0301+x", "    ^"]),
        ("a\tb", (2, 3), ["  a\\tb", "     ^"]),
        ("a\x00b", (1, 2), ["  a\\x00b", "   ^^^^"]),
        ("a\x1b[31mb", (0, 1), ["  a\\x1b[31mb", "  ^"]),
        ("a\u202eb", (1, 2), ["  a\\u202eb", "   ^^^^^^"]),
        ("a\udcffb", (1, 2), ["  a\\xffb", "   ^^^^"]),
        ("x +\ny +\nz", (4, 5), ["  y +", "  ^"]),
        ("x +\ny", (0, 5), ["  x +", "  ^^^"]),
    ],
)
def test_the_caret(source: str, span: tuple[int, int], shown: list[str]) -> None:
    assert underline(source, span, 80) == shown


def test_a_long_line_is_cut_around_the_span() -> None:
    source = "x+" * 100 + "bad" + "+y" * 100
    line, marks = underline(source, (200, 203), 40)
    assert line.startswith("  ...")
    assert line.endswith("...")
    assert len(line) <= 40
    assert line[marks.index("^") : marks.rindex("^") + 1] == "bad"


def test_cut_on_one_side_only_where_that_is_enough() -> None:
    source = "bad" + "+y" * 100
    line, marks = underline(source, (0, 3), 40)
    assert line.startswith("  bad+y")
    assert line.endswith("...")
    assert marks == "  ^^^"
    line, marks = underline(source, (len(source), len(source) + 1), 40)
    assert line.startswith("  ...")
    assert line.endswith("+y")
    assert len(marks) == len(line) + 1


@given(st.text(min_size=1, max_size=300), st.data(), st.integers(30, 120))
def test_the_caret_is_where_the_span_begins(source: str, data: st.DataObject, columns: int) -> None:
    start = data.draw(st.integers(0, len(source)))
    end = data.draw(st.integers(start, len(source) + 1))
    line, marks = underline(source, (start, end), columns)
    assert text_width(line) <= columns
    assert set(marks) <= {" ", "^"}
    char = source[start : start + 1]
    if char and char not in "\n ":
        offset = len(marks) - len(marks.lstrip(" "))
        kept = line
        while text_width(kept) > offset:
            kept = kept[:-1]
        assert line[len(kept) :].lstrip("\u0300").startswith(spell_out(char)[:1]) or text_width(char) == 0
    assert "\n" not in line
    assert "\x1b" not in line


def test_a_huge_source_costs_no_more_than_what_is_shown() -> None:
    source = "(" * 10_000_000
    line, _ = underline(source, (5_000_000, 5_000_001), 80)
    assert len(line) <= 80


def test_a_long_message_is_cut() -> None:
    assert len(error_text(DcalcError("x" * 10_000))) < 500


def test_failure_counts_columns_from_one() -> None:
    made = as_failure(ParseError("no", span=(5, 9), source="x**2*sinn(x)", help="h"))
    assert (made.kind, made.message, made.column, made.end_column, made.help) == ("parse", "no", 6, 10, "h")


def test_json_form(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice(json=True)
    voice.error(ParseError("no", span=(0, 1), source="é"))
    voice.error(ParseError("no"), line=3, id="a")
    voice.status("undefined", "log(x): argument is -1, needs > 0")
    voice.note("not said")
    first, second, third = map(json.loads, capsys.readouterr().err.splitlines())
    assert first == {
        "status": "error",
        "error": {"kind": "parse", "message": "no", "column": 1, "end_column": 2, "help": None},
    }
    assert (second["id"], second["line"]) == ("a", 3)
    assert third["error"]["kind"] == "undefined"


def test_notes_are_said_once_and_not_when_quiet(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice()
    voice.note("a")
    voice.note("a")
    Voice(quiet=True).note("b")
    assert capsys.readouterr().err == "note: a\n"


@pytest.mark.parametrize(("columns", "expected"), [("40", 40), ("0", 80), ("wide", 80), ("", 80), ("9" * 30, 999999)])
def test_width(monkeypatch: pytest.MonkeyPatch, columns: str, expected: int) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    monkeypatch.setattr("os.get_terminal_size", lambda *_: (_ for _ in ()).throw(OSError))
    assert terminal_width() == expected
