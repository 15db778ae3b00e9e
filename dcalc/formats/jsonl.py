"""JSON Lines: a record a line. ASCII, and never NaN or Infinity, so that any reader takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dcalc.formats.record import Recorder
from dcalc.formats.record.texts import each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.problem import Report

_encode = json.JSONEncoder(allow_nan=False, check_circular=False).encode


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """A record a line, each as soon as its report is there."""
    recorder = Recorder(style)
    return each(reports, style, lambda report: _line(recorder(report)))


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """A record a line, after those of its trail."""
    from dcalc.formats.record import found  # a derivative does without

    for finding in findings:
        yield from (_line(found.plainly(record)) for record in finding.trail)
        yield _line(found.record(finding))


def _line(record: dict[str, Any]) -> str:
    try:
        return _encode(record) + "\n"
    except ValueError:
        # Only an id can do this: it is the user's own JSON, and Python reads NaN in it.
        return _encode({**record, "id": str(record["id"])}) + "\n"
