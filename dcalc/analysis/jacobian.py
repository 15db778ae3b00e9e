"""The Jacobian: the gradients of several expressions, one per row."""

from __future__ import annotations

from dcalc.analysis.answers import REFERENCE_KEYS
from dcalc.analysis.toolkit import (
    Direction,
    Matrix,
    answer_cell,
    certificate,
    describe_direction,
    explain_status,
    matrix_sheet,
    printed_cell,
    read_direction,
    solve_along,
    solve_gradient,
    worst_answer,
)
from dcalc.finding import Cell, Fact, Field, Finding, Subject

RECORD = {
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "along": Field("{number | [number | [number]]}", "the direction of --along, arrays as nested lists", optional=True),
    "value": Field(
        "[{number | string | null | [any]}] | [number | string | null | [number | null]]",
        "the gradient of each expression by variable, in nested lists for arrays; or, with --along, along it",
    ),
    "components": Field("[{string}]", "the status of each entry"),
    "reference": Field("[{object | null}]", "the digits behind each entry; null without a point", REFERENCE_KEYS),
}


def find(subject: Subject, *, along: Direction | None = None) -> Finding:
    """First derivatives of each expression by each variable, certified; with a direction v the products J*v.

    Without a point they are expressions. Raises UsageError where the direction does not fit. Cost: one
    gradient per expression; for a product one derivative.
    """
    roots = (subject.root, *subject.more)
    labels = [f"f{number}" for number in range(1, len(roots) + 1)] if len(roots) > 1 else ["f"]
    seeds = None if along is None else read_direction(along, subject.wrt)
    matrix: Matrix = {}
    for label, root in zip(labels, roots, strict=True):
        own = subject.replace(root=root)
        if seeds is None:
            matrix[label] = dict(zip(subject.wrt, solve_gradient(own, root, subject.wrt), strict=True))
        else:
            matrix[label] = {"along": solve_along(own, seeds)}
    return _make_finding(subject, matrix, seeds)


def _make_finding(subject: Subject, matrix: Matrix, seeds: dict[str, float] | None) -> Finding:
    answers = [answer for row in matrix.values() for answer in row.values()]
    worst = worst_answer(answers)
    roots = (subject.root, *subject.more)
    values = [{name: answer_cell(answer) for name, answer in row.items()} for row in matrix.values()]
    by = "by " if seeds is None else ""
    failures = [
        f"{label} {by}{name}: {explain_status(answer)}"
        for label, row in matrix.items()
        for name, answer in row.items()
        if answer.code and answer is worst_answer(list(row.values()))
    ]
    functions = [Fact(label, root) for label, root in zip(matrix, roots, strict=True)] if len(roots) > 1 else []
    return Finding(
        "jacobian",
        expression=roots if len(roots) > 1 else subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            **({"along": seeds} if seeds else {}),
            "value": values if seeds is None else [row["along"] for row in values],
            "components": [{name: answer.status for name, answer in row.items()} for row in matrix.values()],
            "reference": [{name: answer.reference for name, answer in row.items()} for row in matrix.values()],
        },
        facts=(*functions, *([describe_direction(seeds)] if seeds else ()), *certificate(answers)),
        sheets=(matrix_sheet(matrix, subject, ("along",) if seeds else ()),),
        plain=[] if all(answer.code for answer in answers) else _plain_lines(matrix, subject),
        sentence="; ".join(failures),
        code=worst.code,
        notes=tuple(dict.fromkeys(note for answer in answers for note in answer.notes)),
    )


def _plain_lines(matrix: Matrix, subject: Subject) -> list[list[Cell]]:
    """One expression per line, its values in the order of the variables; then a status where one is missing."""
    lines: list[list[Cell]] = []
    for row in matrix.values():
        missing = [answer.status for answer in row.values() if answer.code]
        lines.append([*(printed_cell(answer, subject) for answer in row.values()), *missing[:1]])
    return lines
