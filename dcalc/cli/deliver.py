"""One call from its options to its exit code: input, answers, output, complaints."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from dcalc import formats
from dcalc.cli.ask import Asker, names_in
from dcalc.cli.request import TOLERANCE
from dcalc.cli.verdicts import Reports
from dcalc.cli.voice import Voice
from dcalc.errors import DcalcError, UsageError
from dcalc.formats import Style
from dcalc.io.problems import Item
from dcalc.io.sink import is_terminal, open_sink, wants_color

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import BinaryIO

    from dcalc.cli.pipeline import Points
    from dcalc.cli.request import Request
    from dcalc.cli.verdicts import RecordTally
    from dcalc.finding import Record
    from dcalc.io.sink import Sink
    from dcalc.point import Spec
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
    counts: type[RecordTally[Any]] = Reports

    def __init__(self, request: Request) -> None:
        self.request = request
        self.spec: Spec | None = request.spec()
        self.batch = request.problems_from_stdin
        self.sweep = request.points_on_stdin or (self.spec is not None and self.spec.count > 1)
        if self.batch and request.expression is None and request.file is None and is_terminal(sys.stdin):
            raise UsageError(
                "no expression is given", help=f"write one in single quotes: dcalc {request.name} 'x**2*sin(x)'"
            )
        self.text = "" if self.batch else expression_of(request)
        self.on_terminal = request.output is None and is_terminal(sys.stdout)
        self.format = self._format()
        self.voice = Voice(
            json=request.structured,
            quiet=request.quiet,
            color=wants_color(request.color, sys.stderr),
        )
        self.backends = self._backends()

    def _format(self) -> str:
        """The one asked for, by name or by the name of the file; else the one for whoever reads."""
        request = self.request
        if request.json:
            return "json"
        if request.format is not None:
            if formats.is_binary(request.format) and self.on_terminal:
                raise UsageError(f"{request.format} is no text for a terminal", help="write it to a file with -o FILE")
            return request.format
        by_name = formats.by_suffix(request.output) if request.output else None
        return by_name or ("table" if self.on_terminal else "plain")

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
        waits = (self.batch or request.points_on_stdin) and is_terminal(sys.stdin)
        return Style(
            command=request.name,
            digits=request.digits,
            width=self._width(),
            color=request.output is None and wants_color(request.color, sys.stdout),
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
        self.tally.count_missing()
        self._tell(error, report)

    def _tell(self, error: DcalcError, of: Item | Report) -> None:
        """Say what is wrong with one of several, and which."""
        from_stdin = self.batch or self.request.points_on_stdin
        self.voice.error(error, line=of.line if from_stdin else None, id=of.id)

    def run(self) -> int:
        """Write every record; the exit code."""
        with open_sink(self.request.output) as sink:
            if not self.request.points_on_stdin:
                return self._write(sink, self._reports(sink))
            points = self._points(sink)
            if points.rows.kind in self._formats_of_input():
                return points.answer(self.voice, sink)
            _collect_garbage()
            return self._write(sink, points.reports())

    def _write(self, sink: Sink, reports: Iterable[Record]) -> int:
        """Write the records that a format makes of reports; the exit code."""
        style = self.style()
        self.tally = self.counts(
            self.voice,
            batch=self.batch,
            sweep=self.sweep,
            tolerance=style.tolerance,
            # A table says all of it on the same terminal.
            echo=not (self.format == "table" and self.on_terminal),
        )
        render = getattr(formats.load(self.format), self.presents)
        for chunk in render(self.tally.watch(reports), style):
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

    def _item(self) -> Item:
        """The one problem."""
        return Item(1, self.text, more=tuple(self.request.more))

    def _reports(self, sink: Sink) -> Iterator[Record]:
        return self._of_batch(self.asker(), sink) if self.batch else self.asker().reports(self._item())

    def _points(self, sink: Sink) -> Points:
        from dcalc.cli.pipeline import Points

        return Points(self.request, self.asker(), self._item(), stdin(), sink.flush)

    def _formats_of_input(self) -> set[str]:
        """The kinds of input whose points are answered in their own format."""
        request = self.request
        if request.name not in ("diff", "grad") or request.backends or request.digits is not None:
            return set()
        if request.json or request.format is not None:
            return {self.format}
        # A person who types points, or has them printed, sees a table; files keep their form.
        return {"csv", "tsv", "jsonl"} | ({"plain"} if self.format == "plain" else set())

    def _of_batch(self, asker: Asker, sink: Sink) -> Iterator[Record]:
        """The reports of a stream of problems; one that fails is a report and a complaint."""
        from dcalc.io.problems import read_problems

        _collect_garbage()
        for item in read_problems(stdin(), sink.flush, exact=self.request.exact):
            try:
                if item.error is not None:
                    raise item.error
                yield from asker.reports(item)
            except Exception as problem:  # noqa: BLE001  # one bad line must not end the others
                yield asker.failed(self._known(problem), item)

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


def stdin() -> BinaryIO:
    """The bytes of standard input. Raises UsageError where it is closed."""
    if sys.stdin is None:
        raise UsageError("standard input is closed", help="send lines to it, or give the expression as an argument")
    return sys.stdin.buffer


def expression_of(request: Request) -> str:
    """The text of the one expression of a request."""
    from dcalc.cli.argv import unshield

    if request.file is None:
        return unshield(request.expression or "")
    from dcalc.io.lines import decode_file

    with open(request.file, "rb") as file:
        raw = file.read(_LARGEST_FILE)
    return decode_file(raw)
