"""What is generated is what stands in the repository, and is made only of what exists."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dcalc import generate
from dcalc.cli import typer_adapter
from dcalc.cli.shells import read

if TYPE_CHECKING:
    from pathlib import Path

COMPLETIONS = generate.ROOT / "completions"


@pytest.mark.slow
@pytest.mark.covers
def test_nothing_has_drifted() -> None:
    assert generate.find_drift(generate.ROOT) == [], "run python -m dcalc.generate"


@pytest.mark.slow
@pytest.mark.covers
def test_check_says_which_file_drifted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(generate, "list_helpers", lambda: "1a2b softplus\n")  # the real list takes seconds
    (tmp_path / "README.md").write_text("<!-- generated: backends -->\nold\n<!-- end generated -->\nkept\n")
    assert generate.main(["--check"], tmp_path) == 1
    shown = capsys.readouterr().err
    assert "completions/_dcalc is not what the code generates" in shown
    assert "README.md is not" in shown
    assert generate.main([], tmp_path) == 0
    assert generate.main(["--check"], tmp_path) == 0
    page = (tmp_path / "README.md").read_text()
    assert "| `forward` |" in page
    assert "old" not in page
    assert page.endswith("kept\n")


def test_the_list_of_functions() -> None:
    page = generate.fill_marks("<!-- generated: functions -->\n<!-- end generated -->")
    assert "\n- `sin(x)`: sine; d/dx is `cos(x)`\n" in page
    assert "\n- `sqrt(x)`: square root; d/dx is `1/(2*y)`; domain `x >= 0`\n" in page
    assert "- `besselj(n, x)`: Bessel function J; d/dn has no closed form; d/dx is `" in page


def test_the_list_of_commands() -> None:
    page = generate.fill_marks("<!-- generated: commands -->\n<!-- end generated -->")
    assert [line for line in page.splitlines() if line.startswith("## ")][1:] == [
        f"## {name}" for name in typer_adapter.command_names()
    ]
    assert page.count("- `--json`: The same as --format json.\n") == 1
    assert "\n- `-n, --order N`: " in page.partition("\n## diff\n")[2].partition("\n## ")[0]


def test_an_unknown_mark_is_refused() -> None:
    with pytest.raises(SystemExit, match="nothing generates 'colours'"):
        generate.fill_marks("<!-- generated: colours -->\n<!-- end generated -->")


def test_every_command_has_its_place_and_examples() -> None:
    places = [typer_adapter.load_command(name).PLACE for name in typer_adapter.command_names()]
    assert places == sorted(set(places))
    for name in typer_adapter.command_names():
        examples = typer_adapter.load_command(name).EXAMPLES
        assert examples
        assert all(f"dcalc {name}" in example for example in examples)


OWN_WORDS = ("--wrt", "--tol", "-n", "--order", "--json", "--format", "--at")
"""What is one option, but is told in words of its own where its default, or what it takes, is another."""

HOMONYMS = ("--target", "--engine", "--of", "--from")
"""What two commands have in two senses: the column that a model is fitted to, and the language of a program; what the
steps of a descent follow, and what reads and writes tables; the variable of an equation, and what a program has; the
start of a fit, and those of several descents."""


def test_no_line_of_the_list_of_commands_is_cut() -> None:
    done = subprocess.run([sys.executable, "-m", "dcalc", "--help"], capture_output=True, text=True, check=True,
                          env={**os.environ, "COLUMNS": "80"})  # fmt: skip
    assert "...\n" not in done.stdout.partition("Commands:")[2]


def test_every_parameter_has_one_meaning() -> None:
    """The same spelling is the same option wherever a command has it."""
    seen: dict[str, object] = {}
    for name in typer_adapter.command_names():
        for spelling, option in typer_adapter.options_of(typer_adapter.build_command(name)).items():
            if option is not None and spelling not in HOMONYMS:
                words = () if spelling in OWN_WORDS else (option.help, option.metavar)
                facts = (option.opts, option.is_flag, option.multiple, *words)
                assert seen.setdefault(spelling, facts) == facts


def test_powershell_as_far_as_it_can_be_read_without_one() -> None:
    """Balanced, each command and option there, each string closed; there is no pwsh to run it."""
    text = (COMPLETIONS / "dcalc.ps1").read_text(encoding="utf-8")
    code = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    bare = re.sub(r"'(?:[^']|'')*'", "''", code)
    assert "'" not in bare.replace("''", "")
    stack = []
    for char in bare:
        if char in "({[":
            stack.append(char)
        elif char in ")}]":
            assert stack.pop() + char in ("()", "{}", "[]")
    assert stack == []
    for command in read().commands:
        assert f"'{command.name}' = " in code
        for option in command.options:
            for name in option.names:
                assert f"'{name}' = " in code
    for word in read().choices["FORMAT"]:
        assert f"'{word}'" in code


@pytest.mark.parametrize("file", ["dcalc.bash", "_dcalc", "dcalc.fish", "dcalc.ps1"])
def test_every_command_and_option_is_in_every_script(file: str) -> None:
    text = (COMPLETIONS / file).read_text(encoding="utf-8")
    for command in read().commands:
        assert command.name in text
        for option in command.options:
            shown = f"-l {option.long[2:]} " if file == "dcalc.fish" else option.long
            assert shown in text


def test_fish_shows_the_help_of_an_option_beside_that_alone() -> None:
    """A tab ends a value in fish: without one each value has the description of its option."""
    rows = [
        row for row in (COMPLETIONS / "dcalc.fish").read_text(encoding="utf-8").splitlines() if " -l format " in row
    ]
    assert rows
    assert all(f"{word}\\\\t" in row for row in rows for word in read().choices["FORMAT"])
