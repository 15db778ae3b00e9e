"""Colour, the file of -o, the exit code of many reports."""

from __future__ import annotations

import errno
import io
import sys

import pytest

from dcalc.cli import main as entry
from dcalc.finding import Failure, Setting
from dcalc.io.complaints import Tally, Voice, say
from dcalc.problem import Result, Score
from dcalc.solver import is_off
from tests.formats.made_reports import Report


def test_without_stderr_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    say("nothing")
    closed = io.StringIO()
    closed.close()
    monkeypatch.setattr(sys, "stderr", closed)
    say("nothing")


def scored(status: str, value: float | None, estimate: float | None, relative: float | None) -> tuple[Score, Result]:
    claim = Result("forward", estimate, status="ok" if estimate is not None else "unsupported")
    return Score(claim, abs_error=relative, rel_error=relative), Result(status=status, value=value)


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        (scored("ok", 1.0, 1.0, 0.0), False),
        (scored("ok", 1.0, 1.1, 0.1), True),
        (scored("ok", 1.0, None, None), False),
        (scored("undefined", None, 1.0, None), True),
        (scored("undefined", None, None, None), False),
        (scored("unresolved", None, 1.0, None), False),
        (scored("ok", 0.0, 1.0, None), True),
        (scored("ok", 1.0, float("inf"), float("nan")), True),
    ],
)
def test_when_a_backend_is_off(pair: tuple[Score, Result], expected: bool) -> None:
    assert is_off(*pair, 1e-6) is expected


def watch(*reports: Report, **options: bool) -> int:
    setting = Setting(**options)
    tally = Tally(Voice(quiet=True), several=setting.batch or setting.sweep, batch=setting.batch)
    assert len(list(tally.watch(report.finding(setting) for report in reports))) == len(reports)
    return tally.close()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("ok", 0),
        ("removable", 0),
        ("undefined", 3),
        ("not_differentiable", 3),
        ("overflow", 3),
        ("unresolved", 3),
        ("unsupported", 4),
        ("error", 2),
    ],
)
def test_exit_codes(status: str, code: int) -> None:
    report = Report("diff", wrt=("x",), answers=(Result(status=status),))
    assert watch(report) == code
    assert watch(report, sweep=True) == min(code, 1)
    assert watch(report, batch=True) == min(code, 1)


def test_a_failure_counts() -> None:
    assert watch(Report("diff", failure=Failure("parse", "no")), batch=True) == 1
    assert watch() == 0


def test_a_gradient_is_as_bad_as_its_first_part_without_a_value(capsys: pytest.CaptureFixture[str]) -> None:
    report = Report("grad", wrt=("x", "y"), answers=(Result(), Result(status="undefined", reason="log(y): no")))
    assert watch(report) == 3
    assert capsys.readouterr().err == "error: by y: log(y): no\n"


def test_a_verdict_comes_before_a_status() -> None:
    score, answer = scored("undefined", None, 1.0, None)
    answer = Result(status="undefined", scores=(score,))
    assert watch(Report("compare", wrt=("x",), answers=(answer,))) == 1


def test_run_ends_the_process_with_all_that_was_written(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    ended: list[int] = []
    monkeypatch.setattr("os._exit", ended.append)
    monkeypatch.setattr(entry, "main", lambda: 3)
    monkeypatch.setattr(sys, "stderr", None)
    monkeypatch.setattr(sys, "gettrace", lambda: None)
    monkeypatch.setattr(sys, "getprofile", lambda: None)
    try:
        with pytest.raises(SystemExit):  # only since the end above is none
            entry.run()
        assert ended == [3]
        monkeypatch.setattr(sys, "gettrace", lambda: print)
        with pytest.raises(SystemExit) as caught:
            entry.run()
        assert caught.value.code == 3
        assert ended == [3]
    finally:
        gc.enable()


def test_a_closed_pipe_is_let_go_of(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("dcalc.io.sink.Sink.write", lambda *_: (_ for _ in ()).throw(BrokenPipeError))
    assert entry.main(["diff", "x"]) == entry.CLOSED_PIPE
    assert capsys.readouterr().err == ""


def test_when_even_the_words_are_missing(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A damaged installation, or no memory left: still one line and no traceback."""
    monkeypatch.setitem(sys.modules, "dcalc.io.complaints", None)
    assert entry.main(["diff", "x**"]) == 70
    assert capsys.readouterr().err.startswith("error: internal error: ")
    full = OSError(errno.EMFILE, "Too many open files", "typer.py")
    monkeypatch.setattr("dcalc.cli.typer_adapter.run_command", lambda *_: (_ for _ in ()).throw(full))
    assert entry.main(["diff", "x"]) == 2
    assert capsys.readouterr().err == "error: typer.py: Too many open files\n"
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "dcalc.io.complaints", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert entry.main(["diff", "x**"]) == 70
    monkeypatch.setattr(entry, "_complain", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    assert entry.main(["diff", "x**"]) == 130
