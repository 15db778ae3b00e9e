"""What the tests of streams and files share."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from dcalc.io import doubles
from tests.cli.conftest import Run, run, start

__all__ = ["Run", "run", "start"]


@pytest.fixture(params=["fast", "bare"])
def extra(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """With the libraries of the extra `fast`, and as if they were not installed."""
    if request.param == "bare":
        for name in ("numpy", "orjson", "polars"):
            monkeypatch.setitem(sys.modules, name, None)
    _forget()
    yield request.param
    _forget()


def _forget() -> None:
    doubles.has_fast.cache_clear()
