"""One call from its options to its exit code: input, answers, output, complaints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dcalc import formats
from dcalc.cli import output
from dcalc.cli.ask import Asker, names_in
from dcalc.cli.request import TOLERANCE, Item
from dcalc.cli.verdicts import Tally
from dcalc.errors import DcalcError, UsageError
from dcalc.formats import Style

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

    from dcalc.cli.output import Sink
    from dcalc.cli.points import Spec
    from dcalc.cli.request import Request
    from dcalc.finding import Record
    from dcalc.problem import Report

_GARBAGE = (50_000, 20, 20)
"""Next to nothing here is in a circle, and a large expression is many objects to look through."""
_LARGEST_FILE = (4 << 20) + 16


def deliver(request: Request) -> int:
    """Answer the request on stdout; the exit code. Raises DcalcError where all of it fails."""
    request.check()
    return Delivery(request).run()


class Delivery:
    """What one call needs to know of itself, for derivatives at points; `analyse` has its own."""

    presents = "render"
    """The function of a format that shows what this makes."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.spec: Spec | None = request.spec()
        self.batch = request.problems_from_stdin
        self.sweep = request.points_on_stdin or (self.spec is not None and self.spec.count > 1)
        if self.batch and request.expression is None and request.file is None and output.is_terminal(sys.stdin):
            raise UsageError(
                "no expression is given", help=f"write one in single quotes: dcalc {request.name} 'x**2*sin(x)'"
            )
        self.text = "" if self.batch else _expression(request)
        self.on_terminal = request.output is None and output.is_terminal(sys.stdout)
        self.format = "json" if request.json else request.format or ("table" if self.on_terminal else "plain")
        self.voice = output.Voice(
            json=request.structured,
            quiet=request.quiet,
            color=output.colored(request.color, sys.stderr),
        )
        self.backends = self._backends()

    def _backends(self) -> tuple[str, ...]:
        """Those asked for; all, where a person looks at one point."""
        request = self.request
        alone = self.format == "table" and not self.batch and not self.sweep
        if request.backends or not (
            request.name == "compare" or (request.name == "diff" and alone and self.spec is not None)
        ):
            return request.backends
        return ("all",)

    def style(self) -> Style:
        """What the format is told."""
        request = self.request
        waits = (self.batch or request.points_on_stdin) and output.is_terminal(sys.stdin)
        return Style(
            command=request.name,
            digits=request.digits,
            width=self._width(),
            color=request.output is None and output.colored(request.color, sys.stdout),
            unicode=_shows_unicode(),
            batch=self.batch,
            sweep=self.sweep,
            backends=len(self.backends) > 1 or "all" in self.backends,
            inputs=len(self.text),
            tolerance=TOLERANCE if request.tol is None else request.tol,
            variables=self._columns(),
            wrt=names_in(request.wrt) or None if request.name == "grad" else None,
            page=1 if waits else 100,
            on_error=self._too_long if self.batch or self.sweep else None,
        )

    def _width(self) -> int:
        """Columns of the terminal, where they matter."""
        if self.format != "table":
            return 80
        from dcalc.cli.complain import width

        return width(sys.stdout)

    def _columns(self) -> tuple[str, ...] | None:
        """The names of the points' columns where a batch has points in common."""
        if not (self.batch and self.spec is not None and self.spec.names):
            return None
        from dcalc.expr import natural

        return tuple(natural(self.spec.names))

    def _too_long(self, report: Report, error: DcalcError) -> None:
        self.tally.failed()
        self._tell(error, report)

    def _tell(self, error: DcalcError, of: Item | Report) -> None:
        """Say what is wrong with one of several, and which."""
        from_stdin = self.batch or self.request.points_on_stdin
        self.voice.error(error, line=of.line if from_stdin else None, id=of.id)

    def run(self) -> int:
        """Write every record; the exit code."""
        style = self.style()
        self.tally = Tally(
            self.voice,
            batch=self.batch,
            sweep=self.sweep,
            tolerance=style.tolerance,
            # A table says all of it on the same terminal.
            echo=not (self.format == "table" and self.on_terminal),
        )
        render = getattr(formats.load(self.format), self.presents)
        with output.opened(self.request.output) as sink:
            for chunk in render(self.tally.watch(self._reports(sink)), style):
                sink.write(chunk)
        return self.tally.close()

    def asker(self) -> Asker:
        """What makes the records."""
        return Asker(
            self.request,
            backends=self.backends,
            batch=self.batch,
            spec=self.spec,
            tell=self._tell,
            expression=self.format != "plain",  # plain shows a value or an expression, never both
        )

    def _reports(self, sink: Sink) -> Iterator[Record]:
        asker = self.asker()
        if self.batch:
            return self._of_batch(asker, sink)
        item = Item(1, self.text)
        return self._of_points(asker, item, sink) if self.request.points_on_stdin else asker.reports(item)

    def _of_batch(self, asker: Asker, sink: Sink) -> Iterator[Record]:
        """The reports of a stream of problems; one that fails is a report and a complaint."""
        from dcalc.cli.stdin import items

        _collect_garbage()
        for item in items(_stdin(), sink.flush, exact=self.request.exact):
            try:
                if item.error is not None:
                    raise item.error
                yield from asker.reports(item)
            except Exception as problem:  # noqa: BLE001  # one bad line must not end the others
                yield asker.failed(self._known(problem), item)

    def _of_points(self, asker: Asker, item: Item, sink: Sink) -> Iterator[Record]:
        """The reports of one expression at points on stdin; a bad point is a report."""
        from dcalc.cli.at import read
        from dcalc.cli.stdin import decode, lines
        from dcalc.functions import CONSTANTS

        _collect_garbage()
        question = asker.question(item)
        for number, raw in lines(_stdin(), sink.flush):
            here = item._replace(line=number)
            try:
                spec = read([decode(raw)], exact=self.request.exact)
                if not CONSTANTS.keys().isdisjoint(spec.names.difference(question.names)):
                    question = asker.question(item, spec.names)
                for point in spec.points(question.names, question.wrt):
                    yield asker.report(question, point, here, several=True)
            except DcalcError as error:
                yield asker.failed(error, here)

    def _known(self, problem: Exception) -> DcalcError:
        """Any exception as one that a record can carry."""
        if isinstance(problem, DcalcError):
            return problem
        if self.request.debug:
            raise problem
        from dcalc.cli.complain import internal

        return internal(problem)


def _collect_garbage() -> None:
    """A long stream needs what a short call does without; what is imported stays out of it."""
    import gc

    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        gc.enable()


def _shows_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or ""
    return encoding.lower().replace("-", "").startswith("utf")


def _stdin() -> BinaryIO:
    if sys.stdin is None:
        raise UsageError("standard input is closed", help="send lines to it, or give the expression as an argument")
    return sys.stdin.buffer


def _expression(request: Request) -> str:
    """The text of the one expression."""
    from dcalc.cli.argv import unshield

    if request.file is None:
        return unshield(request.expression or "")
    from dcalc.cli.stdin import decode

    with open(request.file, "rb") as file:
        raw = file.read(_LARGEST_FILE)
    return decode(raw.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n"))
