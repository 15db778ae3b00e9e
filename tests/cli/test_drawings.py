"""Formats that draw, from the command line: files by their suffix, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Run, process


def test_a_file_is_drawn_by_its_suffix(run: Run, tmp_path: Path):
    done = run("plot", "x**2", "-o", str(tmp_path / "p.svg"))
    assert (done.code, done.out, done.err) == (0, "", "")
    assert (tmp_path / "p.svg").read_text(encoding="utf-8").startswith("<svg ")
    assert run("quotient", "x**2", "--at", "1", "--format", "svg").out.startswith("<svg ")


def test_png_goes_to_files_and_pipes(tmp_path: Path):
    pytest.importorskip("resvg_py")
    done = process("plot", "x**2", "-o", str(tmp_path / "p.png"))
    assert done.code == 0 and (tmp_path / "p.png").read_bytes()[:4] == b"\x89PNG"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("diff", "x**2", "--format", "svg"),
            "error: diff has no picture\nhelp: write dcalc plot, or another format\n",
        ),
        (
            ("diff", "x**2", "--at", "1", "--format", "png"),
            "error: diff has no picture\nhelp: write dcalc plot, or another format\n",
        ),
    ],
)
def test_numbers_are_no_picture(run: Run, arguments: tuple[str, ...], message: str):
    done = run(*arguments)
    assert (done.code, done.out, done.err) == (2, "", message)


def test_no_file_is_left_where_nothing_is_drawn(run: Run, tmp_path: Path):
    done = run("plot", "log(-1-x**2)", "--over", "0:1", "-o", str(tmp_path / "p.svg"))
    assert done.code == 2 and not list(tmp_path.iterdir())
