"""Defaults of options from the environment and from a file: which counts, and what is wrong in one."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dcalc.cli import typer_adapter
from tests.cli.conftest import Run

SINE = ("diff", "sin(x)", "--at", "1")


@pytest.fixture
def configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The path of a file of defaults, which counts as if stdout were a terminal."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    monkeypatch.setattr(typer_adapter, "is_terminal", lambda stream: stream is sys.stdout)
    (tmp_path / "dcalc").mkdir()
    return tmp_path / "dcalc" / "config.toml"


def test_the_environment_is_a_default(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DCALC_DIGITS", "5")
    assert run(*SINE).out == "0.54030\n"
    assert run(*SINE, "--digits", "7").out == "0.5403023\n"
    monkeypatch.setenv("DCALC_DIGITS", "")
    assert run(*SINE).out == "0.5403023058681398\n"
    monkeypatch.setenv("DCALC_NOTATION", "latex")
    assert run("diff", r"\frac{x}{2}").out == "1/2\n"
    monkeypatch.setenv("DCALC_NOTATION", "plain")
    monkeypatch.setenv("DCALC_COLOR", "always")
    assert run("diff", "sinn(x)").err.startswith("\x1b[1;31merror:")
    monkeypatch.setenv("DCALC_FORMAT", "csv")
    assert run("diff", "x**2").out.startswith("line,id,expression")
    assert run("diff", "x**2", "--json").out.startswith("{")
    path = tmp_path / "out.tsv"
    assert run("diff", "x**2", "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8").startswith("line\tid")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("FORMAT", "jsno", "DCALC_FORMAT: no format named jsno\nhelp: did you mean json?"),
        ("FORMAT", "png", "DCALC_FORMAT: png draws, which few commands do"),
        ("DIGITS", "0", "DCALC_DIGITS: --digits must be at least 1"),
        ("COLOR", "alway", "DCALC_COLOR: color must be auto, always or never, not alway"),
        ("NOTATION", "latx", "DCALC_NOTATION: no notation named latx\nhelp: did you mean latex?"),
    ],
)
def test_a_wrong_variable_is_named(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(f"DCALC_{name}", value)
    result = run("diff", "x**2")
    assert (result.code, result.out) == (2, "")
    assert f"error: {message}" in result.err


def test_the_file_counts_on_a_terminal_alone(run: Run, configure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure.write_text('# mine\ndigits = 5\ncolor = "never"\n', encoding="utf-8")
    assert run(*SINE).out == "0.54030\n"
    monkeypatch.setenv("DCALC_DIGITS", "3")
    assert run(*SINE).out == "0.540\n"
    monkeypatch.delenv("DCALC_DIGITS")
    monkeypatch.setenv("DCALC_CONFIG", "")
    assert run(*SINE).out == "0.5403023058681398\n"
    monkeypatch.delenv("DCALC_CONFIG")
    monkeypatch.setattr(typer_adapter, "is_terminal", lambda _: False)
    assert run(*SINE).out == "0.5403023058681398\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("# mine\ndigits = 5\ncolour = 'never'\n", "line 3: no option colour has a default\nhelp: did you mean color?"),
        ("\ncolor = never\n", "line 2: invalid value\nhelp: write lines such as digits = 20"),
        ("digits = 1.5\n", "line 1: digits must be a text or a whole number"),
        ("\n\n digits = 0\n", "line 3: --digits must be at least 1"),
        ("color = 'never'\n[fit]\n", "line 2: no option fit has a default\nhelp: there are format, digits"),
    ],
)
def test_what_is_wrong_in_the_file_is_said_with_its_line(run: Run, configure: Path, text: str, message: str) -> None:
    configure.write_text(text, encoding="utf-8")
    result = run(*SINE)
    assert (result.code, result.out) == (2, "")
    assert f"error: {configure}, {message}" in result.err


def test_a_file_that_was_named_must_be_there(run: Run, configure: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(*SINE).code == 0
    monkeypatch.setenv("DCALC_CONFIG", str(configure))
    assert run(*SINE).err == f"error: {configure}: No such file or directory\n"
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.delenv("DCALC_CONFIG")
    assert typer_adapter.config_path() == str(Path("~/.config/dcalc/config.toml").expanduser())
