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
from dcalc.finding import Brief, Cell, Column, Fact, Finding, Key, Sheet, Subject
from dcalc.problem import Result


def find(subject: Subject, *, along: Direction) -> Finding:
    """The derivative of f along a vector, certified; an expression without a point.

    The length of the vector counts. Raises UsageError where the direction does not fit.
    """
    seeds = read_direction(along, subject.wrt)
    answer = solve_along(subject, seeds)
    value = printed_cell(answer, subject)
    label = "derivative" if subject.at is None else "value"
    sentence = explain_status(answer) if answer.code else ""
    certificate = _certificate(subject, answer)
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
        brief=Brief([Fact("", sentence, "bad")] if answer.code else [Fact("", value, "strong"), *certificate]),
        data=Sheet(tuple(Column(key, key) for key in (label, "status", "kind")), [row]),
        plain=[] if answer.code else [[value]],
        sentence=sentence,
        code=answer.code,
    )


def _certificate(subject: Subject, answer: Result) -> list[Fact]:
    """The proved digits, where the value does not show them all."""
    reference = answer.reference
    if subject.at is None or reference is None or not reference.decimal or not reference.certified:
        return []
    digits = "" if subject.shown is not None else f": {reference.decimal}"
    return [Fact("", f"certified to {reference.precision} digits{digits}", "dim")]
