"""Chunks of rows to answers: with NumPy in bulk after the first rows, without it one row after the other."""

from __future__ import annotations

from typing import get_args

import pytest

from dcalc.bulk.kernel import Kernel, Mode
from dcalc.errors import DcalcError, LimitError
from dcalc.io.row_solver import HEAD, RowSolver
from dcalc.io.rows import Answers, Chunk, Task
from dcalc.parser import parse
from tests.cli.conftest import Run

TASK = Task(parse("x*abs(x - 1) + log(x)").root, ("x",), (("x",),), ("value",), "status")


def values(answers: Answers) -> list[float | None]:
    """The column of values, None where there is none."""
    return [None if value is None or value != value else float(value) for value in answers.values[0]]


@pytest.mark.parametrize("mode", get_args(Mode))
def test_every_mode_answers_with_and_without_numpy(extra: str, mode: Mode) -> None:
    solver = RowSolver(TASK, mode=mode, head=0, with_f=True)
    answers = solver.answer(Chunk([[0.5, 1.0, -1.0, 2.0]], range(1, 5)))
    assert values(answers)[3] == 3.5
    assert answers.f[3] == pytest.approx(2.6931471805599454, rel=1e-15)
    if mode == "fast" and extra == "fast":
        assert answers.vectorised == 4  # doubles have the last word, even at the kink
        return
    assert answers.odd_statuses() == {1: "not_differentiable", 2: "undefined"}
    assert values(answers)[1:3] == [None, None]
    assert answers.count_missing() == 2


def test_without_numpy_every_row_is_certified(extra: str) -> None:
    rows = HEAD + 50
    answers = RowSolver(TASK).answer(Chunk([[1.5 + row for row in range(rows)]], range(1, rows + 1)))
    assert answers.certified == (HEAD if extra == "fast" else rows)
    assert answers.vectorised + answers.referred + answers.certified == rows


def test_balls_certify_the_first_rows_as_the_reference_does() -> None:
    task = TASK._replace(root=parse("abs(x - 0.1)*x**3").root)
    column = [0.1, 0.0, 1e-6, float("nan"), -0.0, 1e200, *[0.37 * row - 20 for row in range(HEAD)]]
    long, short = (
        RowSolver(task, head=head).answer(Chunk([column], range(len(column)), bad={3: DcalcError("not a number")}))
        for head in (HEAD, len(column))
    )
    assert values(long)[:HEAD] == values(short)[:HEAD]
    assert long.odd_statuses() == short.odd_statuses() != {}
    assert [result.notes for result in long.results[0]] == [result.notes for result in short.results[0]] != [()]
    assert len(long.results) < 10 < HEAD <= len(short.results)
    assert not Kernel(parse("besselj(x, 2)").root, [("x",)], ["x"]).find_smooth([[1.0]])


@pytest.mark.parametrize("place", [0, 100, HEAD, HEAD + 1, HEAD + 49])
def test_a_bad_row_is_left_alone_wherever_it_stands(extra: str, place: int) -> None:
    rows = HEAD + 50
    column = [1.5 + row for row in range(rows)]
    good = values(RowSolver(TASK).answer(Chunk([column], range(rows))))
    column[place] = float("nan")
    answers = RowSolver(TASK).answer(Chunk([column], range(rows), bad={place: DcalcError("not a number")}))
    others = [value for row, value in enumerate(values(answers)) if row != place]
    assert answers.odd_statuses() == {place: "error"}
    assert values(answers)[place] is None
    assert others == pytest.approx([value for row, value in enumerate(good) if row != place], rel=1e-12)


def test_a_plain_install_says_what_would_be_faster(run: Run, extra: str) -> None:
    stdin = b"".join(b"%d.5\n" % number for number in range(1, 400))
    result = run("diff", "x**2", "--at", "-", "--fast", stdin=stdin)
    assert (result.code, result.out.splitlines()[-1]) == (0, "399.5\t799.0")
    advice = "note: pip install 'dcalc[fast]' makes long streams many times faster\n"
    assert result.err.count(advice) == (extra == "bare")


def test_where_the_kernel_takes_too_long_each_row_is_solved_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def take_long(*_: object, **__: object) -> None:
        raise LimitError("no answer within 3.5 seconds")

    monkeypatch.setattr("dcalc.bulk.kernel.Kernel", take_long)
    answers = RowSolver(TASK, head=0).answer(Chunk([[2.0, 3.0]], range(1, 3)))
    assert (values(answers), answers.certified) == ([3.5, 5 + 1 / 3], 2)
