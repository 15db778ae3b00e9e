"""Parts of a stream to text, in processes that share it.

What is told to another process is a form, and a solver; where a program in doubles is all that most rows need, the
program goes beside the solver, which then knows of the expression and is loaded for a row that needs it: most streams
have none.
"""

from __future__ import annotations

import pickle
from functools import cached_property
from pickle import PickleBuffer
from typing import TYPE_CHECKING, Any

from dcalc.io.rows import Answers, split_part
from dcalc.records import NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcalc.bulk.column_blocks import Blocks
    from dcalc.bulk.ufunc_program import Layout
    from dcalc.errors import DcalcError
    from dcalc.io.lines import Block, Lines
    from dcalc.io.row_solver import RowSolver
    from dcalc.io.rows import Chunk, Form

    Message = tuple[DcalcError | str, int | None, object]


class Outcome(NamedTuple):
    """How some rows came out: what is counted, and what is to be said of them.

    The ``messages`` are errors, with their lines and ids, and notes, in the order of the rows: it does not depend on
    which rows were answered together.
    """

    rows: int
    missing: int
    certified: int
    vectorised: int
    referred: int
    messages: Iterable[Message]

    @classmethod
    def of_chunk(cls, chunk: Chunk, answers: Answers) -> Outcome:
        """That of some rows and their answers."""
        notes: set[str] = set()
        messages: list[Message] = []
        for row in sorted({*answers.bad, *answers.results}):
            if row in answers.bad:
                messages.append((answers.bad[row], chunk.lines[row], chunk.ids.get(row)))
                continue
            for result in answers.results[row]:
                messages += [(note, None, None) for note in result.notes if note not in notes]
                notes.update(result.notes)
        messages += [(note, None, None) for note in answers.notes]
        return cls(
            len(chunk),
            answers.count_missing(),
            answers.certified,
            answers.vectorised,
            answers.referred,
            messages,
        )


class PartAnswerer:
    """What processes do that share a stream: parts of it to text and what is counted.

    ``solver``, loaded or pickled, answers rows, and ``layout``, if there is one, is a program that answers most.
    """

    def __init__(self, form: Form, solver: RowSolver | bytes, layout: Layout | None = None) -> None:
        self.form = form
        self.layout = layout
        self._solver = solver

    def __reduce__(self) -> tuple[type[PartAnswerer], tuple[Any, ...]]:
        """In another process a solver that has a layout is not loaded before it is needed. Raises what the solver's
        `prepare` raises."""
        layout = self.solver.find_layout()
        return PartAnswerer, (self.form, self.solver if layout is None else pickle.dumps(self.solver), layout)

    @cached_property
    def solver(self) -> RowSolver:
        """What answers rows."""
        return pickle.loads(self._solver) if isinstance(self._solver, bytes) else self._solver

    def load(self) -> None:
        """Load what answers rows."""
        if self.layout is None:
            self.solver.load()
        else:
            self._blocks.load()

    @cached_property
    def _blocks(self) -> Blocks:
        from dcalc.bulk.column_blocks import Blocks

        return Blocks(None, 0.0, bounded=False, tight=self.layout)

    def __call__(self, task: Block | Lines | Chunk) -> list[tuple[list[PickleBuffer], Outcome]]:
        """The pieces of the text, and how it came out, by the chunk."""
        results = []
        for chunk in split_part(self.form, task):
            answers = self._run_layout(chunk)
            if answers is None:
                self.solver.take_head()  # whose rows are marked
                answers = self.solver.answer(chunk)
            pieces = [*map(PickleBuffer, self.form.format_rows(chunk, answers))]
            results.append((pieces, Outcome.of_chunk(chunk, answers)))
        return results

    def _run_layout(self, chunk: Chunk) -> Answers | None:
        """The answers where the layout has one for each row; else None."""
        if self.layout is None or chunk.bad:
            return None
        import numpy as np

        columns = [np.asarray(column, dtype=np.float64) for column in chunk.columns]
        values, doubtful, _ = self._blocks.run(columns, len(chunk))
        if doubtful:
            self.layout = None  # where there are such rows there are more of them
            return None
        return Answers(columns, values, None, {}, {}, vectorised=len(chunk))
