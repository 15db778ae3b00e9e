"""No false statement of the corpus is made; and the corpus itself holds up against a second judge."""

from __future__ import annotations

from fractions import Fraction

import pytest

from tests.falsehoods import corpus
from tests.falsehoods.constants import double
from tests.falsehoods.rows import Question, Row
from tests.profile.formula import Foreign, read
from tests.profile.truth import truth

_SLOW = ("plots",)
"""Kinds whose rows take a third of a second each."""
ROWS = [
    pytest.param(row, id=f"{kind}: {row.label()}", marks=pytest.mark.slow if kind in _SLOW else ())
    for kind, rows in corpus.load().items()
    for row in rows
    if kind != "forms"  # which has a test of its own
]
QUESTIONS = [row.question for rows in corpus.load().values() for row in rows if row.question is not None]


@pytest.mark.parametrize("row", ROWS)
def test_nothing_false_is_said(row: Row) -> None:
    assert not row.fault(), row.source


def exactly(question: Question) -> str:
    """How the exact judge of pieces contradicts a row; "" where it agrees, or the row is not of its kind."""
    at = {}
    for place, part in enumerate(question.at.split(",")):
        name, _, number = part.rpartition("=")
        at[name or ("x", "y")[place]] = Fraction(float(number) if "." in number else number)  # a decimal is a double
    found = truth(read(question.f), question.wrt, at)
    if found.status != question.status:
        return f"{found}"
    return "" if question.value is None or float(found.value or 0) == double(question.value) else f"{found}"


def test_rows_agree_with_the_judge_of_pieces() -> None:
    judged = 0
    for question in QUESTIONS:
        try:
            contradiction = exactly(question)
        except (Foreign, ValueError):
            continue  # not of rational pieces, or not at a plain number
        judged += 1
        assert not contradiction, question
    assert judged >= 60
