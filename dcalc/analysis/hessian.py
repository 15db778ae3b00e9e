"""The Hessian: all second derivatives, its eigenvalues, and what kind of point they make."""

from __future__ import annotations

from typing import Any

from dcalc.analysis.curvature import Curvature, curvature
from dcalc.analysis.toolkit import (
    Direction,
    Matrix,
    cell,
    direction_of,
    directional,
    product,
    said_along,
    said_of,
    seconds,
    shown,
    status_of,
    table,
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
        return _product(subject, direction_of(along, subject.wrt))
    matrix = seconds(subject)
    every = [found for row in matrix.values() for found in row.values()]
    worst = status_of(every)
    shape = curvature(subject) if subject.at is not None and not worst.code else None
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "value": {first: {second: cell(found) for second, found in row.items()} for first, row in matrix.items()},
            "components": _components(matrix),
            "reference": {first: {by: found.reference for by, found in row.items()} for first, row in matrix.items()},
            **(shape.record() if shape is not None else {"eigenvalues": None, "definiteness": None}),
        },
        said=_said(shape),
        sheets=(table(matrix, subject),),
        plain=[*_lines(subject, matrix), *(("eigenvalue", value) for value in (shape.values if shape else ()))],
        sentence=_sentence(matrix, worst, shape),
        code=worst.code,
    )


def _components(matrix: Matrix) -> dict[str, Any]:
    return {first: {second: found.status for second, found in row.items()} for first, row in matrix.items()}


def _said(shape: Curvature | None) -> tuple[Said, ...]:
    if shape is None:
        return ()
    values = ", ".join("?" if value is None else repr(value) for value in shape.values)
    return (Said("eigenvalues", values, "strong"), Said("definiteness", shape.words))


def _lines(subject: Subject, matrix: Matrix) -> list[tuple[Any, ...]]:
    """The upper half, a line each: `x,y` is what --wrt takes. Nothing where all is missing."""
    names = subject.wrt
    pairs = [(first, second) for place, first in enumerate(names) for second in names[place:]]
    found = [(f"{first},{second}", matrix[first][second]) for first, second in pairs]
    if all(answer.code for _, answer in found):
        return []
    return [(name, shown(answer, subject), *((answer.status,) if answer.code else ())) for name, answer in found]


def _sentence(matrix: Matrix, worst: Answer, shape: Curvature | None) -> str:
    if worst.code:
        pair = next(f"{a},{b}" for a, row in matrix.items() for b, found in row.items() if found is worst)
        return said_of(worst, pair)
    return "" if shape is None else shape.sentence


def _product(subject: Subject, seeds: dict[str, float]) -> Finding:
    """H*v, and the second derivative along v."""
    parts = product(subject, seeds)
    bend = directional(subject, seeds, order=2)
    worst = status_of([*parts.values(), bend])
    values = {name: cell(found) for name, found in parts.items()}
    row = {"H*v": parts}
    lines = [*((name, shown(found, subject)) for name, found in parts.items()), ("curvature", shown(bend, subject))]
    where = next((name for name, found in parts.items() if found is worst), "along")
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={"along": seeds, "value": values, "curvature": cell(bend)},
        said=(
            said_along(seeds),
            Said("curvature", shown(bend, subject)),
        ),
        sheets=(table(row, subject),),
        plain=[] if worst.code and all(found.code for found in parts.values()) else lines,
        sentence=said_of(worst, where) if worst.code else "",
        code=worst.code,
    )
