"""JSON Lines: one record per line. ASCII, and never NaN or Infinity, so that any reader takes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dcalc.formats import Writer, each

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("jsonl", "ndjson")


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """A record a line, after those of its trail."""
    return write_records(findings, style, trails=True)


def write_records(findings: Iterable[Finding], style: Style, *, trails: bool = False) -> Iterator[str]:
    """A record a line, each as soon as its finding is there; with ``trails`` after those of its trail."""
    writer = Writer(style)
    encoder = json.JSONEncoder(allow_nan=False, check_circular=False, default=writer.json_value)

    def write_line(record: Any) -> str:
        try:
            return encoder.encode(record) + "\n"
        except ValueError:  # an infinite number or nan, which JSON lacks: null, but text in the user's own id
            if isinstance(record.get("id"), float | list | dict):
                record = {**record, "id": str(record["id"])}
            return encoder.encode(writer.plain_value(record)) + "\n"

    def write_all(finding: Finding) -> str:
        trail = finding.trail if trails else ()
        return "".join(map(write_line, (*trail, writer.record(finding))))

    return each(findings, writer, write_all)
