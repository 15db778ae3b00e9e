"""An expression in another notation: the text that a program in another language reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dcalc import notation
from dcalc.analysis.simplify import Rewriting
from dcalc.finding import Fact, Field, Finding, Formula, Subject
from dcalc.problem import Result

RECORD = {
    "to": Field("string", "the notation"),
    "result": Field("string | null", "the expression in that notation"),
}


def find(subject: Subject, to: str = "plain") -> Finding:
    """A subject's expression in the notation ``to``, as it is: nothing is simplified.

    Raises UsageError for an unknown notation, and Unsupported for a function that it does not have.
    """
    return finding(subject, (Result(derivative=subject.root),), to)


def finding(subject: Subject, answers: Sequence[Result], to: str = "plain") -> Finding:
    """The record of a result; without one, what stands at the head of an empty table."""
    return _Conversion(subject, answers or (Result(),), to).finding()


class _Conversion(Rewriting):
    """A text in the place of an expression: no format writes it in a notation of its own."""

    command = "convert"

    def __init__(self, subject: Subject, answers: Sequence[Result], to: str) -> None:
        super().__init__(subject, answers)
        self.to = to
        self.text: str | None = None
        if answers[0].derivative is not None:
            notation.load(to)
            self.text = notation.write(subject.root, to)

    def result(self, answer: Result) -> Formula | str | None:
        return self.text

    def record(self) -> Mapping[str, object]:
        return {"to": self.to, "result": self.text}

    def formulas(self) -> None:
        """None: the text is not set as mathematics, whatever it says."""

    def plain(self) -> Sequence[Sequence[str]]:
        """The text, a line of it per line."""
        return [[line] for line in (self.text or "").split("\n")]

    def facts(self) -> list[Fact]:
        first, *rest = (self.text or "").split("\n")
        more = [Fact("", line, "strong") for line in rest]
        return [Fact("expression", self.subject.root), Fact(self.to, first, "strong"), *more]
