"""Work shared among processes, where Python's lock lets only one thread of a process compute.

Copies of this process are forked when there is work for them, so that they know all that it knows; they take one task
after another from a pipe and send the results back, which are returned in order, whoever was first. What is long in a
result, an array or a `pickle.PickleBuffer`, is put into memory that both processes see. They end with the
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
from itertools import count
from mmap import mmap
from typing import IO, Any, NamedTuple, NoReturn
from weakref import finalize

from dcalc.errors import LimitError
from dcalc.numbers import FLINT


def can_fork() -> bool:
    """Whether processes can share work: on Linux. A fork of a process that has used them breaks macOS's libraries."""
    return sys.platform == "linux"


_WIDTH = 1 << 20
"""Bytes in a pipe, as many as Linux gives to anyone."""


_HALF = 12 << 20
"""Bytes for what is long in one result. There is room for two, so that a worker may go on while one is in use."""


class _Worker(NamedTuple):
    """A process, the pipe that it reads, the one that it writes, the end of one that closes with this process, the
    memory that both see, and the numbers of the tasks that it was given and whose results were not taken."""

    pid: int
    tasks: IO[bytes]
    results: IO[bytes]
    life: int
    memory: mmap
    open_tasks: list[int]


class Crew:
    """``size`` processes that do ``work``, forked when first asked. Raises OSError where none can be forked."""

    def __init__(self, work: Callable[[Any], Any], size: int) -> None:
        self.workers: list[_Worker] = []
        self._busy: dict[int, int] = {}
        """The numbers of the tasks at work, by the process."""
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
        task_reader, task_writer = _wide_pipe()
        result_reader, result_writer = _wide_pipe()
        life_reader, life_writer = os.pipe()
        memory = mmap(-1, 2 * _HALF)
        # No other thread may be in the midst of a computation in balls, whose lock nobody would release here.
        with FLINT, warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python warns of threads; none is used there
            pid = os.fork()
        if not pid:
            try:
                _close_all_but(task_reader, result_writer, life_reader)
                _serve(work, task_reader, result_writer, life_reader, memory)
            finally:
                os._exit(1)
        for number in (task_reader, result_writer, life_reader):
            os.close(number)
        return _Worker(pid, os.fdopen(task_writer, "wb"), os.fdopen(result_reader, "rb"), life_writer, memory, [])

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
        return not any(map(self._is_free, self.workers))

    def _is_free(self, worker: _Worker) -> bool:
        return worker.pid not in self._busy and len(worker.open_tasks) < 2

    def send(self, task: Any) -> None:
        """Give a task to a worker that has none. Raises LimitError where it was ended."""
        worker = next(filter(self._is_free, self.workers))
        try:
            pickle.dump(task, worker.tasks, pickle.HIGHEST_PROTOCOL)
            worker.tasks.flush()
        except BrokenPipeError:
            raise _lost() from None
        self._busy[worker.pid] = self._sent
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
        busy = {worker.results.fileno(): worker for worker in self.workers if worker.pid in self._busy}
        for number in busy:
            poll.register(number, select.POLLIN)
        for number, _ in poll.poll():
            worker = busy[number]
            try:
                spans = pickle.load(worker.results)
                views = [memoryview(worker.memory)[start:stop] for start, stop in spans]
                failure, result = pickle.load(worker.results, buffers=views)
            except (EOFError, pickle.UnpicklingError):
                raise _lost() from None
            if failure is not None:
                raise failure
            self._results[self._busy.pop(worker.pid)] = result


def _wide_pipe() -> tuple[int, int]:
    """A pipe that holds a whole result, so that neither end waits for the other in the midst of one."""
    import fcntl

    reader, writer = os.pipe()
    with suppress(OSError):  # a user may have so much in pipes, and no more
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, _WIDTH)
    return reader, writer


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
        worker.results.close()
        with suppress(OSError):  # what it had not read yet
            worker.tasks.close()
        os.close(worker.life)
        os.waitpid(worker.pid, 0)


def _serve(work: Callable[[Any], Any], task_reader: int, result_writer: int, life: int, memory: mmap) -> NoReturn:
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
    with os.fdopen(task_reader, "rb") as tasks, os.fdopen(result_writer, "wb") as results:
        for number in count():
            try:
                task = pickle.load(tasks)
            except EOFError:
                os._exit(0)
            answer: tuple[BaseException | None, Any]
            try:
                answer = None, work(task)
            except BaseException as problem:  # noqa: BLE001  # it is raised where the task came from
                answer = problem, None
            _reply(answer, results, memory, number % 2 * _HALF)
    os._exit(0)


def _reply(answer: object, results: IO[bytes], memory: mmap, start: int) -> None:
    """Write an answer, and what is long in it into the memory from a place on, where there is room for it."""
    spans: list[tuple[int, int]] = []
    end = start + _HALF

    def place(buffer: pickle.PickleBuffer) -> bool:
        nonlocal start
        with buffer.raw() as raw:
            if start + raw.nbytes > end:
                return True  # it goes through the pipe
            memory[start : start + raw.nbytes] = raw
            spans.append((start, start := start + raw.nbytes))
        return False

    text = pickle.dumps(answer, pickle.HIGHEST_PROTOCOL, buffer_callback=place)
    pickle.dump(spans, results, pickle.HIGHEST_PROTOCOL)
    results.write(text)
    results.flush()
