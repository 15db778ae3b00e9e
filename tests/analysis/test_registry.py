"""Every analysis, by the examples of its command: all formats show it, and its record is what it declares."""

from __future__ import annotations

import json
import pkgutil
import shlex
from importlib import import_module
from importlib.util import find_spec

import pytest

from dcalc import analysis, formats
from tests.cli.conftest import Run

HARD = [("abs(x)", "0"), ("log(x)", "-1"), ("1/x", "0"), ("sin(x)/x", "0"), ("exp(x)", "1000"), ("x**2*y", "x=1,y=0")]
"""A kink, a point outside of the domain, a pole, a hole, an overflow, and several variables."""


def commands_of(name: str) -> list[tuple[tuple[str, ...], bytes]]:
    """(arguments without a format, stdin) of those examples of a command that need no file."""
    calls = []
    for example in import_module(f"dcalc.cli.commands.{name}").EXAMPLES:
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
    if find_spec(f"dcalc.cli.commands.{module.name}")
    and hasattr(import_module(f"dcalc.analysis.{module.name}"), "find")
]
EXAMPLES = [(name, *call) for name in ANALYSES for call in commands_of(name)]


def test_every_analysis_has_an_example() -> None:
    assert {name for name, _, _ in EXAMPLES} == set(ANALYSES) and len(ANALYSES) > 10


@pytest.mark.parametrize(("name", "arguments", "stdin"), EXAMPLES)
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
