"""The corpus `tests/parser/errors/`: bad inputs, one a file, with the exact text that a user gets.

A file holds the command line as a shell would be given it (`$'...'` included), the lines
of stdin each after `< `, then `---`, what stderr says, and `--- exit N`. Stdout stays
empty, but for records where JSON is asked or the problems come on stdin.
"""

import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from dcalc.cli.main import main
from dcalc.errors import DcalcError
from dcalc.parser import parse
from dcalc.tensor.reader import read as read_arrays
from dcalc.tensor.signs import has_arrays
from tests.waiting import PATIENCE

FOLDER = Path(__file__).parent / "errors"
_QUOTED = re.compile(r"\$'((?:[^'\\]|\\.)*)'")
_ESCAPE = re.compile(rb"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))")
_LETTERS = {b"n": b"\n", b"t": b"\t"}


class Case(NamedTuple):
    """One file of the corpus."""

    name: str
    command: str
    stdin: bytes
    stderr: str
    code: int

    @property
    def argv(self) -> list[str]:
        """The words that the shell would hand over."""
        return shlex.split(_QUOTED.sub(lambda match: shlex.quote(os.fsdecode(_unescaped(match[1]))), self.command))


def _unescaped(text: str) -> bytes:
    def meant(match: re.Match[bytes]) -> bytes:
        if match[1]:
            return bytes.fromhex(match[1].decode())
        if match[2]:
            return chr(int(match[2], 16)).encode()
        return _LETTERS.get(match[3], match[3])

    return _ESCAPE.sub(meant, text.encode())


def read(path: Path) -> Case:
    asked, answer = path.read_text(encoding="utf-8").split("\n---\n", 1)
    command, *lines = asked.split("\n")
    assert all(line.startswith("< ") for line in lines), path
    stderr, code = answer.rsplit("--- exit ", 1)
    stdin = b"".join(_unescaped(line[2:]) + b"\n" for line in lines)
    return Case(path.stem, command, stdin, stderr, int(code))


CASES = [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def _named(cases: list[Case]) -> list[object]:
    return [pytest.param(case, id=case.name) for case in cases]


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal of 80 columns without color, wherever the tests run."""
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("FORCE_COLOR", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)


def test_the_corpus_is_large_and_covers_every_kind() -> None:
    assert len(CASES) >= 100
    kinds = {case.name.split("_")[0] for case in CASES}
    assert kinds == {
        "parse",
        "function",
        "arity",
        "limit",
        "usage",
        "variable",
        "undefined",
        "unsupported",
        "stdin",
        "json",
    }


@pytest.mark.parametrize("case", _named(CASES))
@pytest.mark.usefixtures("wide")
def test_exact_text(case: Case, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(case.stdin), encoding="utf-8"))
    code = main(case.argv)
    captured = capsysbinary.readouterr()
    assert captured.err.decode() == case.stderr
    assert code == case.code
    if not case.stdin and "json" not in case.command:
        assert captured.out == b""


@pytest.mark.parametrize("case", _named([case for case in CASES if case.name.endswith("_process")]))
@pytest.mark.usefixtures("wide")
def test_as_a_process(case: Case) -> None:
    """A sample as users run it: a start-up that prints or fails differently would show."""
    done = subprocess.run(
        [sys.executable, "-m", "dcalc", *case.argv],
        input=case.stdin,
        capture_output=True,
        check=False,
        timeout=PATIENCE,
    )
    assert done.stderr.decode() == case.stderr
    assert done.returncode == case.code


_HELP = re.compile(r"^help: (.*)$", re.MULTILINE)
_FIX = re.compile(r"(?:^|[ :,])write (?!dcalc|-)(.+)$")
_SIGNS = {
    "and",
    "or",
    "not",
    "and not",
    "(",
    ")",
    "*",
    "/",
    "^",
    "**",
    "-",
    "=",
    "==",
    "!=",
    "<=",
    ">=",
    "<",
    ">",
    "|",
    ",",
    "+",
}
LANGUAGE = [case for case in CASES if case.name.split("_")[0] in ("parse", "function", "arity")]


def fixes(help: str) -> list[str]:
    """The texts that a help proposes to write."""
    match = _FIX.search(help)
    if match is None:
        return []
    parts = match[1].split(" or ")
    return parts if len(parts) < 2 or parts[0] else [match[1]]


def reads(text: str) -> bool:
    """Is it an expression, or a condition?"""
    for whole in (text, f"where({text}, 1, 0)"):
        try:
            (read_arrays if has_arrays(whole) else parse)(whole)
        except DcalcError:
            continue
        return True
    return False


@pytest.mark.parametrize("case", _named(LANGUAGE))
def test_what_the_help_proposes_can_be_read(case: Case) -> None:
    for help in _HELP.findall(case.stderr):
        for fix in fixes(help):
            assert fix in _SIGNS or reads(fix), fix


@pytest.mark.parametrize("case", _named(LANGUAGE))
def test_every_error_of_the_language_has_help_and_no_jargon(case: Case) -> None:
    assert case.stderr.startswith("error: ")
    assert "\nhelp: " in case.stderr
    assert not re.search(
        r"\b[A-Z]{4,}\b(?<!LaTeX)(?<!MATLAB)|Traceback|token|lark|NoneType", case.stderr.replace(case.command, "")
    )


@pytest.mark.parametrize("case", _named([case for case in CASES if case.name.startswith("json_")]))
def test_json_errors_are_json(case: Case) -> None:
    for line in case.stderr.splitlines():
        record = json.loads(line)
        assert record["status"] == "error"
        assert set(record["error"]) == {"kind", "message", "column", "end_column", "help"}
