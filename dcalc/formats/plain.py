"""Results for the next program in the pipe: no box, no wrapping, one record a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcalc.figures import number
from dcalc.formats.record.texts import Texts, comment, each, overall, point

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcalc.finding import Finding
    from dcalc.formats import Style
    from dcalc.problem import Report, Result, Score


def render(reports: Iterable[Report], style: Style) -> Iterator[str]:
    """The lines of every report; nothing for a single problem without a value."""
    lines = _Lines(style)
    return (text for text in each(reports, style, lines.of) if text)


def present(findings: Iterable[Finding], style: Style) -> Iterator[str]:
    """The lines of every finding, its verdict last."""
    return (text for finding in findings if (text := _found(finding, style)))


def _found(finding: Finding, style: Style) -> str:
    from dcalc.formats.record import found  # a derivative, by far the most that is asked, does without

    if finding.failure is not None:
        return found.without(finding, style)
    before = found.before(finding, style)
    lines = ["\t".join([*before, *cells]) for cells in found.lines(finding)]
    if said := found.says(finding):
        lines.append("\t".join([*before, said]))
    return "".join(line + "\n" for line in lines)


class _Lines:
    """Reports to lines in one style."""

    def __init__(self, style: Style) -> None:
        self.style = style
        self.texts = Texts(style)

    def of(self, report: Report) -> str:
        """The lines of one report, each with its newline."""
        if report.failure is not None:
            return self._without("error", report.failure.message)
        scored = self.style.backends or report.command == "compare"
        if scored and any(answer.scores for answer in report.answers):
            return self._scored(report)
        if report.command == "grad":
            return self._grad(report)
        return self._single(report)

    def _without(self, status: str, sentence: str) -> str:
        """A place held for what has no value, where there are others beside it."""
        return comment(status, sentence) if self.style.batch or self.style.sweep else ""

    def _single(self, report: Report) -> str:
        answer = report.answers[0]
        text = self.texts.result(report, answer)
        if self._beside_point(report):
            return f"{point(report)}\t{text}\n" if text else f"{point(report)}\t\t{answer.status}\n"
        return text + "\n" if text else self._without(answer.status, answer.reason)

    def _grad(self, report: Report) -> str:
        cells = [self.texts.result(report, answer) or "" for answer in report.answers]
        worst = overall(report) if report.answers else None
        if self._beside_point(report):
            status = [] if all(cells) or worst is None else [worst.status]
            return "\t".join([point(report), *cells, *status]) + "\n"
        if self.style.batch:
            if worst is not None and not all(cells):
                return self._without(worst.status, worst.reason)
            return "\t".join(cells) + "\n"
        if not any(cells):
            return ""
        parts = zip(report.wrt, cells, report.answers, strict=True)
        return "".join(self._partial(name, cell, answer) for name, cell, answer in parts)

    def _partial(self, name: str, cell: str, answer: Result) -> str:
        return f"{name}\t{cell}\n" if cell else f"{name}\t\t{answer.status}\n"

    def _beside_point(self, report: Report) -> bool:
        return self.style.sweep and report.at is not None

    def _scored(self, report: Report) -> str:
        """A line a backend, after what tells the reports apart."""
        before = []
        if self.style.batch:
            before.append(self.texts.expression(report))
        if self._beside_point(report):
            before.append(point(report))
        rows = []
        for index, answer in enumerate(report.answers):
            name = [report.wrt[index]] if report.command == "grad" else []
            rows += ["\t".join([*before, *name, *self._score(score)]) + "\n" for score in answer.scores]
        return "".join(rows)

    def _score(self, score: Score) -> list[str]:
        estimate = score.estimate
        return [
            estimate.backend,
            number(estimate.value, self.style.digits),
            number(score.abs_error),
            number(score.rel_error),
            estimate.status,
        ]
