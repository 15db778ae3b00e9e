"""The README's console blocks are run, and print what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TIME = re.compile(r"\d+(\.\d+)? (ns|us|ms|s)(?= |$)", re.MULTILINE)


def calls(text: str) -> list[tuple[str, str]]:
    """(command, output) of every `$` line in the console blocks."""
    found = []
    for block in _BLOCK.findall(text):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output.rstrip("\n")))
    return found


def output_of(command: str, folder: Path) -> str:
    """What a shell shows of the command, stdout before stderr, at 80 columns."""
    stub = folder / "dcalc"
    stub.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m dcalc "$@"\n')
    stub.chmod(0o755)
    path = f"{folder}{os.pathsep}{os.environ['PATH']}"
    plain = {key: value for key, value in os.environ.items() if key not in ("FORCE_COLOR", "NO_COLOR")}
    environment = {**plain, "PATH": path, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "PYTHONUTF8": "1"}
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, env=environment, timeout=60, cwd=folder
    )
    return (done.stdout + done.stderr).rstrip("\n")


def without_times(text: str) -> str:
    """The text with the times of tables blanked out, and the widths that follow from them."""
    text = re.sub("─+", "─", _TIME.sub("TIME", text))
    return re.sub(r" +$", "", re.sub("  +", "  ", text), flags=re.MULTILINE)


@pytest.mark.skipif(os.name == "nt", reason="the README's calls are those of a POSIX shell")
@pytest.mark.parametrize(("command", "expected"), calls(README.read_text(encoding="utf-8")))
def test_block(command: str, expected: str, tmp_path: Path) -> None:
    assert without_times(output_of(command, tmp_path)) == without_times(expected)


def test_the_readme_has_blocks() -> None:
    assert len(calls(README.read_text(encoding="utf-8"))) > 20
