"""The derivative along a direction: the gradient times a vector, at the cost of one derivative."""

from __future__ import annotations

from dcalc.analysis.toolkit import (
    Direction,
    describe_direction,
    explain_status,
    printed_cell,
    read_direction,
    solve_along,
)
from dcalc.finding import Finding, Said, Subject


def find(subject: Subject, *, along: Direction) -> Finding:
    """The derivative of f along a vector (whose length counts), certified; an expression without a point.

    Raises UsageError where the direction does not fit.
    """
    seeds = read_direction(along, subject.wrt)
    answer = solve_along(subject, seeds)
    return Finding(
        "grad",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=answer.status,
        record={
            "along": seeds,
            "value": answer.value,
            "derivative": answer.derivative,
            "kind": answer.kind,
            "left": answer.left,
            "right": answer.right,
            "reference": answer.reference if subject.at is not None else None,
        },
        said=(
            describe_direction(seeds),
            Said("value" if subject.at is not None else "derivative", printed_cell(answer, subject), "strong"),
        ),
        plain=[] if answer.code else [[printed_cell(answer, subject)]],
        sentence=explain_status(answer) if answer.code else "",
        code=answer.code,
    )
