"""What the tests of formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dcalc.formats import Style, load
from dcalc.problem import Report

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def show() -> Callable[..., str]:
    """`show(format, reports..., style fields)`: the whole text."""

    def text(format_name: str, *reports: Report, **style: object) -> str:
        chunks = list(load(format_name).render(reports, Style(**style)))  # type: ignore[arg-type]
        assert all(chunk.endswith("\n") for chunk in chunks)
        return "".join(chunks)

    return text
