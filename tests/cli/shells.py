"""Real shells on a pseudo-terminal, in which tests press TAB."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import pexpect
import pytest

from tests.waiting import PATIENCE

COMPLETIONS = Path(__file__).resolve().parents[2] / "completions"
PROMPT = "READY> "
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?<>=]*[A-Za-z]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[()=>][0-9AB]?|\\)|[\x07\x08]")


def plain(text: str) -> str:
    """What a terminal shows, without escape sequences."""
    return _ESCAPE.sub("", text).replace("\r", "")


class Shell:
    """One interactive shell with dcalc's completions loaded."""

    arguments: tuple[str, ...] = ()
    setup: tuple[str, ...] = ()
    name = ""

    def __init__(self, folder: Path) -> None:
        home = folder / "home"
        home.mkdir()
        kept = {key: os.environ[key] for key in ("PATH", "LANG") if key in os.environ}
        environment: Any = {**kept, "HOME": str(home), "TERM": "xterm", "PS1": PROMPT, "ZDOTDIR": str(home)}
        self.child = pexpect.spawn(
            shutil.which(self.name) or self.name,
            list(self.arguments),
            env=environment,
            cwd=str(folder),
            encoding="utf-8",
            timeout=PATIENCE,
            dimensions=(200, 300),
        )
        self.child.delaybeforesend = self.child.delayafterread = None
        self.count = 0
        for line in self.setup:
            self.run(line.format(folder=COMPLETIONS))

    def run(self, line: str) -> str:
        """Run a line to its end; what it printed."""
        self.count += 1
        # The mark is put together by the shell, so that its echo is not a match.
        self.child.sendline(f"{line}; echo 'END''{self.count}:'")
        self.child.expect(f"END{self.count}:")
        return plain(self.child.before or "")

    def words(self, typed: str) -> list[str]:
        """The words of the line after typing it and pressing TAB: what completion made of it."""
        self.count += 1
        self.child.send(typed + "\t")
        self.child.send("\x01printf 'W''%s:' \x05")
        self.child.sendline(f"; echo 'END''{self.count}:'")
        self.child.expect(f"END{self.count}:")
        return re.findall(r"W([^:\n]*):", plain(self.child.before or "").rpartition("echo 'END")[2])

    def offers(self, typed: str, expected: list[str]) -> str:
        """What is shown when TAB is pressed twice after that, until all that is expected came."""
        self.child.send(typed + "\t\t")
        shown = ""
        with suppress(pexpect.TIMEOUT):
            while not all(word in shown for word in expected):
                self.child.expect(".+", timeout=PATIENCE)
                shown += plain(self.child.after)
        self.child.send("\x15")
        self.run("true")
        return shown

    def close(self) -> None:
        """End the shell."""
        self.child.close(force=True)


class Bash(Shell):
    """bash without any configuration, nor the bash-completion package."""

    name = "bash"
    arguments = ("--norc", "--noprofile", "-i")
    setup = (
        "bind 'set bell-style none'; bind 'set completion-query-items 0'; bind 'set page-completions off'",
        "bind 'set enable-bracketed-paste off'",
        "source {folder}/dcalc.bash",
    )


class Zsh(Shell):
    """zsh with its completion system and nothing else."""

    name = "zsh"
    arguments = ("-f", "-i")
    setup = (
        "bindkey -e; unsetopt beep; LISTMAX=1000; unset zle_bracketed_paste",
        "fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D",
    )


class Fish(Shell):
    """fish without any configuration."""

    name = "fish"
    arguments = ("--no-config", "-i")
    setup = (
        "function fish_prompt; echo -n 'READY> '; end; set -g fish_autosuggestion_enabled 0",
        "source {folder}/dcalc.fish",
    )


def start(kind: type[Shell], folder: Path) -> Shell:
    """The shell, or a skip that says which one is missing; in CI none may be."""
    if shutil.which(kind.name) is None:
        if os.environ.get("CI"):
            pytest.fail(f"{kind.name} is not installed, and CI tests every shell")
        pytest.skip(f"{kind.name} is not installed")
    return kind(folder)
