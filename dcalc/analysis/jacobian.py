"""The Jacobian: the gradients of several expressions, a row each."""

from __future__ import annotations

from dcalc.analysis.toolkit import (
    Direction,
    Matrix,
    answer_cell,
    describe_direction,
    explain_status,
    matrix_sheet,
    printed_cell,
    read_direction,
    solve_along,
    solve_gradient,
    worst_answer,
)
from dcalc.finding import Cell, Finding, Said, Subject


def find(subject: Subject, *, along: Direction | None = None) -> Finding:
    """First derivatives of each expression by each variable, certified; expressions without a point.
    With a direction v, the products J*v.

    Raises UsageError where the direction does not fit. Cost: a gradient an expression; for products
    one derivative.
    """
    roots = (subject.root, *subject.more)
    labels = [f"f{number}" for number in range(1, len(roots) + 1)] if len(roots) > 1 else ["f"]
    seeds = None if along is None else read_direction(along, subject.wrt)
    rows = {}
    for label, root in zip(labels, roots, strict=True):
        own = subject._replace(root=root)
        if seeds is None:
            rows[label] = dict(zip(subject.wrt, solve_gradient(own, root, subject.wrt), strict=True))
        else:
            rows[label] = {"along": solve_along(own, seeds)}
    return _make_finding(subject, rows, seeds)


def _make_finding(subject: Subject, rows: Matrix, seeds: dict[str, float] | None) -> Finding:
    answers = [found for row in rows.values() for found in row.values()]
    worst = worst_answer(answers)
    roots = (subject.root, *subject.more)
    values = [{name: answer_cell(found) for name, found in row.items()} for row in rows.values()]
    place = next(
        (
            f"{label} {'by ' if seeds is None else ''}{name}"
            for label, row in rows.items()
            for name in row
            if row[name] is worst
        ),
        "",
    )
    named = [Said(label, root) for label, root in zip(rows, roots, strict=True)] if len(roots) > 1 else []
    direction = [describe_direction(seeds)] if seeds else []
    return Finding(
        "jacobian",
        expression=subject.root if len(roots) == 1 else None,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            **({"expression": list(roots)} if len(roots) > 1 else {}),
            **({"along": seeds} if seeds else {}),
            "value": values if seeds is None else [row["along"] for row in values],
            "components": [{name: found.status for name, found in row.items()} for row in rows.values()],
            "reference": [{name: found.reference for name, found in row.items()} for row in rows.values()],
        },
        said=(*named, *direction),
        sheets=(matrix_sheet(rows, subject, ("along",) if seeds else None),),
        plain=[] if all(found.code for found in answers) else _plain_lines(rows, subject),
        sentence=f"{place}: {explain_status(worst)}" if worst.code else "",
        code=worst.code,
    )


def _plain_lines(rows: Matrix, subject: Subject) -> list[list[Cell]]:
    """A line an expression, its values in the order of the variables; a status behind, where one lacks."""
    lines: list[list[Cell]] = []
    for row in rows.values():
        missing = [found.status for found in row.values() if found.code]
        lines.append([*(printed_cell(found, subject) for found in row.values()), *missing[:1]])
    return lines
