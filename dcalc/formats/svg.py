"""Scalable vector graphics: the pictures and graphs of the findings, one below the other, in one document.

Curves and axes are drawn by `picture/svg.py`, graphs by `picture/layered.py`; whatever else is drawn
joins as a `Drawing`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError
from dcalc.formats.picture import layered, svg
from dcalc.formats.record import found

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.problem import Report

BY_SUFFIX = True


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """Nothing: numbers are no picture. Raises UsageError."""
    for _ in reports:
        raise UsageError(f"{style.command} has no picture", help="write dcalc plot, or another format")
    yield from ()


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The document. Raises UsageError where nothing is drawn."""
    known = [finding for finding in findings if finding.failure is None]
    drawings = [drawing for finding in known for drawing in _drawn(finding)]
    if drawings:
        yield svg.document(drawings)
    elif known:
        raise UsageError(f"{style.command} has no picture here", help="write --format json for what was found")


def _drawn(finding: Finding) -> Iterator[svg.Drawing]:
    expression = found.text(finding.expression)
    for picture in finding.pictures:
        yield svg.draw(picture, expression)
    if finding.graph is not None:
        yield layered.draw(finding.graph, expression)
