"""`dcalc map`: columns of derivatives beside the rows of a table.

Text passes through row by row; everything else goes through an engine of `dcalc.io.engines`.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from dcalc.cli.pipeline import (
    answer_rows,
    choose_columns,
    mode_of,
    name_columns,
    new_task,
    open_rows,
    show_progress,
    tell_notes,
)
from dcalc.cli.request import Asker, along_all
from dcalc.cli.run import open_stdin
from dcalc.errors import UsageError
from dcalc.io.interrupt import run_interruptible
from dcalc.io.parts import Outcome
from dcalc.io.problems import Item
from dcalc.io.row_solver import TOLERANCE
from dcalc.io.rows import (
    FILES,
    SPREAD_TITLES,
    FileKind,
    InputKind,
    RowKind,
    as_file_kind,
    choose_targets,
    is_columns,
    kind_of_input,
    kind_of_output,
    title_of,
)
from dcalc.io.sink import can_be_replaced, is_terminal, open_sink
from dcalc.io.sources import Source, find_source
from dcalc.io.stream import RowTally
from dcalc.text import unknown_suffix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcalc.cli.request import Request
    from dcalc.finding import Subject
    from dcalc.io.mapper import BatchMapper, Report
    from dcalc.io.sink import Sink
    from dcalc.io.uncertainty import Spread


class TableOptions(NamedTuple):
    """The options of `dcalc map` that other commands do not have."""

    with_value: bool = False
    with_hessian: bool = False
    engine: str | None = None
    database: str | None = None
    master: str | None = None
    memory: int | None = None
    partition: tuple[str, ...] = ()
    uncertainties: tuple[str, ...] = ()
    correlations: tuple[str, ...] = ()

    @property
    def needs_engine(self) -> bool:
        """Whether any of them is about engines, which text that passes through does not need."""
        return any((self.engine, self.database, self.master, self.memory, self.partition))

    def check(self, wrt: Sequence[str]) -> None:
        """Raise UsageError where options contradict each other."""
        if self.correlations and not self.uncertainties:
            raise UsageError("--corr is for uncertainties", help="write --uncertainty 'm=m_u, g=0.02'")
        if self.uncertainties and (self.with_hessian or wrt):
            option = "--hessian" if self.with_hessian else "--wrt"
            raise UsageError(f"--uncertainty and {option} contradict each other", help="leave one out")

    def choose_spread(self, variables: Sequence[str]) -> Spread | None:
        """Which of the variables are uncertain; None where none is to be. Raises UsageError, UnknownVariable."""
        if not self.uncertainties:
            return None
        from dcalc.io.uncertainty import read_spread

        pairs = {}
        if self.correlations:
            from dcalc.analysis.propagate import read_pairs

            pairs = read_pairs(self.correlations, "--corr")
        return read_spread(self.uncertainties, variables, pairs)


def run_map(request: Request, source: str | None, options: TableOptions) -> int:
    """Write the rows of a table with their derivatives. Returns the exit code.

    ``source`` is what is read, None is stdin. Raises DcalcError where all of it fails.
    """
    request.check(streams=False)
    options.check(request.wrt or ())
    return TableMap(request, source, options).run()


class TableTally(RowTally):
    """The tally of a table, whose rows are answered by the batch."""

    def count_batch(self, report: Report, first: int | None) -> None:
        """Count the rows of a batch, and say what is wrong with them; ``first`` is the number of the first one, None
        where nobody knows."""
        notes = [(note, None, None) for note in report.notes]
        errors = [
            (UsageError(message), None if first is None else first + row, None)
            for row, message in report.errors.items()
        ]
        self.count_outcome(
            Outcome(report.rows, report.without, 0, report.vectorised, report.referred, [*errors, *notes])
        )
        self.errors += report.bad - len(errors)


class TableMap:
    """One call of `dcalc map`."""

    def __init__(self, request: Request, source: str | None, options: TableOptions) -> None:
        self.request = request
        self.options = options
        if request.problems_from_stdin:
            raise UsageError("map needs one expression", help="dcalc map 'x**2*sin(x)' --in FILE --out FILE")
        self.item = Item(1, request.read_expression())
        self.asker = Asker(request, along_all)
        self.voice = request.make_voice()
        self.path = None if source == "-" else source
        self.out = None if request.output in (None, "-") else request.output
        self.kind = kind_of_input(self.path, request.input_format)
        self.source = self._find_source()
        self.kind_out = self._kind_of_output()

    def _find_source(self) -> Source | None:
        """What is read; None for stdin. Raises UsageError."""
        if self.path is None:
            if self.options.database is not None:
                return find_source("", None, self.options.database)
            return None
        return find_source(self.path, as_file_kind(self.kind), self.options.database)

    def _kind_of_output(self) -> FileKind | None:
        """The kind to write, None for that of the input. Raises UsageError for the name of a file that tells none."""
        kind = kind_of_output(self.out, self.request.format)
        is_file = self.out is not None and not self.options.partition and can_be_replaced(self.out)
        if kind is None and self.out is not None and is_file:
            suffix = os.path.splitext(self.out)[1]
            if suffix not in ("", os.path.splitext(self.path or "")[1]):
                raise unknown_suffix(self.out, FILES)
        return kind

    def run(self) -> int:
        """Write the whole table. Returns the exit code."""
        kind, source = self.kind, self.source
        is_text = source is None or source.shape == "file"
        if kind == "parquet" or kind == "arrow" or not is_text or self.options.needs_engine:
            return run_interruptible(self._answer_columns)
        if self.kind_out not in (None, kind):
            return run_interruptible(self._answer_columns)
        with open_sink(self.request.output) as sink, self._open_input() as stream:
            return self._answer_text(stream, kind, sink)

    @contextmanager
    def _open_input(self) -> Iterator[BinaryIO]:
        if self.path is None:
            stream = open_stdin()
            if is_terminal(stream):
                raise UsageError("map has no input", help="name a file: --in FILE")
            yield stream
            return
        with open(self.path, "rb") as file:
            yield file

    def _answer_text(self, stream: BinaryIO, kind: RowKind | None, sink: Sink) -> int:
        """Answer rows that pass through as they are."""
        opened = open_rows(self.asker, self.item, stream, kind, sink.flush, self.options.choose_spread)
        kind = opened.rows.kind
        if kind == "plain":
            raise UsageError("the input has no heading", help="put a line with the names of the columns above it")
        if self.kind_out not in (None, kind):
            raise _refuse_conversion(kind)
        question, options = opened.question, self.options
        targets = choose_targets(question.wrt, value=options.with_value, hessian=options.with_hessian)
        titles, spread = [*map(title_of, targets)], opened.spread
        if spread is not None:
            targets, titles = spread.targets, list(SPREAD_TITLES)
        task = new_task(question, opened.names, targets, titles, self.request.prefix, spread=spread)
        return answer_rows(opened, task, self.request, self.voice, sink)

    def _answer_columns(self, check: Callable[[], None]) -> int:
        """Answer rows of typed columns; ``check`` raises where Ctrl-C was pressed."""
        from dcalc.io.engines import Settings, choose
        from dcalc.io.frames import Target

        source, options = self.source, self.options
        if source is None or (self.kind is not None and source.shape == "file" and source.kind is None):
            raise _refuse_conversion(self.kind)
        near = None if self.out is None else os.path.dirname(os.path.realpath(self.out))
        settings = Settings(options.memory, options.master, self.request.jobs or 1, near)
        engine = choose(options.engine, source, settings)
        with engine.open_table(source, settings) as table:
            mapper, question = self._mapper(table.titles)
            target = Target(self.out, self._kind_to_write(source), options.partition)
            table.check(mapper, target)
            mapper.load()
            tell_notes(question, self.voice)
            with show_progress(table.count(), self.request, self.voice) as bar:
                tally = TableTally(mapper, self.voice, bar.reach)

                def watch(report: Report, first: int | None) -> None:
                    check()
                    tally.count_batch(report, first)

                table.write(mapper, target, watch)
        return tally.close()

    def _kind_to_write(self, source: Source) -> FileKind:
        """The kind that is asked for, else that of the files that are read, else Parquet."""
        if self.kind_out is not None:
            return self.kind_out
        if source.shape in ("file", "files") and not self.options.partition and source.is_here:
            return source.kind or source.kind_of(source.files())
        return "csv" if self.out is None else "parquet"

    def _mapper(self, present: Sequence[str]) -> tuple[BatchMapper, Subject]:
        """What computes the new columns, and the question that it answers."""
        from dcalc.io.mapper import BatchMapper, describe_part

        request, options = self.request, self.options
        question, titles = self.asker.question(self.item), request.titles
        question, names = choose_columns(
            self.asker, self.item, question, name_columns(present, titles), ordered=False
        )  # fmt: skip
        part = describe_part(
            question.root, question.wrt, names, prefix=request.prefix,
            value=options.with_value, hessian=options.with_hessian, spread=options.choose_spread(names),
        )  # fmt: skip
        tolerance = TOLERANCE if request.tol is None else request.tol
        mapper = BatchMapper(
            [part], titles=titles, mode=mode_of(request), tolerance=tolerance, jobs=request.jobs or 1
        )  # fmt: skip
        return mapper, question


def _refuse_conversion(kind: InputKind | None) -> UsageError:
    if is_columns(kind):
        return UsageError(f"{kind} is not a text format: it needs a file", help="name one: --in FILE")
    if kind is None:
        return UsageError("the format of the input is not known", help="write --input-format csv")
    if kind in FILES:
        return UsageError(f"cannot convert {kind} that is read from a pipe", help="name the file instead: --in FILE")
    return UsageError(
        f"rows of {kind} input stay what they are", help="leave --format and the suffix of the output out"
    )
