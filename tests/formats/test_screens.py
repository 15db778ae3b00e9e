"""Screens and pictures are as they were when somebody last looked at them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dcalc.text import text_width
from tests.formats.screens import FOLDER, SCREENS, WIDTHS, files, find, show


@pytest.mark.parametrize(("name", "make"), list(files()), ids=[name for name, _ in files()])
def test_it_looks_as_it_did(name: str, make: Callable[[], str]) -> None:
    assert make() == (FOLDER / name).read_text(encoding="utf-8")


def test_every_file_is_one_that_is_made() -> None:
    assert {path.name for path in FOLDER.iterdir()} == {name for name, _ in files()}


@pytest.mark.parametrize("name", SCREENS)
def test_no_line_is_wider_than_its_terminal(name: str) -> None:
    width = 0
    for line in show(name).splitlines():
        if line.startswith("--- "):
            width = int(line.split()[1])
        elif "␛" not in line:
            assert text_width(line) <= width
    assert max(WIDTHS) == 200 and find(name) is find(name)
