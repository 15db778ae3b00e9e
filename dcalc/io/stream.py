"""A stream of rows from its first byte to the exit code: read, answered and written by the chunk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from dcalc.io.interrupt import between_rows
from dcalc.io.lines import Source, peek_row
from dcalc.io.numbers import has_fast
from dcalc.io.row_solver import HEAD
from dcalc.io.rows import kind_of_points, load_form
from dcalc.io.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from typing import BinaryIO

    from dcalc.bulk import Mode
    from dcalc.io.row_solver import RowSolver
    from dcalc.io.rows import Answers, Chunk, RowKind
    from dcalc.io.tally import Voice

MOST_ERRORS = 20
"""The errors of a stream that are printed one by one."""
_GET_FAST = "pip install 'dcalc[fast]' makes long streams many times faster"


class RowStream:
    """Rows that come on a stream: their kind, the form that reads and writes them, the names they give.

    ``kind`` is that of the first row where it is None; ``variables`` are those that points are
    expected of. ``before_waiting`` is called each time that more input must be waited for. Raises
    DcalcError.
    """

    def __init__(
        self,
        stream: BinaryIO,
        kind: RowKind | None,
        variables: Collection[str],
        *,
        exact: bool,
        before_waiting: Callable[[], object],
    ) -> None:
        self.source = Source(stream, before_waiting)
        first, blocks = peek_row(self.source)
        self.kind: RowKind = kind or kind_of_points(first, variables)
        self.form = load_form(self.kind)(blocks, first, exact=exact)
        self.names = self.form.read_names()


class StreamTally(Tally):
    """The tally of a stream, which also counts how its rows were answered.

    ``reach`` is called with the number of rows done.
    """

    def __init__(self, solver: RowSolver, voice: Voice, reach: Callable[[int], object] = lambda _: None) -> None:
        super().__init__(voice, several=True, most_errors=MOST_ERRORS)
        self.solver = solver
        self.reach = reach
        self.certified = self.vectorised = self.referred = 0

    def count_chunk(self, chunk: Chunk, answers: Answers) -> None:
        """Count the rows of a chunk, and say what is wrong with them."""
        self.count_rows(len(chunk), answers.count_missing())
        self.certified += answers.certified
        self.vectorised += answers.vectorised
        self.referred += answers.referred
        for row in sorted(answers.bad):
            self.report_error(answers.bad[row], line=chunk.lines[row], id=chunk.ids.get(row))
        for results in answers.results.values():
            for result in results:
                for note in result.notes:
                    self.voice.note(note)
        if self.rows > HEAD and not has_fast():
            self.voice.note(_GET_FAST)
        self.reach(self.rows)

    def close(self) -> int:
        """Say what is left to say, how the rows were answered among it. Returns the exit code."""
        code = super().close()
        if self.vectorised or self.referred:
            self.voice.note(describe_ways(self.solver, self.rows, self.vectorised, self.certified + self.referred))
        return code


class Prover(Protocol):
    """What answers rows, and how much it proves of them."""

    mode: Mode
    tolerance: float


def describe_ways(prover: Prover, rows: int, vectorised: int, certified: int) -> str:
    """How rows were answered."""
    how = "in doubles, with no bound on their error" if prover.mode == "fast" else f"within {prover.tolerance:g}"
    parts = [f"{vectorised:,} {how}"] if vectorised else []
    if certified:
        parts.append(f"{certified:,} certified")
    return f"{rows:,} points: " + ", ".join(parts)


def answer_stream(rows: RowStream, solver: RowSolver, tally: StreamTally, write: Callable[[bytes], object]) -> int:
    """Read, answer and write all rows. Returns the exit code. Ctrl-C ends it between two rows.

    The form of the rows has taken the solver's task.
    """
    form = rows.form
    with between_rows(lambda: rows.source.waits) as check:
        write(form.format_heading())
        for chunk in form.read_chunks():
            answers = solver.answer(chunk)
            for piece in form.format_rows(chunk, answers):
                write(piece)
            tally.count_chunk(chunk, answers)
            check()
    return tally.close()
