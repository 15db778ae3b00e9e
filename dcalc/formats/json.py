"""One JSON document: `{"schema": 1, "command": ..., "records": [...]}`, one record per line."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dcalc.formats import jsonl

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("json",)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The document, a record at a time; one is held back, to know where the last comma goes."""
    before = f'{{"schema": 1, "command": {json.dumps(style.command)}, "records": ['
    for line in jsonl.write_records(findings, style):
        yield before + "\n"
        before = line[:-1] + ","
    yield (before[:-1] + "\n]}\n") if before[-1] == "," else before + "]}\n"
