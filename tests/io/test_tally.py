"""One place counts rows without an answer, limits what is told of them, and decides the exit code."""

from __future__ import annotations

import pytest

from dcalc.errors import DcalcError
from dcalc.finding import Finding
from dcalc.io.complaints import Tally, Voice
from dcalc.records import Lazy


class Ear(Voice):
    """Hears what is said."""

    notes: Lazy[list[str]] = Lazy(list)
    lines: Lazy[list[int | None]] = Lazy(list)

    def error(self, error: DcalcError, *, line: int | None = None, id: object = None) -> None:
        self.lines.append(line)

    def note(self, text: str) -> None:
        self.notes.append(text)


@pytest.mark.parametrize("code", [0, 1, 2, 3, 4])
def test_a_single_row_has_its_own_code(code: int) -> None:
    ear = Ear()
    tally = Tally(ear, several=False, echo=False)
    list(tally.watch([Finding("diff", code=code)]))
    assert (tally.close(), ear.notes) == (code, [])


@pytest.mark.parametrize(
    ("codes", "code", "notes"),
    [
        ((0, 0), 0, []),
        ((0, 3, 0), 1, ["1 of 3 without an answer"]),
        ((4,), 1, []),
        ((0, 1), 1, []),  # a negative verdict is an answer
        ((2, 3), 1, ["2 of 2 without an answer"]),
    ],
)
def test_of_several_rows_one_without_an_answer_makes_it_1(codes: tuple[int, ...], code: int, notes: list[str]) -> None:
    ear = Ear()
    tally = Tally(ear, several=True, echo=False)
    list(tally.watch(Finding("diff", code=one) for one in codes))
    assert (tally.close(), ear.notes) == (code, notes)


def test_rows_by_the_chunk() -> None:
    ear = Ear()
    tally = Tally(ear, several=True)
    tally.count_rows(1000, 0)
    assert tally.code == 0
    tally.count_rows(1000, 7)
    tally.count_missing()  # one that was counted as answered could not be written
    assert (tally.close(), ear.notes) == (1, ["8 of 2000 without an answer"])


def test_not_all_errors_are_told() -> None:
    ear = Ear()
    tally = Tally(ear, several=True, most_errors=2)
    for line in range(1, 1300):
        tally.report_error(DcalcError("no"), line=line, id=None)
    tally.close()
    assert (ear.lines, ear.notes) == ([1, 2], ["1,297 more lines are in error"])
