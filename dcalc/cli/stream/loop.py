"""A stream of points from its first byte to the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.stream.engine import HEAD
from dcalc.cli.stream.vectors import has_fast
from dcalc.io.interrupt import between_rows
from dcalc.io.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcalc.cli.stream.chunk import Chunk, Results
    from dcalc.cli.stream.engine import Engine
    from dcalc.cli.stream.opened import Opened
    from dcalc.io.tally import Voice

_MOST_TOLD = 20
_GET_FAST = "pip install 'dcalc[fast]' makes long streams many times faster"


def run(opened: Opened, engine: Engine, tally: StreamTally, write: Callable[[bytes], object]) -> int:
    """Read, answer and write chunk by chunk; the exit code. Ctrl-C ends it between two rows."""
    form = opened.form
    with between_rows(lambda: opened.source.waits) as check:
        write(form.heading())
        for chunk in form.chunks():
            results = engine.answer(chunk)
            write(form.text(chunk, results))
            tally.count_chunk(chunk, results)
            check()
    if form.comments:
        tally.voice.note(f"lines passed over, since they begin with #: {form.comments:,}")
    return tally.close()


class StreamTally(Tally):
    """The tally of a stream, which also counts how its rows were answered.

    ``reach`` is called with the number of rows done.
    """

    def __init__(self, engine: Engine, voice: Voice, reach: Callable[[int], object] = lambda _: None) -> None:
        super().__init__(voice, several=True, most_errors=_MOST_TOLD)
        self.engine = engine
        self.reach = reach
        self.certified = self.vectorised = self.referred = 0
        for note in engine.task.question.notes:
            voice.note(note)

    def count_chunk(self, chunk: Chunk, results: Results) -> None:
        """Take note of a chunk; say what is wrong with its lines."""
        self.count_rows(len(chunk), results.without())
        self.certified += results.certified
        self.vectorised += results.vectorised
        self.referred += results.referred
        for row in sorted(results.bad):
            self.report_error(results.bad[row], line=chunk.lines[row], id=chunk.ids.get(row))
        for answers in results.answers.values():
            for answer in answers:
                for note in answer.notes:
                    self.voice.note(note)
        if self.rows > HEAD and not has_fast():
            self.voice.note(_GET_FAST)
        self.reach(self.rows)

    def close(self) -> int:
        """Say what is left to say; the exit code."""
        code = super().close()
        if self.vectorised or self.referred:
            self.voice.note(self._ways())
        return code

    def _ways(self) -> str:
        """How many rows went which way."""
        engine = self.engine
        how = "in doubles, with no bound on their error" if engine.mode == "fast" else f"within {engine.tolerance:g}"
        parts = [f"{self.vectorised:,} {how}"] if self.vectorised else []
        if self.certified + self.referred:
            parts.append(f"{self.certified + self.referred:,} certified")
        return f"{self.rows:,} points: " + ", ".join(parts)
