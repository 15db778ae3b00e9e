"""Points on stdin: their way to answers in their own format, or to reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcalc.cli.request import DIGITS
from dcalc.cli.stream.engine import Engine
from dcalc.cli.stream.loop import StreamTally, run
from dcalc.cli.stream.opened import Opened, size_of
from dcalc.cli.stream.task import of_diff, of_grad
from dcalc.io.progress import progress_bar
from dcalc.problem import DOUBLE_DIGITS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from dcalc.cli.ask import Asker
    from dcalc.cli.request import Item, Request
    from dcalc.cli.voice import Voice
    from dcalc.finding import Record
    from dcalc.io.sink import Sink

_TASKS = {"diff": of_diff, "grad": of_grad}


class Points:
    """The points of one call. Raises DcalcError where there can be no answer to any."""

    def __init__(
        self, request: Request, asker: Asker, item: Item, stream: BinaryIO, before_waiting: Callable[[], object]
    ) -> None:
        self.request = request
        self.asker = asker
        self.item = item
        self.total = size_of(stream)
        self.opened = Opened(stream, request.input_format, asker, item, before_waiting)
        self.kind = self.opened.kind

    def answered(self, voice: Voice, sink: Sink) -> int:
        """Write the points with their answers, in the format that they came in; the exit code."""
        request, form, source = self.request, self.opened.form, self.opened.source
        task = _TASKS[request.name](self.opened.question, self.opened.names, request.prefix)
        form.title(task)
        digits = DIGITS if form.wants_f else DOUBLE_DIGITS
        engine = Engine.of(request, task, with_f=form.wants_f, digits=digits)
        shown, to_stdout = not (voice.quiet or voice.json), request.output in (None, "-")
        with progress_bar(self.total, shown=shown, color=voice.color, to_stdout=to_stdout) as bar:
            return run(self.opened, engine, StreamTally(engine, voice, lambda _: bar.reach(source.seen)), sink.write)

    def reports(self) -> Iterator[Record]:
        """A report a point; a bad point is a report and a complaint."""
        for chunk in self.opened.form.chunks():
            for row, values in enumerate(zip(*chunk.columns, strict=True)):
                here = self.item._replace(line=chunk.lines[row], id=chunk.ids.get(row))
                if row in chunk.bad:
                    yield self.asker.failed(chunk.bad[row], here)
                    continue
                point: dict[str, Any] = dict(zip(self.opened.names, map(_number, values), strict=True))
                yield self.asker.report(self.opened.question, point, here, several=True)


def _number(value: Any) -> Any:
    """A double as Python's own float; exact constants as they are."""
    return float(value) if isinstance(value, int | float) else value
