"""The examples in the Python page and in the README are what Python prints."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pytest

import dcalc

ROOT = Path(dcalc.__file__).parent
PAGES = (ROOT / "help" / "python.md", ROOT.parent / "README.md")
_BLOCK = re.compile(r"^```pycon\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def examples(page: Path) -> doctest.DocTest:
    """All examples of a page as one session; what is between them is blank, so that line numbers stay."""
    text = page.read_text(encoding="utf-8")
    session, start = [], 0
    for block in _BLOCK.finditer(text):
        session += [re.sub(r"[^\n]", "", text[start : block.start(1)]), block[1]]
        start = block.end(1)
    return doctest.DocTestParser().get_doctest("".join(session), {}, page.name, str(page), 0)


@pytest.mark.parametrize("page", [page for page in PAGES if page.exists()], ids=lambda page: page.name)
def test_examples(page: Path) -> None:
    found = examples(page)
    report: list[str] = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found, out=report.append)
    assert not result.failed, "".join(report)


def test_the_python_page_has_examples() -> None:
    assert len(examples(PAGES[0]).examples) > 40
