"""Commands that analyse: one call from its options to its exit code.

The analysis of a command is the module of that name in `dcalc.analysis`; its function
`find(subject, **options)` is given the options that only this command has; those that it
names in `IN_JSON` may be keys of a JSON problem too.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any

from dcalc.cli.ask import Asker, along_claim
from dcalc.cli.deliver import Delivery
from dcalc.cli.request import DIGITS, Request
from dcalc.cli.verdicts import RecordTally
from dcalc.errors import DcalcError, UsageError
from dcalc.finding import WITHOUT, Finding, Subject
from dcalc.io.sink import is_terminal, open_sink

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcalc.cli.ask import Choice, Question
    from dcalc.io.problems import Item
    from dcalc.problem import Point

    Find = Callable[..., Finding]


def analyse(name: str, given: Mapping[str, Any], choose: Choice, *, find: str = "", live: bool = False) -> int:
    """Run an analysis on stdout; the exit code. Raises DcalcError where all of it fails.

    ``given`` holds the parameters of the command: those that bear the names of the fields
    of Request (``expressions`` are one and more), ``plot`` (a file for the pictures), and the
    analysis' own. ``choose`` says which variables are meant, ``find`` the analysis, where it has
    not the name of the command. A ``live`` one takes `watch`, and is shown as it goes on.
    """
    given = dict(given)
    if "expressions" in given:
        given["expression"], *given["more"] = given.pop("expressions") or [None]
        given["several"] = True
    request = asked(name, given)
    own = {key: value for key, value in given.items() if key not in Request._fields}
    plot = own.pop("plot", None)
    request.check()
    analysis = import_module(f"dcalc.analysis.{find or name}")
    kind = partial(_Analyses, request, choose, plot=plot, in_json=getattr(analysis, "IN_JSON", ()))
    if not live or request.quiet or not is_terminal(sys.stderr):
        return kind(partial(analysis.find, **own)).run()
    from dcalc.io.progress import View

    with View() as watch:
        return kind(partial(analysis.find, **own, watch=watch)).run()


class _Findings(RecordTally[Finding]):
    """Findings, which know their exit codes."""

    def judge(self, record: Finding) -> int:
        """Its own code."""
        return record.code

    def complain(self, record: Finding, line: int | None) -> None:
        """The sentence of one without a value; any other is a result."""
        if record.code in WITHOUT:
            self.voice.status(record.status, record.sentence or record.status, line=line, id=record.id)


def asked(name: str, given: Mapping[str, Any]) -> Request:
    """The request that the parameters of a command make up; what only an analysis knows is left out."""
    return Request(name, **{key: value for key, value in given.items() if key in Request._fields})


class _Analyses(Delivery):
    """A call whose records are findings."""

    presents = "present"
    counts = _Findings

    def __init__(
        self, request: Request, choose: Choice, find: Find, *, plot: str | None, in_json: Sequence[str]
    ) -> None:
        super().__init__(request)
        self.choose = choose
        self.find = find
        self.plot = plot
        self.in_json = in_json
        if plot is not None and (self.batch or self.sweep):
            raise UsageError("--plot draws one result", help="give one expression and one point")

    def _drawn(self, subject: Subject, **own: object) -> Finding:
        """What is found, with its pictures in a file as well where one is asked for."""
        finding = self.find(subject, **own)
        if self.plot is not None:
            draw(finding, self.plot)
        return finding

    def asker(self) -> Asker:
        """What makes the findings."""
        return _Analyst(
            self.request,
            backends=self.backends,
            batch=self.batch,
            spec=self.spec,
            tell=self._tell,
            choose=self.choose,
            find=self._drawn,
            in_json=self.in_json,
        )


def draw(finding: Finding, path: str) -> None:
    """Write the pictures of a finding to a file, in the format that its name ends in."""
    from dcalc import formats

    kind = formats.by_suffix(path)
    if kind is None:
        raise UsageError(f"{path} is no picture", help="write --plot FILE.svg, or FILE.png")
    with open_sink(path) as sink:
        for chunk in formats.load(kind).present([finding], formats.Style(finding.command)):
            sink.write(chunk)


class _Analyst(Asker):
    """An analysis, applied to one expression after the other."""

    def __init__(self, request: Request, *, find: Find, in_json: Sequence[str], **rest: Any) -> None:
        super().__init__(request, **rest)
        self.find = find
        self.in_json = in_json

    def choice(self, item: Item) -> Choice:
        """In a batch each line has a claim of its own: a derivative, or a gradient."""
        claim = (item.own or {}).get("claim") if "claim" in self.in_json else None
        return along_claim(claim, gradient=False) if isinstance(claim, str) else super().choice(item)

    def report(self, question: Question, point: Point | None, item: Item, *, several: bool) -> Finding:
        """What is found at one point; with ``several`` an error is a finding too."""
        digits, tol = self.request.digits or DIGITS, self.request.tol
        subject = Subject(
            question.root, question.names, question.wrt, question.order, point, digits, tol, self.let, self.backends,
            question.more, self.request.digits,
        )  # fmt: skip
        try:
            own = {key: item.own[key] for key in self.in_json if key in item.own} if item.own else {}
            finding = self.find(subject, **own)
        except DcalcError as error:
            if not several:
                raise
            return self.failed(error, item)
        notes = (*question.notes, *finding.notes)
        return replace(finding, line=item.line, id=item.id, notes=notes)

    def failed(self, error: DcalcError, item: Item) -> Finding:
        """The finding of an item that failed, of which the error is told as well."""
        from dcalc.cli.complain import failure

        self.tell(error, item)
        return Finding(self.request.name, failure=failure(error), line=item.line, id=item.id)
