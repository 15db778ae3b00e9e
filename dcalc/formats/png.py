"""Portable network graphics: the document of the format svg, rendered by resvg (the extra `png`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.formats import svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("png",)
PICTURE = True
BINARY = True
_ZOOM = 2
"""Pixels of the picture to one of the document."""


def present(findings: Iterable[Finding], style: Style) -> Iterator[bytes]:
    """The bytes of the file. Raises UsageError without the extra, or where nothing is drawn."""
    try:
        from resvg_py import svg_to_bytes
    except ImportError:
        fix = "pip install 'dcalc[png]', or write -o FILE.svg"
        raise UsageError("png needs the package resvg-py", help=fix) from None
    for document in svg.present(findings, style):
        yield bytes(svg_to_bytes(svg_string=document, zoom=_ZOOM, background="white"))
