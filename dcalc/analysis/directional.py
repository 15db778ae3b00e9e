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
from dcalc.finding import Cell, Column, Fact, Finding, Key, Sheet, Subject


def find(subject: Subject, *, along: Direction) -> Finding:
    """The derivative of f along a vector, certified; an expression without a point.

    The length of the vector counts. Raises UsageError where the direction does not fit.
    """
    seeds = read_direction(along, subject.wrt)
    answer = solve_along(subject, seeds)
    value = printed_cell(answer, subject)
    label = "derivative" if subject.at is None else "value"
    row: dict[Key, Cell] = {label: value, "status": answer.status, "kind": answer.kind}
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
        facts=(describe_direction(seeds), Fact(label, value, "strong")),
        data=Sheet(tuple(Column(key, key) for key in (label, "status", "kind")), [row]),
        plain=[] if answer.code else [[value]],
        sentence=explain_status(answer) if answer.code else "",
        code=answer.code,
    )
