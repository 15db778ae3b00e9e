"""Work shared among processes, where Python's lock lets only one thread of a process compute.

Copies of this process are forked when there is work for them, so that they know all that it knows; they take one task
after another from a pipe and send the results back, which are returned in order, whoever was first. What is long in a
task or a result, an array or a `pickle.PickleBuffer`, is put into memory that both processes see. They end with the
process that forked them, however that ends, for then its end of a pipe closes, and Ctrl-C is its matter alone. One that
is ended by the system, as where memory is gone, is an error in words.
"""

from __future__ import annotations

import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from mmap import mmap
from typing import Any, NamedTuple, NoReturn
from weakref import finalize

from dcalc.errors import LimitError
from dcalc.numbers import FLINT


def can_fork() -> bool:
    """Whether processes can share work: on Linux. A fork of a process that has used them breaks macOS's libraries."""
    return sys.platform == "linux"


_WIDTH = 1 << 20
"""Bytes in a pipe, as many as Linux gives to anyone."""
_LENGTH = 8
"""Bytes in front of a text in a pipe, which tell how long it is."""
_HALF = 12 << 20
"""Bytes for what is long in one message. There is room for two, so that one may be written while one is in use."""
_DEPTH = 2
"""Tasks that a worker has at a time, so that it need not wait for the next one."""


class _Channel:
    """Messages from one process to another: a pipe, and memory that both see, for what is long in them.

    What is long in a message stays as it is until the next but one is packed.
    """

    def __init__(self) -> None:
        import fcntl

        self.memory = mmap(-1, 2 * _HALF)
        self.half = 0
        self.reader, self.writer = os.pipe()
        with suppress(OSError):  # a user may have so much in pipes, and no more
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, _WIDTH)
        self.width: int = fcntl.fcntl(self.writer, fcntl.F_GETPIPE_SZ)

    def pack(self, message: object) -> bytes:
        """The text of a message, what is long in it being put into the memory, where there is room for it."""
        spans: list[tuple[int, int]] = []
        start, end = self.half, self.half + _HALF
        self.half = _HALF - self.half

        def place(buffer: pickle.PickleBuffer) -> bool:
            nonlocal start
            with buffer.raw() as raw:
                if start + raw.nbytes > end:
                    return True  # it goes through the pipe
                self.memory[start : start + raw.nbytes] = raw
                spans.append((start, start := start + raw.nbytes))
            return False

        text = pickle.dumps(message, pickle.HIGHEST_PROTOCOL, buffer_callback=place)
        head = pickle.dumps(spans, pickle.HIGHEST_PROTOCOL)
        return b"".join([len(head).to_bytes(_LENGTH), head, len(text).to_bytes(_LENGTH), text])

    def write(self, text: bytes) -> None:
        """Write what was packed. Raises BrokenPipeError."""
        rest = memoryview(text)
        while rest:
            rest = rest[os.write(self.writer, rest) :]

    def read(self) -> Any:
        """The next message, for which it waits. Raises EOFError where there will be none."""
        spans = pickle.loads(self._read_text())
        views = [memoryview(self.memory)[start:stop] for start, stop in spans]
        return pickle.loads(self._read_text(), buffers=views)

    def _read_text(self) -> bytes:
        return self._read_bytes(int.from_bytes(self._read_bytes(_LENGTH)))

    def _read_bytes(self, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            part = os.read(self.reader, count)
            if not part:
                raise EOFError
            parts.append(part)
            count -= len(part)
        return b"".join(parts)


class _Worker(NamedTuple):
    """A process, the end of a pipe that closes with this one, and the numbers of the tasks that it was given: those
    that it has not answered, and those whose results were not taken."""

    pid: int
    life: int
    tasks: _Channel
    results: _Channel
    unanswered: list[int]
    open_tasks: list[int]


class Crew:
    """``size`` processes that do ``work``, forked when first asked. Raises OSError where none can be forked."""

    def __init__(self, work: Callable[[Any], Any], size: int) -> None:
        self.workers: list[_Worker] = []
        self._results: dict[int, Any] = {}
        self._sent = self._taken = 0
        self.close = finalize(self, _end, self.workers)
        try:
            for _ in range(size):
                self.workers.append(self._fork(work))
        except OSError:
            self.close()
            raise

    def _fork(self, work: Callable[[Any], Any]) -> _Worker:
        tasks, results = _Channel(), _Channel()
        life_reader, life_writer = os.pipe()
        # No other thread may be in the midst of a computation in balls, whose lock nobody would release here.
        with FLINT, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads; none is used there
            pid = os.fork()
        if not pid:
            try:
                _close_all_but(tasks.reader, results.writer, life_reader)
                _serve(work, tasks, results, life_reader)
            finally:
                os._exit(1)
        for number in (tasks.reader, results.writer, life_reader):
            os.close(number)
        return _Worker(pid, life_writer, tasks, results, [], [])

    def map(self, tasks: Iterable[Any]) -> Iterator[Any]:
        """The results of the tasks, in their order. Raises what a task raises, and LimitError where a worker is ended.

        What is long in a result is overwritten after the next one was asked for. After an error there is no crew.
        """
        try:
            for task in tasks:
                while self.is_full:
                    yield from self.take()
                self.send(task)
            while self.pending:
                yield from self.take()
        except BaseException:
            self.close()
            raise

    @property
    def pending(self) -> int:
        """The number of tasks whose results were not taken yet."""
        return self._sent - self._taken

    @property
    def is_full(self) -> bool:
        """Whether results must be taken before another task is sent."""
        return all(len(worker.open_tasks) == _DEPTH for worker in self.workers)

    def send(self, task: Any) -> None:
        """Give a task to the worker that has fewest. Raises LimitError where it was ended.

        A task that does not fit into the pipe waits until the worker reads it: it might write a result just as long.
        """
        worker = min(self.workers, key=lambda worker: (len(worker.open_tasks), len(worker.unanswered)))
        text = worker.tasks.pack(task)
        while worker.unanswered and len(text) > worker.tasks.width:
            self._collect()
        try:
            worker.tasks.write(text)
        except BrokenPipeError:
            raise _lost() from None
        worker.unanswered.append(self._sent)
        worker.open_tasks.append(self._sent)
        self._sent += 1

    def take(self) -> list[Any]:
        """Results that are next in order, for which one is waited; maybe none, where another came first.

        What is long in them stays as it is until the next task is sent.
        Raises what a task raised, and LimitError where a worker was ended.
        """
        if self._taken not in self._results:
            self._collect()
        results = []
        while self._taken in self._results:
            results.append(self._results.pop(self._taken))
            next(worker for worker in self.workers if self._taken in worker.open_tasks).open_tasks.remove(self._taken)
            self._taken += 1
        return results

    def _collect(self) -> None:
        import select

        poll = select.poll()
        busy = {worker.results.reader: worker for worker in self.workers if worker.unanswered}
        for number in busy:
            poll.register(number, select.POLLIN)
        for number, _ in poll.poll():
            worker = busy[number]
            try:
                failure, result = worker.results.read()
            except EOFError:
                raise _lost() from None
            if failure is not None:
                raise failure
            self._results[worker.unanswered.pop(0)] = result


def _close_all_but(*kept: int) -> None:
    """Let go of every file that this process has from its parent: who reads from a pipe waits for all that could write.

    What is read, written and said goes on through standard streams.
    """
    for name in os.listdir("/proc/self/fd"):
        if (number := int(name)) > 2 and number not in kept:
            with suppress(OSError):  # the folder itself, which is closed by now
                os.close(number)


def _lost() -> LimitError:
    return LimitError(
        "the system ended a process that shared the work, most likely for want of memory", help="ask for fewer with -j"
    )


def _end(workers: list[_Worker]) -> None:
    """End all workers, and wait for them."""
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    while workers:
        worker = workers.pop()
        for number in (worker.results.reader, worker.tasks.writer, worker.life):
            os.close(number)
        os.waitpid(worker.pid, 0)


def _serve(work: Callable[[Any], Any], tasks: _Channel, results: _Channel, life: int) -> NoReturn:
    """Do tasks until no more come."""
    import fcntl
    import gc

    gc.freeze()  # a collection would write to, and so copy, all memory that is shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for heard in (signal.SIGTERM, signal.SIGHUP, signal.SIGIO):
        signal.signal(heard, signal.SIG_DFL)
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())  # its other end closes with the parent, which sends SIGIO
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):  # whoever reads there shall not wait for this process
        os.dup2(nothing, standard)
    while True:
        try:
            task = tasks.read()
        except EOFError:
            os._exit(0)
        answer: tuple[BaseException | None, Any]
        try:
            answer = None, work(task)
        except BaseException as problem:  # noqa: BLE001  # it is raised where the task came from
            answer = problem, None
        results.write(results.pack(answer))
