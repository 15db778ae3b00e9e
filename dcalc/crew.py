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
from functools import partial
from itertools import chain
from mmap import mmap
from pickle import PickleBuffer
from typing import Any, NoReturn, Protocol
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
_DEPTH = 3
"""Tasks that a worker has at a time, so that it need not wait for the next one."""
_SLOT = 8 << 20
"""Bytes for what is long in one message. There is room for as many as there are tasks at a time."""


class _Channel:
    """Messages from one process to another: a pipe, and memory that both see, for what is long in them.

    What is long in a message stays as it is until as many more are packed as there are tasks at a time.
    """

    def __init__(self) -> None:
        import fcntl

        self.memory = mmap(-1, _DEPTH * _SLOT)
        self.slot = 0  # where what is long in the next message begins
        self.reader, self.writer = os.pipe()
        with suppress(OSError):  # a user may have so much in pipes, and no more
            fcntl.fcntl(self.writer, fcntl.F_SETPIPE_SZ, _WIDTH)
        self.width: int = fcntl.fcntl(self.writer, fcntl.F_GETPIPE_SZ)

    def pack(self, message: object) -> bytes:
        """The text of a message, what is long in it being put into the memory, where there is room for it."""
        spans: list[tuple[int, int]] = []
        start, end = self.slot, self.slot + _SLOT
        self.slot = (self.slot + _SLOT) % (_DEPTH * _SLOT)

        def place(buffer: PickleBuffer) -> bool:
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


class _Worker:
    """A process, known by its number where this one forked it; what connects the two; and the tasks that it was given.

    ``unanswered`` has the number and the size of each task that it has not answered, ``open_tasks`` the numbers of
    those whose results were not taken.
    """

    def __init__(self) -> None:
        self.pid: int | None = None
        self.tasks, self.results = _Channel(), _Channel()
        self.life_reader, self.life_writer = os.pipe()
        self.unanswered: list[tuple[int, int]] = []
        self.open_tasks: list[int] = []

    @property
    def inner_ends(self) -> tuple[int, int, int]:
        """The ends of pipes that the worker uses."""
        return self.tasks.reader, self.results.writer, self.life_reader

    @property
    def outer_ends(self) -> tuple[int, int, int]:
        """The ends that are used by who gives it work."""
        return self.tasks.writer, self.results.reader, self.life_writer

    @property
    def has_room(self) -> bool:
        """Whether it takes another task."""
        return len(self.open_tasks) < _DEPTH

    def can_queue(self, size: int) -> bool:
        """Whether a task of ``size`` bytes fits into the pipe, though the worker may be busy and not read it: it might
        be writing a result just as long, for which nobody would wait."""
        return not self.unanswered or sum(size for _, size in self.unanswered[1:]) + size < self.tasks.width // 2

    def end(self) -> None:
        """End the process, which hears it from a pipe where it is a child of another."""
        if self.pid is not None:
            os.kill(self.pid, signal.SIGKILL)
        for number in self.outer_ends:
            os.close(number)
        if self.pid is not None:
            os.waitpid(self.pid, 0)


class Crew:
    """``size`` processes that do ``work``, forked when first asked. Raises OSError where none can be forked."""

    def __init__(self, work: Callable[[Any], Any], size: int) -> None:
        self.workers: list[_Worker] = []
        self._results: dict[int, Any] = {}
        self._sent = self._taken = 0
        self.close = finalize(self, _end, self.workers)
        try:
            self._start(work, size)
        except OSError:
            self.close()
            raise

    def _start(self, work: Callable[[Any], Any], size: int) -> None:
        for _ in range(size):
            worker = _Worker()
            self.workers.append(worker)
            try:
                worker.pid = _fork(partial(_serve, worker, work), worker.inner_ends)
            finally:
                _close(worker.inner_ends)

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

    def dismiss(self) -> None:
        """Let workers without tasks end by themselves, for which a process that ends itself need not wait."""
        while self.workers:
            for number in self.workers.pop().outer_ends:
                os.close(number)

    @property
    def pending(self) -> int:
        """The number of tasks whose results were not taken yet."""
        return self._sent - self._taken

    @property
    def is_full(self) -> bool:
        """Whether results must be taken before another task is sent."""
        return not any(worker.has_room for worker in self.workers)

    def send(self, task: Any) -> None:
        """Give a task to the worker that has fewest. Raises LimitError where it was ended."""
        worker = min(self.workers, key=lambda worker: (len(worker.open_tasks), len(worker.unanswered)))
        text = worker.tasks.pack(task)
        while not worker.can_queue(len(text)):
            self._collect()
        try:
            worker.tasks.write(text)
        except BrokenPipeError:
            raise _lost() from None
        worker.unanswered.append((self._sent, len(text)))
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
        for pipe, _ in poll.poll():
            worker = busy[pipe]
            try:
                failure, result = worker.results.read()
            except EOFError:
                raise _lost() from None
            if failure is not None:
                raise failure
            number, _ = worker.unanswered.pop(0)
            self._results[number] = result


class Work(Protocol):
    """What can be told to processes that are there already."""

    def load(self) -> object:
        """Make ready for tasks."""

    def __call__(self, task: Any) -> Any:
        """The result of a task."""


class Recruits(Crew):
    """A crew that is forked before its work is known: one process gets ready by ``prepare``, loads the work that it is
    told, and forks the others.

    Raises OSError where none can be forked.
    """

    def __init__(self, prepare: Callable[[], object], size: int) -> None:
        self.prepare = prepare
        super().__init__(_unknown, size)

    def _start(self, _work: Callable[[Any], Any], size: int) -> None:
        self.workers += [_Worker() for _ in range(size)]
        ends = [*chain.from_iterable(worker.inner_ends for worker in self.workers)]
        try:
            self.workers[0].pid = _fork(partial(_enlist, self.workers, self.prepare), ends)
        finally:
            _close(ends)

    def assign(self, work: Work, meanwhile: Callable[[], bool] = lambda: False) -> bool:
        """Tell them their work; False where that cannot be done. Raises what loading it raises.

        Until they have it ``meanwhile`` is called, as long as it returns True.
        """
        import select

        first = self.workers[0]
        poll = select.poll()
        poll.register(first.results.reader, select.POLLIN)
        try:
            first.tasks.write(first.tasks.pack(work))
            while not poll.poll(0) and meanwhile():
                pass
            failure, count = first.results.read()
        except (pickle.PicklingError, TypeError, AttributeError, EOFError, BrokenPipeError):
            return False
        if failure is not None:
            self.close()
            raise failure
        for worker in self.workers[count:]:
            worker.end()
        del self.workers[count:]
        return True


def _enlist(workers: list[_Worker], prepare: Callable[[], object]) -> NoReturn:
    """Get ready, load the work, fork the other workers, and say how many there are."""
    first, *others = workers
    _settle(first)
    prepare()
    try:
        work = first.tasks.read()
        work.load()
    except BaseException as problem:  # noqa: BLE001  # it is raised where the work comes from
        first.results.write(first.results.pack((problem, 0)))
        os._exit(1)
    count = 1
    for worker in others:
        try:
            _fork(partial(_serve, worker, work), worker.inner_ends)
        except OSError:  # no more processes are allowed
            break
        count += 1
    for worker in others:
        _close(worker.inner_ends)
    first.results.write(first.results.pack((None, count)))
    _do_tasks(first, work)


def _unknown(_task: object) -> NoReturn:
    raise LookupError("the work is not known yet")


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
    while workers:
        workers.pop().end()


def _close(ends: Iterable[int]) -> None:
    for number in ends:
        os.close(number)


def _fork(run: Callable[[], object], kept: Iterable[int]) -> int:
    """The number of a new process, which runs what is given and keeps these files open. Raises OSError."""
    # No other thread may be in the midst of a computation in balls, whose lock nobody would release here.
    with FLINT, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads; none is used there
        pid = os.fork()
    if not pid:
        try:
            _close_all_but(*kept)
            run()
        finally:
            os._exit(1)
    return pid


def _settle(worker: _Worker) -> None:
    """Arrange this process as the worker."""
    import fcntl
    import gc

    gc.freeze()  # a collection would write to, and so copy, all memory that is shared
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for heard in (signal.SIGTERM, signal.SIGHUP, signal.SIGIO):
        signal.signal(heard, signal.SIG_DFL)
    life = worker.life_reader
    fcntl.fcntl(life, fcntl.F_SETOWN, os.getpid())  # its other end closes with the parent, which sends SIGIO
    fcntl.fcntl(life, fcntl.F_SETFL, fcntl.fcntl(life, fcntl.F_GETFL) | os.O_ASYNC)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):  # whoever reads there shall not wait for this process
        os.dup2(nothing, standard)


def _serve(worker: _Worker, work: Callable[[Any], Any]) -> NoReturn:
    """Do tasks until no more come."""
    _settle(worker)
    _do_tasks(worker, work)


def _do_tasks(worker: _Worker, work: Callable[[Any], Any]) -> NoReturn:
    while True:
        try:
            task = worker.tasks.read()
        except EOFError:
            os._exit(0)
        answer: tuple[BaseException | None, Any]
        try:
            answer = None, work(task)
        except BaseException as problem:  # noqa: BLE001  # it is raised where the task came from
            answer = problem, None
        worker.results.write(worker.results.pack(answer))
