"""Where results go: colour, terminals, the file of -o."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from dcalc.errors import UsageError
from dcalc.io.sink import Sink, is_terminal, open_sink, wants_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "variables", "expected"),
    [
        ("auto", {}, True),
        ("auto", {"NO_COLOR": "1"}, False),
        ("auto", {"NO_COLOR": ""}, True),
        ("auto", {"TERM": "dumb"}, False),
        ("auto", {"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        ("always", {"NO_COLOR": "1"}, True),
        ("never", {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colour(monkeypatch: pytest.MonkeyPatch, choice: str, variables: dict[str, str], expected: bool) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert wants_color(choice, Terminal()) is expected


def test_no_stream_and_a_closed_one_are_no_terminals() -> None:
    closed = io.StringIO()
    closed.close()
    assert not is_terminal(None)
    assert not is_terminal(closed)


def test_a_slow_sink_is_flushed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("dcalc.io.sink.monotonic", lambda: now[0])
    raw = io.BytesIO()
    buffered = io.BufferedWriter(raw)  # type: ignore[type-var, arg-type]  # a BytesIO is raw enough
    sink = Sink(buffered)
    sink.write("a")
    assert raw.getvalue() == b""
    now[0] = 1.0
    sink.write("b")
    assert raw.getvalue() == b"ab"


def test_without_stdout_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    with pytest.raises(UsageError, match="standard output is closed"), open_sink(None):
        pass


def test_a_file_that_cannot_be_written_is_named_as_it_was_given(tmp_path: Path) -> None:
    for path in (f"{tmp_path}/none/f", str(tmp_path)):
        with pytest.raises(OSError) as caught, open_sink(path):
            pass
        assert caught.value.filename == path
