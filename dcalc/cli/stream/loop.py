"""A stream of points from its first byte to the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.cli.stream.engine import HEAD
from dcalc.cli.stream.interrupt import at_rows
from dcalc.cli.stream.vectors import has_fast

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcalc.cli.output import Voice
    from dcalc.cli.stream.chunk import Chunk, Results
    from dcalc.cli.stream.engine import Engine
    from dcalc.cli.stream.opened import Opened

_MOST_TOLD = 20
_GET_FAST = "pip install 'dcalc[fast]' makes long streams many times faster"


def run(opened: Opened, engine: Engine, account: Account, write: Callable[[bytes], object]) -> int:
    """Read, answer and write chunk by chunk; the exit code. Ctrl-C ends it between two rows."""
    form = opened.form
    with at_rows(opened.source) as check:
        write(form.heading())
        for chunk in form.chunks():
            results = engine.answer(chunk)
            write(form.text(chunk, results))
            account.count(chunk, results)
            check()
    if form.comments:
        account.voice.note(f"lines passed over, since they begin with #: {form.comments:,}")
    return account.close()


class Account:
    """What has been answered, and how; says what is wrong with a line when it comes, the rest at the end.

    ``reach`` is called with the number of rows done.
    """

    def __init__(self, engine: Engine, voice: Voice, reach: Callable[[int], object] = lambda _: None) -> None:
        self.engine = engine
        self.voice = voice
        self.reach = reach
        self.seen = self.without = self.failed = 0
        self.certified = self.vectorised = self.referred = 0
        for note in engine.task.question.notes:
            voice.note(note)

    def count(self, chunk: Chunk, results: Results) -> None:
        """Take note of a chunk; say what is wrong with its lines."""
        self.seen += len(chunk)
        self.certified += results.certified
        self.vectorised += results.vectorised
        self.referred += results.referred
        self.without += results.without()
        for row in sorted(results.bad):
            self.failed += 1
            if self.failed <= _MOST_TOLD:
                self.voice.error(results.bad[row], line=chunk.lines[row], id=chunk.ids.get(row))
        for answers in results.answers.values():
            for answer in answers:
                for note in answer.notes:
                    self.voice.note(note)
        if self.seen > HEAD and not has_fast():
            self.voice.note(_GET_FAST)
        self.reach(self.seen)

    def close(self) -> int:
        """Say what is left to say; the exit code."""
        if self.failed > _MOST_TOLD:
            self.voice.note(f"{self.failed - _MOST_TOLD:,} more lines are in error")
        if self.without and self.seen > 1:
            self.voice.note(f"{self.without} of {self.seen} without an answer")
        if self.vectorised or self.referred:
            self.voice.note(self._ways())
        return 1 if self.without else 0

    def _ways(self) -> str:
        """How many rows went which way."""
        engine = self.engine
        how = "in doubles, with no bound on their error" if engine.mode == "fast" else f"within {engine.tolerance:g}"
        parts = [f"{self.vectorised:,} {how}"] if self.vectorised else []
        if self.certified + self.referred:
            parts.append(f"{self.certified + self.referred:,} certified")
        return f"{self.seen:,} points: " + ", ".join(parts)
