"""One call from its options to its exit code: input, answers, output, complaints."""

from __future__ import annotations

import sys
from contextlib import contextmanager, nullcontext
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import dcalc.formats as formats
from dcalc.cli.request import Asker, Request, along_none, names_in
from dcalc.errors import DcalcError, OutOfTime, UsageError
from dcalc.finding import Finding, Setting
from dcalc.io.complaints import Tally, say
from dcalc.io.limits import lift_limit, limit_each, limit_memory, limit_question, limit_step
from dcalc.io.problems import Item
from dcalc.io.sink import can_be_replaced, is_terminal, open_sink, wants_color
from dcalc.records import NamedTuple
from dcalc.tensor.signs import has_arrays

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from dcalc.cli.options import Shared
    from dcalc.cli.request import Choice
    from dcalc.finding import Subject
    from dcalc.io.progress import Step
    from dcalc.io.sink import Sink
    from dcalc.point import PointSet
    from dcalc.problem import Result

    Find = Callable[..., Finding]
    "An analysis: a subject, and for a line of a batch the keys that only this command knows."
    Make = Callable[[Subject, Sequence[Result]], Finding]
    "Makes a finding of results."
    Titles = Callable[[Subject], tuple[str, ...]]
    ArrayCommand = Literal["grad", "diff", "jacobian", "hessian", "eval", "simplify"]
    "A command that answers lines with vectors and matrices."


_GARBAGE = (50_000, 20, 20)
"""Few objects here form reference cycles, and a full collection must scan every node: collect rarely."""

_MOST_COMPARED = 8
"""Partial derivatives for which a terminal compares all backends unasked: with more it takes long and fills screens."""


class Job(NamedTuple):
    """What a command does with each subject.

    ``find``      makes its finding.
    ``choose``    says which derivatives are meant.
    ``heading``   makes the finding that heads a table which all findings share, given no results;
                  None: each finding has tables of its own.
    ``row_titles``  the titles of the columns that points on stdin gain in their own format; None:
                  they keep none.
    ``backends``  which ones are asked: those that are named; all of them, where none is named and a
                  person looks at one point ("at a terminal"); or all of them, where none is named.
    ``in_json``   keys of a JSON problem that are options of ``find``.
    ``plot``      a file for the pictures, beside the output.
    ``is_bounded``  True where one question has a second or a few; False where it may run for long.
    ``comment``   what begins a line of the output that is none of the results.
    ``arrays``    the command by which lines with vectors and matrices are answered; None: there are none.
    """

    find: Find
    choose: Choice
    heading: Make | None = None
    row_titles: Titles | None = None
    backends: Literal["named", "at a terminal", "all"] = "named"
    in_json: Sequence[str] = ()
    plot: str | None = None
    is_bounded: bool = True
    comment: str = "#"
    arrays: ArrayCommand | None = None


def run(request: Request, job: Job) -> int:
    """Answer a request on stdout. Returns the exit code; raises DcalcError where all of it fails."""
    request.check(streams=job.row_titles is not None)
    is_bounded = job.is_bounded and not (request.points_on_stdin or request.problems_from_stdin)
    if is_bounded:
        limit_question(0)
    call = Call(request, job)
    if is_bounded:
        limit_question(len(call.text))
    if is_bounded and call.setting.sweep:
        lift_limit()
    with open_sink(request.output) as sink:
        if request.points_on_stdin:
            return call.answer_points(sink)
        if call.setting.batch:
            return call.write(sink, call.answer_problems(sink))
        subjects = call.asker.subjects(Item(1, call.text, more=tuple(request.more)))
        if call.setting.sweep:
            return call.write(sink, map(call.answer, call.bound(subjects)))
        (subject,) = subjects
        finding = job.find(subject)
        finding = finding.replace(line=1, notes=(*subject.notes, *finding.notes))
        if job.plot is not None:
            draw(finding, job.plot)
        return call.write(sink, [finding])


def run_live(request: Request, job: Job, *, is_patient: bool) -> int:
    """As `run`, for an analysis that takes `watch`: see `show_steps`."""

    def find(subject: Subject, **own: object) -> Finding:
        with show_steps(request, is_patient=is_patient) as watch:
            return job.find(subject, watch=watch, **own)

    return run(request, job._replace(find=find))


@contextmanager
def show_steps(request: Request, *, is_patient: bool) -> Iterator[Callable[[Step], None]]:
    """What is to be called at each step of a run, which shows it on a terminal as it goes on.

    Where ``is_patient``, since so many steps were asked for, each step has the time of a question; else all of them
    have it together. Raises DcalcError when the time is up, with how far the run had come.
    """
    from dcalc.io.progress import View

    last: Step | None = None

    def watch(step: Step) -> None:
        nonlocal last
        last = step
        if is_patient:
            limit_step()
        if view is not None:
            view(step)

    is_shown = not request.quiet and is_terminal(sys.stderr)
    try:
        with View() if is_shown else nullcontext() as view:  # its line is gone before anything is written
            yield watch
    except OutOfTime as end:
        lift_limit()
        raise _end_of_run(end, last, is_patient=is_patient) from None


def _end_of_run(end: OutOfTime, last: Step | None, *, is_patient: bool) -> DcalcError:
    """What a user is told of a descent or a fit that was ended, with how far it had come."""
    error = end.as_error()
    if last is not None:
        length = "" if last.gradient_norm != last.gradient_norm else f", gradient norm {last.gradient_norm:.3g}"
        error.message += f", at step {last.number}: f {last.value:.6g}{length}"
        if not is_patient:
            error.help = (
                f"with --steps {max(1000, 2 * last.number)} each step has so long, and the run ends with Ctrl-C"
            )
    return error


def make_style(
    request: Request, format: str, inputs: int, heading: Callable[[], Finding] | None, **more: Any
) -> formats.Style:
    """What a format is told of a request; ``inputs`` and ``heading`` are those of `formats.Style`, as is ``more``."""
    table = format == "table"
    return formats.Style(
        command=request.name,
        width=_terminal_width() if table else 80,
        verbose=request.verbose,
        quiet=request.quiet,
        color=table and request.output is None and wants_color(request.color, sys.stdout),
        unicode=(getattr(sys.stdout, "encoding", None) or "").lower().replace("-", "").startswith("utf"),
        inputs=inputs,
        heading=heading,
        **more,
    )


class Call:
    """What a request comes to on this terminal: the format, the setting of its findings, its voice and tally."""

    def __init__(self, request: Request, job: Job) -> None:
        self.request, self.job = request, job
        points_on_stdin = request.points_on_stdin
        spec: PointSet | None = None
        if request.at and not points_on_stdin:
            from dcalc.point import read_points  # which a derivative without a point does not need

            spec = read_points(request.at, exact=request.exact)
        batch = request.problems_from_stdin
        sweep = points_on_stdin or (spec is not None and spec.count > 1)
        if batch and request.expression is None and request.file is None and is_terminal(sys.stdin):
            raise UsageError(
                "no expression is given", help=f"write one in single quotes: dcalc {request.name} 'x**2*sin(x)'"
            )
        if (batch or points_on_stdin) and is_terminal(sys.stdin) and not request.quiet:
            what = "points" if points_on_stdin else "expressions"
            say(f"reading {what} from the terminal, one per line; Ctrl-D ends them\n")
        if job.plot is not None and (batch or sweep):
            raise UsageError("--plot draws one result", help="give one expression and one point")
        self.text = "" if batch else request.read_expression()
        on_terminal = request.output is None and is_terminal(sys.stdout)
        self.format = choose_format(request, on_terminal)
        variables = columns_in_common(spec) if batch and spec is not None else None
        self.setting = Setting(batch, sweep, variables, (names_in(request.wrt) or None) if request.wrt else None)
        backends, most_compared = (request.backends if request.backend else ()), None
        shown_alone = self.format == "table" and spec is not None and not (batch or sweep or request.quiet)
        if not backends and (job.backends == "all" or (job.backends == "at a terminal" and shown_alone)):
            backends, most_compared = ("all",), None if request.verbose else _MOST_COMPARED
        # In a pipe there is a value or an expression, never both.
        written = self.format != "plain"
        self.asker = Asker(
            request,
            job.choose,
            spec=spec,
            backends=backends,
            most_compared=most_compared,
            setting=self.setting,
            written=written,
            echoes=self.format == "table" and not batch,
        )
        # A table says all of it on the same terminal.
        echo = not (self.format == "table" and on_terminal)
        self.tally = Tally(request.make_voice(), several=batch or sweep, batch=batch, echo=echo)

    def _heading(self) -> Finding:
        """What heads the table that findings share, even where there is none."""
        assert self.job.heading is not None
        return self.job.heading(self.asker.blank(), ())

    def write(self, sink: Sink, findings: Iterable[Finding]) -> int:
        """Write what the format makes of findings. Returns the exit code."""
        request, setting = self.request, self.setting
        style = make_style(
            request,
            self.format,
            len(self.text),
            None if self.job.heading is None else self._heading,
            batch=setting.batch,
            sweep=setting.sweep,
            comment=self.job.comment,
            page=1 if (setting.batch or request.points_on_stdin) and is_terminal(sys.stdin) else 100,
            on_error=self._refuse_to_write if setting.batch or setting.sweep else None,
        )
        for chunk in formats.load(self.format).present(self.tally.watch(findings), style):
            sink.write(chunk)
        return self.tally.close()

    # --- answers -----------------------------------------------------------------------------

    def answer(self, subject: Subject, item: Item | None = None) -> Finding:
        """The finding of one of several subjects; an error is a finding, too."""
        try:
            own = {key: item.own[key] for key in self.job.in_json if key in item.own} if item and item.own else {}
            if item is not None and item.at is not None and not self.request.reads_points:
                own["at"] = item.at
            line, id = (1, None) if item is None else (item.line, item.id)
            finding = self.job.find(subject, **own)
            return finding.replace(line=line, id=id, notes=(*subject.notes, *finding.notes))
        except DcalcError as error:
            return self.failed(error, item or Item(1, self.text))
        except OutOfTime as end:
            lift_limit()
            return self.failed(end.as_error(), item or Item(1, self.text))

    def failed(self, error: DcalcError, item: Item) -> Finding:
        """The finding of an item that failed, of which the error is told as well."""
        from dcalc.io.complaints import as_failure

        self._tell(error, item)
        return Finding(self.request.name, failure=as_failure(error), line=item.line, id=item.id)

    def answer_problems(self, sink: Sink) -> Iterator[Finding]:
        """The findings of a stream of problems; one that fails is a finding and a complaint."""
        from dcalc.io.problems import read_problems

        collect_garbage()
        if self.job.is_bounded:
            limit_memory()
        for item in read_problems(open_stdin(), sink.flush, exact=self.request.exact):
            try:
                if item.error is not None:
                    raise item.error
                if self.job.arrays is not None and _has_arrays(item):
                    yield from self._answer_arrays(item, self.job.arrays)
                    continue
                for subject in self.bound(self.asker.subjects(item), len(item.text)):
                    yield self.answer(subject, item)
            except OutOfTime as end:
                lift_limit()
                yield self.failed(end.as_error(), item)
            except Exception as problem:  # noqa: BLE001  # one bad line must not end the others
                yield self.failed(self._as_error(problem), item)

    def _answer_arrays(self, item: Item, command: ArrayCommand) -> Iterator[Finding]:
        """The findings of a problem with vectors and matrices: one for each of its points."""
        from dcalc.cli.array_run import answer_problem

        return limit_each(answer_problem(self.request, command, item), len(item.text))

    def bound(self, subjects: Iterable[Subject], characters: int = 0) -> Iterable[Subject]:
        """The subjects, each with its own time until the next one is asked for: that its finding is written, too."""
        return limit_each(subjects, characters) if self.job.is_bounded else subjects

    def answer_points(self, sink: Sink) -> int:
        """Write the answers at points on stdin, in their own format or as findings. Returns the exit code."""
        from dcalc.cli.pipeline import Points

        points = Points(self, Item(1, self.text, more=tuple(self.request.more)), open_stdin(), sink.flush)
        titles, make = self.job.row_titles, self.job.heading
        if titles is not None and make is not None and self._keeps_format(points.kind):
            return points.answer(titles, make, self.tally.voice, sink)
        collect_garbage()
        return self.write(sink, points.findings())

    def _keeps_format(self, kind: str) -> bool:
        """Whether points of a kind are answered in the format that they come in."""
        request = self.request
        if request.backends or request.digits is not None:
            return False
        if request.json or request.format is not None or (request.output and _format_of_file(request.output)):
            return kind == self.format
        # A person who types points, or has them printed, sees a table; files keep their form.
        return kind != "plain" or self.format == "plain"

    # --- complaints --------------------------------------------------------------------------

    def _refuse_to_write(self, finding: Finding, error: DcalcError) -> None:
        """One of several has a derivative that is too long to be written, or takes too long."""
        lift_limit()
        self.tally.count_missing()
        self._tell(error, finding)

    def _tell(self, error: DcalcError, of: Item | Finding) -> None:
        """Say what is wrong with one of several, and which."""
        from_stdin = self.setting.batch or self.request.points_on_stdin
        self.tally.voice.error(error, line=of.line if from_stdin else None, id=of.id)

    def _as_error(self, problem: Exception) -> DcalcError:
        """Any exception as one that a record can carry."""
        if isinstance(problem, DcalcError):
            return problem
        if self.request.debug:
            raise problem
        from dcalc.io.complaints import internal_error

        return internal_error(problem)


def _has_arrays(item: Item) -> bool:
    """Whether a problem is about vectors and matrices: by its text, or as a value is a list."""
    if has_arrays(item.text, item.notation or "plain"):
        return True
    points = item.at if isinstance(item.at, list) else [item.at]
    return any(isinstance(value, list) for point in points if isinstance(point, dict) for value in point.values())


# --- what a call is told by its surroundings --------------------------------------------------


def choose_format(request: Request, on_terminal: bool) -> str:
    """The one asked for, by name or by the name of the file; else the one for whoever reads."""
    if request.json:
        return "json"
    if request.format is not None:
        if formats.is_binary(request.format) and on_terminal:
            raise UsageError(
                f"{request.format} is not a text format",
                help="write it to a file with -o FILE",
            )
        return request.format
    of_file = _format_of_file(request.output) if request.output else None
    return of_file or ("table" if on_terminal else "plain")


def _format_of_file(path: str) -> str | None:
    """The format that the name of an output file asks for. Raises UsageError for an unknown suffix."""
    return formats.by_suffix(path) if can_be_replaced(path) else None


def columns_in_common(spec: PointSet) -> tuple[str, ...] | None:
    """The names of the columns of points that a batch has in common."""
    from dcalc.expr import natural

    return tuple(natural(spec.names)) or None


def _terminal_width() -> int:
    from dcalc.io.complaints import terminal_width

    return terminal_width(sys.stdout)


def draw(finding: Finding, path: str) -> None:
    """Write the pictures of a finding to a file, in the format that its name ends in."""
    try:
        kind = formats.by_suffix(path)
    except UsageError:  # of no format at all, which makes no picture either
        kind = None
    if kind is None or not formats.is_picture(kind):
        raise UsageError(f"{path} is not the name of a picture", help="write --plot FILE.svg, FILE.png or FILE.pdf")
    with open_sink(path) as sink:
        for chunk in formats.load(kind).present([finding], formats.Style(finding.command)):
            sink.write(chunk)


def collect_garbage() -> None:
    """A long stream needs what a short call does without; what is imported stays out of it."""
    import gc

    if not gc.isenabled():
        gc.freeze()
        gc.set_threshold(*_GARBAGE)
        gc.enable()


def open_stdin() -> BinaryIO:
    """The bytes of standard input. Raises UsageError where it is closed."""
    if sys.stdin is None:
        raise UsageError("standard input is closed", help="send lines to it, or give the expression as an argument")
    return sys.stdin.buffer


# --- What `dcalc solve` and `dcalc study` share: one function of one variable over a range with exact ends.


def run_over_range(
    name: str,
    find: Callable[..., Finding],
    shared: Shared,
    expression: str | None,
    over: Any,
    *,
    let: Sequence[str] | None,
    digits: int | None,
    equations: bool = False,
) -> int:
    """Answer a command of that name, whose expressions may be equations. Returns the exit code."""
    request = Request(name, *shared, expression, let=let, digits=digits, several=equations, equations=equations)
    return run(request, Job(partial(find, over=over), along_none, in_json=("over",)))
