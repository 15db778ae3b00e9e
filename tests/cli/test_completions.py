"""TAB pressed in real shells, with the scripts that are shipped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.shells import COMPLETIONS, Bash, Fish, Shell, Zsh, start

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", params=[Bash, Zsh, Fish], ids=lambda kind: kind.name)
def shell(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    folder = tmp_path_factory.mktemp(request.param.name)
    (folder / "problem one.txt").touch()
    running = start(request.param, folder)
    yield running
    running.close()


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("dcalc gra", ["dcalc", "grad"]),
        ("dcalc compl", ["dcalc", "completions"]),
        ("dcalc --ver", ["dcalc", "--version"]),
        ("dcalc diff 'x**2' --ord", ["dcalc", "diff", "x**2", "--order"]),
        ("dcalc diff --format js", ["dcalc", "diff", "--format", "json"]),
        ("dcalc grad --format mark", ["dcalc", "grad", "--format", "markdown"]),
        ("dcalc compare --backend forw", ["dcalc", "compare", "--backend", "forward"]),
        ("dcalc eval --color alw", ["dcalc", "eval", "--color", "always"]),
        ("dcalc functions atan2", ["dcalc", "functions", "atan2"]),
        ("dcalc functions logsumex", ["dcalc", "functions", "logsumexp"]),
        ("dcalc completions fi", ["dcalc", "completions", "fish"]),
        ("dcalc diff -f prob", ["dcalc", "diff", "-f", "problem one.txt"]),
        ("dcalc diff --output prob", ["dcalc", "diff", "--output", "problem one.txt"]),
        # Nothing to offer: an expression, a point, what follows --.
        ("dcalc diff prob", ["dcalc", "diff", "prob"]),
        ("dcalc diff --at prob", ["dcalc", "diff", "--at", "prob"]),
        ("dcalc diff -- --ord", ["dcalc", "diff", "--", "--ord"]),
    ],
)
def test_tab(shell: Shell, typed: str, words: list[str]) -> None:
    made = shell.words(typed)
    if typed.endswith("--format js"):
        # json and jsonl: what both begin with, or one of them.
        assert made[-1] in ("json", "jsonl"), made
        assert made[:-1] == words[:-1]
    else:
        assert made == words


def test_tab_after_equals(shell: Shell) -> None:
    assert shell.words("dcalc diff --format=mark")[-1].endswith("markdown")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("dcalc ", ["diff", "grad", "compare", "eval", "simplify", "functions", "backends", "completions"]),
        ("dcalc diff --", ["--at", "--wrt", "--order", "--backend", "--let", "--digits", "--format", "--json"]),
        ("dcalc diff --color ", ["auto", "always", "never"]),
        ("dcalc completions ", ["bash", "zsh", "fish", "powershell"]),
    ],
)
def test_list(shell: Shell, typed: str, offered: list[str]) -> None:
    shown = shell.offers(typed, offered)
    assert [word for word in offered if word not in shown] == [], shown


def test_no_python_runs(shell: Shell) -> None:
    """The scripts name no program of ours, nor Python: what TAB offers stands in them."""
    text = next(path for path in COMPLETIONS.iterdir() if shell.name in path.name or path.name == "_dcalc")
    body = [line for line in text.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert not any(
        re.search(r"python[\d.]*\s+-|python[\d.]*\s+\S+\.py", line) for line in body
    )  # a word alone is offered
