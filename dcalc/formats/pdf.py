"""Portable document format: the document of the format svg, drawn by CairoSVG (the extra `pdf`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.formats import svg

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("pdf",)
PICTURE = True
BINARY = True


def present(findings: Iterable[Finding], style: Style) -> Iterator[bytes]:
    """The bytes of the file. Raises UsageError without the extra, or where nothing is drawn."""
    try:
        from cairosvg import svg2pdf
    except ImportError:
        fix = "pip install 'dcalc[pdf]', or write -o FILE.svg"
        raise UsageError("pdf needs the package CairoSVG", help=fix) from None
    except OSError:  # it is there, and the library that it draws with is not
        fix = "install it (Debian: libcairo2, macOS: brew install cairo), or write -o FILE.svg"
        raise UsageError("pdf needs the library cairo", help=fix) from None
    for document in svg.present(findings, style):
        yield svg2pdf(bytestring=document.encode())
