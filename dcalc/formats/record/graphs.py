"""What the formats of pictures share: which graph is to be drawn, or why there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from dcalc.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding, Graph
    from dcalc.problem import Report


MOODS = {"bad": ("#c0392b", "#fdecea"), "warn": ("#b9770e", "#fef5e7"), "good": ("#1e8449", "#eafaf1")}
"""The frame and the ground of a box, by its mood."""


def refuse(reports: Iterable[Report], name: str) -> Iterator[NoReturn]:
    """For a format that shows no derivatives at points. Raises UsageError at the first."""
    for report in reports:
        raise without(report.command, name)
    yield from ()


def without(command: str, name: str) -> UsageError:
    """For a command that has nothing which such a format could draw."""
    return UsageError(f"{name} draws graphs, and {command} has none", help=f"write dcalc trace ... --format {name}")


def only(findings: Iterable[Finding], name: str) -> Iterator[Finding]:
    """The one finding that did not fail; it is held back until it is known to be alone. Raises UsageError
    at a second."""
    kept: Finding | None = None
    for finding in findings:
        if finding.failure is None:
            if kept is not None:
                raise UsageError(f"{name} holds one graph", help="ask for one expression at one point")
            kept = finding
    if kept is not None:
        yield kept


def graphs(findings: Iterable[Finding], name: str) -> Iterator[Graph]:
    """The graph of each finding that did not fail. Raises UsageError where one has none."""
    for finding in findings:
        if finding.failure is None:
            if finding.graph is None:
                raise without(finding.command, name)
            yield finding.graph
