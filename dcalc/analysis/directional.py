"""The derivative along a direction: the gradient times a vector, at the cost of one derivative."""

from __future__ import annotations

from dcalc.analysis.toolkit import Direction, direction_of, directional, said_along, said_of, shown
from dcalc.finding import Finding, Said, Subject


def find(subject: Subject, *, along: Direction) -> Finding:
    """The derivative of f along a vector (whose length counts), certified; an expression without a point.

    Raises UsageError where the direction does not fit.
    """
    seeds = direction_of(along, subject.wrt)
    answer = directional(subject, seeds)
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
            said_along(seeds),
            Said("value" if subject.at is not None else "derivative", shown(answer, subject), "strong"),
        ),
        plain=[] if answer.code else [[shown(answer, subject)]],
        sentence=said_of(answer) if answer.code else "",
        code=answer.code,
    )
