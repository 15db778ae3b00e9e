"""What the tests of formats share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dcalc.finding import Setting
from dcalc.formats import Style, load
from tests.cli.conftest import run as run
from tests.formats.made_reports import heading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.formats.made_reports import Report


def chunks(
    format_name: str,
    reports: Iterable[Report],
    *,
    command: str = "diff",
    variables: tuple[str, ...] | None = None,
    wrt: tuple[str, ...] | None = None,
    backends: bool = False,
    digits: int | None = None,
    **style: object,
) -> Iterator[str]:
    """What a format makes of reports in a setting, as options bring it about."""
    setting = Setting(bool(style.get("batch")), bool(style.get("sweep")), variables, wrt)
    fields: dict[str, object] = {"backends": ("all",) if backends else (), "shown": digits}
    head = heading(command, setting, **fields)
    findings = (report.finding(setting, **fields) for report in reports)
    yield from load(format_name).present(findings, Style(command, heading=lambda: head, **style))  # type: ignore[arg-type]


@pytest.fixture
def show() -> Callable[..., str]:
    """`show(format, reports..., options)`: the whole text."""

    def text(format_name: str, *reports: Report, **options: object) -> str:
        parts = list(chunks(format_name, reports, **options))  # type: ignore[arg-type]
        assert all(part.endswith("\n") for part in parts)
        return "".join(parts)

    return text
