"""All rows, by kind."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from tests.falsehoods.rows import Row

KINDS = (
    "conditions",
    "faces",
    "flat",
    "gaps",
    "distance",
    "curvature",
    "ends",
    "fits",
    "plots",
    "series",
    "edges",
    "lines",
    "typed",
    "forms",
)


@cache
def load() -> dict[str, tuple[Row, ...]]:
    """The rows of each kind."""
    return {kind: import_module(f"tests.falsehoods.{kind}").ROWS for kind in KINDS}
