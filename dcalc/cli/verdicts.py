"""What a run comes to: its exit code, and what is said on stderr beside its records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from dcalc.io.tally import Tally
from dcalc.solve import is_off

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.cli.voice import Voice
    from dcalc.finding import Record
    from dcalc.problem import Report, Result

_MOST_TOLD = 10
"""Of more variables in one gradient the number is told."""


R = TypeVar("R", bound="Record")


class RecordTally(Tally, Generic[R]):
    """Looks at every record on its way to the format; what it makes of one, its kind says.

    With ``echo`` off, notes and statuses are not said: the format shows them to the same eyes.
    """

    def __init__(self, voice: Voice, *, batch: bool, sweep: bool, tolerance: float, echo: bool = True) -> None:
        super().__init__(voice, several=batch or sweep)
        self.voice: Voice = voice
        self.batch = batch
        self.tolerance = tolerance
        self.echo = echo
        self._last: R | None = None

    def watch(self, records: Iterable[R]) -> Iterator[R]:
        """The same records, counted."""
        for record in records:
            self._last = record
            code = 2 if record.failure is not None else self.judge(record)
            self.count_record(code)
            if self.echo:
                if code and self.batch:
                    self.complain(record, record.line)
                self._note(record)
            yield record

    def close(self) -> int:
        """Say what is left to say, after the results; the exit code."""
        if self._last is not None and self.echo and not self.several:
            self.complain(self._last, None)
        return super().close()

    def _note(self, record: R) -> None:
        place = f"line {record.line}: " if self.batch else ""
        for note in self.notes(record):
            self.voice.note(place + note)

    def judge(self, record: R) -> int:
        """The exit code of a record that is no failure."""
        raise NotImplementedError

    def complain(self, record: R, line: int | None) -> None:
        """Say why there is no value, where there is none; a failure was told where it happened."""
        raise NotImplementedError

    def notes(self, record: R) -> Iterable[str]:
        """What else is to be said."""
        return record.notes


class Reports(RecordTally["Report"]):
    """Derivatives at points."""

    def judge(self, record: Report) -> int:
        """As its answers say; 1 where a backend is off."""
        if record.command == "compare" and any(
            is_off(score, answer, self.tolerance) for answer in record.answers for score in answer.scores
        ):
            return 1
        return next((answer.code for _, answer in _without(record)), 0)

    def complain(self, record: Report, line: int | None) -> None:
        """Say of each answer without a value why."""
        lacking = _without(record)
        for name, answer in lacking[:_MOST_TOLD]:
            place = f"by {name}: " if len(record.answers) > 1 else ""
            self.voice.status(answer.status, place + (answer.reason or answer.status), line=line, id=record.id)
        if len(lacking) > _MOST_TOLD:
            sentence = f"{len(lacking) - _MOST_TOLD:,} more partial derivatives have no value"
            self.voice.status(lacking[_MOST_TOLD][1].status, sentence, line=line, id=record.id)

    def notes(self, record: Report) -> Iterable[str]:
        """Those of the record and of its answers."""
        return (*record.notes, *(note for answer in record.answers for note in answer.notes))


def _without(report: Report) -> list[tuple[str, Result]]:
    names = report.wrt if len(report.answers) > 1 else ("",)
    pairs = zip(names, report.answers, strict=False)
    return [(name, answer) for name, answer in pairs if answer.code and not answer.chosen]
