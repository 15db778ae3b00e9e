"""The sessions in the README and in the help pages print what stands below them."""

from __future__ import annotations

import doctest
import io
import os
import re
import shlex
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest

from dcalc.cli.main import main
from tests.sessions import (
    PAGES,
    README,
    Session,
    hide_times,
    needs_no_shell,
    read_sessions,
    rewrite_sessions,
    run_command,
)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the commands are those of a POSIX shell")


@pytest.fixture
def show_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[str], str]:
    """What a call of dcalc prints, made in this process: a process of its own takes longer to start than to answer."""

    def call(command: str) -> str:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("COLUMNS", "80")
        for name in ("FORCE_COLOR", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO()))
        capsys.readouterr()
        main(shlex.split(command)[1:])
        shown = capsys.readouterr()
        return (shown.out + shown.err).rstrip("\n")

    return call


def check_session(session: Session, folder: Path, show_here: Callable[[str], str]) -> None:
    if session.missing:
        pytest.skip(f"needs {', '.join(session.missing)}")
    expected = hide_times(session.output)
    if not session.terminal and needs_no_shell(session.command) and hide_times(show_here(session.command)) == expected:
        return
    # A process is the judge: what other tests have left in this one may change the order of what is printed.
    assert hide_times(run_command(session.command, folder, terminal=session.terminal)) == expected


@pytest.mark.parametrize("session", read_sessions(README.read_text(encoding="utf-8")), ids=lambda one: one.command)
def test_readme(session: Session, tmp_path: Path, show_here: Callable[[str], str]) -> None:
    check_session(session, tmp_path, show_here)


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize(
    "session",
    [
        pytest.param(session, id=f"{page.stem}: {session.command}")
        for page in PAGES
        for session in read_sessions(page.read_text(encoding="utf-8"))
    ],
)
def test_help_pages(session: Session, tmp_path: Path, show_here: Callable[[str], str]) -> None:
    check_session(session, tmp_path, show_here)


_PYTHON = re.compile(r"^```pycon(?: needs ([\w,]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def read_python(page: Path, *, with_libraries: bool = False) -> doctest.DocTest:
    """The Python blocks of a page as one session; the text between them is blank, so that line numbers stay. Those that
    need libraries are left out, or alone are there."""
    text = page.read_text(encoding="utf-8")
    session, start = [], 0
    for block in _PYTHON.finditer(text):
        if bool(block[1]) == with_libraries and all(map(find_spec, filter(None, (block[1] or "").split(",")))):
            session += [re.sub(r"[^\n]", "", text[start : block.start(2)]), block[2]]
            start = block.end(2)
    return doctest.DocTestParser().get_doctest("".join(session), {}, page.name, str(page), 0)


def run_python(session: doctest.DocTest) -> None:
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    runner.run(session, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.stem)
def test_python_sessions(page: Path) -> None:
    run_python(read_python(page))


@pytest.mark.slow
@pytest.mark.covers
@pytest.mark.parametrize("page", [README, *PAGES], ids=lambda page: page.stem)
def test_python_sessions_with_libraries(page: Path) -> None:
    run_python(read_python(page, with_libraries=True))


def test_the_python_page_has_examples() -> None:
    (page,) = (page for page in PAGES if page.stem == "python")
    assert len(read_python(page).examples) > 40


@pytest.mark.parametrize(
    ("command", "plain"),
    [
        ("dcalc diff 'x**2*sin(x)' --at 1.0", True),
        ('dcalc grad "x**2*y" --at x=1,y=2', True),
        ("dcalc diff 'x' | cat", False),
        ("dcalc diff x**2", False),
        ('dcalc diff "$f"', False),
        ("X=1 dcalc diff 'x'", False),
        ("dcalc diff 'x' > file", False),
        ("seq 3", False),
    ],
)
def test_calls_that_need_no_shell_are_told(command: str, plain: bool) -> None:
    assert needs_no_shell(command) is plain


def test_every_page_with_commands_has_sessions() -> None:
    """A fence with another word would keep a page's examples from being run."""
    for page in (README, *PAGES):
        text = page.read_text(encoding="utf-8")
        assert text.count("\n$ dcalc ") <= len(read_sessions(text)), page.name
    assert len(read_sessions(README.read_text(encoding="utf-8"))) > 20


def test_a_session_is_rewritten_and_text_around_it_is_not() -> None:
    terminal = "```console terminal\n$ test -t 1 && echo a terminal\n{}```\n"
    assert rewrite_sessions(terminal.format("")) == terminal.format("a terminal\n")
    page = "before\n```console\n$ echo one; echo two >&2\n{}$ true\n$ printf 'took 3 ms\\n'\ntook 5 ms\n```\nafter\n"
    assert rewrite_sessions(page.format("old\n")) == page.format("one\ntwo\n")
