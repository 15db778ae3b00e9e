"""A stream of rows from its first byte to the exit code: read, answered and written by the chunk."""

from __future__ import annotations

from itertools import chain
from time import process_time
from typing import TYPE_CHECKING, Protocol

from dcalc.io.complaints import Tally
from dcalc.io.doubles import has_fast
from dcalc.io.interrupt import between_rows
from dcalc.io.lines import Source, peek_row
from dcalc.io.parts import Outcome, PartAnswerer
from dcalc.io.recruits import hire
from dcalc.io.row_solver import HEAD
from dcalc.io.rows import kind_of_points, load_form, split_part

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from typing import BinaryIO

    from dcalc.bulk.kernel import Mode
    from dcalc.crew import Crew
    from dcalc.io.complaints import Voice
    from dcalc.io.lines import Block, Lines
    from dcalc.io.row_solver import RowSolver
    from dcalc.io.rows import Chunk, Form, RowKind

    Write = Callable[[bytes | memoryview], object]

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


class Prover(Protocol):
    """What answers rows, and how much it proves of them."""

    mode: Mode
    tolerance: float


class RowTally(Tally):
    """The tally of a stream or a table, which also counts how its rows were answered.

    ``prover`` is what answers them; ``reach`` is called with the number of rows done.
    """

    def __init__(self, prover: Prover, voice: Voice, reach: Callable[[int], object] = lambda _: None) -> None:
        super().__init__(voice, several=True, most_errors=MOST_ERRORS)
        self.prover = prover
        self.reach = reach
        self.certified = self.vectorised = self.referred = 0

    def count_outcome(self, outcome: Outcome) -> None:
        """Count some rows, and say what is wrong with them."""
        self.count_rows(outcome.rows, outcome.missing)
        self.certified += outcome.certified
        self.vectorised += outcome.vectorised
        self.referred += outcome.referred
        for message, line, identity in outcome.messages:
            if isinstance(message, str):
                self.voice.note(message)
            else:
                self.report_error(message, line=line, id=identity)
        if self.rows > HEAD and not has_fast():
            self.voice.note(_GET_FAST)
        self.reach(self.rows)

    def close(self) -> int:
        """Say what is left to say, how the rows were answered among it. Returns the exit code."""
        code = super().close()
        if self.vectorised or self.referred:
            how = "in doubles, with no bound on their error"
            if self.prover.mode != "fast":
                how = f"within {self.prover.tolerance:g}"
            ways = ((self.vectorised, how), (self.certified + self.referred, "certified"))
            self.voice.note(f"{self.rows:,} points: " + ", ".join(f"{count:,} {way}" for count, way in ways if count))
        return code


def answer_stream(rows: RowStream, solver: RowSolver, tally: RowTally, write: Write, jobs: int) -> int:
    """Read, answer and write all rows. Returns the exit code. Ctrl-C ends it between two rows.

    The form of the rows has taken the solver's task. A long stream is shared among so many processes, where there are
    such.
    """
    form = rows.form
    with between_rows(lambda: rows.source.waits) as check:

        def finish(pieces: Iterable[bytes | memoryview], outcome: Outcome) -> None:
            for piece in pieces:
                write(piece)
            tally.count_outcome(outcome)
            check()

        unread = form.read_parts()
        ahead: list[Chunk] = []

        def read_ahead() -> bool:
            """Take a part apart; False where there is none that is to be taken apart here, or has come already."""
            is_wanted = form.is_compact and len(ahead) < _AHEAD and rows.source.is_ready(0)
            part = next(unread, None) if is_wanted else None
            ahead.extend(() if part is None else split_part(form, part))
            return part is not None

        crew = hire(PartAnswerer(form, solver), jobs, read_ahead) if jobs > 1 and rows.source.is_long else None
        if crew is None and solver.mode == "fast":
            solver.prepare()  # where that cannot be done, nothing is written
        write(form.format_heading())
        parts: Iterator[Block | Lines | Chunk] = chain(ahead, unread)
        begun = process_time()
        for part in parts:
            if jobs > 1 and crew is None and (tally.rows >= _LONG or process_time() - begun > _LONG_TIME):
                crew, jobs = hire(PartAnswerer(form, solver), jobs), 1
            if crew is not None:
                _share_parts(rows, chain([part], parts), solver, crew, finish)
                break
            for chunk in split_part(form, part):
                answers = solver.answer(chunk)
                finish(form.format_rows(chunk, answers), Outcome.of_chunk(chunk, answers))
    return tally.close()


_AHEAD = 128
"""The most pieces that are taken apart while other processes get ready."""
_LONG, _LONG_TIME = 1 << 16, 0.1
"""Rows, or seconds of computing, after which a stream is worth other processes: they cost some 10 ms."""
_PAUSE = 5
"""Milliseconds without input after which what other processes have done is waited for and written."""


def _share_parts(
    rows: RowStream, parts: Iterable[Block | Lines | Chunk], solver: RowSolver, crew: Crew,
    finish: Callable[[Iterable[bytes | memoryview], Outcome], None],
) -> None:  # fmt: skip
    """Have a crew answer the rest of a stream, all of it before more input is awaited; ``finish`` writes what is
    answered, in order.
    """
    source, form = rows.source, rows.form

    def take() -> None:
        for results in crew.take():
            for pieces, outcome in results:
                finish(pieces, outcome)

    def before_waiting() -> None:
        while crew.pending:
            take()
        flush()

    flush, source.before_waiting, source.patience = source.before_waiting, before_waiting, _PAUSE
    try:
        for part in _mark_head(form, parts, solver.take_head()):
            for piece in split_part(form, part) if form.is_compact and crew.is_full else [part]:
                while crew.is_full:
                    take()
                crew.send(piece)
        before_waiting()
        crew.dismiss()
    finally:
        crew.close()


_PIECE = 64
"""Rows of the head that are certified at a time, so that all processes have a share of it."""


def _mark_head(form: Form, parts: Iterable[Block | Lines | Chunk], count: int) -> Iterator[Block | Lines | Chunk]:
    """The parts, of which the first ``count`` rows are marked as the head."""
    for part in parts:
        if not count:
            yield part
            continue
        for chunk in split_part(form, part):
            size = min(count, len(chunk))
            count -= size
            for start in range(0, size, _PIECE):
                yield chunk.part(start, min(start + _PIECE, size), is_head=True)
            if size < len(chunk):
                yield chunk.part(size, len(chunk))
