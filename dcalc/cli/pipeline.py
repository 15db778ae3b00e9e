"""Rows in, the same rows with derivatives out: points on stdin (`--at -`), and text that `dcalc map` reads.

What the options ask for is put here as a task for `dcalc.io`, which reads, answers and writes.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, BinaryIO

from dcalc.cli.request import DIGITS, Asker, place_question
from dcalc.errors import DcalcError, UnknownVariable
from dcalc.functions import RESERVED
from dcalc.io.complaints import Voice
from dcalc.io.limits import limited_row
from dcalc.io.lines import size_of
from dcalc.io.problems import Item
from dcalc.io.progress import Progress, progress_bar
from dcalc.io.recruits import SIZE, count_cores
from dcalc.io.row_solver import TOLERANCE, RowSolver
from dcalc.io.rows import RowKind, Task, read_chunks, row_kind
from dcalc.io.stream import RowStream, RowTally, answer_stream
from dcalc.problem import DOUBLE_DIGITS, Problem, Result
from dcalc.records import NamedTuple
from dcalc.solver import MAX_TEXT_ORDER, solve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dcalc.bulk.kernel import Mode
    from dcalc.cli.request import Request
    from dcalc.cli.run import Call, Make, Titles
    from dcalc.expr import Expr
    from dcalc.finding import Finding, Subject
    from dcalc.io.sink import Sink
    from dcalc.io.uncertainty import Spread
    from dcalc.problem import Point


class Columns(NamedTuple):
    """A question matched with the names that rows give values to: ``names`` are those of the columns in order."""

    question: Subject
    names: tuple[str, ...]


class OpenRows(NamedTuple):
    """A stream of rows whose kind and columns are known; ``total`` is its size in bytes where it is a file."""

    rows: RowStream
    question: Subject
    names: tuple[str, ...]
    total: int | None
    spread: Spread | None = None


def choose_columns(asker: Asker, item: Item, question: Subject, given: Iterable[str], *, ordered: bool) -> Columns:
    """Match a question with the names that rows give values to.

    A constant among them is a variable then. With ``ordered`` the names that are given stand
    first. Where the expression has no variable, the columns are what it is differentiated by.
    Raises UnknownVariable where there is none either.
    """
    given = list(given)
    if not RESERVED.isdisjoint(set(given).symmetric_difference(question.names)):
        question = asker.question(item, given)
    names = question.names or question.wrt[:1]
    if not names:
        raise UnknownVariable("the expression has no variable", help="name one to differentiate by: --wrt x")
    first = [name for name in given if name in names] if ordered else []
    return Columns(question, (*first, *(name for name in names if name not in first)))


def name_columns(given: Iterable[str], titles: Mapping[str, str]) -> list[str]:
    """The variables of columns: their titles, but for those that --column gives another name."""
    names = {title: name for name, title in titles.items()}
    return [names.get(title, title) for title in given]


def open_rows(
    asker: Asker,
    item: Item,
    stream: BinaryIO,
    kind: RowKind | None,
    before_waiting: Callable[[], object],
    choose_spread: Callable[[Sequence[str]], Spread | None] = lambda _: None,
) -> OpenRows:
    """Tell the kind of a stream (``kind``, where it is not None) and find its columns. Raises DcalcError.

    ``choose_spread`` says which of the variables are uncertain: the names end with the titles of these columns.
    """
    question = asker.question(item, ("i",))  # a column may be called so; where none is, it is refused below
    variables = {*question.names, *question.wrt}
    rows = RowStream(stream, kind, variables, exact=asker.request.exact, before_waiting=before_waiting)
    titles = asker.request.titles
    question, names = choose_columns(asker, item, question, name_columns(rows.names, titles), ordered=True)
    spread = choose_spread(names)
    more = () if spread is None else spread.columns
    rows.form.bind([*(titles.get(name, name) for name in names), *more], question.names, question.wrt)
    return OpenRows(rows, question, (*names, *more), size_of(stream), spread)


def answer_rows(opened: OpenRows, task: Task, request: Request, voice: Voice, sink: Sink) -> int:
    """Write the rows with their answers, in the format that they come in. Returns the exit code."""
    rows = opened.rows
    rows.form.set_task(task)
    solver = build_solver(request, task, jobs=1, with_f=rows.form.wants_f)
    jobs = request.jobs or min(SIZE, count_cores())
    tell_notes(opened.question, voice)
    with show_progress(opened.total, request, voice) as bar:
        tally = RowTally(solver, voice, lambda _: bar.reach(rows.source.seen))
        return answer_stream(rows, solver, tally, sink.write, jobs)


def build_solver(request: Request, task: Task, *, jobs: int | None = None, with_f: bool = False) -> RowSolver:
    """The solver that the options ask for."""
    return RowSolver(
        task,
        mode=mode_of(request),
        tolerance=TOLERANCE if request.tol is None else request.tol,
        jobs=jobs or request.jobs or 1,
        with_f=with_f,
        digits=DIGITS if with_f else DOUBLE_DIGITS,
        at_kink=request.at_kink,
    )


def mode_of(request: Request) -> Mode:
    """How much is proved of the values."""
    return "fast" if request.fast else "certify" if request.certify else "bound"


def show_progress(total: int | None, request: Request, voice: Voice) -> AbstractContextManager[Progress]:
    """A bar for what a call does, where somebody may see one."""
    shown = not (voice.quiet or voice.json)
    return progress_bar(total, shown=shown, color=voice.color, to_stdout=request.output in (None, "-"))


# --- Points on stdin.


class Points:
    """The points of one call. Raises DcalcError where none of them can be answered."""

    def __init__(self, call: Call, item: Item, stream: BinaryIO, before_waiting: Callable[[], object]) -> None:
        self.call = call
        self.item = item
        asked = call.request.input_format
        self.opened = open_rows(call.asker, item, stream, None if asked is None else row_kind(asked), before_waiting)

    @property
    def kind(self) -> RowKind:
        """The format that the points come in."""
        return self.opened.rows.kind

    def answer(self, titles: Titles, make: Make, voice: Voice, sink: Sink) -> int:
        """Write the points with their answers, in the format that they came in. Returns the exit code.

        ``titles`` head the columns that they gain; ``make`` makes the finding whose record JSON Lines gain.
        """
        question, request = self.opened.question, self.call.request
        with limited_row():  # the derivative that stands in each record
            recorder = RowRecorder(make, question) if self.kind in ("json", "jsonl") else None
        task = new_task(question, self.opened.names, question.targets, titles(question), request.prefix, recorder)
        return answer_rows(self.opened, task, request, voice, sink)

    def findings(self) -> Iterator[Finding]:
        """One finding per point; a bad point is a finding and a complaint."""
        for chunk in read_chunks(self.opened.rows.form):
            for row, values in enumerate(zip(*chunk.columns, strict=True)):
                here = self.item._replace(line=chunk.lines[row], id=chunk.ids.get(row))
                if row in chunk.bad:
                    yield self.call.failed(chunk.bad[row], here)
                    continue
                point: dict[str, Any] = dict(zip(self.opened.names, map(_as_python, values), strict=True))
                question = place_question(self.opened.question, point, exact=self.call.request.exact)
                for subject in self.call.bound([question]):
                    yield self.call.answer(subject, here)


def _as_python(value: Any) -> Any:
    """A double as Python's own float; exact constants as they are."""
    return float(value) if isinstance(value, int | float) else value


def tell_notes(question: Subject, voice: Voice) -> None:
    """Say how a question was understood."""
    for note in question.notes:
        voice.note(note)


def new_task(
    question: Subject,
    names: tuple[str, ...],
    targets: Sequence[tuple[str, ...]],
    titles: Sequence[str],
    prefix: str,
    recorder: RowRecorder | None = None,
    spread: Spread | None = None,
) -> Task:
    """The task of computing some targets under titles with a prefix."""
    titles = tuple(prefix + title for title in titles)
    return Task(question.root, names, tuple(targets), titles, f"{prefix}status", prefix, recorder, spread)


class RowRecorder:
    """Records of rows, as `--format jsonl` has them."""

    def __init__(self, make: Make, question: Subject) -> None:
        from dcalc.formats import Style, Writer

        self._make = make
        self._question = question
        self._derivatives = [_derivative(question.root, target) for target in question.targets]
        self._writer = Writer(Style(sweep=True))

    def record(self, at: Point, results: Sequence[Result], line: int) -> dict[str, Any]:
        """The record of a row, with one result per target."""
        question = self._question
        full = [
            result.replace(derivative=derivative) for result, derivative in zip(results, self._derivatives, strict=True)
        ]
        finding = self._make(question.replace(at=at), full)
        finding = finding.replace(line=line, notes=(*question.notes, *finding.notes))
        self._writer.turn_to(finding)
        record: dict[str, Any] = self._writer.plain_value(self._writer.record(finding))
        return record

    def failure(self, error: DcalcError) -> dict[str, Any]:
        """The members of a record of a row that is in error."""
        from dcalc.formats import failure_record
        from dcalc.io.complaints import as_failure

        return failure_record(as_failure(error))


def _derivative(root: Expr, target: tuple[str, ...]) -> Expr | None:
    """The derivative as an expression, where it can be had and is of an order that is shown."""
    if len(target) > MAX_TEXT_ORDER:
        return None
    try:
        return solve(Problem(root, target)).derivative
    except DcalcError:
        return None
