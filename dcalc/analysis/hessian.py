"""The Hessian: all second derivatives, its eigenvalues, and what kind of point they make."""

from __future__ import annotations

from typing import Any

from dcalc.analysis.curvature import Curvature, find_curvature
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
    solve_hessian,
    solve_hessian_product,
    worst_answer,
)
from dcalc.finding import Finding, Said, Subject
from dcalc.problem import Answer


def find(subject: Subject, *, along: Direction | None = None) -> Finding:
    """Second derivatives by all pairs of variables, certified, with eigenvalues and definiteness;
    expressions without a point. With a direction v, the product H*v and the curvature along it.

    Raises UsageError where the direction does not fit. Cost: a gradient a variable; for a product
    one in all.
    """
    if along is not None:
        return _find_product(subject, read_direction(along, subject.wrt))
    matrix = solve_hessian(subject)
    every = [found for row in matrix.values() for found in row.values()]
    worst = worst_answer(every)
    shape = find_curvature(subject) if subject.at is not None and not worst.code else None
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "value": {
                first: {second: answer_cell(found) for second, found in row.items()} for first, row in matrix.items()
            },
            "components": _statuses(matrix),
            "reference": {first: {by: found.reference for by, found in row.items()} for first, row in matrix.items()},
            **(shape.record() if shape is not None else {"eigenvalues": None, "definiteness": None}),
        },
        said=_facts(shape),
        sheets=(matrix_sheet(matrix, subject),),
        plain=[*_plain_lines(subject, matrix), *(("eigenvalue", value) for value in (shape.values if shape else ()))],
        sentence=_sentence(matrix, worst, shape),
        code=worst.code,
    )


def _statuses(matrix: Matrix) -> dict[str, Any]:
    return {first: {second: found.status for second, found in row.items()} for first, row in matrix.items()}


def _facts(shape: Curvature | None) -> tuple[Said, ...]:
    if shape is None:
        return ()
    values = ", ".join("?" if value is None else repr(value) for value in shape.values)
    return (Said("eigenvalues", values, "strong"), Said("definiteness", shape.words))


def _plain_lines(subject: Subject, matrix: Matrix) -> list[tuple[Any, ...]]:
    """The upper half, a line each: `x,y` is what --wrt takes. Nothing where all is missing."""
    names = subject.wrt
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place:]]
    found = [(f"{first},{second}", matrix[first][second]) for first, second in pairs]
    if all(answer.code for _, answer in found):
        return []
    return [(name, printed_cell(answer, subject), *((answer.status,) if answer.code else ())) for name, answer in found]


def _sentence(matrix: Matrix, worst: Answer, shape: Curvature | None) -> str:
    if worst.code:
        pair = next(f"{a},{b}" for a, row in matrix.items() for b, found in row.items() if found is worst)
        return explain_status(worst, pair)
    return "" if shape is None else shape.sentence


def _find_product(subject: Subject, seeds: dict[str, float]) -> Finding:
    """H*v, and the second derivative along v."""
    parts = solve_hessian_product(subject, seeds)
    bend = solve_along(subject, seeds, order=2)
    worst = worst_answer([*parts.values(), bend])
    values = {name: answer_cell(found) for name, found in parts.items()}
    row = {"H*v": parts}
    lines = [
        *((name, printed_cell(found, subject)) for name, found in parts.items()),
        ("curvature", printed_cell(bend, subject)),
    ]
    where = next((name for name, found in parts.items() if found is worst), "along")
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={"along": seeds, "value": values, "curvature": answer_cell(bend)},
        said=(
            describe_direction(seeds),
            Said("curvature", printed_cell(bend, subject)),
        ),
        sheets=(matrix_sheet(row, subject),),
        plain=[] if worst.code and all(found.code for found in parts.values()) else lines,
        sentence=explain_status(worst, where) if worst.code else "",
        code=worst.code,
    )
