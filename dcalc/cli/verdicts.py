"""What a run comes to: its exit code, and what is said on stderr beside its records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.cli.output import Voice
    from dcalc.finding import Record
    from dcalc.problem import Answer, Report, Score

_CODES = {
    "ok": 0,
    "removable": 0,
    "undefined": 3,
    "not_differentiable": 3,
    "overflow": 3,
    "unresolved": 3,
    "unsupported": 4,
}
_WITHOUT = (3, 4)
"""Codes of what has no value: why stands on stderr."""
_MOST_TOLD = 10
"""Of more variables in one gradient the number is told."""


class Tally:
    """Looks at every report on its way to the format.

    With ``echo`` off, notes and statuses are not said: the format shows them to the same eyes.
    """

    def __init__(self, voice: Voice, *, batch: bool, sweep: bool, tolerance: float, echo: bool = True) -> None:
        self.voice = voice
        self.batch = batch
        self.several = batch or sweep
        self.tolerance = tolerance
        self.echo = echo
        self.code = 0
        self._seen = self._without = 0
        self._last: Record | None = None

    def watch(self, reports: Iterable[Record]) -> Iterator[Record]:
        """The same reports, counted."""
        for report in reports:
            self._seen += 1
            self._last = report
            code = self._judge(report)
            if code > 1 and self.several:
                self.failed()
            elif code:
                self.code = code
            if self.echo:
                if code and self.batch:
                    self._complain(report, report.line)
                self._note(report)
            yield report

    def failed(self) -> None:
        """One of several has no answer."""
        self._without += 1
        self.code = 1

    def close(self) -> int:
        """Say what is left to say, after the results; the exit code."""
        if self._last is not None and self.echo and not self.several:
            self._complain(self._last, None)
        if self._without and self._seen > 1:
            self.voice.note(f"{self._without} of {self._seen} without an answer")
        return self.code

    def _complain(self, report: Record, line: int | None) -> None:
        """Say of each answer without a value why; a failure was told where it happened."""
        if isinstance(report, Finding):
            if report.code in _WITHOUT:
                self.voice.status(report.status, report.sentence or report.status, line=line, id=report.id)
            return
        lacking = _without(report)
        for name, answer in lacking[:_MOST_TOLD]:
            place = f"by {name}: " if len(report.answers) > 1 else ""
            self.voice.status(answer.status, place + (answer.sentence or answer.status), line=line, id=report.id)
        if len(lacking) > _MOST_TOLD:
            sentence = f"{len(lacking) - _MOST_TOLD:,} more partial derivatives have no value"
            self.voice.status(lacking[_MOST_TOLD][1].status, sentence, line=line, id=report.id)

    def _note(self, report: Record) -> None:
        place = f"line {report.line}: " if self.batch else ""
        answers = () if isinstance(report, Finding) else report.answers
        for note in (*report.notes, *(note for answer in answers for note in answer.notes)):
            self.voice.note(place + note)

    def _judge(self, report: Record) -> int:
        """The exit code of one report."""
        if report.failure is not None:
            return 2
        if isinstance(report, Finding):
            return report.code
        if report.command == "compare" and any(
            is_off(score, answer, self.tolerance) for answer in report.answers for score in answer.scores
        ):
            return 1
        return next((_CODES.get(answer.status, 2) for _, answer in _without(report)), 0)


def _without(report: Report) -> list[tuple[str, Answer]]:
    names = report.wrt if len(report.answers) > 1 else ("",)
    pairs = zip(names, report.answers, strict=False)
    return [(name, answer) for name, answer in pairs if _CODES.get(answer.status, 2) and not answer.chosen]


def is_off(score: Score, answer: Answer, tolerance: float) -> bool:
    """True where a backend's number is wrong, or is one where the truth has none.

    A relative error, but absolute where the truth is 0.
    """
    if score.estimate.value is None or score.estimate.status not in ("ok", "removable"):
        return False
    if answer.value is None:
        return answer.status != "unresolved"
    error = score.rel_error if score.rel_error is not None else score.abs_error
    return error is None or not error <= tolerance
