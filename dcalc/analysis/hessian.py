"""The Hessian: all second derivatives, its eigenvalues, and what kind of point they make."""

from __future__ import annotations

from itertools import combinations_with_replacement
from typing import Any, get_args

from dcalc.analysis.answers import REFERENCE_KEYS
from dcalc.analysis.curvature import Curvature, Definiteness, find_curvature
from dcalc.analysis.toolkit import (
    Direction,
    Matrix,
    answer_cell,
    certificate,
    describe_direction,
    explain_status,
    matrix_sheet,
    note_point,
    printed_cell,
    read_direction,
    solve_along,
    solve_hessian,
    solve_hessian_product,
    worst_answer,
)
from dcalc.finding import Fact, Field, Finding, Subject
from dcalc.problem import Result

_MOST_NOTED = 4
"""Variables whose second derivatives are compared with those at a decimal beside the point."""
RECORD = {
    "shapes": Field("{[integer | string]}", "of arrays: the lengths of the axes, by variable", optional=True),
    "value": Field(
        "{{number | string | null | [any]} | number | string | null}",
        "second derivatives, by the variable of the row first, by arrays in nested lists; with --along the product H*v",
    ),
    "components": Field("{{string}}", "the status of each entry", optional=True),
    "reference": Field(
        "{{object | null}}", "the digits behind each entry; null without a point", REFERENCE_KEYS, optional=True
    ),
    "eigenvalues": Field(
        "[number | null] | null",
        "ascending, null where not decided; null where f is not proved to be twice differentiable",
        optional=True,
    ),
    "definiteness": Field(
        "string | null",
        "the signs of the eigenvalues; null where they are not decided",
        values=get_args(Definiteness),
        optional=True,
    ),
    "verdict": Field("string", "what kind of point it is, as a sentence", optional=True),
    "along": Field("{number}", "the direction of --along", optional=True),
    "curvature": Field("number | string | null", "the second derivative along the direction", optional=True),
}


def find(subject: Subject, *, along: Direction | None = None) -> Finding:
    """Second derivatives by all pairs of variables, certified, with eigenvalues and definiteness.

    Without a point they are expressions. With a direction v the finding is the product H*v and the
    curvature along v. Raises UsageError where the direction does not fit. Cost: one gradient per variable;
    for a product one in all.
    """
    if along is not None:
        return _find_product(subject, read_direction(along, subject.wrt))
    matrix = solve_hessian(subject)
    answers = [answer for row in matrix.values() for answer in row.values()]
    worst = worst_answer(answers)
    curvature = find_curvature(subject) if subject.at is not None and not worst.code else None
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "value": {first: {by: answer_cell(answer) for by, answer in row.items()} for first, row in matrix.items()},
            "components": _statuses(matrix),
            "reference": {first: {by: answer.reference for by, answer in row.items()} for first, row in matrix.items()},
            **(curvature.record() if curvature is not None else {"eigenvalues": None, "definiteness": None}),
        },
        facts=(*_facts(curvature), *certificate(answers)),
        sheets=(matrix_sheet(matrix, subject),),
        plain=[
            *_plain_lines(subject, matrix),
            *(("eigenvalue", value) for value in (curvature.values if curvature else ())),
        ],
        sentence=_describe(matrix, worst, curvature),
        code=worst.code,
        notes=tuple(dict.fromkeys((*_note_point(subject), *(note for answer in answers for note in answer.notes)))),
    )


def _note_point(subject: Subject) -> tuple[str, ...]:
    """What a double hides of the gradient, or else of the second derivatives."""
    names = subject.wrt[:_MOST_NOTED]
    slopes = note_point(subject, *((name,) for name in subject.wrt))
    return slopes or note_point(subject, *combinations_with_replacement(names, 2))


def _statuses(matrix: Matrix) -> dict[str, Any]:
    return {first: {second: answer.status for second, answer in row.items()} for first, row in matrix.items()}


def _are_same(one: Result, other: Result) -> bool:
    return (one.value, one.status, one.derivative) == (other.value, other.status, other.derivative)


def _facts(curvature: Curvature | None) -> tuple[Fact, ...]:
    if curvature is None or not curvature.values:
        return ()
    values = ", ".join("?" if value is None else repr(value) for value in curvature.values)
    return (Fact("definiteness", curvature.words), Fact("eigenvalues", values))


def _plain_lines(subject: Subject, matrix: Matrix) -> list[tuple[Any, ...]]:
    """One entry per line, under the `x,y` that --wrt takes; nothing where no entry has a value.

    Those below the diagonal are left out where they are the same as those above it.
    """
    names = subject.wrt
    pairs = [
        (first, second)
        for place, first in enumerate(names)
        for other, second in enumerate(names)
        if other >= place or not _are_same(matrix[first][second], matrix[second][first])
    ]
    answers = [(f"{first},{second}", matrix[first][second]) for first, second in pairs]
    if all(answer.code for _, answer in answers):
        return []
    return [
        (name, printed_cell(answer, subject), *((answer.status,) if answer.code else ())) for name, answer in answers
    ]


def _describe(matrix: Matrix, worst: Result, curvature: Curvature | None) -> str:
    if worst.code:
        pair = next(f"{a},{b}" for a, row in matrix.items() for b, answer in row.items() if answer is worst)
        return explain_status(worst, pair)
    return "" if curvature is None else curvature.sentence


def _find_product(subject: Subject, seeds: dict[str, float]) -> Finding:
    """The product H*v, and the second derivative along v."""
    product = solve_hessian_product(subject, seeds)
    curvature = solve_along(subject, seeds, order=2)
    worst = worst_answer([*product.values(), curvature])
    lines = [
        *((name, printed_cell(answer, subject)) for name, answer in product.items()),
        ("curvature", printed_cell(curvature, subject)),
    ]
    where = next((name for name, answer in product.items() if answer is worst), "along")
    return Finding(
        "hessian",
        expression=subject.root,
        wrt=subject.wrt,
        at=subject.at,
        status=worst.status,
        record={
            "along": seeds,
            "value": {name: answer_cell(answer) for name, answer in product.items()},
            "curvature": answer_cell(curvature),
        },
        facts=(
            describe_direction(seeds),
            Fact("curvature", printed_cell(curvature, subject), wraps=subject.at is None),
        ),
        sheets=(matrix_sheet({"H*v": product}, subject),),
        plain=[] if worst.code and all(answer.code for answer in product.values()) else lines,
        sentence=explain_status(worst, where) if worst.code else "",
        code=worst.code,
        notes=_note_point(subject),
    )
