"""Every analysis, by the examples of its command: all formats show it, and its record is what it declares."""

from __future__ import annotations

import json
import pkgutil
import shlex
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from dcalc import analysis, formats
from dcalc.cli import typer_adapter
from dcalc.cli.run import Job
from dcalc.finding import Finding
from tests.cli.conftest import Run
from tests.registries import add_file

HARD = [("abs(x)", "0"), ("log(x)", "-1"), ("1/x", "0"), ("sin(x)/x", "0"), ("exp(x)", "1000"), ("x**2*y", "x=1,y=0")]
"""A kink, a point outside of the domain, a pole, a hole, an overflow, and several variables."""


def commands_of(name: str) -> list[tuple[tuple[str, ...], bytes]]:
    """(arguments without a format, stdin) of those examples of a command that need no file."""
    calls = []
    for example in typer_adapter.load_command(name).EXAMPLES:
        *before, own = split_pipeline(example.partition("| dcalc diff -")[0])
        if own[:2] != ["dcalc", name] or any(words[0] != "printf" for words in before):
            continue
        stdin = before[0][1].encode().decode("unicode_escape").encode() if before else b""
        valued = {place + 1 for place, word in enumerate(own) if word == "--format"}
        formats = {place for place, word in enumerate(own) if word in ("--json", "--format")} | valued
        calls.append((tuple(word for place, word in enumerate(own[1:], 1) if place not in formats), stdin))
    return calls


def split_pipeline(line: str) -> list[list[str]]:
    """The words of each command of a pipeline."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars="|")
    lexer.whitespace_split = True
    stages: list[list[str]] = [[]]
    for word in lexer:
        if word == "|":
            stages.append([])
        else:
            stages[-1].append(word)
    return stages


ANALYSES = [
    module.name
    for module in pkgutil.iter_modules(analysis.__path__)
    if typer_adapter.find_command(module.name) is not None
    and hasattr(import_module(f"dcalc.analysis.{module.name}"), "find")
]
EXAMPLES = [(name, *call) for name in ANALYSES for call in commands_of(name)]
SHOWN = [
    pytest.param(name, *call, marks=pytest.mark.slow if k else ())
    for name in ANALYSES
    for k, call in enumerate(commands_of(name))
]
"""The same; of each analysis the first example is shown in the fast lane."""


def test_every_analysis_has_an_example() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(ANALYSES) and len(ANALYSES) > 10


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the same question answered once for all formats, so that what takes time is to show it."""
    known: list[tuple[object, Finding]] = []

    def remember(job: Job) -> Callable[..., Finding]:
        def find(*question: object, **own: object) -> Finding:
            for asked, finding in known:
                if asked == (question, own):
                    return finding
            finding = job[0](*question, **own)
            known.append(((question, own), finding))
            return finding

        return find

    monkeypatch.setattr(Job, "find", property(remember))


@pytest.mark.usefixtures("remembered")
@pytest.mark.parametrize(("name", "arguments", "stdin"), SHOWN)
def test_every_format_shows_every_analysis(run: Run, name: str, arguments: tuple[str, ...], stdin: bytes) -> None:
    """Or says in a sentence that it cannot, as one that draws says of what has no picture."""
    plain = run(*arguments, "--format", "plain", stdin=stdin)
    for format in formats.names():
        if formats.is_binary(format):
            continue
        result = run(*arguments, "--format", format, stdin=stdin)
        refused = result.code == 2 and "error: " in result.err and not result.out
        assert (result.code == plain.code and result.out) or refused, result.err
        assert "internal error" not in result.err


# --- records: `run` holds all of them to the keys that their analysis declares ------------------


@pytest.mark.parametrize(("name", "arguments", "stdin"), EXAMPLES)
def test_records_are_as_declared(run: Run, name: str, arguments: tuple[str, ...], stdin: bytes) -> None:
    assert json.loads(run(*arguments, "--json", stdin=stdin).out)["records"]


@pytest.mark.parametrize(("text", "at"), HARD)
@pytest.mark.parametrize("name", ANALYSES)
def test_records_without_a_value_are_as_declared(run: Run, name: str, text: str, at: str) -> None:
    """Analyses that need more than an expression and a point, or less, refuse this with exit code 2."""
    result = run(name, text, "--at", at, "--json")
    assert result.out or result.code == 2


# --- another analysis ---------------------------------------------------------------------


LINE = '''"""Find the tangent line of a function at a point."""

from dcalc.analysis.toolkit import require_point
from dcalc.finding import Column, Field, Finding, Sheet
from dcalc.problem import Problem
from dcalc.solver import solve

RECORD = {
    "slope": Field("number | null", "the derivative; null where there is none"),
    "intercept": Field("number | null", "where the line meets the axis"),
}
EXAMPLES = ("dcalc line 'x**2' --at 3", "printf 'x**2\\\\nlog(x)\\\\n' | dcalc line - --at 1")


def find(subject):
    """The line."""
    at = require_point(subject, "line")
    result = solve(Problem(subject.root, subject.targets[0], at, subject.digits), expression=False)
    x = float(at.get(subject.wrt[0], 0.0))
    intercept = None if result.value is None or result.f is None else result.f - result.value * x
    rows = [{"slope": result.value, "intercept": intercept}]
    return Finding(
        "line", subject.root, subject.wrt, at, result.status, dict(rows[0]),
        sheets=(Sheet((Column("slope", "slope", "number"), Column("intercept", "intercept", "number")), rows),),
        plain=[] if result.code else None, sentence=result.reason, code=result.code,
    )
'''


def test_an_analysis_is_one_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, run: Run) -> None:
    """It is then a command, in every format, in a batch, and its record has a schema."""
    add_file(monkeypatch, tmp_path, analysis, "line", LINE)
    examples = commands_of("line")
    assert len(examples) == 2 and "line" in typer_adapter.command_names()
    for arguments, stdin in examples:
        test_every_format_shows_every_analysis(run, "line", arguments, stdin)
        test_records_are_as_declared(run, "line", arguments, stdin)
    for text, at in HARD:
        test_records_without_a_value_are_as_declared(run, "line", text, at)
    assert run("line", "x**2", "--at", "3").out == "6.0\t-9.0\n"
    assert run("line", "abs(x)", "--at", "0").code == 3
    assert "Find the tangent line" in run("line", "--help").out
    assert run("linne", "x").err.endswith("help: did you mean dcalc line?\n")
    assert json.loads(run("schema", "line").out)["title"] == "A record of dcalc line"
