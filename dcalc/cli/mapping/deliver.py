"""One call of `dcalc map` from its options to its exit code."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

from dcalc.cli.ask import Asker, Question, along_all
from dcalc.cli.deliver import expression_of, stdin
from dcalc.cli.mapping.files import COLUMNS, kind_of
from dcalc.cli.request import Item, Request
from dcalc.cli.stream.engine import Engine
from dcalc.cli.stream.loop import StreamTally, run
from dcalc.cli.stream.opened import Opened, meant, names_of, size_of
from dcalc.cli.stream.task import of_map
from dcalc.cli.voice import Voice
from dcalc.errors import UsageError
from dcalc.io.interrupt import run_interruptible
from dcalc.io.progress import Progress, progress_bar
from dcalc.io.sink import can_be_replaced, is_terminal, open_device, open_sink, replace_file, wants_color

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from dcalc.cli.mapping.frames import Frame
    from dcalc.cli.stream.chunk import Chunk, Results
    from dcalc.cli.stream.task import Task
    from dcalc.io.sink import Sink


def deliver(given: Mapping[str, Any]) -> int:
    """Write the rows with their derivatives; the exit code. Raises DcalcError where all of it fails.

    ``given`` holds the parameters of the command: those that bear the names of the fields of
    Request, and its own `input`, `value`, `hessian`.
    """
    request = Request("map", **{key: value for key, value in given.items() if key in Request._fields})
    request.check()
    return _Mapping(request, given["input"], with_value=given["value"], with_hessian=given["hessian"]).run()


class _Mapping:
    """What one call needs to know of itself."""

    def __init__(self, request: Request, source: str | None, *, with_value: bool, with_hessian: bool) -> None:
        self.request = request
        self.with_value, self.with_hessian = with_value, with_hessian
        if request.problems_from_stdin:
            raise UsageError("map needs one expression", help="dcalc map 'x**2*sin(x)' --in FILE --out FILE")
        self.item = Item(1, expression_of(request))
        self.asker = Asker(request, backends=(), batch=False, spec=None, tell=lambda *_: None, choose=along_all)
        color = wants_color(request.color, sys.stderr)
        self.voice = Voice(json=request.structured, quiet=request.quiet, color=color)
        self.path = None if source == "-" else source
        self.out = None if request.output in (None, "-") else request.output
        self.kind = kind_of(self.path, request.input_format)
        self.kind_out = kind_of(self.out, request.format)

    def run(self) -> int:
        """Write the whole file; the exit code."""
        if self.kind in COLUMNS or self.kind_out in COLUMNS or (self.kind_out or self.kind) != self.kind:
            return run_interruptible(self._by_columns)
        with open_sink(self.request.output) as sink, self._input() as stream:
            opened = Opened(stream, self.kind, self.asker, self.item, sink.flush)
            if opened.kind == "plain":
                raise UsageError("the input names no columns", help="give it a heading, or say --input-format csv")
            if self.kind_out not in (None, opened.kind):
                raise _no_conversion(opened.kind)
            return self._as_text(opened, sink, size_of(stream))

    @contextmanager
    def _input(self) -> Iterator[BinaryIO]:
        if self.path is None:
            stream = stdin()
            if is_terminal(stream):
                raise UsageError("map has no input", help="name a file: --in FILE")
            yield stream
            return
        with open(self.path, "rb") as file:
            yield file

    def _as_text(self, opened: Opened, sink: Sink, total: int | None) -> int:
        """Rows that pass through as they are."""
        task = self._task(opened.question, opened.names)
        opened.form.title(task)
        engine = Engine.of(self.request, task)
        with self._progress(total) as bar:
            account = StreamTally(engine, self.voice, lambda _: bar.reach(opened.source.seen))
            return run(opened, engine, account, sink.write)

    def _progress(self, total: int | None) -> AbstractContextManager[Progress]:
        voice = self.voice
        shown = not (voice.quiet or voice.json)
        return progress_bar(total, shown=shown, color=voice.color, to_stdout=self.out is None)

    def _task(self, question: Question, names: tuple[str, ...]) -> Task:
        prefix = self.request.prefix
        return of_map(question, names, prefix, value=self.with_value, hessian=self.with_hessian)

    def _by_columns(self, check: Callable[[], None]) -> int:
        """Rows of typed columns; ``check`` raises where Ctrl-C was pressed."""
        from dcalc.cli.mapping.frames import Frame

        kind = self.kind
        if self.path is None or kind is None:
            raise _no_conversion(kind)
        frame = Frame(self.path, kind)
        question = meant(self.asker, self.item, self.asker.question(self.item), set(frame.schema))
        task = self._task(question, names_of(question))
        frame.check(task.names)
        task.refuse_taken(frame.schema)
        engine = Engine.of(self.request, task)
        with self._progress(frame.count()) as bar:
            account = StreamTally(engine, self.voice, bar.reach)

            def answered(chunk: Chunk) -> Results:
                check()
                results = engine.answer(chunk)
                account.count_chunk(chunk, results)
                return results

            self._write(frame, task, answered)
        return account.close()

    def _write(self, frame: Frame, task: Task, answered: Callable[[Chunk], Results]) -> None:
        kind = self.kind_out or self.kind or ""
        if self.out is None:
            if kind in COLUMNS:
                raise UsageError(f"{kind} is no text: it needs a file", help="name one: --out FILE")
            frame.write(sys.stdout.buffer, kind, task, answered)
        elif not can_be_replaced(self.out):
            with open_device(self.out) as device:
                frame.write(device, kind, task, answered)
        else:
            with replace_file(self.out) as partial:
                frame.write(partial, kind, task, answered)


def _no_conversion(kind: str | None) -> UsageError:
    if kind in COLUMNS:
        return UsageError(f"{kind} is no text: it needs a file", help="name one: --in FILE")
    if kind is None:
        return UsageError("the format of the input is not known", help="write --input-format csv")
    return UsageError(f"{kind} from a pipe stays {kind}", help="name a file to have another format: --in FILE")
