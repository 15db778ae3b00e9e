"""What the formats of pictures share: which graph is to be drawn, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding, Graph
    from dcalc.formats import Style

MOODS = {"bad": ("#c0392b", "#fdecea"), "warn": ("#b9770e", "#fef5e7"), "good": ("#1e8449", "#eafaf1")}
"""The frame and the ground of a box, by its mood."""


def graphs(findings: Iterable[Finding], style: Style, name: str, *, single: bool = False) -> Iterator[Graph]:
    """The graph of each finding that did not fail; a ``single`` one is held back until it is known to be alone.

    Raises UsageError where a finding has no graph, where the command can have none, and at a second graph
    where there may be but a single one.
    """
    held: Graph | None = None
    for finding in findings:
        if finding.failure is not None and style.heading is None:
            continue
        if finding.graph is None:
            fix = f"write dcalc trace ... --format {name}"
            raise UsageError(f"{name} draws graphs, and {finding.command} has none", help=fix)
        if not single:
            yield finding.graph
        elif held is not None:
            raise UsageError(f"{name} holds one graph", help="ask for one expression at one point")
        else:
            held = finding.graph
    if held is not None:
        yield held
