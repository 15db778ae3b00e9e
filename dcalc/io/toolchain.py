"""Programs compiled and run in a folder of their own, without a shell: what a compiler says is an error."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dcalc.errors import UsageError

_PATIENCE = 600.0  # seconds
_LONGEST = 2_000


def find_missing(commands: Sequence[Sequence[str]]) -> str | None:
    """The first program of the commands that this machine lacks; None where it has them all."""
    for command in commands:
        if not command[0].startswith("./") and shutil.which(command[0]) is None:
            return command[0]
    return None


def run_program(text: str, commands: Sequence[Sequence[str]], source: str) -> list[float]:
    """The numbers that a program prints, one per line; nan for what is not a number.

    Raises UsageError where a compiler or interpreter is missing, complains or fails.
    """
    missing = find_missing(commands)
    if missing is not None:
        raise UsageError(f"--check needs {missing}, which is not installed", help="install it, or leave --check out")
    with tempfile.TemporaryDirectory(prefix="dcalc-") as folder:
        Path(folder, source).write_text(text, encoding="utf-8")
        output = ""
        for command in commands:
            done = subprocess.run(
                list(command), cwd=folder, capture_output=True, text=True, timeout=_PATIENCE, check=False,
                env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
            if done.returncode:
                said = (done.stderr or done.stdout).strip()[:_LONGEST]
                raise UsageError(f"{command[0]} failed: {said}", help="tell the authors of dcalc, with the expression")
            output = done.stdout
    return [_read(line) for line in output.split()]


def _read(word: str) -> float:
    try:
        return float(word)
    except ValueError:
        return math.nan
