"""Scalable vector graphics: the pictures and graphs of the findings, one below the other, in one document.

Curves and axes are drawn by `picture/drawing.py`, graphs by `picture/graphs.py`; whatever else is drawn
joins as a `Drawing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.expr import Expr
from dcalc.formats import Writer
from dcalc.formats.picture import drawing, graphs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style

SUFFIXES = ("svg",)
PICTURE = True


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The document. Raises UsageError where nothing is drawn."""
    if style.heading is not None:
        for _ in findings:
            raise UsageError(f"{style.command} has no picture", help="write dcalc plot, or another format")
    known = [finding for finding in findings if finding.failure is None]
    drawings = [drawing for finding in known for drawing in _draw(finding, style)]
    if drawings:
        yield drawing.document(drawings)
    elif known:
        raise UsageError(f"{style.command} has no picture here", help="write --format json to see the numbers")


def _draw(finding: Finding, style: Style) -> Iterator[drawing.Drawing]:
    expression = Writer(style).text(finding.expression) if isinstance(finding.expression, Expr) else ""
    for picture in finding.pictures:
        yield drawing.draw(picture, expression)
    if finding.graph is not None:
        yield graphs.draw(finding.graph, expression)
