"""Console sessions in Markdown: their commands are run, and their output is held to what stands below them.

A change that alters output on purpose rewrites the sessions, to be reviewed as part of its diff:

    python -m tests.sessions

A block of the kind `console terminal` shows what a terminal of 80 columns shows, `console` what a pipe gets. One of the
kind `console needs jax,torch` is left as it is where these packages are not installed.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import tempfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from tests.waiting import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
PAGES = sorted((ROOT / "dcalc" / "help").glob("*.md"))
_BLOCK = re.compile(r"^```console( terminal)?(?: needs ([\w,]+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_QUOTED = re.compile(r"""'[^']*'|"[^"$`\\!]*\"""")
_PLAIN = re.compile(r"dcalc [\w\s./:=,+@%^-]*")
_CALL = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_TIME = re.compile(r"\d+(\.\d+)? (ns|us|ms|s)(?= |$)", re.MULTILINE)


class Session(NamedTuple):
    """A command with the output that stands below it; ``terminal`` tells that a terminal shows it, ``packages`` what
    it needs."""

    command: str
    output: str
    terminal: bool
    packages: tuple[str, ...] = ()

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name in self.packages if find_spec(name) is None]


def needs_no_shell(command: str) -> bool:
    """Whether a command is one call of dcalc, from which a shell has nothing but quotes to take away."""
    return _PLAIN.fullmatch(_QUOTED.sub("", command)) is not None


def read_sessions(text: str) -> list[Session]:
    """Every `$` line in the console blocks."""
    return [
        Session(command, output.rstrip("\n"), bool(terminal), _split(packages))
        for terminal, packages, block in _BLOCK.findall(text)
        for command, output in _CALL.findall(block)
    ]


def _split(packages: str) -> tuple[str, ...]:
    return tuple(filter(None, packages.split(",")))


def run_command(command: str, folder: Path, *, terminal: bool = False) -> str:
    """What a shell shows of the command in an empty folder, at 80 columns without colour.

    In pipes, stdout stands before stderr; a ``terminal`` shows both as they come.
    """
    programs = folder / ".bin"
    programs.mkdir(exist_ok=True)
    for name, arguments in (("dcalc", " -m dcalc"), ("python", "")):
        stub = programs / name
        stub.write_text(f'#!/bin/sh\nexec "{sys.executable}"{arguments} "$@"\n')
        stub.chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    plain = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "NO_COLOR")}
    environment = {**plain, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONUTF8": "1"}
    if terminal:
        return show_on_terminal(["bash", "-c", command], folder, {**environment, "NO_COLOR": "1", "TERM": "xterm"})
    process = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=PATIENCE, cwd=folder
    )
    return (process.stdout + process.stderr).rstrip("\n")


def show_on_terminal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a terminal shows of a process that has stdin, stdout and stderr on it."""
    import pty  # which only POSIX has

    main, side = pty.openpty()
    process = subprocess.Popen(command, stdin=side, stdout=side, stderr=side, env=environment, cwd=folder)
    os.close(side)
    shown = read_terminal(main, PATIENCE)
    process.wait(timeout=PATIENCE)
    return shown.decode().replace("\r\n", "\n").rstrip("\n")


def read_terminal(terminal: int, seconds: int) -> bytes:
    """All that is written to a pseudo-terminal until its other end is closed, or nothing comes for some seconds."""
    shown = b""
    while select.select([terminal], [], [], seconds)[0]:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # Linux says so when the other end is closed
            break
        if not chunk:
            break
        shown += chunk
    os.close(terminal)
    return shown


def hide_times(text: str) -> str:
    """The text without the times in its tables, and without the widths of columns that follow from them."""
    text = re.sub("─+", "─", _TIME.sub("TIME", text))
    return re.sub(r" +$", "", re.sub("  +", "  ", text), flags=re.MULTILINE)


def rewrite_sessions(text: str) -> str:
    """The page with the output that its commands print now; where only times differ it stays."""

    def rerun(match: re.Match[str], *, terminal: bool) -> str:
        command, output = match[1], match[2].rstrip("\n")
        with tempfile.TemporaryDirectory() as folder:
            shown = run_command(command, Path(folder), terminal=terminal)
        if hide_times(shown) != hide_times(output):
            output = shown
        return f"$ {command}\n" + (f"{output}\n" if output else "")

    def rerun_block(match: re.Match[str]) -> str:
        if any(find_spec(name) is None for name in _split(match[2] or "")):
            return match[0]
        rewritten = _CALL.sub(partial(rerun, terminal=bool(match[1])), match[3])
        needs = f" needs {match[2]}" if match[2] else ""
        return f"```console{match[1] or ''}{needs}\n{rewritten}```"

    return _BLOCK.sub(rerun_block, text)


def main(names: list[str]) -> None:
    """Rewrite the named pages, or all of them."""
    for page in [Path(name) for name in names] or [README, *PAGES]:
        before = page.read_text(encoding="utf-8")
        after = rewrite_sessions(before)
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"{page} was rewritten")


if __name__ == "__main__":
    main(sys.argv[1:])
