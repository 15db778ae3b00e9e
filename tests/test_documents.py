"""What documents name exists: links, paths, layers."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sessions import PAGES, README, ROOT
from tests.test_layers import LAYERS

CONTRIBUTING = ROOT / ".github" / "CONTRIBUTING.md"
DOCUMENTS = [README, CONTRIBUTING, *PAGES]
_LINK = re.compile(r"\]\((?!https?://)([^)#]+)")
_PATH = re.compile(r"`((?:dcalc|tests|grammar|completions)/[\w./]*)`")


def targets(page: Path, text: str) -> list[Path]:
    """The files and folders that a text links to, or names in code."""
    return [page.parent / link for link in _LINK.findall(text)] + [ROOT / path for path in _PATH.findall(text)]


@pytest.mark.parametrize("page", DOCUMENTS, ids=lambda page: page.name)
def test_what_is_named_exists(page: Path) -> None:
    assert [str(path) for path in targets(page, page.read_text(encoding="utf-8")) if not path.exists()] == []


def test_a_dead_link_and_a_dead_path_are_found() -> None:
    text = "[a](gone.md), [b](https://example.com), `dcalc/gone.py`"
    assert targets(README, text) == [ROOT / "gone.md", ROOT / "dcalc/gone.py"]


def test_the_layers_are_those_that_are_tested() -> None:
    block = re.search(r"<!-- layers -->\n```\n(.*?)```", CONTRIBUTING.read_text(encoding="utf-8"), re.DOTALL)
    assert block
    lines = [re.split(r"  +", line)[0].split(", ") for line in block[1].splitlines()]
    assert [set(line) for line in reversed(lines)] == [set(layer) - {"__main__"} for layer in LAYERS]


def test_the_readme_is_an_introduction() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 300


def test_every_page_is_listed_in_the_readme() -> None:
    text = README.read_text(encoding="utf-8")
    assert [page.name for page in PAGES if f"(dcalc/help/{page.name})" not in text] == []
